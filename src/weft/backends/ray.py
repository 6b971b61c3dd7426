"""Tasks on a Ray cluster. Weft's core says what runs and when; Ray's workers run it, Ray's object stores keep the blocks.

*Blocks are references.* A task's result stays on the node that made it; the driver holds a reference, hands it to the
tasks that read the block, and drops it when the core releases the block. Only what the caller wants is fetched, at the
end. Where a block lies, its move to another node, its way to disk and back are Ray's business.

*Bundles.* Ray takes about a millisecond for a task, 25 µs for each further result, and 40 µs and more for each
reference among the arguments. So several ready tasks go as one Ray task, as many as run in :data:`BUNDLE_S` by what was
measured of their functions. A block of some size is a result of its own. Small blocks (by what was measured) share one
result, the *pack* of their bundle; hence a block is a place: a reference, and the position in its pack.

*What a bundle tells.* Its last result is a short report (sizes, times, node, the exception of a task that failed),
so small that Ray sends it along with the message "finished". The driver waits for reports only. The report comes last
because Ray stores results in order: where one before it cannot be pickled, there is no report either.

*Failures.* Ray runs a bundle again whose worker or node died, and makes lost objects again, as often as
``allowed_failures``. When it gives up, the core decides what is made again; a bundle's tasks then go one by one, so
that the one that kills its worker is found and named.

*Workers* are the nodes: ``workers=1`` is the second node. Nodes keep their numbers as long as the backend lives.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple, Self

from weft.backends.contract import Held, Request, Run, heard
from weft.backends.evaluate import annotate, as_task_error
from weft.backends.ray_objects import PACKED_NBYTES, Objects, Place, Traffic, taken, value_at
from weft.backends.ray_worker import RemoteTraceback, Report, import_ray, work_off
from weft.errors import (
    BackendError,
    BlockLostError,
    CancelledError,
    KilledWorkerError,
    SchedulerStuckError,
    SerializationError,
    WorkerMemoryError,
)
from weft.graph import Plan
from weft.scheduler import NOTHING, SPILL, Scheduler
from weft.scheduler.story import dump
from weft.sizeof import sizeof
from weft.typing import Key
from weft.units import parse_timedelta

__all__ = ["Ray", "RayHeld", "Traffic"]

#: How long a bundle should run, in seconds: long against Ray's millisecond a task, short against a user's patience.
BUNDLE_S = 0.05
#: Most tasks of a bundle.
BUNDLE_TASKS = 1000
#: Inputs and outputs of a bundle: its worker has all of them in memory at once. One task may have more.
BUNDLE_NBYTES = 64 << 20
#: Bundles that take no longer than this, in seconds, also wait at their node for the one before to end.
QUEUED_S = 0.1
#: Part of the object stores that blocks and running tasks may take; the rest is for copies on other nodes.
STORE_SHARE = 0.7
#: Resources that are options of their own to Ray.
OWN_OPTIONS = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
#: How often the nodes are counted, in seconds.
NODES_EVERY_S = 5.0
#: How often a task may find an input lost that Ray could not make again, or its node gone.
LOSSES = 10
#: How long bundles may run on after the end of a run that failed, before their workers are killed; in seconds.
GRACE_S = 0.5


# -- the backend --------------------------------------------------------------------------------------------------------


class RayHeld(Held):
    """A block that stays in Ray's object store."""

    __slots__ = ("backend", "node", "place", "session")

    def __init__(self, key: Key, nbytes: int, place: Place, backend: Ray, node: int | None) -> None:
        super().__init__(key, nbytes, self._fetch_remote)
        self.place = place
        self.backend = backend
        self.session = backend.session
        self.node = node

    def _fetch_remote(self) -> Any:
        self.check()
        ray = import_ray()
        try:
            return taken(value_at(self.place, ray.get(self.place.ref)))
        except ray.exceptions.RayError as error:
            raise BlockLostError(
                f"block {self.key!r} is gone from Ray's object store, and Ray could not make it again: {error}. "
                "Compute it again from its collection."
            ) from error

    def check(self) -> None:
        """Raise BlockLostError if the Ray that had the block is no more."""
        if self.session != self.backend.session:
            raise BlockLostError(
                f"block {self.key!r} went away with the Ray that held it (the backend was closed). "
                "Fetch results before closing, or compute them again."
            )


