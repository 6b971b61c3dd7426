"""Frames that are in memory already."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.divisions import checked_count, orders_as_values
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.rows import only_columns
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import source_meta
from weft.expr import Cost, Expr, Held, derived, node, walk
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, blockwise
from weft.physical.source import Whole

__all__ = ["FromPandas", "from_pandas", "rows_in_memory", "span_seen"]


@node
class FromPandas(FrameExpr):
    """A pandas object cut by rows. Cutting copies nothing, and neither does leaving columns out."""

    held: Held
    bounds: tuple[tuple[int, int], ...]
    is_sorted: bool
    only: tuple[Hashable, ...] | None = None

    @property
    def label(self) -> str:
        return "from_pandas"

    @derived
    def whole(self) -> Any:
        """The object, with the columns that are wanted."""
        return self.held.value if self.only is None else self.held.value[list(self.only)]

    @derived
    def meta(self) -> Any:
        return source_meta(lambda: self.whole.iloc[:0], "FromPandas", (self.held.token, self.only))

    @derived
    def npartitions(self) -> int:
        return len(self.bounds)

    @derived
    def rows(self) -> Hashable:
        return (self.held.token, self.bounds)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        index = self.held.value.index
        if not self.is_sorted or not len(index) or not orders_as_values(index.dtype):
            return None
        return (*[index[start] for start, _ in self.bounds], index[-1])

    @derived
    def partition_nbytes(self) -> int:
        widths = 16 * max(1, len(self.columns))
        return max(stop - start for start, stop in self.bounds) * widths

    def lower(self) -> Expr:
        prepare, arguments = (None, ()) if self.only is None else (only_columns, (self.only,))
        whole = Whole(Outline(self.name, "whole", ()), self.held, prepare, arguments)
        kernel = KERNELS["pandas"][FromPandas]
        return blockwise(self.outline, kernel, [(whole, ())], [Listed(self.bounds)], cost=Cost.LIGHT)


def rows_in_memory(expr: FrameExpr) -> FromPandas | None:
    """The source in memory that has the rows of a frame, one by one; None if there is none."""
    for each in walk(expr):
        if isinstance(each, FromPandas) and each.rows == expr.rows:
            return each
    return None


def labels_in_memory(expr: FrameExpr) -> pd.Index | None:
    """The labels of a frame's rows, if these come from memory and have the labels that they have there."""
    source = rows_in_memory(expr)
    return source.held.value.index if source is not None and source.row_labels == expr.row_labels else None


def span_seen(source: FromPandas, label: Hashable) -> int | None:
    """About how far integers in memory lie apart, by some of them; None of other columns. Kernels look at all."""
    value = source.held.value
    column = value[label] if value.ndim == 2 else value
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iu" or not len(column):
        return None
    some = column.to_numpy()[:: max(1, len(column) >> 12)]
    return int(some.max()) - int(some.min()) + 1


def from_pandas(data: Any, npartitions: int | None = None, sort: bool = True, chunksize: int | None = None) -> Any:
    """Frame of a pandas object in memory.

    Nothing is hashed, and nothing is copied unless the index has to be sorted. What is changed in ``data`` later is not seen,
    as in any frame that pandas derives from it: pandas copies what it changes.

    Parameters
    ----------
    data : pandas.DataFrame or pandas.Series
    npartitions : int, optional
        Partitions of about equal length; 1 by default.
    chunksize : int, optional
        Or the length of each.
    sort : bool
        Sort by the index, so that divisions are known; rows with one index value stay in one partition. Otherwise, and
        where the index has several levels or missing values, rows stay in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"a": range(6)}), npartitions=3).divisions
    (0, 2, 4, 5)
    """
    if not isinstance(data, (pd.DataFrame, pd.Series)):
        raise TypeError(f"from_pandas() takes a pandas DataFrame or Series, not a {type(data).__name__}")
    if isinstance(data, pd.DataFrame) and not data.columns.is_unique:
        raise ValueError(f"from_pandas() needs columns with different labels; {list(data.columns)} has some twice")
    if npartitions is not None and chunksize is not None:
        raise TypeError("from_pandas() takes npartitions or chunksize, not both")
    if chunksize is not None:
        if chunksize < 1:
            raise ValueError(f"chunksize is the length of a partition, at least 1; it is {chunksize}")
        npartitions = -(-len(data) // chunksize) or 1
    if npartitions is not None:
        npartitions = checked_count(npartitions)
    is_sorted = sort and data.index.nlevels == 1 and not data.index.hasnans
    if is_sorted and not data.index.is_monotonic_increasing:
        data = data.sort_index(kind="stable")
    bounds = cut_rows(data.index, npartitions or 1, keep_together=is_sorted, chunksize=chunksize)
    return new(FromPandas(Held(data.copy(deep=False)), bounds, bool(is_sorted)))


def cut_rows(
    index: pd.Index, count: int, *, keep_together: bool, chunksize: int | None = None
) -> tuple[tuple[int, int], ...]:
    """Where so many partitions, or those of a length, start and stop; equal values of a sorted index may be kept together."""
    length = len(index)
    starts = sorted({place * length // count for place in range(count)})
    if chunksize is not None:
        starts = list(range(0, max(length, 1), chunksize))
    if keep_together and not index.is_unique:
        starts = sorted({int(np.asarray(index.searchsorted(index[start], side="left"))) for start in starts})
    return tuple(zip(starts, [*starts[1:], length], strict=True))
