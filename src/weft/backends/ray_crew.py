"""Tasks of a core, handed to Ray in bundles, and the bundles' reports: what single computations and live runs share.

Which tasks go together, and when, is in :mod:`weft.backends.ray_bundles`.

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
from time import perf_counter
from typing import Any, Protocol

from weft import config
from weft.backends.contract import Request
from weft.backends.evaluate import annotate
from weft.backends.ray_bundles import BROUGHT_S, Bundling, Flight
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
from weft.scheduler import Phase, Scheduler

__all__ = ["NODES_EVERY_S", "Crew", "Engine", "limit_of"]

#: Part of the object stores that blocks and running tasks may take; the rest is for copies on other nodes.
STORE_SHARE = 0.7
#: Part of a node's object store that its workers may hold between tasks.
KEPT_SHARE = 0.125
#: Resources that are options of their own to Ray.
OWN_OPTIONS = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
#: What an object costs, in bytes that could go to another node meanwhile: about 1.5 ms. Parts of a division, which go to all nodes,
#: share the pack where that is cheaper than to bring each node the whole pack.
OBJECT_NBYTES = 512 << 10
#: How much of them a pack has: it stays until nobody needs any of it.
PACK_NBYTES = 8 << 20
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


def limit_of(nodes: Sequence[Node]) -> int:
    """Bytes that blocks and running tasks may take."""
    return int(STORE_SHARE * sum([node.store_nbytes for node in nodes]))


def kept_by_each(nodes: Sequence[Node]) -> int:
    """Bytes that each worker may keep of blocks that more tasks read."""
    return min([int(KEPT_SHARE * node.store_nbytes / node.nslots) for node in nodes if node.nslots], default=0)


class Crew(Bundling):
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

    # -- sending --------------------------------------------------------------------------------------------------------

    def send(self, number: int, tasks: list[int]) -> bool:
        """Start a bundle at a node; False if it cannot travel, and is seen to."""
        shapes: list[Shape] = []
        npacked = nown = 0
        made = {block: place for place, block in enumerate([b for task in tasks for b in self.outputs_of(task)])}
        inner, lasting = self._inner_and_lasting(tasks, made)
        small = self._packed(tasks, inner)
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
            letter, extras, near, far = self.objects.write(
                tasks,
                shapes,
                made,
                inner=[made[block] for block in inner],
                lasting=lasting,
                npacked=npacked,
                timeout=self.timeout_of(tasks[0]),
                node=number,
                named=self.names_tasks,
                near=self._near(number, tasks),
            )
        except Exception as error:
            self.unsendable(number, tasks, error)
            return False
        start = self.engine.remote(work_off, **self.options(number, tasks, nresults))
        found = start.remote((nresults, letter, extras, near), *far)
        *refs, report = found if nresults > 1 else [found]
        left, seconds = set(range(len(tasks))), self._seconds_of(tasks)
        brought_until = perf_counter() + BROUGHT_S if far else 0.0
        flight = Flight(number, tasks, shapes, refs, npacked, report, left, seconds, brought_until, inner)
        self.flying[report] = flight
        self.load[number] += 1
        self.sent(flight)
        return True

    def _packed(self, tasks: list[int], inner: frozenset[int]) -> list[bool]:
        """Whether the blocks of each task go in the pack of their bundle."""
        nnodes = max(sum([node.nslots > 0 for node in self.nodes]), 2)
        most = min(OBJECT_NBYTES * nnodes // (nnodes - 1) ** 2, PACK_NBYTES // 2)
        room = PACK_NBYTES
        found = []
        for task in tasks:
            blocks = self.outputs_of(task)
            nbytes = self.objects.expected_nbytes(self.plan.programs[task], self._nbytes_made(task))
            packed = inner.issuperset(blocks) or (nbytes is not None and nbytes <= PACKED_NBYTES)
            if not packed and nbytes is not None and len(blocks) > 1 and nbytes <= most:
                packed = nbytes * len(blocks) <= room
                room -= nbytes * len(blocks) * packed
            found.append(packed)
        return found

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

    def _near(self, number: int, tasks: list[int]) -> set[int]:
        """Blocks that some tasks read and that were made at a node."""
        core = self.core
        return {b for task in tasks for b in core.inputs[task] if not core.apart or core.home.get(b) == number}

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
