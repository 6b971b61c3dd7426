"""Waiting for several futures: ``wait``, ``as_completed``, and how results are gathered."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from time import monotonic
from typing import Any, NamedTuple

from weft.backends.live import BAD, ERROR, FINISHED, PENDING, HeldTicket, Ticket
from weft.distributed.future import Future, problem_of, value_of
from weft.distributed.pausing import Bell, seconds
from weft.execution.containers import taken_apart

__all__ = ["DoneAndNotDoneFutures", "as_completed", "await_all", "fire_and_forget", "futures_of", "wait"]


class DoneAndNotDoneFutures(NamedTuple):
    """What :func:`wait` gives."""

    done: set[Future]
    not_done: set[Future]


class Countdown:
    """Rings when all of some tasks have come to their end, or the first, or the first with an error."""

    __slots__ = ("bell", "first", "guard", "left", "on_error")

    def __init__(self, count: int, *, first: bool = False, on_error: bool = False) -> None:
        self.left = count
        self.first = first
        self.on_error = on_error
        self.bell = Bell()
        self.guard = allocate_lock()

    def __call__(self, ticket: Ticket) -> None:
        with self.guard:
            self.left -= 1
            ring = not self.left
        if ring or self.first or (self.on_error and ticket.status in BAD):
            self.bell.ring()


def await_all(run: Any, tickets: list[Ticket], *, first: bool = False, on_error: bool = False) -> Countdown | None:
    """A countdown for tasks that have not come to their end; None if there is nothing to wait for."""
    open_ones = [ticket for ticket in tickets if ticket.status == PENDING]
    if not open_ones or (first and len(open_ones) < len(tickets)):
        return None
    if on_error and any(ticket.status in BAD for ticket in tickets):
        return None
    countdown = Countdown(len(open_ones), first=first, on_error=on_error)
    for ticket in run.watch_all(open_ones, countdown):
        countdown(ticket)
    return countdown


def _futures_in(fs: Any) -> list[Future]:
    if isinstance(fs, Future):
        return [fs]
    found = futures_of(fs)
    if not found and not isinstance(fs, (list, tuple, set, frozenset, dict)):
        fs = list(fs)
        found = futures_of(fs)
    return found


def wait(fs: Any, timeout: float | str | None = None, return_when: str = "ALL_COMPLETED") -> Any:
    """Wait until futures have come to their end.

    Parameters
    ----------
    fs : future, collection, or container of those
    timeout : float or str, optional
        Seconds, or text such as ``"10s"``.
    return_when : {"ALL_COMPLETED", "FIRST_COMPLETED"}

    Returns
    -------
    DoneAndNotDoneFutures
        A named tuple of two sets, ``done`` and ``not_done``.

    Raises
    ------
    TimeoutError
        They are not done in time.
    CancelledError
        One of those that were waited for was cancelled.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     done, not_done = wait(client.map(abs, [-1, -2]))
    ...     len(done), len(not_done)
    (2, 0)
    """
    if return_when not in ("ALL_COMPLETED", "FIRST_COMPLETED"):
        raise NotImplementedError(f"return_when takes 'ALL_COMPLETED' or 'FIRST_COMPLETED', not {return_when!r}")
    futures = _futures_in(fs)
    if not futures:
        return DoneAndNotDoneFutures(set(), set())
    client = futures[0].client
    if client.asynchronous:
        return _wait_async(futures, timeout, return_when)
    limit = seconds(timeout)
    for mine, group in _by_run(futures).values():
        tickets = [future._bound() for future in group]
        countdown = await_all(mine, tickets, first=return_when == "FIRST_COMPLETED")
        if countdown is not None and not countdown.bell.wait(limit):
            mine.unwatch(tickets, countdown)
            raise TimeoutError(f"{countdown.left} of {len(futures)} futures have not finished within {timeout} s")
    return _sorted(futures)


async def _wait_async(futures: list[Future], timeout: float | str | None, return_when: str) -> DoneAndNotDoneFutures:
    for mine, group in _by_run(futures).values():
        tickets = [future._bound() for future in group]
        countdown = await_all(mine, tickets, first=return_when == "FIRST_COMPLETED")
        if countdown is not None and not await countdown.bell.wait_async(seconds(timeout)):
            mine.unwatch(tickets, countdown)
            raise TimeoutError(f"{countdown.left} of {len(futures)} futures have not finished within {timeout} s")
    return _sorted(futures)


def _by_run(futures: list[Future]) -> dict[int, tuple[Any, list[Future]]]:
    groups: dict[int, tuple[Any, list[Future]]] = {}
    for future in futures:
        run = future.client._run
        groups.setdefault(id(run), (run, []))[1].append(future)
    return groups


def _sorted(futures: list[Future]) -> DoneAndNotDoneFutures:
    for future in futures:
        if future.status in ("cancelled", "lost"):
            raise problem_of(future._bound()) if future._ticket is not None else future_gone(future)
    done = {future for future in futures if future.status != PENDING}
    return DoneAndNotDoneFutures(done, set(futures) - done)


def future_gone(future: Future) -> BaseException:
    from weft.distributed.future import FutureCancelledError

    return FutureCancelledError(future.key)


class as_completed:  # noqa: N801
    """Futures in the order in which they come to their end.

    Parameters
    ----------
    futures : iterable of futures, optional
        More can be added while it is iterated over.
    loop : None
        Not used: futures belong to their client.
    with_results : bool
        Give pairs of a future and its result.
    raise_errors : bool
        With results: raise what a task raised. Otherwise its exception stands in the place of the result, as a triple of
        type, exception and traceback.
    timeout : float or str, optional
        Seconds from now on, after which the iteration raises TimeoutError.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     for future, result in as_completed(client.map(abs, [-1]), with_results=True):
    ...         print(result)
    1
    """

    def __init__(
        self,
        futures: Iterable[Future] | None = None,
        loop: Any = None,
        with_results: bool = False,
        raise_errors: bool = True,
        *,
        timeout: float | str | None = None,
    ) -> None:
        self.with_results = with_results
        self.raise_errors = raise_errors
        limit = seconds(timeout)
        self._end = None if limit is None else monotonic() + limit
        self._timeout = timeout
        self._guard = allocate_lock()
        self._bell = Bell()
        self._ready: deque[Future] = deque()
        self._waiting: dict[int, list[Future]] = {}  # by id of the ticket
        self._known: dict[int, Ticket] = {}
        self._nwaiting = 0
        if futures is not None:
            self.update(futures)

    def _ended(self, ticket: Ticket) -> None:
        with self._guard:
            futures = self._waiting.pop(id(ticket), None)
            self._known.pop(id(ticket), None)
            if futures is None:
                return
            self._nwaiting -= len(futures)
            self._ready.extend(futures)
        self._bell.ring()

    def update(self, futures: Iterable[Future]) -> None:
        """Add several futures."""
        fresh: dict[int, tuple[Any, list[Ticket]]] = {}
        for future in list(futures):
            if not isinstance(future, Future):
                raise TypeError(f"as_completed() takes futures, not {future!r} (a {type(future).__name__})")
            ticket = future._bound()
            with self._guard:
                self._nwaiting += 1
                there = self._waiting.setdefault(id(ticket), [])
                there.append(future)
                if len(there) > 1:
                    continue
                self._known[id(ticket)] = ticket
            run = future.client._run
            fresh.setdefault(id(run), (run, []))[1].append(ticket)
        for run, tickets in fresh.values():
            for ticket in run.watch_all(tickets, self._ended):
                self._ended(ticket)

    def add(self, future: Future) -> None:
        """Add a future."""
        self.update([future])

    def is_empty(self) -> bool:
        """Whether all futures were given."""
        return not self.count()

    def has_ready(self) -> bool:
        """Whether there is a future that can be had without waiting."""
        return bool(self._ready)

    def count(self) -> int:
        """Futures that were not given yet."""
        with self._guard:
            return self._nwaiting + len(self._ready)

    def clear(self) -> None:
        """Forget all futures."""
        with self._guard:
            self._waiting.clear()
            self._known.clear()
            self._ready.clear()
            self._nwaiting = 0

    def _left(self) -> float | None:
        return None if self._end is None else self._end - monotonic()

    def _take(self) -> Future | None:
        with self._guard:
            if self._ready:
                return self._ready.popleft()
            self._bell.clear()
            if not self._nwaiting:
                raise StopIteration
        return None

    def _late(self) -> TimeoutError:
        return TimeoutError(f"{self.count()} futures have not finished within {self._timeout} s")

    def _next(self) -> Future:
        while True:
            future = self._take()
            if future is not None:
                return future
            left = self._left()
            if (left is not None and left <= 0) or not self._bell.wait(left):
                raise self._late()

    def _given(self, future: Future) -> Any:
        if not self.with_results:
            return future
        ticket = future._bound()
        if ticket.status == FINISHED:
            return future, value_of(future.client, ticket)
        problem = problem_of(ticket)
        if self.raise_errors:
            raise problem
        if ticket.status == ERROR:
            return future, (type(problem), problem, problem.__traceback__)
        return future, problem

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._given(self._next())

    def next(self) -> Any:
        """The next future; waits for it."""
        return next(self)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        while True:
            try:
                future = self._take()
            except StopIteration:
                raise StopAsyncIteration from None
            if future is not None:
                return self._given(future)
            left = self._left()
            if (left is not None and left <= 0) or not await self._bell.wait_async(left):
                raise self._late()

    def next_batch(self, block: bool = True) -> list[Any]:
        """All futures that are done; with ``block`` at least one, which is waited for."""
        batch = [next(self)] if block else []
        while self._ready:
            batch.append(next(self))
        return batch

    def batches(self) -> Iterator[list[Any]]:
        """Iterate over batches of those that are done."""
        while True:
            try:
                batch = self.next_batch(block=True)
            except StopIteration:
                return
            yield batch


def futures_of(o: Any, client: Any = None) -> list[Future]:
    """The futures in a container, or behind a persisted collection.

    Parameters
    ----------
    o : future, collection, or container
    client : Client, optional
        Only futures of this client are looked for; one that was cancelled is an error then.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     len(futures_of([client.submit(abs, -1), 5]))
    1
    """
    found: dict[int, Future] = {}
    stack = [o]
    seen: set[int] = set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Future):
            found[id(value)] = value
            continue
        kind = type(value)
        if hasattr(kind, "__weft_graph__") and not isinstance(value, type):
            for future in _behind(value):
                found[id(future)] = future
            continue
        parts = taken_apart(value)
        if parts is not None:
            stack.extend(reversed(parts.items))
    futures = list(found.values())
    if client is not None:
        bad = [future for future in futures if future.status == "cancelled"]
        if bad:
            raise future_gone(bad[0])
    return futures


def _behind(collection: Any) -> list[Future]:
    """Futures that a collection's graph reads."""
    graph = collection.__weft_graph__()
    data = getattr(graph, "data", None)
    values = data.values() if data is not None else graph.values()
    return [value.future for value in values if isinstance(value, HeldTicket)]


def fire_and_forget(obj: Any) -> None:
    """See to it that tasks are run, even if nobody keeps their futures.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     fire_and_forget(client.submit(abs, -1))
    """
    for future in futures_of(obj):
        future.client._run.keep_until_done(future._bound())
