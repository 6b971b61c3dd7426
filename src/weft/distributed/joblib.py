"""The joblib backend: ``joblib.parallel_config(backend="weft")``, and with it scikit-learn's ``n_jobs``.

joblib makes batches of calls; each is a task of a cluster: of the current client, or else of one that is made for joblib
and stays until the process ends. Where tasks run in other processes a batch is pickled here, and the memory of large
arrays in it (and in dataframes, sparse matrices, estimators...) is left out: it is scattered once for all batches of a
call, and every task maps it, read-only, without a copy. Arrays that are ``numpy.memmap`` already travel as the name of
their file.

Calls inside tasks (nested parallelism) are tasks of the same cluster; who waits for them steps aside, so there are never
more at work than the cluster has threads. On Ray they run one after the other, in the task: Ray gives a task's CPU to others
only while it waits for Ray, which joblib does not.

The backend is registered when this module is imported, and when joblib is imported after ``weft.distributed``, or before.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic, sleep
from typing import Any

from weft.backends.live_here import HERE
from weft.backends.worker_life import inside_worker
from weft.distributed.batches import Initializer, Own, Shared, label, run_here, run_there
from weft.distributed.current import current_client
from weft.distributed.pausing import seconds
from weft.errors import BackendError
from weft.extras import import_required
from weft.physical.call import fresh_name
from weft.system import CPU_COUNT

backends = import_required("joblib._parallel_backends", 'the joblib backend needs joblib: pip install "weft[joblib]"')
parallel = import_required("joblib.parallel", 'the joblib backend needs joblib: pip install "weft[joblib]"')

__all__ = ["WeftBackend", "register"]

#: What ``submit`` takes of what users may say.
TASK_OPTIONS = frozenset({"workers", "resources", "retries", "priority", "allow_other_workers"})
#: What joblib gives every backend, and what says only how long idle workers live.
NO_EFFECT = frozenset({"temp_folder", "verbose", "context", "idle_worker_timeout"})
#: How long an aborted task may take to notice it before its worker is replaced, in seconds.
GRACE_S = 0.3


class WeftBackend(backends.AutoBatchingMixin, backends.ParallelBackendBase):  # type: ignore[misc, name-defined]
    """Runs joblib's batches on a cluster.

    Parameters
    ----------
    client : Client, optional
        Whose cluster runs them; by default the current client, or else a cluster of this machine's cores that is made
        when it is first needed and kept.
    engine : {"processes", "threads", "inline"}, optional
        What kind of cluster that is.
    scatter : list or tuple, optional
        Values that are sent once, wherever they stand in the calls; large arrays are always.
    wait_for_workers_timeout : float or str
        How long a call waits for the first worker of a cluster that has none, in seconds.
    initializer : callable, optional
        Run with ``initargs`` in each worker (each thread of it) before its first batch. ``Parallel`` takes both, too.
    **options
        ``workers``, ``resources``, ``retries``, ``priority``, ``allow_other_workers`` of all tasks.

    Notes
    -----
    ``n_jobs`` is -1 unless somebody says otherwise, and 1 in calls inside tasks. Arrays of at least ``max_nbytes`` are
    read-only in tasks (``mmap_mode="r"``, joblib's default), tasks' own with ``mmap_mode="c"`` or None. ``temp_folder`` has no
    effect: shared memory is Weft's own, see ``spill.directory``.

    Examples
    --------
    >>> import joblib
    >>> from weft.distributed import Client
    >>> with Client(processes=False), joblib.parallel_config(backend="weft"):
    ...     joblib.Parallel()(joblib.delayed(abs)(x) for x in [-1, -2])
    [1, 2]
    """

    supports_retrieve_callback = True
    supports_inner_max_num_threads = True
    default_n_jobs = -1

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        *,
        client: Any = None,
        engine: str | None = None,
        scatter: Any = None,
        wait_for_workers_timeout: float | str = 10,
        initializer: Callable[..., object] | None = None,
        initargs: Sequence[Any] = (),
        **options: Any,
    ) -> None:
        super().__init__(nesting_level=nesting_level, inner_max_num_threads=inner_max_num_threads)
        for name in options:
            if name not in TASK_OPTIONS:
                raise TypeError(
                    f"the joblib backend 'weft' has no option {name!r}; there are client, engine, scatter, "
                    "wait_for_workers_timeout, initializer, initargs, "
                    f"{', '.join(sorted(TASK_OPTIONS))}"
                )
        if scatter is not None and not isinstance(scatter, (list, tuple)):
            raise TypeError(f"scatter= takes a list or tuple of values, not {scatter!r}")
        if client is not None and engine is not None:
            raise TypeError("give client= or engine=: a client has its engine")
        if client is not None and client.asynchronous:
            raise BackendError("joblib needs a client that is not asynchronous: its calls wait for their results")
        self.parallel: Any = None
        self._given = client
        self._engine = engine
        self._scatter = list(scatter or ())
        self._wait_s = seconds(wait_for_workers_timeout)
        self._options = options
        self._first = None if initializer is None else Initializer(initializer, initargs)
        self._initializer: Initializer | None = None  #: of the call
        self._client: Any = None
        self._is_own = False
        self._limit = 0  # batches that may run at a time; 0: as many as there are threads
        self._guard = threading.RLock()  # a generator that nobody wants any more may be let go anywhere
        self._waiting: deque[tuple[Any, Any]] = deque()
        self._flying: set[Any] = set()
        self._shared: Shared | None = None
        if nesting_level:
            self.default_n_jobs = 1

    def __reduce__(self) -> Any:
        return _again, (self.nesting_level, self.inner_max_num_threads, self._options)

    # -- which cluster, how many --------------------------------------------------------------------------------------

    def _find(self) -> Any:
        """The client of the cluster that is to be used; None if that is yet to be made."""
        client = self._given or (current_client() if self._engine is None else None)
        if client is not None and client.asynchronous:
            raise BackendError("joblib needs a client that is not asynchronous: its calls wait for their results")
        return client

    @property
    def uses_threads(self) -> bool:
        """Whether tasks share this process's memory."""
        client = self._find()
        return self._engine in ("threads", "inline") if client is None else bool(client._run.shares_memory)

    supports_sharedmem = uses_threads

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many batches run at a time."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            n_jobs = self.default_n_jobs
        client = self._find()
        if client is None and (self.nesting_level or inside_worker()):
            return 1  # a task that cannot reach its cluster: a cluster of its own would be one too many
        if HERE.task >= 0 and getattr(HERE.run, "keeps_slot", False):
            return 1  # joblib waits in a loop of its own, and its task would keep what the inner calls need
        threads = CPU_COUNT if client is None else int(client.cluster.nthreads_total())
        if n_jobs < 0:
            return max(threads + 1 + n_jobs, 1)
        return n_jobs if client is None else max(1, min(n_jobs, threads))

    def configure(
        self,
        n_jobs: int = 1,
        parallel: Any = None,
        prefer: str | None = None,
        require: str | None = None,
        *,
        max_nbytes: int | None = 1 << 20,
        mmap_mode: str | None = "r",
        initializer: Callable[..., object] | None = None,
        initargs: Sequence[Any] = (),
        **backend_kwargs: Any,
    ) -> int:
        """Get ready for a call; gives how many batches run at a time."""
        for name in backend_kwargs:
            if name not in NO_EFFECT:
                raise TypeError(f"joblib.Parallel on the backend 'weft' takes no option {name!r}")
        self._initializer = self._first if initializer is None else Initializer(initializer, initargs)
        self._wait_for_a_worker()
        count = self.effective_n_jobs(n_jobs)
        if count == 1:
            raise backends.FallbackToBackend(backends.SequentialBackend(nesting_level=self.nesting_level))
        if mmap_mode not in (None, "r", "c"):
            raise BackendError(
                f"mmap_mode={mmap_mode!r}: tasks share what they read only. Pass a numpy.memmap that is opened with "
                "mode='r+' for what tasks are to write."
            )
        self.parallel = parallel
        client = self._find()
        self._is_own = client is None
        self._client = own_client(self._engine or "processes", count) if client is None else client
        threads = int(self._client.cluster.nthreads_total())
        self._limit = count if count < threads else 0
        self._shared = Shared(self._client, None if mmap_mode is None else max_nbytes, mmap_mode == "c", self._scatter)
        return count

    def _wait_for_a_worker(self) -> None:
        client = self._find()
        if client is None or client.cluster.nthreads_total():
            return
        end = None if self._wait_s is None else monotonic() + self._wait_s
        while not client.cluster.nthreads_total():
            if end is not None and monotonic() >= end:
                raise TimeoutError(f"{type(self).__name__} has no worker after {self._wait_s:g} seconds.")
            sleep(0.01)

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """What calls inside tasks use."""
        level = (self.nesting_level or 0) + 1
        return _again(level, self.inner_max_num_threads, self._options), None

    # -- batches go ---------------------------------------------------------------------------------------------------

    def submit(self, func: Any, callback: Callable[[Any], Any] | None = None) -> Any:
        """Have a batch run."""
        with self._guard:
            if self._limit and len(self._flying) >= self._limit:
                self._waiting.append((func, callback))
                return None
            future = self._start(func)
            self._flying.add(future)
        self._follow(future, callback)
        return future

    def _start(self, batch: Any) -> Any:
        client, threads, key = self._client, self.inner_max_num_threads, fresh_name(label(batch))
        if client._run.shares_memory:
            return client.submit(run_here, batch, threads, self._initializer, key=key, **self._options)
        assert self._shared is not None
        written, blocks, placed = self._shared.dumps(batch)
        own, name = self._shared.copied, None
        values = [*placed, *blocks]
        if self._initializer is not None:
            name, initializer = self._initializer.sent(client)
            values.append(initializer)
        return client.submit(run_there, written, threads, own, len(placed), name, *values, key=key, **self._options)

    def _follow(self, future: Any, callback: Callable[[Any], Any] | None) -> None:
        def ended(future: Any) -> None:
            following = None
            with self._guard:
                self._flying.discard(future)
                if self._waiting and len(self._flying) < self._limit:
                    batch, call = self._waiting.popleft()
                    following = self._start(batch), call
                    self._flying.add(following[0])
            if following is not None:
                self._follow(*following)
            if callback is not None:
                callback(future)

        future.add_done_callback(ended)

    def retrieve_result_callback(self, future: Any) -> Any:
        """The results of a batch."""
        found = future.result()
        return found.value if type(found) is Own else found

    # -- the end ------------------------------------------------------------------------------------------------------

    def stop_call(self) -> None:
        """A call is over: arrays may change before the next one."""
        if self._shared is not None:
            self._shared.clear()

    def terminate(self) -> None:
        """Let go of everything but the cluster."""
        self.stop_call()
        self.reset_batch_stats()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Stop what runs: the call has failed, or nobody wants its results."""
        with self._guard:
            self._waiting.clear()
            flying, self._flying = list(self._flying), set()
        run = self._client._run
        numbers = [future._ticket.number for future in flying if future._ticket is not None]
        self._client.cancel(flying, force=True)
        self.stop_call()
        if self._is_own and self._client.cluster.processes:
            end = monotonic() + GRACE_S
            while (stuck := run.workers_at(numbers)) and monotonic() < end:
                sleep(0.01)
            if stuck:
                self._client.cluster.restart_workers(stuck)

    @contextlib.contextmanager
    def retrieval_context(self) -> Iterator[None]:
        """While results are waited for inside a task, another runs in its place."""
        run, task = HERE.run, HERE.task
        aside = run is not None and task >= 0 and not HERE.seceded and run.step_aside()
        try:
            yield
        finally:
            if aside and HERE.run is run and HERE.task == task:
                run.come_back()


def _again(level: int | None, threads: int | None, options: Mapping[str, Any]) -> WeftBackend:
    """A backend with the same options for another level, in this process or another."""
    return WeftBackend(nesting_level=level, inner_max_num_threads=threads, **options)


# -- a cluster of joblib's own ------------------------------------------------------------------------------------------

_own: dict[tuple[int, str], Any] = {}
_making = threading.Lock()


def own_client(engine: str, count: int) -> Any:
    """The client of the cluster that is made for joblib, with at least so many threads."""
    from weft.distributed.client import Client

    with _making:
        place = os.getpid(), engine
        client = _own.get(place)
        if client is None or client.status != "running":
            shape: dict[str, Any] = {"n_workers": max(count, CPU_COUNT), "threads_per_worker": 1}
            client = _own[place] = Client(engine=engine, set_as_default=False, **({} if engine == "inline" else shape))
        elif engine != "inline" and client.cluster.nthreads_total() < count:
            client.cluster.scale(count)
        return client


def register() -> None:
    """Make the backend known to joblib as ``"weft"``."""
    parallel.register_parallel_backend("weft", WeftBackend)


register()
