"""JSON: documents or lines of them in, and out."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from weft.callables import also_called
from weft.dataframe.base import FrameBase
from weft.dataframe.io.arguments import check_arguments
from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.dataframe.io.text_files import write_files
from weft.dataframe.io.writing import check_frame
from weft.dataframe.meta import make_meta
from weft.expr import node
from weft.io.bytes import behind_delimiter
from weft.io.files import find_files, unpacked
from weft.units import parse_bytes

__all__ = ["JsonMethods", "ReadJSON", "read_json", "to_json"]


class JsonPart(NamedTuple):
    """A block of a file; ``length`` None is all of it."""

    path: str
    stamp: tuple[Any, ...]
    offset: int
    length: int | None


class JsonReader(NamedTuple):
    """How blocks are read."""

    filesystem: Any
    compression: str | None
    encoding: str
    errors: str
    parse: Callable[..., Any]
    options: Mapping[str, Any]
    path_column: str | None
    path_converter: Callable[[str], Any] | None

    def frame_of(self, raw: bytes) -> pd.DataFrame:
        """Bytes as a frame."""
        text = raw.decode(self.encoding, self.errors)
        return self.parse(io.StringIO(text), **self.options)

    def read(self, part: JsonPart, how: Reading) -> pd.DataFrame:
        """One block as a frame."""
        if part.length is None:
            with unpacked(self.filesystem, part.path, self.compression) as stream:
                raw = stream.read()
        else:
            with self.filesystem.open(part.path, "rb") as stream:
                start = behind_delimiter(stream, part.offset, b"\n")
                stop = behind_delimiter(stream, part.offset + part.length, b"\n")
                stream.seek(start)
                raw = stream.read(max(0, stop - start))
        if not raw.strip():
            return how.meta.copy()
        try:
            frame = self.frame_of(raw)
        except ValueError as error:
            raise (
                type(error)(f"cannot read {part.path} as JSON: {error}") if type(error) is ValueError else error
            ) from error
        if self.path_column is not None:
            dtype = how.meta[self.path_column].dtype if self.path_column in how.columns else None
            if dtype is not None:
                value = self.path_converter(part.path) if self.path_converter else part.path
                code = list(dtype.categories).index(value)
                frame[self.path_column] = pd.Categorical.from_codes(np.full(len(frame), code, "int32"), dtype=dtype)
        missing = [label for label in how.columns if label not in frame.columns]
        for label in missing:  # records need not have all items
            frame[label] = pd.Series([None] * len(frame), index=frame.index, dtype=how.meta[label].dtype if
                                     getattr(how.meta[label].dtype, "kind", "O") not in "iub" else "float64")  # fmt: skip
        return frame


class JsonDataset(Dataset):
    """Blocks of JSON files."""

    label: ClassVar[str] = "read_json"

    def __init__(self, reader: JsonReader, parts: tuple[JsonPart, ...], meta: Any, token: Any) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.token = token

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        return self.whole if columns is None else self.whole[list(columns)]

    def nbytes(self, columns: Sequence[Hashable]) -> int:
        return max([part.length or 0 for part in self.parts], default=0)


@node
class ReadJSON(FileSource):
    """Some columns of JSON files."""


def read_json(
    url_path: Any,
    orient: str = "records",
    lines: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
    blocksize: int | str | None = None,
    sample: int | str = 2**20,
    encoding: str = "utf-8",
    errors: str = "strict",
    compression: str | None = "infer",
    meta: Any = None,
    engine: Any = pd.read_json,
    include_path_column: bool | str = False,
    path_converter: Callable[[str], Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Frame of JSON files.

    Parameters
    ----------
    url_path : str, path, or list of them
        Files, directories and patterns, local or anywhere fsspec reaches.
    orient : str
        How tables are written; see :func:`pandas.read_json`.
    lines : bool, optional
        Whether each line is a document; by default so for ``orient="records"``.
    storage_options : mapping, optional
        Passed to fsspec.
    blocksize : int or str, optional
        Bytes of a partition, for files of lines. By default a partition is a file.
    sample : int or str
        Bytes of the first file by which columns and types are found, where it has lines.
    encoding, errors : str
        As for :meth:`bytes.decode`.
    compression : str, optional
        Such as ``"gzip"``; by default it is told by the names.
    meta : pandas.DataFrame or mapping, optional
        Columns and types; by default those of the sample.
    engine : str or callable
        ``"ujson"`` or ``"pyarrow"`` (pandas' engines), or a function with the arguments of :func:`pandas.read_json`.
    include_path_column : bool or str
        Add a column, of categories, with each row's file; True calls it ``path``.
    path_converter : callable, optional
        Makes what stands in that column of a path.
    **kwargs
        Of :func:`pandas.read_json`.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("json") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write('{"a": 1}\\n{"a": 2}\\n')
    ...     dd.read_json(path, lines=True, blocksize=8).a.sum().compute(scheduler="sync")
    np.int64(3)
    """
    lines = orient == "records" if lines is None else lines
    if lines and orient != "records":
        raise ValueError(f"lines=True needs orient='records'; orient is {orient!r}")
    if blocksize is not None and not lines:
        raise ValueError("only files of lines can be read in blocks: pass lines=True, or blocksize=None")
    for option in ("nrows", "chunksize"):
        if kwargs.get(option) is not None:
            raise ValueError(
                f"read_json() reads in parts, and cannot use {option}={kwargs[option]!r}: read the frame, and take df.head(n)"
            )
    if path_converter is not None and not include_path_column:
        raise ValueError("path_converter makes what stands in the column of paths: pass include_path_column=True, too")
    if not callable(engine) or engine is pd.read_json:
        check_arguments("read_json", kwargs, pd.read_json, ("path_or_buf", "engine"))
    import fsspec

    parse = engine
    options = {"orient": orient, "lines": lines, **kwargs}
    if isinstance(engine, str):
        parse, options = pd.read_json, {**options, "engine": engine}
    elif not callable(engine):
        raise TypeError(f"engine is a name or a function, not {engine!r}")
    fs, files, _ = find_files(url_path, kind="JSON", storage_options=storage_options)
    packed = {fsspec.core.get_compression(file.path, compression) for file in files}
    size = None if blocksize is None else parse_bytes(blocksize)
    if size is not None and packed != {None}:
        raise ValueError("compressed files can only be read from their start: pass blocksize=None to read each whole")
    if size is not None and size < 1:
        raise ValueError(f"blocksize is at least one byte; it is {blocksize!r}")
    name = "path" if include_path_column is True else include_path_column or None
    reader = JsonReader(fs, compression, encoding, errors, parse, options, name, path_converter)
    if meta is None:
        with unpacked(fs, files[0].path, compression) as stream:
            raw = stream.read(parse_bytes(sample)) if lines else stream.read()
            if lines and stream.read(1):
                raw = raw[: raw.rfind(b"\n") + 1]
        if not raw.strip():
            raise ValueError(
                f"cannot tell columns and types from {files[0].path}, where the sample has no line; pass sample= or meta="
            )
        try:
            empty = reader.frame_of(raw).iloc[:0]
        except ValueError as error:
            raise ValueError(
                f"cannot read {files[0].path} as JSON: {error}. Is it lines={lines}, orient={orient!r}?"
            ) from error
    else:
        empty = make_meta(meta)
    if name is not None:
        if name in empty.columns:
            raise ValueError(f"the files already have a column {name!r}: give another name as include_path_column=")
        values = [path_converter(file.path) if path_converter else file.path for file in files]
        dtype = pd.CategoricalDtype(list(dict.fromkeys(values)))
        empty = empty.assign(**{name: pd.Series([], dtype=dtype, index=empty.index)})
    parts: list[JsonPart] = []
    for file in files:
        if size is None or not file.size or file.size <= size:
            parts.append(JsonPart(file.path, file.stamp, 0, None))
            continue
        count = -(-file.size // size)
        bounds = [file.size * place // count for place in range(count + 1)]
        parts += [JsonPart(file.path, file.stamp, start, stop - start) for start, stop in itertools.pairwise(bounds)]
    token = ("read_json", tuple(files), size, repr(empty.dtypes.to_dict()), repr(sorted(options.items(), key=str)), parse,
             encoding, errors, compression, name, path_converter)  # fmt: skip
    return source_frame(ReadJSON, JsonDataset(reader, tuple(parts), empty, token))


class RenderJson(NamedTuple):
    """A partition as JSON."""

    with_index: bool
    encoding: str
    errors: str
    options: Mapping[str, Any]

    def render(self, part: Any, number: int, stream: Any) -> None:
        """Write a partition to a stream."""
        text = io.TextIOWrapper(stream, encoding=self.encoding, errors=self.errors, newline="")
        part.to_json(text, **self.options)
        text.flush()
        text.detach()


@also_called(filename="url_path")
def to_json(
    df: Any,
    url_path: Any,
    orient: str = "records",
    lines: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
    compute: bool = True,
    encoding: str = "utf-8",
    errors: str = "strict",
    compression: str | Mapping[str, Any] | None = None,
    compute_kwargs: Mapping[str, Any] | None = None,
    name_function: Callable[[int], str] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame as JSON, a file for each partition; the files appear together, when all are complete.

    Parameters
    ----------
    df : DataFrame or Series
    url_path : str, path, or list of them
        A directory, a path with ``*`` in the place of the partition's number, or a path for each partition.
    orient : str
        How tables are written; see :meth:`pandas.DataFrame.to_json`.
    lines : bool, optional
        Whether each record is a line; by default so for ``orient="records"``.
    storage_options : mapping, optional
        Passed to fsspec.
    compute : bool
        Write now, and give the paths; otherwise give a list with a delayed value that writes.
    encoding, errors : str
        As for :meth:`str.encode`.
    compression : str or mapping, optional
        Such as ``"gzip"``; ``"infer"``: by the names.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    name_function : callable, optional
        Gives what stands in the place of ``*``.
    **kwargs
        Of :meth:`pandas.DataFrame.to_json`; with ``mode="a"``, lines are added to files that are there.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("jsonl") as path:
    ...     written = dd.to_json(dd.from_pandas(pd.DataFrame({"a": [1, 2]})), [path])
    ...     with open(path) as file:
    ...         print(file.read())
    {"a":1}
    {"a":2}
    <BLANKLINE>
    """
    check_frame(df, "to_json()", series=True)
    check_arguments("to_json", kwargs, pd.DataFrame.to_json, ("self", "path_or_buf"))
    mode = kwargs.pop("mode", "w")
    lines = orient == "records" if lines is None else lines
    if lines and orient != "records":
        raise ValueError(f"lines=True needs orient='records'; orient is {orient!r}")
    if mode not in ("w", "a"):
        raise ValueError(f"mode is 'w' or 'a'; it is {mode!r}")
    if mode == "a" and not lines:
        raise ValueError(f"only lines can be added to a file: mode='a' needs orient='records'; orient is {orient!r}")
    render = RenderJson(
        orient not in ("records", "values"), encoding, errors, {"orient": orient, "lines": lines, **kwargs}
    )
    return write_files(
        df,
        url_path,
        "to_json",
        render,
        name_function=name_function,
        compression=compression,
        storage_options=storage_options,
        appends=mode == "a",
        compute=compute,
        compute_kwargs=compute_kwargs,
    )


class JsonMethods(FrameBase):
    """Frames and columns as JSON."""

    __slots__ = ()

    to_json = to_json
