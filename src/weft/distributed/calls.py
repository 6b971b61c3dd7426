"""What a submitted call becomes: a program, tickets of the futures it reads, constants, a key. HOT: ``submit`` calls this.

Functions are known by their identity; a function's program and token are made once. Futures are found in arguments, and
in containers in them; a call without any is its function as it is.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType
from typing import Any

from weft.backends.live import Ticket
from weft.callables import funcname
from weft.execution.containers import taken_apart
from weft.graph import Program
from weft.graph.program import Step
from weft.physical.call import fresh_name
from weft.tokenize import tokenize

__all__ = ["ATOMS", "Function", "function_of", "key_of", "traced"]

#: Types that hold no futures, and whose ``repr`` tells them apart.
ATOMS = frozenset({int, float, str, bool, type(None), bytes, complex})
#: Functions that are remembered.
KEPT = 1024


class Function:
    """What is known of a function."""

    __slots__ = ("_token", "func", "label", "program", "shapes", "steady")

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        self.label = funcname(func) if callable(func) else type(func).__name__
        called = Awaiting(func) if inspect.iscoroutinefunction(func) else func
        self.program = Program.call(called, name=self.label)
        self.shapes: dict[Any, Program] = {}
        kind = type(func)
        #: Whether its token stays the same.
        self.steady = (kind is FunctionType and func.__closure__ is None) or kind in (type, BuiltinFunctionType)
        self._token: str | None = None

    @property
    def token(self) -> str:
        if self._token is not None:
            return self._token
        token = tokenize(self.func)
        if self.steady:
            self._token = token
        return token


class Awaiting:
    """Calls a coroutine function, and runs what it gives to its end."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        self.__name__ = funcname(func)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return asyncio.run(self.func(*args, **kwargs))


_known: dict[int, Function] = {}


def function_of(func: Callable[..., Any]) -> Function:
    """What is known of a function; it is remembered for a while."""
    known = _known.get(id(func))
    if known is not None and known.func is func:
        return known
    if not callable(func):
        raise TypeError(f"submit() and map() take a function first, not {func!r} (a {type(func).__name__})")
    made = Function(func)
    _known[id(func)] = made
    if len(_known) > KEPT:
        for each in list(_known)[: KEPT // 4]:
            _known.pop(each, None)
    return made


def key_of(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any], pure: bool) -> str:
    """A key for a call: equal pure calls have one key."""
    if not pure:
        return fresh_name(function.label)
    if not kwargs and ATOMS.issuperset(map(type, args)):
        text = f"{function.token}{args!r}".encode("utf-8", "surrogatepass")
        return f"{function.label}-{blake2b(text, digest_size=16).hexdigest()}"
    return f"{function.label}-{tokenize(function.token, args, dict(kwargs))}"


def traced(
    function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any], ticket_of: Callable[[Any], Ticket | None]
) -> tuple[Program, tuple[Ticket, ...], tuple[Any, ...]]:
    """The program, tickets and constants of a call; ``ticket_of`` gives the ticket of a future, None of all else."""
    if not kwargs and ATOMS.issuperset(map(type, args)):
        return function.program, (), args
    found = Found(ticket_of)
    sources = [found.source(value) for value in (*args, *kwargs.values())]
    keywords = tuple(kwargs)
    tickets = tuple(found.tickets)
    if not tickets and not keywords:
        return function.program, (), args
    shape = None
    if not found.steps:
        shape = (tuple(sources), keywords)
        known = function.shapes.get(shape)
        if known is not None:
            return known, tickets, tuple(found.constants)
    base = {"t": 0, "c": len(tickets), "s": len(tickets) + len(found.constants)}
    arity = base["s"]
    steps = [Step(make, tuple([base[where] + number for where, number in parts])) for make, parts in found.steps]
    called = function.program.direct
    steps.append(Step(called, tuple([base[where] + number for where, number in sources]), keywords))  # type: ignore[arg-type]
    program = Program(steps, arity, name=function.label)
    if shape is not None and len(function.shapes) < KEPT:
        function.shapes[shape] = program
    return program, tickets, tuple(found.constants)


class Found:
    """Futures and constants in the arguments of one call."""

    def __init__(self, ticket_of: Callable[[Any], Ticket | None]) -> None:
        self.ticket_of = ticket_of
        self.tickets: list[Ticket] = []
        self.places: dict[int, int] = {}
        self.constants: list[Any] = []
        self.steps: list[tuple[Callable[..., Any], list[tuple[str, int]]]] = []

    def source(self, value: Any) -> tuple[str, int]:
        """Where a value comes from: a ticket, a constant, or a step that makes it."""
        if type(value) not in ATOMS:
            ticket = self.ticket_of(value)
            if ticket is not None:
                place = self.places.get(id(ticket))
                if place is None:
                    place = self.places[id(ticket)] = len(self.tickets)
                    self.tickets.append(ticket)
                return "t", place
            if has_ticket(value, self.ticket_of):
                parts = taken_apart(value)
                assert parts is not None
                made = [self.source(item) for item in parts.items]
                self.steps.append((parts.make, made))
                return "s", len(self.steps) - 1
        self.constants.append(value)
        return "c", len(self.constants) - 1


#: Containers that are looked into.
LOOKED_INTO = (list, tuple, set, frozenset, dict)


def has_ticket(value: Any, ticket_of: Callable[[Any], Ticket | None]) -> bool:
    """Whether a container has futures in it."""
    kind = type(value)
    if kind is dict:
        items: Any = [*value.keys(), *value.values()]
    elif isinstance(value, LOOKED_INTO):
        items = value
    else:
        parts = taken_apart(value) if hasattr(kind, "__dataclass_fields__") else None
        if parts is None:
            return False
        items = parts.items
    if ATOMS.issuperset(map(type, items)):
        return False
    return any(
        type(item) not in ATOMS and (ticket_of(item) is not None or has_ticket(item, ticket_of)) for item in items
    )
