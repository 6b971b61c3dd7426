"""Partial results of groups, partition by partition: what a tree or an exchange of Weft's combines.

They are those of the pandas kernels (`weft.dataframe.kernels.pandas.groupby_parts`), so that either engine's go together.
Whole numbers that lie close together are group numbers already: then sums are made by position, which is several times faster
than the engine's hash table where there are many groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.kernels.pandas.groupby import GroupbyAggregate, with_places
from weft.dataframe.kernels.pandas.groupby_parts import Partial, farthest
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, wanted_parts
from weft.dataframe.kernels.pandas.grouping import FEW, SPARSE
from weft.dataframe.kernels.polars.groups import key_column
from weft.dataframe.kernels.polars.query import AS_WRITTEN, to_pandas
from weft.dataframe.kernels.polars.relation import Column, Relation, materialised, row_by_row, with_scalars
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text

__all__ = ["DividedGroups", "partial_query"]

#: Groups may be such a part of the rows of a chunk, at most, to be added up chunk by chunk.
LIGHT = 2
#: Sums below this are exact in floating point.
EXACT = 2.0**53


class DividedGroups(GroupbyAggregate):
    """The steps of aggregates whose partial results are made already."""

    @staticmethod
    def chunk(partition: Any, *values: Any) -> Partial:
        """The partial result itself."""
        made: Partial = partition
        return made

    @staticmethod
    def part(partition: Any, *values: Any) -> Partial:
        """The partial result for an exchange."""
        plan, number = values
        return partition if plan.groups.sort else with_places(partition, number)

    @staticmethod
    def combine(plan: AggregatePlan, *partials: Partial) -> Partial:
        """Parts of several partitions as those of one."""
        made = combined_by_position(partials) if plan.groups.sort and len(partials) > 1 else None
        return GroupbyAggregate.combine(plan, *partials) if made is None else made

    @staticmethod
    def join(plan: AggregatePlan, like: Any, *partials: Partial) -> Partial:
        """Groups of one bucket."""
        return DividedGroups.combine(plan, *partials)


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


class Part:
    """A part of one column: expressions of the engine, and what the arrays of the partial result are made of."""

    def __init__(
        self, exprs: list[Any], finish: Callable[..., Any] | None = None, column: Column | None = None
    ) -> None:
        self.exprs = exprs
        self.finish = finish
        self.column = column

    def arrays(self, found: pl.DataFrame, names: list[str]) -> tuple[Any, ...]:
        """The arrays of the partial result."""
        if self.column is not None:
            (name,) = names
            values = to_pandas(found, replace(self.column, expr=pl.col(name), scalars={}, null=True))
            return (pd.Series(values, copy=False).array if not isinstance(values, np.ndarray) else values,)
        made = [found.get_column(name).to_numpy() for name in names]
        return tuple(made) if self.finish is None else self.finish(*made)


def numbers_of(column: Column, how: str) -> Column:
    """A column whose values can be added up, without NaN; truth values as integers."""
    column = column.settled().nulled()
    if column.dtype.kind not in "biuf" or is_text(column.dtype):
        raise Untranslatable(f"partial {how} of {column.dtype} is made by pandas")
    return column


def part_size(column: Column) -> Part:
    return Part([pl.len().cast(pl.Int64)])


def part_count(column: Column) -> Part:
    return Part([column.settled().nulled().expr.count().cast(pl.Int64)])


def part_sum(column: Column) -> Part:
    numbers = numbers_of(column, "sum")
    wide = pl.Float64 if is_float(numbers.dtype) else pl.UInt64 if numbers.dtype.kind == "u" else pl.Int64
    return Part([numbers.expr.cast(wide).sum()])


def part_mean(column: Column) -> Part:
    numbers = numbers_of(column, "mean")
    return Part([numbers.expr.cast(pl.Float64).sum(), numbers.expr.count().cast(pl.Int64)])


def part_moments(column: Column) -> Part:
    values = numbers_of(column, "variance").expr.cast(pl.Float64)
    many = values.count().cast(pl.Int64)
    spread = (values.var(ddof=0) * many).fill_null(0.0)
    return Part([many, values.mean().fill_null(float("nan")), spread])


def extreme_part(how: str) -> Callable[[Column], Part]:
    def part(column: Column) -> Part:
        column = column.settled().nulled()
        made = column.expr.min() if how == "min" else column.expr.max()
        if is_text(column.dtype):
            return Part([made], column=column)
        if column.dtype.kind == "b":
            raise Untranslatable(f"partial {how} of truth values is made by pandas")
        if column.dtype.kind in "iuf":
            return Part([made.fill_null(edge(column.dtype, how))])
        if column.dtype.kind == "M":
            return Part([made.cast(pl.Int64).fill_null(edge(np.dtype("int64"), how))])
        raise Untranslatable(f"partial {how} of {column.dtype} is made by pandas")

    return part


def edge(dtype: Any, how: str) -> Any:
    """What no value is beyond, for groups without values."""
    limit = farthest(dtype, how)
    return float(limit) if is_float(dtype) else int(limit)


def end_part(how: str) -> Callable[[Column], Part]:
    def part(column: Column) -> Part:
        column = column.settled().nulled()
        if not (is_text(column.dtype) or is_float(column.dtype) or is_integer(column.dtype)):
            raise Untranslatable(f"partial {how} of {column.dtype} is made by pandas")
        there = column.expr.drop_nulls()
        return Part([there.first() if how == "first" else there.last()], column=column)

    return part


def part_truth(column: Column) -> Part:
    column = column.settled()
    if column.dtype.kind != "b":
        raise Untranslatable(f"truth of {column.dtype} is made by pandas")
    return Part([column.expr.sum().cast(pl.Int64), column.expr.count().cast(pl.Int64)])


PARTS: dict[str, Callable[[Column], Part]] = {
    "size": part_size,
    "count": part_count,
    "sum": part_sum,
    "mean": part_mean,
    "moments2": part_moments,
    "min": extreme_part("min"),
    "max": extreme_part("max"),
    "first": end_part("first"),
    "last": end_part("last"),
    "truth": part_truth,
}
#: Parts that can be made by position.
BY_POSITION = frozenset({"size", "count", "sum", "mean"})


class partial_query:  # noqa: N801 (a function that remembers what it has prepared)
    """Partial results of the groups of a relation.

    Raises
    ------
    Untranslatable
        The engine has no such partial result.
    """

    def __init__(self, relation: Relation, plan: AggregatePlan) -> None:
        if any(each.kind != "column" for each in plan.groups.by):
            raise Untranslatable("groups by anything but columns are made by pandas")
        self.plan = plan
        source = row_by_row(relation)
        labels = list(dict.fromkeys([each.value for each in plan.groups.by]))
        self.keys = {label: key_column(source.column(label)) for label in labels}
        if not all(isinstance(each.dtype, np.dtype) or is_text(each.dtype) for each in self.keys.values()):
            raise Untranslatable("such keys are grouped by pandas")
        self.wanted = wanted_parts(plan)
        if unknown := [str(part) for _, part in self.wanted if part not in PARTS]:
            raise Untranslatable(f"partial results of {unknown[0]} are made by pandas")
        self.values = {
            label: source.column(label).settled()
            for label, _ in self.wanted
            if label is not None and label not in labels
        }
        self.source = source
        self.parts = [
            PARTS[part](self.keys[label] if label in self.keys else self.values.get(label))  # type: ignore[arg-type]
            for label, part in self.wanted
        ]

    def __call__(self, spans: Mapping[Any, tuple[int, int] | None]) -> Partial:
        """The partial result; ``spans`` has least and greatest values of keys, where they are known."""
        are_numbers = all(
            isinstance(each.dtype, np.dtype) and each.dtype.kind in "iu" and not each.null
            for each in self.keys.values()
        )
        if self.plan.groups.sort and are_numbers and all(part in BY_POSITION for _, part in self.wanted):
            return self.by_position(spans)
        return self.by_hash(self.source, self.keys, self.parts)

    def by_hash(self, source: Relation, keys: dict[Any, Column], parts: list[Part]) -> Partial:
        """By the engine's own groups."""
        groups = self.plan.groups
        base = with_scalars(source.base, [*keys.values(), *self.values.values()])
        if groups.dropna and (nulls := [each.expr.is_not_null() for each in keys.values() if each.null]):
            base = base.filter(pl.all_horizontal(nulls))
        named = [each.expr.alias(f"k{place}") for place, each in enumerate(keys.values())]
        names = [[f"p{place}_{number}" for number in range(len(part.exprs))] for place, part in enumerate(parts)]
        made = [
            expr.alias(name)
            for part, own in zip(parts, names, strict=True)
            for expr, name in zip(part.exprs, own, strict=True)
        ]
        found = (
            base.group_by(named, maintain_order=not groups.sort)
            .agg(made)
            .collect(engine="streaming", optimizations=AS_WRITTEN)
        )
        return Partial(
            self.key_series(
                {label: to_pandas(found, column_at(keys[label], place)) for place, label in enumerate(keys)}
            ),
            {want: part.arrays(found, own) for want, part, own in zip(self.wanted, parts, names, strict=True)},
        )

    def key_series(self, arrays: dict[Any, Any]) -> list[pd.Series]:
        """The keys of groups as series, one for each that is asked for."""
        return [
            pd.Series(arrays[each.value], name=each.value, dtype=self.keys[each.value].dtype, copy=False)
            for each in self.plan.groups.by
        ]

    def by_position(self, spans: Mapping[Any, tuple[int, int] | None]) -> Partial:
        """By the numbers that keys are, if these lie close together; by hash otherwise."""
        columns = (*self.keys.items(), *[(("value", label), each) for label, each in self.values.items()])
        narrow = materialised(Relation(self.source.base, columns))
        found = narrow.base.collect(engine="streaming", optimizations=AS_WRITTEN)
        count = len(self.keys)
        numbers = [found.to_series(place) for place in range(count)]
        values = {label: found.to_series(count + place) for place, label in enumerate(self.values)}
        made = added_up(numbers, values, self.wanted, list(self.keys), spans) if found.height else None
        if made is None:
            fresh = replace(narrow, base=found.lazy())
            every = [column for _, column in fresh.columns]
            keys = dict(zip(self.keys, every[:count], strict=True))
            own = dict(zip(self.values, every[count:], strict=True))
            parts = [PARTS[part](keys[label] if label in keys else own.get(label)) for label, part in self.wanted]  # type: ignore[arg-type]
            return self.by_hash(fresh, keys, parts)
        arrays, parts_of = made
        return Partial(self.key_series(dict(zip(self.keys, arrays, strict=True))), parts_of)


