"""The progress bar."""

from __future__ import annotations

import io
import re
import threading
import time
from typing import Any

import pytest

import weft
from weft.diagnostics import ProgressBar


class Watched(io.StringIO):
    """A file that tells when a text was drawn."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.text in self.getvalue():
            self.drawn.set()
        return written


def lines(out: io.StringIO) -> list[str]:
    return re.split(r"[\r\n]+", out.getvalue().strip())


def test_a_bar_ends_full(scheduler: str) -> None:
    out = io.StringIO()
    with ProgressBar(minimum=0, width=10, out=out):
        weft.compute([weft.delayed(abs)(i) for i in range(7)])

    assert lines(out)[-1].startswith("100%|##########| 7/7 tasks [")
    assert out.getvalue().endswith("\n")


def test_a_bar_follows_the_run_while_it_goes_on(scheduler: str) -> None:
    out = Watched("1/2 tasks")
    first = weft.delayed(abs)(-1)

    with ProgressBar(minimum=0, dt=0.001, out=out):
        weft.delayed(lambda x: out.drawn.wait(60))(first).compute()

    assert any(" 50%|" in line for line in lines(out))


def test_work_that_is_shorter_than_the_minimum_shows_nothing(scheduler: str) -> None:
    out = io.StringIO()
    with ProgressBar(minimum="1 h", out=out):
        weft.delayed(abs)(-1).compute()

    assert out.getvalue() == ""


def test_the_minimum_comes_from_the_configuration() -> None:
    out = io.StringIO()
    with weft.config.set({"progress.minimum": "1 h"}), ProgressBar(out=out):
        weft.delayed(abs)(-1).compute()
    assert out.getvalue() == ""

    with weft.config.set({"progress.minimum": 0}), ProgressBar(out=out):
        weft.delayed(abs)(-1).compute()
    assert "1/1 tasks" in out.getvalue()


def test_a_bar_that_does_not_reach_its_end_says_why(scheduler: str) -> None:
    out = io.StringIO()
    bad = weft.delayed(lambda x: 1 // x)(weft.delayed(int)(0))

    with ProgressBar(minimum=0, out=out), pytest.raises(ZeroDivisionError):
        weft.compute([bad, weft.delayed(abs)(bad)])

    assert "1/3 tasks" in lines(out)[-1]
    assert "failed: ZeroDivisionError" in lines(out)[-1]


def test_a_run_that_is_stopped_says_so() -> None:
    out = io.StringIO()

    def stop() -> None:
        raise KeyboardInterrupt

    with ProgressBar(minimum=0, out=out), pytest.raises(KeyboardInterrupt):
        weft.delayed(stop)().compute(scheduler="inline")

    assert "stopped" in lines(out)[-1]


def test_nothing_is_drawn_where_nobody_watches(scheduler: str, capfd: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(minimum=0):
        weft.delayed(abs)(-1).compute()

    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, scheduler: str) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)

    with ProgressBar(minimum=0):
        weft.delayed(abs)(-1).compute()

    assert "1/1 tasks" in terminal.getvalue()


def test_each_computation_has_one_bar_and_those_inside_tasks_have_none(scheduler: str) -> None:
    out = io.StringIO()

    def outer() -> Any:
        return weft.compute([weft.delayed(abs)(i) for i in range(5)])

    with ProgressBar(minimum=0, out=out):
        weft.delayed(outer)().compute()
        weft.delayed(abs)(-1).compute()

    assert "5 tasks" not in out.getvalue()
    assert out.getvalue().count("\n") == 2


def test_a_bar_costs_tasks_nothing() -> None:
    assert ProgressBar().reads_log


def test_a_registered_bar_shows_all_computations() -> None:
    out = io.StringIO()
    bar = ProgressBar(minimum=0, out=out)
    bar.register()
    try:
        weft.delayed(abs)(-1).compute()
    finally:
        bar.unregister()
    weft.delayed(abs)(-1).compute()

    assert out.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    "wrong", [{"minimum": -1}, {"minimum": "soon"}, {"width": 0}, {"width": 2.5}, {"dt": 0}], ids=str
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)) + "|soon"):
        ProgressBar(**wrong)


def test_elapsed_time_counts_from_the_start_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    real = time.perf_counter
    shift = [0.0]
    monkeypatch.setattr("weft.diagnostics.progress.perf_counter", lambda: real() + shift[0])

    def long() -> None:
        shift[0] = 125.0

    with ProgressBar(minimum=100, out=out):
        weft.delayed(long)().compute(scheduler="inline")

    assert "[02:05<" in lines(out)[-1]


def test_the_duration_of_the_last_computation_stays():
    bar = ProgressBar()
    assert bar.last_duration == 0
    with bar:
        weft.delayed(sum)([1, 2]).compute()
    assert bar.last_duration > 0
