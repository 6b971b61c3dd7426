"""How many workers a cluster has: set by hand, waited for, or following what there is to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from time import monotonic, time
from typing import Any

from weft.distributed.adaptive import Adaptive, bounds
from weft.distributed.pausing import Bell, in_thread, seconds
from weft.distributed.status import Status
from weft.distributed.worker import Worker
from weft.errors import BackendError
from weft.units import parse_bytes

__all__ = ["Sizing"]


class Sizing:
    """The part of a cluster that changes its size."""

    run: Any
    workers: dict[int, Worker]
    engine: str
    asynchronous: bool
    memory_per_worker: int
    threads_per_worker: int
    scheduler: Any
    scheduler_plugins: dict[str, Any]
    _adaptive: Any
    _guard: Any
    _offer: dict[str, float]
    _call_hook: Callable[..., None]
    _note: Callable[[str], None]
    _worker_came: Callable[[int, int], None]
    numbers_of: Callable[..., list[int]]

    def scale(self, n: int = 0, memory: int | str | None = None, cores: int | None = None) -> Any:
        """Set the number of workers, or of cores or bytes, which then are rounded up to whole workers."""
        if not hasattr(n, "__index__") or n < 0:
            raise ValueError(f"scale() takes the number of workers, 0 or more, not {n!r}")
        if memory is not None:
            if not self.memory_per_worker:
                raise BackendError("scale(memory=) needs workers with a memory_limit")
            n = max(n, math.ceil(parse_bytes(memory) / self.memory_per_worker))
        if cores is not None:
            n = max(n, math.ceil(cores / self.threads_per_worker))
        self._stop_adapting()
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
            worker.status = Status.closed
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

    def adapt(
        self,
        Adaptive: Callable[..., Any] = Adaptive,  # noqa: N803
        minimum: int = 0,
        maximum: float = math.inf,
        minimum_cores: int | None = None,
        maximum_cores: int | None = None,
        minimum_memory: int | str | None = None,
        maximum_memory: int | str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Have the number of workers follow what there is to do.

        Parameters
        ----------
        Adaptive : class
            What decides; see :class:`Adaptive`.
        minimum, maximum : int
            Of workers; without a maximum there are not more than cores.
        minimum_cores, maximum_cores, minimum_memory, maximum_memory
            The same in cores or bytes.
        **kwargs
            ``interval``, ``wait_count``, ``target_duration``.
        """
        if self.engine not in ("threads", "processes"):
            raise BackendError(f"adapt() is not offered by the engine {self.engine!r}: it has the workers that it has")
        least, most = bounds(self, minimum, maximum, minimum_cores, maximum_cores, minimum_memory, maximum_memory)
        self._stop_adapting()
        self._adaptive = Adaptive(self, minimum=least, maximum=most, **kwargs)
        return self._adaptive

    def _stop_adapting(self) -> None:
        adaptive, self._adaptive = self._adaptive, None
        if adaptive is not None:
            adaptive.stop()

    def workload(self) -> tuple[int, float | None]:
        """Tasks that wait for a worker or have one, and how long one thread would take for them, if that is known."""
        with self.run:
            core = self.run.core
            ntasks = len(core.ready) + sum(map(len, core.constrained.values())) + core.nrunning
            mean = self.run.mean_duration()
        return ntasks, None if mean is None else ntasks * mean

    def busy_workers(self) -> set[int]:
        """Workers that have tasks."""
        with self.run:
            return set(self.run.core.flying.values())

    def wait_for_workers(self, n_workers: int, timeout: float | str | None = None) -> Any:
        """Wait until there are so many workers."""
        if not isinstance(n_workers, int) or n_workers < 1:
            raise ValueError(f"n_workers must be a whole number, 1 or more, not {n_workers!r}")
        limit = seconds(timeout)
        return in_thread(self._wait_for, n_workers, limit) if self.asynchronous else self._wait_for(n_workers, limit)

    def _wait_for(self, n_workers: int, limit: float | None) -> None:
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
