"""Worker threads that take their tasks themselves. The default for arrays, dataframes and delayed functions.

Threads live long and are lent to runs: one that has nothing to do sleeps on a lock of its own, and is woken when a run
has more tasks ready than threads at work. A thread carries over the context variables of whoever asked.

*A second thread* does not help where tasks are so short that handing them out is most of the work, or while they hold
the interpreter's lock. So a run begins with one thread, whose core may run straight (:mod:`weft.scheduler.straight`),
while the thread that asked looks after it: once tasks last longer than ``SHORT_S`` on average, all workers come. Measured
with 100,000 trivial tasks: 1.5 µs a task with one thread, 4.4 with two that contend. Where the first task reads large blocks
it is known not to be short, and a worker that begins calls the next one: by then the thread that asked sleeps, and its core is
free (a thread that it called itself waited for a core for up to 5 ms in half of all runs).

*A lone small task* is run by the thread that asks.

*Inside a task* ``compute()`` does not wait for a free thread: the thread that asks becomes the first worker of the new
run, and others join only if they are idle. So nested computations never wait for each other.

*Stopping.* Python code is stopped by an asynchronous exception (``PyThreadState_SetAsyncExc``). It is sent under the
run's lock and only to a thread that has a task; a thread that reports under the same lock first takes back an exception
that has not arrived yet, so it never strikes outside a task. A thread in C code cannot be stopped: it is abandoned, what
it returns is thrown away, and another takes its place.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import time
from _thread import allocate_lock
from time import perf_counter
from typing import Any

from weft.backends.contract import Held, Request
from weft.backends.interrupting import interrupt, take_back
from weft.backends.libraries import limited_libraries
from weft.backends.local import LocalRun
from weft.errors import BackendError, CancelledError, TaskTimeoutError
from weft.graph import Plan
from weft.scheduler.placement import admits
from weft.units import parse_timedelta

__all__ = ["Interrupted", "Threads"]

#: How long a stopped thread may take to come back before it is abandoned, in seconds.
GRACE_S = 0.5
#: How long the end of Python waits for threads that were left behind, in seconds.
LAST_WAIT_S = 1.0
#: How often a waiting caller wakes to see whether it was interrupted, in seconds.
LOOK_S = 0.25
#: A run begins with one thread, and is looked at after this time, then after twice as long, and so on up to the second.
FIRST_LOOK_S, LAST_LOOK_S = 0.0002, 0.02
#: Tasks that take less than this on average, in seconds, are left to one thread.
SHORT_S = 30e-6
#: Tasks that take this on average, in seconds, and little processor time, wait for something.
WAITING_S = 300e-6
#: A lone task whose result takes at most so many bytes is run by the thread that asks.
SMALL_NBYTES = 1 << 16
#: Tasks on data of so many bytes each are known to be no short ones.
LARGE_NBYTES = 1 << 22
#: Idle threads that are kept.
KEPT = 64


class Interrupted(BaseException):
    """Raised inside a task whose result nobody wants any more, or that ran too long."""


class Worker(threading.local):
    """What the current thread is, if it is a worker."""

    run: ThreadRun | None = None
    number: int = -1


HERE = Worker()


class Thread:
    """A thread that sleeps until it is lent to a run."""

    __slots__ = ("ident", "job", "pool", "wake")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.job: tuple[ThreadRun, int] | None = None
        self.wake = allocate_lock()
        self.wake.acquire()
        self.ident = 0
        threading.Thread(target=self._main, name="weft-worker", daemon=True).start()

    def _main(self) -> None:
        self.ident = threading.get_ident()
        while True:
            self.wake.acquire()
            if self.job is None:
                return
            run, number = self.job
            self.job = None
            run.enter(number, self)
            del run
            if not self.pool.take_back(self):
                return


class Pool:
    """Threads that have nothing to do, and those that are lent."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.settle)

    def _reset(self) -> None:
        self.idle: list[Thread] = []
        self.lent: set[Thread] = set()
        self._lock = allocate_lock()

    def lend(self, run: ThreadRun, number: int, *, only_idle: bool = False) -> bool:
        """Have a thread work for a run; False if none is idle and no new one is allowed."""
        with self._lock:
            thread = self.idle.pop() if self.idle else None
        if thread is None:
            if only_idle:
                return False
            thread = Thread(self)
        self.lent.add(thread)
        thread.job = run, number
        thread.wake.release()
        return True

    def take_back(self, thread: Thread) -> bool:
        """A thread is free again; False if it is not needed."""
        self.lent.discard(thread)
        with self._lock:
            if len(self.idle) >= KEPT:
                return False
            self.idle.append(thread)
            return True

    def settle(self) -> None:
        """At the end of Python: wait a while for threads that a run has left behind.

        What they call in machine code must not find the interpreter gone: it may end the process with a signal.
        """
        end = perf_counter() + LAST_WAIT_S
        while self.lent and perf_counter() < end:
            time.sleep(LAST_LOOK_S)

    def close(self) -> None:
        """End all idle threads."""
        with self._lock:
            threads, self.idle = self.idle, []
        for thread in threads:
            thread.wake.release()


