"""Fourier transforms along axes that may be in several chunks.

An axis is transformed where it lies whole in a block. Axes that do are transformed at once; for others the array is cut along
axes that are not transformed, or have been, or are still to be: with more than one axis there always is a way. A single
axis too long for one block is transformed in four steps (Bailey, FFTs in external or hierarchical memory, 1990): folded into
a matrix whose columns are transformed, then multiplied by roots of one, then its rows. A length that cannot be folded, being
a prime, goes through a convolution of a length that can (Bluestein, 1970).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import isqrt, prod, sqrt
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_chunks, axis_largest, finer, regular
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.io.from_array import asarray
from weft.array.kernels import fft as kernels
from weft.array.layout_cost import chunk_limit
from weft.array.ops.creation import zeros
from weft.array.ops.elementwise import cast, elementwise, multiply, where
from weft.array.ops.joining import concatenate
from weft.array.ops.matrix_products import conjugated
from weft.array.ops.ranges import arange
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.transposing import swapaxes
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Column, Listed, Product, Same, blockwise, from_parts
from weft.physical.grid import identity_pick
from weft.typing import Function

__all__ = ["Step", "Transform", "checked", "made_dtype", "transform", "whole_along"]

NORMS = (None, "backward", "ortho", "forward")
SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}

#: A kind of transform, its axis, and its length: of what it takes, or, where that is complex and the result real, of the result.
Step = tuple[str, int, int]


@node
class Transform(ArrayExpr):
    """Transforms along axes that are in one chunk each, one after the other; or a user's function for all of them."""

    source: ArrayExpr
    steps: tuple[Step, ...]
    norm: str | None
    dtype: np.dtype[Any]
    function: Function | None = None
    keywords: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return self.steps[-1][0]

    @derived
    def shape(self) -> tuple[int, ...]:
        shape = list(self.source.shape)
        for kind, axis, length in self.steps:
            shape[axis] = made_length(kind, length)
        return tuple(shape)

    @derived
    def grid(self) -> Grid:
        axes = {axis for _, axis, _ in self.steps}
        return tuple(
            [
                regular(length, length) if axis in axes else cut
                for axis, (length, cut) in enumerate(zip(self.shape, self.source.grid, strict=True))
            ]
        )

    def lower(self) -> Expr:
        source = [(self.source, identity_pick(self.ndim))]
        extra = self.outline.nbytes
        if self.function is None:
            columns = [Same(self.steps), Same(self.norm)]
            return blockwise(self.outline, kernels.transformed, source, columns, cost=Cost.HEAVY, extra=extra)
        columns = [Same(self.function), Same(self.keywords), Same(self.dtype)]
        return blockwise(self.outline, kernels.wrapped, source, columns, cost=Cost.HEAVY, extra=extra)


def made_length(kind: str, length: int) -> int:
    """Length of the axis after a transform."""
    return length // 2 + 1 if kind in ("rfft", "ihfft") else length


