"""Stopping threads: where that must wait, and where it comes too late."""

from __future__ import annotations

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
