"""Worker processes that died in a task: why, and what to tell."""

from __future__ import annotations

import signal

from weft.backends.pool import WorkerProcess, oom_kills
from weft.errors import KilledWorkerError, WorkerMemoryError
from weft.system import memory_limit
from weft.typing import Key
from weft.units import format_bytes

__all__ = ["ending", "verdict"]

#: A killed worker that had this share of the memory was killed for it.
NEAR_LIMIT = 0.8


def verdict(
    key: Key, deaths: int, allowed_failures: int, process: WorkerProcess, code: int, kills_before: int, *, fewer: str
) -> tuple[KilledWorkerError | None, int]:
    """What becomes of a task that has ended a worker: its error, or None if it is tried again; and the kernel's kills so far."""
    for_memory, kills = was_for_memory(process, code, kills_before)
    if deaths < max(1, allowed_failures):
        return None, kills
    return killed_error(key, deaths, allowed_failures, process, code, for_memory=for_memory, fewer=fewer), kills


def was_for_memory(process: WorkerProcess, code: int, kills_before: int) -> tuple[bool, int]:
    """Whether the kernel killed a worker for lack of memory; and how many it has killed by now (see ``oom_kills``)."""
    kills = oom_kills()
    return code == -signal.SIGKILL and (kills > kills_before or process.peak > NEAR_LIMIT * memory_limit()), kills


def killed_error(
    key: Key, deaths: int, allowed_failures: int, process: WorkerProcess, code: int, *, for_memory: bool, fewer: str
) -> KilledWorkerError:
    """What becomes of a task that ended too many workers; ``fewer`` is the option for their number."""
    kind = WorkerMemoryError if for_memory else KilledWorkerError
    why = (
        f"The kernel killed it for lack of memory: make results smaller, or use fewer workers ({fewer})."
        if for_memory
        else "The cause is in the task's own code or a library it calls, or somebody killed the process."
    )
    held = f"{format_bytes(process.peak)} of memory at most"
    if process.rss:
        held = f"{format_bytes(process.rss)} of memory when it was last looked at, {format_bytes(process.peak)} at most"
    return kind(
        f"task {key!r} ended its worker process {deaths} time{'s' * (deaths > 1)} "
        f"(allowed-failures={allowed_failures}), the last time with {ending(code)}; it held {held}. {why}"
    )


def ending(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name} (exit code {code})"
    except ValueError:
        return f"signal {-code} (exit code {code})"
