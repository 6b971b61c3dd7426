from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, NUMBERS, agree, cut_frames, cut_series
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft import config

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


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([np.inf, -np.inf, np.nan, 0.0, 1.0, 2.5]), min_size=1, max_size=12),
    st.sampled_from(["cumsum", "cumprod"]),
    st.integers(2, 6),
    st.sampled_from(["pandas", "auto"]),
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_infinities_have_made_nan_stays_so(values, kind, count, engine):
    whole = pd.DataFrame({"a": values, "whole": range(len(values)), "gap": [np.nan, *values[1:]]})
    with config.set({"dataframe.engine": engine}):
        for each in (whole, whole["a"]):
            made = dd.from_pandas(each, npartitions=count, sort=False)
            assert_same(getattr(made, kind)(), getattr(each, kind)())
