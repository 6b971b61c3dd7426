"""Programs: straight-line code that the tasks of a layer share.

A program is a short tuple of steps; a step is a function and the *slots* its arguments come from. A task brings the
values of the first slots (its input blocks, then its constants); each step puts its result into the next slot; the
last step's result is the task's. What differs between the blocks of a layer is in the task, what is the same in the
program, so a layer of 100,000 chunks has one program.

>>> program = Program((Step(pow, (0, 1)), Step(str, (2,))), arity=2)
>>> program.run([2, 10])
'1024'

Most programs are one call that takes all values in order. They are *direct*: who runs them may call
``program.direct(*values)`` at once (this is what keeps a trivial task near a microsecond).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from weft.errors import BackendError
from weft.typing import Function

__all__ = ["Program", "Step", "bare_programs", "chain", "name_of"]


class Step(NamedTuple):
    """One call: a function, the slots of its arguments, and names for the last ``len(keywords)`` of them."""

    function: Function
    slots: tuple[int, ...]
    keywords: tuple[str, ...] = ()


class Program:
    """Straight-line code: steps over numbered slots.

    Parameters
    ----------
    steps : sequence of Step
        The calls, in order. Step ``k`` writes slot ``arity + k`` and may read any slot before it.
    arity : int or None
        How many values a task brings. None for a program of a single step that takes whatever it is given, in order.
    noutputs : int
        How many blocks a task makes. If it is more than one, the last step returns a sequence of that length.
    name : str, optional
        What people see in drawings, profiles and notes; the name of the last function by default.
    """

    __slots__ = ("_frees", "arity", "direct", "name", "noutputs", "steps")

    def __init__(
        self, steps: Iterable[Step], arity: int | None = None, noutputs: int = 1, name: str | None = None
    ) -> None:
        self.steps: tuple[Step, ...] = tuple(steps)
        self.arity = arity
        self.noutputs = noutputs
        self.name = name or name_of(self.steps[-1].function)
        only = self.steps[0]
        takes_all = arity is None or only.slots == tuple(range(arity))
        self.direct: Function | None = (
            only.function if len(self.steps) == 1 and takes_all and not only.keywords else None
        )
        self._frees: tuple[tuple[int, ...], ...] | None = None

    @classmethod
    def call(
        cls, function: Function, *, keywords: tuple[str, ...] = (), arity: int | None = None, **kwargs: Any
    ) -> Program:
        """Program of one call that takes all values of its task in order, the last ones under ``keywords``."""
        if keywords and arity is None:
            raise ValueError("a program with keywords needs its arity")
        return cls((Step(function, tuple(range(arity or 0)), keywords),), arity, **kwargs)

    @classmethod
    def named(cls, name: str) -> Program:
        """Program of which only the name is known, for records of plans: it cannot be run."""
        return cls.call(not_here, name=name)

    def run(self, values: list[Any]) -> Any:
        """Result for these values (a list that the program may use up: a slot is emptied after its last reader)."""
        if self.direct is not None:
            return self.direct(*values)
        for (function, slots, keywords), frees in zip(self.steps, self.frees, strict=True):
            arguments = [values[slot] for slot in slots]
            if keywords:
                cut = len(arguments) - len(keywords)
                result = function(*arguments[:cut], **dict(zip(keywords, arguments[cut:], strict=True)))
            else:
                result = function(*arguments)
            del arguments
            for slot in frees:
                values[slot] = None
            values.append(result)
        return values[-1]

    def picking(self, output: int) -> Program:
        """The program that makes only one of this one's outputs."""
        if self.arity is None:
            return Program((Step(_PickFrom(self.steps[0].function, output), ()),), None, name=self.name)
        pick = Step(itemgetter(output), (self.arity + len(self.steps) - 1,))
        return Program((*self.steps, pick), self.arity, name=self.name)

    @property
    def frees(self) -> tuple[tuple[int, ...], ...]:
        """For each step the slots that nobody reads after it."""
        if self._frees is None:
            last: dict[int, int] = {}
            for position, step in enumerate(self.steps):
                for slot in step.slots:
                    last[slot] = position
            freed: list[list[int]] = [[] for _ in self.steps]
            for slot, position in last.items():
                freed[position].append(slot)
            self._frees = tuple(tuple(slots) for slots in freed)
        return self._frees

    def __reduce__(self) -> tuple[Any, ...]:
        return (Program, (self.steps, self.arity, self.noutputs, self.name))

    def __repr__(self) -> str:
        return f"<Program {self.name}: {len(self.steps)} step{'s' * (len(self.steps) != 1)}>"


class _PickFrom:
    """Calls a function that gives a sequence, and gives one of its items."""

    def __init__(self, function: Function, output: int) -> None:
        self.func = function
        self.output = output

    def __weft_tokenize__(self) -> tuple[Any, ...]:
        return self.func, self.output

    def __call__(self, *values: Any) -> Any:
        return self.func(*values)[self.output]


def chain(links: Sequence[tuple[Program, int, int]], between: Function | None = None) -> Program:
    """One program for a chain of tasks, each of which reads only the one before it.

    Parameters
    ----------
    links : sequence of (program, ninputs, nconstants)
        How many input blocks and constants each task of the chain brings. All inputs of a later link are the result
        of the link before. The new task brings the inputs of the first link, then the constants of all links.
    between : callable, optional
        What each result but the last goes through on its way to the next link.
    """
    ninputs = links[0][1]
    arity = ninputs + sum(nconstants for _, _, nconstants in links)
    steps: list[Step] = []
    constants_at = ninputs
    previous = -1
    for position, (program, inputs, nconstants) in enumerate(links):
        values = list(range(inputs)) if position == 0 else [previous] * inputs
        values += range(constants_at, constants_at + nconstants)
        constants_at += nconstants
        own = len(values)
        base = arity + len(steps)
        for step in program.steps:
            slots = step.slots if program.arity is not None else range(own)
            where = tuple(values[slot] if slot < own else base + slot - own for slot in slots)
            steps.append(Step(step.function, where, step.keywords))
        previous = arity + len(steps) - 1
        if between is not None and position < len(links) - 1:
            steps.append(Step(between, (previous,)))
            previous += 1
    return Program(steps, arity, links[-1][0].noutputs, "-".join(dict.fromkeys(link[0].name for link in links)))


def bare_programs(programs: Sequence[Any]) -> list[Any]:
    """Programs of the same names without the functions, which may hold data; what is no program stays as it is.

    Programs that are one stay one.
    """
    named = {id(each): Program.named(each.name) for each in programs if isinstance(each, Program)}
    return [named.get(id(each), each) for each in programs]


def not_here(*values: Any) -> None:
    """What a program without its functions runs."""
    raise BackendError("this is the record of a plan: it has no functions to run")


#: How deep partial functions are looked into for a name: objects that answer to any name have a ``func`` for ever.
NESTED = 16


def name_of(function: Any) -> str:
    """Short name of a callable, for people.

    >>> from functools import partial
    >>> name_of(partial(sorted, reverse=True)), name_of(str.upper)
    ('sorted', 'upper')
    """
    for _ in range(NESTED):
        if not hasattr(function, "func"):
            break
        function = function.func
    name = getattr(function, "__name__", None) or type(function).__name__
    return "lambda" if name == "<lambda>" else str(name)
