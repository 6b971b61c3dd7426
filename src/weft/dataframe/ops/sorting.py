"""Methods that bring rows in order: of the index, of columns, of values (`weft.dataframe.ops.sort_nodes`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.divisions import checked_count
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.ops.labels import columns_as_before
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.ops.shuffle import check_method
from weft.dataframe.ops.sort_nodes import Sort, index_of_meta, sorted_by_index

__all__ = ["FrameSortingMethods", "SeriesSortingMethods"]


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


def sorted_by_levels(frame: Any, level: Any, ascending: Any, sort_remaining: bool, options: dict[str, Any]) -> Any:
    """A frame in the order of some levels of its index, and as a rule of the others after these."""
    index = frame.expr.meta.index
    first = [index._get_level_number(each) for each in (level if isinstance(level, (list, tuple)) else [level])]
    others = [number for number in range(index.nlevels) if number not in first]
    if isinstance(ascending, (list, tuple)) and len(ascending) != len(first):
        raise ValueError("level must have same length as ascending")
    alone = not sort_remaining or (isinstance(ascending, (list, tuple)) and len(first) < index.nlevels)
    key = options["key"]
    if not alone and key is None:
        order = [*first, *others]
        back = [order.index(number) for number in range(index.nlevels)]
        return frame.reorder_levels(order).sort_index(ascending=ascending, **options).reorder_levels(back)
    if key is not None:
        options = {**options, "key": OfLevels(key, {f"__level__{number}": index.names[number] for number in first})}
    numbers = first if alone else [*first, *others]
    labels = {f"__level__{number}": frame.index.get_level_values(number) for number in numbers}
    is_series = frame.expr.meta.ndim == 1
    rows = frame.to_frame("__values__") if is_series else frame
    made = rows.assign(**labels).sort_values(list(labels), ascending=ascending, **options)
    if is_series:
        return made["__values__"].rename(frame.expr.meta.name)
    return columns_as_before(made, frame.expr.meta.columns)


class OfLevels:
    """A key of labels as one of columns: of those that are the levels it was given for, by what these are called."""

    def __init__(self, key: Callable[..., Any], names: dict[str, Hashable]) -> None:
        self.key = key
        self.names = names

    def __weft_tokenize__(self) -> Any:
        return ("levels", self.key, tuple(self.names.items()))

    def __call__(self, column: pd.Series) -> Any:
        if column.name not in self.names:
            return column
        made = self.key(pd.Index(column.array, name=self.names[column.name]))
        return pd.Series(made, index=column.index, name=column.name)


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
            Whether levels that are not named are sorted by, too; they are not if there are several directions.
        ascending : bool or list of bool
            For each level that is named.
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
        order = Order((self.expr.meta.name,), directions(ascending, 1), check_na_position(na_position), key)
        count = self.npartitions if npartitions is None else checked_count(npartitions)
        made = new(Sort(self.expr, True, order, count))
        return finished(self, made, ignore_index, inplace)
