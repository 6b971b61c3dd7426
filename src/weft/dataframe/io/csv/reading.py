"""Frames of delimited text and of text in columns of fixed width, in blocks that begin and end with records."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from weft.dataframe.io.csv.blocks import CsvPart, blocks_of
from weft.dataframe.io.csv.options import arrow_reads, check_options, only_whole
from weft.dataframe.io.csv.parsing import CsvReader
from weft.dataframe.io.csv.sample import Sample, sample_of
from weft.dataframe.io.csv.scanning import scan_of
from weft.dataframe.io.csv.values import null_values
from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.expr import node
from weft.io.files import FoundFile, find_files
from weft.units import parse_bytes

__all__ = ["ReadCSV", "read_csv", "read_fwf", "read_table"]

#: Bytes of a block by default.
BLOCKSIZE = "32 MiB"

#: Options that say the same of a block as of a file.
PLAIN = frozenset(("sep", "dtype", "na_values", "keep_default_na", "na_filter", "quotechar", "doublequote", "decimal"))
#: Those of dates.
DATES = frozenset(("parse_dates", "date_format"))

P = ParamSpec("P")
R = TypeVar("R")


class CsvDataset(Dataset):
    """Blocks of text files."""

    label: ClassVar[str] = "read_csv"
    joins: ClassVar[bool] = True

    def __init__(
        self, reader: CsvReader, parts: tuple[CsvPart, ...], meta: pd.DataFrame, token: Any, label: str
    ) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.token = token
        self.title = label

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        chosen = self.whole if columns is None else self.whole[list(columns)]
        return chosen if index else chosen.set_axis(pd.RangeIndex(0), axis=0)

    def nbytes(self, columns: Sequence[Hashable]) -> int:
        lengths = [part.length for part in self.parts if part.length is not None]
        share = max(1, len(columns)) / max(1, len(self.whole.columns))
        return int(1.2 * share * max(lengths, default=0))

    def workspace(self, columns: Sequence[Hashable]) -> int:
        return self.nbytes(columns) + max([part.length or 0 for part in self.parts], default=0)


@node
class ReadCSV(FileSource):
    """Some columns of text files."""

    @property
    def label(self) -> str:
        return str(self.dataset.title)  # type: ignore[attr-defined]


class Format(NamedTuple):
    """What a reader is called, its kind of text, and what is between fields by default."""

    title: str
    kind: str
    separator: str | None = None


def parameters_of(model: Callable[P, R]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Show a function with the parameters of another one, to which it passes them on."""

    def with_parameters(function: Callable[..., R]) -> Callable[P, R]:
        function.__signature__ = inspect.signature(model)  # type: ignore[attr-defined]
        return function

    return with_parameters


def read_csv(
    urlpath: Any,
    blocksize: int | str | None = "default",
    lineterminator: str | None = None,
    compression: str | None = "infer",
    sample: int | str = 256000,
    sample_rows: int = 10,
    enforce: bool = False,
    assume_missing: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    include_path_column: bool | str = False,
    **kwargs: Any,
) -> Any:
    """Frame of CSV files.

    Rows are numbered within each partition: how many there are before is not known.

    Parameters
    ----------
    urlpath : str, path, or list of them
        Files, directories and patterns, local or anywhere fsspec reaches.
    blocksize : int, str or None
        Bytes of a partition; 32 MiB by default. None: a partition is a file. Blocks end with records, also where fields have
        line ends in quotes.
    lineterminator : str, optional
        A character that ends lines.
    compression : str, optional
        Such as ``"gzip"``; by default it is told by the names. Compressed files are read whole.
    sample : int or str
        Bytes of the first file by which columns and types are found.
    sample_rows : int
        How many rows these bytes have at least: more are read until there are as many, or the file ends.
    enforce : bool
        Files must have their columns in the order of the first one. Otherwise they must have the same columns, which are
        found by their names.
    assume_missing : bool
        Read whole numbers as floats, which may be missing, in columns without a ``dtype``.
    storage_options : mapping, optional
        Passed to fsspec.
    include_path_column : bool or str
        Add a column, of categories, with each row's file; True calls it ``path``.
    **kwargs
        Of :func:`pandas.read_csv`. With others than ``sep``, ``header``, ``names``, ``index_col``, ``usecols``, ``dtype``,
        ``skiprows``, ``na_values``, ``keep_default_na``, ``na_filter``, ``quotechar``, ``doublequote``, ``decimal``,
        ``encoding``, ``parse_dates`` and ``date_format``, pandas' parser is taken in place of Arrow's; ``engine="c"`` asks for it. Large files
        of numbers and texts are read by a parser in machine code where numba is installed (``weft[jit]``). With
        ``skipfooter``, a function for ``skiprows``, and encodings such as UTF-16, files are read whole.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        An option concerns all rows (``nrows``, ``chunksize``, ``iterator``); or, when it is computed, a file has other columns
        or other types than the sample.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("csv") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write("a,b\\n1,x\\n2,y\\n3,z\\n")
    ...     dd.read_csv(path, blocksize=6).a.sum().compute(scheduler="sync")
    np.int64(6)
    """
    return frame_of_text(
        Format("read_csv", "csv"), urlpath, blocksize, lineterminator, compression, sample, sample_rows, enforce,
        assume_missing, storage_options, include_path_column, **kwargs,
    )  # fmt: skip


