"""Questions about a run that is over."""

from __future__ import annotations

from typing import Any

import pytest

import weft
from weft.diagnostics import last_run, summary, why
from weft.errors import WeftError
from weft.execution.last import LAST
from weft.scheduler import Phase, story


def test_the_last_run_is_known_without_its_values(scheduler: str) -> None:
    weft.delayed(len)(weft.delayed([1, 2], name="data"), weft_key_name="x").compute()

    run = last_run()

    assert run.backend == scheduler
    assert run.plan.keys == ["x", "data"]
    assert run.plan.data == {1: None}
    assert run.plan.constants == [()]
    assert run.error is None
    assert run.core.phase[0] == Phase.DONE


def test_runs_inside_tasks_are_not_the_last(scheduler: str) -> None:
    def outer() -> Any:
        return weft.delayed(abs)(-1, weft_key_name="inner").compute()

    weft.delayed(outer)(weft_key_name="outer").compute()

    assert last_run().plan.keys == ["outer"]


def test_a_run_that_goes_on_is_the_last(scheduler: str) -> None:
    weft.delayed(abs)(-1).compute()
    seen: list[Any] = []

    weft.delayed(lambda: seen.append(last_run().plan.keys))(weft_key_name="now").compute()

    assert seen == [["now"]]


def test_a_failed_run_is_known_with_its_error_in_words(scheduler: str) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        weft.delayed(divmod)(1, 0, weft_key_name="x").compute()

    error = last_run().error
    assert isinstance(error, WeftError)
    assert "ZeroDivisionError: " in str(error)
    assert "in task 'x'" in str(error)
    assert error is not raised.value
    assert "it failed: ZeroDivisionError" in summary()
    assert "0 of 1 tasks" in summary()


def test_large_runs_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.execution.last.KEPT_TASKS", 1)
    weft.compute([weft.delayed(abs)(i) for i in range(2)])

    with pytest.raises(WeftError, match="the last run had 2 tasks"):
        last_run()


def test_before_the_first_run_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LAST, "_past", None)
    monkeypatch.setattr(LAST, "too_large", 0)

    with pytest.raises(WeftError, match="nothing has run yet"):
        last_run()


def test_a_summary_has_a_line_for_each_operation(scheduler: str) -> None:
    weft.delayed(sum)([weft.delayed(abs)(i) for i in range(3)]).compute()

    rows = [line.split() for line in summary().splitlines()]

    assert rows[0] == ["operation", "tasks", "seconds", "mean", "share", "bytes"]
    assert {tuple(row[:2]) for row in rows[1:3]} == {("abs", "3"), ("sum", "1")}
    assert rows[3][:2] == ["on", scheduler]
    assert "4 of 4 tasks in" in summary()


def test_a_summary_says_when_the_log_was_too_short(scheduler: str) -> None:
    with weft.config.set({"log.length": 3}):
        weft.compute([weft.delayed(abs)(i) for i in range(9)])

    assert "the log's beginning is gone: it keeps 3 events" in summary()


def test_why_asks_the_story_of_the_last_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "why", lambda core, plan, key: f"{key} of {plan.keys}", raising=False)
    x = weft.delayed(abs)(-1, weft_key_name="x")
    x.compute()

    assert why("x") == why(x) == why("x", last_run()) == "x of ['x']"


def test_why_is_asked_of_one_block() -> None:
    from tests.diagnostics.graphs import Whole

    with pytest.raises(ValueError, match="this collection has 2"):
        why(Whole({"a": 1, "b": 2}))
