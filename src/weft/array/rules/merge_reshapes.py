"""Reshapes of reshapes."""

from __future__ import annotations

from weft.array.ops.rechunking import laid_out
from weft.array.ops.reshaping import BlockReshape, Reshape
from weft.expr import Context, Expr, rule

__all__ = ["merge_block_reshapes", "merge_reshapes"]


@rule
def merge_reshapes(node: Reshape, context: Context) -> Expr | None:
    """``x.reshape(a).reshape(b)`` becomes ``x.reshape(b)`` if that is cut alike, or ``x`` if that has the shape."""
    source = node.source
    if not isinstance(source, Reshape):
        return None
    if source.source.shape == node.shape:
        return laid_out(source.source, node.grid)
    if not context.is_sole(source):
        return None
    made = node.with_operands(source=source.source, merge=node.merge and source.merge)
    return made if made.grid == node.grid else None


@rule
def merge_block_reshapes(node: BlockReshape) -> Expr | None:
    """Blocks in another shape, and in another again."""
    match node:
        case BlockReshape(source, shape, grid) if source.shape == shape and source.grid == grid:
            return source
        case BlockReshape(BlockReshape(source, _, _), shape, grid):
            return BlockReshape(source, shape, grid)
    return None
