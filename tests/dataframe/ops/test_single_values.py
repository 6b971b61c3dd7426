"""Single values that are not computed yet, wherever pandas' methods take a value: results are those of the values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree, in_partitions

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {
        "a": [1.0, None, 3.0, 2.0],
        "n": pd.array([4, None, 1, 2], "Int64"),
        "t": pd.to_datetime(["2024-01-01", None, "2025-01-01", None]),
    }
)


def put(d):
    d = d.copy()
    d.loc[d.a > 1, "a"] = d.a.max()
    return d


CALLS = {
    "fillna": lambda d: d.a.fillna(d.a.max()),
    "fillna of times": lambda d: d.t.fillna(d.t.min()),
    "fillna of frames": lambda d: d[["a", "n"]].fillna(d.a.max()),
    "fillna of columns": lambda d: d.fillna({"a": d.a.max()}),
    "replace": lambda d: d.a.replace(d.a.min(), d.a.max()),
    "replace in frames": lambda d: d[["a"]].replace(d.a.max(), -1.0),
    "where": lambda d: d.a.where(d.a > 1, d.a.max()),
    "mask of frames": lambda d: d[["a"]].mask(d.a > 1, d.a.max()),
    "clip": lambda d: d.a.clip(d.a.min(), d.a.mean()),
    "between": lambda d: d.a.between(d.a.min(), d.a.mean()),
    "shift": lambda d: d.a.shift(1, fill_value=d.a.max()),
    "isin": lambda d: d.a.isin([d.a.max(), 1.0]),
    "isin of columns": lambda d: d[["a", "n"]].isin({"a": [d.a.max()]}),
    "eq": lambda d: d.a.eq(d.a.max()),
    "add": lambda d: d.a.add(1, fill_value=d.a.min()),
    "add of series": lambda d: d.a.add(d.a.where(d.a > 1), fill_value=d.a.min()),
    "reindex": lambda d: d.a.reindex([0, 5], fill_value=d.a.max()),
    "put": put,
    "times": lambda d: (d.t - d.t.min()).dt.days,
    "rows": lambda d: d[np.logical_not(d.a < d.a.max())],
}


@pytest.mark.parametrize("edges", [[], [1, 3]])
@pytest.mark.parametrize("name", CALLS)
def test_single_values_stand_for_what_they_will_be(name, edges):
    call = CALLS[name]
    agree(lambda: call(in_partitions(WHOLE, edges)), lambda: call(WHOLE))


@pytest.mark.parametrize("sort", [True, False])
def test_rows_by_labels_that_are_not_computed_yet(sort):
    whole = pd.DataFrame({"a": [3, 1, 2], "b": list("xyz")}, index=[10, 20, 30])
    parts = dd.from_pandas(whole, npartitions=2, sort=sort)
    pd.testing.assert_frame_equal(parts.loc[parts.a.idxmax()].compute(), whole.loc[[10]])
    pd.testing.assert_series_equal(parts.loc[parts.a.idxmin(), "b"].compute(), whole.loc[[20], "b"])
    pd.testing.assert_series_equal(parts.a.loc[parts.index.max()].compute(), whole.a.loc[[30]])
    pd.testing.assert_frame_equal(parts.loc[parts.a.idxmin() : parts.index.max()].compute(), whole.loc[20:30])
