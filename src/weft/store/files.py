"""Blocks in files of one directory: what shared memory and spilling have in common.

A store is either the *owner* of its directory, which goes away with it, or *attached* to another process's. Both write
and read alike. Pickling a store gives an attached one: that is how the driver tells its workers where to write. The
owner's directory is made when it is first needed, so a store that is never used costs nothing.

A reference holds the file's path, so whoever has the reference can read the block, whichever process wrote it. File
names begin with the number of the process that wrote them. When a worker dies, its unfinished files, and those it
finished but could not report, are known to nobody; :meth:`FileStore.reclaim` removes them.

Small blocks need no file. Below ``inline_nbytes`` the reference holds the block's bytes itself, which saves some 40 µs
of making, reading and removing a file; reference and block are then one.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeAlias

from weft.errors import SpillError
from weft.store.blockfile import copy_block, pack_block, read_block, unpack_block, write_block
from weft.store.places import free_nbytes
from weft.store.serialize import Serialized, dumps
from weft.store.session import SessionDirectory

__all__ = ["FULL", "BlockRef", "FileRef", "FileStore", "InlineRef"]

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileRef(NamedTuple):
    """A block in a file of this machine."""

    path: str
    nbytes: int


class InlineRef(NamedTuple):
    """A block so small that it is its own reference."""

    data: bytes

    @property
    def nbytes(self) -> int:
        return len(self.data)


BlockRef: TypeAlias = FileRef | InlineRef


class FileStore:
    """Blocks in files of one directory.

    Make one with a subclass: :class:`weft.store.shared.SharedStore` or :class:`weft.store.spill.SpillStore`.

    Parameters
    ----------
    parent : path, optional
        Where to make a directory that this store owns.
    attach : path, optional
        A directory that another store owns; then ``parent`` is not looked at.
    inline_nbytes : int
        Blocks of at most this many bytes stay within their reference.
    """

    shareable = True

    #: Whether the data of files is summed when written and checked when read.
    checked: ClassVar[bool]
    #: Whether space is reserved before writing.
    reserved: ClassVar[bool]

    def __init__(
        self,
        parent: str | os.PathLike[str] | None = None,
        *,
        attach: str | os.PathLike[str] | None = None,
        inline_nbytes: int = 0,
    ) -> None:
        self.inline_nbytes = inline_nbytes
        self._parent = parent
        self._attached = None if attach is None else Path(attach)
        self._session: SessionDirectory | None = None
        self._making = threading.Lock()
        self._closed = False
        self._nonce = os.urandom(4).hex()
        self._numbers = itertools.count()

    def __reduce__(self) -> tuple[Any, ...]:
        return _attach, (type(self), str(self.directory), self.inline_nbytes)

    @property
    def directory(self) -> Path:
        """Where the files lie; made now if this store owns it."""
        if self._attached is not None:
            return self._attached
        with self._making:
            if self._closed:
                raise SpillError(f"cannot use a closed {type(self).__name__}: its files are gone. Make a new one.")
            if self._session is None:
                self._session = SessionDirectory(self._choose_parent())
            return self._session.path

    def put(self, value: Any) -> BlockRef:
        return self.put_serialized(dumps(value))

    def put_serialized(self, block: Serialized) -> BlockRef:
        """Store a value that has been written down already."""
        if block.nbytes <= self.inline_nbytes:
            return InlineRef(pack_block(block))
        path = self._new_path()
        try:
            return FileRef(path, self._write(path, block))
        except OSError as error:
            raise self._failed(error, block.nbytes) from error

    def _write(self, path: str, block: Serialized) -> int:
        return write_block(path, *block, checksum=self.checked, reserve=self.reserved)

    def get(self, ref: BlockRef) -> Any:
        if isinstance(ref, InlineRef):
            return unpack_block(ref.data)
        return read_block(ref.path, verify=self.checked)

    def drop(self, ref: BlockRef) -> None:
        if isinstance(ref, FileRef):
            try:
                os.unlink(ref.path)
            except FileNotFoundError:
                pass

    def nbytes(self, ref: BlockRef) -> int:
        return ref.nbytes

    def copy(self, ref: BlockRef) -> BlockRef:
        """Store a copy of another file store's block, without building its value."""
        if isinstance(ref, InlineRef):
            return ref
        path = self._new_path()
        try:
            return FileRef(path, copy_block(ref.path, path, checksum=self.checked, reserve=self.reserved))
        except OSError as error:
            if isinstance(error, SpillError):
                raise
            raise self._failed(error, ref.nbytes) from error

    def reclaim(self, process: int, keep: Collection[BlockRef]) -> int:
        """Remove the files of a dead process that no reference in ``keep`` names; gives the bytes that were freed."""
        kept = {os.path.basename(ref.path) for ref in keep if isinstance(ref, FileRef)}
        freed = 0
        for entry in os.scandir(self.directory):
            if entry.name.startswith(f"{process}-") and entry.name not in kept:
                try:
                    size = entry.stat().st_size
                    os.unlink(entry.path)
                except FileNotFoundError:
                    continue
                freed += size
        return freed

    def close(self) -> None:
        with self._making:
            self._closed = True
            if self._session is not None:
                self._session.close()

    def _new_path(self) -> str:
        return f"{self.directory}/{os.getpid()}-{self._nonce}-{next(self._numbers)}.block"

    def _choose_parent(self) -> Path:
        """Where to make the directory, from what the user asked for."""
        raise NotImplementedError

    def _failed(self, error: OSError, nbytes: int) -> SpillError:
        """The error to raise when a block of this size could not be written."""
        raise NotImplementedError

    def _what_failed(self, error: OSError, nbytes: int) -> str:
        where = self.directory
        if error.errno in FULL:
            room = f"{nbytes:,} bytes are needed and {free_nbytes(where):,} are free ({error.strerror})"
        else:
            room = error.strerror or str(error)
        return f"cannot write a block of {nbytes:,} bytes to {where}: {room}."


def _attach(kind: type[FileStore], directory: str, inline_nbytes: int) -> FileStore:
    return kind(attach=directory, inline_nbytes=inline_nbytes)
