"""The page that shows profiles."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

import weft
from weft.diagnostics import CacheProfiler, Profiler, ResourceProfiler, visualize
from weft.errors import MissingDependencyError

bokeh = pytest.importorskip("bokeh", reason="drawing profiles needs bokeh")


@pytest.fixture
def profilers() -> list[Any]:
    with Profiler() as tasks, ResourceProfiler(dt=60) as resources, CacheProfiler() as results:
        weft.compute([weft.delayed(abs)(i) for i in range(3)] + [weft.delayed(len)("text")])
    return [tasks, resources, results]


def test_a_page_has_a_plot_for_each_profiler_over_one_time_axis(profilers: list[Any], tmp_path: Path) -> None:
    page = visualize(profilers, filename=tmp_path / "page.html", show=False)

    assert len(page.children) == 3
    assert len({id(plot.x_range) for plot in page.children}) == 1
    text = (tmp_path / "page.html").read_text()
    assert "<html" in text
    assert '"abs"' in text
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_profiler_draws_itself_with_options_of_the_figure(profilers: list[Any], tmp_path: Path) -> None:
    for profiler in profilers:
        plot = profiler.visualize(filename=tmp_path / "page.html", show=False, width=321, title="what ran")
        assert (plot.width, plot.title.text) == (321, "what ran")


def test_all_scripts_can_come_along(profilers: list[Any], tmp_path: Path) -> None:
    for mode in ("cdn", "inline"):
        visualize(profilers[0], filename=tmp_path / mode, show=False, mode=mode)

    assert (tmp_path / "inline").stat().st_size > 500_000 > (tmp_path / "cdn").stat().st_size


def test_the_page_opens_in_a_browser(profilers: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    visualize(profilers, filename=tmp_path / "page.html")

    assert opened == [(tmp_path / "page.html").as_uri()]


def test_nothing_is_written_if_it_is_not_to_be_saved(profilers: list[Any], tmp_path: Path) -> None:
    visualize(profilers, filename=tmp_path / "page.html", save=False, show=False)

    assert list(tmp_path.iterdir()) == []


def test_many_tasks_are_thinned_out(monkeypatch: pytest.MonkeyPatch, profilers: list[Any]) -> None:
    monkeypatch.setattr("weft.diagnostics.timeline.MOST_BOXES", 2)

    plot = visualize(profilers[0], save=False, show=False)

    assert plot.title.text == "the 2 longest of 4 tasks"


def test_what_cannot_be_drawn_is_refused(profilers: list[Any]) -> None:
    with pytest.raises(ValueError, match="without records"):
        visualize(Profiler(), show=False)
    with pytest.raises(TypeError, match="Graphs of collections are drawn by"):
        visualize(weft.delayed(abs)(1), show=False)
    with pytest.raises(ValueError, match="without profilers"):
        visualize([], show=False)
    with pytest.raises(ValueError, match="'cdn' or 'inline'"):
        visualize(profilers, mode="paper", show=False)


def test_without_bokeh_the_error_says_how_to_get_it(profilers: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_bokeh(name: str, *args: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("weft.diagnostics.output.importlib.import_module", no_bokeh)

    with pytest.raises(MissingDependencyError, match=r"'bokeh' is not installed.*pip install 'weft\[diagnostics\]'"):
        visualize(profilers, show=False)
    assert builtins.ImportError in MissingDependencyError.__mro__
