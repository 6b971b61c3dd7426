"""Rows with those before and behind them: what a partition needs of its neighbours, put around it and cut off again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.rows import joined
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import meta_nonempty

__all__ = ["Around", "OverlapPlan", "apply_method", "concatenated"]

PANDAS = KERNELS["pandas"]


class Around(NamedTuple):
    """An operation on rows that looks around.

    Parameters
    ----------
    method : str
        A pandas method, dots for what stands between (``"rolling.mean"``).
    calls : tuple
        For each part of the method positional arguments and keyword arguments, as tuples.
    before, after : int or Timedelta
        Rows that are looked at on each side, as a number or as a distance of the index.
    """

    method: str
    calls: tuple[tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]], ...]
    before: Any = 0
    after: Any = 0


def apply_method(value: Any, method: str, calls: Any) -> Any:
    """Methods, one after another."""
    for name, (inputs, keywords) in zip(method.split("."), calls, strict=True):
        found = getattr(value, name)
        value = found(*inputs, **dict(keywords)) if callable(found) else found
    return value


def concatenated(*parts: Any) -> Any:
    """Rows one after another; parts that are not there are left out."""
    return joined([each for each in parts if each is not None])


def last_rows(frame: Any, reach: Any) -> Any:
    """Rows at the end: some, or those within a distance of the last one."""
    rows = frame if isinstance(frame, pd.Index) else frame.iloc
    if isinstance(reach, (int, np.integer)):
        return rows[max(0, len(frame) - reach) :]
    if not len(frame):
        return frame
    labels = frame if isinstance(frame, pd.Index) else frame.index
    return rows[int(np.searchsorted(labels, labels[-1] - reach, side="left")) :]


def first_rows(frame: Any, reach: Any) -> Any:
    """Rows at the start: some, or those within a distance of the first one."""
    rows = frame if isinstance(frame, pd.Index) else frame.iloc
    if isinstance(reach, (int, np.integer)):
        return rows[:reach]
    if not len(frame):
        return frame
    labels = frame if isinstance(frame, pd.Index) else frame.index
    return rows[: int(np.searchsorted(labels, labels[0] + reach, side="right"))]


@PANDAS.add("Neighbours")
class Neighbours:
    """Methods whose results depend on some rows around."""

    @staticmethod
    def total(partition: Any, plan: Around) -> Any:
        """The last rows of a partition."""
        return last_rows(partition, plan.before)

    @staticmethod
    def combine(plan: Around, earlier: Any, later: Any) -> Any:
        """The last rows of two."""
        return last_rows(concatenated(earlier, later), plan.before)

    @staticmethod
    def total_after(partition: Any, plan: Around) -> Any:
        """The first rows of a partition."""
        return first_rows(partition, plan.after)

    @staticmethod
    def combine_after(plan: Around, later: Any, earlier: Any) -> Any:
        """The first rows of two."""
        return first_rows(concatenated(earlier, later), plan.after)

    @staticmethod
    def apply(partition: Any, before: Any, after: Any, plan: Around) -> Any:
        """The method on a partition with what is around it."""
        whole = concatenated(before, partition, after)
        if not len(whole) and plan.method == "shift":  # of no rows pandas leaves integers what they are
            whole = meta_nonempty(whole)
        made = apply_method(whole, plan.method, plan.calls)
        start = 0 if before is None else len(before)
        return cut_out(made, start, partition, len(whole))


def cut_out(made: Any, start: int, partition: Any, length: int) -> Any:
    """The rows of a partition, of results for it and its neighbours."""
    if len(made) == len(partition) == length:
        return made
    made = made.iloc[start : start + len(partition)]
    made.index = partition.index
    return made


@PANDAS.add("Fill")
class Fill:
    """Missing values replaced by the last one before, however far away; or by the next one behind."""

    @staticmethod
    def total(partition: Any, plan: Around) -> Any:
        """The last values that a partition has."""
        return partition.ffill().iloc[-1:]

    @staticmethod
    def combine(plan: Around, earlier: Any, later: Any) -> Any:
        """The last values of two."""
        return concatenated(earlier, later).ffill().iloc[-1:]

    @staticmethod
    def total_after(partition: Any, plan: Around) -> Any:
        """The first values that a partition has."""
        return partition.bfill().iloc[:1]

    @staticmethod
    def combine_after(plan: Around, later: Any, earlier: Any) -> Any:
        """The first values of two."""
        return concatenated(earlier, later).bfill().iloc[:1]

    @staticmethod
    def apply(partition: Any, before: Any, after: Any, plan: Around) -> Any:
        """A partition without gaps, as far as values are known."""
        return Neighbours.apply(partition, before, after, plan)


class CumulativePlan(NamedTuple):
    """A running total: the method, whether missing values are left out, and dtypes of the result by place."""

    kind: str
    skipna: bool
    meta: Any

    def __weft_tokenize__(self) -> Any:
        return (self.kind, self.skipna)


@PANDAS.add("Cumulative")
class Cumulative:
    """Running sums, products and extremes."""

    @staticmethod
    def total(partition: Any, plan: CumulativePlan) -> Any:
        """The last value of a partition's own."""
        return last_of(as_meta(partition, plan.meta), plan)

    @staticmethod
    def combine(plan: CumulativePlan, earlier: Any, later: Any) -> Any:
        """The last value of two."""
        return last_of(concatenated(earlier, later), plan)

    @staticmethod
    def apply(partition: Any, before: Any, after: Any, plan: CumulativePlan) -> Any:
        """Running totals of a partition, going on from what was before."""
        whole = concatenated(before, as_meta(partition, plan.meta))
        made = getattr(whole, plan.kind)(skipna=plan.skipna)
        return cut_out(made, 0 if before is None else len(before), partition, len(whole))


