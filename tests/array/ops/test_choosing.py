from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

WHOLE = np.arange(-5, 7).reshape(4, 3)
X = da.from_array(WHOLE, chunks=2)


@settings(max_examples=60, deadline=None)
@given(st.data(), chunked_arrays(max_dims=2))
def test_where_agrees_with_numpy(data, pair):
    whole, ours = pair
    other = data.draw(st.sampled_from([0, 1.5, 2j, np.float32(3), True]) | chunked_arrays(shape=whole.shape[-1:]))
    theirs, mine = other if isinstance(other, tuple) else (other, other)
    assert_same(da.where(ours > 0, ours, mine), np.where(whole > 0, whole, theirs)) if whole.dtype.kind != "c" else None
    assert_same(np.where(ours, mine, ours), np.where(whole, theirs, whole))


def test_where_takes_both_or_neither():
    with pytest.raises(ValueError, match="both or neither"):
        da.where(X > 0, X)


def test_select_agrees_with_numpy():
    for default in (0, 1.5, -1, X):
        theirs = WHOLE if default is X else default
        assert_same(
            da.select([X < -2, X > 3, np.ones(3, bool)], [X, X * 2.5, 7], default),
            np.select([WHOLE < -2, WHOLE > 3, np.ones(3, bool)], [WHOLE, WHOLE * 2.5, 7], theirs),
        )
    assert_same(np.select([X < 0], ["a"], "b"), np.select([WHOLE < 0], ["a"], "b"))
    with pytest.raises(ValueError, match="same length"):
        da.select([X > 0], [])
    with pytest.raises(ValueError, match="empty"):
        da.select([], [])
    with pytest.raises(TypeError, match="boolean"):
        da.select([X], [X])


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose_agrees_with_numpy(mode):
    numbers = np.array([[0, 1, 2], [2, 1, 0]])
    choices = [np.arange(3), 10.5, np.full((2, 1), 7)]
    ours = da.from_array(numbers, chunks=2)
    mine = [da.from_array(choices[0], chunks=1), *choices[1:]]
    assert_same(da.choose(ours, mine, mode=mode), np.choose(numbers, choices, mode=mode))
    assert_same(
        ours.choose(da.from_array(np.arange(9).reshape(3, 3), chunks=2), mode=mode),
        np.choose(numbers, np.arange(9).reshape(3, 3)),
    )
    if mode == "raise":
        with pytest.raises(ValueError, match="invalid entry"):
            da.choose(ours + 1, mine).compute()
    else:
        assert_same(np.choose(ours + 1, mine, mode=mode), np.choose(numbers + 1, choices, mode=mode))


def test_choose_refuses_what_are_no_numbers():
    with pytest.raises(TypeError):
        da.choose(X * 1.5, [1, 2])
    with pytest.raises(ValueError, match="clipmode"):
        da.choose(X, [1, 2], mode="other")


def shifted(values, by=1):
    return values + by


def test_piecewise_agrees_with_numpy():
    for conditions, functions, arguments in [
        ([X < 0, X > 3], [shifted, lambda values: values * 2], {}),
        ([X < 0, X > 3], [-1, shifted, 9.5], {}),
        ([X < 0], [lambda values, by: values * by, lambda values, by: values], {"by": 3}),
    ]:
        theirs = [each.compute() for each in conditions]
        expected = np.piecewise(WHOLE, theirs, functions, **arguments)
        assert_same(da.piecewise(X, conditions, functions, **arguments), expected)
        assert_same(np.piecewise(X, conditions, functions, **arguments), expected)
    line = np.arange(-2, 3)
    assert_same(
        da.piecewise(da.from_array(line, chunks=2), line < 0, [shifted]), np.piecewise(line, line < 0, [shifted])
    )
    with pytest.raises(ValueError, match="functions are expected"):
        da.piecewise(X, [X < 0], [1, 2, 3])


def test_piecewise_of_a_single_element_agrees_with_numpy():
    for value in (2, 7):
        x = da.from_array(np.array(value), chunks=())
        assert_same(da.piecewise(x, x > 3, [4, 0]), np.piecewise(np.array(value), np.array(value) > 3, [4, 0]))
        assert_same(
            da.piecewise(x, [x > 3, x < 1], [4, 1, 0]), np.piecewise(np.array(value), [value > 3, value < 1], [4, 1, 0])
        )
