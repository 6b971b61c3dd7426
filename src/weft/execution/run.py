"""``compute``, ``persist`` and ``optimize``: what users call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from weft import config
from weft.execution.containers import Containers
from weft.execution.graphs import graph_of

__all__ = ["compute", "optimize", "persist"]


def compute(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: Any = None,
    get: Any = None,
    pool: Any = None,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """Compute several collections at once; what they share is computed once.

    Parameters
    ----------
    *args
        Collections, or containers with collections in them. Anything else passes through.
    traverse : bool
        Look into lists, tuples, dicts, sets and dataclasses.
    optimize_graph : bool
        Rewrite expressions before they run.
    scheduler : str, executor or backend, optional
        ``"threads"``, ``"processes"``, ``"inline"`` (also ``"sync"``), a ``concurrent.futures.Executor``, a backend, or a
        function ``get(dsk, keys, **kwargs)``. By default what ``weft.config.set(scheduler=...)`` says, or what suits the
        collections.
    pool : concurrent.futures.Executor, optional
        The same as ``scheduler=pool``.
    **kwargs
        ``num_workers``, ``retries``, ``budget`` (bytes, or text such as ``"4 GiB"``), ``callbacks``, and options of the
        backend.

    Returns
    -------
    tuple
        The arguments with results in place of collections.

    Raises
    ------
    Exception
        What a task raises, as itself, with a note that names the task.

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(sum)([1, 2])
    >>> weft.compute(x, {"twice": x + x}, 5)
    (3, {'twice': 6}, 5)
    """
    _refuse_get(get)
    found = Containers(args, traverse)
    if not found.collections:
        return args
    from weft.execution.current import request_for, scheduler_for  # here, for a quick import
    from weft.execution.last import inside
    from weft.execution.pipeline import plan_of

    backend = scheduler_for(pool if scheduler is None else scheduler, found.collections)
    request = request_for(**kwargs)
    fuse = backend.fuses_chains and config.value("optimization.fuse.active")
    caches = [each for each in request.listeners if hasattr(each, "known")]
    collections = in_place_of(found.collections, backend.name, not caches) if optimize_graph else found.collections
    with budgeted(kwargs.get("budget"), request.budget):
        plan, keys = plan_of(collections, optimize_graph=optimize_graph, fuse=fuse, caches=caches)
    with inside():
        values = backend.run(plan, request)
    if all(getattr(kind, "__weft_single__", False) for kind in set(map(type, collections))):
        return found.repack([_final(value) for value in values])
    results = []
    start = 0
    for collection, own in zip(collections, keys):
        finalize, extra = collection.__weft_postcompute__()
        blocks = values[start : start + len(own)]
        values[start : start + len(own)] = [None] * len(own)  # whoever assembles a result may let go of its blocks
        start += len(own)
        results.append(finalize(_nested(collection, blocks), *extra))
    return found.repack(results)


def in_place_of(collections: Sequence[Any], backend: str, moves: bool = True) -> list[Any]:
    """What is computed in place of collections, whose blocks nobody sees: themselves, or what methods of theirs give.

    ``__weft_whole__`` may give one that has its value in a single block; ``__weft_at_once__``, for one that is computed alone on
    threads, one whose only task is a call of a library that uses all cores by itself; ``__weft_in_place__``, for tasks of this
    process that are run whatever is known (``moves``), one whose tasks write its value to where it is wanted.
    """
    made = [asked_of(each, "__weft_whole__") for each in collections]
    if len(made) == 1 and backend == "threads":
        made = [asked_of(made[0], "__weft_at_once__")]
    if moves and backend in ("threads", "inline"):
        made = [asked_of(each, "__weft_in_place__") for each in made]
    return made


def asked_of(collection: Any, method: str) -> Any:
    """What a method of a collection gives; itself, if it has none."""
    found = getattr(type(collection), method, None)
    return collection if found is None else found(collection)


def budgeted(asked: Any, nbytes: int | None) -> AbstractContextManager[Any]:
    """While a plan is made, a budget that the call names is the one that rules read."""
    return nullcontext() if asked is None else config.set({"memory.budget": nbytes})


def _final(value: Any) -> Any:
    """A result that is one block as it is; a lazy value that a task returned is computed in turn."""
    while getattr(type(value), "__weft_single__", False):
        value = value.compute()
    return value


def _nested(collection: Any, blocks: list[Any]) -> Any:
    """Blocks in the shape of a collection's keys."""
    if getattr(type(collection), "__weft_expr__", None) is not None:
        return blocks
    flat = iter(blocks)

    def fill(keys: Any) -> Any:
        return [fill(each) for each in keys] if isinstance(keys, list) else next(flat)

    return fill(collection.__weft_keys__())


def persist(
    *args: Any,
    traverse: bool = True,
    optimize_graph: bool = True,
    scheduler: Any = None,
    pool: Any = None,
    **kwargs: Any,
) -> tuple[Any, ...]:
    """Compute several collections and keep the results where they were made.

    Takes what :func:`compute` takes. The collections that come back are like those given, with the same keys, but their
    blocks are there already: in memory, or on disk where memory is short. They go when the last collection that uses
    them goes.

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(sum)([1, 2])
    >>> (y,) = weft.persist(x)
    >>> y.key == x.key, y.compute()
    (True, 3)
    """
    found = Containers(args, traverse)
    if not found.collections:
        return args
    from weft.execution.current import request_for, scheduler_for  # here, for a quick import
    from weft.execution.last import inside
    from weft.execution.pipeline import plan_of

    collections = found.collections
    backend = scheduler_for(pool if scheduler is None else scheduler, collections)
    request = request_for(**kwargs)
    with budgeted(kwargs.get("budget"), request.budget):
        plan, keys = plan_of(collections, optimize_graph=optimize_graph)
    with inside():
        held = iter(backend.hold(plan, request))
    results = []
    for collection, own in zip(collections, keys):
        rebuild, extra = collection.__weft_postpersist__()
        results.append(rebuild({key: next(held) for key in own}, *extra))
    return found.repack(results)


def optimize(*args: Any, traverse: bool = True, **kwargs: Any) -> tuple[Any, ...]:
    """Rewrite several collections together, without computing them; equal results, less work.

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(sum)([1, 2])
    >>> (y,) = weft.optimize(x)
    >>> y.compute()
    3
    """
    if kwargs:
        raise TypeError(f"optimize() takes no option {next(iter(kwargs))!r}")
    found = Containers(args, traverse)
    results = []
    for collection in found.collections:
        improve = getattr(collection, "__weft_rebuilt__", None)
        if improve is not None:
            results.append(improve())
            continue
        rebuild, extra = collection.__weft_postpersist__()
        results.append(rebuild(graph_of([collection]), *extra))
    return found.repack(results)


def _refuse_get(get: Any) -> None:
    if get is not None:
        raise TypeError("compute() takes no get=: name the scheduler instead, e.g. scheduler='threads'")