@parameters_of(read_csv)
def read_table(urlpath: Any, *args: Any, **kwargs: Any) -> Any:
    """Frame of delimited text; like :func:`read_csv`, with tabs between fields unless ``sep=`` says otherwise.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("tsv") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write("a\\tb\\n1\\t2\\n")
    ...     dd.read_table(path).columns.tolist()
    ['a', 'b']
    """
    return frame_of_text(Format("read_table", "csv", "\t"), urlpath, *args, **kwargs)


@parameters_of(read_csv)
def read_fwf(urlpath: Any, *args: Any, **kwargs: Any) -> Any:
    """Frame of text in columns of fixed width; like :func:`read_csv`, with the options of :func:`pandas.read_fwf`.

    Where columns begin and end is found in the first 100 rows, unless ``colspecs=`` or ``widths=`` say it.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("txt") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write("name  age\\nAnn    31\\nBo      7\\n")
    ...     dd.read_fwf(path).age.sum().compute()
    np.int64(38)
    """
    return frame_of_text(Format("read_fwf", "fwf"), urlpath, *args, **kwargs)


def frame_of_text(
    form: Format,
    urlpath: Any,
    blocksize: int | str | None = "default",
    lineterminator: str | None = None,
    compression: str | None = "infer",
    sample: int | str = 256000,
    sample_rows: int = 10,
    enforce: bool = False,
    assume_missing: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    include_path_column: bool | str = False,
    **options: Any,
) -> Any:
    """Frame of text files; see `read_csv`."""
    import fsspec  # here, for a quick import

    title, kind, separator = form
    if separator is not None and "sep" not in options and options.get("delimiter") is None:
        options["sep"] = separator
    check_options(title, kind, options)
    if options.get("engine") == "pyarrow":
        del options["engine"]  # taken wherever it can be
    if lineterminator is not None and lineterminator != "\r\n":
        options["lineterminator"] = lineterminator
    fs, files, _ = find_files(urlpath, kind="CSV" if kind == "csv" else "text", storage_options=storage_options)
    kinds = {fsspec.core.get_compression(file.path, compression) for file in files}
    packed = compression if len(kinds) > 1 else kinds.pop()
    encoding = options.get("encoding") or "utf-8"
    nbytes = max(1, parse_bytes(sample) if sample else 1)
    files = [file for file in files if file.size != 0] or files
    found = sample_of(kind, fs, files[0].path, packed, options, nbytes, max(1, int(sample_rows)))
    options = found.options
    dtype = options.get("dtype")
    fixed = dict(dtype) if isinstance(dtype, Mapping) else {}
    if dtype is not None and not fixed and not isinstance(dtype, Mapping):
        fixed = dict.fromkeys(found.head.columns, dtype)
    meta = meta_of(found, fixed, assume_missing)
    path_column = path_label(include_path_column, meta)
    if path_column is not None:
        kinds_of_path = pd.CategoricalDtype(list(dict.fromkeys([file.path for file in files])))
        meta = meta.assign(**{path_column: pd.Series([], dtype=kinds_of_path, index=meta.index)})
    reason = only_whole(kind, options, encoding, packed)
    reader = CsvReader(
        fs, kind, packed, found.labels, found.index_labels, found.has_index, found.header, found.lead if reason is None else None,
        found.dialect, options, fixed, path_column, found.labels is not None and arrow_reads(kind, options, encoding),
        bool(enforce),
    )  # fmt: skip
    reader = tried(reader, found, files[0].path, meta)
    if reader.uses_arrow and reader.labels is not None:
        nbytes = sum([file.size or 0 for file in files])
        reader = reader._replace(
            scan=scan_of(nbytes, reader.dialect, null_values(options), options.get("decimal") or ".")
        )
    if reason is None and reader.lead is None:
        reason = "files with such options"
    size = block_bytes(title, blocksize, files, reason)
    lead = 0 if found.lead is None else found.lead.cut
    parts = [part for number, file in enumerate(files) for part in blocks_of(file, number, size, lead)]
    types = repr(meta.dtypes.to_dict())
    token = (title, tuple(files), size, packed, reader, types, path_column)
    return source_frame(ReadCSV, CsvDataset(reader, tuple(parts), meta, token, title))


