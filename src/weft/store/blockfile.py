"""The format of one block in one file, written whole or not at all, read by mapping.

::

    offset 0    head: magic, version, kind of payload sum, number of buffers,
                length of the pickle stream, length of the file, payload sum, CRC-32 of head, table and stream
    40          table: offset and length of each buffer
    ...         pickle stream
    64 k        buffers, each at a multiple of 64 bytes (a cache line, and what Arrow asks for)

**Writing.** Into a temporary file beside the target, then renamed: a file with its final name is complete. Bytes are
copied by the kernel (``writev``), not through a map: a full file system is then an error of the call, where a write to
a map would kill the process by SIGBUS; and it is twice as fast. On a real disk the space is reserved first, so that a
lack of it shows before the work (and ext4 then writes faster); on tmpfs reserving costs as much as it saves.

**Reading.** Files from 128 KiB on are mapped read-only and shared: the arrays of the loaded value *are* the page cache,
no process has a copy of its own, and a value outlives the removal of its file. Smaller ones are read: until about
there, copying is faster than mapping.

**Checks.** Magic, version, lengths and the CRC of everything but the buffers are checked whenever a file is opened;
that finds files that are truncated, foreign or half written, and never hands a damaged stream to pickle. The buffers
have a sum of their own, made and checked on request: for files on a disk, not for those in shared memory (which are as
safe as any other memory). CRC-32 runs at 4 GB/s here, twice the speed of the disk, so it would make reading half as
long again. Instead the 64-bit words of each 4 KiB page are added up (30 GB/s with NumPy), and the CRC is taken of those
sums: 2 ms for 64 MB, 6 % of reading them from the disk. A lost, stale, swapped or zeroed page and any single flipped
bit change it; it is no defence against somebody who forges. Without NumPy, it is a CRC-32 throughout.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from weft.errors import BlockCorruptError, BlockLostError
from weft.store.maps import map_private, map_readonly
from weft.store.serialize import Serialized, dumps, loads

__all__ = [
    "Part", "copy_block", "pack_block", "parts_of", "read_block", "read_part", "split_block", "unpack_block", "write_block",
]  # fmt: skip

MAGIC = b"WEFTBLK\0"
VERSION = 1
ALIGNMENT = 64  # bytes
PAGE = 4096  # bytes, of one sum

#: Files of at least this many bytes are mapped, smaller ones read: a map costs 15 µs, a read 2 µs and 7 µs for 128 KiB.
MAP_FROM = 128 * 1024

NO_SUM, CRC, PAGE_SUMS = range(3)

HEAD = struct.Struct("<8sHHIQQI")
HEAD_CRC = struct.Struct("<I")
ENTRY = struct.Struct("<QQ")
TABLE_AT = HEAD.size + HEAD_CRC.size
IOV_MAX = 512  # pieces in one writev; Linux takes 1024
#: Bytes of one writev, at most. For longer ones Linux (6.16 and ext4 on) takes cache pages of 2 MiB, which a virtual machine's
#: host takes away while they are free, and gives back slowly: two threads write 2.3 GB in 0.17 s, and in blocks of 32 MiB in 2.5.
WRITTEN_AT_ONCE = 512 << 10


class Part(NamedTuple):
    """A value whose memory is a part of that of a block in a file."""

    header: bytes  #: its own pickle stream
    spans: tuple[tuple[int, int], ...]  #: where its buffers begin in the file, and their lengths
    sum: int


class Parsed(NamedTuple):
    """An opened block: views into its memory."""

    header: memoryview
    buffers: list[memoryview]
    sum_kind: int
    sum: int


def write_block(
    path: str | os.PathLike[str],
    header: bytes | memoryview,
    buffers: Sequence[memoryview],
    *,
    checksum: bool = False,
    reserve: bool = False,
) -> int:
    """Write one block; gives the bytes of the file.

    Parameters
    ----------
    path : path
        Where it will be found once it is complete; the directory exists.
    header, buffers
        As from :func:`weft.store.serialize.dumps`; buffers are flat views of bytes.
    checksum : bool
        Also keep a sum of the buffers.
    reserve : bool
        Allocate the file's space before writing.

    Raises
    ------
    OSError
        If it cannot be written; no file is left.
    """
    pieces, nbytes = _layout(header, buffers, checksum)
    path = os.fspath(path)
    unfinished = f"{path}.tmp"
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            if reserve:
                os.posix_fallocate(file, 0, nbytes)
            _write_all(file, pieces)
        finally:
            os.close(file)  # on network file systems, a full disk may show only here
        os.rename(unfinished, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
    return nbytes


def read_block(path: str | os.PathLike[str], *, verify: bool = False, private: bool = False) -> Any:
    """Give the value of a block, its arrays read-only and upon the mapped file.

    Parameters
    ----------
    path : path
        A file made by :func:`write_block`.
    verify : bool
        Also check the buffers, if they were written with a sum. Reads the whole file.
    private : bool
        The value may be changed: pages that are written to are copied first, the file stays as it is.

    Raises
    ------
    BlockLostError
        If there is no such file.
    BlockCorruptError
        If the file is not as it was written.
    """
    parsed = _open(path, private)
    if verify and parsed.sum_kind != NO_SUM and _payload_sum(parsed.buffers, parsed.sum_kind) != parsed.sum:
        raise _corrupt(path, "its data has changed since it was written (checksums differ)")
    return loads(parsed.header, parsed.buffers, frozen=not private)


def parts_of(path: str | os.PathLike[str], whole: Any, values: Sequence[Any]) -> list[Part | None]:
    """What of a block's file some values consist of, if they are all parts of it; None for those without data, or for all.

    Parameters
    ----------
    path : path
        A file made by :func:`write_block`.
    whole : object
        The block's value, as it was written or read.
    values : sequence of object
        Views of it, perhaps.
    """
    buffers = dumps(whole).buffers
    kept = [(_address(own), own.nbytes, at) for own, (at, _) in zip(buffers, _spans(path, len(buffers)), strict=True)]
    made: list[Part | None] = []
    for value in values:
        header, own = dumps(value)
        own_nbytes = sum([buffer.nbytes for buffer in own])
        spans = []
        for buffer in own:
            start = _address(buffer)
            found = [at + start - low for low, size, at in kept if low <= start and start + buffer.nbytes <= low + size]
            spans += [(at, buffer.nbytes) for at in found[:1]]
        if own_nbytes and len(spans) < len(own):
            return [None] * len(values)
        made.append(Part(header, tuple(spans), _payload_sum(own, PAGE_SUMS)) if own_nbytes else None)
    return made


def read_part(path: str | os.PathLike[str], part: Part) -> Any:
    """Give the value of a part of a block, its arrays read-only; checked like a whole block.

    Raises
    ------
    BlockLostError, BlockCorruptError
        As :func:`read_block`.
    """
    file = _opened(path)
    try:
        if os.fstat(file).st_size < max([start + size for start, size in part.spans]):
            raise _corrupt(path, "it is shorter than it was")
        buffers = [
            memoryview(os.pread(file, size, start)) if size < MAP_FROM else map_readonly(file, size, start)
            for start, size in part.spans
        ]
    finally:
        os.close(file)
    if _payload_sum(buffers, PAGE_SUMS) != part.sum:
        raise _corrupt(path, "its data has changed since it was written (checksums differ)")
    return loads(part.header, buffers)


def _spans(path: str | os.PathLike[str], count: int) -> list[tuple[int, int]]:
    """Where the buffers of a block begin, and their lengths."""
    file = _opened(path)
    try:
        table = os.pread(file, ENTRY.size * count, TABLE_AT)
    finally:
        os.close(file)
    return list(ENTRY.iter_unpack(table))


def _address(buffer: memoryview) -> int:
    import numpy

    address: int = numpy.asarray(buffer).__array_interface__["data"][0]
    return address


def copy_block(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, checksum: bool = False, reserve: bool = False
) -> int:
    """Write a block once more without building its value; gives the bytes of the new file."""
    parsed = _open(source)
    return write_block(target, parsed.header, parsed.buffers, checksum=checksum, reserve=reserve)


def pack_block(serialized: Serialized) -> bytes:
    """The bytes of a block's file, for blocks so small that they travel inside their reference."""
    pieces, _ = _layout(*serialized, checksum=False)
    return b"".join(pieces)


