"""What an expression is besides its numbers and its data: its *form*.

``(x + 1).sum()`` and ``(x + 2).sum()`` are rewritten and lowered in the same way: what is planned for one serves for the
other, once 1 is exchanged for 2. So a form has *holes*: `form_of` takes numbers and data out of the fields for which a class
says that no rule looks at their values (`Expr.holes`), and gives what is left as a key. `hollow` gives the expression with a
`Hole` in each place, to be planned once for all expressions of the form.

A node of a class that says nothing stays as it is, with all below it: it is known by its name.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from weft.expr.naming import encode
from weft.expr.node import Expr, Held

__all__ = ["Form", "Hole", "filled", "form_of", "hollow", "sample_of"]

#: Types of numbers that are taken out.
NUMBERS = frozenset({int, float, complex})
#: Nodes that a form has, at most.
MOST = 64


class Hole:
    """Stands for a number; ``sample`` is one that it stands for."""

    __slots__ = ("number", "sample")

    def __init__(self, number: int, sample: Any) -> None:
        self.number = number
        self.sample = sample

    def __weft_tokenize__(self) -> Any:
        return (self.number, type(self.sample).__qualname__)

    def __repr__(self) -> str:
        return f"<hole {self.number}>"


def sample_of(value: Any) -> Any:
    """The number that a hole was made of; anything else as it is."""
    return value.sample if type(value) is Hole else value


class Form(NamedTuple):
    """What `form_of` finds."""

    key: Hashable  #: equal for expressions that differ in numbers and data only
    values: list[Any]  #: numbers and data, in the order of the holes
    nodes: list[Expr]  #: the nodes, each after its children; the root is the last


def form_of(root: Expr) -> Form | None:
    """The form of an expression; None if it is too large for one."""
    taking = Taking()
    taking.place_of(root)
    return Form(tuple(taking.rows), taking.values, taking.nodes) if taking.met <= MOST else None


class Taking:
    """One walk over an expression. (A class: functions that call each other would be garbage in a circle.)"""

    def __init__(self) -> None:
        self.rows: list[Hashable] = []
        self.values: list[Any] = []
        self.nodes: list[Expr] = []
        self.places: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.met = 0  # nodes begun: their number bounds the depth, too

    def place_of(self, node: Expr) -> int:
        """Where a node stands in the table, in which it is put if it is not there."""
        place = self.places.get(node.name)
        if place is None and self.met <= MOST:
            self.met += 1
            if node.holes is None:
                row: Hashable = node.name
            else:
                for child in node.children:
                    self.place_of(child)  # so that holes are numbered node by node
                own, holes = node.__dict__, node.holes
                row = (type(node), *[self.taken(own[field], field in holes) for field in node.fields])
            place = self.places[node.name] = len(self.nodes)
            self.nodes.append(node)
            self.rows.append(row)
        return -1 if place is None else place

    def taken(self, value: Any, is_open: bool) -> Hashable:
        """What is left of an operand."""
        kind = type(value)
        if isinstance(value, Expr):
            return self.place_of(value)
        if kind is tuple and (is_open or any(isinstance(each, (Expr, tuple)) for each in value)):
            return tuple([self.taken(each, is_open) for each in value])
        if is_open:
            if kind in NUMBERS:
                self.values.append(value)
                return (kind,)
            if kind is Held:
                number = self.held.setdefault(value.token, len(self.values))
                if number == len(self.values):
                    self.values.append(value)
                return (type(value.value), number, getattr(value.value, "shape", None))
        return encode(value)


def hollow(form: Form) -> Expr:
    """The expression with holes for its numbers. Data stay: they are found by what holds them."""
    made: list[Expr] = []
    places = {node.name: place for place, node in enumerate(form.nodes)}
    numbers = iter([number for number, value in enumerate(form.values) if type(value) is not Held])

    def emptied(value: Any, is_open: bool) -> Any:
        if isinstance(value, Expr):
            return made[places[value.name]]
        if type(value) is tuple:
            return tuple([emptied(each, is_open) for each in value])
        return Hole(next(numbers), value) if is_open and type(value) in NUMBERS else value

    for node in form.nodes:
        if node.holes is None:
            made.append(node)
            continue
        own, holes = node.__dict__, node.holes
        made.append(type(node)(*[emptied(own[field], field in holes) for field in node.fields]))
    return made[-1]


def filled(value: Any, values: list[Any]) -> Any:
    """An operand with its numbers again."""
    if type(value) is Hole:
        return values[value.number]
    return tuple([filled(each, values) for each in value]) if type(value) is tuple else value
