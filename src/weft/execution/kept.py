"""Small plans that are kept, for when the same expression is computed again.

To rewrite, lower and number a small expression takes ten times as long as running what comes out of it. A plan is plain data,
and follows from the expression, the configuration and the rules; so it can be used again.

- It stays with the expression, among what else has been derived from it, and goes when that goes.
- It also stays among the last `MOST` plans by the expression's name, for a program that builds the same expression anew: but
  only if it holds nothing that matters, that is, no data, and constants and functions that take next to no memory.

Freshly built ``(ones(100, chunks=10) + 1).sum()`` takes 465 us the first time, and 125 us then.
"""

from __future__ import annotations

from itertools import chain
from types import FunctionType
from typing import Any, NamedTuple

from weft.config.state import version
from weft.graph import Plan
from weft.typing import Key

__all__ = ["Kept", "find", "keep"]

#: Where an expression keeps its plan, among what else has been derived from it.
OWN = "_kept_plan"
#: Blocks that a plan may have to stay with its expression, and beyond it.
SMALL, TINY = 256, 32
#: Plans that stay without their expressions.
MOST = 32
#: Types of constants that take next to no memory, besides tuples of them and dtypes.
LIGHT = frozenset({int, float, complex, bool, type(None), slice})


class Kept(NamedTuple):
    """A plan, and what it was made for."""

    plan: Plan
    keys: list[Key]
    kind: type
    fuse: bool
    version: object

    def suits(self, kind: type, fuse: bool) -> bool:
        """Whether the plan would be made the same way now."""
        return self.version is version() and self.kind is kind and self.fuse == fuse


#: Plans by the names of expressions, the oldest first.
RECENT: dict[str, Kept] = {}


def find(expression: Any, kind: type, fuse: bool) -> Kept | None:
    """The plan that was made for an expression, or for an equal one, of a kind of collection."""
    kept: Kept | None = expression.__dict__.get(OWN)
    if kept is None and RECENT:
        kept = RECENT.get(expression.name)
    return kept if kept is not None and kept.suits(kind, fuse) else None


def keep(expression: Any, kept: Kept) -> None:
    """Keep a plan for as long as it costs nothing to speak of."""
    plan = kept.plan
    if plan.nblocks <= SMALL:
        expression.__dict__[OWN] = kept
    if plan.nblocks <= TINY and not plan.data and is_light(plan):
        RECENT.pop(expression.name, None)
        RECENT[expression.name] = kept
        if len(RECENT) > MOST:
            RECENT.pop(next(iter(list(RECENT))), None)


def is_light(plan: Plan) -> bool:
    """Whether a plan keeps nothing alive but numbers and functions of Weft's own and NumPy's."""
    functions = [step.function for program in set(plan.programs) for step in program.steps]
    return all(map(is_ours, functions)) and all(map(is_light_value, chain.from_iterable(plan.constants)))


def is_ours(function: Any) -> bool:
    """Whether a function is NumPy's or Weft's, and has no values of its own."""
    if type(function) is FunctionType:
        return str(function.__module__).startswith("weft.") and function.__closure__ is None
    return type(function).__name__ == "ufunc"


def is_light_value(value: Any) -> bool:
    """Whether a constant takes next to no memory."""
    kind = type(value)
    if kind is tuple:
        return len(value) <= TINY and all(map(is_light_value, value))
    return kind in LIGHT or kind.__module__ == "numpy.dtypes" or (kind in (str, bytes) and len(value) <= 64)
