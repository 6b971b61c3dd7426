"""Different values and rows: of each partition, then of several; in a tree, or bucket by bucket.

On their way to a bucket rows are `Distinct`: bare columns, and for each row where it stood, by which the buckets' rows come
back in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.dense import first_places, spans_of
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.kernels.pandas.hashing import hash_rows, targets_of
from weft.dataframe.kernels.pandas.neighbours import concatenated
from weft.dataframe.kernels.pandas.reductions import columns_of
from weft.dataframe.kernels.pandas.runs import (
    ROW_BITS,
    Run,
    assembled,
    bare,
    by_target,
    frame_of,
    index_of,
    joined_column,
    joined_index,
    merged_run,
    run_of,
    series_array,
    some_rows,
    taken,
)
from weft.dataframe.kernels.table import KERNELS

__all__ = ["Distinct", "unique_values"]

PANDAS = KERNELS["pandas"]


class Distinct(NamedTuple):
    """Different rows, where each stood, and, where none of equal ones is kept, whether there were more of it."""

    run: Run
    places: Any
    again: Any = None


def distinct_of(rows: Any, number: int, keep_index: bool, again: Any = None) -> Distinct:
    """Rows of a partition."""
    places = np.arange(len(rows), dtype=np.int64) + (number << ROW_BITS)
    return Distinct(run_of(rows, keep_index), places, again)


def key_places(like: Any, subset: Any) -> Sequence[int]:
    """Which of the columns are compared."""
    if isinstance(like, pd.DataFrame):
        return range(like.shape[1]) if subset is None else [like.columns.get_loc(label) for label in subset]
    return (0,)


def split_distinct(like: Any, subset: Any, count: int, part: Distinct, told: Sequence[int]) -> list[Distinct]:
    """Rows by bucket."""
    keys = [series_array(part.run.columns[place]) for place in key_places(like, subset)]
    targets = targets_of(hash_rows(keys), count) if part.run.length else np.empty(0, np.uint8)
    return [
        Distinct(some_rows(part.run, rows), part.places[rows], None if part.again is None else part.again[rows])
        for rows in by_target(targets, told)
    ]


def join_distinct(like: Any, subset: Any, keep: Any, parts: Sequence[Distinct]) -> Distinct:
    """Rows of several partitions, told apart anew."""
    filled = [each for each in parts if each.run.length] or list(parts[:1])
    runs = [each.run for each in parts]
    if len(filled) == 1:
        return filled[0]._replace(run=merged_run(runs))
    length = sum([run.length for run in runs])
    chosen = list(key_places(like, subset))
    keys = [joined_column(runs, place) for place in chosen]
    if isinstance(like, pd.Index):
        rows: Any = index_of(keys[0], like)
    else:
        example = like.iloc[:0, chosen] if isinstance(like, pd.DataFrame) else like
        rows = assembled(keys, pd.RangeIndex(length), example)
    first = ~duplicated(rows, None, keep or "first")
    again = None
    if keep is False:
        again = (np.concatenate([each.again for each in filled]) | duplicated(rows, None, False))[first]
    del rows
    kept = np.flatnonzero(first)
    known = dict(zip(chosen, keys, strict=True))
    columns = [
        taken(known[place] if place in known else joined_column(runs, place), kept)
        for place in range(len(runs[0].columns))
    ]
    labels = joined_index(runs)
    index = None if labels is None else taken(labels, kept)
    places = np.concatenate([each.places for each in filled])[kept]
    return Distinct(Run(len(kept), index, tuple(columns)), places, again)


def in_order(like: Any, parts: Sequence[Distinct]) -> tuple[Any, Any]:
    """Rows of buckets in the order in which they stood, as a pandas object; and whether there were more of each."""
    filled = [each for each in parts if each.run.length] or list(parts[:1])
    whole = merged_run([each.run for each in parts])
    order = np.argsort(np.concatenate([each.places for each in filled]), kind="stable")
    again = None if filled[0].again is None else np.concatenate([each.again for each in filled])[order]
    return frame_of([some_rows(whole, order)], like), again


def unique_values(column: pd.Series) -> pd.Series:
    """Different values, in the order of first rows."""
    return pd.Series(column.unique(), name=column.name, dtype=column.dtype)


@PANDAS.add("Uniques")
class Uniques:
    """Different values of a column."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> pd.Series:
        """Of one partition."""
        return unique_values(columns_of(partition)[0])

    @staticmethod
    def combine(plan: Any, *partials: pd.Series) -> pd.Series:
        """Of several."""
        if len(partials) == 1:
            return partials[0]
        return unique_values(concatenated(*partials))

    @staticmethod
    def finish(partial: pd.Series, plan: Any, meta: Any) -> Any:
        """The values, numbered."""
        if isinstance(meta, pd.Index):
            return pd.Index(partial, name=meta.name)
        return partial.reset_index(drop=True)

    @staticmethod
    def part(partition: Any, plan: Any, number: int) -> Distinct:
        """Of one partition, for an exchange."""
        return distinct_of(Uniques.chunk(partition, plan), number, False)

    @staticmethod
    def split(plan: Any, like: Any, count: int, part: Distinct, told: Sequence[int]) -> list[Distinct]:
        """By bucket."""
        return split_distinct(like, None, count, part, told)

    @staticmethod
    def join(plan: Any, like: Any, *parts: Distinct) -> Distinct:
        """Of one bucket."""
        return join_distinct(like, None, "first", parts)

    @staticmethod
    def together(plan: Any, like: Any, *parts: Distinct) -> pd.Series:
        """Of all buckets."""
        made: pd.Series = in_order(like, parts)[0]
        return made


