"""One page for several profilers: tasks, resources and results over a common time axis, drawn by Bokeh."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

from weft.diagnostics.output import optional, write_whole
from weft.diagnostics.profile import CacheProfiler, Profiler, ResourceProfiler
from weft.units import format_time

__all__ = ["visualize"]

#: A page with more task boxes than this is slow to handle; the longest tasks are drawn.
MOST_BOXES = 50_000
#: Points of one curve.
MOST_POINTS = 5_000
COLOURS = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee7733", "#009988", "#bb5566", "#997700",
    "#6699cc", "#994455",
)  # fmt: skip


def visualize(
    profilers: Any,
    filename: str | os.PathLike[str] = "profile.html",
    show: bool = True,
    save: bool | None = None,
    mode: str | None = None,
    **kwargs: Any,
) -> Any:
    """Draw what profilers recorded, as a page for the browser.

    Parameters
    ----------
    profilers : profiler or list of profilers
        :class:`Profiler`, :class:`ResourceProfiler`, :class:`CacheProfiler`, one plot each.
    filename : path
        Where the page goes. It is there whole or not at all.
    show : bool
        Open the page in a browser, or show the plots in the notebook.
    save : bool, optional
        Write the page; by default it is written, except in a notebook.
    mode : {"cdn", "inline"}, optional
        Whether the page loads Bokeh's scripts from the web (the default), or brings them along.
    **kwargs
        For each plot, what ``bokeh.plotting.figure`` takes: ``width``, ``height``, ``title``...

    Returns
    -------
    bokeh.models.LayoutDOM
        The plots.

    Raises
    ------
    MissingDependencyError
        Bokeh is not installed.
    ValueError
        There is nothing to draw: no records.
    """
    several = list(profilers) if isinstance(profilers, Sequence) else [profilers]
    if not several:
        raise ValueError("cannot draw without profilers: give one, or a list of them")
    for each in several:
        if not isinstance(each, (Profiler, ResourceProfiler, CacheProfiler)):
            raise TypeError(
                f"cannot draw {each!r} as a profile: it must be a Profiler, ResourceProfiler or CacheProfiler. "
                "Graphs of collections are drawn by weft.diagnostics.draw.visualize(x)."
            )
        if not each.results:
            raise ValueError(
                f"cannot draw a {type(each).__name__} without records: compute something while it is on, e.g. "
                "`with Profiler() as profile: x.compute()`"
            )
    if mode not in (None, "cdn", "inline"):
        raise ValueError(f"mode must be 'cdn' or 'inline', not {mode!r}")
    plotting = optional("bokeh.plotting", "draw a profile")
    began = min(started(each) for each in several)
    plots: list[Any] = []
    for each in several:
        options = {"width": 900, "height": 300, "tools": "hover,save,reset,xwheel_zoom,xpan", **kwargs}
        if plots:
            options["x_range"] = plots[0].x_range
        plot = plotting.figure(x_axis_label="seconds", **options)
        plot.toolbar.logo = None
        DRAW[type(each)](plot, each, began)
        plots.append(plot)
    layouts = optional("bokeh.layouts", "draw a profile")
    page = layouts.column(*plots) if len(plots) > 1 else plots[0]
    in_notebook = "ipykernel" in sys.modules
    if save or (save is None and not in_notebook):
        embed = optional("bokeh.embed", "draw a profile")
        resources = optional("bokeh.resources", "draw a profile")
        text = embed.file_html(page, resources.INLINE if mode == "inline" else resources.CDN, title="Profile")
        written = write_whole(filename, text.encode())
        if show and not in_notebook:
            webbrowser.open(written.as_uri())
    if show and in_notebook:
        plotting.show(page)
    return page


def started(profiler: Any) -> float:
    """When the first of the records began."""
    if isinstance(profiler, Profiler):
        return min(each.start_time for each in profiler.results)
    if isinstance(profiler, CacheProfiler):
        return min(each.cache_time for each in profiler.results)
    return float(profiler.results[0].time)


def draw_tasks(plot: Any, profiler: Profiler, began: float) -> None:
    """A lane for each worker, a box for each task, a colour for each operation."""
    records = profiler.results
    shown = records
    if len(records) > MOST_BOXES:
        shown = sorted(records, key=lambda each: each.start_time - each.end_time)[:MOST_BOXES]
        plot.title.text = f"the {MOST_BOXES:,} longest of {len(records):,} tasks"
    lanes = {worker: lane for lane, worker in enumerate(sorted({each.worker_id for each in records}))}
    names = [each.task.program.name for each in shown]
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(sorted(set(names)))}
    plot.quad(
        left="left", right="right", bottom="bottom", top="top", color="colour",
        source={
            "left": [each.start_time - began for each in shown],
            "right": [each.end_time - began for each in shown],
            "bottom": [lanes[each.worker_id] + 0.05 for each in shown],
            "top": [lanes[each.worker_id] + 0.95 for each in shown],
            "colour": [colours[name] for name in names],
            "operation": names,
            "key": [str(each.key) for each in shown],
            "time": [format_time(each.end_time - each.start_time) for each in shown],
            "worker": [each.worker_id for each in shown],
        },
    )  # fmt: skip
    plot.hover.tooltips = [(each, f"@{each}") for each in ("operation", "key", "time", "worker")]
    plot.yaxis.axis_label = "worker"
    plot.yaxis.ticker = [lane + 0.5 for lane in lanes.values()]
    plot.yaxis.major_label_overrides = {lane + 0.5: str(worker) for worker, lane in lanes.items()}
    plot.ygrid.visible = False


def draw_resources(plot: Any, profiler: ResourceProfiler, began: float) -> None:
    """Processor time to the left axis, memory to the right."""
    models = optional("bokeh.models", "draw a profile")
    records = profiler.results
    seconds = [each.time - began for each in records]
    plot.line(seconds, [each.cpu for each in records], color=COLOURS[0], line_width=2, legend_label="CPU")
    plot.yaxis.axis_label = "per cent of a core"
    plot.y_range = models.Range1d(0, max(100.0, max(each.cpu for each in records)) * 1.05)
    memory = [each.mem for each in records]
    plot.extra_y_ranges = {"memory": models.Range1d(0, max(memory) * 1.05)}
    plot.line(seconds, memory, color=COLOURS[1], line_width=2, y_range_name="memory", legend_label="memory")
    plot.add_layout(models.LinearAxis(y_range_name="memory", axis_label="MB"), "right")
    plot.hover.tooltips = [("seconds", "$x"), ("value", "$y")]
    plot.legend.location = "top_left"


def draw_results(plot: Any, profiler: CacheProfiler, began: float) -> None:
    """How much of each operation's results is there, over time."""
    by_name: dict[str, list[tuple[float, float]]] = {}
    for each in profiler.results:
        changes = by_name.setdefault(each.task.program.name, [])
        changes.append((each.cache_time - began, each.metric))
        changes.append((each.free_time - began, -each.metric))
    for place, (name, changes) in enumerate(sorted(by_name.items())):
        changes.sort()
        seconds, amounts, now = [changes[0][0]], [0.0], 0.0
        every = max(len(changes) // MOST_POINTS, 1)
        for count, (when, change) in enumerate(changes, 1):
            now += change
            if count % every == 0 or count == len(changes):
                seconds.append(when)
                amounts.append(now)
        plot.step(seconds, amounts, mode="after", color=COLOURS[place % len(COLOURS)], line_width=2, legend_label=name)
    plot.yaxis.axis_label = profiler.metric_name
    plot.hover.tooltips = [("seconds", "$x"), (profiler.metric_name, "$y")]
    plot.legend.location = "top_left"


DRAW: dict[type, Callable[[Any, Any, float], None]] = {
    Profiler: draw_tasks,
    ResourceProfiler: draw_resources,
    CacheProfiler: draw_results,
}
