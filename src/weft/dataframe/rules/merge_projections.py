"""Columns of columns."""

from __future__ import annotations

from weft.dataframe.ops.projection import Projection
from weft.expr import Expr, rule

__all__ = ["merge_projections"]


@rule
def merge_projections(node: Projection) -> Expr | None:
    """``df[["a", "b"]]["a"]`` becomes ``df["a"]``, and a choice of all columns in their order vanishes."""
    match node:
        case Projection(source, tuple() as chosen) if source.meta.ndim == 2 and chosen == source.columns:
            return source
        case Projection(Projection(source, tuple()), chosen):
            return Projection(source, chosen)
    return None
