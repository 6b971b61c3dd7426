"""The job's graph, and running it.

For each byte range of the flights: read, clean, join, and sum up for each question; then, for each question, a tree
that adds the sums up, a few at a time, so that no task holds more than a few of them::

    range 0 ── read ── clean ── join ─┬─ partial ─┐
    range 1 ── read ── clean ── join ─┼─ partial ─┼─ combine ─┐
    range 2 ── ...      planes ───────┤   ...     ┘           ├─ combine ── finish ── answer
                        weather ──────┘                    ...┘                │
                                                        airlines, airports ────┘
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

import weft
from weft.demo.files import DataFiles, unpacked
from weft.demo.memory import PeakMemory
from weft.demo.questions import QUESTIONS, combine, finish, partial
from weft.demo.ranges import cut_lines
from weft.demo.tables import (
    clean_flights,
    join_flights,
    read_airlines,
    read_airports,
    read_flights,
    read_planes,
    read_weather,
)
from weft.diagnostics import Callback, ProgressBar

__all__ = ["Outcome", "Scheduler", "build", "run"]

Scheduler = Literal["threads", "processes", "inline"]

#: How many partial sums one task adds up.
FAN_IN = 4


@dataclass(frozen=True)
class Outcome:
    """The answers by the name of their question, and what it took to find them.

    ``seconds`` run from unpacking the data to the last answer; importing libraries, drawing and writing are not in it.
    """

    answers: dict[str, pd.DataFrame]
    rows: int
    tasks: int
    seconds: float
    peak_nbytes: int


def run(
    files: DataFiles,
    *,
    scheduler: Scheduler = "threads",
    workers: int | None = None,
    parts: int = 16,
    progress: bool = False,
) -> Outcome:
    """Answer all questions.

    Parameters
    ----------
    files : DataFiles
        Where the tables lie.
    scheduler : {"threads", "processes", "inline"}
        Where the tasks run.
    workers : int, optional
        How many run side by side; by default as many as there are cores.
    parts : int
        How many pieces the flights are read in; the answers do not depend on it.
    progress : bool
        Whether to draw a progress bar.
    """
    begin = time.perf_counter()
    options: dict[str, Any] = {"scheduler": scheduler}
    if workers is not None:
        options["num_workers"] = workers
    with PeakMemory() as peak, unpacked(files.flights) as flights:
        wanted = build(files, flights, parts)
        with CountTasks() as count, ProgressBar() if progress else nullcontext():
            answers = dict(zip(wanted, weft.compute(*wanted.values(), **options), strict=True))
    return Outcome(
        answers=answers,
        rows=int(answers["route"]["flights"].sum()),
        tasks=len(count.keys),
        seconds=time.perf_counter() - begin,
        peak_nbytes=peak.nbytes,
    )


def build(files: DataFiles, flights: Path, parts: int) -> dict[str, Any]:
    """The answers as delayed values, by the name of their question; ``flights`` is a plain CSV file."""
    planes = weft.delayed(read_planes)(files.planes)
    weather = weft.delayed(read_weather)(files.weather)
    names = [weft.delayed(read_airlines)(files.airlines), weft.delayed(read_airports)(files.airports)]
    joined = [
        weft.delayed(join_flights)(weft.delayed(clean_flights)(weft.delayed(read_flights)(part)), planes, weather)
        for part in cut_lines(flights, parts)
    ]
    answers = {}
    for question in QUESTIONS:
        partials = [weft.delayed(partial)(flights_part, question.keys) for flights_part in joined]
        answers[question.name] = weft.delayed(finish)(combine_tree(partials, question.keys), *names)
    return answers


def combine_tree(partials: list[Any], keys: tuple[str, ...]) -> Any:
    """One delayed value that adds up all partial sums, ``FAN_IN`` at a time."""
    while len(partials) > 1:
        partials = [
            weft.delayed(combine)(keys, *partials[start : start + FAN_IN]) for start in range(0, len(partials), FAN_IN)
        ]
    return partials[0]


class CountTasks(Callback):
    """Note the keys of the tasks that ran."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Any] = []

    def _posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: Any) -> None:
        self.keys.append(key)
