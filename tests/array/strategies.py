"""Arrays with chunks, and how results are compared with NumPy's."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weft.array as da
from weft.array.ops.rechunking import Rechunk

DTYPES = st.sampled_from(["int64", "int32", "uint8", "float64", "float32", "complex128", "bool"])


@st.composite
def axis_chunks(draw, length):
    """Chunk lengths of an axis: one, uneven ones, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=4)))
    return tuple(np.diff([0, *cuts, length]).tolist())


@st.composite
def chunks_of(draw, shape):
    return tuple(draw(axis_chunks(length)) for length in shape)


@st.composite
def chunked_arrays(draw, dtypes=DTYPES, min_dims=0, max_dims=3, min_side=0, max_side=7, shape=None):
    """A NumPy array and the same in chunks."""
    if shape is None:
        shape = draw(hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side))
    dtype = np.dtype(draw(dtypes))
    elements = {
        "i": st.integers(-100, 100),
        "u": st.integers(0, 100),
        "b": st.booleans(),
        "f": st.integers(-40, 40).map(lambda value: value / 4),
        "c": st.integers(-20, 20).map(lambda value: complex(value, value // 2)),
    }[dtype.kind]
    whole = draw(hnp.arrays(dtype, shape, elements=elements))
    return whole, da.from_array(whole, chunks=draw(chunks_of(shape)))


#: Types of whose elements above, quarters and small integers, products and sums are not rounded.
EXACT = st.sampled_from(["int64", "int32", "float64", "complex128"])


def exact_arrays(shape):
    """A NumPy array of this shape and the same in chunks, for sums and products without rounding."""
    return chunked_arrays(dtypes=EXACT, shape=shape)


def computed(x, optimize=True):
    """What the chunks of an array hold: `compute` does without the last rechunk."""
    if isinstance(x.expr, Rechunk):
        x = x.persist(scheduler="sync", optimize_graph=optimize)
    return x.compute(scheduler="sync", optimize_graph=optimize)


def assert_same(ours, expected, exact=True):
    """Values, dtype and shape of a result, with and without the optimiser."""
    expected = np.asarray(expected)
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    for optimize in (True, False):
        result = np.asarray(computed(ours, optimize))
        assert result.shape == expected.shape
        assert result.dtype == expected.dtype
        if exact:
            np.testing.assert_array_equal(result, expected)
        else:
            tolerance = 1e-4 if expected.dtype.itemsize < 8 else 1e-9
            np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


def assert_near(ours, expected, dtype):
    """The same for results that are rounded, as much as elements of a dtype make them."""
    expected = np.asarray(expected)
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    tolerance = {2: 1e-2, 4: 1e-4}.get(np.dtype(dtype).itemsize if np.dtype(dtype).kind in "fc" else 8, 1e-9)
    for optimize in (True, False):
        np.testing.assert_allclose(np.asarray(computed(ours, optimize)), expected, rtol=tolerance, atol=tolerance)


def graph_size(*arrays):
    """Tasks that computing the arrays together takes, after optimisation."""
    from weft.execution import plan_of

    return plan_of(arrays)[0].ntasks


__all__ = [
    "DTYPES",
    "assert_near",
    "assert_same",
    "axis_chunks",
    "chunked_arrays",
    "chunks_of",
    "computed",
    "graph_size",
]
