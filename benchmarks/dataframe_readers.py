"""Readers and writers of tables beside Dask's, and pandas' where Dask has none: whole frames from files, and to files."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weft.dataframe as dd
from benchmarks.harness import Report, interleaved

__all__ = ["readers"]

PARTS = 8
#: By format: how a frame is written to a folder, how it is read back, and whether Dask can.
FORMATS: dict[str, tuple[Callable[[Any, Path], object], Callable[[Any, Path], Any], bool]] = {
    "Parquet": (lambda frame, at: frame.to_parquet(str(at)), lambda library, at: library.read_parquet(str(at)), True),
    "CSV": (
        lambda frame, at: frame.to_csv(str(at / "*.csv"), index=False),
        lambda library, at: library.read_csv(str(at / "*.csv"), parse_dates=["time"]),
        True,
    ),
    "JSON lines": (
        lambda frame, at: frame.to_json(str(at / "*.json"), orient="records", lines=True),
        lambda library, at: library.read_json(str(at / "*.json"), orient="records", lines=True),
        True,
    ),
    "ORC": (lambda frame, at: frame.to_orc(str(at)), lambda library, at: library.read_orc(str(at)), True),
    "Feather": (
        lambda frame, at: frame.to_feather(str(at)),
        lambda library, at: library.read_feather(str(at)),
        False,
    ),
}


def table(rows: int) -> pd.DataFrame:
    """Rows of each common kind."""
    chance = np.random.default_rng(0)
    words = np.array([f"word {number}" for number in range(1000)])
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "group": chance.integers(0, 100, rows),
            "x": chance.random(rows),
            "y": chance.normal(size=rows).round(3),
            "word": pd.Series(words[chance.integers(0, 1000, rows)], dtype="str"),
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(chance.integers(0, 10**6, rows), unit="s"),
        }
    )


def readers(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Each format written and read by Weft and by Dask, or by pandas in one file."""
    import dask.dataframe as dask

    whole = table(options.written)
    ours, theirs = dd.from_pandas(whole, npartitions=PARTS), dask.from_pandas(whole, npartitions=PARTS)
    folder = place / "readers"
    for name, (write, read, in_dask) in FORMATS.items():
        peer = "dask" if in_dask else "pandas"
        if not in_dask:
            folder.mkdir(parents=True, exist_ok=True)
        targets = {each: folder / f"{name.replace(' ', '-')}-{each}" for each in ("weft", peer)}

        writing: dict[str, Callable[[], object]] = {"weft": partial(written, ours, targets["weft"], write)}
        reading: dict[str, Callable[[], object]] = {"weft": partial(computed, read, dd, targets["weft"])}
        if in_dask:
            writing["dask"] = partial(written, theirs, targets["dask"], write)
            reading["dask"] = partial(computed, read, dask, targets["dask"])
        else:
            single = targets["pandas"].with_suffix(".feather")
            writing["pandas"] = partial(whole.to_feather, single)
            reading["pandas"] = partial(pd.read_feather, single)
        for verb, actions in (("written", writing), ("read", reading)):
            times = interleaved(actions, options.rounds)
            faster = times[peer] / times["weft"]
            shown = ", ".join(f"{each} {seconds:.2f}" for each, seconds in times.items())
            report.add(
                f"{name} {verb}, {len(whole):,} rows, s",
                f"{shown} ({faster:.1f}x)",
                f"no slower than {peer}",
                faster >= 1,
            )
        got = computed(read, dd, targets["weft"])
        assert len(got) == len(whole), name
        assert (got["id"].sort_values().to_numpy() == whole["id"].to_numpy()).all(), name
    shutil.rmtree(folder, ignore_errors=True)


def written(frame: Any, target: Path, write: Callable[[Any, Path], object]) -> None:
    """Write a frame to a directory in which there is nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    write(frame, target)


def computed(read: Callable[[Any, Path], Any], library: Any, target: Path) -> Any:
    """What a library reads in a directory."""
    return read(library, target).compute()
