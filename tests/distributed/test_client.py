"""Submitting, mapping, gathering, scattering: the same on threads and on processes."""

from __future__ import annotations

import asyncio
import operator
import os
import threading
import time
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import weft
import weft.array as da
from weft.distributed import (
    CancelledError,
    Client,
    Event,
    Future,
    FutureCancelledError,
    LocalCluster,
    Nanny,
    Security,
    SpecCluster,
    SSHCluster,
    Status,
    SubprocessCluster,
    as_completed,
    fire_and_forget,
    futures_of,
    get_client,
    get_worker,
    secede,
    wait,
    worker_client,
)
from weft.distributed.active_memory_manager import (
    ActiveMemoryManagerPolicy,
    ReduceReplicas,
    RetireWorker,
    Suggestion,
)
from weft.errors import BackendError, KilledWorkerError
from weft.sizeof import sizeof


def inc(x):
    return x + 1


def fail(x=None):
    raise ValueError(f"bad {x}")


def hold(name, x=None):
    Event(name).wait()
    return x


def test_submit_gives_a_future_of_the_result(client):
    future = client.submit(inc, 1)
    assert isinstance(future, Future)
    assert future.result() == 2
    assert future.done()
    assert future.status == "finished"
    assert future.key.startswith("inc-")


def test_keywords_reach_the_function(client):
    assert client.submit(sorted, [1, 3, 2], reverse=True).result() == [3, 2, 1]
    assert client.submit(dict, a=1).result() == {"a": 1}


def test_futures_among_the_arguments_are_replaced_by_their_results(client):
    x, y = client.submit(inc, 1), client.submit(inc, 2)
    assert client.submit(operator.add, x, y).result() == 5
    assert client.submit(operator.sub, y, x).result() == 1
    assert client.submit(operator.sub, 10, x).result() == 8
    assert client.submit(operator.sub, x, 10).result() == -8
    assert client.submit(max, [x, y, 0]).result() == 3
    assert client.submit(int, "11", base=x).result() == 3


@dataclass
class Box:
    content: object
    label: str = ""


Pair = namedtuple("Pair", "left right")


def test_futures_are_found_in_nested_containers(client):
    x = client.submit(inc, 1)

    def same(value):
        return value

    assert client.submit(same, [x, (x, {"k": x}), {x.key: [x]}]).result() == [2, (2, {"k": 2}), {x.key: [2]}]
    assert client.submit(same, {"a": {"b": [x]}}).result() == {"a": {"b": [2]}}
    assert client.submit(same, {1, 2}).result() == {1, 2}


def test_equal_pure_calls_are_one_task(client):
    assert client.submit(inc, 1).key == client.submit(inc, 1).key
    assert client.submit(inc, 1).key != client.submit(inc, 2).key
    assert client.submit(inc, 1, pure=False).key != client.submit(inc, 1, pure=False).key
    assert client.submit(inc, 1).key != client.submit(inc, True).key


def test_a_key_can_be_given(client):
    future = client.submit(inc, 1, key="mine")
    assert future.key == "mine"
    assert client.submit(inc, 100, key="mine").result() == 2


def test_map_runs_a_function_for_each_item(client):
    assert client.gather(client.map(inc, range(5))) == [1, 2, 3, 4, 5]
    assert client.gather(client.map(operator.add, [1, 2], [10, 20, 30])) == [11, 22]
    assert client.gather(client.map(inc, [])) == []
    futures = client.map(inc, client.map(inc, range(3)))
    assert client.gather(futures) == [2, 3, 4]
    assert client.gather(client.map(pow, [2, 3], exp=2) if False else client.map(sorted, [[2, 1]], reverse=True)) == [
        [2, 1]
    ]


def test_map_in_batches_gives_the_same(client):
    assert client.gather(client.map(inc, range(25), batch_size=4)) == list(range(1, 26))
    with pytest.raises(ValueError, match="batch_size"):
        client.map(inc, [1], batch_size=0)


def test_map_takes_keys(client):
    futures = client.map(inc, [1, 2], key=["a", "b"])
    assert [future.key for future in futures] == ["a", "b"]
    assert all(f.key.startswith("mine") for f in client.map(inc, [1, 2], key="mine"))
    with pytest.raises(ValueError, match="keys"):
        client.map(inc, [1, 2], key=["a"])


def test_submit_refuses_what_is_no_function(client):
    with pytest.raises(TypeError, match="function"):
        client.submit(1)
    with pytest.raises(TypeError, match="function"):
        client.map([1], [2])
    with pytest.raises(TypeError, match="iterable"):
        client.map(inc)


def test_gather_keeps_the_shape(client):
    x, y = client.submit(inc, 1), client.submit(inc, 2)
    assert client.gather(x) == 2
    assert client.gather([x, [y, 5]]) == [2, [3, 5]]
    assert client.gather({"x": x, "y": (y,)}) == {"x": 2, "y": (3,)}
    assert client.gather({x, y}) == {2, 3}
    assert client.gather(iter([x, y])) == [2, 3]
    assert client.gather([]) == []
    assert client.gather([x, x]) == [2, 2]


def test_gather_raises_or_skips_errors(client):
    good, bad = client.submit(inc, 1), client.submit(fail, 1)
    with pytest.raises(ValueError, match="bad 1"):
        client.gather([good, bad])
    assert client.gather([good, bad], errors="skip") == [2]
    assert client.gather({"a": good, "b": bad}, errors="skip") == {"a": 2}
    with pytest.raises(ValueError, match="errors="):
        client.gather([good], errors="ignore")


