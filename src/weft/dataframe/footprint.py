"""What a whole program would hold in memory, if an engine ran it as one query: estimated from what is known of its sources.

Scans, filters and projections stream. What is held is a side of a join with its table of keys, the rows that are sorted or told
apart, and the groups; `weft.dataframe.cardinality` says how many those are. What each takes besides its values was set by the
22 queries of TPC-H at scale 10 (`python -m benchmarks dataframe --only sf10` shows the peaks). Frames in memory count for what
is made of them only.
"""

from __future__ import annotations

from weft import config
from weft.dataframe.cardinality import Rows, rows_of_tree
from weft.dataframe.expr import FrameExpr
from weft.dataframe.ops.counting import ValueCounts
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.selection import Largest
from weft.dataframe.ops.sort_nodes import Sort
from weft.dataframe.ops.unique import DistinctRows
from weft.expr import Expr, walk

__all__ = ["held_bytes", "holdable", "holds_values", "sizes_of"]

#: Aggregates that hold all values of their groups.
HOLDING_ALL = {"nunique", "median", "quantile", "list", "mode", "first", "last"}
#: The sides of a join that are held, of those that are not the smaller one: 0 is the left.
HELD_SIDES = {"left": (1,), "left_anti": (1,), "leftsemi": (1,), "right": (0,), "right_anti": (0,), "outer": (0, 1)}
#: Bytes of a row in a table of keys, and of a group in one, besides its values.
KEY_NBYTES, GROUP_NBYTES = 24, 60
#: How many times as much a group takes that has several keys, which are packed into one: 10^7 groups by two numbers take 4 GB.
SEVERAL = 4
#: How many times the rows of a column are held to number rows in their groups, or to look at those around them.
WINDOWS = 2
#: What is held of rows of which the largest are sought.
LARGEST = 0.1
#: A program may take the process to so many times the budget, which the interpreter and its libraries have this part of.
ABOVE, INTERPRETER = 1.2, 192 * 2**20
#: What a program may hold in any case, of the budget.
LEAST = 0.4


def holdable() -> int:
    """Bytes that a query may hold within the budget."""
    budget = int(config.value("memory.budget"))
    return int(max(ABOVE * budget - INTERPRETER, LEAST * budget))


def held_bytes(root: FrameExpr) -> int:
    """Estimated bytes that a query holds at its largest; 0 where sizes are not known."""
    every = list(walk(root))
    rows = rows_of_tree(root, every)
    sought = {child.name for node in every if isinstance(node, Merge) for child in node.children}
    held = [
        held_by(node, rows[node.name], [rows[child.name] for child in node.children])
        for node in every
        if not (node.name in sought and isinstance(node, DistinctRows))  # it is the join that holds these
    ]
    return int(sum(held) + rows[root.name].nbytes)


def held_by(node: Expr, made: Rows, frames: list[Rows]) -> float:
    """Bytes that a node holds while rows of its children go through it."""
    if not frames:
        return 0.0
    match node:
        case Merge():
            sides = HELD_SIDES.get(node.plan.how)
            held = min(frames[:2], key=table) if sides is None else None
            return table(held) if held is not None else sum([table(frames[side]) for side in sides or ()])
        case GroupbyAggregate():
            return groups(made, node) + (frames[0].nbytes if holds_values(node) else 0.0)
        case GroupbyWhole():
            return groups(made, node) + frames[0].nbytes
        case GroupbyRows():
            return WINDOWS * frames[0].nbytes
        case DistinctRows():
            return groups(made)
        case ValueCounts():
            return groups(frames[0]._replace(length=LARGEST * frames[0].length)) + frames[0].nbytes
        case Sort():
            return frames[0].nbytes
        case Largest():
            return LARGEST * frames[0].nbytes
    return 0.0


def table(rows: Rows) -> float:
    """Bytes of rows with a table of their keys."""
    return rows.length * (rows.width + KEY_NBYTES)


def groups(rows: Rows, node: GroupbyAggregate | GroupbyWhole | None = None) -> float:
    """Bytes of groups in their table."""
    several = SEVERAL if node is not None and len(node.asked.groups.by) > 1 else 1
    return several * rows.length * (rows.width + GROUP_NBYTES)


def holds_values(node: Expr) -> bool:
    """Whether a node holds all values of its groups, which no engine writes to disk."""
    if isinstance(node, GroupbyAggregate):
        return any(isinstance(each.how, str) and each.how in HOLDING_ALL for each in node.asked.requests)
    return isinstance(node, GroupbyWhole)


def sizes_of(root: Expr) -> dict[str, float]:
    """Estimated bytes of the rows of each node of a tree, by name; 0 where nothing is known."""
    return {name: rows.nbytes for name, rows in rows_of_tree(root).items()}
