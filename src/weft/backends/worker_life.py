"""How a worker process begins and ends, whatever its kind.

*The end.* A worker ignores SIGINT: Ctrl-C is the driver's affair. When the driver dies, however that happens, the
kernel sends SIGIO (the far end of the *lifeline* is closed), which ends the process even inside C code.
(``PR_SET_PDEATHSIG`` would do so already when the driver's *thread* that started the worker ends.)
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any

from weft.backends.heap import keep_freed_memory

__all__ = [
    "AUTHKEY",
    "THREAD_VARIABLES",
    "get_ready",
    "inside_worker",
    "is_worker",
    "leave",
    "limit_libraries",
    "settle_in",
]

#: Variables that libraries read when they are loaded.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS",
)  # fmt: skip
#: Variable that hands `multiprocessing`'s key to a fresh worker, so that tasks can talk to the driver's managers and listeners.
AUTHKEY = "_WEFT_AUTHKEY"


def limit_libraries(nthreads: int, *, loaded: bool) -> None:
    """Have BLAS and its like use so many threads: those still to be loaded, and those that are."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(nthreads)))
    if loaded or "numpy" in sys.modules:
        import threadpoolctl

        threadpoolctl.threadpool_limits(nthreads)
    keep_freed_memory()
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.set_cpu_count(nthreads)


_here: list[Any] = []


def is_worker(worker: Any) -> None:
    """This process is a worker from now on."""
    _here.append(worker)


def inside_worker() -> bool:
    """Whether this process is a worker."""
    return bool(_here)


def settle_in(directory: str, path: list[str], configuration: Mapping[str, str], *, again: bool = True) -> None:
    """Have this process look like the driver's: its directory, where it imports from, its configuration (if that is new)."""
    if sys.path != path:
        sys.path[:] = path
    with contextlib.suppress(OSError):  # it may be gone; the driver lives with that, too
        os.chdir(directory)
    if again:
        from weft import config

        os.environ.update(configuration)
        config.refresh()


def get_ready(
    lifeline: socket.socket, page: str, inherited: tuple[int, ...], env: Mapping[str, str] | None
) -> memoryview[float]:
    """What a worker process does first, whatever its kind; gives its page."""
    os.environ.update(env or {})
    key = os.environ.pop(AUTHKEY, "")
    if key:
        multiprocessing.current_process().authkey = bytes.fromhex(key)
    for descriptor in inherited:
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.getsid(0) != os.getpid():
        os.setsid()  # what a task starts ends with its worker
    _die_with(lifeline)
    try:
        descriptor = os.open(page, os.O_RDWR)
    except FileNotFoundError:
        os._exit(1)  # the driver has taken its things away: nobody waits for this worker
    memory = memoryview(mmap.mmap(descriptor, 0)).cast("d")
    os.close(descriptor)
    # A task that calls input() gets an end of file, not the driver's terminal.
    sys.stdin = open(os.devnull)  # noqa: SIM115
    return memory


def leave() -> None:
    """The end of a worker process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _die_with(lifeline: socket.socket) -> None:
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    with contextlib.suppress(BlockingIOError):
        lifeline.recv(1, socket.MSG_DONTWAIT)
        os._exit(1)  # the driver was gone before
    lifeline.detach()  # open to the end
