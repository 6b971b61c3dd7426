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
from weft.dataframe.kernels.pandas.groupby_parts import Partial
from weft.dataframe.kernels.pandas.grouping import FEW, SPARSE

__all__ = ["BY_POSITION", "Placed", "added_up", "combined_by_position", "combined_placed"]

#: Parts that can be made by position.
BY_POSITION = frozenset({"size", "count", "sum", "mean"})
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
    """

    names: tuple[Any, ...]
    spans: tuple[tuple[int, int], ...]
    dtypes: tuple[Any, ...]
    wanted: tuple[tuple[Any, Any], ...]
    rows: Any
    sums: dict[Any, Any]

    def listed(self) -> Partial:
        """The groups that have rows, with their keys."""
        present = np.flatnonzero(self.rows)
        is_full = len(present) == len(self.rows)
        keys, rest = [], present
        for name, dtype, (least, greatest) in reversed(list(zip(self.names, self.dtypes, self.spans, strict=True))):
            own = rest
            if len(self.names) > 1:
                rest, own = np.divmod(rest, greatest - least + 1)
            keys.append(pd.Series((own + least if least else own).astype(dtype, copy=False), name=name, copy=False))
        counts = self.rows if is_full else self.rows[present]
        sums = {label: each if is_full else each[present] for label, each in self.sums.items()}
        parts: dict[Any, tuple[Any, ...]] = {}
        for label, part in self.wanted:
            match part:
                case "sum":
                    parts[label, part] = (sums[label],)
                case "mean":
                    parts[label, part] = (sums[label].astype(np.float64, copy=False), counts)
                case _:
                    parts[label, part] = (counts,)
        return Partial(keys[::-1], parts)


def added_up(
    keys: Mapping[Any, Any],
    values: Mapping[Any, Any],
    wanted: Sequence[tuple[Any, Any]],
    by: Sequence[Any],
    known: Mapping[Any, Any],
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
    """
    every = {**keys, **values}
    numbers = [keys[label] for label in by]
    height = len(numbers[0])
    spans = [known.get(label) or (int(each.min()), int(each.max())) for label, each in zip(by, numbers, strict=True)]
    total = prod([greatest - least + 1 for least, greatest in spans])
    if total > max(FEW, SPARSE * height) or any(each.null_count() for each in values.values()):
        return None
    columns = {label: every[label] for label, part in wanted if part in ("sum", "mean")}
    counted = [each for label, each in values.items() if label not in columns]  # NaN in sums tells itself
    if any(each.dtype.is_float() and each.is_nan().any() for each in counted):
        return None
    if not all(is_exact(each) for each in columns.values()):
        return None
    counts_rows = not columns or any(part != "sum" for _, part in wanted)
    rows: Any = np.zeros(total, np.int64 if counts_rows else bool)
    code = machine_code(height)
    nothing = 0.0 if code is None else -0.0
    sums = {label: np.full(total, nothing) for label in columns}
    in_chunks = code is not None or total <= LIGHT * height / max(1, numbers[0].n_chunks())
    for start, length in chunks_of([*numbers, *columns.values()]) if in_chunks else [(0, height)]:
        codes = codes_of([each.slice(start, length) for each in numbers], spans)
        own = {label: each.slice(start, length).to_numpy() for label, each in columns.items()}
        if code is None:
            add_by_numpy(codes, own, sums, rows)
        elif not add_by_machine_code(code, codes, own, sums, rows):
            return None
    if not counts_rows:
        rows |= next(iter(sums.values())).view(np.int64) != np.float64(nothing).view(np.int64)
    for each in sums.values():
        each += 0.0  # no -0.0 is left
    if any(np.isnan(each.sum()) for each in sums.values()):
        return None  # NaN, or infinities of both signs
    exact = {label: each.astype(wide_type(columns[label].dtype), copy=False) for label, each in sums.items()}
    dtypes = tuple([each.slice(0, 1).to_numpy().dtype for each in numbers])
    return Placed(tuple(by), tuple(spans), dtypes, tuple(wanted), rows, exact)


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


def combined_placed(partials: Sequence[Partial | Placed]) -> Placed | None:
    """Sums by position of several partitions, if all have the same positions; None of others."""
    placed = [each for each in partials if isinstance(each, Placed)]
    first = placed[0] if placed else None
    if first is None or len(placed) < len(partials) or any(each.spans != first.spans for each in placed):
        return None
    sums = {label: each.copy() for label, each in first.sums.items()}
    rows = first.rows.copy()
    for each in placed[1:]:
        rows += each.rows  # of truth values: or
        for label, into in sums.items():
            into += each.sums[label]
    return first._replace(rows=rows, sums=sums)


def combined_by_position(partials: Sequence[Partial]) -> Partial | None:
    """Parts that are added up, of groups by one whole number each that lie close together; None for all others."""
    filled = [each for each in partials if len(each.keys[0])]
    wanted = list(partials[0].parts)
    if not filled or len(filled[0].keys) != 1 or any(part not in BY_POSITION for _, part in wanted):
        return None
    numbers = [each.keys[0].to_numpy() for each in filled]
    if any(each.dtype != numbers[0].dtype or each.dtype.kind not in "iu" for each in numbers):
        return None
    least, greatest = min([int(each.min()) for each in numbers]), max([int(each.max()) for each in numbers])
    total = greatest - least + 1
    if total > max(FEW, SPARSE * max([len(each) for each in numbers])):
        return None
    arrays = {want: [np.zeros(total, each.dtype) for each in filled[0].parts[want]] for want in wanted}
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
