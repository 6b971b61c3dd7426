"""Reading Parquet: nothing but footers is read before it is computed, and then only what is asked for.

A partition is one file's row groups, or a bundle of them of about ``blocksize`` bytes. Footers say how many rows there are,
what types, and whether a column of integers has missing values (then pandas makes floats of it), so that the meta is right
without a look at the data. Directories that are named ``key=value`` are columns of categories. The columns of the files
need not be the same: see `weft.dataframe.io.arrow.joint_schema`.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import pandas as pd
import pyarrow as pa

from weft.dataframe.io.arrow import Layout, Numbering, as_type, joint_schema, numbering_of
from weft.dataframe.io.footers import (
    Footer,
    check_unchanged,
    footer_of,
    group_bounds,
    leaf_numbers,
    opened_parquet,
    read_footers,
)
from weft.dataframe.io.hive import HiveKey, hive_keys
from weft.dataframe.io.predicates import (
    Bounds,
    Predicate,
    arrow_expression,
    columns_of,
    filters_of,
    may_hold,
    settled,
)
from weft.dataframe.io.source import Dataset, FileSource, Reading, read_part, source_frame
from weft.errors import ReadError
from weft.expr import node
from weft.io.files import FoundFile, find_files, is_local
from weft.units import parse_bytes

__all__ = ["ParquetDataset", "Predicate", "ReadParquet", "read_parquet", "read_parquet_part"]

#: Bytes of row groups, before compression, that make a partition by default.
BLOCKSIZE = "64 MiB"
EXTENSIONS = (".parq", ".parquet", ".pq")
#: Options that users of other readers know, and that say nothing here.
ENGINES = (None, "auto", "pyarrow", "arrow")


class Piece(NamedTuple):
    """Row groups of one file."""

    path: str
    stamp: tuple[Any, ...]
    groups: tuple[int, ...]
    rows: int
    nbytes: int
    codes: tuple[int, ...]  #: of the values that its directories' names give


class Part(NamedTuple):
    """Row groups that make a partition."""

    path: str
    pieces: tuple[Piece, ...]
    first_row: int | None
    rows: int


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

        schema = pa.schema([field_without_dictionary(field) for field in self.layout.schema])
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
        form = pads.ParquetFileFormat(default_fragment_scan_options=pads.ParquetFragmentScanOptions(**scan))
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


def field_without_dictionary(field: pa.Field) -> pa.Field:
    """A field with the type of its values."""
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


class ParquetDataset(Dataset):
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

    @property
    def index_columns(self) -> tuple[Hashable, ...]:  # type: ignore[override]
        """Columns that are the index."""
        return self.layout.index

    @property
    def columns(self) -> tuple[Hashable, ...]:
        return self.layout.columns

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        return self.layout.meta(self.layout.columns if columns is None else columns, index)

    def row_counts(self) -> tuple[int, ...] | None:
        return None if self.filters is not None else tuple([part.rows for part in self.parts])

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

    def bounds(self, label: Hashable) -> tuple[Bounds | None, ...] | None:
        if self.filters is not None:
            return None
        if label not in self.known_bounds:
            self.known_bounds[label] = tuple(
                [joint_bounds([self.piece_bounds(piece, label) for piece in part.pieces]) for part in self.parts]
            )
        return self.known_bounds[label]

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
            return tuple(made.as_unit(kind.unit))
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


#: Bytes of a value in a pandas column, by Parquet's type.
WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "FLOAT": 4, "DOUBLE": 8, "INT96": 8}


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
        Without effect: each file is asked, so that a ``_metadata`` file that is out of date misleads nobody.
    metadata_task_size : int, optional
        Without effect: footers are read side by side, each once.
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
    footers = read_footers(fs, files, **options)
    keys, codes = ((), [()] * len(files)) if partitioning is None else hive_keys(files, root, partitioning)
    joint = schema_for(schema, files, footers, keys)
    numberings = [numbering_of(footer.schema) for footer in footers]
    coded = dict.fromkeys(categories or ())
    if index is None and columns is not None:
        index = index_beside(columns, joint)
    layout = Layout(
        joint,
        [index] if isinstance(index, (str, int)) and index is not False else index,
        dtype_backend,
        {**{str(name): None for name in coded}, **{key.name: key.values for key in keys}},
        nullable_columns(footers, joint),
        arrow_to_pandas,
    )
    check_labels(layout, index, coded, columns)
    if layout.numbering != Numbering() or index is None:
        layout.numbering = joint_numbering(
            [(each, footer.metadata.num_rows) for each, footer in zip(numberings, footers, strict=True)]
        )
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
    return source_frame(ReadParquet, dataset, columns)


def read_options(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Options for Arrow among further arguments."""
    allowed = ("decryption_properties", "page_checksum_verification")
    for name in kwargs:
        if name not in allowed:
            raise TypeError(f"read_parquet() knows no argument {name!r}; further ones are {', '.join(allowed)}")
    return {name: value for name, value in kwargs.items() if value is not None}


def index_beside(columns: Any, schema: pa.Schema) -> Any:
    """None, unless the columns that are asked for include those that the writer made the index: then these are columns."""
    described = [each for each in (schema.pandas_metadata or {}).get("index_columns", []) if isinstance(each, str)]
    asked = [columns] if isinstance(columns, str) else columns if isinstance(columns, Iterable) else []
    taken = set(described).intersection([each for each in asked if isinstance(each, str)])
    return [each for each in described if each not in taken] or False if taken else None


