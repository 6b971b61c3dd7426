"""Blocks of text files: where they are planned, and the bytes of the records that begin in them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import IO, Any, NamedTuple

from weft.io.delimited import Dialect, record_start
from weft.io.files import FoundFile, is_local, unpacked

__all__ = ["CsvPart", "blocks_of", "local_block", "raw_block", "read_head"]


class CsvPart(NamedTuple):
    """A block of a file; ``length`` None is all of it. ``number`` is the file's among all."""

    path: str
    stamp: tuple[Any, ...]
    number: int
    offset: int
    length: int | None


def blocks_of(file: FoundFile, number: int, size: int | None, lead: int) -> list[CsvPart]:
    """A file in blocks of about equal length, the first of which has all that stands before the rows."""
    if size is None or not file.size:
        return [CsvPart(file.path, file.stamp, number, 0, None)]
    count = max(1, -(-file.size // size))
    bounds = [file.size * place // count for place in range(count + 1)]
    bounds = [0, *[bound for bound in bounds if bound > lead]]
    if len(bounds) <= 2:
        return [CsvPart(file.path, file.stamp, number, 0, None)]
    return [CsvPart(file.path, file.stamp, number, start, stop - start) for start, stop in itertools.pairwise(bounds)]


def raw_block(filesystem: Any, part: CsvPart, dialect: Dialect, compression: str | None) -> bytes:
    """The bytes of the records that begin in a block."""
    if part.length is None:
        with unpacked(filesystem, part.path, compression) as stream:
            whole: bytes = stream.read()
            return whole
    with filesystem.open(part.path, "rb") as stream:
        start, stop = record_bounds(stream, part.offset, part.length, dialect)
        stream.seek(start)
        block: bytes = stream.read(max(0, stop - start))
        return block


@contextmanager
def local_block(
    filesystem: Any, part: CsvPart, dialect: Dialect, compression: str | None
) -> Iterator[tuple[FileIO, int, int] | None]:
    """A file of this machine, open and unbuffered, and where the records of a block begin and end in it.

    None where there are none, or where they come from afar and are better asked for at once.
    """
    if compression is not None or not is_local(filesystem):
        yield None
        return
    with open(part.path, "rb", buffering=0) as stream:
        if part.length is None:
            start, stop = 0, os.fstat(stream.fileno()).st_size
        else:
            start, stop = record_bounds(stream, part.offset, part.length, dialect)
        stream.seek(start)
        yield (stream, start, stop) if stop > start else None


def record_bounds(stream: IO[bytes] | FileIO, offset: int, length: int, dialect: Dialect) -> tuple[int, int]:
    """Where the records of a block begin, and where they end."""
    return record_start(stream, offset, dialect), record_start(stream, offset + length, dialect)


def read_head(filesystem: Any, path: str, compression: str | None, nbytes: int) -> tuple[bytes, bool]:
    """The first bytes of a file, and whether these are all."""
    with unpacked(filesystem, path, compression) as stream:
        raw: bytes = stream.read(nbytes)
        return raw, not stream.read(1)
