"""Straight runs: one worker takes every task, in an order that is known beforehand. HOT (``benchmarks/scheduler.py``).

Theory. While a single worker takes all tasks, nothing is constrained and everything fits into memory, any order in which
inputs come first will do. A *straight* core goes through one with a cursor: it keeps no heap of ready tasks, does not
count what tasks still miss, never looks at dependents, and writes its log afterwards.

*Which order.* At first the one in which tasks are *written* (numbered), where it has inputs first: neighbours lie side by
side in memory, and the static order need not even be worked out, which takes longer than to run a task that does nothing.
That is good only as long as results are next to nothing. When the first comes that is not a plain number, the worker has
the rest *sorted* by rank, and from then on counts the bytes that are held.

*Leaving.* Whatever else happens (a second worker asks, memory may become short, a block is large, a task fails, a block is
held, another graph comes...) first *settles* the core: the columns that were left out are filled in, and the ordinary core
goes on from there. Who only looks at a core (``why``, ``dump``, the invariants) must not change it while its worker goes
on: it looks at a :func:`settled` copy.

*No lock.* The cursor is the only thing that the worker and those who settle share. To advance it is one step of the
interpreter, and so is taking all that it has left; whoever finds it empty takes the run's lock and looks. A task counts as
finished the moment the worker has got its next; what the worker writes before (``sizes``, ``times``) is read only of tasks
that are finished by then, and what it writes after (``uses``) is its own. Without a global interpreter lock there are no
straight runs.

*Speed.* The columns are closed over, which spares an attribute access each. A random DAG of 100,000 tasks of three inputs:
0.9 µs a task with its functions called and its blocks let go, of which a bare loop takes 0.4; the ordinary core takes 3.3.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from copy import copy
from operator import length_hint
from typing import TYPE_CHECKING, Any

from weft.graph.plan import Plan
from weft.scheduler.state import LARGE, SHIFT, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["Finish", "Straight", "advance", "begin", "finisher", "settle", "settled", "sort", "straight_for"]

NOTHING = -1
WAITING, READY, RUNNING = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value
DONE, RELEASED = Phase.DONE.value, Phase.RELEASED.value

#: Bytes that a plain result takes at most: while nothing else comes, what is held is not counted.
PLAIN_NBYTES = 32
#: Whether the interpreter runs one thread at a time, so that a step of the cursor is whole.
ONE_AT_A_TIME: bool = sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True

#: Takes a task, its inputs, the size of its block and the time; gives the next task, or NOTHING: then ask the core.
Finish = Callable[[int, tuple[int, ...], int, float], int]


class Straight:
    """The cursor of a straight run, and what its worker notes.

    Parameters
    ----------
    plan : Plan
        The shape of the only plan that the core has.
    room : int
        Bytes that may be held when a task begins.
    users : list of int
        How many need each block.
    workers : int
        How many there are, though one is alone now.
    """

    __slots__ = (
        "begun", "cursor", "ended", "logged", "nbytes", "plan", "room", "sequence", "sizes", "times", "uses", "worker",
        "workers", "written",
    )  # fmt: skip

    def __init__(self, plan: Plan, room: int, users: list[int], workers: int) -> None:
        self.plan = plan
        self.workers = workers
        self.room = room
        self.uses = list(users)
        self.begun = self.ended = False
        self.worker = NOTHING
        self.nbytes = 0  # held, from when it is counted
        self.logged = 0  # finished tasks that are in the log
        self.sizes = [0] * plan.nblocks
        self.times = [0.0] * plan.ntasks
        self.written = plan.in_order and not any(plan.nbytes)
        self.sequence: range | list[int] = range(plan.ntasks)
        if not self.written:
            self.sequence = sorted(self.sequence, key=plan.ranks(workers).__getitem__)
        self.cursor: Iterator[int] = iter(self.sequence)

    @property
    def left(self) -> int:
        """Tasks that have not begun."""
        return length_hint(self.cursor)

    @property
    def finished(self) -> int:
        """Tasks that have finished; the one that began last is running."""
        begun = len(self.sequence) - length_hint(self.cursor)
        return begun if self.ended else max(begun - 1, 0)


def straight_for(s: Scheduler, plan: Plan) -> Straight | None:
    """The straight run of a core's first plan (its shape), if it may have one."""
    if s.slow or plan.annotations or plan.outputs or plan.workspace or not plan.ntasks or not ONE_AT_A_TIME:
        return None
    room = s.limit - s.held - max(plan.nbytes) - PLAIN_NBYTES * plan.ntasks
    return Straight(plan, room, s.users, len(s.on)) if room > 0 and all(s.users) else None


def begin(s: Scheduler, worker: int) -> int:
    """The first task, for a worker that counts as running."""
    straight = s.straight
    assert straight is not None
    straight.begun = True
    straight.worker = worker
    s.on[worker] = task = next(straight.cursor)
    return task


