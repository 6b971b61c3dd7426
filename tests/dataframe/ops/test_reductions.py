from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, NUMBERS, TIMES, agree, cut_frames, cut_series, in_partitions

import weft.dataframe as dd

MOMENTS = ["mean", "var", "std", "sem", "skew", "kurt"]
NOT_OBJECT = tuple(kind for kind in KINDS if kind != "object")


@settings(max_examples=120, deadline=None)
@given(cut_series(NOT_OBJECT), st.sampled_from(["min", "max", "any", "all", "sum"]), st.booleans())
def test_reductions_of_columns_agree_with_pandas(pair, kind, skipna):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(skipna=skipna), lambda: getattr(whole, kind)(skipna=skipna))


@settings(max_examples=100, deadline=None)
@given(cut_series(tuple(NUMBERS)), st.sampled_from(MOMENTS))
def test_moments_agree_with_pandas(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(), lambda: getattr(whole, kind)())


@settings(max_examples=30, deadline=None)
@given(cut_series(("float64", "Int64")), st.sampled_from(MOMENTS))
def test_moments_are_missing_if_a_value_is(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(skipna=False), lambda: getattr(whole, kind)(skipna=False))


@settings(max_examples=30, deadline=None)
@given(cut_series(tuple(TIMES)), st.sampled_from(["mean", "std", "count", "min"]))
def test_times_agree_with_pandas(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(), lambda: getattr(whole, kind)())


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(tuple(NUMBERS), min_size=1),
    st.sampled_from(["sum", "prod", "mean", "min", "max", "count", "std", "any", "all", "skew"]),
)
def test_reductions_of_frames_agree_with_pandas(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(), lambda: getattr(whole, kind)())


@settings(max_examples=30, deadline=None)
@given(cut_frames(("int64", "float64")), st.sampled_from(["sum", "mean", "max", "count", "std", "any", "nunique"]))
def test_reductions_along_rows_agree_with_pandas(pair, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(axis=1), lambda: getattr(whole, kind)(axis=1))


@settings(max_examples=30, deadline=None)
@given(cut_series(("int64", "float64", "Int64")), st.integers(0, 4), st.sampled_from(["sum", "prod"]))
def test_too_few_values_have_no_sum(pair, few, kind):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(min_count=few), lambda: getattr(whole, kind)(min_count=few))


@settings(max_examples=60, deadline=None)
@given(cut_series(NOT_OBJECT), st.sampled_from(["idxmin", "idxmax", "argmin", "argmax"]), st.booleans())
def test_the_places_of_extremes_agree_with_pandas(pair, kind, skipna):
    whole, parts = pair
    agree(lambda: getattr(parts, kind)(skipna=skipna), lambda: getattr(whole, kind)(skipna=skipna))


@settings(max_examples=40, deadline=None)
@given(cut_series(NOT_OBJECT), st.sampled_from(["is_monotonic_increasing", "is_monotonic_decreasing", "is_unique"]))
def test_questions_about_order_agree_with_pandas(pair, name):
    whole, parts = pair
    agree(lambda: getattr(parts, name), lambda: getattr(whole, name))


@settings(max_examples=20, deadline=None)
@given(cut_frames())
def test_the_shape_is_that_of_all_rows(pair):
    whole, parts = pair
    rows, columns = parts.shape
    assert (rows.compute(), columns) == whole.shape
    assert (len(parts), parts.size.compute(), parts.ndim) == (len(whole), whole.size, 2)
    assert parts.empty == whole.empty


def test_columns_of_text_are_left_out_where_only_numbers_are_wanted():
    whole = pd.DataFrame({"a": [1, 2], "word": ["x", "y"], "flag": [True, False]})
    agree(lambda: in_partitions(whole, [1]).mean(numeric_only=True), lambda: whole.mean(numeric_only=True))


def test_the_mean_of_text_is_refused_at_the_call():
    with pytest.raises(TypeError, match="'mean' with string dtype"):
        dd.from_pandas(pd.DataFrame({"word": ["a"]})).word.mean()


def test_bad_arguments_are_refused_at_the_call():
    parts = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    with pytest.raises(ValueError, match="No axis named 2"):
        parts.sum(axis=2)
    with pytest.raises(ValueError, match="at least 2"):
        parts.sum(split_every=1)


def test_a_reduction_of_ones_own_is_combined_from_partitions():
    whole = pd.Series(range(10))
    parts = in_partitions(whole, [3, 3, 8])
    found = parts.reduction(lambda part, value: (part >= value).sum(), aggregate=lambda x: x.sum(), value=4)
    assert found.compute(scheduler="sync") == 6
    both = parts.reduction(
        lambda part: pd.Series({"count": part.count(), "sum": part.sum()}),
        aggregate=lambda rows: rows.sum(),
        combine=lambda rows: rows.sum(),
        split_every=2,
    )
    assert both.compute(scheduler="sync").to_dict() == {"count": 10, "sum": 45}


