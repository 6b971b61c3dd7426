"""Nodes of what needs the rows of a group together: all rows in one place, or those of some groups in a bucket each."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from weft import config
from weft.dataframe.expr import ROWS, VALUES, FrameExpr, Partitionwise, column_needs, place_pick, row_needs
from weft.dataframe.kernels.pandas.functions import Whole
from weft.dataframe.kernels.pandas.groupby_rows import MethodPlan, Table, apply_to_groups
from weft.dataframe.kernels.pandas.grouping import key_columns
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, is_pandas, make_meta, tried
from weft.dataframe.ops.groupby_nodes import key_needs
from weft.dataframe.ops.neighbours import AllTo, told_first
from weft.dataframe.spread import MANY, MOST_BUCKETS, SMALL, Choice, EveryBlock, by_bytes, lies_together
from weft.dataframe.treewise import EVERYTHING
from weft.expr import Cost, Expr, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.exchange import Exchange, plan_rounds
from weft.physical.gather import Gather
from weft.units import format_bytes

__all__ = ["GroupLookup", "GroupbyRows", "GroupbyWhole"]


class Method:
    """What the nodes below have in common; see `MethodPlan`."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any

    @property
    def label(self) -> str:
        return f"groupby-{self.asked.method.replace('.', '-')}"

    def example(self) -> Any:
        """The result for two made-up rows."""

        def made(rows: Any, *blocks: Any) -> Any:
            asked = self.asked
            if has_rows_beside(asked):
                calls = tuple([(few(inputs, rows), few(words, rows)) for inputs, words in asked.calls])
                asked = asked._replace(calls=calls)
            return apply_to_groups(Table(rows, key_columns(rows, blocks, asked.groups)), asked)

        return tried(made, self.source.meta, *[each.meta for each in self.blocks])

    def made_meta(self) -> Any:
        """The meta: as given, or that of the example."""
        if self.given is not UNKNOWN:
            return make_meta(self.given, parent_meta=self.source.meta)
        made = self.example()
        return made.iloc[:0] if isinstance(made, (pd.DataFrame, pd.Series)) else made

    def asked_of(self, child: Expr) -> Needs:
        """What is looked at in a child: everything in the chosen columns and the keys."""
        if child == self.source and self.asked.chosen is not None and not any(child == each for each in self.blocks):
            chosen = (self.asked.chosen,) if self.asked.is_single else self.asked.chosen
            return ROWS | key_needs(self.asked.groups) | column_needs(chosen)
        return EVERYTHING

    @property
    def way(self) -> Choice:
        """Where the rows of a group meet: in one place with all others (a tree), or in a bucket."""
        return way_of_method(self)

    def tables(self, label: str) -> Expr:
        """Rows of each partition with their keys, and their places if they are to be sent somewhere."""
        steps: Any = KERNELS["pandas"][type(self)]
        count = self.source.npartitions
        sources = [(each, place_pick(each, count)) for each in (self.source, *self.blocks)]
        numbers = Listed(tuple(range(count)))
        outline = Outline(self.name, f"{label}-part", (count,), self.source.partition_nbytes)  # type: ignore[attr-defined]
        return blockwise(outline, steps.part, sources, [Same(self.asked), numbers])

    def buckets(self, label: str, merge: Any) -> Expr:
        """What ``merge(told, *parts)`` makes of the rows of each bucket."""
        way, parts = self.way, self.tables(label)
        outline = Outline(self.name, f"{label}-bucket", (way.buckets,), way.nbytes)  # type: ignore[attr-defined]
        if way.way == "in place":
            return blockwise(outline, partial(merge, None), [(parts, (0,))], cost=Cost.HEAVY)
        steps: Any = KERNELS["pandas"][type(self)]
        split = partial(steps.split, self.asked, self.examples, way.buckets)
        rounds = plan_rounds(self.source.npartitions, way.buckets)
        if len(rounds) == 1:
            return Exchange(outline, parts, split, merge, rounds[0])
        first, second = rounds
        middle = Outline(self.name, f"{label}-bucket", (len(first.receives()),), way.nbytes)  # type: ignore[attr-defined]
        made = Exchange(middle, parts, split, partial(told_nothing, steps.join), first)
        return Exchange(outline, made, split, merge, second)

    @property
    def examples(self) -> tuple[Any, ...]:
        """Metas of the source and of the keys beside it."""
        return (self.source.meta, *[each.meta for each in self.blocks])

    def gathered(self, outline: Outline) -> Gather:
        """All rows with their keys in one block, and the method applied to them."""
        steps: Any = KERNELS["pandas"][type(self)]
        count = self.source.npartitions
        sources = [(each, place_pick(each, count)) for each in (self.source, *self.blocks)]
        tables = blockwise(
            Outline(outline.origin, f"{outline.label}-keys", (count,)), steps.table, sources, [Same(self.asked)]
        )
        return Gather(outline, tables, partial(told_first, steps.merge), AllTo(count, self.asked))


