from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, agree, cut_frames, cut_series, in_partitions

from weft.dataframe.kernels.pandas.counting import count_values

NO_FLAGS = tuple(kind for kind in KINDS if kind not in ("boolean", "object"))  # pandas' mode fails on some of those


@settings(max_examples=120, deadline=None)
@given(cut_series(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_frequencies_agree_with_pandas(pair, sort, ascending, dropna, normalize):
    whole, parts = pair
    options = {"sort": sort, "ascending": ascending, "dropna": dropna, "normalize": normalize}
    agree(lambda: parts.value_counts(**options), lambda: whole.value_counts(**options))


@settings(max_examples=40, deadline=None)
@given(cut_series(NO_FLAGS), st.booleans())
def test_modes_agree_with_pandas(pair, dropna):
    whole, parts = pair
    agree(lambda: parts.mode(dropna=dropna), lambda: whole.mode(dropna=dropna))


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64", "str"), min_size=1))
def test_modes_of_frames_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.mode(), lambda: whole.mode())


@settings(max_examples=40, deadline=None)
@given(cut_series(), st.booleans())
def test_the_number_of_different_values_agrees_with_pandas(pair, dropna):
    whole, parts = pair
    agree(lambda: parts.nunique(dropna=dropna), lambda: whole.nunique(dropna=dropna))


@settings(max_examples=20, deadline=None)
@given(cut_frames())
def test_the_numbers_of_different_values_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.nunique(), lambda: whole.nunique())


def test_the_estimated_number_of_different_values_is_near():
    rng = np.random.default_rng(0)
    for count in (10, 3_000, 100_000):
        whole = pd.Series(rng.integers(0, count, 200_000))
        found = in_partitions(whole, [50_000, 120_000]).nunique_approx().compute(scheduler="sync")
        assert abs(found / whole.nunique() - 1) < 0.03


def test_integers_are_counted_in_the_order_of_first_rows_however_late_those_are():
    values = np.repeat(np.arange(5, -60, -1), 2000)
    column = pd.Series(np.concatenate([values, [-61, 7]]), name="n")
    pd.testing.assert_series_equal(count_values(column), column.value_counts(sort=False, dropna=False))
    small = column.astype("int8")
    pd.testing.assert_series_equal(count_values(small), small.value_counts(sort=False, dropna=False))
