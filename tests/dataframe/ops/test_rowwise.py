from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd


@settings(max_examples=20, deadline=None)
@given(partitioned())
def test_columns_filters_and_arithmetic_agree_with_pandas(pair):
    whole, parts = pair
    assert_same(parts, whole, check_index_type=False)
    assert_same(parts[["word", "key"]], whole[["word", "key"]])
    assert_same(parts.float * 2 - parts.number, whole.float * 2 - whole.number)
    assert_same(parts[parts.float > 0], whole[whole.float > 0])
    assert_same(parts[~(parts.float > 0) | (parts.word != "a")], whole[~(whole.float > 0) | (whole.word != "a")])
    assert_same(parts[parts.flag].word, whole[whole.flag].word)
    chosen, expected = parts[parts.key == 1], whole[whole.key == 1]
    assert_same(chosen.number + chosen.float, expected.number + expected.float)


@settings(max_examples=30, deadline=None)
@given(partitioned())
def test_assigned_columns_agree_with_pandas(pair):
    whole, parts = pair
    ours = parts.assign(double=lambda frame: frame.number * 2, word="same", sum=lambda frame: frame.double + frame.key)
    expected = whole.assign(
        double=lambda frame: frame.number * 2, word="same", sum=lambda frame: frame.double + frame.key
    )
    assert_same(ours, expected)
    assert_same(ours[ours["sum"] > 1].double, expected[expected["sum"] > 1].double)


@settings(max_examples=20, deadline=None)
@given(partitioned())
def test_missing_values_are_found(pair):
    whole, parts = pair
    assert_same(parts.word.isna(), whole.word.isna())
    assert_same(parts[parts.float.notna()].float, whole[whole.float.notna()].float)


def test_a_column_that_is_not_there_is_an_error_that_names_the_nearest():
    parts = dd.from_pandas(pd.DataFrame({"price": [1]}))
    with pytest.raises(KeyError, match="Did you mean 'price'"):
        parts["prices"]
    with pytest.raises(AttributeError, match="prices"):
        _ = parts.prices


def test_rows_of_different_frames_are_aligned_by_their_index():
    whole = pd.DataFrame({"a": [1, 2, 3]})
    other = pd.DataFrame({"a": [1, 2, 4]}, index=[1, 2, 5])
    left, right = dd.from_pandas(whole, npartitions=2), dd.from_pandas(other, npartitions=1)
    assert_same(left.a + right.a, whole.a + other.a)
    assert_same(left.assign(b=right.a), whole.assign(b=other.a))
    unknown = dd.from_pandas(other, npartitions=2, sort=False)
    assert_same(left.a + unknown.a, whole.a + other.a)


def test_a_filter_that_is_not_true_or_false_is_refused():
    parts = dd.from_pandas(pd.DataFrame({"a": [1, 2]}))
    with pytest.raises(KeyError, match="predicate"):
        parts[parts.a]


def test_what_pandas_cannot_add_is_refused_at_the_call():
    parts = dd.from_pandas(pd.DataFrame({"a": [1], "word": ["x"]}))
    with pytest.raises(TypeError):
        _ = parts.a + parts.word


def test_the_truth_of_a_frame_is_an_error():
    with pytest.raises(ValueError, match="not known before"):
        bool(dd.from_pandas(pd.DataFrame({"a": [1]})))
