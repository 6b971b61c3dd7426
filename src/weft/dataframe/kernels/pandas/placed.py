"""Values for rows that are found in buckets of rows with equal, or neighbouring, keys, and brought back to where these stand."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.merge import PLACE, back_in_place
from weft.dataframe.kernels.pandas.reductions import columns_of
from weft.dataframe.kernels.pandas.runs import ROW_BITS, Run, assembled, bare
from weft.dataframe.kernels.table import KERNELS

__all__ = ["RankPlan"]

PANDAS = KERNELS["pandas"]


@PANDAS.add("PlacedKeys")
def placed_keys(partition: Any, number: int) -> pd.DataFrame:
    """The columns by number, and where each row stands."""
    columns = [bare(each.array) for each in columns_of(partition)]
    places = np.arange(len(partition), dtype=np.int64) + (number << ROW_BITS)
    labels = pd.DataFrame(columns=pd.Index([*range(len(columns)), PLACE], dtype=object))
    made: pd.DataFrame = assembled([*columns, places], partition.index, labels)
    return made


@PANDAS.add("SeriesInPlace")
def series_in_place(keyed: pd.DataFrame, meta: Any, told: Any, *runs: Run) -> pd.Series:
    """Values where their rows stand, as a series like ``meta``."""
    return back_in_place(keyed, told, *runs).iloc[:, 0].astype(meta.dtype).rename(meta.name)


@PANDAS.add("DuplicateFlags")
def duplicate_flags(partition: pd.DataFrame, keep: Any) -> pd.DataFrame:
    """Whether each row of a bucket is there more than once; rows are in the order in which they stood."""
    keys = partition.drop(columns=[PLACE])
    return pd.DataFrame({0: keys.duplicated(keep=keep), PLACE: partition[PLACE]}, index=partition.index)


class RankPlan(NamedTuple):
    """What is asked: as in pandas; missing values are kept as they are, or come last."""

    method: str
    na_option: str
    ascending: bool
    pct: bool


@PANDAS.add("RanksInOrder")
class RanksInOrder:
    """Ranks of rows that lie in buckets, equal values in the same one."""

    @staticmethod
    def total(partition: pd.DataFrame, plan: RankPlan) -> tuple[int, int]:
        """How many rows of a bucket have ranks, and how many different values these have."""
        column = partition[0]
        present, different = int(column.count()), int(column.nunique()) if plan.method == "dense" else 0
        if plan.na_option == "bottom" and present < len(column):
            return len(column), different + 1
        return present, different

    @staticmethod
    def combine(plan: RankPlan, earlier: tuple[int, int], later: tuple[int, int]) -> tuple[int, int]:
        """Of several buckets."""
        return earlier[0] + later[0], earlier[1] + later[1]

    total_after = total
    combine_after = combine

    @staticmethod
    def apply(
        partition: pd.DataFrame, before: tuple[int, int] | None, after: tuple[int, int] | None, plan: RankPlan
    ) -> pd.DataFrame:
        """The ranks of a bucket."""
        which = int(plan.method == "dense")
        ranks = partition[0].rank(method=plan.method, na_option=plan.na_option, ascending=plan.ascending)
        ranks = ranks + (before or (0, 0))[which]
        if plan.pct:
            own = RanksInOrder.total(partition, plan)
            ranks = ranks / ((before or (0, 0))[which] + own[which] + (after or (0, 0))[which])
        return pd.DataFrame({0: ranks, PLACE: partition[PLACE]}, index=partition.index)


@PANDAS.add("Edges")
def edges(told: Any, *counts: int) -> Any:
    """Where partitions of so many rows begin, and how many rows there are in all."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


@PANDAS.add("PlacesInOrder")
def places_in_order(partition: pd.DataFrame, before: int | None, starts: Any) -> pd.DataFrame:
    """For rows that lie in order, after so many others, where they stood, and which row is told so."""
    own = partition[PLACE].to_numpy()
    number = np.arange(len(own)) + (before or 0)
    told = np.searchsorted(starts[1:], number, side="right")
    stood = starts[own >> ROW_BITS] + (own & ((1 << ROW_BITS) - 1))
    return pd.DataFrame({0: stood, PLACE: (told << ROW_BITS) + number - starts[told]})


@PANDAS.add("Argsort")
def argsort(partition: pd.Series, places: Run, meta: pd.Series) -> pd.Series:
    """Places for the rows of a partition: they came in order."""
    return pd.Series(places.columns[0], index=partition.index, name=partition.name, dtype=meta.dtype)
