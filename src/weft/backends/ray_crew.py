"""Tasks of a core, handed to Ray in bundles, and the bundles' reports: what single computations and live runs share.

*Bundles.* Ray takes about a millisecond for a task, 25 µs for each further result, and 40 µs and more for each
reference among the arguments. So several ready tasks go as one Ray task, as many as run in :data:`BUNDLE_S` by what was
measured of their functions. A block of some size is a result of its own. Small blocks (by what was measured) share one
result, the *pack* of their bundle; hence a block is a place: a reference, and the position in its pack.

*What follows.* To hand a block to another task takes some milliseconds and a copy. So a bundle goes on with tasks that wait for
nothing but its own blocks (:mod:`weft.scheduler.following`): such as nobody else could begin meanwhile, and others that are short. What
only they read does not leave the worker.

*What a bundle tells.* Its last result is a short report (sizes, times, node, the exception of a task that failed),
so small that Ray sends it along with the message "finished". The driver waits for reports only. The report comes last
because Ray stores results in order: where one before it cannot be pickled, there is no report either.

*Failures.* Ray runs a bundle again whose worker or node died, and makes lost objects again, as often as
``allowed_failures``. When it gives up, the core decides what is made again; a bundle's tasks then go one by one, so
that the one that kills its worker is found and named.

*Workers* are the nodes: ``workers=1`` is the second node. Nodes keep their numbers as long as the run lives.
"""

from __future__ import annotations

import pickle
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from weft import config
from weft.backends.contract import Request, Run
from weft.backends.evaluate import annotate
from weft.backends.ray_connection import Node
from weft.backends.ray_habits import PACKED_NBYTES, Lessons
from weft.backends.ray_objects import Objects, Shape, Traffic
from weft.backends.ray_worker import Introduction, Report, work_off
from weft.errors import (
    BackendError,
    BlockLostError,
    CancelledError,
    KilledWorkerError,
    SerializationError,
    WorkerMemoryError,
)
from weft.graph import Plan
from weft.scheduler import NOTHING, SPILL, Phase, Scheduler
from weft.units import parse_timedelta

__all__ = ["NODES_EVERY_S", "Crew", "Engine", "Flight", "limit_of"]

#: How long a bundle should run, in seconds: long against Ray's millisecond a task, short against a user's patience.
BUNDLE_S = 0.02
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
QUEUED_S = 0.1
#: While more tasks than that run, nobody looks whether better ones than the next are about to come.
LOOKED_AT = 64
#: Part of the object stores that blocks and running tasks may take; the rest is for copies on other nodes.
STORE_SHARE = 0.7
#: Part of a node's object store that its workers may hold between tasks.
KEPT_SHARE = 0.125
#: Resources that are options of their own to Ray.
OWN_OPTIONS = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
#: How often the nodes are counted, in seconds.
NODES_EVERY_S = 5.0
#: How often a task may find an input lost that Ray could not make again, or its node gone.
LOSSES = 10


class Engine(Protocol):
    """What a crew needs of whoever has the connection."""

    #: What runs have measured of tasks.
    lessons: Lessons

    def remote(self, function: Any, **options: Any) -> Any:
        """A function as a Ray task with options."""

    def nodes(self) -> list[Node]:
        """The nodes that tasks can run on, by number; those that are gone have no slots."""


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
    inner: frozenset[int] = frozenset()  #: blocks that are no results unless tasks that read them have not run
    is_stopped: bool = False  #: Ray was told to stop it
    is_aside: bool = False  #: its task waits for others


def limit_of(nodes: Sequence[Node]) -> int:
    """Bytes that blocks and running tasks may take."""
    return int(STORE_SHARE * sum([node.store_nbytes for node in nodes]))


def kept_by_each(nodes: Sequence[Node]) -> int:
    """Bytes that each worker may keep of blocks that more tasks read."""
    return min([int(KEPT_SHARE * node.store_nbytes / node.nslots) for node in nodes if node.nslots], default=0)


