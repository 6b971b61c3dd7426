"""Partial results of groups, partition by partition: what a tree or an exchange of Weft's combines.

They are those of the pandas kernels (`weft.dataframe.kernels.pandas.groupby_parts`), so that either engine's go together, or
sums by position (`weft.dataframe.kernels.polars.positions`), which are several times faster where there are many groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.kernels.pandas.groupby import GroupbyAggregate, with_places
from weft.dataframe.kernels.pandas.groupby_parts import Partial, farthest
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, wanted_parts
from weft.dataframe.kernels.polars.groups import key_column
from weft.dataframe.kernels.polars.positions import BY_POSITION, Placed, added_up, combined_by_position, combined_placed
from weft.dataframe.kernels.polars.query import AS_WRITTEN, to_pandas
from weft.dataframe.kernels.polars.relation import Column, Relation, materialised, row_by_row, with_scalars
from weft.dataframe.kernels.polars.short_texts import ShortTexts, combined_texts, texts_added_up
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text
from weft.records import replaced

__all__ = ["DividedGroups", "partial_query"]


class DividedGroups(GroupbyAggregate):
    """The steps of aggregates whose partial results are made already."""

    @staticmethod
    def chunk(partition: Any, *values: Any) -> Any:
        """The partial result itself."""
        return partition

    @staticmethod
    def part(partition: Any, *values: Any) -> Partial:
        """The partial result for an exchange."""
        plan, number = values
        made = listed(partition)
        return made if plan.groups.sort else with_places(made, number)

    @staticmethod
    def combine(plan: AggregatePlan, *partials: Any) -> Any:
        """Parts of several partitions as those of one."""
        if len(partials) == 1:
            return partials[0]
        summed = combined_placed(partials) or combined_texts(partials)
        if summed is not None:
            return summed
        given = [listed(each) for each in partials]
        made = combined_by_position(given) if plan.groups.sort else None
        return GroupbyAggregate.combine(plan, *given) if made is None else made

    @staticmethod
    def join(plan: AggregatePlan, like: Any, *partials: Partial) -> Partial:
        """Groups of one bucket."""
        return listed(DividedGroups.combine(plan, *partials))

    @staticmethod
    def finish(partial: Any, plan: AggregatePlan, meta: Any) -> Any:
        """The aggregates."""
        return GroupbyAggregate.finish(listed(partial), plan, meta)


def listed(made: Partial | Placed | ShortTexts) -> Partial:
    """A partial result with the keys of its groups."""
    return made if isinstance(made, Partial) else made.listed()


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
            values = to_pandas(found, replaced(self.column, expr=pl.col(name), scalars={}, null=True))
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

    def __call__(self, spans: Mapping[Any, tuple[int, int] | None]) -> Partial | Placed | ShortTexts:
        """The partial result; ``spans`` has least and greatest values of keys, where they are known."""
        are_sums = all(part in BY_POSITION for _, part in self.wanted)
        if are_sums and (self.are_numbers or self.is_text):
            return self.summed(spans)
        return self.by_hash(self.source, self.keys, self.parts)

    @property
    def are_numbers(self) -> bool:
        """Whether keys are whole numbers none of which is missing."""
        kinds = [each.dtype for each in self.keys.values() if not each.null]
        return len(kinds) == len(self.keys) and all(isinstance(each, np.dtype) and each.kind in "iu" for each in kinds)

    @property
    def is_text(self) -> bool:
        """Whether the only key is a text."""
        return len(self.keys) == 1 and all(is_text(each.dtype) for each in self.keys.values())

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

    def summed(self, spans: Mapping[Any, tuple[int, int] | None]) -> Partial | Placed | ShortTexts:
        """By the numbers that keys are, if these lie close together, or by short texts; by hash otherwise."""
        columns = (*self.keys.items(), *[(("value", label), each) for label, each in self.values.items()])
        narrow = materialised(Relation(self.source.base, columns))
        found = narrow.base.collect(engine="streaming", optimizations=AS_WRITTEN)
        count = len(self.keys)
        keys = {label: found.to_series(place) for place, label in enumerate(self.keys)}
        values = {label: found.to_series(count + place) for place, label in enumerate(self.values)}
        by = [each.value for each in self.plan.groups.by]
        made: Placed | ShortTexts | None = None
        if found.height and self.are_numbers:
            made = added_up(keys, values, self.wanted, by, spans, self.plan.groups.sort)
        elif found.height:
            ((label, texts),) = keys.items()
            made = texts_added_up(texts, values, self.wanted, by, self.keys[label].dtype)
        if made is not None:
            return made
        fresh = replaced(narrow, base=found.lazy())
        every = [column for _, column in fresh.columns]
        labels = dict(zip(self.keys, every[:count], strict=True))
        own = dict(zip(self.values, every[count:], strict=True))
        parts = [PARTS[part](labels[label] if label in labels else own.get(label)) for label, part in self.wanted]  # type: ignore[arg-type]
        return self.by_hash(fresh, labels, parts)


def column_at(column: Column, place: int) -> Column:
    """A key among the groups that were found."""
    return replaced(column, expr=pl.col(f"k{place}"), scalars={})
