"""One block as a frame: by Arrow's parser where its result is pandas', else by pandas' own, which knows better or raises.

Whatever the block, pandas sees the header before the rows, so that each of its options means what it means for a whole
file. Where there is no header, or users give names, a line of numbers stands for it: then short rows at the start of a
block do not change how many columns there are.
"""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.io.csv.blocks import CsvPart, local_block, raw_block, read_head
from weft.dataframe.io.csv.lead import Lead, lead_of
from weft.dataframe.io.csv.options import parser_of, separator_of, takes_whole_lines
from weft.dataframe.io.csv.sample import OF_VALUES, after
from weft.dataframe.io.csv.scanning import Scan, machine_code, read_padded
from weft.dataframe.io.csv.surprises import complaints_of, indexed_as, surprise
from weft.dataframe.io.csv.values import arrow_type, in_few_chunks, is_utf8, iso_dates, null_values, with_dates
from weft.dataframe.io.source import Reading
from weft.dataframe.kernels.pandas.repartition import together
from weft.dataframe.kernels.pandas.runs import index_of, joined
from weft.io.delimited import Dialect

__all__ = ["CsvReader"]

#: Bytes of a file in which its header is looked for first.
HEAD = 1 << 14
#: Columns up to which each is a block of its own in a frame.
SPLIT = 64
#: Bytes that Arrow's parser takes at a time (`benchmarks.tables` has the figures).
STEP = 1 << 20


class Columns(NamedTuple):
    """The columns of one file in their places, and the lines that stand before its rows."""

    labels: tuple[Hashable, ...] | None
    lead: Lead | None


