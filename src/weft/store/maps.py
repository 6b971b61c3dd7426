"""Map a file, read-only or as a private copy, without keeping it open.

``mmap.mmap`` before Python 3.13 keeps a duplicate of the file's descriptor for as long as the map lives. A task that
takes a thousand blocks would then need a thousand descriptors, which is what most systems allow a process in all. The
map itself needs none, so for those versions the system's ``mmap`` is called directly.
"""

from __future__ import annotations

import functools
import mmap
import os
import sys
import weakref
from typing import Any

__all__ = ["map_private", "map_readonly"]


def map_readonly(file: int, nbytes: int, start: int = 0) -> memoryview:
    """Map ``nbytes`` (at least one) of an open file from ``start`` on; unmapped when the last view of it is gone."""
    first = start - start % mmap.ALLOCATIONGRANULARITY
    length = nbytes + start - first
    if sys.version_info >= (3, 13):
        shared, read = mmap.MAP_SHARED, mmap.PROT_READ
        whole = memoryview(mmap.mmap(file, length, flags=shared, prot=read, offset=first, trackfd=False))
    else:
        whole = _map(file, length, mmap.MAP_SHARED, mmap.PROT_READ, first).toreadonly()
    return whole[start - first :]


def map_private(file: int, nbytes: int) -> memoryview:
    """Map the first ``nbytes`` of an open file for somebody who may change them: the file stays as it is."""
    if sys.version_info >= (3, 13):
        return memoryview(mmap.mmap(file, nbytes, access=mmap.ACCESS_COPY, trackfd=False))
    return _map(file, nbytes, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)


def _map(file: int, nbytes: int, flags: int, protection: int, start: int = 0) -> memoryview:
    import ctypes  # takes 5 ms; not needed by newer Pythons

    system_map, system_unmap = _system_calls()
    address = system_map(None, nbytes, protection, flags, file, start)
    if address == ctypes.c_void_p(-1).value:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    memory = (ctypes.c_char * nbytes).from_address(address)
    # At exit nothing is unmapped: values in other modules' globals may still look at the memory.
    weakref.finalize(memory, system_unmap, address, nbytes).atexit = False
    return memoryview(memory).cast("B")


@functools.cache
def _system_calls() -> tuple[Any, Any]:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    system_map, system_unmap = library.mmap, library.munmap
    system_map.restype = ctypes.c_void_p
    size, offset = ctypes.c_size_t, ctypes.c_long
    system_map.argtypes = [ctypes.c_void_p, size, ctypes.c_int, ctypes.c_int, ctypes.c_int, offset]
    system_unmap.argtypes = [ctypes.c_void_p, size]
    return system_map, system_unmap