def tried(reader: CsvReader, found: Sample, path: str, meta: pd.DataFrame) -> CsvReader:
    """A reader that gives for the sample what pandas gives: whole or apart from its header, all columns or one.

    Where options do not allow for it, all columns are read, and chosen afterwards; or files are read whole, as users' options say.
    """
    if is_plain(reader, found) and reader.labels is not None and reader.lead is not None:
        return reader
    if reader.path_column is not None:
        meta = meta.drop(columns=reader.path_column)
    columns = tuple(found.head.columns)
    for choice in (reader, reader._replace(labels=None, index_labels=(), uses_arrow=False)):
        if choice.lead is None and choice.labels is None:
            break
        trial = choice._replace(path_column=None, uses_arrow=False, header=None)
        if all(reads_alike(trial, found, path, meta, chosen) for chosen in {columns, columns[-1:]} if chosen):
            return choice
    return reader._replace(labels=None, index_labels=(), uses_arrow=False, lead=None)


def is_plain(reader: CsvReader, found: Sample) -> bool:
    """Whether all options say the same of a block as of a file; so do columns of dates of which it is known how they are written."""
    options = reader.options
    dates, formats = options.get("parse_dates"), options.get("date_format")
    told = isinstance(dates, list) and all(
        isinstance(each, str) and each in found.head.columns and isinstance(formats, Mapping) and each in formats
        for each in dates
    )
    return set(options) <= (PLAIN | DATES if told else PLAIN)


def reads_alike(reader: CsvReader, found: Sample, path: str, meta: pd.DataFrame, columns: tuple[Hashable, ...]) -> bool:
    """Whether the sample gives the same as a whole, and behind a header as blocks do."""
    how = Reading(reader, columns, True, None, meta[list(columns)], "")
    expected = found.head[list(columns)].astype(dict(zip(columns, how.meta.dtypes.array, strict=True)))
    texts = [(0, found.text)]
    if found.lead is not None and reader.lead is not None and not found.lead.skip:
        texts.append((1, found.text[found.lead.end :]))
    for offset, text in texts:
        try:
            made = reader.frame(text, CsvPart(path, (), 0, offset, None), how)
        except (ValueError, TypeError, KeyError, IndexError, StopIteration):
            return False
        if not (made.equals(expected) and made.index.names == expected.index.names):
            return False
    return True


def meta_of(found: Sample, fixed: Mapping[Hashable, Any], assume_missing: bool) -> pd.DataFrame:
    """The columns and types that all blocks have."""
    meta = found.head.iloc[:0]
    if found.has_index and isinstance(meta.index, pd.RangeIndex):
        meta.index = pd.Index([], dtype="int64", name=meta.index.name)
    if assume_missing:
        whole = [label for label in meta.columns if meta[label].dtype == np.dtype("int64") and label not in fixed]
        meta = meta.astype(dict.fromkeys(whole, "float64"))
    return meta


def block_bytes(title: str, blocksize: Any, files: Sequence[FoundFile], reason: str | None) -> int | None:
    """Bytes of a block; None where files are read whole."""
    if blocksize is None:
        return None
    size = parse_bytes(BLOCKSIZE if blocksize == "default" else blocksize)
    if size < 1:
        raise ValueError(f"blocksize is at least one byte; it is {blocksize!r}")
    if reason is not None:
        if blocksize != "default":
            warnings.warn(
                f"{title}(): {reason} can only be read from their start, and become one partition each. "
                "Pass blocksize=None to say that this is meant.",
                UserWarning,
                stacklevel=4,
            )
        return None
    return None if any(file.size is None for file in files) else size


def path_label(include: bool | str, meta: pd.DataFrame) -> str | None:
    """The name of the column of paths."""
    if not include:
        return None
    name = "path" if include is True else include
    if not isinstance(name, str):
        raise TypeError(f"include_path_column is a bool or a name, not {include!r}")
    if isinstance(meta.columns, pd.MultiIndex):
        raise ValueError("include_path_column goes with labels in one line; these files have labels in several")
    if name in meta.columns:
        raise ValueError(f"the files already have a column {name!r}: give another name as include_path_column=")
    return name
