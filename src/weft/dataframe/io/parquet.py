"""Reading Parquet: nothing but footers is read before it is computed, and then only what is asked for.

A partition is one file's row groups, or a bundle of them of about ``blocksize`` bytes. Footers say how many rows there are,
what types, and whether a column of integers has missing values (then pandas makes floats of it), so that the meta is right
without a look at the data.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from weft.dataframe.base import new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.ops.projection import missing_column
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Listed, Same, from_parts
from weft.units import parse_bytes

__all__ = ["ReadParquet", "read_parquet"]

#: A predicate on columns: ``("and" | "or", left, right)`` or ``(operator, column, value)``.
Predicate = tuple[Any, Any, Any]


class Part(NamedTuple):
    """Row groups of a file that make a partition."""

    path: str
    groups: tuple[int, ...]
    first_row: int
    rows: int


class Numbering(NamedTuple):
    """An index that is a range over all rows."""

    start: int = 0
    step: int = 1
    name: str | None = None

    def labels(self, first: int, count: int) -> pd.RangeIndex:
        """The labels of some rows, counted from the first of all."""
        start = self.start + first * self.step
        return pd.RangeIndex(start, start + count * self.step, self.step, name=self.name)


class Dataset:
    """What the footers of some files say: a value that stands for them, named by paths, sizes and times of change."""

    def __init__(
        self, filesystem: Any, schema: pa.Schema, parts: tuple[Part, ...], nullable: frozenset[str], token: Any
    ) -> None:
        self.filesystem = filesystem
        self.schema = schema
        self.parts = parts
        self.nullable = nullable
        self.token = token
        self.sizes: dict[str, int] = {}
        self.numbering = Numbering()

    def __weft_tokenize__(self) -> Any:
        return self.token

    @property
    def index_columns(self) -> tuple[str, ...]:
        """Columns that the writer says are the index."""
        described = (self.schema.pandas_metadata or {}).get("index_columns", [])
        return tuple([each for each in described if isinstance(each, str)])

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns but the index, in the order of the file."""
        index = set(self.index_columns)
        return tuple([label for label in self.schema.names if label not in index])

    def meta(self, columns: tuple[str, ...], index: bool) -> pd.DataFrame:
        """Zero-length frame with the types that the data will have."""
        chosen = [*columns, *(self.index_columns if index else ())]
        schema = pa.schema([self.schema.field(label) for label in chosen], metadata=self.schema.metadata)
        made = schema.empty_table().to_pandas()
        if not index:
            made.index = pd.RangeIndex(0)
        elif not self.index_columns:
            made.index = self.numbering.labels(0, 0)
        for label in columns:
            if label in self.nullable and made[label].dtype.kind in "iu":
                made[label] = made[label].astype("float64")
            elif label in self.nullable and made[label].dtype == bool:
                made[label] = made[label].astype(object)
        return made[list(columns)]


@node
class ReadParquet(FrameExpr):
    """Some columns of the rows that fulfil a predicate.

    Where nobody looks at the index it is not made (``index=False``): rows are then numbered in each partition.
    """

    dataset: Dataset
    chosen: tuple[str, ...]
    index: bool = True
    predicate: Predicate | None = None

    @property
    def label(self) -> str:
        return "read_parquet"

    @derived
    def meta(self) -> pd.DataFrame:
        return self.dataset.meta(self.chosen, self.index)

    @derived
    def npartitions(self) -> int:
        return len(self.dataset.parts)

    @derived
    def rows(self) -> Hashable:
        return (self.dataset.token, self.predicate)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        if self.dataset.index_columns or not self.index or self.predicate is not None:
            return None
        parts = self.dataset.parts
        if any(not part.rows for part in parts):
            return None
        last = parts[-1]
        ends = [part.first_row for part in parts] + [last.first_row + last.rows - 1]
        numbering = self.dataset.numbering
        return tuple([numbering.start + numbering.step * row for row in ends]) if numbering.step > 0 else None

    @property
    def partition_nbytes(self) -> int:
        return sum([self.dataset.sizes.get(label, 0) for label in self.chosen])

    def lower(self) -> Expr:
        if not self.index:
            index: Any = None
        else:
            index = self.dataset.index_columns
        meta = self.meta
        dtypes = tuple([(label, meta.dtypes.iloc[place]) for place, label in enumerate(self.chosen)])
        numbering = self.dataset.numbering
        told = Same(Reading(self.dataset.filesystem, self.chosen, index, self.predicate, dtypes, numbering))
        return from_parts(self.outline, read_part, Listed(self.dataset.parts), told, cost=Cost.HEAVY)


