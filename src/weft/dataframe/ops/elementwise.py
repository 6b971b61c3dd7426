"""Operations on each row: the node that most of pandas' methods are, and what makes one of a call.

An operation goes by a name (see `weft.dataframe.kernels.pandas.elementwise`), so that rules and engines can tell what it
is. Operands that are frames must have the same rows, or be aligned first (`weft.dataframe.ops.alignment`); those of one
partition without rows of their own, such as a sum of each column, are read for every partition.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import (
    VALUES,
    FrameExpr,
    Partitionwise,
    asked_columns,
    column_needs,
    have_same_rows,
    labels_kept,
    place_pick,
    row_needs,
)
from weft.dataframe.kernels.calls import AsForeseen, Bound, children_of, template_of
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered
from weft.dataframe.meta import is_pandas, meta_nonempty, with_unknown_categories
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.beside import by_place, has_rows, is_chunked, matched, single
from weft.dataframe.ops.label_nodes import WithIndex
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.blockwise import blockwise

__all__ = ["Elementwise", "beside", "elementwise", "operand", "pairs"]

#: Operations of frames that treat each column by itself, and give columns of the same labels.
COLUMNWISE = frozenset(
    {
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge"),
        *("and_", "or_", "xor", "neg", "pos", "invert", "abs", "isna", "notna", "astype", "fillna", "clip", "isin"),
        *("round", "replace", "where", "mask", "ufunc", "infer_objects", "convert_dtypes", "map"),
    }
)


#: Operations of labels that leave them as they are.
KEEPS_LABELS = frozenset({"set_names", "rename", "infer_objects"})
#: Operations of labels after which different ones are different, and in the same order.
KEEPS_ORDER = frozenset({"add", "sub", "tz_localize", "tz_convert"})


@node
class Elementwise(Partitionwise):
    """An operation, by its name, on the rows of frames and on plain values.

    Parameters
    ----------
    operation : str
    inputs : tuple
        Frames and plain values, as the operation takes them.
    keywords : tuple of (str, value)
    """

    operation: str
    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return self.operation.rstrip("_").replace(".", "-")

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return tuple(children_of(self.inputs, *[value for _, value in self.keywords]))  # type: ignore[arg-type]

    @derived
    def rowed(self) -> tuple[FrameExpr, ...]:
        """The operands that have the rows of the result."""
        return rowed_of(self.frames)

    @derived
    def bound(self) -> Bound:
        """The operation as a function of the partitions."""
        kernel = KERNELS["pandas"][type(self)]
        return Bound(kernel, template_of((self.operation, *self.inputs), self.keywords))

    @derived
    def meta(self) -> Any:
        metas = [each.meta for each in self.frames]
        return remembered(partial(row_meta, self.operation, self.bound, metas), "Elementwise", self.bound, *metas)

    @derived
    def npartitions(self) -> int:
        return max([each.npartitions for each in self.frames])

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        if not self.rowed:
            return None
        edges = self.rowed[0].divisions
        if edges is None or not isinstance(self.meta, pd.Index) or self.operation in KEEPS_LABELS:
            return edges
        if self.operation not in KEEPS_ORDER or len(self.frames) > 1 or not isinstance(self.frames[0].meta, pd.Index):
            return None
        moved = self.bound(pd.Index(list(edges), dtype=self.frames[0].meta.dtype))
        return tuple(moved) if moved.is_monotonic_increasing else None

    @derived
    def rows(self) -> Hashable:
        if not self.rowed:
            return self.name
        first = self.rowed[0].rows
        return first if all(each.rows == first for each in self.rowed) else self.name

    @derived
    def row_labels(self) -> Hashable:
        moves = isinstance(self.meta, pd.Index) and self.operation not in KEEPS_LABELS
        return ("values", self.name) if moves else labels_kept(self)

    @derived
    def partition_nbytes(self) -> int:
        return max([each.partition_nbytes for each in self.rowed], default=0)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = row_needs(asked)
        if len(self.rowed) > 1 and any(each.rows != self.rowed[0].rows for each in self.rowed):
            needs |= {Need.INDEX}
        if Need.VALUES in asked or self.operation not in COLUMNWISE or not isinstance(child, FrameExpr):
            return needs | VALUES
        if self.meta.ndim != 2 or getattr(child.meta, "ndim", 0) != 2:
            return needs | VALUES
        return needs | column_needs(asked_columns(asked, child.columns))

    def lower(self) -> Expr:
        sources = [(each, place_pick(each, self.npartitions)) for each in self.frames]
        kernel: Any = self.bound
        dtype = getattr(self.meta, "dtype", None)
        if self.operation in BY_VALUES and isinstance(dtype, np.dtype) and dtype.kind in "iuf":
            kernel = AsForeseen(kernel, dtype)
        return blockwise(self.outline, kernel, sources, cost=self.cost)


#: Operations of which values decide whether integers stay what they are: their metas are those of rows that do not.
BY_VALUES = frozenset({"where", "mask", "clip"})
#: Those that give integers or floats, by their values: known as floats.
NUMBERS = frozenset({"numbers_of_text"})


def row_meta(operation: str, bound: Bound, metas: list[Any]) -> Any:
    """What an operation makes of metas."""
    try:
        if operation in BY_VALUES and any(has_integers(each) for each in metas):
            # types with gaps do not hold extremes of others, nor values of which none may be needed
            with suppress(pa.ArrowInvalid, TypeError, OverflowError):
                made = bound(*map(with_extremes, metas))
                return with_unknown_categories(made[:0] if isinstance(made, pd.Index) else made.iloc[:0])
        made = with_unknown_categories(bound(*metas))
        return made.astype("float64") if operation in NUMBERS and made.dtype == "int64" else made
    except ZeroDivisionError:
        return float("nan")


def has_integers(meta: Any) -> bool:
    """Whether NumPy's integers are among the values of a frame."""
    kinds = list(meta.dtypes) if isinstance(meta, pd.DataFrame) else [getattr(meta, "dtype", None)]
    return is_pandas(meta) and any(isinstance(each, np.dtype) and each.kind in "iu" for each in kinds)


