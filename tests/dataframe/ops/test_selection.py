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


def extreme(whole, method, n, columns, keep):
    """What pandas gives, but for all rows with missing values where it comes to them: of these the first as well."""
    found = getattr(whole, method)(n, columns, keep=keep)
    if isinstance(columns, str) or len(columns) == 1 or len(found) <= n:
        return found
    if keep == "all" and not found[columns].isna().any(axis=None):
        return found
    rows = whole.iloc[::-1] if keep == "last" else whole
    ordered = rows.sort_values(columns, ascending=method == "nsmallest", kind="stable")
    if keep != "all" or n >= len(whole):
        return ordered.head(n)
    keys = ordered[columns].astype(object).where(ordered[columns].notna(), None)
    same = [tuple(each) == tuple(keys.iloc[n - 1]) for each in keys.to_numpy()] if n else []
    return ordered[[place < n or each for place, each in enumerate(same)]] if n else ordered.head(0)


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
    agree(lambda: getattr(parts, method)(n, columns, keep=keep), lambda: extreme(whole, method, n, columns, keep))


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


@pytest.mark.parametrize("keep", ["first", "last"])
@pytest.mark.parametrize("edges", [[], [3, 5]])
def test_missing_values_come_last_and_are_no_more_than_asked_for(keep, edges):
    whole = pd.DataFrame({"a": [None, 1.0, None, None, None, None], "b": [3.0, None, 2.0, None, 1.0, None]})
    parts = in_partitions(whole, edges)
    assert list(parts.nsmallest(3, ["a", "b"], keep).compute().index) == [1, 4, 2]
    assert list(parts.nlargest(2, ["a", "b"], keep).compute().index) == [1, 0]
