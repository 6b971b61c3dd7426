"""Blocks on a disk, for when memory is short.

The scheduler says which block goes; this module writes it down and maps it back. Reading back gives memory that the
kernel may take away again by itself (pages of a file, never changed), and the file stays until the block is dropped: to
spill such a block a second time costs nothing, the caller just lets go of the value.

The data is checked when it is read back (:mod:`weft.store.blockfile` says how, and why that is cheap). Should the disk
be full, the error says how much was needed and where; nothing half written is left, and the caller still has the value.
"""

from __future__ import annotations

from pathlib import Path

from weft.errors import SpillError
from weft.store.files import FileStore
from weft.store.places import spill_parent

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

    def _choose_parent(self) -> Path:
        return spill_parent(self._parent)

    def _failed(self, error: OSError, nbytes: int) -> SpillError:
        return SpillError(
            f"{self._what_failed(error, nbytes)} Free some space, or set `spill.directory` to a larger disk."
        )
