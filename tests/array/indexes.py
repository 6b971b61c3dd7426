"""Indexes of all kinds for arrays of a shape, and the same with chunked arrays in them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import chunks_of

import weft.array as da


@st.composite
def positions_for(draw, length, shape):
    return draw(hnp.arrays(np.intp, shape, elements=st.integers(-length, length - 1) if length else st.nothing()))


@st.composite
def entries(draw, shape):
    """A list of entries for some of the axes of a shape, in order; arrays in it go together."""
    common = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=4))
    made, axis = [], 0
    while axis < len(shape):
        kind = draw(st.sampled_from(["slice", "slice", "int", "array", "array", "mask", "new", "stop"]))
        length = shape[axis]
        if kind == "new":
            if sum(each is None for each in made) < 2:
                made.append(None)
        elif kind == "stop":
            break
        elif kind == "int" and length:
            made.append(draw(st.integers(-length, length - 1)))
            axis += 1
        elif kind == "array" and (length or 0 in common):
            keep = draw(st.integers(0, len(common) - 1))
            made.append(draw(positions_for(length, common[keep:])))
            axis += 1
        elif kind == "mask":
            width = draw(st.integers(1, min(2, len(shape) - axis)))
            made.append(draw(hnp.arrays(bool, shape[axis : axis + width])))
            axis += width
        else:
            made.append(draw(st.slices(length)))
            axis += 1
    if draw(st.booleans()):
        made.insert(draw(st.integers(0, len(made))) if axis == len(shape) else len(made), Ellipsis)
    return tuple(made)


def is_valid(whole, index):
    try:
        whole[index]
    except IndexError:
        return False
    return True


@st.composite
def indexes(draw, whole):
    """An index that NumPy takes."""
    return draw(entries(whole.shape).filter(lambda index: is_valid(whole, index)))


@st.composite
def partly_chunked(draw, index):
    """An index with some of its arrays chunked."""
    made = []
    for each in index:
        if isinstance(each, np.ndarray) and draw(st.booleans()):
            each = da.from_array(each, chunks=draw(chunks_of(each.shape)))
        elif isinstance(each, np.ndarray) and draw(st.booleans()):
            each = each.tolist() if each.size else each
        made.append(each)
    return tuple(made)


def same_values(ours, expected):
    """Values, dtype and shape of what is indexed; lengths that are not counted yet are as they may be."""
    expected = np.asarray(expected)
    assert ours.dtype == expected.dtype
    assert len(ours.shape) == expected.ndim
    assert all(a == b or a != a or isinstance(a, float) for a, b in zip(ours.shape, expected.shape, strict=True))
    for optimize in (True, False):
        result = np.asarray(ours.compute(scheduler="sync", optimize_graph=optimize))
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
        assert result.shape == expected.shape
