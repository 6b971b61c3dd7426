"""Stopping threads: where that must wait, and where it comes too late."""

from __future__ import annotations

import _thread
import hashlib
import os
import sys
import threading
from types import FrameType

import pytest

from weft import compute, delayed
from weft.backends import interrupting, threads
from weft.backends.interrupting import goes_on

WAITING = """
def inside(function):
    return function()
"""


def code_in(name):
    """A function that calls another one, as if it stood in a file of this name."""
    space = {}
    exec(compile(WAITING, name, "exec"), space)
    return space["inside"]


FRAGILE = os.path.join("somewhere", interrupting.FRAGILE[0])


@pytest.mark.parametrize(
    ("name", "expected"), [(FRAGILE, True), ("<frozen importlib._bootstrap>", True), ("json/_json.py", False)]
)
def test_code_that_must_not_break_off_is_known_by_its_file(name, expected):
    found = []
    code_in(name)(lambda: found.append(goes_on(threading.get_ident())))
    assert found == [expected]
    assert not goes_on(threading.get_ident())


def is_in(frame: FrameType | None, name: str) -> bool:
    while frame is not None:
        if frame.f_code.co_name == name:
            return True
        frame = frame.f_back
    return False


def test_a_task_that_fails_before_it_can_be_stopped_leaves_its_thread_alive():
    started, given_up = threading.Event(), threading.Event()

    @delayed
    def first():
        assert started.wait(60)
        raise KeyError("the first")

    @delayed
    def second():
        def wait():
            started.set()
            while not any(is_in(each, "_interrupt_later") for each in sys._current_frames().values()):
                pass
            given_up.set()
            raise OSError("failed by itself")

        return code_in(FRAGILE)(wait)

    with pytest.raises(KeyError, match="the first"):
        compute(first(), second(), scheduler="threads", num_workers=2)
    assert given_up.wait(60)
    while any(is_in(each, "_interrupt_later") for each in sys._current_frames().values()):
        pass  # the exception that waited has struck, or was called off
    met = threading.Barrier(2, timeout=60)
    assert len(compute(*[delayed(met.wait)() for _ in range(2)], scheduler="threads", num_workers=2)) == 2


class Struck(BaseException):
    """What threads are stopped by here."""


def test_what_stops_a_thread_does_not_strike_those_that_it_starts(monkeypatch):
    astray = []
    monkeypatch.setattr(sys, "unraisablehook", lambda failure: astray.append(failure.exc_type))
    lock = threading.Lock()

    def strike() -> None:
        known: list[int] = []
        started, stopped = threading.Event(), threading.Event()

        def parent() -> None:
            known.append(threading.get_ident())
            try:
                started.set()
                while True:
                    interrupting.start_thread(int)
                    hashlib.sha256(
                        bytes(100_000)
                    )  # outside of Python, so that others can look at this thread here, too
            except Struck:
                stopped.set()

        _thread.start_new_thread(parent, ())
        assert started.wait(60)
        with lock:
            interrupting.interrupt(known[0], Struck, lock, lambda: True)
        assert stopped.wait(60)

    for _ in range(20):
        strike()
    assert not astray


def test_a_thread_goes_on_until_those_run_that_it_has_started(monkeypatch):
    ident, begun = threading.get_ident(), []
    monkeypatch.setattr(interrupting, "start_new_thread", lambda begin, _: begun.append(begin))
    for _ in range(2):
        interrupting.start_thread(int)
    begun.pop()()
    assert goes_on(ident)
    begun.pop()()
    assert not goes_on(ident)


def test_a_thread_that_cannot_be_started_keeps_nobody(monkeypatch):
    def start(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(interrupting, "start_new_thread", start)
    with pytest.raises(RuntimeError, match="can't start"):
        interrupting.start_thread(int)
    assert not goes_on(threading.get_ident())


def test_a_thread_goes_on_while_it_starts_one_of_threading(monkeypatch):
    seen = []
    waits = threading.Event.wait

    def wait(self: threading.Event, timeout: float | None = None) -> bool:
        seen.append(goes_on(threading.get_ident()))
        return waits(self, timeout)

    thread = threading.Thread(target=int)
    monkeypatch.setattr(threading.Event, "wait", wait)
    thread.start()
    assert seen == [True]


class Lasting:
    """A run whose worker is at work until it is told to go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def enter(self, number, thread):
        self.begun.set()
        assert self.go.wait(60)


def test_the_end_of_python_waits_for_threads_that_a_run_has_left_behind(monkeypatch):
    monkeypatch.setattr(threads, "LAST_WAIT_S", 60)
    pool, run = threads.Pool(), Lasting()
    pool.lend(run, 0)
    assert run.begun.wait(60)
    end = threading.Thread(target=pool.settle)
    end.start()
    while end.is_alive() and not is_in(sys._current_frames().get(end.ident), "settle"):
        pass
    assert end.is_alive()
    run.go.set()
    end.join(60)
    assert not end.is_alive()
    assert not pool.lent
    pool.close()


def test_it_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(threads, "LAST_WAIT_S", 0)
    pool, run = threads.Pool(), Lasting()
    pool.lend(run, 0)
    pool.settle()
    assert len(pool.lent) == 1
    run.go.set()
