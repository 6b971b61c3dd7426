"""The class of row labels."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.io.arrays import ArrayMethods
from weft.dataframe.io.delayed import DelayedMethods
from weft.dataframe.ops.arithmetic import ArithmeticMethods
from weft.dataframe.ops.comparing import EqualityMethods
from weft.dataframe.ops.conversion import ConversionMethods
from weft.dataframe.ops.dates import DateParts
from weft.dataframe.ops.duplicated import IndexDuplicateMethods
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.function_methods import SeriesFunctionMethods
from weft.dataframe.ops.index_rows import IndexRowMethods, IndexTypeMethods
from weft.dataframe.ops.index_sets import IndexSetMethods
from weft.dataframe.ops.labels import IndexLabelMethods
from weft.dataframe.ops.layout import LayoutMethods
from weft.dataframe.ops.overlap import OverlapMethods
from weft.dataframe.ops.partitions import PartitionMethods
from weft.dataframe.ops.plans import PlanMethods
from weft.dataframe.ops.repartition import RepartitionMethods
from weft.dataframe.ops.searching import IndexSearchingMethods
from weft.dataframe.ops.set_index import DivisionMethods
from weft.dataframe.ops.strings import StringAccessor
from weft.dataframe.ops.summaries import IndexSummaries
from weft.dataframe.ops.values import ValueMethods

__all__ = ["Index"]


class Index(
    ArithmeticMethods,
    ValueMethods,
    ConversionMethods,
    LayoutMethods,
    IndexLabelMethods,
    SeriesFunctionMethods,
    IndexRowMethods,
    IndexSummaries,
    RepartitionMethods,
    DivisionMethods,
    PartitionMethods,
    PlanMethods,
    OverlapMethods,
    IndexDuplicateMethods,
    EqualityMethods,
    IndexSetMethods,
    IndexSearchingMethods,
    IndexTypeMethods,
    ArrayMethods,
    DateParts,
    DelayedMethods,
):
    """The labels of a frame's rows, in partitions.

    Comparisons and tests give a series that has the labels as its index, where pandas gives an array without any: so that
    rows can be chosen by it.
    """

    __slots__ = ()

    @property
    def name(self) -> Any:
        """Name of the labels."""
        return self.expr.meta.name

    @property
    def dtype(self) -> Any:
        """Type of the labels."""
        return self.expr.meta.dtype

    def round(self, decimals: Any = 0, *args: Any, **keywords: Any) -> Any:  # type: ignore[override]
        """Rounded numbers, or moments rounded to a frequency."""
        decimals = keywords.pop("freq", decimals)
        return elementwise("round", self, decimals, *args, **keywords)

    def isin(self, values: Any, level: Any = None) -> Any:
        """Whether each label, or what it has in a level, is among some."""
        return super().isin(values) if level is None else self.get_level_values(level).isin(values)

    def unique(self, level: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Different labels, or those of a level, in the order of first rows."""
        if level is not None:
            return self.get_level_values(level).unique(**options)
        return self.drop_duplicates(**options) if self.expr.meta.nlevels > 1 else super().unique(**options)

    @property
    def str(self) -> StringAccessor:
        """Methods of text."""
        return StringAccessor.of(self, "str")


FrameBase.made[pd.Index] = Index
