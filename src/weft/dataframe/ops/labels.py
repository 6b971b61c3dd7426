"""Labels of rows and columns: the index as a collection, other names, the index as columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.elementwise import Pairs, function_named
from weft.dataframe.known_metas import labels_index
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.beside import by_place, has_rows
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import (
    IndexOf,
    Relabel,
    RelabelAt,
    RenameAxis,
    Renamed,
    ResetIndex,
    ToFrame,
    WithIndex,
)

__all__ = ["IndexLabelMethods", "LabelMethods", "SeriesLabelMethods"]


def relabelled(frame: Any, labels: Any) -> Any:
    """A frame whose columns have these labels, one after another."""
    known = frame.expr.meta.columns
    made = labels if isinstance(labels, pd.Index) else pd.Index(list(labels))
    if len(made) != len(known):
        raise ValueError(
            f"Length mismatch: Expected axis has {len(known)} elements, new values have {len(made)} elements"
        )
    are_tuples = any(type(label) is tuple for label in made)
    if (
        isinstance(made, pd.MultiIndex)
        or are_tuples
        or not known.is_unique
        or not made.is_unique
        or (known.nlevels == 1 and known.hasnans)  # which is found by its place alone
        or made.name != known.name
    ):
        return new(RelabelAt(frame.expr, made))
    return new(Relabel(frame.expr, Pairs(zip(known.tolist(), made.tolist(), strict=True))))


def columns_as_before(frame: Any, columns: pd.Index) -> Any:
    """A frame with these columns, labelled by the type that they had before others stood beside them for a while."""
    chosen = frame[list(columns)]
    return chosen if chosen.expr.meta.columns.dtype == columns.dtype else new(RelabelAt(chosen.expr, columns))


def texts_renamed(expr: FrameExpr, mapping: Any) -> pd.Index | None:
    """The labels of columns after a mapping of old to new ones, if all of them are texts; None of others."""
    if type(mapping) is not dict or expr.meta.ndim != 2 or expr.meta.columns.name is not None:
        return None
    labels = [mapping.get(label, label) for label in expr.columns]
    are_texts = bool(labels) and all(type(each) is str for each in (*expr.columns, *labels))
    return labels_index(labels) if are_texts else None


class AxisMethods(FrameBase):
    """What frames and series share."""

    __slots__ = ()

    @property
    def index(self) -> Any:
        """The labels of the rows."""
        return new(IndexOf(self.expr))

    @index.setter
    def index(self, labels: Any) -> None:
        self.expr = with_index(self, labels).expr

    def reset_index(
        self,
        level: Any = None,
        *,
        drop: bool = False,
        inplace: bool = False,
        col_level: Any = 0,
        col_fill: Any = "",
        allow_duplicates: bool = False,
        names: Any = None,
        name: Any = UNKNOWN,
    ) -> Any:
        """Rows numbered from 0, over all partitions; their labels become columns, unless they are dropped.

        Numbering waits for the lengths of the partitions before; it costs nothing where nobody looks at the numbers.

        Parameters
        ----------
        level : int, name, or list of them, optional
            The levels that become columns; the others stay in the index.
        drop : bool
        inplace : bool
            Whether the frame itself stands for the result from then on.
        col_level, col_fill
            Where columns have labels of several levels: which one is named, and what stands in the others.
        allow_duplicates : bool
            Only False: labels of columns must differ.
        names : label or list of labels, optional
            Of the columns that the index becomes.
        name : label, optional
            Of the values of a series, as a column.
        """
        if allow_duplicates:
            raise NotImplementedError(
                "reset_index(allow_duplicates=True) is not supported: labels of columns must differ"
            )
        if isinstance(level, bool):  # programs written for Dask give drop= first
            level, drop = None, level
        if inplace and isinstance(self.expr.meta, pd.Series) and not drop:
            raise TypeError("Cannot reset_index inplace on a Series to create a DataFrame")
        return changed(self, self._without_levels(level, drop, col_level, col_fill, names, name), inplace)

    def _without_levels(self, level: Any, drop: bool, col_level: Any, col_fill: Any, names: Any, name: Any) -> Any:
        index = self.expr.meta.index
        if level is not None:
            given = list(level) if isinstance(level, (list, tuple)) else [level]
            numbers = [index._get_level_number(each) for each in given]
            if len(set(numbers)) < index.nlevels:
                told = {"level": tuple(numbers), "drop": bool(drop), "names": held(names), "name": name}
                told = {word: each for word, each in told.items() if each is not None and each is not UNKNOWN}
                return elementwise("reset_levels", self, tuple(told.items()))
        words: dict[str, Any] = {}
        if isinstance(self.expr.meta, pd.DataFrame) and self.expr.meta.columns.nlevels > 1:
            words |= {"col_level": col_level, "col_fill": col_fill}
        if names is not None and not drop:
            words["names"] = tuple(names) if isinstance(names, list) else names
        if name is not UNKNOWN:
            if not isinstance(self.expr.meta, pd.Series):
                raise TypeError("reset_index(name=) is of series: rename(columns=...) a frame")
            words["name"] = name
        expr = ResetIndex(self.expr, bool(drop), Pairs(words.items()))
        _ = expr.meta
        return new(expr)

    def droplevel(self, level: Any, axis: Any = 0) -> Any:
        """Without a level of the columns' labels (``axis=1``)."""
        if axis in (1, "columns"):
            return relabelled(self, self.expr.meta.columns.droplevel(level))
        return with_index(self, elementwise("droplevel", self.index, level))

    def rename_axis(
        self,
        mapper: Any = UNKNOWN,
        *,
        index: Any = UNKNOWN,
        columns: Any = UNKNOWN,
        axis: Any = 0,
        copy: Any = None,
        inplace: bool = False,
    ) -> Any:
        """Other names of the index (``index=``), or of the labels of columns (``columns=``)."""
        words = {"index": index, "columns": columns}
        if mapper is not UNKNOWN:
            if index is not UNKNOWN or columns is not UNKNOWN:
                raise TypeError("Cannot specify both 'mapper' and any of 'index' or 'columns'")
            if callable(mapper) or isinstance(mapper, (dict, pd.Series)):
                raise ValueError("Use `.rename` to alter labels with a mapper.")
            words["columns" if is_of_columns(self, axis) else "index"] = mapper
        given = {word: held(each) for word, each in words.items() if each is not UNKNOWN}
        expr = RenameAxis(self.expr, Pairs(given.items()))
        _ = expr.meta
        return changed(self, new(expr), inplace)

    def set_axis(self, labels: Any, *, axis: Any = 0, copy: Any = None) -> Any:
        """Other labels: of the columns (``axis=1``), or of the rows, by a collection with the same rows, or a list."""
        return relabelled(self, labels) if is_of_columns(self, axis) else with_index(self, labels)


