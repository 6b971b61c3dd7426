"""Reading delimited text and text in columns of fixed width, in blocks that begin and end with records.

Columns and types come from a sample of the first file. Each block is read with the header's names. Arrow's parser, several
times faster than pandas', reads a block where its result is pandas' (the usual types and options); whatever it refuses is
read again by pandas, which knows better or raises. A column that turns out to be of another type than in the sample is an
error that names file, column and values, and says which ``dtype=`` to pass.
"""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.expr import node
from weft.io.delimited import Dialect, record_start, whole_records
from weft.io.files import FoundFile, find_files
from weft.units import parse_bytes

__all__ = ["ReadCSV", "read_csv", "read_fwf", "read_table"]

#: Bytes of a block by default.
BLOCKSIZE = "32 MiB"
#: What pandas takes for missing.
NA_VALUES = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
#: Options with which Arrow's parser does what pandas' does.
ARROW_OPTIONS = frozenset(
    {"sep", "delimiter", "header", "names", "usecols", "dtype", "skiprows", "na_values", "keep_default_na", "na_filter"}
    | {
        "quotechar",
        "doublequote",
        "parse_dates",
        "low_memory",
        "memory_map",
        "encoding",
        "date_format",
        "float_precision",
    }
)
#: Options that concern a file as a whole.
WHOLE = {
    "nrows": "Read the frame, and take df.head(n).",
    "chunksize": "Partitions are the chunks; pass blocksize=.",
    "iterator": "Partitions are the chunks; see df.partitions.",
    "skipfooter": "Filter the last rows out, or read the files with pandas and from_map.",
}
#: How often a value that does not fit is shown.
SHOWN = 3


class CsvPart(NamedTuple):
    """A block of a file; ``length`` None is all of it."""

    path: str
    stamp: tuple[Any, ...]
    number: int
    offset: int
    length: int | None


