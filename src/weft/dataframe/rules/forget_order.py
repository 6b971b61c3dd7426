"""Joins whose order nobody looks at need not bring rows back to where they stood."""

from __future__ import annotations

from weft.dataframe.ops.merge_nodes import Merge
from weft.expr import Context, Expr, Need, rule

__all__ = ["forget_order"]


@rule
def forget_order(node: Merge, context: Context) -> Expr | None:
    """A join whose order nobody looks at."""
    if not node.keep_order or node.way == "aligned":
        return None
    needs = context.needs(node)
    if Need.ORDER in needs or (Need.INDEX in needs and None not in (node.plan.left_on, node.plan.right_on)):
        return None
    return node.with_operands(keep_order=False)
