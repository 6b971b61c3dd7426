from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same

import weft.array as da


@settings(max_examples=40, deadline=None)
@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-4, 4).filter(bool), st.integers(1, 5))
def test_ranges_agree_with_numpy(start, stop, step, chunks):
    assert_same(da.arange(start, stop, step, chunks=chunks), np.arange(start, stop, step))
    assert_same(da.arange(start, stop, step, chunks=chunks)[::-2], np.arange(start, stop, step)[::-2])
    assert_same(da.arange(start, stop, step / 3, chunks=chunks), np.arange(start, stop, step / 3))


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex64", "bool", "M8[s]", "U3", object])
def test_constants_have_the_dtype_asked_for(dtype):
    assert_same(da.zeros((3, 2), dtype=dtype, chunks=2), np.full((3, 2), 0, dtype=dtype))


def test_full_takes_the_dtype_of_its_value():
    assert_same(da.full((2,), 7, chunks=1), np.full((2,), 7))
    assert_same(da.ones(3, chunks=2), np.ones(3))


def test_describing_a_million_chunks_makes_none_of_them():
    x = da.ones((10**6, 10**6), chunks=1) + 1
    assert "chunks" not in x.expr.__dict__
    assert x.numblocks == (10**6, 10**6)


def test_full_refuses_an_array_as_its_value():
    with pytest.raises(ValueError, match="scalar"):
        da.full((2, 2), [1, 2], chunks=1)


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="not below 0"):
        da.ones((2, -1), chunks=1)
