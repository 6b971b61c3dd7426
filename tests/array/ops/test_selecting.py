"""`take`, `compress`, `nonzero` and their neighbours against NumPy."""

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


def maybe_chunked(data, whole):
    return da.from_array(whole, chunks=data.draw(chunks_of(whole.shape))) if data.draw(st.booleans()) else whole


@settings(max_examples=80, deadline=None)
@given(
    chunked_arrays(min_side=1), st.data(), st.sampled_from(["raise", "wrap", "clip"]), st.sampled_from(["1B", "1GB"])
)
def test_take_agrees_with_numpy(pair, data, mode, chunk_size):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1)) if whole.ndim else None
    length = whole.size if axis is None else whole.shape[axis]
    low, high = (-length, length - 1) if mode == "raise" else (-20, 20)
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=5))
    indices = data.draw(hnp.arrays("int64", shape, elements=st.integers(low, high)))
    with config.set({"array.chunk-size": chunk_size}):
        same_values(
            da.take(chunked, maybe_chunked(data, indices), axis, mode=mode), np.take(whole, indices, axis, mode=mode)
        )


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(), st.data())
def test_places_of_what_is_not_zero_agree_with_numpy(pair, data):
    whole, chunked = pair
    whole, chunked = (
        whole % 3 if whole.dtype.kind not in "bc" else whole,
        chunked % 3 if whole.dtype.kind not in "bc" else chunked,
    )
    same_values(da.argwhere(chunked), np.argwhere(whole))
    same_values(da.flatnonzero(chunked), np.flatnonzero(whole))
    if whole.ndim:
        for ours, expected in zip(da.nonzero(chunked), np.nonzero(whole), strict=True):
            same_values(ours, expected)


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1), st.data())
def test_compress_and_extract_agree_with_numpy(pair, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1))
    length = whole.size if axis is None else whole.shape[axis]
    condition = data.draw(hnp.arrays(bool, data.draw(st.integers(0, length))))
    same_values(da.compress(maybe_chunked(data, condition), chunked, axis), np.compress(condition, whole, axis))
    mask = data.draw(hnp.arrays(bool, whole.shape))
    same_values(da.extract(maybe_chunked(data, mask), chunked), np.extract(mask, whole))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.data(), st.sampled_from(["1B", "1GB"]))
def test_taking_and_putting_along_an_axis_agree_with_numpy(pair, data, chunk_size):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    shape = [1 if data.draw(st.booleans()) else length for length in whole.shape]
    shape[axis] = data.draw(st.integers(0, 4))
    length = whole.shape[axis]
    indices = data.draw(hnp.arrays("int64", shape, elements=st.integers(-length, length - 1)))
    with config.set({"array.chunk-size": chunk_size}):
        ours = da.take_along_axis(chunked, maybe_chunked(data, indices), axis)
        same_values(ours, np.take_along_axis(whole, indices, axis))
        expected = whole.copy()
        np.put_along_axis(expected, indices, 1, axis)
        da.put_along_axis(chunked, maybe_chunked(data, indices), 1, axis)
        same_values(chunked, expected)


def test_put_along_axis_takes_an_array_of_values():
    whole = np.zeros((4, 3))
    x = da.zeros((4, 3), chunks=2)
    indices, values = np.array([[2, 0]] * 4), np.arange(8.0).reshape(4, 2)
    np.put_along_axis(whole, indices, values, 1)
    da.put_along_axis(x, indices, values, 1)
    same_values(x, whole)
    np.put_along_axis(whole, np.array([11, 0]), 9, None)
    da.put_along_axis(x, np.array([11, 0]), 9, None)
    same_values(x, whole)