def unpack_block(data: bytes) -> Any:
    """The value of a block from the bytes of its file; its arrays are read-only views of ``data``."""
    parsed = _parse(memoryview(data), "a message")
    return loads(parsed.header, parsed.buffers)


def split_block(data: bytes | bytearray) -> Serialized:
    """The parts of a packed block, as views of ``data``; the value is not built."""
    parsed = _parse(memoryview(data), "a message")
    return Serialized(bytes(parsed.header), parsed.buffers)


def _layout(
    header: bytes | memoryview, buffers: Sequence[memoryview], checksum: bool
) -> tuple[list[bytes | memoryview], int]:
    """What to write one after the other, and its length."""
    table, body = bytearray(), list[bytes | memoryview]()
    end = TABLE_AT + ENTRY.size * len(buffers) + len(header)
    for buffer in buffers:
        start = -(-end // ALIGNMENT) * ALIGNMENT
        body += [bytes(start - end), buffer]
        table += ENTRY.pack(start, buffer.nbytes)
        end = start + buffer.nbytes
    kind = NO_SUM if not checksum else PAGE_SUMS if "numpy" in sys.modules else CRC
    payload_sum = _payload_sum(buffers, kind)
    head = HEAD.pack(MAGIC, VERSION, kind, len(buffers), len(header), end, payload_sum)
    crc = HEAD_CRC.pack(zlib.crc32(header, zlib.crc32(table, zlib.crc32(head))))
    return [head + crc + table, header, *body], end


def _write_all(file: int, pieces: Sequence[bytes | memoryview]) -> None:
    """Write all of it; one call may write less than it was given."""
    waiting = [
        memoryview(piece)[start : start + WRITTEN_AT_ONCE]
        for piece in pieces
        for start in range(0, len(piece), WRITTEN_AT_ONCE)
    ]
    waiting.reverse()
    while waiting:
        lengths = list(accumulate(map(len, waiting[: -IOV_MAX - 1 : -1])))
        count = max(1, bisect_right(lengths, WRITTEN_AT_ONCE))
        written = os.writev(file, waiting[: -count - 1 : -1])
        while waiting and written >= waiting[-1].nbytes:
            written -= waiting.pop().nbytes
        if written:
            waiting[-1] = waiting[-1][written:]


def _opened(path: str | os.PathLike[str]) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise BlockLostError(
            f"cannot read the block in {os.fspath(path)}: the file is gone. It has been dropped, or its owner has "
            "ended and its files were removed. Compute it again."
        ) from None


def _open(path: str | os.PathLike[str], private: bool = False) -> Parsed:
    file = _opened(path)
    try:
        nbytes = os.fstat(file).st_size
        if nbytes < MAP_FROM:
            data = os.read(file, nbytes)
            return _parse(memoryview(bytearray(data) if private else data), path)
        return _parse(map_private(file, nbytes) if private else map_readonly(file, nbytes), path)
    finally:
        os.close(file)


def _parse(data: memoryview, path: str | os.PathLike[str]) -> Parsed:
    if data.nbytes < TABLE_AT:
        raise _corrupt(path, f"it has {data.nbytes} bytes, fewer than a head")
    magic, version, kind, count, length, total, payload_sum = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise _corrupt(path, f"it starts with {magic!r}, not with {MAGIC!r}")
    if version != VERSION:
        raise _corrupt(path, f"it is written in version {version} of the format; this Weft reads version {VERSION}")
    if total != data.nbytes:
        raise _corrupt(path, f"it has {data.nbytes} bytes and should have {total}")
    stream_at = TABLE_AT + ENTRY.size * count
    if stream_at + length > total:
        raise _corrupt(path, "the lengths in its head do not fit its own")
    head_crc = zlib.crc32(data[TABLE_AT : stream_at + length], zlib.crc32(data[: HEAD.size]))
    if HEAD_CRC.unpack_from(data, HEAD.size) != (head_crc,):
        raise _corrupt(path, "its head or pickle stream has changed since it was written (checksums differ)")
    spans = (ENTRY.unpack_from(data, TABLE_AT + ENTRY.size * i) for i in range(count))
    buffers = [data[start : start + size] for start, size in spans]
    return Parsed(data[stream_at : stream_at + length], buffers, kind, payload_sum)


def _corrupt(path: str | os.PathLike[str], found: str) -> BlockCorruptError:
    return BlockCorruptError(
        f"cannot read the block in {os.fspath(path)}: {found}. Compute it again; if this happens often, "
        "look for other programs that write there, and at the health of the disk."
    )


def _payload_sum(buffers: Sequence[memoryview], kind: int) -> int:
    total = 0
    if kind == NO_SUM:
        return total
    for buffer in buffers:
        whole = buffer.nbytes - buffer.nbytes % PAGE if kind == PAGE_SUMS else 0
        if whole:
            total = zlib.crc32(_sum_pages(buffer[:whole]), total)
        total = zlib.crc32(buffer[whole:], total)
    return total


def _sum_pages(data: memoryview) -> Any:
    import numpy

    return numpy.frombuffer(data, dtype="<u8").reshape(-1, PAGE // 8).sum(axis=1, dtype="<u8")