class CsvReader(NamedTuple):
    """How blocks are read."""

    filesystem: Any
    kind: str
    compression: str | None
    names: tuple[Hashable, ...]
    header: tuple[str, ...] | None
    dialect: Dialect
    options: Mapping[str, Any]
    fixed: Mapping[Hashable, Any]
    path_column: str | None
    uses_arrow: bool
    encoding: str

    def __weft_tokenize__(self) -> Any:
        return (self.kind, self.names, repr(sorted(self.options.items(), key=str)))

    def read(self, part: CsvPart, how: Reading) -> pd.DataFrame:
        """One block as a frame."""
        raw = self.raw_block(part)
        labels = [label for label in how.columns if label != self.path_column]
        frame = None
        if self.uses_arrow:
            frame = self.by_arrow(raw, part, labels, how.meta)
        if frame is None:
            frame = self.by_pandas(raw, part, labels, how.meta)
        if self.path_column is not None and self.path_column in how.columns:
            dtype = how.meta[self.path_column].dtype
            code = list(dtype.categories).index(part.path)
            frame[self.path_column] = pd.Categorical.from_codes(np.full(len(frame), code, "int32"), dtype=dtype)
        return frame

    def raw_block(self, part: CsvPart) -> Any:
        """The bytes of the records that begin in a block."""
        import fsspec

        if part.length is None:
            packed = fsspec.core.get_compression(part.path, self.compression)
            with fsspec.core.OpenFile(self.filesystem, part.path, "rb", packed) as stream:
                return stream.read()
        with self.filesystem.open(part.path, "rb") as stream:
            start = record_start(stream, part.offset, self.dialect)
            stop = record_start(stream, part.offset + part.length, self.dialect)
            stream.seek(start)
            return stream.read(max(0, stop - start))

    def by_arrow(
        self, raw: bytes, part: CsvPart, labels: Sequence[Hashable], meta: pd.DataFrame
    ) -> pd.DataFrame | None:
        """The block by Arrow's parser, or None where it refuses."""
        import pyarrow.csv as pacsv

        start = 0
        if part.offset == 0:
            start = lead_of(raw, self.options, self.dialect)
            if start < 0 or not self.has_header(raw, start):
                return None
        types = {str(label): arrow_type(meta[label].dtype) for label in labels}
        if not labels or None in types.values():
            return None
        quote = self.dialect.quote
        try:
            table = pacsv.read_csv(
                pa.BufferReader(pa.py_buffer(raw)[start:] if start else pa.py_buffer(raw)),
                pacsv.ReadOptions(
                    use_threads=False, block_size=max(1 << 20, len(raw) + 1), column_names=list(map(str, self.names))
                ),
                pacsv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    quote_char=quote or False,
                    double_quote=self.dialect.doubled,
                    newlines_in_values=quote is not None and quote.encode() in raw,
                ),
                pacsv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=null_values(self.options),
                    strings_can_be_null=self.options.get("na_filter", True),
                    quoted_strings_can_be_null=True,
                    true_values=["True", "TRUE", "true"],
                    false_values=["False", "FALSE", "false"],
                ),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None
        for place, label in enumerate(labels):
            if table.column(place).null_count and meta[label].dtype.kind in "iub":
                return None
        frame = table.to_pandas(use_threads=False, split_blocks=len(labels) <= 64, self_destruct=True)
        frame.columns = meta.columns[: len(labels)] if len(labels) == len(meta.columns) else pd.Index(labels)
        return frame

    def has_header(self, raw: bytes, start: int) -> bool:
        """Whether a file that is read from its start has the header of the first file; only plain ones are compared."""
        if self.header is None:
            return True
        line = raw[:start].rstrip(b"\r\n").rpartition(b"\n")[2]
        own = line.decode(self.encoding, "replace").lstrip("\ufeff").split(self.dialect.delimiter)
        quote = self.dialect.quote or ""
        return tuple([each.strip(quote) if quote else each for each in own]) == self.header

    def by_pandas(self, raw: bytes, part: CsvPart, labels: Sequence[Hashable], meta: pd.DataFrame) -> pd.DataFrame:
        """The block by pandas' parser."""
        options = dict(self.options)
        at_start = part.offset == 0
        if not at_start:
            options.pop("skiprows", None)
            options.update(header=None, names=list(self.names))
        if (not raw.strip() if isinstance(raw, bytes) else not raw) and (not at_start or self.names):
            return meta[list(labels)].copy()
        typed = dict(self.fixed)
        for label in labels:
            if label not in typed and isinstance(meta[label].dtype, pd.StringDtype):
                typed[label] = meta[label].dtype
        dated = dates_of(options)
        options["dtype"] = {label: kind for label, kind in typed.items() if label in labels}
        options.pop("usecols", None)
        if dated is not None:
            options["parse_dates"] = [label for label in dated if label in labels]
        function = pd.read_fwf if self.kind == "fwf" else pd.read_csv
        if at_start:
            self.check_header(raw, part, options)
        wanted = list(labels)
        renamed: Any = None
        if options.get("header", "infer") is None or not at_start:
            options.setdefault("names", list(self.names))
        elif "names" not in options and self.kind != "fwf":
            renamed = list(self.names)
        if not labels:  # only the number of rows is wanted
            frame = function(io.BytesIO(raw), **options)
            return pd.DataFrame(index=pd.RangeIndex(len(frame)))
        try:
            if self.kind == "fwf" or callable(options.get("names")):
                frame = function(io.BytesIO(raw), **options)
            else:
                frame = function(io.BytesIO(raw), usecols=wanted if renamed is None else None, **options)
        except ValueError as error:
            if isinstance(error, (pd.errors.ParserError, UnicodeDecodeError)):
                raise (
                    type(error)(*error.args)
                    if isinstance(error, UnicodeDecodeError)
                    else pd.errors.ParserError(
                        f"{str(error).strip()} (in {part.path}, in the block from byte {part.offset:,}; lines are counted from its "
                        "start). Pass on_bad_lines='skip' to leave such rows out."
                    )
                ) from error
            if not raw.strip():
                return meta[list(labels)].copy()
            raise self.explained(error, raw, part, options, wanted) from error
        if list(frame.columns) != wanted:
            frame = frame[wanted]
        return self.checked(frame, part, meta)

    def check_header(self, raw: bytes, part: CsvPart, options: Mapping[str, Any]) -> None:
        """Raise ValueError for a file whose header is not that of the first one."""
        if self.header is None or self.kind == "fwf":
            return
        options = {
            name: value
            for name, value in options.items()
            if name not in ("dtype", "parse_dates", "usecols", "converters")
        }
        own = tuple(pd.read_csv(io.BytesIO(raw), **{**options, "nrows": 0}).columns)
        if own != self.names:
            more = [each for each in own if each not in self.names]
            less = [each for each in self.names if each not in own]
            what = f"it has {more}, and not {less}" if more or less else f"their order is {list(own)}"
            raise ValueError(
                f"the columns of {part.path} are not those of the first file, {list(self.names)}: {what}. "
                "Read the files apart, and rename or choose columns before you put them together."
            )

    def checked(self, frame: pd.DataFrame, part: CsvPart, meta: pd.DataFrame) -> pd.DataFrame:
        """A frame with the types that were found in the sample, if that loses nothing."""
        complaints = []
        for label in frame.columns:
            found, promised = frame[label].dtype, meta[label].dtype
            if found == promised or label in self.fixed:
                continue
            if getattr(promised, "kind", "O") == "f" and getattr(found, "kind", "O") in "iu":
                frame[label] = frame[label].astype(promised)
            elif isinstance(promised, pd.CategoricalDtype) and isinstance(found, pd.CategoricalDtype):
                continue
            elif getattr(promised, "kind", "O") == "M" and getattr(found, "kind", "O") == "M":
                frame[label] = frame[label].astype(promised)
            elif promised == np.dtype("O"):
                frame[label] = frame[label].astype(object)
            elif len(frame) == 0 or (frame[label].isna().all() and getattr(promised, "kind", "O") not in "iub"):
                frame[label] = frame[label].astype(promised)
            else:
                complaints.append((label, found, promised, samples_of(frame[label], promised)))
        if complaints:
            raise ValueError(surprise(part.path, complaints))
        return frame

    def explained(
        self, error: ValueError, raw: bytes, part: CsvPart, options: Mapping[str, Any], labels: Sequence[Hashable]
    ) -> ValueError:
        """An error of pandas', with the file and what it may be about."""
        given = options.get("dtype") or {}
        about = f"cannot read {part.path} (in the block from byte {part.offset:,}): {error}."
        if given and (
            "NA" in str(error) or "convert" in str(error) or "Unable" in str(error) or "overflow" in str(error)
        ):
            about += (
                f" The types that were asked for are { {label: str(kind) for label, kind in given.items() if label in labels} }; "
                "whole numbers with missing values are 'Int64' or 'float64', and texts 'str'."
            )
        return type(error)(about) if type(error) in (ValueError, OverflowError) else ValueError(about)


