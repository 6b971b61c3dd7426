"""The record of the last run, and who is told of runs."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import weft
from weft.backends import Run
from weft.execution import request_for
from weft.execution.current import EVERYWHERE
from weft.execution.last import LAST, inside


class Value:
    """Can be referred to weakly."""


class Quiet:
    """A listener that reads the log."""

    reads_log = True

    def __init__(self) -> None:
        self.said: list[str] = []

    def started(self, run: Run) -> None:
        self.said.append("started")

    def before(self, run: Run, task: int, worker: int) -> None:
        self.said.append("before")

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        self.said.append("after")

    def ended(self, run: Run) -> None:
        self.said.append("ended")


class Loud(Quiet):
    reads_log = False


class Broken(Quiet):
    def ended(self, run: Run) -> None:
        raise LookupError("broken")


@pytest.mark.parametrize("scheduler", ["inline", "threads"])
def test_the_record_keeps_no_values_alive(scheduler: str) -> None:
    given, constant = Value(), Value()
    watched = [weakref.ref(given), weakref.ref(constant)]
    result = weft.delayed(lambda x, y: Value())(weft.delayed(given), constant).compute(scheduler=scheduler)
    watched.append(weakref.ref(result))

    del given, constant, result
    gc.collect()

    assert [each() for each in watched] == [None, None, None]
    assert LAST.get() is not None


@pytest.mark.parametrize("scheduler", ["inline", "threads", "processes"])
def test_the_record_keeps_no_functions_alive_but_knows_their_names(scheduler: str) -> None:
    held = Value()

    def task(held: Any = held) -> int:
        return 1

    watched = [weakref.ref(held), weakref.ref(task)]
    assert weft.delayed(task, pure=False)().compute(scheduler=scheduler) == 1

    del held, task
    gc.collect()

    assert [each() for each in watched] == [None, None]
    run = LAST.get()
    assert run is not None
    assert [program.name for program in run.plan.programs] == ["task"]


def test_a_failed_run_keeps_no_frames_alive() -> None:
    watched: list[Any] = []

    def fail() -> None:
        local = Value()
        watched.append(weakref.ref(local))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        weft.delayed(fail)().compute(scheduler="inline")
    gc.collect()

    assert watched[0]() is None


def test_runs_side_by_side_are_not_inside_one_another() -> None:
    nested: list[bool] = []

    class Look(Quiet):
        def started(self, run: Run) -> None:
            nested.append(LAST.is_nested(run))

    def other() -> None:
        weft.delayed(abs)(-1).compute(scheduler="inline", callbacks=[Look()])

    def meanwhile() -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    weft.delayed(meanwhile)().compute(scheduler="inline", callbacks=[Look()])

    assert nested == [False, False]


@pytest.mark.parametrize("outer", ["inline", "threads"])
@pytest.mark.parametrize("inner", ["inline", "threads"])
def test_runs_of_tasks_are_nested(outer: str, inner: str) -> None:
    nested: list[bool] = []

    class Look(Quiet):
        def started(self, run: Run) -> None:
            nested.append(LAST.is_nested(run))

    def task() -> Any:
        return weft.delayed(abs)(-1).compute(scheduler=inner, callbacks=[Look()])

    weft.delayed(task)().compute(scheduler=outer, callbacks=[Look()])

    assert nested == [False, True]


def test_depth_is_given_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), inside():
        raise ZeroDivisionError
    weft.delayed(abs)(-1, weft_key_name="after").compute(scheduler="inline")

    run = LAST.get()
    assert run is not None
    assert run.plan.keys == ["after"]


def test_who_reads_the_log_is_told_of_runs_only() -> None:
    quiet, loud = Quiet(), Loud()

    weft.delayed(abs)(-1).compute(scheduler="threads", callbacks=[quiet, loud])

    assert quiet.said == ["started", "ended"]
    assert loud.said == ["started", "before", "after", "ended"]


def test_a_listener_that_breaks_at_the_end_does_not_keep_it_from_others() -> None:
    first, last = Quiet(), Quiet()

    with pytest.raises(LookupError, match="broken"):
        weft.delayed(abs)(-1).compute(scheduler="inline", callbacks=[first, Broken(), last])

    assert first.said[-1] == last.said[-1] == "ended"
    assert LAST.get() is not None


def test_a_listener_is_told_once_however_often_it_was_given() -> None:
    quiet = Quiet()

    assert request_for(callbacks=[quiet, quiet]).listeners.count(quiet) == 1
    assert EVERYWHERE[0] is LAST