def made_dtype(kind: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What NumPy's transform makes of a dtype."""
    try:
        made: np.dtype[Any] = kernels.TRANSFORMS[kind](np.ones(2, dtype)).dtype
    except TypeError:
        raise TypeError(
            f"{kind} takes {'real ' if kind in ('rfft', 'ihfft') else ''}numbers, and not {dtype}"
        ) from None
    return made


def checked(a: Any, norm: str | None) -> Any:
    """The array, with all lengths known."""
    if norm not in NORMS:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return known(asarray(a))


def transform(x: Any, groups: Sequence[Sequence[Step]], norm: str | None) -> Any:
    """Groups of transforms in order; those within a group in any order."""
    for steps in groups:
        for kind, _, length in steps:
            if length < 1:
                raise ValueError(f"Invalid number of FFT data points ({length}) specified for {kind}.")
    for steps in groups:
        left = list(steps)
        while left:
            ready = [step for step in left if x.numblocks[step[1]] == 1]
            if ready:
                dtype = x.dtype
                for kind, _, _ in ready:
                    dtype = made_dtype(kind, dtype)
                x = new(Transform(x.expr, tuple(ready), norm, dtype))
                left = [step for step in left if step not in ready]
                continue
            grid = whole_along(x.expr, left)
            if grid is None:
                step = min(left, key=lambda each: each[2])
                x = transformed_long(x, step, norm)
                left.remove(step)
            else:
                x = new(laid_out(x.expr, grid))
    return x


def whole_along(expr: ArrayExpr, steps: Sequence[Step]) -> Grid | None:
    """A grid in which as many as possible of the axes are whole, with blocks that are not too large; None if none can be."""
    itemsize = np.result_type(expr.dtype, np.complex64).itemsize
    sizes = {axis: max(length, expr.shape[axis], 1) for _, axis, length in steps}
    largest = prod(map(axis_largest, expr.shape, expr.grid)) * itemsize
    limit = max(chunk_limit(), 2 * largest)
    axes = sorted(sizes, key=sizes.__getitem__, reverse=True)
    while axes and prod([sizes[axis] for axis in axes]) * itemsize > limit:
        axes.pop(0)
    if not axes:
        return None
    fixed = prod([sizes[axis] for axis in axes]) * itemsize
    cuts: list[Cut] = [
        regular(length, length) if axis in axes else cut
        for axis, (length, cut) in enumerate(zip(expr.shape, expr.grid, strict=True))
    ]
    while True:
        others = {axis: axis_largest(expr.shape[axis], cuts[axis]) for axis in range(expr.ndim) if axis not in axes}
        if prod(others.values()) * fixed <= limit or max(others.values(), default=1) <= 1:
            return tuple(cuts)
        axis = max(others, key=others.__getitem__)
        cuts[axis] = finer(expr.shape[axis], cuts[axis], -(-others[axis] // 2))


# Long axes


@node
class Turned(SameLayout):
    """Elements times roots of one that their places say: for a folded axis, or for one to be convolved."""

    kernel: Function
    axis: int
    modulus: int
    sign: int

    @property
    def label(self) -> str:
        return "twiddle"

    def lower(self) -> Expr:
        starts = tuple([tuple(accumulate((0, *chunks[:-1]))) for chunks in self.chunks])
        columns: list[Column] = [Product(starts), Same(self.axis), Same(self.modulus), Same(self.sign)]
        return blockwise(self.outline, self.kernel, [(self.source, identity_pick(self.ndim))], columns)


@node
class Chirp(ArrayExpr):
    """What an axis is convolved with."""

    length: int
    padded: int
    sign: int
    dtype: np.dtype[Any]
    cut: Cut

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.padded,)

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    def lower(self) -> Expr:
        bounds = tuple(pairwise(accumulate(axis_chunks(self.padded, self.cut), initial=0)))
        columns: list[Column] = [Listed(bounds)]
        columns += [Same(each) for each in (self.length, self.padded, self.sign, self.dtype)]
        return from_parts(self.outline, kernels.chirp, *columns, cost=Cost.LIGHT)


def transformed_long(x: Any, step: Step, norm: str | None) -> Any:
    """A transform along an axis that is too long for one block."""
    kind, axis, length = step
    dtype = made_dtype(kind, x.dtype)
    if kind == "hfft":
        return transformed_long(conjugated(x), ("irfft", axis, length), SWAPPED[norm])
    if kind == "ihfft":
        return conjugated(transformed_long(x, ("rfft", axis, length), SWAPPED[norm]))
    inner = np.result_type(dtype, np.complex64)
    sign = 1 if kind in ("ifft", "irfft") else -1
    x = x if x.dtype == inner else elementwise(cast, x, dtype=inner)
    if kind == "irfft":
        x = half_weighted(resized(x, axis, length // 2 + 1), axis, length)
    x = resized(x, axis, length)
    made = whole_transform(x, axis, sign)
    backward = norm in (None, "backward")
    scale = 1 / sqrt(length) if norm == "ortho" else 1 / length if backward == (sign > 0) else 1.0
    if kind == "irfft":
        made, scale = elementwise(np.real, made), 2 * scale
    elif kind == "rfft":
        made = cut_axis(made, axis, slice(0, length // 2 + 1))
    if scale != 1.0:
        made = multiply(made, scale)
    return made if made.dtype == dtype else elementwise(cast, made, dtype=dtype)


def cut_axis(x: Any, axis: int, where: slice) -> Any:
    """A slice along one axis."""
    return x[(*[slice(None)] * axis, where)]


def resized(x: Any, axis: int, length: int) -> Any:
    """The array with an axis cut off, or with zeros behind it."""
    missing = length - x.shape[axis]
    if missing <= 0:
        return x if not missing else cut_axis(x, axis, slice(0, length))
    shape = (*x.shape[:axis], missing, *x.shape[axis + 1 :])
    chunks: list[Any] = list(x.chunks)
    chunks[axis] = max(1, max(x.chunks[axis]))
    return concatenate([x, zeros(shape, dtype=x.dtype, chunks=tuple(chunks))], axis=axis)


def half_weighted(x: Any, axis: int, length: int) -> Any:
    """Half of a Hermitian spectrum, with those elements halved that the other half has too: the sum of both is twice its real
    part."""
    weights = np.ones(x.shape[axis], np.empty(0, x.dtype).real.dtype)
    places = arange(x.shape[axis], chunks=(x.chunks[axis],))
    last = length // 2 if length % 2 == 0 else -1
    kind = weights.dtype.type
    factors = where((places == 0) | (places == last), kind(0.5), kind(1))
    return multiply(x, factors.reshape((-1,) + (1,) * (x.ndim - axis - 1)))


def whole_transform(x: Any, axis: int, sign: int) -> Any:
    """A complex transform without any factor, in four steps if its length has divisors."""
    length = x.shape[axis]
    rows = largest_divisor(length)
    if rows == 1:
        return by_convolution(x, axis, sign)
    columns = length // rows
    kind, norm = ("fft", "backward") if sign < 0 else ("ifft", "forward")
    size = max(1, max(x.chunks[axis]) // columns) * columns
    x = x.rechunk({axis: size}).reshape((*x.shape[:axis], rows, columns, *x.shape[axis + 1 :]))
    x = transform(x, [[(kind, axis, rows)]], norm)
    x = new(Turned(x.expr, kernels.twiddled, axis, length, sign))
    x = transform(x, [[(kind, axis + 1, columns)]], norm)
    x = swapaxes(x, axis, axis + 1)
    return x.reshape((*x.shape[:axis], length, *x.shape[axis + 2 :]))


def largest_divisor(length: int) -> int:
    """The largest divisor up to the square root.

    >>> largest_divisor(1000), largest_divisor(13)
    (25, 1)
    """
    return next(each for each in range(isqrt(length), 0, -1) if length % each == 0)


def by_convolution(x: Any, axis: int, sign: int) -> Any:
    """A complex transform of any length by one of a power of two."""
    length = x.shape[axis]
    padded = 1 << (2 * length - 2).bit_length()
    a = resized(new(Turned(x.expr, kernels.chirped, axis, length, sign)), axis, padded)
    cut = regular(padded, max(1, max(x.chunks[axis])))
    b = whole_transform(new(Chirp(length, padded, -sign, x.dtype, cut)), 0, -1)
    product = multiply(whole_transform(a, axis, -1), b.reshape((-1,) + (1,) * (x.ndim - axis - 1)))
    made = cut_axis(multiply(whole_transform(product, axis, 1), 1 / padded), axis, slice(0, length))
    made = made if made.dtype == x.dtype else elementwise(cast, made, dtype=x.dtype)
    return new(Turned(made.expr, kernels.chirped, axis, length, sign))
