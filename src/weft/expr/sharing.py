"""Common subtrees: equal nodes become one object, so that what one of them has derived the others know."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from weft.expr.node import Expr, walk_objects

__all__ = ["share"]


def share(roots: Sequence[Expr]) -> list[Expr]:
    """The trees with one object for equal nodes.

    Names are compared only of nodes that are akin (`Expr.kin`) and not one object.
    """
    nodes = walk_objects(*roots)
    if len({node.kin for node in nodes}) == len(nodes):
        return list(roots)
    became: dict[int, Expr] = {}
    met: dict[Hashable, list[Expr]] = {}

    def current(child: Expr) -> Expr:
        return became[id(child)]

    for node in nodes:
        akin = met.setdefault(node.kin, [])
        own = node.map_children(current)
        if own is not node and "name" in node.__dict__:
            own.__dict__["name"] = node.name
        for other in akin:
            if other is own or other.name == own.name:
                own = other
                break
        else:
            akin.append(own)
        became[id(node)] = own
    return [became[id(root)] for root in roots]
