"""Sources make only what somebody looks at: columns and index are required properties, asked for from the top down."""

from __future__ import annotations

from weft.dataframe.expr import asked_columns
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.io.source import FileSource
from weft.dataframe.ops.assignment import Assign
from weft.expr import Context, Expr, Need, rule

__all__ = ["drop_unseen_assign", "prune_columns", "prune_index"]


@rule(changes=["columns"])
def prune_columns(node: FileSource | FromPandas, context: Context) -> Expr | None:
    """Columns that nobody asks for are not read."""
    needs = context.needs(node)
    if Need.VALUES in needs:
        return None
    match node:
        case FileSource():
            return node.with_operands(chosen=asked_columns(needs, node.chosen))
        case FromPandas(only=None) if node.meta.ndim == 2:
            wanted = asked_columns(needs, node.columns)
            return node.with_operands(only=wanted) if len(wanted) < len(node.columns) else None
    return None


@rule(changes=["index"])
def prune_index(node: FileSource, context: Context) -> Expr | None:
    """An index that nobody looks at is not made."""
    if node.index and Need.INDEX not in context.needs(node):
        return node.with_operands(index=False)
    return None


@rule(changes=["columns"])
def drop_unseen_assign(node: Assign, context: Context) -> Expr | None:
    """``df.assign(c=...)`` is ``df`` where nobody looks at ``c``, unless it replaces a column."""
    needs = context.needs(node)
    if Need.VALUES in needs or asked_columns(needs, node.labels) or set(node.labels) & set(node.source.columns):
        return None
    return node.source