#: Two values that make a running total NaN, which no value after them changes.
LOST = {"cumsum": (np.inf, -np.inf), "cumprod": (np.inf, 0.0)}


def last_of(rows: Any, plan: CumulativePlan) -> Any:
    """The last running total, as a row; where infinities have made it NaN, as two that do so again: NaN alone would be a gap."""
    made = getattr(rows, plan.kind)(skipna=plan.skipna)
    if not plan.skipna:
        return made.iloc[-1:]
    last = last_present(made)
    if plan.kind not in LOST or not len(last):
        return last
    columns = [rows] if rows.ndim == 1 else [rows.iloc[:, place] for place in range(rows.shape[1])]
    lost = [is_lost(column, plan.kind) for column in columns]
    if not any(lost):
        return last
    ends = [last] if rows.ndim == 1 else [last.iloc[:, place] for place in range(last.shape[1])]
    pairs = [
        pd.Series(LOST[plan.kind] if gone else [end.iloc[0], neutral(end.dtype, plan.kind)], None, end.dtype, end.name)
        for end, gone in zip(ends, lost, strict=True)
    ]
    twice = pairs[0] if rows.ndim == 1 else pd.concat(pairs, axis=1).set_axis(last.columns, axis=1)
    return twice.set_axis(last.index.repeat(2), axis=0)


def last_present(rows: Any) -> Any:
    """The last row, with the last value before it in place of what is missing."""
    kinds = [rows.dtype] if rows.ndim == 1 else list(rows.dtypes)
    if not any(getattr(each, "kind", "O") == "c" for each in kinds):
        return rows.ffill().iloc[-1:]
    if rows.ndim == 1:  # pandas does not fill complex numbers
        there = rows[rows.notna()]
        return (there if len(there) else rows).iloc[-1:].set_axis(rows.index[-1:], axis=0)
    return pd.concat([last_present(rows.iloc[:, place]) for place in range(rows.shape[1])], axis=1)


