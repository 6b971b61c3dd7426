"""A run in this process's memory: what ``inline`` and ``threads`` share. HOT: :meth:`LocalRun.work`.

Blocks are a list; a worker is a loop that asks the core for a task, runs it, stores the block and reports it, all in the
worker's own thread. There is no central loop and no queue: the lock is held while the core moves a few integers, and
the core's answer to "this is finished" is the next task. Blocks that may go are let go outside the lock, since freeing a
large array takes longer than everything else here.

When memory is short the core answers SPILL: the worker that asked writes the victims to disk and asks again. Blocks
that a task needs back are read by the worker that runs it.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Self

from weft.backends.contract import Held, Request, Run, core_for
from weft.backends.evaluate import PLAIN_SIZES, as_task_error, outputs_of
from weft.backends.held import HELD
from weft.backends.slack import Slack
from weft.graph import Plan
from weft.scheduler import NOTHING, SPILL
from weft.scheduler.straight import Finish
from weft.sizeof import sizeof
from weft.store.memory import freeze, readonly_view
from weft.store.spill import PartRef, SpillStore

__all__ = ["LocalRun"]


class LocalRun(Run):
    """One run over a list of blocks.

    Parameters
    ----------
    keep : bool
        The wanted blocks stay in the store (``persist``): they may be spilled, and ``held`` gives references.
    resources : mapping of int to mapping, optional
        What each worker offers.
    alone : bool
        Worker 0 begins alone: the core may run straight (:mod:`weft.scheduler.straight`).
    """

    __slots__ = (
        "_closed", "_hearing", "_making", "_spilling", "_store", "alarmed", "blocks", "copies", "keep", "listeners", "lock",
        "over", "problem", "slack", "sources", "spare", "spill_directory", "task_listeners",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        request: Request,
        backend: str,
        nworkers: int,
        *,
        keep: bool = False,
        resources: dict[int, dict[str, float]] | None = None,
        alone: bool = True,
    ) -> None:
        core = core_for(request, backend, nworkers, HELD.limit_beside(request.budget), resources)
        super().__init__(plan, core, backend, nworkers, perf_counter())
        self.blocks: list[Any] = [None] * plan.nblocks
        self.copies: dict[int, Any] = {}
        self.sources: dict[int, Held] = {}
        self.keep = keep
        self.lock = allocate_lock()
        self.over = False
        self.alarmed = False  # some worker was told to stop: all look before they report
        self.problem: BaseException | None = None
        self.spare: list[int] = []
        self.slack = Slack(core, self.lock, request.budget, plan.ntasks)
        self.listeners: Sequence[Any] = request.listeners
        self.task_listeners = [each for each in request.listeners if not getattr(each, "reads_log", False)]
        self.spill_directory = request.spill_directory
        self._store: SpillStore | None = None
        self._closed = False
        self._making = allocate_lock()
        self._spilling = allocate_lock()
        self._hearing: list[Any] = []
        stored: dict[int, int] = {}
        for block, value in plan.data.items():
            if isinstance(value, Held):
                at_hand = value.at_hand()
                if at_hand is None:
                    stored[block] = value.nbytes
                    self.sources[block] = value
                else:
                    self.blocks[block] = at_hand
            else:
                self.blocks[block] = readonly_view(value)
        core.added(plan, keep=keep, stored=stored, now=self.began, alone=alone and not self.task_listeners)

    @property
    def shares_memory(self) -> bool:
        return True

    def __enter__(self) -> Self:
        for listener in self.listeners:
            try:
                listener.started(self)
            except BaseException:
                self._tell_end()
                raise
            self._hearing.append(listener)
        return self

    @property
    def store(self) -> SpillStore:
        """Where blocks go that do not fit; made when the first one does."""
        if self._store is None:
            with self._making:
                if self._store is None:
                    self._store = SpillStore(self.spill_directory)
                    if self._closed:
                        self._store.close()
        return self._store

    def _tell_end(self) -> None:
        """Tell those who have heard of the start of the end, the last one first, whatever one of them raises."""
        while self._hearing:
            try:
                self._hearing.pop().ended(self)
            except BaseException:
                self._tell_end()
                raise

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self.over = True
        self.ended = perf_counter()
        self.error = error
        self.blocks = []
        if not self.keep or error is not None:
            if self._store is not None:
                self._store.close()
            self._closed = True
        self._tell_end()

    # -- the worker -------------------------------------------------------------------------------------------------

    def work(self, worker: int) -> None:
        """Run tasks as long as the core has some for this worker."""
        core, lock = self.core, self.lock
        with lock:
            task = core.next(worker, perf_counter())
            if task < 0 or core.loads:
                task = self._rare(worker, task)
            finish = core.finisher(self.blocks) if task >= 0 else None
            if core.straight is None and task >= 0 and self.spare and (core.ready or core.constrained):
                self.call_help()
        while finish is not None:
            task, finish = self._work_straight(worker, task, finish)
        if task >= 0:
            self._work(worker, task)

    def _work_straight(self, worker: int, task: int, finish: Finish) -> tuple[int, Finish | None]:
        """Run tasks of a straight run until the core must be asked; gives the next one, and how it is to be reported."""
        core, blocks, plan, lock = self.core, self.blocks, self.plan, self.lock
        programs, constants, inputs, sizes = plan.programs, plan.constants, plan.inputs, PLAIN_SIZES
        block_of, is_plain = blocks.__getitem__, core.straight is not None and core.straight.written
        released: list[int] = []
        following = task
        try:
            while following >= 0:
                task = following
                sources, more, program = inputs[task], constants[task], programs[task]
                function = program.direct
                if function is None:
                    value = program.run([*map(block_of, sources), *more])
                elif not sources:
                    value = function(*more)
                elif more:
                    value = function(*map(block_of, sources), *more)
                else:
                    value = function(*map(block_of, sources))
                nbytes: Any = sizes.get(type(value))
                if nbytes is None:
                    if self.keep or plan.uses[task]:
                        freeze(value)
                    nbytes = sizeof(value)
                    if is_plain:
                        blocks[task] = value
                        break
                blocks[task] = value
                value = None
                following = finish(task, sources, nbytes, perf_counter())
            value = None
            with lock:
                if self.alarmed:
                    self.check_in(worker)
                if is_plain and following >= 0:
                    core.sort(perf_counter())
                task = core.finish_and_next(worker, task, nbytes, released, perf_counter())
                if task < 0 or core.loads:
                    task = self._rare(worker, task)
                following_finish = core.finisher(blocks) if task >= 0 else None
                if self.spare and core.straight is None and (core.ready or core.constrained):
                    self.call_help()
        except BaseException as error:
            value = following_finish = None
            task = self._failed(worker, error, released)
        self._drop(released)
        return task, following_finish

    def _work(self, worker: int, task: int) -> None:
        """Run a task, and those that the core has after it."""
        core, blocks, lock, listeners = self.core, self.blocks, self.lock, self.task_listeners
        programs, constants, inputs, several = self.plan.programs, self.plan.constants, core.inputs, self.plan.outputs
        finish, sizes, ready = core.finish_and_next, PLAIN_SIZES, core.ready
        block_of, copies, made = blocks.__getitem__, self.copies, self.slack.made
        released: list[int] = []
        while task >= 0:
            try:
                if listeners:
                    before = perf_counter()
                    for listener in listeners:
                        listener.before(self, task, worker)
                sources, more, program = inputs[task], constants[task], programs[task]
                function = program.direct
                if function is None:
                    value = program.run([*map(block_of, sources), *more])
                elif not sources:
                    value = function(*more)
                elif more:
                    value = function(*map(block_of, sources), *more)
                else:
                    value = function(*map(block_of, sources))
                nbytes: Any = sizes.get(type(value))
                if nbytes is None or several:
                    if task in several:
                        if copies:
                            value = self._parts_on_disk(task, value)
                        nbytes = self._store_several(task, value)
                        value = None
                        made(sum(nbytes))
                    else:
                        if core.dependents[task] or self.keep:
                            freeze(value)
                        nbytes = sizeof(value)
                        blocks[task] = value
                        made(nbytes)
                else:
                    blocks[task] = value
                if listeners:
                    now = perf_counter()
                    for listener in listeners:
                        listener.after(self, task, worker, value, before, now)
                value = None
                with lock:
                    if self.alarmed:
                        self.check_in(worker)
                    task = finish(worker, task, nbytes, released, perf_counter())
                    if task < 0 or core.loads:
                        task = self._rare(worker, task)
                    elif self.spare and (ready or core.constrained):
                        self.call_help()
            except BaseException as error:
                value = None
                task = self._failed(worker, error, released)
            if copies:
                self._drop(released)
            elif released:
                for block in released:
                    blocks[block] = None
                released.clear()

    def check_in(self, worker: int) -> None:
        """Called by a worker, under the lock, before it reports."""

    def call_help(self) -> None:
        """Called under the lock when there is more to do than there are workers at it."""

    def left(self, worker: int) -> None:
        """Called under the lock when a worker has nothing to do and leaves."""

    def stopping(self) -> None:
        """Called under the lock when the run is given up."""

    def work_here(self) -> None:
        """Be worker 0 in the calling thread, to the end."""
        self.work(0)

    def _store_several(self, task: int, value: Any) -> list[int]:
        sizes = []
        for block, each in zip(self.core.outputs[task], outputs_of(self, task, value), strict=True):
            if type(each) is PartRef:
                self.copies[block] = each
                sizes.append(each.nbytes)
                continue
            if self.core.users[block]:
                freeze(each)
                self.blocks[block] = each
                self.copies.pop(block, None)  # of an attempt before
            sizes.append(sizeof(each))
        return sizes

    def _parts_on_disk(self, task: int, value: Any) -> Any:
        """What a task with several blocks returned, references in place of those that are parts of an input's file."""
        core, sources = self.core, self.sources
        spilled = [block for block in core.inputs[task] if block in self.copies and block not in sources]
        if not spilled:
            return value
        values = outputs_of(self, task, value)
        inner = [
            place
            for place, block in enumerate(core.outputs[task])
            if core.dependents[block] and block not in core.wanted
        ]
        for source in spilled:
            parts = self.store.parts(self.copies[source], self.blocks[source], [values[place] for place in inner])
            found = {place: part for place, part in zip(inner, parts, strict=True) if part is not None}
            if found:
                with self.lock:
                    core.on_disk([core.outputs[task][place] for place in found], now=perf_counter())
                return [found.get(place, each) for place, each in enumerate(values)]
        return values

    def _drop(self, released: list[int]) -> None:
        """Let blocks go, and their copies on disk."""
        blocks, copies = self.blocks, self.copies
        for block in released:
            if blocks:
                blocks[block] = None
            if copies and (copy := copies.pop(block, None)) is not None:
                self.store.drop_soon(copy)
        released.clear()

    # -- rare turns -------------------------------------------------------------------------------------------------

    def _rare(self, worker: int, task: int) -> int:
        """Under the lock: go on from an answer that is no task, or a task whose inputs must be read first."""
        core, lock = self.core, self.lock
        while True:
            if task == NOTHING:
                self.left(worker)
                return NOTHING
            if task == SPILL:
                victims = list(core.victims)
                lock.release()
                try:
                    self._spill(victims)
                finally:
                    lock.acquire()
                task = core.next(worker, perf_counter())
                if self.spare and (core.ready or core.constrained):
                    self.call_help()
                continue
            loads, core.loads = core.loads, []
            if loads:
                lock.release()
                try:
                    self._load(loads)
                finally:
                    lock.acquire()
            return task

    def _spill(self, victims: list[int]) -> None:
        """Write blocks to disk and let their memory go."""
        for place, block in enumerate(victims):
            value = self.blocks[block]
            try:
                if block not in self.copies:
                    self.copies[block] = self.sources[block] if block in self.sources else self.store.put(value)
            except BaseException:
                with self.lock:
                    for each in victims[place:]:
                        self.core.not_spilled(each, now=perf_counter())
                raise
            with self.lock:
                if self.core.spilled(block, now=perf_counter()):
                    self.blocks[block] = None
                    continue
                gone = not self.core.users[block]
            if gone:  # a client may have let it go, and its copy, just before
                copy = self.copies.pop(block, None)
                if copy is not None and not isinstance(copy, Held):
                    self.store.drop(copy)

    def _load(self, blocks: list[int]) -> None:
        """Read blocks back, unless another worker just did."""
        for block in blocks:
            with self._spilling:
                if self.blocks[block] is None:
                    source = self.sources.get(block)
                    self.blocks[block] = self.store.get(self.copies[block]) if source is None else source.get()
            with self.lock:
                self.core.loaded(block, now=perf_counter())

    def _failed(self, worker: int, error: BaseException, released: list[int]) -> int:
        """A task, or what surrounds it, raised."""
        with self.lock:
            self.core.settle()
            task = self.core.on[worker]
            if task >= 0:
                if self.core.failed(worker, task, released, now=perf_counter(), retry=is_ordinary(error)).retry:
                    return self._rare(worker, self.core.next(worker, perf_counter()))
                error = as_task_error(error, self, task)
            self.give_up(error)
            self.left(worker)
            return NOTHING

    def give_up(self, error: BaseException) -> None:
        """Under the lock: start nothing more; the first error is the one that counts."""
        if self.problem is None and not self.over:
            self.problem = error
            self.core.stop(now=perf_counter())
            self.stopping()

    # -- results ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise what went wrong, if anything did."""
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        self.check_done()

    def results(self) -> list[Any]:
        """Values of the wanted blocks."""
        self.check()
        blocks, sources = self.blocks, self.sources
        for block in sources.keys() & set(self.plan.wanted):  # held blocks on disk that no task has read
            if blocks[block] is None:
                blocks[block] = sources[block].get()
        return [blocks[block] for block in self.plan.wanted]

    def held(self) -> list[Held]:
        """References to the wanted blocks."""
        self.check()
        made: dict[int, Held] = {}
        for block in self.plan.wanted:
            if block in made:
                continue
            source = self.plan.data.get(block)
            if isinstance(source, Held):
                made[block] = source
                continue
            value = self.blocks[block]
            size = sizeof(value) if value is not None else self.core.size[block]
            made[block] = HELD.take(self.plan.keys[block], value, size, self.copies.pop(block, None), self.store)
        return [made[block] for block in self.plan.wanted]


def is_ordinary(error: BaseException) -> bool:
    """Whether a task that raised this may be tried again."""
    return isinstance(error, Exception)
