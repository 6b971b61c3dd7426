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
    cut_frames(("str", "int64"), keys=("int64", "float64", "Int64", "int64[pyarrow]")),
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


@pytest.mark.parametrize("keep", ["first", "last", "all"])
@pytest.mark.parametrize("dtype", ["float64", "Int64", "int64[pyarrow]"])
def test_rows_of_partitions_with_few_values_are_extreme_all_the_same(dtype, keep):
    whole = pd.DataFrame({"a": pd.array([None, None, 7, None, None, 1, 1, -1], dtype), "k": [3, 4, 5, 2, 7, 3, 9, 6]})
    parts = in_partitions(whole, [3])
    agree(lambda: parts.nlargest(1, ["a", "k"], keep), lambda: whole.nlargest(1, ["a", "k"], keep))
    agree(lambda: parts.nsmallest(2, ["a", "k"], keep), lambda: whole.nsmallest(2, ["a", "k"], keep))
