"""What callbacks see of a run."""

from __future__ import annotations

from typing import Any

import pytest

import weft
from weft.backends import Run
from weft.backends.packed import pack
from weft.diagnostics import Callback
from weft.diagnostics.views import result_of
from weft.errors import KeyNotFoundError
from weft.execution import plan_of
from weft.scheduler import Scheduler


def seen_by_last_task(graph: Any) -> tuple[Any, Any]:
    """``dsk`` and ``state`` as they were before the task ``z``, by value."""
    seen: list[Any] = []

    def look(key: str, dsk: Any, state: Any) -> None:
        if key == "z":
            seen.extend([dict(dsk), {name: dict(v) if hasattr(v, "keys") else set(v) for name, v in state.items()}])

    with Callback(pretask=look):
        weft.delayed(sum)(graph, weft_key_name="z").compute(scheduler="inline")
    dsk, state = seen
    return dsk, state


def test_the_state_tells_where_tasks_stand() -> None:
    x = weft.delayed(abs)(-1, weft_key_name="x")
    y = weft.delayed(abs)(x, weft_key_name="y")

    dsk, state = seen_by_last_task([y, 10])

    assert dsk["y"].inputs == ("x",)
    assert dsk["x"].program.run(list(dsk["x"].constants)) == 1
    assert state["finished"] == {"x", "y"}
    assert state["running"] == {"z"}
    assert state["released"] == {"x"}
    assert state["waiting"] == state["ready"] == state["failed"] == set()
    assert state["cache"] == {"y": 1}
    assert state["dependents"]["x"] == {"y"}
    assert state["waiting_data"] == {"x": set(), "y": {"z"}, "z": set()}


def test_data_is_a_task_that_returns_it() -> None:
    dsk, state = seen_by_last_task(weft.delayed([1, 2], name="data"))

    assert dsk["data"].program.run(list(dsk["data"].constants)) == [1, 2]
    assert state["cache"] == {"data": [1, 2]}
    assert state["dependencies"]["z"] == {"data"}


def test_views_are_short_and_know_their_keys() -> None:
    seen: list[Any] = []

    def look(dsk: Any, state: Any) -> None:
        seen.append((repr(dsk), repr(state), "nowhere" in state["ready"], "x" in state["ready"], repr(state["cache"])))
        with pytest.raises(KeyNotFoundError, match="no key 'nowhere'"):
            dsk["nowhere"]
        with pytest.raises(KeyError, match="not in memory"):
            state["cache"]["x"]

    with Callback(start_state=look):
        weft.delayed(abs)(-1, weft_key_name="x").compute()

    assert seen == [
        ("<1 tasks, 0 data blocks>", "<0 waiting, 1 ready, 0 running, 0 finished, 0 failed>", False, True, "<0 keys>")
    ]


def test_results_from_other_processes_are_unpacked_where_they_are_small() -> None:
    plan, _ = plan_of([weft.delayed(abs)(-1, weft_key_name="x")])
    run = Run(plan, Scheduler(1), "elsewhere", 1, 0.0)

    assert result_of(run, 0, pack({"a": 1}, 1000)) == {"a": 1}
    assert result_of(run, 0, "/somewhere/block") == "/somewhere/block"

    plan.outputs[0] = (0, 1)
    assert result_of(run, 0, [b"", b""]) is None
