"""Labels of rows and columns: the index as a collection, other names, the index as columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import (
    ROWS,
    VALUES,
    FrameExpr,
    HashedBy,
    Partitionwise,
    asked_columns,
    column_needs,
    row_needs,
)
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.elementwise import elementwise
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.scan import Scan

__all__ = ["IndexLabelMethods", "IndexOf", "LabelMethods", "Relabel", "ResetIndex", "SeriesLabelMethods"]


@node
class IndexOf(Partitionwise):
    """The index of a frame."""

    source: FrameExpr

    @property
    def label(self) -> str:
        return "index"

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | {Need.INDEX}


@node
class WithIndex(Partitionwise):
    """A frame whose rows have other labels."""

    source: FrameExpr
    labels: FrameExpr

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.labels.divisions if isinstance(self.labels.meta, pd.Index) else None

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = (asked - {Need.INDEX}) if child == self.source else row_needs(asked) - {Need.INDEX}
        if child == self.labels and Need.INDEX in asked:
            needs |= VALUES if not isinstance(self.labels.meta, pd.Index) else {Need.INDEX} | VALUES
        return needs


@node
class Relabel(Partitionwise):
    """A frame whose columns have other labels: pairs of the old and the new one."""

    source: FrameExpr
    labels: Pairs

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels,)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if Need.VALUES in asked:
            return row_needs(asked) | VALUES
        old = [before for before, after in self.labels if ("column", after) in asked]
        return row_needs(asked) | column_needs(old)


@node
class RelabelAt(Partitionwise):
    """A frame whose columns have these labels, one after another: for labels that are not distinct, or have levels."""

    source: FrameExpr
    labels: pd.Index

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels,)


@node
class Renamed(Partitionwise):
    """A series of another name."""

    source: FrameExpr
    title: Hashable

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.title,)


@node
class RenameAxis(Partitionwise):
    """Other names of the index, or of the labels of columns."""

    source: FrameExpr
    options: Pairs

    @property
    def label(self) -> str:
        return "rename_axis"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options,)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked


@node
class ToFrame(Partitionwise):
    """A series or index as a frame of one column; an index as a series."""

    source: FrameExpr
    options: Pairs
    series: bool = False

    @property
    def label(self) -> str:
        return "to_series" if self.series else "to_frame"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options, self.series)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        extra = frozenset({Need.INDEX}) if isinstance(self.source.meta, pd.Index) else frozenset()
        return row_needs(asked) | VALUES | extra


@node
class ResetIndex(Partitionwise):
    """Rows numbered from 0; their labels become columns, or are dropped.

    Rows are numbered over all partitions, for which each partition waits for the lengths of those before it; where nobody
    looks at the numbers (``numbered=False``) they start anew in each.
    """

    source: FrameExpr
    drop: bool
    options: Pairs
    numbered: bool = True

    @property
    def label(self) -> str:
        return "reset_index"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (None, self.drop, self.options)

    @property
    def stands_alone(self) -> bool:
        return not self.numbered

    @derived
    def hashed_by(self) -> HashedBy | None:
        found = self.source.hashed_by
        return found if found is not None and found.on is not None else None

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return None

    def asks(self, child: Expr, asked: Needs) -> Needs:
        own = frozenset({Need.ORDER}) if Need.ORDER in asked or Need.INDEX in asked else frozenset()
        if self.drop:
            return own | (asked - ROWS)
        labels = self.added
        wanted = frozenset({Need.INDEX}) if Need.VALUES in asked or asked_columns(asked, labels) else frozenset()
        if Need.VALUES in asked or self.source.meta.ndim == 1:
            return own | wanted | VALUES
        return own | wanted | column_needs(asked_columns(asked, self.source.columns))

    @derived
    def added(self) -> tuple[Hashable, ...]:
        """Labels of the columns that the index becomes."""
        if self.drop:
            return ()
        count = self.source.meta.index.nlevels
        return tuple(self.meta.columns[:count])

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        told = [Same(self.drop), Same(self.options)]
        if not self.numbered or self.npartitions == 1:
            return blockwise(self.outline, kernel, [(self.source, (0,))], [Same(None), *told])
        outline = Outline(self.name, "count-rows", self.source.numblocks, 64)
        before = Scan(outline, self.source, 0, KERNELS["pandas"]["CountRows"], KERNELS["pandas"]["AddCounts"])
        return blockwise(self.outline, kernel, [(self.source, (0,)), (before, (0,))], told)


def relabelled(frame: Any, labels: Any) -> Any:
    """A frame whose columns have these labels, one after another."""
    known = frame.expr.meta.columns
    made = labels if isinstance(labels, pd.Index) else pd.Index(list(labels))
    if len(made) != len(known):
        raise ValueError(
            f"Length mismatch: Expected axis has {len(known)} elements, new values have {len(made)} elements"
        )
    if isinstance(made, pd.MultiIndex) or not known.is_unique or not made.is_unique or made.name != known.name:
        return new(RelabelAt(frame.expr, made))
    return new(Relabel(frame.expr, Pairs(zip(known, made))))


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

    def reset_index(self, drop: bool = False, names: Any = None, name: Any = None) -> Any:
        """Rows numbered from 0, over all partitions; their labels become columns, unless they are dropped.

        Numbering waits for the lengths of the partitions before; it costs nothing where nobody looks at the numbers.

        Parameters
        ----------
        drop : bool
        names : label or list of labels, optional
            Of the columns that the index becomes.
        name : label, optional
            Of the values of a series, as a column.
        """
        words: dict[str, Any] = {}
        if names is not None and not drop:
            words["names"] = tuple(names) if isinstance(names, list) else names
        if name is not None:
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

    def rename_axis(self, mapper: Any = None, index: Any = None, columns: Any = None, axis: Any = 0) -> Any:
        """Other names of the index (``index=``), or of the labels of columns (``columns=``)."""
        words = {"index": index, "columns": columns}
        if mapper is not None:
            words["columns" if axis in (1, "columns") else "index"] = mapper
        given = {
            word: tuple(each) if isinstance(each, list) else each for word, each in words.items() if each is not None
        }
        return new(RenameAxis(self.expr, Pairs(given.items())))

    def set_axis(self, labels: Any, *, axis: Any = 0) -> Any:
        """Other labels: of the columns (``axis=1``), or of the rows, by a collection with the same rows."""
        if axis in (1, "columns"):
            return relabelled(self, labels)
        return with_index(self, labels)


def with_index(frame: Any, labels: Any) -> Any:
    """A frame whose rows have the labels of a collection with the same rows."""
    if not isinstance(labels, FrameBase):
        raise TypeError(
            f"cannot label rows by a {type(labels).__name__}, whose entries have no partitions. "
            "Give an Index or Series with the same rows, e.g. df.index = df.a"
        )
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
        self, mapper: Any = None, *, index: Any = None, columns: Any = None, axis: Any = 0, errors: str = "ignore"
    ) -> Any:
        """Other labels of columns, or of rows: by a mapping of old to new ones, or by a function of each.

        Parameters
        ----------
        mapper : mapping or callable
            For the axis that ``axis`` says.
        index, columns : mapping or callable
        axis : {0, 1, "index", "columns"}
        errors : {"ignore", "raise"}
            Whether a column that is not there is an error.
        """
        if mapper is not None:
            if axis in (1, "columns"):
                columns = mapper
            else:
                index = mapper
        frame: Any = self
        if columns is not None:
            meta = frame.expr.meta.rename(columns=columns, errors=errors)
            frame = relabelled(frame, meta.columns)
        if index is not None:
            frame = with_index(frame, frame.index.map(renamer(index)))
        return frame

    def add_prefix(self, prefix: str, axis: Any = None) -> Any:
        """A text before each column's label."""
        check_column_axis("add_prefix", axis)
        return relabelled(self, self.expr.meta.add_prefix(prefix).columns)

    def add_suffix(self, suffix: str, axis: Any = None) -> Any:
        """A text after each column's label."""
        check_column_axis("add_suffix", axis)
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
    return given if callable(given) else Renamer(given)


