"""What stands before the first row of a file: a mark of the encoding, lines that are skipped, the header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from weft.io.delimited import Dialect, record_length

__all__ = ["Lead", "lead_of"]

#: A return that no line feed follows.
LONE_RETURN = re.compile(rb"\r(?!\n)")
#: Marks that say that a text is UTF-8.
MARK = b"\xef\xbb\xbf"


class Lead(NamedTuple):
    """The beginning of a file.

    ``header`` is the text of so many ``lines``; rows begin at ``end``, and some of the first are skipped, all of which are
    before ``cut``. ``guard`` is the text of the first rows, ``guard_rows`` of them: pandas tells by the row behind the header
    whether rows have more fields than that.
    """

    header: bytes
    lines: int
    end: int
    cut: int
    skip: tuple[int, ...] = ()
    guard: bytes = b""
    guard_rows: int = 0

    def skipped(self, lines: int) -> list[int] | None:
        """The lines to skip where so many stand before the rows."""
        return [each + lines for each in self.skip] or None


def lead_of(raw: bytes, options: Mapping[str, Any], dialect: Dialect) -> Lead | None:
    """The beginning of a file by its first bytes, as pandas counts lines; None where that is not certain.

    >>> found = lead_of(b"# by hand\\n\\na,b\\n1,2\\n", {"comment": "#"}, Dialect())
    >>> found.header, found.end
    (b'a,b\\n', 15)
    """
    header, skipped = options.get("header", "infer"), options.get("skiprows")
    if callable(skipped):
        return None
    if header == "infer":
        header = 0 if options.get("names") is None else None
    last = -1 if header is None else max(header) if isinstance(header, (list, tuple)) else header
    rows = frozenset() if skipped is None or isinstance(skipped, int) else frozenset(skipped)
    first = skipped if isinstance(skipped, int) else 0
    comment, blanks = options.get("comment"), options.get("skip_blank_lines", True)
    space = b"\r\n" + bytes(each for each in b" \t" if chr(each) != dialect.delimiter)
    is_marked = raw.startswith(MARK) and (options.get("encoding") or "utf-8").lower().startswith(("utf", "u8"))
    at = len(MARK) if is_marked else 0
    line = 0
    kept: list[bytes] = []
    while len(kept) <= last or line < first:
        length = record_length(raw, at, dialect)
        if not length:
            return None
        record = raw[at : at + length]
        if dialect.terminator == b"\n" and LONE_RETURN.search(record):
            return None  # which pandas takes for the end of a line
        at, line = at + length, line + 1
        if line <= first or line - 1 in rows:
            continue
        if (comment and record.startswith(comment.encode())) or (blanks and not record.strip(space)):
            continue
        kept.append(record)
    if not isinstance(header, (list, tuple)):
        kept = kept[-1:]
    if kept and not kept[-1].endswith((b"\n", b"\r", dialect.terminator)):
        kept[-1] += dialect.terminator
    cut = at
    for _ in range(max(rows, default=-1) - line + 1):
        length = record_length(raw, cut, dialect)
        if not length:
            return None
        cut += length
    left = tuple(sorted([each - line for each in rows if each >= line]))
    return Lead(b"".join(kept), len(kept), at, cut, left)
