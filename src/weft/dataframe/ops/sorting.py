"""Rows in order, over all partitions; frames sorted by their index, with divisions.

How: random rows of each partition give bounds, rows go to the bucket between the bounds where they belong, and each bucket is
sorted. Bounds are found in the course of the computation, so nothing is computed when the call is made; divisions are
found when somebody looks at them (`weft.dataframe.divisions.Deferred`), by the same samples.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.different import rows_differ
from weft.dataframe.divisions import Deferred, is_at_hand
from weft.dataframe.expr import FrameExpr, Partitionwise, column_needs
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.kernels.pandas.sorting import Bounds, ByEdges, ByOrder
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.ops.repartition import checked_count
from weft.dataframe.ops.shuffle import Moving, check_method, exchanged
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, blockwise
from weft.physical.gather import Gather
from weft.physical.mosaic import Mosaic
from weft.records import record

__all__ = ["Sort", "SortingMethods", "sorted_by_index"]

#: Random rows for each bucket: the lengths of buckets are then off by a tenth.
SAMPLES = 100


class SortSample:
    """Operation of a kernel: keys of random rows."""


class SortBounds:
    """Operation of a kernel: bounds of buckets."""


class SortMerge:
    """Operation of a kernel: a bucket, sorted."""


@record
class All:
    """One block that reads all blocks of its source."""

    count: int

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), None)]


@node
class SharedBounds(FrameExpr):
    """Bounds of ``count`` buckets of the rows of some frames together: one block, found by random rows of all partitions."""

    frames: tuple[FrameExpr, ...]
    orders: tuple[Order, ...]
    count: int
    ends: bool = False

    @property
    def label(self) -> str:
        return "bounds"

    @derived
    def meta(self) -> Any:
        return None

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs: Needs = frozenset()
        for frame, order in zip(self.frames, self.orders, strict=True):
            if frame == child:
                needs |= frozenset({Need.INDEX}) if order.by is None else column_needs(order.by)
        return needs

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        total = sum([frame.npartitions for frame in self.frames])
        each = -(-SAMPLES * self.count // total) + 8
        samples = []
        for place, (frame, order) in enumerate(zip(self.frames, self.orders, strict=True)):
            outline = Outline(self.name, f"sample-{place}", (frame.npartitions,))
            taking = partial(kernels[SortSample], order, each, self.ends)
            numbers = Listed(tuple(range(frame.npartitions)))
            samples.append(blockwise(outline, taking, [(frame, (0,))], [numbers], cost=Cost.LIGHT))
        every = Mosaic(Outline(self.name, "samples", (total,)), tuple(samples)) if len(samples) > 1 else samples[0]
        return Gather(self.outline, every, partial(kernels[SortBounds], self.orders[0], self.count), All(total))


@node
class BetweenBounds(Moving):
    """Rows between bounds that several frames share, each partition in order."""

    order: Order
    bounds: SharedBounds

    @property
    def label(self) -> str:
        return "align"

    @property
    def may_leave_index(self) -> bool:
        return self.order.by is not None

    @derived
    def npartitions(self) -> int:
        return self.bounds.count

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.bounds:
            return frozenset({Need.VALUES})
        needs = asked | {Need.ORDER}
        if self.order.by is None:
            return needs | {Need.INDEX}
        return needs if Need.VALUES in asked else needs | column_needs(self.order.by)

    def lower(self) -> Expr:
        merge = partial(KERNELS["pandas"][SortMerge], self.order, self.meta)
        targets = ByOrder(self.order, self.npartitions, True)
        return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index, self.bounds)


@node
class Sort(Moving):
    """Rows in order.

    Parameters
    ----------
    order : Order
    npartitions : int
    together : bool
        Whether equal keys stay in one partition.
    edges : tuple, optional
        Divisions that are given.
    """

    order: Order
    npartitions: int
    together: bool = False
    edges: tuple[Any, ...] | None = None

    @property
    def may_leave_index(self) -> bool:
        return self.order.by is not None

    @derived
    def divisions(self) -> Sequence[Any] | None:  # type: ignore[override]
        if not self.together:
            return None
        if self.edges is not None:
            return self.edges
        if self.npartitions == 1 and is_at_hand(self.source.divisions) and self.order.by is None:
            assert self.source.divisions is not None
            return (self.source.divisions[0], self.source.divisions[-1])
        return Deferred(self.npartitions + 1, partial(found_divisions, self.source, self.order, self.npartitions))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        by = self.order.by
        if by is None:
            return asked | {Need.INDEX, Need.ORDER}
        if Need.ORDER not in asked or (self.order.key is None and rows_differ(self.source, by)):
            needs = asked - {Need.ORDER}  # there are no ties, or nobody sees them
        else:
            needs = asked | {Need.ORDER}
        needs = needs if self.keep_index else needs - {Need.INDEX}
        return needs if Need.VALUES in asked else needs | column_needs(by)

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        if self.source.npartitions == 1 and self.npartitions == 1:
            whole = partial(kernels["SortWhole"], order=self.order, keep_index=self.keep_index)
            return blockwise(self.outline, whole, [(self.source, (0,))], cost=Cost.HEAVY)
        meta = self.meta
        merge = partial(kernels[SortMerge], self.order, meta)
        if self.edges is not None:
            targets: Any = ByEdges(self.order, self.edges)
            return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index)
        bounds = SharedBounds((self.source,), (self.order,), self.npartitions, self.together)
        targets = ByOrder(self.order, self.npartitions, self.together)
        return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index, bounds)


def found_divisions(source: FrameExpr, order: Order, count: int) -> tuple[Any, ...]:
    """Divisions by samples, computed now."""
    bounds: Bounds = new(SharedBounds((source,), (order,), count, True)).compute()
    if bounds.ends is None:
        return (None,) * (count + 1)
    values = [plain_value(each) for each in pd.Series(bounds.keys[0])]
    low, high = map(plain_value, bounds.ends)
    inner = [high if pd.isna(each) else each for each in values]
    inner += [high] * (count - 1 - len(inner))
    return (low, *inner, high)


def plain_value(value: Any) -> Any:
    """A NumPy number as Python's."""
    return (
        value.item()
        if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64))
        else value
    )


