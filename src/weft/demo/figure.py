"""The picture of the answers: the worst routes, delay by hour and carrier, delay against wind and visibility.

Drawn on a figure of its own, without pyplot: no display is needed, and no state of the program's other figures touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from weft.demo.report import LEAST_FLIGHTS, busiest_carriers, interval, worst_routes
from weft.demo.tables import VISIBILITY_EDGES, WIND_EDGES
from weft.demo.writing import write_atomically

__all__ = ["draw", "write_figure"]

INK, FAINT, BACKGROUND = "#1f2a37", "#6b7280", "#fbfaf7"
HEAT = LinearSegmentedColormap.from_list("heat", ["#eef3f6", "#f6d9a8", "#ec8a4b", "#b5322f", "#5c1033"])

#: Cells with fewer departures than this are left blank: their mean is chance.
LEAST_IN_CELL = 30


def write_figure(path: Path, answers: Mapping[str, pd.DataFrame]) -> None:
    """Draw the answers to a PNG file, atomically."""
    figure = draw(answers)
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=150))


def draw(answers: Mapping[str, pd.DataFrame]) -> Figure:
    """A figure of three panels."""
    figure = Figure(figsize=(19, 7.6), facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(1, 3, width_ratios=(0.95, 1.25, 0.95), left=0.14, right=0.985, top=0.79, bottom=0.1)
    grid.update(wspace=0.34)
    flights = int(answers["route"]["flights"].sum())
    figure.text(0.012, 0.935, "When New York's flights are late", fontsize=22, weight="bold", color=INK)
    figure.text(
        0.012,
        0.892,
        f"{flights:,} departures from EWR, JFK and LGA in 2013; delays in minutes",
        fontsize=12,
        color=FAINT,
    )
    draw_routes(figure.add_subplot(grid[0]), answers["route"])
    draw_hours(figure.add_subplot(grid[1]), answers["hour"])
    draw_weather(figure.add_subplot(grid[2]), answers["weather"])
    return figure


def draw_routes(axes: Axes, routes: pd.DataFrame) -> None:
    worst = worst_routes(routes, count=15)[::-1]
    delays = worst["arr_delay"].to_numpy()
    labels = [label(row.origin, row.dest, row.airport) for row in worst.itertuples()]
    scale = max(delays.max(initial=0.0), 1.0)
    axes.barh(range(len(worst)), delays, color=HEAT(0.25 + 0.55 * np.clip(delays, 0, None) / scale), height=0.74)
    for place, delay in enumerate(delays):
        axes.text(delay + scale * 0.015, place, f"{delay:.0f}", va="center", fontsize=9.5, color=INK)
    axes.set_yticks(range(len(worst)), labels)
    axes.set_xlim(right=scale * 1.08)
    axes.set_xticks([])
    headline(axes, "Worst routes", f"mean delay at arrival; at least {LEAST_FLIGHTS} flights in the year")


def label(origin: str, dest: str, airport: object) -> str:
    name = airport if isinstance(airport, str) else ""
    return (
        f"{shorten(name.removesuffix(' Airport').removesuffix(' Intl'), 22, placeholder='…')}  {origin}-{dest}".strip()
    )


def draw_hours(axes: Axes, hours: pd.DataFrame) -> None:
    carriers = busiest_carriers(hours).sort_values("dep_delay")
    enough = hours[(hours["departed"] >= LEAST_IN_CELL) & hours["carrier"].isin(carriers["carrier"])]
    columns = range(int(enough["hour"].min()), int(enough["hour"].max()) + 1) if len(enough) else range(1)
    cells = enough.pivot(index="carrier", columns="hour", values="dep_delay")
    cells = cells.reindex(index=carriers["carrier"], columns=columns)
    image = heat_map(axes, cells.to_numpy(dtype="float64"))
    axes.set_yticks(
        range(len(carriers)), [name.removesuffix(" Inc.").removesuffix(" Co.") for name in carriers["airline"]]
    )
    axes.set_xticks(range(0, len(columns), 2), [f"{hour}:00" for hour in columns[::2]])
    bar = axes.figure.colorbar(image, ax=axes, pad=0.02, fraction=0.035, aspect=40)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9, labelcolor=FAINT)
    headline(axes, "The day gets later", "mean delay at departure, by carrier and scheduled hour")


def draw_weather(axes: Axes, weather: pd.DataFrame) -> None:
    enough = weather[(weather["departed"] >= LEAST_IN_CELL)].dropna(subset=["wind", "visibility"])
    cells = enough.pivot(index="visibility", columns="wind", values="dep_delay")
    cells = cells.reindex(index=VISIBILITY_EDGES[::-1], columns=WIND_EDGES)
    values = cells.to_numpy(dtype="float64")
    image = heat_map(axes, values)
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            dark = value > 0.55 * image.get_clim()[1]
            axes.text(
                column, row, f"{value:.0f}", ha="center", va="center", fontsize=11, color="white" if dark else INK
            )
    axes.set_xticks(range(len(WIND_EDGES)), [interval(edge, WIND_EDGES) for edge in WIND_EDGES])
    axes.set_yticks(range(len(VISIBILITY_EDGES)), [interval(edge, VISIBILITY_EDGES) for edge in VISIBILITY_EDGES[::-1]])
    axes.set_xlabel("wind, miles an hour", color=FAINT)
    axes.set_ylabel("visibility, miles", color=FAINT)
    headline(axes, "Wind and poor sight cost time", "mean delay at departure, by the weather at that hour")


def heat_map(axes: Axes, values: np.ndarray, colors: Colormap = HEAT) -> AxesImage:
    known = values[~np.isnan(values)]
    top = float(np.quantile(known, 0.98)) if known.size else 1.0
    image = axes.imshow(values, cmap=colors, vmin=0, vmax=max(top, 1.0), aspect="auto")
    axes.set_xticks(np.arange(values.shape[1] + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(values.shape[0] + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=BACKGROUND, linewidth=2)
    return image


def headline(axes: Axes, title: str, subtitle: str) -> None:
    axes.set_facecolor(BACKGROUND)
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, labelsize=10, labelcolor=INK)
    axes.annotate(title, (0, 1), (0, 24), "axes fraction", "offset points", fontsize=14, weight="bold", color=INK)
    axes.annotate(subtitle, (0, 1), (0, 9), "axes fraction", "offset points", fontsize=10.5, color=FAINT)