@pytest.mark.parametrize(
    ("shape", "others", "axis"), [((3, 4, 1), (1, 2, 5), 1), ((1, 4, 1), (3, 2, 5), 1), ((1, 4), (3, 2), -1)]
)
def test_lines_of_one_element_are_put_from_all_that_they_are_broadcast_to(shape, others, axis):
    whole = np.zeros(shape)
    x = da.from_array(whole, chunks=2)
    indices = np.arange(np.prod(others)).reshape(others) * 7 % shape[axis]
    for values in (9, indices + 0.5, np.arange(others[-1])):
        np.put_along_axis(whole, indices, values, axis)
        da.put_along_axis(x, indices, values, axis)
        same_values(x, whole)


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(), st.data())
def test_delete_and_insert_agree_with_numpy(pair, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1)) if whole.ndim else None
    length = whole.size if axis is None else whole.shape[axis]
    kinds = [st.slices(length), hnp.arrays(bool, length)]
    if length:
        kinds += [st.integers(-length, length - 1), st.lists(st.integers(-length, length - 1), max_size=4)]
    obj = data.draw(st.one_of(*kinds))
    same_values(da.delete(chunked, obj, axis), np.delete(whole, obj, axis))
    places = data.draw(st.integers(-length, length) | st.lists(st.integers(-length, length), max_size=4))
    same_values(da.insert(chunked, places, 7, axis), np.insert(whole, places, 7, axis))


@pytest.mark.parametrize(
    ("obj", "values", "axis"),
    [
        (1, [10, 20, 30], 0), (1, [10, 20], 1), ([1, 1, 0], [[1], [2], [3]], 0), ([1], [[1, 2, 3], [4, 5, 6]], 0),
        (slice(0, 2), [[1, 2, 3]], 0), ([0, 2], [[7, 8]], 1), (-1, 5, None), ([0, 6], [1, 2], None), (2, [[1, 2, 3]], 0),
        (np.array([True, False]), 4, 0),
    ],
)  # fmt: skip
def test_inserted_values_are_broadcast_as_numpy_does(obj, values, axis):
    whole = np.arange(6).reshape(2, 3)
    chunked = da.from_array(whole, chunks=2)
    same_values(da.insert(chunked, obj, values, axis), np.insert(whole, obj, values, axis))
    same_values(da.insert(chunked, obj, da.asarray(values), axis), np.insert(whole, obj, values, axis))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["C", "F"]))
def test_linear_places_and_coordinates_agree_with_numpy(data, order):
    shape = data.draw(hnp.array_shapes(max_dims=3, min_side=1, max_side=5))
    count = int(np.prod(shape))
    linear = data.draw(hnp.arrays("int64", data.draw(hnp.array_shapes(max_dims=2)), elements=st.integers(0, count - 1)))
    expected = np.unravel_index(linear, shape, order)
    chunked = da.from_array(linear, chunks=data.draw(chunks_of(linear.shape)))
    for ours, each in zip(da.unravel_index(chunked, shape, order), expected, strict=True):
        same_values(ours, each)
    same_values(da.ravel_multi_index(da.unravel_index(chunked, shape, order), shape, order=order), linear)
    shifted = tuple(each + 3 for each in expected)
    for mode in ("wrap", "clip"):
        ours = da.ravel_multi_index(tuple(map(da.asarray, shifted)), shape, mode, order)
        same_values(ours, np.ravel_multi_index(shifted, shape, mode, order))


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=2, dtypes=st.just("int64")), st.data())
def test_functions_that_write_agree_with_numpy(pair, data):
    whole, chunked = pair
    mask = data.draw(hnp.arrays(bool, whole.shape))
    ours = maybe_chunked(data, mask)
    values = data.draw(st.sampled_from([np.array(5), np.array([1, 2, 3])]))

    def both(function, *arguments, **keywords):
        expected, changed = whole.copy(), chunked[...]
        getattr(np, function)(expected, *[mask if each is ours else each for each in arguments], **keywords)
        getattr(da, function)(changed, *arguments, **keywords)
        same_values(changed, expected)

    both("place", ours, values)
    both("putmask", ours, values)
    both("copyto", 7)
    if whole.size:
        places = data.draw(st.lists(st.integers(-whole.size, whole.size - 1), max_size=5))
        both("put", places, values)
        both("put", [99, -99], values, mode="wrap")
        both("put", [99, -99], values, mode="clip")
    expected, changed = whole.copy(), chunked[...]
    np.copyto(expected, whole * 2, where=mask)
    da.copyto(changed, chunked * 2, where=ours)
    same_values(changed, expected)