class Reading(NamedTuple):
    """How partitions are read."""

    filesystem: Any
    columns: tuple[str, ...]
    index_columns: tuple[str, ...] | None
    predicate: Predicate | None
    dtypes: tuple[tuple[str, Any], ...]
    numbering: Numbering

    def __weft_tokenize__(self) -> Any:
        return (self.columns, self.index_columns, self.predicate, self.numbering)


def read_part(part: Part, how: Reading) -> pd.DataFrame:
    """One partition. With an index of row numbers the rows are all there: such reads have no predicate."""
    fragment = pads.ParquetFileFormat().make_fragment(
        part.path, arrow_filesystem(how.filesystem), row_groups=part.groups
    )
    index = how.index_columns or ()
    condition = None if how.predicate is None else arrow_expression(how.predicate)
    table = fragment.to_table(columns=[*how.columns, *index], filter=condition, use_threads=False)
    frame = table.to_pandas(use_threads=False)
    if how.index_columns is None:
        frame.index = pd.RangeIndex(len(frame))
    elif not how.index_columns:
        frame.index = how.numbering.labels(part.first_row, len(frame))
    wanted = {label: dtype for label, dtype in how.dtypes if frame[label].dtype != dtype}
    if wanted:
        frame = frame.astype(wanted)
    return frame[list(how.columns)]


def arrow_filesystem(filesystem: Any) -> Any:
    """An fsspec file system as Arrow knows it."""
    if "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)):
        return pafs.LocalFileSystem()
    return pafs.PyFileSystem(pafs.FSSpecHandler(filesystem))


def arrow_expression(predicate: Predicate) -> Any:
    """A predicate as Arrow computes it, with pandas' answer for missing values.

    A comparison with a missing value is False in pandas, null in Arrow: a filter drops both. ``!=`` is True in pandas.
    """
    match predicate:
        case ("and", left, right):
            return arrow_expression(left) & arrow_expression(right)
        case ("or", left, right):
            return arrow_expression(left) | arrow_expression(right)
        case (operator, column, value):
            field, scalar = pads.field(column), pads.scalar(value)
            match operator:
                case "eq":
                    return field == scalar
                case "ne":
                    return (field != scalar) | field.is_null()
                case "lt":
                    return field < scalar
                case "le":
                    return field <= scalar
                case "gt":
                    return field > scalar
                case "ge":
                    return field >= scalar
    raise ValueError(f"{predicate!r} is not a predicate")


def read_parquet(
    path: Any, columns: Any = None, *, blocksize: int | str = "128 MiB", storage_options: Any = None
) -> Any:
    """Frame of Parquet files.

    Parameters
    ----------
    path : str or list of str
        A file, a directory, a pattern such as ``"data/*.parquet"``, or several of them; local, or anywhere fsspec reaches.
    columns : label or list of labels, optional
        Only these; a single label gives a series. Columns that a program does not use are not read in any case.
    blocksize : int or str
        Bytes, before compression, up to which row groups of a file are read as one partition.
    storage_options : mapping, optional
        Passed to fsspec.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no Parquet file in the directory.
    KeyError
        A column is not in the files.
    ValueError
        The files have different columns.
    """
    filesystem, files = find_files(path, storage_options or {})
    dataset = read_footers(filesystem, files, parse_bytes(blocksize))
    for label in columns if isinstance(columns, list) else [] if columns is None else [columns]:
        if label not in dataset.columns:
            raise KeyError(missing_column(label, dataset.columns))
    frame = new(ReadParquet(dataset, tuple(dataset.columns)))
    return frame if columns is None else frame[columns]