@node
class GroupbyWhole(Method, FrameExpr):
    """What pandas computes of groups, in one partition."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any = UNKNOWN

    @derived
    def meta(self) -> Any:
        return self.made_meta()

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return self.asked_of(child)

    def lower(self) -> Expr:
        if self.way.way == "tree":
            return self.gathered(self.outline)
        steps: Any = KERNELS["pandas"][type(self)]
        made = self.buckets(self.label, partial(steps.bucket, self.asked, self.examples))
        merge = partial(steps.ordered, self.asked, self.examples)
        return Gather(self.outline, made, merge, EveryBlock(self.way.buckets))


@node
class GroupbyRows(Method, Partitionwise):
    """What pandas computes of groups for each of their rows, which stay where they are."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any = UNKNOWN

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, *self.blocks)

    @derived
    def meta(self) -> Any:
        return self.made_meta()

    @property
    def cost(self) -> Cost:
        return Cost.LIGHT

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return self.asked_of(child)

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        if self.way.way != "tree":
            return self.sent_back(steps)
        gathered = self.gathered(Outline(self.name, f"{self.label}-whole", (1,)))
        places = Listed(tuple(range(self.npartitions)))
        return blockwise(self.outline, steps.pick, [(gathered, (None,))], [places], cost=self.cost)

    @property
    def stands_alone(self) -> bool:
        return False

    def sent_back(self, steps: Any) -> Expr:
        """Results of buckets where their rows stand."""
        made = self.buckets(self.label, partial(steps.bucket, self.asked, self.examples, self.meta))
        back = partial(steps.back, self.meta)
        if self.way.way == "in place":
            return blockwise(self.outline, partial(back, None), [(made, (0,))])
        rounds = plan_rounds(self.way.buckets, self.npartitions)
        if len(rounds) == 1:
            return Exchange(self.outline, made, steps.split_back, back, rounds[0])
        first, second = rounds
        middle = Outline(self.name, self.label, (len(first.receives()),), self.way.nbytes)
        made = Exchange(middle, made, steps.split_back, partial(told_nothing, steps.join_back), first)
        return Exchange(self.outline, made, steps.split_back, back, second)


@node
class GroupLookup(Partitionwise):
    """For each row what an aggregate gives for its group: the groups are few, and looked up."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    table: FrameExpr
    asked: MethodPlan
    given: Any

    @property
    def label(self) -> str:
        return "groupby-transform"

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, *self.blocks, self.table)

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.asked, self.given)

    @derived
    def meta(self) -> Any:
        return self.given

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.table:
            return EVERYTHING
        needs = row_needs(asked) | key_needs(self.asked.groups)
        return needs | (VALUES if any(child == each for each in self.blocks) else frozenset())

    def lower(self) -> Expr:
        count = self.npartitions
        sources = [(each, place_pick(each, count)) for each in (self.source, *self.blocks)]
        kernel = KERNELS["pandas"][type(self)]
        picks = [*sources, (self.table, (0,) if count == 1 else (None,))]
        return blockwise(self.outline, kernel, picks, [Same(self.asked), Same(Whole(self.given))])


def told_nothing(function: Any, told: Any, *parts: Any) -> Any:
    """A function of parts as the merge of an exchange."""
    return function(*parts)


#: Methods for each row whose answer depends on groups beyond the row's own.
OF_ALL_GROUPS = {"ngroup"}
#: Methods whose results begin with the keys of groups, in their order.
BY_KEYS = {
    *("median", "quantile", "agg", "nunique", "any", "all", "cov", "corr", "unique", "describe"),
    *("nlargest", "nsmallest", "ohlc", "apply"),
}
WINDOWS = ("rolling.", "expanding.", "ewm.", "resample.")
ARRAYS = (np.ndarray, pd.api.extensions.ExtensionArray)


def has_rows_beside(asked: MethodPlan) -> bool:
    """Whether windows are asked for with a value for each row: times, or others to be compared with."""
    if not asked.method.startswith(WINDOWS):
        return False
    return any(is_pandas(each) or isinstance(each, ARRAYS) for call in asked.calls for each in values_of(call))


def values_of(call: Any) -> list[Any]:
    """The arguments of a call."""
    inputs, words = call
    return [*inputs, *[value for _, value in words]]


def few(arguments: Any, rows: Any) -> Any:
    """Arguments with values for some made-up rows in place of those for all."""
    if isinstance(arguments, tuple):
        return tuple([few(each, rows) for each in arguments])
    if isinstance(arguments, (pd.DataFrame, pd.Series)) and len(arguments) >= len(rows):
        return arguments.iloc[: len(rows)].set_axis(rows.index, axis=0)
    return arguments[: len(rows)] if isinstance(arguments, (pd.Index, *ARRAYS)) else arguments


def way_of_method(node: Any) -> Choice:
    """Where the rows of a group meet."""
    groups, method = node.asked.groups, node.asked.method
    source: FrameExpr = node.source
    count = source.npartitions
    if count == 1:
        return Choice("tree", 1, "there is one partition")
    keys = key_columns(source.meta, [each.meta for each in node.blocks], groups)
    if any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys) and not groups.observed:
        return Choice("tree", 1, "categories without rows are groups too")
    if has_rows_beside(node.asked):
        return Choice("tree", 1, "values for all rows are given beside them")
    if isinstance(node, GroupbyRows):
        if method in OF_ALL_GROUPS:
            return Choice("tree", 1, f"{method} looks at all groups")
    elif method not in BY_KEYS and not method.startswith(WINDOWS):
        return Choice("tree", 1, f"the order of what {method} gives is that of all groups")
    elif not (groups.sort and groups.as_index and groups.group_keys):
        return Choice("tree", 1, "results are not in the order of keys in their index")
    elif any(key.dtype == object for key in keys):
        return Choice("tree", 1, "objects as keys may have no order")
    size = sum([each.partition_nbytes * each.npartitions for each in (source, *node.blocks)])
    if together := lies_together(source, groups):
        return Choice("in place", count, together, source.partition_nbytes)
    if 0 < size <= SMALL:
        return Choice("tree", 1, f"the data is about {format_bytes(size)} only")
    if not size and count < MANY:
        return Choice("tree", 1, f"the data, of unknown size, is in {count} partitions only")
    if not size:
        return Choice("exchange", count, f"the data, of unknown size, is in {count} partitions")
    found = by_bytes(size, count, f"the data is about {format_bytes(size)}", int(config.value("memory.budget")))
    return found._replace(buckets=max(found.buckets, min(count, MOST_BUCKETS)))
