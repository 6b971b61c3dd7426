"""Where tasks are performed in another process: programs, inputs, results. HOT: :meth:`Bench.perform`."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from time import perf_counter
from typing import Any, TypeAlias

from weft.backends.packed import pack, unpack
from weft.errors import BlockLostError
from weft.graph import Program
from weft.store.blockfile import read_block
from weft.store.memory import readonly_view
from weft.store.shared import SharedStore

__all__ = ["Ack", "Bench", "Failure", "Order", "Ref", "SharedBench"]

#: Inputs from files that are kept for the next task that reads them: at most so many bytes in all.
CACHED_NBYTES = 32 << 20
#: Values that tasks could change are built anew for each.
NOT_CACHED = (list, dict, set, bytearray)

#: A packed block, or the path of a file with one.
Ref: TypeAlias = "bytes | str"
#: Task number, program number, inputs, constants.
Order: TypeAlias = tuple[int, int, tuple[Ref, ...], tuple[Any, ...]]
#: Task number, its block (or list of blocks), bytes (or list of bytes), when it began and ended.
Ack: TypeAlias = tuple[int, Any, Any, float, float]


class Failure(Exception):
    """A task did not come to its end; raised by :meth:`Bench.perform`."""

    def __init__(self, news: tuple[Any, ...]) -> None:
        super().__init__(news)
        self.news = news


class Bench:
    """Where tasks are performed: programs, inputs, results."""

    def __init__(self) -> None:
        self.written: dict[int, bytes] = {}
        self.programs: dict[int, Program] = {}
        self.cache: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self.cached = 0
        self.shared = ""
        self.inline_nbytes = 0
        self.store: SharedStore | None = None

    def begin(self, shared: str, inline_nbytes: int) -> None:
        """Get ready for another run."""
        self.clear()
        self.shared = shared
        self.inline_nbytes = inline_nbytes
        self.store = SharedStore(attach=shared, inline_nbytes=-1)

    def clear(self) -> None:
        """Let go of everything."""
        self.written.clear()
        self.programs.clear()
        self.cache.clear()
        self.cached = 0

    def perform(self, number: int, refs: tuple[Ref, ...], constants: tuple[Any, ...]) -> tuple[Any, Any, float, float]:
        """Run a program; gives its block, the block's bytes, and when it began and ended."""
        program = self.programs.get(number)
        if program is None:
            program = self._program(number)
        values = [unpack(ref) if type(ref) is bytes else self._read(ref) for ref in refs] if refs else []
        if constants:
            values += constants
        began = perf_counter()
        function = program.direct
        value = function(*values) if function is not None else program.run(values)
        ended = perf_counter()
        del values
        if program.noutputs > 1:
            blocks = [self._keep(each, "an output of the task") for each in outputs_of(program, value)]
            return [ref for ref, _ in blocks], [nbytes for _, nbytes in blocks], began, ended
        ref, nbytes = self._keep(value, "the result")
        return ref, nbytes, began, ended

    def _keep(self, value: Any, name: str) -> tuple[Any, int]:
        packed = pack(value, self.inline_nbytes, name)
        if type(packed) is bytes:
            return packed, len(packed)
        assert self.store is not None
        ref: Any = self.store.put_serialized(packed)  # type: ignore[arg-type]
        return ref.path, ref.nbytes

    def _program(self, number: int) -> Program:
        program: Program = unpack(self.written[number])
        self.programs[number] = program
        return program

    def _read(self, path: Any) -> Any:
        """The value in a file."""
        found = self.cache.get(path)
        if found is not None:
            self.cache.move_to_end(path)
            return readonly_view(found[0])
        try:
            value = read_block(path, verify=not path.startswith(self.shared))
            nbytes = os.stat(path).st_size
        except (BlockLostError, FileNotFoundError) as error:
            raise Failure(("lost", path, str(error))) from None
        if nbytes <= CACHED_NBYTES // 4 and not isinstance(value, NOT_CACHED):
            self.cache[path] = value, nbytes
            self.cached += nbytes
            while self.cached > CACHED_NBYTES:
                self.cached -= self.cache.popitem(last=False)[1][1]
            return readonly_view(value)
        return value


def outputs_of(program: Program, value: Any) -> list[Any]:
    """The blocks of a task with several outputs."""
    expected = program.noutputs
    try:
        blocks = list(value)
    except TypeError:
        raise TypeError(f"a task with {expected} outputs must return a sequence, not {type(value).__name__}") from None
    if len(blocks) != expected:
        raise ValueError(f"a task with {expected} outputs returned {len(blocks)}")
    return blocks


class SharedBench(Bench):
    """A bench at which several threads work."""

    def __init__(self) -> None:
        super().__init__()
        self._reading = threading.Lock()

    def _read(self, path: Any) -> Any:
        with self._reading:
            return super()._read(path)

    def _program(self, number: int) -> Any:
        with self._reading:
            known = self.programs.get(number)
            return known if known is not None else super()._program(number)
