"""A live run whose workers are threads of this process. HOT: :meth:`LiveThreads.perform`.

Each worker has some threads, which take their tasks themselves, as in :mod:`weft.backends.threads`; those that have
nothing to do sleep on a lock of their own. A thread whose task waits for another one *steps aside*: it does not count as
working while it waits, and if there is work, another takes its place. So tasks may wait for tasks, however deep.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from _thread import allocate_lock
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter, sleep
from typing import Any

from weft.backends.contract import Request
from weft.backends.evaluate import PLAIN_SIZES, as_task_error
from weft.backends.interrupting import interrupt, start_thread, take_back
from weft.backends.live import DONE, ERROR, FINISHED, SPILLED, Ticket, empty_plan
from weft.backends.live_blocks import LiveBlocks
from weft.backends.live_here import HERE
from weft.backends.live_table import tell
from weft.backends.live_thread import LiveThread
from weft.backends.local import LocalRun, is_ordinary
from weft.backends.threads import Interrupted
from weft.errors import Reschedule
from weft.graph import Plan
from weft.scheduler import NOTHING, SPILL
from weft.sizeof import sizeof
from weft.store.memory import freeze
from weft.typing import Key

__all__ = ["LiveThreads"]

#: A second thread does not help while tasks take less than this on average, in seconds.
SHORT_S = 30e-6
#: How soon, and then how often, somebody looks whether it does after all, in seconds.
FIRST_LOOK_S, LAST_LOOK_S = 0.001, 0.02

logger = logging.getLogger("weft.distributed")


class LiveThreads(LiveBlocks):
    """See the module.

    Parameters
    ----------
    request : Request
        The budget, the spill directory, the retries.
    nthreads : list of int
        Threads of each worker.
    resources : mapping of int to mapping, optional
    """

    kind = "threads"

    def __init__(
        self, request: Request, nthreads: list[int], *, resources: dict[int, dict[str, float]] | None = None
    ) -> None:
        plan = Plan([], [], [], [], [], [])
        LocalRun.__init__(self, plan, request, "threads", len(nthreads), keep=True, resources=resources, alone=False)
        self.plan = empty_plan(self.core)
        self.values = self.blocks
        self.nthreads = list(nthreads)
        self.active = [0] * len(nthreads)  # threads that are awake and not aside
        self.idle: list[list[LiveThread]] = [[] for _ in nthreads]
        self.nthreads_total = sum(nthreads)
        self.nactive = 0
        self.nfinished = 0
        self.mean_s = 1.0  # how long tasks take, roughly
        self.looker = 0  # the thread that looks after short tasks
        self.looker_sleeps = True
        self.calling_looker = allocate_lock()
        self.look = allocate_lock()
        self.look.acquire()
        self.threads: dict[int, LiveThread] = {}  # task to the thread that runs it
        self.everyone: set[LiveThread] = set()
        self.doomed: set[int] = set()  # idents of threads that were told to stop their task
        self.live_init()

    # -- workers --------------------------------------------------------------------------------------------------------

    def attended(self) -> bool:
        if self.nactive and self.mean_s < SHORT_S:
            self._have_looked_after()
            return True
        return False

    def nudge(self) -> None:
        if self.nactive and self.mean_s < SHORT_S:
            self._have_looked_after()
        elif self.nactive < self.nthreads_total:
            super().nudge()

    def wake(self) -> None:
        """Under the lock: call as many threads as there is work for, one only while tasks are short."""
        core = self.core
        if core.constrained:
            self._wake_the_chosen()
        work = len(core.ready)
        if not work or self.nactive >= self.nthreads_total:
            return
        if self.mean_s < SHORT_S and not core.constrained:
            if self.nactive:
                self._have_looked_after()
                return
            work = 1
        self._wake_threads(work)

    def _wake_the_chosen(self) -> None:
        """Under the lock: call threads of the workers that waiting tasks are for. Some may find nothing."""
        for rule, waiting in self.core.constrained.items():
            if waiting:
                for worker in range(len(self.nthreads)) if rule.workers is None else rule.workers:
                    self._wake_threads_of(worker, len(waiting))

    def _wake_threads(self, work: int) -> None:
        for worker in range(len(self.nthreads)):
            work = self._wake_threads_of(worker, work)

    def _wake_threads_of(self, worker: int, work: int) -> int:
        """Under the lock: call so many threads of a worker; gives how many more it would take."""
        core, active, nthreads = self.core, self.active, self.nthreads
        if worker < len(nthreads):  # the core may have heard of a worker that has no threads yet
            while work > 0 and active[worker] < nthreads[worker] and worker not in core.gone:
                active[worker] += 1
                self.nactive += 1
                work -= 1
                idle = self.idle[worker]
                if idle:
                    idle.pop().wake.release()
                else:
                    self._start_thread(worker)
        return work

    def _start_thread(self, worker: int) -> None:
        """Under the lock: one thread more for a worker."""
        self.everyone.add(LiveThread(self, worker))

    def _have_looked_after(self) -> None:
        """See to it that somebody looks, should a task take longer than those before it."""
        if self.looker_sleeps and self.calling_looker.acquire(False):  # one caller is enough
            try:
                if self.looker_sleeps:
                    self.looker_sleeps = False
                    if not self.looker:
                        self.looker = start_thread(self._look)
                    self.look.release()
            finally:
                self.calling_looker.release()

    def _look(self) -> None:
        """While there is work that threads were not called for: call them if nothing was finished for a moment."""
        while True:
            self.look.acquire()
            seen = -1
            pause = FIRST_LOOK_S
            while not self.closed:
                sleep(pause)
                pause = min(2 * pause, LAST_LOOK_S)
                with self.lock:
                    self.absorb()
                    if self.core.constrained:
                        self._wake_the_chosen()
                    ready = len(self.core.ready)
                    if ready and self.nfinished == seen:
                        self._wake_threads(ready)
                        pause = FIRST_LOOK_S
                    seen = self.nfinished
                    done = not ready and not self.inbox and (not self.nactive or self.mean_s >= SHORT_S)
                    if done:
                        self.looker_sleeps = True
                    fired, self.fired = self.fired, []
                tell(fired)
                if done:
                    break
            if self.closed:
                return

    def perform(self, me: LiveThread) -> None:
        """Run tasks as long as the run goes on."""
        core, blocks, lock, worker = self.core, self.blocks, self.lock, me.worker
        tickets, constants, inputs, programs = self.tickets, self.plan.constants, core.inputs, core.programs
        sizes, block_of, here, keys = PLAIN_SIZES, blocks.__getitem__, HERE, self.plan.keys
        released: list[int] = []
        ended = perf_counter()
        task = NOTHING
        lock.acquire()
        while True:
            # the lock is held here
            if self.inbox:
                self.absorb()
                tickets = self.tickets
                task = max(task, 0)
            if core.constrained and task >= 0:  # what came, or what the last task made ready, may be for other workers
                self._wake_the_chosen()
            if self.fired:  # before there is a task: whoever stops that must not stop this
                fired, self.fired = self.fired, []
                lock.release()
                tell(fired)
                lock.acquire()
            task = NOTHING
            if self.active[worker] <= self.nthreads[worker] and not self.closed:
                task = core.take(worker, ended)
                if task < NOTHING or core.loads:
                    task = self._make_room(worker, task)
            if task < 0:
                self.active[worker] -= 1
                self.nactive -= 1
                if me.once:
                    self.give_up_lock()
                    return
                if self.closed or worker in core.gone:
                    self.everyone.discard(me)
                    self.give_up_lock()
                    return
                self.idle[worker].append(me)
                self.give_up_lock()
                me.wake.acquire()
                lock.acquire()
                continue
            self.threads[task] = me
            me.task = task
            if core.ready and self.nactive < self.nthreads_total:
                self.wake()
            here.task = task
            here.key = keys[task]
            program = programs[task]
            sources, more = inputs[task], constants[task]
            fired = []
            if self.observers:
                self.transition(here.key, "waiting", "processing", worker=worker, number=task)
                fired, self.fired = self.fired, []
            lock.release()
            error: BaseException | None = None
            value: Any = None
            nbytes: Any = 0
            began = perf_counter()
            try:
                if fired:
                    tell(fired)
                function = program.direct
                if function is None:
                    value = program.run([*map(block_of, sources), *more])
                elif not sources:
                    value = function(*more)
                else:
                    value = function(*map(block_of, sources), *more)
                nbytes = sizes.get(type(value))
                if nbytes is None and task not in core.outputs:
                    freeze(value)
                    nbytes = sizeof(value)
            except BaseException as problem:  # it is the task's, whatever it is
                error = problem
                if problem.__traceback__ is not None:  # this frame is of no interest
                    error.__traceback__ = problem.__traceback__.tb_next
            ended = perf_counter()
            spent = ended - began
            mean = self.mean_s
            self.mean_s = mean + (spent - mean) / 8 if spent < 4 * mean else 2 * mean + 1e-6
            while True:  # from here on nobody can interrupt this thread
                try:
                    with lock:
                        self.threads.pop(task, None)
                        if self.doomed:
                            self._no_interrupt(me)
                    break
                except Interrupted as problem:
                    error = error or problem
            lock.acquire()
            more = ()
            here.task = -1
            here.seceded = False
            me.task = -1
            self.nfinished += 1
            if me.aside:
                me.aside = False
                self.active[worker] += 1
                self.nactive += 1
                core.nrunning += 1
            if error is not None:
                self._task_failed(worker, task, error, released)
                self.records.append((here.key, worker, began, ended, 0, "", ERROR))
                error = None
                continue
            if task in core.outputs:
                nbytes = self._several(task, value, worker, released)
                if nbytes is None:
                    continue
            else:
                blocks[task] = value
            self.where[task] = worker
            core.finished(worker, task, nbytes, released, ended)
            self.records.append((here.key, worker, began, ended, nbytes, type(value).__name__, FINISHED))
            value = None
            if core.phase[task] == DONE:
                if self.observers:  # they hear of it before those who wait
                    self.transition(
                        here.key, "processing", "memory", worker=worker, nbytes=nbytes, number=task, value=blocks[task],
                        began=began, ended=ended,
                    )  # fmt: skip
                if core.large:
                    self.touch(task)
                there = tickets[task]
                if type(there) is Ticket:
                    there.status = FINISHED
                    if there.waiters is not None:
                        self._fire(there)
                elif there is not None:
                    self.settle(task, FINISHED, None)
                if core.outputs and task in core.outputs:
                    for each in core.outputs[task][1:]:
                        self.settle(each, FINISHED, None)
            elif core.phase[task] != SPILLED:
                for each in core.outputs.get(task, (task,)):
                    if core.phase[each] != DONE:
                        blocks[each] = None
                self._recycle((task,))
            if released:
                self._clear(released)

    def _make_room(self, worker: int, task: int) -> int:
        """Under the lock, when blocks must be written or read first: the next task, with its inputs in memory."""
        core, lock = self.core, self.lock
        while True:
            if task == SPILL:
                victims = list(core.victims)
                lock.release()
                try:
                    self._spill(victims)
                except Exception as error:  # of the disk, or of users' classes that are written down
                    lock.acquire()
                    self._fail_ready(worker, error)
                else:
                    lock.acquire()
                self._recycle(victims)
                task = core.take(worker, perf_counter())
                continue
            if task >= 0 and core.loads:
                loads, core.loads = core.loads, []
                lock.release()
                try:
                    self._load(loads)
                except Exception as error:  # of the disk, or of users' classes that are read
                    lock.acquire()
                    self._task_failed(worker, task, error, [])
                    self._recycle(loads)
                    task = core.take(worker, perf_counter())
                    continue
                lock.acquire()
                self._recycle(loads)
            return task

    def _fail_ready(self, worker: int, error: BaseException) -> None:
        """There is no room for the next task, and none can be made: it fails."""
        core, limit = self.core, self.core.limit
        core.limit = core.UNLIMITED
        task = core.take(worker, perf_counter())
        core.limit = limit
        if task >= 0:
            self._task_failed(worker, task, error, [], retry=False)

    def _several(self, task: int, value: Any, worker: int, released: list[int]) -> list[int] | None:
        """Keep the blocks of a task with several, gives their sizes; None if it has failed."""
        try:
            return self._store_several(task, value)
        except BaseException as error:  # the task's result may be an iterator, which raises what it likes
            self._task_failed(worker, task, error, released)
            return None

    def _task_failed(
        self, worker: int, task: int, error: BaseException, released: list[int], *, retry: bool = True
    ) -> None:
        """Under the lock: a task raised."""
        core = self.core
        if isinstance(error, Reschedule):
            core.returned(worker, task, now=perf_counter())
            return
        unwanted = core.phase[task] > 2
        decided = core.failed(worker, task, released, now=perf_counter(), retry=retry and is_ordinary(error))
        if not decided.retry and not unwanted:
            self.failed_tasks(decided.failed, as_task_error(error, self, task))
        self._clear(released)
        self._recycle((task,))

    # -- waiting inside tasks -------------------------------------------------------------------------------------------

    def step_aside(self) -> bool:
        """The current thread's task is going to wait: another may work meanwhile. False if it has done so before."""
        me = self.threads.get(HERE.task)
        if me is None or me.aside:
            return False
        with self:
            me.aside = True
            self.active[me.worker] -= 1
            self.nactive -= 1
            self.core.nrunning -= 1
            self.mean_s = max(self.mean_s, 2 * SHORT_S)
        return True

    def come_back(self) -> None:
        """The current thread's task goes on."""
        me = self.threads.get(HERE.task)
        if me is not None and me.aside:
            with self:
                me.aside = False
                self.active[me.worker] += 1
                self.nactive += 1
                self.core.nrunning += 1

    # -- interrupting ---------------------------------------------------------------------------------------------------

    def interrupt(self, tasks: Iterable[int]) -> None:
        """Under the lock: stop what threads do for tasks that nobody wants."""
        for task in tasks:
            me = self.threads.get(task)
            if me is not None and me.ident and me.ident != threading.get_ident() and me.ident not in self.doomed:
                self.doomed.add(me.ident)
                interrupt(me.ident, Interrupted, self.lock, lambda ident=me.ident: ident in self.doomed)  # type: ignore[misc]

    def _no_interrupt(self, me: LiveThread) -> None:
        """Under the lock, in the thread itself: an exception that is still on its way does not arrive."""
        if me.ident in self.doomed:
            self.doomed.discard(me.ident)
            take_back(me.ident)

    # -- workers come and go --------------------------------------------------------------------------------------------

    def add_worker(self, nthreads: int, offer: Mapping[str, float] | None) -> int:
        """One worker more; gives its number."""
        with self:
            number = self.core.worker_added(dict(offer) if offer else None, now=perf_counter())
            self.nthreads.append(nthreads)
            self.nthreads_total += nthreads
            self.active.append(0)
            self.idle.append([])
        return number

    def remove_worker(self, number: int) -> None:
        """A worker takes no more tasks, and goes when it has finished those that it has."""
        with self:
            self.core.worker_left(number, now=perf_counter())
            self.nthreads_total -= self.nthreads[number]
            idle = self.idle[number]
            while idle:
                self.active[number] += 1
                self.nactive += 1
                idle.pop().wake.release()

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        """Threads are not started anew: there is nothing that this would change."""
        return []

    def nready(self) -> int:
        """Workers that can take tasks."""
        return len(self.nthreads) - len(self.core.gone)

    def nworkers_ever(self) -> int:
        return len(self.nthreads)

    def call(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any, reply: Any) -> None:
        """Run a function as a worker, in a thread of its own."""

        def main() -> None:
            HERE.run, HERE.worker = self, number
            try:
                value = self.home.call_here(number, function, args, kwargs)
            except BaseException as error:  # it is the answer
                reply.fail(error)
            else:
                reply(value)

        threading.Thread(target=main, name=f"weft-worker-{number}-call", daemon=True).start()

    def call_stacks(self, keys: Iterable[Key] | None, reply: Any) -> None:
        """What running tasks do now: by key, tuples of text."""
        wanted = None if keys is None else set(keys)
        frames = sys._current_frames()
        with self:
            idents = {self.plan.keys[task]: me.ident for task, me in self.threads.items()}
        reply(
            {
                key: tuple(traceback.format_stack(frames[ident]))
                for key, ident in idents.items()
                if ident in frames and (wanted is None or key in wanted)
            }
        )

    def mean_duration(self) -> float | None:
        return self.mean_s if self.nfinished else None

    def executor(self, number: int) -> Any:
        return self

    def metrics(self) -> dict[int, dict[str, Any]]:
        """What is measured of each worker."""
        return {
            number: {"memory": self.core.held // max(1, len(self.nthreads))} for number in range(len(self.nthreads))
        }

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        self.home.stage.ask(key, op, args, reply)

    def drop_actor(self, key: Key) -> None:
        self.home.stage.drop(key)

    # -- the end --------------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the run: nothing is taken any more, threads end after the task that they have."""
        with self.lock:
            if self.closed:
                return
            self.close_tickets(reason)
            self.core.stop(now=perf_counter())
            self.interrupt(list(self.threads))
            for idle in self.idle:
                while idle:
                    me = idle.pop()
                    self.active[me.worker] += 1
                    self.nactive += 1
                    me.wake.release()
            if self.looker:
                self._have_looked_after()
            fired, self.fired = self.fired, []
        tell(fired)
        self.blocks[:] = [None] * len(self.blocks)
        if self._store is not None:
            self._store.close()
        self._closed = True
