"""What a mask selects needs no order where all of it is reduced to one value."""

from __future__ import annotations

from weft.array.ops.masking import Compress, compress_unordered
from weft.array.ops.reducing import Reduction
from weft.expr import Expr, rule

__all__ = ["compress_before_reduction"]

#: Reductions that do not depend on the order of the elements but for rounding.
ORDERLESS = frozenset(
    [
        "sum",
        "prod",
        "min",
        "max",
        "any",
        "all",
        "mean",
        "var",
        "std",
        "count_nonzero",
        "nansum",
        "nanprod",
        "nanmin",
        "nanmax",
        "nanmean",
        "nanvar",
        "nanstd",
    ]
)


@rule
def compress_before_reduction(node: Reduction) -> Expr | None:
    """``x[x > 0].sum()`` selects from the chunks as they are, though C order would need others."""
    source = node.source
    if not isinstance(source, Compress) or source.width < 2 or source.source.ndim != source.width:
        return None
    if node.kind not in ORDERLESS:
        return None
    made = compress_unordered(source)
    return None if made is None else node.with_operands(source=made)
