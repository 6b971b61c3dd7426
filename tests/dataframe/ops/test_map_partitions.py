"""Users' functions of partitions that give arrays or plain values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft
import weft.array as da
import weft.dataframe as dd
from weft.typing import no_default

WHOLE = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1.0, 2, 3, 4, 5]})


def in_parts():
    return dd.from_pandas(WHOLE, npartitions=2)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
@pytest.mark.parametrize("meta", [{}, {"meta": np.array([1.0])}])
def test_arrays_are_blocks_of_a_chunked_array(scheduler, meta):
    made = in_parts().map_partitions(lambda part: part.b.to_numpy() * 2, **meta)
    assert isinstance(made, da.Array)
    assert (made.dtype, made.ndim, made.numblocks) == ("float64", 1, (2,))
    np.testing.assert_array_equal(made.compute(scheduler=scheduler), WHOLE.b * 2)


def test_arrays_of_several_axes_go_on_as_arrays():
    made = in_parts().map_partitions(lambda part, factor: part.to_numpy() * factor, 3, token="scaled")
    assert made.chunks[1] == (2,)
    np.testing.assert_array_equal((made + 1).sum(axis=0).compute(), (WHOLE * 3 + 1).sum())
    rows = in_parts().map_partitions(lambda part: np.array([[part.a.min(), part.a.max()]]))
    assert rows.compute().tolist() == [[1, 2], [3, 5]]


def test_arrays_become_columns_of_the_frame_that_they_were_made_of():
    frame = in_parts()
    frame["c"] = frame[["a"]].map_partitions(lambda part: part.a.to_numpy() ** 2)
    chosen = frame[frame.a > 1]
    chosen["d"] = chosen.map_partitions(lambda part: part.c.to_numpy() + 1)
    wanted = WHOLE.assign(c=WHOLE.a**2)[WHOLE.a > 1]
    pd.testing.assert_frame_equal(chosen.compute(), wanted.assign(d=wanted.c + 1))


def test_matrices_of_scipy_are_blocks():
    sparse = pytest.importorskip("scipy.sparse")
    made = in_parts().map_partitions(lambda part: sparse.csr_matrix(part.to_numpy()))
    assert isinstance(made._meta, sparse.csr_matrix)
    np.testing.assert_array_equal(made.compute().toarray(), WHOLE.to_numpy())


@pytest.mark.parametrize("value", [(1, 2), [1, 2], {"a": 1}, "x", 5])
def test_plain_values_make_a_series_of_one_for_each_partition(value):
    made = in_parts().map_partitions(lambda part: value)
    assert made.compute().tolist() == [value, value]
    assert made.dtype == made.compute().dtype


def test_arrays_become_the_rows_that_the_meta_says():
    whole = pd.DataFrame({"a": np.arange(5.0), "b": 1.0}, index=list("vwxyz"))
    df = dd.from_pandas(whole, npartitions=2)
    predicted = df.map_partitions(lambda part: part.a.to_numpy() * 2, meta=("p", "float64"))
    pd.testing.assert_series_equal(predicted.compute(), (whole.a * 2).rename("p"))
    rows = df.map_partitions(lambda part: part.to_numpy() * 2, meta={"c": "float64", "d": "float64"})
    pd.testing.assert_frame_equal(rows.compute(), (whole * 2).set_axis(["c", "d"], axis=1))


def test_no_default_is_no_meta():
    df = dd.from_pandas(pd.DataFrame({"a": np.arange(5.0)}), npartitions=2)
    found = df.map_partitions(lambda part: part.a.to_numpy(), meta=no_default)
    np.testing.assert_array_equal(found.compute(), np.arange(5.0))


def more(part, number):
    return part + number


@pytest.mark.parametrize("kind", ["delayed", "array", "chain"])
def test_arrays_of_frames_that_share_a_delayed_argument(kind):
    three = {
        "delayed": lambda: weft.delayed(abs)(-3),
        "array": lambda: da.ones(3, chunks=2).sum(),
        "chain": lambda: weft.delayed(abs)(weft.delayed(abs)(-3)),
    }[kind]()
    b = in_parts().map_partitions(more, three, meta=WHOLE).b
    c = in_parts().map_partitions(more, weft.delayed(abs)(three), meta=WHOLE).b
    stacked = da.stack([(1 - b).values, b.values, c.values])
    expected = np.stack([1 - WHOLE.b - 3, WHOLE.b + 3, WHOLE.b + 3])
    number, found = weft.compute(three, stacked)
    assert number == 3
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(stacked.compute(), expected)