def test_an_error_is_raised_as_itself_with_its_traceback(client):
    future = client.submit(fail, 7)
    with pytest.raises(ValueError, match="bad 7") as caught:
        future.result()
    assert "fail" in "".join(each.name for each in caught.traceback)
    assert future.status == "error"
    assert isinstance(future.exception(), ValueError)
    import traceback

    assert "fail" in "".join(traceback.format_tb(future.traceback()))
    assert client.submit(inc, 1).exception() is None
    assert client.submit(inc, 1).traceback() is None
    again = future.exception()
    for _ in range(3):
        with pytest.raises(ValueError, match="bad 7"):
            future.result()
    assert len(traceback.extract_tb(again.__traceback__)) < 12


class Picky(Exception):
    def __init__(self, first, second):
        super().__init__(first)
        self.second = second


def fail_pickily():
    raise Picky(1, 2)


def test_an_error_with_an_init_of_its_own_arrives(client):
    with pytest.raises(Picky) as caught:
        client.submit(fail_pickily).result()
    assert caught.value.args == (1,)
    assert caught.value.second == 2


def test_an_error_that_was_raised_does_not_keep_its_future(client):
    future = client.submit(fail, 5)
    key = future.key
    with pytest.raises(ValueError, match="bad 5"):
        future.result()
    assert future.exception() is not None
    assert key in client.futures
    del future
    client.submit(inc, 1).result()
    client.who_has()
    assert key not in client.futures


def test_a_future_knows_the_type_of_its_result(client):
    future = client.submit(inc, 1)
    future.result()
    assert future.type is int
    assert future.key in client.futures
    assert "finished" in repr(future)
    assert "finished" in future._repr_html_()


def test_what_needs_a_failed_task_fails_with_its_error(client):
    bad = client.submit(fail, 1)
    above = client.submit(inc, client.submit(inc, bad))
    with pytest.raises(ValueError, match="bad 1"):
        above.result()
    wait(bad)
    late = client.submit(inc, bad)
    with pytest.raises(ValueError, match="bad 1"):
        late.result()


def test_a_result_that_does_not_come_in_time(client):
    future = client.submit(hold, "never-1")
    with pytest.raises(TimeoutError):
        future.result(timeout=0.01)
    with pytest.raises(TimeoutError):
        future.exception(timeout="10ms")
    with pytest.raises(TimeoutError):
        wait(future, timeout=0.01)
    Event("never-1").set()
    assert future.result() is None


def test_retries_run_a_failed_task_again(client):
    def flaky(name):
        from weft.distributed import Variable

        count = Variable(name)
        tried = count.get() + 1
        count.set(tried)
        if tried < 3:
            raise ValueError("not yet")
        return tried

    from weft.distributed import Variable

    Variable("flaky-1").set(0)
    assert client.submit(flaky, "flaky-1", retries=5).result() == 3
    Variable("flaky-2").set(0)
    future = client.submit(flaky, "flaky-2")
    with pytest.raises(ValueError, match="not yet"):
        future.result()
    above = client.submit(inc, future)
    assert above.exception() is not None
    future.retry()
    wait(future)
    client.retry(future)
    assert future.result() == 3
    assert above.result() == 4


def test_cancelled_futures_say_so(client):
    running = client.submit(hold, "never-2", pure=False)
    above = client.submit(inc, running)
    assert not running.cancelled()
    running.cancel(reason="no need")
    assert running.cancelled()
    with pytest.raises(CancelledError, match="no need"):
        running.result()
    with pytest.raises(FutureCancelledError):
        above.result()
    from concurrent.futures import CancelledError as StandardError

    with pytest.raises(StandardError):
        running.exception()
    Event("never-2").set()
    assert client.submit(inc, 1).result() == 2


def test_a_cancelled_key_can_be_submitted_again(client):
    future = client.submit(inc, 123)
    future.result()
    client.cancel(future)
    assert future.status == "cancelled"
    assert client.submit(inc, 123).result() == 124


def test_results_go_with_their_futures(client):
    future = client.submit(inc, 77)
    key = future.key
    future.result()
    assert key in client.who_has()
    del future
    assert key not in client.who_has()
    future = client.submit(inc, 78)
    future.result()
    future.release()
    assert future.status == "cancelled"
    with pytest.raises(CancelledError):
        future.result()


def test_a_future_can_be_made_from_its_key(client):
    future = client.submit(inc, 5, key="five")
    same = Future("five", client)
    assert same.result() == 6
    other = Client(client.cluster)
    assert Future("five", other).result() == 6
    waiting = Future("not yet there", client)
    assert waiting.status == "pending"
    theirs = other.submit(inc, 6, key="not yet there")
    assert waiting.result() == 7
    del future, theirs
    other.close()


def test_callbacks_are_called_once_with_the_future(client):
    called, done = [], threading.Event()

    def call(future):
        called.append(future)
        done.set()

    future = client.submit(inc, 1)
    future.add_done_callback(call)
    assert done.wait(5)
    assert called == [future]
    done.clear()
    client.submit(fail, 2).add_done_callback(call)
    assert done.wait(5)


