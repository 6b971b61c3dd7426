"""Running totals."""

from __future__ import annotations

from operator import methodcaller
from typing import Any

from weft.dataframe.base import FrameBase, for_numpy, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import VALUES, FrameExpr, row_needs
from weft.dataframe.kernels.pandas.neighbours import CumulativePlan
from weft.dataframe.meta import tried
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []

#: Orders in which Dask combines totals of partitions, of which there is one here.
METHODS = ("sequential", "blelloch")


@node
class Cumulative(Carried):
    """Running sums, products, least or greatest values of columns."""

    source: FrameExpr
    kind: str
    skipna: bool

    @property
    def label(self) -> str:
        return self.kind

    @property
    def plan(self) -> CumulativePlan:
        return CumulativePlan(self.kind, self.skipna, self.meta)

    @derived
    def meta(self) -> Any:
        return (
            tried(methodcaller(self.kind, skipna=self.skipna), self.source.meta)
            .iloc[:0]
            .set_axis(self.source.meta.index, axis=0)
        )

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES | {Need.ORDER}


def cumulative(
    frame: Any, kind: str, axis: Any, skipna: bool, numeric_only: bool = False, method: str = "sequential"
) -> Any:
    """A running total, along rows or columns."""
    if method not in METHODS:
        raise ValueError(f"{kind}(method={method!r}): it is one of {', '.join(map(repr, METHODS))}")
    frame = of_numbers(frame, numeric_only)
    if is_rows(frame, axis):
        return new(RowReduce(frame.expr, kind, pairs(skipna=bool(skipna))))
    expr = Cumulative(frame.expr, kind, bool(skipna))
    _ = expr.meta
    return new(expr)


class CumulativeMethods(FrameBase):
    """Running totals from the first row on; with ``axis=1`` along each row. ``skipna`` leaves missing values out.

    ``method`` is Dask's choice of an order; totals of partitions are always combined side by side.
    """

    __slots__ = ()

    @for_numpy
    def cumsum(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *, method: str = "sequential"
    ) -> Any:
        """Running sum.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).cumsum().compute().tolist()
        [1, 3, 6]
        """
        return cumulative(self, "cumsum", axis, skipna, numeric_only, method)

    @for_numpy
    def cumprod(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *, method: str = "sequential"
    ) -> Any:
        """Running product."""
        return cumulative(self, "cumprod", axis, skipna, numeric_only, method)

    def cummin(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *, method: str = "sequential"
    ) -> Any:
        """Least value so far."""
        return cumulative(self, "cummin", axis, skipna, numeric_only, method)

    def cummax(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *, method: str = "sequential"
    ) -> Any:
        """Greatest value so far."""
        return cumulative(self, "cummax", axis, skipna, numeric_only, method)