@function_named("codes_of_values")
def codes_of_values(column: pd.Series, use_na_sentinel: bool) -> pd.Series:
    """The number of each value among all, which are numbered as they are met."""
    codes = pd.factorize(column, use_na_sentinel=use_na_sentinel)[0]
    return pd.Series(codes, index=column.index, dtype=np.int64)


@PANDAS.add("Factorized")
def factorized(column: pd.Series, different: pd.Series) -> pd.Series:
    """The number of each value among the different ones; -1 for those that are not there."""
    labels = pd.Index(different)
    # numbers are found as fast one by one; of objects pandas takes None and NaN for one below
    if isinstance(column.dtype, np.dtype) or not len(column):
        return pd.Series(labels.get_indexer(column), index=column.index, dtype=np.int64)
    codes, own = column.factorize(use_na_sentinel=False)  # as a rule these are far fewer to be looked up
    return pd.Series(labels.get_indexer(own)[codes], index=column.index, dtype=np.int64)


@PANDAS.add("CountUnique")
class CountUnique:
    """Number of different values of each column."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> tuple[pd.Series, ...]:
        """The values of one partition."""
        return tuple([unique_values(column) for column in columns_of(partition)])

    @staticmethod
    def combine(plan: Any, *partials: tuple[pd.Series, ...]) -> tuple[pd.Series, ...]:
        """Of several."""
        if len(partials) == 1:
            return partials[0]
        return tuple([unique_values(concatenated(*each)) for each in zip(*partials, strict=True)])

    @staticmethod
    def finish(partial: tuple[pd.Series, ...], plan: bool, meta: Any) -> Any:
        """How many there are; missing ones count unless ``plan`` says otherwise."""
        counts = counted(partial, plan)
        if not isinstance(meta, pd.Series):
            return int(counts[0])
        return pd.Series(counts, index=meta.index, dtype="int64")

    @staticmethod
    def part(partition: Any, plan: Any, number: int) -> tuple[pd.Series, ...]:
        """The values of one partition, for an exchange."""
        return CountUnique.chunk(partition, plan)

    @staticmethod
    def split(plan: Any, like: Any, count: int, part: tuple[pd.Series, ...], told: Sequence[int]) -> list[Any]:
        """By bucket."""
        columns = []
        for values in part:
            targets = targets_of(hash_rows([values]), count) if len(values) else np.empty(0, np.uint8)
            columns.append([values.iloc[rows] for rows in by_target(targets, told)])
        return list(zip(*columns, strict=True))

    @staticmethod
    def join(plan: Any, like: Any, *parts: tuple[pd.Series, ...]) -> tuple[pd.Series, ...]:
        """Of one bucket."""
        return CountUnique.combine(plan, *parts)

    @staticmethod
    def settle(plan: bool, like: Any, part: tuple[pd.Series, ...]) -> Any:
        """A bucket's values need not be known any more, only their number."""
        return counted(part, plan)

    @staticmethod
    def together(plan: Any, like: Any, *parts: Any) -> Any:
        """Of all buckets."""
        return np.sum([each if isinstance(each, np.ndarray) else counted(each, plan) for each in parts], axis=0)


