from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions, numbered_frames

import weft.dataframe as dd


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
