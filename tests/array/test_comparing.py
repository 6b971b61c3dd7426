from __future__ import annotations

import numpy as np
import pytest

import weft.array as da
from weft.array.utils import assert_eq, meta_from_array

X = da.arange(6, chunks=4)


def test_equal_arrays_pass():
    assert assert_eq(X, np.arange(6))
    assert assert_eq(X + 0.5, np.arange(6) + 0.5, atol=1e-9)
    assert assert_eq(X[X > 2], np.arange(3, 6))
    assert assert_eq(np.array([np.nan, 1]), da.from_array(np.array([np.nan, 1]), chunks=1))
    assert assert_eq(da.from_array(np.array(["a", "b"]), chunks=1), np.array(["a", "b"]))
    assert assert_eq(da.ma.masked_equal(X, 2), np.ma.masked_equal(np.arange(6), 2))
    assert assert_eq(X.sum(), 15)
    assert assert_eq(X, np.arange(6.0), check_dtype=False)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (np.arange(6.0), "dtypes"),
        (np.arange(6)[None], "axes"),
        (np.arange(5), "shapes"),
        (np.arange(6)[::-1], "values"),
        (np.ma.masked_equal(np.arange(6), 2), "types"),
    ],
)
def test_what_differs_is_named(other, message):
    with pytest.raises(AssertionError, match=message):
        assert_eq(X, other)


def test_arrays_that_say_what_is_not_true_are_found_out():
    graph = {("a", 0): np.arange(2), ("a", 1): np.arange(3)}
    for said, dtype, message in [
        (((3, 2),), int, "chunks say"),
        (((2, 3),), float, "dtype"),
        (((2, 2),), int, "shape"),
    ]:
        with pytest.raises(AssertionError, match=message):
            assert_eq(
                da.Array(graph, "a", said, dtype=dtype), np.array([0, 1, 0, 1, 2]), check_dtype=message == "dtype"
            )


def test_nan_is_not_equal_unless_asked_for():
    with pytest.raises(AssertionError, match="values"):
        assert_eq(np.array([np.nan]), np.array([np.nan]), equal_nan=False)


@pytest.mark.parametrize("value", [X, np.ones((2, 3)), [1, 2], 5, None, np.ndarray, np.ma.ones(2), np.ma.MaskedArray])
def test_meta_has_no_elements(value):
    for ndim in (None, 0, 2):
        meta = meta_from_array(value, ndim, "f4")
        assert meta.dtype == np.float32
        assert meta.size == (1 if meta.ndim == 0 else 0)
        assert ndim is None or meta.ndim == ndim
    with pytest.raises(TypeError, match="stands for"):
        meta_from_array(object())
