"""The largest parts of a program that Polars can compute, with pandas' results, are handed to it as one query."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from weft import config
from weft.dataframe.engine import Alike, EngineQuery, Together
from weft.dataframe.expr import ROWS, FrameExpr
from weft.dataframe.footprint import held_bytes, holdable, holds_values, sizes_of
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.source import FileSource
from weft.dataframe.rules.faster import (
    copies_texts,
    is_added_up,
    is_found_by_position,
    is_joined_by_position,
    why_duckdb,
)
from weft.dataframe.rules.few_rows import in_pandas, is_quick
from weft.errors import EngineError
from weft.expr import Context, Expr, Needs, rule, walk
from weft.units import format_bytes

__all__ = ["HAS_POLARS", "choose_engine", "engine_remarks"]

HAS_POLARS = find_spec("polars") is not None
HAS_DUCKDB = HAS_POLARS and find_spec("duckdb") is not None


@rule
def choose_engine(node: FrameExpr, context: Context) -> Expr | None:
    """A tree that gives one block becomes one query, where the engine has pandas' answer to all of it.

    Blocks of several partitions stay with Weft: what else has the same rows counts on the same blocks.
    """
    wanted = config.value("dataframe.engine")
    if (
        wanted == "pandas"
        or config.value("dataframe.queries") == "partitions"
        or node.npartitions != 1
        or isinstance(node, (FromBlocks, EngineQuery))
        or not node.children
    ):
        return None
    if not (HAS_DUCKDB if wanted == "duckdb" else HAS_POLARS):
        if wanted != "auto":
            raise EngineError(f'dataframe.engine is {wanted!r}, which is not installed: pip install "weft[dataframe]"')
        return None
    source = node.source if isinstance(node, Together) else node
    vain: set[str] = context.__dict__.setdefault("polars in vain", set())
    if any(isinstance(child, EngineQuery) or child.name in vain for child in source.children):
        vain.add(source.name)  # something below it stays in pandas, or has been handed over already
    if source.name in vain and (wanted == "auto" or not context.is_root(node)):
        return None
    needs = context.needs(node)
    if not (context.is_root(node) or isinstance(node, Together)):
        if has_rows_of_memory(node):
            return None
        needs |= ROWS  # what else has the same rows stays in pandas, and is matched with these by index
    query, engine, reason, found = whole_query(source, needs)
    vain |= found
    if query is not None:
        return EngineQuery(query, engine, Alike(node))
    if wanted != "auto" and context.is_root(node):
        raise EngineError(f"dataframe.engine is {wanted!r}, and {node.label} cannot be computed by it: {reason}")
    return None


def whole_query(node: FrameExpr, needs: Needs) -> tuple[Any, str, str, frozenset[str]]:
    """A query for a tree, its engine, and why this one; or None, why there is none, and the nodes for which that holds."""
    wanted = config.value("dataframe.engine")
    if source := only_source(node):
        return None, "", f"{type(source).__name__} ({source.label}) has no translation", names_in(node)
    if wanted == "duckdb":
        query, reason, found = translated(node, needs, "duckdb")
        return query, "duckdb", reason or "as dataframe.engine says", found
    if wanted == "auto" and HAS_DUCKDB and (why := why_duckdb(node)) and not is_held_whole(node):
        query, *_ = translated(node, needs, "duckdb")
        if query is not None:
            return query, "duckdb", why, frozenset()
    if reason := why_not_whole(node) or "":
        return None, "", reason, names_in(node) if is_quick(node) else frozenset()
    query, reason, found = translated(node, needs, "polars")
    if query is None or query.held <= NEAR * holdable():
        return query, "polars", reason, found
    if HAS_DUCKDB and is_spilt(node):
        spilling, *_ = translated(node, needs, "duckdb")
        if spilling is not None:
            return spilling, "duckdb", SPILLS, found
    large = too_large(node)
    return (None, "", large, found) if large else (query, "polars", reason, found)


def only_source(node: FrameExpr) -> FileSource | None:
    """A file that no engine reads, if there is nothing else to read: engines need not be loaded then."""
    leaves = [each for each in walk(node) if not each.children]
    first = leaves[0]
    is_alone = all(isinstance(each, FileSource) and not isinstance(each, ReadParquet) for each in leaves)
    return first if is_alone and isinstance(first, FileSource) else None


def names_in(node: FrameExpr) -> frozenset[str]:
    """The names of a node and of all below it."""
    return frozenset([each.name for each in walk(node)])


#: Why DuckDB is asked for what another engine could not hold.
SPILLS = "it goes to disk with what does not fit the memory budget"
#: From this part of the budget on a query is asked of who keeps to a limit: estimates are no more than that.
NEAR = 0.8


def is_held_whole(node: FrameExpr) -> bool:
    """Whether groups hold values that may not fit the budget: DuckDB does not write these to disk, but fails."""
    return any(holds_values(each) for each in walk(node)) and held_bytes(node) > NEAR * holdable()


def is_spilt(node: FrameExpr) -> bool:
    """Whether DuckDB may be asked what does not fit the budget: if it is read from files, the result fits, and it goes to disk."""
    if any(holds_values(each) for each in walk(node)):
        return False
    files = all(isinstance(each, ReadParquet) for each in walk(node) if not each.children)
    return files and config.value("dataframe.engine") == "auto" and sizes_of(node)[node.name] <= holdable()


def has_rows_of_memory(node: FrameExpr) -> bool:
    """Whether a node has the rows of a frame in memory: Polars would hand them back as they are."""
    return any(isinstance(each, FromPandas) and each.rows == node.rows for each in walk(node))


def too_large(node: FrameExpr) -> str | None:
    """Why a query is not run as a whole: what it would hold may not fit the budget."""
    held = held_bytes(node)
    if held <= holdable():
        return None
    budget = format_bytes(int(config.value("memory.budget")))
    return f"it may hold {format_bytes(held)} of a memory budget of {budget}: Weft's own exchanges go to disk"


def engine_remarks(trees: Sequence[Expr]) -> list[str]:
    """For each frame that is wanted: which engine computes it, and why no other."""
    found = []
    context = Context(list(trees))
    for each in trees:
        if not isinstance(each, FrameExpr):
            continue
        tree = in_pandas(each, context) or each
        assert isinstance(tree, FrameExpr)
        chosen = choose_engine(tree, context)
        source = tree.source if isinstance(tree, Together) else tree
        if chosen is not None:
            found.append(f"{source.label}, and all that it reads: {told(chosen, source)}")
        elif config.value("dataframe.engine") == "pandas":
            found.append(f"{source.label}: pandas, as dataframe.engine says")
        elif tree.npartitions != 1:
            found.append(f"{source.label}: no single query, since its blocks are kept or read one by one")
        else:
            reason = whole_query(source, context.needs(tree))[2] if HAS_POLARS else "polars is not installed"
            found.append(f"{source.label}: no single query, since {reason}")
            found.extend(parts_below(source, context))
    return found


def why_not_whole(node: FrameExpr) -> str | None:
    """Why a tree is no query though it may be translated."""
    if is_quick(node):
        return "pandas has the answer of few rows in memory before an engine has them"
    if config.value("dataframe.queries") == "partitions":
        return "dataframe.queries is 'partitions'"
    return copies_texts(node) or is_added_up(node) or is_found_by_position(node) or is_joined_by_position(node)


def parts_below(tree: FrameExpr, context: Context) -> list[str]:
    """The parts below a tree that an engine computes."""
    found, stack = [], list(tree.children)
    while stack:
        node = stack.pop()
        chosen = choose_engine(node, context) if isinstance(node, FrameExpr) else None
        if chosen is not None:
            found.append(f"  {node.label}, and all that it reads: {told(chosen, node)}")
        else:
            stack.extend(node.children)
    return found


def told(chosen: Any, node: Expr) -> str:
    """Which engine computes a query, and why if it is not the usual one."""
    is_special = chosen.engine == "duckdb" and config.value("dataframe.engine") == "auto"
    why = (why_duckdb(node) or SPILLS) if is_special else None
    return f"{chosen.engine}, as one query" + (f", since {why}" if why else "")


def translated(node: FrameExpr, needs: Needs, engine: str) -> tuple[Any, str, frozenset[str]]:
    """A query for a tree, or the reason why there is none, and the nodes for which it holds."""
    kernels = import_module(f"weft.dataframe.kernels.{engine}")
    made: tuple[Any, str, frozenset[str]] = kernels.translated(node, needs)
    return made
