"""The mean beside a variance takes no pass of its own."""

from __future__ import annotations

from weft.array.ops.reducing import Reduction
from weft.array.ops.reduction_kinds import MOMENTS_KINDS
from weft.expr import Context, Expr, rule

__all__ = ["share_pass"]

#: Kinds of numbers of which a variance adds up the elements as a sum does; for a mean it always does.
SUMMED_ALIKE = frozenset([("f", 4), ("f", 8), ("c", 8), ("c", 16)])


@rule
def share_pass(node: Reduction, context: Context) -> Expr | None:
    """``(x - x.mean(0)) / x.std(0)`` looks at x once for both: partial results of a variance have the sum in them."""
    if not may_share(node):
        return None
    others = [user for user in context.dependents(node.source) if isinstance(user, Reduction) and is_beside(user, node)]
    spreads = [user for user in others if user.kind in ("var", "std")]
    if node.kind not in ("var", "std") and not spreads:
        return None
    sums = [user for user in others if user.kind in ("sum", "mean")]
    if node.kind in ("var", "std") and not sums and len(spreads) < 2:
        return None
    named = [user.beside for user in others if user.beside is not None]
    return node.with_operands(beside=named[0] if named else min(user.name for user in spreads))


def may_share(node: Reduction) -> bool:
    """Whether a reduction can be had from moments."""
    source = node.source
    if node.beside is not None or node.kind not in MOMENTS_KINDS or source.prototype is not None:
        return False
    if not source.is_known or source.dtype.kind not in "biufc":
        return False
    return node.kind != "sum" or (source.dtype.kind, source.dtype.itemsize) in SUMMED_ALIKE


def is_beside(other: Reduction, node: Reduction) -> bool:
    """Whether two reductions look at the same elements in the same way (one of them is each its own neighbour)."""
    if other.kind not in MOMENTS_KINDS or (other.beside is None and not may_share(other)):
        return False
    return (other.axes, other.given, other.split_every) == (node.axes, node.given, node.split_every)