class Ray:
    """The backend that runs on Ray.

    It joins the Ray that this process is connected to; else the cluster at ``address`` or ``RAY_ADDRESS``; else it
    starts one on this machine, which :meth:`close` ends.

    Parameters
    ----------
    address : str, optional
        As for ``ray.init``: ``"auto"``, ``"host:port"``, ``"ray://host:port"``.
    runtime_env : mapping, optional
        Ray's ``runtime_env`` for the tasks.

    Notes
    -----
    A task's ``timeout`` stops Python code; code in C runs on until it returns.
    """

    name = "ray"
    fuses_chains = True

    def __init__(self, address: str | None = None, *, runtime_env: Mapping[str, Any] | None = None) -> None:
        self._address = address
        self._runtime_env = dict(runtime_env or {})
        self._nodes: list[str] = []
        self._started = False
        self._session = ""
        self._remote: Any = None
        self._lock = threading.Lock()
        #: Whether Ray was started here, for this process alone.
        self.is_private = False

    def run(self, plan: Plan, request: Request) -> list[Any]:
        with self._start(plan, request, keep=False) as run:
            return run.results()

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        with self._start(plan, request, keep=True) as run:
            return run.held()

    def close(self) -> None:
        with self._lock:
            self._session = ""
            self._nodes = []
            if self._started:
                self._started = self.is_private = False
                import_ray().shutdown()

    @property
    def session(self) -> str:
        """Names the connection that blocks are held by; empty if there is none."""
        ray = import_ray()
        return self._session if ray.is_initialized() and self._session == connection(ray) else ""

    def _start(self, plan: Plan, request: Request, *, keep: bool) -> RayRun:
        if request.options:
            raise BackendError(f"the backend 'ray' has no option {next(iter(request.options))!r}")
        ray = import_ray()
        with self._lock:
            if not ray.is_initialized():
                self._connect(ray, request)
            if self._session != connection(ray):
                self._session = connection(ray)
                self._nodes = []
        return RayRun(self, ray, plan, request, keep=keep)

    def _connect(self, ray: Any, request: Request) -> None:
        address = self._address or os.environ.get("RAY_ADDRESS")
        if address:
            ray.init(address=address, log_to_driver=False)
        else:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # a failed bundle has several results
            ray.init(
                address="local",
                num_cpus=request.nworkers,
                include_dashboard=False,
                log_to_driver=False,
                object_spilling_directory=request.spill_directory,
            )
        self._started = True
        self.is_private = not address

    def remote(self, **options: Any) -> Any:
        """What starts a bundle."""
        if self._remote is None:
            self._remote = import_ray().remote(work_off)
        if self._runtime_env:
            options["runtime_env"] = self._runtime_env
        return self._remote.options(**options)

    def nodes(self) -> list[Node]:
        """The nodes that tasks can run on, by number; those that are gone have no slots."""
        found = {
            node["NodeID"]: node["Resources"]
            for node in import_ray().nodes()
            if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
        }
        with self._lock:
            known = self._nodes
            new = [name for name in found if name not in known]
            known += sorted(new, key=lambda name: ("node:__internal_head__" not in found[name], name))
            return [Node(name, found.get(name, {})) for name in known]


def connection(ray: Any) -> str:
    """Names this process's connection to Ray: another one does not have its objects."""
    return str(ray.get_runtime_context().get_worker_id())


class Node(NamedTuple):
    """A node of the cluster; one that is gone has no resources."""

    name: str
    resources: Mapping[str, float]

    @property
    def nslots(self) -> int:
        return int(self.resources.get("CPU", 0))

    @property
    def store_nbytes(self) -> int:
        return int(self.resources.get("object_store_memory", 0))


# -- one run ------------------------------------------------------------------------------------------------------------


class Habits:
    """What was measured of the tasks that run the same functions."""

    __slots__ = ("known", "nbytes", "seconds")

    def __init__(self) -> None:
        self.known = False
        self.seconds = 0.0
        self.nbytes = 0  # of the largest block

    def seen(self, seconds: float, nbytes: int) -> None:
        self.seconds = 0.7 * self.seconds + 0.3 * seconds if self.known else seconds
        self.nbytes = max(nbytes, self.nbytes)
        self.known = True

    @property
    def are_small(self) -> bool:
        """Whether the blocks go in a pack."""
        return self.known and self.nbytes <= PACKED_NBYTES