def find_files(path: Any, options: Any) -> tuple[Any, list[str]]:
    """The file system, and the files that paths, directories and patterns stand for, in order."""
    given = [str(each) for each in (path if isinstance(path, (list, tuple)) else [path])]
    if not given:
        raise ValueError("read_parquet() was given an empty list of paths")
    filesystem, _ = fsspec.url_to_fs(given[0], **options)
    files: list[str] = []
    for each in given:
        place = filesystem._strip_protocol(each)
        if any(mark in place for mark in "*?["):
            found = sorted(filesystem.glob(place))
        elif filesystem.isdir(place):
            found = sorted(
                name
                for name in filesystem.find(place)
                if name.endswith((".parquet", ".parq", ".pq")) and not name.rsplit("/", 1)[-1].startswith(("_", "."))
            )
        else:
            found = [place] if filesystem.exists(place) else []
        if not found:
            raise FileNotFoundError(f"read_parquet() found no Parquet file at {each!r}")
        files.extend(found)
    return filesystem, files


def read_footers(filesystem: Any, files: list[str], blocksize: int) -> Dataset:
    """What the footers say, with row groups put together to parts."""
    parts: list[Part] = []
    nullable: set[str] = set()
    largest: dict[str, int] = {}
    numberings: list[tuple[Numbering | None, int]] = []
    schema: pa.Schema | None = None
    row = 0
    for path in files:
        try:
            with filesystem.open(path, "rb") as file:
                footer = pq.ParquetFile(file)
                own, metadata = footer.schema_arrow, footer.metadata
        except pa.ArrowInvalid as error:
            raise ValueError(f"cannot read {path} as Parquet: {error}") from error
        if schema is None:
            schema = own
        elif own.names != schema.names or own.types != schema.types:
            raise ValueError(
                f"cannot read these files as one frame: the columns of {path} are {dict(zip(own.names, own.types))}, "
                f"those of {files[0]} {dict(zip(schema.names, schema.types))}. Read them apart and rename or cast columns."
            )
        numberings.append((numbering_of(own), metadata.num_rows))
        groups: list[int] = []
        rows = nbytes = 0
        sizes: dict[str, int] = {}
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            if groups and nbytes + group.total_byte_size > blocksize:
                parts.append(Part(path, tuple(groups), row, rows))
                row += rows
                groups, rows, nbytes, sizes = [], 0, 0, {}
            groups.append(number)
            rows += group.num_rows
            nbytes += group.total_byte_size
            for place in range(group.num_columns):
                chunk = group.column(place)
                label = chunk.path_in_schema.split(".")[0]
                sizes[label] = sizes.get(label, 0) + chunk.total_uncompressed_size
                largest[label] = max(largest.get(label, 0), sizes[label])
                statistics = chunk.statistics
                if group.num_rows and (statistics is None or not statistics.has_null_count or statistics.null_count):
                    nullable.add(label)
        parts.append(Part(path, tuple(groups), row, rows))
        row += rows
    assert schema is not None
    token = ("parquet", tuple(files), tuple([filesystem.ukey(path) for path in files]), blocksize)
    dataset = Dataset(filesystem, schema, tuple(parts), frozenset(nullable), token)
    dataset.sizes = largest
    dataset.numbering = joint_numbering(numberings)
    return dataset


def numbering_of(schema: pa.Schema) -> Numbering | None:
    """The range that a file's writer says is its index."""
    match (schema.pandas_metadata or {}).get("index_columns", []):
        case [{"kind": "range", "start": start, "step": step, "name": name}]:
            return Numbering(start, step, name)
    return None


def joint_numbering(files: list[tuple[Numbering | None, int]]) -> Numbering:
    """The range over the rows of all files: their own, if each goes on where the one before ends, else row numbers."""
    first, row = files[0][0], 0
    for numbering, rows in files:
        if first is None or numbering is None or numbering != first._replace(start=first.start + row * first.step):
            return Numbering()
        row += rows
    return first or Numbering()
