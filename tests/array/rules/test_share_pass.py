"""One pass for a variance and the mean beside it."""

from __future__ import annotations

import numpy as np
import pytest

import weft
import weft.array as da
from weft.physical.rewrite import lowered
from weft.physical.tree_reduce import TreeReduce


def partials(*arrays):
    """What the reductions of a forest are made of, by identity."""
    roots = lowered([each.expr for each in arrays])
    assert all(isinstance(root, TreeReduce) for root in roots)
    return {root.source.identity for root in roots}


@pytest.fixture
def x():
    return da.random.default_rng(0).random((10**7, 64), chunks=(10**6, 32))


def test_the_mean_beside_a_deviation_takes_no_pass_of_its_own(x):
    assert len(partials(x.mean(0), x.std(0), x.var(0, ddof=1), x.sum(0), x.mean(0, keepdims=True))) == 1


def test_other_axes_other_types_and_other_kinds_keep_their_own(x):
    assert len(partials(x.mean(0), x.std(1))) == 2
    assert len(partials(x.mean(0), x.std(0, dtype="float32"))) == 2
    assert len(partials(x.mean(0), x.sum(0))) == 2
    assert len(partials(x.max(0), x.std(0))) == 2


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
def test_results_are_those_of_separate_passes(dtype, axis):
    whole = (np.random.default_rng(1).random((50, 9)) * 9).astype(dtype)
    x = da.from_array(whole, chunks=(11, 4))
    asked = [x.mean(axis), x.std(axis), x.var(axis, ddof=1), x.sum(axis)]
    for made, array in zip(weft.compute(*asked), asked, strict=True):
        alone = array.compute(optimize_graph=False)
        assert made.dtype == alone.dtype
        np.testing.assert_allclose(made, alone, rtol=1e-3 if np.dtype(dtype).itemsize == 2 else 1e-5)


def test_infinite_values_leave_the_mean_infinite():
    x = da.from_array(np.array([np.inf, 1.0, np.inf, 2.0]), chunks=1)
    with np.errstate(invalid="ignore"):
        mean, deviation = weft.compute(x.mean(), x.std(), scheduler="inline")
    assert mean == np.inf
    assert np.isnan(deviation)


def test_wide_arrays_agree_by_tiles_of_whole_rows():
    whole = np.random.default_rng(2).random((60, 5000)).cumsum(0)
    x = da.from_array(whole, chunks=(30, 5000))
    mean, deviation = weft.compute(x.mean(0), x.std(0))
    np.testing.assert_allclose(mean, whole.mean(0), rtol=1e-13)
    np.testing.assert_allclose(deviation, whole.std(0), rtol=1e-12)
