"""Values beside the rows of a frame: arrays and lists by place, pandas' objects by their index, chunked arrays by chunk.

Where rows stand is not known before partitions are counted, so each partition waits for the lengths of those before it;
what goes by the index is looked up in each partition. A chunked array has as many chunks as the frame has partitions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from weft.collection.base import Collection
from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.io.from_blocks import FromBlocks, Known
from weft.dataframe.io.from_pandas import FromPandas, labels_in_memory, rows_in_memory
from weft.dataframe.kernels.table import KERNELS
from weft.execution import graph_of
from weft.expr import Cost, Expr, Held, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.opaque import Foreign
from weft.physical.scan import Scan
from weft.physical.source import Whole
from weft.physical.tree_reduce import TreeReduce

__all__ = [
    "as_series",
    "by_label",
    "by_place",
    "has_rows",
    "is_chunked",
    "matched",
    "name_of",
    "places_in",
    "row_total",
    "rows_before",
    "single",
]


def rows_before(name: str, source: FrameExpr) -> Expr:
    """For each partition but the first how many rows stand before it."""
    outline = Outline(name, "count-rows", source.numblocks, 64)
    return Scan(outline, source, 0, KERNELS["pandas"]["CountRows"], KERNELS["pandas"]["AddCounts"])


def row_total(name: str, source: FrameExpr) -> Expr:
    """How many rows there are, as one block."""
    kernels = KERNELS["pandas"]
    outline = Outline(name, "count-rows", source.numblocks, 64)
    counts = blockwise(outline, kernels["CountRows"], [(source, (0,))], cost=Cost.CHEAP)
    whole = Outline(name, "count-all", (1,), 64)
    return TreeReduce(whole, counts, (0,), kernels["TotalCount"], kernels["Same"], (), 16, True)


@node
class Counted(Partitionwise):
    """Base of nodes that are told, beside each partition, how many rows stand before it and how many there are in all."""

    source: FrameExpr

    @property
    def stands_alone(self) -> bool:
        return False

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.ORDER}

    def lower(self) -> Expr:
        kernel, source = KERNELS["pandas"][type(self)], self.source
        sources = [(source, (0,)), (rows_before(self.name, source), (0,)), (row_total(self.name, source), (None,))]
        return blockwise(self.outline, kernel, [*sources, *self.further()], [Same(each) for each in self.arguments])

    def further(self) -> list[Any]:
        """What else is read."""
        return []


@node
class ByPlace(Counted):
    """Values for the rows of a frame, in their order; there must be as many."""

    source: FrameExpr
    held: Held

    @property
    def label(self) -> str:
        return "values"

    @derived
    def meta(self) -> Any:
        return KERNELS["pandas"]["ByPlace"](self.source.meta, 0, len(self.held.value), self.held.value, True)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return (asked - {Need.VALUES}) | {Need.ORDER}

    def further(self) -> list[Any]:
        return [(Whole(Outline(self.name, "whole", ()), self.held), ())]


@node
class PlacesIn(Counted):
    """Whether the place of each row is among some: a slice, or numbers."""

    source: FrameExpr
    places: tuple[Any, ...]

    @property
    def label(self) -> str:
        return "iloc"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.places,)

    @derived
    def meta(self) -> Any:
        return pd.Series([], dtype=bool, index=self.source.meta.index)


@node
class ByLabel(Partitionwise):
    """Values for the rows of a frame, by their labels; missing where there is none."""

    source: FrameExpr
    held: Held

    @property
    def label(self) -> str:
        return "reindex"

    @derived
    def meta(self) -> Any:
        value = self.held.value
        return value.iloc[:0].set_axis(self.source.meta.index, axis=0)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX}

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        whole = Whole(Outline(self.name, "whole", ()), self.held)
        return blockwise(self.outline, kernel, [(self.source, (0,)), (whole, ())])


@node
class ByChunk(Partitionwise):
    """Values for the rows of a frame: the chunks of an array, one for each partition."""

    source: FrameExpr
    values: FrameExpr

    @property
    def label(self) -> str:
        return "values"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.values.meta,)

    @derived
    def meta(self) -> Any:
        return KERNELS["pandas"]["ByChunk"](self.source.meta, self.values.meta, self.values.meta)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked - {Need.INDEX} if child == self.values else (asked - {Need.VALUES}) | {Need.ORDER}


def is_chunked(value: Any) -> bool:
    """Whether a value is a chunked array."""
    return isinstance(value, Collection) and not isinstance(value, FrameBase) and hasattr(type(value), "chunks")


def single(value: Any) -> Any:
    """A chunked array without axes as a value of a frame; anything else as it is."""
    if not is_chunked(value) or value.ndim:
        return value
    return CONVERSIONS["frame-of-array"](value.reshape(1)).max()


def as_series(value: Any) -> Any:
    """All elements of a chunked array as a series; anything else as it is."""
    return CONVERSIONS["frame-of-array"](value.ravel()) if is_chunked(value) else value


def has_rows(value: Any) -> bool:
    """Whether a value, in memory or a chunked array, has an entry for each row."""
    if isinstance(value, (list, tuple, range)) or (is_chunked(value) and value.ndim > 0):
        return True
    return isinstance(value, (np.ndarray, pd.Series, pd.DataFrame, pd.Index, pd.api.extensions.ExtensionArray)) and (
        np.ndim(value) > 0
    )


def name_of(value: Any) -> Any:
    """What a pandas object is called; None of anything else."""
    return None if is_chunked(value) else getattr(value, "name", None)


def by_place(frame: Any, values: Any, name: Any = None) -> Any:
    """Values as a collection with the rows of a frame, the first for the first row."""
    if is_chunked(values):
        return by_chunk(frame, values, name)
    if isinstance(values, pd.DataFrame) or (isinstance(values, np.ndarray) and values.ndim == 2):
        labels = frame.expr.meta.columns
        if np.shape(values)[1] != len(labels):
            raise ValueError(f"Unable to coerce to DataFrame: {np.shape(values)[1]} columns for {len(labels)}")
        held: Any = pd.DataFrame(np.asarray(values), columns=labels)
    else:
        held = pd.Series(values.array if isinstance(values, (pd.Series, pd.Index)) else values, name=name)
        if isinstance(values, (list, tuple)) and not len(values):
            held = held.astype(object)
    rows = rows_in_memory(frame.expr)
    if rows is not None and len(held) != rows.bounds[-1][1]:
        raise ValueError(f"Length of values ({len(held)}) does not match length of index ({rows.bounds[-1][1]})")
    return new(ByPlace(frame.expr, Held.of(held)))


def by_chunk(frame: Any, values: Any, name: Any = None) -> Any:
    """A chunked array as a collection with the rows of a frame, each chunk for a partition."""
    labels = name
    if values.ndim > 1:
        labels = list(frame.expr.meta.columns) if frame.expr.meta.ndim > 1 else None
        if values.ndim > 2 or labels is None or values.shape[1] != len(labels):
            raise ValueError(
                f"an array of shape {values.shape} has no place beside the rows of a {type(frame).__name__}"
            )
    rows, is_known = rows_in_memory(frame.expr), not any(map(math.isnan, values.chunks[0]))
    if rows is not None and is_known:
        total = rows.bounds[-1][1]
        if values.shape[0] != total:
            raise ValueError(f"Length of values ({values.shape[0]}) does not match length of index ({total})")
        values = values.rechunk({0: tuple([stop - start for start, stop in rows.bounds])})
    elif values.numblocks[0] != frame.npartitions:
        raise ValueError(
            f"an array of {values.numblocks[0]} chunks of rows cannot stand beside {frame.npartitions} partitions: cut it "
            "as they are, e.g. x.rechunk({0: tuple(frame.map_partitions(len).compute())})"
        )
    if values.ndim == 2:
        values = values.rechunk({1: -1})
        empty: Any = pd.DataFrame(np.empty((0, len(labels)), values.dtype), columns=labels)
    else:
        empty = pd.Series(np.empty(0, values.dtype), name=labels)
    expr = values.expr
    known = Known(f"values-{expr.name}", empty, None, expr.name)
    blocks = FromBlocks(known, values.numblocks[0], Foreign(graph_of([values]), tuple(expr.keys())))
    return new(ByChunk(frame.expr, blocks))


def by_label(frame: Any, values: Any) -> Any:
    """A pandas series or frame as a collection with the rows of a frame, looked up by their labels."""
    return new(ByLabel(frame.expr, Held.of(values)))


def places_in(frame: Any, places: Any) -> Any:
    """For each row whether its place is among some: a slice, a number, a list of numbers or of truth values."""
    if isinstance(places, slice):
        told: tuple[Any, ...] = ("slice", places.start, places.stop, places.step)
    elif isinstance(places, (int, np.integer)):
        told = ("list", int(places))
    else:
        numbers = list(places)
        if numbers and all(isinstance(each, (bool, np.bool_)) for each in numbers):
            return by_place(frame, np.asarray(numbers, dtype=bool))
        told = ("list", *[int(each) for each in numbers])
    return new(PlacesIn(frame.expr, told))


def matched(frame: Any, value: Any) -> Any:
    """A pandas object as a collection, to be matched with a frame by their labels."""
    labels = labels_in_memory(frame.expr)
    if labels is not None and labels.equals(value.index) and isinstance(frame.expr.meta.index, type(value.index[:0])):
        return new(ByPlace(frame.expr, Held.of(value)))
    return in_one_partition(value)


def in_one_partition(value: Any) -> Any:
    """A pandas object as a collection of one partition, its rows in their order."""
    index = value.index
    is_sorted = not isinstance(index, pd.MultiIndex) and not index.hasnans and index.is_monotonic_increasing
    return new(FromPandas(Held.of(value), ((0, len(value)),), bool(is_sorted)))
