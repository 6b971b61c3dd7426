"""Which calls of a fused program become a `Tiled`: the compiler of elementwise chains.

Calls stand in stages: first all that wait for no elementwise function, then the elementwise functions that these let run,
then what waits for those, and so on. Connected functions of a stage become one call, with the constants and ranges that
they read, and with the reduction that is their only reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

from weft import config
from weft.array.kernels.compressing import without_unread
from weft.array.kernels.jitted import Jitted, is_compilable
from weft.array.kernels.machine_code import directory_of
from weft.array.kernels.numpy import filled, filled_view, ranged
from weft.array.kernels.reductions import COMBINE_OF, moments_chunk, var_chunk
from weft.array.kernels.tile_writers import MANY_PASSES, is_steppable
from weft.array.kernels.tiled import End, Leaf, Step, Tiled
from weft.array.kernels.tiles import SMALL
from weft.errors import MissingDependencyError
from weft.physical.base import Outline
from weft.physical.blockwise import Call

__all__ = ["tile_elementwise"]

#: Functions that make blocks of nothing, tile by tile if that is how they are wanted.
LEAVES = (filled, ranged)
#: Reductions that go over their block more than once: by tiles even where they read it as it is.
SEVERAL_PASSES = (var_chunk, moments_chunk)


def tile_elementwise(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: connected runs of elementwise functions over large blocks become `Tiled` calls."""
    if not any(map(is_tileable, calls)) and not any(call.function in SEVERAL_PASSES for call in calls):
        return calls
    return Compilation(calls, arity).run()


def is_tileable(call: Call) -> bool:
    """Whether a call is a plain elementwise function over blocks large enough to be worth it."""
    return call.outline is not None and call.outline.nbytes >= SMALL and is_steppable(call.function, call.keywords)


def is_reduction(call: Call) -> bool:
    """Whether a call makes a partial result that tiles can make as well."""
    try:
        return call.function in COMBINE_OF and len(call.slots) == 3 and not call.keywords
    except TypeError:
        return False


