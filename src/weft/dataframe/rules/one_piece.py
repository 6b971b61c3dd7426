"""Frames in memory that are asked light questions stay in one piece.

Partitions let threads work side by side, and what is larger than memory go through it. Where all rows are in memory and all are
wanted in one block, they also cost: each is a task, what goes over the rows in order is carried from one to the next, groups
and sorted rows travel, and in the end everything is copied into one block, columns that nobody has touched as well. For what
takes a thread no longer than such a copy (moved rows, filled gaps, columns chosen or added, counts within groups) the source is
taken as a single partition, and pandas hands on the columns that stay as they are.

`LIGHT` says for which nodes that holds however many rows there are, `SHORT` for which as long as they are few. At 10^6 rows of
11 columns `shift` takes 17 instead of 41 ms, `groupby(...).head()` 26 instead of 84 (pandas 13 and 14), at 4 x 10^6 68 instead of
126 and 104 instead of 255 (pandas 61 and 114); what compares, sorts or makes texts is faster in partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from weft import config
from weft.dataframe.engine import Together
from weft.dataframe.expr import FrameExpr, total_nbytes
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.kernels.pandas.groupby_rows import MethodPlan
from weft.dataframe.known_metas import dtypes_of
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.beside import ByPlace, PlacesIn
from weft.dataframe.ops.concat import Concat, ConcatColumns
from weft.dataframe.ops.counting import ValueCounts
from weft.dataframe.ops.cumulative import Cumulative
from weft.dataframe.ops.duplicated import Factorized
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.ewm import EwmRows
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.function_methods import is_from_table
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole
from weft.dataframe.ops.indexing_nodes import LabelList, PositionList, PositionSlice
from weft.dataframe.ops.label_nodes import (
    IndexOf,
    Relabel,
    RelabelAt,
    RenameAxis,
    Renamed,
    ResetIndex,
    ToFrame,
    WithIndex,
)
from weft.dataframe.ops.map_partitions import MapPartitions
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.neighbours import Fill, Neighbours, WholeResult, WholeRows
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.reductions import MemoryUsage
from weft.dataframe.ops.reshaping import melted_together
from weft.dataframe.ops.rolling import ExpandingRows
from weft.dataframe.ops.set_index import SetIndex
from weft.dataframe.ops.sort_nodes import Sort, SortPartitions
from weft.dataframe.ops.unique import DistinctRows, Uniques
from weft.dataframe.spread import Spreadable
from weft.expr import Context, Expr, optimize, rule, walk

__all__ = ["as_one_piece", "in_one_piece", "is_light", "piece_remarks"]

#: Nodes that take a thread no longer than to copy the rows.
LIGHT = (
    Assign, ByPlace, ConcatColumns, Fill, IndexOf, LabelList, MemoryUsage, PlacesIn, PositionList, PositionSlice, Projection, Relabel,
    RelabelAt, RenameAxis, Renamed, ResetIndex, SetIndex, ToFrame, WholeResult, WholeRows, WithIndex,
)  # fmt: skip
#: Those for which that holds up to so many rows.
SHORT = (Cumulative, DistinctRows, DropMissing, Factorized, EwmRows, ExpandingRows, Filter, Uniques, ValueCounts)
FEW_ROWS = 2_000_000
#: Rows from which on copies tell: of fewer ones there is nothing to be gained.
LEAST_ROWS = 50_000
#: Operations on each row, and methods of groups, that are as light.
OPERATIONS = frozenset([
    "abs", "add", "and_", "clip", "eq", "fillna", "ge", "gt", "invert", "isna", "le", "lt", "mask", "mul", "ne", "neg", "notna", "or_",
    "round", "sub", "truediv", "where", "xor",
])  # fmt: skip
GROUPED = frozenset([
    "bfill", "cumcount", "cummax", "cummin", "cumprod", "cumsum", "diff", "ffill", "in_group", "ngroup", "pct_change", "shift",
])  # fmt: skip
#: Methods that look at neighbours.
MOVED = frozenset({"shift", "diff", "pct_change", "ffill", "bfill"})
#: How many times as long the rows of a frame are as those of another whose keys its rows look up.
FAR_LONGER = 8
#: The part of the memory budget that a frame may take for all of it to be worked on at once.
SHARE = 0.25


@rule
def in_one_piece(node: FrameExpr, context: Context) -> Expr | None:
    """A light question to frames in memory is asked of each as one partition, where one block is wanted of it."""
    return as_one_piece(node, context, is_light)


def as_one_piece(node: FrameExpr, context: Context, is_fit: Callable[[Expr, int], bool]) -> Expr | None:
    """A tree with its frames in memory as one partition each, if every node of it is fit for that, with so many rows."""
    source = node.source if isinstance(node, Together) else node
    if node.npartitions != 1 or not (isinstance(node, Together) or context.is_root(node)):
        return None
    if config.value("dataframe.queries") == "partitions":
        return None
    inner = list(walk(source))
    held = [each for each in inner if isinstance(each, FromPandas)]
    if not any(len(each.bounds) > 1 for each in held) or not fits(held):
        return None
    rows = max([each.bounds[-1][1] for each in held])
    if rows < LEAST_ROWS or not all(is_fit(each, rows) for each in inner):
        return None
    if any(context.is_root(each) for each in inner if each is not node) or is_shared(inner, node, context):
        return None
    made = node.map_children(whole)
    return made.source if isinstance(made, Together) and made.source.npartitions == 1 else made


def fits(held: Sequence[FromPandas]) -> bool:
    """Whether frames are a small part of what may be held."""
    return sum(map(total_nbytes, held)) <= SHARE * int(config.value("memory.budget"))


def is_shared(inner: Sequence[Expr], node: Expr, context: Context) -> bool:
    """Whether somebody else reads blocks of some nodes: they would be made twice."""
    known = {each.identity for each in (*inner, node)}
    made = [each for each in inner if not isinstance(each, FromPandas)]
    return any(user.identity not in known for each in made for user in context.dependents(each))


def is_light(node: Expr, rows: int) -> bool:
    """Whether a node takes one thread no longer than a copy of its rows."""
    match node:
        case FromPandas():
            return True
        case Elementwise():
            return node.operation in OPERATIONS or (node.operation == "astype" and gives_numbers(node))
        case Neighbours() if not isinstance(node, Fill):
            return node.around.method in MOVED
        case GroupbyRows():
            return node.asked.method in GROUPED or (rows <= FEW_ROWS and is_aggregate(node.asked))
        case Merge():
            return rows <= FEW_ROWS and (node.way.startswith("broadcast") or is_looked_up(node))
        case MapPartitions():
            return rows <= FEW_ROWS and is_from_table(node) and isinstance(node.inputs[0].meta.dtype, np.dtype)
        case GroupbyWhole():
            return node.way.way == "tree"
        case Sort() | SortPartitions():  # to divisions that are given it is left
            return (
                getattr(node, "edges", None) is None
                and node.order.by is None
                and node.order.key is None
                and has_labels_in_order(node.source)
            )
    return isinstance(node, LIGHT) or (rows <= FEW_ROWS and isinstance(node, SHORT))


def gives_numbers(node: Elementwise) -> bool:
    """Whether types become NumPy's numbers, if they change at all: texts take longer to make than to copy."""
    before, after = [list(dtypes_of(each)) for each in (node.frames[0].meta, node.meta)]
    return all(
        old == new or (isinstance(new, np.dtype) and new.kind in "biuf") for old, new in zip(before, after, strict=True)
    )


