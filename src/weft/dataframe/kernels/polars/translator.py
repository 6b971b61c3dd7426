"""Translation of a tree of nodes into one lazy query, or the reason why there is none.

Each class of nodes has a function in the table ``TRANSLATIONS``: ``function(node, translator) -> Relation``. It declares by
raising `Untranslatable` what it cannot do; what is not in the table stays in pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.polars.relation import Relation, Untranslatable
from weft.dataframe.kernels.table import KernelTable
from weft.expr import Expr, Need, Needs, walk

__all__ = ["TRANSLATIONS", "Translator"]

#: What each class of nodes is to Polars.
TRANSLATIONS = KernelTable("polars")


class Translator:
    """One translation of a tree.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in the root.
    """

    def __init__(self, root: FrameExpr, asked: Needs) -> None:
        self.root = root
        self.needs = needs_below(root, asked)
        self._known: dict[str, Relation] = {}
        #: Rows of sources, by what tells them.
        self.sources: dict[Any, Any] = {}
        self._names = 0

    def __call__(self, node: Expr) -> Relation:
        """The relation of a node."""
        found = self._known.get(node.name)
        if found is None:
            if not TRANSLATIONS.has(type(node)):
                raise Untranslatable(f"{type(node).__name__} ({getattr(node, 'label', '')}) has no translation")
            found = self._known[node.name] = TRANSLATIONS[type(node)](node, self)
        return found

    def wants(self, node: Expr, need: Need) -> bool:
        """Whether somebody looks at the index, or the order, of a node's rows."""
        return need in self.needs.get(node.name, frozenset())

    def fresh(self, prefix: str) -> str:
        """A name that no column has."""
        self._names += 1
        return f"{prefix}{self._names}"


def needs_below(root: Expr, asked: Needs) -> dict[str, Needs]:
    """What is looked at in each node of a tree."""
    known: dict[str, Needs] = {root.name: asked}
    for each in reversed(list(walk(root))):
        own = known.get(each.name, frozenset())
        for child in each.children:
            known[child.name] = known.get(child.name, frozenset()) | each.asks(child, own)
    return known


def translation(*classes: str) -> Callable[[Any], Any]:
    """Decorator: the function translates nodes of these classes."""
    return TRANSLATIONS.add(*classes)


def labelled(labels: Iterable[Any], columns: Iterable[Any]) -> tuple[tuple[Any, Any], ...]:
    """Labels and columns side by side."""
    return tuple(zip(labels, columns, strict=True))
