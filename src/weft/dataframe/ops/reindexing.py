"""Rows and columns for given labels; rows by levels of their labels, and by the time of the day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, at_hand, new
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import filtered
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.label_rows import in_level, names_several, rows_of
from weft.dataframe.ops.labels import relabelled, with_index
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.reshaping import reshaped_whole

__all__ = ["ReindexMethods", "SeriesReindexMethods"]


def labels_in_memory(given: Any, like: pd.Index) -> pd.Index:
    """Labels as an index; those of a collection are computed. A list has the name of the labels that it stands for."""
    found = given.compute() if isinstance(given, FrameBase) else given
    if isinstance(found, pd.Index):
        return found
    if not len(found):
        return like[:0]
    return pd.Index(found) if hasattr(found, "name") else pd.Index(found, name=like.name)


def reindexed_rows(frame: Any, given: Any, options: dict[str, Any]) -> Any:
    """The rows of some labels, in their order; missing values where there is none."""
    labels = labels_in_memory(given, frame.expr.meta.index)
    if options.get("method") is not None or options.get("level") is not None:
        return whole_result(frame, "reindex", call_of(labels, **options))
    words = {"fill_value": options["fill_value"]}
    found = rows_of(frame, list(labels.unique()), required=False)
    return reshaped_whole("reindex", found, labels=labels, **words)


@function_named("reindex_columns")
def reindex_columns(frame: pd.DataFrame, labels: pd.Index, options: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    """Columns of some labels."""
    return frame.reindex(columns=labels, **dict(options))


def reindex_options(method: Any, fill_value: Any, level: Any, limit: Any, tolerance: Any) -> dict[str, Any]:
    """What is told to pandas."""
    words = {"method": method, "level": level, "limit": limit, "tolerance": tolerance}
    return {word: each for word, each in words.items() if each is not None} | {"fill_value": at_hand(fill_value)}


class LevelMethods(FrameBase):
    """Levels of labels, times of the day, positions."""

    __slots__ = ()

    def swaplevel(self, i: Any = -2, j: Any = -1, axis: Any = 0) -> Any:
        """Two levels of the labels in each other's place."""
        if axis in (1, "columns"):
            return relabelled(self, self.expr.meta.columns.swaplevel(i, j))
        return with_index(self, elementwise("swaplevel", new(IndexOf(self.expr)), i, j))

    def reorder_levels(self, order: Any, axis: Any = 0) -> Any:
        """The levels of the labels in another order."""
        if axis in (1, "columns"):
            return relabelled(self, self.expr.meta.columns.reorder_levels(order))
        return with_index(self, elementwise("reorder_levels", new(IndexOf(self.expr)), tuple(order)))

    def xs(self, key: Any, axis: Any = 0, level: Any = None, drop_level: bool = True) -> Any:
        """The rows (or columns) of a label, or of a label in some levels, without these levels.

        Parameters
        ----------
        key : label, or tuple of labels
        axis : {0, 1}
        level : int, name, or list of them, optional
            The levels that ``key`` is of; the first ones by default. Without levels in the index the frame of all rows with
            the label comes, as from ``loc``.
        drop_level : bool
            Whether the levels are left out.
        """
        if isinstance(key, list):
            raise TypeError("list keys are not supported in xs, pass a tuple instead")
        if axis in (1, "columns"):
            columns = self.expr.meta.columns
            chosen = self.expr.meta.xs(key, axis=1, level=level, drop_level=drop_level)
            if isinstance(chosen, pd.Series):
                return project(self, key)
            place = (
                pd.DataFrame([range(len(columns))], columns=columns)
                .xs(key, axis=1, level=level, drop_level=False)
                .iloc[0]
            )
            made = project(self, [columns[each] for each in place])
            return relabelled(made, chosen.columns)
        index = self.expr.meta.index
        if not isinstance(index, pd.MultiIndex):
            if level is not None:
                raise TypeError("Index must be a MultiIndex")
            return self.loc[key]  # type: ignore[attr-defined]
        keys = key if isinstance(key, tuple) else (key,)
        levels = (
            list(range(len(keys))) if level is None else list(level) if isinstance(level, (list, tuple)) else [level]
        )
        if len(levels) != len(keys):
            raise AssertionError("Passed keys and levels must be the same length")
        numbers = [index._get_level_number(each) for each in levels]
        holds: Any = None
        for number, each in zip(numbers, keys, strict=True):
            own = in_level(self, number, each)
            holds = own if holds is None else holds & own
        made = filtered(self, holds)
        gone = [number for number, each in zip(numbers, keys, strict=True) if not names_several(self, number, each)]
        return made.droplevel(gone) if drop_level and gone and len(gone) < index.nlevels else made

    def take(self, indices: Any, axis: Any = 0) -> Any:
        """The rows (or columns) at some positions, in the order in which these are given."""
        if axis in (1, "columns"):
            return self.iloc[:, list(indices)]  # type: ignore[attr-defined]
        return self.iloc[list(indices)]  # type: ignore[attr-defined]

    def truncate(self, before: Any = None, after: Any = None, axis: Any = None, copy: Any = None) -> Any:
        """Rows (or columns) with labels from ``before`` to ``after``, both included."""
        if before is not None and after is not None and before > after:
            raise ValueError(f"Truncate: {after} must be after {before}")
        if axis in (1, "columns"):
            return project(self, list(self.expr.meta.truncate(before, after, axis=1).columns))
        if isinstance(self.expr.meta.index, pd.DatetimeIndex):
            before, after = (None if each is None else pd.to_datetime(each) for each in (before, after))
        if self.expr.divisions is not None or isinstance(self.expr.meta.index, (pd.MultiIndex, pd.PeriodIndex)):
            return self.loc[before:after]  # type: ignore[attr-defined]
        made, labels = self, new(IndexOf(self.expr))  # which may fall
        for operation, end in (("ge", before), ("le", after)):
            if end is not None:
                made = filtered(made, elementwise(operation, labels, end))
                labels = new(IndexOf(made.expr))
        return made

    def between_time(self, start_time: Any, end_time: Any, inclusive: str = "both", axis: Any = None) -> Any:
        """Rows between two times of the day; the index is of times.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = pd.Series(range(4), index=pd.date_range("2024", periods=4, freq="6h"))
        >>> dd.from_pandas(s, npartitions=2).between_time("05:00", "12:00").compute().tolist()
        [1, 2]
        """
        check_rows("between_time", axis)
        self.expr.meta.between_time(start_time, end_time, inclusive=inclusive)
        return filtered(self, elementwise("in_times", new(IndexOf(self.expr)), start_time, end_time, inclusive))

    def at_time(self, time: Any, asof: bool = False, axis: Any = None) -> Any:
        """Rows at a time of the day; the index is of times."""
        check_rows("at_time", axis)
        self.expr.meta.at_time(time, asof=asof)
        return filtered(self, elementwise("at_times", new(IndexOf(self.expr)), time, bool(asof)))


