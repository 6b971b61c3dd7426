"""A Ray cluster, as clients see it: ``Client(engine="ray")``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from weft.backends.contract import Request
from weft.backends.live_ray import LiveRay
from weft.backends.packed import pack
from weft.backends.ray import Ray
from weft.backends.ray_connection import Node, job_name
from weft.backends.ray_worker import import_ray
from weft.distributed.arbiter import Marked
from weft.distributed.cluster import Cluster
from weft.distributed.pausing import Reply
from weft.distributed.plugin_host import install_worker_plugin
from weft.distributed.ray_guest import Told
from weft.distributed.ray_switchboard import SEALED, Board, is_shared, switchboard
from weft.distributed.status import Status
from weft.distributed.worker import Worker
from weft.errors import BackendError
from weft.execution.current import request_for
from weft.system import CPU_COUNT
from weft.typing import Key
from weft.units import parse_bytes

__all__ = ["RayCluster"]

ANY_SIZE = 1 << 62
#: Options of clusters of one machine, and what to do instead.
REFUSED = {
    "processes": "Ray's workers are processes",
    "memory_limit": "give the object store of a Ray that is started with object_store_memory=, and a task's need with "
    "resources={'memory': ...}",
    "security": "Ray has TLS of its own: RAY_USE_TLS",
    "dashboard_address": "Ray has a dashboard of its own",
}


class RayCluster(Cluster):
    """Workers on a Ray cluster: each of its nodes is one, with as many tasks at a time as it has CPUs.

    Parameters
    ----------
    address : str, optional
        ``"auto"`` for a cluster that this machine is a part of, ``"host:port"``, or ``"ray://host:port"`` to connect from
        outside. By default what ``RAY_ADDRESS`` says; else Ray is started on this machine, and ended with this object. A
        connection that this process has already is used.
    n_workers, threads_per_worker : int, optional
        Of a Ray that is started: it gets the product as CPUs.
    object_store_memory : int or str, optional
        Of a Ray that is started: bytes, or text such as ``"2 GiB"``.
    resources : mapping, optional
        What a Ray that is started offers besides CPUs.
    runtime_env : mapping, optional
        Ray's ``runtime_env`` of all tasks: packages, files, environment variables.
    env : mapping, optional
        Environment variables of tasks; the same as ``runtime_env={"env_vars": env}``.
    local_directory : path, optional
        Where a Ray that is started writes what does not fit in memory.
    name, asynchronous, plugins
        As of :class:`LocalCluster`.
    **options
        Names that make no sense on Ray raise, and say what to do instead.

    Raises
    ------
    BackendError
        There is no cluster at the address, or an option makes no sense.
    MissingDependencyError
        Ray is not installed.

    Notes
    -----
    Tasks may submit tasks, and wait for them. Locks, queues, variables and the like are shared by all drivers of the Ray
    cluster; futures belong to the driver that has submitted them.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        object_store_memory: int | str | None = None,
        resources: Mapping[str, float] | None = None,
        runtime_env: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        local_directory: str | os.PathLike[str] | None = None,
        name: str | None = None,
        asynchronous: bool = False,
        plugins: Iterable[Any] = (),
        silence_logs: Any = None,
        **options: Any,
    ) -> None:
        for option, value in options.items():
            if option in REFUSED:
                if value is not None:
                    raise BackendError(f"{option}={value!r} makes no sense on Ray: {REFUSED[option]}.")
            else:
                raise TypeError(f"RayCluster() takes no option {option!r}")
        if address is not None and not isinstance(address, str):
            raise TypeError(
                f"the address of a Ray cluster is text such as 'auto' or 'ray://host:10001', not {address!r}"
            )
        ray = import_ray()
        start = start_options(n_workers, threads_per_worker, object_store_memory, resources, local_directory)
        if start and (address is not None or os.environ.get("RAY_ADDRESS") or ray.is_initialized()):
            raise BackendError(
                f"{next(iter(start.values()))[0]}= is for a Ray that is started here; this client joins one that is there"
            )
        environment = {**(runtime_env or {})}
        if env:
            environment["env_vars"] = {**environment.get("env_vars", {}), **env}
        self.engine_of_run = Ray(address, runtime_env=environment, **{key: value for key, (_, value) in start.items()})
        request = request_for(num_workers=start["num_cpus"][1] if "num_cpus" in start else None)
        self.ray = self.engine_of_run.connect(request)
        self.joined = address
        try:
            self._begin(name, asynchronous, plugins)
        except BaseException:  # also an interrupt: a cluster that was not made must not stay connected
            self.engine_of_run.close()
            raise

    def _begin(self, name: str | None, asynchronous: bool, plugins: Iterable[Any]) -> None:
        box = f"driver-{os.getpid()}-{os.urandom(6).hex()}"
        handle = switchboard(self.ray)
        self.board = Board(self.ray, handle, box, box)
        handle.open.remote(box, job_name(self.ray))
        self.nodes: list[Node] = self.engine_of_run.nodes()
        self.calls: dict[str, Any] = {}
        super().__init__(
            engine="ray", nthreads=[node.nslots for node in self.nodes], make_run=self._make_run, name=name,
            asynchronous=asynchronous, plugins=plugins,
        )  # fmt: skip

    def _make_run(self, request: Request, nthreads: list[int], **_: Any) -> LiveRay:
        return LiveRay(self.engine_of_run, self.ray, request, guest_maker="weft.distributed.ray_guest:RayGuest")

    def _make_address(self) -> str:
        return f"weft-ray://{self.board.box}"

    def _make_arbiter(self) -> Shared:
        return Shared(self)

    # -- workers --------------------------------------------------------------------------------------------------------

    def _worker_came(self, number: int, count: int) -> None:
        node = self.nodes[number]
        self.workers[number] = Worker._of(
            self, number, number, f"{self.scheduler_address}/{number}", count, dict(node.resources)
        )
        self._note(f"node {number} came: {node.host} {node.address}")
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(plugin, "add_worker", self.scheduler, self.workers[number].address)

    def node_came(self, number: int) -> None:
        """Ray has a node more."""
        self.nodes = self.engine_of_run.nodes()
        self._worker_came(number, self.nodes[number].nslots)
        self.run.introduce_home()

    def node_gone(self, number: int) -> None:
        """A node is gone."""
        worker = self.workers.pop(number, None)
        if worker is not None:
            worker.status = Status.closed
            self._note(f"node {number} left")
            for plugin in list(self.scheduler_plugins.values()):
                self._call_hook(plugin, "remove_worker", self.scheduler, worker.address, stimulus_id="node-gone")

    def numbers_of(self, workers: Any, *, lenient: bool = False) -> list[int]:
        names = [workers] if isinstance(workers, (str, int, Worker)) else list(workers)
        by_machine = [
            number for number in self.workers if {self.nodes[number].address, self.nodes[number].host}.intersection(
                [name for name in names if isinstance(name, str)]
            )
        ]  # fmt: skip
        if by_machine:
            return by_machine
        return super().numbers_of(workers, lenient=lenient)

    def told_to_guests(self) -> Told:
        """What tasks must know of this cluster."""
        calls = [(name, install_worker_plugin, (name, plugin)) for name, plugin in self.worker_plugins.items()]
        plugins = pack(calls, ANY_SIZE, "a worker plugin") if calls else b""
        assert isinstance(plugins, bytes)
        return Told(
            handle=self.board.handle,
            box=self.board.box,
            address=self.scheduler_address,
            nthreads={number: node.nslots for number, node in enumerate(self.nodes)},
            offers={number: dict(node.resources) for number, node in enumerate(self.nodes)},
            uploads=self.local_directory(),
            plugins=plugins,
        )

    def register_plugin(self, plugin: Any, name: str | None) -> Any:
        before = set(self.worker_plugins)
        found = super().register_plugin(plugin, name)
        if set(self.worker_plugins) != before:
            self.run.introduce_home()
        return found

    def scale(self, n: int = 0, memory: int | str | None = None, cores: int | None = None) -> Any:
        """Not offered: Ray's nodes are added and removed by Ray.

        Raises
        ------
        BackendError
            Always.
        """
        raise BackendError(
            "scale() is not offered on Ray: add nodes with `ray start --address=...` or `ray up`, or let Ray's autoscaler do it"
        )

    def _retire(self, numbers: Iterable[int]) -> None:
        raise BackendError("retire_workers() is not offered on Ray: `ray stop` on the node, or `ray down`, ends it")

    @property
    def dashboard_link(self) -> str:
        """The address of Ray's dashboard; empty if it has none."""
        found = getattr(self.ray._private.worker, "get_dashboard_url", lambda: None)()
        return f"http://{found}" if found else ""

    # -- what the switchboard says --------------------------------------------------------------------------------------

    def heard(self, content: list[Any]) -> None:
        """An event that somebody here listens to."""
        name, event = content
        call = self.calls.get(name)
        if call is not None:
            call(self.board.opened(event))

    def hold_key(self, key: Key) -> None:
        """Keep the result of a key."""
        self._keep_key(key)

    def let_key_go(self, key: Key) -> None:
        """Somebody who kept a key does so no longer."""
        self._let_key_go(key)

    # -- the end --------------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        if self.status is Status.closed:
            return
        super()._close()
        self.board.close()
        self.engine_of_run.close()

    def describe(self, kind: str) -> str:
        from weft.units import format_bytes

        where = self.joined or "this machine"
        return (
            f"<{kind}: Ray at {where!s}, nodes={len(self.workers)} CPUs={self.nthreads_total()}, "
            f"memory={format_bytes(self.run.budget())}>"
        )


