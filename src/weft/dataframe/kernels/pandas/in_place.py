"""Joins in which one side stays where it is: what the other side has for its rows comes to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.merge import PLACE
from weft.dataframe.kernels.pandas.runs import ROW_BITS, Run, assembled, bare, taken
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("CountAnswers")
def count_answers(answers: pd.DataFrame, count: int) -> Any:
    """How many answers a bucket has for each of ``count`` partitions."""
    places = answers[PLACE].to_numpy()
    if not (places[1:] >= places[:-1]).all():
        places = np.sort(places)
    return np.diff(np.searchsorted(places, np.arange(count + 1) << ROW_BITS))


@PANDAS.add("AddAnswers")
def add_answers(*counts: Any) -> Any:
    """Answers of several buckets."""
    return np.sum(counts, axis=0)


@PANDAS.add("Before")
def rows_before(counts: Any) -> Any:
    """Rows before each partition."""
    return np.cumsum(counts) - counts


@PANDAS.add("JoinInPlace")
def join_in_place(kept: pd.DataFrame, answers: Run, *rest: Any) -> pd.DataFrame:
    """Rows with what there is for them: each as often as it has answers.

    ``rest`` is the rows before each partition, if they are numbered over all; a meta; the labels of the columns that stayed, and of
    those of the answers; and the number of the partition.
    """
    *before, meta, own, told, number = rest
    start = int(before[0][number]) if before else 0
    rows = answers.columns[told.index(PLACE)] & ((1 << ROW_BITS) - 1)
    stay, order = beside(rows, len(kept))
    columns = []
    for label in meta.columns:
        if label in own:
            array = bare(kept.iloc[:, own.index(label)].array)
            columns.append(array if stay is None else taken(array, stay))
        else:
            columns.append(taken(answers.columns[told.index(label)], order))
    return assembled(columns, pd.RangeIndex(start, start + len(order)), meta)


def beside(rows: Any, count: int) -> tuple[Any, Any]:
    """Which rows come out (None: each once, as they stand), and which answer goes to each of them.

    >>> beside(np.array([2, 0, 0, 1]), 3)
    (array([0, 0, 1, 2]), array([1, 2, 3, 0]))
    """
    bits = len(rows).bit_length()
    packed = (rows << bits) | np.arange(len(rows))
    packed.sort()
    order = packed & ((1 << bits) - 1)
    packed >>= bits
    is_each_once = len(rows) == count and bool((packed == np.arange(count)).all())
    return None if is_each_once else packed, order
