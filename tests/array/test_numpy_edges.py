"""Edges of NumPy's interface: what its own tests ask for, and which errors it raises where."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from tests.array.strategies import assert_same

import weft.array as da

CHUNKS = [1, 2, -1]


def agree(question, *values, chunks):
    """The question gives the same result of NumPy's arrays and of chunked ones, or the same type of error at the call."""
    own = [da.from_array(each, chunks=chunks) for each in values]
    try:
        wanted = question(np, *[each.copy() for each in values])
    except Exception as error:
        with pytest.raises(type(error)):
            question(da, *own)
    else:
        assert_same(question(da, *own), wanted)


def changed(change):
    """A question: the first array after a change in place."""

    def question(space, *arrays):
        change(space, *arrays)
        return arrays[0]

    return question


SMALL, MATRIX, WORDS = np.arange(4.0), np.arange(12).reshape(3, 4), np.array(["a", "string"])
COMPLEX = np.array([1 + 2j, 3 - 1j, 2j, 4])
DECIMALS = np.array([[Decimal(k * k % 7) for k in range(4)], [Decimal(k) for k in range(4)]])
FRACTIONS = np.array([[Fraction(k * k % 7) for k in range(4)], [Fraction(k, 3) for k in range(4)]])
NOTHING = np.empty(4, object)
CUBE = np.arange(24.0).reshape(2, 3, 4)
ENDS = np.array([0, 2])

