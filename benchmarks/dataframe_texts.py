"""Methods of texts on 20 million rows in memory, beside pandas on its one thread."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import weft.dataframe as dd
from benchmarks.harness import Report, interleaved

__all__ = ["texts"]

#: Rows of the column.
ROWS = 20_000_000

#: What is asked of a column of texts; the same words for both libraries.
METHODS: dict[str, Callable[[Any], Any]] = {
    "upper": lambda s: s.str.upper(),
    "len, sum": lambda s: s.str.len().sum(),
    "contains, sum": lambda s: s.str.contains("ta-1", regex=False).sum(),
    "contains a pattern, sum": lambda s: s.str.contains(r"a-\d+7$").sum(),
    "startswith, filter": lambda s: s[s.str.startswith("alpha")],
    "slice": lambda s: s.str.slice(0, 4),
    "replace": lambda s: s.str.replace("-", "_", regex=False),
    "split, one of them": lambda s: s.str.split("-").str[1],
    "strip, lower, ==, sum": lambda s: (s.str.strip().str.lower() == "alpha-17").sum(),
    "zfill": lambda s: s.str.zfill(12),
}


def texts(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Each method, and the median of all."""
    words = pa.array(["alpha", "beta", "Gamma ", "delta", "epsilon"])
    rng = np.random.default_rng(0)
    numbers = pa.array(rng.integers(0, 1000, ROWS)).cast(pa.string())
    column = pc.binary_join_element_wise(words.take(pa.array(rng.integers(0, 5, ROWS))), numbers, "-")
    whole = pd.Series(pd.array(column, dtype="str"))
    ours = dd.from_pandas(whole, npartitions=16)
    ratios = []
    for name, method in METHODS.items():
        actions = {"weft": lambda method=method: method(ours).compute(), "pandas": lambda method=method: method(whole)}  # type: ignore[misc]
        times = interleaved(actions, options.rounds)
        ratios.append(times["pandas"] / times["weft"])
        report.add(f"texts: {name}", f"weft {times['weft']:.2f} s, pandas {times['pandas']:.2f} s: {ratios[-1]:.2f}x")
    median = statistics.median(ratios)
    report.add("texts of 20 M rows, median", f"{median:.2f}x pandas on one thread", ">= 1.6x", median >= 1.6)
