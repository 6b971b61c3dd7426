"""This process's connection to Ray: a process has one at most, whoever of it uses Ray.

Whoever needs Ray *joins*, and leaves when he is done. If the process is connected already, that connection is used, and
left alone at the end. Otherwise the first one connects (to the cluster that he names, to ``RAY_ADDRESS``, or to a Ray that
is started on this machine for this process alone), and the last one disconnects, which ends a Ray of our own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from weft.backends.ray_worker import import_ray
from weft.errors import BackendError
from weft.system import memory_limit
from weft.units import format_bytes

__all__ = ["CONNECTION", "Connection", "Node", "ended_jobs", "job_name", "living_nodes", "session_name"]

#: A Ray of our own gets this share of the memory for its object store, and of what is free in shared memory.
STORE_SHARE = 0.3
SHARED_SHARE = 0.8
#: Ray refuses an object store that is smaller than this.
LEAST_STORE_NBYTES = 75 << 20
NAMESPACE = "weft"
#: What Ray says if its server for a client did not start in time, or ended as it started, and how often one is asked for.
NO_SERVER = ("Starting Ray client server failed", "Proxy failed to Connect to backend", "start_specific_server")
TRIES = 3


class Node(NamedTuple):
    """A node of the cluster; one that is gone has no resources."""

    name: str
    resources: Mapping[str, float]
    address: str = ""
    host: str = ""

    @property
    def nslots(self) -> int:
        """Tasks that it runs at a time."""
        return int(self.resources.get("CPU", 0))

    @property
    def store_nbytes(self) -> int:
        """Size of its object store."""
        return int(self.resources.get("object_store_memory", 0))


class Connection:
    """See the module."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._mine = False
        #: Whether Ray was started here, for this process alone.
        self.is_private = False
        self.address: str | None = None
        self._caller: ThreadPoolExecutor | None = None

    def join(self, address: str | None = None, **options: Any) -> None:
        """Connect, or use the connection that there is.

        Parameters
        ----------
        address : str, optional
            As for ``ray.init``: ``"auto"``, ``"host:port"``, ``"ray://host:port"``. By default ``RAY_ADDRESS``, else a
            Ray is started.
        **options
            For a Ray that is started: ``num_cpus``, ``object_store_memory``, ``resources``, ``spill_directory``.

        Raises
        ------
        BackendError
            There is no cluster at the address, or this process is connected to another one.
        """
        ray = import_ray()
        with self._lock:
            address = address or os.environ.get("RAY_ADDRESS") or None
            if ray.is_initialized():
                self._check_same(ray, address)
                if not self._mine:
                    self.is_private = False
            else:
                self._users = 0
                self._connect(ray, address, options)
            if self._caller is None and ray.util.client.ray.is_connected():
                self._caller = ThreadPoolExecutor(1, "weft-ray")
            self._users += 1

    def when_there(self, ref: Any, call: Callable[[Any], None]) -> None:
        """Call with the future of a reference when it is there, in a thread that may use Ray.

        Where the connection is one of Ray's clients, its own thread must not: it would wait for itself.
        """
        future = ref.future()
        future.add_done_callback(call if self._caller is None else lambda future: self._call_elsewhere(call, future))

    def _call_elsewhere(self, call: Callable[[Any], None], future: Any) -> None:
        if (caller := self._caller) is not None:  # else everybody has left
            with contextlib.suppress(RuntimeError):  # and is leaving now
                caller.submit(call, future)

    def leave(self) -> None:
        """Whoever joined needs it no longer."""
        with self._lock:
            self._users = max(0, self._users - 1)
            if not self._users and self._caller is not None:
                self._caller.shutdown(wait=False)
                self._caller = None
            if not self._users and self._mine:
                self._mine = self.is_private = False
                self.address = None
                import_ray().shutdown()

    def _check_same(self, ray: Any, address: str | None) -> None:
        if address in (None, "auto", "local", self.address):
            return
        there = self.address
        with contextlib.suppress(Exception):  # a connection through ray:// may not tell
            there = ray.get_runtime_context().gcs_address
        if there != address:
            raise BackendError(
                f"this process is connected to Ray at {there!r}, so it cannot connect to {address!r}: a process has one "
                "connection. Close its clients or call ray.shutdown() first, or use another process."
            )

    def _connect(self, ray: Any, address: str | None, options: dict[str, Any]) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.WARNING, "namespace": NAMESPACE}
        if address is not None and address != "local":
            try:
                init_at(ray, address, quiet)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise BackendError(
                    f"cannot connect to Ray at {address!r}: {error}. Start a cluster with `weft cluster start`, or leave out "
                    "the address to start Ray for this process alone."
                ) from error
            except ImportError as error:  # ray:// needs gRPC
                raise BackendError(
                    f'cannot connect to Ray at {address!r}: {error}. Such an address needs: pip install "ray[client]"'
                ) from error
        else:
            start_private(ray, quiet, **options)
        self._mine = True
        self.is_private = address is None or address == "local"
        self.address = address


