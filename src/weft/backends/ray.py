"""Computations on a Ray cluster. Weft's core says what runs and when; Ray's workers run it, Ray's object stores keep the blocks.

*Blocks are references.* A task's result stays on the node that made it; the driver holds a reference, hands it to the
tasks that read the block, and drops it when the core releases the block. Only what the caller wants is fetched, at the
end. Where a block lies, its move to another node, its way to disk and back are Ray's business.

How tasks travel, and what happens when something dies: :mod:`weft.backends.ray_crew`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Self

from weft.backends.contract import Held, Request, heard
from weft.backends.evaluate import as_task_error
from weft.backends.packed_errors import rebuilt, traceback_of
from weft.backends.ray_bundles import Flight
from weft.backends.ray_connection import CONNECTION, Node, living_nodes, session_name
from weft.backends.ray_crew import NODES_EVERY_S, Crew, limit_of
from weft.backends.ray_habits import PACKED_NBYTES, Lessons
from weft.backends.ray_objects import Place, Traffic, taken, value_at
from weft.backends.ray_worker import import_ray
from weft.errors import BackendError, BlockLostError, ResultTooLargeError
from weft.graph import Plan
from weft.sizeof import sizeof
from weft.system import memory_limit
from weft.typing import Key
from weft.units import format_bytes

__all__ = ["Ray", "RayHeld", "RayRun", "Traffic"]

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
        Ray's ``runtime_env`` for the tasks; a computation may give its own: ``compute(runtime_env=...)``.
    **start
        For a Ray that is started: ``num_cpus``, ``object_store_memory`` (bytes), ``resources``, ``spill_directory``.

    Notes
    -----
    A task's ``timeout`` stops Python code; code in C runs on until it returns.
    """

    name = "ray"
    fuses_chains = True

    def __init__(
        self, address: str | None = None, *, runtime_env: Mapping[str, Any] | None = None, **start: Any
    ) -> None:
        self._address = address
        self._start_options = start
        self._runtime_env = dict(runtime_env or {})
        self._nodes: list[str] = []
        self._joined = False
        self._session = ""
        self._remotes: dict[Any, Any] = {}
        self.lessons = Lessons()
        self._lock = threading.Lock()

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
            if self._joined:
                self._joined = False
                CONNECTION.leave()

    @property
    def session(self) -> str:
        """Names the connection that blocks are held by; empty if there is none."""
        ray = import_ray()
        return self._session if ray.is_initialized() and self._session == session_name(ray) else ""

    def connect(self, request: Request) -> Any:
        """The package ``ray``, connected."""
        ray = import_ray()
        with self._lock:
            if not ray.is_initialized() or not self._joined:
                usual = {"num_cpus": request.nworkers, "spill_directory": request.spill_directory}
                CONNECTION.join(self._address, **{**usual, **self._start_options})
                self._joined = True
            session = session_name(ray)
            if self._session != session:
                self._session = session
                self._nodes = []
                self._remotes.clear()
        return ray

    def _start(self, plan: Plan, request: Request, *, keep: bool) -> RayRun:
        options = dict(request.options)
        runtime_env = options.pop("runtime_env", None)
        if options:
            raise BackendError(f"the backend 'ray' has no option {next(iter(options))!r}; it takes runtime_env=")
        ray = self.connect(request)
        return RayRun(Engine(self, runtime_env), ray, plan, request, keep=keep)

    def remote(self, function: Any, **options: Any) -> Any:
        """A function as a Ray task with options."""
        known = self._remotes.get(function)
        if known is None:
            known = self._remotes[function] = import_ray().remote(function)
        if self._runtime_env:
            options.setdefault("runtime_env", self._runtime_env)
        return known.options(**options)

    def nodes(self) -> list[Node]:
        """The nodes that tasks can run on, by number; those that are gone have no slots."""
        found = living_nodes(import_ray())
        with self._lock:
            self._nodes += [name for name in found if name not in self._nodes]
            return [found.get(name) or Node(name, {}) for name in self._nodes]