def with_index(frame: Any, labels: Any) -> Any:
    """A frame whose rows have the labels of a collection with the same rows."""
    if not isinstance(labels, FrameBase):
        if not has_rows(labels):
            raise TypeError(f"Index(...) must be called with a collection of some kind, {labels!r} was passed")
        values = labels if isinstance(labels, (pd.Series, pd.Index)) else pd.Index(labels)
        if isinstance(values, pd.MultiIndex):
            return new(WithIndex(frame.expr, by_place(frame.index, values).expr))
        labels = by_place(frame, values, name=values.name)
    if labels.expr.rows != frame.expr.rows:
        raise ValueError("cannot label rows by those of another frame: an index has the rows of its frame")
    return new(WithIndex(frame.expr, labels.expr))


class LabelMethods(AxisMethods):
    """Labels of a frame."""

    __slots__ = ()

    @property
    def columns(self) -> pd.Index:
        """Labels of the columns; they can be set."""
        return self.expr.meta.columns

    @columns.setter
    def columns(self, labels: Any) -> None:
        self.expr = relabelled(self, labels).expr

    def rename(
        self,
        mapper: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        copy: Any = None,
        inplace: bool = False,
        level: Any = None,
        errors: str = "ignore",
    ) -> Any:
        """Other labels of columns, or of rows: by a mapping of old to new ones, or by a function of each.

        Parameters
        ----------
        mapper : mapping or callable
            For the axis that ``axis`` says.
        index, columns : mapping or callable
        axis : {0, 1, "index", "columns"}
        inplace : bool
            Whether the frame itself stands for the result from then on.
        level : int or name, optional
            The level of labels of several levels that is renamed.
        errors : {"ignore", "raise"}
            Whether a label of a mapping that is not there is an error. Labels of rows are looked for when this is called.
        """
        if mapper is None and index is None and columns is None:
            raise TypeError("must pass an index to rename")
        if index is not None or columns is not None:
            if axis is not None:
                raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
            if mapper is not None:
                raise TypeError("Cannot specify both 'mapper' and any of 'index' or 'columns'")
        elif is_of_columns(self, 0 if axis is None else axis):
            columns = mapper
        else:
            index = mapper
        frame: Any = self
        if columns is not None:
            made = texts_renamed(frame.expr, columns) if errors == "ignore" and level is None else None
            if made is None:
                made = frame.expr.meta.rename(columns=columns, errors=errors, level=level).columns
            frame = relabelled(frame, made)
        if index is not None:
            check_labels(frame.index, index, level, errors)
            frame = with_index(frame, renamed_labels(frame.index, index, level))
        return changed(self, frame, inplace)

    def add_prefix(self, prefix: str, axis: Any = None) -> Any:
        """A text before each column's label, or with ``axis=0`` before each row's."""
        if axis is not None and not is_of_columns(self, axis):
            return with_index(self, elementwise("prefix", self.index, prefix))
        return relabelled(self, self.expr.meta.add_prefix(prefix).columns)

    def add_suffix(self, suffix: str, axis: Any = None) -> Any:
        """A text after each column's label, or with ``axis=0`` after each row's."""
        if axis is not None and not is_of_columns(self, axis):
            return with_index(self, elementwise("suffix", self.index, suffix))
        return relabelled(self, self.expr.meta.add_suffix(suffix).columns)


