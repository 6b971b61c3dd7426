"""What clients hold stays within the budget: it goes to disk, that which was asked for longest ago first."""

from __future__ import annotations

import gc

import pytest

from weft.distributed import Client, as_completed, wait
from weft.scheduler.invariants import check

np = pytest.importorskip("numpy")

MB = 1 << 20


def make(i):
    return np.full(MB // 8, i, dtype="float64")


@pytest.fixture(params=["threads", "processes"])
def small(request):
    with Client(engine=request.param, n_workers=1, threads_per_worker=1, memory_limit=10 * MB) as client:
        yield client


def held(client):
    with client.cluster.run as run:
        check(run.core)
        return run.core.held


def test_results_that_futures_hold_go_to_disk(small):
    futures = small.map(make, range(30))
    wait(futures)
    assert held(small) <= 10 * MB
    assert small.gather(small.map(lambda x: float(x[0]), futures)) == list(range(30))
    assert held(small) <= 11 * MB
    for i, future in enumerate(futures):
        assert (future.result() == i).all()
    del futures, future
    gc.collect()
    small.submit(abs, 1).result()
    assert held(small) < MB


def test_scattered_data_goes_to_disk(small):
    futures = [small.scatter(make(i)) for i in range(30)]
    assert held(small) <= 10 * MB
    assert small.gather([small.submit(np.sum, future) for future in futures]) == [i * MB / 8 for i in range(30)]


def test_what_was_asked_for_last_stays(small):
    futures = small.map(make, range(6))
    wait(futures)
    for future in futures[:3]:
        future.result()
    more = small.map(make, range(100, 106))
    wait(more)
    with small.cluster.run as run:
        spilled = {f.key for f in futures if run.core.phase[f._bound().number] == 4}
    assert spilled
    assert spilled <= {f.key for f in futures[3:]}


def test_a_long_program_needs_no_more_than_its_budget(small):
    total = 0.0
    running = as_completed(small.map(make, range(20)))
    for count, future in enumerate(running):
        total += float(small.submit(np.sum, future).result())
        if count < 20:
            running.add(small.submit(make, 20 + count))
    assert total == sum(range(40)) * MB / 8
    assert held(small) <= 11 * MB


def test_a_number_is_not_used_again_while_its_block_is_written(monkeypatch):
    with Client(processes=False, n_workers=1, threads_per_worker=1, memory_limit=10 * MB) as client:
        futures = client.map(make, range(9))
        wait(futures)
        store, fresh = client.cluster.run.store, []
        put = type(store).put

        def put_slowly(self, value):
            if futures:  # meanwhile somebody lets everything go, and puts something else there
                futures.clear()
                gc.collect()
                fresh.extend(client.scatter([make(100 + i) for i in range(6)], hash=False))
            return put(self, value)

        monkeypatch.setattr(type(store), "put", put_slowly)
        last = client.scatter(make(99))
        assert [float(each.result()[0]) for each in fresh] == [100.0 + i for i in range(6)]
        assert last.result()[0] == 99
        del fresh[:]
        held(client)
