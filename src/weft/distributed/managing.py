"""What a client tells its cluster: functions on all workers, plugins, workers that go and start again, tasks again here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from weft.distributed.active_memory_manager import MemoryManager
from weft.distributed.future import later
from weft.distributed.looking import LookingMethods
from weft.distributed.pausing import in_thread
from weft.distributed.plugin_host import with_worker
from weft.distributed.plugins import UploadFile, WorkerPlugin
from weft.distributed.waiting import futures_of
from weft.errors import BackendError

__all__ = ["ManagingMethods"]


class ManagingMethods(LookingMethods):
    """How a client manages its cluster."""

    cluster: Any
    _run: Any
    _ask: Callable[..., Any]
    _timeout: float | None
    asynchronous: bool
    status: str
    id: str
    _tickets: dict[Any, Any]

    # -- functions ------------------------------------------------------------------------------------------------------

    def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        workers: Any = None,
        wait: bool = True,
        nanny: bool = False,
        on_error: str = "raise",
        **kwargs: Any,
    ) -> Any:
        """Run a function on all workers now, beside their tasks; gives the results by address.

        Parameters
        ----------
        function : callable
            If it has a parameter ``weft_worker`` (or ``dask_worker``), it gets the worker.
        workers : str, int or list, optional
        wait : bool
            Wait for the results.
        nanny : bool
            Not offered: worker processes have none.
        on_error : {"raise", "return", "ignore"}
            What becomes of exceptions.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     list(client.run(lambda x: x + 1, 1).values())
        [2]
        """
        if nanny:
            raise BackendError("nanny=True is not offered: worker processes are watched by the cluster, not by nannies")
        if on_error not in ("raise", "return", "ignore"):
            raise ValueError(f"on_error= takes 'raise', 'return' or 'ignore', not {on_error!r}")
        replies = self.cluster.call_everywhere(function, args, kwargs, workers)
        if not wait:
            return None
        return later(self, _answers, replies, on_error)

    def run_on_scheduler(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function where the scheduler is; with ``weft_scheduler`` (or ``dask_scheduler``) it gets that."""
        return later(self, self.cluster.call_on_scheduler, function, args, kwargs)

    def upload_file(self, filename: str | os.PathLike[str], load: bool = True) -> Any:
        """Have all workers load a module, an egg or a zip archive.

        Parameters
        ----------
        filename : path
        load : bool
            Import it at once; otherwise it is only put on ``sys.path``.
        """
        plugin = UploadFile(filename, load)
        return later(self, self._upload, plugin)

    def _upload(self, plugin: UploadFile) -> Any:
        self.cluster.call_on_scheduler(lambda weft_scheduler: plugin.setup(weft_scheduler), (), {})
        return self.cluster.register_plugin(plugin, plugin.name)

    # -- plugins --------------------------------------------------------------------------------------------------------

    def register_plugin(self, plugin: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Install a worker, nanny or scheduler plugin."""
        if kwargs:
            raise TypeError(f"register_plugin() takes no argument {next(iter(kwargs))!r}: give the plugin an __init__")
        return later(self, self.cluster.register_plugin, plugin, name)

    def register_worker_plugin(self, plugin: Any, name: str | None = None, nanny: bool | None = None) -> Any:
        """The older name of :meth:`register_plugin`."""
        return self.register_plugin(plugin, name)

    def register_scheduler_plugin(self, plugin: Any, name: str | None = None, idempotent: bool | None = None) -> Any:
        """The older name of :meth:`register_plugin`."""
        return self.register_plugin(plugin, name)

    def unregister_worker_plugin(self, name: str, nanny: bool | None = None) -> Any:
        """Remove a worker plugin, or a nanny plugin."""
        return later(self, self.cluster.unregister_worker_plugin, name, nanny)

    def unregister_scheduler_plugin(self, name: str) -> Any:
        """Remove a scheduler plugin."""
        return later(self, self.cluster.unregister_scheduler_plugin, name)

    def register_worker_callbacks(self, setup: Callable[..., Any] | None = None) -> Any:
        """Run a function on each worker, now and when one starts."""
        if setup is None:
            raise TypeError("register_worker_callbacks() takes a function")
        return self.register_plugin(Callback(setup))

    # -- workers --------------------------------------------------------------------------------------------------------

    def wait_for_workers(self, n_workers: int, timeout: float | str | None = None) -> Any:
        """Wait until there are so many workers.

        Raises
        ------
        TimeoutError
            There are not in time.
        """
        limit = timeout if timeout is not None else self._timeout
        if self.asynchronous and not self.cluster.asynchronous:
            return in_thread(self.cluster.wait_for_workers, n_workers, limit)
        return self.cluster.wait_for_workers(n_workers, limit)

    def restart(self, timeout: float | str | None = None, wait_for_workers: bool = True) -> Any:
        """Cancel all tasks, let go of all results, and start worker processes anew."""
        return later(self, self._restart, timeout, wait_for_workers)

    def _restart(self, timeout: Any, wait_for_workers: bool) -> Any:
        from weft.distributed.pausing import seconds

        self.cluster.restart()
        if wait_for_workers and self.cluster.workers:
            self.cluster._wait_for(len(self.cluster.workers), seconds(timeout))
        return self

    def restart_workers(
        self, workers: Iterable[Any], timeout: float | str | None = None, raise_for_error: bool = True
    ) -> Any:
        """Start some worker processes anew; what they were doing is done again."""
        names = [workers] if isinstance(workers, (str, int)) else list(workers)
        numbers = self.cluster.numbers_of(names)
        if not self.cluster.processes:
            raise BackendError("restart_workers() needs worker processes: these workers are threads")
        return later(self, lambda: self.cluster.restart_workers(numbers) and dict.fromkeys(names, "OK"))

    def retire_workers(self, workers: Any = None, close_workers: bool = True, **kwargs: Any) -> Any:
        """Have workers finish what they do, and end."""
        if not close_workers:
            raise BackendError(
                "close_workers=False is not offered: a worker that takes no more tasks is of no use, and ends"
            )
        names = kwargs.pop("names", None)
        if kwargs:
            raise TypeError(f"retire_workers() takes no argument {next(iter(kwargs))!r}")
        chosen = workers if workers is not None else names
        if chosen is None:
            raise BackendError("say which workers to retire: retire_workers([address, ...]), or cluster.scale(n)")
        return later(self, self._retire, self.cluster.numbers_of(chosen))

    def _retire(self, numbers: list[int]) -> dict[str, Any]:
        gone = {self.cluster.workers[number].address: {"name": number} for number in numbers}
        self.cluster._retire(numbers)
        return gone

    def replicate(self, futures: Any, n: int | None = None, workers: Any = None, branching_factor: int = 2) -> Any:
        """Wait for results; there is nothing to copy, since all workers of a machine read the same memory."""
        if workers is not None:
            self.cluster.numbers_of(workers)
        return later(self, _wait_all, futures_of(futures))

    def rebalance(self, futures: Any = None, workers: Any = None) -> Any:
        """Wait for results; there is nothing to even out, since all workers of a machine share their memory."""
        if workers is not None:
            self.cluster.numbers_of(workers)
        return later(self, _wait_all, futures_of(futures or []))

    def write_scheduler_file(self, scheduler_file: str) -> None:
        """Not offered: no other process could connect.

        Raises
        ------
        BackendError
            Always.
        """
        raise BackendError(
            "write_scheduler_file() is not offered: no other process can connect to this cluster. See Ray."
        )

    @property
    def dashboard_link(self) -> str:
        """The address of the dashboard; empty while there is none."""
        return str(self.cluster.dashboard_link)

    @property
    def scheduler(self) -> Any:
        """The cluster's scheduler."""
        return self.cluster.scheduler

    @property
    def amm(self) -> Any:
        """The manager of copies of results: ``start``, ``stop``, ``running``, ``run_once``. There are no copies to manage."""
        return MemoryManager(self)

    # -- tasks again, here ----------------------------------------------------------------------------------------------

    def recreate_task_locally(self, future: Any) -> Any:
        """Run a task once more, here, with the same inputs: for a debugger."""
        return later(self, self._again, future)

    def recreate_error_locally(self, future: Any) -> Any:
        """Run a failed task once more, here, with the same inputs, so that it raises where a debugger sees it."""
        found = futures_of(future)
        for each in found:
            each._wait()
        failed = next((each for each in found if each.status == "error"), None)
        if failed is None:
            return None
        return later(self, self._again, failed)

    def _again(self, future: Any) -> Any:
        (future, *_) = futures_of(future)
        ticket = future._wait()
        program, values = self._run.task_again(ticket)
        return program.run(values)

    def cluster_closed(self) -> None:
        """The cluster was closed by somebody else."""
        if self.status == "running":
            from weft.distributed.current import remove_default

            self.status = "closed"
            remove_default(self)


class Callback(WorkerPlugin):
    """Calls a function when a worker starts."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = f"callback-{getattr(function, '__name__', 'setup')}"

    def setup(self, worker: Any) -> None:
        self.function(**with_worker(self.function, {}, worker))


def _answers(replies: dict[str, Any], on_error: str) -> dict[str, Any]:
    found = {}
    for address, reply in replies.items():
        try:
            found[address] = reply.get()
        except BaseException as error:  # what the function raised there; on_error= is for exceptions only
            if on_error == "raise" or not isinstance(error, Exception):
                raise
            if on_error == "return":
                found[address] = error
    return found


def _wait_all(futures: list[Any]) -> None:
    for future in futures:
        future._wait()
