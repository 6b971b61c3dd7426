"""Rows of files that are all wanted in one block become a frame once, not partition by partition."""

from __future__ import annotations

from weft.dataframe.engine import Together
from weft.dataframe.io.source import FileSource, WholeSource
from weft.expr import Context, Expr, rule

__all__ = ["read_together"]


@rule
def read_together(node: Together, context: Context) -> Expr | None:
    """``Together(source)`` makes one frame of the tables of all parts, unless somebody else looks at the partitions."""
    source = node.source
    if not isinstance(source, FileSource) or not source.dataset.joins or context.is_root(source):
        return None
    if len(context.dependents(source)) != 1:
        return None
    return WholeSource(source)
