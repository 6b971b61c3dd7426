"""Bags as text files, and what all writers have in common."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.kernels.pipeline import Stage
from weft.io.writing import paths_for, written_whole
from weft.physical.blockwise import Listed

__all__ = ["finished", "to_textfiles"]

#: Bytes that are written at a time.
CHUNK = 1 << 18


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
        encode = codecs.getincrementalencoder(self.encoding)().encode  # which writes a byte order mark once
        with written_whole(path, self.compression, self.storage_options) as file:
            kept: list[str] = []
            length = 0
            is_open = False  # whether the last line still lacks its end
            for line in stream:
                if not isinstance(line, str):
                    raise TypeError(
                        f"to_textfiles() writes texts, not {type(line).__name__}. Make texts first, e.g. bag.map(json.dumps)."
                    )
                if is_open:
                    kept.append("\n")
                kept.append(line)
                is_open = not line.endswith("\n")
                length += len(line) + 1
                if length > CHUNK:
                    file.write(encode("".join(kept)))
                    kept, length = [], 0
            if is_open and self.last_endline:
                kept.append("\n")
            file.write(encode("".join(kept), True))
        return [path]


def to_textfiles(
    b: Any,
    path: Any,
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "infer",
    encoding: str = "utf-8",
    compute: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    last_endline: bool = False,
    **kwargs: Any,
) -> Any:
    """Write a bag of texts to files, a line each, one file for each partition; a file appears when it is complete.

    Parameters
    ----------
    b : Bag
    path : str, path, or list of them
        A directory, a path with ``*`` in the place of the partition's number, or a path for each partition.
    name_function : callable, optional
        Gives what stands in the place of ``*``; names must be in order.
    compression : str, optional
        Such as ``"gzip"``; by default it is told by the paths.
    encoding : str
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
    if not isinstance(b, BagBase):
        raise TypeError(f"to_textfiles() takes a bag, not {type(b).__name__}")
    "".encode(encoding)
    paths = paths_for(path, b.npartitions, name_function)
    stage = WriteText(compression, encoding, bool(last_endline), storage_options and dict(storage_options))
    return finished(new_bag(Streamed(stage, (b.expr,), (Listed(tuple(paths)),))), compute, kwargs)


class TextFileMethods(BagBase):
    """Bags as text files."""

    __slots__ = ()

    to_textfiles = to_textfiles