def check_column_axis(operation: str, axis: Any) -> None:
    """Refuse the axis of rows."""
    if axis not in (None, 1, "columns"):
        raise NotImplementedError(
            f"{operation}(axis={axis!r}) of row labels is not supported: df.index = df.index.map(...)"
        )


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

    def rename(self, index: Any = None, sorted_index: bool = False) -> Any:
        """Another name; or, by a mapping or a function, other labels of the rows.

        Parameters
        ----------
        index : label, mapping or callable
        sorted_index : bool
            Whether labels that a function gives are sorted again: edges of the partitions are then told by it.
        """
        if callable(index) or isinstance(index, (dict, pd.Series)):
            made = with_index(
                self, self.index.map(renamer(index if not isinstance(index, pd.Series) else index.to_dict()))
            )
            if sorted_index and self.known_divisions:
                made = made.with_divisions([renamer(index)(each) for each in self.divisions])
            return made
        return new(Renamed(self.expr, index))

    def to_frame(self, name: Any = None) -> Any:
        """A frame of one column."""
        return new(ToFrame(self.expr, Pairs({} if name is None else {"name": name}.items())))

    def add_prefix(self, prefix: str) -> Any:
        """A text before each row's label."""
        return with_index(self, elementwise("prefix", self.index, prefix))

    def add_suffix(self, suffix: str) -> Any:
        """A text after each row's label."""
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

    def rename(self, name: Hashable) -> Any:
        """The index by another name."""
        return new(Renamed(self.expr, name))

    def get_level_values(self, level: Any) -> Any:
        """One level of the labels."""
        return elementwise("get_level_values", self, level)

    def to_series(self, index: Any = None, name: Any = None) -> Any:
        """The labels as values of a series, which has them as its index, too."""
        if index is not None:
            return with_index(self.to_series(name=name), index)
        return new(ToFrame(self.expr, Pairs({} if name is None else {"name": name}.items()), True))

    def to_frame(self, index: bool = True, name: Any = None) -> Any:
        """The labels as a column of a frame."""
        words = {"index": bool(index)} | ({} if name is None else {"name": name})
        return new(ToFrame(self.expr, Pairs(words.items())))