class Renamer:
    """A mapping of labels as a function: those that it does not have stay."""

    def __init__(self, mapping: Mapping[Any, Any]) -> None:
        self.mapping = dict(mapping)

    def __weft_tokenize__(self) -> Any:
        return ("renamer", self.mapping)

    def __call__(self, label: Any) -> Any:
        return self.mapping.get(label, label)


def renamer(given: Any) -> Callable[[Any], Any]:
    """Old labels to new ones, as a function."""
    if isinstance(given, pd.Series):
        if not given.index.is_unique:
            raise ValueError("Cannot rename with a Series with non-unique index.")
        given = given.to_dict()
    return given if callable(given) else Renamer(given)


def check_labels(labels: Any, given: Any, level: Any, errors: str) -> None:
    """Raise KeyError for a label of a mapping that no row has, if that is asked for."""
    if errors != "raise" or callable(given):
        return
    wanted = list(given.index if isinstance(given, pd.Series) else given)
    there = labels if level is None else labels.get_level_values(level)
    found = set(there[there.isin(wanted)].unique().compute())
    absent = [each for each in wanted if each not in found]
    if absent:
        raise KeyError(f"{absent} not found in axis")


def renamed_labels(labels: Any, given: Any, level: Any) -> Any:
    """Labels of rows by others: all of them, or those of a level."""
    index = labels.expr.meta
    if not isinstance(index, pd.MultiIndex):
        return labels.map(renamer(given))
    number = None if level is None else index._get_level_number(level)
    return elementwise("rename_levels", labels, renamer(given), number)


@function_named("rename_levels")
def rename_levels(labels: pd.MultiIndex, function: Callable[[Any], Any], level: int | None) -> pd.MultiIndex:
    """Labels with other ones in a level, or in all."""
    wanted = range(labels.nlevels) if level is None else [level]
    return labels.set_levels([labels.levels[each].map(function) for each in wanted], level=list(wanted))


@function_named("reset_levels")
def reset_levels(frame: Any, options: tuple[tuple[str, Any], ...]) -> Any:
    """Some levels of the index as columns."""
    words = {word: list(each) if isinstance(each, tuple) else each for word, each in options}
    return frame.reset_index(**words)


def is_of_columns(frame: Any, axis: Any) -> bool:
    """Whether an axis is that of columns."""
    if axis in (0, "index", "rows"):
        return False
    if axis in (1, "columns") and isinstance(frame.expr.meta, pd.DataFrame):
        return True
    raise ValueError(f"No axis named {axis} for object type {type(frame.expr.meta).__name__}")


