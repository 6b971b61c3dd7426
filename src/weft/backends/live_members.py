"""The worker processes of a live run: they come, are asked things, go, die, and are replaced."""

from __future__ import annotations

import itertools
import logging
import os
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from weft import config
from weft.backends.deaths import ending, verdict
from weft.backends.live_guests import Guest, RefGuests
from weft.backends.live_worker import Introduction, main
from weft.backends.packed import pack
from weft.backends.pool import WorkerProcess
from weft.backends.remote import ANY_SIZE
from weft.backends.team import FALSE_STARTS, Team, TeamMember
from weft.config.state import global_tree
from weft.config.tree import copied
from weft.errors import BackendError, KilledWorkerError, TaskTimeoutError
from weft.typing import Key

__all__ = ["LiveMembers", "Member"]

logger = logging.getLogger("weft.distributed")

#: How much a worker that is killed before it has started counts as one that could not start.
KILLED_START = 0.05


class Member(TeamMember):
    """A worker's place in a live run: what it has to do, what it owes, and the client in it."""

    __slots__ = ("aside", "calls", "doom", "full", "guest", "nthreads", "restarting", "retiring")

    def __init__(self, run: LiveMembers, number: int, nthreads: int, process: WorkerProcess) -> None:
        super().__init__(number, process)
        self.nthreads = nthreads
        self.aside: set[int] = set()  # tasks that wait for others
        self.doom: dict[int, BaseException] = {}  # tasks for which it is killed, and what to say
        self.full = False  # its socket took no more
        self.restarting = False
        self.retiring = False
        self.calls: dict[int, Any] = {}  # replies that it owes
        self.guest = Guest(run, self)

    @property
    def source(self) -> str:
        """What the names of what its tasks have taken begin with."""
        return f"w{self.number}-{self.process.pid}"


