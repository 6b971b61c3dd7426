"""Rows several times over, rows left out by label, rows chosen by what their labels look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called, changed, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.assignment import labels_among
from weft.dataframe.ops.beside import by_label, by_place
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.label_rows import rows_of
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.reshaping import matched
from weft.expr import node

__all__ = ["SeriesRowMethods", "SubsetMethods", "repeated"]


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
        times = list(repeats)
        if any(each < 0 for each in times):
            raise ValueError("repeats may not contain negative values.")
        if len(times) == 1:
            return repeated(column, times[0])
        meta = column.expr.meta
        return whole_result(column, "repeat", call_of(np.asarray(times)), meta=meta)
    if repeats < 0:
        raise ValueError("repeats may not contain negative values.")
    return new(Repeat(column.expr, int(repeats)))


@function_named("labels_like")
def labels_like(labels: pd.Index, like: str | None, regex: str | None) -> pd.Series:
    """Whether labels have a text in them, or match a regular expression."""
    texts = [each if isinstance(each, str) else str(each) for each in labels]
    pattern = re.compile(regex) if regex is not None else None
    found = [like in each if like is not None else pattern.search(each) is not None for each in texts]  # type: ignore[union-attr]
    return pd.Series(np.array(found, dtype=bool), index=labels)


class SubsetMethods(FrameBase):
    """Rows or columns by what their labels look like, or by a condition."""

    __slots__ = ()

    def filter(
        self,
        items: Any = None,
        like: str | None = None,
        regex: str | None = None,
        axis: Any = None,
        *,
        cond: Any = None,
        na: Any = False,
    ) -> Any:
        """Columns (of a series rows) by their labels: from a list, with a text in them, or by a regular expression.

        Parameters
        ----------
        items : list of labels, or function of the frame
            A function, or an expression such as ``pandas.col("a") > 1``, is a condition.
        like, regex : str
            A text in labels; a regular expression that is found in them.
        axis : {0, 1}, optional
            Labels of rows, or of columns. By default those of columns, if there are any; of rows for conditions.
        cond : collection, array or function
            Which rows stay, or which columns: what depends on the data is computed for those.
        na : bool or "raise"
            Whether rows of which the condition is not known stay; ``"raise"``: they are an error.
        """
        if items is not None and (callable(items) or hasattr(items, "_eval_expression")):
            items, cond = None, items
        if sum(each is not None for each in (items, like, regex, cond)) != 1:
            raise TypeError(
                "Keyword arguments `items`, `like`, `regex` or `cond` are mutually exclusive, and one must be given"
            )
        is_frame = isinstance(self.expr.meta, pd.DataFrame)
        if axis not in (None, 0, "index", "rows") and not (axis in (1, "columns") and is_frame):
            raise ValueError(f"No axis named {axis} for object type {type(self.expr.meta).__name__}")
        if na != "raise" and not isinstance(na, (bool, np.bool_)):
            raise ValueError(f"na must be 'raise', True, or False, got {na!r}")
        if cond is not None:
            if axis in (1, "columns"):
                frame: Any = self
                return frame.iloc[:, columns_holding(self, cond, na)]
            return self[holding(self, cond, na)]  # type: ignore[index]
        if is_frame and axis in (None, 1, "columns"):
            columns = self.expr.meta.columns
            if items is not None:
                return project(self, [label for label in items if label in columns])
            return project(self, list(self.expr.meta.filter(like=like, regex=regex, axis=1).columns))
        if items is not None:
            made = rows_of(self, list(items), required=False)
            return made if self.expr.meta.index.name is None else made.rename_axis(None)  # as a plain list has it
        return self[elementwise("labels_like", new(IndexOf(self.expr)), like, regex)]  # type: ignore[index]


def columns_holding(frame: Any, cond: Any, na: Any) -> list[int]:
    """Places of the columns of which a condition is true."""
    labels = frame.expr.meta.columns
    is_function = callable(cond) and not hasattr(cond, "_eval_expression")
    holds = called(cond, frame) if is_function else cond
    places = pd.DataFrame([range(len(labels))], columns=labels)
    kept = places.filter(cond=holds.compute() if isinstance(holds, FrameBase) else holds, na=na, axis=1)
    return [int(place) for place in kept.iloc[0]]


def holding(frame: Any, cond: Any, na: Any) -> Any:
    """A condition of rows, where it is known."""
    holds = called(cond, frame)
    is_ours = isinstance(holds, FrameBase)
    told = "The callable passed to filter" if callable(cond) else "cond passed to filter"
    kind = holds.expr.meta if is_ours else holds
    if not (
        is_ours or isinstance(holds, (list, np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray))
    ) or (np.ndim(kind) != 1):
        raise TypeError(f"{told} must be a one-dimensional boolean mask, not {type(kind).__name__}")
    if not is_ours:
        values = holds if hasattr(holds, "dtype") else np.asarray(holds, dtype=object)
        if not pd.api.types.is_bool_dtype(values.dtype) and not (
            values.dtype == object and all(isinstance(each, (bool, np.bool_)) or pd.isna(each) for each in values)
        ):
            raise TypeError(f"{told} must be a one-dimensional boolean mask, not of {values.dtype}")
        is_gap = pd.isna(values)
        if na == "raise" and is_gap.any():
            raise ValueError("The mask contains missing values")
        filled = np.where(is_gap, bool(na), np.asarray(values, dtype=object)).astype(bool)
        if isinstance(holds, pd.Series):
            return by_label(frame, pd.Series(filled, holds.index))
        return by_place(frame, filled)
    dtype = getattr(kind, "dtype", None)
    if pd.api.types.is_bool_dtype(dtype) and isinstance(dtype, np.dtype):
        return holds
    if na == "raise":
        return elementwise("certain", holds)
    return holds.fillna(na).astype(bool)


@function_named("certain")
def certain(mask: pd.Series) -> pd.Series:
    """A mask of which nothing is missing."""
    if mask.isna().any():
        raise ValueError("The mask contains missing values")
    return mask.astype(bool)


class SeriesRowMethods(SubsetMethods):
    """Rows of a series by label."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice) and any(
            isinstance(each, (int, np.integer)) for each in (key.start, key.stop, key.step)
        ):
            self.iloc[key] = value  # type: ignore[attr-defined]
        else:
            self.loc[key] = value  # type: ignore[attr-defined]

    def __delitem__(self, key: Any) -> None:
        self.expr = self.drop(key).expr

    def pop(self, item: Any) -> Any:
        """The value of a label, which the series no longer has afterwards; computes."""
        found = self.loc[[item]].compute()  # type: ignore[attr-defined]
        del self[item]
        return found.iloc[0] if len(found) == 1 else found

    def asof(self, where: Any) -> Any:
        """The last value that is there up to a label, or up to each of some; the series is brought to one place."""
        return whole_result(self, "asof", call_of(where))

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
