from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions, numbered_frames

import weft.dataframe as dd
from weft.dataframe.ops import unstack as unstacking
from weft.dataframe.ops.unstack import Unstacked
from weft.expr import walk


@settings(max_examples=30, deadline=None)
@given(
    numbered_frames(("float64",), keys=("int64", "str")),
    st.sampled_from([-1, 0, "k0"]),
    st.none() | st.just(0.0),
)
def test_levels_become_columns_as_in_pandas(pair, level, fill):
    whole, parts = pair
    agree(
        lambda: parts.groupby(["k0", "k1"]).c0.sum().unstack(level, fill),
        lambda: whole.groupby(["k0", "k1"]).c0.sum().unstack(level, fill),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.none() | st.sampled_from([0.5, 1.0]), st.sampled_from("xyz")),
        min_size=1,
        max_size=15,
        unique=True,
    ),
    st.sampled_from([-1, 0, "f", ["s", "k"], ["f"]]),
    st.sampled_from([None, 0]),
    st.integers(2, 4),
)
def test_rows_of_large_data_stay_in_partitions(keys, level, fill, count):
    whole = pd.DataFrame(keys, columns=["k", "f", "s"]).astype({"f": "float64", "s": "str"})
    whole = whole.assign(v=range(len(whole)), w=whole.index % 2 == 0, t="a").set_index(["k", "f", "s"])
    parts = dd.from_pandas(whole, npartitions=count, sort=False)
    small, unstacking.SMALL = unstacking.SMALL, 0
    try:
        ours, one = parts[["v", "t"]].unstack(level, fill), parts.w.unstack(level)
    finally:
        unstacking.SMALL = small
    if parts.npartitions > 1:
        assert any(isinstance(each, Unstacked) for each in walk(ours.expr))
        assert ours.npartitions == parts.npartitions
    agree(lambda: ours, lambda: whole[["v", "t"]].unstack(level, fill))
    agree(lambda: one, lambda: whole.w.unstack(level))


def test_duplicates_in_partitions_are_told(monkeypatch):
    monkeypatch.setattr(unstacking, "SMALL", 0)
    whole = pd.DataFrame({"k": [1, 2, 1], "s": ["x", "y", "x"], "v": [1, 2, 3]}).set_index(["k", "s"])
    ours = dd.from_pandas(whole, npartitions=2, sort=False).unstack()
    with pytest.raises(ValueError, match="duplicate entries"):
        ours.compute()


def test_several_levels_and_columns_below_one_another():
    whole = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "c": [0, 1, 0], "v": [1, 2, 3], "w": [1.5, 2.5, 3.5]})
    parts = in_partitions(whole, [1])
    agree(
        lambda: parts.groupby(["a", "b", "c"])[["v", "w"]].sum().unstack(["b", "c"]),
        lambda: whole.groupby(["a", "b", "c"])[["v", "w"]].sum().unstack(["b", "c"]),
    )
    agree(lambda: parts[["v", "w"]].unstack(), lambda: whole[["v", "w"]].unstack())
    with pytest.raises(ValueError, match="must be a MultiIndex"):
        parts.v.unstack()


@settings(max_examples=20, deadline=None)
@given(cut_frames(("float64", "int64"), min_size=1))
def test_rows_become_columns(pair):
    whole, parts = pair
    agree(lambda: parts.T, lambda: whole.T)


def test_numbered_columns_become_rows():
    whole = pd.DataFrame({"k": [1, 2], "a1": [3, 4], "a2": [5, 6], "b1": [0.5, 1.5], "b2": [2.5, 3.5]})
    parts = in_partitions(whole, [1])
    agree(
        lambda: dd.wide_to_long(parts, ["a", "b"], i="k", j="n"),
        lambda: pd.wide_to_long(whole, ["a", "b"], i="k", j="n"),
    )
    groups = {"a": ["a1", "a2"], "b": ["b1", "b2"]}
    agree(lambda: dd.lreshape(parts, groups), lambda: pd.lreshape(whole, groups))
    with pytest.raises(KeyError, match="no column 'q'"):
        dd.wide_to_long(parts, "a", i="q", j="n")
