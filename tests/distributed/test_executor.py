"""``Client.get_executor()``: programs for ``concurrent.futures`` run unchanged."""

from __future__ import annotations

import concurrent.futures
import time

import pytest

from weft.distributed import Event


def square(x):
    return x * x


def fail(x):
    raise ValueError(x)


def test_it_is_an_executor(client):
    with client.get_executor() as executor:
        assert isinstance(executor, concurrent.futures.Executor)
        future = executor.submit(square, 5)
        assert isinstance(future, concurrent.futures.Future)
        assert future.result(timeout=30) == 25
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]
        assert executor.submit(pow, 2, exp=3).result() == 8
        assert isinstance(executor.submit(fail, 1).exception(), ValueError)
        with pytest.raises(ValueError, match="2"):
            executor.submit(fail, 2).result()
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(square, 1)


def test_the_standard_library_waits_for_its_futures(client):
    with client.get_executor(pure=True) as executor:
        futures = [executor.submit(square, x) for x in range(10)]
        assert {f.result() for f in concurrent.futures.as_completed(futures)} == {x * x for x in range(10)}
        done, not_done = concurrent.futures.wait(futures)
        assert (len(done), len(not_done)) == (10, 0)


def test_equal_calls_are_made_each(client):
    executor = client.get_executor()
    assert executor.submit(time.perf_counter).result() != executor.submit(time.perf_counter).result()
    executor.shutdown()


def test_futures_are_cancelled(client):
    executor = client.get_executor()
    running = executor.submit(Event("never-5").wait)
    assert running.cancel()
    assert running.cancelled()
    with pytest.raises(concurrent.futures.CancelledError):
        running.result()
    done = executor.submit(square, 2)
    done.result()
    assert not done.cancel()
    executor.shutdown(cancel_futures=True)
    Event("never-5").set()


def test_options_are_passed_on(client):
    executor = client.get_executor(retries=1, workers=list(client.scheduler_info()["workers"]))
    assert executor.submit(square, 3).result() == 9
    executor.shutdown()
    with pytest.raises(TypeError, match="colour"):
        client.get_executor(colour="red")
