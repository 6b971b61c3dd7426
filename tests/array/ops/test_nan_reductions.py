"""Reductions that leave out NaN."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_near, chunked_arrays, chunks_of

import weft.array as da

NAMES = st.sampled_from(["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax"])


@st.composite
def with_nans(draw):
    whole, _ = draw(
        chunked_arrays(dtypes=st.sampled_from(["float64", "float32", "complex128", "int64"]), min_dims=1, min_side=1)
    )
    if whole.dtype.kind in "fc":
        whole = np.where(np.abs(whole) < draw(st.integers(0, 20)), np.nan, whole).astype(whole.dtype)
    return whole, da.from_array(whole, chunks=draw(chunks_of(whole.shape)))


@settings(max_examples=80, deadline=None)
@given(with_nans(), NAMES, st.booleans(), st.data())
def test_nan_counts_for_nothing(pair, name, keepdims, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = getattr(np, name)(whole, axis=axis, keepdims=keepdims)
        ours = getattr(da, name)(chunked, axis=axis, keepdims=keepdims, split_every=2)
        assert_near(ours, expected, whole.dtype)


@pytest.mark.parametrize(
    ("name", "message"), [("nanmean", "Mean of empty"), ("nanvar", "Degrees of freedom"), ("nanmax", "All-NaN slice")]
)
def test_nothing_but_nan_gives_nan_with_numpys_warning(name, message):
    whole = np.array([[np.nan, 1.0], [np.nan, 2.0]])
    with pytest.warns(RuntimeWarning, match=message):
        result = getattr(da, name)(da.from_array(whole, chunks=1), axis=0).compute(scheduler="sync")
    assert np.isnan(result[0])
    assert not np.isnan(result[1])


def test_large_blocks_are_reduced_in_tiles_with_the_same_result():
    whole = np.random.default_rng(0).random((600, 500))
    whole[::7, 5] = np.nan
    whole[3] = np.nan
    chunked = da.from_array(whole, chunks=(400, 500))
    for name in ("nanmean", "nanstd", "nansum"):
        np.testing.assert_allclose(
            getattr(da, name)(chunked * 2 + 1, axis=0).compute(), getattr(np, name)(whole * 2 + 1, axis=0)
        )
