"""Clusters: the workers of this machine, and what all clients of them share."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping
from time import time
from typing import Any

from weft.backends.live_inline import LiveInline
from weft.backends.live_threads import LiveThreads
from weft.distributed.actors import Stage
from weft.distributed.arbiter import Arbiter
from weft.distributed.current import CLUSTERS
from weft.distributed.future import Future
from weft.distributed.pausing import in_thread
from weft.distributed.plugin_host import install_worker_plugin
from weft.distributed.rebinding import rebound
from weft.distributed.scheduler import Scheduler
from weft.distributed.serving import Serving
from weft.distributed.sizing import Sizing
from weft.distributed.status import Status
from weft.distributed.worker import Worker
from weft.errors import BackendError
from weft.execution.current import request_for
from weft.graph import Plan
from weft.records import replaced
from weft.typing import Key
from weft.units import format_bytes

__all__ = ["ENGINES", "Cluster"]

logger = logging.getLogger("weft.distributed")
_numbers = itertools.count(1)
HOST = "127.0.0.1"
#: Events that the log of a live run keeps at most.
LOG_LENGTH = 100_000


def _processes(*args: Any, **kwargs: Any) -> Any:
    from weft.backends.live_processes import LiveProcesses

    return LiveProcesses(*args, **kwargs)


#: What runs the tasks of a cluster, by name: called with a request, threads of each worker, and options by name.
ENGINES: dict[str, Callable[..., Any]] = {"threads": LiveThreads, "inline": LiveInline, "processes": _processes}


class Cluster(Sizing, Serving):
    """What clusters have in common: workers, clients, plugins, an arbiter.

    Parameters
    ----------
    engine : str
        What runs the tasks.
    nthreads : list of int
        Threads of each worker.
    make_run : callable, optional
        What makes the run of an engine that is not in ``ENGINES``.
    """

    def __init__(
        self,
        *,
        engine: str,
        nthreads: list[int],
        make_run: Callable[..., Any] | None = None,
        name: str | None = None,
        asynchronous: bool = False,
        budget: int | None = None,
        memory_per_worker: int = 0,
        spill_directory: str | None = None,
        resources: Mapping[str, float] | None = None,
        threads_per_worker: int = 1,
        env: Mapping[str, str] | None = None,
        plugins: Iterable[Any] = (),
    ) -> None:
        self.number = next(_numbers)
        self.id = f"Scheduler-{os.urandom(6).hex()}"
        self.name = name if name is not None else f"{os.urandom(4).hex()}"
        self.asynchronous = asynchronous
        self.processes = engine in ("processes", "ray")
        self.engine = engine
        self.status = Status.running
        self.started = time()
        self.threads_per_worker = threads_per_worker
        self.memory_per_worker = memory_per_worker
        self.loop = None
        self.scheduler_address = self._make_address()
        self.clients: weakref.WeakSet[Any] = weakref.WeakSet()
        self.scheduler_plugins: dict[str, Any] = {}
        self.worker_plugins: dict[str, Any] = {}
        self.nanny_plugins: dict[str, Any] = {}
        self._offer = dict(resources or {})
        self._directory: Any = None
        self._task_client: Any = None
        self._adaptive: Any = None
        self._guard = threading.RLock()
        self._logs: list[str] = []
        request = request_for(budget=budget) if budget else request_for()
        request = replaced(
            request,
            listeners=(),
            log_length=min(request.log_length, LOG_LENGTH),
            spill_directory=str(spill_directory) if spill_directory is not None else request.spill_directory,
        )
        offers = {number: dict(self._offer) for number in range(len(nthreads))} if self._offer else None
        more: dict[str, Any] = {"env": dict(env or {})} if self.processes else {}
        self.run = (make_run or ENGINES[engine])(request, nthreads, resources=offers, **more)
        self.run.home = self
        self.scheduler = Scheduler._of(self)
        self.arbiter: Any = self._make_arbiter()
        self._held: dict[Key, list[Future]] = {}
        self.stage = Stage(self)
        self.workers: dict[int, Worker] = {}
        for number, count in enumerate(nthreads):
            self._worker_came(number, count)
        if self.processes:
            self.run.start(self)
        for plugin in plugins:
            self.register_plugin(plugin, None)
        CLUSTERS[self.scheduler_address] = self
        _open.add(self)

    def _make_address(self) -> str:
        return f"{'ipc' if self.processes else 'inproc'}://{HOST}/{os.getpid()}/{self.number}"

    def _make_arbiter(self) -> Any:
        """What answers for locks, queues and the like."""
        return Arbiter(self._keep_key, self._let_key_go)

    # -- workers --------------------------------------------------------------------------------------------------------

    def _worker_came(self, number: int, count: int) -> None:
        self.workers[number] = Worker._of(
            self, number, number, f"{self.scheduler_address}/{number}", count, self._offer
        )
        self._note(f"worker {number} came")
        if not self.processes:
            for function, args in self.first_calls():
                self.call_here(number, function, args, {})
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(plugin, "add_worker", self.scheduler, self.workers[number].address)

    def worker(self, number: int) -> Worker:
        """A worker by its number."""
        return self.workers[number]

    def pid_of(self, number: int) -> int:
        """The process of a worker."""
        measured = self.run.metrics().get(number)
        if measured is None:
            raise BackendError(
                f"which process worker {number} is, is not known: it has gone, or is not of this machine"
            )
        return int(measured.get("pid", os.getpid()))

    #: Whether its workers keep objects between tasks.
    offers_actors = True
    #: What makes the cluster that tasks in worker processes see.
    guest_home = "weft.distributed.guest:Home"

    def worker_numbers(self) -> list[int]:
        return list(self.workers)

    def numbers_of_named(self, workers: Any, lenient: bool) -> list[int]:
        return self.numbers_of(workers, lenient=lenient)

    def first_calls(self) -> list[tuple[Any, tuple[Any, ...]]]:
        """What a worker that has just started runs before its tasks: functions and arguments."""
        return [(install_worker_plugin, (name, plugin)) for name, plugin in self.worker_plugins.items()]

    def nthreads_total(self) -> int:
        return sum(worker.nthreads for worker in self.workers.values())

    def local_directory(self) -> str:
        """A directory of this cluster's own."""
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="weft-cluster-", ignore_cleanup_errors=True)
        return str(self._directory.name)

    def numbers_of(self, workers: Any, *, lenient: bool = False) -> list[int]:
        """The numbers of workers that are named by address, name or host.

        Raises
        ------
        BackendError
            There is no such worker.
        """
        names = [workers] if isinstance(workers, (str, int, Worker)) else list(workers)
        found: list[int] = []
        for name in names:
            if isinstance(name, Worker):
                name = name.address
            for number, worker in self.workers.items():
                if name in (worker.address, worker.name, str(worker.name), number, HOST, "localhost"):
                    found.append(number)
                    if name not in (HOST, "localhost"):
                        break
        if not found and not lenient:
            known = ", ".join(repr(worker.address) for worker in self.workers.values())
            raise BackendError(f"workers={workers!r}: there is no such worker; there are {known or 'none'}")
        return list(dict.fromkeys(found))

    def with_worker_numbers(self, plan: Plan) -> Plan:
        """A plan whose annotations name workers by number."""
        named = {t: notes for t, notes in plan.annotations.items() if notes.get("workers") is not None}
        if not named:
            return plan
        annotations: dict[int, Any] = dict(plan.annotations)
        for t, notes in named.items():
            annotations[t] = {
                **notes,
                "workers": self.numbers_of(notes["workers"], lenient=bool(notes.get("allow_other_workers"))) or None,
            }
        return plan.changed(annotations=annotations)

    # -- clients --------------------------------------------------------------------------------------------------------

    def add_client(self, client: Any) -> None:
        self.clients.add(client)
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(plugin, "add_client", self.scheduler, client.id)

    def remove_client(self, client: Any) -> None:
        self.clients.discard(client)
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(plugin, "remove_client", self.scheduler, client.id)

    def task_client(self) -> Any:
        """The client that tasks of this cluster use, and that holds what the arbiter keeps."""
        with self._guard:
            if self._task_client is None or self._task_client.status == "closed":
                from weft.distributed.client import Client

                self._task_client = Client._inside(self)
            return self._task_client

    def get_client(self) -> Any:
        """A client of this cluster."""
        from weft.distributed.client import Client

        return Client(self, asynchronous=self.asynchronous)

    def graph_came(self, client: Any, plan: Plan) -> None:
        """Tell plugins of a graph."""
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(
                plugin, "update_graph", self.scheduler, client=client.id, keys=[plan.keys[b] for b in plan.wanted],
                tasks=list(plan.keys[: plan.ntasks]), annotations={plan.keys[t]: dict(notes) for t, notes in plan.annotations.items()},
                priority={plan.keys[t]: plan.rank[t] for t in range(plan.ntasks)}, stimulus_id=f"update-graph-{time()}",
            )  # fmt: skip

    def _keep_key(self, key: Key) -> None:
        future = Future(key, self.task_client())
        with self._guard:
            self._held.setdefault(key, []).append(future)

    def _let_key_go(self, key: Key) -> None:
        with self._guard:
            held = self._held.get(key)
            if held:
                held.pop()
                if not held:
                    del self._held[key]

    def as_shared(self, value: Any) -> Any:
        """A value whose futures outlive the client that made them."""
        return rebound(value, self.task_client())

    def as_own(self, client: Any, value: Any) -> Any:
        """A shared value with futures of a client's own."""
        return rebound(value, client)

    # -- events ---------------------------------------------------------------------------------------------------------

    def listen(self, client: Any, topic: str, call: Callable[[Any], None]) -> str:
        """Call with each event of a topic; in order, in a thread of the client's."""
        me = weakref.ref(client)

        def heard(event: Any) -> None:
            mine = me()
            if mine is not None and mine.status == "running":
                call(event)

        name = client.id if not topic.startswith("pubsub-") else f"{client.id}-{os.urandom(4).hex()}"
        client._ask("listen", topic, name, heard).get()
        return str(name)

    def _note(self, text: str) -> None:
        self._logs.append(text)
        del self._logs[:-10_000]

    # -- what is known of it --------------------------------------------------------------------------------------------

    @property
    def scheduler_info(self) -> dict[str, Any]:
        """The workers, and what is known of them."""
        return self.info()

    @property
    def dashboard_link(self) -> str:
        """The address of the dashboard; empty while there is none."""
        return ""

    @classmethod
    def from_name(cls, name: str) -> Any:
        """The open cluster of this process that has that name.

        Raises
        ------
        BackendError
            There is none.
        """
        for cluster in list(_open):
            if cluster.name == name:
                return cluster
        raise BackendError(f"no open cluster of this process is called {name!r}")

    def get_logs(self, cluster: bool = True, scheduler: bool = True, workers: bool = True) -> dict[str, str]:
        """What happened to the cluster and its workers, as text."""
        logs: dict[str, str] = {}
        if cluster:
            logs["Cluster"] = "\n".join(self._logs)
        if scheduler:
            logs["Scheduler"] = "\n".join(text for _, _, text in self.run_log(None))
        if workers:
            for worker in self.workers.values():
                logs[worker.address] = "\n".join(text for _, text in self.worker_log(worker.number, None))
        return logs

    # -- the end --------------------------------------------------------------------------------------------------------

    def close(self, timeout: float | str | None = None) -> Any:
        """End the workers; what they hold is gone."""
        return in_thread(self._close) if self.asynchronous else self._close()

    def _close(self) -> None:
        with self._guard:
            if self.status is Status.closed:
                return
            self.status = Status.closed
        self._stop_adapting()
        plugins = list(self.scheduler_plugins.values())
        for plugin in plugins:
            self._call_hook(plugin, "before_close")
        if not self.processes:
            for worker in self.workers.values():
                for plugin in worker.plugins.values():
                    self._call_hook(plugin, "teardown", worker)
        self.run.stop("the cluster was closed")
        self.stage.close()
        for client in list(self.clients):
            client.cluster_closed()
        for plugin in plugins:
            self._call_hook(plugin, "close")
        CLUSTERS.pop(self.scheduler_address, None)
        _open.discard(self)
        self._held.clear()
        self._task_client = None
        if self._directory is not None:
            self._directory.cleanup()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exc: Any) -> None:
        self._close()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await in_thread(self._close)

    async def _itself(self) -> Any:
        return self

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._itself().__await__()

    def describe(self, kind: str) -> str:
        """A line of text about it."""
        nthreads = self.nthreads_total()
        return (
            f"<{kind}: {self.scheduler_address!r} {'processes' if self.processes else self.engine}={len(self.workers)} "
            f"threads={nthreads}, memory={format_bytes(self.run.budget())}>"
        )

    def __repr__(self) -> str:
        return (
            self.describe(type(self).__name__) if self.status is Status.running else f"<{type(self).__name__}: closed>"
        )

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(repr(self))}</pre>"


_open: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for cluster in list(_open):
        with contextlib.suppress(Exception):  # the others are to be closed all the same
            cluster._close()
