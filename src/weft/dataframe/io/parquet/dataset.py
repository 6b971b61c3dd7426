"""What the footers of Parquet files say of a table, without a look at its data."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from math import log2
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.io.footers import Footer, check_unchanged, group_bounds, leaf_numbers
from weft.dataframe.io.parquet.parts import Part, Piece
from weft.dataframe.io.parquet.reader import ParquetReader
from weft.dataframe.io.predicates import Bounds, Predicate, columns_of, may_hold
from weft.dataframe.io.source import FileSource, Reading, read_part
from weft.dataframe.io.tables import TableDataset
from weft.expr import node

__all__ = ["ParquetDataset", "ReadParquet", "read_parquet_part", "without_hopeless"]

#: Bytes of a value in a pandas column, by Parquet's type.
WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "FLOAT": 4, "DOUBLE": 8, "INT96": 8}
#: What pages take besides their values, at most, of these and in bytes; and how many rows there must be for each value, so that
#: these can be counted.
PAGES, OVERHEAD, FEW_OF_ROWS = 1.02, 1024, 16


class ParquetDataset(TableDataset):
    """What the footers of some files say."""

    label: ClassVar[str] = "read_parquet"
    filters_rows: ClassVar[bool] = True

    def __init__(
        self, reader: ParquetReader, parts: tuple[Part, ...], footers: Mapping[str, Footer], token: Any, divided: bool
    ) -> None:
        self.reader = reader
        self.parts = parts
        self.footers = footers
        self.token = token
        self.divided = divided
        self.filesystem = reader.filesystem
        self.layout = reader.layout
        self.filters = reader.filters

    @property
    def schema(self) -> pa.Schema:
        """Arrow's schema of all columns."""
        return self.layout.schema

    @cached_property
    def stamps(self) -> dict[str, tuple[Any, ...]]:
        """The files that are read, and the state in which each was looked at."""
        return {piece.path: piece.stamp for part in self.parts for piece in part.pieces}

    def check_unchanged(self) -> None:
        """Raise ReadError for a file that has been written anew since it was looked at."""
        for path, stamp in self.stamps.items():
            check_unchanged(self.filesystem, path, stamp)

    def row_counts(self) -> tuple[int, ...] | None:
        return None if self.filters is not None else tuple([part.rows for part in self.parts])

    @cached_property
    def row_total(self) -> int:
        """Rows of all parts; 0 if they are not known."""
        return sum(self.row_counts() or (0,))

    @cached_property
    def leaves(self) -> dict[str, dict[str, int]]:
        """For each file the numbers of its columns."""
        by_schema: dict[Any, dict[str, int]] = {}
        found = {}
        for path, footer in self.footers.items():
            key = str(footer.metadata.schema) if len(self.footers) < 8 else tuple(footer.schema.names)
            if key not in by_schema:
                by_schema[key] = leaf_numbers(footer.metadata)
            found[path] = by_schema[key]
        return found

    @cached_property
    def known_bounds(self) -> dict[Hashable, tuple[Bounds | None, ...]]:
        """What statistics say of columns, as far as it has been asked for."""
        return {}

    @cached_property
    def known_distinct(self) -> dict[Hashable, float | None]:
        """How many different values columns may have, as far as it has been asked for."""
        return {}

    def bounds(self, label: Hashable) -> tuple[Bounds | None, ...] | None:
        if self.filters is not None:
            return None
        if label not in self.known_bounds:
            self.known_bounds[label] = tuple(
                [joint_bounds([self.piece_bounds(piece, label) for piece in part.pieces]) for part in self.parts]
            )
        return self.known_bounds[label]

    def whole_bounds(self, label: Hashable) -> Bounds | None:
        """Bounds of a column in all parts."""
        return joint_bounds(self.bounds(label) or (None,))

    def piece_bounds(self, piece: Piece, label: Hashable) -> Bounds | None:
        """Bounds of a column in some row groups of one file."""
        return joint_bounds([self.bounds_in(piece, group, label) for group in piece.groups])

    def bounds_in(self, piece: Piece, group: int, label: Hashable) -> Bounds | None:
        """Bounds of a column in one row group."""
        footer = self.footers[piece.path]
        for key, code in zip(self.reader.keys, piece.codes, strict=True):
            if key.label == label:
                value = key.value(code)
                rows = footer.metadata.row_group(group).num_rows
                return Bounds(value, value, rows if value is None else 0)
        name = self.layout.fields[label]
        number = self.leaves[piece.path].get(name)
        if number is None and name in footer.schema.names:
            return None  # nested
        return group_bounds(footer.metadata.row_group(group), number)

    def may_have_many(self, label: Hashable, count: int) -> bool:
        """Whether some row group may have more than so many different values in a column, as its size tells.

        A value of a dictionary takes as many bits as it takes to number them.
        """
        name = self.layout.fields.get(label)
        for part in self.parts:
            for piece in part.pieces:
                number = self.leaves[piece.path].get(name) if name is not None else None
                if number is None:
                    continue
                metadata = self.footers[piece.path].metadata
                chunks = [metadata.row_group(group).column(number) for group in piece.groups]
                if any(8 * each.total_uncompressed_size > each.num_values * log2(count) for each in chunks):
                    return True
        return False

    def distinct(self, label: Hashable) -> float | None:
        """How many different values a column may have, as the size of its first row group tells; None if it does not.

        There they stand once, and then as many bits for each row as it takes to number them. Where row groups lie between
        other values each is taken to have values of its own.
        """
        name, first = self.layout.fields.get(label), self.parts[0].pieces[0] if self.parts else None
        number = self.leaves[first.path].get(name) if first is not None and name is not None else None
        if number is None or first is None or not first.groups:
            return None
        chunk = self.footers[first.path].metadata.row_group(first.groups[0]).column(number)
        width = WIDTHS.get(chunk.physical_type, 16)
        for bits in range(25):
            if chunk.total_uncompressed_size <= PAGES * (width * 2**bits + chunk.num_values * bits / 8) + OVERHEAD:
                break
        if 2**bits > chunk.num_values / FEW_OF_ROWS:
            return None  # they may be all that are different, or what does not fit in a dictionary
        own = self.bounds_in(first, first.groups[0], label)
        if not bits and own is not None and own.least != own.greatest:
            return None  # equal values stand together, and take no room
        groups = sum([len(piece.groups) for part in self.parts for piece in part.pieces])
        return float(2**bits * (1 if self.is_mixed(label) else groups))

    def is_mixed(self, label: Hashable) -> bool:
        """Whether the first row group lies between the same values of a column as all of them together."""
        first = self.parts[0].pieces[0] if self.parts and self.parts[0].pieces else None
        if first is None or not first.groups:
            return False
        own, whole = self.bounds_in(first, first.groups[0], label), self.whole_bounds(label)
        return own is not None and whole is not None and (own.least, own.greatest) == (whole.least, whole.greatest)

    def divisions(self) -> tuple[Any, ...] | None:
        parts = self.parts
        if self.layout.index:
            return self._index_divisions if self.divided and len(self.layout.index) == 1 else None
        if self.filters is not None or any(not part.rows or part.first_row is None for part in parts):
            return None
        last, numbering = parts[-1], self.layout.numbering
        if numbering.step <= 0:
            return None
        ends = [part.first_row or 0 for part in parts] + [(last.first_row or 0) + last.rows - 1]
        return tuple([numbering.start + numbering.step * row for row in ends])

    @cached_property
    def _index_divisions(self) -> tuple[Any, ...] | None:
        """Divisions by the statistics of the index column, if its parts are in order."""
        label = self.layout.index[0]
        every = [joint_bounds([self.piece_bounds(piece, label) for piece in part.pieces]) for part in self.parts]
        if any(each is None or each.least is None or each.missing for each in every):
            return None
        known = [each for each in every if each is not None]
        try:
            if any(after.least < before.greatest for before, after in itertools.pairwise(known)):
                return None
        except TypeError:
            return None
        ends = [each.least for each in known] + [known[-1].greatest]
        kind = self.layout.whole[label].dtype
        if getattr(kind, "kind", "O") == "M":
            made = (
                pd.DatetimeIndex(ends)
                if getattr(kind, "tz", None) is None
                else pd.DatetimeIndex(ends).tz_convert(kind.tz)
            )
            return tuple(made.as_unit(np.datetime_data(kind)[0] if isinstance(kind, np.dtype) else kind.unit))
        return tuple(ends)

    def nbytes(self, columns: Sequence[Hashable]) -> int:
        if not self.parts:
            return 0
        largest = max(self.parts, key=lambda part: sum([piece.nbytes for piece in part.pieces]))
        names = set(self.layout.names(columns))
        total = 0
        for piece in largest.pieces:
            metadata = self.footers[piece.path].metadata
            leaves = [number for path, number in self.leaves[piece.path].items() if path.partition(".")[0] in names]
            for group in piece.groups:
                row_group = metadata.row_group(group)
                for number in leaves:
                    chunk = row_group.column(number)
                    width = WIDTHS.get(chunk.physical_type, 24)
                    total += max(chunk.total_uncompressed_size, row_group.num_rows * width)
        return total

    def planned(self, predicate: Predicate | None) -> tuple[Part, ...]:
        return self.parts if predicate is None else tuple([self.pruned(part, predicate) for part in self.parts])

    def pruned(self, part: Part, predicate: Predicate) -> Part:
        """A part without row groups of which statistics say that they have no row that is wanted."""
        looked_at = columns_of(predicate)
        pieces = []
        for piece in part.pieces:
            groups = []
            for group in piece.groups:
                known = {label: self.bounds_in(piece, group, label) for label in looked_at}
                if may_hold(predicate, known.get):
                    groups.append(group)
            pieces.append(piece if len(groups) == len(piece.groups) else piece._replace(groups=tuple(groups)))
        return part._replace(pieces=tuple(pieces))