class Engine:
    """A backend with the ``runtime_env`` of one computation."""

    def __init__(self, backend: Ray, runtime_env: Mapping[str, Any] | None) -> None:
        if runtime_env is not None and not isinstance(runtime_env, Mapping):
            raise BackendError(f"runtime_env= takes a mapping such as {{'pip': ['...']}}, not {runtime_env!r}")
        self.backend = backend
        self.nodes = backend.nodes
        self.lessons = backend.lessons
        self._more = {} if runtime_env is None else {"runtime_env": dict(runtime_env)}

    def remote(self, function: Any, **options: Any) -> Any:
        return self.backend.remote(function, **self._more, **options)


# -- one run ------------------------------------------------------------------------------------------------------------


class RayRun(Crew):
    """One run of a plan. All of it happens in the thread that asks."""

    def __init__(self, engine: Engine, ray: Any, plan: Plan, request: Request, *, keep: bool) -> None:
        nodes = engine.nodes()
        if not any(node.nslots for node in nodes):
            raise BackendError(
                "the Ray cluster has no node with a CPU for tasks. Add one: `ray start --address=... --num-cpus=...`."
            )
        limit = limit_of(nodes)
        super().__init__(
            engine,
            ray,
            plan,
            request,
            nodes,
            limit=min(limit, request.budget) if CONNECTION.is_private else limit,
            data=plan.data,
            run_name=os.urandom(8).hex(),
        )
        self.backend_object = engine.backend
        self._keep = keep
        self._listeners: Sequence[Any] = request.listeners
        self._hearing: Any = None
        self._wanted_nbytes: dict[int, int] = {}  # the core does not count what the caller takes
        self._released: list[int] = []
        self._take_in_data()
        self._check_workers()
        self.introduce()

    def _take_in_data(self) -> None:
        """Tell the core of the plan and of its data, which goes to Ray when it is first read."""
        stored: dict[int, int] = {}
        for block, value in self.plan.data.items():
            if self._is_ours(value):
                value.check()
                self.places[block] = value.place
                stored[block] = value.nbytes
                if self.core.apart and value.node is not None:
                    self.core.home[block] = value.node
            else:
                nbytes = value.nbytes if isinstance(value, Held) else sizeof(value)
                if nbytes > PACKED_NBYTES:
                    stored[block] = nbytes
        self.core.added(self.plan, keep=self._keep, stored=stored, now=self.began)

    def _is_ours(self, value: Any) -> bool:
        return isinstance(value, RayHeld) and value.backend is self.backend_object

    def _check_workers(self) -> None:
        """Raise for tasks that only nodes may run that are gone."""
        for rule in self.core.constrained:
            if rule.workers is not None and not any(self.nodes[number].nslots for number in rule.workers):
                there = [number for number, node in enumerate(self.nodes) if node.nslots]
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
            self.objects.close()
            if self._hearing is not None:
                self._hearing.__exit__(None, None, None)

    def _stop(self) -> None:
        """End what still runs: bundles are short, so wait for a moment; then kill the workers of those that are not.

        Ray's gentle way to cancel is not used: where it meets a task that is just ending, Ray 2.60 may abort this process
        (a failed check in ``TaskManager::CompletePendingTask``; within about 100 rounds of "one task fails, stop the other").
        """
        if not self.flying:
            return
        reports, self.flying = list(self.flying), {}
        self.core.stop(now=perf_counter())
        with contextlib.suppress(self.ray.exceptions.RayError, ConnectionError):  # where Ray is gone, so are its tasks
            _, deaf = self.ray.wait(reports, num_returns=len(reports), timeout=GRACE_S)
            for report in deaf:
                self.ray.cancel(report, force=True)

    # -- the loop -------------------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Hand out bundles and take in reports until nothing is left to do."""
        self.hand_out()
        while self.flying:
            for report in self._wait():
                flight = self.flying.pop(report)
                self.load[flight.node] -= 1
                try:
                    written = self.ray.get(report)
                except self.ray.exceptions.RayError as error:
                    self.broke(flight, error)
                else:
                    self.landed(flight, written)
            if perf_counter() - self.counted > NODES_EVERY_S:
                self.count_nodes()
            self.hand_out()
        if self.core.left:
            if not self.nslots:
                raise BackendError(
                    f"all nodes of the Ray cluster that had CPUs are gone, and {self.core.left} tasks are left to do. "
                    "Add nodes and compute again: `ray start --address=...`."
                )
            self.check_done()

    def _wait(self) -> list[Any]:
        """Reports that are there; waits a while for the first."""
        reports = list(self.flying)
        ready, others = self.ray.wait(reports, num_returns=1, timeout=NODES_EVERY_S)
        if ready and others:
            ready = ready + self.ray.wait(others, num_returns=len(others), timeout=0)[0]
        return ready  # type: ignore[no-any-return]

    # -- what becomes of tasks ------------------------------------------------------------------------------------------

    def sent(self, flight: Flight) -> None:
        for listener in self._listeners:
            for task in flight.tasks:
                listener.before(self, task, flight.node)

    def task_done(self, node: int, task: int, sizes: list[int], began: float, ended: float) -> None:
        core = self.core
        for block, nbytes in zip(self.outputs_of(task), sizes, strict=True):
            if block in core.wanted:
                self._wanted_nbytes[block] = nbytes
        for listener in self._listeners:
            listener.after(self, task, node, self.places[task].ref, began, ended)
        core.finished(node, task, sizes if task in core.outputs else sizes[0], self._released, perf_counter())
        self._let_go()

    def _let_go(self) -> None:
        """Drop references, upon which Ray frees the objects; held blocks are whose reference they are."""
        for block in self._released:
            if not self._is_ours(self.plan.data.get(block)):
                self.places.pop(block, None)
        self._released.clear()

    def task_raised(self, node: int, task: int, packed: Any) -> None:
        error = rebuilt(packed)
        error.__traceback__ = traceback_of(packed.frames)
        if self.core.failed(node, task, [], now=perf_counter(), retry=isinstance(error, Exception)).retry:
            return
        raise as_task_error(error, self, task)

    def task_hopeless(self, node: int, task: int, error: Exception) -> None:
        raise error

    def blocks_lost(self, blocks: list[int], error: Exception) -> None:
        for block in blocks:
            if self._is_ours(self.plan.data.get(block)):
                raise BlockLostError(
                    f"block {self.plan.keys[block]!r} was held in Ray's object store and is gone: {error}. "
                    "Compute it again from its collection."
                ) from error
            del self.places[block]
        self.core.lost([block for block in blocks if block not in self.plan.data], self._released, now=perf_counter())
        self._let_go()

    # -- results --------------------------------------------------------------------------------------------------------

    def results(self) -> list[Any]:
        """Values of the wanted blocks."""
        while True:
            self.work()
            places = {block: self.places[block] for block in self.plan.wanted if block in self.places}
            check_fits(sum([self._wanted_nbytes.get(block, 0) for block in places]))
            try:
                values = self.objects.fetch(places)
            except self.ray.exceptions.ObjectLostError as error:
                self.lost(error)
                continue
            self.objects.traffic.fetched += sum([self._wanted_nbytes.get(block, 0) for block in places])
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
            place = self.places.get(block)
            if place is None:
                value = self._given(block)
                nbytes, place = sizeof(value), Place(self.objects.put(value))
            else:
                nbytes = self.core.size[block]
            node = self.core.home.get(block)
            made[block] = RayHeld(self.plan.keys[block], nbytes, place, self.backend_object, node)
        return [made[block] for block in self.plan.wanted]


def check_fits(nbytes: int) -> None:
    """Raise MemoryError before a result is fetched that this process has no room for."""
    room = memory_limit()
    if nbytes > room:
        raise ResultTooLargeError(
            f"the result has {format_bytes(nbytes)}, more than this process can have ({format_bytes(room)}). Keep it on the "
            "cluster with persist(), and fetch pieces of that, or write it to files from there."
        )