def test_scatter_and_gather(client):
    x = client.scatter(10)
    assert x.result() == 10
    assert client.submit(inc, x).result() == 11
    assert client.gather(client.scatter([1, 2, 3])) == [1, 2, 3]
    assert client.gather(client.scatter({"a": 1, "b": [2]})) == {"a": 1, "b": [2]}
    assert isinstance(client.scatter((1, 2)), tuple)
    assert client.scatter(5).key == client.scatter(5).key
    assert client.scatter(5, hash=False).key != client.scatter(5, hash=False).key
    assert client.scatter([1], broadcast=True)[0].result() == 1
    with pytest.raises(TypeError, match="iterator"):
        client.scatter(iter([1]))


def test_arrays_travel(client):
    np = pytest.importorskip("numpy")
    big = np.arange(200_000)
    future = client.scatter(big)
    assert client.submit(np.sum, future).result() == big.sum()
    assert (client.submit(np.add, future, 1).result() == big + 1).all()
    total = client.submit(sum, client.map(np.sum, [future] * 3, pure=False))
    assert total.result() == 3 * big.sum()


def test_as_completed_gives_futures_as_they_end(client):
    first, last = client.submit(hold, "gate-1", 1, pure=False), client.submit(inc, 1)
    ac = as_completed([first, last])
    assert next(ac) is last
    assert not ac.is_empty()
    assert ac.count() == 1
    Event("gate-1").set()
    assert list(ac) == [first]
    assert ac.is_empty()


def test_as_completed_with_results_and_errors(client):
    good, bad = client.submit(inc, 1), client.submit(fail, 3)
    found = dict(as_completed([good, bad], with_results=True, raise_errors=False))
    assert found[good] == 2
    assert found[bad][0] is ValueError
    with pytest.raises(ValueError, match="bad 3"):
        list(as_completed([bad], with_results=True))


def test_as_completed_takes_more_futures_while_it_runs(client):
    ac = as_completed(client.map(inc, range(3)), with_results=True)
    seen = []
    for _, result in ac:
        seen.append(result)
        if len(seen) < 6:
            ac.add(client.submit(inc, 100 + len(seen)))
        if len(seen) == 2:
            ac.update(client.map(inc, [200, 201]))
    assert len(seen) == 3 + 5 + 2


def test_as_completed_in_batches(client):
    seen = []
    for batch in as_completed(client.map(inc, range(10)), with_results=True).batches():
        assert batch
        seen += [result for _, result in batch]
    assert sorted(seen) == list(range(1, 11))


def test_as_completed_in_time(client):
    ac = as_completed([client.submit(hold, "never-3", pure=False)], timeout=0.02)
    with pytest.raises(TimeoutError):
        next(ac)
    Event("never-3").set()


def test_wait_for_the_first_or_for_all(client):
    slow, quick = client.submit(hold, "gate-2", pure=False), client.submit(inc, 1)
    done, not_done = wait([slow, quick], return_when="FIRST_COMPLETED")
    assert done == {quick}
    assert not_done == {slow}
    Event("gate-2").set()
    done, not_done = wait([slow, quick])
    assert len(done) == 2
    assert not not_done
    with pytest.raises(NotImplementedError, match="return_when"):
        wait([quick], return_when="SOMETIMES")


def fib(n):
    if n < 2:
        return n
    client = get_client()
    return sum(client.gather([client.submit(fib, n - 1), client.submit(fib, n - 2)]))


def test_tasks_submit_tasks_and_wait_for_them(client):
    assert client.submit(fib, 9).result() == 34


def test_tasks_compute_collections(client):
    def total(n):
        return weft.delayed(sum)([weft.delayed(inc)(i) for i in range(n)]).compute()

    assert client.submit(total, 4).result() == 10

    def with_client(n):
        with worker_client() as inner:
            return sum(inner.gather(inner.map(inc, range(n))))

    assert client.submit(with_client, 4).result() == 10


def test_many_tasks_that_wait_do_not_block_each_other(client):
    def outer(i):
        secede()
        return get_client().submit(inc, i).result()

    assert client.gather(client.map(outer, range(20))) == list(range(1, 21))


def test_tasks_scatter_and_give_futures_back(client):
    def scattered():
        inner = get_client()
        return inner.scatter([1, 2]), inner.submit(inc, 5)

    data, future = client.submit(scattered, pure=False).result()
    assert client.gather(data) == [1, 2]
    assert future.result() == 6


def test_workers_are_seen_from_tasks(client):
    def where():
        worker = get_worker()
        return worker.address, worker.name, worker.get_current_task()

    future = client.submit(where, pure=False)
    address, _, key = future.result()
    assert address in client.scheduler_info()["workers"]
    assert key == future.key
    with pytest.raises(ValueError, match="tasks only"):
        get_worker()
    with pytest.raises(ValueError, match="tasks only"):
        secede()


def test_fire_and_forget_runs_the_task(client):
    def raise_flag(name):
        Event(name).set()

    fire_and_forget(client.submit(raise_flag, "forgotten"))
    assert Event("forgotten").wait(10)


