"""Collections on a cluster: computed to futures, persisted, or as the default of ``compute()``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weft import config
from weft.backends.tickets import PENDING, HeldTicket, Ticket
from weft.distributed.client_backend import ClientBackend
from weft.distributed.future import Future, later, value_of
from weft.distributed.hearing import Mirror
from weft.errors import BackendError
from weft.execution import is_weft_collection
from weft.execution.containers import Containers
from weft.execution.graphs import graph_of, keys_of
from weft.execution.pipeline import plan_of
from weft.graph import Graph, Layer, Plan, Program, compile_plan
from weft.graph.key import flatten_keys
from weft.graph.known import with_known
from weft.graph.mapping import graph_from_mapping
from weft.graph.spec import DataNode
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["CollectionMethods"]


class Finish:
    """Puts the blocks of a collection together, in a task."""

    def __init__(self, finish: Any, extra: tuple[Any, ...], keys: Any) -> None:
        self.finish = finish
        self.extra = extra
        count = iter(range(10**12))
        self.places = _numbered(keys, count)

    def __call__(self, *blocks: Any) -> Any:
        return self.finish(_filled(self.places, blocks), *self.extra)


def _numbered(keys: Any, count: Any) -> Any:
    return [_numbered(each, count) for each in keys] if isinstance(keys, list) else next(count)


def _filled(places: Any, blocks: tuple[Any, ...]) -> Any:
    return [_filled(each, blocks) for each in places] if isinstance(places, list) else blocks[places]


class Known:
    """What a client has already: tasks for these keys need not be made again."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def known(self, keys: Iterable[Key]) -> dict[Key, Any]:
        tickets = self.client._tickets
        if not tickets:
            return {}
        found = {}
        for key in keys:
            ticket = tickets.get(key)
            if ticket is not None and ticket.status in (PENDING, "finished"):
                shared = self.client._shared_ticket(key)
                if shared is not None:
                    found[key] = Future._of(self.client, shared).__weft_held__()
        return found


