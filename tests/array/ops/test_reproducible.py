"""Reductions with the same bits for any chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunks_of

import weft.array as da
from weft.array.kernels.reproducible import reduced_runs

WHOLE = np.random.default_rng(0).normal(size=(9000, 5)) * 10.0 ** np.random.default_rng(1).integers(-8, 9, (9000, 5))


@settings(max_examples=40, deadline=None)
@given(
    chunks_of(WHOLE.shape),
    chunks_of(WHOLE.shape),
    st.sampled_from(["sum", "mean", "var", "std", "prod", "nansum", "nanmean", "nanstd"]),
    st.sampled_from([None, 0, 1]),
    st.sampled_from(["float64", "float32", "complex128"]),
)
def test_chunks_do_not_change_a_bit(chunks, others, name, axis, dtype):
    whole = (WHOLE % 1.01).astype(dtype) if name == "prod" else WHOLE.astype(dtype)
    results = [
        np.asarray(
            getattr(da, name)(da.from_array(layout, chunks=cut), axis=axis, reproducible=True).compute(
                scheduler=scheduler
            )
        ).tobytes()
        for layout, cut, scheduler in [
            (whole, chunks, "sync"),
            (np.asfortranarray(whole), others, "threads"),
            (whole, -1, "sync"),
        ]
    ]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("name", ["sum", "mean", "std", "nanvar"])
@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_the_result_is_numpys_but_for_rounding(name, axis):
    ours = getattr(da, name)(da.from_array(WHOLE, chunks=(700, 2)), axis=axis, reproducible=True, keepdims=True)
    expected = getattr(np, name)(WHOLE, axis=axis, keepdims=True)
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours.compute(), expected, rtol=1e-9)


def test_masks_and_small_dtypes_are_as_elsewhere():
    whole = np.arange(10.0).astype("float16")
    mask = whole > 3
    ours = da.from_array(whole, chunks=3).mean(where=mask, reproducible=True)
    assert ours.dtype == np.float16
    assert ours.compute() == whole.mean(where=mask)


def test_how_a_run_lies_in_memory_does_not_matter():
    block = WHOLE[:4096]
    beside = [reduced_runs(part, np.add, 0, 4096, block.dtype)[0, 0] for part in (block, block[:, :1], block[:, :3])]
    copied = reduced_runs(np.asfortranarray(block), np.add, 0, 4096, block.dtype)[0, 0]
    assert len({value.tobytes() for value in [*beside, copied]}) == 1
