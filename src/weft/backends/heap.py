"""Memory that tasks free stays with the process, for the next task. HOT: `benchmarks array --only stencil`.

Tasks make arrays of some megabytes and drop them again. The C library gives such memory back to the system at once, and the
system hands it out again page by page, each of them cleared: a five-point stencil in NumPy over chunks of 2 MB spent 1.2 of
1.8 ms on that, measured on 500 x 500 numbers. So glibc is told to keep what is freed at the end of its heaps, as much as one
of its heaps can have, and to take blocks up to its largest from there; larger ones still go back at once.
"""

from __future__ import annotations

import os
from functools import cache

__all__ = ["keep_freed_memory"]

#: Numbers of glibc's parameters, from its ``malloc.h``.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Free bytes at the end of a heap that stay; a thread's heap has 64 MiB.
KEPT = 64 << 20
#: Bytes from which a block is the system's own: the most that glibc takes.
OWN = 32 << 20
#: Who sets these knows better.
SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


@cache
def keep_freed_memory() -> bool:
    """Tell the C library, once for the process; gives whether it is one that can be told, and the user has not."""
    if any(name in os.environ for name in SET_BY_USER):
        return False
    try:
        is_glibc = os.confstr("CS_GNU_LIBC_VERSION") is not None
    except (AttributeError, ValueError):  # another system, or another C library
        return False
    if not is_glibc:
        return False
    import ctypes  # here, for a quick import

    library = ctypes.CDLL(None)
    return bool(library.mallopt(M_MMAP_THRESHOLD, OWN) and library.mallopt(M_TRIM_THRESHOLD, KEPT))
