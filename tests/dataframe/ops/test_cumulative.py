from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, NUMBERS, agree, cut_frames, cut_series

NOT_OBJECT = tuple(kind for kind in KINDS if kind != "object")
METHODS = ["cumsum", "cumprod", "cummin", "cummax"]


@settings(max_examples=100, deadline=None)
@given(cut_series(NOT_OBJECT), st.sampled_from(METHODS), st.booleans())
def test_running_totals_agree_with_pandas(pair, method, skipna):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(skipna=skipna), lambda: getattr(whole, method)(skipna=skipna))


@settings(max_examples=30, deadline=None)
@given(cut_frames(tuple(NUMBERS)), st.sampled_from(METHODS))
def test_running_totals_of_frames_agree_with_pandas(pair, method):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(), lambda: getattr(whole, method)())


@settings(max_examples=10, deadline=None)
@given(cut_frames(("int64", "float64")), st.sampled_from(METHODS))
def test_running_totals_along_rows_agree_with_pandas(pair, method):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(axis=1), lambda: getattr(whole, method)(axis=1))
