"""Writing one file for each partition in any format: the files appear together, when all are complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import new
from weft.dataframe.io.writing import Job, Written, write_frame
from weft.expr.naming import nonce
from weft.io.files import UNFINISHED, filesystem_for
from weft.io.writing import can_rename, compressed, in_place, packing, paths_for, put_in_place

__all__ = ["FilesWriter", "Render", "SingleFileWriter", "delayed_write", "write_files"]

#: Bytes that are copied at a time.
STEP = 1 << 20


class Render(Protocol):
    """How a partition becomes a file's content."""

    #: Whether labels of rows are written.
    with_index: bool

    def render(self, part: Any, number: int, stream: Any) -> None:
        """Write a partition to a binary stream."""


class FilesWriter(NamedTuple):
    """A file for each partition."""

    label: str
    with_index: bool
    filesystem: Any
    places: tuple[str, ...]
    suffix: str | None
    compression: str | Mapping[str, Any] | None
    render: Any
    appends: bool = False

    def write(self, part: Any, number: int) -> str:
        """One file, beside its place if the file system can rename."""
        place = self.places[number]
        target = place if self.suffix is None else place + self.suffix
        with in_place(self.filesystem, target) as raw:
            if self.appends and self.filesystem.exists(place):
                copy_into(self.filesystem, place, raw)
            with compressed(raw, place, self.compression) as stream:
                self.render.render(part, number, stream)
        return place

    def finish(self, written: list[str]) -> list[str]:
        """All files to their places."""
        if self.suffix is not None:
            for place in written:
                put_in_place(self.filesystem, place + self.suffix, place)
        return written

    def abandon(self) -> None:
        """Take away what is not in place."""
        if self.suffix is not None:
            for place in self.places:
                if self.filesystem.exists(place + self.suffix):
                    self.filesystem.rm_file(place + self.suffix)


class SingleFileWriter(NamedTuple):
    """All partitions one after another in one file: each is written beside it, and the last task puts them together."""

    label: str
    with_index: bool
    filesystem: Any
    place: str
    suffix: str
    total: int
    compression: str | Mapping[str, Any] | None
    render: Any
    appends: bool = False

    def part_place(self, number: int) -> str:
        """Where a partition is until all are there."""
        return f"{self.place}{self.suffix}-{number}"

    def write(self, part: Any, number: int) -> int:
        """One partition, not yet compressed."""
        with in_place(self.filesystem, self.part_place(number)) as raw:
            self.render.render(part, number, raw)
        return number

    def finish(self, written: list[int]) -> list[str]:
        """One file of all."""
        with in_place(self.filesystem, self.place) as raw:
            if self.appends and self.filesystem.exists(self.place):
                copy_into(self.filesystem, self.place, raw)
            with compressed(raw, self.place, self.compression) as stream:
                self.copy_all(stream, len(written))
        self.abandon()
        return [self.place]

    def copy_all(self, stream: Any, count: int) -> None:
        """All partitions in their order."""
        for number in range(count):
            copy_into(self.filesystem, self.part_place(number), stream)

    def abandon(self) -> None:
        """Take the partitions away."""
        for number in range(self.total):
            if self.filesystem.exists(self.part_place(number)):
                self.filesystem.rm_file(self.part_place(number))


def copy_into(filesystem: Any, path: str, stream: Any) -> None:
    """Append a file's bytes to a stream."""
    with filesystem.open(path, "rb") as source:
        while data := source.read(STEP):
            stream.write(data)


def write_files(
    frame: Any,
    path: Any,
    label: str,
    render: Any,
    *,
    name_function: Callable[[int], str] | None = None,
    compression: str | Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    appends: bool = False,
    fresh: bool = False,
    single: bool = False,
    extension: str | None = None,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Write a frame by a `Render`; gives the paths, or a list with a delayed value that writes.

    Raises
    ------
    FileExistsError
        Files must be new (``fresh``), and one is there.
    """
    suffix = f".{nonce()[:8]}{UNFINISHED}"
    if single:
        fs = filesystem_for(path, storage_options)
        place = fs._strip_protocol(str(path))
        packing(place, compression)
        writer: Any = SingleFileWriter(
            label, render.with_index, fs, place, suffix, frame.npartitions, compression, render, appends
        )
    else:
        if extension is not None and isinstance(path, (str, os.PathLike)) and "*" not in os.fspath(path):
            path = f"{os.fspath(path).rstrip('/')}/*{extension}"
        paths = paths_for(path, frame.npartitions, name_function)
        fs = filesystem_for(paths[0], storage_options)
        places = tuple([fs._strip_protocol(each) for each in paths])
        packing(places[0], compression)
        writer = FilesWriter(
            label, render.with_index, fs, places, suffix if can_rename(fs) else None, compression, render, appends
        )
    there = [place for place in ((writer.place,) if single else writer.places) if fresh and fs.exists(place)]
    if there:
        raise FileExistsError(f"{there[0]} is there already; pass mode='w' to replace it")
    if not compute:
        if compute_kwargs:
            raise TypeError("compute_kwargs are for compute=True; give them when you compute")
        return [delayed_write(frame, writer)]
    return write_frame(frame, writer, True, compute_kwargs)


def delayed_write(frame: Any, writer: Any) -> Any:
    """A delayed value that writes a frame."""
    return CONVERSIONS["delayed"](new(Written(frame.expr, Job(writer, nonce()))))