class CsvReader(NamedTuple):
    """How blocks are read.

    ``fixed`` are the types that users ask for, ``index_labels`` the columns that become labels of rows, ``header`` the names that
    each file's header must have.
    """

    filesystem: Any
    kind: str
    compression: str | None
    labels: tuple[Hashable, ...] | None
    index_labels: tuple[Hashable, ...]
    has_index: bool
    header: tuple[Hashable, ...] | None
    lead: Lead | None
    dialect: Dialect
    options: Mapping[str, Any]
    fixed: Mapping[Hashable, Any]
    path_column: str | None
    uses_arrow: bool
    enforce: bool
    scan: Scan | None = None

    def __weft_tokenize__(self) -> Any:
        return (self.kind, self.labels, self.index_labels, self.enforce, repr(sorted(self.options.items(), key=str)))

    @property
    def encoding(self) -> str:
        """How characters are bytes."""
        return self.options.get("encoding") or "utf-8"

    def read(self, part: CsvPart, how: Reading) -> pd.DataFrame:
        """One block as a frame."""
        return self.finished(self.streamed(part, how) if self.uses_arrow else None, part, how)

    def finished(self, made: pa.Table | pd.DataFrame | None, part: CsvPart, how: Reading) -> pd.DataFrame:
        """The frame of what `streamed` gives."""
        frame = self.framed(made, *self.asked(how), how) if isinstance(made, pa.Table) else made
        if frame is None:
            return self.frame(raw_block(self.filesystem, part, self.dialect, self.compression), part, how)
        return self.with_path(frame, part, how)

    def tables(self, part: CsvPart, how: Reading) -> pa.Table | pd.DataFrame:
        """One block as Arrow has read it, if nothing but a frame is to be made of it; else as a frame."""
        made = self.streamed(part, how) if self.uses_arrow else None
        if isinstance(made, pa.Table) and self.path_column not in how.columns:
            _, wanted = self.asked(how)
            if not self.texts_of_dates(made, wanted, how.meta):
                return made
        return self.finished(made, part, how)

    def joined(self, parts: list[Any], how: Reading, threads: bool = False) -> pd.DataFrame:
        """Blocks one after another as a frame; their rows are numbered as if each were one."""
        if not all(isinstance(each, pa.Table) and each.schema == parts[0].schema for each in parts):
            asked = self.asked(how)
            frames = [self.framed(each, *asked, how) if isinstance(each, pa.Table) else each for each in parts]
            return together(how.meta, *frames)
        lengths = [each.num_rows for each in parts if each.num_rows]
        table = in_few_chunks(pa.concat_tables(parts))
        parts.clear()
        frame = self.framed(table, *self.asked(how), how, threads)
        assert frame is not None, "dates that are texts"
        if not (how.with_index and self.index_labels) and len(lengths) > 1:
            frame.index = index_of(joined([pd.RangeIndex(each) for each in lengths]), frame.index)
        return frame

    def streamed(self, part: CsvPart, how: Reading) -> pa.Table | pd.DataFrame | None:
        """A block by the parser in machine code if that is there and knows it, else as Arrow reads it little by little; None
        where it has to be looked at whole.
        """
        if not is_utf8(self.encoding) or (part.number and not part.offset and self.header is None):
            return None
        labels, wanted = self.asked(how)
        with local_block(self.filesystem, part, self.dialect, self.compression) as found:
            columns = Columns(None, None) if found is None else self.columns_of(part, None)
            if found is None or columns.labels is None:
                return None
            stream, start, stop = found
            if not part.offset:
                if columns.lead is None or columns.lead.skip or columns.lead.end >= stop:
                    return None
                start = columns.lead.end
                stream.seek(start)
            made: pa.Table | pd.DataFrame | str | None = None
            code = None if self.scan is None else machine_code()
            if code is not None and self.scan is not None:
                kinds = self.kinds(how.meta)
                raw = read_padded(stream, stop - start, code.PADDING)
                made = self.scan.frame(code, raw, columns.labels, {label: kinds[label] for label in wanted})
            if made is None:
                with pa.OSFile(part.path) as file, file.get_stream(start, stop - start) as source:
                    made = self.by_arrow(source, STEP, part, columns, wanted, how.meta)
        if isinstance(made, pd.DataFrame):
            return self.labelled(made, labels, how)
        return made if isinstance(made, pa.Table) else None

    def asked(self, how: Reading) -> tuple[list[Hashable], list[Hashable]]:
        """The columns of a block that are looked at; and the same with those that become labels of rows."""
        labels = [label for label in how.columns if label != self.path_column]
        return labels, [*labels, *self.index_labels] if how.with_index else labels

    def frame(self, raw: bytes, part: CsvPart, how: Reading) -> pd.DataFrame:
        """The text of a block as a frame."""
        labels, wanted = self.asked(how)
        if not raw and not (part.offset == 0 and self.lead is None):
            frame = how.meta[labels].copy()
        else:
            columns = self.columns_of(part, raw)
            rows = raw[columns.lead.end :] if columns.lead is not None and part.offset == 0 else raw
            made = self.text_by_arrow(rows, part, columns, wanted, how.meta) if self.uses_arrow else None
            whole = self.framed(made, labels, wanted, how) if isinstance(made, pa.Table) else None
            if isinstance(made, pd.DataFrame):
                whole = self.labelled(made, labels, how)
            if whole is None:
                is_cut = isinstance(made, str)
                whole = self.by_pandas(raw, part, columns, labels, how, all_columns=is_cut)
            frame = whole
        return self.with_path(frame, part, how)

    def with_path(self, frame: pd.DataFrame, part: CsvPart, how: Reading) -> pd.DataFrame:
        """A frame with its path as a column, if it is meant to have one."""
        if self.path_column is not None and self.path_column in how.columns:
            dtype = how.meta[self.path_column].dtype
            code = list(dtype.categories).index(part.path)
            frame[self.path_column] = pd.Categorical.from_codes(np.full(len(frame), code, "int32"), dtype=dtype)
        return frame

    def columns_of(self, part: CsvPart, raw: bytes | None) -> Columns:
        """The columns of a file: those of the first one, which must have the same names unless the order differs.

        Raises
        ------
        ValueError
            It has other columns.
        """
        if part.number == 0 or self.header is None:
            lead = self.lead
            if part.number and part.offset == 0 and lead is not None and raw is not None:
                lead = lead_of(raw, self.options, self.dialect)  # other lines may be skipped before its rows
            return Columns(self.labels, lead)
        return file_columns(self, part, raw if part.offset == 0 else None)

    def kinds(self, meta: pd.DataFrame) -> dict[Hashable, Any]:
        """The types of columns, and of those that become labels of rows."""
        kinds = dict(zip(meta.columns, meta.dtypes.array, strict=True))
        if len(self.index_labels) == meta.index.nlevels:
            kinds.update(
                {label: meta.index.get_level_values(place).dtype for place, label in enumerate(self.index_labels)}
            )
        kinds.pop(self.path_column, None)
        return kinds

    def text_by_arrow(
        self, raw: bytes, part: CsvPart, columns: Columns, wanted: Sequence[Hashable], meta: pd.DataFrame
    ) -> pa.Table | pd.DataFrame | str | None:
        """The rows of a text by Arrow's parser, as `by_arrow` gives them."""
        if not is_utf8(self.encoding):
            try:
                raw = raw.decode(self.encoding, self.options.get("encoding_errors") or "strict").encode()
            except UnicodeDecodeError:
                return None
        return self.by_arrow(pa.BufferReader(raw), max(STEP, len(raw) + 1), part, columns, wanted, meta)

    def by_arrow(
        self,
        source: pa.NativeFile,
        step: int,
        part: CsvPart,
        columns: Columns,
        wanted: Sequence[Hashable],
        meta: pd.DataFrame,
    ) -> pa.Table | pd.DataFrame | str | None:
        """The rows by Arrow's parser, so many bytes at a time, as a table of the columns in their order (where only rows are
        counted, a frame of them); None where it refuses, ``"lines"`` where it does because of some line.
        """
        import pyarrow.csv as pacsv

        labels, lead = columns
        if labels is None or lead is None or (part.offset == 0 and lead.skip):
            return None
        kinds = self.kinds(meta)
        formats = self.date_formats([label for label in wanted if getattr(kinds[label], "kind", "O") == "M"])
        types = {
            str(labels.index(label)): pa.large_string() if label in formats else arrow_type(kinds[label])
            for label in wanted
        }
        count_only = not types
        if count_only:
            types = {"0": pa.binary()}
        if None in types.values() or (len(labels) == 1 and pa.types.is_large_string(types.get("0"))):
            return None  # of one column, pandas leaves out rows of nothing but spaces
        if count_only and len(labels) == 1:
            return None
        quote, options = self.dialect.quote, self.options
        try:
            table = pacsv.read_csv(
                source,
                pacsv.ReadOptions(
                    use_threads=False,
                    block_size=step,
                    column_names=[str(place) for place in range(len(labels))],
                ),
                pacsv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    quote_char=quote or False,
                    double_quote=self.dialect.doubled,
                    newlines_in_values=quote is not None,
                ),
                pacsv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=null_values(options),
                    strings_can_be_null=options.get("na_filter", True),
                    quoted_strings_can_be_null=True,
                    true_values=["True", "TRUE", "true"],
                    false_values=["False", "FALSE", "false"],
                    decimal_point=options.get("decimal", "."),
                ),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            return "lines" if "CSV parse error" in str(error) else None
        if count_only:
            return pd.DataFrame(index=pd.RangeIndex(table.num_rows))
        for place, label in enumerate(wanted):
            if table.column(place).null_count and getattr(kinds[label], "kind", "O") in "iub":
                return None
        for place, label in enumerate(wanted):
            if label in formats and (dates := iso_dates(table.column(place), formats[label], kinds[label])) is not None:
                table = table.set_column(place, table.field(place).name, dates)
        for place, kind in enumerate(table.schema.types):
            if pa.types.is_large_string(kind) and table.column(place).num_chunks > 1:
                whole = pa.chunked_array([table.column(place).combine_chunks()])
                table = table.set_column(place, table.field(place).name, whole)
        return table

    def framed(
        self,
        table: pa.Table,
        labels: Sequence[Hashable],
        wanted: Sequence[Hashable],
        how: Reading,
        threads: bool = False,
    ) -> pd.DataFrame | None:
        """A table as a frame, by several threads if nobody else works; None where dates are not written as they should be."""
        split = table.num_columns <= SPLIT
        late = self.texts_of_dates(table, wanted, how.meta)
        frame = table.to_pandas(use_threads=threads, split_blocks=split, self_destruct=True)
        frame.columns = pd.Index(list(wanted))
        made = with_dates(frame, late, self.kinds(how.meta))
        return None if made is None else self.labelled(made, labels, how)

    def texts_of_dates(self, table: pa.Table, wanted: Sequence[Hashable], meta: pd.DataFrame) -> dict[Hashable, str]:
        """Columns of dates that are texts yet, and how they are written."""
        kinds = self.kinds(meta)
        formats = self.date_formats([label for label in wanted if getattr(kinds[label], "kind", "O") == "M"])
        types = dict(zip(wanted, table.schema.types, strict=True))
        return {label: form for label, form in formats.items() if not pa.types.is_timestamp(types[label])}

    def date_formats(self, labels: Sequence[Hashable]) -> dict[Hashable, str]:
        """How the dates of some columns are written, where that is known: these are texts to Arrow, and read as pandas reads them."""
        given = self.options.get("date_format")
        if isinstance(given, str):
            return dict.fromkeys(labels, given)
        return {} if given is None else {label: given[label] for label in labels if label in given}

    def labelled(self, frame: pd.DataFrame, labels: Sequence[Hashable], how: Reading) -> pd.DataFrame:
        """A frame with columns as its index, if some are meant to be."""
        if how.with_index and self.index_labels:
            frame = frame.set_index(list(self.index_labels))
            frame.index = frame.index.set_names(how.meta.index.names)
        if len(labels) == len(how.meta.columns):
            frame.columns = how.meta.columns
        return frame

    def by_pandas(
        self,
        raw: bytes,
        part: CsvPart,
        columns: Columns,
        labels: Sequence[Hashable],
        how: Reading,
        *,
        all_columns: bool,
    ) -> pd.DataFrame:
        """The rows by pandas' parser."""
        keep_all = all_columns or not labels or takes_whole_lines(self.options)
        text, options = self.prepared(raw, part, columns, None if keep_all else labels, how)
        try:
            frame = parser_of(self.kind)(io.BytesIO(text), **options)
        except pd.errors.EmptyDataError:
            if part.number or part.offset or how.meta is None:
                return how.meta[list(labels)].copy()
            raise
        except (pd.errors.ParserError, UnicodeDecodeError) as error:
            if isinstance(error, UnicodeDecodeError):
                error.add_note(f"while reading {part.path}; pass encoding=, or encoding_errors=")
                raise
            raise pd.errors.ParserError(
                f"{str(error).strip()} (in {part.path}, in the block from byte {part.offset:,}; lines are counted from its "
                "start). Pass on_bad_lines='skip' to leave such rows out."
            ) from error
        except (ValueError, OverflowError) as error:
            raise self.explained(error, part, options, labels) from error
        guards = columns.lead.guard_rows if columns.lead is not None and part.offset else 0
        if guards:
            frame = without_guards(frame, guards, self)
        if not labels and not self.index_labels:  # only the number of rows is wanted
            return pd.DataFrame(index=pd.RangeIndex(len(frame)))
        meta = how.meta[list(labels)]
        if list(frame.columns) != list(labels):
            frame = frame[list(labels)]
        if any(label not in self.fixed for label in labels) or how.with_index:
            frame = frame.copy(deep=False)
            complaints = complaints_of(frame, meta, self.fixed)
            if how.with_index and self.has_index:
                complaints += indexed_as(frame, meta)
            if complaints:
                raise ValueError(surprise(part.path, complaints))
        return frame

    def prepared(
        self, raw: bytes, part: CsvPart, columns: Columns, labels: Sequence[Hashable] | None, how: Reading
    ) -> tuple[bytes, dict[str, Any]]:
        """What pandas reads for some columns (None: for all), and how."""
        places, lead = columns
        options = dict(self.options)
        text = raw
        if lead is not None:
            rows = raw[lead.end :] if part.offset == 0 else raw
            options = after(options, lead)
            named = options.get("names") is not None or options.get("header", "infer") is None
            separator = {r"\s+": " "}.get(separator_of(options), separator_of(options))
            lines = lead.lines
            if named and places is not None and self.kind != "fwf" and len(separator.encode()) == 1:
                numbers = separator.join([str(place) for place in range(len(places))])
                text, lines = numbers.encode(self.encoding) + self.dialect.terminator + rows, 1
                options.update(header=0, names=list(places))
            elif named:
                text, lines = rows, 0
                options.update(header=None)
                if options.get("names") is None and places is not None:
                    options["names"] = list(places)
            else:
                text = lead.header + rows
            if part.offset and lead.guard:
                text = text[: len(text) - len(rows)] + lead.guard + rows
            options["skiprows"] = lead.skipped(lines) if part.offset == 0 else None
        typed = dict(self.fixed)
        converted = options.get("converters") or {}
        for label, kind in self.kinds(how.meta).items():
            plain = isinstance(label, str) or (places is not None and isinstance(label, int))
            if plain and label not in typed and label not in converted and isinstance(kind, pd.StringDtype):
                typed[label] = kind
        if places is not None and labels is not None:
            index = self.index_labels if how.with_index else ()
            kept = [*labels, *index]
            if len(kept) < len(places) or options.get("usecols") is not None:
                options["usecols"] = sorted([places.index(label) for label in kept])
            if self.index_labels:
                order = sorted(kept, key=places.index)
                options["index_col"] = [order.index(label) for label in index] or None
            for name in ("parse_dates", "converters"):
                given = options.get(name)
                if isinstance(given, Mapping):
                    options[name] = {label: value for label, value in given.items() if label in kept}
                elif isinstance(given, (list, tuple)):
                    options[name] = [
                        sorted(kept, key=places.index).index(label) if is_nameless(label, index) else label
                        for label in given
                        if label in kept
                    ]
            typed = {label: kind for label, kind in typed.items() if label in kept}
        if typed:
            options["dtype"] = typed
        return text, options

    def explained(
        self, error: Exception, part: CsvPart, options: Mapping[str, Any], labels: Sequence[Hashable]
    ) -> Exception:
        """An error of pandas', with the file and what it may be about."""
        given = options.get("dtype")
        about = f"cannot read {part.path} (in the block from byte {part.offset:,}): {error}."
        if given and any(word in str(error) for word in ("NA", "convert", "Unable", "overflow")):
            shown = given
            if isinstance(given, Mapping):
                shown = {label: str(kind) for label, kind in given.items() if label in labels}
            about += (
                f" The types that were asked for are {shown}; whole numbers with missing values are 'Int64' or 'float64', and "
                "texts 'str'."
            )
        return type(error)(about) if type(error) in (ValueError, OverflowError) else ValueError(about)


