"""Where records of delimited text begin, so that a file can be read in blocks: line ends within quotes are no record ends.

Whether a place in the middle of a file is within quotes could be told for certain by counting all quotes before it. That
would read everything twice. Both answers are tried on the text that follows instead: read in the wrong state, quotes stand
where none may, and records have other numbers of fields. Only if that decides nothing, the quotes before are counted.
(The idea is that of C. Ge et al., "Speculative Distributed CSV Data Parsing for Big Data Analytics", SIGMOD 2019.)
"""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from typing import IO, NamedTuple

from weft.io.bytes import behind_delimiter

__all__ = ["Dialect", "record_length", "record_start", "whole_records"]

#: Bytes behind a place that are looked at, at first and at most.
WINDOW, LARGEST_WINDOW = 1 << 12, 1 << 21
#: Bytes that are read at a time.
STEP = 1 << 20


class Dialect(NamedTuple):
    """How records and fields are told apart.

    ``quote`` and ``escape`` are None where there are none; ``fields`` is how many a record has at most, if that is known;
    ``spaces``: those at the start of a field do not belong to it.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    doubled: bool = True
    terminator: bytes = b"\n"
    fields: int | None = None
    spaces: bool = False


def record_length(raw: bytes, start: int, dialect: Dialect) -> int:
    """Bytes of the record that starts at a place, with its end; 0 at the end of all.

    >>> record_length(b'a,b\\n1,"x\\ny"\\n', 4, Dialect())
    8
    """
    if start >= len(raw):
        return 0
    if dialect.quote is None and dialect.escape is None:
        end = raw.find(dialect.terminator, start)
        return (len(raw) if end < 0 else end + len(dialect.terminator)) - start
    return record_end(io.BytesIO(raw), start, False, dialect) - start


def record_start(stream: IO[bytes], place: int, dialect: Dialect) -> int:
    """Where the first record starts behind a place; 0 for 0, and the end of the file if none does.

    A record that starts just at ``place`` belongs to the block before, which looks at the same place for its end.

    >>> text = b'a,b\\n1,"x\\ny"\\n2,"z"\\n'
    >>> [record_start(io.BytesIO(text), place, Dialect(fields=2)) for place in (0, 3, 8, 11, 16)]
    [0, 4, 12, 12, 18]
    """
    if place == 0:
        return 0
    if dialect.quote is None and dialect.escape is None:
        return behind_delimiter(stream, place, dialect.terminator)
    inside = dialect.quote is not None and is_quoted(stream, place, dialect)
    return record_end(stream, place, inside, dialect)


def is_quoted(stream: IO[bytes], place: int, dialect: Dialect) -> bool:
    """Whether a place is within quotes."""
    assert dialect.quote is not None
    size = WINDOW
    while dialect.escape is None and dialect.doubled:
        stream.seek(place)
        window = stream.read(size)
        is_last = len(window) < size
        if dialect.quote.encode() not in window:
            if is_last or size >= LARGEST_WINDOW:
                return False
            size = LARGEST_WINDOW
            continue
        without, within = [strict(window, inside, is_last, dialect) for inside in (False, True)]
        if without is False and within is False:  # quotes in the middle of fields
            without, within = [lenient(window, inside, is_last, dialect) for inside in (False, True)]
        if (without is False) != (within is False):
            return without is False
        if is_last or size >= LARGEST_WINDOW:
            break
        size *= 8
    return counted(stream, place, dialect)


@lru_cache(maxsize=16)
def field_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    """A field with its end."""
    quote, delimiter = re.escape((dialect.quote or "").encode()), re.escape(dialect.delimiter.encode())
    lead = rb"[ \t]*" if dialect.spaces else rb""
    inner = rb"[^" + quote + rb"]*(?:" + quote * 2 + rb"[^" + quote + rb"]*)*"
    plain = rb"[^" + quote + delimiter + rb"\r\n]*"
    return re.compile(rb"(?:" + lead + quote + inner + quote + rb"|" + plain + rb")(" + delimiter + rb"|\r\n|\n|\r|\Z)")


def strict(window: bytes, inside: bool, is_last: bool, dialect: Dialect) -> bool | None:
    """Whether text can be records, if it starts within quotes or outside: None if it can, but no whole record is seen."""
    quote = (dialect.quote or "").encode()
    text = quote + window if inside else window
    match = field_pattern(dialect).match
    at, fields, judged, first = 0, 0, 0, True
    while at < len(text):
        found = match(text, at)
        if found is None:
            if not is_last and text[at : at + 1] == quote and cut_off(text, at + 1, quote):
                break  # a quoted field that goes on behind the window
            return False
        end = found.group(1)
        fields += 1
        is_blank = fields == 1 and found.end() - at == len(end)
        at = found.end()
        if end == dialect.delimiter.encode():
            continue
        if not end and not is_last:
            break
        if not first and not is_blank and dialect.fields is not None and fields > dialect.fields:
            return False
        judged += not first
        first, fields = False, 0
    return True if judged else None


def cut_off(text: bytes, start: int, quote: bytes) -> bool:
    """Whether a quoted field has no end in the text."""
    return not text[start:].replace(quote * 2, b"").count(quote) or text[start:].replace(quote * 2, b"").endswith(quote)


def lenient(window: bytes, inside: bool, is_last: bool, dialect: Dialect) -> bool:
    """The same as Python's reader sees it, for which quotes in the middle of a field are characters."""
    quote = dialect.quote or ""
    lines = io.StringIO((quote if inside else "") + window.decode("latin-1"), newline="")
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=quote, strict=True)
    records: list[int] = []
    try:
        records.extend(map(len, reader))
    except csv.Error as error:
        if is_last or "unexpected end" not in str(error):
            return False
    judged = records[1:] if is_last else records[1:-1]
    return bool(judged) and all(dialect.fields is None or count in (0, dialect.fields) for count in judged)


