"""Things that tasks read and write, in a form that travels and that nobody takes for a block of data.

A `Handle` holds something that is sliced. In the process that made it, it is used as it is; elsewhere it is what came out of
pickling, which for most things (zarr arrays, readers of other libraries) is as good. Two are opened again by path: HDF5
datasets, whose files do not travel, and memory maps, which would travel as copies. What lives in this process only, such as
a NumPy array to be written, refuses to travel: what other processes wrote to their copies would be lost.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

__all__ = ["Handle", "handle_of", "is_hdf5", "reading_lock"]


class Handle:
    """Something that can be sliced, read or written.

    Parameters
    ----------
    value : object
    writes : bool
        Whether it is written to.
    """

    __slots__ = ("owner", "value", "writes")

    owner: Any  #: kept alive with the handle: the name of what it holds, for others who wrap the same

    def __init__(self, value: Any, writes: bool = False) -> None:
        self.value = value
        self.writes = writes

    def read(self, index: Any) -> Any:
        """A part."""
        return self.value[index]

    def write(self, index: Any, block: Any) -> None:
        """Set a part."""
        self.value[index] = block

    def place(self, index: Any, shape: tuple[int, ...], dtype: np.dtype[Any], order: Any) -> Any:
        """The memory of a part for a block that fits it, where that is this process's and nothing reads from there."""
        return None

    def __reduce__(self) -> Any:
        if self.writes and is_in_this_process(self.value):
            raise TypeError(
                f"cannot store into a {type(self.value).__name__} in memory from another process: what is written there "
                "would be lost. Compute with scheduler='threads', or store to a file (to_zarr, to_hdf5, numpy.memmap)."
            )
        return type(self), (self.value, self.writes)

    def __sizeof__(self) -> int:
        return 64


class HDF5Handle(Handle):
    """A dataset of an HDF5 file; elsewhere, and once its file has been closed, the file is opened for each read."""

    __slots__ = ("filename", "name")

    def __init__(self, value: Any, writes: bool = False) -> None:
        super().__init__(value, writes)
        self.filename, self.name = value.file.filename, value.name

    @property
    def is_open(self) -> bool:
        """Whether the dataset can be used as it is."""
        return self.value is not None and bool(self.value)

    def read(self, index: Any) -> Any:
        if self.is_open:
            return self.value[index]
        import h5py

        with h5py.File(self.filename, "r") as file:
            return file[self.name][index]

    def write(self, index: Any, block: Any) -> None:
        if self.is_open:
            self.value[index] = block
            return
        import h5py

        with h5py.File(self.filename, "r+") as file:
            file[self.name][index] = block

    def __reduce__(self) -> Any:
        return hdf5_at, (self.filename, self.name, self.writes)


def hdf5_at(filename: str, name: str, writes: bool = False) -> HDF5Handle:
    """The handle of a dataset by path: its file is opened when it is read or written."""
    handle = object.__new__(HDF5Handle)
    handle.value, handle.writes = None, writes
    handle.filename, handle.name = filename, name
    return handle


class MapHandle(Handle):
    """An array in a file that is mapped into memory."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        value = self.value
        order = "C" if value.flags.c_contiguous else "F"
        mode = value.mode if value.mode != "w+" else "r+"
        return mapped, (str(value.filename), value.dtype, mode, value.offset, value.shape, order, self.writes)


def mapped(filename: str, dtype: Any, mode: Any, offset: int, shape: Any, order: Any, writes: bool) -> MapHandle:
    """The handle of a mapped file."""
    return MapHandle(np.memmap(filename, dtype, mode, offset, shape, order), writes)


def handle_of(value: Any, writes: bool = False) -> Handle:
    """The handle for something that is sliced."""
    if is_hdf5(value):
        return HDF5Handle(value, writes)
    if isinstance(value, np.memmap) and value.filename is not None and is_whole_map(value):
        return MapHandle(value, writes)
    return Handle(value, writes)


def is_hdf5(value: Any) -> bool:
    """Whether something is a dataset of h5py, in a file that has a path."""
    kind = type(value)
    if not any(each.__module__.partition(".")[0] == "h5py" for each in kind.__mro__):
        return False
    return hasattr(value, "file") and value.file.driver not in ("core", "fileobj")


def is_whole_map(value: np.memmap[Any, Any]) -> bool:
    """Whether a memory map is what it was opened as, and not a part of it, of which the file's place is not known."""
    return not isinstance(value.base, np.ndarray) and (value.flags.c_contiguous or value.flags.f_contiguous)


def is_in_this_process(value: Any) -> bool:
    """Whether what is written to something cannot be seen by other processes."""
    if isinstance(value, np.ndarray):
        return not isinstance(value, np.memmap) or value.filename is None
    return type(getattr(value, "store", None)).__name__ == "MemoryStore"


def reading_lock(lock: Any) -> Any:
    """A context manager for a lock, or for none."""
    return nullcontext() if lock is None or lock is False else lock
