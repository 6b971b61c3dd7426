"""Some columns of a frame."""

from __future__ import annotations

import difflib
from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise, column_needs, row_needs
from weft.expr import Expr, Needs, node

__all__: list[str] = []


@node
class Projection(Partitionwise):
    """Columns of a frame: a tuple of labels gives a frame, one label a series."""

    source: FrameExpr
    chosen: Any

    @property
    def label(self) -> str:
        return "getitem"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.chosen,)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        chosen = self.chosen if type(self.chosen) is tuple else (self.chosen,)
        return row_needs(asked) | column_needs(chosen)


def project(frame: Any, key: Any) -> Any:
    """``frame[key]`` for a label or a list of labels."""
    known = frame.expr.columns
    wanted = list(key) if isinstance(key, (list, pd.Index)) else [key]
    for label in wanted:
        if label not in known:
            raise KeyError(missing_column(label, known))
    chosen = tuple(wanted) if isinstance(key, (list, pd.Index)) else key
    return new(Projection(frame.expr, chosen))


def missing_column(label: Hashable, known: tuple[Hashable, ...]) -> str:
    """Message for a column that is not there, with the nearest one that is."""
    near = difflib.get_close_matches(str(label), list(map(str, known)), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" There are {list(known)}."
    return f"there is no column {label!r}.{hint}"


class ProjectionMethods(FrameBase):
    """Columns by ``frame["a"]``, ``frame[["a", "b"]]`` and ``frame.a``."""

    __slots__ = ()

    @property
    def columns(self) -> pd.Index:
        """Labels of the columns."""
        return self.expr.meta.columns

    @property
    def dtypes(self) -> pd.Series:
        """Types of the columns."""
        return self.expr.meta.dtypes

    def __getattr__(self, label: str) -> Any:
        if not label.startswith("__") and label != "expr" and label in self.expr.columns:
            return project(self, label)
        raise AttributeError(f"{type(self).__name__} has no attribute and no column {label!r}")
