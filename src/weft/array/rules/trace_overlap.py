"""Functions of overlapping blocks whose code can be followed become operations of arrays."""

from __future__ import annotations

from weft import config
from weft.array.ops.overlapping import Trim
from weft.array.tracing.overlapping import traced
from weft.expr import Expr, rule

__all__ = ["trace_overlap"]


@rule
def trace_overlap(node: Trim) -> Expr | None:
    """``map_overlap(f, x, depth=1)`` becomes ``0.5 * (x[i - 1] + x[i + 1])`` where that is what f computes.

    The windows are views of one block with borders, and the operations go over it in cache-sized tiles, or as machine
    code. A function is only taken apart where its code shows that calling it has no other effect.
    """
    return traced(node) if config.value("array.trace") else None