def test_workers_and_resources_restrict_where_tasks_run():
    with Client(n_workers=2, threads_per_worker=1, resources={"GPU": 1}) as client:
        addresses = list(client.scheduler_info()["workers"])
        chosen = [client.submit(lambda i: get_worker().address, i, workers=addresses[1]) for i in range(5)]
        assert set(client.gather(chosen)) == {addresses[1]}
        assert client.submit(inc, 1, workers=[0], resources={"GPU": 1}).result() == 2
        with pytest.raises(BackendError, match="TPU"):
            client.submit(inc, 1, resources={"TPU": 1})
        with pytest.raises(BackendError, match="no such worker"):
            client.submit(inc, 2, workers="nowhere")
        assert client.submit(inc, 3, workers="nowhere", allow_other_workers=True).result() == 4
        assert client.gather(client.map(inc, range(5), resources={"GPU": 1})) == [1, 2, 3, 4, 5]


def test_priorities_and_annotations_decide_the_order():
    with Client(engine="threads", n_workers=1, threads_per_worker=1) as client:
        order = []
        gate = threading.Event()
        first = client.submit(gate.wait)
        futures = [client.submit(order.append, i, priority=i, pure=False) for i in range(5)]
        with weft.annotate(priority=100):
            futures.append(client.submit(order.append, "urgent", pure=False))
        gate.set()
        wait([first, *futures])
        assert order == ["urgent", 4, 3, 2, 1, 0]
        with pytest.raises(TypeError, match="priority"):
            client.submit(inc, 1, priority="high")


def test_compute_and_persist(client):
    x = weft.delayed(inc)(1)
    assert client.compute(x).result() == 2
    assert client.compute(x, sync=True) == 2
    assert client.compute([x, weft.delayed(inc)(x)], sync=True) == [2, 3]
    assert client.compute((x, 5), sync=True) == [2, 5]
    one, other = client.compute([x, 7])
    assert one.result() == 2
    assert other == 7
    assert client.compute({"a": 1}).result() == {"a": 1}
    assert client.compute({"a": x}).result() == {"a": 2}
    nested, numbers = client.compute([[x, 1], {"b": 2}])
    assert (nested.result(), numbers.result()) == ([2, 1], {"b": 2})
    y = client.persist(x)
    assert y.key == x.key
    assert [future.key for future in futures_of(y)] == [x.key]
    assert y.compute() == 2
    assert client.compute(weft.delayed(inc)(y)).result() == 3


def test_collections_use_the_current_client(client):
    x = weft.delayed(inc)(1)
    where = weft.delayed(lambda: get_worker().address, pure=False)()
    assert where.compute() in client.scheduler_info()["workers"]
    assert x.compute() == 2
    assert weft.compute(x, [x]) == (2, [2])
    assert weft.persist(x)[0].compute() == 2
    assert weft.delayed(inc)(1).compute(scheduler="inline") == 2
    assert x.compute(scheduler=client) == 2


def test_futures_are_read_by_delayed_calls(client):
    future = client.submit(inc, 1)
    assert weft.delayed(inc)(future).compute() == 3
    assert weft.delayed(sum)([future, future]).compute() == 4
    assert weft.delayed(inc)(future).compute(scheduler="threads") == 3


def test_arrays_on_a_client(client):
    da = pytest.importorskip("weft.array")
    x = da.ones((40, 40), chunks=(10, 10))
    assert x.sum().compute() == 1600
    assert client.compute(x.sum()).result() == 1600
    assert client.compute(x + 1).result().shape == (40, 40)
    y = client.persist(x + 1)
    assert len(futures_of(y)) == 16
    wait(y)
    assert y.sum().compute() == 3200
    z = y.persist()
    assert z.mean().compute() == 2


def test_graphs_by_hand(client):
    dsk = {"x": 1, "y": (inc, "x"), "z": (operator.add, "y", 10)}
    assert client.get(dsk, "z") == 12
    assert client.get(dsk, ["x", ["y", "z"]]) == [1, [2, 12]]
    assert client.get(dsk, "z", sync=False).result() == 12
    future = client.submit(inc, 1)
    assert client.get({"a": (inc, future)}, "a") == 3


def test_a_failing_collection_raises_its_error(client):
    with pytest.raises(ValueError, match="bad"):
        weft.delayed(fail)(1).compute()
    with pytest.raises(ValueError, match="bad"):
        client.compute(weft.delayed(inc)(weft.delayed(fail)(1)), sync=True)


def test_two_clients_share_results_and_keep_them_apart(client):
    other = Client(client.cluster, set_as_default=False)
    mine, theirs = client.submit(inc, 50), other.submit(inc, 50)
    assert mine.key == theirs.key
    assert mine.result() == theirs.result() == 51
    mine.cancel()
    assert mine.cancelled()
    assert theirs.result() == 51
    theirs = other.submit(inc, 51)
    wait(theirs)
    other.close()
    assert theirs.cancelled()
    assert client.submit(inc, 52).result() == 53


def test_the_latest_client_is_the_default(client):
    assert Client.current() is client
    with Client(client.cluster) as other:
        assert Client.current() is other
        assert get_client() is other
        with client.as_current():
            assert Client.current() is client
    assert Client.current() is client


def test_futures_of_another_client_of_the_cluster_are_arguments(client):
    with Client(client.cluster, set_as_default=False) as other:
        future = other.submit(inc, 1)
        assert client.submit(inc, future).result() == 3


def test_a_closed_client_refuses(client):
    other = Client(client.cluster)
    future = other.submit(inc, 1)
    future.result()
    other.close()
    assert other.status == "closed"
    assert "closed" in repr(other)
    with pytest.raises(BackendError, match="closed"):
        other.submit(inc, 1)
    other.close()


