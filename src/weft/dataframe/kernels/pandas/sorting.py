"""Steps of a sort of rows in many partitions: samples, bounds, buckets, each of them sorted.

Rows are in the order of their keys, and equal ones in the order in which they stood. Buckets may cut between equal rows (by
where they stand), so one key that is everywhere makes no large bucket; only where the result is to have divisions do equal
keys stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.hashing import target_type
from weft.dataframe.kernels.pandas.keys import Order, key_arrays, order_of, places_among, plain
from weft.dataframe.kernels.pandas.runs import (
    Run,
    assembled,
    bare,
    index_of,
    joined,
    joined_column,
    joined_index,
    run_of,
    series_array,
    taken,
)
from weft.dataframe.kernels.table import KERNELS
from weft.records import record

PANDAS = KERNELS["pandas"]


class Sample(NamedTuple):
    """Keys of some rows of a partition, how many rows each stands for, and the ends of the first key."""

    keys: tuple[Any, ...]
    rows: Any
    weight: float
    ends: tuple[Any, Any] | None


class Bounds(NamedTuple):
    """Where buckets begin: keys, and where the rows stand that have them (partition, row)."""

    keys: tuple[Any, ...]
    positions: Any
    ends: tuple[Any, Any] | None


@PANDAS.add("SortSample")
def sample(order: Order, count: int, wants_ends: bool, partition: Any, number: int) -> Sample:
    """Random rows of a partition: the same ones each time."""
    keys = key_arrays(partition, order)
    length = len(partition)
    if length <= count:
        rows = np.arange(length)
    else:
        rows = np.sort(np.random.default_rng(number).choice(length, count, replace=False, shuffle=False))
    ends = ends_of(keys[0]) if wants_ends else None
    return Sample(tuple([bare(each.take(rows)) for each in keys]), rows, length / max(1, len(rows)), ends)


def ends_of(array: Any) -> tuple[Any, Any] | None:
    """Least and greatest of the values that are there."""
    if isinstance(array, pd.Categorical):
        codes = array.codes[array.codes >= 0]
        return (array.categories[codes.min()], array.categories[codes.max()]) if len(codes) else None
    values = pd.Series(array, copy=False)
    if values.hasnans:
        values = values.dropna()
    return (values.min(), values.max()) if len(values) else None


@PANDAS.add("SortBounds")
def bounds_of(order: Order, count: int, told: Any, *samples: Sample) -> Bounds:
    """Bounds of ``count`` buckets with about as many rows each."""
    keys = tuple([as_key(joined([each.keys[place] for each in samples])) for place in range(len(samples[0].keys))])
    weights = np.repeat([each.weight for each in samples], [len(each.rows) for each in samples])
    parts = np.repeat(np.arange(len(samples)), [len(each.rows) for each in samples])
    positions = np.column_stack([parts, np.concatenate([each.rows for each in samples])])
    ends = [each.ends for each in samples if each.ends is not None]
    edges = None
    if ends:
        low, high = ends_of(pd.array([value for pair in ends for value in pair], dtype=pd.Series(keys[0]).dtype)) or (
            None,
            None,
        )
        edges = (low, high)
    placed = order_of(keys, Order(order.by, order.ascending, order.na_first))
    reached = np.cumsum(weights[placed])
    if not len(placed):
        return Bounds(tuple([bare(each) for each in keys]), positions, edges)
    wanted = reached[-1] * np.arange(1, count) / count
    chosen = placed[np.minimum(np.searchsorted(reached, wanted, "right"), len(placed) - 1)]
    return Bounds(tuple([bare(each.take(chosen)) for each in keys]), positions[chosen], edges)


def as_key(array: Any) -> Any:
    """A bare column as a key."""
    made = series_array(array)
    return made.to_numpy() if type(made) is pd.arrays.NumpyExtensionArray else made


@record
class ByOrder:
    """Rows go to the bucket between the bounds where their keys lie."""

    order: Order
    count: int
    together: bool

    def __call__(self, partition: Any, number: int, beside: Bounds) -> tuple[Any, Any]:
        bounds = [as_key(each) for each in beside.keys]
        partition, keys = with_kinds(partition, self.order, bounds)
        positions = None if self.together else (number, beside.positions)
        places = places_among(keys, bounds, self.order, positions)
        if self.together:
            places = kept_with_last(places, keys[0], self.count, self.order.na_first)
        return partition, places.astype(target_type(self.count))


def kept_with_last(places: Any, key: Any, count: int, na_first: bool = False) -> Any:
    """Targets within the buckets; missing keys, which have no place among divisions, go to the last, or to the first."""
    missing = np.asarray(pd.isna(key))
    if missing.any():
        places = places.copy()
        places[missing] = 0 if na_first else count - 1
    return np.minimum(places, count - 1)


@record
class ByEdges:
    """Rows go between given divisions; what lies beyond goes to the first or last partition."""

    order: Order
    edges: tuple[Any, ...]

    def __call__(self, partition: Any, number: int, beside: Any) -> tuple[Any, Any]:
        (key,) = key_arrays(partition, self.order)
        count = len(self.edges) - 1
        inner = pd.Series(list(self.edges[1:-1]))
        bounds = inner.astype(pd.Series(key[:0]).dtype) if len(inner) else pd.Series(key[:0])
        places = places_among([key], [as_key(bare(bounds.array))], self.order)
        kind = target_type(count)
        return partition, kept_with_last(places, key, count).astype(kind)


def with_kinds(partition: Any, order: Order, bounds: list[Any]) -> tuple[Any, list[Any]]:
    """A partition and its keys, these of the bounds' types: partitions may differ in the width of numbers, or in categories."""
    keys = key_arrays(partition, order)
    for place, (key, bound) in enumerate(zip(keys, bounds, strict=True)):
        if key.dtype == bound.dtype or bound.dtype == object or key.dtype == object:
            continue
        keys[place] = plain(pd.Series(key).astype(bound.dtype))  # NumPy's own arrays, as the bounds are
        if (
            isinstance(bound, pd.Categorical)
            and isinstance(partition, pd.DataFrame)
            and order.by is not None
            and order.key is None
        ):
            partition = partition.copy(deep=False)
            partition[order.by[place]] = keys[place]
    return partition, keys