def column_at(column: Column, place: int) -> Column:
    """A key among the groups that were found."""
    return replace(column, expr=pl.col(f"k{place}"), scalars={})


def added_up(
    numbers: list[Any],
    values: dict[Any, Any],
    wanted: list[tuple[Any, Any]],
    labels: list[Any],
    known: Mapping[Any, Any],
) -> Any:
    """Keys and parts of groups by position; None where keys lie far apart, or something is missing."""
    height = len(numbers[0])
    spans = [
        known.get(label) or (int(each.min()), int(each.max())) for label, each in zip(labels, numbers, strict=True)
    ]
    total = 1
    for least, greatest in spans:
        total *= greatest - least + 1
    adding = {label for label, part in wanted if part in ("sum", "mean")}
    counted = [each for label, each in values.items() if label not in adding]  # NaN among what is added up tells itself
    if total > max(FEW, SPARSE * height) or any(each.null_count() for each in values.values()):
        return None
    if any(each.dtype.is_float() and each.is_nan().any() for each in counted):
        return None
    columns = {label: values[label] if label in values else numbers[labels.index(label)] for label in adding}
    if not all(is_exact(each) for each in columns.values()):
        return None
    is_light = total <= LIGHT * height / max(1, numbers[0].n_chunks())
    counts_rows = not columns or any(part != "sum" for _, part in wanted)
    sizes: Any = np.zeros(total, np.int64 if counts_rows else bool)
    sums = {label: np.zeros(total) for label in columns}
    for start, length in chunks_of([*numbers, *columns.values()]) if is_light else [(0, height)]:
        codes = None
        for each, (least, greatest) in zip(numbers, spans, strict=True):
            own = each.slice(start, length).to_numpy().astype(np.intp, copy=False)
            own = own - least if least else own
            codes = own if codes is None else codes * (greatest - least + 1) + own
        assert codes is not None
        if counts_rows:
            sizes += np.bincount(codes, minlength=total)
        for label, each in columns.items():
            sums[label] += np.bincount(codes, weights=each.slice(start, length).to_numpy(), minlength=total)
        if not counts_rows:  # a sum that is not zero tells that there are rows
            unseen = np.flatnonzero(next(iter(sums.values())) == 0)
            if len(unseen):
                sizes[codes] = True
    if any(np.isnan(each.sum()) for each in sums.values()):
        return None  # NaN, or infinities of both signs
    present = np.flatnonzero(sizes if counts_rows else sizes | (next(iter(sums.values())) != 0))
    keys, rest = [], present
    for each, (least, greatest) in reversed(list(zip(numbers, spans, strict=True))):
        rest, own = np.divmod(rest, greatest - least + 1)
        keys.append((own + least).astype(each.slice(0, 1).to_numpy().dtype))
    counts = sizes[present]
    parts: dict[Any, tuple[Any, ...]] = {}
    for label, part in wanted:
        if part in ("size", "count"):
            parts[label, part] = (counts,)
        elif part == "mean":
            parts[label, part] = (sums[label][present], counts)
        else:
            kind = columns[label].dtype
            own = sums[label][present]
            wide = np.float64 if kind.is_float() else np.uint64 if kind.is_unsigned_integer() else np.int64
            parts[label, part] = (own.astype(wide, copy=False),)
    return keys[::-1], parts


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
