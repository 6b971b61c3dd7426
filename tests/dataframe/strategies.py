"""Frames with partitions, in memory and as Parquet files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import weft.dataframe as dd

FLOATS = st.one_of(st.none(), st.integers(-8, 8).map(lambda value: value / 2))
WORDS = st.one_of(st.none(), st.sampled_from(["a", "b", "cc", ""]))


@st.composite
def frames(draw, min_size=0, max_size=12):
    """A pandas frame: keys with few values, integers, floats and text with missing values."""
    size = draw(st.integers(min_size, max_size))

    def column(elements, dtype):
        return pd.Series(draw(st.lists(elements, min_size=size, max_size=size)), dtype=dtype)

    return pd.DataFrame(
        {
            "key": column(st.integers(0, 3), "int64"),
            "number": column(st.integers(-5, 5), "int32"),
            "float": column(FLOATS, "float64"),
            "word": column(WORDS, "str"),
            "flag": column(st.booleans(), "bool"),
        }
    )


@st.composite
def partitioned(draw, min_size=0):
    """A pandas frame and the same in partitions, sometimes with an index of its own."""
    whole = draw(frames(min_size=min_size))
    if draw(st.booleans()):
        whole.index = pd.Index(
            draw(st.lists(st.integers(0, 5), min_size=len(whole), max_size=len(whole))), dtype="int64"
        )
    count = draw(st.integers(1, 4))
    if draw(st.booleans()):
        return whole, dd.from_pandas(whole, npartitions=count, sort=False)
    return whole.sort_index(kind="stable"), dd.from_pandas(whole, npartitions=count)


def write_three(folder: Path, whole: pd.DataFrame) -> None:
    """A frame in about three Parquet files, which take the place of what else is in the folder."""
    for old in folder.iterdir():
        old.unlink()
    cut = max(1, len(whole) // 3)
    for number, start in enumerate(range(0, len(whole), cut)):
        whole.iloc[start : start + cut].to_parquet(folder / f"{number:02}.parquet", index=False)


def write_parts(whole, directory, bounds):
    """A frame as Parquet files of two row groups each."""
    for place, (start, stop) in enumerate(bounds):
        part = whole.iloc[start:stop]
        part.to_parquet(directory / f"part{place}.parquet", row_group_size=max(1, -(-len(part) // 2)))


def assert_same(ours, expected, **options):
    """A result as pandas has it, with and without the optimiser."""
    for optimize in (True, False):
        result = ours.compute(scheduler="sync", optimize_graph=optimize)
        if isinstance(expected, pd.DataFrame):
            pd.testing.assert_frame_equal(result, expected, **options)
        elif isinstance(expected, pd.Series):
            pd.testing.assert_series_equal(result, expected, **options)
        elif isinstance(expected, pd.Index):
            pd.testing.assert_index_equal(result, expected, **options)
        elif pd.isna(expected):
            assert pd.isna(result)
        else:
            assert np.isclose(result, expected) if isinstance(expected, float) else result == expected