def with_extremes(meta: Any) -> Any:
    """Two made-up rows, with the least and the greatest of integers."""
    made = meta_nonempty(meta)
    if isinstance(made, pd.DataFrame) and not len(meta):
        columns = [spread_out(made.iloc[:, place]) for place in range(made.shape[1])]
        return pd.concat(columns, axis=1).set_axis(made.columns, axis=1) if columns else made
    return spread_out(made) if isinstance(made, pd.Series) and not len(meta) else made


def spread_out(column: pd.Series) -> pd.Series:
    """A column of two rows; of integers the least and the greatest."""
    if not has_integers(column):
        return column
    bounds = np.iinfo(column.dtype)
    return pd.Series([bounds.min, bounds.max], column.index, column.dtype, column.name)


def rowed_of(frames: tuple[FrameExpr, ...]) -> tuple[FrameExpr, ...]:
    """The frames among operands whose rows the result has: not values, nor a series that a frame's columns are matched with."""
    there = [each for each in frames if is_pandas(each.meta)]
    if any(each.meta.ndim == 2 for each in there):
        there = [each for each in there if each.meta.ndim == 2 or not is_of_columns(each)]
    return tuple(there)


def is_of_columns(expr: FrameExpr) -> bool:
    """Whether a series has an entry for each column of a frame: its meta then has its entries."""
    return isinstance(expr.meta, pd.Series) and len(expr.meta) > 0


def elementwise(operation: str, *inputs: Any, **keywords: Any) -> Any:
    """Apply an operation; what pandas refuses is refused here.

    Frames whose rows differ are aligned first, as pandas aligns them. What pandas gives as an array for an index is a series
    here, with the labels of the rows that the index is of.
    """
    made = elementwise_expr(operation, inputs, keywords)
    frames = made.frames
    if isinstance(made.meta, pd.Series) and frames and all(isinstance(each.meta, pd.Index) for each in frames):
        labels = source_of_values(frames[0])
        if labels is not frames[0]:
            return new(WithIndex(made, labels))
    return new(made)


def source_of_values(labels: FrameExpr) -> FrameExpr:
    """The index that an index was computed of, by operations that leave rows where they are."""
    while isinstance(labels, Elementwise) and labels.frames:
        labels = labels.frames[0]
    return labels


