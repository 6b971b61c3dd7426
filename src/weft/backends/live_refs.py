"""Live runs that hold refs, not values: their tasks are performed by other processes. HOT: ``finished``.

A ref is a block's packed bytes, or the path of its file (:mod:`weft.backends.remote`). What differs from a run that ends:
the graph grows, blocks go when their tickets do, and programs are forgotten when many others have come since.
"""

from __future__ import annotations

import itertools
from _thread import allocate_lock
from collections import Counter
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from weft import config
from weft.backends.contract import Held, Request
from weft.backends.evaluate import as_task_error
from weft.backends.filed import FiledBlocks
from weft.backends.live import DONE, FINISHED, LOST, PENDING, Live, Ticket, empty_plan
from weft.backends.local import is_ordinary
from weft.backends.packed import pack, unpack_own
from weft.backends.remote import RemoteRun, discard
from weft.errors import BlockLostError, Reschedule
from weft.graph import Plan, Program
from weft.scheduler import growing
from weft.scheduler.state import Phase
from weft.sizeof import sizeof
from weft.store.blockfile import read_block
from weft.store.memory import readonly_view
from weft.typing import Key

__all__ = ["PROGRAMS", "LiveRefs"]

RUNNING = Phase.RUNNING.value
#: Programs that are remembered, here and in the workers.
PROGRAMS = 2048


