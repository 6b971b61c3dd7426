"""Futures: handles of results that are made, or will be, on a cluster."""

from __future__ import annotations

import asyncio
import copy
import sys
import traceback as tracebacks
from collections.abc import Callable, Generator
from typing import Any

from weft.backends.live import CANCELLED, ERROR, FINISHED, LOST, PENDING, HeldTicket, Ticket
from weft.distributed.current import current_client
from weft.distributed.pausing import Bell, in_thread, seconds
from weft.errors import CancelledError
from weft.physical.call import Data
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["Future", "FutureCancelledError", "ended", "value_of"]


class FutureCancelledError(CancelledError):
    """The future was cancelled, or the cluster was closed, before the result was fetched."""

    def __init__(self, key: Any = None, reason: str | None = None, msg: str | None = None) -> None:
        self.key = key
        self.reason = reason
        super().__init__(msg or f"{key!r} was cancelled" + (f": {reason}" if reason else ""))

    def __reduce__(self) -> Any:
        return FutureCancelledError, (self.key, self.reason, str(self))


class Future:
    """The handle of a result on a cluster.

    Clients make futures (:meth:`Client.submit` and its like). ``Future(key)`` is another handle of one that the current
    client, or another client of its cluster, has.

    While there is a future, its result is kept. When the last one goes, so does the result, and a task that has not
    begun is not run.

    Parameters
    ----------
    key : str or tuple
    client : Client, optional
        The current one by default.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     future = client.submit(pow, 2, 10)
    ...     future.result(), future.status
    (1024, 'finished')
    """

    __slots__ = ("__weakref__", "_client", "_held", "_key", "_ticket")

    def __init__(self, key: Key | Future, client: Any = None) -> None:
        if isinstance(key, Future):
            key = key.key
        self._held: Any = None
        self._key = key
        self._ticket: Ticket | None = None
        self._client = client
        if client is None:
            client = current_client()
        if client is not None:
            self._client = client
            self._ticket = client._ticket_for(key)

    @classmethod
    def _of(cls, client: Any, ticket: Ticket) -> Future:
        made = cls.__new__(cls)
        made._held = None
        made._client = client
        made._ticket = ticket
        made._key = ticket.key
        return made

    def __del__(self) -> None:
        try:
            ticket = self._ticket
            if ticket is not None and not sys.is_finalizing():
                self._ticket = None
                self._client._run.release(ticket)
        except AttributeError:  # it was never made
            pass

    def _bound(self) -> Ticket:
        ticket = self._ticket
        if ticket is None:
            if self._client is None:
                client = current_client()
                if client is not None:
                    self.bind_client(client)
                    return self._bound()
            raise FutureCancelledError(
                self._key, msg=f"the future {self._key!r} was released, or belongs to no client: submit it again"
            )
        return ticket

    # -- how it stands --------------------------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """The key of the task."""
        return self._key

    @property
    def client(self) -> Any:
        """The client that it belongs to."""
        return self._client

    @property
    def executor(self) -> Any:
        """The client that it belongs to."""
        return self._client

    @property
    def status(self) -> str:
        """``"pending"``, ``"finished"``, ``"error"``, ``"cancelled"`` or ``"lost"``."""
        ticket = self._ticket
        return CANCELLED if ticket is None else ticket.status

    @property
    def type(self) -> Any:
        """The class of the result, once it is there."""
        return self._client._type_of(self._bound())

    def done(self) -> bool:
        """Whether the task has come to its end, by whatever way."""
        return self.status != PENDING

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.status == CANCELLED

    # -- waiting --------------------------------------------------------------------------------------------------------

    def _wait(self, timeout: float | str | None = None) -> Ticket:
        ticket = self._bound()
        if ticket.status == PENDING:
            limit = seconds(timeout)
            bell = Bell()
            run = self._client._run

            def ring(_: Any) -> None:
                bell.ring()

            run.watch(ticket, ring)
            if not bell.wait(limit):
                run.unwatch([ticket], ring)
                raise TimeoutError(f"{self._key!r} has not finished within {seconds(timeout):g} s")
        return ticket

    def result(self, timeout: float | str | None = None) -> Any:
        """Wait for the result.

        Parameters
        ----------
        timeout : float or str, optional
            Seconds, or text such as ``"10s"``.

        Raises
        ------
        TimeoutError
            It is not there in time.
        FutureCancelledError
            It was cancelled.
        Exception
            What the task raised.
        """
        if self._client is not None and self._client.asynchronous:
            return self._result_async(timeout)
        return value_of(self._client, self._wait(timeout))

    async def _ended_async(self, timeout: float | str | None = None) -> Ticket:
        ticket = self._bound()
        if ticket.status == PENDING:
            bell = Bell()
            self._client._run.watch(ticket, lambda _: bell.ring())
            if not await bell.wait_async(seconds(timeout)):
                raise TimeoutError(f"{self._key!r} has not finished within {seconds(timeout):g} s")
        return ticket

    async def _result_async(self, timeout: float | str | None = None) -> Any:
        return value_of(self._client, await self._ended_async(timeout))

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._result_async().__await__()

    def exception(self, timeout: float | str | None = None, **kwargs: Any) -> Any:
        """Wait for the end; gives what the task raised, or None.

        Raises
        ------
        FutureCancelledError
            It was cancelled.
        """
        _refuse(kwargs, "exception")
        if self._client is not None and self._client.asynchronous:
            return self._exception_async(timeout)
        return _error_of(self._wait(timeout))

    async def _exception_async(self, timeout: float | str | None) -> Any:
        return _error_of(await self._ended_async(timeout))

    def traceback(self, timeout: float | str | None = None, **kwargs: Any) -> Any:
        """Wait for the end; gives the traceback of what the task raised, or None."""
        _refuse(kwargs, "traceback")
        if self._client is not None and self._client.asynchronous:
            return self._traceback_async(timeout)
        return _traceback_of(self._wait(timeout))

    async def _traceback_async(self, timeout: float | str | None) -> Any:
        return _traceback_of(await self._ended_async(timeout))

    def add_done_callback(self, fn: Callable[[Future], Any]) -> None:
        """Call a function with this future once it is done; in a thread of the client's, or the event loop's."""
        loop = None
        if self._client is not None and self._client.asynchronous:
            loop = asyncio.get_running_loop()

        def call(_: Any) -> None:
            if loop is not None:
                loop.call_soon_threadsafe(fn, self)
                return
            self._client._call_back(fn, self)

        self._client._run.watch(self._bound(), call)

    # -- what may be done with it ---------------------------------------------------------------------------------------

    def cancel(self, reason: str | None = None, msg: str | None = None, **kwargs: Any) -> Any:
        """Cancel the task: it is not run, or stopped, and what needs it is cancelled as well."""
        return self._client.cancel([self], reason=reason, msg=msg, **kwargs)

    def retry(self, **kwargs: Any) -> Any:
        """Have the task run again, if it has failed."""
        return self._client.retry([self], **kwargs)

    def release(self) -> None:
        """Let go of the result: this future is of no use any more."""
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            self._client._run.release(ticket)

    def bind_client(self, client: Any) -> None:
        """Attach a future that belongs to no client, or was released, to one."""
        ticket = client._ticket_for(self._key)  # first: else the result might go with this future
        self.release()
        self._client, self._ticket = client, ticket

    # -- as a collection ------------------------------------------------------------------------------------------------

    def __weft_held__(self) -> HeldTicket:
        """What stands for the result in graphs."""
        if self._held is None:
            other = Future._of(self._client, self._client._held_again(self._bound()))
            self._held = HeldTicket(
                self._client._run, other._bound(), other, lambda: value_of(other._client, other._wait())
            )
        return self._held  # type: ignore[no-any-return]

    def __weft_expr__(self) -> Data:
        return Data(self._key, self.__weft_held__())

    def __weft_graph__(self) -> Any:
        return {self._key: self.__weft_held__()}

    def __weft_keys__(self) -> list[Key]:
        return [self._key]

    def __weft_tokenize__(self) -> Any:
        return "future", self._key

    def __weft_postcompute__(self) -> Any:
        return _first, ()

    def __weft_postpersist__(self) -> Any:
        return _same, (self,)

    def __reduce__(self) -> Any:
        client = self._client
        if client is not None and self._ticket is not None:
            client._travels(self)
        return _arrived, (self._key, None if client is None else client._address())

    def __repr__(self) -> str:
        kind = self._ticket.type if self._ticket is not None else None
        return f"<Future: {self.status}, {'' if kind is None else f'type: {kind.__qualname__}, '}key: {self._key!s}>"

    def _repr_html_(self) -> str:
        import html

        return (
            f"<b>Future: {html.escape(str(self._key))}</b> <font color='gray'>status: {html.escape(self.status)}</font>"
        )


