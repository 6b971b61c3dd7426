"""A ``concurrent.futures.Executor`` on a cluster."""

from __future__ import annotations

import concurrent.futures
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from weft.backends.live import CANCELLED, FINISHED
from weft.distributed.future import Future, problem_of, value_of

__all__ = ["ClientExecutor"]

OPTIONS = frozenset({"workers", "resources", "retries", "priority", "allow_other_workers", "pure", "fifo_timeout"})


class ClientExecutor(concurrent.futures.Executor):
    """Made by :meth:`Client.get_executor`; gives real ``concurrent.futures`` futures, so ``wait`` and ``as_completed`` of
    the standard library work on them.
    """

    def __init__(self, client: Any, **options: Any) -> None:
        unknown = sorted(set(options) - OPTIONS)
        if unknown:
            raise TypeError(f"get_executor() takes no option {unknown[0]!r}; it takes {', '.join(sorted(OPTIONS))}")
        self._client = client
        self._options = {"pure": False, **options}
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[ClusterFuture] = weakref.WeakSet()
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Run a function; gives a future."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = ClusterFuture(self._client.submit(_Called(fn, kwargs) if kwargs else fn, *args, **self._options))
        with self._lock:
            self._open.add(future)
        future._follow()
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Results for each item of the iterables, in their order."""
        if kwargs:
            raise TypeError(f"map() takes no argument {next(iter(kwargs))!r}")
        return super().map(fn, *iterables, timeout=timeout, chunksize=chunksize)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; with ``wait``, wait for what is there."""
        self._closed = True
        with self._lock:
            mine = list(self._open)
        if cancel_futures:
            for future in mine:
                future.cancel()
        if wait:
            concurrent.futures.wait(mine)


class _Called:
    """A function with keywords that :meth:`Client.submit` would take for its own."""

    def __init__(self, fn: Callable[..., Any], kwargs: dict[str, Any]) -> None:
        self.fn = fn
        self.kwargs = kwargs
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)

    def __call__(self, *args: Any) -> Any:
        return self.fn(*args, **self.kwargs)


class ClusterFuture(concurrent.futures.Future[Any]):
    """A future of the standard library that follows one of a cluster."""

    def __init__(self, future: Future) -> None:
        super().__init__()
        self._future = future

    def _follow(self) -> None:
        future, me = self._future, weakref.ref(self)
        self._keep = self  # until it is done
        client = future.client

        def ended(ticket: Any) -> None:
            mine = me()
            if mine is not None:
                mine._end(client, ticket)

        client._run.watch(future._bound(), ended)

    def _end(self, client: Any, ticket: Any) -> None:
        self.__dict__.pop("_keep", None)
        if self.cancelled():
            return
        if ticket.status == CANCELLED:
            super().cancel()
            self.set_running_or_notify_cancel()
            return
        try:
            self.set_running_or_notify_cancel()
            if ticket.status == FINISHED:
                self.set_result(value_of(client, ticket))
            else:
                self.set_exception(problem_of(ticket))
        except concurrent.futures.InvalidStateError:
            return

    def cancel(self) -> bool:
        """Cancel it, unless it is done."""
        if self.done():
            return self.cancelled()
        if not super().cancel():
            return False
        self.__dict__.pop("_keep", None)
        self.set_running_or_notify_cancel()
        self._future.cancel()
        return True
