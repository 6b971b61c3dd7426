"""Missing elements replaced by what is before or after them along an axis.

Each block tells the number next to its edge, which is carried along the axis (`weft.physical.scan`), and put in.
"""

from __future__ import annotations

from typing import Any

from weft.array.base import new
from weft.array.expr import SameLayout, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import filling as kernels
from weft.array.ops.reducing import check_unmasked
from weft.array.ops.transposing import normal_axis
from weft.expr import Expr, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.scan import Scan

__all__ = ["bfill", "ffill", "push"]


@node
class Filled(SameLayout):
    """Missing elements replaced by the number before (or after) them along an axis."""

    axis: int
    limit: int | None
    backward: bool

    @property
    def label(self) -> str:
        return "bfill" if self.backward else "ffill"

    def lower(self) -> Expr:
        told = (self.axis, self.limit, self.backward)
        identity = identity_pick(self.ndim)
        shape, grid = list(self.shape), list(self.grid)
        shape[self.axis], grid[self.axis] = self.numblocks[self.axis], 1
        outline = array_outline(self, tuple(grid), tuple(shape), f"{self.label}-carry")
        carries = Scan(
            outline, self.source, self.axis, kernels.latest, kernels.latest_combine, told, reverse=self.backward
        )
        return blockwise(
            self.outline,
            kernels.filled_on,
            [(self.source, identity), (carries, identity)],
            [Same(each) for each in told],
            extra=4 * self.outline.nbytes,
        )


def fill(x: Any, axis: Any, limit: int | None, backward: bool) -> Any:
    """Missing elements replaced from one side."""
    x = asarray(x)
    check_unmasked(x, "ffill(), bfill() or push()", "say what is missing, e.g. x.filled(nan)")
    place = normal_axis(axis, x.ndim)
    if limit is not None:
        if not hasattr(limit, "__index__") or limit < 0:
            raise ValueError(f"cannot fill with limit={limit!r}: it is a number of elements, or None for no limit")
        limit = int(limit)
    if x.dtype.kind not in "fcmMO":
        return new(x.expr)
    return new(Filled(x.expr, place, limit, backward))


def ffill(x: Any, axis: int = -1, limit: int | None = None) -> Any:
    """Missing elements (NaN, no time) replaced by the last one before them along an axis.

    Parameters
    ----------
    x : array_like
    axis : int
    limit : int, optional
        How many missing elements in a row are filled at most.

    Examples
    --------
    >>> import weft.array as da
    >>> nan = float("nan")
    >>> da.ffill(da.asarray([1, nan, nan, 4]).rechunk(2), limit=1).compute()
    array([ 1.,  1., nan,  4.])
    """
    return fill(x, axis, limit, False)


def bfill(x: Any, axis: int = -1, limit: int | None = None) -> Any:
    """Missing elements replaced by the first one after them along an axis; see `ffill`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.bfill([float("nan"), 2.0]).compute()
    array([2., 2.])
    """
    return fill(x, axis, limit, True)


def push(array: Any, n: int | None = None, axis: int = -1) -> Any:
    """Missing elements replaced by the last one before them, at most ``n`` in a row; see `ffill`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.push([1.0, float("nan")], n=None, axis=0).compute()
    array([1., 1.])
    """
    return ffill(array, axis, n)
