"""What masks select: lengths that are not known, and operations that can do without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indexes import same_values
from tests.array.strategies import chunked_arrays, chunks_of

import weft.array as da
from weft import config
from weft.array.ops.sizes import has_unknown


@settings(max_examples=80, deadline=None)
@given(chunked_arrays(min_dims=1), st.data(), st.sampled_from(["1B", "30B", "1GB"]))
def test_masks_over_some_axes_select_in_c_order(pair, data, chunk_size):
    whole, chunked = pair
    first = data.draw(st.integers(0, whole.ndim - 1))
    last = data.draw(st.integers(first + 1, whole.ndim))
    mask = data.draw(hnp.arrays(bool, whole.shape[first:last]))
    ours = da.from_array(mask, chunks=data.draw(chunks_of(mask.shape)))
    index = (slice(None),) * first
    with config.set({"array.chunk-size": chunk_size}):
        selected = chunked[(*index, ours)]
        same_values(selected, whole[(*index, mask)])
        same_values(chunked[(*index, mask)], whole[(*index, mask)])
        assert selected.compute_chunk_sizes().shape == whole[(*index, mask)].shape


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(min_dims=1, dtypes=st.just("int64")))
def test_all_that_a_mask_selects_reduces_without_order(pair):
    whole, chunked = pair
    assert int(chunked[chunked > 0].sum().compute()) == whole[whole > 0].sum()
    assert int((chunked * 2)[chunked > 0].sum().compute()) == (whole * 2)[whole > 0].sum()


def test_the_mean_of_what_a_mask_selects():
    x = da.from_array(np.arange(100.0).reshape(10, 10), chunks=3)
    assert x[x > 49].mean().compute() == 74.5
    assert x[x[:, 0] > 49].mean(axis=0).compute().tolist() == [70 + each for each in range(10)]


def test_numpys_masks_have_known_lengths():
    x = da.ones((6, 4), chunks=2)
    mask = np.zeros((6, 4), bool)
    mask[1:3] = True
    assert x[mask].shape == (8,)
    assert x[mask[:, 0]].chunks == ((1, 1), (2, 2))


def test_one_mask_selects_what_is_aligned():
    x, y = da.arange(10, chunks=3), da.arange(10, chunks=3) * 10
    mask = x % 2 == 0
    total = x[mask] + y[mask]
    assert has_unknown(total)
    assert has_unknown(da.nonzero(mask)[0] + x[mask])
    assert total.compute().tolist() == [0, 22, 44, 66, 88]
    assert (da.nonzero(mask)[0] - x[mask]).compute().tolist() == [0] * 5


def test_masks_of_what_was_masked():
    x = da.arange(20, chunks=6)
    once = x[x > 4]
    twice = once[once % 2 == 0]
    assert has_unknown(twice)
    assert twice.compute().tolist() == list(range(6, 20, 2))
    assert twice.sum().compute() == sum(range(6, 20, 2))


def test_lengths_are_counted_where_an_operation_needs_them():
    x = da.arange(20, chunks=6)
    big = x[x > 4]
    assert len(big) == 15
    same_values(big[2:5], [7, 8, 9])
    same_values(big[-1], np.int64(19))
    same_values(big[[0, -1]], [5, 19])
    same_values(big[::-1][:2], [19, 18])
    assert big[...].chunks == big.chunks
    assert [int(each.compute()) for each in x[x > 17]] == [18, 19]


def test_counting_computes_the_mask_and_nothing_else():
    def fail(block):
        if block.size:
            raise RuntimeError("not to be computed")
        return block

    x = da.arange(10, chunks=3)
    never = x.map_blocks(fail, dtype=x.dtype)
    selected = never[x > 4].compute_chunk_sizes()
    assert selected.chunks == ((0, 1, 3, 1),)
    assert "Sized" in str(selected.explain())


def test_full_slices_of_other_axes_keep_unknown_lengths():
    x = da.from_array(np.arange(12).reshape(6, 2), chunks=2)
    selected = x[x[:, 0] > 3]
    assert has_unknown(selected[:, 1])
    same_values(selected[:, 1], [5, 7, 9, 11])
    same_values(selected[:, ::-1], np.arange(12).reshape(6, 2)[2:, ::-1])
    same_values(selected[:, None, [1, 0]], np.arange(12).reshape(6, 2)[2:, None, [1, 0]])


def test_assignment_to_what_has_unknown_length():
    x = da.arange(10, chunks=3)
    big = x[x > 4]
    big[big % 2 == 0] = 0
    assert big.compute().tolist() == [5, 0, 7, 0, 9]
    big[:] = big + 1
    big[0] = 99
    assert big.compute().tolist() == [99, 1, 8, 1, 10]
    with pytest.raises(ValueError, match="cannot assign 2 input values"):
        x[x > 4] = [1, 2]


def test_masks_may_be_sparse():
    sparse = pytest.importorskip("sparse")
    whole = np.eye(6) + np.arange(6)
    x = da.from_array(whole, chunks=3).map_blocks(sparse.COO)
    chosen = x[x[:, 0] > 0]
    assert chosen.compute_chunk_sizes().shape == (1, 6)
    np.testing.assert_array_equal(chosen.compute().todense(), whole[whole[:, 0] > 0])
