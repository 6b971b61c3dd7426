"""Timing side by side: candidates take turns within one process run, medians are compared, bars are stated as ratios."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Report", "in_fresh_process", "in_turn", "installed_environment", "interleaved", "median_seconds"]


def median_seconds(action: Callable[[], object], rounds: int = 5) -> float:
    """Median time of an action, the collector run before each round."""
    times = []
    for _ in range(rounds):
        gc.collect()
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def in_turn(names: Iterable[str], turn: int) -> list[str]:
    """The order of a turn: in so many turns each comes first as often as the others, and after each of the others.

    Who comes after one that keeps a single core busy, or gives memory back, feels it (a mean of masked rows takes 45 ms
    after itself, 52 to 64 after NumPy; TPC-H query 18 takes 150 ms after itself or Polars, 176 after Dask). Source: E. J.
    Williams, Experimental designs balanced for the estimation of residual effects of treatments, 1949.
    """
    every = list(names)
    count = len(every)
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(count)]  # 0, 1, -1, 2, -2 ...
    order = [every[(place + turn) % count] for place in zigzag]
    return order[::-1] if count % 2 and turn % 2 else order  # an odd number takes two squares


def interleaved(actions: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Median times of several actions that take turns, so that a machine that drifts, and what each leaves, is fair to all."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for turn in range(rounds):
        for name in in_turn(actions, turn):
            gc.collect()
            begin = time.perf_counter()
            actions[name]()
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(each) for name, each in times.items()}


@dataclass
class Report:
    """A table of what was measured beside what was to be reached."""

    title: str
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, measured: str, bar: str = "", reached: bool | None = None) -> None:
        """Add a line and print it."""
        word = "" if reached is None else "reached" if reached else "MISSED"
        self.rows.append((what, measured, bar, word))
        print(f"{what:58} {measured:46} {bar:34} {word}", flush=True)

    def begin(self) -> None:
        """Print the heading."""
        print(
            f"\n{self.title}  (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {sys.version.split()[0]})"
        )
        print("-" * 148)


def installed_environment() -> dict[str, str]:
    """The environment of a new interpreter that keeps bytecode, as after an installation, wherever this one would not."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def in_fresh_process(code: str, timeout_s: float = 900) -> dict[str, str]:
    """Run code in a new interpreter; returns the ``name=value`` lines that it prints, and its peak memory in bytes."""
    script = (
        f"{code}\nimport resource\nprint('peak=%d' % (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=installed_environment(),
    )
    if done.returncode:
        raise RuntimeError(f"the measured program failed:\n{done.stderr[-3000:]}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def peak_rss() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
