"""What array methods stand on: a collection with one expression.

The method groups in ``ops`` derive from `ArrayBase`, and the class that users see, `weft.array.Array`, from the groups.
`new` makes one of an expression, for functions that have no array to start from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from weft.array.expr import ArrayExpr
from weft.collection.base import Collection

__all__ = ["ArrayBase", "is_table", "new"]


class ArrayBase(Collection):
    """Base of the groups of array methods."""

    __slots__ = ("expr",)

    expr: ArrayExpr
    #: The class that users see; `weft.array.array` says which it is.
    made: ClassVar[Callable[[ArrayExpr], Any]]

    def __init__(self, expr: ArrayExpr) -> None:
        if not isinstance(expr, ArrayExpr):
            raise TypeError(
                f"an Array is made of an expression, not of {type(expr).__name__}. "
                "Use from_array, ones, zeros or another function of weft.array."
            )
        self.expr = expr

    @property
    def name(self) -> str:
        """Name of the array's blocks; equal for equal computations."""
        return self.expr.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self.expr.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.expr.dtype

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of the chunks along each axis."""
        return self.expr.chunks

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Length of the longest chunk along each axis."""
        return tuple(map(max, self.expr.chunks))

    @property
    def numblocks(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return self.expr.numblocks

    @property
    def npartitions(self) -> int:
        """All chunks."""
        return self.expr.nblocks

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.expr.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.expr.size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.expr.nbytes

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.expr.dtype.itemsize


def new(expr: ArrayExpr) -> Any:
    """The array of an expression."""
    return ArrayBase.made(expr)


def is_table(value: Any) -> bool:
    """Whether a value is a collection of rows, of which a chunked array can be made: a frame, a series, an index."""
    return isinstance(value, Collection) and hasattr(type(value), "to_dask_array")
