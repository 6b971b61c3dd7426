from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import NUMBERS, TIMES, agree, cut_frames, cut_series, in_partitions

PLAIN = tuple(kind for kind in NUMBERS if "pyarrow" not in kind)
Q = st.floats(0, 1).map(lambda value: round(value, 2))
BETWEEN = st.sampled_from(["linear", "lower", "higher", "midpoint", "nearest"])


@settings(max_examples=80, deadline=None)
@given(cut_series(PLAIN, min_size=1), Q | st.lists(Q, min_size=1, max_size=3), BETWEEN)
def test_quantiles_agree_with_pandas(pair, q, interpolation):
    whole, parts = pair
    if whole.dtype.kind == "b" or not whole.count():
        return  # pandas refuses those, and gives integers for no values
    agree(lambda: parts.quantile(q, interpolation), lambda: whole.quantile(q, interpolation), rtol=1e-4)


@settings(max_examples=30, deadline=None)
@given(cut_series(tuple(TIMES), min_size=1), Q)
def test_quantiles_of_times_agree_with_pandas(pair, q):
    whole, parts = pair
    agree(lambda: parts.quantile(q), lambda: whole.quantile(q))


@settings(max_examples=40, deadline=None)
@given(cut_series(tuple(NUMBERS)))
def test_medians_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.median(), lambda: whole.median())
    agree(lambda: parts.median_approximate(), lambda: whole.median())


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(("int64", "float64", "int32"), min_size=1),
    Q | st.lists(Q, min_size=1, max_size=3),
    st.sampled_from([0, 1]),
)
def test_quantiles_of_frames_agree_with_pandas(pair, q, axis):
    whole, parts = pair
    agree(lambda: parts.quantile(q, axis=axis), lambda: whole.quantile(q, axis=axis))
    agree(lambda: parts.median(axis=axis), lambda: whole.median(axis=axis))


def test_quantiles_of_rows_of_times_agree_with_pandas():
    whole = pd.DataFrame({"a": pd.to_datetime(["2024", "2025"]), "b": pd.to_datetime(["2026", "2027"])})
    parts = in_partitions(whole, [1])
    agree(
        lambda: parts.quantile([0.5, 1], axis=1, numeric_only=False),
        lambda: whole.quantile([0.5, 1], 1, numeric_only=False),
    )


def test_bad_arguments_are_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"a": [1, 2], "word": ["x", "y"]}), [1])
    with pytest.raises(ValueError, match=r"in the interval \[0, 1\]"):
        parts.a.quantile(1.5)
    with pytest.raises(TypeError, match="does not support"):
        parts.word.quantile()
    with pytest.raises(ValueError, match="interpolation is one of"):
        parts.a.quantile(0.5, "cubic")
