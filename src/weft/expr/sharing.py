"""Common subtrees: equal nodes become one object, so that what one of them has derived the others know."""

from __future__ import annotations

from collections.abc import Sequence

from weft.expr.node import Expr
from weft.expr.tree import walk

__all__ = ["share"]


def share(roots: Sequence[Expr]) -> list[Expr]:
    """The trees with one object for each name."""
    known: dict[str, Expr] = {}
    for node in walk(*roots):
        known[node.name] = node.map_children(lambda child: known[child.name])
        known[node.name].__dict__.setdefault("name", node.name)
    return [known[root.name] for root in roots]
