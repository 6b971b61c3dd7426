"""Arrays side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, computed, graph_size

import weft.array as da


@st.composite
def families(draw, same_shape=False):
    """Arrays that can be joined along an axis, and the axis."""
    first, chunked = draw(chunked_arrays(min_dims=1, max_dims=3, max_side=5))
    axis = draw(st.integers(-first.ndim, first.ndim - 1))
    pairs = [(first, chunked)]
    for _ in range(draw(st.integers(0, 3))):
        shape = list(first.shape)
        if not same_shape:
            shape[axis] = draw(st.integers(0, 5))
        pairs.append(draw(chunked_arrays(shape=tuple(shape))))
    return [whole for whole, _ in pairs], [chunked for _, chunked in pairs], axis


@settings(max_examples=100, deadline=None)
@given(families())
def test_concatenate_agrees_with_numpy(family):
    wholes, arrays, axis = family
    assert_same(da.concatenate(arrays, axis), np.concatenate(wholes, axis))
    assert_same(da.concatenate(arrays, None), np.concatenate(wholes, None))


@settings(max_examples=60, deadline=None)
@given(families(same_shape=True), st.data())
def test_stack_agrees_with_numpy(family, data):
    wholes, arrays, _ = family
    axis = data.draw(st.integers(-wholes[0].ndim - 1, wholes[0].ndim))
    assert_same(da.stack(arrays, axis), np.stack(wholes, axis))


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(max_dims=4, max_side=4), chunked_arrays(max_dims=1, max_side=3))
def test_stacks_by_direction_agree_with_numpy(pair, other):
    whole, x = pair
    for name in ("vstack", "hstack", "dstack", "column_stack"):
        assert_same(getattr(da, name)([x, x]), getattr(np, name)([whole, whole]))
    assert_same(da.append(x, other[1]), np.append(whole, other[0]))


@settings(max_examples=60, deadline=None)
@given(families(), st.data())
def test_slices_of_joined_arrays_agree_with_numpy(family, data):
    wholes, arrays, axis = family
    whole, x = np.concatenate(wholes, axis), da.concatenate(arrays, axis)
    index = tuple(data.draw(st.slices(length)) for length in whole.shape)
    assert_same(x[index], whole[index])


def test_lists_arrays_and_scalars_may_be_joined():
    x = da.arange(3, chunks=2)
    assert_same(da.concatenate([x, [5, 6], np.array([1.5])]), np.concatenate([np.arange(3), [5, 6], [1.5]]))
    assert_same(da.hstack([1, x]), np.hstack([1, np.arange(3)]))
    assert_same(da.concatenate(da.ones((3, 2), chunks=1)), np.ones(6))


def test_joining_makes_no_tasks():
    x, y = da.ones((6, 4), chunks=2) * 2, da.zeros((4, 4), chunks=2) + 1
    assert graph_size(da.concatenate([x, y]).sum(split_every=100)) == graph_size(x, y) + 10 + 1
    assert graph_size(da.concatenate([x, x]).sum(split_every=100)) == graph_size(x) + 12 + 1


def test_only_what_a_slice_wants_is_made():
    parts = [da.ones((4, 4), chunks=2) + place for place in range(10)]
    x = da.concatenate(parts)
    assert graph_size(x[:4]) == 4
    assert graph_size(x[38:]) == 2
    assert_same(x[6:10:3], np.concatenate([np.ones((4, 4)) + place for place in range(10)])[6:10:3])
    assert_same(x[::-7], np.concatenate([np.ones((4, 4)) + place for place in range(10)])[::-7])


def test_dtypes_are_promoted_or_given():
    x, y = da.ones(2, dtype="i4", chunks=1), da.ones(2, dtype="f4", chunks=2)
    assert_same(da.concatenate([x, y]), np.concatenate([np.ones(2, "i4"), np.ones(2, "f4")]))
    assert_same(da.concatenate([x, y], dtype="f4"), np.ones(4, "f4"))
    assert_same(da.stack([x, y], dtype="i8", casting="unsafe"), np.ones((2, 2), "i8"))
    with pytest.raises(TypeError, match="Cannot cast"):
        da.concatenate([x, y], dtype="i4")
    out = da.zeros(4, dtype="f8", chunks=2)
    assert da.concatenate([x, y], out=out) is out
    assert_same(out, np.ones(4))


@pytest.mark.parametrize(
    ("shapes", "axis", "error"),
    [
        (((2,), (2, 2)), 0, ValueError),
        (((2, 3), (2, 2)), 0, ValueError),
        (((2,), (2,)), 1, np.exceptions.AxisError),
        (((), ()), 0, ValueError),
        ((), 0, ValueError),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(shapes, axis, error):
    with pytest.raises(error):
        da.concatenate([da.ones(shape, chunks=-1) for shape in shapes], axis)


def test_stacks_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="same shape"):
        da.stack([da.ones(2, chunks=1), da.ones(3, chunks=1)])
    with pytest.raises(TypeError, match="sequence"):
        da.stack(5)


def test_very_many_tiny_parts_become_few_chunks():
    parts = [da.ones(3, chunks=3) * place for place in range(1000)]
    whole = np.repeat(np.arange(1000.0), 3)
    assert da.concatenate(parts).npartitions == 1
    assert da.concatenate(parts[:100]).npartitions == 100
    np.testing.assert_array_equal(computed(da.concatenate(parts)), whole)
    np.testing.assert_array_equal(computed(da.stack(parts)), whole.reshape(1000, 3))


def test_block_agrees_with_numpy():
    a, b = np.arange(6).reshape(2, 3), np.arange(4).reshape(2, 2)
    x, y = da.from_array(a, chunks=1), da.from_array(b, chunks=2)
    assert_same(da.block([[x, y], [y, x]]), np.block([[a, b], [b, a]]))
    assert_same(da.block([x, y]), np.block([a, b]))
    assert_same(da.block([1, 2, [3][0]]), np.block([1, 2, 3]))
    assert_same(da.block([[x[0]], [x]]), np.block([[a[0]], [a]]))
    assert_same(da.block(x), a)
    for wrong, error in [([[x], y], ValueError), ((x, y), TypeError), ([[], [x]], ValueError), ([], ValueError)]:
        with pytest.raises(error):
            da.block(wrong)


def test_arrays_of_unknown_length_are_joined_without_counting():
    x, y = rows_of("x", BLOCKS, "joined x"), rows_of("y", BLOCKS[::-1], "joined y")
    both = da.concatenate([x, y, da.ones((1, 2), chunks=1)])
    assert np.isnan(both.shape[0])
    assert x.expr.grid[0].lengths is None
    expected = np.concatenate([WHOLE, *BLOCKS[::-1], np.ones((1, 2))])
    np.testing.assert_array_equal(both.compute(), expected)
    assert both.compute_chunk_sizes().chunks == ((3, 1, 1, 3, 1), (2,))
    np.testing.assert_array_equal(da.vstack([x, y]).compute(), expected[:-1])


def test_unknown_lengths_of_other_axes_are_equal_counted_or_trusted():
    x, y = rows_of("x", BLOCKS, "other x"), rows_of("y", BLOCKS, "other y")
    twice = da.stack([x, x * 2])
    assert np.isnan(twice.shape[1])
    np.testing.assert_array_equal(twice.compute(), np.stack([WHOLE, WHOLE * 2]))
    trusted = da.concatenate([x, y], axis=1, allow_unknown_chunksizes=True)
    assert np.isnan(trusted.shape[0])
    np.testing.assert_array_equal(trusted.compute(), np.concatenate([WHOLE, WHOLE], axis=1))
    assert_same(da.concatenate([x, y], axis=1), np.concatenate([WHOLE, WHOLE], axis=1))


@pytest.mark.parametrize("kind", ["O", "U3", "M8[s]", "m8[ms]", [("a", "i4"), ("b", "f8")]])
def test_any_dtype_can_be_joined(kind):
    whole = np.arange(6).astype("i4").astype(kind)
    x = da.from_array(whole, chunks=4)
    assert_same(da.concatenate([x, x]).rechunk(5), np.concatenate([whole, whole]))
    assert_same(da.stack([x, x]), np.stack([whole, whole]))


def test_text_of_different_lengths_becomes_long_enough():
    short, long = np.array(["a", "b"]), np.array(["ccc"])
    joined = da.concatenate([da.from_array(short, chunks=1), da.from_array(long, chunks=1)])
    assert_same(joined, np.concatenate([short, long]))


def test_masked_and_sparse_blocks_stay_what_they_are():
    masked = np.ma.masked_greater(np.arange(6), 3)
    x = da.from_array(masked, chunks=2)
    made = da.concatenate([x, x]).rechunk(5).compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(made), np.ma.getmaskarray(np.ma.concatenate([masked, masked])))
    sparse = pytest.importorskip("sparse")
    dense = np.eye(6)
    y = da.from_array(dense, chunks=3).map_blocks(sparse.COO.from_numpy, meta=sparse.COO.from_numpy(np.eye(0)))
    joined = da.concatenate([y, y]).rechunk((5, 2))
    assert isinstance(joined.compute(), sparse.COO)
    np.testing.assert_array_equal(joined.compute().todense(), np.concatenate([dense, dense]))
    np.testing.assert_array_equal(y.reshape(4, 9).compute().todense(), dense.reshape(4, 9))


def test_processes_compute_joined_arrays():
    x = da.concatenate([da.ones((4, 4), chunks=2), da.zeros((4, 4), chunks=4)]).rechunk((3, 2))
    expected = np.concatenate([np.ones((4, 4)), np.zeros((4, 4))])
    np.testing.assert_array_equal(x.compute(scheduler="processes", num_workers=2), expected)


def test_bytes_in_another_order_stay_so_but_where_arrays_are_joined():
    a = np.arange(6, dtype=">i4")
    x = da.from_array(a, chunks=4)
    assert x[::-1].compute().dtype == a.dtype
    joined = da.concatenate([x, x])
    assert joined.dtype == joined.compute().dtype == np.concatenate([a, a]).dtype


@pytest.mark.parametrize("function", [da.vstack, da.hstack, da.dstack, da.column_stack])
def test_generators_are_refused_as_numpy_refuses_them(function):
    with pytest.raises(TypeError, match="sequence"):
        function(da.ones(2) for _ in range(2))
