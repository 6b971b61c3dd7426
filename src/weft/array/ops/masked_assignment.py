"""Assignment where a mask holds: one value for all, which is elementwise; or a value for each place, which are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, compress
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.kernels import assignment as kernels
from weft.array.ops.elementwise import cast, elementwise
from weft.array.ops.indexing import arranged
from weft.array.ops.masking import in_order, mask_cut, masked_grid, matched, row_picks
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import counted, sized
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["set_where"]


@node
class SetMasked(SameLayout):
    """A value for each place where a mask holds: ``value`` has one axis, at ``axis``, for those that the mask covers.

    ``inner`` is the grid on which mask and source meet, blocks in the order of the elements; ``cut`` that of the values.
    """

    mask: ArrayExpr
    axis: int
    value: ArrayExpr
    inner: Grid
    cut: Cut

    @property
    def label(self) -> str:
        return "setitem"

    @derived
    def grid(self) -> Grid:
        own = self.source.grid
        return (*own[: self.axis], *self.inner, *own[self.axis + len(self.inner) :])

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        axis, width = self.axis, len(self.inner)
        own = tuple(range(self.ndim))
        grid = (*self.grid[:axis], self.cut, *self.grid[axis + width :])
        shape = (*self.shape[:axis], None, *self.shape[axis + width :])
        value = laid_out(
            self.value,
            tuple(
                [
                    cut if place == axis or length == shape[place] else 1
                    for place, (cut, length) in enumerate(zip(grid, self.value.shape, strict=True))
                ]
            ),
        )
        rows = [place for place, pick in enumerate(row_picks(self.mask.shape, self.inner, 0)) if pick is not None]
        pick: list[Any] = [place if place < axis else place - 1 + width for place in range(value.ndim)]
        pick[axis] = axis + rows[0] if rows else None
        for place, length in enumerate(self.value.shape):
            if place != axis and value.numblocks[place] == 1 and length != shape[place]:
                pick[place] = None
        mask = laid_out(self.mask, self.inner)
        return blockwise(
            self.outline,
            kernels.set_masked,
            [(laid_out(self.source, self.grid), own), (mask, own[axis : axis + width]), (value, tuple(pick))],
            [Same(axis)],
        )


def set_where(base: ArrayExpr, mask: ArrayExpr, axis: int, axes: Sequence[int | None], value: Any) -> ArrayExpr:
    """An expression with a value where a mask holds; ``axes`` are those of the result that the value is for.

    In those the axis at ``axis`` is the one of what the mask selects.
    """
    width = mask.ndim
    base, mask = matched(base, in_order(mask), axis)
    ndim = base.ndim - width + 1
    if isinstance(value, ArrayExpr):
        value = spread_to(value, axes, axis, ndim)
        others = [place if place < axis else place - 1 + width for place in range(ndim)]
        for place, length in enumerate(value.shape):
            if place != axis and length not in (1, base.shape[others[place]]):
                raise ValueError(
                    f"shape mismatch: value array of shape {value.shape} could not be broadcast to indexing result "
                    f"of shape {(*base.shape[:axis], '?', *base.shape[axis + width :])}"
                )
        if value.shape[axis] != 1:
            return set_each(base, mask, axis, value)
        kept = [place for place in range(ndim) if place != axis]
        value = new(arranged(value, [*kept[:axis], *[None] * width, *kept[axis:]]))
    spread = [*[None] * axis, *range(width), *[None] * (base.ndim - axis - width)]
    return laid_out(chosen_value(base, arranged(mask, spread), value), base.grid)


def chosen_value(base: ArrayExpr, mask: ArrayExpr, value: Any) -> ArrayExpr:
    """A value where a mask holds. For numbers that is `numpy.where`, which chains of elementwise operations can take in."""
    if base.dtype.kind not in "biufc" or base.prototype is not None or mask.prototype is not None:
        return elementwise(kernels.assign_where, new(base), new(mask), value).expr  # type: ignore[no-any-return]
    if isinstance(value, ArrayBase):
        if value.expr.prototype is not None:
            return elementwise(kernels.assign_where, new(base), new(mask), value).expr  # type: ignore[no-any-return]
        value = value if value.dtype == base.dtype else elementwise(cast, value, dtype=base.dtype)
    else:
        value = np.asarray(value).astype(base.dtype)[()]
    return elementwise(np.where, new(mask), value, new(base)).expr  # type: ignore[no-any-return]


def spread_to(value: ArrayExpr, axes: Sequence[int | None], axis: int, ndim: int) -> ArrayExpr:
    """A value for the result's axes with the axes of base and selection, in their order; new axes dropped."""
    extra = value.ndim - len(axes)
    if extra > 0 and (any(length != 1 for length in value.shape[:extra]) or (ndim == 1 and len(axes) == 1)):
        raise TypeError(
            f"NumPy boolean array indexing assignment requires a 0 or {len(axes)}-dimensional input, "
            f"input has {value.ndim} dimensions"
        )
    places: list[int | None] = []
    for wanted in range(ndim):
        at = axes.index(wanted) + extra if wanted in axes else -1
        places.append(at if at >= 0 else None)
    for place, each in enumerate(axes):
        if each is None and place + extra >= 0 and value.shape[place + extra] != 1:
            raise ValueError(f"could not broadcast input array of shape {value.shape}: the axis {place} is a new one")
    return arranged(value, places)


def set_each(base: ArrayExpr, mask: ArrayExpr, axis: int, value: ArrayExpr) -> ArrayExpr:
    """A value for each place: those that one mask has selected are aligned, others are counted."""
    inner = masked_grid(base, mask, axis)
    rows = row_picks(mask.shape, inner, 0)
    if sum([pick is not None for pick in rows]) > 1:
        inner = (1, *[max(1, length) for length in mask.shape[1:]])
    cut: Cut = mask_cut(mask, inner)
    assert isinstance(cut, UnknownCut)
    if value.shape[axis] != cut.length:
        lengths = counted(cut)
        value = sized(value, (axis,))
        if value.shape[axis] != sum(lengths):
            if value.shape[axis] == 1:
                return set_where(base, mask, axis, list(range(value.ndim)), value)
            raise ValueError(
                f"NumPy boolean array indexing assignment cannot assign {value.shape[axis]} input values to the "
                f"{sum(lengths)} output values where the mask is true"
            )
        cut = compress(lengths)
    made = SetMasked(base, mask, axis, value, inner, cut)
    return laid_out(made, base.grid)
