"""Memory that tasks free stays with the process, for the next task. HOT: `benchmarks array --only stencil`.

Tasks make arrays of some megabytes and drop them again. The C library gives such memory back to the system at once, and the
system hands it out again page by page, each of them cleared: a five-point stencil in NumPy over chunks of 2 MB spent 1.2 of
1.8 ms on that, measured on 500 x 500 numbers. So glibc is told to keep what is freed at the end of its heaps, as much as one
of its heaps can have, and to take blocks up to its largest from there; larger ones still go back at once.

Under a small budget it is the other way round: what two threads' heaps keep may be half of it. Groups of 1 GiB of rows under
300 MiB had a peak of 416 MiB, and have one of 374 since blocks from 128 KiB on are the system's own there; that costs time.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

__all__ = ["keep_freed_memory"]

#: Numbers of glibc's parameters, from its ``malloc.h``.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Free bytes at the end of a heap that stay; a thread's heap has 64 MiB.
KEPT = 64 << 20
#: Bytes from which a block is the system's own: the most that glibc takes.
OWN = 32 << 20
#: Below a budget of so many bytes little is kept.
SMALL_BUDGET = 1 << 30
#: What is kept then, and from which size on blocks are the system's own: as glibc has it by itself.
KEPT_SMALL, OWN_SMALL = 1 << 20, 128 << 10
#: Who sets these knows better.
SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory(budget: int | None = None) -> bool:
    """Tell the C library, for the process; gives whether it is one that can be told, and the user has not.

    Parameters
    ----------
    budget : int, optional
        Bytes that the process is to have; by default as many as it likes.
    """
    if any(name in os.environ for name in SET_BY_USER):
        return False
    library = c_library()
    if library is None:
        return False
    own, kept = (OWN_SMALL, KEPT_SMALL) if budget is not None and budget < SMALL_BUDGET else (OWN, KEPT)
    return bool(library.mallopt(M_MMAP_THRESHOLD, own) and library.mallopt(M_TRIM_THRESHOLD, kept))


@cache
def c_library() -> Any:
    """The C library, if it is glibc."""
    try:
        is_glibc = os.confstr("CS_GNU_LIBC_VERSION") is not None
    except (AttributeError, ValueError):  # another system, or another C library
        return None
    if not is_glibc:
        return None
    import ctypes  # here, for a quick import

    return ctypes.CDLL(None)