@dataclass
class Bundle:
    """Tasks that one Ray task runs, with the references that it will fill."""

    node: int
    tasks: list[int]
    report: Any
    pack: Any  #: None if there is none
    packed: list[int]  #: blocks in the pack
    own: dict[int, Any]  #: other blocks


class RayRun(Run):
    """A run whose blocks are Ray's objects. All of it happens in the thread that asks."""

    def __init__(self, engine: Ray, ray: Any, plan: Plan, request: Request, *, keep: bool) -> None:
        nodes = engine.nodes()
        if not any(node.nslots for node in nodes):
            raise BackendError(
                "the Ray cluster has no node with a CPU for tasks. Add one: `ray start --address=... --num-cpus=...`."
            )
        limit = int(STORE_SHARE * sum(node.store_nbytes for node in nodes))
        core = Scheduler(
            len(nodes),
            limit=min(limit, request.budget) if engine.is_private else limit,
            retries=request.retries,
            resources={number: dict(node.resources) for number, node in enumerate(nodes)},
            apart=len(nodes) > 1,
            log_length=request.log_length,
        )
        super().__init__(plan, core, engine.name, len(nodes), perf_counter())
        self._ray = ray
        self._engine = engine
        self._request = request
        self._keep = keep
        self._listeners: Sequence[Any] = request.listeners
        self._hearing: Any = None
        self._offset = time.time() - perf_counter()
        # where things are
        self._nodes = nodes
        self._numbers = {node.name: number for number, node in enumerate(nodes)}
        self._counted = self.began
        self._objects = Objects(ray, plan)
        self._places = self._objects.places
        self._wanted_nbytes: dict[int, int] = {}  # the core does not count what the caller takes
        # what runs
        self._flying: dict[Any, Bundle] = {}  # by reference of the report
        self._load = [0] * len(nodes)  # bundles at each node
        # what was measured
        self._habits: dict[tuple[int, ...], Habits] = {}  # by functions
        self._habits_of: dict[int, Habits] = {}  # by id of the program
        self._pace = 0.0  # seconds of a bundle
        # what needs care
        self._losses: dict[int, int] = {}
        self._timeouts = {
            task: parse_timedelta(notes["timeout"], "s")
            for task, notes in plan.annotations.items()
            if notes.get("timeout") is not None
        }
        self._alone = set(self._timeouts)  # tasks that are not bundled with others
        self._take_in_data()
        self._check_workers()

    @property
    def traffic(self) -> Traffic:
        """What went through this process."""
        return self._objects.traffic

    def _take_in_data(self) -> None:
        """Tell the core of the plan and of its data, which goes to Ray when it is first read."""
        stored: dict[int, int] = {}
        for block, value in self.plan.data.items():
            if self._is_ours(value):
                value.check()
                self._places[block] = value.place
                stored[block] = value.nbytes
                if self.core.apart and value.node is not None:
                    self.core.home[block] = value.node
            else:
                nbytes = value.nbytes if isinstance(value, Held) else sizeof(value)
                if nbytes > PACKED_NBYTES:
                    stored[block] = nbytes
        self.core.added(self.plan, keep=self._keep, stored=stored, now=self.began)

    def _is_ours(self, value: Any) -> bool:
        return isinstance(value, RayHeld) and value.backend is self._engine

    def _check_workers(self) -> None:
        """Raise for tasks that only nodes may run that are gone."""
        for rule in self.core.constrained:
            if rule.workers is not None and not any(self._nodes[number].nslots for number in rule.workers):
                there = [number for number, node in enumerate(self._nodes) if node.nslots]
                raise BackendError(f"workers={sorted(rule.workers)}: these Ray nodes are gone; there are {there}.")

    def __enter__(self) -> Self:
        if self._listeners:
            self._hearing = heard(self, self._listeners)
            self._hearing.__enter__()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self._stop()
        finally:
            self.ended = perf_counter()
            self.error = error
            self._objects.close()
            if self._hearing is not None:
                self._hearing.__exit__(None, None, None)

    def _stop(self) -> None:
        """End what still runs: bundles are short, so wait for a moment; then kill the workers of those that are not.

        Ray's gentle way to cancel is not used: where it meets a task that is just ending, Ray 2.60 may abort this process
        (a failed check in ``TaskManager::CompletePendingTask``; within about 100 rounds of "one task fails, stop the other").
        """
        if not self._flying:
            return
        ray, reports = self._ray, list(self._flying)
        self._flying = {}
        self.core.stop(now=perf_counter())
        with contextlib.suppress(ray.exceptions.RayError):  # where Ray itself is gone, so are its tasks
            _, deaf = ray.wait(reports, num_returns=len(reports), timeout=GRACE_S)
            for report in deaf:
                ray.cancel(report, force=True)

    # -- the loop ---------------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Hand out bundles and take in reports until nothing is left to do."""
        self._hand_out()
        while self._flying:
            for report in self._wait():
                bundle = self._flying.pop(report)
                self._load[bundle.node] -= 1
                try:
                    written = self._ray.get(report)
                except self._ray.exceptions.RayError as error:
                    self._broke(bundle, error)
                else:
                    self._arrived(bundle, written)
            if perf_counter() - self._counted > NODES_EVERY_S:
                self._count_nodes()
            self._hand_out()
        if self.core.left:
            raise SchedulerStuckError(
                f"{self.core.left} tasks are left, nothing runs and nothing can start. This is a defect of Weft; "
                f"please report it with this state:\n{dump(self.core, self.plan)}"
            )

    def _wait(self) -> list[Any]:
        """Reports that are there; waits a while for the first."""
        ray, reports = self._ray, list(self._flying)
        ready, others = ray.wait(reports, num_returns=1, timeout=NODES_EVERY_S)
        if ready and others:
            ready = ready + ray.wait(others, num_returns=len(others), timeout=0)[0]
        return ready  # type: ignore[no-any-return]

    def _hand_out(self) -> None:
        """Give each node as much as it can take, those that have least first."""
        going = True
        while going:
            going = False
            for number in sorted(range(len(self._nodes)), key=self._load.__getitem__):
                if self._has_room(number):
                    for tasks in self._take(number):
                        self._send(number, tasks)
                        going = True

    def _has_room(self, number: int) -> bool:
        nslots = self._nodes[number].nslots
        return self._load[number] < (2 * nslots if self._pace < QUEUED_S else nslots)

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
        most = min(BUNDLE_TASKS, -(-waiting // (2 * sum(node.nslots for node in self._nodes))))
        tasks = [task]
        seconds, nbytes = self._habits_for(task).seconds, self._nbytes_of(task)
        while len(tasks) < most and seconds < BUNDLE_S and nbytes < BUNDLE_NBYTES and (near or core.ready):
            task = self._take_one(number)
            if task < 0:
                break
            if self._goes_alone(task):
                return [tasks, [task]]
            tasks.append(task)
            seconds += self._habits_for(task).seconds
            nbytes += self._nbytes_of(task)
        return [tasks]

    def _take_one(self, number: int) -> int:
        """A task from the core. Blocks that it wants out of memory are left to Ray, which writes them when it must."""
        core, now = self.core, perf_counter()
        task = core.take(number, now)
        while task == SPILL:
            gone = [core.spilled(block, now=now) for block in list(core.victims)]
            if not any(gone):
                return NOTHING
            task = core.take(number, now)
        for block in core.loads:
            core.loaded(block, now=now)
        core.loads = []
        return task

    def _goes_alone(self, task: int) -> bool:
        return task in self._alone or task in self.core.queue_of or not self._habits_for(task).known

    def _habits_for(self, task: int) -> Habits:
        program = self.plan.programs[task]
        habits = self._habits_of.get(id(program))
        if habits is None:
            functions = tuple([id(step.function) for step in program.steps])
            habits = self._habits_of[id(program)] = self._habits.setdefault(functions, Habits())
        return habits

    def _outputs(self, task: int) -> tuple[int, ...]:
        return self.core.outputs.get(task) or (task,)

    def _nbytes_of(self, task: int) -> int:
        """Bytes that a worker has in memory for a task, as far as they are known."""
        size = self.core.size
        return sum([size[b] for b in self._outputs(task)]) + sum([size[b] for b in self.core.inputs[task]])

    # -- sending ----------------------------------------------------------------------------------------------------

    def _send(self, number: int, tasks: list[int]) -> None:
        """Start a bundle at a node."""
        packed: list[int] = []
        own: list[int] = []
        shapes: list[tuple[int, bool]] = []
        for task in tasks:
            small = self._habits_for(task).are_small
            outputs = self._outputs(task)
            (packed if small else own).extend(outputs)
            shapes.append((len(outputs), small))
        letter, arguments = self._objects.write(
            tasks, shapes, self._timeouts.get(tasks[0]), self._request.library_threads
        )
        nresults = 1 + bool(packed) + len(own)
        start = self._engine.remote(**self._options(number, tasks, nresults))
        *refs, report = start.remote(nresults, letter, [self._objects.table], *arguments)
        pack = refs.pop(0) if packed else None
        bundle = Bundle(number, tasks, report, pack, packed, dict(zip(own, refs, strict=True)))
        self._flying[bundle.report] = bundle
        self._load[number] += 1
        for listener in self._listeners:
            for task in tasks:
                listener.before(self, task, number)

    def _options(self, number: int, tasks: list[int], nresults: int) -> dict[str, Any]:
        """What Ray is told of a bundle."""
        options: dict[str, Any] = {
            "name": self.plan.programs[tasks[0]].name,
            "num_returns": nresults,
            "max_retries": self._request.allowed_failures,
        }
        rule = self.core.queue_of.get(tasks[0])
        bound = rule is not None and rule.workers is not None
        if bound or len(self._nodes) > 1:
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

            options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(self._nodes[number].name, soft=not bound)
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

    # -- reports ----------------------------------------------------------------------------------------------------

    def _arrived(self, bundle: Bundle, written: bytes) -> None:
        """Take in what a bundle reports."""
        report = Report(*pickle.loads(written))
        core, now = self.core, perf_counter()
        self._objects.traffic.messages += len(written)
        node = self._numbers.get(report.node, bundle.node)
        done = len(report.sizes)
        sizes = {
            block: nbytes
            for task, found in zip(bundle.tasks, report.sizes, strict=False)
            for block, nbytes in zip(self._outputs(task), found, strict=True)
        }
        self._objects.settle(bundle.pack, bundle.packed, bundle.own, sizes)
        for block in core.wanted.intersection(sizes):
            self._wanted_nbytes[block] = sizes[block]
        released: list[int] = []
        for task, found, (started, ended) in zip(bundle.tasks, report.sizes, report.times, strict=False):
            self._habits_for(task).seen(ended - started, max(found))
            for listener in self._listeners:
                place = self._places[task]
                listener.after(self, task, node, place.ref, started - self._offset, ended - self._offset)
            worker = bundle.node if task in core.queue_of else node
            core.finished(worker, task, found if task in core.outputs else found[0], released, now)
        self._let_go(released)
        if done:
            took = report.times[-1][1] - report.times[0][0]
            self._pace = 0.7 * self._pace + 0.3 * took
        for task in bundle.tasks[done + (report.failure is not None) :]:
            core.returned(bundle.node, task, now=now)
        if report.failure is not None:
            self._raised(bundle.node, bundle.tasks[done], *report.failure)

    def _let_go(self, blocks: list[int]) -> None:
        """Drop references, upon which Ray frees the objects; held blocks are whose reference they are."""
        for block in blocks:
            if not self._is_ours(self.plan.data.get(block)):
                self._places.pop(block, None)

    def _raised(self, node: int, task: int, pickled: bytes, trace: str) -> None:
        """A task raised: it runs again if it may, or the caller gets the exception."""
        error = pickle.loads(pickled)
        if self.core.failed(node, task, [], now=perf_counter(), retry=isinstance(error, Exception)).retry:
            return
        if error.__cause__ is None:
            error.__cause__ = RemoteTraceback(trace)
        raise as_task_error(error, self, task)

    # -- failures ---------------------------------------------------------------------------------------------------

    def _broke(self, bundle: Bundle, error: Any) -> None:
        """No report will come: Ray has given the bundle up. Its tasks run again one by one, up to a limit."""
        known = self._ray.exceptions
        cause = error.cause if isinstance(error, known.RayTaskError) and error.cause is not None else error
        now = perf_counter()
        for task in bundle.tasks:
            self.core.returned(bundle.node, task, now=now)
        if isinstance(cause, known.TaskCancelledError):
            raise CancelledError("the computation was cancelled: Ray was told to stop one of its tasks") from error
        if isinstance(cause, known.ObjectLostError):
            self._lost(cause)
        if isinstance(cause, (known.NodeDiedError, known.WorkerCrashedError)):
            self._count_nodes()
        blameless = isinstance(cause, (known.ObjectLostError, known.NodeDiedError))
        if len(bundle.tasks) > 1:
            self._alone.update(bundle.tasks)
        elif not blameless or self._lost_too_often(bundle.tasks[0]):
            raise annotate(self._verdict(bundle.tasks[0], cause), self, bundle.tasks[0]) from cause

    def _lost_too_often(self, task: int) -> bool:
        """Count that a task met a lost input or node; whether it was one too many."""
        self._losses[task] = self._losses.get(task, 0) + 1
        return self._losses[task] > LOSSES

    def _verdict(self, task: int, cause: Any) -> Exception:
        """What the caller is told when a task cannot be run."""
        known, key = self._ray.exceptions, self.plan.keys[task]
        deaths = self._request.allowed_failures + 1
        times = f"{deaths} time{'s' * (deaths > 1)}"
        if isinstance(cause, known.OutOfMemoryError):
            return WorkerMemoryError(
                f"task {key!r} was run {times}, and each time Ray killed its worker for lack of memory: {cause}"
            )
        if isinstance(cause, known.WorkerCrashedError):
            return KilledWorkerError(f"task {key!r} was run {times}, and each time its worker died: {cause}")
        if isinstance(cause, known.NodeDiedError):
            return KilledWorkerError(f"the node of task {key!r} died {LOSSES + 1} times in a row: {cause}")
        if isinstance(cause, known.TaskUnschedulableError):
            return BackendError(f"task {key!r} cannot run on the node that it is bound to: {cause}")
        if isinstance(cause, known.ObjectLostError):
            return BlockLostError(f"task {key!r} found an input lost {LOSSES + 1} times: {cause}")
        if isinstance(cause, known.RayError):
            return BackendError(f"Ray could not run task {key!r}: {cause}")
        return SerializationError(
            f"the result of task {key!r} cannot travel: {cause}. Return plain data, or what the object is made from."
        )

    def _lost(self, error: Any) -> None:
        """Have the core make again what was in an object that Ray cannot make again."""
        lost = [block for block, place in self._places.items() if place.ref.hex() == error.object_ref_hex]
        for block in lost:
            if self._is_ours(self.plan.data.get(block)):
                raise BlockLostError(
                    f"block {self.plan.keys[block]!r} was held in Ray's object store and is gone: {error}. "
                    "Compute it again from its collection."
                ) from error
            del self._places[block]
        released: list[int] = []
        self.core.lost([block for block in lost if block not in self.plan.data], released, now=perf_counter())
        self._let_go(released)

    def _count_nodes(self) -> None:
        """Look which nodes came and went."""
        core, now = self.core, perf_counter()
        self._counted = now
        before, self._nodes = self._nodes, self._engine.nodes()
        for number, node in enumerate(self._nodes):
            if number >= len(before):
                self._numbers[node.name] = core.worker_added(dict(node.resources), now=now)
                self._load.append(0)
            elif before[number].nslots and not node.nslots:
                core.worker_left(number, now=now)
        self.nworkers = len(self._nodes)

    # -- results ----------------------------------------------------------------------------------------------------

    def results(self) -> list[Any]:
        """Values of the wanted blocks."""
        while True:
            self.work()
            places = {block: self._places[block] for block in self.plan.wanted if block in self._places}
            refs = list(dict.fromkeys([place.ref for place in places.values()]))
            try:
                found = dict(zip(refs, self._ray.get(refs), strict=True))
            except self._ray.exceptions.ObjectLostError as error:
                self._lost(error)
                continue
            values = {block: taken(value_at(place, found[place.ref])) for block, place in places.items()}
            self._objects.traffic.fetched += sum([self._wanted_nbytes.get(block, 0) for block in places])
            return [values[block] if block in values else self._given(block) for block in self.plan.wanted]

    def _given(self, block: int) -> Any:
        """A wanted block that came with the plan."""
        value = self.plan.data[block]
        return value.get() if isinstance(value, Held) else value

    def held(self) -> list[Held]:
        """References to the wanted blocks, which stay with Ray."""
        self.work()
        made: dict[int, Held] = {}
        for block in self.plan.wanted:
            if block in made:
                continue
            given = self.plan.data.get(block)
            if self._is_ours(given):
                made[block] = given  # type: ignore[assignment]
                continue
            place = self._places.get(block)
            if place is None:
                value = self._given(block)
                nbytes, place = sizeof(value), Place(self._objects.put(value))
            else:
                nbytes = self.core.size[block]
            node = self.core.home.get(block)
            made[block] = RayHeld(self.plan.keys[block], nbytes, place, self._engine, node)
        return [made[block] for block in self.plan.wanted]
