"""Avro files as ranges: blocks of records lie between marks, which a file's header names (Apache Avro 1.11, "Object Container Files")."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from weft.errors import ReadError
from weft.extras import import_required
from weft.io.bytes import ByteRange, behind_delimiter, opened

__all__ = ["fastavro", "records_of"]

#: Bytes of a file in which its header is looked for first.
HEAD = 1 << 16


def fastavro() -> Any:
    """The library that reads and writes Avro."""
    return import_required("fastavro", 'Avro files need fastavro. Install it with: pip install "weft[bag]"')


def records_of(part: ByteRange) -> Iterator[Any]:
    """The records of the blocks that begin in a range of a file.

    Raises
    ------
    ReadError
        It is no Avro file, or a damaged one.
    """
    library = fastavro()
    path = part.file.path
    try:
        with opened(part.file) as stream:
            if part.length is None:
                yield from library.reader(stream)
                return
            head, mark = header_of(stream, library)
            start = max(len(head), behind_delimiter(stream, part.offset, mark))
            stop = max(len(head), behind_delimiter(stream, part.offset + part.length, mark))
            stream.seek(start)
            if stop > start:
                yield from library.reader(io.BytesIO(head + stream.read(stop - start)))
    except (ValueError, EOFError, StopIteration, IndexError) as error:
        raise ReadError(
            f"cannot read {path}: {error or type(error).__name__}. It is no Avro file, or damaged."
        ) from error


def header_of(stream: Any, library: Any) -> tuple[bytes, bytes]:
    """The header of a file, and the mark that ends it and each block."""
    stream.seek(0)
    mark: bytes = library.reader(stream)._header["sync"]
    head = b""
    stream.seek(0)
    while mark not in head:
        more = stream.read(HEAD)
        if not more:
            raise ValueError("the header does not end")
        head += more
    return head[: head.index(mark) + len(mark)], mark
