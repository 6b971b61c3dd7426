"""``x[index] = value`` against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indexes import indexes, partly_chunked
from tests.array.strategies import chunked_arrays, chunks_of

import weft.array as da


def assigned_both(whole, chunked, index, our_index, value, our_value):
    """NumPy's array and ours after the assignment, or NumPy's error."""
    expected = whole.copy()
    try:
        expected[index] = value
    except (ValueError, TypeError) as error:
        return error
    chunks = chunked.chunks
    chunked[our_index] = our_value
    assert chunked.chunks == chunks
    assert chunked.dtype == whole.dtype
    for optimize in (True, False):
        np.testing.assert_array_equal(chunked.compute(scheduler="sync", optimize_graph=optimize), expected)
    return None


@st.composite
def values_for(draw, shape):
    """A value that can be broadcast to a shape, or a scalar."""
    if draw(st.integers(0, 2)) == 0:
        return draw(st.integers(-99, 99))
    kept = draw(st.integers(0, len(shape)))
    shape = tuple(1 if draw(st.integers(0, 3)) == 0 else length for length in shape[kept:])
    return draw(hnp.arrays("int64", shape, elements=st.integers(-99, 99), unique=False))


@settings(max_examples=100, deadline=None)
@given(chunked_arrays(min_dims=1, dtypes=st.sampled_from(["int64", "float32"])), st.data())
def test_any_assignment_agrees_with_numpy(pair, data):
    whole, chunked = pair
    index = data.draw(indexes(whole))
    value = data.draw(values_for(whole[index].shape))
    ours = value
    if np.ndim(value) and data.draw(st.booleans()):
        ours = da.from_array(value, chunks=data.draw(chunks_of(value.shape)))
    assigned_both(whole, chunked, index, data.draw(partly_chunked(index)), value, ours)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_side=1, dtypes=st.just("int64")), st.data())
def test_basic_assignment_agrees_with_numpy(pair, data):
    whole, chunked = pair
    index = data.draw(hnp.basic_indices(whole.shape, allow_newaxis=True))
    value = data.draw(values_for(np.shape(whole[index])))
    assert assigned_both(whole, chunked, index, index, value, value) is None


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1, dtypes=st.just("int64")), st.data())
def test_assignment_to_chunked_masks_agrees_with_numpy(pair, data):
    whole, chunked = pair
    mask = data.draw(hnp.arrays(bool, whole.shape))
    values = np.arange(np.count_nonzero(mask))
    ours = da.from_array(mask, chunks=data.draw(chunks_of(mask.shape)))
    zeros, selected = chunked * 0, chunked[ours]
    assert assigned_both(whole, chunked, mask, ours, values, values) is None
    assert assigned_both(whole * 0, zeros, mask, ours, whole[mask], selected) is None


def test_what_a_mask_selects_goes_back_without_counting():
    x = da.arange(10, chunks=3)
    mask = x % 3 == 0
    x[mask] = x[mask] * 100
    assert mask.expr.name not in str(x.explain())
    assert x.compute().tolist() == [0, 1, 2, 300, 4, 5, 600, 7, 8, 900]


def test_only_blocks_that_are_assigned_to_wait_for_the_values():
    x = da.zeros(100, chunks=10)
    x[:10] = da.ones(10, chunks=10).cumsum() if hasattr(x, "cumsum") else da.ones(10, chunks=5)
    assert x[50:].compute().sum() == 0


def test_other_arrays_keep_what_they_had():
    x = da.arange(4, chunks=2)
    y, z = x[1:], x + 1
    x[2] = 10
    assert x.compute().tolist() == [0, 1, 10, 3]
    assert y.compute().tolist() == [1, 2, 3]
    assert z.compute().tolist() == [1, 2, 3, 4]


def test_what_was_assigned_is_copied():
    x, values = da.zeros(3, chunks=2), np.array([1.0, 2.0])
    x[:2] = values
    values[:] = 9
    assert x.compute().tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("dtype", "index", "value"),
    [
        ("uint8", 0, 300),
        ("int64", 0, "a"),
        ("int64", 0, 1j),
        ("float64", slice(0, 2), [1, 2, 3]),
        ("float64", [0, 1], [1, 2, 3]),
        ("float64", np.array([True, True, False]), [1, 2, 3]),
        ("float64", (slice(0, 2), None), [[1, 2]]),
        ("float64", 5, 1),
        ("float64", [5], 1),
    ],
)
def test_a_wrong_assignment_is_numpys_error_at_the_call(dtype, index, value):
    with pytest.raises(Exception) as numpys:  # noqa: PT011 (whatever NumPy raises)
        np.zeros(3, dtype)[index] = value
    x = da.zeros(3, dtype=dtype, chunks=2)
    with pytest.raises(numpys.type):
        x[index] = value


def test_values_go_to_chunks_of_no_length_too():
    x = da.from_array(np.array([[0]]), chunks=((0, 1), (0, 1)))
    x[:, 0] = np.array([3])
    assert x.compute().tolist() == [[3]]


def test_fields_can_be_assigned():
    whole = np.zeros(3, [("a", "i4"), ("b", "f8")])
    x = da.from_array(whole, chunks=2)
    x["a"] = [1, 2, 3]
    x[1] = (7, 8.0)
    x["b"] = 0.5
    expected = whole.copy()
    expected["a"] = [1, 2, 3]
    expected[1] = (7, 8.0)
    expected["b"] = 0.5
    np.testing.assert_array_equal(x.compute(), expected)


def test_masked_is_a_value():
    x = da.arange(5, chunks=2)
    x[x > 2] = np.ma.masked
    x[0] = np.ma.masked
    assert x.compute().tolist() == [None, 1, 2, None, None]


def test_objects_strings_and_times_can_be_assigned():
    for whole, value in [
        (np.array(["a", "bb"], object), {"k": 1}),
        (np.array(["a", "bb"]), "cc"),
        (np.array(["2020-01-01", "2021-01-01"], "M8[D]"), np.datetime64("NaT")),
    ]:
        x = da.from_array(whole, chunks=1)
        x[1] = value
        expected = whole.copy()
        expected[1] = value
        np.testing.assert_array_equal(x.compute(), expected)


def test_assigning_to_an_array_without_axes():
    x = da.zeros((), chunks=())
    x[()] = 3
    x[...] = x + 1
    x[x > 3] = 7
    assert x.compute() == 7


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_assignment_on_every_backend(scheduler):
    x = da.arange(12, chunks=5).astype("f8")
    x[da.from_array(np.array([11, 0, 6]), chunks=2)] = da.from_array(np.array([1.0, 2, 3]), chunks=2)
    x[x > 10] = -1
    x[2:4] = da.ones(2, chunks=1)
    assert x.compute(scheduler=scheduler).tolist() == [2, 1, 1, 1, 4, 5, 3, 7, 8, 9, 10, 1]


@pytest.mark.parametrize("held", [True, False])
def test_values_of_unknown_length_go_where_a_single_boolean_points(held):
    flag, x = da.from_array(np.array(held), chunks=()), da.from_array(np.array(3.0), chunks=())
    x[flag] = x[flag] + 2
    assert x.compute() == (5 if held else 3)
    rows = da.zeros((2, 3), chunks=2)
    rows[flag] = da.ones((2, 3), chunks=1)[flag]
    assert rows.sum().compute() == 6 * held


@pytest.mark.parametrize("own", [None, [0, 1, 0, 0, 1]])
@pytest.mark.parametrize("value", [9, [5, 6, 7], np.ma.array([5, 6, 7], mask=[0, 1, 0]), np.ma.masked])
@pytest.mark.parametrize("condition", ["greater", "masked", "plain"])
def test_masked_elements_stay_masked_where_the_condition_is_masked(own, value, condition):
    whole = np.ma.array([1, 2, 3, 4, 3], mask=np.ma.nomask if own is None else own)
    chosen = np.array([True, True, False, False, True])
    x = da.from_array(whole.copy(), chunks=2)
    if condition == "greater":
        ours, theirs = x > 2, whole > 2
    else:
        theirs = np.ma.array(chosen, mask=[0, 1, 1, 0, 0]) if condition == "masked" else chosen
        ours = da.from_array(theirs, chunks=3)
    x[ours] = value
    whole[theirs] = value
    made = x.compute()
    assert made.tolist() == whole.tolist()
    assert np.ma.getmaskarray(made).tolist() == np.ma.getmaskarray(whole).tolist()


@pytest.mark.parametrize(
    "value",
    [
        5,
        [1, 2, 3],
        np.arange(6.0).reshape(2, 3),
        np.arange(72.0).reshape(3, 4, 2, 3),
        da.arange(24, chunks=5).reshape(4, 2, 3),
    ],
)
def test_fields_that_are_arrays_are_set(value):
    whole = np.zeros((3, 4), [("a", "f8", (2, 3)), ("b", "i4")])
    whole["b"] = 7
    ours = da.from_array(whole.copy(), chunks=2)
    ours["a"] = value
    whole["a"] = value
    np.testing.assert_array_equal(ours.compute(), whole)
    with pytest.raises(ValueError, match="broadcast"):
        ours["a"] = np.ones(7)
