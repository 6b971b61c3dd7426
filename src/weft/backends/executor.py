"""Any ``concurrent.futures.Executor``: processes, MPI ranks, loky, batch systems, threads.

An executor takes calls and gives futures, no more: its workers cannot be addressed, and a call that runs cannot be
stopped. So tasks travel in bundles, each one call that is expected to take some tens of milliseconds (a call costs
between 0.2 and some ms), with two bundles for each worker on their way. Small blocks travel inside, large ones through
files in a directory that all workers see: shared memory where they are on this machine, a directory of a shared file system
(``directory=``) where they are not. The driver carries none of them.

A ``ThreadPoolExecutor`` shares the caller's memory: its threads work just as those of :mod:`weft.backends.threads` do,
and nothing is written down.
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
import weakref
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from weft import config
from weft.backends.bundle import BundleContext, run_bundle
from weft.backends.contract import Held, Request
from weft.backends.filed import FiledBlocks
from weft.backends.inline import Inline
from weft.backends.libraries import limited_libraries
from weft.backends.packed_errors import rebuilt
from weft.backends.remote import RemoteRun, discard
from weft.backends.threads import HERE, Pool, ThreadRun
from weft.errors import BackendError, KilledWorkerError
from weft.graph import Plan
from weft.store.places import shared_parent
from weft.store.shared import SharedStore

__all__ = ["ExecutorBackend", "remove_results", "store_in", "workers_of"]

#: Work that a bundle should bring, in seconds.
BUNDLE_S = 0.05
#: Tasks in one bundle at most.
BUNDLE_TASKS = 2_000
#: Bundles that wait or run, for each worker of the executor.
AHEAD = 2
#: How long bundles that run may take to notice that the run is over, in seconds.
GRACE_S = 0.3
#: How often a waiting caller wakes to see whether it was interrupted, in seconds.
LOOK_S = 0.25
#: Room that shared memory must have to be used.
SHARED_NBYTES = 256 << 20


class ExecutorRun(RemoteRun):
    """A run whose tasks are performed by an executor of other processes. A worker, to the core, is a place for a bundle."""

    __slots__ = ("arrived", "context", "executor", "flying", "places")

    def __init__(self, executor: Executor, plan: Plan, request: Request, nworkers: int, **options: Any) -> None:
        for task, notes in plan.annotations.items():
            if notes.get("timeout") is not None:
                raise BackendError(
                    f"task {plan.keys[task]!r} has a timeout, and a call that an executor runs cannot be stopped. "
                    "Leave the timeout away, or use scheduler='processes'."
                )
            if notes.get("workers") is not None:
                raise BackendError(
                    f"task {plan.keys[task]!r} asks for workers={notes['workers']!r}, and an executor's workers cannot "
                    "be addressed. Leave that away, or use scheduler='processes'."
                )
        super().__init__(plan, request, "executor", AHEAD * nworkers, **options)
        self.executor = executor
        self.context = BundleContext(
            str(self.files.directory), self.inline_nbytes, f"{self.files.directory}/over-{os.urandom(6).hex()}"
        )
        self.arrived: queue.SimpleQueue[tuple[int, Future[bytes]]] = queue.SimpleQueue()
        self.places = list(range(AHEAD * nworkers - 1, -1, -1))  # that are free
        self.flying: dict[int, tuple[Future[bytes], list[int]]] = {}  # place to its bundle, and the tasks in that

    def work_here(self) -> None:
        """Have the plan run to its end."""
        try:
            self._submit()
            while self.core.left and self.flying and not self.core.stopped:
                try:
                    place, future = self.arrived.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                self._collect(place, future)
                if not self.core.stopped:
                    self._submit()
        finally:
            self._stop()

    def _submit(self) -> None:
        """Fill the free places with bundles."""
        while self.places:
            ready = len(self.core.ready) + sum(map(len, self.core.constrained.values()))
            if not ready or (self.mean_cost is None and len(self.flying) >= len(self.core.on) // AHEAD):
                return
            share = max(1, min(ready // len(self.core.on), BUNDLE_TASKS))
            place = self.places[-1]
            orders, _ = self.gather(place, share, BUNDLE_S)
            if not orders:
                return
            programs = [(number, self.written[number]) for number in dict.fromkeys(order[1] for order in orders)]
            message = self.message(place, programs, orders)
            if message is None:
                return
            if self.listeners:
                for order in orders:
                    for listener in self.listeners:
                        listener.before(self, order[0], place // AHEAD)
            tasks = [order[0] for order in orders]
            try:
                future = self.executor.submit(run_bundle, self.context, message)
            except Exception as error:
                self._refuse(place, tasks, error)
                return
            self.places.pop()
            self.flying[place] = future, tasks
            future.add_done_callback(partial(self._arrive, place))

    def _arrive(self, place: int, future: Future[bytes]) -> None:
        """Called by the executor, in any thread."""
        self.arrived.put((place, future))

    def _refuse(self, place: int, tasks: list[int], error: BaseException) -> None:
        """The executor does not take, or has lost, a bundle: that is the end of the run."""
        for task in tasks:
            self.give_back(place, task)
        problem: BaseException
        if isinstance(error, BrokenExecutor):
            shown = ", ".join(repr(self.key(task)) for task in tasks[:3]) + (", ..." if len(tasks) > 3 else "")
            problem = KilledWorkerError(
                f"cannot go on: the executor broke while it had {len(tasks)} tasks ({shown}): {error} "
                "It takes no more calls; make a new one, or use scheduler='processes', which replaces dead workers."
            )
        elif isinstance(error, CancelledError):
            problem = BackendError(
                "cannot go on: the executor was shut down, or its calls cancelled, by somebody else."
            )
        elif isinstance(error, RuntimeError):
            problem = BackendError(f"cannot submit tasks to {self.executor!r}: {error}. Pass an executor that is open.")
        else:
            problem = BackendError(f"the executor could not run a bundle of tasks: {type(error).__name__}: {error}")
        problem.__cause__ = error
        self.give_up(problem)

    def _collect(self, place: int, future: Future[bytes]) -> None:
        """A bundle has ended."""
        _, tasks = self.flying.pop(place)
        self.places.append(place)
        try:
            acks, news = pickle.loads(future.result())
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not future.done():
                raise
            self._refuse(place, tasks, error)
            return
        for task, ref, nbytes, began, ended in acks:
            if self.core.stopped:
                discard(ref)
                continue
            self.learn(task, ended - began)
            self.finished(place, task, ref, nbytes)
            for listener in self.listeners:
                listener.after(self, task, place // AHEAD, ref, began, ended)
        for kind, *content in news:
            if self.core.stopped:
                return
            match kind:
                case "failed":
                    self.failed(place, content[0], rebuilt(content[1]))
                case "lost":
                    self.lost(place, content[0], content[1])
                case "unreadable":
                    self.give_up(rebuilt(content[0]))

    def _stop(self) -> None:
        """Call off what waits, have what runs stop after its task, and see that nothing is left of it."""
        if not self.flying:
            return
        over = Path(self.context.over)
        over.touch()
        for future, _ in self.flying.values():
            future.cancel()
        end = perf_counter() + GRACE_S
        self.core.stop(now=perf_counter())
        while self.flying and (left := end - perf_counter()) > 0:
            try:
                place, future = self.arrived.get(timeout=left)
            except queue.Empty:
                break
            remove_results(future)
            self.flying.pop(place, None)
        for future, _ in self.flying.values():
            future.add_done_callback(remove_results)
        if not self.flying:
            over.unlink()


def remove_results(future: Future[bytes]) -> None:
    """Remove the results of a bundle that nobody wants any more."""
    if not future.cancelled() and future.exception() is None:
        for _, ref, *_ in pickle.loads(future.result())[0]:
            discard(ref)


class Lender(Pool):
    """Lends the threads of an executor to runs."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        super().__init__()
        self._executor = executor

    def lend(self, run: ThreadRun, number: int, *, only_idle: bool = False) -> bool:
        if only_idle:
            return False  # whether a thread is idle cannot be known
        try:
            self._executor.submit(self._enter, run, number)
        except RuntimeError as error:
            raise BackendError(
                f"cannot submit tasks to {self._executor!r}: {error}. Pass an executor that is open."
            ) from error
        return True

    def _enter(self, run: ThreadRun, number: int) -> None:
        run.enter(number, threading.get_ident())