def surprise(path: str, complaints: Sequence[tuple[Hashable, Any, Any, list[Any]]]) -> str:
    """Message for columns of other types than in the sample."""
    lines = [f"the types of columns in {path} are not those that the sample showed:"]
    for label, found, promised, values in complaints:
        shown = f", with values such as {', '.join(map(repr, values))}" if values else ""
        lines.append(f"  {label!r}: {found} here{shown}; {promised} in the sample")
    fix = ", ".join([f"{label!r}: {suited(found)!r}" for label, found, _, _ in complaints])
    lines.append(f"Pass dtype={{{fix}}} to say what they are,")
    if any(getattr(promised, "kind", "O") in "iu" for _, _, promised, _ in complaints):
        lines.append("or assume_missing=True (whole numbers are read as floats, which may be missing),")
    lines.append("or a larger sample=.")
    return "\n".join(lines)


def suited(found: Any) -> str:
    """The type to ask for."""
    return "str" if getattr(found, "kind", "O") in "OUT" else str(found)


def samples_of(column: pd.Series, promised: Any) -> list[Any]:
    """Values that do not fit a type."""
    if getattr(promised, "kind", "O") in "iufb":
        numbers = pd.to_numeric(column, errors="coerce") if column.dtype.kind not in "mM" else column
        wrong = column[numbers.isna() & column.notna()] if getattr(promised, "kind", "O") != "b" else column
        if not len(wrong):
            wrong = column[column.isna()] if column.isna().any() else column[numbers % 1 != 0]
        column = wrong
    return [value.item() if isinstance(value, np.generic) else value for value in column.head(SHOWN)]


