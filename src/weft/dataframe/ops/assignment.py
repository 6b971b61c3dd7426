"""Columns added, replaced, left out."""

from __future__ import annotations

import re
from collections.abc import Hashable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called, changed, new
from weft.dataframe.expr import (
    VALUES,
    FrameExpr,
    HashedBy,
    Partitionwise,
    asked_columns,
    column_needs,
    have_same_rows,
    row_needs,
)
from weft.dataframe.kernels.pandas.elementwise import evaluate, function_named
from weft.dataframe.meta import is_pandas
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.beside import by_label, by_place, has_rows, single
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.expressions import goes_by_rows
from weft.dataframe.ops.indexing_keys import is_by_position
from weft.dataframe.ops.neighbours import call_of, whole_result, whole_rows
from weft.dataframe.ops.projection import check_columns, column, project
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["Assign", "AssignmentMethods", "labels_among"]


@node
class Assign(Partitionwise):
    """A frame with further columns: series with the same rows, or scalars."""

    source: FrameExpr
    labels: tuple[Hashable, ...]
    values: tuple[Any, ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        scalars = [(place, each) for place, each in enumerate(self.values) if not isinstance(each, FrameExpr)]
        return (self.labels, tuple(scalars))

    @derived
    def hashed_by(self) -> HashedBy | None:
        found = self.source.hashed_by
        return found if found is not None and not set(found.on or ()) & set(self.labels) else None

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = row_needs(asked)
        if any(isinstance(each, FrameExpr) and each.rows != self.source.rows for each in self.values):
            needs |= {Need.INDEX}
        if child == self.source:
            if Need.VALUES in asked:
                return needs | VALUES
            kept = [label for label in self.source.columns if label not in self.labels]
            needs |= column_needs(asked_columns(asked, kept))
        if any(isinstance(each, FrameExpr) and each == child for each in self.values):
            needs |= VALUES
        return needs


def assign(frame: Any, label: Hashable, value: Any) -> Any:
    """A frame with one more column."""
    value = single(called(value, frame))
    source = frame.expr
    label = whole_label(source.meta.columns, label)
    if isinstance(value, pd.DataFrame):
        if value.shape[1] != 1:
            raise ValueError(
                f"Cannot set a DataFrame with multiple columns to the single column {label}: choose one of them"
            )
        value = value.iloc[:, 0]
    if has_rows(value) and np.ndim(value) == 2 and np.shape(value)[1] == 1:
        value = value[:, 0]
    if isinstance(value, pd.Series):
        value = by_label(frame, value)
    elif has_rows(value):
        value = by_place(frame, value)
    if not isinstance(value, FrameBase):
        return new(Assign(source, (label,), (value,)))
    made = value.expr
    if isinstance(made.meta, pd.DataFrame):
        if len(made.columns) != 1:
            raise ValueError(
                f"Cannot set a DataFrame with multiple columns to the single column {label}: choose one of "
                f"{list(made.columns)}"
            )
        made = column(made, made.columns[0]).expr
    if isinstance(made.meta, (pd.Series, pd.Index)) and not have_same_rows(made, source):
        source, made = align_rows([source, made])
    return new(Assign(source, (label,), (made,)))


def values_of(value: Any, count: int) -> list[Any]:
    """What each of several columns is set to: columns of a frame or an array, entries of a list, or one value for all."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(each, (list, tuple)) for each in value):
        value = pd.DataFrame(value).to_numpy()
    if isinstance(value, FrameBase) and isinstance(value.expr.meta, pd.DataFrame):
        values = [column(value.expr, label) for label in value.expr.columns]
    elif isinstance(value, pd.DataFrame):
        values = [value.iloc[:, place] for place in range(value.shape[1])]
    elif has_rows(value) and not isinstance(value, pd.Series):
        values = [value[:, place] for place in range(value.shape[1])] if np.ndim(value) == 2 else list(value)
    else:
        values = [value] * count
    if len(values) != count:
        raise ValueError(f"Columns must be same length as key: {count} labels, {len(values)} values")
    return values


def whole_label(columns: pd.Index, label: Hashable) -> Hashable:
    """The label of a new column: with columns of several levels it has all of them, as pandas gives it."""
    if not isinstance(columns, pd.MultiIndex):
        return label
    given = label if isinstance(label, tuple) else (label,)
    whole = (*given, *[""] * (columns.nlevels - len(given)))
    if label in columns and whole not in columns:
        raise ValueError(f"cannot set {label!r}, which names several columns: give a tuple of {columns.nlevels} labels")
    return whole


class AssignmentMethods(FrameBase):
    """Columns by ``assign``, and changes of the frame at hand: ``df["c"] = ...``, ``del df["c"]``, ``pop``, ``insert``."""

    __slots__ = ()

    def assign(self, **pairs: Any) -> Any:
        """A frame with further columns, or others in their places.

        Parameters
        ----------
        **pairs
            Series with the frame's rows, scalars, or functions of the frame that give one.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
        >>> frame.assign(b=frame.a + 1, c=lambda each: each.b * 2).compute(scheduler="sync")
           a  b  c
        0  1  2  4
        1  2  3  6
        """
        frame: Any = self
        for label, value in pairs.items():
            frame = assign(frame, label, value)
        return frame

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, FrameBase):
            self.expr = self.mask(key, value).expr  # type: ignore[attr-defined]
            return
        if isinstance(key, slice):
            (self.iloc if is_by_position(key) else self.loc)[key] = value  # type: ignore[attr-defined]
            return
        if isinstance(key, (list, pd.Index, np.ndarray)):
            labels = list(key)
            made: Any = self
            for label, each in zip(labels, values_of(value, len(labels)), strict=True):
                made = assign(made, label, each)
            self.expr = made.expr
            return
        self.expr = assign(self, key, value).expr

    def __delitem__(self, key: Hashable) -> None:
        self.expr = self.drop(columns=[key]).expr

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("expr", "columns", "index") or name not in self.expr.meta.columns:
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def pop(self, item: Hashable) -> Any:
        """A column, which the frame no longer has afterwards."""
        column = project(self, item)
        del self[item]
        return column

    def insert(self, loc: int, column: Hashable, value: Any, allow_duplicates: bool = False) -> None:
        """Put a new column at a place among the others."""
        if column in self.expr.meta.columns:
            raise ValueError(f"cannot insert {column!r}, already exists. Assign to it, or drop it first.")
        if allow_duplicates:
            raise NotImplementedError("insert(allow_duplicates=True) is not supported: labels of columns must differ")
        labels = list(self.expr.columns)
        if not 0 <= loc <= len(labels):
            raise IndexError(f"insert(loc={loc}): there are {len(labels)} columns")
        labels.insert(loc, column)
        self.expr = project(assign(self, column, value), labels).expr

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
        """A frame without some columns, or without the rows of some labels.

        Parameters
        ----------
        labels : label or list of labels
        axis : {0, 1, "index", "columns"}
            What ``labels`` are of.
        index, columns : label or list of labels
            The same, for both axes at once.
        level : int or name, optional
            The level of labels of several levels that is looked at.
        inplace : bool
            Whether the frame itself stands for the result from then on.
        errors : {"raise", "ignore"}
            What happens to labels of columns that are not there. Labels of rows cannot be looked for without computing:
            they are left out where they are.
        """
        if errors not in ("raise", "ignore"):
            raise ValueError(f"drop(errors={errors!r}): it is 'raise' or 'ignore'")
        if labels is not None:
            if index is not None or columns is not None:
                raise ValueError("Cannot specify both 'labels' and 'index'/'columns'")
            if is_column_axis(axis):
                columns = labels
            else:
                index = labels
        elif axis != 0:
            raise ValueError("Cannot specify both 'axis' and 'index'/'columns'")
        if columns is None and index is None:
            raise ValueError("Need to specify at least one of 'labels', 'index' or 'columns'")
        frame: Any = self
        if columns is not None:
            known = frame.expr.meta.columns
            wanted = listed(columns)
            if errors == "raise" and level is None and not isinstance(known, pd.MultiIndex):
                check_columns(frame.expr, wanted)
            told = wanted if isinstance(columns, (list, pd.Index, set, np.ndarray)) else columns
            kept = pd.DataFrame(columns=known).drop(columns=told, level=level, errors=errors).columns
            frame = project(frame, list(kept))
        if index is not None:
            frame = frame[~labels_among(frame, index, level)]
        return changed(self, frame, inplace)

    def eval(self, expr: str, **kwargs: Any) -> Any:
        """An expression of columns, written as text; with ``name = ...`` in it, the frame with that column.

        It is a single value where the text gives one (``"a.max()"``).
        Where it looks at whole columns (``"a - a.mean()"``, ``"a in b"``), rows are brought to one place.
        """
        inplace = kwargs.pop("inplace", False)
        words = {word: tuple(value.items()) if isinstance(value, dict) else value for word, value in kwargs.items()}
        assigned = ASSIGNED.fullmatch(expr) if isinstance(expr, str) else None
        names = {*self.expr.columns, *self.expr.meta.index.names}
        call = call_of(evaluate, expr, **words)
        if isinstance(expr, str) and not goes_by_rows(expr, names):
            made: Any = whole_result(self, "pipe", call)
            made = whole_rows(self, "pipe", call) if is_pandas(made.expr.meta) else made
        elif assigned is not None:
            label, value = assigned.groups()
            made = self.assign(**{label: elementwise("eval", columns_named(self, value), value, **words)})
        else:
            made = elementwise("eval", columns_named(self, expr), expr, **words)
            made = made if is_pandas(made.expr.meta) else whole_result(self, "pipe", call)
        if inplace and not isinstance(made.expr.meta, pd.DataFrame):
            raise ValueError("Cannot operate inplace if there is no assignment")
        return changed(self, made, inplace)


#: One column that is assigned in a text that is evaluated.
ASSIGNED = re.compile(r"\s*([^\W\d]\w*)\s*=\s*([^=\s][^\n]*)")
#: What may be the name of a column there.
NAME = re.compile(r"[^\W\d]\w*")


def columns_named(frame: Any, text: Any) -> Any:
    """The columns of a frame that a text of an expression may read: those whose names are in it."""
    labels = frame.expr.meta.columns
    if not isinstance(text, str) or "`" in text or "\n" in text or not labels.is_unique:
        return frame
    words = set(NAME.findall(text))
    named = [label for label in labels if label in words]
    return project(frame, named) if named and len(named) < len(labels) else frame


def listed(given: Any) -> list[Any]:
    """One label or several, as a list."""
    return list(given) if isinstance(given, (list, tuple, pd.Index, set, np.ndarray)) else [given]


def is_column_axis(axis: Any) -> bool:
    """Whether an axis is that of the columns."""
    if axis in (1, "columns"):
        return True
    if axis in (0, "index", "rows"):
        return False
    raise ValueError(f"No axis named {axis} for object type DataFrame")


def labels_among(frame: Any, given: Any, level: Any) -> Any:
    """For each row whether its label is among some, in a level or as a whole."""
    labels, index = frame.index, frame.expr.meta.index
    if isinstance(index, pd.MultiIndex):
        if level is None and isinstance(given, tuple) and len(given) == index.nlevels:
            return labels.isin([given])
        if level is None and all(isinstance(each, tuple) for each in listed(given)):
            return labels.isin(listed(given))
        number = 0 if level is None else index._get_level_number(level)
        return elementwise("level_among", labels, number, tuple(listed(given)))
    if level is not None:
        raise AssertionError("axis must be a MultiIndex")
    keys = listed(given)
    if isinstance(index, pd.DatetimeIndex) and keys and all(isinstance(each, str) for each in keys):
        with suppress(ValueError):  # texts that are no times are no labels, either
            return labels.isin(pd.DatetimeIndex(keys, tz=index.tz))
    return labels.isin(keys)


@function_named("level_among")
def level_among(labels: pd.MultiIndex, level: int, keys: tuple[Any, ...]) -> pd.Series:
    """Whether labels have one of some keys in a level."""
    return pd.Series(labels.get_level_values(level).isin(list(keys)), index=labels)
