"""Writing Parquet: a directory of files, one or more for each partition, which appear together when all are complete.

Partitions are written into a directory of their own that no reader looks into. The last task moves the files to their
places, takes away what they replace, and writes ``_metadata`` if that is asked for. So a write that fails or is killed
leaves the old data as it was, and a frame may replace the files that it is read from. On stores that cannot rename, new
files go to their places at once (a file there appears when it is complete); files that replace others are copied there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
import pyarrow as pa

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase
from weft.dataframe.io.footers import Footer, read_footers
from weft.dataframe.io.hive import MISSING
from weft.dataframe.io.parquet import ENGINES, EXTENSIONS
from weft.dataframe.io.writing import check_frame, part_names, write_frame
from weft.dataframe.ops.projection import missing_column
from weft.expr.naming import nonce
from weft.io.files import FoundFile, filesystem_for, is_data
from weft.io.writing import can_rename, in_place, put_in_place

__all__ = ["ParquetMethods", "create_metadata_file", "to_parquet"]

#: Files that speak for a whole directory.
SUMMARIES = ("_metadata", "_common_metadata")


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


def fresh_footers(fs: Any, files: Sequence[FoundFile]) -> list[Footer]:
    """Footers that may be changed: none of those that are remembered."""
    return read_footers(fs, [file._replace(stamp=()) for file in files]) if files else []


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


def joined_footers(footers: Sequence[Any]) -> Any:
    """Several footers as one; the first is changed."""
    joint = footers[0]
    for each in footers[1:]:
        try:
            joint.append_row_groups(each)
        except RuntimeError as error:
            raise ValueError(
                f"cannot write _metadata: the files have different columns or types ({error}). Pass schema= so that all are "
                "written alike, or write_metadata_file=False."
            ) from error
    return joint


def write_summary(fs: Any, folder: str, schema: pa.Schema, joint: Any) -> None:
    """The files ``_metadata`` (all footers) and ``_common_metadata`` (the schema)."""
    import pyarrow.parquet as pq

    with in_place(fs, f"{folder}/_common_metadata") as stream:
        pq.write_metadata(schema, stream)
    with in_place(fs, f"{folder}/_metadata") as stream:
        joint.write_metadata_file(stream)


def to_parquet(
    df: Any,
    path: Any,
    compression: Any = "snappy",
    write_index: bool = True,
    append: bool = False,
    overwrite: bool = False,
    ignore_divisions: bool = False,
    partition_on: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    custom_metadata: Mapping[Any, Any] | None = None,
    write_metadata_file: bool | None = None,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    schema: Any = "infer",
    name_function: Callable[[int], str] | None = None,
    filesystem: Any = None,
    engine: str | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame as a directory of Parquet files, which appear together when all are complete.

    Parameters
    ----------
    df : DataFrame
    path : str or path
        The directory.
    compression : str, dict or None
        Such as ``"snappy"``, ``"zstd"``, ``"gzip"``; or one for each column.
    write_index : bool
        Whether the index becomes columns that are the index again when they are read.
    append : bool
        Add files to those that are there, which must have the same columns.
    overwrite : bool
        Replace the Parquet files that are there, once all new ones are complete. The frame may be read from them.
    ignore_divisions : bool
        Append even where index values overlap those that are there.
    partition_on : label or list of labels, optional
        Columns whose values become directories named ``key=value``.
    storage_options : mapping, optional
        Passed to fsspec.
    custom_metadata : mapping, optional
        Texts for each file's footer.
    write_metadata_file : bool, optional
        Write ``_metadata`` with all footers; by default only when appending where there is one.
    compute : bool
        Write now; otherwise give a value that writes when it is computed.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    schema : pyarrow.Schema, dict or "infer"
        Arrow types of all columns, or of some by name; by default those that the columns' own types give.
    name_function : callable, optional
        Gives the name of a partition's file by its number; ``part.0.parquet`` by default.
    filesystem : str or file system, optional
        ``"fsspec"``, ``"arrow"``, or a file system of either.
    engine : str, optional
        ``"pyarrow"``, the only one.
    **kwargs
        Of ``pyarrow.parquet.ParquetWriter``, and ``row_group_size``: ``use_dictionary``, ``encryption_properties``, ...

    Raises
    ------
    FileExistsError
        There are Parquet files that would stay beside the new ones, and neither ``append`` nor ``overwrite`` is given.
    KeyError
        A column of ``partition_on`` is not there.
    ValueError
        What is appended has other columns, or overlaps.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]}), npartitions=2)
    >>> with tmpdir() as folder:
    ...     frame.to_parquet(folder + "/out", partition_on="b")
    ...     dd.read_parquet(folder + "/out").b.compute(scheduler="sync").tolist()
    ['x', 'x', 'y']
    """
    check_frame(df, "to_parquet()")
    if engine not in ENGINES:
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    if append and overwrite:
        raise ValueError("to_parquet() adds to what is there (append=True) or replaces it (overwrite=True), not both")
    meta = df.expr.meta
    fs = filesystem_for(path, storage_options, filesystem)
    folder = fs._strip_protocol(str(path)).rstrip("/")
    if not overwrite and not append and fs.isfile(folder):
        raise FileExistsError(f"{path!r} is a file; to_parquet() writes a directory")
    keys = keys_of(partition_on, meta)
    row_group_size = kwargs.pop("row_group_size", None)
    check_options(kwargs)
    there = data_files(fs, folder)
    offset = 0
    if append and there:
        check_append(df, fs, there, keys, write_index, ignore_divisions, folder)
        offset = first_number(there)
    names = part_names(df.npartitions, name_function, "part.{}.parquet", offset)
    summary = write_metadata_file
    if summary is None:
        summary = append and fs.exists(f"{folder}/_metadata")
    if not append and not overwrite:
        stay = [each.path for each in there if keys or each.path not in {f"{folder}/{name}" for name in names}]
        if stay:
            raise FileExistsError(
                f"{len(stay)} Parquet files in {path!r}, such as {stay[0]}, would stay beside the new ones. Pass overwrite=True "
                "to replace them, or append=True to add to them."
            )
    if append and (taken := {f"{folder}/{name}" for name in names}.intersection([each.path for each in there])):
        raise ValueError(f"append=True would write over {sorted(taken)[0]}: give names of new files by name_function")
    replaces = [each.path for each in there] if overwrite else []
    if not append:
        replaces += [f"{folder}/{name}" for name in SUMMARIES if there and fs.exists(f"{folder}/{name}")]
    staged = can_rename(fs) or bool(there and not append)
    whole, fixed = schema_of_frame(df, schema, write_index)
    writer = ParquetWriter(
        fs,
        folder,
        f"{folder}/.weft-{nonce()[:12]}" if staged else None,
        names,
        whole,
        fixed,
        bool(write_index),
        keys,
        codec_of(compression),
        row_group_size,
        custom_of(custom_metadata),
        kwargs,
        tuple(replaces),
        bool(summary),
        tuple(there) if append and summary else (),
    )
    return write_frame(df, writer, compute, compute_kwargs)


