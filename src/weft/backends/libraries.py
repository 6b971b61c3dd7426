"""The threads that BLAS, OpenMP and their like bring along, limited while tasks run side by side.

Two tasks that each call a BLAS with a thread per core have the cores fight over twice as many threads. While a run has
several workers the libraries get ``library_threads`` each (one, on as many workers as cores); a plan of a single task
leaves them all cores. Looking for the loaded libraries takes about a millisecond, so it is done again only after new
modules were imported, and setting them takes microseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weft.backends.contract import Request
from weft.backends.heap import keep_freed_memory
from weft.forking import ForkLock

__all__ = ["limited_libraries"]

#: Packages that bring libraries with threads of their own.
THREADED = ("numpy", "scipy", "sklearn", "torch", "numexpr", "faiss")


class Libraries:
    """Libraries with threads that are loaded in this process, and how many runs limit them."""

    def __init__(self) -> None:
        self._lock = ForkLock()
        self._seen: tuple[str, ...] = ()
        self._found: list[Any] = []
        self._before: list[int] = []
        self._users = 0

    def enter(self, nthreads: int) -> None:
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            loaded = tuple(name for name in THREADED if name in sys.modules)
            if loaded != self._seen:
                from threadpoolctl import ThreadpoolController

                self._found = list(ThreadpoolController().lib_controllers)
                self._seen = loaded
            self._before = [library.get_num_threads() for library in self._found]
            for library, before in zip(self._found, self._before, strict=True):
                if before is not None and before > nthreads:
                    library.set_num_threads(nthreads)

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                for library, before in zip(self._found, self._before, strict=True):
                    if before is not None and library.get_num_threads() != before:
                        library.set_num_threads(before)


_libraries = Libraries()


@contextmanager
def limited_libraries(nworkers: int, ntasks: int, request: Request) -> Iterator[None]:
    """Limit libraries' threads while a run with several workers goes on."""
    if min(nworkers, ntasks) < 2 or not any(name in sys.modules for name in THREADED):
        yield
        return
    keep_freed_memory(request.budget)
    _libraries.enter(request.library_threads)
    try:
        yield
    finally:
        _libraries.leave()