@node
class SortPartitions(Partitionwise):
    """Each partition sorted by itself: its rows are between divisions already."""

    source: FrameExpr
    order: Order

    @property
    def label(self) -> str:
        return "sort"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def rows(self) -> Hashable:
        return self.name

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX, Need.ORDER}

    def lower(self) -> Expr:
        whole = partial(KERNELS["pandas"]["SortWhole"], order=self.order, keep_index=True)
        return blockwise(self.outline, whole, [(self.source, (0,))], cost=Cost.HEAVY)


def sorted_by_index(source: FrameExpr, count: int | None = None, edges: tuple[Any, ...] | None = None) -> FrameExpr:
    """A frame in the order of its index, with divisions."""
    order = Order(None, (True,) * index_of_meta(source.meta).nlevels)
    together = len(order.ascending) == 1
    if source.divisions is not None and count in (None, source.npartitions) and edges is None:
        return SortPartitions(source, order)
    if edges is not None:
        return Sort(source, True, order, len(edges) - 1, True, edges)
    return Sort(source, True, order, count or source.npartitions, together)


def index_of_meta(meta: Any) -> pd.Index:
    """The index of a meta."""
    return meta if isinstance(meta, pd.Index) else meta.index


def directions(ascending: Any, count: int) -> tuple[bool, ...]:
    """A direction for each key."""
    if isinstance(ascending, (list, tuple)):
        if len(ascending) != count:
            raise ValueError(f"Length of ascending ({len(ascending)}) != length of by ({count})")
        each = tuple(ascending)
    else:
        each = (ascending,) * count
    if not all(isinstance(way, (bool, np.bool_, int)) for way in each):
        raise ValueError(f"ascending is True or False for each key; it is {ascending!r}")
    return tuple([bool(way) for way in each])


def check_na_position(na_position: str) -> bool:
    """Whether missing keys come first."""
    if na_position not in ("first", "last"):
        raise ValueError(f"invalid na_position: {na_position!r}; it is 'first' or 'last'")
    return na_position == "first"


def finished(frame: Any, made: Any, ignore_index: bool, inplace: bool) -> Any:
    """What a method that sorts returns."""
    return changed(frame, made.reset_index(drop=True) if ignore_index else made, inplace)


def is_columnwise(frame: Any, axis: Any) -> bool:
    """Whether an axis is that of columns; ValueError if there is no such one."""
    if axis in (0, "index", "rows"):
        return False
    if axis in (1, "columns") and isinstance(frame.expr.meta, pd.DataFrame):
        return True
    raise ValueError(f"No axis named {axis} for object type {type(frame.expr.meta).__name__}")


