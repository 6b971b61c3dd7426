"""ORC and Feather: files of Arrow tables in pieces (stripes, record batches), without statistics that say what may be missing.

Whether a column of integers has missing values, which pandas cannot hold in it, is looked for in the first piece of the
first file. One that turns up later is an error which says what to pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

import pandas as pd
import pyarrow as pa

from weft.dataframe.base import FrameBase
from weft.dataframe.io.arguments import check_arguments
from weft.dataframe.io.arrow import Layout, is_unnamed, joint_schema
from weft.dataframe.io.source import FileSource, Reading, source_frame
from weft.dataframe.io.tables import TableDataset
from weft.dataframe.io.text_files import write_files
from weft.dataframe.io.writing import check_frame
from weft.errors import ReadError
from weft.expr import node
from weft.io.files import FoundFile, find_files, is_local

__all__ = ["ArrowFileMethods", "ReadArrowFiles", "read_feather", "read_ipc", "read_orc", "to_feather", "to_orc"]


class ArrowPart(NamedTuple):
    """Pieces of files; ``()`` for a file read whole."""

    path: str
    pieces: tuple[tuple[str, tuple[int, ...]], ...]
    rows: int | None


class OrcFile:
    """An ORC file: stripes."""

    def __init__(self, stream: Any) -> None:
        from pyarrow import orc

        self.file = orc.ORCFile(stream)
        self.schema = self.file.schema
        self.count = self.file.nstripes
        self.rows: tuple[int, ...] | None = None if self.count > 1 else (self.file.nrows,)

    def read(self, pieces: Sequence[int], names: list[str], threads: bool = False) -> list[pa.Table]:
        """Some stripes, each by one thread."""
        return [pa.Table.from_batches([self.file.read_stripe(piece, columns=names)]) for piece in pieces]


class IpcFile:
    """A file of record batches (Feather version 2), or a stream of them."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        head = stream.read(6)
        stream.seek(0)
        self.is_file = head == b"ARROW1"
        self.reader = pa.ipc.open_file(stream) if self.is_file else pa.ipc.open_stream(stream)
        self.schema = self.reader.schema
        self.count = self.reader.num_record_batches if self.is_file else 1
        self.rows: tuple[int, ...] | None = None

    def read(self, pieces: Sequence[int], names: list[str], threads: bool = False) -> list[pa.Table]:
        """Some record batches, or the whole stream; by several threads if nobody else works."""
        if not self.is_file:
            return [self.reader.read_all().select(names)] if pieces else []
        places = [self.schema.names.index(name) for name in names]
        self.stream.seek(0)
        options = pa.ipc.IpcReadOptions(included_fields=places, use_threads=threads)
        chosen = pa.ipc.open_file(self.stream, options=options)
        return [pa.Table.from_batches([chosen.get_batch(piece)]).select(names) for piece in pieces]


FORMATS: dict[str, Callable[[Any], Any]] = {"ORC": OrcFile, "Feather": IpcFile}


@contextmanager
def opened_as(kind: str, filesystem: Any, path: str) -> Iterator[Any]:
    """A file of a format.

    Raises
    ------
    ValueError
        It is none.
    ReadError
        It is damaged.
    """
    with pa.OSFile(path) if is_local(filesystem) else filesystem.open(path, "rb") as stream:
        try:
            yield FORMATS[kind](stream)
        except pa.ArrowInvalid as error:
            raise ValueError(f"cannot read {path} as {kind}: {error}") from error
        except OSError as error:
            if isinstance(error, (FileNotFoundError, PermissionError, ReadError)):
                raise
            raise ReadError(f"cannot read {path} as {kind}: {error}. It is damaged or cut off.") from error


class ArrowReader(NamedTuple):
    """How parts are read; ``alone``: there is a single one."""

    filesystem: Any
    kind: str
    layout: Layout
    alone: bool = False

    def read(self, part: ArrowPart, how: Reading) -> pd.DataFrame:
        """One part as a frame."""
        return self.joined([self.tables(part, how)], how)

    def tables(self, part: ArrowPart, how: Reading) -> list[pa.Table]:
        """One part as it lies in files, in the layout's types."""
        layout = self.layout
        names = layout.names([*how.columns, *(layout.index if how.with_index else ())])
        tables = []
        for path, pieces in part.pieces:
            with opened_as(self.kind, self.filesystem, path) as file:
                have = set(file.schema.names)
                own = [name for name in names if name in have]
                for table in file.read(pieces, own or file.schema.names[:1], self.alone):
                    for name in names:
                        if name not in have:
                            table = table.append_column(name, pa.nulls(table.num_rows, layout.schema.field(name).type))
                    tables.append(layout.cast(table, names))
        return tables

    def joined(self, parts: list[list[pa.Table]], how: Reading, threads: bool = False) -> pd.DataFrame:
        """Parts one after another as a frame, by all of Arrow's threads if nobody else works."""
        tables = [table for part in parts for table in part]
        return self.layout.frame(tables, how.columns, how.with_index, None, how.meta.columns, threads)


