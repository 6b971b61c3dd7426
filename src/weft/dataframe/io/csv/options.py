"""What users of the text readers ask for: options that are refused, how records are told apart, whether files can be cut."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Mapping
from typing import Any

import pandas as pd

from weft.io.delimited import Dialect

__all__ = ["arrow_reads", "check_options", "dialect_of", "only_whole", "parser_of", "takes_whole_lines"]

#: Options that concern all rows of a file, and what to do instead.
REFUSED = {
    "nrows": "Read the frame, and take df.head(n).",
    "chunksize": "Partitions are the chunks; pass blocksize=.",
    "iterator": "Partitions are the chunks; see df.partitions.",
    "memory_map": "Blocks are read one by one; leave it out.",
}
#: Options with which Arrow's parser does what pandas' does.
ARROW_OPTIONS = frozenset(
    {"sep", "delimiter", "header", "names", "usecols", "index_col", "dtype", "skiprows", "na_values", "keep_default_na"}
    | {"na_filter", "quotechar", "doublequote", "parse_dates", "low_memory", "memory_map", "encoding", "decimal"}
    | {"encoding_errors", "float_precision", "on_bad_lines", "date_format"}
)
#: Encodings in which bytes of ASCII may be parts of other characters.
SHIFTING = (
    "utf-16",
    "utf-32",
    "utf-7",
    "utf16",
    "utf32",
    "utf7",
    "iso2022",
    "iso-2022",
    "hz",
    "cp037",
    "cp500",
    "cp1140",
)


def parser_of(kind: str) -> Any:
    """Pandas' function for a kind of text."""
    return pd.read_fwf if kind == "fwf" else pd.read_csv


def check_options(title: str, kind: str, options: Mapping[str, Any]) -> None:
    """Raise for options that concern all rows, or that pandas does not know."""
    for name, hint in REFUSED.items():
        value = options.get(name)
        if value is not None and value is not False:
            raise ValueError(f"{title}() reads in parts, and cannot use {name}={value!r}. {hint}")
    known = {*inspect.signature(pd.read_csv).parameters}
    if kind == "fwf":
        known |= {*inspect.signature(pd.read_fwf).parameters}
    for name in options:
        if name not in known:
            raise TypeError(f"{title}() knows no argument {name!r}, and neither does pandas.{title}()")


def separator_of(options: Mapping[str, Any]) -> str:
    """What is between fields, as pandas takes it."""
    separator = options.get("sep")
    if separator is None:
        separator = options.get("delimiter")
    return "," if separator is None else str(separator)


def dialect_of(kind: str, options: Mapping[str, Any]) -> Dialect:
    """How records are told apart."""
    terminator = (options.get("lineterminator") or "\n").encode()
    if kind == "fwf":
        return Dialect(quote=None, terminator=terminator)
    separator, quote = separator_of(options), options.get("quotechar", '"')
    escape, doubled = options.get("escapechar"), bool(options.get("doublequote", True))
    spaces, quoting = bool(options.get("skipinitialspace")), options.get("quoting", csv.QUOTE_MINIMAL)
    given = options.get("dialect")
    if given is not None:
        form = csv.get_dialect(given) if isinstance(given, str) else given
        separator, quote, escape, doubled = form.delimiter, form.quotechar, form.escapechar, bool(form.doublequote)
        spaces, quoting = bool(form.skipinitialspace), form.quoting
    if quoting == csv.QUOTE_NONE or quote is None:
        quote = None
    if separator == r"\s+":
        return Dialect(" ", quote, escape, doubled, terminator, spaces=True)
    if len(separator.encode()) != 1:  # by a pattern: quotes do not hold lines together then
        return Dialect(",", None, None, True, terminator)
    return Dialect(separator, quote, escape, doubled, terminator, spaces=spaces)


def only_whole(kind: str, options: Mapping[str, Any], encoding: str, packed: str | None) -> str | None:
    """Why files can only be read from their start to their end, if they can."""
    if packed is not None:
        return f"files that are compressed ({packed})"
    if encoding.lower().replace("_", "-").startswith(SHIFTING):
        return f"files in {encoding}"
    if callable(options.get("skiprows")):
        return "files with a function for skiprows"
    if options.get("skipfooter"):
        return "files with skipfooter"
    quote = options.get("quotechar", '"')
    if kind != "fwf" and quote is not None and len(str(quote).encode()) > 1:
        return f"files with the quotes {quote!r}"
    return None


def takes_whole_lines(options: Mapping[str, Any]) -> bool:
    """Whether rows with too many fields are not an error; then all columns must be read to see which rows these are."""
    return bool(options.get("on_bad_lines", "error") != "error")


def arrow_reads(kind: str, options: Mapping[str, Any], encoding: str) -> bool:
    """Whether Arrow's parser does what these options ask for."""
    if kind == "fwf" or options.get("engine") not in (None, "pyarrow"):
        return False
    named = {name for name, value in options.items() if value is not None and name != "engine"}
    if not named <= ARROW_OPTIONS or takes_whole_lines(options):
        return False
    quote, decimal = options.get("quotechar", '"'), options.get("decimal", ".")
    if (
        len(separator_of(options).encode()) != 1
        or (quote is not None and len(quote.encode()) != 1)
        or len(decimal) != 1
    ):
        return False
    if options.get("float_precision") not in (None, "round_trip") or isinstance(options.get("na_values"), Mapping):
        return False
    dates = options.get("parse_dates")
    if dates is not None and not isinstance(dates, (list, tuple, bool)):
        return False
    return not encoding.lower().replace("_", "-").startswith(SHIFTING)
