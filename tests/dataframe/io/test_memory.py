from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft.array as da
import weft.dataframe as dd


class Sliceable:
    """What can be sliced, and is no array."""

    def __init__(self, values):
        self.values = values
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        return self.values[key]


def test_dicts_and_records():
    data = {"a": [1, 2, 3], "b": list("xyz")}
    assert_same(dd.from_dict(data, npartitions=2), pd.DataFrame(data))
    assert_same(dd.DataFrame.from_dict(data, npartitions=2), pd.DataFrame(data))
    rows = {"r1": [1, 2], "r2": [3, 4]}
    assert_same(
        dd.from_dict(rows, 2, orient="index", columns=["p", "q"], dtype="float64"),
        pd.DataFrame.from_dict(rows, orient="index", columns=["p", "q"], dtype="float64"),
    )
    assert_same(
        dd.from_records([(1, "x"), (2, "y")], columns=["a", "b"], npartitions=2),
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    )
    with pytest.raises(NotImplementedError, match="lazy"):
        dd.from_dict({"a": da.arange(3, chunks=2)}, npartitions=1)


@pytest.mark.parametrize("wrap", [np.asarray, Sliceable])
def test_arrays(wrap):
    table = np.arange(12.0).reshape(6, 2)
    ours = dd.from_array(wrap(table), chunksize=4, columns=["p", "q"])
    assert ours.npartitions == 2
    assert ours.divisions == (0, 4, 5)
    assert_same(ours, pd.DataFrame(table, columns=["p", "q"]))
    assert_same(dd.from_array(wrap(table)), pd.DataFrame(table))
    assert_same(dd.from_array(wrap(table[:, 0]), chunksize=2, columns="z"), pd.Series(table[:, 0], name="z"))
    records = np.array([(1, 2.0), (3, 4.0)], dtype=[("i", "i8"), ("f", "f8")])
    assert_same(dd.from_array(wrap(records), chunksize=1), pd.DataFrame(records))
    for options in [{"columns": ["p"]}, {"chunksize": 0}]:
        with pytest.raises(ValueError, match=r"columns|chunksize"):
            dd.from_array(wrap(table), **options)
    with pytest.raises(ValueError, match="one or two axes"):
        dd.from_array(wrap(table.reshape(3, 2, 2)))


def test_chunked_arrays():
    table = np.arange(12.0).reshape(6, 2)
    ours = dd.from_array(da.from_array(table, chunks=(4, 1)), columns=["p", "q"])
    assert ours.divisions == (0, 4, 5)
    assert_same(ours, pd.DataFrame(table, columns=["p", "q"]))
    numbers = da.arange(6, chunks=2)
    assert_same(dd.from_dask_array(numbers, columns="n"), pd.Series(np.arange(6), name="n"))
    assert_same(dd.from_dask_array(numbers, columns="n", meta=pd.DataFrame()), pd.Series(np.arange(6), name="n"))
    labelled = dd.from_dask_array(numbers, columns="n", index=dd.from_pandas(pd.Series(list("abcdef")), npartitions=3))
    assert labelled.compute(scheduler="sync").index.tolist() == list("abcdef")
    some = numbers[numbers > 2]
    assert sorted(dd.from_array(some).compute(scheduler="sync")) == [3, 4, 5]
    with pytest.raises(ValueError, match="partitions"):
        dd.from_dask_array(numbers, index=dd.from_pandas(pd.Series(list("abcdef")), npartitions=2))


def test_graphs():
    whole = pd.DataFrame({"a": range(4)})
    layer = {("q", 0): whole.iloc[:2], ("q", 1): (pd.DataFrame.head, whole.iloc[2:], 1)}
    ours = dd.from_graph(layer, whole.iloc[:0], (None,) * 3, [("q", 0), ("q", 1)], "mine")
    assert not ours.known_divisions
    assert ours.a.sum().compute(scheduler="sync") == 3


def test_arrays_become_frames_by_their_own_method():
    numbers = np.arange(12.0).reshape(6, 2)
    made = da.from_array(numbers, chunks=(2, 2)).to_dask_dataframe(columns=["a", "b"])
    assert made.npartitions == 3
    pd.testing.assert_frame_equal(made.compute(), pd.DataFrame(numbers, columns=["a", "b"]))
    pd.testing.assert_series_equal(
        da.from_array(numbers[:, 0], chunks=4).to_dask_dataframe("a").compute(), pd.Series(numbers[:, 0], name="a")
    )
