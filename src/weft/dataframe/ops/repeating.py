"""Rows several times over, rows left out by label, rows chosen by what their labels look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.assignment import labels_among
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.labels import IndexOf
from weft.dataframe.ops.reshaping import matched
from weft.expr import node

__all__: list[str] = []


@node
class Repeat(Partitionwise):
    """Each row so many times."""

    source: FrameExpr
    times: int

    facts = frozenset()

    @property
    def label(self) -> str:
        return "repeat"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.times,)


def repeated(column: Any, repeats: Any) -> Any:
    """`repeat` of series and indexes."""
    if not isinstance(repeats, (int, np.integer)):
        raise NotImplementedError("repeat() takes one number for all rows")
    if repeats < 0:
        raise ValueError("repeats may not contain negative values.")
    return new(Repeat(column.expr, int(repeats)))


@function_named("labels_like")
def labels_like(labels: pd.Index, items: Any, like: str | None, regex: str | None) -> pd.Series:
    """Whether labels are among some, have a text in them, or match a regular expression."""
    rows = pd.Series(False, index=labels)
    if items is not None:
        return pd.Series(labels.isin(list(items)), index=labels)
    texts = labels.map(str)
    found = texts.str.contains(like, regex=False) if like is not None else texts.str.contains(regex)
    return rows if not len(labels) else pd.Series(np.asarray(found, dtype=bool), index=labels)


class SeriesRowMethods(FrameBase):
    """Rows of a series by label."""

    __slots__ = ()

    def repeat(self, repeats: int, axis: None = None) -> Any:
        """Each row so many times."""
        return repeated(self, repeats)

    def drop(
        self,
        labels: Any = None,
        axis: Any = 0,
        *,
        index: Any = None,
        columns: Any = None,
        level: Any = None,
        inplace: bool = False,
        errors: str = "raise",
    ) -> Any:
        """Without the rows of some labels. Those that are not there cannot be told without computing."""
        if errors not in ("raise", "ignore"):
            raise ValueError(f"drop(errors={errors!r}): it is 'raise' or 'ignore'")
        if axis not in (0, "index", "rows"):
            raise ValueError(f"No axis named {axis} for object type Series")
        gone = index if labels is None else labels
        if gone is None and columns is None:
            raise ValueError("Need to specify at least one of 'labels', 'index' or 'columns'")
        made: Any = self if gone is None else self[~labels_among(self, gone, level)]  # type: ignore[index]
        return changed(self, made, inplace)

    def filter(self, items: Any = None, like: str | None = None, regex: str | None = None, axis: Any = None) -> Any:
        """Rows by their labels: from a list, with a text in them, or by a regular expression."""
        if sum(each is not None for each in (items, like, regex)) != 1:
            raise TypeError(
                "Keyword arguments `items`, `like`, or `regex` are mutually exclusive, and one must be given"
            )
        told = None if items is None else tuple(items)
        return self[elementwise("labels_like", new(IndexOf(self.expr)), told, like, regex)]  # type: ignore[index]

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Labels and values; one partition is computed after the other."""
        for part in self.partitions:  # type: ignore[attr-defined]
            yield from part.compute().items()

    def keys(self) -> Any:
        """The labels of the rows."""
        return new(IndexOf(self.expr))

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a label, or a default if there is none; computes."""
        found = self.compute()
        return found.get(key, default)

    def update(self, other: Any) -> None:
        """Take the values of another that are not missing; the series itself stands for the result from then on."""
        mine, theirs = matched("update", self, other if isinstance(other, FrameBase) else pd.Series(other))
        self.expr = elementwise("updated", mine, theirs).expr

    @property
    def T(self) -> Any:  # noqa: N802 (pandas' name)
        """The series itself."""
        return self

    def transpose(self) -> Any:
        """The series itself."""
        return self


@function_named("updated")
def updated(column: pd.Series, other: pd.Series) -> pd.Series:
    """A column with the values of another where it has any."""
    made = column.copy()
    made.update(other)
    return made
