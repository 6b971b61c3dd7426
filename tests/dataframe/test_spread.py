"""Results that may be as large as the data, by a tree, by an exchange and where rows lie together: pandas' answer each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, frames

import weft
import weft.dataframe as dd
from weft.dataframe.kernels.pandas.looks import Look
from weft.dataframe.spread import distinct, estimate, seen_in, together
from weft.expr import optimize, walk

EXCHANGED = {"shuffle_method": "tasks"}


@pytest.fixture(autouse=True)
def on_pandas():
    """The kernels of pandas: another engine has no exchange."""
    with weft.config.set({"dataframe.engine": "pandas"}):
        yield


def cut(whole, count):
    """A frame in partitions, rows as they stand."""
    return dd.from_pandas(whole, npartitions=count, sort=False)


def choices(frame):
    """How results in a program come about."""
    found = optimize([frame.expr], ("simplify", "choose"))
    return [each.choice.way for each in walk(*found) if getattr(each, "choice", None) is not None]


@given(
    frames(min_size=3),
    st.sampled_from([["key"], ["word"], ["key", "word"], ["float"]]),
    st.sampled_from(["sum", "mean", "min", "first", "last", "nunique", "std", "size", "any"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([{"split_out": 1, **EXCHANGED}, {"split_out": 3}, {"split_out": True}]),
)
def test_aggregates_of_buckets_are_pandas_aggregates(whole, keys, how, dropna, as_index, sort, words):
    if how == "size":
        words = {name: value for name, value in words.items() if name == "split_out"}
        expected = whole.groupby(keys, dropna=dropna, as_index=as_index, sort=sort).size()
        ours = cut(whole, 3).groupby(keys, dropna=dropna, as_index=as_index, sort=sort).size(**words)
    else:
        expected = whole.groupby(keys, dropna=dropna, as_index=as_index, sort=sort).agg({"number": how, "flag": "max"})
        ours = cut(whole, 3).groupby(keys, dropna=dropna, as_index=as_index, sort=sort)
        ours = ours.agg({"number": how, "flag": "max"}, **words)
    if ours.npartitions > 1 and not sort:
        got = ours.compute()
        assert sorted(map(repr, got.reset_index(drop=not as_index).to_numpy().tolist())) == sorted(
            map(repr, expected.reset_index(drop=not as_index).to_numpy().tolist())
        )
        return
    assert_same(ours, expected, check_dtype=len(expected) > 0)


@given(
    frames(min_size=2), st.sampled_from(["first", "last", False]), st.sampled_from([["key"], ["word", "flag"], None])
)
def test_different_rows_of_buckets_are_in_pandas_order(whole, keep, subset):
    ours = cut(whole, 3).drop_duplicates(subset, keep=keep, **EXCHANGED)
    assert_same(ours, whole.drop_duplicates(subset, keep=keep))


@given(frames(min_size=2), st.sampled_from(["key", "word", "float", "number"]))
def test_different_values_of_buckets_agree_with_pandas(whole, label):
    ours, column = cut(whole, 3)[label], whole[label]
    assert_same(ours.unique(**EXCHANGED), pd.Series(column.unique(), name=label, dtype=column.dtype))
    assert_same(ours.nunique(split_out=True), column.nunique())
    counts = ours.value_counts(split_out=2).compute()
    pd.testing.assert_series_equal(counts.sort_index(), column.value_counts().sort_index())
    assert counts.is_monotonic_decreasing


@pytest.mark.parametrize("count", [127, 128, 129, 255, 256, 257])
def test_no_group_is_lost_beside_powers_of_two(count):
    whole = pd.DataFrame({"k": np.arange(3000) % 1009, "v": np.arange(3000)})
    assert_same(cut(whole, 5).groupby("k").v.agg("sum", split_out=count), whole.groupby("k").v.sum())


def test_large_exchanges_of_groups_go_in_two_rounds():
    whole = pd.DataFrame({"k": np.arange(2000) % 701, "v": np.arange(2000.0)})
    ours = cut(whole, 150).groupby("k", sort=False).agg({"v": ["sum", "nunique"]}, **EXCHANGED)
    expected = whole.groupby("k", sort=False).agg({"v": ["sum", "nunique"]})
    pd.testing.assert_frame_equal(ours.compute(scheduler="sync"), expected)


def test_rows_that_lie_together_do_not_move_again():
    whole = pd.DataFrame({"k": np.arange(60) % 7, "v": np.arange(60)})
    shuffled = cut(whole, 4).shuffle("k")
    assert choices(shuffled[shuffled.v > 3].groupby("k").v.sum()) == ["in place"]
    assert_same(shuffled.groupby(["k", "v"]).v.sum(), whole.groupby(["k", "v"]).v.sum())
    assert choices(shuffled.assign(k=shuffled.v).groupby("k").v.sum()) == ["tree"]
    by_index = dd.from_pandas(whole.set_index("k").sort_index(), npartitions=3)
    assert choices(by_index.groupby(level=0).v.sum()) == ["in place"]
    assert_same(by_index.groupby(level=0).v.sum(), whole.groupby("k").v.sum())


def test_the_way_is_chosen_by_the_groups_that_are_seen(monkeypatch):
    monkeypatch.setattr("weft.dataframe.spread.SMALL", 1000)
    monkeypatch.setattr("weft.dataframe.spread.GROUPS_NBYTES", 100_000)
    whole = pd.DataFrame({"few": np.arange(40_000) % 10, "many": np.arange(40_000), "v": 1.0})
    ours = cut(whole, 20)
    assert choices(ours.groupby("few").v.sum()) == ["tree"]
    assert choices(ours.groupby("many").v.sum()) == ["exchange"]
    assert "seen in two partitions" in str(ours.groupby("many").v.sum().explain())
    assert_same(ours.groupby("many").v.sum(), whole.groupby("many").v.sum())
    assert ours.groupby("many").v.sum().max().compute() == 1.0


def test_reductions_of_groups_do_not_put_them_together(monkeypatch):
    monkeypatch.setattr("weft.dataframe.spread.SMALL", 1000)
    monkeypatch.setattr("weft.dataframe.spread.GROUPS_NBYTES", 1000)
    whole = pd.DataFrame({"k": np.arange(5000) % 1000, "v": np.arange(5000.0)})
    sums = cut(whole, 20).groupby("k").v.sum()
    expected = whole.groupby("k").v.sum()
    (tree,) = optimize([sums[sums > 10].count().expr], ("simplify", "choose"))
    assert max(each.npartitions for each in walk(tree) if type(each).__name__ == "GroupbyAggregate") > 1
    assert sums[sums > 10].count().compute() == (expected > 10).sum()
    assert len(cut(whole, 20).groupby("k").v.agg("sum", split_out=4)) == 1000


def test_estimates_of_groups():
    chance = np.random.default_rng(0)
    hashes = [np.unique(chance.integers(0, 50_000, 60_000).astype("u8")) for _ in range(2)]
    looks = [Look(1_000_000, 60_000, each, 8.0, ()) for each in hashes]
    assert 45_000 < estimate(together(looks), 100).groups < 55_000
    apart = [Look(1000, 1000, np.arange(start, start + 1000, dtype="u8"), 8.0, ()) for start in (0, 5000)]
    assert estimate(together(apart), 10).groups == 10_000
    assert distinct(1000, 1000, 50_000) == 50_000


def test_bad_numbers_of_partitions_are_refused():
    ours = cut(pd.DataFrame({"k": [1, 2], "v": [1, 2]}), 2)
    with pytest.raises(ValueError, match="at least 1"):
        ours.groupby("k").v.sum(split_out=0)
    with pytest.raises(ValueError, match="shuffle_method"):
        ours.drop_duplicates("k", shuffle_method="magic")


def test_files_are_looked_at_once_as_long_as_they_stay_the_same(tmp_path, monkeypatch):
    whole = pd.DataFrame({"k": np.arange(1000) % 10, "v": np.arange(1000.0)})
    cut(whole, 4).to_parquet(tmp_path)
    looked = []
    monkeypatch.setattr("weft.dataframe.spread.together", lambda looks: looked.append(looks) or together(looks))
    first, again = dd.read_parquet(tmp_path), dd.read_parquet(tmp_path)
    assert seen_in(first.expr, (), ("k",)) is seen_in(again.expr, (), ("k",))
    assert len(looked) == 1
    cut(whole.assign(k=np.arange(1000)), 4).to_parquet(tmp_path)
    assert seen_in(dd.read_parquet(tmp_path).expr, (), ("k",)).keys == 250
    assert len(looked) == 2