class Crew(Run):
    """A run whose blocks are Ray's objects.

    Whoever derives from it says what becomes of tasks: ``task_done``, ``task_raised``, ``task_hopeless``, ``blocks_lost``.
    """

    def __init__(
        self,
        engine: Engine,
        ray: Any,
        plan: Plan,
        request: Request,
        nodes: list[Node],
        *,
        limit: int,
        data: Any,
        run_name: str,
    ) -> None:
        core = Scheduler(
            len(nodes),
            limit=limit,
            retries=request.retries,
            resources={number: dict(node.resources) for number, node in enumerate(nodes)},
            apart=len(nodes) > 1,
            log_length=request.log_length,
        )
        super().__init__(plan, core, "ray", len(nodes), perf_counter())
        self.ray = ray
        self.engine = engine
        self.request = request
        self.run_name = run_name
        self.offset = time.time() - perf_counter()
        # where things are
        self.nodes = nodes
        self.numbers = {node.name: number for number, node in enumerate(nodes)}
        self.counted = self.began
        self.objects = Objects(ray, plan, data, engine.lessons)
        self.places = self.objects.places
        self.kept_nbytes = kept_by_each(nodes)
        # what runs
        self.flying: dict[Any, Flight] = {}  # by reference of the report
        self.load = [0] * len(nodes)  # bundles at each node
        # what needs care
        self.losses: dict[int, int] = {}
        self.alone: set[int] = set()  # tasks that are not bundled with others

    @property
    def traffic(self) -> Traffic:
        """What went through this process."""
        return self.objects.traffic

    def introduce(self, home: str = "", told: Any = None) -> None:
        """Say what workers must know of this run."""
        self.objects.introduce(
            Introduction(
                run=self.run_name,
                configuration=config.child_environment(),
                library_threads=self.request.library_threads,
                numbers=dict(self.numbers),
                kept_nbytes=self.kept_nbytes,
                home=home,
                told=told,
            )
        )

    # -- what becomes of tasks ----------------------------------------------------------------------------------------

    def task_done(self, node: int, task: int, sizes: list[int], began: float, ended: float) -> None:
        """A task was done; its blocks have their places."""
        raise NotImplementedError

    def task_raised(self, node: int, task: int, packed: Any) -> None:
        """A task raised."""
        raise NotImplementedError

    def task_hopeless(self, node: int, task: int, error: Exception) -> None:
        """A task cannot be run."""
        raise NotImplementedError

    def blocks_lost(self, blocks: list[int], error: Exception) -> None:
        """Ray cannot make these blocks again."""
        raise NotImplementedError

    # -- choosing -------------------------------------------------------------------------------------------------------

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
        running = [flight.tasks[place] for flight in flights for place in flight.left]
        if len(running) > LOOKED_AT:
            return True
        first = self.core.upcoming(number)
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
        while len(tasks) < most and seconds < BUNDLE_S and nbytes < BUNDLE_NBYTES and (near or core.ready):
            following = core.upcoming(number)
            if following >= 0 and (self._expected_s(following) or 0) > BUNDLE_S:
                break  # a long one would keep back what the short ones make
            task = self._take_one(number)
            if task < 0:
                break
            if self._goes_alone(task):
                return [tasks, [task]]
            tasks.append(task)
            seconds += self._expected(task)
            nbytes += self._nbytes_of(task)
        return [tasks]

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
            for follower, has_to_wait in core.followers(number, task, made):
                expected = self._expected_s(follower)
                longer = seconds + (FOLLOWING_S if expected is None else expected)
                more = nbytes + self._nbytes_of(follower)
                if (
                    (longer <= FOLLOWED_S if has_to_wait else longer <= BUNDLE_S and self._is_short(follower, expected))
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

    # -- sending --------------------------------------------------------------------------------------------------------

    def send(self, number: int, tasks: list[int]) -> bool:
        """Start a bundle at a node; False if it cannot travel, and is seen to."""
        shapes: list[Shape] = []
        npacked = nown = 0
        made = {block: place for place, block in enumerate([b for task in tasks for b in self.outputs_of(task)])}
        inner, lasting = self._inner_and_lasting(tasks, made)
        small = [
            self.objects.habits_of(self.plan.programs[task]).are_small or inner.issuperset(self.outputs_of(task))
            for task in tasks
        ]
        first = int(any(small))  # the place of the first result that is no pack
        for task, packed in zip(tasks, small, strict=True):
            count = len(self.outputs_of(task))
            if packed:
                shapes.append(Shape(count, npacked))
                npacked += count
            else:
                shapes.append(Shape(count, -1 - (first + nown)))
                nown += count
        nresults = first + nown + 1
        try:
            letter, extras, arguments = self.objects.write(
                tasks,
                shapes,
                made,
                inner=[made[block] for block in inner],
                lasting=lasting,
                npacked=npacked,
                timeout=self.timeout_of(tasks[0]),
                node=number,
                named=self.names_tasks,
            )
        except Exception as error:
            self.unsendable(number, tasks, error)
            return False
        start = self.engine.remote(work_off, **self.options(number, tasks, nresults))
        found = start.remote(nresults, letter, extras, *arguments)
        *refs, report = found if nresults > 1 else [found]
        left, seconds = set(range(len(tasks))), self._seconds_of(tasks)
        flight = Flight(number, tasks, shapes, refs, npacked, report, left, seconds, inner)
        self.flying[report] = flight
        self.load[number] += 1
        self.sent(flight)
        return True

    def _inner_and_lasting(self, tasks: list[int], made: Mapping[int, int]) -> tuple[frozenset[int], dict[int, int]]:
        """Blocks that nobody reads but tasks of the same bundle, and those, with their bytes, that tasks to come read, too."""
        core = self.core
        reads = Counter([block for task in tasks for block in core.inputs[task]])
        inner = [block for block in made if reads[block] and reads[block] == core.users[block]]
        lasting = {
            block: core.size[block]
            for block, count in reads.items()
            if block not in made and core.users[block] > count and PACKED_NBYTES < core.size[block] <= self.kept_nbytes
        }
        return frozenset(inner), lasting

    def _seconds_of(self, tasks: list[int]) -> float:
        """How long tasks are expected to take, one after the other; those of unknown functions take long."""
        return sum(map(self._expected, tasks))

    def _expected(self, task: int) -> float:
        seconds = self._expected_s(task)
        return QUEUED_S if seconds is None else seconds

    def _expected_s(self, task: int) -> float | None:
        return self.objects.expected_s(self.plan.programs[task], self._nbytes_made(task))

    #: Whether workers are told the numbers of tasks.
    names_tasks = False

    def sent(self, flight: Flight) -> None:
        """A bundle is on its way."""

    def unsendable(self, number: int, tasks: list[int], error: Exception) -> None:
        """A bundle cannot be written down."""
        for task in tasks:
            self.core.returned(number, task, now=perf_counter())
        raise error

    def options(self, number: int, tasks: list[int], nresults: int) -> dict[str, Any]:
        """What Ray is told of a bundle."""
        options: dict[str, Any] = {
            "name": self.plan.programs[tasks[0]].name,
            "num_returns": nresults,
            "max_retries": self.request.allowed_failures,
        }
        rule = self.core.queue_of.get(tasks[0]) if self.core.queue_of else None
        bound = rule is not None and rule.workers is not None
        if bound or len(self.nodes) > 1:  # Ray would leave small ones to wait at nodes that are busy
            options["scheduling_strategy"] = self.at_node(number, soft=not bound)
        if rule is not None:
            others: dict[str, float] = {}
            for name, amount in rule.resources:
                if name in OWN_OPTIONS:
                    options[OWN_OPTIONS[name]] = amount
                else:
                    others[name] = amount
            if others:
                options["resources"] = others
        return options

    def at_node(self, number: int, *, soft: bool) -> Any:
        """Ray's word for "at this node"."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(self.nodes[number].name, soft=soft)

    # -- reports --------------------------------------------------------------------------------------------------------

    def landed(self, flight: Flight, written: bytes) -> None:
        """Take in what a bundle reports."""
        self.objects.traffic.messages += len(written)
        report = Report(*pickle.loads(written))
        node = self.numbers.get(report.node, flight.node)
        done = [(place, sizes, began, ended) for place, sizes, began, ended in report.done if place in flight.left]
        self.deliver(flight, done, node, flight.refs[0] if flight.npacked else None, flight.refs)
        failed = report.failed
        now = perf_counter()
        for place in sorted(flight.left):
            if place != failed:
                self.core.returned(flight.node, flight.tasks[place], now=now)
        if failed in flight.left:
            self.task_raised(flight.node, flight.tasks[failed], report.error)
        flight.left = set()

    def deliver(
        self, flight: Flight, done: Sequence[tuple[Any, ...]], node: int, pack: Any, refs: Sequence[Any]
    ) -> None:
        """Tasks of a bundle were done: their blocks are items of the pack, or at their places among the references."""
        packed: dict[int, int] = {}
        own: dict[int, Any] = {}
        sizes: dict[int, int] = {}
        for place, found, _, _ in done:
            task = flight.tasks[place]
            start = flight.shapes[place].start
            blocks = self.outputs_of(task)
            for offset, (block, nbytes) in enumerate(zip(blocks, found, strict=True)):
                sizes[block] = nbytes
                if start >= 0:
                    packed[block] = start + offset
                else:
                    own[block] = refs[-1 - start + offset]
        self.objects.settle(pack, packed, own, sizes)
        programs, offset_s = self.plan.programs, self.offset
        for place, found, began, ended in done:
            task = flight.tasks[place]
            flight.left.discard(place)
            self.objects.seen(programs[task], ended - began, max(found), self._nbytes_made(task))
            worker = flight.node if task in self.core.queue_of else node
            self.task_done(worker, task, found, began - offset_s, ended - offset_s)
        if flight.inner:
            self._check_inner(flight)

    def _check_inner(self, flight: Flight) -> None:
        """Make again what was no result, and is wanted by now."""
        still_read = {block for place in flight.left for block in self.core.inputs[flight.tasks[place]]}
        missed = [block for block in flight.inner if self.core.phase[block] == Phase.DONE and block not in still_read]
        if missed:
            keys = [self.plan.keys[block] for block in missed]
            self.blocks_lost(missed, BlockLostError(f"only tasks of the same bundle were to read {keys!r}"))

    # -- failures -------------------------------------------------------------------------------------------------------

    def broke(self, flight: Flight, error: Any) -> None:
        """No report will come: Ray has given the bundle up. Its tasks run again one by one, up to a limit."""
        known = self.ray.exceptions
        cause = getattr(error, "cause", None) if isinstance(error, known.RayTaskError) else None
        cause = error if cause is None else cause
        now = perf_counter()
        tasks = [flight.tasks[place] for place in sorted(flight.left)]
        if flight.is_stopped:
            for task in tasks:
                self.core.returned(flight.node, task, now=now)
            return
        blameless = isinstance(cause, (known.ObjectLostError, known.NodeDiedError))
        if isinstance(cause, known.TaskCancelledError):
            for task in tasks:
                self.task_hopeless(
                    flight.node,
                    task,
                    CancelledError("the computation was cancelled: Ray was told to stop one of its tasks"),
                )
            return
        hopeless = len(tasks) == 1 and (not blameless or self._lost_too_often(tasks[0]))
        if not hopeless:
            for task in tasks:
                self.core.returned(flight.node, task, now=now)
        if isinstance(cause, known.ObjectLostError):
            self.lost(cause)
        if isinstance(cause, (known.NodeDiedError, known.WorkerCrashedError)):
            self.count_nodes()
        if hopeless:
            verdict = annotate(self._verdict(tasks[0], cause), self, tasks[0])
            verdict.__cause__ = cause
            self.task_hopeless(flight.node, tasks[0], verdict)  # type: ignore[arg-type]
        elif len(tasks) > 1:
            self.alone.update(tasks)

    def _lost_too_often(self, task: int) -> bool:
        """Count that a task met a lost input or node; whether it was one too many."""
        self.losses[task] = self.losses.get(task, 0) + 1
        return self.losses[task] > LOSSES

    def _verdict(self, task: int, cause: Any) -> Exception:
        """What the caller is told when a task cannot be run."""
        known, key = self.ray.exceptions, self.plan.keys[task]
        deaths = self.request.allowed_failures + 1
        times = f"{deaths} time{'s' * (deaths > 1)}"
        if isinstance(cause, known.OutOfMemoryError):
            return WorkerMemoryError(
                f"task {key!r} cannot have the memory that it needs: each time that it ran, Ray killed its worker for lack of "
                f"memory, and has given up. Make blocks smaller, run fewer tasks at a time on a node (fewer CPUs, or "
                f"resources={{'memory': bytes}}), or add memory. Ray says: {str(cause).strip().partition(chr(10))[0]}"
            )
        if isinstance(cause, known.WorkerCrashedError):
            return KilledWorkerError(f"task {key!r} was run {times}, and each time its worker died: {cause}")
        if isinstance(cause, known.NodeDiedError):
            return KilledWorkerError(f"the node of task {key!r} died {LOSSES + 1} times in a row: {cause}")
        if isinstance(cause, known.TaskUnschedulableError):
            return BackendError(f"task {key!r} cannot run on the node that it is bound to: {cause}")
        if isinstance(cause, known.ObjectLostError):
            return BlockLostError(f"task {key!r} found an input lost {LOSSES + 1} times: {cause}")
        if isinstance(cause, known.RuntimeEnvSetupError):
            return BackendError(f"Ray could not set up the runtime_env for task {key!r}: {cause}")
        if isinstance(cause, known.RayError):
            return BackendError(f"Ray could not run task {key!r}: {cause}")
        return SerializationError(
            f"the result of task {key!r} cannot travel: {cause}. Return plain data, or what the object is made from."
        )

    def lost(self, error: Any) -> None:
        """Have made again what was in an object that Ray cannot make again."""
        gone = [block for block, place in self.places.items() if place.ref.hex() == error.object_ref_hex]
        if gone:
            self.blocks_lost(gone, error)

    def count_nodes(self, found: list[Node] | None = None) -> None:
        """Look which nodes came and went."""
        core, now = self.core, perf_counter()
        self.counted = now
        before, self.nodes = self.nodes, self.engine.nodes() if found is None else found
        for number, node in enumerate(self.nodes):
            if number >= len(before):
                self.numbers[node.name] = core.worker_added(dict(node.resources), now=now)
                self.load.append(0)
                self.node_came(number)
            elif before[number].nslots and not node.nslots:
                core.worker_left(number, now=now)
                self.node_left(number)
        self.nworkers = len(self.nodes)

    def node_came(self, number: int) -> None:
        """A node is new."""

    def node_left(self, number: int) -> None:
        """A node is gone."""
