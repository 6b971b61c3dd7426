"""What a client asks and tells its cluster: functions on all workers, who has what, plugins, restarts, diagnostics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from time import perf_counter, time
from typing import Any

from weft.distributed.active_memory_manager import MemoryManager
from weft.distributed.future import later
from weft.distributed.pausing import in_thread
from weft.distributed.plugin_host import with_worker
from weft.distributed.plugins import UploadFile, WorkerPlugin
from weft.distributed.waiting import futures_of
from weft.errors import BackendError

__all__ = ["ManagingMethods"]


class ManagingMethods:
    """How a client manages its cluster."""

    cluster: Any
    _run: Any
    _ask: Callable[..., Any]
    _timeout: float | None
    asynchronous: bool
    status: str
    id: str
    _tickets: dict[Any, Any]

    def _answer(self, op: str, *args: Any) -> Any:
        return later(self, lambda: self._ask(op, *args).get())

    def _keys(self, futures: Any) -> list[Any] | None:
        """The keys of futures, or of what is given as keys."""
        if futures is None:
            return None
        found = futures_of(futures)
        if found:
            return [future.key for future in found]
        return list(futures) if isinstance(futures, (list, tuple, set)) else [futures]

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

    def replicate(
        self, futures: Any, n: int | None = None, workers: Any = None, branching_factor: int = 2, **kwargs: Any
    ) -> Any:
        """Wait for results; there is nothing to copy, since all workers of a machine read the same memory."""
        if workers is not None:
            self.cluster.numbers_of(workers)
        return later(self, lambda: [future._wait() for future in futures_of(futures)] and None)

    def rebalance(self, futures: Any = None, workers: Any = None, **kwargs: Any) -> Any:
        """Wait for results; there is nothing to even out, since all workers of a machine share their memory."""
        if workers is not None:
            self.cluster.numbers_of(workers)
        return later(self, lambda: [future._wait() for future in futures_of(futures or [])] and None)

    # -- how things stand -----------------------------------------------------------------------------------------------

    def scheduler_info(self, n_workers: int = -1, **kwargs: Any) -> Any:
        """The workers, and what is known of them.

        Parameters
        ----------
        n_workers : int
            Tell of so many workers; of all if it is -1.
        """
        info = self._ask("info").get()
        if n_workers >= 0:
            info["workers"] = dict(list(info["workers"].items())[:n_workers])
        return info

    def nthreads(self, workers: Any = None, **kwargs: Any) -> Any:
        """Threads of each worker, by address."""
        return later(self, self._nthreads, workers)

    def _nthreads(self, workers: Any) -> dict[str, int]:
        found = {address: each["nthreads"] for address, each in self._ask("info").get()["workers"].items()}
        if workers is None:
            return found
        chosen = {self.cluster.workers[number].address for number in self.cluster.numbers_of(workers)}
        return {address: count for address, count in found.items() if address in chosen}

    def ncores(self, workers: Any = None, **kwargs: Any) -> Any:
        """Threads of each worker, by address."""
        return self.nthreads(workers)

    def who_has(self, futures: Any = None, **kwargs: Any) -> Any:
        """The worker that made each result, by key; all workers can read it."""
        return self._answer("who_has", self._keys(futures))

    def has_what(self, workers: Any = None, **kwargs: Any) -> Any:
        """The keys of the results that each worker made."""
        return self._answer("has_what", workers)

    def nbytes(self, keys: Any = None, summary: bool = True, **kwargs: Any) -> Any:
        """The bytes of results by key, or with ``summary`` by what the keys begin with."""
        return self._answer("nbytes", self._keys(keys), summary)

    def processing(self, workers: Any = None) -> Any:
        """The keys of the tasks that each worker has."""
        return self._answer("processing", workers)

    def call_stack(self, futures: Any = None, keys: Any = None) -> Any:
        """What running tasks do now: the lines of their stacks, by key."""
        return self._answer("call_stack", self._keys(futures if futures is not None else keys))

    def get_versions(self, check: bool = False, packages: list[str] | None = None) -> Any:
        """Versions of Python and packages; client, scheduler and workers are one installation here.

        Parameters
        ----------
        check : bool
            Raise if they differ; they cannot on one machine.
        packages : list of str, optional
            More packages to tell of.
        """
        return self._answer("versions", packages)

    def get_worker_logs(self, n: int | None = None, workers: Any = None, nanny: bool = False) -> Any:
        """What went wrong in workers: pairs of level and text, by address."""
        chosen = list(self.cluster.workers) if workers is None else self.cluster.numbers_of(workers)
        logs = {self.cluster.workers[number].address: tuple(self.cluster.worker_log(number, n)) for number in chosen}
        return later(self, lambda: logs)

    def get_scheduler_logs(self, n: int | None = None) -> Any:
        """What happened to the cluster: pairs of level and text."""
        return later(self, lambda: tuple((level, text) for _, level, text in self.cluster.run_log(n)))

    def story(self, *keys_or_stimuli: Any, on_error: str = "raise") -> Any:
        """When and where tasks were run: key, worker, how it ended, from when, to when."""
        return self._answer("story", self._keys(list(keys_or_stimuli)))

    def get_task_stream(
        self,
        start: float | str | None = None,
        stop: float | str | None = None,
        count: int | None = None,
        plot: bool = False,
        filename: str = "task-stream.html",
        bokeh_resources: None = None,
    ) -> Any:
        """When tasks began and ended, the latest ones.

        Parameters
        ----------
        start, stop : float or str, optional
            Seconds of the clock, or text such as ``"500ms"``: so long ago.
        count : int, optional
            The last so many.
        plot : bool
            Not offered here: see ``weft.diagnostics``.
        """
        if plot:
            raise BackendError(
                "plot= is not offered: draw what this gives, or see weft.diagnostics for profiles of runs"
            )
        return self._answer("task_stream", _moment(start), _moment(stop), count)

    def profile(
        self,
        key: Any = None,
        start: Any = None,
        stop: Any = None,
        workers: Any = None,
        merge_workers: bool = True,
        plot: bool = False,
        filename: str | None = None,
        server: bool = False,
        scheduler: bool = False,
    ) -> Any:
        """Time spent in tasks: count and seconds by what the keys begin with.

        Raises
        ------
        BackendError
            For a plot.
        """
        if plot or filename or server or scheduler:
            raise BackendError("profile() gives figures only: plot=, filename=, server= and scheduler= are not offered")
        from weft.graph.key import key_split

        def summed() -> dict[str, Any]:
            total: dict[str, Any] = {}
            for row in self._ask("task_stream", _moment(start), _moment(stop), None).get():
                name = key_split(row["key"])
                if key is not None and name != key:
                    continue
                times = row["startstops"][0]
                mine = total.setdefault(name, {"count": 0, "seconds": 0.0})
                mine["count"] += 1
                mine["seconds"] += times["stop"] - times["start"]
            return total

        return later(self, summed)

    def benchmark_hardware(self) -> Any:
        """How fast memory and the spill directory are, in bytes a second by size."""
        return later(self, _measured)

    def dump_cluster_state(
        self,
        filename: str = "weft-cluster-dump",
        write_from_scheduler: bool | None = None,
        exclude: Iterable[str] = (),
        format: str = "yaml",
        **storage_options: Any,
    ) -> Any:
        """Write down how all tasks and workers stand, for people who look for a defect.

        Parameters
        ----------
        filename : str
            A path or URL; the format is added to it.
        format : {"yaml", "json"}
        exclude : iterable of str
            Parts to leave out.
        """
        if format not in ("yaml", "json"):
            raise ValueError(f"format= takes 'yaml' or 'json', not {format!r}")

        def dump() -> None:
            import json

            import fsspec
            import yaml

            state: dict[str, Any] = {
                "scheduler": self._ask("info").get(),
                "tasks": {str(key): how for key, how in self.cluster.states().items()},
                "versions": self._ask("versions", None).get()["client"],
                "events": {
                    topic: [list(each) for each in events] for topic, events in self._ask("events", None).get().items()
                },
            }
            for each in exclude:
                state.pop(each, None)
            text = (
                json.dumps(state, default=str)
                if format == "json"
                else yaml.safe_dump(json.loads(json.dumps(state, default=str)))
            )
            with fsspec.open(f"{filename}.{format}", "w", **storage_options) as file:
                file.write(text)

        return later(self, dump)

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


def _moment(given: float | str | None) -> float | None:
    """A time of the clock; text says how long ago."""
    from weft.units import parse_timedelta

    if isinstance(given, str):
        return time() - parse_timedelta(given, "s")
    return given


def _measured() -> dict[str, dict[str, float]]:
    import tempfile

    found: dict[str, dict[str, float]] = {"memory": {}, "disk": {}, "network": {}}
    for name, nbytes in (("2 kiB", 2 << 10), ("100 kiB", 100 << 10), ("10 MiB", 10 << 20)):
        data = os.urandom(nbytes)
        began = perf_counter()
        copy = bytearray(data)
        found["memory"][name] = len(copy) / max(perf_counter() - began, 1e-9)
        with tempfile.TemporaryFile() as file:
            began = perf_counter()
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            found["disk"][name] = nbytes / max(perf_counter() - began, 1e-9)
    return found
