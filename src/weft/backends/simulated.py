"""A cluster that is only pretended: virtual time, the real scheduler.

What runs here is the very core that real backends use, with workers apart, fed with the same events (``take``,
``finished``, ``returned``, ``lost``, ``worker_left``, ``worker_added``). Only the work is pretended: a task takes as
long as a function says, a transfer as long as its bytes need, and nothing is computed (unless asked, to see that
answers stay right when workers die). So a scheduling policy can be tried on a thousand workers and a million tasks in
seconds, and twice with the same outcome.

The model
---------
- A worker has ``cores``; each runs one task at a time. Besides, a worker holds up to ``ahead`` tasks whose inputs are
  fetched while the cores are busy.
- Each worker has one network card with ``bandwidth`` bytes a second in each direction. A direction is a queue: it
  carries one block at a time, in the order in which they were asked for, each for ``latency + nbytes / bandwidth``
  seconds. A block has arrived when it is through the sender's way out and the receiver's way in; the two overlap and
  neither waits for the other (what one has let through and the other has not is buffered between them, without
  limit).
- A task handed to a worker asks at once for all inputs whose home is elsewhere. It can start when the last has
  arrived.
- A fetched copy stays on its worker for other tasks there until the block is released. Lost blocks are those whose
  home dies, though somebody may hold a copy.
- Data that was given with a graph is everywhere. Scheduling itself takes no (virtual) time.
- Faults come from a seed: a worker dies, its blocks are lost, its tasks and those that fetch from it come back, and
  after ``restart`` seconds a new worker takes its place.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import accumulate
from time import perf_counter
from typing import Any

from weft.errors import SchedulerStuckError
from weft.graph.plan import Plan
from weft.scheduler.core import NOTHING, Scheduler
from weft.scheduler.state import Phase
from weft.scheduler.story import dump

__all__ = ["Cluster", "Outcome", "Simulation", "lower_bound", "simulate", "varied"]

RUNNING = Phase.RUNNING.value


@dataclass(frozen=True)
class Cluster:
    """The machines that are pretended. Times in seconds, sizes in bytes, bandwidth in bytes a second."""

    nworkers: int = 1000
    cores: int = 1
    bandwidth: float = 1e9
    latency: float = 0.0
    ahead: int = 1  #: tasks that a worker holds besides those that run, to fetch their inputs
    deaths: int = 0  #: workers that die, one by one
    death_every: float = 0.0  #: mean seconds between two deaths
    restart: float = 0.0  #: seconds until a new worker takes a dead one's place
    seed: int = 0


@dataclass
class Outcome:
    """What a simulated run came to."""

    makespan: float = 0.0  #: virtual seconds
    decisions: int = 0  #: tasks handed to workers
    asked: int = 0  #: calls of the core: finishes, and requests for a task
    core_s: float = 0.0  #: real seconds in the core, if they were measured
    total_s: float = 0.0  #: real seconds of the whole simulation
    moves: int = 0  #: blocks that went from worker to worker
    moved: int = 0  #: their bytes
    busy: float = 0.0  #: virtual seconds of computing, over all workers
    rerun: int = 0  #: tasks that were run again
    deaths: int = 0
    values: dict[int, Any] = field(default_factory=dict)  #: by block, what is wanted, if it was computed


def simulate(
    plan: Plan,
    cluster: Cluster | None = None,
    *,
    duration: float | Callable[[int], float] = 1.0,
    nbytes: Callable[[int], int] | None = None,
    compute: bool = False,
    measure: bool = False,
) -> Outcome:
    """Run a plan on a pretended cluster.

    Parameters
    ----------
    plan : Plan
    cluster : Cluster, optional
    duration : float or callable
        Seconds that a task takes, or a function of its number.
    nbytes : callable, optional
        Size of a block, by number; the plan's projected size by default.
    compute : bool
        Run the programs as well, and return the values that are wanted.
    measure : bool
        Measure the core's share of the real time (two clock reads for each call of it).

    Raises
    ------
    SchedulerStuckError
        Work is left, and nothing runs nor can start.

    Examples
    --------
    >>> from weft.graph import Graph, Layer, Program, compile_plan
    >>> layer = Layer(Program.call(abs), [("x", i) for i in range(20)], None, [(i,) for i in range(20)])
    >>> plan = compile_plan(Graph([layer]), layer.keys)
    >>> simulate(plan, Cluster(nworkers=4), duration=0.5).makespan
    2.5
    """
    return Simulation(plan, cluster or Cluster(), duration, nbytes, compute, measure).run()


class Simulation:
    """One run. After it, ``scheduler`` has the log, for :mod:`weft.scheduler.story`."""

    def __init__(
        self,
        plan: Plan,
        cluster: Cluster,
        duration: float | Callable[[int], float] = 1.0,
        nbytes: Callable[[int], int] | None = None,
        compute: bool = False,
        measure: bool = False,
    ) -> None:
        self.plan = plan
        self.cluster = cluster
        self.duration = duration if callable(duration) else lambda task: duration
        self.nbytes = nbytes or plan.nbytes.__getitem__
        self.values: dict[int, Any] | None = dict(plan.data) if compute else None
        self.measure = measure
        self.outcome = Outcome()
        self.random = random.Random(cluster.seed)
        self.scheduler = Scheduler(cluster.nworkers, apart=True, log_length=4 * plan.ntasks + 1000)
        self.now = 0.0
        self.serial = 0
        self.agenda: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        # by worker
        self.free = [cluster.cores] * cluster.nworkers  # cores
        self.line: list[deque[int]] = [deque() for _ in range(cluster.nworkers)]  # tasks that have no core yet
        self.way_in = [0.0] * cluster.nworkers
        self.way_out = [0.0] * cluster.nworkers
        self.alive = dict.fromkeys(range(cluster.nworkers))
        self.idle: dict[int, None] = {}
        # by task that a worker has: its attempt, when its inputs are there, and the workers it fetches from until when
        self.attempt: dict[int, int] = {}
        self.there: dict[int, float] = {}
        self.fetching: dict[int, list[tuple[int, float]]] = {}
        self.given: dict[int, list[Any]] = {}  # what it reads, if programs are run
        self.copies: dict[int, dict[int, float]] = {}  # block to the workers that have a copy, and since when

    def run(self) -> Outcome:
        """Run to the end."""
        began = perf_counter()
        self._core(self.scheduler.added, self.plan)
        s = self.scheduler
        for worker in self.alive:
            self._ask(worker)
        s.called.clear()
        if self.cluster.deaths:
            self._later(self._pause(), self._die)
        agenda, left = self.agenda, self.plan.ntasks
        while agenda and (left := s.left):
            self.now, _, event, arguments = heappop(agenda)
            event(*arguments)
        if left and s.left:
            raise SchedulerStuckError(f"the simulation stands still at {self.now:.6g} s:\n{dump(s, self.plan)}")
        out = self.outcome
        out.makespan = self.now
        out.total_s = perf_counter() - began
        if self.values is not None:
            out.values = {block: self.values[block] for block in self.plan.wanted if block in self.values}
        return out

    # -- workers ----------------------------------------------------------------------------------------------------

    def _ask(self, worker: int) -> bool:
        """Take tasks for a worker, one for each free core and some ahead; returns whether its cores have enough now."""
        line, s = self.line[worker], self.scheduler
        free = self.free[worker]
        while len(line) < free:
            task = self._core(s.take, worker, self.now)
            if task == NOTHING:
                self.idle[worker] = None
                break
            self._prepare(worker, task)
        else:
            self.idle.pop(worker, None)
            while len(line) < free + self.cluster.ahead:
                task = self._core(self._take_ahead, worker)
                if task == NOTHING:
                    break
                self._prepare(worker, task)
        self._start(worker)
        return worker not in self.idle

    def _take_ahead(self, worker: int) -> int:
        return self.scheduler.take(worker, self.now, ahead=True)

    def _prepare(self, worker: int, task: int) -> None:
        """Fetch what a task needs from elsewhere, and put it in line."""
        self.outcome.decisions += 1
        there = self.now
        inputs = self.scheduler.inputs[task]
        if inputs:
            holder_of = self.scheduler.home.get
            away = [(holder, block) for block in inputs if (holder := holder_of(block, worker)) != worker]
            if away:
                there = self._fetch(worker, task, away)
        if self.values is not None:
            self.given[task] = [self.values[block] for block in self.scheduler.inputs[task]]
        self.there[task] = there
        self.line[worker].append(task)

    def _fetch(self, worker: int, task: int, away: list[tuple[int, int]]) -> float:
        """Book the network for blocks that are elsewhere; returns when the last is there."""
        size, users = self.scheduler.size, self.scheduler.users
        out, cluster, now, copies = self.outcome, self.cluster, self.now, self.copies
        way_out, way_in, there = self.way_out, max(self.way_in[worker], now), now
        for holder, block in away:
            if block in copies and worker in copies[block]:
                there = max(there, copies[block][worker])
                continue
            spent = cluster.latency + size[block] / cluster.bandwidth
            way_in += spent
            sent = way_out[holder]
            sent = way_out[holder] = (sent if sent > now else now) + spent
            arrived = sent if sent > way_in else way_in
            if arrived > there:
                there = arrived
            out.moves += 1
            out.moved += size[block]
            if users[block] > 1:
                copies.setdefault(block, {})[worker] = arrived
            if cluster.deaths:
                self.fetching.setdefault(task, []).append((holder, arrived))
        self.way_in[worker] = way_in
        return there

    def _start(self, worker: int) -> None:
        """Start what can start: tasks in line, those whose inputs are there first."""
        line, there = self.line[worker], self.there
        while self.free[worker] and line:
            task = line[0] if len(line) == 1 else min(line, key=there.__getitem__)
            if there[task] > self.now:
                self._later(there[task] - self.now, self._start, worker)
                return
            line.remove(task)
            self.free[worker] -= 1
            spent = self.duration(task)
            self.outcome.busy += spent
            self._later(spent, self._finish, worker, task, self.attempt.get(task, 0))

    def _finish(self, worker: int, task: int, attempt: int) -> None:
        if attempt != self.attempt.get(task, 0) or worker not in self.alive:
            return  # it had been taken from this worker, or the worker died
        s = self.scheduler
        released: list[int] = []
        outputs = s.outputs.get(task)
        if self.values is not None:
            self._compute(task)
        nbytes = self.nbytes(task) if outputs is None else [self.nbytes(block) for block in outputs]
        self._core(s.finished, worker, task, nbytes, released, self.now)
        self.outcome.asked += 1
        self.free[worker] += 1
        self._forget(task)
        self._drop(released)
        self._ask(worker)
        self._wake()

    def _drop(self, released: list[int]) -> None:
        if self.copies:
            for block in self.copies.keys() & released:
                del self.copies[block]
        if self.values is not None:
            for block in released:
                self.values.pop(block, None)

    def _wake(self) -> None:
        """Ask for the idle workers that got work of their own, and for others until one finds nothing anywhere."""
        idle, called = self.idle, self.scheduler.called
        if idle:
            for worker in sorted(called.intersection(idle)):
                self._ask(worker)
            while idle:
                worker = next(iter(idle))
                del idle[worker]
                if not self._ask(worker):
                    break
        called.clear()

    def _forget(self, task: int) -> None:
        del self.there[task]
        self.fetching.pop(task, None)

    def _compute(self, task: int) -> None:
        values, plan = self.values, self.plan
        assert values is not None
        result = plan.programs[task].run([*self.given.pop(task), *plan.constants[task]])
        if task in plan.outputs:
            values.update(zip(plan.outputs[task], result, strict=True))
        else:
            values[task] = result

    # -- faults -----------------------------------------------------------------------------------------------------

    def _pause(self) -> float:
        return self.random.expovariate(1 / self.cluster.death_every) if self.cluster.death_every else 0.0

    def _die(self) -> None:
        """A worker dies: what it had comes back, what it held is lost, and who fetches from it must ask again."""
        s = self.scheduler
        if self.alive:
            worker = self.random.choice(list(self.alive))
            del self.alive[worker]
            self.idle.pop(worker, None)
            self.outcome.deaths += 1
            hit = {task for task, w in s.flying.items() if w == worker}
            hit |= {
                t for t, sources in self.fetching.items() if any(w == worker and end > self.now for w, end in sources)
            }
            for copies in self.copies.values():
                copies.pop(worker, None)
            holders: set[int] = set()
            for task in sorted(hit):
                holders.add(self._take_back(task))
            lost = [block for block, holder in s.home.items() if holder == worker]
            for block in lost:
                if self.values is not None:
                    self.values.pop(block, None)
                self.copies.pop(block, None)
            released: list[int] = []
            self._core(self._lose, lost, released)
            self._drop(released)
            s.worker_left(worker, now=self.now)
            self._later(self.cluster.restart, self._come)
            for holder in sorted(holders & set(self.alive)):
                self._ask(holder)
            self._wake_all()
        if self.outcome.deaths < self.cluster.deaths:
            self._later(self._pause(), self._die)

    def _lose(self, blocks: list[int], released: list[int]) -> None:
        self.scheduler.lost(blocks, released, now=self.now)

    def _take_back(self, task: int) -> int:
        """A task leaves its worker unfinished; returns the worker."""
        s = self.scheduler
        worker = s.flying[task]
        if task in self.line[worker]:
            self.line[worker].remove(task)
        else:
            self.free[worker] += 1
        self.attempt[task] = self.attempt.get(task, 0) + 1
        self._forget(task)
        s.returned(worker, task, now=self.now)
        self.outcome.rerun += 1
        return worker

    def _come(self) -> None:
        worker = self.scheduler.worker_added(now=self.now)
        self.free.append(self.cluster.cores)
        self.line.append(deque())
        self.way_in.append(self.now)
        self.way_out.append(self.now)
        self.alive[worker] = None
        self._ask(worker)

    def _wake_all(self) -> None:
        for worker in list(self.idle):
            self._ask(worker)

    # -- time -------------------------------------------------------------------------------------------------------

    def _later(self, delay: float, event: Callable[..., None], *arguments: Any) -> None:
        self.serial += 1
        heappush(self.agenda, (self.now + delay, self.serial, event, arguments))

    def _core(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call the core, and measure it if that was asked for."""
        if not self.measure:
            return method(*arguments)
        began = perf_counter()
        answer = method(*arguments)
        self.outcome.core_s += perf_counter() - began
        return answer