def test_the_status_of_a_cluster_is_a_member_and_a_text():
    with LocalCluster(engine="inline") as cluster:
        assert cluster.status == Status.running == "running"
        assert [worker.status.name for worker in cluster.workers.values()] == ["running"]
    assert cluster.status is Status.closed


def test_a_closed_cluster_cancels_what_waits(own):
    future = own.submit(hold, "never-4")
    other = Client(own.cluster, set_as_default=False)
    theirs = other.submit(inc, future)
    own.close()
    with pytest.raises(CancelledError):
        future.result()
    with pytest.raises(CancelledError):
        theirs.result()
    assert other.status == "closed"


def test_a_worker_that_dies_is_replaced():
    with Client(n_workers=2, threads_per_worker=1) as client:
        with weft.config.set({"allowed-failures": 3}):
            future = client.submit(os._exit, 3)
            with pytest.raises(KilledWorkerError, match="exit code 3"):
                future.result(timeout=60)
        done = client.map(inc, range(10))
        assert client.gather(done) == list(range(1, 11))
        pids = client.run(os.getpid)
        assert len(set(pids.values())) == 2
        os.kill(next(iter(pids.values())), 9)
        assert client.gather(client.map(inc, range(100, 200))) == list(range(101, 201))
        assert client.gather(done) == list(range(1, 11))


def test_restart_forgets_everything(own):
    future = own.submit(inc, 1)
    future.result()
    before = own.run(os.getpid)
    own.restart()
    assert future.cancelled()
    after = own.run(os.getpid)
    if own.cluster.processes:
        assert not set(before.values()) & set(after.values())
    assert own.submit(inc, 1).result() == 2


def test_functions_run_on_all_workers(client):
    addresses = set(client.scheduler_info()["workers"])
    assert client.run(inc, 1) == dict.fromkeys(addresses, 2)
    assert set(client.run(lambda weft_worker: weft_worker.address).values()) == addresses
    assert set(client.run(lambda dask_worker: dask_worker.address).values()) == addresses
    with pytest.raises(ValueError, match="bad 9"):
        client.run(fail, 9)
    assert all(isinstance(each, ValueError) for each in client.run(fail, 9, on_error="return").values())
    assert client.run(fail, 9, on_error="ignore") == {}
    assert client.run_on_scheduler(lambda weft_scheduler: len(weft_scheduler.workers)) == len(addresses)
    one = next(iter(addresses))
    assert list(client.run(inc, 1, workers=[one])) == [one]


def test_what_the_cluster_knows(client):
    future = client.submit(inc, 1000)
    future.result()
    assert client.who_has(future) == client.who_has([future])
    assert len(client.who_has(future)[future.key]) == 1
    assert future.key in {key for keys in client.has_what().values() for key in keys}
    assert client.nthreads() == client.ncores()
    assert sum(client.nthreads().values()) == client.cluster.nthreads_total()
    assert client.nbytes(summary=False)[future.key] > 0
    assert "inc" in client.nbytes()
    running = client.submit(hold, "gate-3", pure=False)
    while running.key not in {key for keys in client.processing().values() for key in keys}:
        client.submit(inc, 1).result()
    Event("gate-3").set()
    running.result()
    versions = client.get_versions(check=True)
    assert versions["client"]["packages"]["weft"]
    assert set(versions) == {"client", "scheduler", "workers"}
    assert client.dashboard_link == ""
    assert "threads=" in repr(client)
    assert "Client" in client._repr_html_()
    client.wait_for_workers(1)
    with pytest.raises(TimeoutError):
        client.wait_for_workers(100, timeout=0.01)
    client.replicate([future])
    client.rebalance([future])


def test_running_tasks_show_their_stack(client):
    running = client.submit(hold, "gate-4", pure=False)
    while not any("hold" in "".join(lines) for lines in client.call_stack([running]).values()):
        client.submit(inc, 1).result()
    Event("gate-4").set()
    running.result()


def test_the_task_stream_tells_of_tasks(client):
    future = client.submit(inc, 4321)
    future.result()
    rows = client.get_task_stream()
    mine = [row for row in rows if row["key"] == future.key]
    assert len(mine) == 1
    assert mine[0]["startstops"][0]["stop"] >= mine[0]["startstops"][0]["start"]
    assert len(client.get_task_stream(count=1)) == 1
    assert client.story(future)
    assert client.profile()["inc"]["count"] >= 1
    with pytest.raises(ValueError, match="plot= takes"):
        client.get_task_stream(plot="please")


def test_the_task_stream_can_be_drawn_and_saved(client, tmp_path):
    client.submit(inc, 4322).result()
    rows, timeline = client.get_task_stream(plot="save", filename=str(tmp_path / "stream.html"))
    assert "<svg" in timeline.page()
    assert (tmp_path / "stream.html").read_text() == timeline.page()
    assert [row["key"] for row in client.get_task_stream(plot=True)[0]] == [row["key"] for row in rows]


def test_profiles_tell_workers_apart(client):
    client.submit(inc, 4323).result()
    by_worker = client.profile(key="inc", merge_workers=False)
    assert sum(found["inc"]["count"] for found in by_worker.values()) == client.profile(key="inc")["inc"]["count"]
    address = next(iter(by_worker))
    assert client.profile(key="inc", workers=address) == by_worker[address]


def test_a_future_bound_again_keeps_its_result(client):
    future = client.submit(inc, 4325)
    assert future.result() == 4326
    future.bind_client(client)
    assert future.result(timeout=30) == 4326


