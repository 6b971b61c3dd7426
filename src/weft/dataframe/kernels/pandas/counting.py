"""How often values are there, and which: of each partition, then of several. Values keep the order of their first row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.dense import count_integers
from weft.dataframe.kernels.pandas.groupby import GroupbyAggregate, apart, split_groups, with_places
from weft.dataframe.kernels.pandas.groupby_parts import Partial
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan
from weft.dataframe.kernels.pandas.grouping import GroupPlan
from weft.dataframe.kernels.pandas.keys import Order, key_arrays, order_of
from weft.dataframe.kernels.pandas.neighbours import concatenated
from weft.dataframe.kernels.pandas.reductions import columns_of
from weft.dataframe.kernels.pandas.rows import with_object_labels
from weft.dataframe.kernels.pandas.runs import united
from weft.dataframe.kernels.table import KERNELS

__all__ = ["count_values", "merge_counts"]

PANDAS = KERNELS["pandas"]

#: Values as groups: not sorted, missing ones too.
AS_THEY_COME = AggregatePlan(GroupPlan((), False, True, False, True, False, False), (), None, True)
SIZES = (None, "size")


def count_values(column: pd.Series) -> pd.Series:
    """Counts by value, missing ones too, in the order of first rows."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        counted = count_integers(column.to_numpy())
        if counted is not None:
            return pd.Series(counted[1], index=pd.Index(counted[0], name=column.name), name="count")
    made = column.value_counts(sort=False, dropna=False)
    if column.dtype == object:
        made.index = pd.Index(made.index, dtype=object, name=column.name)
    return made


def merge_counts(*counts: pd.Series) -> pd.Series:
    """Counts of several partitions added up."""
    filled = [each for each in counts if len(each)] or list(counts[:1])
    if len(filled) == 1:
        return filled[0]
    first = filled[0]
    if isinstance(first.index, pd.CategoricalIndex):
        return merge_categories(filled)
    joined = with_object_labels(pd.concat(filled), filled)
    codes, values = pd.factorize(joined.index, use_na_sentinel=False)
    totals = np.bincount(codes, weights=joined.to_numpy(dtype=np.float64), minlength=len(values)).astype(np.int64)
    firsts = np.full(len(values), len(codes), np.intp)
    np.minimum.at(firsts, codes, np.arange(len(codes)))
    return pd.Series(totals, index=joined.index[firsts], name=first.name).astype(first.dtype)


def merge_categories(counts: list[pd.Series]) -> pd.Series:
    """Counts by category: all categories are there, those without rows too."""
    joined = pd.concat(counts)
    if not isinstance(joined.index, pd.CategoricalIndex):
        kind = united([each.index.dtype for each in counts])
        joined.index = pd.CategoricalIndex(
            np.concatenate([each.index.astype(object) for each in counts]), dtype=kind, name=counts[0].index.name
        )
    codes = np.asarray(joined.index.codes)
    kinds = len(joined.index.categories)
    totals = np.bincount(np.where(codes < 0, kinds, codes), weights=joined.to_numpy(np.float64), minlength=kinds + 1)
    order = pd.unique(np.where(codes < 0, kinds, codes))
    made = pd.Categorical.from_codes(np.where(order == kinds, -1, order), dtype=joined.index.dtype)
    return pd.Series(
        totals[order].astype(np.int64), index=pd.CategoricalIndex(made, name=joined.index.name), name=joined.name
    )


