"""Frames of Parquet files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

import pyarrow as pa

from weft.dataframe.base import new
from weft.dataframe.io.arrow import Layout, Numbering, is_unnamed, joint_schema, numbering_of
from weft.dataframe.io.footers import Footer, leaf_numbers, read_footers
from weft.dataframe.io.hive import HiveKey, hive_keys
from weft.dataframe.io.parquet.dataset import ParquetDataset, ReadParquet, without_hopeless
from weft.dataframe.io.parquet.options import BLOCKSIZE, ENGINES, EXTENSIONS, read_options
from weft.dataframe.io.parquet.parts import Plan, parts_of, pieces_of
from weft.dataframe.io.parquet.reader import ParquetReader
from weft.dataframe.io.predicates import filters_of
from weft.dataframe.io.source import check_chosen, source_frame
from weft.dataframe.ops.projection import missing_column
from weft.io.files import FoundFile, find_files

__all__ = ["read_parquet"]


def read_parquet(
    path: Any = None,
    columns: Any = None,
    filters: Any = None,
    categories: Any = None,
    index: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    dtype_backend: str | None = None,
    calculate_divisions: bool = False,
    ignore_metadata_file: bool = False,
    metadata_task_size: int | None = None,
    split_row_groups: bool | int | str = "infer",
    blocksize: int | str | None = "default",
    aggregate_files: bool | str | None = None,
    parquet_file_extension: Any = EXTENSIONS,
    filesystem: Any = "fsspec",
    engine: str | None = None,
    arrow_to_pandas: Mapping[str, Any] | None = None,
    *,
    schema: Any = None,
    partitioning: Any = "hive",
    **kwargs: Any,
) -> Any:
    """Frame of Parquet files.

    Parameters
    ----------
    path : str, path, or list of them
        A file, a directory, a pattern such as ``"data/*.parquet"``, or several of them; local, or anywhere fsspec reaches.
    columns : label or list of labels, optional
        Only these; a single label gives a series. Columns that a program does not use are not read in any case.
    filters : list or pyarrow Expression, optional
        Only rows that fulfil it: ``[("a", ">", 1), ("b", "in", ["x", "y"])]`` (all must hold), or a list of such lists (all
        of one of them must). Row groups and directories in which no row can are not read. A missing value fulfils nothing.
    categories : list or dict, optional
        Columns that are read as categories.
    index : label, list of labels or False, optional
        Columns that become the index; False: none. By default those that the file's writer names.
    storage_options : mapping, optional
        Passed to fsspec.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
    calculate_divisions : bool
        Take divisions from the statistics of the index column, where the files are in its order. An index of row numbers
        has divisions in any case.
    ignore_metadata_file : bool
        Each file is asked in any case, so that a ``_metadata`` file that is out of date misleads nobody.
    metadata_task_size : int, optional
        Files whose footers one thread reads one after another; 0: all in the thread that calls. By default each by itself,
        side by side.
    split_row_groups : bool, int or str
        ``"infer"`` and ``"adaptive"``: bundles of row groups up to ``blocksize`` bytes; True: each row group; an int: so
        many; False: files are not split.
    blocksize : int, str or None
        Bytes, before compression, up to which row groups are read as one partition; 64 MiB by default. None: no limit.
    aggregate_files : bool or str, optional
        Whether row groups of several files may make one partition; the name of a directory key: of files that agree on it
        and on those before.
    parquet_file_extension : str or sequence of str, optional
        Ends of the names of files that count in directories; None: all.
    filesystem : str or file system
        ``"fsspec"``, ``"arrow"``, or a file system of either.
    engine : str, optional
        ``"pyarrow"``, the only one.
    arrow_to_pandas : mapping, optional
        Further arguments of ``pyarrow.Table.to_pandas``.
    schema : pyarrow.Schema or "union", optional
        The columns and types that are meant; by default those of the files together, where types are widened and columns
        that some files lack are filled. A file that lacks some and has others raises, since a column may have been renamed;
        ``"union"`` allows it.
    partitioning : {"hive", None}
        Whether directories named ``key=value`` are columns.
    **kwargs
        ``decryption_properties`` and ``page_checksum_verification``, as Arrow takes them.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no Parquet file in the directory.
    KeyError
        A column is not in the files.
    ValueError
        The files have columns that do not go together, or a file is no Parquet file.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     paths = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2).to_parquet(folder + "/x")
    ...     dd.read_parquet(folder + "/x", filters=[("a", ">", 1)]).a.sum().compute(scheduler="sync")
    np.int64(5)
    """
    if path is None:
        raise TypeError("read_parquet() needs a path")
    if engine not in ENGINES:
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    options = read_options(kwargs)
    fs, files, root = find_files(
        path,
        kind="Parquet",
        storage_options=storage_options,
        filesystem=filesystem,
        extensions=parquet_file_extension,
    )
    if metadata_task_size is not None and metadata_task_size < 0:
        raise ValueError(f"metadata_task_size is how many files, 0 or more; it is {metadata_task_size}")
    footers = read_footers(fs, files, metadata_task_size, **options)
    keys, codes = ((), [()] * len(files)) if partitioning is None else hive_keys(files, root, partitioning)
    schemas = schemas_by_rows(footers)
    joint = schema_for(schema, files, schemas, keys)
    coded = dict.fromkeys(categories or ())
    if index is None and columns is not None:
        index = index_beside(columns, joint)
    levels = levels_beside_numbers(joint) if index is None else []
    index = [] if levels else index
    layout = Layout(
        joint,
        [index] if isinstance(index, (str, int)) and index is not False else index,
        dtype_backend,
        {**{str(name): None for name in coded}, **{key.name: key.values for key in keys}},
        nullable_columns(footers, joint),
        arrow_to_pandas,
    )
    check_labels(layout, index, coded, columns)
    if layout.numbering != Numbering() or index is None or levels:
        lengths = [footer.metadata.num_rows for footer in footers]
        numbered = [
            (numbering_of(each), rows) for each, rows in zip(schemas, lengths, strict=True) if rows or not levels
        ]
        layout.numbering = joint_numbering(numbered or [(numbering_of(schemas[0]), 0)])
    condition, known = (None, None) if filters is None else filters_of(filters, tuple(layout.fields))
    plan = Plan(split_row_groups, BLOCKSIZE if blocksize == "default" else blocksize, aggregate_files)
    pieces = pieces_of(files, footers, codes, plan)
    reader = ParquetReader(fs, layout, keys, condition, tuple(sorted(options.items())))
    by_path = {file.path: footer for file, footer in zip(files, footers, strict=True)}
    token = (
        *("parquet", tuple(files), astuple(plan), str(condition), layout.index, dtype_backend, tuple(coded)),
        *(
            str(joint),
            bool(calculate_divisions),
            partitioning is None,
            repr(sorted((arrow_to_pandas or {}).items(), key=str)),
        ),
    )
    dataset = ParquetDataset(reader, parts_of(pieces, keys, plan), by_path, token, bool(calculate_divisions))
    if known is not None:
        dataset = without_hopeless(dataset, known)
    if not levels:
        return source_frame(ReadParquet, dataset, columns)
    labels = [label for level in levels for label, name in layout.fields.items() if name == level]
    asked, single = check_chosen(columns, dataset.columns)
    others = [label for label in (dataset.columns if asked is None else asked) if label not in labels]
    whole = numbered_levels(new(ReadParquet(dataset, (*others, *labels))), levels, labels)
    return whole[columns] if single else whole


def schemas_by_rows(footers: Sequence[Footer]) -> list[pa.Schema]:
    """The schemas of files, where those without rows say nothing of a level that others tell as a range: they store it."""
    schemas = [footer.schema for footer in footers]
    telling = [each for each, footer in zip(schemas, footers, strict=True) if footer.metadata.num_rows]
    if not telling or not levels_beside_numbers(telling[0]):
        return schemas
    first = telling[0]
    made = []
    for schema, footer in zip(schemas, footers, strict=True):
        if not footer.metadata.num_rows:
            described = (schema.pandas_metadata or {}).get("index_columns", [])
            kept = [field for field in schema if field.name in first.names or field.name not in described]
            schema = pa.schema(kept, metadata=first.metadata)
        made.append(schema)
    return made


def levels_beside_numbers(schema: pa.Schema) -> list[str | None]:
    """The levels that the writer says the index has, None for the one that is a range, if that is one of several; else none."""
    described = (schema.pandas_metadata or {}).get("index_columns", [])
    levels = [each if isinstance(each, str) else None for each in described]
    return levels if len(levels) > 1 and levels.count(None) == 1 else []


def numbered_levels(frame: Any, levels: list[str | None], labels: list[Hashable]) -> Any:
    """A frame whose index are its rows' numbers, with columns as further levels."""
    name = frame.index.name
    made = frame.set_index(labels, append=True)
    place = levels.index(None)
    if place:
        made = made.reorder_levels([*range(1, place + 1), 0, *range(place + 1, len(levels))])
    names: list[Any] = [None if is_unnamed(label) else label for label in labels]
    return made.rename_axis([*names[:place], name, *names[place:]])


