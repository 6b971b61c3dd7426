"""Calls with partitions in them: what a function is given, as plain values with slots where blocks go.

A node's operands may hold expressions anywhere in tuples of arguments. `Template` is the same with numbers in their
places, so that one picklable callable stands for all partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from weft.expr import Expr
from weft.records import record

__all__ = ["AsForeseen", "Bound", "Slot", "Template", "children_of", "template_of"]


class Slot(NamedTuple):
    """The place of a block."""

    number: int


@record
class Template:
    """Positional and keyword arguments with slots for blocks."""

    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    def __weft_tokenize__(self) -> Any:
        return (self.inputs, self.keywords)

    def filled(self, blocks: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments, with blocks in the slots."""
        return (
            [fill(each, blocks) for each in self.inputs],
            {word: fill(each, blocks) for word, each in self.keywords},
        )


@record
class Bound:
    """A function of blocks: another function, with its other arguments in place."""

    function: Callable[..., Any]
    template: Template

    @property
    def func(self) -> Callable[..., Any]:
        return self.function

    def __weft_tokenize__(self) -> Any:
        return (self.function, self.template)

    def __call__(self, *blocks: Any) -> Any:
        inputs, keywords = self.template.filled(blocks)
        return self.function(*inputs, **keywords)


@record
class AsForeseen:
    """A function whose integers become others, or floats, where values ask for it: of the type that holds all, everywhere.

    Else short integers of a partition without such values would overflow where those of all together do not.
    """

    function: Callable[..., Any]
    dtype: Any

    def __weft_tokenize__(self) -> Any:
        return ("as-foreseen", self.function, self.dtype)

    def __call__(self, *blocks: Any) -> Any:
        made = self.function(*blocks)
        are_integers = isinstance(made.dtype, np.dtype) and made.dtype.kind in "iu"
        return made.astype(self.dtype) if made.dtype != self.dtype and (are_integers or not len(made)) else made


def fill(value: Any, blocks: Sequence[Any]) -> Any:
    """A value with blocks in its slots."""
    if type(value) is Slot:
        return blocks[value.number]
    if type(value) is tuple and any(type(each) in (Slot, tuple) for each in value):
        return tuple([fill(each, blocks) for each in value])
    return value


def children_of(*operands: Any) -> list[Expr]:
    """The nodes among operands and in tuples within them, in order, each as often as it stands there."""
    found: list[Expr] = []
    for each in operands:
        if isinstance(each, Expr):
            found.append(each)
        elif type(each) is tuple:
            found.extend(children_of(*each))
    return found


def template_of(inputs: tuple[Any, ...], keywords: tuple[tuple[str, Any], ...] = ()) -> Template:
    """Arguments with numbers in the places of nodes, in the order of `children_of`."""
    count = 0

    def numbered(value: Any) -> Any:
        nonlocal count
        if isinstance(value, Expr):
            count += 1
            return Slot(count - 1)
        return tuple([numbered(each) for each in value]) if type(value) is tuple else value

    return Template(
        tuple([numbered(each) for each in inputs]), tuple([(word, numbered(each)) for word, each in keywords])
    )
