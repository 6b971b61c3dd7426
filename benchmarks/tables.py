"""What readers of tables must show: CSV read, filtered and grouped, and many small Parquet files, beside Dask."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

import weft.dataframe as dd
from benchmarks.harness import Report, interleaved

ROWS = 1_000_000
WORDS = np.array(["alpha", "beta", "gamma", "delta", "epsilon"])


def rows_from(start: int, count: int) -> pa.Table:
    """Some rows: integers, a key, floats, words and dates as text."""
    draw = np.random.default_rng(start)
    days = np.datetime64("2020-01-01") + draw.integers(0, 1000, count)
    return pa.table(
        {
            "id": np.arange(start, start + count),
            "key": draw.integers(0, 100, count),
            "x": draw.normal(size=count).round(6),
            "y": draw.random(count).round(8),
            "word": WORDS[draw.integers(0, 5, count)],
            "day": days.astype(str),
        }
    )


def write_csv(path: Path, nbytes: int) -> None:
    """A CSV file of at least so many bytes."""
    if path.exists() and path.stat().st_size >= nbytes:
        return
    with path.open("wb") as file:
        start = 0
        while file.tell() < nbytes:
            options = pacsv.WriteOptions(include_header=not start, quoting_style="needed")
            pacsv.write_csv(rows_from(start, ROWS), file, options)
            start += ROWS


def question(module: Any, path: Path) -> Any:
    """Read, filter, group."""
    frame = module.read_csv(str(path))
    return frame[frame.x > 0].groupby("key").y.sum().compute(scheduler="threads")


def csv(report: Report, folder: Path, gigabytes: float, rounds: int) -> None:
    """One large file."""
    import dask.dataframe

    path = folder / "rows.csv"
    write_csv(path, int(gigabytes * 1e9))
    got = interleaved(
        {"weft": lambda: question(dd, path), "dask": lambda: question(dask.dataframe, path)},
        rounds,
    )
    ratio = got["dask"] / got["weft"]
    report.add(
        f"CSV of {gigabytes:g} GB: read, filter, groupby",
        f"{got['weft']:.2f} s; Dask {got['dask']:.2f} s, {ratio:.2f} times that",
        ">= 2 x Dask",
        ratio >= 2,
    )


def small_files(report: Report, folder: Path, count: int, rounds: int) -> None:
    """Many small Parquet files."""
    import dask.dataframe

    place = folder / f"small-{count}"
    place.mkdir(exist_ok=True)
    table = rows_from(0, 2000)
    for number in range(count):
        if not (place / f"{number}.parquet").exists():
            pq.write_table(table, place / f"{number}.parquet")
    got = interleaved(
        {
            "weft": lambda: dd.read_parquet(str(place)).y.sum().compute(scheduler="threads"),
            "dask": lambda: dask.dataframe.read_parquet(str(place)).y.sum().compute(scheduler="threads"),
        },
        rounds,
    )
    ratio = got["dask"] / got["weft"]
    report.add(f"{count:,} small Parquet files: one column's sum", f"{got['weft']:.2f} s; Dask {ratio:.2f} times that")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "weft-table-data")
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["csv", "files"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    report = Report("tables")
    report.begin()
    if options.only in (None, "csv"):
        csv(report, options.folder, options.gigabytes, options.rounds)
    if options.only in (None, "files"):
        small_files(report, options.folder, options.files, options.rounds)


if __name__ == "__main__":
    main()
