from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from tests.dataframe.columns import cut_frames

import weft.dataframe as dd


@settings(max_examples=20, deadline=None)
@given(cut_frames())
def test_equal_frames_pass(pair):
    whole, parts = pair
    dd.assert_eq(parts, whole)
    dd.assert_eq(parts.c0, whole.c0)
    dd.assert_eq(parts.index, whole.index)
    dd.assert_eq(parts.c0.count(), whole.c0.count())


@pytest.mark.parametrize(
    "other",
    [
        pd.DataFrame({"a": [1, 2, 4]}),
        pd.DataFrame({"b": [1, 2, 3]}),
        pd.DataFrame({"a": [1.0, 2.0, 3.0]}),
        pd.DataFrame({"a": [1, 2, 3]}, index=[0, 1, 3]),
        pd.Series([1, 2, 3]),
        1,
    ],
)
def test_frames_that_differ_fail(other):
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
    with pytest.raises(AssertionError):
        dd.assert_eq(frame, other)


def test_a_frame_that_is_not_what_it_says_fails():
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
    with pytest.raises(AssertionError, match="between"):
        dd.utils.assert_divisions(frame.with_divisions((5, 6, 7)))
    wrong = frame.map_partitions(lambda part: part.astype(str), meta=frame, enforce_metadata=False)
    with pytest.raises(AssertionError, match="types"):
        dd.assert_eq(wrong, wrong)