@PANDAS.add("ValueCounts")
class ValueCounts:
    """How often each value is there."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> pd.Series:
        """Of one partition."""
        return count_values(columns_of(partition)[0])

    @staticmethod
    def combine(plan: Any, *partials: pd.Series) -> pd.Series:
        """Of several."""
        return merge_counts(*partials)

    @staticmethod
    def part(partition: Any, plan: Any, number: int) -> Partial:
        """Of one partition, for an exchange: values as groups, with their sizes."""
        counts = ValueCounts.chunk(partition, plan)
        keys = pd.Series(counts.index.array, name=counts.index.name, copy=False)
        return with_places(Partial([keys], {SIZES: (counts.to_numpy(dtype=np.int64),)}), number)

    @staticmethod
    def split(plan: Any, like: Any, count: int, part: Partial, told: Sequence[int]) -> list[Partial]:
        """By bucket."""
        return split_groups(part, count, told)

    @staticmethod
    def join(plan: Any, like: Any, *parts: Partial) -> Partial:
        """Of one bucket."""
        return GroupbyAggregate.combine(AS_THEY_COME, *parts)

    @staticmethod
    def together(plan: Any, like: Any, *parts: Partial) -> pd.Series:
        """Of all buckets."""
        made, counts = apart(parts), count_values(like)
        index = pd.Index(made.keys[0].array, name=counts.index.name, dtype=counts.index.dtype)
        return pd.Series(made.parts[SIZES][0], index=index, name=counts.name).astype(counts.dtype)

    @staticmethod
    def finish(partial: pd.Series, plan: tuple[bool, bool, bool, bool], meta: Any) -> pd.Series:
        """Sorted, as parts of the whole, without missing values, as asked."""
        sort, ascending, dropna, normalize = plan
        made = partial
        if isinstance(made.index, pd.CategoricalIndex):
            made = in_category_order(made, sort)
        if dropna:
            made = made[made.index.notna()]
        elif is_masked(made.index.dtype):
            made = pd.concat([made[made.index.notna()], made[made.index.isna()]])
        if normalize:
            made = made / made.sum()
            made.name = "proportion"
        if sort:
            made = made.sort_values(ascending=ascending, kind="stable")
        return made


def is_masked(dtype: Any) -> bool:
    """Whether values of a dtype have a mask: pandas counts missing ones after all others then."""
    return isinstance(dtype, pd.core.arrays.masked.BaseMaskedDtype)


def in_category_order(counts: pd.Series, sort: bool) -> pd.Series:
    """Counts in the order in which pandas lists categories."""
    codes = np.asarray(counts.index.codes)
    order = np.argsort(np.where(codes < 0, len(counts), codes), kind="stable")
    return counts.iloc[order]


@PANDAS.add("Modes")
class Modes:
    """The most frequent values of each column."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> tuple[pd.Series, ...]:
        """Counts of one partition."""
        return tuple([count_values(column) for column in columns_of(partition)])

    @staticmethod
    def combine(plan: Any, *partials: tuple[pd.Series, ...]) -> tuple[pd.Series, ...]:
        """Of several."""
        return tuple([merge_counts(*each) for each in zip(*partials, strict=True)])

    @staticmethod
    def finish(partial: tuple[pd.Series, ...], plan: bool, meta: Any) -> Any:
        """The values, least first; columns that have fewer are filled with missing values."""
        metas = columns_of(meta)
        modes = [modes_of(counts, plan, like) for counts, like in zip(partial, metas, strict=True)]
        if not isinstance(meta, pd.DataFrame):
            return modes[0]
        return pd.concat(modes, axis=1) if modes else meta


def modes_of(counts: pd.Series, dropna: bool, like: pd.Series) -> pd.Series:
    """The most frequent values, sorted."""
    if dropna:
        counts = counts[counts.index.notna()]
    if len(counts):
        counts = counts[(counts == counts.max()) & (counts > 0)]
    kind = counts.index.dtype if isinstance(counts.index, pd.CategoricalIndex) else like.dtype  # which ones there are
    return pd.Series(counts.index, dtype=kind, name=like.name).mode(dropna=dropna).rename(like.name)


@PANDAS.add("Largest")
class Largest:
    """Rows with the greatest, or the least, values."""

    @staticmethod
    def chunk(partition: Any, plan: tuple[str, int, Any, str]) -> Any:
        """Rows of one partition, in their order."""
        method, n, columns, keep = plan
        more = max(n, 0) + 1  # one more than is wanted: pandas asks whether there are more rows than that
        if len(partition) <= more:
            return partition
        first = partition if columns is None else partition[columns[0]]
        near = extreme_places(first, more, method == "nlargest")
        if near is not None:
            partition = partition.take(near)
            if len(near) <= 2 * more:
                return partition
        is_alone = columns is None or len(columns) == 1
        first = partition if columns is None else partition[columns[0]]
        numbered = first.set_axis(pd.RangeIndex(len(partition)), axis=0)
        found = largest(numbered, (method, more, None, keep if is_alone else "all"))
        partition = partition.iloc[np.sort(found.index.to_numpy())]
        if is_alone:
            return partition
        return partition.take(np.sort(extreme_order(partition, more, method == "nlargest", columns, keep)))

    @staticmethod
    def combine(plan: tuple[str, int, Any, str], *partials: Any) -> Any:
        """Of several."""
        return partials[0] if len(partials) == 1 else Largest.chunk(concatenated(*partials), plan)

    @staticmethod
    def finish(partial: Any, plan: tuple[str, int, Any, str], meta: Any) -> Any:
        """The rows, the most extreme first."""
        method, n, columns, keep = plan
        found = largest(partial, plan)
        if columns is None or len(columns) == 1 or len(found) <= n:
            return found
        if keep == "all" and not found[list(columns)].isna().any(axis=None):
            return found
        return partial.take(extreme_order(partial, n, method == "nlargest", columns, keep))


#: Of so many values one is looked at to tell how far the most extreme ones may be.
STRIDE = 64
#: Numbers from which on that is worth it.
MANY = 1 << 15


def extreme_places(column: Any, count: int, is_greatest: bool) -> Any:
    """Places of the ``count`` most extreme values, and of those equal to the last of them; None if there is no quick way.

    A sample tells of nearly all others that they are not among them.
    """
    if not isinstance(column, pd.Series) or not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf":
        return None
    values = column.to_numpy()
    sample = values[::STRIDE]
    if sample.dtype.kind == "f":
        sample = sample[~np.isnan(sample)]
    if len(values) < MANY or len(sample) < 4 * count:
        return None
    near = np.flatnonzero(beyond(values, sample, count, is_greatest))
    return near[beyond(values[near], values[near], count, is_greatest)]


