"""How a client brings results back, and puts values where workers read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from weft.backends.tickets import BAD, Ticket
from weft.distributed.future import Future, problem_of
from weft.distributed.pausing import in_thread
from weft.distributed.waiting import await_all
from weft.physical.call import fresh_name
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["DataMethods"]


class DataMethods:
    """What a client does with values."""

    _tickets: dict[Key, Ticket]
    _run: Any
    cluster: Any
    status: str
    asynchronous: bool
    _shared_ticket: Callable[[Key], Ticket | None]
    _refuse_closed: Callable[[], None]

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
            except BaseException:  # an interrupt: nobody listens any more
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
            return in_thread(self._scatter, data, hash)
        return self._scatter(data, hash)

    def _scatter(self, data: Any, hash: bool) -> Any:
        if self.status != "running":
            self._refuse_closed()
        if isinstance(data, dict) and all(isinstance(key, (str, bytes, tuple, int, float)) for key in data):
            return {key: self._scatter_one(value, key, hash) for key, value in data.items()}
        if isinstance(data, range):
            data = list(data)
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
            except BaseException:  # also an interrupt: a ticket that nothing will serve must not be found again
                self._tickets.pop(key, None)
                raise
        return Future._of(self, ticket)


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
