"""What a whole program would hold in memory, if an engine ran it as one query: estimated from the sizes of the sources.

Scans, filters and projections stream. What is held is the smaller side of a join, the rows that are sorted or told apart,
and the groups. Filters are taken to keep half of what they read, groups to be a tenth; frames in memory count for what is
made of them only.
"""

from __future__ import annotations

from weft.dataframe.expr import FrameExpr
from weft.expr import Expr, Fact, walk

__all__ = ["held_bytes", "sizes_of"]

#: What is held of the rows of a child, by the class of the node that holds them.
HOLDING = {
    "Sort": 1.0,
    "DistinctRows": 1.0,
    "Largest": 0.1,
    "ValueCounts": 0.1,
    "GroupbyAggregate": 0.2,
    "GroupbyWhole": 1.0,
}
#: Rows that come out of those that go in.
KEEPING = {
    "Filter": 0.5,
    "DropMissing": 0.5,
    "DistinctRows": 0.5,
    "GroupbyAggregate": 0.1,
    "GroupbyWhole": 0.1,
    "ValueCounts": 0.01,
}
#: Nodes that give a few rows or values.
SMALL = ("Reduce", "Length", "Ends", "Largest")


def held_bytes(root: FrameExpr) -> int:
    """Estimated bytes that a query holds at its largest; 0 where sizes are not known."""
    sizes, held = sizes_of(root), 0.0
    for node in walk(root):
        frames = [sizes[child.name] for child in node.children]
        if frames:
            kind = type(node).__name__
            held += 1.5 * min(frames) if kind == "Merge" else HOLDING.get(kind, 0.0) * frames[0]
    return int(held + sizes[root.name])


def sizes_of(root: Expr) -> dict[str, float]:
    """Estimated bytes of the rows of each node of a tree, by name; 0 where nothing is known."""
    sizes: dict[str, float] = {}
    for node in walk(root):
        frames = [sizes[child.name] for child in node.children]
        kind = type(node).__name__
        if not isinstance(node, FrameExpr) or kind in SMALL:
            sizes[node.name] = 0.0
        elif not frames:
            sizes[node.name] = float(node.partition_nbytes * node.npartitions)
        elif kind == "Merge":
            sizes[node.name] = max(frames)
        else:
            share = KEEPING.get(kind, 1.0) if Fact.SAME_ROWS not in node.facts else column_share(node)
            sizes[node.name] = share * frames[0]
    return sizes


def column_share(node: FrameExpr) -> float:
    """How much of its first child's columns a node with the same rows has."""
    first = node.children[0]
    before = len(first.columns) if isinstance(first, FrameExpr) else 1
    return min(1.0, max(1, len(node.columns)) / max(1, before))
