"""Backends by name. A new backend is one file and one line here (or an entry point ``weft.backends``)."""

from __future__ import annotations

import sys
from typing import Any

from weft.backends.contract import Backend
from weft.errors import BackendError
from weft.forking import ForkLock
from weft.registry import Registry

__all__ = ["BACKENDS", "backend_for", "close_all"]

BACKENDS: Registry[Any] = Registry("backend", entry_points="weft.backends")
for _name, _target in {
    "inline": "weft.backends.inline:Inline",
    "threads": "weft.backends.threads:Threads",
    "processes": "weft.backends.processes:Processes",
    "ray": "weft.backends.ray:Ray",
}.items():
    BACKENDS.add(_name, _target)

#: Other names that users know.
OTHER_NAMES = {
    "sync": "inline",
    "synchronous": "inline",
    "single-threaded": "inline",
    "threading": "threads",
    "multiprocessing": "processes",
}

_made: dict[str, Backend] = {}
_making = ForkLock()


def backend_for(scheduler: Any) -> Backend:
    """The backend for a name, an executor, a backend, or a get function.

    Raises
    ------
    BackendError
        No backend has that name, or the object is none.
    """
    if isinstance(scheduler, str):
        name = scheduler.lower()
        name = OTHER_NAMES.get(name, name)
        found: Backend | None = _made.get(name)
        if found is None:
            try:
                kind = BACKENDS[name]
            except KeyError as error:
                raise BackendError(f"scheduler={scheduler!r}: {error}") from None
            with _making:
                found = _made.get(name)
                if found is None:
                    found = _made[name] = kind()
        return found
    known: Any = getattr(scheduler, "weft_backend", None)
    if known is not None:
        return backend_for(known)
    if is_executor(scheduler):
        from weft.backends.executor import ExecutorBackend

        return ExecutorBackend(scheduler)
    if all(hasattr(scheduler, method) for method in ("run", "hold", "close")):
        return scheduler  # type: ignore[no-any-return]
    if callable(scheduler) and not isinstance(scheduler, type):
        from weft.backends.function import FunctionBackend

        return FunctionBackend(scheduler)
    raise BackendError(
        f"cannot run on {scheduler!r}: scheduler= takes a name ({', '.join(sorted(BACKENDS))}), "
        "a concurrent.futures.Executor, a backend object, or a function get(dsk, keys, **kwargs)."
    )


def is_executor(scheduler: Any) -> bool:
    """Whether something is an executor: whoever has one has imported `concurrent.futures`, which takes a while."""
    futures = sys.modules.get("concurrent.futures")
    return futures is not None and isinstance(scheduler, futures.Executor)


def close_all() -> None:
    """End the workers of all backends made by name."""
    with _making:
        for backend in _made.values():
            backend.close()
        _made.clear()