class CollectionMethods:
    """What a client does with collections."""

    _tickets: dict[Key, Ticket]
    _run: Any
    cluster: Any
    asynchronous: bool

    @property
    def weft_backend(self) -> ClientBackend:
        """What ``compute(scheduler=client)`` runs on."""
        return ClientBackend(self)

    def _add_plan(
        self,
        plan: Plan,
        wanted: list[int],
        *,
        retries: int = 0,
        notes: dict[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        mirror: Mirror | None = None,
    ) -> list[Future]:
        """Have a plan run; gives futures of its wanted blocks."""
        notes = self._notes_of(options) if notes is None else notes
        plan = self.cluster.with_worker_numbers(plan)
        futures: dict[int, Future] = {}
        tickets: dict[int, Ticket] = {}
        for block in wanted:
            if block in futures:
                continue
            key, value = plan.keys[block], plan.data.get(block)
            if isinstance(value, HeldTicket) and value.run is self._run:
                futures[block] = Future._of(self, self._held_again(value.ticket))  # type: ignore[attr-defined]
                continue
            ticket = tickets[block] = Ticket(self, key)
            self._tickets.setdefault(key, ticket)
            futures[block] = Future._of(self, ticket)
        try:
            if mirror is None:
                self._run.add_plan(plan, tickets, retries=retries, notes=notes)
            else:
                self._run.add_plan(plan, tickets, retries=retries, notes=notes, attach=mirror.attach)
        except BaseException:  # also an interrupt: tickets that nothing will serve must not be found again
            for ticket in tickets.values():
                if self._tickets.get(ticket.key) is ticket:
                    del self._tickets[ticket.key]
            raise
        self.cluster.graph_came(self, plan)
        return [futures[block] for block in wanted]

    def _notes_of(self, options: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The annotations that ``collection.compute(...)`` asks for, and those in force at the call."""
        given = dict(options or {})
        given.pop("fifo_timeout", None)
        known = {name: given.pop(name, None) for name in ("workers", "resources", "retries", "priority")}
        loose = given.pop("allow_other_workers", False)
        if given:
            raise BackendError(f"a client has no option {next(iter(given))!r} for computations")
        return self._shared_notes(**known, allow_other_workers=loose)

    def _shared_notes(
        self, workers: Any, allow_other_workers: Any, resources: Any, retries: Any, priority: Any
    ) -> dict[str, Any] | None:
        if isinstance(workers, Mapping):
            raise BackendError("a mapping as workers= is for client.compute() and client.persist()")
        return self._notes(workers, resources, retries, priority, bool(allow_other_workers))  # type: ignore[attr-defined, no-any-return]

    def _placed(self, plan: Plan, workers: Mapping[Any, Any], allow_other_workers: Any) -> Plan:
        """A plan in which the last tasks of some collections are for some workers only."""
        loose = {
            id(each) for each in (allow_other_workers if isinstance(allow_other_workers, (list, tuple, set)) else ())
        }
        block_of = {key: block for block, key in enumerate(plan.keys)}
        annotations: dict[int, Any] = dict(plan.annotations)
        for collections, named in workers.items():
            for collection in collections if type(collections) in (tuple, frozenset) else (collections,):
                lenient = allow_other_workers is True or id(collection) in loose
                numbers = self.cluster.numbers_of(named, lenient=lenient)
                if not is_weft_collection(collection):
                    raise TypeError(f"the keys of workers= are collections, or tuples of them, not {collection!r}")
                blocks = [block_of[key] for key in keys_of(collection) if key in block_of]
                if not blocks:
                    raise BackendError(
                        f"workers= names {collection!r}, which is no part of what is computed, or was merged into other tasks "
                        "when it was rewritten. See optimize_graph=False."
                    )
                for block in blocks:
                    if block not in plan.data and not lenient:
                        task = plan.maker.get(block, block)
                        annotations[task] = {**annotations.get(task, {}), "workers": numbers}
        return plan.changed(annotations=annotations)

    def compute(
        self,
        collections: Any,
        sync: bool = False,
        optimize_graph: bool = True,
        workers: Any = None,
        allow_other_workers: bool = False,
        resources: Mapping[str, float] | None = None,
        retries: int = 0,
        priority: int = 0,
        fifo_timeout: str | float = "60s",
        actors: None = None,
        traverse: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Compute collections on the cluster; gives futures of the results.

        Parameters
        ----------
        collections : collection, or list or tuple of collections
            What is no collection comes back as it is.
        sync : bool
            Wait, and give the results.
        optimize_graph : bool
            Rewrite expressions before they run.
        traverse : bool
            Look into containers for collections.
        workers, allow_other_workers, resources, retries, priority, fifo_timeout
            As of :meth:`submit`; they hold for all tasks. ``workers`` may also be a mapping of collections, or tuples of them,
            to workers: it holds for their last tasks. ``allow_other_workers`` may be a list of such collections.

        Examples
        --------
        >>> import weft
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.compute(weft.delayed(sum)([1, 2])).result()
        3
        """
        _refuse_options(kwargs, actors)
        single = not isinstance(collections, (list, tuple, set, frozenset))
        given = [collections] if single else list(collections)
        if traverse:
            given = [_gathered(each) if _is_nested(each) else each for each in given]
        lazy = [each for each in given if is_weft_collection(each)]
        # a mapping is for some tasks only: see _placed
        named, loose = (None, False) if isinstance(workers, Mapping) else (workers, allow_other_workers)
        futures = iter(
            self._compute(
                lazy,
                optimize_graph,
                self._shared_notes(named, loose, resources, retries, priority),
                workers,
                allow_other_workers,
            )
        )
        found: list[Any] = [next(futures) if is_weft_collection(each) else each for each in given]
        if sync:
            results = later(self, self._results_of, found)
            if self.asynchronous:
                return _first_of(results) if single else results
            return results[0] if single else results
        if single:
            return found[0]
        return found if isinstance(collections, list) else type(collections)(found)

    def _results_of(self, found: list[Any]) -> list[Any]:
        return [value_of(self, each._wait()) if isinstance(each, Future) else each for each in found]

    def _compute(
        self,
        collections: list[Any],
        optimize_graph: bool,
        notes: dict[str, Any] | None,
        workers: Any,
        allow_other_workers: Any,
    ) -> list[Future]:
        if not collections:
            return []
        graph = graph_of(collections, optimize_graph=optimize_graph)
        wanted: list[Key] = []
        more = Graph(data={})
        for collection in collections:
            own = keys_of(collection)
            if len(own) == 1 and getattr(type(collection), "__weft_single__", False):
                wanted.append(own[0])
                continue
            if isinstance(collection, Future):
                wanted.append(own[0])
                continue
            finalize, extra = collection.__weft_postcompute__()
            nested = own if getattr(type(collection), "__weft_expr__", None) is not None else collection.__weft_keys__()
            key = f"finalize-{tokenize(own, finalize, extra)}"
            wanted.append(key)
            if key not in more:
                more.add(Layer(Program.call(Finish(finalize, extra, nested), name="finalize"), [key], [tuple(own)]))
        graph.update(more)
        graph = with_known(graph, Known(self).known(graph.keys()))
        placed = isinstance(workers, Mapping)
        fuse = (
            not self._run.shares_memory and config.value("optimization.fuse.active") and optimize_graph and not placed
        )
        plan = compile_plan(graph, wanted, fuse=fuse)
        if placed:
            plan = self._placed(plan, workers, allow_other_workers)
        return self._add_plan(plan, plan.wanted, notes=notes)

    def persist(
        self,
        collections: Any,
        optimize_graph: bool = True,
        workers: Any = None,
        allow_other_workers: bool | None = None,
        resources: Mapping[str, float] | None = None,
        retries: int | None = None,
        priority: int = 0,
        fifo_timeout: str | float = "60s",
        actors: None = None,
        **kwargs: Any,
    ) -> Any:
        """Compute collections on the cluster and keep the results there; gives collections like those given.

        It does not wait. The blocks go when the last collection that uses them goes.

        Parameters
        ----------
        collections : collection, or list or tuple of collections
        optimize_graph, workers, allow_other_workers, resources, retries, priority, fifo_timeout
            As of :meth:`compute`.

        Examples
        --------
        >>> import weft
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.persist(weft.delayed(sum)([1, 2])).compute()
        3
        """
        _refuse_options(kwargs, actors)
        single = not isinstance(collections, (list, tuple))
        found = Containers((collections,) if single else tuple(collections))
        # a mapping is for some tasks only: see _placed
        named, loose = (None, False) if isinstance(workers, Mapping) else (workers, allow_other_workers)
        notes = self._shared_notes(named, loose, resources, retries, priority)
        lazy = found.collections
        if not lazy:
            return collections
        plan, keys = plan_of(lazy, optimize_graph=optimize_graph, caches=[Known(self)] if self._tickets else [])
        if isinstance(workers, Mapping):
            plan = self._placed(plan, workers, allow_other_workers)
        held = iter(self._add_plan(plan, plan.wanted, notes=notes))
        results = []
        for collection, own in zip(lazy, keys):
            rebuild, extra = collection.__weft_postpersist__()
            results.append(rebuild({key: next(held).__weft_held__() for key in own}, *extra))
        made = found.repack(results)
        return made[0] if single else type(collections)(made)

    def get(
        self,
        dsk: Mapping[Key, Any],
        keys: Any,
        workers: Any = None,
        allow_other_workers: bool | None = None,
        resources: Mapping[str, float] | None = None,
        sync: bool = True,
        asynchronous: bool | None = None,
        direct: bool | None = None,
        retries: int | None = None,
        priority: int = 0,
        fifo_timeout: str | float = "60s",
        actors: None = None,
        **kwargs: Any,
    ) -> Any:
        """Run a graph written by hand.

        Parameters
        ----------
        dsk : mapping of keys to tasks
        keys : key, or nested list of keys
        sync : bool
            Wait, and give results; otherwise futures.
        workers, allow_other_workers, resources, retries, priority, fifo_timeout
            As of :meth:`compute`.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.get({"x": 1, "y": (abs, "x")}, ["x", "y"])
        [1, 1]
        """
        _refuse_options(kwargs, actors)
        notes = self._shared_notes(workers, allow_other_workers, resources, retries, priority)
        wanted = list(dict.fromkeys(flatten_keys(keys)))
        data: dict[Key, Any] = {}
        known = {key: _without_futures(value, data) for key, value in dsk.items()}
        known.update({key: DataNode(key, held) for key, held in data.items() if key not in known})
        graph = graph_from_mapping(known)
        graph = with_known(
            graph, {key: held for key, held in Known(self).known(graph.keys()).items() if key not in graph.data}
        )
        plan = compile_plan(
            graph, wanted, fuse=bool(not self._run.shares_memory and config.value("optimization.fuse.active"))
        )
        futures = dict(zip(wanted, self._add_plan(plan, plan.wanted, notes=notes)))

        def nested(each: Any, of: Any) -> Any:
            return [nested(item, of) for item in each] if isinstance(each, list) else of[each]

        if not sync:
            return nested(keys, futures)

        def results() -> Any:
            return nested(keys, {key: value_of(self, future._wait()) for key, future in futures.items()})

        return later(self, results)

    def futures_of(self, futures: Any) -> list[Future]:
        """The futures in a container, or behind a persisted collection."""
        from weft.distributed.waiting import futures_of

        return futures_of(futures, client=self)

    def normalize_collection(self, collection: Any) -> Any:
        """The collection, reading what the client has already instead of computing it."""
        graph = graph_of([collection])
        known = Known(self).known(graph.keys())
        if not known:
            return collection
        rebuild, extra = collection.__weft_postpersist__()
        return rebuild(with_known(graph, known), *extra)


async def _first_of(results: Any) -> Any:
    return (await results)[0]


def _refuse_options(kwargs: Mapping[str, Any], actors: Any) -> None:
    if actors:
        raise BackendError("actors= of collections is not offered: make an actor with client.submit(cls, actor=True)")
    if kwargs:
        raise TypeError(f"there is no option {next(iter(kwargs))!r}")


def _is_nested(value: Any) -> bool:
    """Whether a value is a container, which may have lazy values in it, and becomes one future."""
    if is_weft_collection(value):
        return False
    return isinstance(value, (list, tuple, set, dict)) or _has_collections(value)


def _has_collections(value: Any) -> bool:
    return bool(Containers((value,)).collections)


def _gathered(value: Any) -> Any:
    """A container with collections in it as one lazy value."""
    return Several(value)


class Several:
    """A container with collections, as a collection."""

    def __init__(self, value: Any) -> None:
        self.found = Containers((value,))
        self.keys = [keys_of(each) for each in self.found.collections]

    def __weft_graph__(self) -> Any:
        return graph_of(self.found.collections)

    def __weft_keys__(self) -> list[Any]:
        return [list(own) for own in self.keys]

    def __weft_postcompute__(self) -> Any:
        finishers = [each.__weft_postcompute__() for each in self.found.collections]
        single = [bool(getattr(type(each), "__weft_single__", False)) for each in self.found.collections]
        return _finish_several, (self.found, finishers, single)


def _finish_several(blocks: list[Any], found: Containers, finishers: list[Any], single: list[bool]) -> Any:
    results = [
        own[0] if alone else finish(own, *extra) for own, (finish, extra), alone in zip(blocks, finishers, single)
    ]
    return found.repack(results)[0]


def _without_futures(value: Any, data: dict[Key, Any]) -> Any:
    """A task as written, with keys in the places of futures; ``data`` gets what stands for these."""
    if isinstance(value, Future):
        data[value.key] = value.__weft_held__()
        return value.key
    if type(value) is tuple:
        return tuple([_without_futures(each, data) for each in value])
    if type(value) is list:
        return [_without_futures(each, data) for each in value]
    return value
