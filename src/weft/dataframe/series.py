"""The classes of columns and of single values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.ops.arithmetic import ArithmeticMethods
from weft.dataframe.ops.filtering import SeriesFilteringMethods
from weft.dataframe.ops.reductions import ReductionMethods
from weft.dataframe.ops.repartition import RepartitionMethods

__all__ = ["Scalar", "Series"]


class Series(SeriesFilteringMethods, ArithmeticMethods, ReductionMethods, RepartitionMethods):
    """A column in partitions, with pandas' methods."""

    __slots__ = ()

    @property
    def name(self) -> Any:
        """Label of the column."""
        return self.expr.meta.name

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.expr.meta.dtype

    def __repr__(self) -> str:
        return f"<Series {self.expr.label}: {self.name}, {self.dtype}, {self.npartitions} partitions>"


class Scalar(FrameBase):
    """A single value that is not computed yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Scalar {self.expr.label}>"


FrameBase.made[pd.Series] = Series
FrameBase.made[object] = Scalar
