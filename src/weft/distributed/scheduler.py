"""A cluster's scheduler, as plugins and functions run on it see it."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from weft.distributed.pausing import Reply
from weft.distributed.worker import Worker
from weft.errors import BackendError
from weft.typing import Key

__all__ = ["Scheduler"]


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

    async def who_has(self, keys: Sequence[Key] | None = None) -> dict[Key, tuple[str, ...]]:
        """The workers that made results, by key, as programs that await the scheduler's answers ask for them."""
        return self._answer("who_has", None if keys is None else list(keys))  # type: ignore[no-any-return]

    async def has_what(self, workers: Sequence[str] | None = None) -> dict[str, tuple[Key, ...]]:
        """The keys of the results that each worker made, likewise."""
        return self._answer("has_what", workers)  # type: ignore[no-any-return]

    async def identity(self, n_workers: int = -1) -> dict[str, Any]:
        """What `Client.scheduler_info` tells, likewise."""
        info = self._answer("info")
        if n_workers >= 0:
            info["workers"] = dict(list(info["workers"].items())[:n_workers])
        return info  # type: ignore[no-any-return]

    def _answer(self, op: str, *args: Any) -> Any:
        reply = Reply()
        self.cluster.ask(op, args, reply, "scheduler")
        return reply.get()

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
