"""The classes of columns and of single values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.io.arrays import ArrayMethods
from weft.dataframe.io.formats import SeriesFormatMethods
from weft.dataframe.ops.arithmetic import ArithmeticMethods, SeriesArithmeticMethods
from weft.dataframe.ops.categorical import CategoricalAccessor
from weft.dataframe.ops.comparing import ComparingMethods
from weft.dataframe.ops.conversion import ConversionMethods
from weft.dataframe.ops.dates import DateAccessor
from weft.dataframe.ops.duplicated import SeriesDuplicateMethods
from weft.dataframe.ops.filtering import FilteringMethods, filtered, is_mask
from weft.dataframe.ops.function_methods import SeriesFunctionMethods
from weft.dataframe.ops.indexing import IndexingMethods, entry, rows_in_slice
from weft.dataframe.ops.indexing_keys import is_entry
from weft.dataframe.ops.labels import SeriesLabelMethods
from weft.dataframe.ops.layout import LayoutMethods
from weft.dataframe.ops.nested import ListAccessor, StructAccessor
from weft.dataframe.ops.overlap import OverlapMethods
from weft.dataframe.ops.partitions import PartitionMethods
from weft.dataframe.ops.plans import PlanMethods
from weft.dataframe.ops.products import SeriesProductMethods
from weft.dataframe.ops.reindexing import SeriesReindexMethods
from weft.dataframe.ops.repartition import RepartitionMethods
from weft.dataframe.ops.repeating import SeriesRowMethods
from weft.dataframe.ops.reshaping import CombiningMethods, SeriesReshapingMethods
from weft.dataframe.ops.searching import SeriesSearchingMethods
from weft.dataframe.ops.set_index import DivisionMethods
from weft.dataframe.ops.shuffle import ShuffleMethods
from weft.dataframe.ops.sorting import SeriesSortingMethods
from weft.dataframe.ops.strings import StringAccessor
from weft.dataframe.ops.summaries import SeriesSummaries
from weft.dataframe.ops.times import TimeLabelMethods
from weft.dataframe.ops.unstack import UnstackMethods
from weft.dataframe.ops.values import SeriesValueMethods, ValueMethods
from weft.expr import node

#: The methods below have a property of the type's own name beside them.
Text = str

__all__ = ["Scalar", "Series"]


class Series(
    SeriesArithmeticMethods,
    FilteringMethods,
    SeriesValueMethods,
    ValueMethods,
    ConversionMethods,
    LayoutMethods,
    SeriesLabelMethods,
    IndexingMethods,
    SeriesFunctionMethods,
    SeriesSummaries,
    RepartitionMethods,
    DivisionMethods,
    SeriesSortingMethods,
    CombiningMethods,
    SeriesReshapingMethods,
    ShuffleMethods,
    PartitionMethods,
    SeriesFormatMethods,
    PlanMethods,
    OverlapMethods,
    SeriesDuplicateMethods,
    ComparingMethods,
    SeriesReindexMethods,
    UnstackMethods,
    SeriesSearchingMethods,
    SeriesProductMethods,
    TimeLabelMethods,
    SeriesRowMethods,
    ArrayMethods,
):
    """A column in partitions, with pandas' methods.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> numbers = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
    >>> (numbers * 2).sum().compute(scheduler="sync")
    np.int64(12)
    """

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.expr.meta.dtype

    @property
    def dtypes(self) -> Any:
        """Type of the values."""
        return self.expr.meta.dtype

    @property
    def str(self) -> StringAccessor:
        """Methods of text."""
        return StringAccessor.of(self, "str")

    @property
    def dt(self) -> DateAccessor:
        """Methods and parts of dates and durations."""
        return DateAccessor.of(self, "dt")

    @property
    def cat(self) -> CategoricalAccessor:
        """Methods of categories."""
        return CategoricalAccessor.of(self, "cat")

    @property
    def list(self) -> ListAccessor:
        """Methods of Arrow's lists."""
        return ListAccessor.of(self, "list")

    @property
    def struct(self) -> StructAccessor:
        """Methods of Arrow's structs."""
        return StructAccessor.of(self, "struct")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, FrameBase):
            return filtered(self, key)
        if isinstance(key, slice):
            return rows_in_slice(self, key)
        if is_mask(key):
            return filtered(self, key)
        return entry(self, key) if self.npartitions == 1 and is_entry(self, key) else self.loc[key]

    def __iter__(self) -> Iterator[Any]:
        for part in self.partitions:
            yield from part.compute()

    def __contains__(self, label: Any) -> bool:
        return bool(
            len(self.loc[[label]] if self.known_divisions else self.index.isin([label]).compute().loc[lambda x: x])
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.compute(), dtype=dtype)


@node
class OneRow(Partitionwise):
    """A value as a series."""

    source: FrameExpr
    at: Any

    @property
    def label(self) -> str:
        return "to_series"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.at,)


class Scalar(PlanMethods, ArithmeticMethods):
    """A single value that is not computed yet."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """Type of the value."""
        return np.asarray(self.expr.meta).dtype

    def __repr__(self) -> Text:
        return f"<Scalar {self.expr.label}, {self.dtype}>"

    def __bool__(self) -> bool:
        return bool(self.compute())

    def __int__(self) -> int:
        return int(self.compute())

    def __float__(self) -> float:
        return float(self.compute())

    def to_series(self, index: Any = 0) -> Any:
        """The value as a series of one row."""
        return new(OneRow(self.expr, index))

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """The value as a delayed one."""
        from weft.collection.convert import CONVERSIONS

        return CONVERSIONS["delayed"](self)


FrameBase.made[pd.Series] = Series
FrameBase.made[object] = Scalar
