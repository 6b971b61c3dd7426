"""A page about tasks that have run: sums by what their keys begin with, and when which worker did what."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from weft.graph.key import key_split
from weft.units import format_bytes, format_time

__all__ = ["Timeline", "checked_plot"]

#: Pixels of the timeline.
TIMELINE, LANE = 1000, 22


class Timeline:
    """Tasks that have run, as notebooks show them.

    Parameters
    ----------
    rows : sequence of dict
        As :meth:`Client.get_task_stream` gives them.
    client : Client
    title : str

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     _ = client.submit(abs, -1).result()
    ...     rows, timeline = client.get_task_stream(plot=True)
    >>> "<svg" in timeline.page()
    True
    """

    def __init__(self, rows: Sequence[dict[str, Any]], client: Any, title: str = "Tasks") -> None:
        self.rows = rows
        self.where = client.cluster.describe("cluster")
        self.title = title

    def save(self, filename: str, **storage_options: Any) -> None:
        """Write the page to a path or URL."""
        import fsspec

        with fsspec.open(filename, "w", **storage_options) as file:
            file.write(self.page())

    def _repr_html_(self) -> str:
        return self.page()

    def page(self) -> str:
        """The page as HTML."""
        sums: dict[str, list[float]] = {}
        for row in self.rows:
            times = row["startstops"][0]
            mine = sums.setdefault(key_split(row["key"]), [0, 0.0, 0.0, 0])
            mine[0] += 1
            mine[1] += times["stop"] - times["start"]
            mine[2] += row["nbytes"]
            mine[3] += row["status"] == "error"
        table = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{count:.0f}</td><td>{format_time(seconds)}</td>"
            f"<td>{format_bytes(int(nbytes))}</td><td>{failed:.0f}</td></tr>"
            for name, (count, seconds, nbytes, failed) in sorted(sums.items(), key=lambda item: -item[1][1])
        )
        begin = min((row["startstops"][0]["start"] for row in self.rows), default=0.0)
        end = max((row["startstops"][0]["stop"] for row in self.rows), default=1.0)
        scale = TIMELINE / max(end - begin, 1e-9)
        lanes = {worker: place for place, worker in enumerate(sorted({row["worker"] for row in self.rows}))}
        boxes = "".join(
            f'<rect x="{(row["startstops"][0]["start"] - begin) * scale:.1f}" y="{lanes[row["worker"]] * LANE}" '
            f'width="{max((row["startstops"][0]["stop"] - row["startstops"][0]["start"]) * scale, 0.5):.1f}" height="{LANE - 2}" '
            f'fill="hsl({hash(key_split(row["key"])) % 360},60%,60%)"><title>{html.escape(str(row["key"]))}</title></rect>'
            for row in self.rows
        )
        return (
            f"<!doctype html><meta charset='utf-8'><title>Weft: {self.title.lower()}</title>"
            "<style>body{font-family:sans-serif}td,th{padding:2px 10px;text-align:right}td:first-child{text-align:left}</style>"
            f"<h1>{self.title}</h1><p>{len(self.rows)} tasks in {format_time(end - begin) if self.rows else '0 s'} on "
            f"{html.escape(self.where)}</p>"
            f"<table><tr><th>tasks</th><th>count</th><th>time</th><th>bytes</th><th>failed</th></tr>{table}</table>"
            f"<h2>Timeline</h2><svg width='{TIMELINE}' height='{max(1, len(lanes)) * LANE}'>{boxes}</svg>"
        )


def checked_plot(plot: Any) -> Any:
    """What ``plot=`` says: False, True, or "save"."""
    if plot not in (False, True, "save"):
        raise ValueError(f"plot= takes True, False or 'save', not {plot!r}")
    return plot
