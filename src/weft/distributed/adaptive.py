"""Clusters that grow while there is much to do, and shrink while there is little: ``cluster.adapt(minimum=, maximum=)``.

Workers of one machine cost next to nothing while they are idle, so most programs need none of this. It serves programs
that have the machine for a part of the time only, and those that were written for clusters that are paid by the hour.
Nothing is lost with a worker: results lie in memory that all of them read.
"""

from __future__ import annotations

import logging
import math
import threading
import weakref
from collections.abc import Iterable
from typing import Any

from weft.distributed.pausing import finished, seconds
from weft.distributed.status import Status
from weft.errors import BackendError
from weft.system import CPU_COUNT
from weft.units import parse_bytes

__all__ = ["Adaptive"]

logger = logging.getLogger("weft.distributed")


class Adaptive:
    """Sets the number of a cluster's workers by what there is to do. Made by :meth:`LocalCluster.adapt`.

    Subclasses may say otherwise in :meth:`target`, :meth:`workers_to_close`, :meth:`recommendations`, as functions or
    coroutines.

    Parameters
    ----------
    cluster : LocalCluster
    interval : float or str
        How often it looks.
    minimum, maximum : int
        Of workers. Without a maximum there are not more than cores.
    wait_count : int
        How often a worker must be found to be too many before it goes.
    target_duration : float or str
        The work that there is should take no longer than this, as far as that is known.
    worker_key : None
        Not offered: workers are single processes.

    Examples
    --------
    >>> from weft.distributed import Client, LocalCluster
    >>> with LocalCluster(n_workers=0, threads_per_worker=1, processes=False) as cluster, Client(cluster) as client:
    ...     adaptive = cluster.adapt(minimum=0, maximum=2)
    ...     client.submit(abs, -1).result()
    1
    """

    def __init__(
        self,
        cluster: Any,
        interval: float | str | None = None,
        minimum: int | None = None,
        maximum: float | None = None,
        wait_count: int | None = None,
        target_duration: float | str | None = None,
        worker_key: None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(f"Adaptive() takes no option {next(iter(kwargs))!r}")
        if worker_key is not None:
            raise BackendError("worker_key= is not offered: workers of one machine are single processes")
        self._cluster = weakref.ref(cluster)
        self.interval = seconds("1s" if interval is None else interval)
        self.minimum = 0 if minimum is None else minimum
        self.maximum = math.inf if maximum is None else maximum
        self.wait_count = 3 if wait_count is None else wait_count
        self.target_duration = seconds("5s" if target_duration is None else target_duration)
        if self.minimum < 0 or self.maximum < max(self.minimum, 1):
            raise ValueError(f"minimum={minimum} and maximum={maximum} contradict each other")
        self._too_many: dict[Any, int] = {}  # worker to how often it was found to be too many
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._main, name="weft-adaptive", daemon=True)
        self._thread.start()

    @property
    def cluster(self) -> Any:
        return self._cluster()

    def _main(self) -> None:
        while True:
            try:
                if self.cluster is None or self.cluster.status is not Status.running:
                    return
                self.adapt()
            except Exception:  # a user's method; the next look may do better
                logger.exception("%r could not adapt the cluster", self)
            if self._over.wait(self.interval):
                return

    def target(self) -> Any:
        """How many workers there should be, minimum and maximum aside."""
        ntasks, duration = self.cluster.workload()
        if not ntasks:
            return 0
        threads = max(1, self.cluster.threads_per_worker)
        most = math.ceil(ntasks / threads)
        if duration is None or not self.target_duration:
            return most
        return min(most, max(1, math.ceil(duration / threads / self.target_duration)))

    def workers_to_close(self, target: int) -> Any:
        """Names of the workers that go if there are to be so many: idle ones first."""
        surplus = len(self.cluster.workers) - target
        if surplus <= 0:
            return []
        busy = self.cluster.busy_workers()
        return sorted(self.cluster.workers, key=lambda number: (number in busy, -number))[:surplus]

    def recommendations(self, target: int) -> Any:
        """What to do to have so many workers: ``{"status": "up", "n": 3}``, ``{"status": "down", "workers": [...]}``, or same."""
        count = len(self.cluster.workers)
        if target == count:
            self._too_many.clear()
            return {"status": "same"}
        if target > count:
            self._too_many.clear()
            return {"status": "up", "n": target}
        found = finished(self.workers_to_close(target))
        self._too_many = {worker: self._too_many.get(worker, 0) + 1 for worker in found}
        ripe = [worker for worker, times in self._too_many.items() if times >= self.wait_count]
        return {"status": "down", "workers": ripe} if ripe else {"status": "same"}

    def scale_up(self, n: int) -> Any:
        """Have so many workers."""
        self.cluster._scale(max(n, len(self.cluster.workers)))

    def scale_down(self, workers: Iterable[Any]) -> Any:
        """Have these workers go."""
        self.cluster._retire(self.cluster.numbers_of(list(workers)))

    def adapt(self) -> Any:
        """Look once, and change the number of workers if that is due."""
        most = self.maximum if self.maximum < math.inf else max(CPU_COUNT, self.minimum)
        target = int(max(self.minimum, min(finished(self.target()), most)))
        advice = dict(finished(self.recommendations(target)))
        status = advice.pop("status")
        if status == "up":
            finished(self.scale_up(**advice))
        elif status == "down":
            finished(self.scale_down(**advice))

    def stop(self, reason: str = "unknown") -> None:
        """Leave the number of workers as it is from now on."""
        self._over.set()

    def __repr__(self) -> str:
        return f"<Adaptive: minimum={self.minimum}, maximum={self.maximum}>"


def bounds(
    cluster: Any,
    minimum: int,
    maximum: float,
    minimum_cores: int | None,
    maximum_cores: int | None,
    minimum_memory: int | str | None,
    maximum_memory: int | str | None,
) -> tuple[int, float]:
    """Minimum and maximum in workers, of what is said in workers, cores or bytes."""
    threads = max(1, cluster.threads_per_worker)
    if minimum_cores is not None:
        minimum = max(minimum, math.ceil(minimum_cores / threads))
    if maximum_cores is not None:
        maximum = min(maximum, maximum_cores // threads)
    if minimum_memory is not None or maximum_memory is not None:
        each = cluster.memory_per_worker
        if not each:
            raise BackendError("adapt() by memory needs workers with a memory_limit")
        if minimum_memory is not None:
            minimum = max(minimum, math.ceil(parse_bytes(minimum_memory) / each))
        if maximum_memory is not None:
            maximum = min(maximum, parse_bytes(maximum_memory) // each)
    return minimum, maximum
