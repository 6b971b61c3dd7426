"""Which backend runs a computation, and how: from the call, the current client, the configuration, the collection."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from weft import config
from weft.backends import Backend, Request, backend_for
from weft.errors import BackendError
from weft.execution.last import LAST
from weft.system import CPU_COUNT, memory_limit
from weft.units import parse_fraction_or_bytes

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["CURRENT", "LISTENERS", "request_for", "scheduler_for"]

#: What runs computations in this context, if a client or a worker says so: a backend or its name.
CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar("weft-backend", default=None)
#: What gives the backend of the process's default client, or None; the clients' module puts it here.
DEFAULT: list[Callable[[], Any]] = []
#: Who hears of each run in this context, besides those registered for all.
LISTENERS: contextvars.ContextVar[tuple[Any, ...]] = contextvars.ContextVar("weft-listeners", default=())

#: Those registered for all runs of the process. ``LAST`` comes first: the others ask it whether a run is nested.
EVERYWHERE: list[Any] = [LAST]


def scheduler_for(scheduler: Any, collections: Sequence[Any]) -> Backend:
    """The backend for a computation.

    Parameters
    ----------
    scheduler : str, executor, backend, get function or None
        What the call says. None: the current client, then the configuration's ``scheduler``, then the collections'
        own (``__weft_scheduler__``), which must agree.
    collections : sequence
        What is to be computed.
    """
    if scheduler is None:
        scheduler = current_scheduler()
    if scheduler is None:
        wishes = [getattr(kind, "__weft_scheduler__", None) for kind in dict.fromkeys(map(type, collections))]
        named = list(dict.fromkeys(getattr(wish, "weft_backend", wish) for wish in wishes if wish is not None))
        if len(named) > 1:
            names = ", ".join(sorted(str(getattr(wish, "__name__", wish)) for wish in named))
            raise BackendError(f"the collections prefer different schedulers ({names}). Say which: scheduler=...")
        scheduler = named[0] if named else "threads"
    return backend_for(scheduler)


def current_scheduler() -> Any:
    """What the context, the default client or the configuration says runs computations; None if none does."""
    found = CURRENT.get()
    if found is None and DEFAULT:
        found = DEFAULT[0]()
    return found if found is not None else config.value("scheduler")


def request_for(
    *,
    num_workers: int | None = None,
    retries: int = 0,
    budget: int | str | None = None,
    pool: Executor | None = None,
    callbacks: Sequence[Any] = (),
    **options: Any,
) -> Request:
    """How a computation is run: what the call says, and the configuration for the rest.

    Raises
    ------
    BackendError
        Workers are not a positive whole number, retries are none, or something is no callback.
    """
    if num_workers is None:
        num_workers = config.value("num_workers") or CPU_COUNT
    elif isinstance(num_workers, bool) or not isinstance(num_workers, int) or num_workers < 1:
        raise BackendError(f"num_workers must be a whole number, 1 or more, not {num_workers!r}")
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise BackendError(f"retries must be a whole number, 0 or more, not {retries!r}")
    for each in callbacks:
        if not (hasattr(each, "started") and hasattr(each, "ended")):
            raise BackendError(f"callbacks= takes callbacks, such as weft.diagnostics.Callback(...), not {each!r}")
    threads = config.value("library-threads")
    return Request(
        nworkers=num_workers,
        budget=config.value("memory.budget") if budget is None else budget_of(budget),
        retries=retries,
        allowed_failures=config.value("allowed-failures"),
        log_length=config.value("log.length"),
        spill_directory=config.value("spill.directory") or config.value("temporary-directory"),
        library_threads=max(1, CPU_COUNT // num_workers) if threads == "auto" else threads,
        listeners=tuple({id(each): each for each in (*EVERYWHERE, *LISTENERS.get(), *callbacks)}.values()),
        options=options,
    )


def budget_of(budget: int | str) -> int:
    """A budget in bytes."""
    try:
        nbytes = parse_fraction_or_bytes(budget, memory_limit())
    except ValueError as error:
        raise BackendError(f"budget: {error}") from None
    if nbytes <= 0:
        raise BackendError(f"budget must be more than zero bytes, not {budget!r}")
    return nbytes
