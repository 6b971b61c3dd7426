"""How a reshape goes."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.array.chunks import axis_count
from weft.array.layout_cost import chunk_elements
from weft.array.reshape_plan import axis_groups, cuts_for, flat_cut, plan_reshape


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.data())
def test_a_flat_cut_says_how_the_axes_are_cut(lengths, data):
    at = data.draw(st.integers(0, len(lengths) - 1))
    cut = data.draw(st.integers(1, lengths[at]))
    grid = (*[1] * at, cut, *lengths[at + 1 :])
    flat = flat_cut(tuple(lengths), grid)
    made = cuts_for(tuple(lengths), flat)
    assert made is not None
    assert flat_cut(tuple(lengths), made) == flat
    assert axis_count(prod(lengths), flat) == prod(map(axis_count, lengths, made))


@pytest.mark.parametrize(
    ("old", "new", "groups"),
    [
        ((4, 6), (24,), 1),
        ((4, 6, 5), (24, 5), 2),
        ((2, 3), (3, 2), 1),
        ((5,), (1, 5, 1), 2),
        ((), (1,), 1),
        ((), (), 0),
    ],
)
def test_groups_are_as_small_as_they_can_be(old, new, groups):
    assert len(axis_groups(old, new)) == groups


def test_blocks_that_are_runs_already_are_not_cut_anew():
    road = plan_reshape((1000, 1000), (10, 1000), (10**6,))
    assert road.source == (10, 1000)
    assert road.before == road.after == road.grid == (10**4,)


def test_a_common_cut_is_preferred_to_cutting_twice():
    road = plan_reshape((120, 10), (30, 5), (100, 12))
    assert road.before == road.after
    awkward = plan_reshape((7, 11), (1, 11), (11, 7))
    assert awkward.before != awkward.after


@given(st.permutations([2, 3, 4, 5]), st.permutations([6, 4, 5]), st.data())
def test_blocks_never_grow(old, new, data):
    grid = tuple(data.draw(st.integers(1, length)) for length in old)
    road = plan_reshape(tuple(old), grid, tuple(new))
    assert chunk_elements(tuple(new), road.grid) <= chunk_elements(tuple(old), grid)
    assert chunk_elements(tuple(old), road.source) <= chunk_elements(tuple(old), grid)