def is_lost(column: Any, kind: str) -> bool:
    """Whether infinities have made the total of what is there NaN."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind != "f":
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isnan(column.sum() if kind == "cumsum" else column.prod()))


def neutral(dtype: Any, kind: str) -> Any:
    """What changes no running total: a gap, or a number where there is none."""
    has_gaps = not isinstance(dtype, np.dtype) or dtype.kind not in "biu"
    return pd.Series([None], dtype=dtype).iloc[0] if has_gaps else int(kind == "cumprod")


def as_meta(partition: Any, meta: Any) -> Any:
    """A partition with the dtypes of a meta, but for floats that were foreseen as integers: those have gaps, or fractions."""
    if isinstance(partition, pd.Series):
        return partition.astype(meta.dtype) if is_cast(partition.dtype, meta.dtype) else partition
    pairs = zip(meta.columns, partition.dtypes, meta.dtypes, strict=True)
    wanted = {label: dtype for label, own, dtype in pairs if is_cast(own, dtype)}
    return partition.astype(wanted) if wanted else partition


def is_cast(own: Any, dtype: Any) -> bool:
    """Whether values are cast to the type that was foreseen for them."""
    return bool(own != dtype) and not (getattr(own, "kind", "O") == "f" and getattr(dtype, "kind", "O") in "iu")


@PANDAS.add("ShiftIndex")
def shift_index(frame: Any, periods: int, freq: Any) -> Any:
    """Labels moved by a frequency."""
    return frame.shift(periods, freq=freq)


@PANDAS.add("WholeRows")
class WholeRows:
    """Methods that need all rows at once, and give a result for each of them."""

    @staticmethod
    def gather(plan: Around, *partitions: Any) -> Any:
        """The method on all rows."""
        whole = concatenated(*partitions)
        lengths = np.cumsum([0, *map(len, partitions)])
        return apply_method(whole, plan.method, plan.calls), lengths

    @staticmethod
    def pick(gathered: Any, place: int) -> Any:
        """The rows of one partition."""
        made, ends = gathered
        return (made if isinstance(made, pd.Index) else made.iloc)[ends[place] : ends[place + 1]]


@PANDAS.add("WholeResult")
class WholeResult:
    """Methods that need all rows at once."""

    @staticmethod
    def gather(plan: tuple[Around, Any], *partitions: Any) -> Any:
        """The method on all rows; of a table perhaps only one entry."""
        around, pick = plan
        made = apply_method(concatenated(*partitions), around.method, around.calls)
        return made.loc[pick] if pick is not None else made


class OverlapPlan(NamedTuple):
    """A user's function of partitions with rows around them.

    Parameters
    ----------
    call : callable
        Of the partitions.
    before, after : int or Timedelta
    rowed : tuple of bool
        Which of the partitions get rows around them.
    title : str
        For errors.
    """

    call: Any
    before: Any
    after: Any
    rowed: tuple[bool, ...]
    title: str


@PANDAS.add("MapOverlap")
class MapOverlap:
    """Users' functions of partitions with rows around them."""

    @staticmethod
    def total(*values: Any) -> Any:
        """The last rows of partitions."""
        *partitions, plan = values
        return [last_rows(each, plan.before) for each, rowed in zip(partitions, plan.rowed, strict=True) if rowed]

    @staticmethod
    def combine(plan: OverlapPlan, earlier: Any, later: Any) -> Any:
        """The last rows of two."""
        return [last_rows(joined([one, two]), plan.before) for one, two in zip(earlier, later, strict=True)]

    @staticmethod
    def total_after(*values: Any) -> Any:
        """The first rows of partitions."""
        *partitions, plan = values
        return [first_rows(each, plan.after) for each, rowed in zip(partitions, plan.rowed, strict=True) if rowed]

    @staticmethod
    def combine_after(plan: OverlapPlan, later: Any, earlier: Any) -> Any:
        """The first rows of two."""
        return [first_rows(joined([one, two]), plan.after) for one, two in zip(earlier, later, strict=True)]

    @staticmethod
    def apply(*values: Any) -> Any:
        """What the function gives for the rows of the partitions themselves."""
        *partitions, before, after, plan = values
        wholes, place = [], 0
        for each, rowed in zip(partitions, plan.rowed, strict=True):
            if not rowed:
                wholes.append(each)
                continue
            around = [before[place] if before else each[:0], each, after[place] if after else each[:0]]
            wholes.append(joined([part for part in around if len(part)] or [each]))
            place += 1
        made = plan.call(*wholes)
        start = len(before[0]) if before else 0
        own = next(each for each, rowed in zip(partitions, plan.rowed, strict=True) if rowed)
        whole = next(each for each, rowed in zip(wholes, plan.rowed, strict=True) if rowed)
        if len(whole) == len(own):
            return made
        if len(made) != len(whole):
            raise ValueError(
                f"{plan.title} gave {len(made)} rows for the {len(whole)} that it got, so it is not known which of them belong to "
                "the partition. A function of map_overlap() gives a row for each; use map_partitions() for others."
            )
        return made[start : start + len(own)] if isinstance(made, pd.Index) else made.iloc[start : start + len(own)]
