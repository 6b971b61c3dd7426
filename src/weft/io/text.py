"""Lines of text as streams: a file is read, decoded and cut a chunk at a time, so that its size does not matter.

HOT: `Lines` (benchmark ``bag``). A chunk is cut behind its last delimiter; its lines are made at once, by C code, and handed
out one after another. Where a line stood in the file nobody counts; it is worked out when somebody asks, from how many
lines of the chunk are left.

A file of which only a range is wanted is read from the first line that starts in it to the last (`weft.io.bytes`).
"""

from __future__ import annotations

import codecs
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from operator import length_hint
from typing import Any
from zipfile import BadZipFile

from weft.errors import ReadError
from weft.io.bytes import ByteRange, behind_delimiter, opened

__all__ = ["Chunk", "LineFormat", "Lines", "is_ascii_based", "overlaps_itself"]

#: Bytes that are read at a time: so few that what is made of them fits into a cache, and the collector finds little to look at.
CHUNK = 1 << 16
#: Delimiters for which the interpreter's own reader of lines does what is wanted.
NEWLINES = (None, "", "\n")
#: Encodings in which every byte below 128 is the character of ASCII.
SUPERSETS = frozenset({"ascii", "utf-8", "iso8859-1", "iso8859-15", "cp1252"})
#: What readers of compressed files raise for damaged ones, besides OSError.
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, BadZipFile, RuntimeError)


@dataclass(frozen=True)
class LineFormat:
    """How bytes are lines.

    Parameters
    ----------
    encoding : str
    errors : str
        What the decoder does with undecodable bytes: ``"strict"``, ``"replace"``, ...
    delimiter : str, optional
        Ends a line, and stays at its end. None: any of ``\\n``, ``\\r`` and ``\\r\\n``, all of which become ``\\n``.
    """

    encoding: str = "utf-8"
    errors: str = "strict"
    delimiter: str | None = None

    @property
    def mark(self) -> bytes:
        """Bytes behind which text may be cut."""
        return (self.delimiter or "\n").encode(self.inner.encoding)

    @property
    def inner(self) -> LineFormat:
        """The form of what follows the start of a file, where a byte order mark may be."""
        return replace(self, encoding="utf-8") if has_signature(self.encoding) else self

    def decode(self, raw: bytes) -> str:
        """The text of some bytes."""
        return raw.decode(self.encoding, self.errors)

    def is_ascii(self, raw: bytes) -> bool:
        """Whether some bytes are, as they stand, the characters of a text, and all of them of ASCII."""
        return raw.isascii() and codecs.lookup(self.encoding).name in SUPERSETS

    def lines(self, raw: bytes) -> list[str]:
        """The lines of some bytes."""
        text = self.decode(raw)
        delimiter = self.delimiter
        if delimiter in NEWLINES:
            return list(io.StringIO(text, newline=delimiter))
        if not text:
            return []
        assert delimiter is not None
        *whole, last = text.split(delimiter)
        lines = [line + delimiter for line in whole]
        return [*lines, last] if last else lines

    def raw_lines(self, raw: bytes) -> list[bytes]:
        """The bytes of each line, in the same order."""
        if self.delimiter in (None, ""):
            return raw.splitlines(keepends=True)
        mark = self.mark
        *whole, last = raw.split(mark)
        lines = [line + mark for line in whole]
        return [*lines, last] if last else lines

    def count(self, raw: bytes) -> int:
        """How many lines some bytes are; they are decoded for the sake of errors, but no line is made."""
        self.decode(raw)
        if self.delimiter in (None, "") and b"\r" in raw:
            return len(raw.splitlines())
        mark = self.mark
        return raw.count(mark) + (self.cut(raw) < len(raw))

    def cut(self, raw: bytes) -> int:
        """Where the last whole line ends; 0 if none does."""
        mark = self.mark
        if overlaps_itself(mark):
            return len(raw) - len(raw.split(mark)[-1])
        found = raw.rfind(mark)
        if found >= 0:
            return found + len(mark)
        if self.delimiter in (None, ""):
            return raw.rfind(b"\r", 0, len(raw) - 1) + 1  # the last byte may be the first of \r\n
        return 0


def overlaps_itself(mark: bytes) -> bool:
    """Whether a delimiter may begin within another one, as ``||`` in ``|||``: then it must be looked for from the start.

    >>> overlaps_itself(b"||"), overlaps_itself(b"\\r\\n")
    (True, False)
    """
    return any(mark.startswith(mark[start:]) for start in range(1, len(mark)))


def has_signature(encoding: str) -> bool:
    """Whether the encoding is UTF-8 with a byte order mark at the start of a file."""
    return codecs.lookup(encoding).name == "utf-8-sig"


def is_ascii_based(encoding: str) -> bool:
    """Whether line ends can be found among the bytes: whether they are those of ASCII, and no part of other characters.

    Raises
    ------
    LookupError
        There is no such encoding.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise LookupError(f"there is no encoding {encoding!r}. Python's documentation of codecs lists them.") from None
    if name == "utf-8-sig":
        return True
    return "\r\n|".encode(encoding) == b"\r\n|" and not name.startswith(("utf-7", "iso2022", "hz"))


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file."""

    path: str
    offset: int | None
    raw: bytes
    form: LineFormat