class Compilation:
    """The calls of one program."""

    def __init__(self, calls: Sequence[Call], arity: int) -> None:
        self.calls = calls
        self.arity = arity
        self.readers: dict[int, list[int]] = {}
        for number, call in enumerate(calls):
            for slot in dict.fromkeys(call.slots):
                self.readers.setdefault(slot - arity, []).append(number)
        self.steppable = [is_tileable(call) for call in calls]
        self.reduces = [is_reduction(call) for call in calls]
        self.made: list[Call] = []
        self.place: dict[int, int] = {}

    def run(self) -> Sequence[Call]:
        stages = self.stages()
        for stage in range(max(stages) + 1):
            members = [number for number, own in enumerate(stages) if own == stage]
            if stage % 2 == 0:
                for number in members:
                    self.keep(number)
            else:
                for group in self.connected(members):
                    self.emit(group)
        return without_unread(self.made, self.arity)

    def stages(self) -> list[int]:
        """Even: other calls; odd: elementwise ones, with reductions of their results.

        A call's stage is the first of its kind not before those it reads; what reads a reduction's result is later.
        """
        stages: list[int] = []
        for number, call in enumerate(self.calls):
            own = 1 if self.steppable[number] or self.reduces[number] else 0
            for slot in call.slots:
                if slot >= self.arity:
                    before = stages[slot - self.arity] + self.reduces[slot - self.arity]
                    own = max(own, before if before % 2 == own % 2 else before + 1)
            stages.append(own)
        return stages

    def connected(self, members: list[int]) -> list[list[int]]:
        """Groups of calls of a stage that read one another."""
        group = {number: number for number in members}

        def root(number: int) -> int:
            while group[number] != number:
                group[number] = group[group[number]]
                number = group[number]
            return number

        for number in members:
            for slot in self.calls[number].slots:
                if slot - self.arity in group:
                    group[root(slot - self.arity)] = root(number)
        found: dict[int, list[int]] = {}
        for number in members:
            found.setdefault(root(number), []).append(number)
        return list(found.values())

    def keep(self, number: int) -> None:
        """Take a call over as it is; constants that only elementwise functions read become views of one element."""
        call = self.calls[number]
        function = call.function
        readers = self.readers.get(number, ())
        if function is filled and readers and all(self.steppable[reader] for reader in readers):
            function = filled_view
        self.place[number] = self.arity + len(self.made)
        self.made.append(Call(function, self.moved(call.slots), call.keywords, call.outline))

    def emit(self, group: list[int]) -> None:
        """One call for a group of which a single result is read outside, the calls as they are otherwise."""
        reductions = [number for number in group if self.reduces[number]]
        steps = [number for number in group if not self.reduces[number]]
        seen = self.seen_outside(steps, group if len(reductions) == 1 else steps)
        if len(reductions) == 1 and not seen:
            self.write(steps, reductions[0])
            return
        worth = len(steps) > 1 or any(self.calls[number].function in MANY_PASSES for number in steps)
        if worth and self.seen_outside(steps, steps) == steps[-1:]:
            self.write(steps, None)
        else:
            for number in steps:
                self.keep(number)
        for number in reductions:
            self.write([], number)

    def seen_outside(self, steps: list[int], within: list[int]) -> list[int]:
        """The steps whose results others read."""
        final, inside = len(self.calls) - 1, set(within)
        return [
            number
            for number in steps
            if number == final or any(reader not in inside for reader in self.readers.get(number, ()))
        ]

    def write(self, group: list[int], reduction: int | None) -> None:
        """One call for steps in a row and the reduction of their last, or for a reduction alone."""
        last = group[-1] if reduction is None else reduction
        end_call = None if reduction is None else self.calls[reduction]
        if end_call is not None and not group and end_call.function not in SEVERAL_PASSES:
            self.keep(last)  # reads its input once as it is
            return
        inside = set(group)
        read = dict.fromkeys(
            [slot for number in group for slot in self.calls[number].slots if slot - self.arity not in inside]
        )
        leaves = [slot for slot in read if self.is_leaf(slot)]
        inputs: dict[int, int] = {}
        if not group and end_call is not None:
            inputs[end_call.slots[0]] = 0
        for slot in read:
            if slot not in leaves:
                inputs.setdefault(slot, len(inputs))
        for slot in leaves:
            for each in self.calls[slot - self.arity].slots:
                inputs.setdefault(each, len(inputs))
        if end_call is not None:
            for slot in end_call.slots[1:]:
                inputs.setdefault(slot, len(inputs))
        values = dict(inputs)
        for place, slot in enumerate(leaves):
            values[slot] = len(inputs) + place
        for place, number in enumerate(group):
            values[number + self.arity] = len(inputs) + len(leaves) + place

        def own(slots: Sequence[int]) -> tuple[int, ...]:
            return tuple([values[slot] for slot in slots])

        parts = (
            tuple([Step(self.calls[each].function, own(self.calls[each].slots), self.calls[each].keywords) for each in group]),
            len(inputs),
            tuple([Leaf(self.calls[slot - self.arity].function, own(self.calls[slot - self.arity].slots)) for slot in leaves]),
            None if end_call is None else End(end_call.function, own(end_call.slots[1:])),
        )  # fmt: skip
        mode = jit_mode()
        if mode is False or not is_compilable(parts[0]):
            chain = Tiled(*parts)
        else:
            chain = Jitted(*parts, mode is True, directory_of(config.value("array.jit-directory")))
        self.place[last] = self.arity + len(self.made)
        outline: Outline | None = self.calls[last].outline
        self.made.append(Call(chain, self.moved(tuple(inputs)), (), outline))

    def is_leaf(self, slot: int) -> bool:
        """Whether a value is made of nothing but what the task brings."""
        if slot < self.arity:
            return False
        call = self.calls[slot - self.arity]
        return call.function in LEAVES and not call.keywords and all(each < self.arity for each in call.slots)

    def moved(self, slots: tuple[int, ...]) -> tuple[int, ...]:
        """Slots in the new calls."""
        return tuple([slot if slot < self.arity else self.place[slot - self.arity] for slot in slots])


def jit_mode() -> bool | str:
    """What the configuration says of machine code: True, False, or ``"auto"`` where there is a compiler."""
    wanted = config.value("array.jit")
    if wanted is False or has_compiler():
        return wanted  # type: ignore[no-any-return]
    if wanted is True:
        raise MissingDependencyError(
            "the option array.jit is true, and numba is not there: pip install 'weft[jit]', or set the option to 'auto'."
        )
    return False


@cache
def has_compiler() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None