class Shared:
    """The arbiter of a Ray cluster: the switchboard's."""

    def __init__(self, cluster: RayCluster) -> None:
        self.cluster = cluster
        self.on_event: list[Any] = []

    def ask(self, op: str, args: tuple[Any, ...], reply: Any, source: str) -> bool:
        """Ask for something that is the arbiter's; False if it is not."""
        if not is_shared(op):
            return False
        cluster = self.cluster
        if op == "listen":
            topic, name, call = args
            cluster.calls[name] = call
            args = topic, name, cluster.board.box
        elif op in SEALED and isinstance(args[SEALED[op]], Marked):
            cluster.hold_key(args[SEALED[op]].key)
        elif op == "dataset_put":
            for key in args[2]:
                cluster.hold_key(key)
        elif op == "event_log":
            for hook in self.on_event:
                for topic in args[0]:
                    hook(topic, args[1])
        cluster.board.ask(op, args, reply, source)
        return True

    def log_event(self, topics: list[str], message: Any) -> None:
        """Log an event."""
        self.ask("event_log", (topics, message), Reply(), self.cluster.id)

    def gone(self, source: str) -> None:
        """What a source had taken is free: the switchboard sees to that itself."""


def start_options(
    n_workers: int | None,
    threads_per_worker: int | None,
    object_store_memory: int | str | None,
    resources: Mapping[str, float] | None,
    local_directory: Any,
) -> dict[str, tuple[str, Any]]:
    """What a Ray that is started gets, with the names of the options that say so."""
    found: dict[str, tuple[str, Any]] = {}
    for option, value in (("n_workers", n_workers), ("threads_per_worker", threads_per_worker)):
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise BackendError(f"{option} must be a whole number, 1 or more, not {value!r}")
        count = (n_workers or max(1, CPU_COUNT // (threads_per_worker or 1))) * (threads_per_worker or 1)
        found["num_cpus"] = option, count
    if object_store_memory is not None:
        found["object_store_memory"] = "object_store_memory", int(parse_bytes(object_store_memory))
    if resources:
        found["resources"] = "resources", dict(resources)
    if local_directory is not None:
        found["spill_directory"] = "local_directory", str(local_directory)
    return found
