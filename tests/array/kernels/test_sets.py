"""Distinct elements of blocks."""

from __future__ import annotations

import numpy as np
import pytest

from weft.array.kernels.sets import distinct, tally


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
@pytest.mark.parametrize("low", ["least", "middle", "most"])
def test_integers_that_lie_close_are_counted_as_numpy_finds_them(dtype, low):
    limits = np.iinfo(dtype)
    base = {"least": limits.min, "middle": (limits.min + limits.max) // 2, "most": limits.max - 90}[low]
    drawn = np.random.default_rng(0).integers(0, 91, 500)
    block = np.array([base + int(each) for each in drawn], dtype)
    values, firsts, counts = np.unique(block, return_index=True, return_counts=True)
    found = distinct(block, 10, True)
    assert tally(block) is not None
    assert found.values.dtype == values.dtype
    for made, expected in zip(found, (values, firsts + 10, counts), strict=True):
        np.testing.assert_array_equal(made, expected)


def test_all_bytes_and_distant_integers():
    block = np.arange(-128, 128).astype("int8")[::-1]
    np.testing.assert_array_equal(distinct(block, 0, True).firsts, np.arange(255, -1, -1))
    assert tally(np.array([0, 2**62, -(2**62)])) is None
    assert tally(np.array([], int)) is None
    assert tally(np.array([0.0, 1.0])) is None