def _first(blocks: list[Any]) -> Any:
    return blocks[0]


def _same(_: Any, future: Future) -> Future:
    return future


def _arrived(key: Key, address: str | None) -> Future:
    """A future that has travelled: it belongs to the client of where it arrives."""
    from weft.distributed.current import client_at

    client = client_at(address)
    future = Future.__new__(Future)
    future._held = None
    future._key = key
    future._client = client
    future._ticket = None if client is None else client._ticket_for(key)
    return future


def _refuse(kwargs: dict[str, Any], name: str) -> None:
    if kwargs:
        raise TypeError(f"Future.{name}() takes no argument {next(iter(kwargs))!r}")


def ended(ticket: Ticket) -> bool:
    return ticket.status != PENDING


def value_of(client: Any, ticket: Ticket) -> Any:
    """The value of a task that has come to its end; raises what it raised."""
    if ticket.status == FINISHED:
        value = client._run.fetch(ticket)
        bound = getattr(type(value), "__weft_bound__", None)
        return value if bound is None else bound(value, client)
    raise problem_of(ticket)


def problem_of(ticket: Ticket) -> BaseException:
    """What to raise for a task that has no result."""
    error = ticket.error
    if ticket.status == ERROR and error is not None:
        if ticket.traceback is None:
            ticket.traceback = error.__traceback__
        return copied(error).with_traceback(ticket.traceback)
    if ticket.status == LOST:
        return FutureCancelledError(ticket.key, msg=f"{ticket.key!r} is lost: {error}")
    return FutureCancelledError(ticket.key, msg=str(error) if error is not None else None)


