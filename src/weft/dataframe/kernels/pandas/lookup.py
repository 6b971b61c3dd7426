"""Rows found by a key of numbers: the quick way for most joins.

pandas numbers the keys of both sides with a hash table, for every call. Here the table is of one side only, and is kept
with it when it is joined to many partitions; where its keys are integers without large gaps it is a plain array, and finding
a row is one look into it. Keys of several columns become one number first. Columns are taken one by one, and not at all
where all rows stay.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.compiled import read_only
from weft.dataframe.kernels.pandas.hashing import stripe_codes
from weft.dataframe.kernels.pandas.keys import numpy_digits
from weft.dataframe.kernels.pandas.moving import machine_code
from weft.dataframe.kernels.pandas.ranked import places_in_order
from weft.dataframe.kernels.pandas.runs import assembled, bare, series_of, taken

__all__ = ["Lookup", "Prepared", "joined_by_lookup", "key_numbers"]

#: Slots of the plain array: at most so many for each key, and some that cost next to nothing.
SLOTS = 4
FREE_SLOTS = 2**20

#: Rows that 32 bits count.
MOST = 2**31 - 1

#: Keys from which on a table is sorted rather than hashed, where the machine sorts packed numbers: no cache holds it.
MANY = 2**16

#: Numbers that keys of several columns may become.
MOST_KEYS = 2**62


def key_numbers(frame: pd.DataFrame, on: tuple[Hashable, ...] | None) -> list[Any] | None:
    """The key of a frame as 64-bit integers, column by column, if all are numbers or times; None otherwise."""
    numbers = []
    for label in on or ():
        column = frame[label]
        array = bare(column.array) if column.ndim == 1 else None
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iufmMb":
            return None
        numbers.append(numpy_digits(array, True, False))
    return numbers or None


class Packing:
    """How keys of several columns become one number: their distances from the least one, as digits."""

    def __init__(self, columns: Sequence[Any]) -> None:
        self.lows = [int(each.min()) if len(each) else 0 for each in columns]
        self.spans = [
            int(each.max()) - low + 1 if len(each) else 1 for each, low in zip(columns, self.lows, strict=True)
        ]
        self.size = prod(self.spans)

    def __call__(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        """Numbers of keys, and which of them lie outside of all that are known (None: nobody)."""
        made = beyond = None
        for column, low, span in zip(columns, self.lows, self.spans, strict=True):
            digit = column - low if low else column
            if len(column) and not (low <= int(column.min()) and int(column.max()) < low + span):
                outside = digit.view(np.uint64) >= span  # those below the least one, too: their distance wraps
                beyond = outside if beyond is None else beyond | outside
            made = digit if made is None else made * span + digit
        return made, beyond


class Lookup:
    """Where the rows are that have a key."""

    def __init__(self, columns: Sequence[Any], packing: Packing | None) -> None:
        self.packing = packing
        codes = columns[0] if packing is None else packing(columns)[0]
        self.is_dense = packing is not None and packing.size <= SLOTS * len(codes) + FREE_SLOTS
        self.labels: Any = None
        #: The rows of each key as machine code finds them; None where they are found otherwise.
        self.chain: Any = None
        if self.is_dense:
            assert packing is not None
            width = packing.size
            if len(columns) == 1 and len(codes) < MOST and (code := machine_code(len(codes))) is not None:
                first, following = np.zeros(width, np.int32), np.empty(len(codes) + 1, np.int32)
                self.is_unique = code.chained(read_only(codes.astype(np.int64, copy=False)), first, following)
                if self.is_unique:
                    first -= 1
                    self.keep_unique(codes, width, first)
                else:
                    self.chain = first, following
                return
        elif packing is not None and len(codes) >= MANY and is_packed(packing.size, len(codes)):
            order = in_order(codes, packing.size)
            codes = codes.take(order)
            is_first = np.concatenate([[True], codes[1:] != codes[:-1]])
            self.labels = codes[is_first]
            self.starts: Any = np.flatnonzero(is_first)
            self.counts = np.diff(self.starts, append=len(codes))
            self.order = order
            self.is_unique = len(self.labels) == len(codes)
            self.is_in_place, self.is_full, self.rows = False, True, order
            return
        else:
            codes, uniques = pd.factorize(codes)
            self.labels = pd.Index(uniques)
            width = len(uniques)
        counts = np.bincount(codes, minlength=width)
        self.is_unique = not len(counts) or int(counts.max()) <= 1
        if self.is_unique:
            rows = np.full(width, -1, np.int64)
            rows[codes] = np.arange(len(codes))
            self.keep_unique(codes, width, rows)
        else:
            short = (
                np.int32 if len(codes) < 2**31 else np.int64
            )  # half as much to look into: more of it stays in a cache
            self.counts = counts.astype(short)
            self.starts = np.cumsum(self.counts, dtype=short) - self.counts
            self.order = in_order(codes, width).astype(short)

    def keep_unique(self, codes: Any, width: int, rows: Any) -> None:
        """Take note of the row of each key, where no two are equal."""
        self.is_full = width == len(codes)
        #: Whether each row stands at the place of its key; then nothing is looked up.
        self.is_in_place = self.is_full and bool((codes == np.arange(width)).all())
        self.rows = rows

    def find(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        """For each key its place among the keys here, and where there is none (None: nowhere); the place is 0 there."""
        codes, beyond = (columns[0], None) if self.packing is None else self.packing(columns)
        if not self.is_dense:
            codes = places_of(codes, self.labels, self.packing)
            lacking = codes < 0
            beyond = lacking if beyond is None else beyond | lacking
            beyond = beyond if beyond.any() else None
        return (codes if beyond is None else np.where(beyond, 0, codes)), beyond

    def match(self, columns: Sequence[Any], keeps_all: bool) -> tuple[Any, Any]:
        """Rows of the other side (None for all as they stand), and the row here for each of them; -1 for none."""
        if self.chain is not None:
            return self.match_chained(columns[0], keeps_all)
        codes, beyond = self.find(columns)
        if self.is_unique:
            if not len(self.rows):
                found = np.full(len(codes), -1, np.int64)
            else:
                found = codes if self.is_in_place else self.rows.take(codes)
            if beyond is not None:
                found = np.where(beyond, -1, found)
            elif self.is_full:
                return None, found.astype(np.int64, copy=False)
            there = found >= 0
            if keeps_all or there.all():
                return None, found.astype(np.int64, copy=False)
            chosen = np.flatnonzero(there)
            return chosen, found.take(chosen).astype(np.int64, copy=False)
        times = self.counts.take(codes)
        if beyond is not None:
            times[beyond] = 0
        begins = self.starts.take(codes)
        missing = times == 0 if keeps_all else None
        if missing is not None:
            times[missing] = 1
            begins[missing] = 0
        mine = np.repeat(np.arange(len(codes)), times)
        theirs = np.repeat(begins - (np.cumsum(times) - times), times)
        theirs += np.arange(len(theirs))
        theirs = self.order.take(theirs)
        if missing is not None and missing.any():
            theirs[missing[mine]] = -1
        return mine, theirs

    def match_chained(self, column: Any, keeps_all: bool) -> tuple[Any, Any]:
        """The same of keys of one column that lie close together, by machine code."""
        assert self.packing is not None
        code, keys, (low,) = machine_code(wait=True), read_only(column), self.packing.lows
        room = len(keys) + len(keys) // 8 + 1
        while True:
            mine, theirs = np.empty(room, np.int64), np.empty(room, np.int64)
            count = code.match(keys, low, *self.chain, keeps_all, mine, theirs)
            if count < room:  # what is no pair is written behind the last one
                return mine[:count], theirs[:count]
            room = count + 1


def places_of(codes: Any, labels: Any, packing: Packing | None) -> Any:
    """Where some numbers stand among labels; -1 for those that do not."""
    if isinstance(labels, pd.Index):
        return labels.get_indexer(pd.Index(codes))
    assert packing is not None
    if len(codes) and not (int(codes.min()) >= 0 and int(codes.max()) < packing.size):
        codes = np.where((codes < 0) | (codes >= packing.size), 0, codes)  # those are known to have no place
    order = in_order(codes, packing.size)
    wanted = codes.take(order)
    near = np.minimum(np.searchsorted(labels, wanted), len(labels) - 1)  # quick, since one comes after the other
    made = np.empty(len(codes), np.int64)
    made[order] = np.where(labels.take(near) == wanted, near, -1)
    return made


def is_packed(width: int, count: int) -> bool:
    """Whether a code below ``width`` and the number of one of ``count`` rows fit one integer."""
    return width.bit_length() + count.bit_length() <= 63


def in_order(codes: Any, width: int) -> Any:
    """Rows in the order of their codes, equal ones as they stand."""
    if width <= 2**16:
        return np.argsort(codes.astype(np.uint16), kind="stable")  # by counting
    return places_in_order(codes.astype(np.int64, copy=False))


class Prepared:
    """A side of a join; where it is joined to many partitions its table is made once in each process."""

    def __init__(self, frame: pd.DataFrame, on: tuple[Hashable, ...] | None, stripes: int = 0) -> None:
        self.frame = frame
        self.on = on
        self.stripes = stripes
        self._lookup: Lookup | None = None

    @property
    def has_table(self) -> bool:
        """Whether the table is there already."""
        return self._lookup is not None

    def numbers(self) -> list[Any] | None:
        """The keys as integers, column by column; None if they are something else."""
        columns = key_numbers(self.frame, self.on)
        if columns is not None and self.stripes and self.on is not None and self.frame[self.on[0]].dtype.kind in "iu":
            return [stripe_codes(columns[0], self.stripes)]
        return columns

    def lookup(self) -> Lookup | None:
        """The table; None if there is no quick way."""
        if self._lookup is None:
            columns = self.numbers()
            if columns is not None:
                packing: Packing | None = Packing(columns)
                if packing is not None and packing.size > MOST_KEYS:
                    if len(columns) > 1:
                        return None
                    packing = None
                self._lookup = Lookup(columns, packing)
        return self._lookup

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.frame, self.on, self.stripes)

    def __sizeof__(self) -> int:
        return int(self.frame.memory_usage(index=True).sum()) * 2


def joined_by_lookup(left: Prepared, right: Prepared, plan: Any) -> pd.DataFrame | None:
    """An inner, left or right join, if there is a quick way."""
    if plan.how not in ("inner", "left", "right") or plan.indicator is not None or plan.validate is not None:
        return None
    if plan.sort or plan.suffixes is not None or not left.on or not right.on:
        return None
    if any(left.frame[a].dtype != right.frame[b].dtype for a, b in zip(left.on, right.on, strict=True)):
        return None
    side = table_side(left, right, plan)
    table, other = (left, right) if side == "left" else (right, left)
    asked = other.numbers()
    lookup = table.lookup() if asked is not None else None
    if lookup is None or asked is None:
        return None
    rows, found = lookup.match(asked, plan.how != "inner")
    places = (found, rows) if side == "left" else (rows, found)
    gaps = plan.how != "inner" and len(found) > 0 and int(found.min()) < 0
    names, theirs = dict(plan.left_names), dict(plan.right_names)
    shared = {a for a, b in zip(left.on, right.on, strict=True) if a == b and b not in theirs}
    columns: list[Any] = []
    labels: list[Any] = []
    only = None if plan.only is None else set(plan.only)
    for place, label in enumerate(left.frame.columns):
        if only is not None and names.get(label, label) not in only:
            continue
        array, chosen, open_ = bare(left.frame.iloc[:, place].array), places[0], gaps and side == "left"
        if label in shared and open_:
            array, chosen, open_ = bare(right.frame[label].array), places[1], False  # all rows of the other side stay
        columns.append(picked(array, chosen, open_))
        labels.append(names.get(label, label))
    for place, label in enumerate(right.frame.columns):
        if label not in shared and (only is None or theirs.get(label, label) in only):
            columns.append(picked(bare(right.frame.iloc[:, place].array), places[1], gaps and side == "right"))
            labels.append(theirs.get(label, label))
    if len(set(labels)) != len(labels):
        return None
    if plan.only is not None:
        kept = plan.kept(labels)
        columns = [columns[labels.index(label)] for label in kept]
        labels = kept
    length = len(other.frame) if rows is None else len(rows)
    return assembled(columns, pd.RangeIndex(length), pd.DataFrame(columns=pd.Index(labels)))


def table_side(left: Prepared, right: Prepared, plan: Any) -> str:
    """The side that the table is made of: rows come out as they stand on the other side."""
    if plan.how == "right":
        return "left"
    if plan.how == "left" or plan.ordered or right.has_table:
        return "right"
    return "left" if left.has_table or len(left.frame) < len(right.frame) else "right"


def picked(array: Any, places: Any, gaps: bool) -> Any:
    """Some elements, or all (None); missing values where the place is -1, if there are any."""
    if places is None:
        return array
    return with_gaps(array, places) if gaps else taken(array, places)


def with_gaps(array: Any, places: Any) -> Any:
    """Some elements; missing values where the place is -1."""
    values = series_of(array)
    if not len(values):
        return bare(values.reindex(places).array)
    source = array if isinstance(array, np.ndarray) else values.array
    made = pd.api.extensions.take(source, places, allow_fill=True)
    return made if isinstance(made, np.ndarray) else bare(made)