class ArrowDataset(TableDataset):
    """Files of Arrow tables."""

    label: ClassVar[str] = "read"
    joins: ClassVar[bool] = True

    def __init__(self, reader: ArrowReader, parts: tuple[ArrowPart, ...], token: Any) -> None:
        self.reader = reader
        self.parts = parts
        self.token = token
        self.layout = reader.layout

    def row_counts(self) -> tuple[int, ...] | None:
        counts = [part.rows for part in self.parts]
        return None if None in counts else tuple([count or 0 for count in counts])


@node
class ReadArrowFiles(FileSource):
    """Some columns of ORC or Feather files."""

    @property
    def label(self) -> str:
        return f"read_{self.dataset.reader.kind.lower()}"


def read_arrow_files(
    kind: str,
    path: Any,
    columns: Any,
    index: Any,
    pieces_each: int | None,
    across: bool,
    storage_options: Mapping[str, Any] | None,
    extensions: Sequence[str],
    dtype_backend: str | None,
) -> Any:
    """Frame of files of a format; ``pieces_each`` pieces (None: all of a file) make a partition."""
    fs, files, _ = find_files(path, kind=kind, storage_options=storage_options, extensions=extensions)
    schemas: list[tuple[str, pa.Schema]] = []
    counts: list[int] = []
    nullable: set[str] = set()
    rows: list[tuple[int, ...] | None] = []
    for number, found in enumerate(files):
        with opened_as(kind, fs, found.path) as file:
            schemas.append((found.path, file.schema))
            counts.append(file.count)
            rows.append(file.rows)
            fragile = [
                field.name
                for field in file.schema
                if (pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)) and field.nullable
            ]
            if not number and fragile and file.count and dtype_backend is None:
                (first,) = file.read((0,), fragile)
                nullable |= {name for name in fragile if first.column(name).null_count}
    joint = joint_schema(schemas)
    nullable |= {name for name in joint.names if any(name not in schema.names for _, schema in schemas)}
    described = (joint.pandas_metadata or {}).get("index_columns")
    if index is None and described is None:
        index = [name for name in joint.names if is_unnamed(name)] or None
    layout = Layout(joint, [index] if isinstance(index, str) else index, dtype_backend, None, nullable)
    for label in layout.index:
        if label not in layout.fields:
            from weft.dataframe.ops.projection import missing_column

            raise KeyError(missing_column(label, tuple(layout.fields)))
    parts = bundled(files, counts, rows, pieces_each, across)
    token = (kind, tuple(files), layout.index, str(joint), dtype_backend, pieces_each, across, tuple(sorted(nullable)))
    return source_frame(
        ReadArrowFiles, ArrowDataset(ArrowReader(fs, kind, layout, len(parts) == 1), parts, token), columns
    )


def bundled(
    files: Sequence[FoundFile],
    counts: Sequence[int],
    rows: Sequence[tuple[int, ...] | None],
    each: int | None,
    across: bool,
) -> tuple[ArrowPart, ...]:
    """Pieces of files put together to partitions."""
    parts: list[ArrowPart] = []
    for file, count, lengths in zip(files, counts, rows, strict=True):
        width = max(1, count if each is None else each)
        for start in range(0, max(1, count), width):
            own = tuple(range(start, min(start + width, count)))
            length = sum(lengths) if lengths is not None and len(own) == count else None
            last = parts[-1] if parts else None
            if across and last is not None and each is not None:
                held = sum([len(pieces) for _, pieces in last.pieces])
                if held + len(own) <= each:
                    both = None if last.rows is None or length is None else last.rows + length
                    parts[-1] = ArrowPart(last.path, (*last.pieces, (file.path, own)), both)
                    continue
            parts.append(ArrowPart(file.path, ((file.path, own),), length))
    return tuple(parts)


def read_orc(
    path: Any,
    engine: str = "pyarrow",
    columns: Any = None,
    index: Any = None,
    split_stripes: bool | int = 1,
    aggregate_files: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
    dtype_backend: str | None = None,
) -> Any:
    """Frame of ORC files.

    Parameters
    ----------
    path : str, path, or list of them
        Files, directories and patterns, local or anywhere fsspec reaches.
    engine : str
        ``"pyarrow"``, the only one.
    columns : label or list of labels, optional
    index : label or list of labels, optional
        Columns that become the index.
    split_stripes : int or bool
        Stripes that make a partition; False: all of a file.
    aggregate_files : bool, optional
        Whether stripes of several files may make a partition, up to ``split_stripes`` together.
    storage_options : mapping, optional
        Passed to fsspec.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     _ = dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2).to_orc(folder)
    ...     print(dd.read_orc(folder).a.compute().tolist())
    [0, 1, 2, 3]
    """
    if engine not in ("pyarrow", "auto", None):
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    each = None if split_stripes is False else 1 if split_stripes is True else int(split_stripes)
    if each is not None and each < 1:
        raise ValueError(f"split_stripes is how many stripes make a partition, at least 1; it is {split_stripes!r}")
    if aggregate_files and each is None:
        raise ValueError(
            "split_stripes=False makes a partition of each file, and aggregate_files=True of stripes of several: give one of them"
        )
    return read_arrow_files(
        "ORC", path, columns, index, each, bool(aggregate_files), storage_options, (".orc",), dtype_backend
    )


