from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weft.physical.grid import compose, identity_pick, is_injective, spread


@st.composite
def picks(draw, source, target):
    """A pick from one grid for another."""
    made = []
    for length in source:
        kinds = ["first"] + ["same"] * any(each == length for each in target) + ["table"] * bool(target) + ["constant"]
        match draw(st.sampled_from(kinds)):
            case "first":
                made.append(None)
            case "same":
                made.append(draw(st.sampled_from([axis for axis, each in enumerate(target) if each == length])))
            case "table":
                axis = draw(st.integers(0, len(target) - 1))
                blocks = st.lists(st.integers(0, length - 1), min_size=target[axis], max_size=target[axis])
                made.append((axis, tuple(draw(blocks))))
            case "constant":
                made.append((None, (draw(st.integers(0, length - 1)),)))
    return tuple(made)


GRIDS = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@given(GRIDS, GRIDS, GRIDS, st.data())
def test_two_picks_in_a_row_are_their_composition(first, second, third, data):
    inner, outer = data.draw(picks(first, second)), data.draw(picks(second, third))
    values = list(range(27))[: _size(first)]
    twice = spread(spread(values, first, inner, second), second, outer, third)
    assert spread(values, first, compose(inner, outer), third) == twice


@given(GRIDS, GRIDS, st.data())
def test_a_pick_said_to_be_injective_reads_no_block_twice(source, target, data):
    pick = data.draw(picks(source, target))
    read = spread(list(range(_size(source))), source, pick, target)
    assert not is_injective(pick, source, target) or len(set(read)) == len(read)


def test_the_identity_hands_the_list_on():
    values = [1, 2, 3, 4]
    assert spread(values, (2, 2), identity_pick(2), (2, 2)) is values


def _size(grid):
    size = 1
    for length in grid:
        size *= length
    return size
