from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import NUMBERS, agree, cut_series, in_partitions


@settings(max_examples=30, deadline=None)
@given(cut_series(("int64", "float64")), st.integers(-5, 5), st.sampled_from(["left", "right"]))
def test_places_among_sorted_values_agree_with_pandas(pair, value, side):
    whole, parts = pair
    agree(
        lambda: parts.sort_values().searchsorted(value, side),
        lambda: whole.dropna().sort_values().searchsorted(value, side),
    )


@settings(max_examples=20, deadline=None)
@given(cut_series(tuple(NUMBERS)))
def test_order_and_gaps_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.argsort(kind="stable"), lambda: whole.argsort(kind="stable"))
    agree(lambda: parts.hasnans, lambda: whole.hasnans)


def test_labels_by_place_and_as_sets():
    labels = pd.Index([3, 1, 2, 5], name="i")
    parts = in_partitions(pd.Series(range(4), index=labels), [1, 3]).index
    assert parts.get_loc(2) == 2
    np.testing.assert_array_equal(parts.get_indexer([5, 9]), [3, -1])
    for method in ("union", "intersection", "difference", "symmetric_difference"):
        agree(lambda: getattr(parts, method)([1, 9]), lambda: getattr(labels, method)([1, 9]))  # noqa: B023
    agree(lambda: parts.set_names("j"), lambda: labels.set_names("j"))
    assert bool(parts.equals(labels))
    assert not bool(parts.has_duplicates)


def test_the_only_value():
    assert in_partitions(pd.Series([7]), []).item() == 7
    with pytest.raises(ValueError, match="size 1"):
        in_partitions(pd.Series([7, 8]), [1]).item()
