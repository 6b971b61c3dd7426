"""Keys of rows as numbers that sort as pandas sorts: what orders and buckets are found with.

Every key column becomes *digits*: 64-bit integers whose order is the wanted one, direction and place of missing values
included. Numbers, times and categories have one digit. Text has one for every eight bytes (UTF-8 sorts as its characters
do), and its length for the last. Objects that are no text are compared by Python; they have a digit for being missing and
one for themselves, complex numbers one for each part.

Rows and bounds are compared digit by digit: after the first, only rows that tie with a bound are looked at again, so a
second column or the tail of a text costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from weft.dataframe.kernels.pandas.ranked import places_between, places_in_order
from weft.dataframe.kernels.pandas.reductions import is_of_days
from weft.dataframe.meta import UNKNOWN_CATEGORIES
from weft.records import record

__all__ = ["Order", "digits_of", "key_arrays", "key_of_kinds", "order_of", "places_among", "plain"]

LEAST, MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
SIGN = np.uint64(2**63)


@record
class Order:
    """How rows are ordered.

    Parameters
    ----------
    by : tuple of labels, or None
        Columns; None for the index (its levels).
    ascending : tuple of bool
        One for each key.
    na_first : bool
    key : callable, optional
        The user's function of a key column.
    """

    by: tuple[Any, ...] | None
    ascending: tuple[bool, ...]
    na_first: bool = False
    key: Any = None


def key_arrays(partition: Any, order: Order) -> list[Any]:
    """The key columns of a partition, after the user's function."""
    if order.by is None:
        index = partition if isinstance(partition, pd.Index) else partition.index
        levels = [index.get_level_values(place) for place in range(index.nlevels)]
        columns: list[Any] = levels[: len(order.ascending)]
    elif isinstance(partition, pd.DataFrame):
        columns = [partition[label] for label in order.by]
    else:
        columns = [partition]
    if order.key is not None:
        columns = [order.key(each) for each in columns]
    return [plain(each) for each in columns]


def key_of_kinds(*frames: Sequence[Any]) -> Any:
    """The key for key columns of such dtypes in several frames: places of categories mean the same in all of them afterwards.

    None where they do already. The same categories in other orders are brought to the order of the first, as pandas does.
    """
    orders, is_needed = [], False
    for kinds in zip(*frames, strict=False):
        if any(isinstance(each, pd.CategoricalDtype) for each in kinds):
            orders += [kinds[0].categories] if all(each == kinds[0] for each in kinds) else []
            is_needed |= not all(have_same_order(kinds[0], each) for each in kinds)
    return partial(as_comparable, tuple(orders)) if is_needed else None


def have_same_order(one: Any, other: Any) -> bool:
    """Whether two are known categories in one order."""
    both = [each.categories for each in (one, other) if isinstance(each, pd.CategoricalDtype)]
    return len(both) == 2 and both[0].equals(both[1]) and UNKNOWN_CATEGORIES not in both[0]


def as_comparable(orders: Sequence[pd.Index], column: Any) -> Any:
    """A column or labels; categories in one of these orders, or the values that they stand for."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    array = column.array
    for order in orders:
        if array.dtype == pd.CategoricalDtype(order) and UNKNOWN_CATEGORIES not in order:
            return pd.Series(array.set_categories(order))
    return pd.Series(pd.api.extensions.take(array.categories.array, array.codes, allow_fill=True))


def plain(column: Any) -> Any:
    """The array of a key column."""
    array = column.array if isinstance(column, (pd.Series, pd.Index)) else pd.Series(column).array
    return array.to_numpy() if type(array) is pd.arrays.NumpyExtensionArray else array


class Number:
    """One digit for each row."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def count(self, rows: Any) -> int:
        return 1

    def digit(self, level: int, rows: Any) -> Any:
        return self.values if rows is None else self.values[rows]


class Pair:
    """Two digits for each row: objects, after whether they are missing."""

    def __init__(self, first: Any, second: Any) -> None:
        self.both = (first, second)

    def count(self, rows: Any) -> int:
        return 2

    def digit(self, level: int, rows: Any) -> Any:
        flags, values = self.both[0] if rows is None else self.both[0][rows], self.both[level]
        if level == 1 and flags.all():  # who ties in the first digit is missing as well, or there
            return np.zeros(len(flags), np.int64)
        return values if rows is None else values[rows]


