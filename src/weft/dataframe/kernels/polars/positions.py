"""Sums by position: of groups whose keys are whole numbers that lie close together, and so are their numbers already.

There is no hash table, and partial results of partitions whose keys lie between the same bounds are added up as they are.
Where numba is installed sums are made by machine code (`weft.dataframe.kernels.polars.machine_code`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.compiled import Compiled, read_only
from weft.dataframe.kernels.pandas.groupby_parts import Partial, farthest
from weft.dataframe.kernels.pandas.grouping import FEW, SPARSE

__all__ = [
    "BY_POSITION",
    "NEARER",
    "Placed",
    "Sums",
    "added_up",
    "can_be_summed",
    "chunks_of",
    "combined_by_position",
    "combined_placed",
    "machine_code",
    "parts_of",
]

#: Parts that can be made by position; those of extremes by machine code only.
BY_POSITION = frozenset({"size", "count", "sum", "mean", "min", "max"})
EXTREMES = ("min", "max")
#: Parts that are added up where partial results are put together.
ADDED = frozenset({"size", "count", "sum", "mean"})
#: Groups may be such a part of the rows of a chunk, at most, to be added up chunk by chunk.
LIGHT = 2
#: Rows from which on compiling is worth it.
WORTH_IT = 5_000_000
#: Sums below this are exact in floating point.
EXACT = 2.0**53


class Placed(NamedTuple):
    """Sums of groups by position.

    Parameters
    ----------
    names : tuple of labels
        Of the keys.
    spans : tuple of (least, greatest)
        Between which the values of each key lie.
    dtypes : tuple of dtype
        Of the keys.
    wanted : tuple of (label, part)
    rows : array
        How many rows each position has; or, where nobody asks for that, whether it has any.
    sums : dict
        Sums at each position, by column.
    extremes : dict
        Least and greatest values at each position, by column and part.
    firsts : array or None
        Which row each position was met in first, where groups come in this order; ``height`` at those without rows.
    height : int
        How many rows there were.
    """

    names: tuple[Any, ...]
    spans: tuple[tuple[int, int], ...]
    dtypes: tuple[Any, ...]
    wanted: tuple[tuple[Any, Any], ...]
    rows: Any
    sums: dict[Any, Any]
    extremes: dict[tuple[Any, Any], Any]
    firsts: Any = None
    height: int = 0

    def listed(self) -> Partial:
        """The groups that have rows, with their keys."""
        present = np.flatnonzero(self.rows)
        is_full = len(present) == len(self.rows) and self.firsts is None
        if self.firsts is not None:
            present = present[np.argsort(self.firsts[present])]
        keys, rest = [], present
        for name, dtype, (least, greatest) in reversed(list(zip(self.names, self.dtypes, self.spans, strict=True))):
            own = rest
            if len(self.names) > 1:
                rest, own = np.divmod(rest, greatest - least + 1)
            keys.append(pd.Series((own + least if least else own).astype(dtype, copy=False), name=name, copy=False))
        counts = self.rows if is_full else self.rows[present]
        sums = {label: each if is_full else each[present] for label, each in self.sums.items()}
        extremes = {own: each if is_full else each[present] for own, each in self.extremes.items()}
        return Partial(keys[::-1], parts_of(self.wanted, counts, sums, extremes))


def parts_of(
    wanted: Sequence[tuple[Any, Any]], counts: Any, sums: Mapping[Any, Any], extremes: Mapping[tuple[Any, Any], Any]
) -> dict[Any, tuple[Any, ...]]:
    """The parts that are wanted, of numbers of rows, sums, and least and greatest values."""
    parts: dict[Any, tuple[Any, ...]] = {}
    for label, part in wanted:
        match part:
            case "sum":
                parts[label, part] = (sums[label],)
            case "mean":
                parts[label, part] = (sums[label].astype(np.float64, copy=False), counts)
            case "min" | "max":
                parts[label, part] = (extremes[label, part],)
            case _:
                parts[label, part] = (counts,)
    return parts


def added_up(
    keys: Mapping[Any, Any],
    values: Mapping[Any, Any],
    wanted: Sequence[tuple[Any, Any]],
    by: Sequence[Any],
    known: Mapping[Any, Any],
    in_order: bool = True,
) -> Placed | None:
    """Sums of groups by position; None where keys lie far apart, or something is missing.

    Parameters
    ----------
    keys, values : dict of Series of Polars
    wanted : sequence of (label, part)
    by : sequence of labels
        Of the keys, as often as they are asked for.
    known : dict
        Between which values keys are known to lie.
    in_order : bool
        Whether groups come in the order of their keys; else in that of their first rows.
    """
    numbers = [keys[label] for label in by]
    height = len(numbers[0])
    spans = [known.get(label) or (int(each.min()), int(each.max())) for label, each in zip(by, numbers, strict=True)]
    total = prod([greatest - least + 1 for least, greatest in spans])
    code = machine_code(height)
    if total > max(FEW, SPARSE * height) or not can_be_summed(every := {**keys, **values}, values, wanted, code):
        return None
    sums = Sums(every, wanted, total, code)
    firsts: Any = None if in_order else np.full(total, height, np.int64)
    in_chunks = code is not None or total <= LIGHT * height / max(1, numbers[0].n_chunks())
    for start, length in chunks_of([*numbers, *sums.read]) if in_chunks else [(0, height)]:
        codes = codes_of([each.slice(start, length) for each in numbers], spans)
        if firsts is not None and not note_firsts(code, codes, start, firsts):
            return None
        if not sums.add(codes, start, length):
            return None
    if not sums.finish():
        return None
    dtypes = tuple([each.slice(0, 1).to_numpy().dtype for each in numbers])
    return Placed(tuple(by), tuple(spans), dtypes, tuple(wanted), sums.rows, sums.sums, sums.extremes, firsts, height)


def can_be_summed(
    every: Mapping[Any, Any], values: Mapping[Any, Any], wanted: Sequence[tuple[Any, Any]], code: Any
) -> bool:
    """Whether nothing is missing in columns of which parts are wanted, and sums of them are exact."""
    if any(each.null_count() for each in values.values()):
        return False
    summed = {label for label, part in wanted if part in ("sum", "mean")}
    others = [each for label, each in values.items() if label not in summed]  # NaN in sums tells itself
    if any(each.dtype.is_float() and each.is_nan().any() for each in others):
        return False
    compared = [every[label] for label, part in wanted if part in EXTREMES]
    if compared and (code is None or not all(is_comparable(each.dtype) for each in compared)):
        return False
    return all(is_exact(every[label]) for label in summed)


class Sums:
    """Sums of groups, their least and greatest values, to which rows are added some at a time.

    Parameters
    ----------
    every : dict of Series of Polars
    wanted : sequence of (label, part)
    total : int
        Groups that there may be.
    code : module or None
        Machine code that adds.
    """

    def __init__(self, every: Mapping[Any, Any], wanted: Sequence[tuple[Any, Any]], total: int, code: Any) -> None:
        self.columns = {label: every[label] for label, part in wanted if part in ("sum", "mean")}
        self.compared = {(label, part): every[label] for label, part in wanted if part in EXTREMES}
        self.code = code
        self.counts_rows = not self.columns or any(part != "sum" for _, part in wanted)
        #: How many rows each group has, or whether it has any.
        self.rows: Any = np.zeros(total, np.int64 if self.counts_rows else bool)
        self.nothing = 0.0 if code is None else -0.0
        self.sums: dict[Any, Any] = {label: np.full(total, self.nothing) for label in self.columns}
        self.extremes: dict[tuple[Any, Any], Any] = {
            own: np.full(total, farthest(wide := np.dtype(wide_type(each.dtype)), own[1]), wide)
            for own, each in self.compared.items()
        }

    @property
    def read(self) -> list[Any]:
        """The columns that are looked at."""
        return [*self.columns.values(), *self.compared.values()]

    def add(self, codes: Any, start: int, length: int) -> bool:
        """Add some rows, whose groups have these numbers; False where one is out of bounds."""
        own = {label: each.slice(start, length).to_numpy() for label, each in self.columns.items()}
        if self.code is None:
            add_by_numpy(codes, own, self.sums, self.rows)
            return True
        if not add_by_machine_code(self.code, codes, own, self.sums, self.rows):
            return False
        for (label, part), into in self.extremes.items():
            values = self.compared[label, part].slice(start, length).to_numpy()
            note = self.code.note_least if part == "min" else self.code.note_greatest
            note(read_only(codes), read_only(values.astype(into.dtype, copy=False)), into)
        return True

    def finish(self) -> bool:
        """Have all in the types that they have in the end; False if a sum is no number: NaN, or infinities of both signs."""
        if not self.counts_rows:
            self.rows |= next(iter(self.sums.values())).view(np.int64) != np.float64(self.nothing).view(np.int64)
        for each in self.sums.values():
            each += 0.0  # no -0.0 is left
        if any(np.isnan(each.sum()) for each in self.sums.values()):
            return False
        self.sums = {
            label: each.astype(wide_type(self.columns[label].dtype), copy=False) for label, each in self.sums.items()
        }
        self.extremes = {
            own: each.astype(self.compared[own].slice(0, 0).to_numpy().dtype, copy=False)
            for own, each in self.extremes.items()
        }
        return True


def note_firsts(code: Any, codes: Any, start: int, firsts: Any) -> bool:
    """Take note of the first row of each group, the rows being numbered from ``start``; False where a code is out of bounds."""
    if code is not None:
        return bool(code.note_firsts(read_only(codes), start, firsts))
    own = np.full(len(firsts), np.iinfo(np.int64).max)
    own[codes[::-1]] = np.arange(start + len(codes) - 1, start - 1, -1)
    np.minimum(firsts, own, out=firsts)
    return True


def add_by_numpy(codes: Any, values: Mapping[Any, Any], sums: Mapping[Any, Any], rows: Any) -> None:
    """Add the values of some rows to the sums of their groups."""
    total = len(rows)
    if rows.dtype == np.int64:
        rows += np.bincount(codes, minlength=total)
    for label, each in values.items():
        into = sums[label]
        into += np.bincount(codes, weights=each, minlength=total)
    # a sum that is not zero tells that there are rows
    if rows.dtype == bool and (total > len(codes) // SPARSE or not next(iter(sums.values())).all()):
        rows[codes] = True


def add_by_machine_code(code: Any, codes: Any, values: Mapping[Any, Any], sums: Mapping[Any, Any], rows: Any) -> bool:
    """The same; False where a code is out of bounds."""
    codes = read_only(codes)
    if not values:
        return bool(code.count(codes, rows))
    first = code.add_and_count if rows.dtype == np.int64 else code.add_and_mark
    for place, (label, each) in enumerate(values.items()):
        numbers = read_only(each.astype(np.float64, copy=False))
        is_within = code.add(codes, numbers, sums[label]) if place else first(codes, numbers, sums[label], rows)
        if not is_within:
            return False
    return True


def add_little(code: Any) -> None:
    """Have all functions compiled."""
    codes, values, sums = np.zeros(1, np.intp), {"a": np.ones(1), "b": np.ones(1)}, {"a": np.zeros(1), "b": np.zeros(1)}
    for rows in (np.zeros(1, np.int64), np.zeros(1, bool)):
        add_by_machine_code(code, codes, values, sums, rows)
    add_by_machine_code(code, codes, {}, {}, np.zeros(1, np.int64))
    note_firsts(code, codes, 0, np.ones(1, np.int64))
    for kind in (np.int64, np.float64):
        code.note_least(read_only(codes), read_only(np.zeros(1, kind)), np.zeros(1, kind))
        code.note_greatest(read_only(codes), read_only(np.zeros(1, kind)), np.zeros(1, kind))
    views, keys, table = np.zeros((1, 2), np.uint64), np.zeros((1, 2), np.uint64), np.zeros(2, np.int32)
    code.find_texts(read_only(views), 0, keys, 0, table, codes.copy())
    code.enter_texts(keys, 1, table)


#: The functions as machine code.
machine_code = Compiled("weft.dataframe.kernels.polars.machine_code", add_little, WORTH_IT)


def codes_of(numbers: Sequence[Any], spans: Sequence[tuple[int, int]]) -> Any:
    """Numbers of the groups that some rows belong to."""
    codes: Any = None
    for each, (least, greatest) in zip(numbers, spans, strict=True):
        own = each.to_numpy().astype(np.intp, copy=False)
        own = own - least if least else own
        codes = own if codes is None else codes * (greatest - least + 1) + own
    return codes


def wide_type(kind: Any) -> Any:
    """The type that sums of a column have."""
    return np.float64 if kind.is_float() else np.uint64 if kind.is_unsigned_integer() else np.int64


def is_comparable(kind: Any) -> bool:
    """Whether machine code finds the extremes of a type: as integers or floats of 64 bits."""
    return bool(kind.is_float() or kind.is_signed_integer())


def is_exact(column: Any) -> bool:
    """Whether sums of a column are the same in floating point."""
    if column.dtype.is_float():
        return True
    if not column.dtype.is_integer():
        return False
    return max(abs(int(column.min())), abs(int(column.max()))) * len(column) < EXACT


def chunks_of(columns: list[Any]) -> list[tuple[int, int]]:
    """Where the chunks of columns begin, and how long they are, if all have the same; else the whole."""
    lengths = {tuple(each.chunk_lengths()) for each in columns}
    if len(lengths) != 1:
        return [(0, len(columns[0]))]
    found, start = [], 0
    for length in lengths.pop():
        found.append((start, length))
        start += length
    return found


#: Which of two values each extreme is.
NEARER = {"min": np.minimum, "max": np.maximum}


def combined_placed(partials: Sequence[Partial | Placed]) -> Placed | None:
    """Sums by position of several partitions, if all have the same positions; None of others."""
    placed = [each for each in partials if isinstance(each, Placed)]
    first = placed[0] if placed else None
    if first is None or len(placed) < len(partials) or any(each.spans != first.spans for each in placed):
        return None
    kinds = {label: sums.dtype for label, sums in first.sums.items()}
    if any({label: sums.dtype for label, sums in each.sums.items()} != kinds for each in placed[1:]):
        return None
    sums = {label: each.copy() for label, each in first.sums.items()}
    rows, firsts, height = first.rows.copy(), first.firsts, 0
    if firsts is not None:
        firsts = np.full(len(rows), sum([each.height for each in placed]))
        for each in placed:
            np.minimum(firsts, each.firsts + height, out=firsts, where=each.firsts < each.height)
            height += each.height
    extremes = {own: each.copy() for own, each in first.extremes.items()}
    for each in placed[1:]:
        rows += each.rows  # of truth values: or
        for label, into in sums.items():
            into += each.sums[label]
        for own, into in extremes.items():
            NEARER[own[1]](into, each.extremes[own], out=into)
    return first._replace(rows=rows, sums=sums, extremes=extremes, firsts=firsts, height=height)


def combined_by_position(partials: Sequence[Partial]) -> Partial | None:
    """Parts that are added up, of groups by one whole number each that lie close together; None for all others."""
    filled = [each for each in partials if len(each.keys[0])]
    wanted = list(partials[0].parts)
    if not filled or len(filled[0].keys) != 1 or any(part not in ADDED for _, part in wanted):
        return None
    numbers = [each.keys[0].to_numpy() for each in filled]
    if any(each.dtype != numbers[0].dtype or each.dtype.kind not in "iu" for each in numbers):
        return None
    least, greatest = min([int(each.min()) for each in numbers]), max([int(each.max()) for each in numbers])
    total = greatest - least + 1
    if total > max(FEW, SPARSE * max([len(each) for each in numbers])):
        return None
    arrays = {  # gaps make floats of integers in some partitions
        want: [
            np.zeros(total, np.result_type(*kinds))
            for kinds in zip(*[each.parts[want] for each in filled], strict=True)
        ]
        for want in wanted
    }
    present = np.zeros(total, bool)
    for each, own in zip(filled, numbers, strict=True):
        codes: Any = (own - own.dtype.type(least)).astype(np.intp, copy=False)
        if len(codes) and int(codes[-1]) - int(codes[0]) + 1 == len(codes) and (np.diff(codes) == 1).all():
            codes = slice(int(codes[0]), int(codes[-1]) + 1)
        present[codes] = True
        for want, sums in arrays.items():
            for into, values in zip(sums, each.parts[want], strict=True):
                into[codes] += values  # each group is there once
    rows = np.flatnonzero(present)
    key = pd.Series((rows + least).astype(numbers[0].dtype), name=filled[0].keys[0].name)
    if len(rows) == total:
        return Partial([key], {want: tuple(each) for want, each in arrays.items()})
    return Partial([key], {want: tuple([sums[rows] for sums in each]) for want, each in arrays.items()})
