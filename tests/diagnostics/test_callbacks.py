"""Callbacks: who is told what, in which order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.diagnostics.graphs import Whole, graphs

import weft
from weft.diagnostics import Callback, add_callbacks
from weft.execution.current import EVERYWHERE, LISTENERS


def inc(x: int) -> int:
    return x + 1


def fail(x: int) -> int:
    raise ZeroDivisionError(x)


class Recorder(Callback):
    """Does not call the base's ``__init__``, as many that users have written."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def _start(self, dsk: Any) -> None:
        self.said.append(("start", sorted(dsk)))

    def _start_state(self, dsk: Any, state: Any) -> None:
        self.said.append(("start_state", sorted(state["ready"])))

    def _pretask(self, key: Any, dsk: Any, state: Any) -> None:
        self.said.append(("pretask", key))

    def _posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: Any) -> None:
        self.said.append(("posttask", key, result))

    def _finish(self, dsk: Any, state: Any, failed: bool) -> None:
        self.said.append(("finish", failed))


def chain() -> Any:
    return weft.delayed(inc)(weft.delayed(inc)(1, weft_key_name="x"), weft_key_name="y")


def test_a_subclass_hears_of_everything_in_order(scheduler: str) -> None:
    with Recorder() as heard:
        chain().compute()

    assert heard.said == [
        ("start", ["x", "y"]),
        ("start_state", ["x"]),
        ("pretask", "x"),
        ("posttask", "x", 2),
        ("pretask", "y"),
        ("posttask", "y", 3),
        ("finish", False),
    ]


def test_functions_hear_of_everything_in_order(scheduler: str) -> None:
    said: list[str] = []
    names = ("start", "start_state", "pretask", "posttask", "finish")
    hooks = {name: lambda *args, name=name: said.append(name) for name in names}

    with Callback(**hooks):
        weft.delayed(inc)(1).compute()

    assert said == list(names)


def test_a_failed_run_is_told_as_failed(scheduler: str) -> None:
    with Recorder() as heard, pytest.raises(ZeroDivisionError):
        weft.delayed(fail)(1, weft_key_name="x").compute()

    assert heard.said[-2:] == [("pretask", "x"), ("finish", True)]


def test_a_task_that_is_tried_again_is_announced_again(scheduler: str) -> None:
    tries: list[int] = []

    def flaky() -> int:
        tries.append(1)
        return 1 // (len(tries) - 1)

    with Recorder() as heard:
        weft.delayed(flaky)(weft_key_name="x").compute(retries=2)

    assert heard.said[2:-1] == [("pretask", "x"), ("pretask", "x"), ("posttask", "x", 1)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(graph=graphs())
def test_each_task_is_announced_once_and_after_what_it_needs(scheduler: str, graph: dict[str, Any]) -> None:
    with Recorder() as heard:
        weft.compute(Whole(graph))

    before = [each[1] for each in heard.said if each[0] == "pretask"]
    after = [each[1] for each in heard.said if each[0] == "posttask"]
    assert sorted(before) == sorted(after) == sorted(graph)
    place = {each[:2]: number for number, each in enumerate(heard.said) if each[0].endswith("task")}
    for key, (_, sources) in graph.items():
        assert place["pretask", key] < place["posttask", key]
        assert all(place["posttask", source] < place["pretask", key] for source in sources)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(graph=graphs())
def test_the_state_agrees_with_what_was_announced(scheduler: str, graph: dict[str, Any]) -> None:
    finished: set[str] = set()

    def look(key: str, dsk: Any, state: Any) -> None:
        counted = sum(len(state[name]) for name in ("waiting", "ready", "running", "finished"))
        assert counted == len(graph) == len(dsk)
        assert key in state["running"]
        assert state["dependencies"][key] == set(graph[key][1]) <= set(state["finished"])
        assert not set(state["finished"]) - finished

    with Callback(pretask=look, posttask=lambda key, *rest: finished.add(key)):
        weft.compute(Whole(graph))


def test_a_callback_without_task_hooks_costs_tasks_nothing() -> None:
    assert Callback(start=print, finish=print).reads_log
    assert not Callback(pretask=print).reads_log
    assert not Recorder().reads_log


def test_computations_inside_tasks_are_not_heard_of(scheduler: str) -> None:
    def outer() -> Any:
        return weft.delayed(inc)(1, weft_key_name="inner").compute()

    with Recorder() as heard:
        weft.delayed(outer)(weft_key_name="outer").compute()

    assert [each[1] for each in heard.said if each[0] == "posttask"] == ["outer"]


def test_a_registered_callback_hears_of_all_runs_until_it_is_not() -> None:
    heard = Recorder()
    heard.register()
    heard.register()
    try:
        weft.delayed(inc)(1, weft_key_name="x").compute()
    finally:
        heard.unregister()
        heard.unregister()
    weft.delayed(inc)(1, weft_key_name="y").compute()

    assert [each[1] for each in heard.said if each[0] == "posttask"] == ["x"]
    assert heard not in EVERYWHERE


def test_a_callback_that_is_on_twice_is_told_once(scheduler: str) -> None:
    heard = Recorder()
    with heard, heard:
        weft.delayed(inc)(1, weft_key_name="x").compute()

    assert [each[0] for each in heard.said].count("posttask") == 1
    assert LISTENERS.get() == ()


def test_several_callbacks_are_switched_on_together(scheduler: str) -> None:
    said: list[str] = []
    with add_callbacks(Recorder(), (lambda dsk: said.append("start"),), Callback(finish=lambda *_: said.append("end"))):
        weft.delayed(inc)(1).compute()

    assert said == ["start", "end"]


@pytest.mark.parametrize("hook", ["start", "start_state", "pretask", "posttask", "finish"])
def test_what_a_callback_raises_reaches_the_caller(scheduler: str, hook: str) -> None:
    def broken(*args: Any) -> None:
        raise LookupError(hook)

    with Recorder() as heard, Callback(**{hook: broken}), pytest.raises(LookupError, match=hook):
        weft.delayed(inc)(1).compute()

    assert heard.said[-1][0] == "finish"
    assert weft.delayed(inc)(1).compute() == 2


def test_a_hook_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="pretask must be a function"):
        Callback(pretask=1)  # type: ignore[arg-type]


def test_persist_is_heard_of(scheduler: str) -> None:
    with Recorder() as heard:
        chain().persist()

    assert heard.said[-1] == ("finish", False)
