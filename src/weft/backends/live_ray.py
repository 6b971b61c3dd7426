"""A live run whose tasks run on a Ray cluster; its workers are the nodes.

Bundles go and reports come as in single computations (:mod:`weft.backends.ray_crew`). What differs: a run has no end, so a
thread of its own takes in what arrives; Ray calls back when a report is there, and the thread sleeps until then. Whoever
submits something while nodes have room hands it out itself.

Tasks speak with the run by messages that pass through the cluster's *switchboard*, an actor where each driver and each
process of a guest has a box (:mod:`weft.distributed.ray_switchboard`). Before a task waits for others, its bundle gives
away what it has finished and what it has not begun, so that no task waits for what lies in its own bundle.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from _thread import allocate_lock
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any

from weft.backends.contract import Request
from weft.backends.evaluate import as_task_error
from weft.backends.live import DONE, ERROR, FINISHED, LOST, PENDING, Ticket, empty_plan
from weft.backends.live_ray_guests import ANY_SIZE, Answer, Caller
from weft.backends.live_ray_values import RayValues
from weft.backends.live_table import RUNNING
from weft.backends.local import is_ordinary
from weft.backends.packed import pack
from weft.backends.packed_errors import rebuilt, traceback_of
from weft.backends.ray import GRACE_S
from weft.backends.ray_bundles import Flight
from weft.backends.ray_connection import CONNECTION, Node
from weft.backends.ray_crew import NODES_EVERY_S, Crew, limit_of
from weft.backends.ray_objects import Objects, taken
from weft.backends.ray_worker import call_at
from weft.errors import BackendError, BlockLostError, InvariantError, Reschedule, WeftError
from weft.graph import Plan
from weft.typing import Key

__all__ = ["LiveRay"]

logger = logging.getLogger("weft.distributed")

#: How long a task that nobody wants any more may go on before its worker is killed, in seconds.
STOP_S = 0.3
#: How long the cluster may be without any CPU before tasks that wait are told, in seconds.
NODELESS_S = 30.0
#: How often constants are let go that were given to Ray once for several tasks, in seconds.
CONSTANTS_S = 30.0


class LiveRay(RayValues):
    """See the module.

    Parameters
    ----------
    engine : Engine
        What starts Ray tasks and knows the nodes.
    ray : module
    request : Request
    guest_maker : str
        What makes the run as its tasks see it, as module:name.
    """

    kind = "ray"
    names_tasks = True

    def __init__(self, engine: Any, ray: Any, request: Request, *, guest_maker: str) -> None:
        self.lock = allocate_lock()
        nodes = engine.nodes()
        limit = limit_of(nodes) if nodes else 1 << 62
        self.sources: dict[int, Any] = {}  # data that was given, by number
        Crew.__init__(
            self,
            engine,
            ray,
            Plan([], [], [], [], [], []),
            request,
            nodes,
            limit=min(limit, request.budget) if CONNECTION.is_private else limit,
            data=self.sources,
            run_name=os.urandom(8).hex(),
        )
        self.plan = empty_plan(self.core)
        self.objects = Objects(ray, self.plan, self.sources, engine.lessons)
        self.places = self.objects.places
        self.values: list[Any] = []  # a column that others fill; blocks are places
        self.guest_maker = guest_maker
        self.news: SimpleQueue[Any] = SimpleQueue()
        self.visiting = OrderedDict()
        self.callers: dict[str, Caller] = {}
        self.asks: deque[Any] = deque()  # what guests ask, to be answered without the lock
        self.released: list[int] = []
        self.doomed: dict[int, float] = {}  # running tasks that nobody wants, since when
        self.room = True
        self.slotless_since: float | None = None
        self.constants_since = self.began
        self.failure: WeftError | None = None
        self.thread: threading.Thread | None = None
        self.board: Any = None  # the switchboard's face, once the cluster has given it
        self.live_init()

    # -- its life -------------------------------------------------------------------------------------------------------

    def start(self, home: Any) -> None:
        """Begin to listen."""
        self.board = home.board
        self.introduce_home()
        self.board.listen(lambda messages: self.news.put(("messages", messages)))
        self.thread = threading.Thread(target=self._main, name="weft-cluster", daemon=True)
        self.thread.start()

    def introduce_home(self) -> None:
        """Say what workers must know, also of plugins and nodes that are new."""
        self.introduce(self.guest_maker, self.home.told_to_guests())

    def _main(self) -> None:
        """The thread that takes in what arrives."""
        while not self.closed:
            arrived = []
            with contextlib.suppress(Empty):
                arrived.append(self.news.get(timeout=self._patience()))
                while True:
                    arrived.append(self.news.get_nowait())
            nodes = None
            try:
                if perf_counter() - self.counted > NODES_EVERY_S:
                    nodes = self.engine.nodes()
                self.lock.acquire()
                try:
                    if self.closed:
                        return
                    self.absorb()
                    for each in arrived:
                        self._hear(*each)
                    self._look(nodes)
                    self.hand_out()
                finally:
                    self.give_up_lock()
                while self.asks:
                    self._answer_now(*self.asks.popleft())
            except Exception as error:  # of the connection, or a defect: all who wait are told
                logger.debug("the cluster's thread failed", exc_info=True)
                self.cut_off(error, lost=self._is_cut_off())
                return

    def _answer_now(self, caller: Caller, op: str, args: Any, answer: Answer) -> None:
        try:
            self.answer_guest(caller, op, tuple(args), answer)
        except Exception as error:  # it is the answer
            answer.fail(error)

    def _patience(self) -> float:
        return 0.05 if self.doomed else NODES_EVERY_S

    def _is_cut_off(self) -> bool:
        """Whether the connection to Ray is gone."""
        try:
            return not self.ray.is_initialized() or not self.engine.nodes()
        except Exception:  # whatever it is: who cannot be asked is gone
            return True

    def cut_off(self, error: BaseException, *, lost: bool = True) -> None:
        """The connection to Ray is gone, or there is a defect: everybody who waits is told."""
        failure: WeftError = BackendError(
            f"the connection to Ray is lost ({type(error).__name__}: {error}). Results that were there are out of reach: "
            "see that the cluster is up, make a new Client(engine='ray'), and compute again."
        )
        if not lost:
            failure = InvariantError(
                f"the thread of a Ray cluster failed: {type(error).__name__}: {error}. This is a defect."
            )
        failure.__cause__ = error
        with self.lock:
            self.failure = failure
            self.absorb()
            self.closed = True
            for there in self.tickets:
                for ticket in there if type(there) is list else [there]:
                    if ticket is not None and ticket.status in (PENDING, FINISHED):
                        ticket.number = -1
                        self._end(ticket, ERROR, failure)
            self.tickets = [None] * len(self.tickets)
            self.flying.clear()
            fired, self.fired = self.fired, []
        for call, what in fired:
            call(what)

    def _admit(self, ticket: Ticket, *task: Any) -> None:
        if self.failure is not None and ticket.status == PENDING:
            self._end(ticket, ERROR, self.failure)
        else:
            super()._admit(ticket, *task)

    def wake(self) -> None:
        """Under the lock: hand out what there is, as far as nodes have room."""
        core = self.core
        if self.closed or not self.room:
            return
        if core.ready or any(core.local) or any(core.constrained.values()):
            self.hand_out()

    def nudge(self) -> None:
        if self.room:
            super().nudge()

    def hand_out(self) -> None:
        super().hand_out()
        self.room = any(map(self.has_room, range(len(self.nodes))))

    def sent(self, flight: Flight) -> None:
        report = flight.report
        report.future().add_done_callback(lambda future: self.news.put(("report", report, future)))
        if self.observers:
            for task in flight.tasks:
                self.transition(self.plan.keys[task], "waiting", "processing", worker=flight.node)

    def unsendable(self, number: int, tasks: list[int], error: Exception) -> None:
        if len(tasks) > 1:
            for task in tasks:
                self.core.returned(number, task, now=perf_counter())
            self.alone.update(tasks)
        else:
            self.task_hopeless(number, tasks[0], error)

    # -- what arrives ---------------------------------------------------------------------------------------------------

    def _hear(self, kind: str, *content: Any) -> None:
        """Under the lock."""
        if kind == "report":
            self._reported(*content)
        elif kind == "messages":
            for sender, message in content[0]:
                self._guest_says(sender, message)

    def _reported(self, report: Any, future: Any) -> None:
        flight = self.flying.pop(report, None)
        if flight is None:
            return
        if not flight.is_aside:
            self.load[flight.node] -= 1
        else:
            self.core.nrunning += 1
        try:
            written = future.result()
        except Exception as error:  # Ray's own, and what it makes of an exception that came while a result was stored
            self.broke(flight, error)
        else:
            self.landed(flight, written)
        for task in flight.tasks:
            self.doomed.pop(task, None)
        self._recycle(flight.tasks)

    def _look(self, nodes: list[Node] | None) -> None:
        """What is to be looked at now and then."""
        now = perf_counter()
        if nodes is not None:
            self.count_nodes(nodes)
            if self.nslots:
                self.slotless_since = None
            elif self.slotless_since is None:
                self.slotless_since = now
            elif now - self.slotless_since > NODELESS_S:
                self._fail_ready()
        if self.doomed:
            self._stop_doomed(now)
        if now - self.constants_since > CONSTANTS_S:
            self.constants_since = now
            self.objects.forget_constants()

    def _fail_ready(self) -> None:
        core = self.core
        while (task := self._take_one(0)) >= 0:
            self.task_hopeless(
                0,
                task,
                BackendError("the Ray cluster has had no node with a CPU for a while: add nodes, and submit again"),
            )
        core.loads = []

    def _stop_doomed(self, now: float) -> None:
        """Kill the workers of what goes on though nobody wants it."""
        late = {task for task, since in self.doomed.items() if now - since > STOP_S}
        if not late:
            return
        for report, flight in self.flying.items():
            if not flight.is_stopped and not late.isdisjoint([flight.tasks[place] for place in flight.left]):
                flight.is_stopped = True
                self.ray.cancel(report, force=True)
        for task in late:
            del self.doomed[task]

    # -- what becomes of tasks, under the lock --------------------------------------------------------------------------

    def task_done(self, node: int, task: int, sizes: list[int], began: float, ended: float) -> None:
        core, released = self.core, self.released
        nbytes: Any = sizes if task in core.outputs else sizes[0]
        if core.phase[task] != RUNNING:  # nobody wants it any more
            blocks = self.outputs_of(task)
            core.finished(node, task, nbytes, released, perf_counter())
            for block in blocks:
                self.places.pop(block, None)
            return
        self.where[task] = node
        self.records.append((self.plan.keys[task], node, began, ended, nbytes, "", FINISHED))
        core.finished(node, task, nbytes, released, perf_counter())
        if core.phase[task] == DONE or task in core.outputs:
            if core.large:
                self.touch(task)
            for block in self.outputs_of(task):
                if core.phase[block] == DONE:
                    self.settle(block, FINISHED, None)
            if self.observers:
                self.transition(
                    self.plan.keys[task], "processing", "memory", worker=node, nbytes=nbytes, number=task, began=began,
                    ended=ended,
                )  # fmt: skip
        if released:
            self._clear(released)

    def task_raised(self, node: int, task: int, packed: Any) -> None:
        error = rebuilt(packed)
        frames = getattr(packed, "frames", None)
        if frames:
            error.__traceback__ = traceback_of(frames)
        self.records.append((self.plan.keys[task], node, 0.0, 0.0, 0, "", ERROR))
        if isinstance(error, Reschedule):
            self.core.returned(node, task, now=perf_counter())
        else:
            self._failed(node, task, error, retry=is_ordinary(error))

    def task_hopeless(self, node: int, task: int, error: Exception) -> None:
        self._failed(node, task, error, retry=False)

    def _failed(self, node: int, task: int, error: BaseException, *, retry: bool) -> None:
        unwanted = self.core.phase[task] > RUNNING
        decided = self.core.failed(node, task, self.released, now=perf_counter(), retry=retry)
        if not decided.retry and not unwanted:
            self.failed_tasks(decided.failed, as_task_error(error, self, task))
        self._clear(self.released)

    def blocks_lost(self, blocks: list[int], error: Exception) -> None:
        core = self.core
        for block in blocks:
            self.places.pop(block, None)
        gone = [block for block in blocks if block not in self.sources]
        data = [block for block in gone if core.programs[block] is None and block not in core.maker]
        for block in data:
            problem = BlockLostError(f"the data {self.plan.keys[block]!r} is gone from Ray's object store: {error}")
            self.settle(block, LOST, problem)
            readers = [each for each in self._readers(block) if each != block]
            core.cancelled(readers, self.released, now=perf_counter())
            self.failed_tasks(readers, problem)
        again = [block for block in gone if block not in data]
        core.lost(again, self.released, now=perf_counter())
        for block in again:
            for ticket in self._tickets_of(block):
                if ticket.status == FINISHED:
                    ticket.status = PENDING
        self._clear(self.released)

    # -- workers --------------------------------------------------------------------------------------------------------

    def node_came(self, number: int) -> None:
        self.fired.append((self.home.node_came, number))

    def node_left(self, number: int) -> None:
        self.fired.append((self.home.node_gone, number))

    def call(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any, reply: Any) -> None:
        """Run a function on a node, beside its tasks."""
        packed = pack((function, args, kwargs), ANY_SIZE, "the function and its arguments")
        start = self.engine.remote(
            call_at, num_cpus=0, max_retries=0, scheduling_strategy=self.at_node(number, soft=False), name="call"
        )
        ref = start.remote([self.objects.introduction], packed)
        CONNECTION.when_there(ref, Replying(reply, ref))

    def call_stacks(self, keys: Iterable[Key] | None, reply: Any) -> None:
        reply.fail(
            BackendError("call_stack() is not offered on Ray: `ray stack` shows what the processes of a node do")
        )

    def executor(self, number: int) -> Any:
        return self

    def metrics(self) -> dict[int, dict[str, Any]]:
        """What is measured of each worker: nothing; Ray has a dashboard of its own."""
        return {}

    def where_is(self, number: int) -> int:
        """The node that made a block."""
        return self.where.get(number, 0)

    def nready(self) -> int:
        """Nodes that are there."""
        nodes = self.engine.nodes()
        with self:
            self.count_nodes(nodes)
            return sum([bool(node.nslots) for node in self.nodes])

    def nworkers_ever(self) -> int:
        return len(self.nodes)

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        """Call a method of an actor."""
        self.board.call_actor(key, op, args, reply)

    def drop_actor(self, key: Key) -> None:
        self.board.drop_actor(key)

    def interrupt(self, tasks: Iterable[int]) -> None:
        """Under the lock: stop what workers do for tasks that nobody wants, if it goes on for long."""
        now = perf_counter()
        for task in tasks:
            self.doomed.setdefault(task, now)
        self.news.put(("look",))

    def add_worker(self, *args: Any) -> int:
        raise BackendError(
            "nodes of a Ray cluster are not added here: `ray start --address=...`, or Ray's autoscaler, does that"
        )

    def remove_worker(self, number: int) -> None:
        raise BackendError("nodes of a Ray cluster are not removed here: `ray stop` on the node does that")

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        raise BackendError("Ray starts and ends worker processes itself, so there are none to restart")

    # -- the end --------------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the run: what it holds is gone."""
        with self.lock:
            if self.closed:
                return
            self.close_tickets(reason)
            self.core.stop(now=perf_counter())
            reports, self.flying = list(self.flying), {}
            fired, self.fired = self.fired, []
        for call, what in fired:
            call(what)
        self.news.put(("end",))
        if self.thread is not None and threading.current_thread() is not self.thread:
            self.thread.join()
        with contextlib.suppress(self.ray.exceptions.RayError, ConnectionError):
            if reports and self.ray.is_initialized():
                _, deaf = self.ray.wait(reports, num_returns=len(reports), timeout=GRACE_S)
                for report in deaf:
                    self.ray.cancel(report, force=True)
        self.objects.close()
        self.sources.clear()


class Replying:
    """Passes on what a Ray task gave: a pair of whether it went well, and the value or the packed exception."""

    def __init__(self, reply: Any, ref: Any) -> None:
        self.reply = reply
        self.ref = ref

    def __call__(self, future: Any) -> None:
        try:
            good, value = future.result()
        except Exception as error:  # the task's own: it is the answer
            self.reply.fail(error)
            return
        if good:
            self.reply(taken(value))
        else:
            self.reply.fail(rebuilt(value))
