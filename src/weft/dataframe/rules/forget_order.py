"""Order and numbers of rows that nobody looks at: joins need not bring rows back, and partitions not wait to be numbered."""

from __future__ import annotations

from weft.dataframe.ops.label_nodes import ResetIndex
from weft.dataframe.ops.merge_nodes import Merge
from weft.expr import Context, Expr, Need, rule

__all__ = ["forget_numbers", "forget_order"]


@rule
def forget_order(node: Merge, context: Context) -> Expr | None:
    """A join whose order nobody looks at."""
    if not node.keep_order or node.way == "aligned":
        return None
    needs = context.needs(node)
    if Need.ORDER in needs or (Need.INDEX in needs and None not in (node.plan.left_on, node.plan.right_on)):
        return None
    return node.with_operands(keep_order=False)


@rule(changes=["index"])
def forget_numbers(node: ResetIndex, context: Context) -> Expr | None:
    """Rows that nobody counts are numbered in each partition anew."""
    if not node.numbered or node.npartitions == 1 or Need.INDEX in context.needs(node):
        return None
    return node.with_operands(numbered=False)
