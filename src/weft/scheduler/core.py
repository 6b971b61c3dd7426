"""The scheduler's core. HOT: ``finish_and_next`` runs once for each task (figure: ``benchmarks/scheduler.py``).

Theory of operation
-------------------
*Columns.* All state is lists indexed by block number. ``missing[t]`` counts the inputs that task ``t`` still waits for,
``users[b]`` who still needs block ``b`` (unfinished readers, and holds by whoever wants the result). When ``missing``
falls to zero the task is ready; when ``users`` falls to zero the block is released. Nothing else moves work forward.

*Which next.* Ready tasks stand in a heap of integers that hold user priority, static rank and number in one; the rank
is depth first, so a finished task's dependents come before new sources without any further rule. Tasks that only some
workers may run (``workers=``, ``resources=``) stand in heaps of their own, and where workers are apart (a cluster),
each worker has a heap for the tasks whose inputs it holds.

*Memory.* ``held`` is the bytes of all blocks in memory plus what the running tasks are projected to add. A task starts
when its need fits below ``limit``. What happens when it does not is decided in :mod:`weft.scheduler.admission` (look
for a task that fits or frees) and :mod:`weft.scheduler.eviction` (which blocks go to disk). While nothing runs, one
task may always start, so nothing waits for ever.

*Alone.* While a single worker takes all tasks of a plan without rules, the next task is known beforehand:
:mod:`weft.scheduler.straight` goes through them for less, until anything else happens.

*Speed.* The usual case touches a handful of list items. Everything rare (spilled blocks, workers with rules, several
outputs) hides behind one flag, ``slow``, or one dictionary that is usually empty. The events themselves are here; what
follows from them is in :mod:`~weft.scheduler.adding`, :mod:`~weft.scheduler.finishing`, :mod:`~weft.scheduler.recovery`.

Workers are numbers. The methods that are events are called by backends, under their lock if they have one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from heapq import heappop, heappush
from typing import Any, NamedTuple

from weft.graph.plan import Plan
from weft.scheduler import adding, admission, eviction, finishing, following, placement, recovery
from weft.scheduler import straight as straights
from weft.scheduler.state import LARGE, MASK, SHIFT, Phase

__all__ = ["APART", "EVENT", "NOTHING", "SPILL", "Decisions", "Scheduler"]

#: Answers of ``next`` that are not tasks.
NOTHING = -1  #: nothing to run for this worker now
SPILL = -2  #: write the blocks in ``victims`` to disk, call ``spilled``, then ask again

#: In the event log an entry is ``worker << SHIFT | task`` for a finish, with :data:`APART` added if the worker did not
#: ask for more in the same breath. The codes below take the place of the task for other events. The first ones bring
#: their worker or block in the place of the worker, the others (from ``added`` on) bring an entry in ``notes``.
EVENT = {
    name: MASK - place
    for place, name in enumerate(
        ("next", "take", "ahead", "spilled", "not spilled", "loaded", "hold", "unhold", "sorted", "settled",
         "added", "failed", "returned", "lost", "cancelled", "stopped", "limit", "worker", "worker left", "followed", "on disk")
    )
}  # fmt: skip
NEXT, TAKE, AHEAD = EVENT["next"], EVENT["take"], EVENT["ahead"]
APART = 1 << 62

WAITING, READY, RUNNING, DONE = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value, Phase.DONE.value
SPILLED, RELEASED = Phase.SPILLED.value, Phase.RELEASED.value


class Decisions(NamedTuple):
    """What a rare event asks of the backend."""

    interrupt: tuple[int, ...] = ()  #: running tasks whose results nobody wants: stop them
    released: tuple[int, ...] = ()  #: blocks that may go
    failed: tuple[int, ...] = ()  #: tasks that will never be done
    retry: bool = False  #: the task will run again


class Scheduler:
    """The state machine.

    Parameters
    ----------
    nworkers : int
        Workers ``0 .. nworkers - 1`` are there from the start.
    limit : int
        Bytes that blocks and running tasks may take; :data:`UNLIMITED` by default.
    retries : int
        How often a failed task runs again, unless its annotation says otherwise.
    resources : mapping of int to mapping, optional
        What each worker offers besides its time: ``{worker: {"GPU": 1}}``.
    apart : bool
        Workers hold blocks of their own, and moving them costs: ready tasks go to the worker that has most of their
        input bytes.
    log_length : int
        Events kept in the log; of events that need more words than a number, a tenth of that.
    """

    UNLIMITED = 1 << 62

    __slots__ = (
        "annotations", "apart", "attempt", "awaited", "began", "called", "cause", "clean", "clock", "constrained", "copies",
        "dependents", "elsewhere", "external", "flying", "foreign", "free", "gone", "grown", "have", "held", "home", "inputs", "large", "left", "limit",
        "loading", "loads", "local", "log", "look", "maker", "missing", "noted", "notes", "nrunning",
        "nspilled", "offers", "on", "order", "outputs", "phase", "programs", "queue_of", "ready", "relearned",
        "resting", "retries", "serial", "size", "slow", "small", "spent", "spilling", "stopped", "stored", "straight",
        "touched", "users", "victims", "wanted", "workspace",
    )  # fmt: skip

    def __init__(
        self,
        nworkers: int = 1,
        *,
        limit: int = UNLIMITED,
        retries: int = 0,
        resources: dict[int, dict[str, float]] | None = None,
        apart: bool = False,
        log_length: int = 1_000_000,
    ) -> None:
        #: How this scheduler was made, for a replay.
        self.began: dict[str, Any] = {
            "nworkers": nworkers, "limit": limit, "retries": retries, "apart": apart,
            "resources": {w: dict(offer) for w, offer in (resources or {}).items()},
        }  # fmt: skip
        # by block
        self.phase = bytearray()
        self.missing: list[int] = []
        self.users: list[int] = []
        self.order: list[int] = []
        self.size: list[int] = []  # projected while the task has not finished, then real
        self.inputs: list[tuple[int, ...]] = []
        self.dependents: list[list[int]] = []
        self.programs: list[Any] = []
        # by block, where there is something to say
        self.outputs: dict[int, tuple[int, ...]] = {}
        self.maker: dict[int, int] = {}
        self.workspace: dict[int, int] = {}
        self.annotations: dict[int, Any] = {}
        self.attempt: dict[int, int] = {}
        self.cause: dict[int, int] = {}
        self.foreign: set[int] = set()  # numbers that stand for blocks of an earlier plan
        self.external: set[int] = set()  # data blocks: not ours to spill or count
        self.stored: set[int] = set()  # data blocks that the backend keeps elsewhere: read when needed, and again
        self.wanted: set[int] = set()  # answers that the caller takes: not ours to spill or count
        self.home: dict[int, int] = {}  # block to the worker that holds it, where workers are apart
        self.copies: dict[int, set[int]] = {}  # block to other workers that have read it
        # queues
        self.ready: list[int] = []
        self.local: list[list[int]] = [[] for _ in range(nworkers)] if apart else []
        self.look = 0
        self.called: set[int] = set()  #: where workers are apart: those that got work; the backend clears it
        self.constrained: dict[Any, list[int]] = {}  # rule to heap
        self.queue_of: dict[int, Any] = {}  # task to its rule
        self.have: dict[int, dict[str, float]] = {w: dict(offer) for w, offer in (resources or {}).items()}
        self.offers: dict[int, dict[str, float]] = {w: dict(offer) for w, offer in self.have.items()}  # what is left
        self.apart = apart
        # workers
        self.on: list[int] = [NOTHING] * nworkers
        self.flying: dict[int, int] = {}  # task to worker, where workers are handed several at a time
        self.nrunning = 0
        self.gone: set[int] = set()  # workers that left
        # memory
        self.held = 0
        self.limit = limit
        self.small = LARGE - 1
        self.large: set[int] = set()
        self.nspilled = 0
        self.loads: list[int] = []  #: blocks that the task just chosen needs read back
        self.victims: list[int] = []  #: blocks to write, when the answer is SPILL
        self.loading: set[int] = set()
        self.spilling: set[int] = set()
        self.awaited: dict[
            int, int
        ] = {}  # by worker, while victims are written: bytes of the task that there shall be room for
        self.clean: set[int] = set()  # blocks in memory with a copy on disk
        self.elsewhere: set[int] = set()  # blocks that are on disk from the start, of a task that is about to finish
        self.relearned: dict[int, int] = {}
        self.touched: dict[int, int] = {}  # blocks that somebody holds: when they were last asked for
        # numbers that are used again
        self.grown = False  # whether tasks came one by one: then the log does not have all that a replay needs
        self.free: list[int] = []
        self.resting: list[int] = []  # those that may still stand in a queue
        # course
        self.left = 0
        self.serial = 0
        self.retries = retries
        self.spent: dict[int, int] = {}
        self.slow = apart
        self.straight: straights.Straight | None = None
        self.stopped = False
        # log
        self.log: deque[int] = deque(maxlen=log_length)
        self.clock: deque[float] = deque(maxlen=log_length)
        self.notes: deque[tuple[float, str, Any]] = deque(maxlen=max(log_length // 10, 1))
        self.noted = 0  # notes ever made

    # -- graphs come ------------------------------------------------------------------------------------------------

    def added(
        self,
        plan: Plan,
        *,
        now: float = 0.0,
        keep: bool = False,
        external: dict[int, int] | None = None,
        stored: dict[int, int] | None = None,
        alone: bool = False,
    ) -> int:
        """Take in a plan; its block ``b`` gets the number ``base + b``, where ``base`` is returned.

        Parameters
        ----------
        plan : Plan
        now : float
            Time, for the log.
        keep : bool
            The answers stay with the scheduler, which may spill them, until they are let go. Otherwise the caller takes
            them, and they do not count.
        external : mapping of int to int, optional
            Data blocks of the plan that are blocks of this scheduler already.
        stored : mapping of int to int, optional
            Data blocks that the backend keeps elsewhere, with their sizes: they count once they are read, and may go
            again after that. Other data is in memory already; it is the caller's and does not count.
        alone : bool
            One worker begins alone: if it is the first plan and may run straight (:mod:`weft.scheduler.straight`), it
            does.
        """
        self.settle()
        taken = adding.add(self, plan, keep=keep, external=external or {}, stored=stored or {}, alone=alone)
        self._set_small()
        self._note("added", taken, now)
        return taken.base

    def _set_small(self) -> None:
        """Wanted blocks below ``small`` are not looked at: all of them together may be a 64th of the budget."""
        self.small = min(LARGE - 1, self.limit // 64 // max(len(self.wanted), 1))

    # -- the hot path -----------------------------------------------------------------------------------------------

    def finish_and_next(self, worker: int, task: int, nbytes: int, released: list[int], now: float) -> int:
        """Record that a worker finished a task whose block has this size, and give it the next.

        Parameters
        ----------
        released : list of int
            The blocks that may go now are appended here.

        Returns
        -------
        int
            The task to run, or :data:`NOTHING`, or :data:`SPILL`.
        """
        if self.straight is not None:
            following = straights.advance(self, worker, task, nbytes, released, now)
            if self.straight is not None:
                return following
        self.log.append(worker << SHIFT | task)
        self.clock.append(now)
        phase = self.phase
        if phase[task] != RUNNING:
            return self._finish_late(worker, task)
        if self.outputs and task in self.outputs:
            finishing.note_outputs(self, task, nbytes)
            self._finish_slow(worker, task, released)
            return self._next(worker)
        phase[task] = DONE
        size = self.size
        projected = size[task]
        held = self.held + nbytes - projected
        size[task] = nbytes
        if nbytes > self.small:
            held -= finishing.note_large(self, task, nbytes, projected)
        if self.slow:
            self.held = held
            self._finish_slow(worker, task, released)
            return self._next(worker)
        ready = self.ready
        users = self.users
        waiters = self.dependents[task]
        if waiters:
            missing = self.missing
            for d in waiters:
                m = missing[d] - 1
                missing[d] = m
                if not m and not phase[d]:
                    phase[d] = READY
                    heappush(ready, self.order[d])
        if not users[task]:
            phase[task] = RELEASED
            held -= nbytes
            released.append(task)
        for s in self.inputs[task]:
            u = users[s] - 1
            users[s] = u
            if not u:
                phase[s] = RELEASED
                held -= size[s]
                released.append(s)
        self.left -= 1
        while ready:
            t = ready[0] & MASK
            if phase[t] != READY:
                heappop(ready)
                continue
            need = size[t]
            if held + need > self.limit:
                break
            heappop(ready)
            phase[t] = RUNNING
            self.held = held + need
            self.on[worker] = t
            return t
        self.held = held
        if not ready:
            self.on[worker] = NOTHING
            self.nrunning -= 1
            return NOTHING
        return self._next(worker)

    def next(self, worker: int, now: float = 0.0) -> int:
        """The task that an idle worker should run, or :data:`NOTHING`, or :data:`SPILL`."""
        if self.straight is not None and self.straight.begun:
            self.settle()
        self.log.append(worker << SHIFT | NEXT)
        self.clock.append(now)
        self.nrunning += 1
        return self._next(worker) if self.straight is None else straights.begin(self, worker)

    def finisher(self, blocks: list[Any]) -> straights.Finish | None:
        """What a worker tells its finishes while the run is straight (:mod:`weft.scheduler.straight`), if it is."""
        return straights.finisher(self, blocks)

    def sort(self, now: float = 0.0) -> None:
        """The worker of a straight run has a result that is no plain number, and reports it next."""
        straights.sort(self, now)

    def settle(self) -> None:
        """End a straight run, so that other workers may come; before any event but the next finish it is done anyway."""
        straights.settle(self)

    def note_turn(self, event: str, now: float) -> None:
        """Log a turn of a straight run."""
        self.log.append(EVENT[event])
        self.clock.append(now)

    def take(self, worker: int, now: float = 0.0, *, ahead: bool = False) -> int:
        """Like ``next``, for a worker that is handed several tasks ahead of time.

        With ``ahead`` the worker is busy, and wants a task only to fetch its inputs meanwhile: where workers are apart,
        it gets what would come to it anyway, and takes nothing that others could start at once.
        """
        if self.straight is not None:
            self.settle()
        self.log.append(worker << SHIFT | (AHEAD if ahead else TAKE))
        self.clock.append(now)
        if not (self.slow or ahead or self.stopped):  # the usual case of live runs, written out
            ready, phase = self.ready, self.phase
            while ready:
                task = ready[0] & MASK
                if phase[task] != READY:
                    heappop(ready)
                    continue
                need = self.size[task]
                if self.held + need > self.limit:
                    break
                heappop(ready)
                phase[task] = RUNNING
                self.held += need
                self.nrunning += 1
                self.on[worker] = NOTHING
                self.flying[task] = worker
                return task
        self.nrunning += 1
        task = self._next(worker, ahead)
        if task >= 0:
            self.on[worker] = NOTHING
            self.flying[task] = worker
        return task

    def followers(self, worker: int, task: int, made: Collection[int], light: int = 0) -> list[following.Follower]:
        """Tasks that may follow upon one that a worker was handed (:mod:`weft.scheduler.following`)."""
        return following.followers(self, worker, task, made, light)

    def upcoming(self, worker: int) -> int:
        """The task without a rule that a worker would get next, if memory had room for it; or NOTHING."""
        first = following.first_ready(self, worker)
        return NOTHING if first is None else first & MASK

    def is_premature(self, task: int, running: Collection[int]) -> bool:
        """Whether a task that is better than a ready one waits for nothing but those that run."""
        return following.comes_first(self, self.order[task], running)

    def follow(self, worker: int, task: int, now: float = 0.0) -> bool:
        """Hand a worker one of the followers, if memory has room for it; its finish comes after those it follows."""
        if not following.fits(self, task):
            return False
        self._note("followed", (worker, task), now)
        admission.start(self, worker, task, admission.bytes_needed(self, task))
        self.phase[task] = RUNNING
        self.nrunning += 1
        self.flying[task] = worker
        return True

    def busy(self) -> list[int]:
        """The tasks that workers have."""
        return [task for task in self.on if task >= 0] + list(self.flying)

    def finished(self, worker: int, task: int, nbytes: Any, released: list[int], now: float) -> None:
        """Record a finish without asking for more: for backends that hand out tasks ahead of time.

        ``nbytes`` is a list, with a size for each block, for a task with several outputs.
        """
        if self.straight is not None:
            self.settle()
        self.log.append(APART | worker << SHIFT | task)
        self.clock.append(now)
        self._leave(worker, task)
        if self.phase[task] != RUNNING:
            recovery.unbook(self, worker, task)
            return
        if not (self.slow or self.outputs or nbytes > self.small or self.inputs[task] or self.dependents[task]):
            self.held += nbytes - self.size[task]  # the usual case of live runs, written out
            self.size[task] = nbytes
            self.left -= 1
            if self.users[task]:
                self.phase[task] = DONE
            else:
                self.phase[task] = RELEASED
                self.held -= nbytes
                released.append(task)
            return
        if task in self.outputs:
            finishing.note_outputs(self, task, nbytes)
        else:
            finishing.note_size(self, task, nbytes)
        self._finish_slow(worker, task, released)

    # -- the same, for rare cases -----------------------------------------------------------------------------------

    def _finish_late(self, worker: int, task: int) -> int:
        """A task finished that nobody wants any more."""
        recovery.unbook(self, worker, task)
        return self._next(worker)

    def _finish_slow(self, worker: int, task: int, released: list[int]) -> None:
        """What ``finish_and_next`` does after the sizes are noted, for any task."""
        unneeded = finishing.pass_on(self, worker, task, released)
        if unneeded:
            recovery.drop(self, unneeded, released)

    def _next(self, worker: int, ahead: bool = False) -> int:
        """Choose for a worker that counts as running; it stops counting when there is nothing for it."""
        task = admission.choose(self, worker, ahead) if not self.stopped else NOTHING
        if task >= 0:
            self.phase[task] = RUNNING
            self.on[worker] = task
            return task
        self.on[worker] = NOTHING
        self.nrunning -= 1
        return task

    # -- rare events ------------------------------------------------------------------------------------------------

    def failed(self, worker: int, task: int, released: list[int], *, now: float = 0.0, retry: bool = True) -> Decisions:
        """A task raised (or its worker died). It runs again if it may; otherwise it and all that need it are failed."""
        self._note("failed", (worker, task, retry), now)
        self._leave(worker, task)
        recovery.unbook(self, worker, task)
        if self.phase[task] != RUNNING:  # cancelled meanwhile
            return Decisions()
        if retry and recovery.try_again(self, task):
            return Decisions(retry=True)
        return Decisions(failed=tuple(recovery.fail(self, task, released)))

    def returned(self, worker: int, task: int, *, now: float = 0.0) -> None:
        """A task comes back unfinished, not by its own fault (its worker left, an input was lost): run it again."""
        self._note("returned", (worker, task), now)
        self._leave(worker, task)
        recovery.unbook(self, worker, task)
        if self.phase[task] == RUNNING:
            recovery.ready_again(self, task)

    def _leave(self, worker: int, task: int) -> None:
        self.nrunning -= 1
        if self.flying.pop(task, None) is None and self.on[worker] == task:
            self.on[worker] = NOTHING

    def lost(self, blocks: Iterable[int], released: list[int], *, now: float = 0.0) -> None:
        """Blocks are gone. Those still needed are made again, with what that needs, and no others."""
        self.settle()
        blocks = tuple(blocks)
        again = recovery.lose(self, blocks, released)
        self._note("lost", (blocks, again), now)

    def cancelled(self, tasks: Iterable[int], released: list[int], *, now: float = 0.0) -> Decisions:
        """Nobody wants these tasks any more, nor what depends on them."""
        tasks = tuple(tasks)
        self._note("cancelled", tasks, now)
        return Decisions(interrupt=tuple(recovery.cancel(self, tasks, released)))

    def stop(self, *, now: float = 0.0) -> Decisions:
        """Start nothing more; says what still runs."""
        self._note("stopped", (), now)
        self.stopped = True
        self.slow = True
        return Decisions(interrupt=tuple(self.busy()))

    def spilled(self, block: int, *, now: float = 0.0) -> bool:
        """A victim was written to disk. Returns whether memory may let it go; it stays while somebody reads it."""
        self._log("spilled", block, now)
        self._no_victim(block)
        return eviction.written(self, block)

    def on_disk(self, blocks: Iterable[int], *, now: float = 0.0) -> None:
        """Blocks of a task with several, which finishes next, are on disk already."""
        blocks = tuple(blocks)
        self._note("on disk", blocks, now)
        self.elsewhere.update(blocks)

    def not_spilled(self, block: int, *, now: float = 0.0) -> None:
        """A victim could not be written: it stays in memory."""
        self._log("not spilled", block, now)
        self._no_victim(block)

    def _no_victim(self, block: int) -> None:
        self.spilling.discard(block)
        if not self.spilling:
            self.awaited.clear()  # also what somebody waited for who will never ask again

    def loaded(self, block: int, *, now: float = 0.0) -> None:
        """A spilled block is in memory again (its bytes were booked when the task that reads it was chosen)."""
        self._log("loaded", block, now)
        self.loading.discard(block)

    def set_limit(self, limit: int, *, now: float = 0.0) -> None:
        """The budget changed, or memory outside the blocks takes a part of it."""
        self._note("limit", limit, now)
        self.limit = limit
        self._set_small()

    def hold(self, block: int, *, now: float = 0.0) -> None:
        """Somebody wants to keep a block."""
        self._log("hold", block, now)
        self.users[block] += 1

    def unhold(self, block: int, released: list[int], *, now: float = 0.0) -> Decisions:
        """Somebody lets a block go; if nobody needs it, it is released, or its task cancelled."""
        self._log("unhold", block, now)
        self.users[block] -= 1
        return Decisions(interrupt=tuple(recovery.let_go(self, block, released)))

    def worker_added(self, offer: dict[str, float] | None = None, *, now: float = 0.0) -> int:
        """A worker came; returns its number."""
        worker = placement.worker_came(self, offer)
        self._note("worker", (worker, dict(offer or {})), now)
        return worker

    def worker_left(self, worker: int, *, now: float = 0.0) -> None:
        """A worker is gone for good: what waited for it goes to the others. Its running task: see ``returned``."""
        self._note("worker left", worker, now)
        placement.worker_left(self, worker)

    # -- questions --------------------------------------------------------------------------------------------------

    @property
    def stuck(self) -> bool:
        """Work is left, nothing runs, and nothing can start: a defect of the graph's books."""
        return bool(self.left > 0 and not self.nrunning and not self.stopped and not self._has_ready())

    def _has_ready(self) -> bool:
        queues = (self.ready, *self.local, *self.constrained.values())
        return any(self.phase[entry & MASK] == READY for queue in queues for entry in queue)

    def _log(self, event: str, number: int, now: float) -> None:
        self.settle()
        self.log.append(number << SHIFT | EVENT[event])
        self.clock.append(now)

    def _note(self, event: str, what: Any, now: float) -> None:
        if event != "added":
            self.settle()
        self.notes.append((now, event, what))
        self.noted += 1
        self.log.append(EVENT[event])
        self.clock.append(now)
