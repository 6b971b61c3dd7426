"""The groups of methods that summarise rows, or look across them: one list for frames, one for series, one for indexes."""

from __future__ import annotations

from weft.dataframe.ops.counting import CountingMethods, SeriesCountingMethods
from weft.dataframe.ops.cumulative import CumulativeMethods
from weft.dataframe.ops.custom import CustomMethods
from weft.dataframe.ops.describe import SummaryMethods
from weft.dataframe.ops.differences import DifferenceMethods
from weft.dataframe.ops.extremes import ExtremeMethods, SeriesExtremeMethods
from weft.dataframe.ops.groupby import GroupbyMethods
from weft.dataframe.ops.groupby_counts import RowCountMethods
from weft.dataframe.ops.pivot import PivotMethods
from weft.dataframe.ops.quantiles import FrameQuantileMethods, SeriesQuantileMethods
from weft.dataframe.ops.ranking import RankingMethods
from weft.dataframe.ops.reductions import ReductionMethods, SeriesReductionMethods
from weft.dataframe.ops.resample import ResampleMethods
from weft.dataframe.ops.rolling import WindowMethods
from weft.dataframe.ops.sampling import SamplingMethods
from weft.dataframe.ops.selection import SelectionMethods, SeriesSelectionMethods
from weft.dataframe.ops.statistics import SeriesStatisticsMethods, StatisticsMethods
from weft.dataframe.ops.unique import SeriesUniqueMethods, UniqueMethods

__all__ = ["FrameSummaries", "IndexSummaries", "SeriesSummaries"]


class FrameSummaries(
    ReductionMethods,
    ExtremeMethods,
    CustomMethods,
    CountingMethods,
    CumulativeMethods,
    DifferenceMethods,
    SelectionMethods,
    UniqueMethods,
    GroupbyMethods,
    FrameQuantileMethods,
    StatisticsMethods,
    SummaryMethods,
    RankingMethods,
    WindowMethods,
    ResampleMethods,
    SamplingMethods,
    PivotMethods,
    RowCountMethods,
):
    """What can be asked of all rows of a frame."""

    __slots__ = ()


class SeriesSummaries(
    SeriesReductionMethods,
    SeriesExtremeMethods,
    CustomMethods,
    SeriesCountingMethods,
    CumulativeMethods,
    DifferenceMethods,
    SeriesSelectionMethods,
    SeriesUniqueMethods,
    GroupbyMethods,
    SeriesQuantileMethods,
    SeriesStatisticsMethods,
    SummaryMethods,
    RankingMethods,
    WindowMethods,
    ResampleMethods,
    SamplingMethods,
):
    """What can be asked of all rows of a series."""

    __slots__ = ()


class IndexSummaries(
    SeriesReductionMethods, SeriesExtremeMethods, CustomMethods, SeriesCountingMethods, SeriesUniqueMethods
):
    """What can be asked of all labels."""

    __slots__ = ()
