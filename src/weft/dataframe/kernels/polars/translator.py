"""Translation of a tree of nodes into one lazy query, or the reason why there is none.

Each class of nodes has a function in the table ``TRANSLATIONS``: ``function(node, translator) -> Relation``. It declares by
raising `Untranslatable` what it cannot do; what is not in the table stays in pandas. The relations of a node's children come
to it in order, unless its class takes care of the order itself (``any_order``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.expr import FrameExpr
from weft.dataframe.footprint import sizes_of
from weft.dataframe.kernels.polars.relation import Column, Relation, Untranslatable, in_order, materialised
from weft.dataframe.kernels.table import KernelTable
from weft.expr import Expr, Need, Needs, walk

__all__ = ["TRANSLATIONS", "Translator"]

#: Operations of one query at most: expressions within expressions take an engine's stack.
MOST = 500

#: What each class of nodes is to Polars.
TRANSLATIONS = KernelTable("polars")
#: Classes whose translation takes rows in any order, as their relation says.
ANY_ORDER: set[str] = set()


class Translator:
    """One translation of a tree.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in the root.
    trusts : bool
        Whether sums may be made as if there were no NaN, as long as they are watched (`weft.dataframe.kernels.polars.nan`).
    given : sequence
        Blocks, and parts of files, for the leaves of a tree that stands for one partition; see `weft.dataframe.pieces`.
    """

    def __init__(self, root: FrameExpr, asked: Needs, trusts: bool = False, given: Sequence[Any] = ()) -> None:
        self.root = root
        self.trusts = trusts
        self.given = given
        self.needs = needs_below(root, asked)
        self._known: dict[str, Relation] = {}
        self._in_order: dict[str, Relation] = {}
        self._sizes: dict[str, float] | None = None
        self._parent: Expr = root
        #: Rows of sources, by what tells them.
        self.sources: dict[Any, Any] = {}
        self._names = 0

    def __call__(self, node: Expr) -> Relation:
        """The relation of a node below the one that is being translated."""
        kind = type(self._parent).__name__
        if kind in ANY_ORDER:
            found = self._known[node.name]
        else:
            found = self.in_order(node, self._parent.asks(node, self.needs.get(self._parent.name, frozenset())))
        return found.with_columns(map(without_narrow, found.columns)) if kind in CHOOSES_ROWS else found

    def in_order(self, node: Expr, asked: Needs) -> Relation:
        """The relation of a node below, its rows in order if that is asked for."""
        known = self._known[node.name]
        if known.order is None:
            return known
        if Need.ORDER not in asked:
            return replace(known, order=None)
        if node.name not in self._in_order:
            self._in_order[node.name] = in_order(known)
        return self._in_order[node.name]

    def size(self, node: Expr) -> float:
        """Estimated bytes of a node's rows."""
        if self._sizes is None:
            self._sizes = sizes_of(self.root)
        return self._sizes.get(node.name, 0.0)

    def translated(self) -> Relation:
        """The relation of the root: children come before their parents, so that no tree is too deep."""
        nodes = list(walk(self.root))
        depths: dict[str, int] = {}
        for node in nodes:
            depths[node.name] = 1 + max([depths[child.name] for child in node.children], default=0)
            if depths[node.name] > MOST:
                raise self.refusal(node, f"more than {MOST} operations in a row are too many for one query")
            if not TRANSLATIONS.has(type(node)):
                raise self.refusal(node, f"{type(node).__name__} ({getattr(node, 'label', '')}) has no translation")
        for node in nodes:
            self._parent = node
            try:
                self._known[node.name] = TRANSLATIONS[type(node)](node, self)
            except Untranslatable as reason:
                raise self.refusal(node, str(reason)) from None
        return self.in_order(self.root, self.needs[self.root.name])

    def refusal(self, node: Expr, reason: str) -> Untranslatable:
        """The error for one node, with all above it, which are in vain as well."""
        vain = {node.name}
        for each in walk(self.root):
            if any(child.name in vain for child in each.children):
                vain.add(each.name)
        return Untranslatable(reason, frozenset(vain))

    def wants(self, node: Expr, need: Need) -> bool:
        """Whether somebody looks at the index, or the order, of a node's rows."""
        return need in self.needs.get(node.name, frozenset())

    def fresh(self, prefix: str) -> str:
        """A name that no column has."""
        self._names += 1
        return f"{prefix}{self._names}"


#: Nodes that may leave out the rows whose gaps have decided what type a column has in pandas.
CHOOSES_ROWS = frozenset(
    {
        "Filter",
        "DropMissing",
        "DistinctRows",
        "Ends",
        "Largest",
        "Merge",
        "LocalMerge",
        "GroupbyAggregate",
        "GroupbyWhole",
    }
)


def without_narrow(entry: tuple[Any, Column]) -> tuple[Any, Column]:
    """A labelled column that has its type in any case."""
    label, column = entry
    return entry if column.narrow is None else (label, replace(column, narrow=None))


def needs_below(root: Expr, asked: Needs) -> dict[str, Needs]:
    """What is looked at in each node of a tree."""
    known: dict[str, Needs] = {root.name: asked}
    for each in reversed(list(walk(root))):
        own = known.get(each.name, frozenset())
        for child in each.children:
            known[child.name] = known.get(child.name, frozenset()) | each.asks(child, own)
    return known


def translation(*classes: str, any_order: bool = False) -> Callable[[Any], Any]:
    """Decorator: the function translates nodes of these classes, and may take care of the order of rows itself."""
    if any_order:
        ANY_ORDER.update(classes)
    return TRANSLATIONS.add(*classes)


def labelled(labels: Iterable[Any], columns: Iterable[Any]) -> tuple[tuple[Any, Any], ...]:
    """Labels and columns side by side."""
    return tuple(zip(labels, columns, strict=True))


def numbered(relation: Relation, translate: Translator) -> Relation:
    """Rows with their numbers as the index."""
    fresh = materialised(in_order(relation))
    name = translate.fresh("row")
    base = fresh.base.with_row_index(name)
    label = Column(pl.col(name).cast(pl.Int64), np.dtype("int64"))
    return replace(fresh, base=base, index=(label,))