class ThreadRun(LocalRun):
    """A run whose workers are threads."""

    __slots__ = (
        "abandoned", "context", "deadlines", "doomed", "finished", "members", "nested", "nested_in", "pool", "quiet", "timeouts",
    )  # fmt: skip

    def __init__(self, pool: Pool, plan: Plan, request: Request, nworkers: int, **options: Any) -> None:
        super().__init__(plan, request, "threads", nworkers, alone=HERE.run is None and not reads_much(plan), **options)
        self.pool = pool
        self.context = contextvars.copy_context()
        self.members: dict[int, Thread | int] = {}  # worker number to its thread (or thread id) while it works
        self.doomed: dict[int, BaseException] = {}  # worker number to why it was told to stop
        self.abandoned: set[int] = set()  # ids of threads that nobody waits for any more
        self.nested: dict[int, ThreadRun] = {}  # worker number to the run it waits for
        self.nested_in: tuple[ThreadRun, int] | None = None
        self.finished = allocate_lock()
        self.finished.acquire()
        self.quiet = allocate_lock()
        self.quiet.acquire()
        self.timeouts = {
            task: parse_timedelta(notes["timeout"], "s")
            for task, notes in plan.annotations.items()
            if notes.get("timeout") is not None
        }
        self.deadlines: dict[int, tuple[float, int]] = {}

    # -- from the thread that asks ----------------------------------------------------------------------------------

    def work_here(self) -> None:
        """Have the plan run to its end."""
        outer, number = HERE.run, HERE.number
        self.spare = list(range(self.nworkers - 1, -1, -1))
        watch = Watch(self) if self.timeouts else None
        try:
            if outer is None and self._suits_caller():
                self._work_as_caller()
            elif outer is None:
                with self.lock:
                    self.call_help()
                self._wait()
            else:
                self._work_nested(outer, number)
        except BaseException as error:
            self._abort(error)
            raise
        finally:
            if watch is not None:
                watch.stop()

    def _suits_caller(self) -> bool:
        """Whether the thread that asks had best do the work: a single task whose result is known to be small.

        To hand it over and wait takes longer than such a task. Calls that users wrote (of unknown size) go to a worker
        all the same, and so does everything where this thread has an event loop going, which a task may not expect.
        """
        plan = self.plan
        if plan.ntasks != 1 or self.timeouts or not 0 < plan.nbytes[0] <= SMALL_NBYTES:
            return False
        asyncio = sys.modules.get("asyncio")
        return asyncio is None or asyncio._get_running_loop() is None

    def _work_as_caller(self) -> None:
        number = self.spare.pop()
        self.members[number] = threading.get_ident()
        HERE.run, HERE.number = self, number
        try:
            self.context.run(self._work_guarded, number)
        finally:
            HERE.run, HERE.number = None, -1
            self.members.pop(number, None)
        self._wait()

    def _look_after(self) -> bool:
        """Wait, and call the other workers once the first needs help; returns whether the run came to its end first."""
        pause, then, before, cpu = FIRST_LOOK_S, self.began, self.plan.ntasks, None
        while not self.finished.acquire(timeout=pause):
            with self.lock:
                straight, now, cpu_now = self.core.straight, perf_counter(), self._cpu_seconds()
                left = straight.left if straight is not None else 0
                used = None if cpu_now is None else cpu_now - (cpu_now if cpu is None else cpu)
                if straight is not None and (
                    not straight.begun or not left or are_short(before - left, now - then, used)
                ):
                    pause, then, before, cpu = min(2 * pause, LAST_LOOK_S), now, left, cpu_now
                    continue
                self.core.settle()
                if not self.core.stopped:
                    self.call_help(len(self.core.ready))
                return False
        return True

    def _cpu_seconds(self) -> float | None:
        """Processor time that the first worker's thread has had, if the platform tells."""
        thread = self.members.get(0)
        if not isinstance(thread, Thread) or not thread.ident or not hasattr(time, "pthread_getcpuclockid"):
            return None
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))

    def _wait(self) -> None:
        if min(self.nworkers, self.plan.ntasks) > 1 and self.core.straight is not None and self._look_after():
            return
        # A signal that arrives just before the thread sleeps does not wake it: look again now and then.
        while not self.finished.acquire(timeout=LOOK_S):
            pass

    def _work_nested(self, outer: ThreadRun, number: int) -> None:
        self.nested_in = outer, number
        with outer.lock:
            outer.check_in(number)
            outer.nested[number] = self
        try:
            with self.lock:
                mine = self.spare.pop()
                self.members[mine] = threading.get_ident()
                self.call_help(len(self.core.ready) - 1)
            HERE.run, HERE.number = self, mine
            try:
                self._work_guarded(mine)
            finally:
                HERE.run, HERE.number = outer, number
            self._wait()
        finally:
            with outer.lock:
                outer.nested.pop(number, None)

    def _abort(self, error: BaseException) -> None:
        """The caller was interrupted (Ctrl-C, or a stop from outside): end all, and wait a moment for it."""
        with self.lock:
            self.over = True
            self.core.stop(now=perf_counter())
            self.stopping()
            if not self.members:
                return
        self.quiet.acquire(timeout=GRACE_S)

    # -- from the workers -------------------------------------------------------------------------------------------

    def enter(self, number: int, thread: Thread | int) -> None:
        """Work as a worker, in a thread that was lent."""
        with self.lock:
            if self.over or self.core.stopped:
                self._gone(number)
                return
            self.members[number] = thread
        HERE.run, HERE.number = self, number
        try:
            self.context.copy().run(self._work_guarded, number)
        finally:
            HERE.run = None
            HERE.number = -1

    def _work_guarded(self, number: int) -> None:
        """``work``, and where an exception goes that arrives between two tasks."""
        while True:
            try:
                self.work(number)
                return
            except Interrupted:
                with self.lock:
                    if threading.get_ident() in self.abandoned:
                        return
                    self.doomed.pop(number, None)
                    self.core.settle()
                    task = self.core.on[number]
                    if task >= 0:
                        self.core.returned(number, task, now=perf_counter())
                    if self.core.stopped:
                        self.left(number)
                        return

    def check_in(self, number: int) -> None:
        if self.doomed or self.abandoned:
            ident = threading.get_ident()
            if ident in self.abandoned:
                raise Interrupted
            reason = self.doomed.pop(number, None)
            if reason is not None:
                take_back(ident)
                if not isinstance(reason, TaskTimeoutError):
                    raise Interrupted
                raise reason

    def call_help(self, most: int = 1) -> None:
        while self.spare and most > 0:
            number = self._useful_spare()
            if number < 0:
                return
            self.spare.remove(number)
            if not self.pool.lend(self, number, only_idle=self.nested_in is not None and bool(self.members)):
                self.spare.append(number)
                return
            self.members.setdefault(number, 0)
            most -= 1

    def _useful_spare(self) -> int:
        """A spare worker that may run something that is ready; -1 if there is none."""
        core = self.core
        if core.ready or not core.constrained:
            return self.spare[-1]
        rules = [rule for rule, queue in core.constrained.items() if queue]
        return next((number for number in self.spare if any(admits(core, rule, number) for rule in rules)), -1)

    def left(self, number: int) -> None:
        self._gone(number)
        self.spare.append(number)
        if self.core.constrained and not self.members and not self.core.stopped and not self.core.ready:
            self.call_help()  # what is left may be for others only; nothing runs, so whoever may start does
        if not self.members or self.core.stopped:
            self._finish()

    def _gone(self, number: int) -> None:
        self.members.pop(number, None)
        if not self.members and self.quiet.locked():
            self.quiet.release()

    def _finish(self) -> None:
        """Wake whoever waits for the end; once."""
        if self.finished.locked():
            self.finished.release()

    def stopping(self) -> None:
        for number in list(self.members):
            self.interrupt(number, CancelledError("the computation was stopped"))
        self._finish()

    def interrupt(self, number: int, reason: BaseException) -> None:
        """Under the lock: stop what a worker does, if it has a task."""
        self.core.settle()
        if self.core.on[number] < 0 or number in self.doomed:
            return
        thread = self.members.get(number)
        ident = thread.ident if isinstance(thread, Thread) else thread
        if not ident or ident == threading.get_ident():
            return
        self.doomed[number] = reason
        self.alarmed = True
        inner = self.nested.get(number)
        if inner is not None:
            with inner.lock:
                inner.give_up(CancelledError("the task that asked for this was stopped"))
        interrupt(ident, Interrupted, self.lock, lambda: self.doomed.get(number) is reason)

    def abandon(self, number: int, reason: BaseException) -> None:
        """Under the lock: give up a thread that does not come back, fail its task, and put another in its place."""
        self.core.settle()
        thread = self.members.pop(number, None)
        ident = thread.ident if isinstance(thread, Thread) else thread
        if ident:
            self.abandoned.add(ident)
            self.alarmed = True
        self.doomed.pop(number, None)
        task = self.core.on[number]
        released: list[int] = []
        if task >= 0 and not self.core.failed(number, task, released, now=perf_counter()).retry:
            self.give_up(reason)
        self._drop(released)
        self.spare.append(number)
        if self.core.stopped:
            self._finish()
        else:
            self.call_help()

    def _failed(self, worker: int, error: BaseException, released: list[int]) -> int:
        ident = threading.get_ident()
        with self.lock:
            is_abandoned, reason = ident in self.abandoned, None
            if not is_abandoned:
                reason = self.doomed.pop(worker, None)
            if (is_abandoned or reason is not None) and not isinstance(error, Interrupted):
                take_back(ident)  # it failed by itself before it was stopped
        if is_abandoned:
            return -1
        if isinstance(error, Interrupted):
            if not isinstance(reason, TaskTimeoutError):
                raise error
            error = reason
        return super()._failed(worker, error, released)