class Lines:
    """The lines of some ranges of files, one after another.

    Parameters
    ----------
    parts : sequence of ByteRange
    form : LineFormat
    read : callable, optional
        ``read(chunk)`` makes an iterator over records of the chunk, and the list behind it (by what is left of which the place
        is known). By default the records are the lines.
    with_path : bool
        Records are tuples of line and path.
    """

    def __init__(
        self,
        parts: Sequence[ByteRange],
        form: LineFormat,
        read: Callable[[Chunk], tuple[Iterator[Any], Any]] | None = None,
        with_path: bool = False,
    ) -> None:
        self.parts = parts
        self.form = form
        self.read = read
        self.with_path = with_path
        self._chunk: Chunk | None = None
        self._behind: Any = iter(())

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self._records())

    def _records(self) -> Iterator[Iterator[Any]]:
        for chunk in self.chunks():
            self._chunk, self._behind = chunk, iter(())
            if self.read is None:
                records = self._behind = iter(self._lines(chunk))
            else:
                records, self._behind = self.read(chunk)
            yield self._with_path(records, chunk.path) if self.with_path else records
        self._chunk = None

    def _with_path(self, records: Iterator[Any], path: str) -> Iterator[Any]:
        """Tuples of record and path."""
        return zip(records, repeat(path))

    def _lines(self, chunk: Chunk) -> list[str]:
        try:
            return chunk.form.lines(chunk.raw)
        except UnicodeDecodeError as error:
            raise undecodable(chunk, error) from None

    def chunks(self) -> Iterator[Chunk]:
        """Whole lines, a few hundred kilobytes of them at a time."""
        for part in self.parts:
            yield from chunks_of(part, self.form)

    def count_records(self) -> int:
        """How many lines there are."""
        total = 0
        for chunk in self.chunks():
            try:
                total += chunk.form.count(chunk.raw)
            except UnicodeDecodeError as error:
                raise undecodable(chunk, error) from None
        return total

    def position(self) -> tuple[str, int | None, bytes] | None:
        """Path, first byte and bytes of the line that was handed out last."""
        chunk = self._chunk
        if chunk is None:
            return None
        lines = chunk.form.raw_lines(chunk.raw)
        number = len(lines) - length_hint(self._behind) - 1
        if not 0 <= number < len(lines):
            return None
        offset = None if chunk.offset is None else chunk.offset + sum(map(len, lines[:number]))
        return chunk.path, offset, lines[number]


def undecodable(chunk: Chunk, error: UnicodeDecodeError) -> UnicodeDecodeError:
    """The decoder's error, with the place in the file."""
    start = chunk.raw.rfind(b"\n", 0, error.start) + 1
    line = chunk.raw[start : error.end + 20]
    where = "in" if chunk.offset is None else f"at byte {chunk.offset + error.start:,} of"
    error.add_note(
        f"{where} {chunk.path}, in the line {line[:120]!r}. Give the encoding=, errors='replace', or on_error='skip'."
    )
    error.weft_placed = True  # type: ignore[attr-defined]
    return error


def chunks_of(part: ByteRange, form: LineFormat) -> Iterator[Chunk]:
    """Whole lines of a range of a file.

    Raises
    ------
    ReadError
        The file is damaged: a compressed one that ends too early, for instance.
    """
    path = part.file.path
    try:
        with opened(part.file) as stream:
            if is_ascii_based(form.encoding):
                yield from cut_chunks(stream, path, part, form)
            else:
                yield from decoded_chunks(stream, path, form)
    except DAMAGED as error:
        raise damaged(path, error) from error
    except OSError as error:
        if error.errno is None and not isinstance(error, ReadError):  # bz2's and gzip's own
            raise damaged(path, error) from error
        raise


def damaged(path: str, error: BaseException) -> ReadError:
    """What to say of a file that cannot be read to its end."""
    return ReadError(
        f"cannot read {path} to its end: {error}. It is damaged or cut off, or is not compressed as its name says; "
        "compression=... tells how it is. With on_error='skip' what can be read of it is taken."
    )


def cut_chunks(stream: Any, path: str, part: ByteRange, form: LineFormat) -> Iterator[Chunk]:
    """Chunks of bytes, cut behind line ends."""
    start, stop = part.offset, None
    if part.length is not None:
        start = behind_delimiter(stream, part.offset, form.mark)
        stop = behind_delimiter(stream, part.offset + part.length, form.mark)
        stream.seek(start)
    rest = b""
    position, size = start, CHUNK  # of the first byte of the rest
    while True:
        left = size if stop is None else min(size, stop - position - len(rest))
        data = stream.read(left) if left > 0 else b""
        if not data:
            break
        raw = rest + data if rest else data
        end = form.cut(raw)
        if not end:
            rest, size = raw, 2 * size  # a line that is longer than a chunk
            continue
        size = CHUNK
        rest = raw[end:]
        yield Chunk(path, position, raw[:end] if rest else raw, form if position == 0 else form.inner)
        position += end
    is_mark_only = position == 0 and rest == codecs.BOM_UTF8 and has_signature(form.encoding)
    if rest and not is_mark_only:
        yield Chunk(path, position, rest, form if position == 0 else form.inner)


def decoded_chunks(stream: Any, path: str, form: LineFormat) -> Iterator[Chunk]:
    """Chunks of a file whose line ends cannot be found among its bytes: all of it is decoded as it comes."""
    decoder = codecs.getincrementaldecoder(form.encoding)(form.errors)
    plain = LineFormat("utf-8", "surrogatepass", form.delimiter)  # what the chunks are in
    rest = b""
    while True:
        data = stream.read(CHUNK)
        try:
            raw = rest + decoder.decode(data, not data).encode("utf-8", "surrogatepass")
        except UnicodeError as error:
            error.add_note(f"in {path}. Give the encoding=, errors='replace', or on_error='skip'.")
            raise
        end = plain.cut(raw) if data else len(raw)
        rest = raw[end:]
        if end:
            yield Chunk(path, None, raw[:end], plain)
        if not data:
            return
