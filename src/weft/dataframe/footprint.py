"""What a whole program would hold in memory, if an engine ran it as one query: estimated from the sizes of the sources.

Scans, filters and projections stream. What is held is a side of a join, the rows that are sorted or told apart, and the
groups. Filters are taken to keep half of what they read, groups to be a tenth of the rows; frames in memory count for what
is made of them only. The shares were set so that none of the 22 queries of TPC-H at scale 10 holds more by far than is
estimated (`python -m benchmarks dataframe --only sf10` shows the peaks): hash tables of narrow rows are several times as
large as the rows.
"""

from __future__ import annotations

from weft import config
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan
from weft.expr import Expr, Fact, walk

__all__ = ["held_bytes", "holdable", "sizes_of"]

#: What is held of the rows of a child, by the class of the node that holds them.
HOLDING = {
    "Sort": 1.0,
    "DistinctRows": 1.0,
    "Largest": 0.1,
    "ValueCounts": 0.2,
    "GroupbyAggregate": 0.4,
    "GroupbyWhole": 1.0,
}
#: Aggregates that hold all values of their groups.
HOLDING_ALL = {"nunique", "median", "quantile", "list", "mode"}
#: The sides of a join that are held, of those that are not the smaller one: 0 is the left.
HELD_SIDES = {"left": (1,), "left_anti": (1,), "leftsemi": (1,), "right": (0,), "right_anti": (0,), "outer": (0, 1)}
#: A side of a join with its table of keys, beside its rows.
TABLE = 1.5
#: A program may take the process to so many times the budget, which the interpreter and its libraries have this part of.
ABOVE, INTERPRETER = 1.2, 192 * 2**20
#: What a program may hold in any case, of the budget.
LEAST = 0.4
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


def holdable() -> int:
    """Bytes that a query may hold within the budget."""
    budget = int(config.value("memory.budget"))
    return int(max(ABOVE * budget - INTERPRETER, LEAST * budget))


def held_bytes(root: FrameExpr) -> int:
    """Estimated bytes that a query holds at its largest; 0 where sizes are not known."""
    sizes = sizes_of(root)
    return int(
        sum([held_by(node, [sizes[child.name] for child in node.children]) for node in walk(root)]) + sizes[root.name]
    )


def held_by(node: Expr, frames: list[float]) -> float:
    """Bytes that a node holds while rows of its children, of so many bytes, go through it."""
    kind = type(node).__name__
    if not frames:
        return 0.0
    if kind == "Merge":
        sides = HELD_SIDES.get(node.plan.how)  # type: ignore[attr-defined]
        return TABLE * (min(frames) if sides is None else sum([frames[side] for side in sides]))
    if kind == "GroupbyAggregate":
        plan: AggregatePlan = node.asked  # type: ignore[attr-defined]
        if any(isinstance(each.how, str) and each.how in HOLDING_ALL for each in plan.requests):
            return frames[0]
    return HOLDING.get(kind, 0.0) * frames[0]


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