def reads_much(plan: Plan) -> bool:
    """Whether the first task reads large blocks that are there already: such a task is not short, whatever it does."""
    given = [plan.data.get(block) for block in plan.inputs[0]] if plan.ntasks else []
    return sum([getattr(each, "nbytes", 0) for each in given]) >= LARGE_NBYTES


def are_short(ntasks: int, seconds: float, cpu_seconds: float | None) -> bool:
    """Whether so many tasks in this time are so short that a second thread would not help.

    Where other programs have the cores, a thread gets little done; its processor time tells that from tasks that are
    long. Tasks that took much longer than their processor time waited for something, and others can wait beside them.
    """
    if ntasks * SHORT_S >= seconds:
        return True
    return cpu_seconds is not None and ntasks * SHORT_S >= cpu_seconds and ntasks * WAITING_S >= seconds


class Watch:
    """A thread that stops tasks which run longer than their ``timeout``."""

    def __init__(self, run: ThreadRun) -> None:
        self.run = run
        self._stop = threading.Event()
        threading.Thread(target=self._main, name="weft-watch", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _main(self) -> None:
        run = self.run
        shortest = min(run.timeouts.values())
        while not self._stop.wait(min(max(shortest / 10, 0.001), 0.05)):
            now = perf_counter()
            with run.lock:
                for number, task in enumerate(run.core.on):
                    limit = run.timeouts.get(task)
                    if limit is None:
                        run.deadlines.pop(number, None)
                        continue
                    began, seen = run.deadlines.get(number, (now, -1))
                    if seen != task:
                        run.deadlines[number] = began, _ = now, task
                    reason = TaskTimeoutError(f"task {run.key(task)!r} ran longer than its timeout of {limit:g} s")
                    if now - began > limit + GRACE_S and number in run.doomed:
                        run.deadlines.pop(number)
                        run.abandon(number, reason)
                    elif now - began > limit:
                        run.interrupt(number, reason)


class Threads:
    """The backend of worker threads.

    Parameters
    ----------
    nworkers : int, optional
        Threads for each run; by default what the request says.
    resources : mapping of str to number, optional
        What each worker offers to tasks annotated with ``resources``.
    """

    name = "threads"
    fuses_chains = False

    def __init__(self, nworkers: int | None = None, *, resources: dict[str, float] | None = None) -> None:
        if nworkers is not None and nworkers < 1:
            raise BackendError(f"nworkers must be at least 1, not {nworkers}")
        self._nworkers = nworkers
        self._resources = resources
        self._pool = Pool()

    def _start(self, plan: Plan, request: Request, keep: bool) -> ThreadRun:
        nworkers = self._nworkers or request.nworkers
        offers = {worker: dict(self._resources) for worker in range(nworkers)} if self._resources else None
        return ThreadRun(self._pool, plan, request, nworkers, keep=keep, resources=offers)

    def run(self, plan: Plan, request: Request) -> list[Any]:
        with self._start(plan, request, False) as run, limited_libraries(run.nworkers, plan.ntasks, request):
            run.work_here()
            return run.results()

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        with self._start(plan, request, True) as run, limited_libraries(run.nworkers, plan.ntasks, request):
            run.work_here()
            return run.held()

    def close(self) -> None:
        self._pool.close()
