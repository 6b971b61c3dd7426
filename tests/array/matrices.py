"""Matrices of random numbers in chunks, of a kind that is neither singular nor orthogonal by accident."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from tests.array.strategies import chunks_of

import weft.array as da

FLOATS = st.sampled_from(["float64", "float64", "float32", "complex128", "complex64"])
SIDES = st.integers(1, 13)


def numbers(seed, shape, dtype):
    """Normal random numbers."""
    random = np.random.default_rng(seed)
    made = random.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        made = made + 1j * random.normal(size=shape)
    return made.astype(dtype)


@st.composite
def matrices(draw, dtypes=FLOATS, square=False, sides=SIDES, batched=True):
    """A matrix, or a stack of some, as a NumPy array and in chunks."""
    rows, columns = draw(sides), draw(sides)
    batch = draw(st.sampled_from([(), (), (), (2,)])) if batched else ()
    shape = (*batch, rows, rows if square else columns)
    whole = numbers(draw(st.integers(0, 2**31)), shape, draw(dtypes))
    return whole, da.from_array(whole, chunks=draw(chunks_of(shape)))


@st.composite
def right_sides(draw, rows, dtypes=FLOATS):
    """A vector, or a matrix with so many rows."""
    shape = draw(st.sampled_from([(rows,), (rows, 1), (rows, 5)]))
    whole = numbers(draw(st.integers(0, 2**31)), shape, draw(dtypes))
    return whole, da.from_array(whole, chunks=draw(chunks_of(shape)))


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


def tolerance(*arrays):
    """What single or double precision allows for small matrices."""
    return 2e-3 if any(np.finfo(x.dtype).eps > 1e-8 for x in arrays if x.dtype.kind in "fc") else 1e-8


def assert_close(ours, expected, within=None):
    """Shape, dtype, and values up to rounding."""
    expected = np.asarray(expected)
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    made = np.asarray(ours.compute(scheduler="sync"))
    assert made.shape == expected.shape
    assert made.dtype == expected.dtype
    bound = tolerance(expected) if within is None else within
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(made, expected, rtol=bound, atol=bound * scale)


def assert_orthonormal(q):
    """Columns of each matrix are orthonormal."""
    eye = np.broadcast_to(np.eye(q.shape[-1]), (*q.shape[:-2], q.shape[-1], q.shape[-1]))
    np.testing.assert_allclose(adjoint(q) @ q, eye, atol=tolerance(q))
