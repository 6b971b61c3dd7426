"""Rows of frames as chunked arrays: plain ones, and records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, row_needs
from weft.dataframe.kernels.pandas.arrays import array_dtype
from weft.dataframe.kernels.table import KERNELS
from weft.execution import graph_of
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.opaque import Foreign

__all__ = ["ArrayMethods", "to_dask_array", "to_records"]


@node
class ArrayBlocks(FrameExpr):
    """The values of each partition as an array; ``records`` is whether rows are records, and with their labels."""

    source: FrameExpr
    dtype: np.dtype[Any]
    records: bool | None = None

    @property
    def label(self) -> str:
        return "values" if self.records is None else "to_records"

    @derived
    def meta(self) -> Any:
        return KERNELS["pandas"][type(self)](self.source.meta, self.dtype, self.records)

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    @property
    def numblocks(self) -> tuple[int, ...]:
        return (self.npartitions, 1)[: self.meta.ndim]

    @derived
    def outline(self) -> Outline:
        return Outline(self.name, self.label, self.numblocks, self.source.partition_nbytes)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        own: Needs = frozenset({Need.ORDER}) | VALUES
        looks = self.records or isinstance(self.source.meta, pd.Index)
        return own | {Need.INDEX} if looks else own | (row_needs(asked) - {Need.INDEX})

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        return blockwise(self.outline, kernel, [(self.source, (0,))], [Same(self.dtype), Same(self.records)])


def as_array(frame: Any, dtype: Any, records: bool | None, lengths: Any, optimize: bool = True) -> Any:
    """A chunked array of the rows of a frame."""
    if lengths is True:
        lengths = partition_lengths(frame)
    elif lengths is not None:
        lengths = check_lengths(lengths, frame.npartitions)
    expr = ArrayBlocks(frame.expr, np.dtype(dtype), records)
    blocks = Foreign(graph_of([new(expr)], optimize_graph=optimize), tuple(expr.keys()))
    return CONVERSIONS["array-rows"](expr.name, blocks, frame.npartitions, lengths, expr.meta)


def partition_lengths(frame: Any) -> tuple[int, ...]:
    """Numbers of rows of the partitions, computed now."""
    return tuple([int(each) for each in frame.map_partitions(len).compute()])


def check_lengths(lengths: Any, count: int) -> tuple[int, ...]:
    """Numbers of rows that a user gives."""
    if not isinstance(lengths, Sequence | np.ndarray) or isinstance(lengths, str):
        raise ValueError(f"lengths are numbers of rows for each partition, True or None; they are {lengths!r}")
    if len(lengths) != count:
        raise ValueError(
            f"The number of items in 'lengths' does not match the number of partitions. {len(lengths)} != {count}"
        )
    return tuple([int(each) for each in lengths])


def to_dask_array(df: Any, lengths: Any = None, meta: Any = None, optimize: bool = True, **optimize_kwargs: Any) -> Any:
    """The values of a frame, column or index as a chunked array; partitions become chunks of rows.

    Parameters
    ----------
    df : DataFrame, Series or Index
    lengths : True or sequence of int, optional
        Numbers of rows of the partitions; True counts them now. By default they are not known, and counted when an
        operation needs them.
    meta : array, optional
        An array of the dtype.
    optimize : bool
        Whether the frame is optimised first.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}), npartitions=2)
    >>> df.to_dask_array(lengths=True).chunks
    ((1, 2), (2,))
    >>> df.values.sum(axis=0).compute().tolist()
    [6, 15]
    """
    if optimize_kwargs:
        raise TypeError(f"to_dask_array() got unexpected arguments {sorted(optimize_kwargs)}")
    if not isinstance(df, FrameBase) or not isinstance(df.expr.meta, (pd.DataFrame, pd.Series, pd.Index)):
        raise TypeError(f"to_dask_array() takes a frame, a column or an index, not a {type(df).__name__}")
    return as_array(df, array_dtype(df.expr.meta) if meta is None else meta.dtype, None, lengths, optimize)


def to_records(
    df: Any, index: bool = True, lengths: Any = None, *, column_dtypes: Any = None, index_dtypes: Any = None
) -> Any:
    """The rows of a frame as records: a chunked array of one axis, with a field for each column.

    Parameters
    ----------
    df : DataFrame
    index : bool
        Whether the labels of the rows are fields, too.
    lengths : True or sequence of int, optional
        Numbers of rows of the partitions; see `to_dask_array`.
    column_dtypes, index_dtypes : dtype, or dict of label (or place) to dtype, optional
        Of the fields, where they are to be others than those of the columns and of the index.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2).to_records(index=False).compute().tolist()
    [(1,), (2,)]
    """
    if not isinstance(df, FrameBase) or not isinstance(df.expr.meta, pd.DataFrame):
        raise TypeError(f"to_records() takes a frame, not a {type(df).__name__}")
    told = df.expr.meta.to_records(index=index, column_dtypes=column_dtypes, index_dtypes=index_dtypes)
    return as_array(df, told.dtype, bool(index), lengths)


class ArrayMethods(FrameBase):
    """Rows as chunked arrays."""

    __slots__ = ()

    to_dask_array = to_dask_array
    to_array = to_dask_array

    @property
    def values(self) -> Any:
        """The values as a chunked array, whose lengths are not known; see `to_dask_array`."""
        return to_dask_array(self)


class RecordMethods(FrameBase):
    """Rows as records."""

    __slots__ = ()

    to_records = to_records
