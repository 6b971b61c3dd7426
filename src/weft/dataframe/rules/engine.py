"""The largest parts of a program that Polars can compute, with pandas' results, are handed to it as one query."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from weft import config
from weft.dataframe.engine import EngineQuery, Together
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_blocks import FromBlocks
from weft.errors import EngineError
from weft.expr import Context, Expr, Needs, rule

__all__ = ["choose_engine"]

HAS_POLARS = find_spec("polars") is not None


@rule
def choose_engine(node: FrameExpr, context: Context) -> Expr | None:
    """A tree that gives one block becomes one query, where the engine has pandas' answer to all of it.

    Blocks of several partitions stay with Weft: what else has the same rows counts on the same blocks.
    """
    wanted = config.value("dataframe.engine")
    if wanted == "pandas" or node.npartitions != 1 or isinstance(node, FromBlocks) or not node.children:
        return None
    if not HAS_POLARS:
        if wanted == "polars":
            raise EngineError("dataframe.engine is 'polars', which is not installed: pip install \"weft[dataframe]\"")
        return None
    query, reason = translated(node, context.needs(node))
    if query is not None:
        return EngineQuery(node.outline, query, "polars")
    if wanted == "polars" and context.is_root(node):
        raise EngineError(f"dataframe.engine is 'polars', and {node.label} cannot be computed by it: {reason}")
    return None


def translated(node: FrameExpr, needs: Needs) -> tuple[Any, str]:
    """A query for a tree, or the reason why there is none."""
    from weft.dataframe.kernels import polars

    source = node.source if isinstance(node, Together) else node
    return polars.translated(source, needs)