def arrow_type(dtype: Any) -> pa.DataType | None:
    """The type that Arrow's parser makes a column of, or None where pandas has to."""
    if isinstance(dtype, pd.StringDtype):
        return pa.large_string() if dtype.na_value is not pd.NA else None
    if not isinstance(dtype, np.dtype):
        return None
    if dtype.kind in "iufb" and dtype != np.dtype("float16"):
        return pa.from_numpy_dtype(dtype)
    return pa.timestamp(np.datetime_data(dtype)[0]) if dtype.kind == "M" else None


def null_values(options: Mapping[str, Any]) -> list[str]:
    """Texts that stand for missing values."""
    if not options.get("na_filter", True):
        return []
    own = options.get("na_values")
    more = [] if own is None else [str(each) for each in ([own] if isinstance(own, (str, int, float)) else own)]
    return [*(NA_VALUES if options.get("keep_default_na", True) else ()), *more]


def lead_of(raw: bytes, options: Mapping[str, Any], dialect: Dialect) -> int:
    """Bytes of a file before its first row: a mark of the encoding, skipped lines, the header. -1: pandas has to see."""
    skip, header = options.get("skiprows") or 0, options.get("header", "infer")
    if not isinstance(skip, int) or header not in ("infer", 0, None):
        return -1
    if header == "infer" and options.get("names") is not None:
        header = None
    at = 3 if raw[:3] == b"\xef\xbb\xbf" else 0
    lines = skip
    while lines:
        end = raw.find(b"\n", at)
        if end < 0:
            return -1
        at, lines = end + 1, lines - 1
    if header is None:
        return at
    while raw[at : at + 1] in (b"\n", b"\r"):
        at += 1
    end = raw.find(b"\n", at)
    if end < 0:
        end = len(raw) - 1
    line = raw[at : end + 1]
    if dialect.quote and line.count(dialect.quote.encode()) & 1:
        return -1
    return end + 1


def lead_lines(raw: bytes, options: Mapping[str, Any]) -> int:
    """Bytes at the start of a file that its first block must have: skipped lines, comments, the header."""
    skip, comment = options.get("skiprows") or 0, options.get("comment")
    lines = skip if isinstance(skip, int) else max(skip, default=-1) + 1
    header = options.get("header", "infer")
    lines += header if isinstance(header, int) else 0
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at) + 1
        is_comment = comment is not None and raw.startswith(comment.encode(), at)
        if not end or (lines <= 0 and not is_comment and raw[at:end].strip()):
            break
        lines -= not is_comment
        at = end
    return at


def dates_of(options: Mapping[str, Any]) -> list[Hashable] | None:
    """Columns that are parsed as dates, where they are named."""
    dates = options.get("parse_dates")
    return list(dates) if isinstance(dates, (list, tuple)) else None


class CsvDataset(Dataset):
    """Blocks of text files."""

    label: ClassVar[str] = "read_csv"

    def __init__(
        self, reader: CsvReader, parts: tuple[CsvPart, ...], meta: pd.DataFrame, token: Any, label: str
    ) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.token = token
        self.title = label

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        return self.whole if columns is None else self.whole[list(columns)]

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


