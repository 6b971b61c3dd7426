"""A look at the keys of some rows of a partition: how many differ, and which of them are everywhere.

What is found in two partitions tells how many groups all rows make (`weft.dataframe.spread`), and whether single keys hold so
many rows that a partition of their own would be too large (`weft.dataframe.ops.skew`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.grouping import GroupPlan, key_columns
from weft.dataframe.kernels.pandas.hashing import hash_rows
from weft.dataframe.kernels.table import KERNELS
from weft.sizeof import sizeof

__all__ = ["Look", "columns_for"]

#: Rows that are looked at, evenly over the partition.
ROWS = 1 << 16
#: Keys whose numbers of rows are told: those with most.
FREQUENT = 32


class Look(NamedTuple):
    """What was seen of a partition.

    Parameters
    ----------
    rows : int
        Of the partition.
    seen : int
        Rows that were looked at.
    hashes : array
        Hashes of their keys, each once, sorted.
    nbytes : float
        What a row's keys take in memory.
    frequent : tuple of (hash, rows seen)
        The keys with most rows.
    """

    rows: int
    seen: int
    hashes: Any
    nbytes: float
    frequent: tuple[tuple[int, int], ...]


def columns_for(partition: Any, blocks: tuple[Any, ...], by: GroupPlan | tuple[Hashable, ...] | None) -> list[Any]:
    """The keys of a partition: those of groups, some columns, or all that there is of it."""
    if isinstance(by, GroupPlan):
        return list(key_columns(partition, blocks, by))
    if isinstance(partition, pd.DataFrame):
        return [partition[label] for label in (partition.columns if by is None else by)]
    return [partition.to_series() if isinstance(partition, pd.Index) else partition]


@KERNELS["pandas"].add("KeyLook")
def look(partition: Any, *values: Any) -> Look:
    """See what keys a partition has."""
    *blocks, by = values
    keys = columns_for(partition, tuple(blocks), by)
    rows = len(partition)
    if rows > ROWS:
        places = np.arange(ROWS) * rows // ROWS
        keys = [key.iloc[places] for key in keys]
    seen = min(rows, ROWS)
    hashes, counts = np.unique(hash_rows(keys), return_counts=True)
    most = np.argsort(counts, kind="stable")[::-1][:FREQUENT]
    frequent = tuple([(int(hashes[place]), int(counts[place])) for place in most])
    return Look(rows, seen, hashes, sum([sizeof(key.array) for key in keys]) / max(1, seen), frequent)