def counted(stream: IO[bytes], place: int, dialect: Dialect) -> bool:
    """Whether the number of quotes before a place is odd."""
    assert dialect.quote is not None
    quote = dialect.quote.encode()
    escaped = re.compile(re.escape(dialect.escape.encode()) + rb"(?s:.)") if dialect.escape else None
    stream.seek(0)
    left, odd, rest = place, False, b""
    while left > 0:
        data = stream.read(min(STEP, left))
        if not data:
            break
        left -= len(data)
        data = rest + data
        rest = b""
        if escaped is not None:
            if dialect.escape and data.endswith(dialect.escape.encode()) and left > 0:
                data, rest = data[:-1], data[-1:]
            data = escaped.sub(b"", data)
        odd ^= bool(data.count(quote) & 1)
    return odd


def record_end(stream: IO[bytes], place: int, inside: bool, dialect: Dialect) -> int:
    """Where the record ends that a place is in: behind the first line end outside quotes."""
    quote, mark = (dialect.quote or "").encode(), dialect.terminator
    escape = None if dialect.escape is None else dialect.escape.encode()
    opens = (dialect.delimiter.encode(), mark[-1:], b"\r", b"", *((b" ", b"\t") if dialect.spaces else ()))
    stream.seek(max(0, place - 1))
    before = stream.read(1) if place else b""
    start, closed = place, place - 1 if before == quote else -2  # where the last quote ended a field
    while True:
        data = stream.read(STEP)
        if not data:
            return start
        at = 0
        while True:
            if inside:
                found = data.find(quote, at)
                if found < 0:
                    break
                previous = data[found - 1 : found] if found else before
                inside, at = previous == escape, found + 1
                closed = closed if inside else start + found
                continue
            ends = data.find(mark, at)
            found = -1 if not quote else data.find(quote, at) if ends < 0 else data.find(quote, at, ends)
            if found >= 0:
                previous = data[found - 1 : found] if found else before
                # A quote right behind another one goes on with the field; one in the middle of a field is a character.
                inside = previous in opens or (closed == start + found - 1 and dialect.doubled)
                at = found + 1
                continue
            if ends < 0:
                break
            if escape is not None and (data[ends - 1 : ends] if ends else before) == escape:
                at = ends + len(mark)  # an escaped line end belongs to its field
                continue
            return start + ends + len(mark)
        before = data[-1:]
        start += len(data)


def whole_records(raw: bytes, dialect: Dialect) -> bytes:
    """The records at the start of some bytes that are there to their ends."""
    end = raw.rfind(dialect.terminator)
    if dialect.quote is None:
        return raw[: end + len(dialect.terminator)] if end >= 0 else b""
    quote = dialect.quote.encode()
    while end >= 0 and raw.count(quote, 0, end) & 1:
        end = raw.rfind(dialect.terminator, 0, end)
    return raw[: end + len(dialect.terminator)] if end >= 0 else b""