def varied(mean: float, spread: float, seed: int = 0) -> Callable[[int], float]:
    """Durations that differ from task to task, evenly within ``mean * (1 ± spread)``; the same for the same seed.

    >>> late = varied(1.0, 0.5)
    >>> late(3) == varied(1.0, 0.5)(3), 0.5 <= late(4) <= 1.5
    (True, True)
    """

    def duration(task: int) -> float:
        mixed = (task * 0x9E3779B97F4A7C15 + seed * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        return mean * (1 + spread * ((mixed >> 11) / (1 << 52) - 1))

    return duration


def lower_bound(
    plan: Plan,
    cluster: Cluster,
    *,
    duration: float | Callable[[int], float] = 1.0,
    nbytes: Callable[[int], int] | None = None,
) -> tuple[float, float]:
    """Times that no schedule can beat: (all work over all cores, the critical path with the transfers it forces).

    The path: let ``e`` be the earliest finish of a task, ``d`` its duration. Of the ``k`` tasks whose blocks a task
    reads, some number ``j`` ran on the same worker as the reader, and ``k - j`` blocks had to come through the
    reader's network card. The former share the worker's cores, the latter its way in, so the reader can start no
    earlier than::

        min over j of max( max e,  min(e - d) + (sum of the j smallest d) / cores,
                           min e + (sum of the k - j smallest transfer times) )

    For two equal blocks that is ``e + min(d, transfer)``; a chain costs nothing. It takes any number of workers and an
    empty network for granted, so it is a bound for every schedule, and seldom one that can be reached.
    """
    time = duration if callable(duration) else lambda task: duration
    size = nbytes or plan.nbytes.__getitem__
    maker, data = plan.maker, plan.data
    earliest = [0.0] * plan.ntasks
    spent = [time(task) for task in range(plan.ntasks)]
    for task in sorted(range(plan.ntasks), key=plan.rank.__getitem__):
        move: dict[int, float] = {}
        for block in set(plan.inputs[task]):
            if block not in data:
                source = maker.get(block, block)
                move[source] = move.get(source, 0.0) + cluster.latency + size(block) / cluster.bandwidth
        start = 0.0
        if len(move) == 1:
            start = earliest[next(iter(move))]
        elif move:
            ends = [earliest[source] for source in move]
            begins = min([earliest[source] - spent[source] for source in move])
            serial = [0.0, *accumulate(sorted([spent[source] for source in move]))]
            moving = [0.0, *accumulate(sorted(move.values()))]
            first, last, count = min(ends), max(ends), len(move)
            start = min(
                [
                    max(last, begins + serial[j] / cluster.cores, first + moving[count - j] if j < count else 0.0)
                    for j in range(count + 1)
                ]
            )
        earliest[task] = start + spent[task]
    return sum(spent) / (cluster.nworkers * cluster.cores), max(earliest, default=0.0)
