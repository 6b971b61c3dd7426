from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import NUMBERS, TIMES, agree, cut_frames, cut_series, in_partitions

METHOD = st.sampled_from(["nlargest", "nsmallest"])
KEEP = st.sampled_from(["first", "last", "all"])


@settings(max_examples=80, deadline=None)
@given(cut_series((*NUMBERS, *TIMES)), METHOD, st.integers(0, 6), KEEP)
def test_extreme_values_agree_with_pandas(pair, method, n, keep):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(n, keep=keep), lambda: getattr(whole, method)(n, keep=keep))


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(("str", "int64"), keys=("int64", "float64")),
    METHOD,
    st.integers(0, 6),
    KEEP,
    st.sampled_from(["k0", ["k1"], ["k1", "k0"]]),
)
def test_extreme_rows_agree_with_pandas(pair, method, n, keep, columns):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(n, columns, keep=keep), lambda: getattr(whole, method)(n, columns, keep=keep))


def test_bad_arguments_are_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"a": [1, 2], "word": ["x", "y"]}), [1])
    with pytest.raises(KeyError, match="no column 'b'"):
        parts.nlargest(2, "b")
    with pytest.raises(TypeError):
        parts.nlargest(2, "word")
    with pytest.raises(TypeError, match="by which columns"):
        parts.nlargest(2)
