"""The class of frames: a list of method groups, each beside its operators in ``ops``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called
from weft.dataframe.io.arrays import ArrayMethods, RecordMethods
from weft.dataframe.io.formats import FrameFormatMethods
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.ops.arithmetic import ArithmeticMethods
from weft.dataframe.ops.assignment import AssignmentMethods
from weft.dataframe.ops.categorical import CategoryMethods
from weft.dataframe.ops.comparing import ComparingMethods
from weft.dataframe.ops.conversion import ConversionMethods, FrameConversionMethods
from weft.dataframe.ops.duplicated import DuplicateMethods
from weft.dataframe.ops.filtering import FilteringMethods, filtered, is_mask
from weft.dataframe.ops.function_methods import FrameFunctionMethods
from weft.dataframe.ops.indexing import IndexingMethods, rows_in_slice
from weft.dataframe.ops.labels import LabelMethods
from weft.dataframe.ops.layout import LayoutMethods
from weft.dataframe.ops.merge import MergeMethods
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.overlap import OverlapMethods
from weft.dataframe.ops.partitions import PartitionMethods
from weft.dataframe.ops.plans import PlanMethods
from weft.dataframe.ops.products import FrameProductMethods
from weft.dataframe.ops.projection import ProjectionMethods, project
from weft.dataframe.ops.reindexing import ReindexMethods
from weft.dataframe.ops.repartition import RepartitionMethods
from weft.dataframe.ops.repeating import SubsetMethods
from weft.dataframe.ops.reshaping import FrameCombiningMethods, ReshapingMethods
from weft.dataframe.ops.set_index import DivisionMethods, SetIndexMethods
from weft.dataframe.ops.shuffle import ShuffleMethods
from weft.dataframe.ops.sorting import FrameSortingMethods
from weft.dataframe.ops.summaries import FrameSummaries
from weft.dataframe.ops.times import TimeLabelMethods
from weft.dataframe.ops.unstack import TransposeMethods
from weft.dataframe.ops.values import ValueMethods

__all__ = ["DataFrame"]


class DataFrame(
    ArithmeticMethods,
    AssignmentMethods,
    FilteringMethods,
    ValueMethods,
    ConversionMethods,
    FrameConversionMethods,
    LayoutMethods,
    LabelMethods,
    IndexingMethods,
    FrameFunctionMethods,
    FrameSummaries,
    ShuffleMethods,
    RepartitionMethods,
    MergeMethods,
    FrameCombiningMethods,
    ReshapingMethods,
    SetIndexMethods,
    DivisionMethods,
    FrameSortingMethods,
    PartitionMethods,
    PlanMethods,
    OverlapMethods,
    DuplicateMethods,
    CategoryMethods,
    ComparingMethods,
    ReindexMethods,
    TransposeMethods,
    FrameProductMethods,
    TimeLabelMethods,
    ArrayMethods,
    RecordMethods,
    FrameFormatMethods,
    SubsetMethods,
    ProjectionMethods,
):
    """A table in partitions, with pandas' methods; nothing is computed before `compute`.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}), npartitions=2)
    <DataFrame from_pandas: 2 columns, 2 partitions>
                       a        b
    npartitions=2
    0              int64  float64
    1                ...      ...
    1                ...      ...
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, FrameBase):
            return filtered(self, key)
        if isinstance(key, slice):
            return rows_in_slice(self, key)
        if is_mask(key):
            return filtered(self, key)
        if hasattr(key, "_eval_expression") or (callable(key) and key not in self.expr.meta.columns):
            return self[called(key, self)]
        return project(self, key)

    @classmethod
    def from_records(cls, data: Any, *args: Any, npartitions: int = 1, **kwargs: Any) -> Any:
        """A frame of records in memory; see `pandas.DataFrame.from_records`."""
        return from_pandas(pd.DataFrame.from_records(data, *args, **kwargs), npartitions=npartitions, sort=False)

    def asof(self, where: Any, subset: Any = None) -> Any:
        """The last row without missing values up to a label, or up to each of some; all rows are brought to one place."""
        return whole_result(self, "asof", call_of(where, subset=subset))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.expr.meta.columns)

    def __dir__(self) -> list[str]:
        labels = [each for each in self.expr.columns if isinstance(each, str) and each.isidentifier()]
        return [*super().__dir__(), *labels]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.compute(), dtype=dtype)


FrameBase.made[pd.DataFrame] = DataFrame