def index_beside(columns: Any, schema: pa.Schema) -> Any:
    """None, unless the columns that are asked for include those that the writer made the index: then these are columns."""
    described = [each for each in (schema.pandas_metadata or {}).get("index_columns", []) if isinstance(each, str)]
    asked = [columns] if isinstance(columns, str) else columns if isinstance(columns, Iterable) else []
    taken = set(described).intersection([each for each in asked if isinstance(each, str)])
    return [each for each in described if each not in taken] or False if taken else None


def check_labels(layout: Layout, index: Any, coded: Iterable[Any], columns: Any) -> None:
    """Raise for columns that are not there, or asked for as two things."""
    known = tuple(layout.fields)
    for label in [*layout.index, *coded]:
        if label not in known:
            raise KeyError(missing_column(label, known))
    if index is not None and index is not False and columns is not None:
        asked = {columns} if isinstance(columns, str) else set(columns) if isinstance(columns, Iterable) else {columns}
        if both := asked.intersection(layout.index):
            raise ValueError(
                f"{sorted(map(str, both))} cannot be both the index and columns: leave them out of columns="
            )


def schema_for(
    given: Any, files: Sequence[FoundFile], schemas: Sequence[pa.Schema], keys: Sequence[HiveKey]
) -> pa.Schema:
    """The columns of all files, with those of the directories' names at the end."""
    own = [(file.path, schema) for file, schema in zip(files, schemas, strict=True)]
    for path, schema in own:
        if len(set(schema.names)) < len(schema.names):
            twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
            raise ValueError(f"cannot read {path}: it has several columns named {twice}")
    if isinstance(given, pa.Schema):
        joint = given if given.metadata else given.with_metadata(own[0][1].metadata)
        for field in joint:
            types = {schema.field(field.name).type for _, schema in own if field.name in schema.names}
            if not types and field.name not in {key.name for key in keys}:
                raise KeyError(f"schema= has a column {field.name!r}, which no file has")
    elif given in (None, "union"):
        joint = joint_schema(own, union=given == "union")
    else:
        raise TypeError(f"schema is a pyarrow.Schema or 'union'; it is {given!r}")
    names = {key.name for key in keys}
    fields = [field for field in joint if field.name not in names]
    return pa.schema([*fields, *[pa.field(key.name, key.type) for key in keys]], metadata=joint.metadata)


def nullable_columns(footers: Sequence[Footer], schema: pa.Schema) -> set[str]:
    """Columns of integers and booleans in which values may be missing."""
    asked = {field.name for field in schema if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)}
    found: set[str] = set()
    for footer in footers:
        left = asked - found
        if not left:
            break
        found |= left - set(footer.schema.names)
        metadata = footer.metadata
        numbers = [number for path, number in leaf_numbers(metadata).items() if path in left] if left else []
        for group in range(metadata.num_row_groups):
            row_group = metadata.row_group(group)
            if not row_group.num_rows:
                continue
            for number in numbers:
                statistics = row_group.column(number).statistics
                if statistics is None or not statistics.has_null_count or statistics.null_count:
                    found.add(metadata.schema.column(number).path)
    return found


def joint_numbering(files: Sequence[tuple[Numbering | None, int]]) -> Numbering:
    """The range over the rows of all files: their own, if each goes on where the one before ends, else row numbers."""
    first, row = files[0][0], 0
    for numbering, rows in files:
        if first is None or numbering is None or numbering != first._replace(start=first.start + row * first.step):
            return Numbering()
        row += rows
    return first or Numbering()
