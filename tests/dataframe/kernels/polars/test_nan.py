"""Sums are made as if there were no NaN, and once more where one was met."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft.dataframe.kernels.polars import nan, query


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(nan, "MET", type(nan.MET)())
    monkeypatch.setattr(query, "WATCHED", -1)


def frame(missing, dtype="float64"):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, 200).astype(dtype)
    x[missing] = np.nan
    return pd.DataFrame({"g": rng.integers(0, 5, 200), "x": x, "y": rng.random(200)})


@pytest.mark.parametrize("missing", [[], [3], [0, 199], list(range(200))])
@pytest.mark.parametrize("hows", [["sum"], ["mean"], ["std", "var"], ["count"], ["min", "max", "sum"], ["median"]])
def test_groups_are_those_of_pandas(missing, hows):
    whole = frame(missing)
    expected = whole.groupby("g").agg({"x": hows, "y": ["sum", "count"]})
    for _ in range(2):  # the second time NaN is expected
        found = dd.from_pandas(whole, npartitions=2).groupby("g").agg({"x": hows, "y": ["sum", "count"]}).compute()
        pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("how", ["sum", "mean", "std", "count", "min"])
def test_reductions_are_those_of_pandas(dtype, how):
    whole = frame([1, 5, 7], dtype)
    ours = dd.from_pandas(whole, npartitions=2)
    assert np.isclose(getattr(ours.x, how)().compute(), getattr(whole.x, how)(), rtol=1e-6)


def test_a_source_with_nan_is_remembered_and_others_are_not():
    dirty, clean = dd.from_pandas(frame([3]), npartitions=1), dd.from_pandas(frame([]), npartitions=1)
    clean.groupby("g").x.sum().compute()
    assert not nan.MET
    dirty.groupby("g").x.sum().compute()
    assert list(nan.MET) == [dirty.expr.rows]


def test_nan_is_not_watched_for_in_few_rows(monkeypatch):
    monkeypatch.setattr(query, "WATCHED", 200)
    whole = frame([3])
    found = dd.from_pandas(whole, npartitions=2).groupby("g").x.sum().compute()
    pd.testing.assert_series_equal(found, whole.groupby("g").x.sum())
    assert not nan.MET


def test_few_sources_are_remembered():
    nan.expect_nan(range(3 * nan.MOST))
    assert len(nan.MET) == nan.MOST
    assert nan.is_nan_expected([3 * nan.MOST - 1])
    assert not nan.is_nan_expected([0])


def test_nan_below_a_filter_that_hides_it_is_left_out(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = frame([3, 90])
    pq.write_table(pa.table({name: whole[name].to_numpy() for name in whole}), tmp_path / "a.parquet")
    sums = whole.groupby("g").x.sum()
    ours = dd.read_parquet(str(tmp_path / "a.parquet")).groupby("g").x.sum()
    pd.testing.assert_series_equal(ours[ours > 0].compute(), sums[sums > 0])


def test_joined_rows_of_files_come_in_order(tmp_path):
    rng = np.random.default_rng(1)
    left = pd.DataFrame({"k": rng.integers(0, 30, 300), "a": range(300)})
    right = pd.DataFrame({"k": rng.integers(0, 30, 3000), "b": range(3000)})
    left.to_parquet(tmp_path / "left.parquet")
    right.to_parquet(tmp_path / "right.parquet", row_group_size=700)
    ours = [dd.read_parquet(str(tmp_path / f"{name}.parquet")) for name in ("left", "right")]
    found = ours[0][ours[0].a > 10].merge(ours[1], on="k").compute()
    pd.testing.assert_frame_equal(found, left[left.a > 10].merge(right, on="k"))
    groups = ours[1].groupby("k", sort=False).b.sum().compute()
    pd.testing.assert_series_equal(groups, right.groupby("k", sort=False).b.sum())


@pytest.mark.parametrize("how", ["sum", "mean", "count", "std", "var", "min", "max"])
@pytest.mark.parametrize("missing", [[], [3, 7]])
def test_reductions_of_each_column(how, missing, tmp_path):
    whole = frame(missing)
    whole.columns.name = "cols"
    whole.to_parquet(tmp_path / "a.parquet")
    for ours in (dd.from_pandas(whole, npartitions=2), dd.read_parquet(str(tmp_path / "a.parquet"))):
        for chosen in (["g", "x"], ["g"], ["x", "y"]):
            found = getattr(ours[chosen], how)()
            pd.testing.assert_series_equal(found.compute(), getattr(whole[chosen], how)())
            assert np.isclose(found.sum().compute(), getattr(whole[chosen], how)().sum())
            empty = getattr(ours[ours.g > 100][chosen], how)()
            pd.testing.assert_series_equal(empty.compute(), getattr(whole[whole.g > 100][chosen], how)())
