"""How often values are there in groups, and rows of frames: pandas' own tables, in its order, by a tree and by an exchange."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, frames, partitioned

import weft
import weft.dataframe as dd
from weft.dataframe.ops.groupby_counts import CountedGroups
from weft.expr import optimize, walk

WORDS = {
    "normalize": st.booleans(),
    "sort": st.booleans(),
    "ascending": st.booleans(),
    "dropna": st.booleans(),
}
KEYS = [["key"], ["word"], "float", ["key", "word"], ["flag"]]
VALUES = ["number", "float", "word"]


@settings(max_examples=25, deadline=None)
@given(partitioned(), st.sampled_from(KEYS), st.sampled_from(VALUES), st.fixed_dictionaries(WORDS), st.data())
def test_counts_of_a_column_in_groups(pair, keys, value, words, data):
    whole, parts = pair
    options = {word: data.draw(st.booleans()) for word in ("sort", "dropna", "as_index")}
    assert_same(
        parts.groupby(keys, **options)[value].value_counts(**words),
        whole.groupby(keys, **options)[value].value_counts(**words),
    )


@settings(max_examples=25, deadline=None)
@given(
    partitioned(),
    st.sampled_from(KEYS[:3]),
    st.sampled_from([None, ["number"], ["flag", "number"]]),
    st.fixed_dictionaries(WORDS),
    st.booleans(),
)
def test_counts_of_rows_in_groups(pair, keys, subset, words, dropna):
    whole, parts = pair
    assert_same(
        parts.groupby(keys, dropna=dropna).value_counts(subset, **words),
        whole.groupby(keys, dropna=dropna).value_counts(subset, **words),
    )


@settings(max_examples=25, deadline=None)
@given(partitioned(), st.sampled_from(["word", ["word"], ["key", "float"], None]), st.fixed_dictionaries(WORDS))
def test_counts_of_rows(pair, subset, words):
    whole, parts = pair
    assert_same(parts.value_counts(subset, **words), whole.value_counts(subset, **words))


@settings(max_examples=25, deadline=None)
@given(partitioned(min_size=1), st.fixed_dictionaries(WORDS))
def test_counts_of_a_series_by_another(pair, words):
    whole, parts = pair
    assert_same(
        parts["float"].groupby(parts["key"] % 2).value_counts(**words),
        whole["float"].groupby(whole["key"] % 2).value_counts(**words),
    )


@settings(max_examples=25, deadline=None)
@given(frames(min_size=3), st.booleans(), st.booleans())
def test_counts_by_an_exchange(whole, sort, normalize):
    parts = dd.from_pandas(whole, npartitions=3, sort=False)
    ours = parts.groupby(["key"], sort=sort)["word"].value_counts(normalize=normalize, dropna=False)
    (made,) = [each for each in walk(ours.expr) if isinstance(each, CountedGroups)]
    exchanged = made.with_operands(source=made.source.with_operands(exchanged=True))
    expected = whole.groupby(["key"], sort=sort)["word"].value_counts(normalize=normalize, dropna=False)
    with weft.config.set({"dataframe.engine": "pandas"}):
        found = optimize([exchanged], ("simplify", "choose"))
        assert "exchange" in [each.choice.way for each in walk(*found) if getattr(each, "choice", None) is not None]
        assert_same(type(ours)(exchanged), expected)


def test_counts_go_in_parts():
    parts = dd.from_pandas(pd.DataFrame({"k": [1, 1, 2, 1], "v": list("xyxy")}), npartitions=2)
    for ours in (parts.groupby("k").v.value_counts(), parts.groupby("k").value_counts(), parts.value_counts("v")):
        assert any(isinstance(each, CountedGroups) for each in walk(ours.expr))


@pytest.mark.parametrize("observed", [True, False])
def test_counts_of_categories(observed):
    whole = pd.DataFrame({"k": pd.Categorical(list("aab"), list("abc")), "v": [1, 1, 2]})
    parts = dd.from_pandas(whole, npartitions=2)
    assert_same(
        parts.groupby("k", observed=observed).v.value_counts(), whole.groupby("k", observed=observed).v.value_counts()
    )
    assert_same(parts.value_counts(), whole.value_counts())


def test_wrong_columns_are_told():
    parts = dd.from_pandas(pd.DataFrame({"k": [1, 1], "v": [1, 2]}), npartitions=2)
    with pytest.raises(ValueError, match="do not exist"):
        parts.groupby("k").value_counts(["w"])
    with pytest.raises(KeyError, match="w"):
        parts.value_counts(["w"])


@pytest.mark.parametrize(
    "dtype", ["Float64", "Int64", "string", "int64[pyarrow]", "float64", "category", "timestamp[us][pyarrow]"]
)
@pytest.mark.parametrize("words", [{}, {"normalize": True}])
@pytest.mark.parametrize("as_index", [True, False])
def test_counts_have_the_type_of_their_values_kind(dtype, words, as_index):
    values = pd.Series([1, 1, 2, None, 2], dtype="Int64").astype(dtype)
    whole = pd.DataFrame({"k": [1, 1, 2, 2, 1], "s": values})
    groups = [each.groupby("k", as_index=as_index) for each in (dd.from_pandas(whole, npartitions=2), whole)]
    assert_same(groups[0].s.value_counts(**words), groups[1].s.value_counts(**words))
    assert_same(groups[0].s.size(), groups[1].s.size())
    if as_index:
        assert_same(groups[0].value_counts(**words), groups[1].value_counts(**words))
