"""Files as ranges of bytes that start and end at delimiters, so that each can be read by itself.

A file is cut into blocks of about equal length. Where a record ends is known only when the file is read; so each block
is moved when it is read: it starts behind the first delimiter at or after its planned start, and ends behind the first
delimiter at or after its planned end. Neighbours agree, and every record is in one block.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

from weft.errors import MissingDependencyError
from weft.text import natural_sort_key

__all__ = ["ByteRange", "cut", "open_files", "opened", "read_range", "read_sample"]

#: Bytes that are read at a time while a delimiter is looked for.
STEP = 1 << 16


@dataclass(frozen=True)
class ByteRange:
    """A part of a file.

    Attributes
    ----------
    file : fsspec OpenFile
        The file; it opens as a context manager, and travels.
    offset : int
        First byte, of the file as it is read (after decompression).
    length : int or None
        Bytes; None for all that follow.
    """

    file: Any
    offset: int
    length: int | None


def open_files(
    urlpath: Any, *, compression: str | None = None, storage_options: Mapping[str, Any] | None = None
) -> tuple[list[Any], list[str]]:
    """The files that paths or globs stand for, in natural order, and their paths.

    Parameters
    ----------
    urlpath : str, path, or list of them
    compression : str, optional
        Such as ``"gzip"``, or ``"infer"`` to go by the names.
    storage_options : dict, optional
        Options of the file system.

    Returns
    -------
    files : list of fsspec.core.OpenFile
        Each opens, for reading bytes, as a context manager, and travels to other processes.
    paths : list of str

    Raises
    ------
    FileNotFoundError
        There are none.
    MissingDependencyError
        They are compressed by zstd, and what is installed would not notice when one is cut off.
    """
    import fsspec

    options = dict(storage_options or {})
    if isinstance(urlpath, (list, tuple, set)):
        if not urlpath:
            raise ValueError("cannot read from an empty list of paths.")
        files = fsspec.open_files(list(urlpath), mode="rb", compression=compression, **options)
    else:
        files = fsspec.open_files(urlpath, mode="rb", compression=compression, **options)
        files = sorted(files, key=lambda file: natural_sort_key(file.path))
    if not files:
        raise FileNotFoundError(f"cannot read {urlpath!r}: no file has such a name.")
    if any(file.compression == "zstd" for file in files):
        check_zstd()
    return list(files), [file.path for file in files]


def check_zstd() -> None:
    """The reader of ``zstd`` must be one that notices when a file is cut off; that of the package zstandard does not.

    Raises
    ------
    MissingDependencyError
    """
    from fsspec.compression import compr

    if not isinstance(compr["zstd"], type):
        raise MissingDependencyError(
            'reading zstd needs a newer fsspec and backports.zstd: pip install "weft[io]". '
            "The package zstandard, which is there, takes a file that was cut off for a whole one."
        )


def cut(file: Any, blocksize: int | None, *, not_zero: bool = False) -> list[ByteRange]:
    """The ranges of one file, of ``blocksize`` bytes at most and about equal length.

    Parameters
    ----------
    file : fsspec OpenFile
    blocksize : int or None
        None: the whole file is one range.
    not_zero : bool
        Start at the second byte, so that the first record is left out when the range is moved to delimiters.

    Raises
    ------
    ValueError
        The file is compressed, or nobody knows its size, so that it cannot be read in parts.
    """
    if blocksize is None:
        return [ByteRange(file, int(not_zero), None)]
    if file.compression is not None:
        raise ValueError(
            f"cannot read {file.path!r} in blocks: it is compressed ({file.compression}), and can only be read from its "
            "start. Pass blocksize=None to read each file whole, or compression=None if it is not compressed."
        )
    size = file.fs.info(file.path).get("size")
    if size is None:
        raise ValueError(
            f"cannot read {file.path!r} in blocks: its size is not known before it is read. "
            "Pass blocksize=None to read each file whole."
        )
    if not size:
        return []
    nblocks = max(1, -(-size // blocksize))
    bounds = [size * number // nblocks for number in range(nblocks + 1)]
    bounds[0] = int(not_zero)
    return [ByteRange(file, start, end - start) for start, end in pairwise(bounds)]


def opened(file: Any) -> Any:
    """A file as a context manager of its own: fsspec's closes, at its end, what others have opened by the same object.

    Ranges of one file share that object, and threads read them side by side.
    """
    return copy(file)


def read_range(part: ByteRange, delimiter: bytes | None = None) -> bytes:
    """The bytes of a range, moved to delimiters if one is given."""
    with opened(part.file) as stream:
        return read_from(stream, part.offset, part.length, delimiter)


def read_from(stream: IO[bytes], offset: int, length: int | None, delimiter: bytes | None) -> bytes:
    """The bytes of a range of an open file.

    >>> import io
    >>> stream = io.BytesIO(b"one,two,three")
    >>> read_from(stream, 0, 2, b","), read_from(stream, 2, 3, b","), read_from(stream, 5, 9, b",")
    (b'one,', b'two,', b'three')
    """
    if delimiter:
        end = None if length is None else offset + length
        offset = behind_delimiter(stream, offset, delimiter)
        if end is not None:
            length = max(behind_delimiter(stream, end, delimiter) - offset, 0)
    stream.seek(offset)
    return stream.read() if length is None else stream.read(length)


def behind_delimiter(stream: IO[bytes], place: int, delimiter: bytes) -> int:
    """Where the first record starts at or behind a place: 0 for 0, else behind the next delimiter, or at the end.

    A delimiter that ends just at ``place`` counts as behind it: the record that starts there belongs to the block before,
    which looks at the same place for its end.
    """
    if place == 0:
        return 0
    stream.seek(place)
    kept = b""
    start = place
    while True:
        more = stream.read(STEP)
        if not more:
            return start + len(kept)
        kept += more
        found = kept.find(delimiter)
        if found >= 0:
            return start + found + len(delimiter)
        done = max(0, len(kept) - len(delimiter) + 1)  # what cannot be the start of a delimiter any more
        start += done
        kept = kept[done:]


def read_sample(file: Any, nbytes: int, delimiter: bytes | None) -> bytes:
    """The first bytes of a file; with a delimiter, up to the end of the record that is then reached."""
    with opened(file) as stream:
        head: bytes = stream.read(nbytes)
        searched = 0
        while delimiter and len(head) >= nbytes:
            found = head.find(delimiter, max(searched, nbytes - len(delimiter)))
            if found >= 0:
                return head[: found + len(delimiter)]
            searched = len(head) - len(delimiter) + 1
            more = stream.read(STEP)
            if not more:
                break
            head += more
        return head