QUESTIONS = {
    "axes to be moved are an array": (lambda xp, x: xp.moveaxis(x, ENDS, ENDS[::-1]), CUBE),
    "axes to be flipped are an array": (lambda xp, x: xp.flip(x, ENDS), CUBE),
    "axes to be rolled are an array": (lambda xp, x: xp.roll(x, ENDS, ENDS), CUBE),
    "an order of axes is an array": (lambda xp, x: x.transpose(np.array([2, 0, 1])), CUBE),
    "axes of medians are an array": (lambda xp, x: xp.median(x, ENDS), CUBE),
    "axes of quantiles are an array": (lambda xp, x: xp.quantile(x, 0.3, ENDS), CUBE),
    "axes of slopes are an array": (lambda xp, x: xp.gradient(x, axis=ENDS)[1], CUBE),
    "axes that are shifted are an array": (lambda xp, x: xp.fft.fftshift(x, ENDS), CUBE),
    "axes that are contracted are an array": (lambda xp, x: xp.tensordot(x, x, (ENDS, ENDS)), CUBE),
    "both sides' axes are an array": (lambda xp, x: xp.tensordot(x, x, np.array([ENDS, ENDS])), CUBE),
    "a shape is an array": (lambda xp, x: x.reshape(np.array([6, 4])), CUBE),
    "a wider shape is an array": (lambda xp, x: xp.broadcast_to(x, np.array([2, 2, 3, 4])), CUBE),
    "another size is an array": (lambda xp, x: xp.resize(x, np.array([5, 7])), CUBE),
    "a float begins a slice": (lambda xp, x: x[0.0:], MATRIX),
    "a float begins a slice of one": (lambda xp, x: x[0.0:, 0], MATRIX[:1]),
    "a float as step": (lambda xp, x: x[:: 1.0], MATRIX),
    "item out of bounds": (lambda xp, x: xp.asarray(x.item(100)), MATRIX),
    "item from the end": (lambda xp, x: xp.asarray(x.item(-2)), MATRIX),
    "a length that is a bool": (lambda xp, x: xp.reshape(x, (True, -1)), MATRIX),
    "put nothing": (changed(lambda xp, x: xp.put(x, [1, 2], [])), SMALL),
    "putmask of nothing": (changed(lambda xp, x: xp.putmask(x, np.array([True, False, True, False]), [])), SMALL),
    "texts as long as numbers need": (lambda xp, x, y: xp.concatenate([x, y], dtype="S"), MATRIX[0], SMALL),
    "texts and numbers": (lambda xp, x, y: xp.concatenate([x, y], dtype="U", casting="unsafe"), WORDS, SMALL),
    "texts beside each other": (lambda xp, x, y: xp.stack([x, y], dtype="U"), MATRIX[0], SMALL),
    "a subarray dtype": (lambda xp, x: xp.concatenate([x, x], dtype="(2,)f8"), SMALL),
    "an output of another dtype": (
        changed(lambda xp, out, x: xp.concatenate([x, x], out=out, casting="unsafe")), np.zeros(8, int), SMALL,
    ),
    "an output that cannot be": (
        changed(lambda xp, out, x: xp.stack([x], out=out, casting="no")), np.zeros((1, 4), "f4"), SMALL,
    ),
    "an output and a dtype": (changed(lambda xp, out, x: xp.stack([x], out=out, dtype="f8")), SMALL[None], SMALL),
    "convolve with a number as mode": (lambda xp, x, y: xp.convolve(x, y, mode=2), SMALL, SMALL[:2]),
    "correlate without a mode": (lambda xp, x, y: xp.correlate(x, y, mode=None), SMALL, SMALL[:2]),
    "sequences of several lengths": (changed(lambda xp, x: x.__setitem__(slice(3), [1, (1, 2), 3])), NOTHING),
    "some at places": (changed(lambda xp, x: x.__setitem__([0, 2], [(1, 2), 3])), NOTHING),
    "a tuple as an element": (changed(lambda xp, x: x.__setitem__(1, (1, 2))), NOTHING),
    "an array as an element": (changed(lambda xp, x: x.__setitem__(1, np.array(2))), NOTHING),
    "a sequence for a number": (changed(lambda xp, x: x.__setitem__(1, [1])), SMALL),
    "a tuple for an integer": (changed(lambda xp, x: x.__setitem__((1, 2), (1,))), MATRIX),
    "an array of one for a number": (changed(lambda xp, x: x.__setitem__((-1, 2), np.array([1]))), MATRIX),
    "a record": (changed(lambda xp, x: x.__setitem__(1, (7, 0.5))), np.zeros(3, "i4,f8")),
    "a date": (changed(lambda xp, x: x.__setitem__(1, "2024-01-01")), np.zeros(3, "M8[D]")),
    "a text cut off": (changed(lambda xp, x: x.__setitem__(1, "longer than it can be")), WORDS),
    "a product with vectors of objects": (lambda xp, x, y: xp.vecmat(x, y), COMPLEX.astype(object), np.eye(4)),
    "vectors of objects with themselves": (lambda xp, x: xp.vecdot(x, x), np.stack([COMPLEX] * 2).astype(object)),
    "an int of an array without axes": (lambda xp, x: xp.asarray(int(x)), np.array(3.5)),
    "a vector times a vector in place": (changed(lambda xp, x, y: x.__imatmul__(y)), SMALL, SMALL),
    "a vector times a matrix in place": (changed(lambda xp, x, y: x.__imatmul__(y)), SMALL, np.eye(4)),
    "nothing where it holds": (lambda xp, x: xp.where(x > 1, None, None), SMALL),
    "nothing elsewhere": (lambda xp, x: xp.where(x > 1, x, None), SMALL),
    "one of two": (lambda xp, x: xp.where(x > 1, x), SMALL),
    "variance of decimals": (lambda xp, x: xp.var(x, axis=0), DECIMALS),
    "deviation of decimals": (lambda xp, x: xp.std(x, axis=1, ddof=1), DECIMALS),
    "mean of decimals": (lambda xp, x: xp.mean(x, axis=1), DECIMALS),
    "variance of fractions": (lambda xp, x: xp.var(x, axis=0), FRACTIONS),
    "a name where there are no fields": (changed(lambda xp, x: x.__setitem__("skip", 0)), SMALL),
    "einsum beyond the letters": (lambda xp, x: xp.einsum(x, [0, 52], [0]), MATRIX),
}  # fmt: skip


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_edges(question, chunks):
    ask, *values = QUESTIONS[question]
    agree(ask, *values, chunks=chunks)
