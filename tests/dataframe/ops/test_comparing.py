from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions


@settings(max_examples=30, deadline=None)
@given(cut_frames(("float64", "str"), min_size=1), st.booleans(), st.booleans(), st.sampled_from([0, 1]))
def test_differences_agree_with_pandas(pair, keep_shape, keep_equal, axis):
    whole, parts = pair
    words = {"keep_shape": keep_shape, "keep_equal": keep_equal, "align_axis": axis}
    agree(lambda: parts.compare(parts.shift(), **words), lambda: whole.compare(whole.shift(), **words))


@settings(max_examples=30, deadline=None)
@given(cut_frames(), st.integers(0, 10))
def test_equality_agrees_with_pandas(pair, place):
    whole, parts = pair
    assert bool(parts.equals(parts.map_partitions(lambda part: part.copy(), meta=whole)))
    other = whole.iloc[:place]
    assert bool(parts.equals(in_partitions(other, [place // 2]))) == whole.equals(other)
    assert bool(parts.equals(other)) == whole.equals(other)


def test_what_is_of_another_kind_differs_or_is_refused():
    parts = in_partitions(pd.DataFrame({"a": [1, 2]}), [1])
    assert not parts.equals(parts.a)
    assert not parts.equals(1)
    with pytest.raises(ValueError, match="identically-labeled"):
        parts.compare(parts.rename(columns={"a": "b"}))
    with pytest.raises(TypeError, match="can only compare"):
        parts.compare(parts.a)