def read_text_table(
    kind: str,
    title: str,
    urlpath: Any,
    *,
    blocksize: Any,
    lineterminator: str | None,
    compression: str | None,
    sample: Any,
    enforce: bool,
    assume_missing: bool,
    storage_options: Mapping[str, Any] | None,
    include_path_column: bool | str,
    options: dict[str, Any],
) -> Any:
    """Frame of text files; see `read_csv`."""
    import fsspec

    check_options(title, kind, options)
    index = options.get("index_col")
    if index is not None and index is not False:
        del options["index_col"]
        if options.get("parse_dates") is True:  # which means the index
            options["parse_dates"] = list(index) if isinstance(index, (list, tuple)) else [index]
    if options.get("engine") == "pyarrow":
        del options["engine"]  # taken wherever it can be
    if lineterminator is not None:
        if len(lineterminator) > 1 and lineterminator != "\r\n":
            raise ValueError(f"lineterminator is a single character, not {lineterminator!r}")
        if lineterminator != "\r\n":
            options["lineterminator"] = lineterminator
    fs, files, _ = find_files(urlpath, kind="CSV" if kind == "csv" else "text", storage_options=storage_options)
    kinds = {fsspec.core.get_compression(file.path, compression) for file in files}
    if len(kinds) > 1 and compression == "infer":
        packed: str | None = "infer"
    else:
        (packed,) = kinds
    size = block_bytes(title, blocksize, packed, files, options)
    encoding = options.get("encoding") or "utf-8"
    dialect = dialect_of(kind, options)
    kind_of_first = fsspec.core.get_compression(files[0].path, packed)
    with fsspec.core.OpenFile(fs, files[0].path, "rb", kind_of_first) as stream:
        raw = stream.read(max(1, parse_bytes(sample) if sample else 1))
        is_whole = not stream.read(1)
    splits_simply = dialect.escape is None and dialect.doubled
    if not splits_simply and dialect.quote is not None and dialect.quote.encode() not in raw:
        dialect = dialect._replace(quote=None)  # else all quotes before each block would have to be counted
    head, names, header = infer(title, kind, raw, is_whole, dialect, options, files[0].path)
    if (dated := dates_of(options)) is not None:  # by label, since parts of columns are read
        options["parse_dates"] = [
            names[each] if isinstance(each, int) and each not in names else each for each in dated
        ]
    dialect = dialect._replace(fields=len(names))
    dtype = options.get("dtype")
    fixed = dict(dtype) if isinstance(dtype, Mapping) else {} if dtype is None else dict.fromkeys(names, dtype)
    meta = head.iloc[:0]
    if assume_missing:
        whole = [label for label in meta.columns if meta[label].dtype == np.dtype("int64") and label not in fixed]
        meta = meta.astype(dict.fromkeys(whole, "float64"))
    path_column = path_label(include_path_column, meta)
    if path_column is not None:
        kinds_of_path = pd.CategoricalDtype(list(dict.fromkeys([file.path for file in files])))
        meta = meta.assign(**{path_column: pd.Series([], dtype=kinds_of_path, index=meta.index)})
    uses_arrow = False if not all(isinstance(name, str) for name in names) else arrow_reads(kind, options, encoding)
    reader = CsvReader(fs, kind, packed, names, header, dialect, options, fixed, path_column, uses_arrow, encoding)
    lead = lead_lines(raw, options)
    parts = [part for number, file in enumerate(files) for part in blocks_of(file, number, size, lead)]
    token = (title, tuple(files), size, packed, reader, repr(meta.dtypes.to_dict()), path_column, bool(enforce))
    columns = tuple(meta.columns)
    dataset = CsvDataset(reader, tuple(parts), meta, token, title)
    assert dataset.columns == columns
    frame = source_frame(ReadCSV, dataset)
    return frame if index is None or index is False else indexed(title, frame, index)


def indexed(title: str, frame: Any, index: Any) -> Any:
    """The frame with columns as its index, by label or place, in the order of the files; a column without a header gives no name."""
    columns = list(frame.columns)
    labels: list[Any] = []
    for each in index if isinstance(index, (list, tuple)) else [index]:
        if isinstance(each, int) and not isinstance(each, bool) and each not in columns:
            if not -len(columns) <= each < len(columns):
                raise IndexError(
                    f"{title}() has {len(columns)} columns, and index_col={index!r} asks for number {each}"
                )
            labels.append(columns[each])
        elif each in columns:
            labels.append(each)
        else:
            raise ValueError(f"Index {each} invalid: {title}() found the columns {columns}")
    made = frame.set_index(labels if len(labels) > 1 else labels[0], sort=False)
    nameless = [str(label).startswith("Unnamed: ") for label in labels]
    if not any(nameless):
        return made
    names = [None if one else label for one, label in zip(nameless, labels, strict=True)]
    return made.rename_axis(index=names if len(names) > 1 else [None])


def check_options(title: str, kind: str, options: Mapping[str, Any]) -> None:
    """Raise for options that concern a file as a whole, or that pandas does not know."""
    import inspect

    for name, hint in WHOLE.items():
        value = options.get(name)
        if value is not None and value is not False and not (name == "skipfooter" and not value):
            raise ValueError(f"{title}() reads in parts, and cannot use {name}={value!r}. {hint}")
    known = inspect.signature(pd.read_fwf if kind == "fwf" else pd.read_csv).parameters
    more = set(inspect.signature(pd.read_csv).parameters) if kind == "fwf" else set()
    for name in options:
        if name not in known and name not in more:
            raise TypeError(f"{title}() knows no argument {name!r}, and neither does pandas.{title}()")
    if isinstance(options.get("header"), (list, tuple)):
        raise NotImplementedError(f"{title}() reads one header line; labels in several lines are not supported")
    if callable(options.get("skiprows")):
        raise ValueError(f"{title}() reads in parts, and cannot use a function for skiprows. Filter the rows instead.")