def check_labels(layout: Layout, index: Any, coded: Iterable[Any], columns: Any) -> None:
    """Raise for columns that are not there, or asked for as two things."""
    from weft.dataframe.ops.projection import missing_column

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


def schema_for(given: Any, files: Sequence[FoundFile], footers: Sequence[Footer], keys: Sequence[HiveKey]) -> pa.Schema:
    """The columns of all files, with those of the directories' names at the end."""
    own = [(file.path, footer.schema) for file, footer in zip(files, footers, strict=True)]
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


@dataclass(frozen=True)
class Plan:
    """How row groups become partitions."""

    split: bool | int | str
    blocksize: int | str | None
    aggregate: bool | str | None

    @property
    def limit(self) -> int | None:
        """Bytes of a partition."""
        if self.split in ("infer", "adaptive") and type(self.split) is str:
            return None if self.blocksize is None else parse_bytes(self.blocksize)
        return None

    @property
    def count(self) -> int | None:
        """Row groups of a partition."""
        if self.split is True:
            return 1
        if isinstance(self.split, (bool, str)):
            return None
        return self.split

    def check(self, keys: Sequence[HiveKey]) -> None:
        """Raise for options that make no sense."""
        if isinstance(self.split, str) and self.split not in ("infer", "adaptive"):
            raise ValueError(f"split_row_groups is 'infer', 'adaptive', a bool or a number, not {self.split!r}")
        if not isinstance(self.split, (str, bool, int)):
            raise TypeError(f"split_row_groups is 'infer', 'adaptive', a bool or a number, not {self.split!r}")
        if not isinstance(self.split, (str, bool)) and self.split < 1:
            raise ValueError(
                f"split_row_groups is how many row groups make a partition, at least 1; it is {self.split}"
            )
        if isinstance(self.aggregate, str) and self.aggregate not in [key.name for key in keys]:
            raise ValueError(
                f"aggregate_files={self.aggregate!r} names no key of the directories; there are {[key.name for key in keys]}"
            )


def pieces_of(
    files: Sequence[FoundFile], footers: Sequence[Footer], codes: Sequence[tuple[int, ...]], plan: Plan
) -> list[list[Piece]]:
    """The row groups of each file, bundled."""
    limit, count = plan.limit, plan.count
    found = []
    for file, footer, own in zip(files, footers, codes, strict=True):
        metadata = footer.metadata
        pieces: list[Piece] = []
        groups: list[int] = []
        rows = nbytes = 0
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            size = group.total_byte_size
            full = (limit is not None and nbytes + size > limit) or (count is not None and len(groups) >= count)
            if groups and full:
                pieces.append(Piece(file.path, file.stamp, tuple(groups), rows, nbytes, own))
                groups, rows, nbytes = [], 0, 0
            groups.append(number)
            rows += group.num_rows
            nbytes += size
        pieces.append(Piece(file.path, file.stamp, tuple(groups), rows, nbytes, own))
        found.append(pieces)
    return found


def parts_of(found: Sequence[Sequence[Piece]], keys: Sequence[HiveKey], plan: Plan) -> tuple[Part, ...]:
    """Partitions: pieces, or several of them where files may be put together."""
    plan.check(keys)
    bundles: list[list[Piece]] = []
    depth = len(keys)
    if isinstance(plan.aggregate, str):
        depth = [key.name for key in keys].index(plan.aggregate) + 1
    elif plan.aggregate:
        depth = 0
    for piece in [piece for pieces in found for piece in pieces]:
        if bundles and plan.aggregate and fits(bundles[-1], piece, plan, depth):
            bundles[-1].append(piece)
        else:
            bundles.append([piece])
    parts, row = [], 0
    for bundle in bundles:
        rows = sum([piece.rows for piece in bundle])
        parts.append(Part(bundle[0].path, tuple(bundle), row, rows))
        row += rows
    return tuple(parts)


def fits(bundle: list[Piece], piece: Piece, plan: Plan, depth: int) -> bool:
    """Whether a piece may go into a partition with others."""
    if bundle[0].codes[:depth] != piece.codes[:depth]:
        return False
    if plan.count is not None:
        return sum([len(each.groups) for each in bundle]) + len(piece.groups) <= plan.count
    return plan.limit is None or sum([each.nbytes for each in bundle]) + piece.nbytes <= plan.limit


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


def arrow_filesystem(filesystem: Any) -> Any:
    """An fsspec file system as Arrow knows it."""
    import pyarrow.fs as pafs

    inner = getattr(filesystem, "fs", None)
    if isinstance(inner, pafs.FileSystem):
        return inner
    return pafs.LocalFileSystem() if is_local(filesystem) else pafs.PyFileSystem(pafs.FSSpecHandler(filesystem))


def joint_numbering(files: Sequence[tuple[Numbering | None, int]]) -> Numbering:
    """The range over the rows of all files: their own, if each goes on where the one before ends, else row numbers."""
    first, row = files[0][0], 0
    for numbering, rows in files:
        if first is None or numbering is None or numbering != first._replace(start=first.start + row * first.step):
            return Numbering()
        row += rows
    return first or Numbering()
