"""Queries of one partition: what the tasks of a `weft.dataframe.pieces.Piece` run."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft import config
from weft.dataframe.base import new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.io.told import Told
from weft.dataframe.kernels.pandas.groupby import GroupbyAggregate
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan
from weft.dataframe.kernels.polars.partials import partial_query
from weft.dataframe.kernels.polars.query import answer, relation_of
from weft.dataframe.kernels.polars.relation import Relation
from weft.dataframe.kernels.polars.sources import columns_of
from weft.dataframe.kernels.polars.translator import Translator
from weft.dataframe.kernels.translating import Untranslatable
from weft.dataframe.pieces import BlockInput, Leaf
from weft.expr import Expr, Held, Need, Needs, walk
from weft.expr.tree import replace as exchanged
from weft.records import replaced

__all__ = ["PieceQuery"]


class PieceQuery:
    """A tree that is translated for each partition, since its leaves are what the task is given.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in its rows.
    groups : AggregatePlan, optional
        Give partial results of groups of these rows, in place of the rows.
    spans : tuple of (label, (least, greatest) or None)
        Between which the keys of the groups are known to lie.
    """

    def __init__(
        self, root: FrameExpr, asked: Needs, groups: AggregatePlan | None = None, spans: tuple[Any, ...] = ()
    ) -> None:
        self.root = root
        self.asked = asked
        self.groups = groups
        self.spans = spans

    def __weft_tokenize__(self) -> Any:
        return ("polars-piece", self.root, tuple(sorted(map(repr, self.asked))), self.groups)

    def check(self, given: tuple[Any, ...]) -> None:
        """Raise Untranslatable if the engine has no answer that is pandas', for examples of what tasks are given."""
        relation = self.relation(given)
        if self.groups is not None:
            partial_query(relation, self.groups)

    def relation(self, given: tuple[Any, ...]) -> Relation:
        """The lazy query. All partitions get the types that were foreseen, also where nothing is missing in one."""
        made = relation_of(self.root, self.asked, given)
        return made.with_columns([(label, replaced(column, narrow=None)) for label, column in made.columns])

    def __call__(self, *given: Any) -> Any:
        """The partition."""
        try:
            relation = self.relation(given)
        except Untranslatable:  # blocks may have other types than were foreseen, as pandas' do where values decide
            return self.by_pandas(given)
        if self.groups is None:
            return answer(relation, self.root.meta)
        return partial_query(relation, self.groups)(dict(self.spans))

    def by_pandas(self, given: tuple[Any, ...]) -> Any:
        """The partition as pandas' kernels make it of the same blocks."""
        leaves: dict[Leaf, Any] = {}
        for each in walk(self.root):
            if isinstance(each, BlockInput):
                leaves[each] = given[each.slot]
            elif isinstance(each, Leaf):
                leaves[each] = answer(relation_of(each, self.asked, given), each.meta)
        wants = Translator(self.root, self.asked, False, given).wants
        changes: dict[Expr, Expr] = {}
        for rows in {each.rows for each in leaves}:
            alike = {each: value for each, value in leaves.items() if each.rows == rows and has_rows(each, value)}
            if len(alike) > 1:
                changes |= beside_each_other(alike, {each for each in alike if wants(each, Need.INDEX)})
        changes |= {each: leaf_of(value, each.meta) for each, value in leaves.items() if each not in changes}
        with config.set({"dataframe.engine": "pandas"}):
            rows = new(exchanged(self.root, changes)).compute(scheduler="sync")
        return rows if self.groups is None else GroupbyAggregate.chunk(rows, self.groups)


def has_rows(leaf: Leaf, value: Any) -> bool:
    """Whether a leaf stands for rows, not for a value, nor for one of each column."""
    return isinstance(value, (pd.DataFrame, pd.Index)) or (isinstance(value, pd.Series) and not len(leaf.meta))


def beside_each_other(leaves: dict[Leaf, Any], labelled: set[Leaf]) -> dict[Expr, Expr]:
    """Nodes for blocks of the same rows: columns of one frame, with labels where somebody looks at them."""
    height = len(next(iter(leaves.values())))
    blocks = {each: value for each, value in leaves.items() if not isinstance(value, pd.Index)}
    indexes = [value for value in leaves.values() if isinstance(value, pd.Index)]
    indexes += [value.index for each, value in blocks.items() if each in labelled]
    labels = indexes[0] if indexes else pd.RangeIndex(height)
    columns = [column.set_axis(labels) for value in blocks.values() for column in columns_of(value)]
    whole = pd.concat(columns, axis=1, ignore_index=True) if columns else pd.DataFrame(index=labels)
    frame = new(FromPandas(Held.of(whole), ((0, height),), False))
    changes: dict[Expr, Expr] = {}
    place = 0
    for each, value in leaves.items():
        if isinstance(value, pd.Index):
            changes[each] = frame.index.expr
        elif isinstance(value, pd.Series):
            changes[each] = frame[place].rename(value.name).expr
            place += 1
        else:
            own = list(range(place, place + value.shape[1]))
            changes[each] = frame[own].set_axis(value.columns, axis=1).expr
            place += len(own)
    return changes


def leaf_of(value: Any, meta: Any) -> FrameExpr:
    """A node that stands for a block that is there."""
    if not isinstance(value, (pd.DataFrame, pd.Series)):
        return Told(value, "block", meta)
    return FromPandas(Held.of(value), ((0, len(value)),), False)
