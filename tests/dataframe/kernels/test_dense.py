from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft.dataframe as dd
from weft.dataframe.kernels.pandas import dense
from weft.dataframe.kernels.pandas.dense import count_integers, first_places, spans_of

KINDS = st.sampled_from(["int64", "int8", "uint16", "bool"])


def columns_of_integers(rows, low, high, dtypes, seed):
    chance = np.random.default_rng(seed)
    return [
        chance.integers(0, 2, rows).astype(bool) if dtype == "bool" else chance.integers(low, high, rows).astype(dtype)
        for dtype in dtypes
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 200),
    st.integers(0, 100),
    st.integers(1, 27),
    st.lists(KINDS, min_size=1, max_size=3),
    st.sampled_from(["first", "last"]),
    st.integers(0, 2**32),
)
def test_places_of_different_rows_are_those_of_pandas(rows, low, more, dtypes, keep, seed):
    columns = columns_of_integers(rows, low, low + more, dtypes, seed)
    spans = spans_of(columns)
    assert spans is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "TILE", 16)
        found = first_places(columns, spans, is_last=keep == "last")
    again = pd.DataFrame(dict(enumerate(columns))).duplicated(keep=keep)
    np.testing.assert_array_equal(found, np.flatnonzero(~again))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 300),
    st.integers(0, 90),
    st.integers(1, 30),
    st.sampled_from(["int64", "int8", "uint16", "uint64"]),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_counts_are_those_of_pandas(rows, low, more, dtype, is_shifted, seed):
    (values,) = columns_of_integers(rows, low, low + more, [dtype], seed)
    if is_shifted and dtype != "uint64":
        values = values - values.dtype.type(50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "TILE", 16)
        patch.setattr(dense, "COUNTED", 150)
        found = count_integers(values)
    if found is None:
        assert int(values.max()) - int(values.min()) >= rows
        return
    expected = pd.Series(values).value_counts(sort=False)
    np.testing.assert_array_equal(found[0], expected.index)
    np.testing.assert_array_equal(found[1], expected)


@pytest.mark.parametrize("far", [np.int64(-(2**63)), np.int64(2**63 - 9), np.uint64(2**64 - 9), np.uint64(2**63 - 2)])
def test_integers_at_the_ends_of_their_types_are_counted(far):
    values = far + np.arange(90).astype(far.dtype) % far.dtype.type(4)
    expected = pd.Series(values).value_counts(sort=False)
    found = count_integers(values)
    assert found is None or (found[0].tolist(), found[1].tolist()) == (expected.index.tolist(), expected.tolist())


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [np.array([], "int64")],
        [np.array([0, 10**12])],
        [np.array([1.0, 2.0])],
        [np.array([1, 2], "uint64")],
        [np.array([0, 70_000]), np.array([0, 70_000])],
    ],
)
def test_other_columns_have_no_spans(columns):
    assert spans_of(columns) is None


@pytest.mark.parametrize("method", ["nlargest", "nsmallest"])
@pytest.mark.parametrize("keep", ["first", "last", "all"])
@pytest.mark.parametrize("kinds", [3, 50_000])
def test_extremes_of_many_rows_are_those_of_pandas(method, keep, kinds):
    chance = np.random.default_rng(0)
    whole = pd.DataFrame({"a": chance.integers(0, kinds, 100_000) / 7, "b": chance.integers(0, 5, 100_000)})
    whole.loc[whole.index % 11 == 3, "a"] = np.nan
    parts = dd.from_pandas(whole, npartitions=2)
    for by in ("a", ["a", "b"]):
        made = getattr(parts, method)(7, by, keep=keep).compute(scheduler="sync")
        pd.testing.assert_frame_equal(made, getattr(whole, method)(7, by, keep=keep))


def test_few_numbers_among_missing_ones_are_found():
    whole = pd.Series(np.full(100_000, np.nan))
    whole[[5, 70_000]] = [1.0, 2.0]
    parts = dd.from_pandas(whole, npartitions=2)
    pd.testing.assert_series_equal(parts.nlargest(3).compute(scheduler="sync"), whole.nlargest(3))