@pytest.mark.parametrize("shape", [(3, 3), (7, 3), (3, 7), (3, 3, 3)])
@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize("value", [5, [1, 2]])
def test_fill_diagonal_agrees_with_numpy(shape, wrap, value):
    whole, chunked = np.zeros(shape), da.zeros(shape, chunks=2)
    np.fill_diagonal(whole, value, wrap)
    da.fill_diagonal(chunked, value, wrap)
    same_values(chunked, whole)


@pytest.mark.parametrize("whole", [np.array([0, 0, 1, 0, 2, 0]), np.zeros(3), np.array([0.0, 1]), np.arange(3)])
@pytest.mark.parametrize("trim", ["fb", "f", "b"])
def test_trim_zeros_agrees_with_numpy(whole, trim):
    same_values(da.trim_zeros(da.from_array(whole, chunks=2), trim), np.trim_zeros(whole, trim))


def test_putting_at_computed_places():
    x = da.arange(10, chunks=3)
    x.put(da.from_array(np.array([1, 8, -1]), chunks=2), [10, 20, 30])
    assert x.compute().tolist() == [0, 10, 2, 3, 4, 5, 6, 7, 20, 30]


def test_fill_sets_everything():
    x = da.ones((2, 3), chunks=2)
    x.fill(4)
    assert (x.compute() == 4).all()


def test_a_shuffle_keeps_groups_whole_and_chunks_in_size():
    x = da.from_array(np.arange(12), chunks=4)
    groups = [[0, 4, 8], [1, 5, 9], [2, 6], [3, 7], [10, 11]]
    shuffled = x.shuffle(groups, 0)
    assert shuffled.chunks == ((3, 3, 4, 2),)
    same_values(shuffled, np.concatenate(groups))
    with pytest.raises(IndexError, match="out of bounds"):
        x.shuffle([[0, 12]], 0)
    with pytest.raises(ValueError, match="list of lists"):
        x.shuffle([0, 1], 0)


def test_open_meshes_agree_with_numpy():
    whole = np.arange(24).reshape(4, 6)
    x = da.from_array(whole, chunks=3)
    same_values(x[da.ix_([3, 0], [True, False, True, False, False, True])], whole[np.ix_([3, 0], [0, 2, 5])])
    rows = da.from_array(np.array([3, 0]), chunks=1)
    same_values(x[da.ix_(rows, [1, 2])], whole[np.ix_([3, 0], [1, 2])])


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        ("take", ([5],), IndexError),
        ("take", (np.array([0.5]),), TypeError),
        ("take", ([0], 1), IndexError),
        ("delete", ([5], 0), IndexError),
        ("insert", (5, 1, 0), IndexError),
        ("nonzero", (), None),
        ("take_along_axis", (np.array([0.5]), 0), IndexError),
        ("take_along_axis", (np.array([7]), 0), IndexError),
        ("put", ([9], 1), IndexError),
        ("fill_diagonal", (1,), ValueError),
        ("copyto", (1.5,), None),
        ("copyto", (1j,), TypeError),
    ],
)
def test_wrong_arguments_are_numpys_errors(function, arguments, error):
    x = da.ones(3, chunks=2)
    if error is None:
        getattr(da, function)(x, *arguments)
        return
    with pytest.raises(error):
        getattr(np, function)(np.ones(3), *arguments)
    with pytest.raises(error):
        getattr(da, function)(x, *arguments)


def test_empty_arrays_of_floats_are_no_positions():
    for function in (da.delete, lambda x, places: da.insert(x, places, [])):
        with pytest.raises(IndexError, match="integer"):
            function(da.arange(3), np.array([]))
        assert function(da.arange(3), []).compute().tolist() == [0, 1, 2]


def test_none_is_not_a_zero():
    assert da.trim_zeros(da.from_array(np.array([0, None, 1, None, 0]), chunks=2)).compute().tolist() == [None, 1, None]


def test_structured_elements_are_true_where_a_field_is():
    whole = np.array([[(0, 0.0), (1, 0.0)], [(0, 2.0), (0, 0.0)]], "i4,f8")
    chunked = da.from_array(whole, chunks=1)
    for ours, expected in zip(da.nonzero(chunked), np.nonzero(whole), strict=True):
        np.testing.assert_array_equal(ours.compute(), expected)
    np.testing.assert_array_equal(da.argwhere(chunked).compute(), np.argwhere(whole))
    assert da.count_nonzero(chunked).compute() == 2
