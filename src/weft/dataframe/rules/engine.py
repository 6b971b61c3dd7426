"""The largest parts of a program that Polars can compute, with pandas' results, are handed to it as one query."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from weft import config
from weft.dataframe.engine import Alike, EngineQuery, Together
from weft.dataframe.expr import ROWS, FrameExpr, Partitionwise
from weft.dataframe.footprint import held_bytes
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.ops.elementwise import Elementwise
from weft.errors import EngineError
from weft.expr import Context, Expr, Needs, rule, walk
from weft.units import format_bytes

__all__ = ["choose_engine", "engine_remarks"]

HAS_POLARS = find_spec("polars") is not None
#: Part of the memory budget that a query may hold by estimate.
SHARE = 0.6


@rule
def choose_engine(node: FrameExpr, context: Context) -> Expr | None:
    """A tree that gives one block becomes one query, where the engine has pandas' answer to all of it.

    Blocks of several partitions stay with Weft: what else has the same rows counts on the same blocks.
    """
    wanted = config.value("dataframe.engine")
    if wanted == "pandas" or config.value("dataframe.queries") == "partitions" or node.npartitions != 1 or isinstance(node, (FromBlocks, EngineQuery)) or not node.children:
        return None
    if not HAS_POLARS:
        if wanted == "polars":
            raise EngineError("dataframe.engine is 'polars', which is not installed: pip install \"weft[dataframe]\"")
        return None
    source = node.source if isinstance(node, Together) else node
    vain: set[str] = context.__dict__.setdefault("polars in vain", set())
    if any(isinstance(child, EngineQuery) or child.name in vain for child in source.children):
        vain.add(source.name)  # something below it stays in pandas, or has been handed over already
    if source.name in vain and (wanted != "polars" or not context.is_root(node)):
        return None
    needs = context.needs(node)
    if not (context.is_root(node) or isinstance(node, Together)):
        if has_rows_of_memory(node):
            return None
        needs |= ROWS  # what else has the same rows stays in pandas, and is matched with these by index
    if copies_texts(source):
        return None
    query, reason, found = translated(source, needs)
    vain |= found
    if query is not None and (large := too_large(source)):
        query, reason = None, large
    if query is not None:
        return EngineQuery(query, "polars", Alike(node))
    if wanted == "polars" and context.is_root(node):
        raise EngineError(f"dataframe.engine is 'polars', and {node.label} cannot be computed by it: {reason}")
    return None


def has_rows_of_memory(node: FrameExpr) -> bool:
    """Whether a node has the rows of a frame in memory: Polars would hand them back as they are."""
    return any(isinstance(each, FromPandas) and each.rows == node.rows for each in walk(node))


def too_large(node: FrameExpr) -> str | None:
    """Why a query is not run as a whole: what it would hold may not fit the budget."""
    held, budget = held_bytes(node), int(config.value("memory.budget"))
    if held <= SHARE * budget:
        return None
    return f"it may hold {format_bytes(held)} of a memory budget of {format_bytes(budget)}: Weft's own exchanges go to disk"


def copies_texts(node: FrameExpr) -> str | None:
    """Why a query is left to pandas that does nothing but work on texts in memory: Polars keeps those in another layout.

    To copy them takes as long as most methods of ``.str``; groups, joins and sorting are worth it.
    """
    below = [each for each in walk(node) if each.name != node.name]
    if config.value("dataframe.engine") == "polars" or not all(
        isinstance(each, (FromPandas, Partitionwise)) for each in below
    ):
        return None
    if not any(isinstance(each, Elementwise) and each.operation.startswith("str.") for each in below):
        return None
    if not any(isinstance(each, FromPandas) for each in below):
        return None
    return "texts in memory would have to be copied into its layout first"


def engine_remarks(trees: Sequence[Expr]) -> list[str]:
    """For each frame that is wanted: which engine computes it, and why no other."""
    found = []
    context = Context(list(trees))
    for tree in trees:
        if not isinstance(tree, FrameExpr):
            continue
        chosen = choose_engine(tree, context)
        source = tree.source if isinstance(tree, Together) else tree
        if chosen is not None:
            found.append(f"{source.label}, and all that it reads: polars, as one query")
        elif config.value("dataframe.engine") == "pandas":
            found.append(f"{source.label}: pandas, as dataframe.engine says")
        elif tree.npartitions != 1:
            found.append(f"{source.label}: pandas, partition by partition: its blocks are kept or read one by one")
        else:
            reason = copies_texts(source) or "" if HAS_POLARS else "polars is not installed"
            reason = reason or translated(source, context.needs(tree))[1] or too_large(source) or ""
            found.append(f"{source.label}: pandas, since {reason}")
            found.extend(parts_below(source, context))
    return found


def parts_below(tree: FrameExpr, context: Context) -> list[str]:
    """The parts below a tree that an engine computes."""
    found, stack = [], list(tree.children)
    while stack:
        node = stack.pop()
        if isinstance(node, FrameExpr) and choose_engine(node, context) is not None:
            found.append(f"  {node.label}, and all that it reads: polars, as one query")
        else:
            stack.extend(node.children)
    return found


def translated(node: FrameExpr, needs: Needs) -> tuple[Any, str, frozenset[str]]:
    """A query for a tree, or the reason why there is none, and the nodes for which it holds."""
    from weft.dataframe.kernels import polars

    return polars.translated(node, needs)
