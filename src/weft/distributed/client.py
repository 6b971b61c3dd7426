"""The client: submit functions as you go, and get futures. HOT: :meth:`Client.submit`.

What a client can do stands in groups of methods, one file each: tasks (here), collections, the cluster, what clients
share. A client belongs to one cluster; in a task of a worker process it speaks with the cluster by messages, everywhere
else it calls.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

from weft.backends.live import BAD, Ticket
from weft.distributed.calls import function_of, key_of, traced
from weft.distributed.cluster import cluster_for
from weft.distributed.collections import CollectionMethods
from weft.distributed.current import IN_CONTEXT, current_client, remove_default, set_default
from weft.distributed.future import Future, FutureCancelledError, later, print_problem, problem_of
from weft.distributed.managing import ManagingMethods
from weft.distributed.pausing import Reply, seconds
from weft.distributed.sharing import SharingMethods
from weft.distributed.waiting import await_all
from weft.errors import BackendError
from weft.graph.annotations import get_annotations
from weft.graph.key import check_key
from weft.physical.call import fresh_name
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["Client", "default_client", "get_client"]

#: Futures that were sent elsewhere are kept so long here, in seconds, that whoever gets them can take hold of them.
ON_THE_WAY_S = 30.0


def _ticket_of(value: Any) -> Ticket | None:
    """The ticket of a future; None of all else."""
    return value._bound() if type(value) is Future else None


class Client(CollectionMethods, ManagingMethods, SharingMethods):
    """Where functions are submitted and results come from.

    Parameters
    ----------
    address : LocalCluster or str, optional
        The cluster, or its address if it is one of this process. By default a new :class:`LocalCluster` is made, which
        takes ``**kwargs`` (``n_workers``, ``threads_per_worker``, ``processes``, ``memory_limit``...), and is closed with
        the client.
    timeout : float or str, optional
        How long :meth:`wait_for_workers` and the like wait unless they are told.
    set_as_default : bool
        While it is open, ``compute()`` and ``persist()`` of all collections use it.
    asynchronous : bool
        Methods that would wait give something to be awaited.
    name : str, optional
        Part of the client's id.
    engine : {"processes", "threads", "inline"}, optional
        What runs the tasks, if no cluster is given; ``processes=`` says it, too.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     futures = client.map(abs, [-1, -2, -3])
    ...     client.submit(sum, futures).result()
    6
    """

    def __init__(
        self,
        address: Any = None,
        loop: None = None,
        timeout: float | str | None = None,
        set_as_default: bool = True,
        scheduler_file: None = None,
        security: Any = None,
        asynchronous: bool = False,
        name: str | None = None,
        heartbeat_interval: None = None,
        serializers: None = None,
        deserializers: None = None,
        extensions: Any = None,
        direct_to_workers: bool | None = None,
        connection_limit: int = 512,
        engine: str | None = None,
        **kwargs: Any,
    ) -> None:
        _refuse(
            loop=loop, scheduler_file=scheduler_file, heartbeat_interval=heartbeat_interval, serializers=serializers,
            deserializers=deserializers, extensions=extensions or None,
        )  # fmt: skip
        self.id = f"Client-{name + '-' if name else ''}{os.urandom(6).hex()}"
        self.name = name
        self.asynchronous = bool(asynchronous)
        self.loop = None
        self.status = "newly-created"
        self._timeout = seconds(timeout)
        self._set_as_default = set_as_default
        self._tickets: dict[Key, Ticket] = {}
        self._guard = threading.Lock()
        self._on_the_way: list[tuple[float, Future]] = []
        self._callbacks: Any = None
        self._context_tokens: list[Any] = []
        cluster, mine = cluster_for(
            address, engine=engine, security=security, timeout=timeout, asynchronous=asynchronous, **kwargs
        )
        self._connect(cluster, mine)

    def _connect(self, cluster: Any, mine: bool) -> None:
        self.cluster = cluster
        self._owns_cluster = mine
        self._run = cluster.run
        self.status = "running"
        cluster.add_client(self)
        if self._set_as_default:
            set_default(self)

    @classmethod
    def _inside(cls, home: Any) -> Client:
        """The client that tasks of a cluster use."""
        client = cls.__new__(cls)
        client.id = f"{getattr(home, 'client_prefix', '')}Client-worker-{os.urandom(6).hex()}"
        client.name = None
        client.asynchronous = False
        client.loop = None
        client._timeout = None
        client._set_as_default = False
        client._tickets = {}
        client._guard = threading.Lock()
        client._on_the_way = []
        client._callbacks = None
        client._context_tokens = []
        client._connect(home, False)
        return client

    # -- tickets --------------------------------------------------------------------------------------------------------

    def forget(self, ticket: Ticket) -> None:
        """Called under the run's lock: nobody holds a ticket any more."""
        if self._tickets.get(ticket.key) is ticket:
            del self._tickets[ticket.key]

    def _shared_ticket(self, key: Key) -> Ticket | None:
        """The ticket of a key, with one holder more, if there is one."""
        ticket = self._tickets.get(key)
        if ticket is not None and ticket.status not in ("cancelled", "lost") and self._run.hold(ticket):
            return ticket
        return None

    def _held_again(self, ticket: Ticket) -> Ticket:
        if not self._run.hold(ticket):
            raise FutureCancelledError(ticket.key)
        return ticket

    def _ticket_for(self, key: Key) -> Ticket:
        """The ticket of a key that is known to the cluster, or will be."""
        ticket = self._shared_ticket(key)
        if ticket is None:
            ticket = self._tickets[key] = Ticket(self, key)
            self._run.join(ticket)
        return ticket

    def _type_of(self, ticket: Ticket) -> Any:
        if ticket.type is None and ticket.status == "finished":
            ticket.type = type(self._run.fetch(ticket))
        return ticket.type

    @property
    def futures(self) -> dict[Key, str]:
        """How the tasks stand that this client has futures of, by key."""
        return {key: ticket.status for key, ticket in list(self._tickets.items())}

    def _address(self) -> str:
        return str(self.cluster.scheduler_address)

    def _travels(self, future: Future) -> None:
        """A future is being pickled: keep its result until somebody can have unpickled it."""
        from time import monotonic

        now = monotonic()
        mine = self._on_the_way
        while mine and mine[0][0] < now - ON_THE_WAY_S:
            mine.pop(0)
        mine.append((now, Future._of(self, self._held_again(future._bound()))))

    def _call_back(self, function: Callable[[Any], Any], future: Future) -> None:
        """Call a user's callback in a thread of its own, one after the other."""
        with self._guard:
            if self._callbacks is None:
                from concurrent.futures import ThreadPoolExecutor

                self._callbacks = ThreadPoolExecutor(1, thread_name_prefix="weft-callbacks")

        def call() -> None:
            try:
                function(future)
            except BaseException:
                print_problem()

        self._callbacks.submit(call)

    def _ask(self, op: str, *args: Any) -> Reply:
        """Ask the cluster something."""
        reply = Reply()
        self.cluster.ask(op, args, reply, self.id)
        return reply

    def _listen(self, topic: str, call: Callable[[Any], None]) -> str:
        return str(self.cluster.listen(self, topic, call))

    # -- tasks ----------------------------------------------------------------------------------------------------------

    def submit(
        self,
        func: Callable[..., Any],
        *args: Any,
        key: Key | None = None,
        workers: Any = None,
        resources: Mapping[str, float] | None = None,
        retries: int | None = None,
        priority: int = 0,
        fifo_timeout: str | float = "100 ms",
        allow_other_workers: bool = False,
        actor: bool = False,
        actors: bool = False,
        pure: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Run a function with these arguments; gives a future of the result.

        Futures among the arguments, and in lists, tuples, sets, dicts and dataclasses among them, are waited for, and
        their results take their place.

        Parameters
        ----------
        func : callable
        *args, **kwargs
            Its arguments.
        key : str, optional
            The task's key. By default it follows from the function and its arguments.
        workers : str, int or list, optional
            Addresses or names of the workers that may run it.
        resources : mapping, optional
            What it takes of what workers offer, such as ``{"GPU": 1}``.
        retries : int, optional
            How often it runs again if it fails.
        priority : int
            Higher ones run earlier.
        fifo_timeout : str or float
            Not needed: tasks of one priority always run in the order in which they were submitted.
        allow_other_workers : bool
            ``workers`` is a wish only.
        actor, actors : bool
            The function is a class: make an instance that stays in one worker, see :class:`Actor`.
        pure : bool
            Equal calls are one task. Say False for functions that give something else each time.

        Returns
        -------
        Future

        Raises
        ------
        TypeError
            ``func`` is no function.
        BackendError
            No worker can ever run it.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     x = client.submit(pow, 2, 3)
        ...     client.submit(sum, [x, x]).result()
        16
        """
        function = function_of(func)
        if actor or actors:
            return self._submit_actor(func, args, kwargs, key=key, workers=workers, resources=resources)
        name = key_of(function, args, kwargs, pure) if key is None else key
        known = self._tickets.get(name)
        if known is not None:
            shared = self._shared_ticket(name)
            if shared is not None:
                return Future._of(self, shared)
        if self.status != "running":
            self._refuse_closed()
        if key is not None:
            check_key(key)
        program, sources, constants = traced(function, args, kwargs, _ticket_of)
        notes = self._notes(workers, resources, retries, priority, allow_other_workers)
        ticket = Ticket(self, name)
        self._tickets[name] = ticket
        item = ticket, program, sources, constants, notes
        if notes is None:
            self._run.submit(item)
        else:
            self._admit(item)
        return Future._of(self, ticket)

    def _admit(self, item: Any) -> None:
        try:
            self._run.admit_now(item)
        except BaseException:
            self._tickets.pop(item[0].key, None)
            raise

    def _notes(
        self, workers: Any, resources: Any, retries: Any, priority: Any, allow_other_workers: bool
    ) -> dict[str, Any] | None:
        """The annotations of a task: what the call says, and the context; None if there are none."""
        around = get_annotations()
        if workers is None and not resources and not retries and not priority and not around:
            return None
        notes: dict[str, Any] = {
            name: value
            for name, value in around.items()
            if name in ("priority", "retries", "resources", "workers", "allow_other_workers", "timeout")
            and value is not None
        }
        if retries:
            if not isinstance(retries, int) or retries < 0:
                raise ValueError(f"retries must be a whole number, 0 or more, not {retries!r}")
            notes["retries"] = retries
        if priority:
            if not isinstance(priority, (int, float)) or isinstance(priority, bool):
                raise TypeError(f"a priority is a number, not {priority!r}")
            notes["priority"] = round(priority)
        if resources:
            if not isinstance(resources, Mapping):
                raise TypeError(f"resources= takes a mapping such as {{'GPU': 1}}, not {resources!r}")
            notes["resources"] = dict(resources)
        if workers is not None:
            notes["workers"] = workers
        if notes.get("workers") is not None:
            notes["workers"] = self.cluster.numbers_of(notes["workers"], lenient=allow_other_workers)
            if allow_other_workers:
                del notes["workers"]
        elif allow_other_workers:
            raise ValueError("allow_other_workers=True makes sense with workers= only")
        return notes or None

    def map(
        self,
        func: Callable[..., Any],
        *iterables: Any,
        key: Any = None,
        workers: Any = None,
        retries: int | None = None,
        resources: Mapping[str, float] | None = None,
        priority: int = 0,
        allow_other_workers: bool = False,
        fifo_timeout: str | float = "100 ms",
        actor: bool = False,
        actors: bool = False,
        pure: bool = True,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """Run a function for each item of an iterable, or of several side by side; gives a list of futures.

        Parameters
        ----------
        func : callable
        *iterables
            As of the builtin ``map``: it ends with the shortest.
        key : str or list, optional
            What the keys begin with, or all keys.
        batch_size : int, optional
            Submit so many at a time, so that a long iterable's first tasks run while the rest is read.
        **kwargs
            Further arguments of each call.
        workers, retries, resources, priority, allow_other_workers, fifo_timeout, actor, actors, pure
            As of :meth:`submit`.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.gather(client.map(pow, [2, 3], [3, 2]))
        [8, 9]
        """
        if not iterables:
            raise TypeError("map() takes a function and at least one iterable")
        for each in iterables:
            if type(each).__name__ == "Queue" and hasattr(each, "get") and hasattr(each, "qsize"):
                raise TypeError("map() of a queue is not offered: take items out of it and submit() them")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size!r}")
        calls: Iterable[tuple[Any, ...]] = zip(*iterables)
        function = function_of(func)
        if actor or actors:
            return [
                self._submit_actor(func, args, kwargs, key=None, workers=workers, resources=resources) for args in calls
            ]
        if self.status != "running":
            self._refuse_closed()
        notes = self._notes(workers, resources, retries, priority, allow_other_workers)
        keys: Iterator[Any] | None = None
        prefix = None
        if isinstance(key, list):
            calls = list(calls)
            if len(key) != len(calls):
                raise ValueError(f"map() was given {len(key)} keys for {len(calls)} calls")
            keys = iter(key)
        elif key is not None:
            prefix = str(key)
        if kwargs:
            kwargs = {name: self._large(value) for name, value in kwargs.items()}
        made: list[Any] = []
        items: list[Any] = []
        tickets = self._tickets
        for args in calls:
            if keys is not None:
                name = next(keys)
                check_key(name)
            elif prefix is None:
                name = key_of(function, args, kwargs, pure)
            elif pure:
                name = f"{prefix}-{tokenize(function.token, args, kwargs)}"
            else:
                name = fresh_name(prefix)
            known = self._shared_ticket(name) if name in tickets else None
            if known is None:
                program, sources, constants = traced(function, args, kwargs, _ticket_of)
                known = tickets[name] = Ticket(self, name)
                items.append((known, program, sources, constants, notes))
            made.append(Future._of(self, known))
            if batch_size is not None and len(items) >= batch_size:
                self._submit_items(items, notes)
                items = []
        self._submit_items(items, notes)
        return made

    def _submit_items(self, items: list[Any], notes: Any) -> None:
        if not items:
            return
        if notes is None:
            self._run.submit_all(items)
            return
        self._admit(items[0])
        for item in items[1:]:
            self._admit(item)

    def _large(self, value: Any) -> Any:
        """A large argument of many calls as a future, so that it is kept, and travels, once."""
        nbytes = getattr(value, "nbytes", 0)
        return self._scatter_one(value, None, True) if isinstance(nbytes, int) and nbytes > 1 << 16 else value

    def _refuse_closed(self) -> None:
        raise BackendError("the client is closed: make a new one")

    # -- results --------------------------------------------------------------------------------------------------------

    def gather(
        self, futures: Any, errors: str = "raise", direct: bool | None = None, asynchronous: bool | None = None
    ) -> Any:
        """The results of futures, in the shape in which these are given.

        Parameters
        ----------
        futures : future, or nested lists, tuples, sets and dicts of futures
        errors : {"raise", "skip"}
            What becomes of futures without a result: the first error is raised, or they are left out.
        direct : bool, optional
            Not needed: results never pass through a scheduler.
        asynchronous : bool, optional
            Give something to be awaited; by default what the client is.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.gather({"x": client.submit(abs, -1), "y": [client.submit(abs, -2)]})
        {'x': 1, 'y': [2]}
        """
        if errors not in ("raise", "skip"):
            raise ValueError(f"errors= takes 'raise' or 'skip', not {errors!r}")
        if hasattr(futures, "get") and hasattr(futures, "qsize"):
            raise TypeError("gather() of a queue is not offered: take the futures out of it first")
        if isinstance(futures, Iterator):
            futures = list(futures)
        if self.asynchronous if asynchronous is None else asynchronous:
            return self._gather_async(futures, errors)
        tickets = self._tickets_in(futures)
        countdown = await_all(self._run, tickets, on_error=errors == "raise")
        if countdown is not None:
            try:
                countdown.bell.wait()
            except BaseException:
                self._run.unwatch(tickets, countdown)
                raise
        return self._results(futures, tickets, errors)

    async def _gather_async(self, futures: Any, errors: str) -> Any:
        tickets = self._tickets_in(futures)
        countdown = await_all(self._run, tickets, on_error=errors == "raise")
        if countdown is not None:
            await countdown.bell.wait_async()
        return self._results(futures, tickets, errors)

    def _tickets_in(self, futures: Any) -> list[Ticket]:
        if type(futures) is list and all(type(each) is Future for each in futures):
            return [each._ticket or each._bound() for each in futures]
        found: list[Ticket] = []
        _collect(futures, found)
        return found

    def _results(self, futures: Any, tickets: list[Ticket], errors: str) -> Any:
        if errors == "raise":
            for ticket in tickets:
                if ticket.status in BAD:
                    raise problem_of(ticket)
        values = self._run.fetch_all([ticket for ticket in tickets if ticket.status == "finished"])
        if any(hasattr(kind, "__weft_bound__") for kind in set(map(type, values))):
            values = [each.__weft_bound__(self) if hasattr(type(each), "__weft_bound__") else each for each in values]
        if type(futures) is list and len(values) == len(futures) and all(type(each) is Future for each in futures):
            return values
        known = dict(zip([id(ticket) for ticket in tickets if ticket.status == "finished"], values))
        return _put_back(futures, known)

    def scatter(
        self,
        data: Any,
        workers: Any = None,
        broadcast: bool | int = False,
        direct: bool | None = None,
        hash: bool = True,
        timeout: float | str | None = None,
        asynchronous: bool | None = None,
    ) -> Any:
        """Put values where workers can read them; gives futures of them.

        Parameters
        ----------
        data : list, tuple, set, dict or object
            Of a list, tuple or set each item is a value, and the futures come in one like it. Of a dict the values are,
            and its keys are the keys. Anything else is one value.
        workers : str, int or list, optional
            Checked, but not needed: all workers of a machine see the same memory.
        broadcast : bool or int
            Not needed, for the same reason.
        hash : bool
            Equal values are one future.
        timeout : float or str, optional
            Not needed: the call itself stores the data.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     data = client.scatter([1, 2, 3])
        ...     client.submit(sum, data).result()
        6
        """
        if hasattr(data, "get") and hasattr(data, "qsize"):
            raise TypeError("scatter() of a queue is not offered: take the items out of it first")
        if isinstance(data, Iterator):
            raise TypeError("scatter() of an iterator is not offered: make a list of it first")
        if workers is not None:
            self.cluster.numbers_of(workers)
        if self.asynchronous if asynchronous is None else asynchronous:
            from weft.distributed.pausing import in_thread

            return in_thread(self._scatter, data, hash)
        return self._scatter(data, hash)

    def _scatter(self, data: Any, hash: bool) -> Any:
        if self.status != "running":
            self._refuse_closed()
        if isinstance(data, dict) and all(isinstance(key, (str, bytes, tuple, int, float)) for key in data):
            return {key: self._scatter_one(value, key, hash) for key, value in data.items()}
        if type(data) in (list, tuple, set, frozenset):
            return type(data)(self._scatter_one(value, None, hash) for value in data)
        return self._scatter_one(data, None, hash)

    def _scatter_one(self, value: Any, key: Key | None, hash: bool) -> Future:
        if isinstance(value, Future):
            return value
        if key is None:
            label = type(value).__name__
            key = f"{label}-{tokenize(value)}" if hash else fresh_name(label)
        ticket = self._shared_ticket(key)
        if ticket is None:
            ticket = self._tickets[key] = Ticket(self, key)
            try:
                self._run.scatter(ticket, value)
            except BaseException:
                self._tickets.pop(key, None)
                raise
        return Future._of(self, ticket)

    def cancel(
        self,
        futures: Any,
        asynchronous: bool | None = None,
        force: bool = False,
        reason: str | None = None,
        msg: str | None = None,
    ) -> Any:
        """Cancel tasks: they are not run, or stopped, and so is all that needs them.

        Parameters
        ----------
        futures : future, collection, or container of those
        force : bool
            Even if other clients have futures of them.
        reason, msg : str, optional
            Part of what their futures raise.
        """
        from weft.distributed.waiting import futures_of

        found = [future for future in futures_of(futures) if future._ticket is not None]
        return later(self, self._run.cancel, [future._bound() for future in found], force=force, reason=msg or reason)

    def retry(self, futures: Any, asynchronous: bool | None = None) -> Any:
        """Have failed tasks run again."""
        from weft.distributed.waiting import futures_of

        return later(self, self._run.retry, [future._bound() for future in futures_of(futures)])

    def get_executor(self, **kwargs: Any) -> Any:
        """A ``concurrent.futures.Executor`` that runs on the cluster.

        Parameters
        ----------
        **kwargs
            ``workers``, ``resources``, ``retries``, ``priority``, ``allow_other_workers``, ``pure`` of each task.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client, client.get_executor() as executor:
        ...     list(executor.map(abs, [-1, -2]))
        [1, 2]
        """
        from weft.distributed.executor import ClientExecutor

        return ClientExecutor(self, **kwargs)

    def _submit_actor(self, cls: Any, args: Any, kwargs: Any, **options: Any) -> Future:
        from weft.distributed.actors import submit_actor

        return submit_actor(self, cls, args, kwargs, **options)

    # -- its life -------------------------------------------------------------------------------------------------------

    @classmethod
    def current(cls, allow_global: bool = True) -> Client:
        """The current client: of the task, the context, or the process.

        Raises
        ------
        ValueError
            There is none.
        """
        client = current_client(allow_global)
        if client is None:
            raise ValueError("there is no current client: make one first, e.g. `client = Client()`")
        return client  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def as_current(self) -> Iterator[Client]:
        """Inside this context, this is the current client."""
        from weft.execution.current import CURRENT

        token, other = IN_CONTEXT.set(self), CURRENT.set(self.weft_backend)
        try:
            yield self
        finally:
            IN_CONTEXT.reset(token)
            CURRENT.reset(other)

    def start(self, **kwargs: Any) -> Any:
        """Nothing to do: a client is ready when it is made."""
        if kwargs:
            raise TypeError(f"start() takes no argument {next(iter(kwargs))!r}")
        return self._itself() if self.asynchronous else self

    async def _itself(self) -> Client:
        return self

    def sync(
        self,
        func: Callable[..., Any],
        *args: Any,
        asynchronous: bool | None = None,
        callback_timeout: Any = None,
        **kwargs: Any,
    ) -> Any:
        """The result of a function, or of the coroutine that it gives; to be awaited if the client is asynchronous."""
        import asyncio
        import inspect

        found = func(*args, **kwargs)
        if not inspect.isawaitable(found):
            return found
        if self.asynchronous if asynchronous is None else asynchronous:
            return found

        async def awaited() -> Any:
            return await found

        return asyncio.run(asyncio.wait_for(awaited(), seconds(callback_timeout)))

    def close(self, timeout: float | str | None = None) -> Any:
        """Let go of all futures; ends the cluster if the client made it."""
        return later(self, self._close)

    def _close(self) -> None:
        if self.status == "closed":
            return
        self.status = "closed"
        remove_default(self)
        self._unforward_all()
        for _, future in self._on_the_way:
            future.release()
        self._on_the_way.clear()
        if self._owns_cluster:
            self.cluster._close()
        else:
            self._run.leave(self, list(self._tickets.values()))
        self.cluster.remove_client(self)
        if self._callbacks is not None:
            self._callbacks.shutdown(wait=False)

    def shutdown(self) -> Any:
        """End the cluster, whoever made it, and close the client."""
        return later(self, self._shutdown)

    def _shutdown(self) -> None:
        self.cluster._close()
        self._close()

    def __enter__(self) -> Client:
        if self.asynchronous:
            raise TypeError("this client is asynchronous: use `async with`, or make it without asynchronous=True")
        return self

    def __exit__(self, *exc: Any) -> None:
        self._close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await later(self, self._close) if self.asynchronous else self._close()

    def __await__(self) -> Generator[Any, Any, Client]:
        return self._itself().__await__()

    def __del__(self) -> None:
        if getattr(self, "status", None) == "running" and not sys.is_finalizing():
            try:
                self._close()
            except Exception:
                print_problem()

    def __reduce__(self) -> Any:
        return _client_again, (self._address(),)

    def __repr__(self) -> str:
        if self.status != "running":
            return f"<Client: {self.status}>"
        return str(self.cluster.describe("Client"))

    def _repr_html_(self) -> str:
        import html

        return f"<div><h3>Client</h3><p>{html.escape(self.id)}</p><pre>{html.escape(repr(self))}</pre></div>"


def _client_again(address: str) -> Any:
    from weft.distributed.current import client_at

    return client_at(address)


def _collect(value: Any, found: list[Ticket]) -> None:
    """The tickets in nested containers, in order."""
    kind = type(value)
    if kind is Future:
        found.append(value._bound())
    elif kind in (list, tuple, set, frozenset):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)


def _is_gone(value: Any, known: dict[int, Any]) -> bool:
    return type(value) is Future and id(value._ticket) not in known


def _put_back(value: Any, known: dict[int, Any]) -> Any:
    """Nested containers with results in the places of futures, without those that have none."""
    kind = type(value)
    if kind is Future:
        return known.get(id(value._ticket))
    if kind in (list, tuple, set, frozenset):
        return kind([_put_back(item, known) for item in value if not _is_gone(item, known)])
    if isinstance(value, dict):
        return {key: _put_back(item, known) for key, item in value.items() if not _is_gone(item, known)}
    return value


def _refuse(**options: Any) -> None:
    reasons = {
        "loop": "clients need no event loop of yours",
        "scheduler_file": "there are no scheduler processes to connect to: give a cluster, or use Ray (Client(engine='ray'))",
        "heartbeat_interval": "workers are watched by the system, not by heartbeats",
        "serializers": "values travel by pickle 5 and shared memory: register with copyreg what cannot be pickled",
        "deserializers": "values travel by pickle 5 and shared memory: register with copyreg what cannot be pickled",
        "extensions": "clients take no extensions",
    }
    for name, value in options.items():
        if value is not None:
            raise BackendError(f"{name}={value!r}: {reasons[name]}")


def get_client(address: str | None = None, timeout: float | str | None = None, resolve_address: bool = True) -> Client:
    """The client of the current task, or the current client.

    In a task it submits to the cluster that runs the task. Waiting for results there is fine: a task that waits steps
    aside.

    Raises
    ------
    ValueError
        There is none, or it belongs to another cluster than the one asked for.
    """
    client = current_client()
    if client is None:
        raise ValueError("no client found: make one first, e.g. `client = Client()`")
    if address is not None and client._address() != address:
        from weft.distributed.current import client_at

        client = client_at(address)
        if client._address() != address:
            raise ValueError(f"no client of this process belongs to {address!r}")
    return client  # type: ignore[no-any-return]


def default_client(c: Client | None = None) -> Client:
    """The client that is given, or else the current one.

    Raises
    ------
    ValueError
        There is none.
    """
    if c is not None:
        return c
    return Client.current()
