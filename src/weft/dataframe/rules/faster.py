"""Which questions an engine answers faster than another, by their form and by what is known of what they read."""

from __future__ import annotations

from collections.abc import Hashable
from importlib.util import find_spec
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from weft import config
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.io.from_pandas import FromPandas, span_seen
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.parquet.dataset import joint_bounds
from weft.dataframe.kernels.pandas.grouping import FEW
from weft.dataframe.kernels.pandas.lookup import FREE_SLOTS, SLOTS
from weft.dataframe.kernels.translating import is_text
from weft.dataframe.known_metas import dtypes_of, types_of
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole
from weft.dataframe.ops.label_nodes import ResetIndex
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.partitions import Ends
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.reductions import Reduce
from weft.dataframe.ops.selection import Largest
from weft.dataframe.ops.unique import DistinctRows
from weft.dataframe.spread import estimate, seen_in
from weft.expr import Expr, walk

__all__ = ["copies_texts", "is_added_up", "is_found_by_position", "is_joined_by_position", "key_span", "why_duckdb"]

#: Rows of files from which on it pays to ask DuckDB: its statement takes some milliseconds more to begin.
LARGE = 1_000_000
HAS_NUMBA = find_spec("numba") is not None
#: Groups by whole numbers that lie close together, or by short texts, beyond which sums by position are faster than a table that
#: hashes them: of 10^7 rows by 100,000 numbers DuckDB takes 0.22 s, sums by position 0.16 in machine code.
CACHED = 50_000 if HAS_NUMBA else 100_000
#: Bytes of a short text in a column of pandas, with the number that says where it begins.
SHORT = 12 + 8.5
#: Nodes that look at rows one by one, and what may follow.
ROW_BY_ROW = (FromPandas, Partitionwise, Ends, Reduce)
#: What a join that is summed up consists of, beside its columns.
SUMMED_UP = (Merge, ResetIndex, Reduce)
#: Keys of groups beyond which there are taken to be as many groups as rows, which Polars makes faster.
MANY_KEYS = 3


def why_duckdb(node: Expr) -> str | None:
    """Why a question to files is one that DuckDB answers faster than Polars; None if it is not.

    Groups of one source, and a join that is summed up: `docs/decisions/0007-duckdb-for-groups-and-what-spills.md`.
    """
    every = list(walk(node))
    files = [each for each in every if not each.children]
    if not all(isinstance(each, ReadParquet) for each in files) or row_total(files) < LARGE:
        return None
    heads = [each for each in every if isinstance(each, (GroupbyAggregate, GroupbyWhole, Merge, Reduce))]
    match heads:
        case [GroupbyAggregate() | GroupbyWhole() as groups] if len(groups.asked.groups.by) <= MANY_KEYS:
            if (places_of_groups(node) or 0) > CACHED or texts_of_groups(node) is not None:
                return None
            return "groups of large files by few keys are its strength"
        case [Merge(), Reduce()] if is_summed_join(every):
            return None if is_joined_by_position(node) else "a join of large files that is summed up is its strength"
        case [] if any(isinstance(each, GroupbyRows) and each.asked.method == "cumcount" for each in every):
            return "the first rows of the groups of a large file are its strength"
    return None


def is_summed_join(every: list[Expr]) -> bool:
    """Whether nodes are those of a join of files that is summed up, and nothing else."""
    heads = [each for each in every if isinstance(each, (Merge, Reduce))]
    is_only = all(isinstance(each, (*SUMMED_UP, Projection, ReadParquet)) for each in every)
    return is_only and [type(each) for each in heads] == [Merge, Reduce]


def is_joined_by_position(node: Expr) -> str | None:
    """Why a join of two large files that is summed up is left to pandas' kernels: where machine code looks keys up without a hash.

    Statistics of the files tell how far apart whole numbers are. 10^7 by 10^7 rows take 0.74 to 0.80 s, DuckDB 0.83.
    """
    every = list(walk(node))
    if not HAS_NUMBA or config.value("dataframe.engine") == "polars" or not is_summed_join(every):
        return None
    (join,) = [each for each in every if isinstance(each, Merge)]
    ours, theirs = join.plan.left_on or (), join.plan.right_on or ()
    if join.way != "shuffled" or join.plan.how != "inner" or len(ours) != 1 or len(theirs) != 1:
        return None
    for side, label in ((join.left, ours[0]), (join.right, theirs[0])):
        span, rows = key_span(side, label), row_count(side)
        if span is None or rows < LARGE or span[1] - span[0] >= SLOTS * rows // join.npartitions + FREE_SLOTS:
            return None
    return "its keys are whole numbers that lie close together: rows are looked up by position, partition by partition"


def row_total(files: list[Any]) -> int:
    """Rows of files, as far as they are known."""
    counts = [each.dataset.row_counts() for each in files]
    return sum([sum(each) for each in counts if each is not None])


