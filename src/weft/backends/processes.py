"""Worker processes behind pipes: for code that holds the interpreter's lock. The default for bags.

The driver's loop runs in the thread that asks. It waits for the workers' sockets and for their ends, tells the core what
was finished, and hands out what the core says is next. There is no helper thread: two threads of one interpreter would
only wait for each other.

*Batches.* A message costs some 50 µs on both sides together, a task 10. So tasks travel in batches that are expected to
keep a worker busy for a few milliseconds, and another is sent while one is worked on. What a task will take is learnt
from those of its program; the first of a program travels alone. Long tasks travel alone, too. So that nobody sits on
work while others are idle, a batch is at most a fair share of what is ready, and a worker gives back what waits behind a
task that takes longer than expected.

*Deaths.* A worker's page tells which task killed it. That one is tried again, up to ``allowed_failures`` times; what else
the worker had not finished goes to others at once; what it had finished is in the driver's hands. Ended workers are
replaced, the others go on.

*Stopping* (an error, Ctrl-C, a timeout). A worker that does not come back from its task within a moment is killed.

Runs in several threads at a time have workers of their own each.
"""

from __future__ import annotations

import itertools
import os
import pickle
import selectors
import sys
import weakref
from collections import Counter
from time import perf_counter
from typing import Any

from weft import config
from weft.backends.contract import Held, Request
from weft.backends.deaths import ending, verdict
from weft.backends.filed import FiledBlocks
from weft.backends.inline import Inline
from weft.backends.packed import pack
from weft.backends.packed_errors import rebuilt
from weft.backends.pool import Pool, WorkerProcess
from weft.backends.remote import ANY_SIZE, discard
from weft.backends.team import (
    BATCH_S,
    BATCH_TASKS,
    FALSE_STARTS,
    OVERHEAD_S,
    READ,
    SAMPLE_S,
    WRITE,
    Team,
    TeamMember,
)
from weft.backends.worker import Context
from weft.backends.worker_life import inside_worker
from weft.errors import BackendError, TaskTimeoutError
from weft.graph import Plan
from weft.store.places import shared_parent
from weft.store.shared import SharedStore
from weft.units import parse_timedelta

__all__ = ["Processes", "shared_store"]

#: How long a worker that was told to stop may take, in seconds.
GRACE_S = 0.3
#: Room that shared memory must have to be used.
SHARED_NBYTES = 256 << 20


class Member(TeamMember):
    """A worker's place in the team of a run that ends."""

    __slots__ = ("doom", "waiting")

    def __init__(self, number: int, process: WorkerProcess) -> None:
        super().__init__(number, process)
        self.doom: tuple[int, BaseException] | None = None  # the task for which it is killed, and what to say
        self.waiting = False  # for its answer that it has stopped