def is_aggregate(asked: MethodPlan) -> bool:
    """Whether each row gets an aggregate of its group, by name."""
    if asked.method != "transform" or len(asked.calls) != 1:
        return False
    inputs, keywords = asked.calls[0]
    return len(inputs) == 1 and isinstance(inputs[0], str) and not keywords


def is_looked_up(node: Merge) -> bool:
    """Whether a join looks up the rows of a long frame in a short one."""
    longest = [
        max([each.bounds[-1][1] for each in walk(side) if isinstance(each, FromPandas)], default=0)
        for side in node.children
    ]
    return node.plan.how in ("inner", "left") and longest[0] >= FAR_LONGER * longest[1]


def has_labels_in_order(source: FrameExpr) -> bool:
    """Whether the rows of a frame in memory rise, or fall, by their labels."""
    if not isinstance(source, FromPandas):
        return False
    index = source.held.value.index
    return bool(index.is_monotonic_increasing or index.is_monotonic_decreasing)


def is_rising(source: FrameExpr) -> bool:
    """Whether the labels of rows in memory rise, so that nothing is to be sorted."""
    if not isinstance(source, FromPandas) or source.held.value.index.nlevels > 1:
        return False
    return bool(source.held.value.index.is_monotonic_increasing) and not source.held.value.index.hasnans


def whole(node: Any) -> Any:
    """A tree on frames that are one partition each."""
    if isinstance(node, FromPandas):
        return node.with_operands(bounds=((0, node.bounds[-1][1]),))
    if isinstance(node, (Sort, SortPartitions)) and all(node.order.ascending) and is_rising(node.source):
        return whole(node.source)
    if isinstance(node, Factorized) and (codes := node.in_one_piece(whole(node.source))) is not None:
        return codes
    is_numbered = isinstance(node, ResetIndex) and node.drop
    if (rows := melted_together(node.source if is_numbered else node, is_numbered)) is not None:
        return rows.map_children(whole)
    made = node.map_children(whole)
    if isinstance(made, Concat) and made.npartitions > 1:
        return Together(made)
    if isinstance(made, (Merge, Spreadable)) and made.npartitions > 1:
        return made.with_operands(count=1)
    return made.with_operands(npartitions=1) if isinstance(made, Sort) and made.edges is None else made


def piece_remarks(trees: Sequence[Expr]) -> list[str]:
    """Which frames in memory are taken as one partition."""
    before = {each.held.token: len(each.bounds) for each in walk(*trees) if isinstance(each, FromPandas)}
    after = [each for each in walk(*optimize(trees, ("choose",))) if isinstance(each, FromPandas)]
    return [
        f"{each.label}: one piece instead of {before[each.held.token]} partitions, since what is asked is light"
        for each in after
        if len(each.bounds) == 1 < before.get(each.held.token, 1)
    ]
