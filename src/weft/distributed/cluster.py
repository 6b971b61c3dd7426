"""Clusters: the workers of this machine, and what all clients of them share."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import math
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from time import time
from typing import Any

from weft.backends.live_inline import LiveInline
from weft.backends.live_threads import LiveThreads
from weft.distributed.actors import Stage
from weft.distributed.arbiter import Arbiter
from weft.distributed.current import CLUSTERS
from weft.distributed.future import Future
from weft.distributed.pausing import in_thread, seconds
from weft.distributed.serving import Serving, install_worker_plugin
from weft.distributed.worker import Worker
from weft.errors import BackendError
from weft.execution.containers import taken_apart
from weft.execution.current import request_for
from weft.graph import Plan
from weft.system import CPU_COUNT, memory_limit
from weft.typing import Key
from weft.units import format_bytes, parse_bytes, parse_fraction_or_bytes

__all__ = ["ENGINES", "Cluster", "LocalCluster", "Scheduler", "cluster_for"]

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


class Scheduler:
    """A cluster's scheduler, as plugins and :meth:`Client.run_on_scheduler` see it. It cannot be made: clusters have one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "schedulers are not made: LocalCluster() has one. For many machines see Client(engine='ray')."
        )

    @classmethod
    def _of(cls, cluster: Any) -> Scheduler:
        made = cls.__new__(cls)
        made._cluster = weakref.ref(cluster)
        return made

    _cluster: Any

    @property
    def cluster(self) -> Any:
        return self._cluster()

    @property
    def address(self) -> str:
        return str(self.cluster.scheduler_address)

    @property
    def id(self) -> str:
        return str(self.cluster.id)

    @property
    def workers(self) -> dict[str, Worker]:
        """The workers by address."""
        return {worker.address: worker for worker in self.cluster.workers.values()}

    @property
    def clients(self) -> dict[str, Any]:
        return {client.id: client for client in self.cluster.clients}

    @property
    def tasks(self) -> dict[Key, str]:
        """How each task that is known stands, by key."""
        return self.cluster.states()  # type: ignore[no-any-return]

    @property
    def plugins(self) -> dict[str, Any]:
        return dict(self.cluster.scheduler_plugins)

    @property
    def total_nthreads(self) -> int:
        return int(self.cluster.nthreads_total())

    @property
    def local_directory(self) -> str:
        return str(self.cluster.local_directory())

    def restart_workers(self) -> None:
        """Start all worker processes anew."""
        self.cluster.restart_workers(None)

    def log_event(self, topic: str | list[str], msg: Any) -> None:
        """Log an event."""
        self.cluster.arbiter.log_event([topic] if isinstance(topic, str) else list(topic), msg)

    def get_worker_service_addr(self, *args: Any) -> None:
        return None

    def __repr__(self) -> str:
        return f"<Scheduler {self.address!r}, workers: {len(self.cluster.workers)}, tasks: {len(self.tasks)}>"


