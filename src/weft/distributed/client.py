"""The client: submit functions as you go, and get futures. HOT: :meth:`Client.submit`.

What a client can do stands in groups of methods, one file each: tasks, data, collections, the cluster, what clients
share. A client belongs to one cluster; in a task of a worker process it speaks with the cluster by messages, everywhere
else it calls.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

from weft.backends.live import Ticket
from weft.distributed.choosing import cluster_for
from weft.distributed.collections import CollectionMethods
from weft.distributed.current import IN_CONTEXT, current_client, remove_default, set_default
from weft.distributed.data import DataMethods
from weft.distributed.future import Future, FutureCancelledError, later, print_problem
from weft.distributed.managing import ManagingMethods
from weft.distributed.options import refuse_client_options
from weft.distributed.pausing import Reply, as_asynchronous, awaited_here, is_awaiting, seconds
from weft.distributed.sharing import SharingMethods
from weft.distributed.tasks import TaskMethods
from weft.distributed.waiting import as_completed, fire_and_forget, futures_of, wait
from weft.errors import BackendError
from weft.typing import Key

__all__ = ["Client", "Future", "as_completed", "default_client", "fire_and_forget", "futures_of", "get_client", "wait"]

#: Futures that were sent elsewhere are kept so long here, in seconds, that whoever gets them can take hold of them.
ON_THE_WAY_S = 30.0


class Client(TaskMethods, DataMethods, CollectionMethods, ManagingMethods, SharingMethods):
    """Where functions are submitted and results come from.

    Parameters
    ----------
    address : LocalCluster, str or executor, optional
        The cluster, or its address if it is one of this process; or a ``concurrent.futures.Executor``, which becomes one
        (``n_workers=`` and ``directory=`` say more). By default a new :class:`LocalCluster` is made, which takes ``**kwargs``
        (``n_workers``, ``threads_per_worker``, ``processes``, ``memory_limit``...), and is closed with the client.
    timeout : float or str, optional
        How long :meth:`wait_for_workers` and the like wait unless they are told.
    set_as_default : bool
        While it is open, ``compute()`` and ``persist()`` of all collections use it.
    asynchronous : bool
        Methods that would wait give something to be awaited.
    name : str, optional
        Part of the client's id.
    engine : {"processes", "threads", "inline", "ray"}, optional
        What runs the tasks, if no cluster is given; ``processes=`` says it, too. With ``"ray"`` the address is that of a Ray
        cluster (``"auto"``, ``"ray://host:10001"``); without one a Ray is started here. See :class:`RayCluster`.
    direct_to_workers, connection_limit
        Without effect, since there are no connections: results lie in memory that the client reads.
    loop, scheduler_file, security, heartbeat_interval, serializers, deserializers, extensions
        Not offered: they raise, and say what to do instead.

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
        refuse_client_options(
            loop=loop, scheduler_file=scheduler_file, heartbeat_interval=heartbeat_interval, serializers=serializers,
            deserializers=deserializers, extensions=extensions or None,
        )  # fmt: skip
        self.id = f"Client-{name + '-' if name else ''}{os.urandom(6).hex()}"
        self.name = name
        self._asynchronous = bool(asynchronous)
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
        client._asynchronous = False
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
        # tasks are written under the run's lock, where their futures hold themselves: to take the lock again would never end
        again = future if self._run.is_busy() else Future._of(self, self._held_again(future._bound()))
        mine.append((now, again))

    def _call_back(self, function: Callable[[Any], Any], future: Future) -> None:
        """Call a user's callback in a thread of its own, one after the other."""
        with self._guard:
            if self._callbacks is None:
                from concurrent.futures import ThreadPoolExecutor

                self._callbacks = ThreadPoolExecutor(1, thread_name_prefix="weft-callbacks")

        def call() -> None:
            try:
                function(future)
            except BaseException:  # of a user's function, whatever it is: the next ones are called all the same
                print_problem()

        self._callbacks.submit(call)

    def _ask(self, op: str, *args: Any) -> Reply:
        """Ask the cluster something."""
        reply = Reply()
        self.cluster.ask(op, args, reply, self.id)
        return reply

    def _listen(self, topic: str, call: Callable[[Any], None]) -> str:
        return str(self.cluster.listen(self, topic, call))

    def _refuse_closed(self) -> None:
        raise BackendError("the client is closed: make a new one")

    # -- results --------------------------------------------------------------------------------------------------------

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

    @property
    def asynchronous(self) -> bool:  # type: ignore[override]
        """Whether methods give something to be awaited."""
        return self._asynchronous or is_awaiting(self)

    def sync(
        self,
        func: Callable[..., Any],
        *args: Any,
        asynchronous: bool | None = None,
        callback_timeout: Any = None,
        **kwargs: Any,
    ) -> Any:
        """The result of a function, or of the coroutine that it gives; to be awaited if the client is asynchronous.

        In a coroutine function the client is asynchronous for that time: ``await client.gather(futures)``.
        """
        import inspect

        if inspect.iscoroutinefunction(func):
            found = as_asynchronous(self, func, args, kwargs)
        elif not inspect.isawaitable(found := func(*args, **kwargs)):
            return found
        if self.asynchronous if asynchronous is None else asynchronous:
            return found
        return awaited_here(found, seconds(callback_timeout))

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
            except Exception:  # nothing can be raised while Python takes an object away
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
