from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions

from weft.dataframe.kernels.pandas import statistics

KINDS = ("int64", "float64", "float32", "bool", "Float64")


@settings(max_examples=60, deadline=None)
@given(cut_frames(KINDS, min_columns=2), st.sampled_from(["cov", "corr"]), st.integers(1, 4))
def test_tables_agree_with_pandas(pair, kind, few):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(min_periods=few), lambda: getattr(whole, kind)(min_periods=few), atol=1e-7)


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64"), min_columns=2, min_size=2), st.sampled_from(["spearman", "kendall"]))
def test_rank_correlations_agree_with_pandas(pair, method):
    whole, parts = pair
    agree(lambda: parts.corr(method), lambda: whole.corr(method))
    agree(lambda: parts.c0.corr(parts.c1, method), lambda: whole.c0.corr(whole.c1, method))


@settings(max_examples=40, deadline=None)
@given(cut_frames(("int64", "float64"), min_columns=2, max_columns=2), st.sampled_from(["cov", "corr"]))
def test_pairs_of_series_agree_with_pandas(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts.c0, kind)(parts.c1), lambda: getattr(whole.c0, kind)(whole.c1))


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64"), min_columns=2), st.integers(1, 3))
def test_other_correlations_agree_with_pandas(pair, lag):
    whole, parts = pair
    agree(lambda: parts.c0.autocorr(lag), lambda: whole.c0.autocorr(lag))
    agree(lambda: parts.corrwith(parts.c0), lambda: whole.corrwith(whole.c0))
    agree(lambda: parts.corrwith(parts * 2), lambda: whole.corrwith(whole * 2))


@pytest.mark.filterwarnings("ignore:An input array is constant")
@settings(max_examples=30, deadline=None)
@given(
    cut_frames(("int64", "float64"), min_columns=3, max_columns=3),
    cut_frames(("float64",), min_columns=3, max_columns=3),
    st.booleans(),
    st.sampled_from(["pearson", "spearman"]),
)
def test_correlations_of_rows_agree_with_pandas(pair, other_pair, drop, method):
    (whole, parts), (other, others) = pair, other_pair
    if not (whole.index.is_unique and other.index.is_unique):
        whole, other = whole.reset_index(drop=True), other.reset_index(drop=True)
        parts, others = in_partitions(whole, [2, 5][: len(whole) // 6]), in_partitions(other, [])
    if whole.index.equals(other.index) or (whole.index.is_monotonic_increasing and other.index.is_monotonic_increasing):
        agree(
            lambda: parts.corrwith(others, axis=1, drop=drop, method=method),
            lambda: whole.corrwith(other, axis=1, drop=drop, method=method).astype(float),
            check_names=False,
        )
    row = pd.Series([1.0, 3.0, 2.0], index=["c0", "c1", "c2"])
    agree(
        lambda: parts.corrwith(row, axis=1, method=method),
        lambda: whole.corrwith(row, axis=1, method=method) if len(whole) else pd.Series([], whole.index, dtype=float),
    )


@pytest.mark.parametrize("kind", ["Float64", "double[pyarrow]", "float64"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("drop", [True, False])
def test_correlations_with_frames_have_pandas_types(kind, axis, drop):
    chance = np.random.default_rng(1)
    whole = pd.DataFrame(chance.random((9, 4)), columns=list("abcd")).astype(kind)
    other = pd.DataFrame(chance.random((7, 3)), columns=list("adc")).astype(kind)
    agree(
        lambda: in_partitions(whole, [2, 5]).corrwith(in_partitions(other, [4]), axis=axis, drop=drop),
        lambda: whole.corrwith(other, axis=axis, drop=drop),
    )


@pytest.mark.parametrize("width", [2, 12])
@pytest.mark.parametrize("hole", [None, 0, 9_000])
def test_many_rows_agree_with_pandas(width, hole):
    chance = np.random.default_rng(width)
    whole = pd.DataFrame(chance.random((20_000, width)) + 1e6).add_prefix("c")
    whole["c1"] += whole["c0"] * 2 + np.arange(20_000) * 1e-3
    if hole is not None:
        whole.loc[hole : hole + 3, "c0"] = np.nan
    parts = in_partitions(whole, [7_000, 15_000])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "CACHED", 1 << 12)
        agree(lambda: parts.corr(), lambda: whole.corr())
        agree(lambda: parts.cov(), lambda: whole.cov(), atol=1e-7)


def test_text_is_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"a": [1, 2], "word": ["x", "y"]}), [1])
    with pytest.raises(ValueError, match="'word', a column of str"):
        parts.corr()
    agree(lambda: parts.corr(numeric_only=True), lambda: pd.DataFrame({"a": [1, 2]}).corr())
