"""Statements that are running end when the computation is stopped."""

from __future__ import annotations

import _thread
import threading

import pytest

import weft
from weft.dataframe.kernels.duckdb import query
from weft.distributed import Client

#: Runs for minutes.
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(20000) b"


def run_endlessly():
    with query.database(0, 1, 10**8, "/nowhere").cursor() as cursor:
        return query.table_of(cursor, ENDLESS)


def has_begun(monkeypatch, then):
    """Call something as soon as a statement is about to run."""
    stopped_by = query.stopped_by

    def begun(stop):
        then()
        return stopped_by(stop)

    monkeypatch.setattr(query, "stopped_by", begun)


def test_ctrl_c_in_the_main_thread(monkeypatch):
    has_begun(monkeypatch, lambda: threading.Thread(target=_thread.interrupt_main).start())
    with pytest.raises(KeyboardInterrupt):
        weft.delayed(run_endlessly)().compute(scheduler="sync")


def test_ctrl_c_while_another_thread_runs_it(monkeypatch):
    has_begun(monkeypatch, lambda: threading.Thread(target=_thread.interrupt_main).start())
    ended = threading.Event()

    def run():
        try:
            return run_endlessly()
        finally:
            ended.set()

    other = threading.Event()
    tasks = [weft.delayed(run)(), weft.delayed(other.wait)(0)]
    with pytest.raises(KeyboardInterrupt):
        weft.compute(*tasks, scheduler="threads", num_workers=2)
    assert ended.wait(60)


def test_a_task_that_is_cancelled_makes_room_for_others(monkeypatch):
    begun = threading.Event()
    has_begun(monkeypatch, begun.set)
    with Client(processes=False, n_workers=1, threads_per_worker=1) as client:
        future = client.submit(run_endlessly)
        assert begun.wait(60)
        future.cancel()
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