@PANDAS.add("SortMerge")
def merge_sorted(order: Order, meta: Any, told: Any, *runs: Run) -> Any:
    """A bucket from its runs, sorted. Columns are put together one at a time, which keeps the memory for it small."""
    return sorted_runs(runs, order, meta)


def sorted_runs(runs: Sequence[Run], order: Order, meta: Any) -> Any:
    """The rows of some runs in order, as a pandas object."""
    length = sum([run.length for run in runs])

    def column(place: int) -> Any:
        return joined_column(runs, place)

    def labels() -> Any:
        return joined_index(runs)

    keys: dict[int, Any] = {}
    if order.by is None:
        keyed: Any = (
            index_of(column(0), meta)
            if isinstance(meta, pd.Index)
            else pd.DataFrame(index=index_of(labels(), meta.index))
        )
    elif isinstance(meta, pd.DataFrame):
        wanted = [meta.columns.get_loc(label) for label in order.by]
        keys = {place: column(place) for place in wanted}
        keyed = assembled([keys[place] for place in wanted], pd.RangeIndex(length), meta.iloc[:0, wanted])
    else:
        keyed = assembled([column(0)], pd.RangeIndex(length), meta)
    places = order_of(key_arrays(keyed, order), order)
    columns = [taken(keys[place] if place in keys else column(place), places) for place in range(len(runs[0].columns))]
    if isinstance(meta, pd.Index):
        return index_of(columns[0], meta)
    if runs[0].index is None:
        return assembled(columns, pd.RangeIndex(length, name=meta.index.name), meta)
    return assembled(columns, index_of(taken(labels(), places), meta.index), meta)


@PANDAS.add("SortWhole")
def sort_whole(partition: Any, order: Order, keep_index: bool) -> Any:
    """A partition sorted by itself."""
    return sorted_runs([run_of(partition, keep_index or order.by is None)], order, partition)


@PANDAS.add("IndexEnds")
def index_ends(partition: Any) -> tuple[Any, Any, int, bool]:
    """Least and greatest index value, number of rows, and whether they rise."""
    index = partition if isinstance(partition, pd.Index) else partition.index
    if not len(index):
        return (None, None, 0, True)
    found = ends_of(index.array) or (None, None)
    return (*found, len(index), bool(index.is_monotonic_increasing))
