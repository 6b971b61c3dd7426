"""A run whose tasks are performed by other processes: what ``processes`` and ``executor`` share. HOT: ``gather``, ``finished``.

The driver holds no values. For each block it has a *ref*: the block's packed bytes if it is small, else the path of its
file. A task travels as an *order*: its number, the number of its program, the refs of its inputs, its constants. Programs
are written down once and sent to each worker once. What comes back is refs again, so nothing is unpacked here but the
answers, at the end.

Data that the caller brings is put into a file when the first task needs it (small values are packed), counts from then
on, and may go again. When memory is short the driver copies files from shared memory to disk; they are read from there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Self, cast

from weft.backends.bench import Order
from weft.backends.contract import Held, Request, Run, core_for, heard
from weft.backends.evaluate import as_task_error
from weft.backends.filed import FiledBlocks, HeldFile, Holding
from weft.backends.held import HELD
from weft.backends.local import is_ordinary
from weft.backends.packed import pack, serialized, unpack_own
from weft.errors import SerializationError
from weft.graph import Plan, Program
from weft.graph.program import name_of
from weft.scheduler import SPILL, Scheduler
from weft.sizeof import sizeof
from weft.store.blockfile import read_block
from weft.store.files import FileRef
from weft.store.memory import readonly_view
from weft.store.places import free_nbytes
from weft.store.serialize import dumps

__all__ = ["ANY_SIZE", "RemoteRun", "discard"]

#: Larger than any message.
ANY_SIZE = 1 << 62
NOTHING = -1
#: How fast the expected duration of a program's tasks follows what was measured.
LEARNING = 0.3


class RemoteRun(Run):
    """One run over a table of refs.

    Parameters
    ----------
    files : FiledBlocks
        Where files lie.
    inline_nbytes : int
        Blocks up to this size are kept packed.
    keep : bool
        The wanted blocks stay: ``held`` gives references.
    """

    __slots__ = (
        "_hearing", "copies", "costs", "filed", "files", "inline_nbytes", "keep", "listeners", "mean_cost", "numbers", "pinned",
        "problem", "refs",
        "released", "sources", "spilling", "spills", "theirs", "written",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        request: Request,
        backend: str,
        nworkers: int,
        *,
        files: FiledBlocks,
        inline_nbytes: int,
        keep: bool = False,
        resources: dict[int, dict[str, float]] | None = None,
    ) -> None:
        limit = files.limit_beside(HELD.limit_beside(request.budget), request.spill_directory)
        if limit < Scheduler.UNLIMITED and files.shares_memory:
            limit = min(limit, free_nbytes(files.directory) * 9 // 10)
        core = core_for(request, backend, nworkers, limit, resources)
        super().__init__(plan, core, backend, nworkers, perf_counter())
        self.files = files
        self.spills = request.spill_directory
        self.inline_nbytes = inline_nbytes
        self.keep = keep
        self.refs: list[Any] = [None] * plan.nblocks
        self.copies: dict[int, str] = {}  # blocks in memory that are on disk, too
        self.sources: dict[int, Any] = {}  # data blocks: where they come from
        self.theirs: set[int] = set()  # blocks whose files belong to a held block
        self.pinned: list[Holding] = []
        self.numbers: dict[int, int] = {}  # id of a program to its number
        self.written: list[bytes] = []  # by number
        self.released: list[int] = []
        self.costs: dict[int, float] = {}  # program number to the expected duration of its tasks, in seconds
        self.mean_cost: float | None = None
        self.filed = False  # whether there ever was a block in a file
        self.problem: BaseException | None = None
        self.listeners: Sequence[Any] = request.listeners
        self._hearing: Any = None
        stored: dict[int, int] = {}
        for block, value in plan.data.items():
            if isinstance(value, HeldFile) and value.holding.owner is files:
                holding = value.holding
                files.pin(holding)
                self.pinned.append(holding)
                self.theirs.add(block)
                self.filed = True
                self.refs[block] = holding.ref
                if holding.spilled:
                    stored[block] = holding.nbytes
                continue
            self.sources[block] = value
            nbytes = value.nbytes if isinstance(value, Held) else sizeof(value)
            if nbytes > inline_nbytes or isinstance(value, Held):
                stored[block] = nbytes
        core.added(plan, keep=keep, stored=stored, now=self.began)

    def __enter__(self) -> Self:
        if self.listeners:
            self._hearing = contextlib.ExitStack()
            self._hearing.enter_context(heard(self, self.listeners))
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self.ended = perf_counter()
        self.error = error
        self._drop([block for block, ref in enumerate(self.refs) if type(ref) is str])
        self.refs = []
        for holding in self.pinned:
            self.files.unpin(holding)
        self.pinned = []
        if self._hearing is not None:
            self._hearing.close()

    # -- tasks go ---------------------------------------------------------------------------------------------------

    def take(self, worker: int) -> int:
        """The next task for a worker, with its inputs where workers can read them; -1 if there is none now."""
        core = self.core
        task = core.take(worker, perf_counter())
        try:
            while task == SPILL:
                self._spill(list(core.victims))
                task = core.take(worker, perf_counter())
            if task >= 0 and core.loads:
                loads, core.loads = core.loads, []
                for block in loads:
                    if self.refs[block] is None:
                        self._put(block)
                    core.loaded(block, now=perf_counter())
        except Exception as error:
            if task >= 0:
                self.give_back(worker, task)
            self.give_up(error)
            return NOTHING
        return task

    def order_for(self, task: int) -> Order:
        """What a worker must know to perform a task.

        Raises
        ------
        SerializationError
            Its program, or data that it reads, cannot travel.
        """
        program = self.plan.programs[task]
        number = self.numbers.get(id(program))
        if number is None:
            number = self._write(program)
        refs = self.refs
        inputs = self.core.inputs[task]
        if not inputs:
            return task, number, (), self.plan.constants[task]
        found = tuple([refs[block] for block in inputs])
        if None in found:
            found = tuple([self._put(block) if refs[block] is None else refs[block] for block in inputs])
        return task, number, found, self.plan.constants[task]

    def gather(self, worker: int, most: int, seconds: float) -> tuple[list[Order], list[float]]:
        """Orders for a worker that should keep it busy for some time, and what each is expected to take."""
        orders: list[Order] = []
        costs: list[float] = []
        known, load = self.costs, 0.0
        while len(orders) < most and load < seconds:
            task = self.take(worker)
            if task < 0:
                break
            try:
                order = self.order_for(task)
            except Exception as error:
                self.failed(worker, task, error, retry=False)
                for each in orders:
                    self.give_back(worker, each[0])
                return [], []
            cost = known.get(order[1], self.mean_cost)
            orders.append(order)
            if cost is None:
                costs.append(seconds)
                break
            costs.append(cost)
            load += cost
        return orders, costs

    def learn(self, task: int, seconds: float) -> None:
        """A task took so long: what to expect of others of its program."""
        costs, number = self.costs, self.numbers[id(self.plan.programs[task])]
        before = costs.get(number)
        costs[number] = seconds if before is None else before + LEARNING * (seconds - before)
        mean = self.mean_cost
        self.mean_cost = seconds if mean is None else mean + LEARNING * (seconds - mean)

    def message(self, worker: int, programs: list[tuple[int, bytes]], orders: list[Order]) -> bytes | None:
        """A batch of orders, written down; None (and the end of the run) if one cannot travel."""
        culprit = orders[0][0]
        try:
            written = pack(("tasks", programs, orders), ANY_SIZE)
            assert isinstance(written, bytes)
            return written
        except Exception as error:
            problem = error
            for task, _, _, constants in orders:
                for place, value in enumerate(constants, len(self.core.inputs[task])):
                    try:
                        dumps(value, name=f"argument {place} of task {self.key(task)!r}")
                    except SerializationError as found:
                        culprit, problem = task, found
        for order in orders:
            if order[0] != culprit:
                self.give_back(worker, order[0])
        self.failed(worker, culprit, problem, retry=False)
        return None

    def _write(self, program: Program) -> int:
        """Write a program down and give it a number."""
        try:
            written = pack(program, ANY_SIZE)
        except SerializationError:
            for step in program.steps:
                dumps(step.function, callables=True, name=f"function `{name_of(step.function)}`")
            raise
        assert isinstance(written, bytes)
        number = self.numbers[id(program)] = len(self.written)
        self.written.append(written)
        return number

    def _put(self, block: int) -> Any:
        """Pack a data block, or write it to a file; gives its ref."""
        value = self.sources[block]
        if isinstance(value, Held):
            value = value.get()
        packed: Any = pack(value, self.inline_nbytes, f"data {self.plan.keys[block]!r}")
        if not isinstance(packed, bytes):
            packed = cast(FileRef, self.files.shared.put_serialized(packed)).path
            self.filed = True
        self.refs[block] = packed
        return packed

    # -- tasks come back --------------------------------------------------------------------------------------------

    def finished(self, worker: int, task: int, ref: Any, nbytes: Any) -> None:
        """A task was done: its block (or list of blocks) is there."""
        if type(ref) is list:
            for block, each in zip(self.core.outputs[task], ref, strict=True):
                self.refs[block] = each
            self.filed = True
        else:
            self.refs[task] = ref
            if type(ref) is str:
                self.filed = True
        released = self.released
        self.core.finished(worker, task, nbytes, released, perf_counter())
        if released:
            self._drop(released)
            released.clear()

    def failed(self, worker: int, task: int, error: BaseException, *, retry: bool = True) -> None:
        """A task raised: it runs again if it may, otherwise that is the end of the run."""
        retry = retry and is_ordinary(error)
        decisions = self.core.failed(worker, task, self.released, now=perf_counter(), retry=retry)
        self._drop(self.released)
        self.released.clear()
        if not decisions.retry:
            self.give_up(as_task_error(error, self, task))

    def give_back(self, worker: int, task: int) -> None:
        """A task comes back through no fault of its own."""
        self.core.returned(worker, task, now=perf_counter())

    def lost(self, worker: int, task: int, path: str) -> None:
        """A task found the file of an input gone: make it again."""
        blocks = [block for block in self.core.inputs[task] if self.refs[block] == path]
        for block in blocks:
            self.refs[block] = self.copies.pop(block, None)
        try:
            gone = [block for block in blocks if self.refs[block] is None]
            self.core.lost(gone, self.released, now=perf_counter())
        except Exception as error:
            self.give_up(as_task_error(error, self, task))
        self._drop(self.released)
        self.released.clear()
        self.give_back(worker, task)

    def give_up(self, error: BaseException) -> None:
        """Start nothing more; the first error is the one that counts."""
        if self.problem is None:
            self.problem = error
            self.core.stop(now=perf_counter())

    # -- memory -----------------------------------------------------------------------------------------------------

    def _drop(self, blocks: list[int]) -> None:
        """Remove the files of blocks."""
        refs, copies = self.refs, self.copies
        for block in blocks:
            ref = refs[block]
            refs[block] = None
            if type(ref) is str and block not in self.theirs:
                self._remove(ref)
            if copies and (copy := copies.pop(block, None)) is not None:
                self._remove(copy)

    def _remove(self, path: str) -> None:
        """Remove a file: of memory now, of the disk in the course of time."""
        if self._on_disk(path):
            self.files.spill(self.spills).drop_soon(FileRef(path, 0))
        else:
            unlink(path)

    def _spill(self, victims: list[int]) -> None:
        """Copy blocks to disk and remove them from memory."""
        core, store = self.core, self.files.spill(self.spills)
        for place, block in enumerate(victims):
            ref = self.refs[block]
            try:
                if block in self.sources or block in self.theirs or block in self.copies or self._on_disk(ref):
                    copy = self.copies.get(block)
                elif isinstance(ref, bytes):
                    copy = cast(FileRef, store.put_serialized(serialized(ref))).path
                else:
                    copy = cast(FileRef, store.copy(FileRef(ref, core.size[block]))).path
            except BaseException:
                for each in victims[place:]:
                    core.not_spilled(each, now=perf_counter())
                raise
            if core.spilled(block, now=perf_counter()):
                self.copies.pop(block, None)
                if block in self.sources:
                    self._drop([block])
                elif copy is not None:
                    self.refs[block] = copy
                    if isinstance(ref, str):
                        unlink(ref)
            elif copy is not None:
                self.copies[block] = copy

    def _on_disk(self, ref: Any) -> bool:
        return isinstance(ref, str) and not ref.startswith(str(self.files.directory))

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
        values = {block: self._value(block) for block in dict.fromkeys(self.plan.wanted)}
        return [values[block] for block in self.plan.wanted]

    def _value(self, block: int) -> Any:
        value = self.plan.data.get(block)
        if block in self.plan.data:
            return value.get() if isinstance(value, Held) else readonly_view(value)
        ref = self.refs[block]
        if isinstance(ref, bytes):
            return unpack_own(ref)
        return read_block(ref, verify=self._on_disk(ref), private=True)

    def held(self) -> list[Held]:
        """References to the wanted blocks."""
        self.check()
        made: dict[int, Held] = {}
        for block in dict.fromkeys(self.plan.wanted):
            source = self.plan.data.get(block)
            if isinstance(source, Held):
                made[block] = source
                continue
            ref = self._put(block) if self.refs[block] is None else self.refs[block]
            nbytes = len(ref) if isinstance(ref, bytes) else os.stat(ref).st_size
            made[block] = self.files.hold(self.plan.keys[block], ref, nbytes, self._on_disk(ref))
            self.refs[block] = None
            if (copy := self.copies.pop(block, None)) is not None:
                unlink(copy)
        return [made[block] for block in self.plan.wanted]


def discard(ref: Any) -> None:
    """Remove the files of a result (or list of results) that nobody wants any more."""
    for each in ref if type(ref) is list else (ref,):
        if type(each) is str:
            unlink(each)


def unlink(path: str) -> None:
    """Remove a file, if it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
