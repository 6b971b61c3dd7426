"""Chunks that look into their neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of, graph_size

import weft
import weft.array as da

MODES = {"reflect": "symmetric", "periodic": "wrap", "nearest": "edge"}


def neighbours(block):
    """Each element with those around it: what a stencil looks at."""
    padded = np.pad(block, 1)
    return sum(
        padded[1 + i : padded.shape[0] - 1 + i, 1 + j : padded.shape[1] - 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)
    )


@settings(max_examples=40)
@given(
    chunked_arrays(min_dims=2, max_dims=2, min_side=2, max_side=8, dtypes=st.sampled_from(["int64", "float64"])),
    st.sampled_from([*MODES, "none", 7]),
)
def test_a_stencil_gives_what_it_gives_for_the_whole(pair, boundary):
    whole, chunked = pair
    if boundary == "none":
        expected = neighbours(whole)
    else:
        mode = {"mode": MODES[boundary]} if boundary in MODES else {"mode": "constant", "constant_values": boundary}
        expected = neighbours(np.pad(whole, 1, **mode))[1:-1, 1:-1]
    assert_same(chunked.map_overlap(neighbours, depth=1, boundary=boundary, dtype=whole.dtype), expected)


@settings(max_examples=40)
@given(st.data())
def test_overlapping_and_trimming_gives_the_array_back(data):
    whole, chunked = data.draw(chunked_arrays(min_dims=1, min_side=3))
    depth = {axis: data.draw(st.integers(0, 3)) for axis in range(whole.ndim)}
    boundary = data.draw(st.sampled_from([*MODES, "none", 0]))
    extended = da.overlap.overlap(chunked, depth, boundary)
    assert extended.compute().shape == extended.shape
    assert_same(da.overlap.trim_overlap(extended, depth, boundary), whole)


def test_what_a_chunk_takes_over_can_differ_before_and_after():
    x = da.arange(6, chunks=2)
    extended = da.overlap.overlap(x, {0: (1, 0)}, "none")
    assert extended.chunks == ((2, 3, 3),)
    assert_same(extended, np.array([0, 1, 1, 2, 3, 3, 4, 5]))
    assert_same(da.overlap.overlap(x, {0: (0, 2)}, "periodic"), np.array([0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 0, 1]))


def test_several_arrays_have_depths_of_their_own():
    x, y = da.arange(12, chunks=4), da.arange(12, chunks=3)
    made = da.map_overlap(lambda a, b: a + np.pad(b, 1), x, y, depth=[1, 0], boundary=[0, "none"], dtype=int)
    assert_same(made, np.arange(12) * 2)


def test_one_step_of_a_stencil_is_one_task_for_each_chunk():
    x = da.ones((40, 40), chunks=10)
    for _ in range(5):
        x = x.map_overlap(neighbours, depth=1, boundary="periodic", dtype=float)
    assert graph_size(x) == 5 * 16


def test_chunks_shorter_than_the_depth_are_joined_unless_that_is_refused():
    x = da.arange(10, chunks=2)
    assert da.overlap.overlap(x, 3, "none").numblocks[0] < 5
    with pytest.raises(ValueError, match="smallest chunk"):
        da.overlap.overlap(x, 3, "none", allow_rechunk=False)
    with pytest.raises(ValueError, match="larger than your array"):
        da.overlap.overlap(x, 11, "none")
    with pytest.raises(ValueError, match="none of"):
        da.overlap.overlap(x, 1, "mirror")


@settings(max_examples=40)
@given(st.data())
def test_windows_are_those_of_numpy(data):
    whole, chunked = data.draw(chunked_arrays(min_dims=1, min_side=1))
    axes = data.draw(
        st.lists(st.integers(-whole.ndim, whole.ndim - 1), min_size=1, max_size=2, unique_by=lambda a: a % whole.ndim)
    )
    window = tuple(data.draw(st.integers(1, whole.shape[axis])) for axis in axes)
    ours = da.overlap.sliding_window_view(chunked, window, tuple(axes))
    assert_same(ours, np.lib.stride_tricks.sliding_window_view(whole, window, tuple(axes)))


def test_windows_are_never_copied_where_they_are_reduced():
    x = da.ones(1_000_000, chunks=100_000)
    windows = da.overlap.sliding_window_view(x, 1000)
    assert windows.expr.lower().nbytes < 2_000_000
    assert float(windows.max(-1).sum().compute()) == 999_001


@settings(max_examples=30)
@given(chunked_arrays(min_dims=1, max_dims=2, min_side=2), st.integers(1, 2), st.sampled_from([*MODES, 3]))
def test_boundaries_are_those_of_padding(pair, depth, kind):
    whole, chunked = pair
    mode = {"mode": MODES[kind]} if kind in MODES else {"mode": "constant", "constant_values": kind}
    assert_same(da.overlap.boundaries(chunked, depth, kind), np.pad(whole, depth, **mode))


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("boundary", [np.nan, 2.7, 300, -1])
@pytest.mark.parametrize("dtype", ["i4", "u1", "f4", "M8[D]"])
def test_boundaries_that_do_not_fit_are_cast_as_padding_casts_them(dtype, boundary):
    whole = np.arange(6).astype(dtype)
    told = da.overlap.overlap(da.from_array(whole, chunks=6), 1, boundary)
    assert_same(told, da.pad(da.from_array(whole, chunks=3), 1, constant_values=boundary).compute())


@settings(max_examples=10)
@given(st.data())
def test_masked_blocks_keep_their_masks(data):
    whole = np.ma.masked_greater(np.arange(20).reshape(4, 5), 12)
    chunked = da.from_array(whole.filled(0), chunks=data.draw(chunks_of(whole.shape))).map_blocks(
        np.ma.masked_equal, 0, dtype=whole.dtype
    )
    extended = da.overlap.overlap(chunked, 1, "nearest").compute()
    assert isinstance(extended, np.ma.MaskedArray)


def test_other_axes_are_cut_finer_where_windows_would_make_chunks_too_large():
    x = da.ones((400, 300, 400), chunks=(-1, -1, 1))
    windows = da.overlap.sliding_window_view(x, 100, axis=2)
    assert windows.chunks[2] == (99, 99, 99, 4)
    limit = max(weft.config.value("array.chunk-size"), 400 * 300 * 99 * 8)
    assert np.prod(windows.chunksize) * 8 <= limit
    assert da.overlap.sliding_window_view(x, 100, axis=2, automatic_rechunk=False).chunksize == (400, 300, 99, 100)


@pytest.mark.parametrize("boundary", ["reflect", 0.0])
def test_functions_that_cut_borders_off_themselves_give_the_array_in_its_chunks(boundary):
    whole = np.arange(48.0).reshape(6, 8)
    chunked = da.from_array(whole, chunks=(3, 4))

    def summed(block):
        return np.lib.stride_tricks.sliding_window_view(block, (3, 1)).sum((2, 3))

    found = chunked.map_overlap(summed, depth={0: 1}, boundary=boundary, trim=False, meta=np.array(()))
    assert found.chunks == chunked.chunks
    padded = np.pad(whole, ((1, 1), (0, 0)), "symmetric" if boundary == "reflect" else "constant")
    np.testing.assert_array_equal(found.compute(), summed(padded))
    np.testing.assert_array_equal(found[2:5].compute(), summed(padded)[2:5])


def test_functions_that_cut_borders_off_may_drop_the_first_axis():
    whole = np.arange(48.0).reshape(6, 8)
    chunked = da.from_array(whole, chunks=(6, 4))
    found = chunked.map_overlap(lambda block: block.sum(0), depth={0: 0, 1: 0}, trim=False, drop_axis=0, dtype=float)
    assert found.chunks == ((4, 4),)
    np.testing.assert_array_equal(found.compute(), whole.sum(0))
