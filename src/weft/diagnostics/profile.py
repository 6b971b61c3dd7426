"""Profilers: what ran when and where, what the machine did meanwhile, how long results lay in memory.

The three have the same form: a ``with`` block or ``register()``, then ``results``, a list of named tuples, and
``visualize()``. Times are those of ``time.perf_counter``, so that the three can be laid over one another.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

from weft.backends import Held, Run
from weft.backends.local import LocalRun
from weft.diagnostics.log import Span, keep_whole, spans
from weft.diagnostics.views import result_of, task_of
from weft.diagnostics.watcher import Watcher
from weft.graph import Plan, Task
from weft.graph.plan import paused_collector
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["CacheData", "CacheProfiler", "Profiler", "ResourceData", "ResourceProfiler", "TaskData"]

R = TypeVar("R")
S = TypeVar("S")


class TaskData(NamedTuple):
    """One task that ran."""

    key: Key
    task: Task
    start_time: float
    end_time: float
    worker_id: int


class ResourceData(NamedTuple):
    """One sample: seconds, megabytes (10^6 bytes) of resident memory, per cent of one core."""

    time: float
    mem: float
    cpu: float


class CacheData(NamedTuple):
    """One result: what the metric says of it, when it came, and when nobody needed it any more."""

    key: Key
    task: Task
    metric: Any
    cache_time: float
    free_time: float


class Gathering(Watcher[S], Generic[S, R]):
    """A profiler: records in ``results``."""

    def __init__(self) -> None:
        self._results: list[R] = []

    @property
    def results(self) -> list[R]:
        """The records so far."""
        return self._results

    def clear(self) -> None:
        """Drop the records."""
        self._results = []

    def visualize(self, **kwargs: Any) -> Any:
        """Draw the records; takes what :func:`weft.diagnostics.visualize` takes."""
        from weft.diagnostics.timeline import visualize

        return visualize([self], **kwargs)


class Profiler(Gathering[list[Span], TaskData]):
    """Record each task that finishes: its key, when it began and ended, and on which worker.

    Notes
    -----
    In this process nothing is called for each task: the records are read from the run's event log, when somebody asks for
    them. A task counts from when it was handed out, so its time contains what it took to read blocks back from disk.

    The records refer to the tasks with their constants, and so keep these alive; ``clear()`` lets them go.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import Profiler
    >>> with Profiler() as profile:
    ...     weft.delayed(abs)(-1, weft_key_name="x").compute()
    1
    >>> [(each.key, each.worker_id) for each in profile.results]
    [('x', 0)]
    """

    def __init__(self) -> None:
        super().__init__()
        self._unread: list[tuple[Plan, Any]] = []
        self._reading = threading.Lock()

    def _follow(self, run: Run) -> list[Span]:
        if isinstance(run, LocalRun):
            keep_whole(run.core)
        return []

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        """Called only where the log does not have the times of the workers."""
        kept = self._followed.get(id(run))
        if kept is not None:
            kept.append(Span(task, worker, started, ended))

    def _leave(self, run: Run, kept: list[Span]) -> None:
        plan = run.plan.changed(data={})  # blocks that somebody persisted are not ours to keep
        with self._reading:
            self._unread.append((plan, run.core if isinstance(run, LocalRun) else kept))

    @property
    def results(self) -> list[TaskData]:
        """The records so far, in the order in which tasks finished."""
        with self._reading, paused_collector():
            for plan, source in self._unread:
                keys = plan.keys
                for task, worker, start, end in source if isinstance(source, list) else spans(source, plan.ntasks):
                    self._results.append(TaskData(keys[task], task_of(plan, task), start, end, worker))
            self._unread = []
        return self._results

    def clear(self) -> None:
        """Drop the records."""
        with self._reading:
            self._results, self._unread = [], []


class ResourceProfiler(Gathering["Sampler | None", ResourceData]):
    """Sample the memory and processor time of this process and its children, such as worker processes.

    In a ``with`` block samples are taken from its beginning to its end; if registered, while computations run.

    Parameters
    ----------
    dt : float
        Seconds between two samples.

    Notes
    -----
    Memory is the sum of the processes' resident sizes: pages that they share count in each.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import ResourceProfiler
    >>> with ResourceProfiler(dt=0.1) as profile:
    ...     weft.delayed(abs)(-1).compute()
    1
    >>> len(profile.results) >= 2
    True
    """

    def __init__(self, dt: float = 1) -> None:
        if not dt > 0:
            raise ValueError(f"dt must be more than 0 seconds, not {dt!r}")
        super().__init__()
        self._dt = dt
        self._lock = threading.Lock()
        self._users = 0
        self._sampler: Sampler | None = None

    def __enter__(self) -> Self:
        self._open()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._done()

    def _follow(self, run: Run) -> None:
        self._open()

    def _leave(self, run: Run, kept: Any) -> None:
        self._done()

    def _open(self) -> None:
        with self._lock:
            self._users += 1
            if self._sampler is None:
                self._sampler = Sampler(self._dt, self._results)

    def _done(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users <= 0:
                self._stop()

    def _stop(self) -> None:
        self._users = 0
        if self._sampler is not None:
            self._sampler.stop()
            self._sampler = None

    def close(self) -> None:
        """Stop sampling now; the records stay."""
        with self._lock:
            self._stop()

    def clear(self) -> None:
        """Drop the records."""
        self._results.clear()


class Sampler:
    """The thread that takes samples: one at once, one each ``dt`` seconds, one at the end."""

    def __init__(self, dt: float, results: list[ResourceData]) -> None:
        import psutil

        self._dt = dt
        self._results = results
        self._main = psutil.Process(os.getpid())
        self._gone: tuple[type[Exception], ...] = (psutil.Error, OSError)
        self._processes: dict[int, Any] = {self._main.pid: self._main}
        self._main.cpu_percent()  # the first answer is always 0: later ones count from here
        self._take()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="weft-resources", daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._over.wait(self._dt):
            self._take()

    def stop(self) -> None:
        """Take the last sample, and end the thread."""
        self._over.set()
        self._thread.join()
        self._take()

    def _take(self) -> None:
        children: list[Any] = []
        with contextlib.suppress(*self._gone):
            children = self._main.children(recursive=True)
        known = self._processes
        self._processes = {each.pid: known.get(each.pid, each) for each in [self._main, *children]}
        nbytes, cpu = 0, 0.0
        for process in self._processes.values():
            with contextlib.suppress(*self._gone):
                nbytes += process.memory_info().rss
                cpu += process.cpu_percent()
        self._results.append(ResourceData(perf_counter(), nbytes / 1e6, cpu))


class CacheProfiler(Gathering[dict[int, tuple[Any, float]], CacheData]):
    """Record each result: its size, when it came, and when its last reader was done.

    Parameters
    ----------
    metric : callable, optional
        What to record of a result, instead of its bytes.
    metric_name : str, optional
        What drawings call that; the function's name by default.

    Notes
    -----
    A result that is an answer of the run, or whose readers did not all finish, counts as freed when the run ends. Where
    large results stay elsewhere (in processes), the metric is given a reference to the block; bytes are right all the same.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import CacheProfiler
    >>> with CacheProfiler(metric=len, metric_name="characters") as profile:
    ...     weft.delayed(str)(12345, weft_key_name="x").compute()
    '12345'
    >>> profile.results[0].metric
    5
    """

    reads_log = False

    def __init__(self, metric: Callable[[Any], Any] | None = None, metric_name: str | None = None) -> None:
        if metric is not None and not callable(metric):
            raise TypeError(f"metric must be a function of a result, not {metric!r}")
        if metric_name is not None and metric is None:
            raise ValueError("metric_name names a metric: give one, too")
        super().__init__()
        self._metric = metric
        self.metric_name = metric_name or ("bytes" if metric is None else str(getattr(metric, "__name__", "metric")))

    def _follow(self, run: Run) -> dict[int, tuple[Any, float]]:
        return {}

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        kept = self._followed.get(id(run))
        if kept is None:
            return
        if self._metric is not None:
            kept[task] = self._metric(result_of(run, task, value)), ended
        else:
            is_here = run.shares_memory and not isinstance(value, Held) and task not in run.plan.outputs
            kept[task] = sizeof(value) if is_here else None, ended

    def _leave(self, run: Run, kept: dict[int, tuple[Any, float]]) -> None:
        plan, core = run.plan, run.core
        over = perf_counter() if run.ended is None else run.ended
        wanted = set(plan.wanted)
        with paused_collector():
            self._record(plan, core, wanted, over, kept)

    def _record(self, plan: Plan, core: Any, wanted: set[int], over: float, kept: dict[int, tuple[Any, float]]) -> None:
        for task, (metric, came) in kept.items():
            free = came
            for block in plan.outputs.get(task, (task,)):
                if block in wanted:
                    free = over
                for reader in plan.dependents[block]:
                    free = max(free, kept[reader][1] if reader in kept else over)
            if metric is None:
                metric = sum(core.size[block] for block in plan.outputs.get(task, (task,)))
            self._results.append(CacheData(plan.keys[task], task_of(plan, task), metric, came, free))