def counted(values: Any, dropna: bool) -> Any:
    """Numbers of values by column; they may be known already."""
    if isinstance(values, np.ndarray):
        return values
    return np.array([int(each.count()) if dropna else len(each) for each in values], np.int64)


@PANDAS.add("IsUnique")
class IsUnique:
    """Whether no value is there twice."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> tuple[bool, pd.Series]:
        """Whether so in one partition, and its values."""
        values = unique_values(columns_of(partition)[0])
        return len(values) == len(partition), values

    @staticmethod
    def combine(plan: Any, *partials: tuple[bool, pd.Series]) -> tuple[bool, pd.Series]:
        """Of several."""
        fine = all(each[0] for each in partials)
        if len(partials) == 1 or not fine:
            return fine, partials[0][1]
        joined = concatenated(*[each[1] for each in partials])
        return bool(joined.is_unique), joined

    @staticmethod
    def finish(partial: tuple[bool, pd.Series], plan: Any, meta: Any) -> bool:
        """The answer."""
        return partial[0]


@PANDAS.add("DistinctRows")
class DistinctRows:
    """Rows that differ in some columns: of equal ones the first, the last, or none."""

    @staticmethod
    def chunk(partition: Any, plan: tuple[Any, Any, bool]) -> tuple[Any, Any]:
        """Rows of one partition, and, where none of equal ones is kept, whether there were more of each."""
        subset, keep, _ = plan
        places = kept_places(partition, subset, keep or "first")
        again = duplicated(partition, subset, False)[places] if keep is False else None
        return (partition if len(places) == len(partition) else partition.take(places)), again

    @staticmethod
    def combine(plan: tuple[Any, Any, bool], *partials: tuple[Any, Any]) -> tuple[Any, Any]:
        """Of several."""
        if len(partials) == 1:
            return partials[0]
        subset, keep, _ = plan
        rows = concatenated(*[each[0] for each in partials])
        places = kept_places(rows, subset, keep or "first")
        again = None
        if keep is False:
            filled = [each[1] for each in partials if len(each[0])] or [partials[0][1]]
            marks = np.concatenate(filled) | duplicated(rows, subset, False)
            again = marks[places]
        return rows.take(places), again

    @staticmethod
    def finish(partial: tuple[Any, Any], plan: tuple[Any, Any, bool], meta: Any) -> Any:
        """The rows."""
        rows, again = partial
        if again is not None:
            rows = rows[~again]
        if isinstance(rows, pd.Index):
            return rows
        return rows.reset_index(drop=True) if plan[2] else rows

    @staticmethod
    def part(partition: Any, plan: tuple[Any, Any, bool], number: int) -> Distinct:
        """Rows of one partition, for an exchange."""
        rows, again = DistinctRows.chunk(partition, plan)
        return distinct_of(rows, number, not plan[2], again)

    @staticmethod
    def split(plan: Any, like: Any, count: int, part: Distinct, told: Sequence[int]) -> list[Distinct]:
        """By bucket."""
        return split_distinct(like, plan[0], count, part, told)

    @staticmethod
    def join(plan: Any, like: Any, *parts: Distinct) -> Distinct:
        """Of one bucket."""
        return join_distinct(like, plan[0], plan[1], parts)

    @staticmethod
    def together(plan: Any, like: Any, *parts: Distinct) -> tuple[Any, Any]:
        """Of all buckets."""
        return in_order(like, parts)


def kept_places(rows: Any, subset: Any, keep: str) -> Any:
    """Places of the rows that stay: of equal ones the first, or the last."""
    if isinstance(rows, pd.DataFrame) and rows.columns.is_unique:
        columns = [rows[label].array for label in (rows.columns if subset is None else subset)]
    else:
        columns = [rows.array] if isinstance(rows, pd.Series) else []
    keys = [bare(each) for each in columns]
    spans = spans_of(keys)
    if spans is not None:
        return first_places(keys, spans, is_last=keep == "last")
    return np.flatnonzero(~duplicated(rows, subset, keep))


def duplicated(rows: Any, subset: Any, keep: Any) -> Any:
    """Which rows are there before (or behind, or at all), as an array."""
    if isinstance(rows, pd.DataFrame):
        return rows.duplicated(list(subset) if subset is not None else None, keep=keep).to_numpy()
    return np.asarray(rows.duplicated(keep=keep))
