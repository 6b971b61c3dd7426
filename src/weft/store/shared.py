"""Blocks in memory that all processes of a machine share: files in ``/dev/shm``, mapped read-only, without a copy.

A worker writes a block once; every other process that needs it maps the file, which costs some 40 µs however large the
block is. The driver owns the directory, workers own nothing, so a worker that dies takes no finished block along. A
block's memory is free again when the file is unlinked and the last map of it is gone.

``multiprocessing.shared_memory`` would be the obvious means, but before Python 3.13 each process that opens a segment
registers it with a tracker that unlinks it when that process ends, whoever else still uses it.

The pages of such files count as memory (of the machine, and of a container's limit), whoever wrote them: the budget has
to count them.
"""

from __future__ import annotations

import os
from pathlib import Path

from weft.errors import SharedMemoryFullError, SpillError
from weft.store.files import FULL, FileStore
from weft.store.places import shared_parent

__all__ = ["SharedStore"]

#: Below this a block travels inside its reference: making, mapping and removing a file takes longer than copying it.
INLINE_NBYTES = 16 * 1024


class SharedStore(FileStore):
    """Blocks that all processes of this machine read without a copy.

    Parameters
    ----------
    parent : path, optional
        Where the store makes its directory; ``/dev/shm`` by default, or a temporary directory where that is missing.
    attach : path, optional
        The ``directory`` of another process's store. Pickling a store does the same.
    inline_nbytes : int
        Blocks of at most this many bytes stay within their reference.

    Examples
    --------
    >>> import numpy as np
    >>> store = SharedStore()
    >>> ref = store.put(np.arange(100_000))
    >>> int(store.get(ref).sum())
    4999950000
    >>> store.close()
    """

    checked = False
    reserved = False

    def __init__(
        self,
        parent: str | os.PathLike[str] | None = None,
        *,
        attach: str | os.PathLike[str] | None = None,
        inline_nbytes: int = INLINE_NBYTES,
    ) -> None:
        super().__init__(parent, attach=attach, inline_nbytes=inline_nbytes)

    def _choose_parent(self) -> Path:
        return shared_parent() if self._parent is None else Path(self._parent)

    def _failed(self, error: OSError, nbytes: int) -> SpillError:
        advice = "Lower `memory.budget`, make blocks smaller, or enlarge it (containers: `--shm-size`)."
        kind = SharedMemoryFullError if error.errno in FULL else SpillError
        return kind(f"{self._what_failed(error, nbytes)} {advice}")
