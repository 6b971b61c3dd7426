"""Graphs run as such: ``get(dsk, keys)`` for who writes graphs by hand and has no collection.

Each backend has a get function. They take a dict of keys to tasks (:mod:`weft.graph.mapping`) and nested lists of keys,
and give nested tuples of results. As ``scheduler=`` they stand for their backend.

>>> get_sync({"x": 1, "y": (abs, "x")}, ["y", ["x"]])
(1, (1,))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from typing import Any

from weft import config
from weft.backends import backend_for
from weft.errors import BackendError
from weft.execution.current import CURRENT, request_for
from weft.execution.last import inside
from weft.graph import Plan, compile_plan
from weft.graph.key import flatten_keys
from weft.graph.known import with_known
from weft.graph.mapping import graph_from_mapping
from weft.graph.spec import DataNode
from weft.store.memory import freeze
from weft.typing import Key

__all__ = [
    "named_schedulers",
    "compute_as_if_collection",
    "dont_optimize",
    "get_async",
    "get_processes",
    "get_scheduler",
    "get_sync",
    "get_threads",
    "optimization_function",
]


def run_graph(
    scheduler: Any, dsk: Mapping[Key, Any], keys: Any, cache: MutableMapping[Key, Any] | None = None, **options: Any
) -> Any:
    """Results of nested keys of a graph, as nested tuples.

    Parameters
    ----------
    scheduler : str, executor, backend or get function
    dsk : mapping of keys to tasks
    keys : key, or nested list of keys
    cache : mutable mapping, optional
        Results that are known already; those of ``keys`` are added.
    **options
        ``num_workers``, ``retries``, ``callbacks`` and the rest of what :func:`weft.compute` takes.
    """
    if cache:
        dsk = {**dsk, **{key: DataNode(key, value) for key, value in cache.items()}}
    wanted = list(dict.fromkeys(flatten_keys(keys)))
    backend = backend_for(scheduler)
    request = request_for(**options)
    graph = graph_from_mapping(dsk)
    for each in request.listeners:
        if hasattr(each, "known"):
            graph = with_known(graph, each.known(graph.keys()))
    plan = compile_plan(
        graph, wanted, fuse=backend.fuses_chains and config.value("optimization.fuse.active"), between=freeze
    )
    known = dict(zip(wanted, run_plan(backend, plan, request) if wanted else ()))
    if cache is not None:
        cache.update(known)

    def nested(each: Any) -> Any:
        return tuple([nested(item) for item in each]) if isinstance(each, list) else known[each]

    return nested(keys)


def run_plan(backend: Any, plan: Plan, request: Any) -> list[Any]:
    """Run a plan as the computation of the current code."""
    with inside():
        return backend.run(plan, request)  # type: ignore[no-any-return]


def get_sync(dsk: Mapping[Key, Any], keys: Any, cache: MutableMapping[Key, Any] | None = None, **kwargs: Any) -> Any:
    """Run a graph in the calling thread, one task after the other: best for debugging.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    keys : key, or nested list of keys
    cache : mutable mapping, optional
        Results that are known already; those of ``keys`` are added.
    **kwargs
        Options of :func:`weft.compute`.

    Returns
    -------
    object
        The result; nested tuples of results for nested lists.
    """
    return run_graph("inline", dsk, keys, cache, **kwargs)


def get_threads(
    dsk: Mapping[Key, Any],
    keys: Any,
    cache: MutableMapping[Key, Any] | None = None,
    num_workers: int | None = None,
    pool: Executor | None = None,
    **kwargs: Any,
) -> Any:
    """Run a graph in worker threads.

    Parameters
    ----------
    dsk, keys, cache, **kwargs
        As of :func:`get_sync`.
    num_workers : int, optional
        Threads; by default one for each core.
    pool : concurrent.futures.Executor, optional
        Runs the tasks instead.

    Examples
    --------
    >>> get_threads({"x": 1, "y": (abs, "x")}, "y", num_workers=2)
    1
    """
    return run_graph("threads" if pool is None else pool, dsk, keys, cache, num_workers=num_workers, **kwargs)


def get_processes(
    dsk: Mapping[Key, Any],
    keys: Any,
    num_workers: int | None = None,
    func_loads: None = None,
    func_dumps: None = None,
    optimize_graph: bool = True,
    pool: Executor | None = None,
    initializer: None = None,
    chunksize: None = None,
    **kwargs: Any,
) -> Any:
    """Run a graph in worker processes: for Python code that holds the interpreter's lock.

    Parameters
    ----------
    dsk, keys, **kwargs
        As of :func:`get_sync`.
    num_workers : int, optional
        Processes; by default one for each core.
    optimize_graph : bool
        Make one task of each chain.
    pool : concurrent.futures.Executor, optional
        Runs the tasks instead.
    func_loads, func_dumps, initializer, chunksize : None
        Not offered: functions travel by cloudpickle, in batches whose size is chosen while they run. To prepare workers,
        make an executor with an ``initializer`` and give it as ``pool``.
    """
    refused = {
        "func_loads": func_loads,
        "func_dumps": func_dumps,
        "initializer": initializer,
        "chunksize": chunksize,
    }
    for name, value in refused.items():
        if value is not None:
            raise BackendError(f"{name}= is not offered: see weft.multiprocessing.get for what to do instead.")
    with config.set({"optimization.fuse.active": optimize_graph and config.value("optimization.fuse.active")}):
        return run_graph("processes" if pool is None else pool, dsk, keys, num_workers=num_workers, **kwargs)


class Submitting(Executor):
    """An executor made of its ``submit`` function."""

    def __init__(self, submit: Callable[..., Any]) -> None:
        self.submit = submit  # type: ignore[method-assign]


def get_async(
    submit: Callable[..., Any],
    num_workers: int,
    dsk: Mapping[Key, Any],
    result: Any,
    cache: MutableMapping[Key, Any] | None = None,
    get_id: None = None,
    rerun_exceptions_locally: bool | None = None,
    pack_exception: None = None,
    raise_exception: None = None,
    callbacks: Sequence[Any] | None = None,
    dumps: None = None,
    loads: None = None,
    chunksize: None = None,
    **kwargs: Any,
) -> Any:
    """Run a graph by a ``submit`` function like that of ``concurrent.futures`` executors.

    Parameters
    ----------
    submit : callable
        ``submit(function, *args)`` gives a ``concurrent.futures.Future``.
    num_workers : int
        Tasks that run side by side.
    dsk : mapping of keys to tasks
    result : key, or nested list of keys
        What is wanted.
    cache : mutable mapping, optional
        Results that are known already; those wanted are added.
    callbacks : sequence of Callback, optional
    get_id, rerun_exceptions_locally, pack_exception, raise_exception, dumps, loads, chunksize : None
        Not offered: they are joints of an engine that Weft does not have.
    **kwargs
        Options of :func:`weft.compute`.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     get_async(pool.submit, 2, {"x": 1, "y": (abs, "x")}, "y")
    1
    """
    refused = {
        "get_id": get_id,
        "rerun_exceptions_locally": rerun_exceptions_locally,
        "pack_exception": pack_exception,
        "raise_exception": raise_exception,
        "dumps": dumps,
        "loads": loads,
        "chunksize": chunksize,
    }
    for name, value in refused.items():
        if value:
            raise BackendError(f"{name}= is not offered: write a backend (weft.backends) to change how tasks are run.")
    owner = getattr(submit, "__self__", None)
    pool = owner if isinstance(owner, Executor) else Submitting(submit)
    return run_graph(pool, dsk, result, cache, num_workers=num_workers, callbacks=tuple(callbacks or ()), **kwargs)


get_sync.weft_backend = "inline"  # type: ignore[attr-defined]
get_threads.weft_backend = "threads"  # type: ignore[attr-defined]
get_processes.weft_backend = "processes"  # type: ignore[attr-defined]

#: Get functions by the names that ``scheduler=`` takes.
named_schedulers: Mapping[str, Callable[..., Any]] = {
    "inline": get_sync,
    "sync": get_sync,
    "synchronous": get_sync,
    "single-threaded": get_sync,
    "threads": get_threads,
    "threading": get_threads,
    "processes": get_processes,
    "multiprocessing": get_processes,
}


def get_scheduler(
    get: Any = None, scheduler: Any = None, collections: Sequence[Any] | None = None, cls: Any = None
) -> Callable[..., Any] | None:
    """The get function that a computation would use.

    Parameters
    ----------
    get : None
        Gone; ``scheduler`` takes get functions, too.
    scheduler : str, executor, backend or get function, optional
        What the call says; by default the current client's, then the configuration's.
    collections : sequence, optional
        Collections whose own wish counts if nobody else says anything.
    cls : type, optional
        A class of collection whose own wish counts.

    Returns
    -------
    callable or None
        None if nobody says anything.

    Examples
    --------
    >>> get_scheduler(scheduler="sync") is get_sync
    True
    """
    if get is not None:
        raise TypeError("get_scheduler() takes no get=: pass the function as scheduler=.")
    if scheduler is None:
        scheduler = CURRENT.get() or config.get("scheduler")
    if scheduler is None:
        kinds = [cls] if cls is not None else list(dict.fromkeys(map(type, collections or ())))
        wishes = list(dict.fromkeys(getattr(kind, "__weft_scheduler__", None) for kind in kinds))
        wishes = [wish for wish in wishes if wish is not None]
        if len(wishes) > 1:
            raise BackendError("the collections prefer different schedulers. Say which: scheduler=...")
        scheduler = wishes[0] if wishes else None
    if scheduler is None:
        return None
    if isinstance(scheduler, str):
        backend_for(scheduler)  # raises for a name that nobody knows
        known = named_schedulers.get(scheduler.lower())
        if known is not None:
            return known
    elif callable(scheduler) and not isinstance(scheduler, (type, Executor)) and not hasattr(scheduler, "hold"):
        return scheduler  # type: ignore[no-any-return]
    return GetOn(scheduler)


class GetOn:
    """The get function of an executor, a backend, or a backend's name."""

    def __init__(self, scheduler: Any) -> None:
        self.weft_backend = backend_for(scheduler)
        self.__name__ = f"get_{self.weft_backend.name}"

    def __call__(self, dsk: Mapping[Key, Any], keys: Any, **kwargs: Any) -> Any:
        return run_graph(self.weft_backend, dsk, keys, **kwargs)


def dont_optimize(dsk: Mapping[Key, Any], keys: Any, **kwargs: Any) -> Mapping[Key, Any]:
    """The graph as it is: what optimises collections that have no ``__weft_optimize__``."""
    return dsk


def optimization_function(x: Any) -> Callable[..., Any]:
    """What optimises the graphs of a collection, or of a class of collections."""
    return getattr(x, "__weft_optimize__", dont_optimize)


def compute_as_if_collection(
    cls: type, dsk: Mapping[Key, Any], keys: Any, scheduler: Any = None, get: Any = None, **kwargs: Any
) -> Any:
    """Run a graph the way collections of a class are run: optimised by the class, on the scheduler it prefers.

    >>> class Mine:
    ...     __weft_scheduler__ = "inline"
    >>> compute_as_if_collection(Mine, {"x": (abs, -1)}, ["x"])
    (1,)
    """
    run = get_scheduler(get=get, scheduler=scheduler, cls=cls) or get_threads
    return run(optimization_function(cls)(dsk, keys), keys, **kwargs)
