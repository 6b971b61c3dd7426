"""Some columns of a frame."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, HashedBy, Partitionwise, column_needs, row_needs
from weft.expr import Expr, Needs, derived, node
from weft.hints import did_you_mean

__all__ = ["ProjectionMethods", "check_columns", "project"]


@node
class Projection(Partitionwise):
    """Columns of a frame: a tuple of labels gives a frame, one label that is no tuple a series."""

    source: FrameExpr
    chosen: Any

    @property
    def label(self) -> str:
        return "getitem"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.chosen,)

    @derived
    def hashed_by(self) -> HashedBy | None:
        return self.source.hashed_by

    def asks(self, child: Expr, asked: Needs) -> Needs:
        chosen = self.chosen if type(self.chosen) is tuple else (self.chosen,)
        return row_needs(asked) | column_needs(chosen)


@node
class Subcolumns(Partitionwise):
    """What columns of several levels have under a label of the first ones: columns with the other levels, or a series."""

    source: FrameExpr
    key: Any

    @property
    def label(self) -> str:
        return "getitem"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.key,)

    @derived
    def hashed_by(self) -> HashedBy | None:
        return self.source.hashed_by if self.meta.ndim == 1 else None

    @derived
    def chosen(self) -> tuple[Hashable, ...]:
        """Whole labels of the columns, in the order of the result's."""
        return labels_under(self.source.meta.columns, self.key)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | column_needs(self.chosen)


def labels_under(columns: pd.MultiIndex, key: Hashable) -> tuple[Hashable, ...]:
    """Labels of several levels that begin with a label, or with those of a tuple."""
    place = columns.get_loc(key)
    return tuple(columns[[place] if isinstance(place, int) else place])


def column(expr: FrameExpr, key: Hashable) -> Any:
    """``frame[key]`` for a label that is there."""
    if isinstance(expr.meta.columns, pd.MultiIndex):
        return new(Subcolumns(expr, key))
    return new(Projection(expr, (key,) if expr.columns.count(key) > 1 else key))


def project(frame: Any, key: Any) -> Any:
    """``frame[key]`` for a label or a list of labels."""
    expr = frame.expr
    if isinstance(key, (list, pd.Index, np.ndarray)):
        wanted = list(key)
        if wanted and all(isinstance(each, (bool, np.bool_)) for each in wanted):
            raise TypeError("columns whose labels are all True or False cannot be chosen by a list: rename them first")
        check_columns(expr, wanted)
        if isinstance(expr.meta.columns, pd.MultiIndex):
            wanted = [whole for each in wanted for whole in labels_under(expr.meta.columns, each)]
        return new(Projection(expr, tuple(wanted)))
    if type(key) is tuple and not isinstance(expr.meta.columns, pd.MultiIndex):
        raise KeyError(missing_column(key, expr.columns))
    check_columns(expr, [key])
    return column(expr, key)


def check_columns(expr: FrameExpr, labels: Iterable[Hashable]) -> None:
    """Raise KeyError for a label that no column has."""
    known = expr.meta.columns
    for label in labels:
        if label not in known:
            raise KeyError(missing_column(label, expr.columns))


def missing_column(label: Hashable, known: Sequence[Hashable]) -> str:
    """Message for a column that is not there, with the nearest one that is."""
    listed = f" There are {list(known[:20])}{'...' if len(known) > 20 else ''}."
    return f"there is no column {label!r}.{did_you_mean(label, known) or listed}"


class ProjectionMethods(FrameBase):
    """Columns by ``frame["a"]``, ``frame[["a", "b"]]`` and ``frame.a``."""

    __slots__ = ()

    @property
    def dtypes(self) -> pd.Series:
        """Types of the columns."""
        return self.expr.meta.dtypes

    def __contains__(self, label: Hashable) -> bool:
        return label in self.expr.meta.columns

    def __getattr__(self, label: str) -> Any:
        if not label.startswith("__") and label != "expr" and label in self.expr.meta.columns:
            return project(self, label)
        if hasattr(type(self), label):  # a property that failed: with what it failed
            return object.__getattribute__(self, label)
        raise AttributeError(
            f"{type(self).__name__} has no attribute {label!r}, and {missing_column(label, self.expr.columns)}"
            if label != "expr" and not label.startswith("__")
            else f"{type(self).__name__} has no attribute {label!r}"
        )

    def get(self, key: Any, default: Any = None) -> Any:
        """A column, or columns by a list of their labels; a default if one is not there."""
        try:
            return project(self, key)
        except KeyError:
            return default

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """Columns of some types; see `pandas.DataFrame.select_dtypes`."""
        include, exclude = [list(each) if isinstance(each, Iterator) else each for each in (include, exclude)]
        return project(self, list(self.expr.meta.select_dtypes(include=include, exclude=exclude).columns))

    def select(self, *args: Any, **kwargs: Any) -> Any:
        """Some columns, and further ones by functions or expressions.

        Parameters
        ----------
        *args : labels, expressions, or one list of them
            Columns, in this order.
        **kwargs
            Further columns, as `assign` takes them.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), npartitions=2)
        >>> df.select("b", c=lambda d: d.a + d.b).compute().values.tolist()
        [[3, 4], [4, 6]]
        """
        is_listed = len(args) == 1 and isinstance(args[0], (list, pd.Index, np.ndarray, Iterator))
        given = list(args[0]) if is_listed else list(args)
        labels = [each for each in given if isinstance(each, Hashable) and not hasattr(each, "_eval_expression")]
        if len(labels) < len(given):
            raise TypeError(
                "select() takes labels of columns; expressions go by keyword: select(total=pandas.col('a') + 1)"
            )
        if twice := [label for label in kwargs if label in labels]:
            raise ValueError(f"select() would give two columns of the label {twice[0]!r}: choose another name")
        made = self.assign(**kwargs) if kwargs else self
        return project(made, [*labels, *kwargs])
