"""Rows found by a key of numbers: the quick way for most joins.

pandas numbers the keys of both sides with a hash table, for every call. Here the table is of one side only, and is kept
with it when it is joined to many partitions; where its keys are integers without large gaps it is a plain array, and finding
a row is one look into it. Columns are taken one by one, and not at all where all rows stay.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.keys import numpy_digits
from weft.dataframe.kernels.pandas.runs import assembled, bare, series_of, taken

__all__ = ["Lookup", "Prepared", "joined_by_lookup", "key_numbers"]

#: Slots of the plain array for each key, at most.
SLOTS = 4


def key_numbers(frame: pd.DataFrame, on: tuple[Hashable, ...] | None) -> Any:
    """The key of a frame as 64-bit integers, if it is one column of numbers or times; None otherwise."""
    if on is None or len(on) != 1:
        return None
    column = frame[on[0]]
    if column.ndim != 1:
        return None
    array = bare(column.array)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufmMb":
        return None
    return numpy_digits(array, True, False)


class Lookup:
    """Where the rows are that have a key."""

    def __init__(self, keys: Any) -> None:
        self.low = int(keys.min()) if len(keys) else 0
        span = int(keys.max()) - self.low + 1 if len(keys) else 0
        self.is_dense = 0 < span <= SLOTS * len(keys) + 1024
        if self.is_dense:
            self.span = span
            codes = keys - self.low
            width = span
        else:
            codes, uniques = pd.factorize(keys)
            self.labels = pd.Index(uniques)
            width = len(uniques)
        counts = np.bincount(codes, minlength=width)
        self.is_unique = not len(counts) or int(counts.max()) <= 1
        if self.is_unique:
            self.rows = np.full(width, -1, np.int64)
            self.rows[codes] = np.arange(len(keys))
        else:
            self.counts = counts
            self.starts = np.cumsum(counts) - counts
            self.order = np.argsort(codes, kind="stable")

    def find(self, keys: Any) -> Any:
        """For each key its place among the keys here; -1 if it is not there."""
        if not self.is_dense:
            return self.labels.get_indexer(pd.Index(keys))
        codes = keys - self.low
        beyond = (keys < self.low) | (codes >= self.span) | (codes < 0)
        if beyond.any():
            codes[beyond] = -1
        return codes

    def match(self, keys: Any, keeps_all: bool) -> tuple[Any, Any]:
        """Rows of the other side (None for all as they stand), and the row here for each of them; -1 for none."""
        codes = self.find(keys)
        if self.is_unique:
            found = np.where(codes >= 0, self.rows[codes], -1) if len(self.rows) else codes
            there = found >= 0
            if keeps_all or there.all():
                return None, found
            chosen = np.flatnonzero(there)
            return chosen, found[chosen]
        times = np.where(codes >= 0, self.counts[codes], 0)
        missing = times == 0
        if keeps_all:
            times[missing] = 1
        mine = np.repeat(np.arange(len(keys)), times)
        ends = np.cumsum(times)
        within = np.arange(len(mine)) - np.repeat(ends - times, times)
        first = np.repeat(np.where(missing, 0, self.starts[codes]), times)
        theirs = self.order[np.minimum(first + within, len(self.order) - 1)]
        if keeps_all and missing.any():
            theirs[missing[mine]] = -1
        return mine, theirs


class Prepared:
    """A side of a join that is joined to many partitions: its table is made once in each process."""

    def __init__(self, frame: pd.DataFrame, on: tuple[Hashable, ...] | None) -> None:
        self.frame = frame
        self.on = on
        self._lookup: Lookup | None = None

    def lookup(self) -> Lookup | None:
        """The table; None if there is no quick way."""
        if self._lookup is None:
            keys = key_numbers(self.frame, self.on)
            if keys is not None:
                self._lookup = Lookup(keys)
        return self._lookup

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.frame, self.on)

    def __sizeof__(self) -> int:
        return int(self.frame.memory_usage(index=True).sum()) * 2


def joined_by_lookup(left: pd.DataFrame, right: Prepared, plan: Any) -> pd.DataFrame | None:
    """An inner or left join, if there is a quick way."""
    if plan.how not in ("inner", "left") or plan.indicator is not None or plan.validate is not None:
        return None
    if plan.sort or plan.suffixes is not None or plan.left_on is None or len(plan.left_on) != 1:
        return None
    if right.on is None or left[plan.left_on[0]].dtype != right.frame[right.on[0]].dtype:
        return None
    mine = key_numbers(left, plan.left_on)
    lookup = right.lookup() if mine is not None else None
    if lookup is None:
        return None
    rows, others = lookup.match(mine, plan.how == "left")
    names, theirs = dict(plan.left_names), dict(plan.right_names)
    columns: list[Any] = []
    labels: list[Any] = []
    for place, label in enumerate(left.columns):
        array = bare(left.iloc[:, place].array)
        columns.append(array if rows is None else taken(array, rows))
        labels.append(names.get(label, label))
    gaps = plan.how == "left" and len(others) > 0 and int(others.min()) < 0
    is_shared = plan.left_on == right.on and right.on[0] not in theirs
    for place, label in enumerate(right.frame.columns):
        if is_shared and label == right.on[0]:
            continue
        array = bare(right.frame.iloc[:, place].array)
        columns.append(with_gaps(array, others) if gaps else taken(array, others))
        labels.append(theirs.get(label, label))
    if len(set(labels)) != len(labels):
        return None
    length = len(left) if rows is None else len(rows)
    return assembled(columns, pd.RangeIndex(length), pd.DataFrame(columns=pd.Index(labels)))


def with_gaps(array: Any, places: Any) -> Any:
    """Some elements; missing values where the place is -1."""
    values = series_of(array)
    if not len(values):
        return bare(values.reindex(places).array)
    source = array if isinstance(array, np.ndarray) else values.array
    made = pd.api.extensions.take(source, places, allow_fill=True)
    return made if isinstance(made, np.ndarray) else bare(made)
