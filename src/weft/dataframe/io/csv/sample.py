"""What the first bytes of the first file say: columns, types, the index, where rows begin, how dates are written."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.io.csv.blocks import read_head
from weft.dataframe.io.csv.fixed_width import column_places
from weft.dataframe.io.csv.lead import Lead, lead_of
from weft.dataframe.io.csv.options import SHIFTING, dialect_of, parser_of, separator_of
from weft.io.delimited import Dialect, record_length, whole_records

__all__ = ["Sample", "dates_of", "sample_of"]

#: Lines among which the first row is looked for.
GUARDS = 4
#: Options that say nothing of where columns are.
OF_VALUES = ("usecols", "dtype", "parse_dates", "converters", "index_col", "date_format", "true_values", "false_values")


class Sample(NamedTuple):
    """What was found.

    ``labels`` are those of all columns of the file in their places; None where that cannot be told, so that rows are read
    as pandas does it, and columns chosen afterwards. ``lead`` None: files can only be read whole. ``options`` are the user's
    with places made labels; ``text`` is what was read; ``has_index``: labels of rows are
    in the file.
    """

    head: pd.DataFrame
    labels: tuple[Hashable, ...] | None
    index_labels: tuple[Hashable, ...]
    header: tuple[Hashable, ...] | None
    lead: Lead | None
    dialect: Dialect
    options: dict[str, Any]
    text: bytes
    has_index: bool


def sample_of(
    kind: str,
    filesystem: Any,
    path: str,
    packed: str | None,
    options: Mapping[str, Any],
    nbytes: int,
    rows: int,
) -> Sample:
    """Read the first bytes of a file, at least so many and so many rows (or all there are)."""
    options = dict(options)
    parse = parser_of(kind)
    encoding = options.get("encoding") or "utf-8"
    while True:
        raw, is_whole = read_head(filesystem, path, packed, nbytes)
        text, dialect = raw, None
        if not is_whole:
            dialect = lone_returns(dialect_of(kind, options), raw)
            text = complete_lines(raw, dialect, encoding)
        try:
            head = parse(io.BytesIO(text), **options)
            if is_whole or len(head) >= rows:
                break
        except (pd.errors.EmptyDataError, pd.errors.ParserError, StopIteration) as error:
            if is_whole or len(text) > 1 << 24:
                error.add_note(f"in {path}")
                raise
        except (ValueError, TypeError, OverflowError) as error:
            error.add_note(f"in the first {len(text):,} bytes of {path}")
            raise
        nbytes *= 4
    dialect = lone_returns(dialect_of(kind, options), raw) if dialect is None else dialect
    if dialect.quote is not None and (dialect.escape or not dialect.doubled) and dialect.quote.encode() not in raw:
        dialect = dialect._replace(quote=None)  # else all quotes before each block would have to be counted
    if kind == "fwf" and options.get("colspecs", "infer") == "infer" and options.get("widths") is None:
        options["colspecs"] = column_places(text.decode(encoding), options)
        options.pop("infer_nrows", None)
    elif kind != "fwf" and "sep" in options and options["sep"] is None and options.get("delimiter") is None:
        options["sep"] = sniffed(text, options, dialect, encoding)
        dialect = dialect_of(kind, options)
    lead = None if encoding.lower().startswith(SHIFTING) else lead_of(text, options, dialect)
    if lead is not None:
        lead = guarded(kind, text, lead, options, dialect)
    given = options.get("index_col")
    has_index = implicit_index(kind, text, lead, options, head) if given is None else given is not False
    labels, index = labels_of(kind, text, options, head, has_index)
    if labels is not None and separator_of(options) != r"\s+":
        dialect = dialect._replace(fields=len(labels))
    named = options.get("names") is not None or options.get("header", "infer") is None
    header = None if named or kind == "fwf" or isinstance(head.columns, pd.MultiIndex) else labels
    settle(options, labels, index, head, lambda **more: quietly(kind, text, {**plain(options), **more}))
    return Sample(head, labels, index, header, lead, dialect, options, text, has_index)


def lone_returns(dialect: Dialect, raw: bytes) -> Dialect:
    """A dialect in which ``\\r`` ends records, if nothing else does."""
    if dialect.terminator == b"\n" and b"\r" in raw and b"\n" not in raw:
        return dialect._replace(terminator=b"\r")
    return dialect


def complete_lines(raw: bytes, dialect: Dialect, encoding: str) -> bytes:
    """The lines of a text that are there to their ends."""
    if not encoding.lower().startswith(SHIFTING):
        return whole_records(raw, dialect)
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    return text[: text.rfind("\n") + 1].encode(encoding)


def sniffed(text: bytes, options: Mapping[str, Any], dialect: Dialect, encoding: str) -> str | None:
    """The separator that the first line has, as pandas finds it."""
    lead = lead_of(text, {**options, "header": 0}, dialect)
    if lead is None:
        return None
    found: str = csv.Sniffer().sniff(lead.header.decode(encoding)).delimiter
    return found


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say where columns are."""
    kept = {name: value for name, value in options.items() if name not in OF_VALUES}
    if options.get("index_col") is False:
        kept["index_col"] = False
    return kept


def after(options: Mapping[str, Any], lead: Lead) -> dict[str, Any]:
    """The options for rows behind a header of their own."""
    made = {**options, "skiprows": lead.skipped(lead.lines)}
    header = made.get("header", "infer")
    if isinstance(header, int):
        made["header"] = 0
    return made


