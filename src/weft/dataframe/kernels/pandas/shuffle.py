"""Rows to the partitions where their keys belong."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("ShuffleSplit")
def split_by_hash(partition: pd.DataFrame, told: tuple[tuple[Any, ...], int, tuple[int, ...]]) -> list[pd.DataFrame]:
    """A run of rows for each range of targets; rows keep their order within it.

    Parameters
    ----------
    told : (columns, npartitions, bounds)
        A row's target is the hash of its columns modulo npartitions; run ``k`` gets ``bounds[k] <= target < bounds[k + 1]``.
    """
    columns, npartitions, bounds = told
    hashes = pd.util.hash_pandas_object(partition[list(columns)], index=False).to_numpy()
    targets = hashes % np.uint64(npartitions)
    order = np.argsort(targets, kind="stable")
    ends = np.searchsorted(targets[order], np.asarray(bounds, dtype=targets.dtype))
    return [partition.iloc[order[a:b]] for a, b in pairwise(ends)]


@PANDAS.add("ShuffleMerge")
def merge_runs(told: None, *runs: pd.DataFrame) -> pd.DataFrame:
    """Runs one after another."""
    filled = [run for run in runs if len(run)]
    return pd.concat(filled) if len(filled) > 1 else (filled or list(runs))[0]
