"""How a client has functions run: submit, map, cancel, retry. HOT: :meth:`TaskMethods.submit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from weft.backends.tickets import Ticket
from weft.distributed.calls import function_of, key_of, traced
from weft.distributed.future import Future, later
from weft.errors import BackendError
from weft.graph.annotations import get_annotations
from weft.graph.key import check_key
from weft.physical.call import fresh_name
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["TaskMethods"]


def _ticket_of(value: Any) -> Ticket | None:
    """The ticket of a future; None of all else."""
    return value._bound() if type(value) is Future else None


class TaskMethods:
    """What a client does with functions."""

    _tickets: dict[Key, Ticket]
    _run: Any
    cluster: Any
    status: str
    asynchronous: bool
    _shared_ticket: Callable[[Key], Ticket | None]
    _refuse_closed: Callable[[], None]
    _scatter_one: Callable[..., Future]

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
            if retries:
                raise BackendError(f"retries={retries!r}: an actor is made once; have its __init__ try again")
            return self._submit_actor(func, args, kwargs, key=key, workers=workers, resources=resources)
        if key is None:
            name: Key = key_of(function, args, kwargs, pure)
        else:
            check_key(key)
            name = key
        notes = self._notes(workers, resources, retries, priority, allow_other_workers)
        known = self._tickets.get(name)
        if known is not None:
            shared = self._shared_ticket(name)
            if shared is not None:
                return Future._of(self, shared)
        if self.status != "running":
            self._refuse_closed()
        program, sources, constants = traced(function, args, kwargs, _ticket_of)
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
        except BaseException:  # also an interrupt: a ticket that nothing will serve must not be found again
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