def check_rows(method: str, axis: Any) -> None:
    """Refuse the axis of columns."""
    if axis not in (None, 0, "index"):
        raise NotImplementedError(f"{method}(axis={axis!r}) of columns is not supported: choose them by label")


@function_named("in_times")
def in_times(labels: Any, start: Any, end: Any, inclusive: str) -> pd.Series:
    """Whether labels are between two times of the day."""
    ends = {"include_start": inclusive in ("both", "left"), "include_end": inclusive in ("both", "right")}
    return at_places(labels, labels.indexer_between_time(start, end, **ends))


@function_named("at_times")
def at_times(labels: Any, time: Any, asof: bool) -> pd.Series:
    """Whether labels are at a time of the day."""
    return at_places(labels, labels.indexer_at_time(time, asof=asof))


def at_places(labels: Any, places: Any) -> pd.Series:
    """True at some places."""
    holds = np.zeros(len(labels), bool)
    holds[places] = True
    return pd.Series(holds, index=labels)


class ReindexMethods(LevelMethods):
    """Rows and columns for given labels."""

    __slots__ = ()

    def reindex(
        self,
        labels: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        method: str | None = None,
        copy: Any = None,
        fill_value: Any = np.nan,
        level: Any = None,
        limit: int | None = None,
        tolerance: Any = None,
    ) -> Any:
        """The rows and columns of some labels, in their order; missing values where there is none.

        Parameters
        ----------
        labels : list of labels, index, or collection, optional
            Of the axis that ``axis`` says; collections are computed.
        index, columns : the same
        axis : {0, 1}
        method : {"ffill", "bfill", "nearest"}, optional
            Where a label is not there, take the row before it, or behind it; the frame is brought to one place.
        fill_value : scalar
        level, limit, tolerance
            As in pandas.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
        >>> df.reindex([2, 0], columns=["a", "b"], fill_value=0).compute().values.tolist()
        [[3, 0], [1, 0]]
        """
        if axis is not None and (index is not None or columns is not None):
            raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
        if labels is not None:
            if index is not None and columns is not None:
                raise TypeError("Cannot specify all of 'labels', 'index', 'columns'.")
            if axis in (1, "columns"):
                columns = labels
            elif index is None:
                index = labels
            else:
                columns = labels
        made: Any = self
        options = reindex_options(method, fill_value, level, limit, tolerance)
        if columns is not None:
            made = elementwise(
                "reindex_columns", made, labels_in_memory(columns, self.expr.meta.columns), tuple(options.items())
            )
        return made if index is None else reindexed_rows(made, index, options)

    def reindex_like(
        self, other: Any, method: str | None = None, copy: Any = None, limit: int | None = None, tolerance: Any = None
    ) -> Any:
        """The rows and columns that another frame has; its labels are computed at the call."""
        words = {"method": method, "limit": limit, "tolerance": tolerance}
        return self.reindex(index=other.index, columns=other.columns, **words)

    def isetitem(self, loc: int, value: Any) -> None:
        """Put other values into the column at a place; the frame itself stands for the result from then on."""
        labels = self.expr.columns
        if not -len(labels) <= loc < len(labels):
            raise IndexError(f"isetitem(loc={loc}): there are {len(labels)} columns")
        if labels.count(labels[loc]) > 1:
            raise NotImplementedError(f"isetitem: several columns are called {labels[loc]!r}. Rename them first.")
        self[labels[loc]] = value  # type: ignore[index]


class SeriesReindexMethods(LevelMethods):
    """Rows of a series for given labels."""

    __slots__ = ()

    def reindex(
        self,
        index: Any = None,
        *,
        axis: Any = None,
        method: str | None = None,
        copy: Any = None,
        fill_value: Any = np.nan,
        level: Any = None,
        limit: int | None = None,
        tolerance: Any = None,
    ) -> Any:
        """The values of some labels, in their order; missing where there is none. See `DataFrame.reindex`."""
        options = reindex_options(method, fill_value, level, limit, tolerance)
        return self if index is None else reindexed_rows(self, index, options)

    def reindex_like(
        self, other: Any, method: str | None = None, copy: Any = None, limit: int | None = None, tolerance: Any = None
    ) -> Any:
        """The values of the labels that another has; these are computed at the call."""
        return self.reindex(other.index, method=method, limit=limit, tolerance=tolerance)
