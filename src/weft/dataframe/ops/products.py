"""Products of rows with vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.meta import UNKNOWN, make_meta, meta_nonempty, same_kind
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.beside import by_place
from weft.dataframe.ops.concat import as_collection
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.treewise import Treewise
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []


class InMemory:
    """A vector or matrix of a few rows, one for each column, as an operand."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __weft_tokenize__(self) -> Any:
        return ("in-memory", self.value)

    def __reduce__(self) -> Any:
        return InMemory, (self.value,)


@function_named("dot")
def dot(frame: pd.DataFrame, other: InMemory) -> Any:
    """The product of each row."""
    return frame.dot(other.value)


@node
class Product(Treewise):
    """The product of a series with the rows of another, or of a frame."""

    left: FrameExpr
    right: FrameExpr

    @property
    def label(self) -> str:
        return "dot"

    @derived
    def meta(self) -> Any:
        left, right = meta_nonempty(self.left.meta), meta_nonempty(self.right.meta)
        return same_kind(left.set_axis(range(2)).dot(right.set_axis(range(2), axis=0)))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        matched = frozenset() if self.left.rows == self.right.rows else frozenset({Need.INDEX, Need.ORDER})
        return VALUES | matched


class FrameProductMethods(FrameBase):
    """Products of the rows of a frame."""

    __slots__ = ()

    def dot(self, other: Any, meta: Any = UNKNOWN) -> Any:
        """The product of each row with a vector or matrix that has a row for each column.

        Parameters
        ----------
        other : pandas or NumPy object, or collection, which is computed at the call
        meta : optional
            What comes of it; it is known anyway.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), npartitions=2)
        >>> df.dot(pd.Series({"a": 10, "b": 1})).compute().tolist()
        [13, 24]
        """
        if meta is not UNKNOWN and meta is not None:
            make_meta(meta)
        value = other.compute() if isinstance(other, FrameBase) else other
        return elementwise(
            "dot", self, InMemory(value if isinstance(value, (pd.DataFrame, pd.Series)) else np.asarray(value))
        )

    def __matmul__(self, other: Any) -> Any:
        return self.dot(other)


class SeriesProductMethods(FrameBase):
    """Products of a series."""

    __slots__ = ()

    def dot(self, other: Any, meta: Any = UNKNOWN) -> Any:
        """The product with another series, or with each column of a frame, of the same labels.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
        >>> int(s.dot(s).compute())
        14
        """
        if meta is not UNKNOWN and meta is not None:
            make_meta(meta)
        if isinstance(other, (np.ndarray, list, tuple)):
            if np.ndim(other) != 1:
                raise TypeError(
                    f"cannot multiply by {np.ndim(other)}-dimensional values: use a frame of the same labels"
                )
            other = by_place(self, np.asarray(other))
        left, right = align_rows([self.expr, as_collection(other).expr], "dot")
        expr = Product(left, right)
        _ = expr.meta
        return new(expr)

    def __matmul__(self, other: Any) -> Any:
        return self.dot(other)