class LiveRefs(Live, RemoteRun):
    """A live run over a table of refs.

    Parameters
    ----------
    request : Request
        The budget, the spill directory, the retries.
    kind : str
        What it is called.
    nworkers : int
    files : FiledBlocks
        Where files lie.
    resources : mapping of int to mapping, optional
    """

    def __init__(
        self,
        request: Request,
        kind: str,
        nworkers: int,
        files: FiledBlocks,
        resources: Mapping[int, dict[str, float]] | None = None,
    ) -> None:
        self.lock = allocate_lock()
        RemoteRun.__init__(
            self,
            Plan([], [], [], [], [], []),
            request,
            kind,
            nworkers,
            files=files,
            inline_nbytes=config.value("processes.inline-size"),
            keep=True,
            resources=dict(resources) if resources else None,
        )
        self.plan = empty_plan(self.core)
        self.values = self.refs
        self.written: dict[int, bytes] = {}  # type: ignore[assignment]
        self.programs: dict[int, Program] = {}  # by number: they must live as long as they are known by their id
        self.program_count = itertools.count()
        self.request = request
        self.deaths: Counter[int] = Counter()
        self.deadlines: dict[int, float] = {}  # tasks with a timeout
        self.live_init()

    def mean_duration(self) -> float | None:
        return self.mean_cost

    # -- programs -------------------------------------------------------------------------------------------------------

    def _write(self, program: Program) -> int:
        before, self.written = self.written, []  # type: ignore[assignment]
        try:
            RemoteRun._write(self, program)
            (written,) = self.written
        finally:
            self.written = before
        number = next(self.program_count)
        self.numbers[id(program)] = number
        self.programs[number] = program
        self.written[number] = written  # type: ignore[assignment]
        return number

    def forget_programs(self) -> list[int]:
        """Let go of the programs that were written down first, if there are many; gives their numbers."""
        if len(self.numbers) <= PROGRAMS:
            return []
        old = list(self.programs)[: PROGRAMS // 2]
        for number in old:
            del self.numbers[id(self.programs.pop(number))]
            del self.written[number]
            self.costs.pop(number, None)
        return old

    # -- news -----------------------------------------------------------------------------------------------------------

    def finished(
        self, worker: int, task: int, ref: Any, nbytes: Any, *, began: float = 0.0, ended: float = 0.0
    ) -> None:
        core, released = self.core, self.released
        if self.deadlines:
            self.deadlines.pop(task, None)
        if core.phase[task] != RUNNING:
            core.finished(worker, task, nbytes, released, perf_counter())
            discard(ref)
            self._recycle((task,))
            return
        if type(ref) is list:
            for block, each in zip(core.outputs[task], ref, strict=True):
                self.refs[block] = each
            self.filed = True
        else:
            self.refs[task] = ref
            if type(ref) is str:
                self.filed = True
        self.where[task] = worker
        core.finished(worker, task, nbytes, released, perf_counter())
        if core.phase[task] == DONE or (core.outputs and task in core.outputs):
            if self.observers:  # they hear of it before those who wait
                self.transition(
                    self.plan.keys[task], "processing", "memory", worker=worker, nbytes=nbytes, number=task, value=ref,
                    began=began, ended=ended,
                )  # fmt: skip
            if core.large:
                self.touch(task)
            self.settle(task, FINISHED, None)
            for each in core.outputs.get(task, ())[1:] if core.outputs else ():
                self.settle(each, FINISHED, None)
        if released:
            self._clear(released)

    def failed(self, worker: int, task: int, error: BaseException, *, retry: bool = True) -> None:
        core = self.core
        if self.deadlines:
            self.deadlines.pop(task, None)
        if isinstance(error, Reschedule):
            core.returned(worker, task, now=perf_counter())
            return
        unwanted = core.phase[task] > RUNNING
        decided = core.failed(worker, task, self.released, now=perf_counter(), retry=retry and is_ordinary(error))
        if not decided.retry and not unwanted:
            self.failed_tasks(decided.failed, as_task_error(error, self, task))
        self._clear(self.released)
        self._recycle((task,))

    def lost(self, worker: int, task: int, path: str) -> None:
        gone = [block for block in self.core.inputs[task] if self.refs[block] == path]
        for block in gone:
            self.refs[block] = self.copies.pop(block, None)
        gone = [block for block in gone if self.refs[block] is None]
        data = [block for block in gone if self.core.programs[block] is None and block not in self.core.stored]
        if data:
            error = BlockLostError(f"the data {self.plan.keys[data[0]]!r} is gone; it cannot be made again")
            self.settle(data[0], LOST, error)
            self.failed(worker, task, error, retry=False)
            return
        self.core.lost(gone, self.released, now=perf_counter())
        for block in gone:
            for ticket in self._tickets_of(block):
                ticket.status = PENDING
        self._clear(self.released)
        self.give_back(worker, task)

    def give_up(self, error: BaseException) -> None:
        """There is no room for the next task, and none can be made: it fails."""
        core, limit = self.core, self.core.limit
        core.limit = core.UNLIMITED
        task = core.take(0, perf_counter())
        core.limit = limit
        core.loads = []
        if task >= 0:
            self.failed(0, task, error, retry=False)

    # -- values ---------------------------------------------------------------------------------------------------------

    def fetch(self, ticket: Ticket) -> Any:
        """The value of a task that has finished."""
        return self.fetch_all([ticket])[0]

    def fetch_all(self, tickets: Sequence[Ticket]) -> list[Any]:
        refs: list[Any] = []
        with self.lock:
            for ticket in tickets:
                number = ticket.number
                if number < 0:
                    raise ticket.error or KeyError(ticket.key)
                ref = self.refs[number]
                if type(ref) is not bytes and ref is not None:
                    self.touch(number)
                elif ref is None:
                    ref = Source(self.sources[number]) if number in self.sources else None
                refs.append(ref)
        return [self._value_of(ticket, ref) for ticket, ref in zip(tickets, refs)]

    def _value_of(self, ticket: Ticket, ref: Any) -> Any:
        if type(ref) is bytes:
            return unpack_own(ref)
        if type(ref) is Source:
            value = ref.value
            return value.get() if isinstance(value, Held) else readonly_view(value)
        for _ in range(3):
            try:
                return read_block(ref, verify=self._on_disk(ref), private=True)
            except (FileNotFoundError, BlockLostError):
                with self.lock:  # it may have moved
                    moved = self.refs[ticket.number] if ticket.number >= 0 else None
                if moved is None or moved == ref:
                    break
                ref = moved
        raise BlockLostError(f"the result of {ticket.key!r} is gone: {ref}")

    def spill_now(self, victims: list[int]) -> None:
        with self.lock:
            self._spill(victims)

    def packed(self, value: Any, key: Key) -> tuple[Any, int]:
        packed: Any = pack(value, self.inline_nbytes, f"data {key!r}")
        if not isinstance(packed, bytes):
            packed = self.files.shared.put_serialized(packed)
            return packed.path, packed.nbytes  # type: ignore[union-attr]
        return packed, len(packed)

    def unpacked(self, packed: Any) -> None:
        discard(packed)

    def _take_in(self, ticket: Ticket, ref: Any, nbytes: int) -> None:
        if ticket.key in self.known:
            if ticket.number < 0:
                self._join(ticket, self.known[ticket.key])
            discard(ref)
            return
        number = growing.grow_data(self.core, nbytes)
        self._columns(number, ticket.key, ticket, ())
        self.put_in(number, ref)
        self.touch(number)
        self.settle(number, FINISHED, None)

    def put_in(self, number: int, packed: Any) -> None:
        self.refs[number] = packed
        if type(packed) is str:
            self.filed = True

    def cost_of(self, value: Any) -> int:
        return sizeof(value)

    def bring(self, number: int, value: Any) -> None:
        self.sources[number] = value

    def drop(self, numbers: list[int]) -> None:
        self._drop(numbers)

    def forgotten(self, numbers: Sequence[int]) -> None:
        if self.sources or self.deaths:
            for number in numbers:
                self.sources.pop(number, None)
                self.deaths.pop(number, None)


class Source:
    """A value that has not been packed yet."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
