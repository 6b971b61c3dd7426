"""Writing partitions as Parquet files, and giving these their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
import pyarrow as pa

from weft.dataframe.io.hive import MISSING
from weft.dataframe.io.parquet.summaries import fresh_footers, joined_footers, write_summary
from weft.io.files import FoundFile
from weft.io.writing import can_rename, in_place, put_in_place

__all__ = ["ParquetWriter"]


class NewFile(NamedTuple):
    """A file that has been written."""

    temporary: str
    place: str
    metadata: Any
    schema: pa.Schema


class ParquetWriter(NamedTuple):
    """How partitions are written, and what happens at the end."""

    filesystem: Any
    folder: str
    staging: str | None
    names: tuple[str, ...]
    schema: pa.Schema | None
    fixed: Mapping[str, pa.DataType]
    with_index: bool
    partition_on: tuple[str, ...]
    compression: Any
    row_group_size: int | None
    custom: Mapping[bytes, bytes]
    options: Mapping[str, Any]
    replaces: tuple[str, ...]
    summary: bool
    earlier: tuple[FoundFile, ...]

    @property
    def label(self) -> str:
        """What users call it."""
        return "to_parquet"

    def write(self, part: pd.DataFrame, number: int) -> list[NewFile]:
        """One partition: one file, or one for each directory that it has rows for."""
        name = self.names[number]
        if not self.partition_on:
            return [self.write_file(part, name)]
        files = []
        groups = part.groupby(list(self.partition_on), observed=True, sort=False, dropna=False)
        for values, rows in groups:
            folders = [
                f"{quote(str(key))}={MISSING if pd.isna(value) else quote(str(value), safe='')}"
                for key, value in zip(self.partition_on, values, strict=True)
            ]
            files.append(self.write_file(rows.drop(columns=list(self.partition_on)), "/".join([*folders, name])))
        return files

    def write_file(self, rows: pd.DataFrame, name: str) -> NewFile:
        """One file, at its temporary place if it has one."""
        import pyarrow.parquet as pq

        fs, place = self.filesystem, f"{self.folder}/{name}"
        temporary = place if self.staging is None else f"{self.staging}/{name}"
        table = self.table(rows)
        with in_place(fs, temporary) as stream:
            with pq.ParquetWriter(stream, table.schema, compression=self.compression, **self.options) as writer:
                writer.write_table(table, self.row_group_size)
            metadata = writer.writer.metadata if self.summary else None
        if metadata is not None:
            metadata.set_file_path(name)
        return NewFile(temporary, place, metadata, table.schema)

    def table(self, rows: pd.DataFrame) -> pa.Table:
        """Rows as Arrow's table, in the types that are meant."""
        schema = self.schema
        if schema is not None and self.partition_on:
            schema = pa.schema(
                [field for field in schema if field.name not in self.partition_on], metadata=schema.metadata
            )
        if schema is not None and self.with_index:
            have = {field.name for field in schema}
            found = pa.Schema.from_pandas(rows.iloc[:0] if len(rows) else rows, preserve_index=True)
            labels = [str(each) for each in rows.columns]
            missing = [field for field in found if field.name not in have and field.name not in labels]
            for field in missing:
                schema = schema.append(field)
        try:
            table = pa.Table.from_pandas(rows, schema=schema, preserve_index=self.with_index, nthreads=1)
            if schema is None and self.fixed:
                fields = [
                    field.with_type(self.fixed[field.name]) if field.name in self.fixed else field
                    for field in table.schema
                ]
                table = pa.Table.from_pandas(
                    rows,
                    schema=pa.schema(fields, metadata=table.schema.metadata),
                    preserve_index=self.with_index,
                    nthreads=1,
                )
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise type(error)(
                f"cannot write a partition as Parquet: {error}. Cast the column first, or pass schema={{column: type}}."
            ) from error
        if self.custom:
            table = table.replace_schema_metadata({**(table.schema.metadata or {}), **self.custom})
        return table

    def finish(self, written: list[list[NewFile]]) -> None:
        """Files to their places; what they replace is taken away."""
        fs = self.filesystem
        files = [each for several in written for each in several]
        joint = self.joint_footer(files) if self.summary and files else None
        if self.staging is not None:
            for each in files:
                put_in_place(fs, each.temporary, each.place)
        kept = {each.place for each in files}
        gone = [path for path in self.replaces if path not in kept]
        for path in gone:
            fs.rm_file(path)
        remove_empty(fs, self.folder, gone)
        if joint is not None:
            write_summary(fs, self.folder, files[0].schema, joint)
        self.abandon()

    def joint_footer(self, files: Sequence[NewFile]) -> Any:
        """The footers of all files, those that were there before among them, as one."""
        footers = []
        for file, footer in zip(self.earlier, fresh_footers(self.filesystem, self.earlier), strict=True):
            footer.metadata.set_file_path(file.path[len(self.folder) :].lstrip("/"))
            footers.append(footer.metadata)
        return joined_footers([*footers, *[each.metadata for each in files]])

    def abandon(self) -> None:
        """Take the temporary directory away."""
        if self.staging is not None and self.filesystem.exists(self.staging):
            self.filesystem.rm(self.staging, recursive=True)
        if not self.replaces and self.filesystem.isdir(self.folder) and not self.filesystem.ls(self.folder):
            self.filesystem.rmdir(self.folder)


def remove_empty(fs: Any, folder: str, paths: Sequence[str]) -> None:
    """Take away directories below a folder in which files were, if nothing is left in them."""
    if not can_rename(fs):
        return
    parents: set[str] = set()
    for path in paths:
        parent = fs._parent(path)
        while len(parent) > len(folder):
            parents.add(parent)
            parent = fs._parent(parent)
    for parent in sorted(parents, key=len, reverse=True):
        if fs.isdir(parent) and not fs.ls(parent):
            fs.rmdir(parent)