def copied(error: BaseException) -> BaseException:
    """An exception like another one, to be raised.

    What is raised keeps the frames that it passes alive, and with them the futures in these: the one that the run keeps
    must not.
    """
    try:
        made = copy.copy(error)
    except Exception:  # its class cannot be called with its arguments
        try:
            made = type(error).__new__(type(error), *error.args)
            made.args = error.args
            made.__dict__.update(error.__dict__)
        except Exception:  # nor made without its __init__: users' classes raise what they like
            return error
    if type(made) is not type(error):
        return error
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    made.__suppress_context__ = error.__suppress_context__
    notes = getattr(error, "__notes__", None)
    if notes is not None:
        made.__notes__ = list(notes)
    return made


def _error_of(ticket: Ticket) -> BaseException | None:
    if ticket.status == FINISHED:
        return None
    problem = problem_of(ticket)
    if ticket.status == ERROR:
        return problem
    raise problem


def _traceback_of(ticket: Ticket) -> Any:
    if ticket.status == FINISHED:
        return None
    problem = problem_of(ticket)
    if ticket.status != ERROR:
        raise problem
    return problem.__traceback__


def print_problem() -> None:
    """Write the exception that is being handled to stderr: what a callback raised has nowhere else to go."""
    tracebacks.print_exc(file=sys.stderr)


def later(client: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The function's result; for an asynchronous client something to be awaited."""
    if client.asynchronous:
        return in_thread(function, *args, **kwargs)
    return function(*args, **kwargs)


@sizeof.register(Future)
def _sizeof_future(future: Future) -> int:
    """A future is small: what it stands for, and its client, lie elsewhere."""
    return 200
