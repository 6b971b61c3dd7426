"""Few rows in memory are left to pandas, in one piece.

To hand rows over to an engine and to take its answer back, or to share them out to two threads and to put results together, takes
some milliseconds. What pandas does with a million rows in memory often takes less. So where all that is asked of a frame in memory
of up to `FEW_ROWS` rows is known to be quick, it is taken as a single partition, no engine is asked, and reductions are pandas'
own methods (`weft.dataframe.treewise`, ``whole``).

What two threads, or an engine, make up for stays with them: methods of texts, sorting of frames, joins, running medians, groups
by numbers of which more than sums are asked. `abs` of 10^6 rows takes 1.9 instead of 5.1 ms, `cumsum` 1.8 instead of 7.9, the
mean of a day 13 instead of 24.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft import config
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.kernels.pandas.grouping import key_columns
from weft.dataframe.kernels.translating import is_text
from weft.dataframe.known_metas import dtypes_of
from weft.dataframe.ops.binning import Bins
from weft.dataframe.ops.concat import Concat
from weft.dataframe.ops.counting import CountUnique, Modes
from weft.dataframe.ops.describe import AggregateTable, Describe
from weft.dataframe.ops.differences import ShiftIndex
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.extremes import ExtremeLabel
from weft.dataframe.ops.groupby_counts import CountedGroups
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.neighbours import Fill, Neighbours
from weft.dataframe.ops.pivot import PivotTable
from weft.dataframe.ops.products import Product
from weft.dataframe.ops.quantiles import Quantiles
from weft.dataframe.ops.reductions import Reduce
from weft.dataframe.ops.resample import ResampleAggregate
from weft.dataframe.ops.reshaping import Melted, Reshaped
from weft.dataframe.ops.sort_nodes import Sort, SortPartitions
from weft.dataframe.ops.statistics import Comoments
from weft.dataframe.ops.time_bins import TimeSpan
from weft.dataframe.rules import one_piece
from weft.dataframe.rules.one_piece import as_one_piece, is_light
from weft.expr import Context, Expr, rule, walk

__all__ = ["in_pandas", "is_quick"]

#: Nodes that pandas is quick at.
QUICK = (
    AggregateTable, Bins, Comoments, Concat, CountedGroups, CountUnique, Describe, ExtremeLabel, Melted, Modes, PivotTable, Product,
    Quantiles, Reduce, ResampleAggregate, Reshaped, ShiftIndex, TimeSpan,
)  # fmt: skip
#: Operations on each row that are quick besides those of `one_piece`, and accessors all of whose methods are.
OPERATIONS = frozenset([
    "between", "ceil", "eval", "floor", "floordiv", "in_times", "mod", "pow", "radd", "rmul", "rsub", "rtruediv", "to_datetime",
    "tz_convert", "tz_localize", "ufunc",
])  # fmt: skip
ACCESSORS = ("dt.", "cat.")
#: Methods of neighbours, and of groups, that take one thread longer than two take with all that this needs.
SLOW_MOVED = frozenset(["rolling.apply", "rolling.median", "rolling.quantile", "rolling.rank"])
SLOW_GROUPED = frozenset(["filter", "median", "quantile", "rolling.mean", "rolling.std", "rolling.sum"])
#: Keys by which groups are quick: an engine is faster at more.
MOST_KEYS = 2
#: Aggregates that are sums by group: kernels of Weft's own are ahead of pandas' there.
SUMS = frozenset(["count", "first", "last", "mean", "nunique", "prod", "size", "sum"])


@rule
def in_pandas(node: FrameExpr, context: Context) -> Expr | None:
    """What pandas answers quickly is asked of frames in memory as one partition each, before an engine is asked."""
    return as_one_piece(node, context, is_quick_node) if is_asked() else None


def is_asked() -> bool:
    """Whether engines are Weft's own choice."""
    return bool(config.value("dataframe.engine") == "auto" and config.value("dataframe.queries") != "partitions")


def is_quick(tree: Expr) -> bool:
    """Whether a tree is one that pandas computes in one piece."""
    inner = list(walk(tree))
    held = [each for each in inner if isinstance(each, FromPandas)]
    if not is_asked() or not held or len(held) == len(inner):
        return False
    rows = max([each.bounds[-1][1] for each in held])
    return rows >= one_piece.LEAST_ROWS and all(
        is_quick_node(each, rows) and (not isinstance(each, FromPandas) or each.npartitions == 1) for each in inner
    )


def is_quick_node(node: Any, rows: int) -> bool:
    """Whether a node of so many rows is one of those."""
    if rows > one_piece.FEW_ROWS:
        return False
    match node:
        case Elementwise(operation="isin"):
            return has_texts(node.frames[0].meta)
        case Elementwise():
            known = node.operation in OPERATIONS or node.operation.startswith(ACCESSORS)
            return (known and not has_texts(node.meta)) or is_light(node, rows)  # two threads make texts faster
        case Neighbours() if not isinstance(node, Fill):
            return node.around.method not in SLOW_MOVED
        case GroupbyRows() | GroupbyWhole():
            return node.asked.method not in SLOW_GROUPED and node.way.way == "tree"
        case GroupbyAggregate():
            return is_quick_at_groups(node)
        case Merge():
            return False
        case Sort() | SortPartitions():
            return is_light(node, rows) or (node.source.meta.ndim == 1 and not has_texts(node.source.meta))
    return isinstance(node, QUICK) or is_light(node, rows)


def has_texts(meta: Any) -> bool:
    """Whether a column is one of texts or objects."""
    return any(is_text(dtype) or dtype == np.dtype(object) for dtype in dtypes_of(meta))


def is_quick_at_groups(node: GroupbyAggregate) -> bool:
    """Whether groups are by one or two keys, of which only sums are asked where they are whole numbers."""
    hows = {each.how if isinstance(each.how, str) else "" for each in node.asked.requests}
    keys = key_columns(node.source.meta, [each.meta for each in node.blocks], node.asked.groups)
    is_number = any(isinstance(each.dtype, np.dtype) and each.dtype.kind in "iu" for each in keys)
    return len(keys) <= MOST_KEYS and (hows <= SUMS or not is_number)
