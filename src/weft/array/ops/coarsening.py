"""Fewer elements for more: neighbours along axes reduced to one (`coarsen`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.coarsening import coarsened
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known_along
from weft.array.ops.transposing import normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__ = ["coarsen"]


@node
class Coarsen(ArrayExpr):
    """Boxes of neighbours reduced to one element; chunks consist of whole boxes."""

    source: ArrayExpr
    reduction: Callable[..., Any]
    factors: tuple[int, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [
                length // factor if factor > 1 else length
                for length, factor in zip(self.source.shape, self.factors, strict=True)
            ]
        )

    @derived
    def stand_in(self) -> Any:
        """What the reduction gives for one box."""
        box = np.ones(self.factors, self.source.dtype)
        with np.errstate(all="ignore"):
            return coarsened(box, self.reduction, self.factors, self.keywords)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.asarray(self.stand_in).dtype)

    @derived
    def grid(self) -> Grid:
        return tuple(
            [
                cut if factor == 1 else self.fewer(length, cut, factor)
                for length, cut, factor in zip(self.source.shape, self.source.grid, self.factors, strict=True)
            ]
        )

    def fewer(self, length: int, cut: Cut, factor: int) -> Cut:
        """How an axis is cut when each box has become one."""
        return compress([size // factor for size in axis_chunks(length, cut)])

    def lower(self) -> Expr:
        columns = [Same(self.reduction), Same(self.factors), Same(self.keywords)]
        return blockwise(self.outline, coarsened, [(self.source, identity_pick(self.ndim))], columns, cost=Cost.HEAVY)


def coarsen(
    reduction: Callable[..., Any], x: Any, axes: Mapping[int, int], trim_excess: bool = False, **kwargs: Any
) -> Any:
    """Boxes of neighbouring elements reduced to one each.

    Parameters
    ----------
    reduction : callable
        Such as `numpy.sum`: it is called with ``axis=`` and the keywords.
    x : array-like
    axes : dict from int to int
        How long the boxes are along axes.
    trim_excess : bool
        Leave out what is left at the end of an axis and too short for a box. Otherwise that is an error.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.coarsen(np.sum, da.arange(6, chunks=3), {0: 2}).compute()
    array([1, 5, 9])
    """
    x = asarray(x)
    factors = [1] * x.ndim
    for axis, factor in axes.items():
        size = operator.index(factor)
        if size < 1:
            raise ValueError(f"coarsen() needs boxes of positive length, not axes={dict(axes)!r}")
        factors[normal_axis(axis, x.ndim)] = size
    for axis, factor in enumerate(factors):
        if factor > 1:
            x = new(known_along(x.expr, axis))
            if x.shape[axis] % factor:
                if not trim_excess:
                    raise ValueError(
                        f"Coarsening factors {dict(axes)} do not align with array shape {x.shape}. "
                        "Give trim_excess=True to leave out what remains."
                    )
                x = x[(slice(None),) * axis + (slice(0, x.shape[axis] // factor * factor),)]
    if not callable(reduction):
        raise TypeError(f"coarsen() takes a function such as numpy.sum, not {reduction!r}")
    reduction = getattr(np, getattr(reduction, "__name__", ""), reduction) if is_own(reduction) else reduction
    cuts = [boxes(*each) for each in zip(x.shape, x.expr.grid, factors, strict=True)]
    made = Coarsen(laid_out(x.expr, tuple(cuts)), reduction, tuple(factors), tuple(kwargs.items()))
    _ = made.dtype
    return new(made)


def is_own(function: Any) -> bool:
    """Whether a function is one of Weft's, which blocks have no use for: NumPy's of the same name is meant."""
    return str(getattr(function, "__module__", "")).startswith("weft.array")


def boxes(length: int, cut: Cut, factor: int) -> Cut:
    """A cut of an axis into whole boxes, close to the one that is there.

    >>> boxes(12, 4, 2), boxes(12, 5, 2), boxes(12, 1, 6)
    (4, 4, 6)
    """
    if factor == 1:
        return cut
    if isinstance(cut, int):
        return max(factor, cut // factor * factor) if length else cut
    lengths: list[int] = []
    end = done = 0
    for size in cut:  # type: ignore[union-attr]
        end += size
        whole = end // factor * factor
        if whole > done:
            lengths.append(whole - done)
            done = whole
    return compress(lengths or [length])