def elementwise_expr(operation: str, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Elementwise:
    """The expression of an operation."""
    given = tuple([operand(each, operation) for each in inputs])
    words = tuple([(word, operand(each, operation)) for word, each in sorted(keywords.items())])
    frames = rowed_of(tuple(children_of(given, *[value for _, value in words])))  # type: ignore[arg-type]
    if not all(have_same_rows(each, frames[0]) for each in frames[1:]):
        aligned = dict(zip([each.name for each in frames], align_rows(list(frames))))

        def moved(value: Any) -> Any:
            if isinstance(value, Expr):
                return aligned.get(value.name, value)
            return tuple([moved(each) for each in value]) if type(value) is tuple else value

        given, words = moved(given), moved(words)
    expr = Elementwise(operation, given, words)
    _ = expr.meta
    if operation in OF_VALUES and any(is_of_texts(each.meta, operation) for each in frames):
        examples = [meta_nonempty(each.meta) for each in expr.frames]
        remembered(lambda: trial(expr.bound, examples), "trial", expr.bound, *[each.meta for each in expr.frames])
    return expr


#: Operations that pandas refuses for values of some types, though not where there are none.
OF_VALUES = frozenset({"lt", "le", "gt", "ge", "invert"})


def is_of_texts(meta: Any, operation: str) -> bool:
    """Whether a column may have values that such an operation is refused for."""
    kind = getattr(meta, "dtype", None)
    return isinstance(kind, pd.StringDtype) or (operation == "invert" and getattr(kind, "kind", "") == "f")


def trial(bound: Bound, examples: list[Any]) -> None:
    """Call an operation on made-up rows: what pandas refuses is refused now."""
    bound(*examples)


def operand(value: Any, operation: str) -> Any:
    """What stands in a node for a value: the expression of a frame, plain values as they are."""
    value = single(value)
    if isinstance(value, FrameBase):
        return value.expr
    if isinstance(value, dict):
        return pairs(value)
    return value


def in_two_dimensions(frame: Any, values: Any) -> Any:
    """An array beside a frame: a single row stands for all of them, and a single column for each."""
    width, (length, given) = frame.expr.meta.shape[1], values.shape
    if length == 1 and given == width and not is_chunked(values):
        return pd.Series(values[0], index=frame.expr.meta.columns)
    if given == 1 and width > 1 and length > 1 and not is_chunked(values):
        values = np.broadcast_to(values, (length, width))
    return by_place(frame, values)


def pairs(value: Any) -> Any:
    """A mapping as an operand; anything else itself."""
    return Pairs(value.items()) if isinstance(value, dict) else value


def beside(frame: Any, value: Any) -> Any:
    """The other operand of an operation as a collection if it has rows.

    A pandas object is matched by its index; a series beside a frame by the labels of the columns, as it is. Arrays and
    lists stand for the rows in their order; beside a frame for its columns, unless they have two dimensions.
    """
    if isinstance(value, FrameBase) or not has_rows(value):
        return value
    meta = frame.expr.meta
    if isinstance(meta, pd.DataFrame):
        if isinstance(value, pd.DataFrame):
            return matched(frame, value)
        if isinstance(value, pd.Series):
            return value
        values = value if is_chunked(value) and value.ndim == 2 else np.asarray(value)
        if values.ndim == 2:
            return in_two_dimensions(frame, values)
        if len(values) != meta.shape[1]:
            raise ValueError(
                f"Unable to coerce to Series, length must be {meta.shape[1]}: given {len(values)}. "
                "Values for rows go by a series, e.g. weft.dataframe.from_pandas(...)"
            )
        return pd.Series(value if isinstance(value, (list, np.ndarray)) else list(value), index=meta.columns)
    if isinstance(value, pd.Series) and isinstance(meta, pd.Series):
        return matched(frame, value)
    if isinstance(value, pd.DataFrame):
        return matched(frame, value)
    if not isinstance(meta, (pd.Series, pd.Index)):
        return value
    return by_place(frame, value, name=value.name if isinstance(value, pd.Index) else meta.name)
