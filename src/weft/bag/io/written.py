"""Bags as text files, and what all writers have in common."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.kernels.pipeline import Stage
from weft.io.writing import paths_for, written_whole
from weft.physical.blockwise import Listed

__all__ = ["check_bag", "finished", "to_textfiles", "written_lines"]

#: Bytes that are written at a time.
CHUNK = 1 << 18


def check_bag(operation: str, bag: Any) -> None:
    """Raise TypeError for what is no bag."""
    if not isinstance(bag, BagBase):
        raise TypeError(f"{operation}() takes a bag, not {type(bag).__name__}")


def finished(bag: Any, compute: bool, options: Mapping[str, Any]) -> Any:
    """Paths of files that were written; or delayed values that write them."""
    if compute:
        return bag.compute(**options)
    if options:
        raise TypeError(f"options such as {next(iter(options))!r} are for compute=True; give them when you compute")
    return bag.to_delayed()


@dataclass(frozen=True, repr=False)
class WriteText(Stage):
    """Texts into a file, a line each; gives its path."""

    label: ClassVar[str] = "to_textfiles"

    compression: str | None
    encoding: str
    last_endline: bool
    storage_options: Any

    def run(self, *values: Any) -> list[str]:
        stream, path = values
        with written_whole(path, self.compression, self.storage_options) as file:
            for piece in self.encoded(iter(stream)):
                file.write(piece)
        return [path]

    def encoded(self, lines: Iterator[Any]) -> Iterator[bytes]:
        """What is written: of texts in the encoding, of bytes as they are."""
        encode: Callable[..., bytes] = codecs.getincrementalencoder(
            self.encoding
        )().encode  # one byte order mark for all
        for first in lines:
            if isinstance(first, bytes):
                yield from joined(first, lines, b"\n", b"", bytes, self.last_endline)
                return
            for text in joined(first, lines, "\n", "", str, self.last_endline):
                yield encode(text)
        yield encode("", True)


def joined(first: Any, others: Iterator[Any], end: Any, nothing: Any, kind: Any, last_endline: bool) -> Iterator[Any]:
    """Lines, some of them at a time, with an end between any two, and behind the last one if that is wanted."""
    kept: list[Any] = []
    length = 0
    is_open = False  # whether the last line still lacks its end
    for line in chain((first,), others):
        if not isinstance(line, kind):
            raise TypeError(
                f"to_textfiles() writes texts, not {type(line).__name__} (or bytes, if all records of a partition are). "
                "Make texts first, e.g. bag.map(json.dumps)."
            )
        if is_open:
            kept.append(end)
        kept.append(line)
        is_open = not line.endswith(end)
        length += len(line) + 1
        if length > CHUNK:
            yield nothing.join(kept)
            kept, length = [], 0
    if is_open and last_endline:
        kept.append(end)
    yield nothing.join(kept)


def to_textfiles(
    b: Any,
    path: Any,
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "infer",
    encoding: str | None = "utf-8",
    compute: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    last_endline: bool = False,
    **kwargs: Any,
) -> Any:
    """Write a bag of texts to files, a line each, one file for each partition; a file appears when it is complete.

    A record that ends with a line end gets no second one. Records may be bytes, which are written as they are.

    Parameters
    ----------
    b : Bag
    path : str, path, or list of them
        A directory, a path with ``*`` in the place of the partition's number, or a path for each partition.
    name_function : callable, optional
        Gives what stands in the place of ``*``; names must be in order.
    compression : str, optional
        Such as ``"gzip"``; by default it is told by the paths.
    encoding : str, optional
        Of texts; None is UTF-8.
    compute : bool
        Write now, and give the paths; otherwise give delayed values that write.
    storage_options : dict, optional
        Options of the file system.
    last_endline : bool
        Whether the last line ends with a line end, too.
    **kwargs
        Of :func:`weft.compute`, such as ``scheduler``.

    Examples
    --------
    >>> import os
    >>> import weft.bag as db
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     paths = db.from_sequence(["a", "b"]).to_textfiles(folder + "/*.txt.gz", scheduler="sync")
    ...     [os.path.basename(path) for path in paths], db.read_text(paths).compute(scheduler="sync")
    (['0.txt.gz', '1.txt.gz'], ['a', 'b'])
    """
    check_bag("to_textfiles", b)
    return written_lines(
        b,
        path,
        name_function,
        "part",
        compression,
        encoding or "utf-8",
        bool(last_endline),
        compute,
        storage_options,
        kwargs,
    )


def written_lines(
    bag: Any,
    path: Any,
    name_function: Callable[[int], str] | None,
    ending: str,
    compression: str | None,
    encoding: str,
    last_endline: bool,
    compute: bool,
    storage_options: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Any:
    """What `to_textfiles` does; ``ending`` is that of files' names in a directory."""
    codecs.lookup(encoding)
    paths = paths_for(path, bag.npartitions, name_function, ending)
    stage = WriteText(compression, encoding, last_endline, storage_options and dict(storage_options))
    return finished(new_bag(Streamed(stage, (bag.expr,), (Listed(tuple(paths)),))), compute, options)


class TextFileMethods(BagBase):
    """Bags as text files."""

    __slots__ = ()

    to_textfiles = to_textfiles
