"""Writing Parquet: a directory of files, one or more for each partition, which appear together when all are complete.

Partitions are written into a directory of their own that no reader looks into. The last task moves the files to their
places, takes away what they replace, and writes ``_metadata`` if that is asked for. So a write that fails or is killed
leaves the old data as it was, and a frame may replace the files that it is read from. On stores that cannot rename, new
files go to their places at once (a file there appears when it is complete); files that replace others are copied there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from weft.dataframe.base import FrameBase
from weft.dataframe.io.parquet.options import ENGINES, EXTENSIONS, check_options, codec_of, custom_of
from weft.dataframe.io.parquet.reading import read_parquet
from weft.dataframe.io.parquet.summaries import SUMMARIES
from weft.dataframe.io.parquet.writer import ParquetWriter
from weft.dataframe.io.writing import check_frame, part_names, write_frame
from weft.dataframe.ops.projection import missing_column
from weft.expr.naming import nonce
from weft.io.files import FoundFile, filesystem_for, is_data
from weft.io.writing import can_rename

__all__ = ["ParquetMethods", "to_parquet"]


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
        categories = isinstance(before, pd.CategoricalDtype) and isinstance(after, pd.CategoricalDtype)
        if before != after and not numbers and not categories and object not in (before, after):
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


class ParquetMethods(FrameBase):
    """Frames as Parquet files."""

    __slots__ = ()

    to_parquet = to_parquet
