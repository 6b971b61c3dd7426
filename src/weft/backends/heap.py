"""Memory that tasks free stays with the process, for the next task. HOT: `benchmarks array --only stencil`.

Tasks make arrays of some megabytes and drop them again. The C library gives such memory back to the system at once, and the
system hands it out again page by page, each of them cleared: a five-point stencil in NumPy over chunks of 2 MB spent 1.2 of
1.8 ms on that, measured on 500 x 500 numbers. So glibc is told to keep what is freed at the end of its heaps, as much as one
of its heaps can have, and to take blocks up to its largest from there; larger ones still go back at once.

Under a small budget less is kept, since what two threads' heaps keep counts: groups of 1 GiB of rows under 300 MiB had a
peak of 416 MiB when all was kept. What is kept is a part of the budget then. That nothing is, blocks from 128 KiB on being the
system's own, saves little more and costs much: a quantile of 200 million numbers under 800 MB took 2.1 s, 1.3 with blocks of up
to 4 MB from the heaps, since numbers go through arrays of half a megabyte.
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
#: Below a budget of so many bytes less is kept.
SMALL_BUDGET = 1 << 30
#: What is kept then, and the size from which on blocks are the system's own: one part in so many of the budget.
KEPT_PART, OWN_PART = 128, 256
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
    own, kept = OWN, KEPT
    if budget is not None and budget < SMALL_BUDGET:
        own, kept = budget // OWN_PART, budget // KEPT_PART
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