def test_tasks_read_results_by_key(client):
    future = client.submit(inc, 4324)
    future.result()

    def read(key):
        data = get_worker().data
        return data[key], key in list(data), "no such key" in data

    assert client.submit(read, future.key).result() == (4325, True, False)


def test_options_without_a_meaning_here_raise(client):
    with pytest.raises(BackendError, match="nanny"):
        client.get_worker_logs(nanny=True)
    with pytest.raises(BackendError, match="close_workers"):
        client.retire_workers([0], close_workers=False)
    with pytest.raises(ValueError, match="on_error= takes"):
        client.story("x", on_error="never")
    with pytest.raises(TypeError):
        client.replicate([], nothing=1)


def test_datasets_are_shared_by_name(client):
    future = client.submit(inc, 1)
    client.publish_dataset(mine=future, numbers=[1, future])
    assert client.list_datasets() == ("mine", "numbers")
    del future
    with Client(client.cluster) as other:
        assert other.get_dataset("mine").result() == 2
        assert other.gather(other.datasets["numbers"]) == [1, 2]
        assert "mine" in other.datasets
        other.publish_dataset(weft.delayed(inc)(1).persist(), name="lazy")
    assert client.get_dataset("lazy").compute() == 2
    with pytest.raises(KeyError, match="already"):
        client.publish_dataset(mine=1)
    client.publish_dataset(mine=1, override=True)
    assert client.get_dataset("mine") == 1
    for name in client.list_datasets():
        client.unpublish_dataset(name)
    with pytest.raises(KeyError, match="mine"):
        client.get_dataset("mine")
    assert client.get_dataset("mine", default=None) is None
    with pytest.raises(KeyError):
        client.unpublish_dataset("mine")


def test_metadata_is_shared(client):
    client.set_metadata("x", 1)
    client.set_metadata(["a", "b"], 2)
    assert client.get_metadata("x") == 1
    assert client.get_metadata(["a", "b"]) == 2
    assert client.get_metadata(["a", "c"], default=5) == 5
    with pytest.raises(KeyError):
        client.get_metadata("missing")


def test_events_are_logged_and_heard(client):
    heard, done = [], threading.Event()

    def hear(event):
        heard.append(event[1])
        done.set()

    client.subscribe_topic("mine", hear)
    client.log_event("mine", {"x": 1})
    assert done.wait(5)
    assert heard == [{"x": 1}]
    assert client.get_events("mine")[-1][1] == {"x": 1}
    done.clear()
    client.submit(lambda: get_worker().log_event("mine", "from a task"), pure=False).result()
    assert done.wait(5)
    assert heard[-1] == "from a task"
    client.unsubscribe_topic("mine")
    with pytest.raises(ValueError, match="listens"):
        client.unsubscribe_topic("mine")


def test_modules_are_uploaded(client, tmp_path):
    path = tmp_path / f"uploaded_{client.cluster.number}.py"
    path.write_text("def answer():\n    return 42\n")
    client.upload_file(path)
    name = path.stem

    def use():
        import importlib

        return importlib.import_module(name).answer()

    assert client.submit(use, pure=False).result() == 42


def test_tasks_run_again_here(client):
    x = client.submit(inc, 1)
    y = client.submit(operator.truediv, x, 0)
    with pytest.raises(ZeroDivisionError):
        client.recreate_error_locally(y)
    assert client.recreate_task_locally(client.submit(inc, x)) == 3


def test_addresses_find_clusters_of_this_process(client):
    with Client(client.cluster.scheduler_address) as other:
        assert other.cluster is client.cluster
    assert LocalCluster.from_name(client.cluster.name) is client.cluster
    with pytest.raises(OSError, match="no cluster of this process"):
        Client("tcp://127.0.0.1:8786")
    with pytest.raises(TypeError, match="cluster or an address"):
        Client(5)


