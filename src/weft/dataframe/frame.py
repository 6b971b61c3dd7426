"""The class of frames: a list of method groups, each beside its operators in ``ops``."""

from __future__ import annotations

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.io.parquet_writing import ParquetMethods
from weft.dataframe.ops.arithmetic import ArithmeticMethods
from weft.dataframe.ops.assignment import AssignmentMethods
from weft.dataframe.ops.filtering import FilteringMethods
from weft.dataframe.ops.groupby import GroupbyMethods
from weft.dataframe.ops.projection import ProjectionMethods
from weft.dataframe.ops.reductions import ReductionMethods
from weft.dataframe.ops.shuffle import ShuffleMethods

__all__ = ["DataFrame"]


class DataFrame(
    FilteringMethods,
    ArithmeticMethods,
    AssignmentMethods,
    ReductionMethods,
    GroupbyMethods,
    ShuffleMethods,
    ParquetMethods,
    ProjectionMethods,
):
    """A table in partitions, with pandas' methods; nothing is computed before `compute`.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}), npartitions=2)
    <DataFrame from_pandas: 2 columns (a, b), 2 partitions>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        labels = list(map(str, self.expr.columns))
        shown = ", ".join(labels if len(labels) <= 6 else [*labels[:5], "..."])
        return f"<DataFrame {self.expr.label}: {len(labels)} columns ({shown}), {self.npartitions} partitions>"


FrameBase.made[pd.DataFrame] = DataFrame