def block_bytes(
    title: str, blocksize: Any, packed: str | None, files: Sequence[FoundFile], options: Mapping[str, Any]
) -> int | None:
    """Bytes of a block; None where files are read whole."""
    if blocksize is None:
        return None
    size = parse_bytes(BLOCKSIZE if blocksize == "default" else blocksize)
    if size < 1:
        raise ValueError(f"blocksize is at least one byte; it is {blocksize!r}")
    if packed is not None:
        if blocksize != "default":
            warnings.warn(
                f"{title}(): files that are compressed ({packed}) can only be read from their start, and become one partition "
                "each. Pass blocksize=None to say that this is meant.",
                UserWarning,
                stacklevel=4,
            )
        return None
    if any(file.size is None for file in files):
        return None
    encoding = str(options.get("encoding") or "utf-8").lower().replace("_", "-")
    if encoding.startswith(("utf-16", "utf-32")):
        if blocksize != "default":
            raise ValueError(f"{title}() cannot cut files in {encoding}; pass blocksize=None to read each file whole")
        return None
    skip = options.get("skiprows")
    if isinstance(skip, (list, tuple, set, range)) and skip and max(skip) > 1000:
        raise ValueError(
            f"{title}() reads in parts: rows to skip are counted within the first of a file, not {max(skip)}"
        )
    return size


def dialect_of(kind: str, options: Mapping[str, Any]) -> Dialect:
    """How records are told apart."""
    terminator = (options.get("lineterminator") or "\n").encode()
    if kind == "fwf":
        return Dialect(quote=None, terminator=terminator)
    separator = options.get("sep", options.get("delimiter"))
    separator = "," if separator is None else separator
    quote = options.get("quotechar", '"')
    if options.get("quoting", 0) == 3 or quote is None:
        quote = None
    plain = len(separator) == 1
    return Dialect(
        separator if plain else ",",
        quote,
        options.get("escapechar"),
        bool(options.get("doublequote", True)) and plain,
        terminator,
    )


def infer(
    title: str, kind: str, raw: bytes, is_whole: bool, dialect: Dialect, options: dict[str, Any], path: str
) -> tuple[pd.DataFrame, tuple[Hashable, ...], tuple[str, ...] | None]:
    """The first rows as pandas reads them, the names of all columns, and the header as it stands in the file."""
    if not is_whole:
        raw = whole_records(raw, dialect)
    function = pd.read_fwf if kind == "fwf" else pd.read_csv
    hint = f"The sample of {path} has no whole row in it: pass a larger sample=."
    if kind == "fwf" and options.get("colspecs", "infer") == "infer" and options.get("widths") is None:
        from weft.dataframe.io.fixed_width import column_places

        options["colspecs"] = column_places(raw.decode(options.get("encoding") or "utf-8"), options)
        options.pop("infer_nrows", None)
    try:
        head = function(io.BytesIO(raw), **options)
        plain = {
            name: value
            for name, value in options.items()
            if name
            not in (
                "usecols",
                "dtype",
                "parse_dates",
                "converters",
                "index_col",
                "date_format",
                "true_values",
                "false_values",
            )
        }
        bare = function(io.BytesIO(raw), **{**plain, "nrows": 1})
    except pd.errors.EmptyDataError as error:
        if not is_whole:
            raise ValueError(hint) from error
        raise
    if not len(head) and not is_whole:
        raise ValueError(hint)
    if not isinstance(bare.index, pd.RangeIndex):
        raise ValueError(
            f"the rows of {path} have more fields than its header has names. Pass names= for all, or index_col=False if they end "
            "with a delimiter."
        )
    names = tuple(bare.columns)
    has_header = options.get("header", "infer") is not None and not (
        options.get("names") is not None and options.get("header", "infer") == "infer"
    )
    if len(set(names)) < len(names):
        raise ValueError(f"cannot read {path}: column names are not different, {list(names)}")
    header = tuple(map(str, names)) if has_header and options.get("names") is None else None
    return head, names, header


