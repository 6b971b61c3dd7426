"""The job: all questions as frames, and running them together.

What the questions have in common, the flights read, cleaned and joined, is found once for each partition.
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
from weft.demo.questions import QUESTIONS, answer
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
    """The answers as frames, by the name of their question; ``flights`` is a plain CSV file."""
    cleaned = clean_flights(read_flights(flights, parts))
    joined = join_flights(cleaned, read_planes(files.planes), read_weather(files.weather))
    names = [read_airlines(files.airlines), read_airports(files.airports)]
    return {question.name: answer(question, joined, *names) for question in QUESTIONS}


class CountTasks(Callback):
    """Note the keys of the tasks that ran."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[Any] = []

    def _posttask(self, key: Any, result: Any, dsk: Any, state: Any, worker_id: Any) -> None:
        self.keys.append(key)
