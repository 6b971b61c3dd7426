"""The largest parts of a program that Polars can compute, with pandas' results, are handed to it as one query."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from importlib.util import find_spec
from math import prod
from typing import Any

import numpy as np

from weft import config
from weft.dataframe.engine import Alike, EngineQuery, Together
from weft.dataframe.expr import ROWS, FrameExpr, Partitionwise
from weft.dataframe.footprint import held_bytes, holdable
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.io.from_pandas import FromPandas, span_seen
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.parquet.dataset import joint_bounds
from weft.dataframe.kernels.pandas.grouping import FEW
from weft.dataframe.kernels.pandas.lookup import SLOTS
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.reductions import Reduce
from weft.dataframe.ops.selection import Largest
from weft.dataframe.ops.unique import DistinctRows
from weft.errors import EngineError
from weft.expr import Context, Expr, Needs, rule, walk
from weft.units import format_bytes

__all__ = ["choose_engine", "engine_remarks", "key_span"]

HAS_POLARS = find_spec("polars") is not None


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
    if why_not_whole(source):
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
    held = held_bytes(node)
    if held <= holdable():
        return None
    budget = format_bytes(int(config.value("memory.budget")))
    return f"it may hold {format_bytes(held)} of a memory budget of {budget}: Weft's own exchanges go to disk"


def copies_texts(node: FrameExpr) -> str | None:
    """Why a query is left to pandas that does nothing but work on texts in memory: Polars keeps those in another layout.

    To copy them takes as long as most methods of ``.str``; groups, joins and sorting are worth it.
    """
    below = [each for each in walk(node) if each.name != node.name]
    if config.value("dataframe.engine") == "polars" or not all(
        isinstance(each, (FromPandas, Partitionwise)) for each in below
    ):
        return None
    if not any(isinstance(each, Elementwise) and each.operation.startswith("str.") for each in [node, *below]):
        return None
    if not any(isinstance(each, FromPandas) for each in below):
        return None
    return "texts in memory would have to be copied into its layout first"


def is_added_up(node: FrameExpr) -> str | None:
    """Why groups are left to queries of partitions: if their keys are whole numbers that lie close together, sums by position.

    Statistics of the files tell how far apart they are. An engine hashes each of them, in a table that caches do not hold.
    """
    if config.value("dataframe.engine") == "polars":
        return None
    while not isinstance(node, GroupbyAggregate):
        below = dict.fromkeys(node.children)
        only = next(iter(below), None)
        if len(below) != 1 or not isinstance(only, FrameExpr):
            return None
        node = only
    requests, groups = node.asked.requests, node.asked.groups
    if node.blocks or node.npartitions != 1 or node.source.npartitions < 2 or not groups.sort or not requests:
        return None
    if any(each.how not in ADDED_UP for each in requests) or any(each.kind != "column" for each in groups.by):
        return None
    total, rows = 1, row_count(node.source)
    for each in groups.by:
        span = key_span(node.source, each.value)
        if span is None:
            return None
        total *= span[1] - span[0] + 1
    if total > max(FEW, rows / node.source.npartitions):
        return None
    return "its keys are whole numbers that lie close together: sums are made by position, partition by partition"


def is_found_by_position(node: FrameExpr) -> str | None:
    """Why questions to frames in memory are left to pandas' kernels: where their numbers are looked up without a hash.

    Different rows and rows of a small side of a join by integers that lie close together; the largest numbers, of which a
    sample tells nearly all others.
    """
    if config.value("dataframe.engine") == "polars":
        return None
    every = list(walk(node))
    heads = [each for each in every if isinstance(each, (DistinctRows, Largest, Merge))]
    rest = (FromPandas, Partitionwise, Reduce)
    if len(heads) != 1 or not all(each is heads[0] or isinstance(each, rest) for each in every):
        return None
    head: Any = heads[0]
    match head:
        case Largest(source=FromPandas() as source, by=(first, *_)) if source.npartitions > 1:
            is_number = isinstance(dtype := source.meta[first].dtype, np.dtype) and dtype.kind in "iuf"
            return "a sample of numbers in memory tells of most that they are not among them" if is_number else None
        case DistinctRows(source=FromPandas() as source, subset=subset) if source.npartitions > 1:
            spans = [span_seen(source, label) for label in (source.columns if subset is None else subset)]
            known = [span for span in spans if span is not None]
            is_close = len(known) == len(spans) and prod(known) <= max(FEW, source.bounds[0][1])
            return CLOSE if is_close else None
        case Merge(plan=plan, way="broadcast right", right=FromPandas() as side):
            keys = plan.right_on
        case Merge(plan=plan, way="broadcast left", left=FromPandas() as side):
            keys = plan.left_on
        case _:
            return None
    if plan.how not in ("inner", "left", "right") or keys is None or len(keys) != 1 or head.npartitions < 2:
        return None
    span = span_seen(side, keys[0])
    return CLOSE if span is not None and span <= SLOTS * len(side.held.value) else None


#: Why it is left to them.
CLOSE = "its values are integers in memory that lie close together"

#: Aggregates that are sums.
ADDED_UP = ("sum", "mean", "count", "size")


def row_count(node: FrameExpr) -> int:
    """Rows that a tree reads from its only source; 0 if there are several, or nobody knows."""
    counts = [each.dataset.row_counts() for each in walk(node) if isinstance(each, ReadParquet)]
    return sum(counts[0]) if len(counts) == 1 and counts[0] is not None else 0


def key_span(node: Expr, label: Hashable) -> tuple[int, int] | None:
    """Least and greatest value of a column of integers, by the statistics of the files that it is read from."""
    while not isinstance(node, ReadParquet):
        match node:
            case Projection(source, tuple()) | Filter(source, _) | DropMissing(source):
                node = source
            case Assign(source, labels, _) if label not in labels:
                node = source
            case _:
                return None
    dtype = node.meta.dtypes.get(label) if node.meta.columns.is_unique else None
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iu":
        return None
    bounds = joint_bounds(node.dataset.bounds(label) or (None,))
    if bounds is None or bounds.least is None or bounds.missing != 0:
        return None
    return int(bounds.least), int(bounds.greatest)


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
            found.append(f"{source.label}: no single query, since its blocks are kept or read one by one")
        else:
            reason = why_not_whole(source) or "" if HAS_POLARS else "polars is not installed"
            reason = reason or translated(source, context.needs(tree))[1] or too_large(source) or ""
            found.append(f"{source.label}: no single query, since {reason}")
            found.extend(parts_below(source, context))
    return found


def why_not_whole(node: FrameExpr) -> str | None:
    """Why a tree is no query though it may be translated."""
    if config.value("dataframe.queries") == "partitions":
        return "dataframe.queries is 'partitions'"
    return copies_texts(node) or is_added_up(node) or is_found_by_position(node)


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
