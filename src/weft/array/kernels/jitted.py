"""Chains of elementwise functions as machine code, where numba is installed (the extra ``weft[jit]``).

`Jitted` is a `Tiled` whose tiles are computed by one compiled function instead of one NumPy call for each step: no step
travels through the cache, and the interpreter's lock is free meanwhile. Everything else (tiles, broadcasting, reductions)
is as in `Tiled`, and so is the result: only functions stand in `TEMPLATES` for which the tests have found machine code
and NumPy to give the same bits, and no freedom is given to the compiler (``fastmath`` is off). Exponentials, logarithms
and trigonometric functions are left out: NumPy's own are different by a bit in the last place. Warnings that NumPy gives
about invalid values are not given.

Compiling takes a second or so, the more for the first function. In the mode ``"auto"`` it begins when chains of the same
structure have done `HOT` bytes of work in this process, or `WARM` where an earlier process has left its code; until then, and in
the threads that do not compile, they run as `Tiled`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from weft.array.kernels.machine_code import is_kept, machine_code
from weft.array.kernels.reductions import mean_chunk, sum_chunk
from weft.array.kernels.tiled import End, Evaluate, Leaf, Step, Tiled
from weft.array.kernels.tiles import CACHE, LEAST, Problem, Ranged
from weft.typing import Function

__all__ = ["HOT", "TEMPLATES", "Jitted", "is_compilable"]

#: Bytes of results of steps after which a chain is worth compiling.
HOT = 16 << 30
#: The same where another process has compiled it: what is left is to load numba and the code.
WARM = 4 << 30
#: Inputs of a compiled function, at most: the compiler checks each for overlap with the output.
MOST_OPERANDS = 8
#: Results that are added up on their own, and how many of their sums grow side by side: as many as registers hold.
RUN, LANES = 1024, 64

FLOATS, INTEGERS, BOOLS = "f", "iu", "b"

#: Functions that are compiled: kinds of the dtypes in which NumPy computes them, and the expression.
TEMPLATES: dict[Any, tuple[str, str]] = {
    np.add: (FLOATS + INTEGERS, "{0} + {1}"),
    np.subtract: (FLOATS + INTEGERS, "{0} - {1}"),
    np.multiply: (FLOATS + INTEGERS, "{0} * {1}"),
    np.true_divide: (FLOATS, "{0} / {1}"),
    np.negative: (FLOATS + "i", "-{0}"),
    np.positive: (FLOATS + INTEGERS, "{0}"),
    np.absolute: (FLOATS, "abs({0})"),
    np.square: (FLOATS + INTEGERS, "{0} * {0}"),
    np.reciprocal: (FLOATS, "one({0}) / {0}"),
    np.sqrt: (FLOATS, "sqrt({0})"),
    np.floor: (FLOATS, "floor({0})"),
    np.ceil: (FLOATS, "ceil({0})"),
    np.trunc: (FLOATS, "trunc({0})"),
    np.maximum: (FLOATS, "({0} if {0} >= {1} or {0} != {0} else {1})"),
    np.minimum: (FLOATS, "({0} if {0} <= {1} or {0} != {0} else {1})"),
    np.less: (FLOATS + INTEGERS, "{0} < {1}"),
    np.less_equal: (FLOATS + INTEGERS, "{0} <= {1}"),
    np.greater: (FLOATS + INTEGERS, "{0} > {1}"),
    np.greater_equal: (FLOATS + INTEGERS, "{0} >= {1}"),
    np.equal: (FLOATS + INTEGERS, "{0} == {1}"),
    np.not_equal: (FLOATS + INTEGERS, "{0} != {1}"),
    np.isnan: (FLOATS, "{0} != {0}"),
    np.isfinite: (FLOATS, "{0} - {0} == 0"),
    np.logical_and: (BOOLS, "{0} & {1}"),
    np.logical_or: (BOOLS, "{0} | {1}"),
    np.bitwise_and: (INTEGERS + BOOLS, "{0} & {1}"),
    np.bitwise_or: (INTEGERS + BOOLS, "{0} | {1}"),
    np.bitwise_xor: (INTEGERS, "{0} ^ {1}"),
}


def is_compilable(steps: tuple[Step, ...]) -> bool:
    """Whether all functions of a chain are among those that can be compiled, for some dtypes."""
    return bool(steps) and all(
        (step.function in TEMPLATES or step.function in (np.where, np.power)) and not step.keywords for step in steps
    )


class Jitted(Tiled):
    """A chain whose tiles machine code computes, once there is some.

    Parameters
    ----------
    steps, ninputs, leaves, end
        As of `Tiled`.
    is_eager : bool
        Compile at once, not after some work.
    directory : str, optional
        Where code is kept for other processes; see `machine_code`.
    """

    __slots__ = ("directory", "is_eager")

    def __init__(
        self,
        steps: tuple[Step, ...],
        ninputs: int,
        leaves: tuple[Leaf, ...] = (),
        end: End | None = None,
        is_eager: bool = False,
        directory: str | None = None,
    ) -> None:
        super().__init__(steps, ninputs, leaves, end)
        self.is_eager = is_eager
        self.directory = directory

    def __reduce__(self) -> tuple[Any, ...]:
        return Jitted, (self.steps, self.ninputs, self.leaves, self.end, self.is_eager, self.directory)

    def evaluator(self, problem: Problem) -> tuple[Evaluate, int]:
        structure = self.structure(problem)
        code = None if structure is None else STATES.code(structure, self.work(problem), self.is_eager, self.directory)
        if code is None:
            return super().evaluator(problem)
        assert structure is not None
        dtype = problem.dtypes[-1]
        arrays = sum(isinstance(each, (np.ndarray, Ranged)) for each in problem.operands)
        widest = max(each.itemsize for each in problem.dtypes)
        elements = max(LEAST, CACHE // (widest * (1 + arrays)))
        if self.end is None and all(map(partial(is_direct, problem), problem.operands)):
            elements = prod(problem.shape)
        tile = TileRun(code, structure.kinds, structure.dtypes, dtype, len(problem.shape))
        return tile.evaluate, elements

    def reduce(self, problem: Problem, axes: tuple[int, ...], dtype: Any) -> Any:
        """As of `Tiled`; sums of all elements are made by the code itself, in one call for the block."""
        assert self.end is not None
        ndim = len(problem.shape)
        if self.steps and self.end.function in (sum_chunk, mean_chunk) and len(axes) == ndim:
            flat = problem.flattened(axes)
            result = flat.dtypes[-1]
            structure = self.structure(flat) if result.kind == "f" and dtype in (None, result) else None
            if structure is not None and len(flat.shape) <= 2 and all(map(partial(is_direct, flat), flat.operands)):
                structure = replace(structure, adds=True)
                code = STATES.code(structure, self.work(problem), self.is_eager, self.directory)
                if code is not None:
                    run = TileRun(code, structure.kinds, structure.dtypes, result, len(flat.shape))
                    return np.add.reduce(run.added(flat.operands, flat.shape)).reshape((1,) * ndim)
        return super().reduce(problem, axes, dtype)

    def work(self, problem: Problem) -> int:
        """Bytes that the steps give."""
        return prod(problem.shape) * sum([dtype.itemsize for dtype in problem.dtypes])

    def structure(self, problem: Problem) -> Structure | None:
        """What the machine code depends on; None if there can be none."""
        if len(problem.operands) > MOST_OPERANDS:
            return None
        given = self.ninputs + len(self.leaves)
        typed: dict[int, Any] = {}
        dtypes: list[np.dtype[Any]] = []
        for slot, operand in zip(self.read, problem.operands, strict=True):
            if isinstance(operand, (np.ndarray, np.generic, Ranged)):
                typed[slot] = operand.dtype
            elif type(operand) in (int, float, bool):
                typed[slot] = type(operand)
            else:
                return None
            dtypes.append(np.dtype(typed[slot]))
        place_of = {slot: place for place, slot in enumerate(self.read)}
        lines: list[Line] = []
        for place, (step, result) in enumerate(zip(self.steps, problem.dtypes, strict=True)):
            slots = tuple([place_of[slot] if slot < given else len(self.read) + slot - given for slot in step.slots])
            kinds = [typed[slot] for slot in step.slots]
            line = line_of(step.function, kinds, slots, result, problem.operands)
            if line is None:
                return None
            lines.append(line)
            typed[given + place] = result
        kinds_of = tuple([kind_of(each, problem.shape) for each in problem.operands])
        for place, operand in enumerate(problem.operands):  # Python's numbers take the dtype of who reads them
            if type(operand) in (int, float, bool):
                read = {line.loop[at].str for line in lines for at, slot in enumerate(line.slots) if slot == place}
                if len(read) != 1:
                    return None
                dtypes[place] = np.dtype(read.pop())
        return Structure(tuple(lines), tuple([each.str for each in dtypes]), kinds_of)


@dataclass(frozen=True)
class Line:
    """A step: its expression, the dtypes in which NumPy computes it (the last is that of the result), and what it reads."""

    template: str
    loop: tuple[np.dtype[Any], ...]
    slots: tuple[int, ...]


@dataclass(frozen=True)
class Structure:
    """All that machine code depends on."""

    lines: tuple[Line, ...]
    dtypes: tuple[str, ...]
    kinds: tuple[str, ...]
    adds: bool = False  #: whether the results are added up


def line_of(
    function: Any, kinds: list[Any], slots: tuple[int, ...], result: np.dtype[Any], operands: list[Any]
) -> Line | None:
    """How a step is written; None if it cannot be, with these dtypes."""
    if function is np.where:
        if result.kind not in FLOATS + INTEGERS + BOOLS or result.itemsize < 4:
            return None
        return Line("({1} if {0} else {2})", (np.dtype(bool), result, result, result), slots)
    if function is np.power:
        exponent = operands[slots[1]] if slots[1] < len(operands) else None
        if type(exponent) not in (int, float) or exponent != 2 or result.kind != "f" or kinds[0] != result:
            return None
        return Line("{0} * {0}", (result, result), slots[:1]) if result.itemsize >= 4 else None
    found = TEMPLATES.get(function)
    if found is None:
        return None
    try:
        loop = function.resolve_dtypes((*kinds, None))
    except TypeError:
        return None
    if any(each.kind not in found[0] for each in loop[:-1]) or loop[-1] != result:
        return None
    if any(each.kind == "f" and each.itemsize not in (4, 8) for each in loop) or any(
        not each.isnative for each in loop
    ):
        return None
    return Line(found[1], tuple(loop), slots)


def kind_of(operand: Any, shape: tuple[int, ...]) -> str:
    """How a compiled function reads an operand: ``element``, ``column`` (one for each row) or ``rows``."""
    if isinstance(operand, Ranged):
        return "rows"
    if not isinstance(operand, np.ndarray) or not operand.ndim:
        return "element"
    if len(shape) == 2 and operand.shape == (shape[0], 1) and shape[1] > 1:
        return "column"
    return "rows"


def is_direct(problem: Problem, operand: Any) -> bool:
    """Whether the code can read an operand of a whole block where it lies."""
    if not isinstance(operand, np.ndarray):
        return not isinstance(operand, Ranged)
    shape = problem.shape
    if not operand.ndim or (len(shape) == 2 and kind_of(operand, shape) == "column"):
        return True
    if len(shape) == 2:
        return operand.shape[-1] == shape[1] and operand.strides[-1] == operand.itemsize
    return operand.shape == shape and operand.flags.c_contiguous


class TileRun:
    """A compiled function on one tile after the other, with a buffer for the result."""

    def __init__(
        self, code: Function, kinds: tuple[str, ...], dtypes: tuple[str, ...], dtype: np.dtype[Any], ndim: int
    ) -> None:
        self.code = code
        self.kinds = kinds
        self.dtypes = [np.dtype(each) for each in dtypes]
        self.dtype = dtype
        self.ndim = ndim
        self.buffer = np.empty(0, dtype)

    def evaluate(self, operands: list[Any], shape: tuple[int, ...], out: Any) -> Any:
        """The tile's result, in ``out`` if that is given."""
        rows, columns = shape if self.ndim == 2 else (1, prod(shape))
        if out is not None and (out.flags.c_contiguous or (self.ndim == 2 and out.strides[1] == out.itemsize)):
            target = out
        else:
            if self.buffer.size < prod(shape):
                self.buffer = np.empty(prod(shape), self.dtype)
            target = self.buffer[: prod(shape)].reshape(shape)
        self.call(operands, shape, [rows, columns, address(target), target.strides[0] if self.ndim == 2 else 0])
        if out is not None and target is not out:
            out[...] = target
        return target if out is None else out

    def added(self, operands: list[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Sums of runs of the results."""
        rows, columns = shape if self.ndim == 2 else (1, prod(shape))
        runs = -(-columns // RUN)
        sums = np.empty(rows * runs, self.dtype)
        spare = np.empty(LANES, self.dtype)
        self.call(operands, shape, [rows, columns, address(sums), runs * self.dtype.itemsize], [address(spare)])
        return sums

    def call(self, operands: list[Any], shape: tuple[int, ...], first: list[int], last: Sequence[int] = ()) -> None:
        """Run the code."""
        arguments = list(first)
        kept = []  # what is made here must live while the code runs
        for operand, kind, dtype in zip(operands, self.kinds, self.dtypes, strict=True):
            made, stride = self.readable(operand, kind, dtype, shape)
            kept.append(made)
            arguments += (address(made), stride)
        self.code(*arguments, *last)

    def readable(self, operand: Any, kind: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[Any, int]:
        """An operand's tile as the code reads it, and the distance between rows in bytes."""
        if kind == "element":
            return np.asarray(operand, dtype), 0
        if kind == "column":
            return operand, operand.strides[0]
        if self.ndim == 2:
            if operand.shape[-1] == shape[1] and operand.strides[-1] == operand.itemsize:
                if operand.shape == shape:
                    return operand, operand.strides[0]
                return operand, 0
        elif operand.shape == shape and operand.flags.c_contiguous:
            return operand, 0
        whole = np.ascontiguousarray(np.broadcast_to(operand, shape))
        return whole, whole.strides[0] if self.ndim == 2 else 0


def address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


@dataclass
class State:
    """What has become of a structure."""

    work: int = 0
    code: Function | None = None
    is_closed: bool = False  #: being compiled, or not to be
    is_kept: bool | None = None  #: whether another process has compiled it; None as long as nobody looked


@dataclass
class States:
    """The compiled functions of this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    known: dict[Structure, State] = field(default_factory=dict)

    def code(self, structure: Structure, work: int, is_eager: bool, directory: str | None = None) -> Function | None:
        """The function for a structure, compiled or loaded here if it is time for that; None as long as there is none."""
        state = self.known.get(structure)
        if state is not None and state.code is not None:
            return state.code
        with self.lock:
            state = self.known.setdefault(structure, State())
            state.work += work
            if state.is_closed or not (is_eager or state.work >= min(WARM, HOT)):
                return state.code
            if not (is_eager or state.work >= HOT):
                if state.is_kept is None:
                    state.is_kept = directory is not None and is_kept(source_of(structure), directory)
                if not state.is_kept:
                    return state.code
            state.is_closed = True
        state.code = machine_code(source_of(structure), directory)
        return state.code


STATES = States()


def source_of(structure: Structure) -> str:
    """The function as Python source: a loop over rows, a loop over columns, and a line for each step."""
    names = [f"a{place}" for place in range(len(structure.dtypes))]
    parameters = "".join(f", p{place}, s{place}" for place in range(len(names)))
    heads = [f"def chain(rows, columns, out, out_step{parameters}{', spare' if structure.adds else ''}):"]
    result = structure.lines[-1].loop[-1]
    if structure.adds:
        heads.append(f" r = view(pointer(spare), ({LANES},), {result.name})")
        per_row = [f"sums = view(pointer(out + row * out_step), ((columns + {RUN - 1}) // {RUN},), {result.name})"]
    else:
        per_row = [f"r = view(pointer(out + row * out_step), (columns,), {result.name})"]
    values = []
    for place, (kind, dtype) in enumerate(zip(structure.kinds, structure.dtypes, strict=True)):
        name = np.dtype(dtype).name
        if kind == "element":
            heads.append(f" v{place} = view(pointer(p{place}), (1,), {name})[0]")
            values.append(f"v{place}")
        elif kind == "column":
            per_row.append(f"v{place} = view(pointer(p{place} + row * s{place}), (1,), {name})[0]")
            values.append(f"v{place}")
        else:
            per_row.append(f"a{place} = view(pointer(p{place} + row * s{place}), (columns,), {name})")
            values.append(f"a{place}[i]")
    dtypes = [np.dtype(each) for each in structure.dtypes]
    body: list[str] = []
    for number, line in enumerate(structure.lines):
        arguments = []
        for slot, wanted in zip(line.slots, line.loop[:-1], strict=True):
            arguments.append(values[slot] if dtypes[slot] == wanted else cast(values[slot], wanted))
        body.append(f"t{number} = {cast(line.template.format(*arguments), line.loop[-1])}")
        values.append(f"t{number}")
        dtypes.append(line.loop[-1])
    if not structure.adds:
        loop = ["for i in range(columns):", *[f" {each}" for each in [*body, f"r[i] = {values[-1]}"]]]
    else:
        added = [*body, f"r[place] += {values[-1]}"]
        loop = [
            f"for run in range((columns + {RUN - 1}) // {RUN}):",
            f" start = run * {RUN}",
            f" stop = min(start + {RUN}, columns)",
            f" count = min({LANES}, stop - start)",
            f" for place in range({LANES}):",
            "  r[place] = -0.0",  # to which every value adds up to itself
            f" for _ in range((stop - start) // {LANES}):",
            f"  for place in range({LANES}):",
            *[f"   {each}" for each in ["i = start + place", *added]],
            f"  start += {LANES}",
            " for place in range(stop - start):",
            *[f"  {each}" for each in ["i = start + place", *added]],
            " while count > 1:",  # pairwise: the upper half onto the lower one
            "  half = (count + 1) // 2",
            "  for place in range(count - half):",
            "   r[place] += r[half + place]",
            "  count = half",
            " sums[run] = r[0]",
        ]
    return "\n".join(
        [*heads, " for row in range(rows):", *[f"  {each}" for each in [*per_row, *loop]]]
    )  # fmt: skip


def cast(text: str, dtype: np.dtype[Any]) -> str:
    """An expression in a dtype."""
    return (
        f"(({text}) != 0)"
        if dtype == np.bool_ and not any(mark in text for mark in "<>=!&|")
        else f"{dtype.name}({text})"
    )
