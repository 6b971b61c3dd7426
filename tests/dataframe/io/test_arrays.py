from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from tests.dataframe.columns import cut_frames, in_partitions

import weft.dataframe as dd


@settings(max_examples=30, deadline=None)
@given(cut_frames(("int64", "float64", "bool", "str"), min_size=1))
def test_values_are_those_of_pandas(pair):
    whole, parts = pair
    found = parts.values
    assert pd.DataFrame(found.compute(scheduler="sync")).equals(pd.DataFrame(whole.to_numpy()))
    assert found.dtype == whole.to_numpy().dtype
    column = parts.c0.to_dask_array(lengths=True)
    assert sum(column.chunks[0]) == len(whole)
    assert pd.Series(column.compute(scheduler="sync")).equals(pd.Series(whole.c0.to_numpy()))
    np.testing.assert_array_equal(parts.index.values.compute(scheduler="sync"), whole.index.to_numpy())


def test_numbers_that_may_be_missing_are_floats():
    parts = in_partitions(pd.DataFrame({"a": pd.Series([1, None, 3], dtype="Int64")}), [1])
    assert parts.values.dtype == np.float64
    np.testing.assert_array_equal(parts.a.values.compute(scheduler="sync"), [1, np.nan, 3])


def test_rows_are_records():
    whole = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    for index in (False, True):
        found = in_partitions(whole, [2]).to_records(index=index, lengths=True)
        np.testing.assert_array_equal(found.compute(scheduler="sync"), whole.to_records(index=index))


def test_records_have_the_labels_of_rows_unless_told_otherwise():
    whole = pd.DataFrame({"a": [1, 2, 3]}, index=pd.Index([5, 6, 7], name="n"))
    found = in_partitions(whole, [2]).to_records()
    assert found.dtype.names == ("n", "a")
    np.testing.assert_array_equal(found.compute(scheduler="sync"), whole.to_records())


def test_arrays_go_on_being_computed_with():
    parts = in_partitions(pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}), [1])
    assert parts.values.sum(axis=0).compute(scheduler="sync").tolist() == [6, 15]
    assert parts.to_dask_array(lengths=[1, 2])[2, 1].compute(scheduler="sync") == 6


def test_wrong_lengths_are_refused():
    parts = in_partitions(pd.DataFrame({"a": [1, 2]}), [1])
    with pytest.raises(ValueError, match="number of partitions"):
        parts.to_dask_array(lengths=[1])
    with pytest.raises(TypeError, match="takes a frame"):
        dd.to_records(parts.a)


@pytest.mark.parametrize(
    "options",
    [
        {"column_dtypes": {"a": "int8", "b": "f4"}},
        {"column_dtypes": {"c": "S3"}},
        {"index_dtypes": "i2"},
        {"column_dtypes": "O", "index": False},
    ],
)
def test_fields_of_records_have_the_types_that_are_asked_for(options):
    whole = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, 2, 3], "c": ["x", "yy", "z"]})
    found, expected = dd.from_pandas(whole, npartitions=2).to_records(**options), whole.to_records(**options)
    assert found.dtype == expected.dtype
    assert found.compute().tolist() == expected.tolist()