def test_series_of_partitions_are_rows_for_the_second_function():
    whole = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5, 4.5]})
    found = in_partitions(whole, [1, 3]).reduction(lambda part: part.sum(), aggregate=lambda rows: rows.max())
    assert (found.dtype, found.compute().to_dict()) == ("float64", {"a": 5.0, "b": 6.0})


def test_memory_is_added_up():
    whole = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}, index=[1, 2, 3])
    agree(lambda: in_partitions(whole, [1]).memory_usage(index=False), lambda: whole.memory_usage(index=False))


@pytest.mark.parametrize("dtype", ["float32", "Float32", "float64", "Float64", "int64[pyarrow]", "Int8"])
@pytest.mark.parametrize("how", ["mean", "std", "var", "sem", "skew", "median", "quantile", "sum"])
def test_single_numbers_have_the_type_that_they_have_in_pandas(dtype, how):
    whole = pd.Series([2, None, 5, 2, 9], dtype=dtype)
    found, wanted = getattr(in_partitions(whole, [2]), how)().compute(), getattr(whole, how)()
    assert np.isclose(found, wanted, rtol=1e-6)
    assert type(found) is type(wanted) or isinstance(found, float) >= isinstance(wanted, float)


@pytest.mark.parametrize("dtype", ["float64", "Float64", "Float32", "double[pyarrow]"])
@pytest.mark.parametrize("how", [*MOMENTS, "sum", "prod"])
@pytest.mark.parametrize("values", [[np.inf, 1, 2, 3, 5], [np.inf, -np.inf, 1, 2, 4], [0, np.inf, 1, 2, 3]])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_infinities_make_nan_is_a_gap_where_pandas_has_one(values, how, dtype):
    whole = pd.Series(values, dtype=dtype)
    parts = in_partitions(whole, [2, 3])
    assert str(getattr(parts, how)().compute()) == str(getattr(whole, how)())
    if "pyarrow" not in dtype:  # a series of Arrow's numbers that is made of NaN has a gap there
        agree(lambda: getattr(parts.to_frame("a"), how)(), lambda: getattr(whole.to_frame("a"), how)())


@pytest.mark.parametrize("kind", ["mean", "prod", "sum", "std", "median", "min", "max"])
@pytest.mark.parametrize("skipna", [False, True])
@pytest.mark.parametrize("values", [["a", "b", None, "c"], [None, "c", 1, 2], [1, None, 2, 3]])
def test_texts_among_objects_are_refused_where_pandas_refuses_them(values, kind, skipna):
    whole = pd.Series(values, dtype=object)
    for edges in ([], [2], [1, 3]):
        parts = in_partitions(whole, edges)
        agree(lambda: getattr(parts, kind)(skipna=skipna), lambda: getattr(whole, kind)(skipna=skipna))  # noqa: B023


@pytest.mark.parametrize("kind", ["std", "var", "sem", "skew", "kurt", "mean", "sum", "min", "max", "prod"])
@pytest.mark.parametrize("skipna", [False, True])
@pytest.mark.parametrize("edges", [[], [2], [1, 3, 3, 5]])
def test_nan_in_masked_numbers_makes_a_gap(kind, skipna, edges):
    whole = pd.Series(pd.array([1.0, None, 3.0, 4.0, 5.5, 2.0], dtype="Float64"))
    whole.array._data[2] = np.nan  # what pandas leaves out of `isna`
    parts = in_partitions(whole, edges)
    agree(lambda: getattr(parts, kind)(skipna=skipna), lambda: getattr(whole, kind)(skipna=skipna))
    both = in_partitions(whole.to_frame("a").assign(b=1.5), edges)
    agree(
        lambda: getattr(both, kind)(skipna=skipna),
        lambda: getattr(whole.to_frame("a").assign(b=1.5), kind)(skipna=skipna),
    )


def test_a_frame_with_text_says_which_columns_have_no_mean():
    parts = dd.from_pandas(pd.DataFrame({"price": [1.0, 2.0], "name": ["a", "b"]}), npartitions=2)
    with pytest.raises(TypeError) as caught:
        parts.mean()
    assert "of the columns ['name']: choose others first, or say numeric_only=True" in caught.value.__notes__


def test_moments_take_the_names_that_programs_for_dask_use():
    whole = pd.DataFrame({"a": [1.0, 2.0, 4.0, 9.0, 3.0]})
    parts = in_partitions(whole, [2])
    assert parts.a.skew(bias=False).compute() == pytest.approx(whole.a.skew())
    assert parts.a.kurtosis(bias=False, fisher=False).compute() == pytest.approx(whole.a.kurt() + 3)
    with pytest.raises(NotImplementedError, match=r"scipy\.stats\.kurtosis"):
        parts.kurtosis(bias=True)
