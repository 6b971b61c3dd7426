"""Groups of rows: what is grouped by what, and all that can be asked of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.grouping import GroupPlan
from weft.dataframe.ops.groupby_aggregates import GroupAggregates
from weft.dataframe.ops.groupby_base import GroupsBase
from weft.dataframe.ops.groupby_keys import keys_by_level, keys_of, mapped_level, with_keys
from weft.dataframe.ops.groupby_methods import GroupMethods
from weft.dataframe.ops.groupby_requests import Aggregation
from weft.dataframe.ops.layout import headline
from weft.dataframe.ops.neighbours import call_of
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.resample import PeriodGroups

__all__ = ["Aggregation", "GroupBy"]


class GroupBy(GroupAggregates, GroupMethods):
    """Groups of rows, of which aggregates and more can be asked: what ``df.groupby(...)`` gives."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> GroupBy:
        known = self._frame.expr.columns
        if self._frame.expr.meta.ndim == 1:
            raise IndexError(f"Column(s) {key} already selected")
        is_list = isinstance(key, (list, pd.Index, np.ndarray))
        for label in key if is_list else [key]:
            if label not in known:
                raise KeyError(f"Column not found: {missing_column(label, known)}")
        return GroupBy(self._frame, self._plan, self._blocks, tuple(key) if is_list else key, not is_list)

    def __getattr__(self, label: str) -> Any:
        hidden = label.startswith("__") or label in GroupsBase.__slots__
        if not hidden and self._frame.expr.meta.ndim == 2 and label in self._frame.expr.columns:
            return self[label]
        raise AttributeError(f"groups have no attribute and no column {label!r}")

    def __dir__(self) -> list[str]:
        labels = [each for each in self._frame.expr.columns if isinstance(each, str) and each.isidentifier()]
        return [*super().__dir__(), *labels]

    def __repr__(self) -> str:
        return f"<GroupBy {[each.name for each in self._plan.by]} of {headline(self._frame)[1:-1]}>"

    def __iter__(self) -> Iterator[Any]:
        source = self._source()
        whole = new(source).compute()
        blocks = [new(each).compute() for each in self._blocks]
        yield from self._pandas(whole, blocks)

    @property
    def ngroups(self) -> int:
        """Number of groups; this computes."""
        return len(self.size().compute())

    @property
    def groups(self) -> Any:
        """Labels of the rows of each group; this computes."""
        return self._computed().groups

    @property
    def indices(self) -> Any:
        """Positions of the rows of each group; this computes."""
        return self._computed().indices

    def _computed(self) -> Any:
        """pandas' own groups of all rows."""
        whole = (
            self._chosen_frame()
            if self._is_series and not any(each.kind == "column" for each in self._plan.by)
            else self._frame
        )
        return self._pandas(whole.compute(), [new(each).compute() for each in self._blocks])

    def compute(self, **kwargs: Any) -> Any:
        """pandas' own groups of the computed frame."""
        whole = self._frame.compute(**kwargs)
        return self._pandas(whole, [new(each).compute(**kwargs) for each in self._blocks])


class GroupbyMethods(FrameBase):
    """Groups of rows."""

    __slots__ = ()

    def groupby(
        self,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool | None = None,
        group_keys: bool = True,
        observed: bool | None = True,
        dropna: bool | None = None,
    ) -> GroupBy:
        """Groups of the rows with equal keys.

        Parameters
        ----------
        by : label, series, function, mapping, pandas.Grouper, or list of those
            Columns; series with the rows of this frame; functions of, or mappings from, the index.
        level : int, name, or list of those, optional
            Levels of the index, in place of ``by``.
        as_index : bool
            Whether the keys of groups are the index of results, or columns.
        sort : bool
            Whether groups are sorted by their keys (the default); otherwise they come as they first appear.
        group_keys : bool
            Whether `GroupBy.apply` adds the keys to the index.
        observed : bool
            Whether only the categories that are there make groups (the default).
        dropna : bool
            Whether rows with a missing key are left out (the default).

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}), npartitions=2)
        >>> df.groupby("k").v.sum().compute().to_dict()
        {'a': 4, 'b': 2}
        """
        if isinstance(by, list) and len(by) == 1 and getattr(by[0], "freq", None) is not None:
            by = by[0] if isinstance(by[0], pd.Grouper) else by
        if isinstance(by, pd.Grouper) and getattr(by, "freq", None) is not None:
            options = {"as_index": as_index, "group_keys": group_keys, "observed": observed}
            return by_periods(self, by, options)  # type: ignore[no-any-return]
        if level is not None and by is not None:
            if isinstance(level, (list, tuple)) or not (callable(by) or isinstance(by, (Mapping, pd.Series))):
                raise TypeError("groupby() takes by or level, or a mapping or function of one level")
            by, level = mapped_level(self, by, level), None
        frame: Any = self
        if level is None:
            frame, by = with_keys(self, by)
        found = keys_by_level(self, level) if level is not None else keys_of(frame, by)
        keys, blocks, is_listed = found
        if isinstance(by, pd.Grouper):
            sort = by.sort
        if not keys:
            raise ValueError("No group keys passed!")
        plan = GroupPlan(
            tuple(keys),
            sort is None or bool(sort),
            bool(observed),
            dropna is None or bool(dropna),
            bool(as_index),
            bool(group_keys),
            is_listed,
        )
        return GroupBy(without_times(frame, by), plan, tuple(blocks))


def by_periods(frame: Any, grouper: Any, options: dict[str, Any]) -> Any:
    """Periods of time as groups, those without rows too."""
    words = {word: getattr(grouper, word) for word in ("closed", "label", "origin", "offset")}
    periods = frame.resample(grouper.freq, on=grouper.key, level=grouper.level, **words)
    return PeriodGroups(
        periods, call_of(grouper if grouper.level is None else without_level(grouper, words), **options)
    )


def without_level(grouper: Any, words: dict[str, Any]) -> Any:
    """Periods of a level, which has become the index."""
    return pd.Grouper(freq=grouper.freq, **words)


def without_times(frame: Any, by: Any) -> Any:
    """A frame without the columns of times that only say in which period a row is."""
    listed = by if isinstance(by, (list, tuple)) else [by]
    gone = [each.key for each in listed if isinstance(each, pd.Grouper) and getattr(each, "freq", None) is not None]
    return project(frame, [label for label in frame.expr.columns if label not in gone]) if any(gone) else frame