def path_label(include: bool | str, meta: pd.DataFrame) -> str | None:
    """The name of the column of paths."""
    if not include:
        return None
    name = "path" if include is True else include
    if not isinstance(name, str):
        raise TypeError(f"include_path_column is a bool or a name, not {include!r}")
    if name in meta.columns:
        raise ValueError(f"the files already have a column {name!r}: give another name as include_path_column=")
    return name


def arrow_reads(kind: str, options: Mapping[str, Any], encoding: str) -> bool:
    """Whether Arrow's parser does what these options ask for."""
    if kind == "fwf" or options.get("engine") not in (None, "pyarrow"):
        return False
    named = {name for name, value in options.items() if value is not None and name != "engine"}
    if not named <= ARROW_OPTIONS or options.get("date_format") is not None:
        return False
    separator = options.get("sep", options.get("delimiter"))
    if separator is not None and len(separator) != 1:
        return False
    if options.get("float_precision") not in (None, "round_trip") or isinstance(options.get("na_values"), Mapping):
        return False
    dates = options.get("parse_dates")
    if dates is not None and not isinstance(dates, (list, tuple)):
        return False
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii")


def blocks_of(file: FoundFile, number: int, size: int | None, lead: int) -> list[CsvPart]:
    """A file in blocks of about equal length."""
    if size is None or not file.size:
        return [CsvPart(file.path, file.stamp, number, 0, None)]
    count = max(1, -(-file.size // size))
    bounds = [file.size * place // count for place in range(count + 1)]
    bounds = [0, *[bound for bound in bounds if bound > lead]]
    if len(bounds) <= 2:
        return [CsvPart(file.path, file.stamp, number, 0, None)]
    return [CsvPart(file.path, file.stamp, number, start, stop - start) for start, stop in itertools.pairwise(bounds)]


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
        Without effect: the header is found wherever it is.
    enforce : bool
        Without effect: files whose header differs are always an error.
    assume_missing : bool
        Read whole numbers as floats, which may be missing, in columns without a ``dtype``.
    storage_options : mapping, optional
        Passed to fsspec.
    include_path_column : bool or str
        Add a column, of categories, with each row's file; True calls it ``path``.
    **kwargs
        Of :func:`pandas.read_csv`. ``index_col`` sets the index, in the order of the files. With others than ``sep``, ``header``, ``names``, ``usecols``, ``dtype``, ``skiprows``,
        ``na_values``, ``keep_default_na``, ``na_filter``, ``quotechar``, ``doublequote`` and ``parse_dates`` (of a list),
        pandas' parser is taken in place of Arrow's; ``engine="c"`` asks for it. Arrow's rounds floats correctly, as pandas
        does with ``float_precision="round_trip"``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        An option concerns files as a whole (``nrows``, ``skipfooter``, ...); or, when it is computed, a file has other columns
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
    return read_text_table(
        "csv", "read_csv", urlpath, blocksize=blocksize, lineterminator=lineterminator, compression=compression,
        sample=sample, enforce=enforce, assume_missing=assume_missing, storage_options=storage_options,
        include_path_column=include_path_column, options=kwargs,
    )  # fmt: skip


def read_table(
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
    """Frame of delimited text; like :func:`read_csv`, with tabs between fields unless ``sep=`` says otherwise."""
    if kwargs.get("sep") is None and kwargs.get("delimiter") is None:
        kwargs["sep"] = "\t"
    return read_text_table(
        "csv", "read_table", urlpath, blocksize=blocksize, lineterminator=lineterminator, compression=compression,
        sample=sample, enforce=enforce, assume_missing=assume_missing, storage_options=storage_options,
        include_path_column=include_path_column, options=kwargs,
    )  # fmt: skip


def read_fwf(
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
    """Frame of text in columns of fixed width; like :func:`read_csv`, with the options of :func:`pandas.read_fwf`.

    Where columns begin and end is found in the first 100 rows, unless ``colspecs=`` or ``widths=`` say it.
    """
    return read_text_table(
        "fwf", "read_fwf", urlpath, blocksize=blocksize, lineterminator=lineterminator, compression=compression,
        sample=sample, enforce=enforce, assume_missing=assume_missing, storage_options=storage_options,
        include_path_column=include_path_column, options=kwargs,
    )  # fmt: skip