class Complex:
    """Two digits for each row: the real part, and among equal ones the imaginary one."""

    def __init__(self, array: Any, ascending: bool, na_first: bool) -> None:
        missing = np.isnan(array)
        real = np.where(missing, np.nan, array.real)
        imaginary = np.where(missing, 0, array.imag)
        self.both = (numpy_digits(real, ascending, na_first), numpy_digits(imaginary, ascending, na_first))

    def count(self, rows: Any) -> int:
        return 2

    def digit(self, level: int, rows: Any) -> Any:
        return self.both[level] if rows is None else self.both[level][rows]


class Text:
    """A digit for each eight bytes, then the length."""

    def __init__(self, array: Any, ascending: bool, na_first: bool) -> None:
        count = len(array)
        edges: Any
        data: Any
        _, edges, data = array.buffers() if count else (None, None, None)
        ends = (
            np.frombuffer(edges, np.int64)[array.offset : array.offset + count + 1] if count else np.zeros(1, np.int64)
        )
        self.starts, self.lengths = ends[:-1], np.diff(ends)
        size = 0 if data is None else data.size
        self.padded = np.zeros(size + 8, np.uint8)
        if size:
            self.padded[:size] = np.frombuffer(data, np.uint8)
        self.words = np.ndarray((size + 1,), ">u8", self.padded.data, strides=(1,))
        self.missing = np.asarray(array.is_null()) if array.null_count else None
        if self.missing is not None:  # Arrow lets them have any length
            self.lengths = np.where(self.missing, 0, self.lengths)
        self.ascending, self.na_first = ascending, na_first

    def count(self, rows: Any) -> int:
        lengths = self.lengths if rows is None else self.lengths[rows]
        return int(-(-lengths.max(initial=1) // 8)) + 1

    def digit(self, level: int, rows: Any) -> Any:
        starts, lengths = (self.starts, self.lengths) if rows is None else (self.starts[rows], self.lengths[rows])
        left = lengths - 8 * level
        words = self.words[np.where(left > 0, starts + 8 * level, 0)].astype(np.uint64)
        unused = np.uint64(8) * (8 - np.clip(left, 1, 8)).astype(np.uint64)
        words = np.where(left > 0, words >> unused << unused, np.uint64(0))
        if level == 0:  # the first byte of UTF-8 is below 0xF5: there is room for the missing on both sides
            words += np.uint64(1 << 56)
        if not self.ascending:
            words = ~words
        if level == 0 and self.missing is not None:
            missing = self.missing if rows is None else self.missing[rows]
            words[missing] = np.uint64(0 if self.na_first else 2**64 - 1)
        return (words ^ SIGN).view(np.int64)

    def length(self, rows: Any) -> Any:
        """The last digit."""
        lengths = self.lengths if rows is None else self.lengths[rows]
        return lengths if self.ascending else ~lengths


Digits = Number | Pair | Complex | Text


def digits_of(array: Any, ascending: bool, na_first: bool, is_sole: bool = True) -> Digits:
    """The digits of a key column. ``is_sole`` tells whether it is the only one."""
    if isinstance(array, np.ndarray) and array.dtype.kind == "c":
        return Complex(array, ascending, na_first)
    if isinstance(array, np.ndarray) and array.dtype != object:
        if array.dtype.kind == "f" and na_first and not is_sole:  # pandas takes a NaN for an infinite number there
            array = np.where(np.isnan(array), -np.inf if ascending else np.inf, array)
        return Number(numpy_digits(array, ascending, na_first))
    text = as_text(array)
    if text is not None:
        return Text(text, ascending, na_first)
    if isinstance(array, np.ndarray):
        return object_digits(array, ascending, na_first)
    if isinstance(array, pd.Categorical):
        return Number(placed_missing(array.codes.astype(np.int64), array.codes == -1, ascending, na_first))
    if is_of_days(getattr(array, "dtype", None)):
        array = pd.Series(array).astype(array.dtype.numpy_dtype).array
    if isinstance(array, (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray, pd.arrays.PeriodArray)):
        return Number(placed_missing(array.asi8, np.asarray(array.isna()), ascending, na_first))
    missing = np.asarray(array.isna())
    kind = getattr(array.dtype, "kind", "O")
    if kind in "biu":
        wide = np.uint64 if array.dtype.name.lower().startswith("uint64") else np.int64
        values = array.to_numpy(dtype=wide, na_value=False if array.dtype.kind == "b" else wide(0))
        if wide is np.uint64:  # nought is the least: all but the greatest two go up by one
            values = np.minimum(values, np.uint64(2**64 - 3)) + np.uint64(1)
        return Number(placed_missing(np.clip(integers(values), LEAST + 1, MOST - 1), missing, ascending, na_first))
    if kind == "f":
        return Number(numpy_digits(array.to_numpy(dtype=np.float64, na_value=np.nan), ascending, na_first))
    if kind in "mM" and isinstance(array.dtype, pd.ArrowDtype):
        plain = array.to_numpy(
            dtype=f"{kind}8[{array.dtype.pyarrow_dtype.unit}]",
            na_value=np.datetime64("NaT") if kind == "M" else np.timedelta64("NaT"),
        )
        return Number(numpy_digits(plain, ascending, na_first))
    return object_digits(np.asarray(array, dtype=object), ascending, na_first)


def numpy_digits(array: Any, ascending: bool, na_first: bool) -> Any:
    """Digits of a NumPy array of numbers or times."""
    kind = array.dtype.kind
    if kind in "mM":
        return placed_missing(array.view(np.int64), np.isnat(array), ascending, na_first)
    if kind == "f":
        bits = np.add(array, 0.0, dtype=np.float64).view(np.int64)  # -0.0 becomes 0.0
        flips = bits >> 63
        flips &= MOST
        bits ^= flips
        return placed_missing(bits, np.isnan(array), ascending, na_first)
    if kind in "biu":
        values = integers(array)
        return values if ascending else ~values
    return object_digits(array.astype(object), ascending, na_first).digit(1, None)


def integers(array: Any) -> Any:
    """Integers as signed ones in the same order."""
    if array.dtype == np.uint64:
        return (array ^ SIGN).view(np.int64)
    return array.astype(np.int64, copy=False)


def placed_missing(values: Any, missing: Any, ascending: bool, na_first: bool) -> Any:
    """Numbers in the wanted direction, with the missing ones at their end: no number is the least or the greatest there is."""
    made = values if ascending else ~values
    if missing.any():
        made = made.copy() if made is values else made
        made[missing] = LEAST if na_first else MOST
    return made


def as_text(array: Any) -> Any:
    """A column of text as one Arrow array; None if it is not text."""
    if isinstance(array, np.ndarray):
        if pd.api.types.infer_dtype(array, skipna=True) not in ("string", "empty"):
            return None
        try:
            return pa.array(array, type=pa.large_string(), from_pandas=True)
        except (pa.ArrowException, UnicodeError):
            return None
    dtype = array.dtype
    is_arrow_text = isinstance(dtype, pd.ArrowDtype) and (
        pa.types.is_string(dtype.pyarrow_dtype) or pa.types.is_large_string(dtype.pyarrow_dtype)
    )
    if not isinstance(dtype, pd.StringDtype) and not is_arrow_text:
        return None
    made = pa.array(array, type=pa.large_string(), from_pandas=True)
    if isinstance(made, pa.ChunkedArray):
        made = pa.concat_arrays(made.chunks) if made.num_chunks else pa.array([], pa.large_string())
    return made


class Reversed:
    """An object that compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: Reversed) -> Any:
        return other.value < self.value

    def __eq__(self, other: object) -> Any:
        return isinstance(other, Reversed) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


def object_digits(array: Any, ascending: bool, na_first: bool) -> Pair:
    """Digits of Python objects."""
    missing = np.asarray(pd.isna(array))
    flags = np.where(missing, -1 if na_first else 1, 0).astype(np.int64)
    values = np.empty(len(array), object)
    there = array[~missing]
    filler = there[0] if len(there) else None
    for place, (each, is_missing) in enumerate(zip(array, missing, strict=True)):
        value = filler if is_missing else each
        values[place] = value if ascending else Reversed(value)
    return Pair(flags, values)


def order_of(arrays: Sequence[Any], order: Order) -> Any:
    """Where the rows stand that come first, second and so on; equal ones in their order."""
    if not len(arrays[0]):
        return np.empty(0, np.intp)
    every: list[Any] = []
    directions: list[bool] = []
    for array, ascending in zip(arrays, order.ascending, strict=True):
        text = as_text(array) if needs_text(array) else None
        if text is not None:
            if text.null_count:
                missing = np.asarray(text.is_null())
                every.append(np.where(missing, -1 if order.na_first else 1, 0))
                directions.append(True)
            every.append(text.fill_null(""))
            directions.append(ascending)
            continue
        digits = digits_of(array, ascending, order.na_first, len(arrays) == 1)
        if isinstance(digits, Pair):
            missing = digits.digit(0, None) != 0
            codes, _ = pd.factorize(np.asarray(array, dtype=object), sort=True, use_na_sentinel=True)
            digits = Number(placed_missing(codes.astype(np.int64), missing, ascending, order.na_first))
        assert isinstance(digits, Number | Complex)
        levels = [digits.digit(level, None) for level in range(digits.count(None))]
        every += levels
        directions += [True] * len(levels)
    if all(isinstance(each, np.ndarray) for each in every):
        found = places_in_order(every[-1])
        for each in reversed(every[:-1]):
            found = found[places_in_order(each[found])]
        return found
    table = pa.table({str(place): each for place, each in enumerate(every)})
    wanted = [(str(place), "ascending" if each else "descending") for place, each in enumerate(directions)]
    places = pc.sort_indices(table, sort_keys=wanted)
    return places.to_numpy().astype(np.intp, copy=False)


def needs_text(array: Any) -> bool:
    """Whether a column may be text."""
    dtype = array.dtype
    return isinstance(dtype, (pd.StringDtype, pd.ArrowDtype)) or dtype == np.dtype(object)


def places_among(
    columns: Sequence[Any],
    bounds: Sequence[Any],
    order: Order,
    positions: tuple[int, Any] | None = None,
) -> Any:
    """For each row how many bounds come before it, or are equal to it.

    Parameters
    ----------
    columns, bounds : sequences of arrays
        The keys of rows, and of bounds, which are in order.
    order : Order
    positions : (int, array), optional
        Number of the rows' partition, and for each bound a pair (partition, row): equal rows are then told apart by where
        they stand.
    """
    directions = order.ascending
    alone = len(directions) == 1
    mine = [digits_of(each, way, order.na_first, alone) for each, way in zip(columns, directions, strict=True)]
    theirs = [digits_of(each, way, order.na_first, alone) for each, way in zip(bounds, directions, strict=True)]
    for place, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if type(one) is not type(other):  # text on one side, mixed objects on the other
            as_objects = [np.asarray(each[place], dtype=object) for each in (columns, bounds)]
            mine[place], theirs[place] = [object_digits(each, directions[place], order.na_first) for each in as_objects]
    count = len(columns[0])
    made = np.zeros(count, np.int64)
    if not count or not len(bounds[0]):
        return made
    refine(made, None, 0, len(bounds[0]), mine, theirs, 0, 0, positions)
    return made


def refine(
    made: Any,
    rows: Any,
    low: int,
    high: int,
    mine: list[Digits],
    theirs: list[Digits],
    column: int,
    level: int,
    positions: Any,
) -> None:
    """Find the places of rows that tie with the bounds ``low`` to ``high`` in all digits before."""
    edges = np.arange(low, high)
    if column == len(mine):
        if positions is None:
            made[rows if rows is not None else slice(None)] = high
            return
        number, stands = positions
        own = stands[low:high]
        stood = np.arange(len(made)) if rows is None else rows
        before = int(np.searchsorted(own[:, 0], number, "left"))
        upto = int(np.searchsorted(own[:, 0], number, "right"))
        made[stood] = low + before + np.searchsorted(own[before:upto, 1], stood, "right")
        return
    ours, other = mine[column], theirs[column]
    if isinstance(ours, Text) and isinstance(other, Text):
        last = max(ours.count(rows), other.count(edges)) - 1
        if level < last:
            left_digits, right_digits = ours.digit(level, rows), other.digit(level, edges)
        else:
            left_digits, right_digits = ours.length(rows), other.length(edges)
        following = (column, level + 1) if level < last else (column + 1, 0)
    else:
        left_digits, right_digits = ours.digit(level, rows), other.digit(level, edges)
        last = max(ours.count(rows), other.count(edges)) - 1
        following = (column, level + 1) if level < last else (column + 1, 0)
    if left_digits.dtype == object:
        first = np.searchsorted(right_digits, left_digits, "left")
        tied = np.flatnonzero(right_digits[np.minimum(first, len(edges) - 1)] == left_digits)
    else:
        first, tied = places_between(left_digits, right_digits)
    places = np.arange(len(made)) if rows is None else rows
    made[slice(None) if rows is None else rows] = first + low
    if not len(tied):
        return
    starts = first[tied]
    for start in np.unique(starts):
        own = tied[starts == start]
        end = int(np.searchsorted(right_digits, right_digits[start], "right"))
        refine(made, places[own], low + int(start), low + end, mine, theirs, *following, positions)