class LiveMembers(RefGuests, Team):
    """A live run of worker processes, but for the thread that hears them.

    A crew adds ``_feed()`` (hand out tasks) and ``_call()`` (have the thread look).
    """

    members: dict[int, Member]
    counts: list[int]  #: threads of each worker that there ever was
    env: dict[str, str]
    hungry: bool
    calls: itertools.count[int]
    kills: int
    path: list[str]
    tree: Any
    configuration: dict[str, str]
    false_starts: float
    failure: BackendError | None  #: why there are no workers

    def _feed(self) -> None:
        raise NotImplementedError

    def _call(self) -> None:
        raise NotImplementedError

    # -- one comes ------------------------------------------------------------------------------------------------------

    def _hire(self, number: int, nthreads: int) -> Member:
        member = Member(self, number, nthreads, self._process(nthreads))
        self.members[number] = member
        self._introduce(member)
        return member

    def _process(self, nthreads: int) -> WorkerProcess:
        return WorkerProcess(
            self.files.directory, config.value("processes.start-method"), self.request.library_threads, main=main,
            nslots=nthreads, env=self.env,
        )  # fmt: skip

    def _introduce(self, member: Member) -> None:
        """Tell a new process what it must know."""
        self._watch(member)
        tree = global_tree()
        if tree != self.tree:
            self.tree, self.configuration = copied(tree), config.child_environment()
        self.path = list(map(str, sys.path))
        self.post(
            member,
            (
                "begin",
                Introduction(
                    number=member.number,
                    nthreads=member.nthreads,
                    directory=os.getcwd(),
                    path=self.path,
                    configuration=self.configuration,
                    library_threads=self.request.library_threads,
                    shared=str(self.files.directory),
                    inline_nbytes=self.inline_nbytes,
                    address=self.home.scheduler_address,
                    uploads=self.home.local_directory(),
                    nworkers=len(self.counts),
                    offer=dict(self.core.have.get(member.number, {})),
                    home=self.home.guest_home,
                ),
            ),
        )
        first = self.home.first_calls()
        if first:
            self.post(member, ("prepare", pack(first, ANY_SIZE, "a worker plugin")))

    # -- tasks that wait ------------------------------------------------------------------------------------------------

    def _step_aside(self, member: Member, task: int) -> None:
        if task in member.orders and task not in member.aside:
            member.aside.add(task)
            member.load -= member.orders[task]
            member.orders[task] = 0.0
            member.stuck = False
            self.core.nrunning -= 1

    def _come_back(self, member: Member, task: int) -> None:
        if task in member.aside:
            member.aside.discard(task)
            self.core.nrunning += 1

    # -- workers end ----------------------------------------------------------------------------------------------------

    def _check_deadlines(self, now: float) -> None:
        for member in list(self.members.values()):
            page = member.process.now
            for slot in range(0, len(page), 2):
                task = int(page[slot])
                limit = self.deadlines.get(task)
                if limit is None or task not in member.orders or now - page[slot + 1] <= limit:
                    continue
                member.doom[task] = TaskTimeoutError(
                    f"task {self.key(task)!r} ran longer than its timeout of {limit:g} s"
                )
            if member.doom:
                member.process.kill()
                self._bury(member)

    def _bury(self, member: Member) -> None:
        """Under the lock: a worker has ended; give back its tasks, and put another in its place."""
        process = member.process
        self._hear_last_words(member)
        running = {int(task) for task in process.now[::2]}
        code = process.reap()
        self._unwatch(process)
        if self.members.get(member.number) is not member:
            process.close()
            return
        for task in list(member.aside):
            self._come_back(member, task)
        tasks, member.orders, member.load = list(member.orders), {}, 0.0
        member.stuck = member.full = False
        restarting, member.restarting = member.restarting, False
        doom, member.doom = member.doom, {}
        calls, member.calls = member.calls, {}
        for reply in calls.values():
            self.fired.append(
                (reply.fail, KilledWorkerError(f"the worker process ended ({ending(code)}) before it answered"))
            )
        for task in tasks:
            if task in doom:
                self.failed(member.number, task, doom[task])
            elif task not in running or restarting or doom:
                self.give_back(member.number, task)
            else:
                self._blame(member, task, code)
        if not process.ready and not restarting:
            self.false_starts += 1 if code >= 0 else KILLED_START
        self._guest_gone(member)
        source = f"w{member.number}-{process.pid}"
        self.fired.append((self.home.arbiter.gone, source))
        self._reclaim(process)
        process.close()
        member.known.clear()
        if self.closed or member.retiring:
            self.members.pop(member.number, None)
            return
        if self.false_starts >= FALSE_STARTS:
            self.members.pop(member.number)
            self._cannot_start(code)
            return
        member.process = self._process(member.nthreads)
        member.guest = Guest(self, member)
        self._introduce(member)
        self.hungry = True

    def _cannot_start(self, code: int) -> None:
        self.failure = BackendError(
            f"cannot start worker processes: several ended before they had started, the last one with {ending(code)}. "
            "What they wrote to stderr tells more."
        )
        logger.error("%s", self.failure)
        self._feed()

    def _guest_gone(self, member: Member) -> None:
        """Nobody holds what the tasks of a dead worker had submitted."""
        for ticket in list(member.guest.tickets.values()):
            ticket.waiters = None
            ticket.count = 1
            self._let_go(ticket)
        member.guest.tickets.clear()

    def _blame(self, member: Member, task: int, code: int) -> None:
        """A worker has died in a task."""
        self.deaths[task] += 1
        error, self.kills = verdict(
            self.key(task),
            self.deaths[task],
            self.request.allowed_failures,
            member.process,
            code,
            self.kills,
            fewer="n_workers=",
        )
        if error is None:
            self.give_back(member.number, task)
        else:
            self.failed(member.number, task, error, retry=False)

    # -- others come and go --------------------------------------------------------------------------------------------

    def add_worker(self, nthreads: int, offer: Mapping[str, float] | None) -> int:
        """One worker more; gives its number."""
        with self:
            number = self.core.worker_added(dict(offer) if offer else None, now=perf_counter())
            self.counts.append(nthreads)
            self._hire(number, nthreads)
            self.hungry = True
        self._call()
        return number

    def remove_worker(self, number: int) -> None:
        """A worker takes no more tasks, and goes when it has finished those that it has."""
        with self:
            member = self.members.get(number)
            if member is None:
                return
            self.core.worker_left(number, now=perf_counter())
            member.retiring = True
            self.post(member, ("retire",))

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        """Start workers anew; what they were doing is done again."""
        chosen = list(self.members) if numbers is None else list(numbers)
        with self:
            for number in chosen:
                member = self.members[number]
                member.restarting = True
                member.process.kill()
                self._bury(member)
        self._call()
        return chosen

    def nready(self) -> int:
        """Workers that have started."""
        with self:
            return sum(member.process.ready for member in self.members.values())

    def nworkers_ever(self) -> int:
        return len(self.counts)

    def call(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any, reply: Any) -> None:
        """Run a function in a worker process, beside its tasks."""
        message = self.packed_call(function, args, kwargs)
        with self:
            self._owe(number, reply, "call", message)
        self._call()

    def packed_call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return pack((function, args, kwargs), ANY_SIZE, "the function and its arguments")

    def _owe(self, number: int, reply: Any, kind: str, *content: Any) -> None:
        member = self.members.get(number)
        if member is None:
            self.fired.append((reply.fail, KilledWorkerError(f"there is no worker {number} any more")))
            return
        rid = next(self.calls)
        member.calls[rid] = reply
        self.post(member, (kind, rid, *content))

    def call_stacks(self, keys: Iterable[Key] | None, reply: Any) -> None:
        """What running tasks do now: by key, tuples of text."""
        wanted = None if keys is None else set(keys)
        with self:
            tasks = {
                task: self.plan.keys[task]
                for task in self.core.flying
                if wanted is None or self.plan.keys[task] in wanted
            }
            gathered = Stacks(reply, tasks, len(self.members))
            for number in list(self.members):
                self._owe(number, gathered, "stacks", list(tasks))
        self._call()

    def executor(self, number: int) -> Any:
        return self

    def metrics(self) -> dict[int, dict[str, Any]]:
        """What is measured of each worker."""
        return {
            number: {"memory": member.process.rss, "pid": member.process.pid} for number, member in self.members.items()
        }

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        message = pack((key, op, args), ANY_SIZE, "an argument of the actor's method")
        with self:
            self._owe(number, reply, "actor", message)
        self._call()

    def drop_actor(self, key: Key) -> None:
        for member in list(self.members.values()):
            self.post(member, ("drop actor", key))

    def workers_at(self, tasks: Iterable[int]) -> list[int]:
        """The workers that have one of these tasks."""
        with self.lock:
            flying = self.core.flying
            return sorted({flying[task] for task in tasks if task in flying})

    def interrupt(self, tasks: Iterable[int]) -> None:
        """Under the lock: stop what workers do for tasks that nobody wants."""
        for task in tasks:
            member = self.members.get(self.core.flying.get(task, -1))
            if member is not None:
                self.post(member, ("interrupt", task))


class Stacks:
    """Gathers what several workers answer."""

    def __init__(self, reply: Any, tasks: dict[int, Key], count: int) -> None:
        self.reply = reply
        self.tasks = tasks
        self.left = count
        self.found: dict[Key, Any] = {}
        self.guard = allocate_lock()
        if not count:
            reply({})

    def __call__(self, stacks: dict[int, Any]) -> None:
        self.found.update({self.tasks[task]: lines for task, lines in stacks.items() if task in self.tasks})
        self._one_less()

    def fail(self, error: BaseException) -> None:
        self._one_less()

    def _one_less(self) -> None:
        with self.guard:
            self.left -= 1
            done = not self.left
        if done:
            self.reply(self.found)
