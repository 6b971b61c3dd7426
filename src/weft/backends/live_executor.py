"""A live run whose tasks are performed by a ``concurrent.futures.Executor``: other processes, MPI ranks, batch systems.

As in :mod:`weft.backends.executor`, tasks travel in bundles, each one call, with two for each worker on their way; small
blocks travel inside, large ones through files that all workers see. There is no thread of the run's own: who submits
hands bundles out, and so does whichever thread of the executor tells of a bundle's end.

An executor's workers cannot be addressed and have no way back to this process. So tasks cannot ask for a client, a lock or
their worker; a call that runs cannot be stopped.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from time import perf_counter
from typing import Any

from weft.backends.bundle import BundleContext, run_bundle
from weft.backends.contract import Request
from weft.backends.executor import AHEAD, BUNDLE_S, BUNDLE_TASKS, remove_results, store_in
from weft.backends.filed import FiledBlocks
from weft.backends.live_refs import LiveRefs
from weft.backends.live_table import RUNNING, tell
from weft.backends.packed_errors import rebuilt
from weft.backends.remote import discard
from weft.backends.tickets import ERROR, FINISHED
from weft.errors import BackendError, KilledWorkerError
from weft.records import replaced
from weft.typing import Key

__all__ = ["LiveExecutor"]

#: Why workers cannot be asked anything.
NO_WORKERS = "an executor's workers cannot be addressed, they only take tasks. Submit the function, or use Client(processes=True)."


class Bundle:
    """Tasks that an executor has, and the news of its end: the run finds it in its inbox."""

    __slots__ = ("future", "place", "run", "tasks")

    def __init__(self, run: LiveExecutor, place: int, tasks: list[int], future: Future[bytes]) -> None:
        self.run = run
        self.place = place
        self.tasks = tasks
        self.future = future

    def ended(self, _: Future[bytes]) -> None:
        """Called by the executor, in any thread, with or without the lock."""
        if self.run.closed:
            remove_results(self.future)
            return
        self.run.inbox.append(self)
        self.run.nudge()

    def arrive(self) -> None:
        """Under the lock."""
        self.run.collect(self)


class LiveExecutor(LiveRefs):
    """See the module.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        It stays the caller's.
    directory : path or None
        Where large blocks lie, if the executor's workers are on several machines.
    request : Request
        The budget, the spill directory, the retries.
    nthreads : list of int
        One for each call that the executor runs side by side.
    resources : mapping of int to mapping, optional
    """

    kind = "executor"

    def __init__(
        self,
        executor: Executor,
        directory: str | os.PathLike[str] | None,
        request: Request,
        nthreads: list[int],
        *,
        resources: Mapping[int, dict[str, float]] | None = None,
    ) -> None:
        if directory is not None:
            request = replaced(request, spill_directory=os.fspath(directory))
        files = FiledBlocks(lambda: store_in(directory))
        LiveRefs.__init__(self, request, "executor", len(nthreads), files, resources)
        self.pool = executor
        self.nplaces = len(nthreads)
        self.bundles: set[Bundle] = set()
        self.load = [0] * len(nthreads)  # bundles of each place
        self.failure: BaseException | None = None  # why the executor takes no more
        self.context = BundleContext(
            str(self.files.directory), self.inline_nbytes, f"{self.files.directory}/over-{os.urandom(6).hex()}"
        )

    # -- bundles go -----------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Under the lock: fill the free places."""
        if self.closed:
            return
        self.forget_programs()
        for place in range(self.nplaces):
            while self.nwaiting() and self.load[place] < AHEAD:
                if self.failure is not None:
                    self._give_up_all(self.failure)
                    return
                if self.mean_cost is None and len(self.bundles) >= self.nplaces:
                    return  # nobody knows yet how much to give
                ready = self.nwaiting()
                if not self._fill(place, ready) and self.nwaiting() == ready:
                    break

    def _give_up_all(self, error: BaseException) -> None:
        before = -1
        while (left := self.nwaiting()) and left != before:
            before = left
            self.give_up(error)

    def nwaiting(self) -> int:
        """Tasks that could be handed out."""
        core = self.core
        return len(core.ready) + (sum(map(len, core.constrained.values())) if core.constrained else 0)

    def _fill(self, place: int, ready: int) -> bool:
        """Submit a bundle; False if there is none."""
        share = max(1, min(ready // (AHEAD * self.nplaces), BUNDLE_TASKS))
        orders, _ = self.gather(place, share, BUNDLE_S)
        if not orders:
            return False
        programs = [(number, self.written[number]) for number in dict.fromkeys(order[1] for order in orders)]
        message = self.message(place, programs, orders)
        if message is None:
            return False
        tasks = [order[0] for order in orders]
        if self.observers:
            for task in tasks:
                self.transition(self.plan.keys[task], "waiting", "processing", worker=place, number=task)
        try:
            future = self.pool.submit(run_bundle, self.context, message)
        except Exception as error:  # whatever an executor raises, its tasks must not wait for ever
            self._refused(place, tasks, error)
            return False
        bundle = Bundle(self, place, tasks, future)
        self.bundles.add(bundle)
        self.load[place] += 1
        future.add_done_callback(bundle.ended)
        return True

    # -- bundles come back ----------------------------------------------------------------------------------------------

    def collect(self, bundle: Bundle) -> None:
        """Under the lock: a bundle has ended."""
        if bundle not in self.bundles or self.closed:
            return
        self.bundles.discard(bundle)
        place, left = bundle.place, dict.fromkeys(bundle.tasks)
        self.load[place] -= 1
        if bundle.future.cancelled() and not any(self.core.phase[task] <= RUNNING for task in left):
            for task in left:  # nobody wanted them any more
                self.finished(place, task, None, 0)
            return
        try:
            acks, news = pickle.loads(bundle.future.result(0))
        except BaseException as error:  # also what is no Exception: it is the workers', not this thread's
            self._refused(place, list(left), error)
            return
        for task, ref, nbytes, began, ended in acks:
            if left.pop(task, self) is self:
                discard(ref)
                continue
            self.learn(task, ended - began)
            self.records.append((self.plan.keys[task], place, began, ended, nbytes, "", FINISHED))
            self.finished(place, task, ref, nbytes, began=began, ended=ended)
        for kind, *content in news:
            match kind:
                case "failed":
                    left.pop(content[0], None)
                    self.records.append((self.plan.keys[content[0]], place, 0.0, 0.0, 0, "", ERROR))
                    self.failed(place, content[0], rebuilt(content[1]))
                case "lost":
                    left.pop(content[0], None)
                    self.lost(place, content[0], content[1])
                case "unreadable":
                    problem = rebuilt(content[0])
                    for task in list(left):
                        del left[task]
                        self.failed(place, task, problem, retry=False)
        for task in left:
            self.give_back(place, task)

    def _refused(self, place: int, tasks: list[int], error: BaseException) -> None:
        """The executor does not take, or has lost, some tasks."""
        problem: BaseException
        if isinstance(error, BrokenExecutor):
            shown = ", ".join(repr(self.key(task)) for task in tasks[:3]) + (", ..." if len(tasks) > 3 else "")
            problem = self.failure = KilledWorkerError(
                f"the executor broke while it had {len(tasks)} tasks ({shown}): {error} It takes no more calls: make a new "
                "one, or use Client(processes=True), which replaces dead workers."
            )
        elif isinstance(error, CancelledError):
            problem = self.failure = BackendError(
                "the executor was shut down, or its calls cancelled, by somebody else: it must live as long as the client"
            )
        elif isinstance(error, RuntimeError):
            problem = self.failure = BackendError(
                f"cannot submit tasks to {self.pool!r}: {error}. It must be open as long as the client."
            )
        else:
            problem = BackendError(f"the executor could not run a bundle of tasks: {type(error).__name__}: {error}")
        problem.__cause__ = error
        for task in tasks:
            self.failed(place, task, problem, retry=False)

    # -- what clients ask -----------------------------------------------------------------------------------------------

    def check_notes(self, notes: Mapping[str, Any]) -> None:
        super().check_notes(notes)
        if notes.get("timeout") is not None:
            raise BackendError("timeout=: a call that an executor runs cannot be stopped. Use Client(processes=True).")
        if notes.get("workers") is not None:
            raise BackendError(f"workers={notes['workers']!r}: {NO_WORKERS}")

    def interrupt(self, tasks: Iterable[int]) -> None:
        """Under the lock: take back bundles that have not begun and that nobody wants any more."""
        unwanted = set(tasks)
        for bundle in list(self.bundles):
            if unwanted.issuperset(bundle.tasks):
                bundle.future.cancel()

    def add_worker(self, nthreads: int, offer: Mapping[str, float] | None) -> int:
        """Not offered: the executor has the size that it has."""
        raise BackendError("an executor has the size that it was made with: scale() is not offered")

    def remove_worker(self, number: int) -> None:
        """Not offered: the executor has the size that it has."""
        raise BackendError("an executor has the size that it was made with: scale() is not offered")

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        """Workers are the executor's own affair."""
        return []

    def nready(self) -> int:
        """Calls that can run at a time."""
        return self.nplaces

    def nworkers_ever(self) -> int:
        return self.nplaces

    def call(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any, reply: Any) -> None:
        """Not offered."""
        reply.fail(BackendError(NO_WORKERS))

    def call_stacks(self, keys: Iterable[Key] | None, reply: Any) -> None:
        """Not known."""
        reply({})

    def executor(self, number: int) -> Executor:
        return self.pool

    def metrics(self) -> dict[int, dict[str, Any]]:
        """Nothing is measured of workers."""
        return {}

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        reply.fail(BackendError(NO_WORKERS))

    def drop_actor(self, key: Key) -> None:
        """There are no actors."""

    # -- the end --------------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the run: bundles that wait are called off, those that run stop after their task."""
        with self.lock:
            if self.closed:
                return
            self.close_tickets(reason)
            self.core.stop(now=perf_counter())
            bundles, self.bundles = list(self.bundles), set()
            fired, self.fired = self.fired, []
        for bundle in bundles:
            bundle.future.cancel()
        tell(fired)
        self.files.close()
        self.refs[:] = [None] * len(self.refs)
