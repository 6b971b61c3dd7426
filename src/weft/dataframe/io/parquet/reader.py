"""Reading one partition: the columns and rows of row groups that are asked for."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from weft.dataframe.io.arrow import Layout, as_type
from weft.dataframe.io.footers import check_unchanged, footer_of, opened_parquet, repeating_texts
from weft.dataframe.io.hive import HiveKey
from weft.dataframe.io.parquet.parts import Part, Piece
from weft.dataframe.io.predicates import Predicate, arrow_expression, columns_of, settled
from weft.dataframe.io.source import Reading
from weft.errors import ReadError
from weft.io.files import is_local

__all__ = ["ParquetReader"]


class ParquetReader(NamedTuple):
    """How parts are read."""

    filesystem: Any
    layout: Layout
    keys: tuple[HiveKey, ...]
    filters: Any = None
    options: tuple[tuple[str, Any], ...] = ()

    def read(self, part: Part, how: Reading) -> pd.DataFrame:
        """One part as a frame."""
        layout, columns, index, predicate = self.layout, how.columns, how.with_index, how.predicate
        names = layout.names([*columns, *(layout.index if index else ())])
        tables = []
        for piece in part.pieces:
            known: dict[Hashable, Any] = {
                key.label: key.value(code) for key, code in zip(self.keys, piece.codes, strict=True)
            }
            left = True if predicate is None else settled(predicate, known)
            if left is not False and piece.groups:
                tables.append(self.piece_table(piece, names, None if left is True else left))
        plain = predicate is None and self.filters is None
        return layout.frame(tables, columns, index, part.first_row if plain else None, how.meta.columns)

    def piece_table(self, piece: Piece, names: list[str], predicate: Predicate | None) -> pa.Table:
        """The rows of one file's row groups, with the columns of the layout."""
        check_unchanged(self.filesystem, piece.path, piece.stamp)
        own = {key.name for key in self.keys}
        wanted = [name for name in names if name not in own]
        if predicate is None and self.filters is None:
            table = self.plain_table(piece, wanted)
        else:
            table = self.filtered_table(piece, wanted, predicate)
        rows = table.num_rows
        arrays = []
        for name in names:
            kind = self.layout.schema.field(name).type
            if name in own:
                place = [key.name for key in self.keys].index(name)
                arrays.append(self.keys[place].column(piece.codes[place], rows))
            else:
                arrays.append(as_type(table.column(name), kind, name))
        if not arrays:
            return table.select([])
        return pa.Table.from_arrays(arrays, names=names)

    def plain_table(self, piece: Piece, names: list[str]) -> pa.Table:
        """All rows, with missing values for columns that the file does not have."""
        options = dict(self.options)
        footer = footer_of(self.filesystem, piece.path, piece.stamp, **options)
        coded = [name for name in names if pa.types.is_dictionary(self.layout.schema.field(name).type)]
        coded += repeating_texts(footer, piece.groups, names)
        with opened_parquet(
            self.filesystem, piece.path, metadata=footer.metadata, read_dictionary=coded or None, **options
        ) as file:
            have = set(footer.schema.names)
            table = file.read_row_groups(
                list(piece.groups), columns=[name for name in names if name in have], use_threads=False
            )
        for name in names:
            if name not in have:
                table = table.append_column(name, pa.nulls(piece.rows, self.layout.schema.field(name).type))
        return table

    def filtered_table(self, piece: Piece, names: list[str], predicate: Predicate | None) -> pa.Table:
        """The rows that fulfil the predicate and the user's filters."""
        import pyarrow.dataset as pads

        coded = [name for name in names if pa.types.is_dictionary(self.layout.schema.field(name).type)]
        if self.filters is None and predicate is not None:  # Arrow compares texts faster than it compares codes
            compared = {self.layout.fields[label] for label in columns_of(predicate)}
            footer = footer_of(self.filesystem, piece.path, piece.stamp, **dict(self.options))
            coded += repeating_texts(footer, piece.groups, [name for name in names if name not in compared])
        schema = pa.schema([scanned_field(field, field.name in coded) for field in self.layout.schema])
        guarantee = None
        for key, code in zip(self.keys, piece.codes, strict=True):
            field, value = pads.field(key.name), key.value(code)
            one = field.is_null() if value is None else field == pads.scalar(value)
            guarantee = one if guarantee is None else guarantee & one
        condition = self.filters
        if predicate is not None:
            both = arrow_expression(predicate, self.layout.fields.__getitem__)
            condition = both if condition is None else condition & both
        scan = {
            name: value
            for name, value in self.options
            if name in ("decryption_properties", "page_checksum_verification")
        }
        form = pads.ParquetFileFormat(
            read_options=pads.ParquetReadOptions(dictionary_columns=coded),
            default_fragment_scan_options=pads.ParquetFragmentScanOptions(**scan),
        )
        try:
            fragment = form.make_fragment(
                piece.path,
                arrow_filesystem(self.filesystem),
                row_groups=piece.groups,
                **({} if guarantee is None else {"partition_expression": guarantee}),
            )
            return fragment.to_table(schema=schema, columns=names, filter=condition, use_threads=False)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise ValueError(f"cannot filter {piece.path} while reading: {error}") from error
        except OSError as error:
            if isinstance(error, (FileNotFoundError, PermissionError)):
                raise
            raise ReadError(f"cannot read {piece.path} as Parquet: {error}. It is damaged or cut off.") from error


def scanned_field(field: pa.Field, coded: bool) -> pa.Field:
    """A field with the type of its values, or of codes for them."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return field.with_type(pa.dictionary(pa.int32(), kind) if coded else kind)


def arrow_filesystem(filesystem: Any) -> Any:
    """An fsspec file system as Arrow knows it."""
    import pyarrow.fs as pafs

    inner = getattr(filesystem, "fs", None)
    if isinstance(inner, pafs.FileSystem):
        return inner
    return pafs.LocalFileSystem() if is_local(filesystem) else pafs.PyFileSystem(pafs.FSSpecHandler(filesystem))