def init_at(ray: Any, address: str, quiet: Mapping[str, Any]) -> None:
    """Connect to a cluster that runs.

    Behind an address ``ray://`` Ray starts a server for each client. Now and then one stands still as it starts (its gRPC
    says "epoll_wait error: Bad file descriptor"), which Ray notices after half a minute, or ends. The next one works.
    """
    for left in reversed(range(TRIES)):
        try:
            ray.init(address=address, **quiet)
        except ConnectionError as error:
            if not left or not any(words in str(error) for words in NO_SERVER):
                raise
        else:
            return


def start_private(
    ray: Any,
    quiet: Mapping[str, Any],
    *,
    num_cpus: int | None = None,
    object_store_memory: int | None = None,
    resources: Mapping[str, float] | None = None,
    spill_directory: str | None = None,
) -> None:
    """Start Ray on this machine, for this process."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # a failed bundle has several results
    store = default_store_nbytes() if object_store_memory is None else object_store_memory
    if store < LEAST_STORE_NBYTES:
        raise BackendError(
            f"Ray needs an object store of {format_bytes(LEAST_STORE_NBYTES)} or more, not {format_bytes(store)}: "
            "give it memory with object_store_memory=, or make room in /dev/shm."
        )
    more: dict[str, Any] = {} if spill_directory is None else {"object_spilling_directory": spill_directory}
    ray.init(
        address="local",
        num_cpus=num_cpus,
        resources=dict(resources) if resources else None,
        include_dashboard=False,
        object_store_memory=store,
        **quiet,
        **more,
    )


def default_store_nbytes() -> int:
    """The object store of a Ray of our own, in bytes."""
    store = int(STORE_SHARE * memory_limit())
    with contextlib.suppress(OSError):
        shared = os.statvfs("/dev/shm")
        store = min(store, int(SHARED_SHARE * shared.f_bavail * shared.f_frsize))
    return store


def session_name(ray: Any) -> str:
    """Names this process's connection to Ray: another one does not have its objects."""
    return str(ray.get_runtime_context().get_worker_id())


def job_name(ray: Any) -> str:
    """Ray's name for this driver."""
    return str(ray.get_runtime_context().get_job_id())


def ended_jobs() -> frozenset[str]:
    """The drivers that have ended, by Ray's name."""
    import_ray()
    from ray._private import state  # there is no public way that does without Ray's dashboard

    jobs: list[dict[str, Any]] = state.state.job_table()  # type: ignore[no-untyped-call]
    return frozenset([job["JobID"] for job in jobs if job["IsDead"]])


def living_nodes(ray: Any) -> dict[str, Node]:
    """The nodes that tasks can run on, by Ray's name; the head first."""
    found = {
        node["NodeID"]: Node(
            node["NodeID"], node["Resources"], node.get("NodeManagerAddress", ""), node.get("NodeManagerHostname", "")
        )
        for node in ray.nodes()
        if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
    }
    order = sorted(found, key=lambda name: ("node:__internal_head__" not in found[name].resources, name))
    return {name: found[name] for name in order}


#: The one of this process.
CONNECTION = Connection()