def in_column_order(frame: Any, labels: pd.Index, ignore_index: bool) -> Any:
    """A frame with its columns in another order."""
    made = frame[list(labels)]
    return made.set_axis(pd.RangeIndex(len(labels)), axis=1) if ignore_index else made


def check_options(kind: Any) -> None:
    """Options of pandas that have one value here."""
    if kind not in (None, "quicksort", "mergesort", "heapsort", "stable"):
        raise ValueError(
            f"kind is one of quicksort, mergesort, heapsort, stable (the sort is stable in any case); it is {kind!r}"
        )


def check_keys(meta: Any, labels: Sequence[Hashable]) -> None:
    """Raise TypeError for columns whose values have no order."""
    for label in labels:
        dtype = meta[label].dtype if isinstance(meta, pd.DataFrame) else meta.dtype
        if getattr(dtype, "kind", "O") in "cV":
            raise TypeError(f"cannot sort by {label!r}: values of {dtype} have no order")


def sorted_by_levels(frame: Any, level: Any, ascending: Any, sort_remaining: bool, options: dict[str, Any]) -> Any:
    """A frame in the order of some levels of its index, then of the others."""
    if not sort_remaining:
        raise NotImplementedError("sort_index(sort_remaining=False) is not supported: all levels are sorted by")
    index = frame.expr.meta.index
    first = [index._get_level_number(each) for each in (level if isinstance(level, (list, tuple)) else [level])]
    if isinstance(ascending, (list, tuple)) and len(ascending) < index.nlevels:
        raise NotImplementedError("sort_index(level=...) takes one direction for all levels")
    order = [*first, *[number for number in range(index.nlevels) if number not in first]]
    back = [order.index(number) for number in range(index.nlevels)]
    return frame.reorder_levels(order).sort_index(ascending=ascending, **options).reorder_levels(back)


class SortingMethods(FrameBase):
    """Rows in order."""

    __slots__ = ()

    def sort_index(
        self,
        *,
        axis: int = 0,
        level: Any = None,
        ascending: Any = True,
        inplace: bool = False,
        kind: str | None = None,
        na_position: str = "last",
        sort_remaining: bool = True,
        ignore_index: bool = False,
        key: Callable[..., Any] | None = None,
        npartitions: int | None = None,
    ) -> Any:
        """The frame in the order of its index, which then has divisions; equal labels keep their order.

        Parameters
        ----------
        axis : {0}
        level : int, name, or list of them, optional
            Of an index with several levels those that come first; the others follow.
        sort_remaining : bool
            Has to be true: levels that are not named are sorted by, too.
        ascending : bool or list of bool
        kind : str, optional
            Any: the sort is stable.
        na_position : {"last", "first"}
        ignore_index : bool
            Whether rows are numbered anew.
        key : callable, optional
            Function of the labels, that sorting goes by; it is called for each partition.
        npartitions : int, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = dd.from_pandas(pd.Series([1, 2, 3, 4], index=[4, 2, 1, 3]), npartitions=2, sort=False)
        >>> s.sort_index().compute().tolist()
        [3, 2, 4, 1]
        """
        check_options(kind)
        if is_columnwise(self, axis):
            words = {"level": level, "ascending": ascending, "na_position": na_position, "key": key}
            labels = self.expr.meta.sort_index(axis=1, sort_remaining=sort_remaining, **words).columns
            return changed(self, in_column_order(self, labels, ignore_index), inplace)
        if level is not None and index_of_meta(self.expr.meta).nlevels > 1:
            words = {"na_position": na_position, "key": key, "npartitions": npartitions}
            made = sorted_by_levels(self, level, ascending, sort_remaining, words)
            return finished(self, made, ignore_index, inplace)
        na_first = check_na_position(na_position)
        index = index_of_meta(self.expr.meta)
        ways = directions(ascending, index.nlevels)
        count = self.npartitions if npartitions is None else checked_count(npartitions)
        if all(ways) and not na_first and key is None:
            made = new(sorted_by_index(self.expr, None if npartitions is None else count))
        else:
            made = new(Sort(self.expr, True, Order(None, ways, na_first, key), count))
        return finished(self, made, ignore_index, inplace)


