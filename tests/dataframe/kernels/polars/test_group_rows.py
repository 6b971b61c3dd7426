"""Heads of groups, medians, and groups with numbered rows, by Polars as by pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft import config

KEYS = ("k", ["k"], "s", ["k", "s"], "kf")


def drawn(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 200))
    frame = pd.DataFrame(
        {
            "k": rng.integers(0, 20, count),
            "s": rng.choice(["a", "b", "c"], count),
            "f": np.where(rng.random(count) < 0.2 * (seed % 2), np.nan, rng.integers(0, 9, count)),
            "i": rng.integers(0, 9, count),
            "kf": np.where(rng.random(count) < 0.2, np.nan, rng.integers(0, 9, count)),
        }
    )
    if seed % 3 == 0:
        frame.loc[rng.random(count) < 0.2, "s"] = None
    return frame


def both(whole, folder):
    """The frame in memory and in a file."""
    whole.to_parquet(folder / "a.parquet", row_group_size=50)
    return dd.from_pandas(whole, npartitions=3), dd.read_parquet(str(folder / "a.parquet"))


def check(found, expected):
    same = pd.testing.assert_frame_equal if expected.ndim == 2 else pd.testing.assert_series_equal
    same(found.compute(), expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("by", ["f", "i"])
def test_heads_of_sorted_groups(seed, by, tmp_path):
    whole = drawn(seed)
    for ours in both(whole, tmp_path):
        for place, keys in enumerate(KEYS):
            ascending, dropna, count = bool((seed + place) % 2), bool(place % 3), 1 + place % 3

            def first(frame, keys=keys, ascending=ascending, dropna=dropna, count=count):
                words = {} if isinstance(frame, dd.DataFrame) else {"kind": "stable"}
                rows = frame.sort_values(by, ascending=ascending, **words)
                return rows.groupby(keys, dropna=dropna, sort=False).head(count)

            check(first(ours), first(whole))


@pytest.mark.parametrize("seed", range(6))
def test_medians_and_numbered_groups(seed, tmp_path):
    whole = drawn(seed)
    for ours in both(whole, tmp_path):
        for place, keys in enumerate(KEYS):
            words = {"sort": bool(place % 2), "as_index": bool((seed + place) % 3), "dropna": bool(place % 3)}
            asked = {"m": ("f", "median"), "d": ("f", "std"), "c": ("f", "count"), "n": ("i", "median")}
            check(ours.groupby(keys, **words).agg(**asked), whole.groupby(keys, **words).agg(**asked))
            sums = {"a": ("f", "sum"), "b": ("i", "count")}
            check(ours.groupby(keys, **words).agg(**sums), whole.groupby(keys, **words).agg(**sums))
            check(ours.groupby(keys, **words)[["f", "i"]].median(), whole.groupby(keys, **words)[["f", "i"]].median())


def test_they_go_to_polars(tmp_path):
    _, ours = both(drawn(1), tmp_path)
    with config.set({"dataframe.engine": "polars"}):
        ours.sort_values("f").groupby("k").head(2).compute()
        ours.groupby("k", as_index=False).agg(m=("f", "median")).compute()
        ours[["k"]].assign(n=ours.groupby("k").cumcount()).compute()