def held(value: Any) -> Any:
    """An argument as an operand."""
    if isinstance(value, (pd.Series, dict)):
        return Pairs(dict(value).items())
    return tuple(value) if isinstance(value, list) else value


class SeriesLabelMethods(AxisMethods):
    """Labels and name of a series."""

    __slots__ = ()

    @property
    def name(self) -> Any:
        """Label of the column; it can be set."""
        return self.expr.meta.name

    @name.setter
    def name(self, title: Hashable) -> None:
        self.expr = self.rename(title).expr

    def rename(
        self,
        index: Any = None,
        *,
        axis: Any = None,
        copy: Any = None,
        inplace: bool = False,
        level: Any = None,
        errors: str = "ignore",
        sorted_index: bool = False,
    ) -> Any:
        """Another name; or, by a mapping or a function, other labels of the rows.

        Parameters
        ----------
        index : label, mapping or callable
        sorted_index : bool
            Whether labels that a function gives are sorted again: edges of the partitions are then told by it.
        errors : {"ignore", "raise"}
            Whether a label of a mapping that no row has is an error; they are looked for when this is called.
        """
        is_of_columns(self, 0 if axis is None else axis)
        if isinstance(index, FrameBase):
            index = index.compute()
        if callable(index) or isinstance(index, (dict, pd.Series)):
            check_labels(self.index, index, level, errors)
            made = with_index(self, renamed_labels(self.index, index, level))
            if sorted_index and self.known_divisions:
                made = made.with_divisions([renamer(index)(each) for each in self.divisions])
            return changed(self, made, inplace, gives_frame=True)
        if not isinstance(index, Hashable) or isinstance(index, FrameBase):
            raise TypeError("Series.name must be a hashable type")
        return changed(self, new(Renamed(self.expr, index)), inplace, gives_frame=True)

    def to_frame(self, name: Any = UNKNOWN) -> Any:
        """A frame of one column."""
        return new(ToFrame(self.expr, Pairs({} if name is UNKNOWN else {"name": name}.items())))

    def add_prefix(self, prefix: str, axis: Any = None) -> Any:
        """A text before each row's label."""
        is_of_columns(self, axis or 0)
        return with_index(self, elementwise("prefix", self.index, prefix))

    def add_suffix(self, suffix: str, axis: Any = None) -> Any:
        """A text after each row's label."""
        is_of_columns(self, axis or 0)
        return with_index(self, elementwise("suffix", self.index, suffix))


class IndexLabelMethods(FrameBase):
    """What an index has for names and forms."""

    __slots__ = ()

    @property
    def index(self) -> Any:
        """The index itself."""
        return self

    @property
    def names(self) -> Any:
        """Names of the levels."""
        return self.expr.meta.names

    @property
    def nlevels(self) -> int:
        """Number of levels."""
        return int(self.expr.meta.nlevels)

    def rename(self, name: Any, *, level: Any = None, inplace: bool = False) -> Any:
        """The index by another name; by a list of names, or with ``level`` by another name of it, if it has several levels."""
        if level is not None:
            names, levels = (tuple(each) if isinstance(each, list) else each for each in (name, level))
            return changed(self, elementwise("set_names", self, names, level=levels), inplace)
        if isinstance(name, list) and self.nlevels > 1:
            return changed(self, elementwise("set_names", self, tuple(name)), inplace)
        if isinstance(name, list) and len(name) == 1:
            (name,) = name
        return changed(self, new(Renamed(self.expr, name)), inplace)

    def get_level_values(self, level: Any) -> Any:
        """One level of the labels."""
        return elementwise("get_level_values", self, level)

    def to_series(self, index: Any = None, name: Any = None) -> Any:
        """The labels as values of a series, which has them as its index, too."""
        if index is not None:
            return with_index(self.to_series(name=name), index)
        return new(ToFrame(self.expr, Pairs({} if name is None else {"name": name}.items()), True))

    def to_frame(self, index: bool = True, name: Any = UNKNOWN) -> Any:
        """The labels as a column of a frame."""
        words = {} if name is UNKNOWN else {"name": name}
        made = new(ToFrame(self.expr, Pairs(words.items())))
        return made if index else made.reset_index(drop=True)
