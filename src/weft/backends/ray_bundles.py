"""Which tasks go to a Ray node together, and when.

*Bundles.* Ray takes about a millisecond for a task, 25 µs for each further result, and 40 µs and more for each
reference among the arguments. So several ready tasks go as one Ray task, as many as run in `BUNDLE_S` by what was
measured of their functions. A block of some size is a result of its own. Small blocks (by what was measured) share one
result, the *pack* of their bundle; hence a block is a place: a reference, and the position in its pack. Tasks of one kind go
together; what is of another kind would only keep back what the first ones made.

*What follows.* To hand a block to another task takes some milliseconds and a copy. So a bundle goes on with tasks that wait for
nothing but its own blocks (:mod:`weft.scheduler.following`): such as nobody else could begin meanwhile, and others that are short. What
only they read does not leave the worker.

*What lies at the node* is no argument for Ray, but read by the task itself: Ray gives a worker the next task of a kind at once, and
makes a new lease for each task with arguments of its own, which takes twice as long.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from weft.backends.contract import Run
from weft.backends.ray_connection import Node
from weft.backends.ray_objects import Objects, Shape
from weft.graph import Plan
from weft.scheduler import NOTHING, SPILL, Scheduler
from weft.units import parse_timedelta

__all__ = ["Bundling", "Flight"]

#: How long a bundle should run, in seconds: long against the 3 to 6 ms until a worker has the next one, short against a user's
#: patience.
BUNDLE_S = 0.05
#: Tasks that take no longer than this, in seconds, are cheaper done than handed to somebody else.
TRIFLE_S = 0.002
#: So many trifles stay together, however many could have some.
TRIFLES = 64
#: Most tasks of a bundle.
BUNDLE_TASKS = 1000
#: Most of them while it is only from earlier runs that their duration is known: how large their blocks are, nobody knows.
GUESSED_TASKS = 4
#: A task that others could run beside those it would follow follows if it takes no longer than this, in seconds, or reads
#: so little, in bytes, where nobody knows.
FOLLOWING_S = 0.005
FOLLOWING_NBYTES = 1 << 20
#: How long all that follow in a bundle may take, in seconds, and the inputs and outputs of the bundle with them, in bytes.
FOLLOWED_S = 0.5
FOLLOWED_NBYTES = 256 << 20
#: Inputs and outputs of a bundle: its worker has all of them in memory at once. One task may have more.
BUNDLE_NBYTES = 64 << 20
#: A bundle also waits at its node for others to end, if these are expected to take no longer than this, in seconds.
QUEUED_S = 0.06
#: How long it may take to bring a bundle's inputs to its node, in seconds. What needs none would overtake it there meanwhile.
BROUGHT_S = 0.05
#: While more tasks than that run, nobody looks whether better ones than the next are about to come.
LOOKED_AT = 64


@dataclass(eq=False)
class Flight:
    """A bundle at Ray, with the references that it will fill."""

    node: int
    tasks: list[int]  #: by place
    shapes: list[Shape]
    refs: list[Any]  #: results, the pack first if there is one, without the report
    npacked: int
    report: Any
    left: set[int]  #: places that are still to be reported
    seconds: float  #: that it is expected to take; long where nobody knows
    brought_until: float = 0.0  #: when what it reads from other nodes should be there, by the run's clock
    inner: frozenset[int] = frozenset()  #: blocks that are no results unless tasks that read them have not run
    is_stopped: bool = False  #: Ray was told to stop it
    is_aside: bool = False  #: its task waits for others


class Bundling(Run):
    """The part of a run on Ray that asks the core for tasks and puts them together."""

    core: Scheduler
    plan: Plan
    objects: Objects
    nodes: list[Node]
    load: list[int]  #: bundles at each node
    flying: dict[Any, Flight]  #: by reference of the report
    alone: set[int]  #: tasks that go without others

    def send(self, number: int, tasks: list[int]) -> bool:
        """Start a bundle at a node; False if it cannot travel, and is seen to."""
        raise NotImplementedError

    def hand_out(self) -> None:
        """Give each node as much as it can take, those that have least first."""
        going = True
        while going:
            going = False
            for number in sorted(range(len(self.nodes)), key=self.load.__getitem__):
                if self.has_room(number):
                    for tasks in self._take(number):
                        going = self.send(number, self._with_followers(number, tasks)) or going

    def has_room(self, number: int) -> bool:
        """Whether a node takes another bundle, to run at once or soon; no long one if a better one is about to come."""
        load, nslots = self.load[number], self.nodes[number].nslots
        if load < nslots:
            return True
        if load >= 2 * nslots:
            return False
        flights = [flight for flight in self.flying.values() if not flight.is_aside]
        if sum([flight.seconds for flight in flights if flight.node == number]) >= QUEUED_S * nslots:
            return False
        first = self.core.upcoming(number)
        if first >= 0 and not self.core.inputs[first] and self._expected(first) > FOLLOWING_S:
            now = perf_counter()
            if any(flight.node == number and flight.brought_until > now for flight in flights):
                return False
        running = [flight.tasks[place] for flight in flights for place in flight.left]
        if len(running) > LOOKED_AT:
            return True
        return first < 0 or self._expected(first) <= FOLLOWING_S or not self.core.is_premature(first, set(running))

    @property
    def nslots(self) -> int:
        """Tasks that run at a time."""
        return sum([node.nslots for node in self.nodes])

    def _take(self, number: int) -> list[list[int]]:
        """Ask the core for tasks; gives bundles: none, one, or a second one of a task that goes alone."""
        task = self._take_one(number)
        if task < 0:
            return []
        if self._goes_alone(task):
            return [[task]]
        core = self.core
        near = core.local[number] if core.apart else core.ready
        waiting = 1 + len(core.ready) + sum(map(len, core.local))
        known = self.objects.habits_of(self.plan.programs[task]).known
        most = min(BUNDLE_TASKS if known else GUESSED_TASKS, -(-waiting // (2 * self.nslots)))
        tasks = [task]
        seconds, nbytes = self._expected(task), self._nbytes_of(task)
        while (
            (len(tasks) < most or (len(tasks) < TRIFLES and known and seconds < TRIFLE_S))
            and seconds < BUNDLE_S
            and nbytes < BUNDLE_NBYTES
            and (near or core.ready)
        ):
            following = core.upcoming(number)
            if following >= 0 and self._keeps_back(following, task):
                break
            task = self._take_one(number)
            if task < 0:
                break
            if self._goes_alone(task):
                return [tasks, [task]]
            tasks.append(task)
            seconds += self._expected(task)
            nbytes += self._nbytes_of(task)
        return [tasks]

    def _keeps_back(self, task: int, first: int) -> bool:
        """Whether a task would keep back what others of a bundle make: it is long, or of another kind and no trifle."""
        seconds, programs = self._expected_s(task) or 0, self.plan.programs
        return seconds > BUNDLE_S or (seconds > TRIFLE_S and programs[task] is not programs[first])

    def _with_followers(self, number: int, tasks: list[int]) -> list[int]:
        """A bundle with what may follow upon its tasks, each after those that it reads."""
        core, now = self.core, perf_counter()
        if tasks[0] in self.alone or tasks[0] in core.queue_of or self._is_timed(tasks[0]):
            return tasks
        nbytes, seconds = sum(map(self._nbytes_of, tasks)), 0.0
        bundle: list[int] = []
        made: set[int] = set()
        waiting = tasks[::-1]
        while waiting:
            task = waiting.pop()
            bundle.append(task)
            made.update(self.outputs_of(task))
            for follower, reads_alone, is_next in core.followers(number, task, made, FOLLOWING_NBYTES):
                expected = self._expected_s(follower)
                longer = seconds + (FOLLOWING_S if expected is None else expected)
                more = nbytes + self._nbytes_of(follower)
                if (
                    (is_next or self._is_trifle(follower, expected, made))
                    and (
                        longer <= FOLLOWED_S
                        if reads_alone
                        else longer <= BUNDLE_S and self._is_short(follower, expected)
                    )
                    and more <= FOLLOWED_NBYTES
                    and len(bundle) + len(waiting) < BUNDLE_TASKS
                    and follower not in self.alone
                    and not self._is_timed(follower)
                    and core.follow(number, follower, now)
                ):
                    nbytes, seconds = more, longer
                    waiting.append(follower)
        self._book_loads()
        return bundle

    def _is_trifle(self, task: int, expected: float | None, made: Collection[int]) -> bool:
        if expected is None or expected > TRIFLE_S:
            return False
        return sum([self.core.size[b] for b in self.core.inputs[task] if b not in made]) <= FOLLOWING_NBYTES

    def _is_short(self, task: int, expected: float | None) -> bool:
        return self._nbytes_read(task) <= FOLLOWING_NBYTES if expected is None else expected <= FOLLOWING_S

    def _is_timed(self, task: int) -> bool:
        return bool(self.core.annotations) and self.timeout_of(task) is not None

    def _take_one(self, number: int) -> int:
        """A task from the core. Blocks that it wants out of memory are left to Ray, which writes them when it must."""
        core, now = self.core, perf_counter()
        ahead = self.load[number] >= self.nodes[number].nslots
        task = core.take(number, now, ahead=ahead)
        while task == SPILL:
            gone = [core.spilled(block, now=now) for block in list(core.victims)]
            if not any(gone):
                return NOTHING
            task = core.take(number, now, ahead=ahead)
        self._book_loads()
        return task

    def _book_loads(self) -> None:
        """Blocks that the books have on disk are read by Ray."""
        core = self.core
        for block in core.loads:
            core.loaded(block, now=perf_counter())
        core.loads = []

    def _goes_alone(self, task: int) -> bool:
        return (
            task in self.alone or task in self.core.queue_of or self._expected_s(task) is None or self._is_timed(task)
        )

    def timeout_of(self, task: int) -> float | None:
        """How long a task may run, in seconds."""
        notes = self.core.annotations.get(task)
        timeout = None if notes is None else notes.get("timeout")
        return None if timeout is None else float(parse_timedelta(timeout, "s"))

    def outputs_of(self, task: int) -> tuple[int, ...]:
        """The blocks of a task."""
        return self.core.outputs.get(task) or (task,)

    def _nbytes_of(self, task: int) -> int:
        """Bytes that a worker has in memory for a task, as far as they are known."""
        return self._nbytes_made(task) + self._nbytes_read(task)

    def _nbytes_made(self, task: int) -> int:
        return sum([self.core.size[b] for b in self.outputs_of(task)])

    def _nbytes_read(self, task: int) -> int:
        size = self.core.size
        return sum([size[b] for b in self.core.inputs[task]])

    def _seconds_of(self, tasks: list[int]) -> float:
        """How long tasks are expected to take, one after the other; those of unknown functions take long."""
        return sum(map(self._expected, tasks))

    def _expected(self, task: int) -> float:
        seconds = self._expected_s(task)
        return QUEUED_S if seconds is None else seconds

    def _expected_s(self, task: int) -> float | None:
        return self.objects.expected_s(self.plan.programs[task], self._nbytes_made(task))