def extreme_order(rows: pd.DataFrame, count: int, is_greatest: bool, columns: tuple[Any, ...], keep: str) -> Any:
    """Places of the ``count`` most extreme rows by several columns, these first; missing values come last.

    pandas, asked for so many that missing values are among them, gives all rows that have some.
    """
    if count <= 0:
        return np.empty(0, np.intp)
    order = Order(columns, (not is_greatest,) * len(columns))
    if keep == "last":
        return len(rows) - 1 - extreme_order(rows.iloc[::-1], count, is_greatest, columns, "first")
    places = order_of(key_arrays(rows, order), order)
    if keep == "all" and count < len(rows):
        keys = rows[list(columns)].iloc[places].reset_index(drop=True)
        last = keys.iloc[[count - 1] * len(keys)].reset_index(drop=True)
        are_equal = ((keys == last) | (keys.isna() & last.isna())).all(axis=1).to_numpy(dtype=bool)
        count = int(np.flatnonzero(are_equal)[-1]) + 1
    return places[:count]


def beyond(values: Any, others: Any, count: int, is_greatest: bool) -> Any:
    """Whether values are as extreme as the ``count``-th most extreme of others."""
    if is_greatest:
        return values >= np.partition(others, -count)[-count]
    return values <= np.partition(others, count - 1)[count - 1]


def largest(rows: Any, plan: tuple[str, int, Any, str]) -> Any:
    """pandas' own answer."""
    method, n, columns, keep = plan
    if columns is None:
        return getattr(rows, method)(n, keep=keep)
    return getattr(rows, method)(n, list(columns), keep=keep)


@PANDAS.add("ValidLabel")
class ValidLabel:
    """Label of the first, or the last, row that has a value."""

    @staticmethod
    def chunk(partition: Any, plan: int) -> Any:
        """Of one partition: no label, or one."""
        there = partition.notna()
        if isinstance(there, pd.DataFrame):
            there = there.any(axis=1)
        found = partition.index[there.to_numpy()]
        return found[:1] if plan == 0 else found[-1:]

    @staticmethod
    def combine(plan: int, *partials: Any) -> Any:
        """Of several."""
        filled = [each for each in partials if len(each)]
        return filled[plan] if filled else partials[0]

    @staticmethod
    def finish(partial: Any, plan: int, meta: Any) -> Any:
        """The label."""
        return partial


@PANDAS.add("Sketch")
class Sketch:
    """Number of different values, estimated by HyperLogLog: registers of the longest runs of zeros in hashes.

    Flajolet, Fusy, Gandouet, Meunier 2007, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm",
    with 2**14 registers (a standard error of 0.8 %) and linear counting for few values.
    """

    BITS = 14

    @staticmethod
    def chunk(partition: Any, plan: Any) -> tuple[Any, ...]:
        """Registers of each column of one partition."""
        return tuple([registers_of(column, Sketch.BITS) for column in sketched_columns(partition)])

    @staticmethod
    def combine(plan: Any, *partials: tuple[Any, ...]) -> tuple[Any, ...]:
        """Of several: the greatest of each register."""
        return tuple([np.maximum.reduce(each) for each in zip(*partials, strict=True)])

    @staticmethod
    def finish(partial: tuple[Any, ...], plan: Any, meta: Any) -> Any:
        """The estimate."""
        return estimate(partial[0], Sketch.BITS)


def sketched_columns(partition: Any) -> list[Any]:
    """What is counted: the rows of a frame, the values of a column."""
    return [partition]


def registers_of(values: Any, bits: int) -> Any:
    """For each register the longest run of zeros, plus one, among the hashes that belong to it."""
    hashes = pd.util.hash_pandas_object(values, index=False).to_numpy()
    homes = (hashes >> np.uint64(64 - bits)).astype(np.intp)
    rest = hashes << np.uint64(bits)
    runs = np.full(len(hashes), 64 - bits + 1, np.uint8)
    there = rest != 0
    # the exponent of the float next to a number tells its leading bit; the low bits are cut so that it is not rounded up
    high = (rest[there] & ~np.uint64(0x7FF)).astype(np.float64)
    exponent = np.frexp(np.where(high > 0, high, 1.0))[1]
    runs[there] = np.minimum(64 - exponent + 1, 64 - bits + 1)
    made = np.zeros(1 << bits, np.uint8)
    np.maximum.at(made, homes, runs)
    return made


def estimate(registers: Any, bits: int) -> float:
    """Cardinality from registers."""
    count = 1 << bits
    alpha = 0.7213 / (1 + 1.079 / count)
    raw = alpha * count * count / float(np.sum(2.0 ** -registers.astype(np.float64)))
    empty = int((registers == 0).sum())
    return count * float(np.log(count / empty)) if empty and raw <= 2.5 * count else raw