def without_guards(frame: pd.DataFrame, rows: int, reader: CsvReader) -> pd.DataFrame:
    """A frame without its first rows, which are another block's."""
    frame = frame.iloc[rows:]
    for place, dtype in enumerate(frame.dtypes.array):
        label = frame.columns[place]
        if isinstance(dtype, pd.CategoricalDtype) and not isinstance(reader.fixed.get(label), pd.CategoricalDtype):
            frame = frame.assign(**{label: frame[label].cat.remove_unused_categories()})
    return frame if reader.has_index else frame.reset_index(drop=True)


def is_nameless(label: Hashable, index: Sequence[Hashable]) -> bool:
    """Whether a column stands for labels of rows without a name; pandas knows these by their places only."""
    return label in index and str(label).startswith("Unnamed: ")


@lru_cache(maxsize=4096)
def remembered(path: str, stamp: Any, known: Any) -> list[Columns]:
    """A place for what the header of a file says."""
    return []


def file_columns(reader: CsvReader, part: CsvPart, raw: bytes | None) -> Columns:
    """The columns of a file by its own header."""
    box = remembered(part.path, part.stamp, (reader.header, reader.lead, reader.enforce))
    if box:
        return box[0]
    nbytes = HEAD
    while True:
        whole = raw is not None
        if raw is None:
            start, whole = read_head(reader.filesystem, part.path, reader.compression, nbytes)
        else:
            start = raw
        lead = lead_of(start, reader.options, reader.dialect) if reader.lead is not None else None
        if whole or (lead is not None and lead.end < len(start)):
            break
        nbytes *= 8
    same = lead is not None and reader.lead is not None and lead.header == reader.lead.header
    if same and lead is not None and reader.lead is not None:
        lead = lead._replace(guard=reader.lead.guard, guard_rows=reader.lead.guard_rows)
    made = Columns(reader.labels if same else own_labels(reader, part.path, start, lead), lead)
    box.append(made)
    return made


def own_labels(reader: CsvReader, path: str, start: bytes, lead: Lead | None) -> tuple[Hashable, ...]:
    """The names that a header has, if they are those of the first file."""
    options = {name: value for name, value in reader.options.items() if name not in OF_VALUES}
    header = start
    if lead is not None:
        options, header = after(options, lead), lead.header
        options["skiprows"] = None
    own = tuple(pd.read_csv(io.BytesIO(header), **{**options, "nrows": 0}).columns)
    first = reader.header or ()
    if set(own) != set(first) or (reader.enforce and own != first):
        more, less = [each for each in own if each not in first], [each for each in first if each not in own]
        what = f"it has {more}, and not {less}" if more or less else f"their order is {list(own)}, and enforce=True"
        raise ValueError(
            f"the columns of {path} are not those of the first file, {list(first)}: {what}. "
            "Read the files apart, and rename or choose columns before you put them together."
        )
    return own
