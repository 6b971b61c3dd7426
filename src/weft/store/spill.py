"""Blocks on a disk, for when memory is short.

The scheduler says which block goes; this module writes it down and maps it back. Reading back gives memory that the
kernel may take away again by itself (pages of a file, never changed), and the file stays until the block is dropped: to
spill such a block a second time costs nothing, the caller just lets go of the value.

The data is checked when it is read back (:mod:`weft.store.blockfile` says how, and why that is cheap). Should the disk
be full, the error says how much was needed and where; nothing half written is left, and the caller still has the value.

To remove a file may wait for the device, where the file system tells that what is free (ext4 mounted with ``discard``): half a
millisecond for each megabyte. Whoever has better things to do lets a thread do it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from weft.errors import SpillError
from weft.store.files import FULL, BlockRef, FileStore
from weft.store.places import spill_parent
from weft.store.serialize import Serialized

__all__ = ["SpillStore"]


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

    def drop_soon(self, ref: BlockRef) -> None:
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