def guarded(kind: str, text: bytes, lead: Lead, options: Mapping[str, Any], dialect: Dialect) -> Lead:
    """The beginning with as many of the first rows as it takes for pandas to see one."""
    if lead.skip or kind == "fwf":
        return lead
    end = lead.end
    for _ in range(GUARDS):
        length = record_length(text, end, dialect)
        if not length:
            break
        end += length
        guard = text[lead.end : end]
        guard = guard if guard.endswith((b"\n", b"\r", dialect.terminator)) else guard + dialect.terminator
        try:
            rows = len(quietly(kind, lead.header + guard, after(options, lead)))
        except (ValueError, IndexError, StopIteration):
            continue
        if rows:
            return lead._replace(guard=guard, guard_rows=rows)
    return lead


def implicit_index(kind: str, text: bytes, lead: Lead | None, options: Mapping[str, Any], head: pd.DataFrame) -> bool:
    """Whether rows have more fields than there are names, the first of which are then labels of the rows."""
    if not isinstance(head.index, pd.RangeIndex):
        return True
    if lead is None or not lead.guard or options.get("usecols") is not None:
        return False
    bare = {**plain(options), "header": None, "names": None, "skiprows": None}
    try:
        first = quietly(kind, lead.guard, bare)
    except (ValueError, IndexError):
        return False
    return bool(first.shape[1] > len(head.columns))


def labels_of(
    kind: str, text: bytes, options: Mapping[str, Any], head: pd.DataFrame, has_index: bool
) -> tuple[tuple[Hashable, ...] | None, tuple[Hashable, ...]]:
    """The labels of all columns by their places, and those of the index; (None, ()) if that cannot be told."""
    chosen, index = options.get("usecols"), options.get("index_col")
    bare = head
    if chosen is not None or (index is not None and index is not False):
        try:
            bare = quietly(kind, text, plain(options))
        except (ValueError, IndexError):
            return None, ()
    elif has_index:
        return None, ()
    labels = tuple(bare.columns)
    if not isinstance(bare.index, pd.RangeIndex) or isinstance(bare.columns, pd.MultiIndex):
        return None, ()
    if len(set(labels)) < len(labels):
        return None, ()
    ours: list[Hashable] = []
    if index is not None and index is not False:
        for each in index if isinstance(index, (list, tuple)) else [index]:
            place = isinstance(each, (int, np.integer)) and each not in labels
            if place and chosen is not None:
                return None, ()
            ours.append(labels[each] if place else each)
    if chosen is None and [*head.columns] != [label for label in labels if label not in ours]:
        return None, ()
    return (labels, tuple(ours)) if {*head.columns, *ours} <= set(labels) else (None, ())


def quietly(kind: str, text: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """Text as pandas reads it, without the warnings that the first time gave."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: pd.DataFrame = parser_of(kind)(io.BytesIO(text), **options)
        return made


def dates_of(options: Mapping[str, Any], labels: Sequence[Hashable], index: Sequence[Hashable]) -> list[Hashable]:
    """Labels of the columns that are parsed as dates."""
    dates = options.get("parse_dates")
    if dates is True:
        return list(index)
    if not isinstance(dates, (list, tuple)):
        return []
    return [labels[each] if isinstance(each, int) and each not in labels else each for each in dates]


def settle(
    options: dict[str, Any],
    labels: tuple[Hashable, ...] | None,
    index: tuple[Hashable, ...],
    head: pd.DataFrame,
    parse: Any,
) -> None:
    """Make labels of places, and write down how dates are written, so that each block is read as the sample was."""
    if labels is None:
        return
    if options.get("index_col") is False and head.equals(parse(index_col=None, usecols=options.get("usecols"))):
        del options["index_col"]  # rows do not end with a separator: one that has more fields is wrong
    places = options.get("usecols") is None
    for name in ("dtype", "converters"):
        given = options.get(name)
        if isinstance(given, Mapping) and any(isinstance(each, int) and each not in labels for each in given):
            if not places:
                return
            named = {
                each: labels[each] for each in given if isinstance(each, int) and -len(labels) <= each < len(labels)
            }
            kept = {named.get(each, each): value for each, value in given.items()}
            options[name] = kept
    given = options.get("parse_dates")
    if given is None or given is False:
        return
    if not places and isinstance(given, (list, tuple)) and any(isinstance(each, int) for each in given):
        return
    kinds = {label: head.index.get_level_values(place).dtype for place, label in enumerate(index)}
    kinds.update(zip(head.columns, head.dtypes.array, strict=True))
    dated = [each for each in dates_of(options, labels, index) if getattr(kinds.get(each), "kind", "O") == "M"]
    options["parse_dates"] = dated or None
    formats = options.get("date_format")
    if not dated or isinstance(formats, str):
        return
    known = dict(formats) if isinstance(formats, Mapping) else {}
    for label in dated:
        if label not in known and (found := format_of(parse, label, labels, bool(options.get("dayfirst")))):
            known[label] = found
    options["date_format"] = known or None


def format_of(parse: Any, label: Hashable, labels: Sequence[Hashable], dayfirst: bool) -> str | None:
    """How the first date of a column is written, which is how pandas reads the others."""
    from pandas.tseries.api import guess_datetime_format

    texts = parse(usecols=[labels.index(label)], dtype=str).iloc[:, 0].dropna()
    if not len(texts):
        return None
    found: str | None = guess_datetime_format(texts.iloc[0], dayfirst=dayfirst)
    return found
