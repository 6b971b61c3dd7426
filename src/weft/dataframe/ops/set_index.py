"""Columns as the index: as rows stand, sorted already, or to be sorted."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new, one_of
from weft.dataframe.divisions import Pieces, check_divisions, checked_count
from weft.dataframe.expr import FrameExpr, Partitionwise, column_needs, row_needs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.beside import by_place, has_rows, name_of
from weft.dataframe.ops.labels import columns_as_before
from weft.dataframe.ops.partitions import Divided
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.ops.repartition import Between
from weft.dataframe.ops.shuffle import check_method
from weft.dataframe.ops.sort_nodes import index_of_meta, plain_value, sorted_by_index
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.blockwise import Listed, blockwise
from weft.physical.gather import Gather

__all__ = ["SetIndexMethods"]


@node
class SetIndex(Partitionwise):
    """A frame with some of its columns as the index; rows stay where they are."""

    source: FrameExpr
    labels: tuple[Hashable, ...]
    drop: bool = True
    append: bool = False

    @property
    def label(self) -> str:
        return "set_index"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels, self.drop, self.append)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return None

    @derived
    def rows(self) -> Hashable:
        return ("set_index", self.source.rows, self.labels, self.append)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        own = row_needs(asked) if self.append else row_needs(asked) - {Need.INDEX}
        return own | (asked - {Need.INDEX, Need.ORDER}) | column_needs(self.labels)


@node
class IndexEnds(FrameExpr):
    """For each partition the least and the greatest index value, the number of rows, and whether they rise."""

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return None

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    @property
    def assemble(self) -> Any:
        return list

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return frozenset({Need.INDEX, Need.ORDER})

    def lower(self) -> Expr:
        return blockwise(self.outline, KERNELS["pandas"][IndexEnds], [(self.source, (0,))], cost=Cost.LIGHT)


@node
class MendedEdges(FrameExpr):
    """A sorted frame in which values that end one partition and begin the next are brought together."""

    source: FrameExpr
    pieces: Pieces
    to: tuple[Any, ...]

    @property
    def label(self) -> str:
        return "set_index"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return len(self.to) - 1

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.to

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX, Need.ORDER}

    def lower(self) -> Expr:
        return Gather(self.outline, self.source, KERNELS["pandas"][Between], self.pieces)


def with_ends(source: FrameExpr) -> FrameExpr:
    """A frame that is sorted by its index already, with divisions. They are looked up now."""
    ends = new(IndexEnds(source)).compute()
    filled = [(number, low, high) for number, (low, high, count, _) in enumerate(ends) if count]
    if not filled:
        return source
    for before, after in pairwise(filled):
        if after[1] < before[2]:
            raise ValueError(
                f"set_index(sorted=True): the data are not sorted. Partition {before[0]} ends with {before[2]!r}, "
                f"and partition {after[0]} begins with {after[1]!r}. Leave sorted=True out to have them sorted."
            )
    if not all(rises for *_, rises in ends):
        raise ValueError("set_index(sorted=True): the data are not sorted within a partition. Leave sorted=True out.")
    lows = [plain_value(low) for _, low, _ in filled]
    last = plain_value(filled[-1][2])
    if len(filled) == len(ends) and all(b[1] > a[2] for a, b in pairwise(filled)):
        return Divided(source, (*lows, last))
    edges = (*dict.fromkeys(lows), last)
    pieces = []
    for place, low in enumerate(edges[:-1]):
        high, is_last = edges[place + 1], place == len(edges) - 2
        own = [n for n, least, most in filled if most >= low and (least < high or (is_last and least <= high))]
        pieces.append((tuple(own), (low, high, is_last)))
    return MendedEdges(source, Pieces(tuple(pieces)), edges)


#: The label of a series that becomes the index, while it is a column.
PASSING = "__index__"


def keyed(frame: Any, other: Any) -> tuple[FrameExpr, tuple[Hashable, ...], Any]:
    """A frame, the labels of the columns that become its index, and the names of the index if they are others."""
    source = frame.expr
    if isinstance(other, pd.MultiIndex):
        other = [other.get_level_values(place) for place in range(other.nlevels)]
    if isinstance(other, (pd.Series, pd.Index, np.ndarray)) and not isinstance(other, pd.MultiIndex):
        other = by_place(frame, other, name=name_of(other))
    if isinstance(other, FrameBase):
        if not isinstance(other.expr.meta, (pd.Series, pd.Index)):
            raise TypeError(
                f"set_index() takes labels of columns, or a series with the same rows; not {type(other).__name__}"
            )
        if other.expr.rows == source.rows:
            for label in source.columns:
                if getattr(other.expr, "source", None) == source and getattr(other.expr, "chosen", None) == label:
                    return source, (label,), None
        one, two = align_rows([source, other.expr], "set_index")
        return Assign(one, (PASSING,), (two,)), (PASSING,), (other.expr.meta.name,)
    given = list(other) if isinstance(other, list) else [other]
    labels: list[Hashable] = []
    names: list[Any] = []
    for place, label in enumerate(given):
        if isinstance(label, FrameBase) or (has_rows(label) and not isinstance(label, tuple)):
            key, passing = label, f"{PASSING}{place}"
            if not isinstance(key, FrameBase):
                key = by_place(frame, list(key) if isinstance(key, (list, range)) else key, name_of(key))
            one, two = align_rows([source, key.expr], "set_index")
            source = Assign(one, (passing,), (two,))
            labels.append(passing)
            names.append(key.expr.meta.name)
            continue
        if not isinstance(label, Hashable):
            raise TypeError(
                'The parameter "keys" may be a column key, one-dimensional array, or a list containing only valid column '
                f"keys and one-dimensional arrays. Received column of type {type(label)}"
            )
        if label not in source.columns:
            raise KeyError(f"None of {[label]} are in the columns: {missing_column(label, source.columns)}")
        labels.append(label)
        names.append(label)
    if not labels:
        raise ValueError("Must pass non-zero number of keys")
    return source, tuple(labels), tuple(names) if names != labels else None


def without_passing(made: FrameExpr, before: pd.DataFrame) -> FrameExpr:
    """A frame without the columns that stood beside it only to become its index, its columns labelled as they were."""
    kept = before.columns[[label in made.columns for label in before.columns]]
    if len(kept) == len(made.columns) and kept.dtype == made.meta.columns.dtype:
        return made
    frame: FrameExpr = columns_as_before(new(made), kept).expr
    return frame


class SetIndexMethods(FrameBase):
    """Columns as the index."""

    __slots__ = ()

    def set_index(
        self,
        keys: Any = UNKNOWN,
        drop: bool = True,
        sorted: bool = False,
        npartitions: Any = None,
        divisions: Any = None,
        sort: bool = True,
        append: bool = False,
        inplace: bool = False,
        verify_integrity: bool = False,
        shuffle_method: str | None = None,
        upsample: float = 1.0,
        partition_size: Any = None,
        *,
        other: Any = UNKNOWN,
    ) -> Any:
        """The frame with other labels: one or several of its columns. Rows are sorted by them, so that divisions are known.

        Nothing is computed by the call, unless ``sorted=True`` is given without divisions: the bounds of the partitions are
        found when the result is computed, or when somebody looks at its divisions.

        Parameters
        ----------
        keys, other : label, Series, array, or list of those
            Two names of one parameter.
        drop : bool
            Whether the columns become the index, or stay as well.
        sorted : bool
            Whether rows are in order already: they stay, and only the ends of each partition are looked up.
        npartitions : int or "auto", optional
            As many as there are by default.
        divisions : sequence, optional
            Index values at the edges of the partitions, if they are known.
        sort : bool
            Whether to sort; otherwise rows stay where they are, and nothing is known of divisions.
        append : bool
            Whether the columns become further levels of the index that there is.
        inplace : bool
            Whether the frame itself stands for the result from then on.
        verify_integrity : bool
            Whether labels that are there twice are an error; this computes the index at the call.
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            For programs written for Dask.
        upsample, partition_size
            For programs written for Dask; samples are as many as it takes.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [3, 1, 2, 4], "b": list("wxyz")}), npartitions=2)
        >>> df.set_index("a").b.compute().to_dict()
        {1: 'x', 2: 'y', 3: 'w', 4: 'z'}
        """
        check_method(shuffle_method)
        source, labels, names = keyed(self, one_of("set_index", keys=keys, other=other))
        made: FrameExpr = SetIndex(source, labels, bool(drop), bool(append))
        if names is not None:
            made = without_passing(made, self.expr.meta)
            kept = list(self.expr.meta.index.names) if append else []
            told = [*kept, *names]
            made = new(made).rename_axis(index=told if len(told) > 1 else told[0]).expr
        if verify_integrity:
            labels_now = new(made).index.compute()
            if not labels_now.is_unique:
                repeated = labels_now[labels_now.duplicated()].unique()
                raise ValueError(f"Index has duplicate keys: {repeated}")
        found = self._by_new_index(made, source, labels, names, divisions, sorted, sort, npartitions)
        return changed(self, found, inplace)

    def _by_new_index(
        self,
        made: FrameExpr,
        source: FrameExpr,
        labels: tuple[Hashable, ...],
        names: Any,
        divisions: Any,
        sorted: bool,
        sort: bool,
        npartitions: Any,
    ) -> Any:
        index = index_of_meta(made.meta)
        if divisions is not None:
            edges = check_divisions(divisions, "set_index")
            if index.nlevels > 1:
                raise NotImplementedError("set_index(divisions=...) goes with a single column")
            if sorted:
                if len(edges) != made.npartitions + 1:
                    raise ValueError(
                        f"set_index(sorted=True): {made.npartitions} partitions have {made.npartitions + 1} divisions; "
                        f"{len(edges)} were given"
                    )
                return new(Divided(made, edges))
            return new(sorted_by_index(made, None, edges))
        if sorted:
            return new(with_ends(made) if index.nlevels == 1 else made)
        if not sort:
            return new(made)
        count = self.npartitions if npartitions in (None, "auto") else checked_count(npartitions)
        return new(sorted_by_index(made, count))


class DivisionMethods(FrameBase):
    """What is known of index values at the edges of partitions."""

    __slots__ = ()

    def compute_current_divisions(self, col: Any = None, set_divisions: bool = False) -> Any:
        """Divisions of a frame that is sorted by its index (or a column) already, looked up now.

        Parameters
        ----------
        col : label, optional
            Look at a column, not at the index.
        set_divisions : bool
            Give the frame with these divisions, not the divisions.

        Raises
        ------
        ValueError
            Partitions overlap, so there are no divisions.
        """
        expr = self.expr if col is None else SetIndex(self.expr, (col,))
        if col is not None and col not in self.expr.columns:
            raise KeyError(missing_column(col, self.expr.columns))
        if col is not None and set_divisions:
            raise NotImplementedError(
                "compute_current_divisions(col=..., set_divisions=True): set_index(col, sorted=True)"
            )
        ends = new(IndexEnds(expr)).compute()
        if not all(count for *_, count, _ in ends):
            raise ValueError("a partition is empty, so there are no divisions: repartition() first")
        if any(after[0] < before[1] for before, after in pairwise(ends)):
            raise ValueError("Partitions are not sorted, or overlap: sort_index() or set_index() gives divisions")
        found = tuple([plain_value(low) for low, *_ in ends] + [plain_value(ends[-1][1])])
        if any(after[0] == before[1] for before, after in pairwise(ends)):
            raise ValueError(
                "a value ends one partition and begins the next, so there are no divisions: sort_index() first"
            )
        return new(Divided(self.expr, found)) if set_divisions else found

    def enforce_runtime_divisions(self) -> Any:
        """The same rows; a partition with a row beyond its divisions is an error when it is computed."""
        edges = self.expr.divisions
        if edges is None:
            raise ValueError("no divisions are known, so there is nothing to enforce")
        return new(CheckedDivisions(self.expr, tuple(edges)))


@node
class CheckedDivisions(Partitionwise):
    """Partitions, each looked through for rows beyond its divisions."""

    source: FrameExpr
    edges: tuple[Any, ...]

    @derived
    def meta(self) -> Any:
        return self.source.meta

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX}

    def lower(self) -> Expr:

        count = self.npartitions
        told = [(self.edges[n], self.edges[n + 1], n == count - 1, n) for n in range(count)]
        return blockwise(
            self.outline, KERNELS["pandas"][CheckedDivisions], [(self.source, (0,))], [Listed(tuple(told))]
        )