def keys_of(partition_on: Any, meta: pd.DataFrame) -> tuple[str, ...]:
    """The columns that become directories."""
    if partition_on is None:
        return ()
    keys = tuple(partition_on) if isinstance(partition_on, (list, tuple)) else (partition_on,)
    for key in keys:
        if key not in meta.columns:
            raise KeyError(missing_column(key, tuple(meta.columns)))
    if keys and len(keys) == len(meta.columns):
        raise ValueError("partition_on names all columns: none would be left for the files")
    return keys


def check_options(options: Mapping[str, Any]) -> None:
    """Raise TypeError for arguments that Arrow's writer does not know."""
    import pyarrow.parquet as pq

    known = set(inspect.signature(pq.ParquetWriter.__init__).parameters) | {"data_page_size", "max_rows_per_page"}
    known |= (
        set(inspect.signature(pq.core._parquet.ParquetWriter.__init__).parameters) if hasattr(pq, "core") else set()
    )
    for name in options:
        if name not in known - {"self", "where", "schema", "filesystem", "options", "compression"}:
            raise TypeError(f"to_parquet() knows no argument {name!r}, and neither does pyarrow's ParquetWriter")


def codec_of(compression: Any) -> Any:
    """Names of codecs as Arrow knows them."""
    if isinstance(compression, Mapping):
        return {str(label): codec_of(each) for label, each in compression.items()}
    return "NONE" if compression is None else compression


def custom_of(custom: Mapping[Any, Any] | None) -> dict[bytes, bytes]:
    """Texts for footers as bytes."""
    made = {as_bytes(key): as_bytes(value) for key, value in (custom or {}).items()}
    if b"pandas" in made:
        raise ValueError("custom_metadata cannot have the key 'pandas', which says how a frame is made of the columns")
    return made