def joint_bounds(several: Sequence[Bounds | None]) -> Bounds | None:
    """Bounds of several row groups together."""
    if any(each is None for each in several) or not several:
        return None
    known = [each for each in several if each is not None]
    if len(known) == 1:
        return known[0]
    counted = [each.missing for each in known if each.missing is not None]
    missing = sum(counted) if len(counted) == len(known) else None
    valued = [each for each in known if each.least is not None]
    try:
        least = min([each.least for each in valued], default=None)
        greatest = max([each.greatest for each in valued], default=None)
    except TypeError:
        return None
    return Bounds(least, greatest, missing, all(each.exact for each in known))


@node
class ReadParquet(FileSource):
    """Some columns of the rows of Parquet files that fulfil a predicate."""


def read_parquet_part(dataset: ParquetDataset, number: int, columns: Sequence[Hashable] | None = None) -> pd.DataFrame:
    """One partition of a dataset, read at once: for other readers that are made of this one."""
    chosen = dataset.columns if columns is None else tuple(columns)
    how = Reading(dataset.reader, chosen, True, None, dataset.meta(chosen, True), "")
    return read_part(dataset.parts[number], how)


def without_hopeless(dataset: ParquetDataset, known: Predicate) -> ParquetDataset:
    """A dataset without row groups in which no row passes the filters; at least one part is left."""
    kept = []
    for part in dataset.parts:
        pruned = dataset.pruned(part, known)
        pieces = tuple([piece for piece in pruned.pieces if piece.groups])
        if pieces:
            kept.append(pruned._replace(pieces=pieces, path=pieces[0].path))
    if not kept:
        first = dataset.parts[0]
        kept = [first._replace(pieces=(first.pieces[0]._replace(groups=(), rows=0, nbytes=0),), rows=0)]
    return ParquetDataset(dataset.reader, tuple(kept), dataset.footers, dataset.token, dataset.divided)