class ProcessRun(Team):
    """A run whose workers are processes."""

    __slots__ = (
        "context", "deaths", "false_starts", "last_sample", "members", "pool", "request", "serial", "timeouts",
    )  # fmt: skip

    def __init__(self, pool: Pool, serial: int, plan: Plan, request: Request, nworkers: int, **options: Any) -> None:
        super().__init__(plan, request, "processes", nworkers, **options)
        self.pool = pool
        self.serial = serial
        self.request = request
        self.selector = selectors.DefaultSelector()
        self.members: list[Member] = []
        self.deaths: Counter[int] = Counter()
        self.false_starts = 0
        self.last_sample = self.began
        self.timeouts = {
            task: parse_timedelta(notes["timeout"], "s")
            for task, notes in plan.annotations.items()
            if notes.get("timeout") is not None
        }
        context = pack(
            (
                "begin",
                Context(
                    run=serial,
                    directory=os.getcwd(),
                    path=list(map(str, sys.path)),
                    configuration=pool.configuration(),
                    library_threads=self._library_threads(),
                    shared=str(self.files.directory),
                    inline_nbytes=self.inline_nbytes,
                ),
            ),
            ANY_SIZE,
        )
        assert isinstance(context, bytes)
        self.context = context

    def _library_threads(self) -> int:
        alone = min(self.nworkers, self.plan.ntasks) < 2
        return max(1, self.request.library_threads * (self.nworkers if alone else 1))

    # -- the loop ---------------------------------------------------------------------------------------------------

    def work_here(self) -> None:
        """Have the plan run to its end."""
        if not self.core.left:
            return
        try:
            team = self.pool.borrow(
                min(self.nworkers, max(1, self._useful())), self.files.directory, self.request.library_threads
            )
            self.members = [Member(number, process) for number, process in enumerate(team)]
            for member in self.members:
                self._watch(member)
            self._loop()
            if self.core.stopped:
                self._stop()
        except BaseException:
            self.core.stop(now=perf_counter())
            self._stop()
            raise
        finally:
            self.selector.close()
            for member in self.members:
                if member.process.alive and self.filed:
                    member.process.channel.post(_END)
            self.pool.give_back([member.process for member in self.members])

    def _useful(self) -> int:
        """Workers that can have something to do."""
        return self.nworkers if self.core.constrained else self.plan.ntasks

    def _loop(self) -> None:
        core, select = self.core, self.selector.select
        self._feed()
        while core.left and not core.stopped:
            if not any(member.orders for member in self.members):
                return
            for key, mask in select(self._patience()):
                member, process = key.data
                self._attend(member, process, key.fileobj, mask)
            now = perf_counter()
            if self.timeouts:
                self._check_deadlines(now)
            if now - self.last_sample > SAMPLE_S:
                self.last_sample = now
                for member in self.members:
                    member.process.sample()
            if not core.stopped:
                self._feed()

    def _patience(self) -> float:
        if not self.timeouts:
            return SAMPLE_S
        return min(max(min(self.timeouts.values()) / 10, 0.001), 0.05)

    # -- tasks go ---------------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        """Give each worker that has little to do some more."""
        core = self.core
        ready = len(core.ready)
        if core.constrained:
            ready += sum(map(len, core.constrained.values()))
        if not ready:
            return
        share = max(1, min(ready // (2 * len(self.members)), BATCH_TASKS))
        for member in self.members:
            if member.load < BATCH_S and not member.stuck and not (member.orders and self.mean_cost is None):
                self._feed_one(member, share)
                if core.stopped:
                    return

    def _feed_one(self, member: Member, share: int) -> None:
        orders, costs = self.gather(member.number, share, BATCH_S)
        if not orders:
            return
        known = member.known
        new = {order[1] for order in orders} - known
        message = self.message(member.number, [(number, self.written[number]) for number in new], orders)
        if message is None:
            return
        known |= new
        for order, cost in zip(orders, costs, strict=True):
            member.orders[order[0]] = cost
        member.load += sum(costs)
        if self.listeners:
            for order in orders:
                for listener in self.listeners:
                    listener.before(self, order[0], member.number)
        channel = member.process.channel
        if member.process.run != self.serial:
            member.process.run = self.serial
            channel.hold_back(self.context)
        if not channel.post(message):
            self.selector.modify(channel, READ | WRITE, (member, member.process))

    def _take_back(self, member: Member, task: int) -> None:
        member.load -= member.orders.pop(task)
        self.give_back(member.number, task)

    # -- news come --------------------------------------------------------------------------------------------------

    def _hear(self, member: Member, message: bytes) -> None:
        acks, news = pickle.loads(message)
        if acks:
            self._finish(member, acks)
        for kind, *content in news:
            match kind:
                case "hello":
                    member.process.hello()
                case "idle":
                    if content[0] == self.serial:
                        member.waiting = False
                case "back":
                    member.stuck = True
                    for task in content[0]:
                        if task in member.orders:
                            self._take_back(member, task)
                case "unreadable":
                    self.give_up(rebuilt(content[0]))
                case "failed":
                    self._fail(member, content[0], rebuilt(content[1]))
                case "lost":
                    if content[0] in member.orders:
                        member.load -= member.orders.pop(content[0])
                        self.lost(member.number, content[0], content[1])

    def _finish(self, member: Member, acks: list[Any]) -> None:
        """HOT: tasks were done."""
        orders, number = member.orders, member.number
        member.stuck = False
        for task, ref, nbytes, began, ended in acks:
            expected = orders.pop(task, None)
            if expected is None or self.core.stopped:
                discard(ref)
                continue
            member.load -= expected
            self.learn(task, ended - began + OVERHEAD_S)
            self.finished(number, task, ref, nbytes)
            if self.listeners:
                for listener in self.listeners:
                    listener.after(self, task, number, ref, began, ended)
        if not orders:
            member.load = 0.0

    def _fail(self, member: Member, task: int, error: BaseException) -> None:
        member.stuck = False
        expected = member.orders.pop(task, None)
        if expected is not None and not self.core.stopped:
            member.load -= expected
            self.failed(member.number, task, error)

    # -- workers end ------------------------------------------------------------------------------------------------

    def _check_deadlines(self, now: float) -> None:
        for member in self.members:
            task = int(member.process.now[0])
            limit = self.timeouts.get(task)
            if limit is None or task not in member.orders or now - member.process.now[1] <= limit:
                continue
            error = TaskTimeoutError(f"task {self.key(task)!r} ran longer than its timeout of {limit:g} s")
            member.doom = task, error
            member.process.kill()
            self._bury(member)

    def _bury(self, member: Member) -> None:
        """A worker has ended: hear what it still had to say, give back its tasks, and put another in its place."""
        process = member.process
        self._hear_last_words(member)
        running = int(process.now[0])
        code = process.reap()
        self._unwatch(process)
        member.waiting = member.stuck = False
        tasks, member.orders, member.load = list(member.orders), {}, 0.0
        for task in tasks:
            if task != running:
                self.give_back(member.number, task)
        doom, member.doom = member.doom, None
        if running in tasks:
            if doom is not None and doom[0] == running:
                self.failed(member.number, running, doom[1])
            else:
                self._blame(member, running, code)
        elif not process.ready:
            self.false_starts += 1
            if self.false_starts >= FALSE_STARTS:
                self.give_up(
                    BackendError(
                        f"cannot start worker processes: {self.false_starts} ended before they had started, the last "
                        f"one with {ending(code)}. What they wrote to stderr tells more."
                    )
                )
        self._reclaim(process)
        process.close()
        if not self.core.stopped:
            member.process = self.pool.start(self.files.directory, self.request.library_threads)
            member.known.clear()
            self._watch(member)

    def _blame(self, member: Member, task: int, code: int) -> None:
        """A worker has died in a task."""
        self.deaths[task] += 1
        error, self.pool.oom_kills = verdict(
            self.key(task),
            self.deaths[task],
            self.request.allowed_failures,
            member.process,
            code,
            self.pool.oom_kills,
            fewer="num_workers=",
        )
        if error is None:
            self.give_back(member.number, task)
        else:
            self.failed(member.number, task, error, retry=False)

    def _stop(self) -> None:
        """Have all workers stop what they do; those that do not come back in a moment are killed."""
        try:
            for member in self.members:
                if member.orders and member.process.alive:
                    member.waiting = True
                    if not member.process.channel.post(pickle.dumps(("cancel", self.serial), 5)):
                        self.selector.modify(member.process.channel, READ | WRITE, (member, member.process))
            end = perf_counter() + GRACE_S
            while any(member.waiting for member in self.members) and (left := end - perf_counter()) > 0:
                for key, mask in self.selector.select(left):
                    member, process = key.data
                    self._attend(member, process, key.fileobj, mask)
        finally:
            for member in self.members:
                if member.waiting or member.process.channel.torn:
                    member.process.kill()
                member.orders = {}
                self._reclaim(member.process)


class Processes:
    """The backend of worker processes.

    Parameters
    ----------
    nworkers : int, optional
        Processes for each run; by default what the request says.
    resources : mapping of str to number, optional
        What each worker offers to tasks annotated with ``resources``.
    """

    name = "processes"
    fuses_chains = True

    def __init__(self, nworkers: int | None = None, *, resources: dict[str, float] | None = None) -> None:
        if nworkers is not None and nworkers < 1:
            raise BackendError(f"nworkers must be at least 1, not {nworkers}")
        self._nworkers = nworkers
        self._resources = resources
        self._pool = Pool()
        self._files = FiledBlocks(shared_store)
        self._serials = itertools.count()
        weakref.finalize(self, _close, self._pool, self._files)
        _forget_in_child(self._pool)

    def run(self, plan: Plan, request: Request) -> list[Any]:
        if inside_worker():
            return Inline().run(plan, request)
        with self._start(plan, request, False) as run:
            run.work_here()
            return run.results()

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        if inside_worker():
            return Inline().hold(plan, request)
        with self._start(plan, request, True) as run:
            run.work_here()
            return run.held()

    def _start(self, plan: Plan, request: Request, keep: bool) -> ProcessRun:
        nworkers = self._nworkers or request.nworkers
        offers = {worker: dict(self._resources) for worker in range(nworkers)} if self._resources else None
        return ProcessRun(
            self._pool,
            next(self._serials),  # several threads may be here
            plan,
            request,
            nworkers,
            files=self._files,
            inline_nbytes=config.value("processes.inline-size"),
            keep=keep,
            resources=offers,
        )

    def close(self) -> None:
        _close(self._pool, self._files)


def shared_store() -> SharedStore:
    """Where blocks lie that all processes see; on a disk where shared memory is scant (containers)."""
    return SharedStore(shared_parent(SHARED_NBYTES), inline_nbytes=-1)


def _close(pool: Pool, files: FiledBlocks) -> None:
    pool.close()
    files.close()


def _forget_in_child(pool: Pool) -> None:
    """A forked child must not end, or talk to, its parent's workers."""
    known = weakref.ref(pool)

    def forget() -> None:
        if (mine := known()) is not None:
            mine.forget()

    os.register_at_fork(after_in_child=forget)


_END = pickle.dumps(("end",), 5)
