"""Lines of text files as records."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.bag.base import new_bag
from weft.bag.expr import BagExpr, Streamed
from weft.bag.kernels.pipeline import Stage
from weft.bag.kernels.text import ReadText
from weft.bag.ops.elementwise import OnError, check_on_error
from weft.expr import Cost, Expr, derived, node
from weft.io.bytes import ByteRange, cut, open_files
from weft.io.text import LineFormat, is_ascii_based, overlaps_itself
from weft.tokenize import tokenize
from weft.units import parse_bytes

__all__ = ["Parts", "ReadLines", "parts_of_files", "read_text"]


@dataclass(frozen=True, repr=False)
class Parts:
    """The ranges of files that each partition reads, as a column; named by paths, sizes and times of change."""

    items: tuple[tuple[ByteRange, ...], ...]
    token: str

    def __weft_tokenize__(self) -> str:
        return self.token

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return list(self.items)

    def __repr__(self) -> str:
        paths = dict.fromkeys(part.file.path for parts in self.items for part in parts)
        return f"<{len(paths)} files, the first is {next(iter(paths), None)}>"


@node
class ReadLines(BagExpr):
    """Lines of files, or the JSON values that they are, or the words in them."""

    parts: Parts
    stage: Stage

    @property
    def label(self) -> str:
        return "read_text"

    @derived
    def npartitions(self) -> int:
        return len(self.parts.items)

    @derived
    def may_hold_bad(self) -> bool:
        return self.stage.collects

    def lower(self) -> Expr:
        return Streamed(self.stage, (), (self.parts,), self.npartitions, False, Cost.HEAVY).lower()


def parts_of_files(
    urlpath: Any,
    *,
    blocksize: int | str | None,
    compression: str | None,
    storage_options: Mapping[str, Any] | None,
    files_per_partition: int | None,
) -> Parts:
    """What each partition reads.

    Raises
    ------
    FileNotFoundError
        There are no such files.
    ValueError
        The options contradict each other.
    """
    if blocksize is not None and files_per_partition is not None:
        raise ValueError("a partition is a part of a file (blocksize) or several files (files_per_partition), not both")
    if files_per_partition is not None and files_per_partition < 1:
        raise ValueError(f"files_per_partition is at least 1; it is {files_per_partition}")
    nbytes = None if blocksize is None else parse_bytes(blocksize)
    if nbytes is not None and nbytes < 1:
        raise ValueError(f"blocksize is at least one byte; it is {blocksize!r}")
    files, _ = open_files(urlpath, compression=compression, storage_options=storage_options or {})
    token = tokenize(
        [(file.fs.ukey(file.path), file.path, file.compression) for file in files], nbytes, files_per_partition
    )
    pieces = [tuple(cut(file, nbytes)) for file in files]
    if nbytes is not None:
        return Parts(tuple([(each,) for own in pieces for each in own]) or ((),), token)
    width = files_per_partition or 1
    grouped = [pieces[start : start + width] for start in range(0, len(pieces), width)]
    return Parts(tuple([tuple([each for own in group for each in own]) for group in grouped]), token)


def read_text(
    urlpath: Any,
    blocksize: int | str | None = None,
    compression: str | None = "infer",
    encoding: str = "utf-8",
    errors: str = "strict",
    linedelimiter: str | None = None,
    collection: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    files_per_partition: int | None = None,
    include_path: bool = False,
    on_error: OnError = "raise",
) -> Any:
    """A bag of the lines of text files, with their line ends.

    Files are read a chunk at a time: unless lines are kept, a partition takes a few hundred kilobytes however large its file.

    Parameters
    ----------
    urlpath : str, path, or list of them
        Files, globs, or addresses such as ``"s3://bucket/*.log"`` (whatever fsspec opens).
    blocksize : int or str, optional
        Bytes in a partition. By default a partition is a file. Compressed files cannot be read in parts.
    compression : str, optional
        Such as ``"gzip"``; by default it is told by the files' names. None: they are not compressed.
    encoding, errors : str
        As for ``bytes.decode``.
    linedelimiter : str, optional
        Ends a line: any text. By default ``\\\\n``, ``\\\\r`` and ``\\\\r\\\\n`` do, and become ``\\\\n``.
    collection : bool
        Give a bag; otherwise a list of delayed lists.
    storage_options : dict, optional
        Options of the file system.
    files_per_partition : int, optional
        Have several files in a partition.
    include_path : bool
        Records are tuples ``(line, path)``.
    on_error : {"raise", "skip", "collect"}
        What to do about lines that cannot be decoded, and files that are damaged: stop, leave out what cannot be read, or put
        a `BadRecord` in its place.

    Raises
    ------
    FileNotFoundError
        There is no such file.

    Examples
    --------
    >>> import weft.bag as db
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("txt") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write("one\\ntwo\\nthree\\n")
    ...     db.read_text(path, blocksize=6).str.strip().compute(scheduler="sync")
    ['one', 'two', 'three']
    """
    check_on_error(on_error)
    if linedelimiter is not None and not isinstance(linedelimiter, str):
        raise TypeError(f"linedelimiter is a text, not {linedelimiter!r}")
    codecs.lookup_error(errors)
    form = LineFormat(encoding, errors, linedelimiter)
    if not is_ascii_based(encoding) and blocksize is not None:
        raise ValueError(
            f"cannot read text in {encoding} in blocks: lines cannot be found from the middle of a file. "
            "Pass blocksize=None to read each file whole."
        )
    if blocksize is not None and linedelimiter and overlaps_itself(form.mark):
        raise ValueError(
            f"cannot read lines that end with {linedelimiter!r} in blocks: it may begin within itself, so that lines cannot be "
            "told from the middle of a file. Pass blocksize=None."
        )
    parts = parts_of_files(
        urlpath,
        blocksize=blocksize,
        compression=compression,
        storage_options=storage_options,
        files_per_partition=files_per_partition,
    )
    bag = new_bag(ReadLines(parts, ReadText(form, bool(include_path), on_error)))
    return bag if collection else bag.to_delayed()