class FrameSortingMethods(SortingMethods):
    """Rows of a frame in order."""

    __slots__ = ()

    def sort_values(
        self,
        by: Any,
        *,
        npartitions: Any = None,
        axis: int = 0,
        ascending: Any = True,
        inplace: bool = False,
        kind: str | None = None,
        na_position: str = "last",
        ignore_index: bool = False,
        key: Callable[..., Any] | None = None,
        sort_function: Any = None,
        sort_function_kwargs: Any = None,
        upsample: float = 1.0,
        partition_size: Any = None,
        shuffle_method: str | None = None,
    ) -> Any:
        """The rows in the order of some columns, over all partitions; equal ones keep their order.

        Parameters
        ----------
        by : label or list of labels
        npartitions : int, optional
            As many as there are by default.
        ascending : bool or list of bool
            For each column.
        kind : str, optional
            Any: the sort is stable.
        na_position : {"last", "first"}
            Where missing values go.
        ignore_index : bool
            Whether rows are numbered anew.
        key : callable, optional
            Function of each column, that sorting goes by. It is called for each partition.
        sort_function, sort_function_kwargs
            Not supported: there is one way to sort.
        upsample, partition_size
            For programs written for Dask; samples are as many as it takes.
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            For programs written for Dask.

        Raises
        ------
        KeyError
            A column is not there.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [3, 1, 2, 1], "b": list("wxyz")}), npartitions=2)
        >>> df.sort_values(["a", "b"], ascending=[True, False]).b.compute().tolist()
        ['z', 'x', 'y', 'w']
        """
        check_options(kind)
        check_method(shuffle_method)
        if is_columnwise(self, axis):
            wanted = list(by) if isinstance(by, (list, pd.Index)) else [by]
            rows = self.loc[wanted].compute()  # type: ignore[attr-defined]
            words = {"ascending": ascending, "na_position": na_position, "key": key}
            labels = rows.sort_values(by, axis=1, kind="stable", **words).columns
            return changed(self, in_column_order(self, labels, ignore_index), inplace)
        if sort_function is not None or sort_function_kwargs is not None:
            raise NotImplementedError("sort_values(sort_function=...) is not supported: use key=..., or map_partitions")
        labels = tuple(by) if isinstance(by, (list, pd.Index)) else (by,)
        source, named = self.expr, self.expr.meta.index.names
        if not labels:
            return finished(self, self, ignore_index, inplace)
        if any(label not in source.columns for label in labels) and all(
            label in source.columns or label in named for label in labels
        ):
            if len(labels) == 1 and len(named) == 1:
                words = {"ascending": ascending, "na_position": na_position, "key": key, "npartitions": npartitions}
                return finished(self, self.sort_index(**words), ignore_index, inplace)
            # levels are columns meanwhile
            names = {label: f"__level__{label}" for label in labels if label not in source.columns}
            levels = {name: self.index.get_level_values(label) for label, name in names.items()}  # type: ignore[attr-defined]
            words = {"ascending": ascending, "na_position": na_position, "key": key, "npartitions": npartitions}
            by_columns = [names.get(label, label) for label in labels]
            made = self.assign(**levels).sort_values(by_columns, **words)[list(source.columns)]  # type: ignore[attr-defined]
            return finished(self, made, ignore_index, inplace)
        for label in labels:
            if label not in source.columns:
                raise KeyError(missing_column(label, source.columns))
        check_keys(source.meta, labels)
        order = Order(labels, directions(ascending, len(labels)), check_na_position(na_position), key)
        count = self.npartitions if npartitions in (None, "auto") else checked_count(npartitions)
        made = new(Sort(source, True, order, count))
        return finished(self, made, ignore_index, inplace)


class SeriesSortingMethods(SortingMethods):
    """Values of a series in order."""

    __slots__ = ()

    def sort_values(
        self,
        *,
        axis: int = 0,
        ascending: Any = True,
        inplace: bool = False,
        kind: str | None = None,
        na_position: str = "last",
        ignore_index: bool = False,
        key: Callable[..., Any] | None = None,
        npartitions: int | None = None,
    ) -> Any:
        """The values in order, over all partitions; see `DataFrame.sort_values`.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([3, 1, 2]), npartitions=2).sort_values().compute().tolist()
        [1, 2, 3]
        """
        check_options(kind)
        is_columnwise(self, axis)
        check_keys(self.expr.meta, (self.expr.meta.name,))
        order = Order((self.expr.meta.name,), directions(ascending, 1), check_na_position(na_position), key)
        count = self.npartitions if npartitions is None else checked_count(npartitions)
        made = new(Sort(self.expr, True, order, count))
        return finished(self, made, ignore_index, inplace)