class LentRun(ThreadRun):
    """A run on threads that others use, too: it does not wait for threads that come when everything is done."""

    __slots__ = ()

    def left(self, number: int) -> None:
        super().left(number)
        if not self.core.left:
            self._finish()


class ExecutorBackend:
    """The backend of an executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        It stays the caller's: this backend never shuts it down.
    nworkers : int, optional
        How many calls the executor runs side by side; by default what the executor says, else the request.
    directory : path, optional
        Where large blocks are written, if the executor's workers are on several machines: a directory that all of them
        see. By default shared memory of this machine.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import weft
    >>> with ThreadPoolExecutor(2) as executor:
    ...     weft.delayed(abs)(-1).compute(scheduler=executor)
    1
    """

    name = "executor"

    def __init__(
        self, executor: Executor, nworkers: int | None = None, *, directory: str | os.PathLike[str] | None = None
    ) -> None:
        if nworkers is not None and nworkers < 1:
            raise BackendError(f"nworkers must be at least 1, not {nworkers}")
        self.executor = executor
        self._nworkers = nworkers
        self._files = FiledBlocks(lambda: store_in(directory))
        weakref.finalize(self, self._files.close)
        self._lender = Lender(executor) if isinstance(executor, ThreadPoolExecutor) else None
        self.fuses_chains = self._lender is None  # blocks travel, unless the workers are threads

    def _workers(self, request: Request) -> int:
        return self._nworkers or workers_of(self.executor) or request.nworkers

    def _start(self, plan: Plan, request: Request, keep: bool) -> ExecutorRun | LentRun:
        nworkers = self._workers(request)
        if self._lender is not None:
            return LentRun(self._lender, plan, request, nworkers, keep=keep)
        return ExecutorRun(
            self.executor,
            plan,
            request,
            nworkers,
            files=self._files,
            inline_nbytes=config.value("processes.inline-size"),
            keep=keep,
        )

    def _is_inside(self) -> bool:
        """Whether the caller is one of the executor's own threads, and not at a task of ours: it must not wait for others."""
        if self._lender is None or HERE.run is not None:
            return False
        prefix = getattr(self.executor, "_thread_name_prefix", None)
        return prefix is not None and threading.current_thread().name.rpartition("_")[0] == prefix

    def run(self, plan: Plan, request: Request) -> list[Any]:
        if self._is_inside():
            return Inline().run(plan, request)
        with self._start(plan, request, False) as run, limited_libraries(run.nworkers, plan.ntasks, request):
            run.work_here()
            return run.results()

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        if self._is_inside():
            return Inline().hold(plan, request)
        with self._start(plan, request, True) as run, limited_libraries(run.nworkers, plan.ntasks, request):
            run.work_here()
            return run.held()

    def close(self) -> None:
        """Remove what is held. The executor is the caller's."""
        self._files.close()


def workers_of(executor: Executor) -> int | None:
    """How many calls an executor runs side by side, if it tells."""
    for name in ("_max_workers", "num_workers"):
        known = getattr(executor, name, None)
        if isinstance(known, int) and known > 0:
            return known
    return None


def store_in(directory: str | os.PathLike[str] | None) -> SharedStore:
    """A store in a directory; in shared memory if there is none."""
    return SharedStore(shared_parent(SHARED_NBYTES) if directory is None else directory, inline_nbytes=-1)
