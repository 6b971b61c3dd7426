"""Blocks on a disk, for when memory is short.

The scheduler says which block goes; this module writes it down and maps it back. Reading back gives memory that the
kernel may take away again by itself (pages of a file, never changed), and the file stays until the block is dropped: to
spill such a block a second time costs nothing, the caller just lets go of the value.

The data is checked when it is read back (:mod:`weft.store.blockfile` says how, and why that is cheap). Should the disk
be full, the error says how much was needed and where; nothing half written is left, and the caller still has the value.

What a task cuts out of a block that it has read from a file is on disk already: such *parts* are references into that file, which
stays until they are dropped as well.

To remove a file may wait for the device, where the file system tells that what is free (ext4 mounted with ``discard``): half a
millisecond for each megabyte. Whoever has better things to do lets a thread do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from weft.errors import SpillError
from weft.store.blockfile import Part, parts_of, read_part
from weft.store.files import FULL, BlockRef, FileRef, FileStore
from weft.store.places import spill_parent
from weft.store.serialize import Serialized

__all__ = ["PartRef", "SpillStore"]


class PartRef(NamedTuple):
    """A part of a block in a file."""

    path: str
    part: Part
    nbytes: int


class SpillStore(FileStore):
    """Blocks in files on a disk.

    Parameters
    ----------
    parent : path, optional
        Where the store makes its directory (``spill.directory``); by default the first of the usual temporary
        directories that lies on a disk.
    attach : path, optional
        The ``directory`` of another process's store. Pickling a store does the same.

    Raises
    ------
    SpillError
        When first used, if ``parent`` cannot be written or lies in memory.

    Examples
    --------
    >>> store = SpillStore()
    >>> ref = store.put("a large value")
    >>> store.get(ref)
    'a large value'
    >>> store.close()
    """

    checked = True
    reserved = True

    def __init__(self, parent: Any = None, *, attach: Any = None, inline_nbytes: int = 0) -> None:
        super().__init__(parent, attach=attach, inline_nbytes=inline_nbytes)
        self._remover: ThreadPoolExecutor | None = None
        self._users: dict[str, int] = {}  # of files that parts refer to: those parts, and the block while it is kept

    def parts(self, ref: BlockRef | PartRef, whole: Any, values: Sequence[Any]) -> list[PartRef | None]:
        """References to values that are parts of a block's memory; None for those without data, or for all if one is none.

        Parameters
        ----------
        ref : BlockRef
            The block, which has not been dropped.
        whole : object
            Its value, as it was put or read.
        values : sequence of object

        Examples
        --------
        >>> import numpy as np
        >>> store = SpillStore()
        >>> ref = store.put(np.arange(100_000))
        >>> whole = store.get(ref)
        >>> part, empty = store.parts(ref, whole, [whole[5:8], whole[:0]])
        >>> store.drop(ref)
        >>> store.get(part), empty
        (array([5, 6, 7]), None)
        >>> store.drop(part)
        >>> store.close()
        """
        if not isinstance(ref, FileRef):
            return [None] * len(values)
        found = parts_of(ref.path, whole, values)
        count = sum([each is not None for each in found])
        if count:
            with self._making:
                self._users[ref.path] = self._users.get(ref.path, 1) + count
        return [
            None if part is None else PartRef(ref.path, part, sum([size for _, size in part.spans])) for part in found
        ]

    def get(self, ref: BlockRef | PartRef) -> Any:
        return read_part(ref.path, ref.part) if isinstance(ref, PartRef) else super().get(ref)

    def drop(self, ref: BlockRef | PartRef) -> None:
        if isinstance(ref, (FileRef, PartRef)) and ref.path in self._users:
            with self._making:
                left = self._users[ref.path] = self._users[ref.path] - 1
                if left:
                    return
                del self._users[ref.path]
            ref = FileRef(ref.path, ref.nbytes)
        if not isinstance(ref, PartRef):
            super().drop(ref)

    def drop_soon(self, ref: BlockRef | PartRef) -> None:
        """Drop a block in the course of time, without waiting for it."""
        with self._making:
            if self._closed:
                return
            if self._remover is None:
                self._remover = ThreadPoolExecutor(1, "weft-remover")
            self._remover.submit(self.drop, ref)

    def close(self) -> None:
        with self._making:
            remover, self._remover = self._remover, None
        if remover is not None:
            remover.shutdown(cancel_futures=True)
        super().close()

    def _write(self, path: str, block: Serialized) -> int:
        try:
            return super()._write(path, block)
        except OSError as error:
            if error.errno not in FULL:
                raise
            with self._making:
                if self._remover is None:
                    raise
                removed = self._remover.submit(bool)
            removed.result()  # there may be room once all is gone that has been dropped
            return super()._write(path, block)

    def _choose_parent(self) -> Path:
        return spill_parent(self._parent)

    def _failed(self, error: OSError, nbytes: int) -> SpillError:
        return SpillError(
            f"{self._what_failed(error, nbytes)} Free some space, or set `spill.directory` to a larger disk."
        )