def finisher(s: Scheduler, blocks: list[Any]) -> Finish | None:
    """A function that records a finish and gives the next task, without a lock; None if the run is not straight.

    Blocks that may go are taken out of ``blocks``. Once it has given NOTHING, or the core was sorted, it is used up, and
    the finish that it was told of last must be reported to the core under the lock.
    """
    straight = s.straight
    if straight is None:
        return None
    uses, sizes, times, cursor, room = straight.uses, straight.sizes, straight.times, straight.cursor, straight.room

    def finish_plain(task: int, sources: tuple[int, ...], nbytes: int, now: float) -> int:
        sizes[task] = nbytes
        times[task] = now
        for following in cursor:
            for block in sources:
                left = uses[block] - 1
                uses[block] = left
                if not left:
                    blocks[block] = None
            return following
        return NOTHING

    def finish(task: int, sources: tuple[int, ...], nbytes: int, now: float) -> int:
        held = straight.nbytes + nbytes
        if nbytes >= LARGE or held > room:
            return NOTHING
        sizes[task] = nbytes
        times[task] = now
        for following in cursor:
            for block in sources:
                left = uses[block] - 1
                uses[block] = left
                if not left:
                    held -= sizes[block]
                    blocks[block] = None
            straight.nbytes = held
            return following
        return NOTHING

    return finish_plain if straight.written else finish


def advance(s: Scheduler, worker: int, task: int, nbytes: Any, released: list[int], now: float) -> int:
    """What a finisher does, under the lock; if it does not apply, the core is settled, and the answer means nothing."""
    straight = s.straight
    assert straight is not None
    held = straight.nbytes if straight.written else straight.nbytes + nbytes
    current = straight.sequence[len(straight.sequence) - straight.left - 1] if straight.begun else NOTHING
    if straight.ended or (worker, task) != (straight.worker, current) or nbytes >= LARGE or held > straight.room:
        settle(s)
        return NOTHING
    uses, sizes = straight.uses, straight.sizes
    sizes[task] = nbytes
    straight.times[task] = now
    following = next(straight.cursor, NOTHING)
    for block in s.inputs[task]:
        uses[block] -= 1
        if not uses[block]:
            held -= sizes[block]
            released.append(block)
    s.on[worker] = following
    if following == NOTHING:
        straight.ended = True
        s.left = 0
        s.nrunning -= 1
    elif not straight.written:
        straight.nbytes = held
    return following


def sort(s: Scheduler, now: float) -> None:
    """Go on by rank: a result has come that is no plain number. Called by the worker, before it reports that."""
    straight = s.straight
    if straight is None or not straight.written:
        return
    begun = len(straight.sequence) - straight.left
    rest = sorted(straight.sequence[begun:], key=straight.plan.ranks(straight.workers).__getitem__)
    straight.sequence = [*straight.sequence[:begun], *rest]
    straight.cursor = iter(rest)
    straight.written = False
    write_log(s, straight, straight.finished)
    s.note_turn("sorted", now)


def write_log(s: Scheduler, straight: Straight, finished: int) -> None:
    """Log the tasks that have finished since."""
    worker, times = straight.worker << SHIFT, straight.times
    tasks = straight.sequence[straight.logged : finished]
    s.log.extend([worker | task for task in tasks])
    s.clock.extend([times[task] for task in tasks])
    straight.logged = finished


def settle(s: Scheduler) -> None:
    """Fill in what a straight core leaves out. Called before anything that is not the next finish in line."""
    straight = s.straight
    if straight is None:
        return
    rest = list(straight.cursor)  # from here on the worker finds nothing, and comes to ask
    fill_in(s, straight, len(straight.sequence) - len(rest))


def settled(s: Scheduler) -> Scheduler:
    """The core with nothing left out: itself, or a copy to look at."""
    straight = s.straight
    if straight is None:
        return s
    seen = copy(s)
    seen.ready, seen.dependents, seen.on, seen.log, seen.clock = [], [], list(s.on), copy(s.log), copy(s.clock)
    fill_in(seen, copy(straight), len(straight.sequence) - straight.left)
    return seen


def fill_in(s: Scheduler, straight: Straight, begun: int) -> None:
    """Make all columns what they were if the ordinary core had given out the first so many tasks of the sequence."""
    plan, inputs, sizes = straight.plan, s.inputs, straight.sizes
    finished = begun if straight.ended else max(begun - 1, 0)
    running = straight.sequence[finished:begun]
    phase, users, size = s.phase[:], list(s.users), list(s.size)
    for task in straight.sequence[:finished]:
        phase[task] = DONE
        nbytes = sizes[task]
        size[task] = 0 if nbytes > s.small and task in s.wanted else nbytes
        for block in inputs[task]:
            users[block] -= 1
    held = s.held
    for task in straight.sequence[:finished]:
        if users[task]:
            held += size[task]
        else:
            phase[task] = RELEASED
    for task in running:
        phase[task] = RUNNING
        held += size[task]
        s.on[straight.worker] = task
    s.dependents += plan.dependents
    missing = list(map(len, inputs))
    for block, state in enumerate(phase):
        if state == DONE:
            for reader in s.dependents[block]:
                missing[reader] -= 1
    ntasks = plan.ntasks
    s.order = [(rank << SHIFT) + task for task, rank in enumerate(plan.ranks(straight.workers))]
    s.order += [0] * (len(phase) - ntasks)
    ready = []
    for task in straight.sequence[begun:]:
        if not missing[task]:
            phase[task] = READY
            ready.append(s.order[task])
    ready.sort()
    s.ready += ready
    s.left = ntasks - finished
    s.phase, s.users, s.size, s.missing, s.held = phase, users, size, missing, held
    write_log(s, straight, finished)
    s.straight = None
    if not straight.ended:
        s.note_turn("settled", s.clock[-1] if s.clock else 0.0)