def read_feather(
    path: Any,
    columns: Any = None,
    index: Any = None,
    batches: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    dtype_backend: str | None = None,
) -> Any:
    """Frame of Feather files (Arrow's IPC files and streams).

    Parameters
    ----------
    path : str, path, or list of them
        Files, directories and patterns, local or anywhere fsspec reaches.
    columns : label or list of labels, optional
    index : label or list of labels, optional
        Columns that become the index; by default those that the files' writer names.
    batches : int, optional
        Record batches that make a partition; by default all of a file.
    storage_options : mapping, optional
        Passed to fsspec.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     _ = dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2).to_feather(folder)
    ...     print(dd.read_feather(folder, columns=["a"]).a.compute().tolist())
    [0, 1, 2, 3]
    """
    if batches is not None and batches < 1:
        raise ValueError(f"batches is how many record batches make a partition, at least 1; it is {batches}")
    ends = (".feather", ".arrow", ".arrows", ".ipc")
    return read_arrow_files("Feather", path, columns, index, batches, False, storage_options, ends, dtype_backend)


read_ipc = read_feather


class RenderArrow(NamedTuple):
    """A partition as an ORC or Feather file."""

    kind: str
    with_index: bool
    options: Mapping[str, Any]

    def render(self, part: pd.DataFrame, number: int, stream: Any) -> None:
        """Write a partition to a stream."""
        if self.kind == "ORC":
            from pyarrow import orc

            table = pa.Table.from_pandas(part, preserve_index=self.with_index, nthreads=1)
            whole = pa.BufferOutputStream()  # Arrow's writer ends the process where a stream fails
            orc.write_table(table, whole, **self.options)
            stream.write(whole.getvalue())
            return
        table = pa.Table.from_pandas(part, preserve_index=self.with_index, nthreads=1)
        from pyarrow import feather

        feather.write_feather(table, stream, **self.options)


def to_orc(
    df: Any,
    path: Any,
    engine: str = "pyarrow",
    write_index: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame as ORC files, one for each partition; they appear together, when all are complete.

    Parameters
    ----------
    df : DataFrame
    path : str or path
        A directory, or a path with ``*`` in the place of the partition's number.
    engine : str
        ``"pyarrow"``, the only one.
    write_index : bool
        Whether the index is written, as a column.
    storage_options : mapping, optional
        Passed to fsspec.
    compute : bool
        Write now, and give the paths; otherwise give a list with a delayed value that writes.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    **kwargs
        Of ``pyarrow.orc.write_table``.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     len(dd.to_orc(dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2), folder))
    2
    """
    check_frame(df, "to_orc()")
    if engine not in ("pyarrow", "auto", None):
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    from pyarrow import orc

    check_arguments("to_orc", kwargs, orc.write_table, ("table", "where"))
    render = RenderArrow("ORC", bool(write_index), kwargs)
    return write_files(
        df, path, "to_orc", render, storage_options=storage_options, compute=compute, compute_kwargs=compute_kwargs,
        name_function=None if "*" in str(path) else "part.{}".format, extension=".orc",
    )  # fmt: skip


def to_feather(
    df: Any,
    path: Any,
    write_index: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    name_function: Callable[[int], str] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame as Feather files, one for each partition; they appear together, when all are complete.

    Parameters
    ----------
    df : DataFrame
    path : str or path
        A directory, or a path with ``*`` in the place of the partition's number.
    write_index : bool
        Whether the index is written.
    storage_options : mapping, optional
        Passed to fsspec.
    compute : bool
        Write now, and give the paths; otherwise give a list with a delayed value that writes.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    name_function : callable, optional
        Gives what stands in the place of ``*``.
    **kwargs
        Of ``pyarrow.feather.write_feather``: ``compression``, ``compression_level``, ``chunksize``.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     len(dd.to_feather(dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2), folder))
    2
    """
    check_frame(df, "to_feather()")
    from pyarrow import feather

    check_arguments("to_feather", kwargs, feather.write_feather, ("df", "dest"))
    render = RenderArrow("Feather", bool(write_index), kwargs)
    return write_files(
        df, path, "to_feather", render, storage_options=storage_options, compute=compute, compute_kwargs=compute_kwargs,
        name_function=name_function, extension=".feather",
    )  # fmt: skip


class ArrowFileMethods(FrameBase):
    """Frames as ORC and Feather files."""

    __slots__ = ()

    to_orc = to_orc
    to_feather = to_feather
