"""Labels of two indexes as sets; both are brought to one place."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.ops.concat import as_collection
from weft.dataframe.ops.reshaping import reshaped_whole

__all__: list[str] = []


def index_like(other: Any, like: pd.Index) -> Any:
    """Labels as a collection; those of no index, such as a list, have the names of another one."""
    if isinstance(other, FrameBase):
        return other if isinstance(other.expr.meta, pd.Index) else other.index  # type: ignore[attr-defined]
    labels = (
        other if isinstance(other, pd.Index) else pd.Index(list(other), name=like.name)
    )  # of tuples: several levels
    if not isinstance(other, pd.Index) and labels.nlevels == like.nlevels:
        labels = labels.set_names(like.names)
    return as_collection(pd.Series(index=labels, dtype=object)).index


class IndexSetMethods(FrameBase):
    """Labels as sets."""

    __slots__ = ()

    def union(self, other: Any, sort: bool | None = None) -> Any:
        """Labels of this index or another.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> labels = dd.from_pandas(pd.Series([1, 2], index=[3, 4]), npartitions=2).index
        >>> labels.union([1, 4]).compute().tolist()
        [1, 3, 4]
        """
        return reshaped_whole("union", self, index_like(other, self.expr.meta), sort=sort)

    def intersection(self, other: Any, sort: bool | None = False) -> Any:
        """Labels of this index and another."""
        return reshaped_whole("intersection", self, index_like(other, self.expr.meta), sort=sort)

    def difference(self, other: Any, sort: bool | None = None) -> Any:
        """Labels of this index that another has not."""
        return reshaped_whole("difference", self, index_like(other, self.expr.meta), sort=sort)

    def symmetric_difference(self, other: Any, result_name: Any = None, sort: bool | None = None) -> Any:
        """Labels that only one of two indexes has."""
        words = {} if result_name is None else {"result_name": result_name}
        return reshaped_whole("symmetric_difference", self, index_like(other, self.expr.meta), sort=sort, **words)

    def join(self, other: Any, *, how: str = "left", level: Any = None, sort: bool = False) -> Any:
        """The labels that rows of two indexes have that are joined by them."""
        words = {"how": how, "sort": sort} if level is None else {"how": how, "sort": sort, "level": level}
        return reshaped_whole("join", self, index_like(other, self.expr.meta), **words)
