"""Walking, finding and replacing in trees of any depth: iterative, each node once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from weft.expr.node import Expr

__all__ = ["dependents", "find", "replace", "walk"]

E = TypeVar("E", bound=Expr)


def walk(*roots: Expr) -> Iterator[Expr]:
    """Nodes of the trees, children before parents, equal nodes once."""
    seen: set[str] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
            continue
        if node.name in seen:
            continue
        seen.add(node.name)
        stack.append((node, True))
        stack.extend([(child, False) for child in reversed(node.children) if child.name not in seen])


def find(roots: Expr | Iterable[Expr], kind: type[E] | tuple[type[E], ...]) -> list[E]:
    """Nodes of a class, children before parents."""
    trees = (roots,) if isinstance(roots, Expr) else tuple(roots)
    return [node for node in walk(*trees) if isinstance(node, kind)]


def replace(root: E, changes: Mapping[Expr, Expr]) -> E:
    """The tree with some nodes exchanged for others (which are not searched again)."""
    done: dict[str, Expr] = {old.name: new for old, new in changes.items()}
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            done[node.name] = node.map_children(lambda child: done[child.name])
        elif node.name not in done:
            stack.append((node, True))
            stack.extend([(child, False) for child in node.children if child.name not in done])
    return done[root.name]  # type: ignore[return-value]


def dependents(*roots: Expr) -> dict[Expr, list[Expr]]:
    """For each node of the trees, the nodes that have it as a child."""
    table: dict[Expr, list[Expr]] = {}
    for node in walk(*roots):
        table.setdefault(node, [])
        for child in dict.fromkeys(node.children):
            table[child].append(node)
    return table