def as_bytes(value: Any) -> bytes:
    """A text as bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


def data_files(fs: Any, folder: str) -> list[FoundFile]:
    """The Parquet files below a directory."""
    if not fs.isdir(folder):
        return []
    if hasattr(fs, "invalidate_cache"):
        fs.invalidate_cache(folder)
    found = fs.find(folder, detail=True)
    return [FoundFile.of(path, found[path]) for path in sorted(found) if is_data(path[len(folder) :], EXTENSIONS)]


def first_number(there: Sequence[FoundFile]) -> int:
    """The number of the first file to add: behind all that are there."""
    numbers = [len(there) - 1]
    for each in there:
        words = each.path.rsplit("/", 1)[-1].split(".")
        numbers += [int(word) for word in words if word.isdigit()]
    return max(numbers) + 1


def check_append(
    df: Any, fs: Any, there: Sequence[FoundFile], keys: tuple[str, ...], index: bool, ignore: bool, folder: str
) -> None:
    """Raise ValueError where a frame cannot be added to the files that are there."""
    from weft.dataframe.io.parquet import read_parquet

    old = read_parquet([each.path for each in there], filesystem=fs, calculate_divisions=True, partitioning=None)
    mine = [str(label) for label in df.expr.meta.columns if label not in keys]
    its = [str(label) for label in old.expr.meta.columns]
    if sorted(mine) != sorted(its):
        raise ValueError(
            f"cannot append: the columns that are there, {its}, are not those of the frame, {mine}. Appended columns must be the same."
        )
    own = {str(label): dtype for label, dtype in zip(df.expr.meta.columns, df.expr.meta.dtypes.array, strict=True)}
    for label in its:
        before, after = old.expr.meta[label].dtype, own[label]
        numbers = {before.kind, after.kind} <= set("iuf")
        if before != after and not numbers and object not in (before, after):
            raise ValueError(f"cannot append: column {label!r} is {before} in the files, and {after} in the frame")
    ordered = index and not ignore and not keys and old.known_divisions and df.known_divisions
    if ordered and old.expr.dataset.index_columns and df.divisions[0] < old.divisions[-1]:
        raise ValueError(
            f"cannot append: index values from {df.divisions[0]!r} overlap those that are there, up to {old.divisions[-1]!r}. "
            "Pass ignore_divisions=True if that is meant."
        )


def schema_of_frame(df: Any, given: Any, index: bool) -> tuple[pa.Schema | None, dict[str, pa.DataType]]:
    """The schema of all files, or the types of some columns."""
    meta = df.expr.meta
    if isinstance(given, pa.Schema):
        return given, {}
    fixed: dict[str, pa.DataType] = {}
    if isinstance(given, Mapping):
        names = {str(label) for label in meta.columns} | {str(each) for each in meta.index.names}
        for name in given:
            if str(name) not in names:
                raise KeyError(missing_column(name, tuple(meta.columns)))
        fixed.update({str(name): kind for name, kind in given.items()})
    elif given not in ("infer", None):
        raise TypeError(f"schema is a pyarrow.Schema, a dict of types, or 'infer'; it is {given!r}")
    return None, fixed


def create_metadata_file(
    paths: Any,
    root_dir: Any = None,
    out_dir: Any = None,
    engine: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    split_every: int = 32,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    fs: Any = None,
) -> Any:
    """Write ``_metadata``, with the footers of some Parquet files, and ``_common_metadata``.

    Parameters
    ----------
    paths : str, or list of str
        The files.
    root_dir : str, optional
        The directory that paths in ``_metadata`` are relative to; by default the one that all files are in.
    out_dir : str or False, optional
        Where it is written; by default to ``root_dir``. False: nowhere; the footers are given instead.
    engine : str, optional
        ``"pyarrow"``, the only one.
    storage_options : mapping, optional
        Passed to fsspec.
    split_every : int
        Without effect: footers are read side by side.
    compute : bool
        Now; otherwise give a delayed value that does it.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    fs : file system, optional

    Returns
    -------
    None, or pyarrow.parquet.FileMetaData with ``out_dir=False``
    """
    from weft.io.files import find_files

    if engine not in ENGINES:
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    filesystem, files, _ = find_files(
        paths, kind="Parquet", storage_options=storage_options, filesystem=fs, extensions=EXTENSIONS
    )
    root = (
        common_folder([file.path for file in files]) if root_dir is None else filesystem._strip_protocol(str(root_dir))
    )
    root = root.rstrip("/")
    for file in files:
        if not file.path.startswith(f"{root}/"):
            raise ValueError(f"{file.path} is not below root_dir, {root}")
    place = (
        None if out_dir is False else root if out_dir is None else filesystem._strip_protocol(str(out_dir)).rstrip("/")
    )
    job = CONVERSIONS["delayed"](gather_footers)(filesystem, files, root, place)
    return job.compute(**dict(compute_kwargs or {})) if compute else job


def gather_footers(fs: Any, files: Sequence[FoundFile], root: str, place: str | None) -> Any:
    """Footers of several files as one; written if there is a place."""
    footers = fresh_footers(fs, files)
    for file, footer in zip(files, footers, strict=True):
        footer.metadata.set_file_path(file.path[len(root) :].lstrip("/"))
    joint = joined_footers([footer.metadata for footer in footers])
    if place is None:
        return joint
    write_summary(fs, place, footers[0].schema, joint)
    return None


def common_folder(paths: Sequence[str]) -> str:
    """The directory that all paths are below."""
    parts = [path.split("/")[:-1] for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared)


class ParquetMethods(FrameBase):
    """Frames as Parquet files."""

    __slots__ = ()

    to_parquet = to_parquet
