"""Neighbours reduced to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


def reference(reduction, whole, factors):
    shape = []
    for length, factor in zip(whole.shape, factors, strict=True):
        shape += [length // factor, factor]
    trimmed = whole[tuple(slice(0, n // f * f) for n, f in zip(whole.shape, factors, strict=True))]
    return reduction(trimmed.reshape(shape), axis=tuple(range(1, 2 * whole.ndim, 2)))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=3, min_side=1, max_side=9), st.data())
def test_coarsen_agrees_with_reshaping_and_reducing(pair, data):
    whole, x = pair
    factors = [data.draw(st.integers(1, length)) for length in whole.shape]
    reduction = data.draw(st.sampled_from([np.sum, np.max, np.mean]))
    made = da.coarsen(reduction, x, dict(enumerate(factors)), trim_excess=True)
    assert_same(made, reference(reduction, whole, factors), exact=reduction is not np.mean)


def test_chunks_consist_of_whole_boxes():
    assert da.coarsen(np.sum, da.ones(20, chunks=5), {0: 2}).chunks == ((2,) * 5,)
    assert da.coarsen(np.sum, da.ones((10, 10), chunks=5), {0: 5}).chunks == ((1, 1), (5, 5))


def test_functions_of_weft_stand_for_numpys():
    assert_same(da.coarsen(da.sum, da.arange(6, chunks=3), {0: 3}), np.array([3, 12]))


@pytest.mark.parametrize(
    ("axes", "error"), [({0: 2}, ValueError), ({1: 2}, np.exceptions.AxisError), ({0: 0}, ValueError)]
)
def test_boxes_that_do_not_fit_are_refused(axes, error):
    with pytest.raises(error):
        da.coarsen(np.sum, da.ones(5, chunks=2), axes)
