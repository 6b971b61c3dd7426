"""One output block from matching input blocks: the operation that most of the work consists of.

The work is a few *calls* in a row. Their arguments are input blocks (with a pick for each source: broadcasting, transposing
and slicing are questions of which block), columns (values that differ from block to block), and results of calls before.
Creation and reading have no sources at all: `from_parts` makes a node of a function and a list of parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple, Protocol

from weft.expr import Cost, Expr, derived, node
from weft.expr.naming import encode, token_of
from weft.graph import Layer, Program, Step
from weft.physical.base import BlockExpr, Names, Outline, Physical
from weft.physical.grid import Pick, identity_pick, spread
from weft.records import record
from weft.typing import Function, Key

__all__ = ["Blockwise", "Call", "Column", "Listed", "Product", "Same", "blockwise", "from_parts"]


class Column(Protocol):
    """Values that differ from block to block, described by something small until a graph is written."""

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        """One value for each block of the grid."""


@record
class Same:
    """One value for all blocks."""

    value: Any

    def __weft_tokenize__(self) -> Any:
        return self.value

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        size = 1
        for length in numblocks:
            size *= length
        return [self.value] * size


@record
class Listed:
    """Values written down, the last axis running fastest."""

    items: tuple[Any, ...]

    def __weft_tokenize__(self) -> Any:
        return self.items

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return list(self.items)


@record
class Product:
    """For block ``(i, j)`` the tuple ``(axes[0][i], axes[1][j])``."""

    axes: tuple[tuple[Any, ...], ...]

    def __weft_tokenize__(self) -> Any:
        return self.axes

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return list(product(*self.axes))


class Call(NamedTuple):
    """A function and where its arguments come from: sources first, then columns, then results of earlier calls.

    ``name`` and ``dtype`` are for compilers: what the call is, and what it gives.
    """

    function: Function
    slots: tuple[int, ...]
    keywords: tuple[str, ...] = ()
    outline: Outline | None = None

    def __weft_tokenize__(self) -> Any:
        return (self.function, self.slots, self.keywords)


class Placed(NamedTuple):
    """A column with its own grid, and the pick by which it is spread over the node's."""

    column: Column
    numblocks: tuple[int, ...]
    pick: Pick


@node
class Blockwise(Physical):
    """Calls for each block of a grid.

    Parameters
    ----------
    calls : tuple of Call
    sources : tuple of Expr
    picks : tuple of Pick
        Which block of each source a block reads.
    columns : tuple of Placed
    cost : Cost
        What one block takes.
    extra : int
        Memory that a task needs besides inputs and output, in bytes.
    again : int
        1 for a copy of a node that makes its blocks once more; see `weft.physical.hold`.
    """

    child_fields = ("sources",)

    calls: tuple[Call, ...]
    sources: tuple[Expr, ...] = ()
    picks: tuple[Pick, ...] = ()
    columns: tuple[Placed, ...] = ()
    cost: Cost = Cost.LIGHT
    extra: int = 0
    again: int = 0

    @derived
    def name(self) -> str:
        # The same as of any node, but faster: the parts are known, and there are many.
        calls = [f"{encode(call.function)}{call.slots}{call.keywords}" for call in self.calls]
        columns = [f"{encode(each.column)}{each.numblocks}{each.pick}" for each in self.columns]
        sources = [source.name for source in self.sources]
        kind = type(self)
        return f"{self.label}-{token_of(kind.__module__, kind.__qualname__, self.outline.origin, *calls, None, *columns, None, *sources, repr(self.picks), self.cost.name, self.extra, self.again)}"

    @property
    def workspace(self) -> int:
        return self.extra

    @property
    def label(self) -> str:
        labels = [call.outline.label for call in self.calls if call.outline] or [self.outline.label]
        labels = list(dict.fromkeys(labels))
        return "-".join(labels if len(labels) <= 4 else [labels[0], "...", labels[-1]])

    @derived
    def program(self) -> Program:
        """What all tasks run."""
        arity = len(self.sources) + len(self.columns)
        steps = [Step(call.function, call.slots, call.keywords) for call in self.calls]
        return Program(steps, arity, name=self.label)

    def layers(self, names: Names) -> list[Layer]:
        numblocks = self.numblocks
        keys = self.keys(self.called(names))
        inputs: list[tuple[Key, ...]] | None = None
        if self.sources:
            blocks = [
                spread(self.source_keys(source, names), grid_of(source), pick, numblocks)
                for source, pick in zip(self.sources, self.picks, strict=True)
            ]
            inputs = list(zip(*blocks, strict=True))
        constants: list[tuple[Any, ...]] | None = None
        if self.columns:
            if all(type(each.column) is Same for each in self.columns):
                constants = [tuple([each.column.value for each in self.columns])] * len(keys)  # type: ignore[attr-defined]
            else:
                constants = list(zip(*[placed_values(each, numblocks) for each in self.columns], strict=True))
        return [
            Layer(
                self.program,
                list(keys),
                inputs,
                constants,
                nbytes=self.nbytes,
                workspace=self.workspace,
                origin=self.outline.origin,
            )
        ]


def placed_values(placed: Placed, numblocks: Sequence[int]) -> list[Any]:
    """The values of a column for each block of a node's grid."""
    if type(placed.column) is Same:
        return placed.column.values(numblocks)
    return spread(placed.column.values(placed.numblocks), placed.numblocks, placed.pick, numblocks)


def grid_of(source: Expr) -> tuple[int, ...]:
    """Blocks of a child along each axis."""
    assert isinstance(source, BlockExpr)
    return source.numblocks


def blockwise(
    outline: Outline,
    function: Function,
    sources: Sequence[tuple[Expr, Pick]] = (),
    columns: Sequence[Column] = (),
    *,
    slots: Sequence[int] | None = None,
    keywords: Sequence[str] = (),
    cost: Cost = Cost.LIGHT,
    extra: int = 0,
) -> Blockwise:
    """A node of one call.

    Parameters
    ----------
    outline : Outline
        Of the result.
    function : callable
        Takes the blocks of the sources, then a value of each column.
    sources : sequence of (Expr, Pick)
    columns : sequence of Column
        On the grid of the result.
    slots : sequence of int, optional
        Another order of the arguments: numbers of sources, then columns.
    keywords : sequence of str
        Names for the last arguments.
    """
    order = tuple(range(len(sources) + len(columns)) if slots is None else slots)
    grid, pick = outline.numblocks, identity_pick(len(outline.numblocks))
    return Blockwise(
        outline,
        (Call(function, order, tuple(keywords), outline),),
        tuple([source for source, _ in sources]),
        tuple([pick for _, pick in sources]),
        tuple([Placed(column, grid, pick) for column in columns]),
        cost,
        extra,
    )


def from_parts(outline: Outline, function: Function, *columns: Column, cost: Cost = Cost.HEAVY) -> Blockwise:
    """Blocks that come from a function and a value of each column: file parts, random streams, constants."""
    return blockwise(outline, function, (), columns, cost=cost)
