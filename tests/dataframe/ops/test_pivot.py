from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions

import weft.dataframe as dd

CELLS = ["mean", "sum", "count", "min", "max", "first", "last", "median", ["sum", "mean"]]


@settings(max_examples=60, deadline=None)
@given(
    cut_frames(("int64", "float64"), keys=("int64", "str"), min_size=1, max_columns=2),
    st.sampled_from(CELLS),
    st.sampled_from(["c0", None]),
    st.booleans(),
)
def test_tables_of_aggregates_agree_with_pandas(pair, aggfunc, values, margins):
    whole, parts = pair
    if isinstance(aggfunc, list) and margins:
        return
    words = {"index": "k0", "columns": "k1", "values": values, "aggfunc": aggfunc, "margins": margins}
    if whole.k1.notna().any():
        agree(lambda: parts.pivot_table(**words), lambda: whole.pivot_table(**words))


@pytest.mark.parametrize("aggfunc", ["max", "mean", "count", "first"])
def test_a_key_of_rows_and_of_columns(aggfunc):
    whole = pd.DataFrame({"k": ["b", "a", "b", "c"], "g": [1, 1, 2, 2], "v": [1, 2, 3, 4]})
    ours = dd.from_pandas(whole, npartitions=2)
    for words in ({"index": "k", "columns": "k"}, {"index": ["k", "g"], "columns": "k"}):
        expected = whole.pivot_table(values="v", aggfunc=aggfunc, **words)
        agree(ours.pivot_table(values="v", aggfunc=aggfunc, **words), expected)


def test_rows_are_turned_into_a_table():
    whole = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1, 2, 3]})
    parts = in_partitions(whole, [1])
    agree(lambda: parts.pivot(index="a", columns="b"), lambda: whole.pivot(index="a", columns="b"))
    agree(
        lambda: dd.pivot(parts, index="a", columns="b", values="v"),
        lambda: whole.pivot(index="a", columns="b", values="v"),
    )
    assert list(parts.pivot_table(index="a", columns="b", values="v").columns) == ["x", "y"]
    with pytest.raises(KeyError, match="no column 'z'"):
        parts.pivot_table(index="a", columns="z", values="v")


@settings(max_examples=30, deadline=None)
@given(
    cut_frames(("int64",), keys=("int64", "str"), min_size=1),
    st.booleans(),
    st.sampled_from([False, "all", "index"]),
    st.booleans(),
)
def test_tables_of_frequencies_agree_with_pandas(pair, margins, normalize, dropna):
    whole, parts = pair
    words = {"margins": margins, "normalize": normalize, "dropna": dropna}
    if whole.k1.notna().any():
        agree(lambda: dd.crosstab(parts.k0, parts.k1, **words), lambda: pd.crosstab(whole.k0, whole.k1, **words))


@settings(max_examples=40, deadline=None)
@given(cut_frames(("int64", "str", "float64"), min_size=1, max_columns=2), st.booleans(), st.booleans())
def test_frequencies_of_rows_agree_with_pandas(pair, normalize, dropna):
    whole, parts = pair
    words = {"normalize": normalize, "dropna": dropna}
    agree(lambda: parts.value_counts(**words), lambda: whole.value_counts(**words))


@pytest.mark.parametrize("margins", [False, True])
@pytest.mark.parametrize("normalize", [False, True, "index", "columns"])
def test_missing_keys_have_a_place_among_frequencies(margins, normalize):
    whole = pd.DataFrame({"a": ["x", "y", None, "x", "y"], "b": ["p", None, "q", "p", "q"]})
    parts = in_partitions(whole, [2])
    words = {"margins": margins, "normalize": normalize, "dropna": False}
    agree(lambda: dd.crosstab(parts.a, parts.b, **words), lambda: pd.crosstab(whole.a, whole.b, **words))