@pytest.mark.parametrize(
    "options",
    [
        {"host": "10.0.0.1"}, {"protocol": "tls"}, {"security": True}, {"interface": "eth0"}, {"scheduler_port": 8786},
        {"worker_class": object}, {"loop": object()}, {"preload": "x"}, {"dashboard_address": "0.0.0.0:1234"},
        {"processes": True, "engine": "threads"}, {"engine": "magic"}, {"n_workers": -1}, {"memory_limit": "lots"},
        {"nthreads": 2, "threads_per_worker": 3}, {"heartbeat_interval": "1s"}, {"serializers": ["pickle"]},
        {"scheduler_file": "x.json"}, {"extensions": {"a": 1}},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_raise(options):
    with pytest.raises(BackendError):
        Client(**options)


def test_unknown_options_raise():
    with pytest.raises(TypeError, match=r"LocalCluster\(\) takes no option 'n_wrkers'. Did you mean 'n_workers'"):
        Client(n_wrkers=1)


def test_what_collections_are_told_at_compute_and_persist_holds_for_their_tasks(client):
    x = weft.array.ones((4, 4), chunks=2)
    seen = client.cluster.run.check_notes
    notes = []
    client.cluster.run.check_notes = lambda each: (notes.append(dict(each)), seen(each))
    try:
        assert x.sum().compute(priority=10) == 16
        assert {each.get("priority") for each in notes} == {10}
        notes.clear()
        with weft.annotate(priority=-5):
            kept = x.persist()
        assert {each.get("priority") for each in notes} == {-5}
        notes.clear()
        assert (kept + 1).persist(fifo_timeout="10 minutes").sum().compute() == 32
        assert notes == []
    finally:
        del client.cluster.run.check_notes
    with pytest.raises(BackendError, match="colour"):
        x.compute(colour="red")
    with pytest.raises(BackendError, match="no worker"):
        x.persist(resources={"GPU": 1})


def test_tasks_for_some_workers_find_them_whoever_made_their_inputs():
    def where(*values):
        return get_worker().address

    with Client(processes=False, n_workers=3, threads_per_worker=1, resources={"GPU": 1}) as client:
        addresses = list(client.scheduler_info()["workers"])
        numbers = [2, 0, 1, 1, 2, 0, 2, 1] * 5
        before = client.submit(where, pure=False)
        futures = []
        for number in numbers:
            before = client.submit(where, before, workers=addresses[number], pure=False)
            futures += [before, client.submit(where, before, resources={"GPU": 1}, pure=False)]
        done = client.gather(futures)
        assert done[::2] == [addresses[number] for number in numbers]


def test_some_collections_are_for_some_workers():
    def where(*values):
        return get_worker().address

    with Client(processes=False, n_workers=3, threads_per_worker=1) as client:
        addresses = list(client.scheduler_info()["workers"])
        x, y = weft.delayed(where)(1), weft.delayed(where)(2)
        z = weft.delayed(lambda *values: [*values, where()])(x, y)
        workers = {x: addresses[1], (y, z): [addresses[2]]}
        assert client.compute(z, workers=workers).result() == [addresses[1], addresses[2], addresses[2]]
        x, y = weft.delayed(where)(3), weft.delayed(where)(4)
        assert client.persist([x, y], workers={y: addresses[0]})[1].compute() == addresses[0]
        assert client.compute(x, workers={x: "nobody"}, allow_other_workers=[x]).result() in addresses
        with pytest.raises(BackendError, match="no such worker"):
            client.compute(x, workers={x: "nobody"})
        with pytest.raises(BackendError, match="no part"):
            client.compute(x, workers={y: addresses[0]})
        with pytest.raises(TypeError, match="collections"):
            client.compute(x, workers={"x": addresses[0]})
        with pytest.raises(BackendError, match=r"client\.compute"):
            client.get({"x": 1}, "x", workers={y: addresses[0]})


def test_a_range_is_scattered_item_by_item(client):
    assert client.gather(client.scatter(range(5))) == list(range(5))


def test_coroutine_functions_run_on_workers(client):
    async def double(x):
        return 2 * x

    assert set(client.run(double, 4).values()) == {8}
    assert client.run_on_scheduler(double, 3) == 6


def test_the_memory_manager_can_be_started_and_finds_nothing(client):
    assert client.amm.running()
    client.amm.stop()
    assert not Client(client.cluster.scheduler_address, set_as_default=False).amm.running()
    client.amm.start()
    assert client.amm.run_once() is None
    assert client.submit(lambda: get_client().amm.running()).result()
    for policy in (ActiveMemoryManagerPolicy, ReduceReplicas, RetireWorker):
        with pytest.raises(BackendError, match="no copies"):
            policy()
    assert Suggestion("drop", None).candidates is None


def test_what_has_no_sense_without_servers_says_so():
    for method in ("get_connection_args", "get_listen_args", "get_tls_config_for_role"):
        with pytest.raises(BackendError, match="RAY_USE_TLS"):
            getattr(Security, method)(None, "client")
    for cls in (Security, Security.temporary, SSHCluster, SpecCluster, Nanny):
        with pytest.raises(BackendError, match=r"not (offered|needed)"):
            cls()


def test_a_subprocess_cluster_takes_options_of_its_workers():
    with SubprocessCluster(n_workers=1, worker_kwargs={"resources": {"GPU": 1}}) as cluster, Client(cluster) as client:
        assert client.submit(inc, 1, resources={"GPU": 1}).result() == 2


def test_options_that_users_pass_are_taken(tmp_path):
    with Client(
        n_workers=1, threads_per_worker=1, processes=False, memory_limit="1GiB", dashboard_address=None, silence_logs=False,
        local_directory=str(tmp_path), name="mine", timeout="30s",
    ) as client:  # fmt: skip
        assert client.submit(inc, 1).result() == 2
        assert client.cluster.run.budget() == 1 << 30


def test_clusters_grow_and_shrink(own):
    before = len(own.cluster.workers)
    with pytest.raises(ValueError, match="0 or more"):
        own.cluster.scale(-1)
    with pytest.raises(ValueError, match="0 or more"):
        own.cluster.scale("many")
    own.cluster.scale(before + 1)
    own.wait_for_workers(before + 1)
    assert len(own.scheduler_info()["workers"]) == before + 1
    assert own.gather(own.map(inc, range(20))) == list(range(1, 21))
    own.cluster.scale(1)
    assert len(own.scheduler_info()["workers"]) == 1
    assert own.gather(own.map(inc, range(20, 40))) == list(range(21, 41))


def test_a_task_may_ask_to_run_later(client):
    def later(name):
        from weft.distributed import Reschedule, Variable

        count = Variable(name)
        tried = count.get() + 1
        count.set(tried)
        if tried < 3:
            raise Reschedule
        return tried

    from weft.distributed import Variable

    Variable("later").set(0)
    assert client.submit(later, "later").result() == 3


def test_a_task_that_takes_too_long_is_stopped():
    with Client(n_workers=1, threads_per_worker=1) as client:
        with weft.annotate(timeout=0.1):
            future = client.submit(time.sleep, 60)
        with pytest.raises(TimeoutError, match="timeout"):
            future.result(timeout=60)
        assert client.submit(inc, 1).result() == 2


def test_coroutine_functions_are_run(client):
    async def double(x):
        return 2 * x

    assert client.submit(double, 4).result() == 8


def test_numbers_are_used_again(client):
    for i in range(50):
        client.gather(client.map(inc, range(1000 * i, 1000 * i + 20)))
    with client.cluster.run as run:
        assert len(run.core.phase) < 500
        assert len(run.known) < 100


def test_a_process_exits_while_its_client_is_open(tmp_path):
    import subprocess
    import sys

    program = "from weft.distributed import Client\nc = Client(n_workers=1, threads_per_worker=1)\nprint(c.submit(abs, -1).result())\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "1\n"
    assert done.stderr == ""


def test_workers_that_cannot_start_are_a_clear_error(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(5)\n")
    with Client(n_workers=1, threads_per_worker=1, env={"PYTHONPATH": str(tmp_path)}) as client:
        with pytest.raises(BackendError, match=r"cannot start worker processes.*exit code 5"):
            client.submit(inc, 1).result(timeout=60)
        with pytest.raises(BackendError, match="cannot start"):
            client.submit(inc, 2).result(timeout=60)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_leaves_the_workers_alone():
    with Client(n_workers=1, threads_per_worker=1) as client:
        assert client.submit(inc, 1).result() == 2
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        assert client.submit(inc, 2).result() == 3


def test_a_task_is_not_stopped_in_the_middle_of_an_import(own, tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\nfor _ in range(30):\n    time.sleep(0.01)\nx = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    began = Event("began")

    def run_for_ever():
        began.set()
        import slow_to_import

        assert slow_to_import
        while True:
            time.sleep(0.001)

    future = own.submit(run_for_ever, pure=False)
    began.wait(10)
    future.cancel()
    assert own.submit(lambda: __import__("slow_to_import").x, pure=False).result(20) == 1


def test_wrong_options_are_said_of_tasks_that_are_known(client):
    future = client.submit(inc, 1)
    for options in ({"retries": -1}, {"priority": "high"}, {"resources": 3}, {"key": ["a"]}):
        with pytest.raises((TypeError, ValueError)):
            client.submit(inc, 1, **options)
    assert future.result() == 2


def test_threads_of_a_closed_client_are_gone():
    before = set(threading.enumerate())
    with Client(processes=False, n_workers=1, threads_per_worker=2) as client:
        assert client.gather(client.map(inc, range(50))) == list(range(1, 51))
        assert client.submit(lambda: threading.current_thread().name).result() == "weft-worker-0"
    while any(each not in before and each.name == "weft-worker-0" for each in threading.enumerate()):
        time.sleep(0)  # they end in a moment


@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_workers_say_which_process_they_are(engine):
    with Client(engine=engine, n_workers=2, threads_per_worker=1) as client:
        told = [worker.pid for worker in client.cluster.scheduler.workers.values()]
        seen = list(client.run(lambda weft_worker: (weft_worker.pid, os.getpid())).values())
        assert [own for own, _ in seen] == [real for _, real in seen]
        assert sorted(told) == sorted(real for _, real in seen)


def test_the_version_is_that_of_weft():
    import weft
    from weft import distributed

    assert distributed.__version__ == weft.__version__


@pytest.mark.timeout(60)
@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_what_one_cluster_has_run_first_runs_on_the_next(engine):
    for _ in range(2):  # the plan is kept: that its tasks are forgotten here must not empty it
        with Client(engine=engine, n_workers=1, threads_per_worker=1):
            x = da.from_array(np.arange(10), chunks=4)
            for _ in range(3):
                assert bool((x == x.astype("int32")).all())


def collected(block, more):
    return block + more


@pytest.mark.timeout(60)
def test_futures_among_the_arguments_of_functions_of_blocks(own):
    five = own.submit(operator.add, 2, 3)
    x = da.ones(4, chunks=2)
    np.testing.assert_array_equal(x.map_blocks(collected, more=five, dtype=float).compute(), [6] * 4)
    np.testing.assert_array_equal(da.blockwise(collected, "i", x, "i", five, None, dtype=float).compute(), [6] * 4)


@pytest.mark.timeout(60)
def test_futures_that_functions_bring_along(own):
    five = own.submit(operator.add, 2, 3)
    made = da.ones(4, chunks=2).map_blocks(lambda block: block + five.result(), dtype=float)
    np.testing.assert_array_equal(made.compute(), [6] * 4)


def test_the_scheduler_answers_who_awaits(own):
    future = own.submit(operator.add, 1, 2)
    future.result()

    async def ask():
        scheduler = own.scheduler
        return await scheduler.who_has(keys=[future.key]), await scheduler.has_what(), await scheduler.identity()

    who, what, identity = asyncio.run(ask())
    (address,) = who[future.key]
    assert future.key in what[address]
    assert address in identity["workers"]


@pytest.mark.timeout(60)
def test_a_future_that_is_a_value_is_small(own):
    future = own.submit(operator.add, 1, 2)
    assert sizeof([future, np.array([future], object)]) < 10_000