def copies_texts(node: FrameExpr) -> str | None:
    """Why rows in memory are left to pandas: where an engine would do little but take them over.

    Polars keeps texts in another layout. To copy them takes as long as most methods of ``.str``, and all are copied for the first
    five rows; groups, joins and sorting are worth it.
    """
    every = list(walk(node))
    sources = [each for each in every if isinstance(each, FromPandas)]
    if config.value("dataframe.engine") == "polars" or not sources:
        return None
    if all(isinstance(each, (FromPandas, Projection, Ends)) for each in every):
        return "rows in memory are given as they are"
    if not all(isinstance(each, ROW_BY_ROW) and not isinstance(each, GroupbyRows) for each in every):
        return None
    has_texts = any(is_text(dtype) for each in sources for dtype in dtypes_of(each.meta))
    return "texts in memory would have to be copied into its layout first" if has_texts else None


def is_added_up(node: FrameExpr) -> str | None:
    """Why groups are left to queries of partitions: where sums are made by position, or by short texts that machine code finds.

    Statistics of the files tell how far apart whole numbers are. An engine hashes each of them, in a table that caches do not hold.
    """
    if config.value("dataframe.engine") == "polars" or summed_groups(node) is None:
        return None
    if places_of_groups(node) is not None:
        return "its keys are whole numbers that lie close together: sums are made by position, partition by partition"
    if texts_of_groups(node) is not None:
        return (
            "its key is one of many short texts, which machine code tells apart: sums are made partition by partition"
        )
    return None


def summed_groups(root: Expr) -> GroupbyAggregate | None:
    """Groups of several partitions that are summed up in one, if a tree is these with something on top that reads nothing else."""
    every = list(walk(root))
    heads = [each for each in every if isinstance(each, GroupbyAggregate)]
    leaves = [each for each in every if not each.children]
    if len(heads) != 1 or not all(isinstance(each, ReadParquet) for each in leaves):
        return None
    if len(leaves) > 1 and len(leaves) > sum([not each.children for each in walk(heads[0])]):
        return None
    node = heads[0]
    requests = node.asked.requests
    if node.blocks or node.npartitions != 1 or node.source.npartitions < 2 or not requests:
        return None
    if not all(each.how in ADDED_UP or (HAS_NUMBA and is_extreme(each, node.source)) for each in requests):
        return None
    return node if all(each.kind == "column" for each in node.asked.groups.by) else None


def is_extreme(request: Any, source: Any) -> bool:
    """Whether an aggregate is the least or the greatest of signed numbers."""
    meta = source.meta
    if request.how not in EXTREMES or not isinstance(meta, pd.DataFrame) or not meta.columns.is_unique:
        return False
    dtype = types_of(meta).get(request.column)
    return isinstance(dtype, np.dtype) and dtype.kind in "if"


def places_of_groups(node: Expr) -> int | None:
    """How many groups there may be, if their sums can be made by position, partition by partition; None if not."""
    found = summed_groups(node)
    if found is None:
        return None
    total, source = 1, found.source
    for each in found.asked.groups.by:
        span = key_span(source, each.value)
        if span is None:
            return None
        total *= span[1] - span[0] + 1
    return None if total > max(FEW, row_count(source) / source.npartitions) else total


def texts_of_groups(node: Expr) -> int | None:
    """How many groups there are by a text, about, if it is one of many and their sums can be made by machine code; None if not.

    Sizes in the footers tell where there are few. Elsewhere two partitions are looked at, once for as long as the files stay.
    """
    found = summed_groups(node)
    if found is None or len(found.asked.groups.by) != 1 or not HAS_NUMBA:
        return None
    label = found.asked.groups.by[0].value
    files = read_as_it_is(found.source, label)
    if files is None or row_total([files]) < LARGE or not is_text(types_of(files.meta).get(label)):
        return None
    dataset: Any = files.dataset
    if not dataset.may_have_many(label, CACHED):
        return None
    seen = seen_in(files.with_operands(chosen=(label,), index=False, predicate=None), (), (label,))
    groups = estimate(seen, files.npartitions).groups
    is_fit = seen.nbytes <= SHORT and CACHED <= groups <= seen.rows
    return int(groups) if is_fit else None


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

#: Aggregates that are sums; and those that machine code finds besides, of signed numbers.
ADDED_UP, EXTREMES = ("sum", "mean", "count", "size"), ("min", "max")


def row_count(node: FrameExpr) -> int:
    """Rows that a tree reads from its only source; 0 if there are several, or nobody knows."""
    counts = [each.dataset.row_counts() for each in walk(node) if isinstance(each, ReadParquet)]
    return sum(counts[0]) if len(counts) == 1 and counts[0] is not None else 0


def read_as_it_is(node: Expr, label: Hashable) -> ReadParquet | None:
    """The files that a column is read from, if nothing is done to it."""
    while not isinstance(node, ReadParquet):
        match node:
            case Projection(source, tuple()) | Filter(source, _) | DropMissing(source):
                node = source
            case Assign(source, labels, _) if label not in labels:
                node = source
            case _:
                return None
    return node


def key_span(node: Expr, label: Hashable) -> tuple[int, int] | None:
    """Least and greatest value of a column of integers, by the statistics of the files that it is read from."""
    files = read_as_it_is(node, label)
    if files is None:
        return None
    dtype = files.meta.dtypes.get(label) if files.meta.columns.is_unique else None
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iu":
        return None
    bounds = joint_bounds(files.dataset.bounds(label) or (None,))
    if bounds is None or bounds.least is None or bounds.missing != 0:
        return None
    return int(bounds.least), int(bounds.greatest)
