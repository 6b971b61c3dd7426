"""Keys that hold very many rows of a join: split among partitions, with pandas' rows in pandas' order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft
import weft.dataframe as dd


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Frames count as large, and are not handed to another engine."""
    monkeypatch.setattr("weft.dataframe.ops.skew.SMALL", 1)
    monkeypatch.setattr("weft.dataframe.ops.skew.SEEN", 5)
    with weft.config.set({"dataframe.engine": "pandas"}):
        yield


@pytest.fixture(scope="module")
def sides():
    """Half of the left rows have one key; two right rows have it too."""
    chance = np.random.default_rng(0)
    left = pd.DataFrame(
        {"k": np.where(chance.random(2000) < 0.5, 7, chance.integers(0, 500, 2000)), "a": np.arange(2000)}
    )
    return left, pd.DataFrame({"k": np.r_[np.arange(400), 7, 7], "b": np.arange(402.0)})


def lengths(frame):
    """Rows of each partition."""
    return frame.map_partitions(lambda part: pd.Series([len(part)]), meta=pd.Series([], dtype="int64")).compute()


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer", "left_anti", "right_anti"])
def test_joins_with_a_heavy_key_are_pandas_joins(sides, how):
    left, right = sides
    ours = dd.from_pandas(left, npartitions=12, sort=False).merge(
        dd.from_pandas(right, npartitions=5, sort=False), on="k", how=how, broadcast=False
    )
    expected = left.merge(right, on="k", how=how)
    if "anti" in how:
        expected = expected.reset_index(drop=True)
    pd.testing.assert_frame_equal(ours.compute(), expected)
    assert ours.a.count().compute() == expected.a.count()
    assert ours.groupby("k").a.count().sum().compute() == expected.a.count()


def test_a_heavy_key_makes_no_large_partition(sides):
    left, right = sides
    small = dd.from_pandas(right, npartitions=5, sort=False)
    ours = dd.from_pandas(left, npartitions=12, sort=False).merge(small, on="k", how="left", broadcast=False)
    assert "is split among partitions" in str(ours.a.count().explain())
    joined = ours.reset_index(drop=True)[["a", "b"]]
    assert len(lengths(joined)) == 12
    turned = small.merge(dd.from_pandas(left, npartitions=12, sort=False), on="k", how="right", broadcast=False)
    pd.testing.assert_frame_equal(turned.compute(), right.merge(left, on="k", how="right"))


def test_rows_are_dealt_out_evenly():
    from weft.dataframe.kernels.pandas.hashing import hash_rows
    from weft.dataframe.kernels.pandas.shuffle import ByHash

    rows = pd.DataFrame({"k": [3] * 100 + [4] * 5})
    heavy = ((int(hash_rows([rows.k])[0]), 4),)
    dealt, targets = ByHash(("k",), 8, heavy)(rows, 0, None)
    assert sorted(np.bincount(targets[:100], minlength=8)) == [0, 0, 0, 0, 25, 25, 25, 25]
    copied, places = ByHash(("k",), 8, heavy, True)(rows.iloc[-6:], 0, None)
    assert len(dealt) == 105
    assert len(copied) == 9
    assert len(places) == len(copied)
    again, places = ByHash(("k",), 8, heavy, True)(rows.iloc[:1], 0, None)
    assert len(again) == 4
    assert set(places) == set(targets[:100])


def test_joins_that_validate_do_not_split(sides):
    left, right = sides
    ours = dd.from_pandas(left, npartitions=12, sort=False).merge(
        dd.from_pandas(right, npartitions=5, sort=False), on="k", validate="1:m", broadcast=False
    )
    with pytest.raises(pd.errors.MergeError):
        ours.compute()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_heavy_key_of_an_outer_join_is_split_where_each_copy_has_a_match(sides, side):
    many, few = sides
    pair = [dd.from_pandas(many, npartitions=12, sort=False), dd.from_pandas(few, npartitions=5, sort=False)]
    whole = [many, few]
    if side == "right":
        pair, whole = pair[::-1], whole[::-1]
    ours = pair[0].merge(pair[1], on="k", how="outer", broadcast=False)
    expected = whole[0].merge(whole[1], on="k", how="outer")
    assert f"of the {side} rows is split among partitions" in str(ours.a.count().explain())
    for label in ("a", "b"):
        assert ours[label].sum().compute() == expected[label].sum()
        assert ours[label].count().compute() == expected[label].count()
    rows = ours.reset_index(drop=True)[["a", "b"]].map_partitions(len, meta=0)
    assert sum(rows.compute()) == len(expected)


def test_a_key_of_an_outer_join_is_left_whole_where_a_copy_may_have_no_match(sides, monkeypatch):
    monkeypatch.setattr("weft.dataframe.ops.skew.SEEN", 1)
    many = pd.DataFrame({"k": np.r_[np.full(6, 7), np.arange(100, 106)], "a": range(12)})
    ours = dd.from_pandas(many, npartitions=12, sort=False).merge(
        dd.from_pandas(sides[1], npartitions=5, sort=False), on="k", how="outer", broadcast=False
    )
    expected = many.merge(sides[1], on="k", how="outer")
    assert "is split among" not in str(ours.a.count().explain())
    assert ours.b.sum().compute() == expected.b.sum()
