"""Methods that need the rows of a group together, bucket by bucket, and transforms by a look-up: pandas' answer each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import in_partitions
from tests.dataframe.strategies import assert_same

import weft
import weft.dataframe as dd
from weft import config


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Frames count as large, and are not handed to another engine."""
    monkeypatch.setattr("weft.dataframe.ops.groupby_whole.SMALL", 1)
    monkeypatch.setattr("weft.dataframe.spread.SMALL", 1)
    with weft.config.set({"dataframe.engine": "pandas"}):
        yield


@pytest.fixture(scope="module")
def whole():
    """Rows with keys, some of them missing."""
    chance = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "k": chance.integers(0, 40, 300),
            "s": pd.Series(chance.integers(0, 9, 300)).where(chance.random(300) > 0.1),
            "v": chance.random(300).round(2),
            "w": chance.integers(0, 9, 300),
        }
    )


def way_of(result):
    """What explain says."""
    return str(result.explain())


KEYS = pytest.mark.parametrize("keys", ["k", "s", ["k", "s"]], ids=str)


@KEYS
@pytest.mark.parametrize("method", ["cumsum", "rank", "shift", "diff", "median"])
def test_columns_of_groups(whole, keys, method):
    ours = getattr(dd.from_pandas(whole, npartitions=7, sort=False).groupby(keys)[["v", "w"]], method)()
    assert "exchange into" in way_of(ours)
    assert_same(ours, getattr(whole.groupby(keys)[["v", "w"]], method)())


@KEYS
@pytest.mark.parametrize(
    "program",
    [
        lambda g: g.head(2),
        lambda g: g.cumcount(),
        lambda g: g.v.transform(lambda v: v - v.mean()),
        lambda g: g.v.apply(lambda v: v.max() - v.min()),
        lambda g: g.v.rolling(2).mean(),
        lambda g: g.v.quantile([0.1, 0.5]),
        lambda g: g.v.nlargest(2),
        lambda g: g.filter(lambda rows: len(rows) > 6),
    ],
    ids=["head", "cumcount", "transform", "apply", "rolling", "quantile", "nlargest", "filter"],
)
def test_programs_of_groups(whole, keys, program):
    ours = program(dd.from_pandas(whole, npartitions=7, sort=False).groupby(keys))
    assert "exchange into" in way_of(ours)
    pd_result = program(whole.groupby(keys))
    found = ours.compute(scheduler="sync")
    (pd.testing.assert_frame_equal if isinstance(found, pd.DataFrame) else pd.testing.assert_series_equal)(
        found, pd_result
    )


@KEYS
@pytest.mark.parametrize("how", ["mean", "sum", "count", "first", "nunique", "max"])
def test_transforms_of_few_groups_are_looked_up(whole, keys, how):
    ours = dd.from_pandas(whole, npartitions=7, sort=False).groupby(keys)
    assert "looked up" in way_of(ours.v.transform(how))
    pd.testing.assert_series_equal(ours.v.transform(how).compute(), whole.groupby(keys).v.transform(how))
    pd.testing.assert_frame_equal(
        ours[["v", "w"]].transform(how).compute(), whole.groupby(keys)[["v", "w"]].transform(how)
    )


def test_keys_beside_a_column(whole):
    frame = dd.from_pandas(whole, npartitions=7, sort=False)
    ours, theirs = frame.v.groupby(frame.k), whole.v.groupby(whole.k)
    pd.testing.assert_series_equal(ours.median().compute(), theirs.median())
    pd.testing.assert_series_equal(ours.cumsum().compute(), theirs.cumsum())
    pd.testing.assert_series_equal(ours.transform("mean").compute(), theirs.transform("mean"))


def test_rows_that_lie_together_do_not_move(whole):
    ours = dd.from_pandas(whole, npartitions=5, sort=False).shuffle("k").groupby("k").v.median()
    assert "in place" in way_of(ours)
    pd.testing.assert_series_equal(ours.compute(), whole.groupby("k").v.median())


def test_large_exchanges_go_in_two_rounds(whole, monkeypatch):
    monkeypatch.setattr("weft.physical.exchange.plan_rounds.__defaults__", (20,))
    ours = dd.from_pandas(whole, npartitions=9, sort=False).groupby("k").v
    pd.testing.assert_series_equal(ours.cumsum().compute(), whole.groupby("k").v.cumsum())
    pd.testing.assert_series_equal(ours.median().compute(), whole.groupby("k").v.median())


def test_what_has_the_order_of_all_groups_stays_together(whole):
    ours = dd.from_pandas(whole, npartitions=7, sort=False).groupby("k")
    for result, expected in (
        (ours.ngroup(), whole.groupby("k").ngroup()),
        (ours.w.value_counts(), whole.groupby("k").w.value_counts()),
    ):
        assert "tree, since" in way_of(result)
        pd.testing.assert_series_equal(result.compute(), expected)


def test_a_function_of_no_groups_gives_what_it_was_said_to_give():
    parts = in_partitions(pd.DataFrame({"k": ["a", "b"], "v": [1.0, 2.0]}), [1])
    found = parts[parts.v > 5].groupby("k")[["v"]].apply(lambda group: group.v.sum(), meta=("total", float)).compute()
    pd.testing.assert_series_equal(found, pd.Series([], name="total", dtype=float), check_index=False)


def test_rows_without_any_group_stay_rows():
    whole = pd.DataFrame({"k": [np.nan] * 3, "v": [1, 2, 3]}, index=[5, 6, 7])

    def centred(d):
        return d.assign(z=d.groupby("k")["v"].transform(lambda each: each - each.mean()))

    for engine in ("auto", "pandas"):
        with config.set({"dataframe.engine": engine}):
            ours = dd.from_pandas(whole, npartitions=2)
            pd.testing.assert_frame_equal(centred(ours).head(2, npartitions=-1), centred(whole).head(2))
            assert centred(ours)["z"].compute().index.tolist() == [5, 6, 7]
