"""What a backend must do, and what it is told.

A backend gets a plan and a request, and gives back the values of the plan's wanted blocks (:meth:`Backend.run`), or
references that keep those blocks where they are (:meth:`Backend.hold`). Everything that must hold for all of them is
written down as tests in :class:`weft.testing.backends.BackendContract`.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from weft.errors import BackendError, SchedulerStuckError
from weft.graph import Plan
from weft.hints import did_you_mean
from weft.records import record
from weft.scheduler import Scheduler
from weft.typing import Key

__all__ = ["Backend", "Held", "Listener", "Request", "Run"]


class Listener(Protocol):
    """Hears of each run and each task: progress bars, profilers, callbacks. Calls come from the workers' threads.

    A listener with a true attribute ``reads_log`` finds what it needs of tasks in the run's event log. A run in this
    process, whose log has the true times, tells it of its start and end only, which costs its tasks nothing.
    """

    def started(self, run: Run) -> None:
        """A run begins."""

    def before(self, run: Run, task: int, worker: int) -> None:
        """A task is about to run."""

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        """A task has run; times are those of ``time.perf_counter``. ``value`` may be a reference to the result."""

    def ended(self, run: Run) -> None:
        """A run is over; ``run.error`` tells how."""


NO_OPTIONS: Mapping[str, Any] = {}

#: What computations on any backend may be told.
OPTIONS = ("scheduler", "num_workers", "budget", "retries", "pool", "callbacks", "optimize_graph")


@record
class Request:
    """How a plan is to be run.

    Attributes
    ----------
    nworkers : int
        Threads or processes that run tasks.
    budget : int
        Bytes that results and running tasks may take.
    retries : int
        How often a failed task runs again, unless its annotation says otherwise.
    allowed_failures : int
        Workers that may die under one task.
    log_length : int
        Events that the log keeps.
    spill_directory : str or None
        Where blocks go that do not fit.
    library_threads : int
        Threads that BLAS and its like may use inside a task while tasks run side by side.
    listeners : sequence of Listener
    options : mapping
        What only one backend understands; an unknown one is an error.
    """

    nworkers: int = 1
    budget: int = Scheduler.UNLIMITED
    retries: int = 0
    allowed_failures: int = 3
    log_length: int = 1_000_000
    spill_directory: str | None = None
    library_threads: int = 1
    listeners: Sequence[Listener] = ()
    options: Mapping[str, Any] = NO_OPTIONS


class Run:
    """One run of a plan, while it goes on and afterwards: what profiles, ``why`` and the dashboard read."""

    __slots__ = ("__weakref__", "backend", "began", "core", "ended", "error", "nworkers", "plan")

    def __init__(self, plan: Plan, core: Scheduler, backend: str, nworkers: int, began: float) -> None:
        self.plan = plan
        self.core = core
        self.backend = backend
        self.nworkers = nworkers
        self.began = began
        self.ended: float | None = None
        self.error: BaseException | None = None

    @property
    def shares_memory(self) -> bool:
        """Whether tasks run in this process, so that listeners are given results themselves."""
        return False

    def key(self, task: int) -> Key:
        return self.plan.keys[task]

    def check_done(self) -> None:
        """Raise if tasks are left, though nothing runs."""
        if self.core.left:
            from weft.scheduler.story import dump  # here, for a quick import

            raise SchedulerStuckError(
                f"{self.core.left} tasks are left, nothing runs and nothing can start. This is a defect of Weft; "
                f"please report it with this state:\n{dump(self.core, self.plan)}"
            )


def core_for(
    request: Request, backend: str, nworkers: int, limit: int, resources: dict[int, dict[str, float]] | None
) -> Scheduler:
    """The scheduler of a run on one machine; refuses options, which no such backend has."""
    if request.options:
        name = next(iter(request.options))
        raise BackendError(
            f"the backend {backend!r} has no option {name!r}.{did_you_mean(name, OPTIONS)} There are {', '.join(OPTIONS)}."
        )
    return Scheduler(nworkers, limit=limit, retries=request.retries, resources=resources, log_length=request.log_length)


class Held:
    """A block that stays where it is until this reference goes away.

    Parameters
    ----------
    key : Key
    nbytes : int
        Size in memory.
    fetch : callable
        Gives the value.
    drop : callable, optional
        Called once, without arguments, when nobody holds the reference any more.
    in_memory : callable, optional
        Gives the value if reading it costs nothing, and None otherwise.
    """

    __slots__ = ("__weakref__", "_fetch", "_finalizer", "_in_memory", "key", "nbytes")

    def __init__(
        self,
        key: Key,
        nbytes: int,
        fetch: Callable[[], Any],
        drop: Callable[[], None] | None = None,
        in_memory: Callable[[], Any] | None = None,
    ) -> None:
        self.key = key
        self.nbytes = nbytes
        self._fetch = fetch
        self._in_memory = in_memory
        if drop is not None:
            self._finalizer = weakref.finalize(self, drop)

    def get(self) -> Any:
        """The value."""
        return self._fetch()

    def at_hand(self) -> Any:
        """The value if it is in this process's memory, else None."""
        return self._in_memory() if self._in_memory is not None else None

    def __reduce__(self) -> Any:
        return _given, (self.key, self.nbytes, self.get())

    def __repr__(self) -> str:
        return f"<Held {self.key!r}: {self.nbytes} bytes>"


def _given(key: Key, nbytes: int, value: Any) -> Held:
    """A held block that has travelled: the value came along."""
    return Held(key, nbytes, lambda: value, None, lambda: value)


class Backend(Protocol):
    """Runs plans."""

    name: str
    #: Handing a block from task to task costs (it is pickled or sent): chains of tasks are fused before they come here.
    fuses_chains: bool

    def run(self, plan: Plan, request: Request) -> list[Any]:
        """Values of ``plan.wanted``, in that order.

        Raises what the first failing task raised, with a note; KeyboardInterrupt leaves nothing running.
        """

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        """Like ``run``, but the blocks stay in the backend's store."""

    def close(self) -> None:
        """End workers and give back what is held. The backend may be used again: it starts anew."""


@contextlib.contextmanager
def heard(run: Run, listeners: Sequence[Listener]) -> Any:
    """Tell listeners of a run's start and end."""
    with contextlib.ExitStack() as ends:
        for listener in listeners:
            listener.started(run)
            ends.callback(listener.ended, run)
        yield
