"""Blocks of text files: where they are planned, and the bytes of the records that begin in them."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from weft.io.delimited import Dialect, record_start
from weft.io.files import FoundFile, unpacked

__all__ = ["CsvPart", "blocks_of", "raw_block", "read_head"]


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
        start = record_start(stream, part.offset, dialect)
        stop = record_start(stream, part.offset + part.length, dialect)
        stream.seek(start)
        block: bytes = stream.read(max(0, stop - start))
        return block


def read_head(filesystem: Any, path: str, compression: str | None, nbytes: int) -> tuple[bytes, bool]:
    """The first bytes of a file, and whether these are all."""
    with unpacked(filesystem, path, compression) as stream:
        raw: bytes = stream.read(nbytes)
        return raw, not stream.read(1)