class Cluster(Serving):
    """What clusters have in common: workers, clients, plugins, an arbiter.

    Parameters
    ----------
    engine : str
        What runs the tasks.
    nthreads : list of int
        Threads of each worker.
    """

    def __init__(
        self,
        *,
        engine: str,
        nthreads: list[int],
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
        self.processes = engine == "processes"
        self.engine = engine
        self.status = "running"
        self.started = time()
        self.threads_per_worker = threads_per_worker
        self.memory_per_worker = memory_per_worker
        self.loop = None
        scheme = "ipc" if self.processes else "inproc"
        self.scheduler_address = f"{scheme}://{HOST}/{os.getpid()}/{self.number}"
        self.clients: weakref.WeakSet[Any] = weakref.WeakSet()
        self.scheduler_plugins: dict[str, Any] = {}
        self.worker_plugins: dict[str, Any] = {}
        self.nanny_plugins: dict[str, Any] = {}
        self._offer = dict(resources or {})
        self._directory: Any = None
        self._task_client: Any = None
        self._guard = threading.RLock()
        self._logs: list[str] = []
        request = request_for(budget=budget) if budget else request_for()
        request = replace(
            request,
            listeners=(),
            log_length=min(request.log_length, LOG_LENGTH),
            spill_directory=str(spill_directory) if spill_directory is not None else request.spill_directory,
        )
        offers = {number: dict(self._offer) for number in range(len(nthreads))} if self._offer else None
        more: dict[str, Any] = {"env": dict(env or {})} if self.processes else {}
        self.run = ENGINES[engine](request, nthreads, resources=offers, **more)
        self.run.home = self
        self.scheduler = Scheduler._of(self)
        self.arbiter = Arbiter(self._keep_key, self._let_key_go)
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
        return replace(plan, annotations=annotations)

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

    # -- size -----------------------------------------------------------------------------------------------------------

    def scale(self, n: int = 0, memory: int | str | None = None, cores: int | None = None) -> Any:
        """Set the number of workers, or of cores or bytes, which then are rounded up to whole workers."""
        if memory is not None:
            if not self.memory_per_worker:
                raise BackendError("scale(memory=) needs workers with a memory_limit")
            n = max(n, math.ceil(parse_bytes(memory) / self.memory_per_worker))
        if cores is not None:
            n = max(n, math.ceil(cores / self.threads_per_worker))
        if self.asynchronous:
            return in_thread(self._scale, n)
        self._scale(n)
        return None

    def _scale(self, n: int) -> None:
        with self._guard:
            while len(self.workers) < n:
                number = self.run.add_worker(self.threads_per_worker, self._offer)
                self._worker_came(number, self.threads_per_worker)
            if len(self.workers) > n:
                self._retire(list(self.workers)[n:])

    def _retire(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            worker = self.workers.pop(number, None)
            if worker is None:
                continue
            worker.status = "closed"
            self.run.remove_worker(number)
            self._note(f"worker {number} left")
            for plugin in list(self.scheduler_plugins.values()):
                self._call_hook(plugin, "remove_worker", self.scheduler, worker.address, stimulus_id=f"retire-{time()}")

    def scale_up(self, n: int = 0, memory: int | str | None = None, cores: int | None = None) -> Any:
        """Have at least so many workers."""
        return self.scale(max(n, len(self.workers)), memory, cores)

    def scale_down(self, workers: Iterable[Any]) -> Any:
        """Remove some workers."""
        numbers = self.numbers_of(workers)
        return in_thread(self._retire, numbers) if self.asynchronous else self._retire(numbers)

    def adapt(self, *args: Any, **kwargs: Any) -> Any:
        """Not offered: on one machine idle workers cost next to nothing.

        Raises
        ------
        BackendError
            Always.
        """
        raise BackendError(
            "adapt() is not offered: idle workers of one machine cost next to nothing, and Ray's own autoscaler does this for "
            "many machines. Set the number with scale(n)."
        )

    def wait_for_workers(self, n_workers: int, timeout: float | str | None = None) -> Any:
        """Wait until there are so many workers."""
        if not isinstance(n_workers, int) or n_workers < 1:
            raise ValueError(f"n_workers must be a whole number, 1 or more, not {n_workers!r}")
        limit = seconds(timeout)
        return in_thread(self._wait_for, n_workers, limit) if self.asynchronous else self._wait_for(n_workers, limit)

    def _wait_for(self, n_workers: int, limit: float | None) -> None:
        from time import monotonic

        from weft.distributed.pausing import Bell

        end = None if limit is None else monotonic() + limit
        while self.run.nready() < n_workers:
            left = 0.02 if end is None else min(0.02, end - monotonic())
            if left <= 0:
                raise TimeoutError(f"only {self.run.nready()} of {n_workers} workers have started within {limit:g} s")
            Bell().wait(left)

    @property
    def plan(self) -> set[int]:
        """The workers that should be there."""
        return set(self.workers)

    @property
    def requested(self) -> set[int]:
        """The workers that were asked for."""
        return set(self.workers)

    @property
    def observed(self) -> set[int]:
        """The workers that are there."""
        return set(self.workers)

    @property
    def worker_spec(self) -> dict[int, dict[str, Any]]:
        """What each worker was made with."""
        return {
            number: {"cls": Worker, "options": {"nthreads": worker.nthreads}} for number, worker in self.workers.items()
        }

    def new_worker_spec(self) -> dict[int, dict[str, Any]]:
        """What the next worker would be made with."""
        return {self.run.nworkers_ever(): {"cls": Worker, "options": {"nthreads": self.threads_per_worker}}}

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
            if self.status == "closed":
                return
            self.status = "closed"
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
        return self.describe(type(self).__name__) if self.status == "running" else f"<{type(self).__name__}: closed>"

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(repr(self))}</pre>"


_open: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for cluster in list(_open):
        with contextlib.suppress(Exception):
            cluster._close()


def rebound(value: Any, client: Any) -> Any:
    """A value with futures of one client in the places of another's; a persisted collection likewise."""
    if isinstance(value, Future):
        return Future(value.key, client)
    kind = type(value)
    if hasattr(kind, "__weft_postpersist__") and not isinstance(value, type):
        from weft.backends.live import HeldTicket
        from weft.execution.pipeline import keys_of

        graph = value.__weft_graph__()
        data = getattr(graph, "data", None) or {}
        keys = keys_of(value)
        if not all(isinstance(data.get(key), HeldTicket) for key in keys):
            return value
        rebuild, extra = value.__weft_postpersist__()
        return rebuild({key: Future(data[key].key, client).__weft_held__() for key in keys}, *extra)
    if kind in (list, tuple, set, frozenset, dict):
        parts = taken_apart(value)
        if parts is not None:
            return parts.make(*[rebound(item, client) for item in parts.items])
    return value


def threads_of_workers(n_workers: int | None, threads_per_worker: int | None, processes: bool) -> tuple[int, int]:
    """How many workers with how many threads, where users leave that open."""
    if threads_per_worker == 0:
        threads_per_worker = None
    if n_workers is None and threads_per_worker is None:
        if not processes:
            return 1, CPU_COUNT
        count = (
            CPU_COUNT
            if CPU_COUNT <= 4
            else max(each for each in range(1, int(CPU_COUNT**0.5) + 2) if CPU_COUNT % each == 0)
        )
        count = CPU_COUNT if CPU_COUNT <= 4 else max(4, CPU_COUNT // count) if CPU_COUNT // count >= 4 else count
        return count, max(1, CPU_COUNT // count)
    if n_workers is None:
        assert threads_per_worker is not None
        return (max(1, CPU_COUNT // threads_per_worker) if processes else 1), threads_per_worker
    if threads_per_worker is None:
        return n_workers, max(1, CPU_COUNT // n_workers) if n_workers else 1
    return n_workers, threads_per_worker


class LocalCluster(Cluster):
    """Workers on this machine: processes, or threads of this one.

    Parameters
    ----------
    name : str, optional
    n_workers : int, optional
    threads_per_worker : int, optional
    processes : bool, optional
        Worker processes (the default), or threads of this process.
    asynchronous : bool
        Methods that would wait give something to be awaited.
    memory_limit : int, float, str or None
        Memory of each worker: bytes, a share of the machine's, text such as ``"4 GiB"``, or None for no limit. All workers
        of a machine share what they have together; what does not fit goes to disk. By default the configuration's budget.
    resources : mapping, optional
        What each worker offers to tasks with ``resources=``.
    local_directory : str, optional
        Where blocks go that do not fit in memory.
    env : mapping, optional
        Environment variables of worker processes.
    plugins : sequence, optional
        Plugins to register at once.
    silence_logs : int or False
        The level from which on the logger ``weft.distributed`` speaks.
    engine : {"processes", "threads", "inline"}, optional
        The same as ``processes=``; ``"inline"`` runs each task where it is submitted, for debugging.
    **options
        Names that make sense for servers on a network only raise, and say what to do instead.

    Examples
    --------
    >>> from weft.distributed import Client, LocalCluster
    >>> with LocalCluster(n_workers=1, threads_per_worker=2, processes=False) as cluster, Client(cluster) as client:
    ...     client.submit(abs, -1).result()
    1
    """

    def __init__(
        self,
        name: str | None = None,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        processes: bool | None = None,
        loop: None = None,
        start: None = None,
        host: str | None = None,
        ip: str | None = None,
        scheduler_port: int = 0,
        silence_logs: int | str | bool = logging.WARNING,
        dashboard_address: Any = ":8787",
        worker_dashboard_address: None = None,
        services: None = None,
        worker_services: None = None,
        service_kwargs: None = None,
        asynchronous: bool = False,
        security: Any = None,
        protocol: str | None = None,
        blocked_handlers: None = None,
        interface: None = None,
        worker_class: None = None,
        scheduler_kwargs: None = None,
        scheduler_sync_interval: float = 1,
        memory_limit: Any = "auto",
        resources: Mapping[str, float] | None = None,
        local_directory: str | None = None,
        env: Mapping[str, str] | None = None,
        plugins: Iterable[Any] = (),
        nthreads: int | None = None,
        engine: str | None = None,
        **options: Any,
    ) -> None:
        if protocol in ("inproc", "inproc://") and processes is None:
            processes, protocol = False, None
        refuse_network_options(
            loop=loop, start=start, host=None if host in ("127.0.0.1", "localhost") else host, ip=ip,
            scheduler_port=scheduler_port or None, worker_dashboard_address=worker_dashboard_address, services=services or None,
            worker_services=worker_services or None, service_kwargs=service_kwargs or None, protocol=protocol,
            blocked_handlers=blocked_handlers, interface=interface, worker_class=worker_class,
            scheduler_kwargs=scheduler_kwargs or None, security=security or None,
            dashboard_address=None if dashboard_address in (None, False, "", ":0", 0, ":8787") else dashboard_address,
            **options,
        )  # fmt: skip
        if engine is None:
            engine = "threads" if processes is False else "processes"
        elif engine not in ENGINES:
            raise BackendError(f"engine={engine!r}: there are {', '.join(map(repr, ENGINES))}")
        elif processes is not None and processes != (engine == "processes"):
            raise BackendError(f"processes={processes} and engine={engine!r} contradict each other: give one of them")
        if nthreads is not None:
            if threads_per_worker not in (None, nthreads):
                raise BackendError("nthreads= and threads_per_worker= mean the same: give one of them")
            threads_per_worker = nthreads
        for option, value, least in (("n_workers", n_workers, 0), ("threads_per_worker", threads_per_worker, 0)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                raise BackendError(f"{option} must be a whole number, {least} or more, not {value!r}")
        if engine == "inline":
            n_workers, threads_per_worker = 1, 1
        count, threads = threads_of_workers(n_workers, threads_per_worker, engine == "processes")
        if silence_logs is not False:
            logger.setLevel(silence_logs if not isinstance(silence_logs, bool) else logging.WARNING)
        per_worker = memory_of(memory_limit, max(count, 1))
        super().__init__(
            engine=engine, nthreads=[threads] * count, name=name, asynchronous=asynchronous,
            budget=per_worker * max(count, 1) if per_worker else None, memory_per_worker=per_worker,
            spill_directory=local_directory, resources=resources, threads_per_worker=threads, env=env, plugins=plugins,
        )  # fmt: skip


def memory_of(limit: Any, n_workers: int) -> int:
    """Bytes of each worker; 0 if it is left to the configuration."""
    if limit == "auto":
        return 0
    if limit is None or limit == 0:
        return (1 << 62) // n_workers
    try:
        return parse_fraction_or_bytes(limit, memory_limit())
    except ValueError as error:
        raise BackendError(f"memory_limit={limit!r}: {error}") from None


REASONS = {
    "loop": "clusters need no event loop of yours",
    "start": "a cluster is ready when it is made",
    "host": "nothing listens on a network here",
    "ip": "nothing listens on a network here",
    "interface": "nothing listens on a network here",
    "scheduler_port": "nothing listens on a network here",
    "port": "nothing listens on a network here",
    "protocol": "workers are processes behind pipes, or threads (processes=False)",
    "security": "nothing goes over a network, so there is nothing to encrypt",
    "dashboard_address": "there is no dashboard server; see weft.diagnostics, or pass dashboard_address=None",
    "worker_dashboard_address": "there is no dashboard server; see weft.diagnostics",
    "services": "workers have no services",
    "worker_services": "workers have no services",
    "service_kwargs": "workers have no services",
    "blocked_handlers": "there are no message handlers to block",
    "worker_class": "workers are made by the cluster: say processes=True or False",
    "scheduler_kwargs": "the scheduler has no options of its own; see weft.config",
    "death_timeout": "workers end with this process, by the system's own means",
    "lifetime": "workers are not restarted by the clock; use client.restart_workers()",
    "preload": "register a plugin instead: LocalCluster(plugins=[...])",
    "preload_nanny": "register a plugin instead: LocalCluster(plugins=[...])",
    "executor": "workers have one pool of threads each",
    "data": "results lie in Weft's own store",
    "memory_target_fraction": "there is one budget: memory_limit=",
    "memory_spill_fraction": "there is one budget: memory_limit=",
    "memory_pause_fraction": "there is one budget: memory_limit=",
    "memory_terminate_fraction": "there is one budget: memory_limit=",
}


def refuse_network_options(**options: Any) -> None:
    """Raise for an option that was given and makes no sense on one machine."""
    for name, value in options.items():
        if value is None:
            continue
        if name in REASONS:
            raise BackendError(f"{name}={value!r} makes no sense here: {REASONS[name]}.")
        raise TypeError(f"LocalCluster() takes no option {name!r}")


def cluster_for(
    address: Any, *, engine: str | None, security: Any, timeout: Any, asynchronous: bool, **kwargs: Any
) -> tuple[Any, bool]:
    """The cluster that a client is to use, and whether it was made for it."""
    if engine is not None and engine not in ENGINES:
        raise BackendError(f"engine={engine!r}: there are {', '.join(map(repr, ENGINES))}")
    if address is None:
        return LocalCluster(engine=engine, security=security, asynchronous=False, **kwargs), True
    if isinstance(address, Executor):
        raise BackendError(
            "Client(executor) is not offered: pass the executor to a computation, compute(scheduler=executor), or use "
            "Client(processes=...)"
        )
    if kwargs or engine is not None or security:
        given = next(iter(kwargs), "engine" if engine is not None else "security")
        raise BackendError(
            f"{given}= is for a cluster that the client makes: give it to the cluster, not to Client(address)"
        )
    if hasattr(address, "add_client"):
        if address.status != "running":
            raise BackendError("the cluster is closed: make a new one")
        return address, False
    if hasattr(address, "scheduler_address") and not isinstance(address, str):
        address = address.scheduler_address
    if isinstance(address, str):
        found = CLUSTERS.get(address)
        if found is not None:
            return found, False
        raise OSError(
            f"no cluster of this process has the address {address!r}. Clusters of other processes or machines are Ray's: "
            "Client(engine='ray', address=...)."
        )
    raise TypeError(f"Client() takes a cluster or an address, not {address!r}")
