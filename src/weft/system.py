"""Cores, memory and disk that this process may use, also inside containers and under batch systems.

What a machine has and what a process is allowed differ: an affinity mask, a control group (version 1 or 2) or a
resource limit may cap it. Functions here answer with the smallest of those. On Linux they read ``/proc`` and ``/sys``
and need no other package; elsewhere ``psutil`` is asked.
"""

from __future__ import annotations

import _thread
import functools
import math
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

__all__ = [
    "CPU_COUNT",
    "count_given",
    "cpu_count",
    "free_disk",
    "given_nbytes",
    "loaded",
    "memory_limit",
    "memory_used",
    "pss",
    "return_memory",
    "shm_directory",
]

_LINUX = sys.platform == "linux"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_ROOT = "/"


def cpu_count() -> int:
    """How many cores this process may keep busy; at least 1.

    The smallest of the machine's cores, the affinity mask and the control group's quota (rounded up).

    Examples
    --------
    >>> cpu_count() >= 1
    True
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_cpus(_ROOT) if _LINUX else math.inf
    return allowed if quota == math.inf else max(1, min(allowed, math.ceil(quota)))


def memory_limit() -> int:
    """Bytes of memory this process may use: the smallest of physical memory, control group and ``RLIMIT_AS``.

    Examples
    --------
    >>> memory_limit() > 2**20
    True
    """
    limits = [float(_physical_memory()), _address_space_limit()]
    if _LINUX:
        limits.append(_cgroup_memory(_ROOT))
    return int(min(limits))


def memory_used() -> int:
    """Bytes of this process that are in memory now (resident set, shared pages included); takes microseconds.

    Examples
    --------
    >>> memory_used() > 2**20
    True
    """
    if _LINUX:
        file = os.open("/proc/self/statm", os.O_RDONLY)
        try:
            return int(os.read(file, 128).split()[1]) * _PAGE_BYTES
        finally:
            os.close(file)
    import psutil

    return int(psutil.Process().memory_info().rss)


_given = 0
_given_lock = _thread.allocate_lock()


def count_given(nbytes: int) -> None:
    """Count bytes of results that are filled for whoever asked for them (or, less than 0, no longer are): no block's memory."""
    global _given
    with _given_lock:
        _given += nbytes


def given_nbytes() -> int:
    """Bytes of this process that belong to results which are being filled.

    Examples
    --------
    >>> given_nbytes() >= 0
    True
    """
    return _given


def loaded(name: str) -> Any:
    """The module of that name if this process has imported it; None while another thread is still importing it.

    >>> loaded("sys").__name__, loaded("no_such_module")
    ('sys', None)
    """
    module: ModuleType | None = sys.modules.get(name)
    return None if getattr(getattr(module, "__spec__", None), "_initializing", False) else module


def return_memory() -> bool:
    """Have the allocators give memory that nothing uses back to the system; says whether there was a way to ask.

    What is freed stays with the C library's arenas and with Arrow's pools, for whatever comes next. Where many blocks of
    different sizes come and go in several threads, that may be more than the blocks in use.

    Examples
    --------
    >>> return_memory() in (True, False)
    True
    """
    arrow = loaded("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    trim = _malloc_trim()
    if trim is None:
        return False
    trim(0)
    return True


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    """The C library's own function, where it has one."""
    if not _LINUX:
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def pss(pid: int | None = None) -> int:
    """Bytes of one process where shared pages count by share, so that a sum over processes counts each page once.

    Parameters
    ----------
    pid : int, optional
        The process; this one by default.

    Raises
    ------
    ProcessLookupError
        If there is no such process.

    Notes
    -----
    Where the system does not account shares (any but Linux), the resident set is given.

    Examples
    --------
    >>> pss() > 2**20
    True
    """
    number = os.getpid() if pid is None else pid
    if not _LINUX:
        import psutil

        try:
            return int(psutil.Process(number).memory_info().rss)
        except psutil.NoSuchProcess:
            raise ProcessLookupError(f"cannot read the memory of process {number}: there is none.") from None
    try:
        with open(f"/proc/{number}/smaps_rollup", "rb") as file:
            text = file.read()
    except FileNotFoundError:
        raise ProcessLookupError(f"cannot read the memory of process {number}: there is none.") from None
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(b"Pss:")) * 1024


def shm_directory() -> Path | None:
    """The directory whose files live in memory and are seen by all processes, or None where there is none.

    Examples
    --------
    >>> shm_directory() is None or shm_directory().is_dir()
    True
    """
    from pathlib import Path  # here, for a quick import

    directory = Path("/dev/shm")
    return directory if directory.is_dir() and os.access(directory, os.W_OK | os.X_OK) else None


def free_disk(path: str | os.PathLike[str]) -> int:
    """Bytes that an ordinary user can still write below ``path``, which need not exist yet.

    Examples
    --------
    >>> free_disk("/tmp/not/there/yet") >= 0
    True
    """
    place = os.path.abspath(path)
    while not os.path.exists(place) and place != os.path.dirname(place):
        place = os.path.dirname(place)
    if hasattr(os, "statvfs"):
        status = os.statvfs(place)
        return status.f_bavail * status.f_frsize
    import shutil

    return shutil.disk_usage(place).free


def _physical_memory() -> int:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES
    import psutil

    return int(psutil.virtual_memory().total)


def _address_space_limit() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _cgroup_memory(root: str | os.PathLike[str]) -> float:
    """The lowest memory limit of this process's control group and those around it; infinity without one."""
    limits = [math.inf]
    for name, v1 in (("memory.max", False), ("memory.limit_in_bytes", True)):
        for directory in _cgroup_directories(root, "memory" if v1 else ""):
            limits += [float(text) for text in _words(f"{directory}/{name}")[:1] if text != "max"]
    return min(limit for limit in limits if limit > 0)


def _cgroup_cpus(root: str | os.PathLike[str]) -> float:
    """The lowest core quota of this process's control group and those around it; infinity without one."""
    quotas = [math.inf]
    for directory in _cgroup_directories(root, ""):
        match _words(f"{directory}/cpu.max"):
            case [quota, period] if quota != "max":
                quotas.append(int(quota) / int(period))
    for directory in _cgroup_directories(root, "cpu"):
        match _words(f"{directory}/cpu.cfs_quota_us") + _words(f"{directory}/cpu.cfs_period_us"):
            case [quota, period] if int(quota) > 0 and int(period) > 0:
                quotas.append(int(quota) / int(period))
    return min(quotas)


def _cgroup_directories(root: str | os.PathLike[str], controller: str) -> Iterator[str]:
    """Directories that hold a controller's limits, innermost first; the empty name stands for version 2.

    Inside a container ``/proc/self/cgroup`` may name a path of the host that is not mounted here: then the mount's
    own root is the container's group, and it is always among the parents.
    """
    for line in _lines(os.path.join(root, "proc/self/cgroup")):
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") and (controller or number == "0"):
            mount = os.path.join(root, "sys/fs/cgroup", controllers).rstrip("/")
            inside = path.strip().strip("/")
            while inside:
                yield f"{mount}/{inside}"
                inside = os.path.dirname(inside)
            yield mount


def _lines(path: str) -> list[str]:
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


def _words(path: str) -> list[str]:
    return " ".join(_lines(path)).split()


#: Cores this process could use when Weft was imported.
CPU_COUNT: int = cpu_count()
