"""Progress bars, profilers, callbacks and summaries of computations on a client."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from operator import add

import numpy as np
import pytest

import weft
import weft.array as da
from weft.cache import Cache
from weft.diagnostics import CacheProfiler, Callback, Profiler, ProgressBar, ResourceProfiler, last_run, summary, why
from weft.distributed import Client, Event, wait


@pytest.fixture(params=["threads", "processes", "inline", "executor"])
def client(request):
    if request.param == "executor":
        with ThreadPoolExecutor(2) as executor, Client(executor) as made:
            yield made
    else:
        shape = {"n_workers": 2, "threads_per_worker": 1} if request.param == "processes" else {}
        with Client(engine=request.param, **shape) as made:
            yield made


def tree():
    leaves = [weft.delayed(abs)(-x, weft_key_name=f"leaf-{x}") for x in range(6)]
    return weft.delayed(sum)(leaves, weft_key_name="total")


def test_a_bar_reaches_its_end(client):
    out = io.StringIO()
    with ProgressBar(minimum=0, out=out):
        assert tree().compute() == 15
    assert "7/7 tasks" in out.getvalue()


def test_profilers_record_each_task_with_its_times(client):
    with Profiler() as profile, ResourceProfiler(dt=0.01) as resources, CacheProfiler() as cache:
        assert tree().compute() == 15
    keys = {each.key for each in profile.results}
    assert keys == {"total", *(f"leaf-{x}" for x in range(6))}
    assert all(each.start_time <= each.end_time for each in profile.results)
    assert {each.key for each in cache.results} == keys
    assert len(resources.results) >= 2


def test_callbacks_hear_of_each_task_and_its_result(client):
    seen = []
    with Callback(
        start=lambda dsk: seen.append(len(dsk)),
        pretask=lambda key, dsk, state: seen.append(("before", key)),
        posttask=lambda key, value, dsk, state, worker: seen.append(("after", key, value)),
        finish=lambda dsk, state, failed: seen.append(len(state["finished"])),
    ):
        assert tree().compute() == 15
    assert seen[0] == seen[-1] == 7
    assert seen[-2] == ("after", "total", 15)
    for x in range(6):
        assert (
            seen.index(("before", f"leaf-{x}"))
            < seen.index(("after", f"leaf-{x}", x))
            < seen.index(("before", "total"))
        )


def test_what_a_callback_raises_ends_the_computation(client):
    with Callback(posttask=lambda *told: 1 // 0), pytest.raises(ZeroDivisionError):
        tree().compute()
    assert tree().compute() == 15
    assert not client.cluster.run.observers


def test_failures_are_told(client):
    told = []
    with Callback(finish=lambda dsk, state, failed: told.append(failed)), pytest.raises(ZeroDivisionError):
        weft.delayed(divmod)(1, 0).compute()
    assert told == [True]


def test_only_tasks_of_the_computation_are_heard(client):
    other = client.submit(abs, -1)
    with Profiler() as profile:
        assert client.submit(abs, -2).result() == 2
        assert tree().compute() == 15
    assert len(profile.results) == 7
    assert other.result() == 1


def test_persisting_is_heard_to_its_end(client):
    told = Event("told")
    with Profiler() as profile, Callback(finish=lambda dsk, state, failed: told.set()):
        held = tree().persist()
        wait(held)
    assert told.wait(10)
    assert len(profile.results) == 7
    assert held.compute() == 15


def test_arrays_are_heard_too(client):
    out = io.StringIO()
    with ProgressBar(minimum=0, out=out), Profiler() as profile:
        assert da.ones((40, 40), chunks=10).sum().compute() == 1600
    assert f"{len(profile.results)}/{len(profile.results)} tasks" in out.getvalue()


def test_the_last_run_is_known_without_anybody_listening(client):
    assert tree().compute() == 15
    run = last_run()
    assert run.backend == "client"
    assert run.plan.ntasks == 7
    assert "7 of 7 tasks" in summary()
    assert "is done" in why("leaf-3") or "was done" in why("leaf-3")


def test_results_of_several_outputs_and_large_ones_do_not_disturb(client):
    with Profiler() as profile, Callback(posttask=lambda *told: None):
        left = weft.delayed(np.ones)(200_000)
        assert weft.delayed(add)(left.sum(), 1).compute() == 200_001
    assert profile.results


def test_results_that_are_bytes_are_heard_as_they_are(client):
    heard = []
    with Callback(posttask=lambda key, value, dsk, state, worker: heard.append(value)):
        assert weft.delayed(bytes)([65, 66]).compute() == b"AB"
    assert heard == [b"AB"]


def test_a_cache_gives_values(client):
    ones = weft.delayed(np.ones, pure=True)
    with Cache(1e9, 0):
        for _ in range(2):
            np.testing.assert_array_equal(ones(3).compute(), np.ones(3))
