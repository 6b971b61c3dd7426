"""Expressions that stand for blocks, and those among them that make tasks.

A `BlockExpr` is what a collection holds: it knows how many blocks it has along each axis and what they are called. A
logical one says what is meant, and `lower` gives what does it. A `Physical` one writes layers of tasks; there are few
classes of those, and all that fusing, ordering, drawing and memory estimates must know of arrays, tables or bags is in
their `Outline`.

`build` writes the graph of a forest of physical nodes. The blocks of each root are called what its collection was called
before it was optimised: names that users have seen do not change, and no extra task is spent on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, ClassVar

from weft.errors import GraphError
from weft.expr import PIPELINE, Expr, derived, node, optimize, rule
from weft.expr.node import walk_objects
from weft.graph import Graph, Layer, Program
from weft.graph.graph import MixedLayer
from weft.records import record
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["BlockExpr", "Names", "Outline", "Physical", "block_keys", "build", "placed_keys", "write_graph"]

#: What the blocks of each physical node are called, by the node's identity or name.
Names = Mapping[Hashable, str]

#: Identities of physical nodes.
NUMBERS = itertools.count(1)


NO_SIGNATURE: Mapping[str, Any] = {}


@record
class Outline:
    """What the foundation may know of blocks: where they come from, how many there are and how large.

    Collections derive their own from it, with what their rules and compilers need (shape and dtype, say).

    Parameters
    ----------
    origin : str
        Name of the logical expression whose blocks these are; users' lines and errors are found by it.
    label : str
        What people call the operation.
    numblocks : tuple of int
        Blocks along each axis.
    nbytes : int
        Projected size of the largest block, in bytes; 0 where nothing is known.
    signature : mapping
        The facts about meta and layout that rewriting must keep.
    """

    origin: str
    label: str
    numblocks: tuple[int, ...]
    nbytes: int = 0
    signature: Mapping[str, Any] = NO_SIGNATURE

    def __eq__(self, other: object) -> Any:
        """Equal blocks have equal outlines; what rules and compilers look at follows from their origin."""
        return self._compared() == other._compared() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[Any, ...]:
        return self.origin, self.label, self.numblocks, self.nbytes

    def __weft_tokenize__(self) -> str:
        return self.origin


class BlockExpr(Expr):
    """An expression that stands for blocks."""

    @property
    def numblocks(self) -> tuple[int, ...]:
        """Blocks along each axis; ``()`` for a single block without axes."""
        raise NotImplementedError

    @property
    def nblocks(self) -> int:
        """All blocks."""
        return prod(self.numblocks)

    def keys(self, name: str | None = None) -> list[Key]:
        """Keys of the blocks, the last axis running fastest."""
        return block_keys(name or self.name, self.numblocks)

    @derived
    def outline(self) -> Outline:
        """What the physical node that does this one's work will say of its blocks."""
        return Outline(self.name, self.label, self.numblocks, signature=self.signature)

    @property
    def assemble(self) -> Callable[[list[Any]], Any]:
        """Function that can be pickled, from the list of block values (in the order of `keys`) to the result."""
        raise NotImplementedError

    def lower(self) -> Expr:
        """Physical (or simpler) expression that does this one's work."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: give it a method `lower`")


@node
class Physical(BlockExpr):
    """Base of the nodes that make tasks."""

    outline: Outline
    #: Whether the node can write its blocks under any name.
    renames: ClassVar[bool] = True
    #: Whether its tasks were written before, as part of another graph.
    is_written: ClassVar[bool] = False

    @derived
    def identity(self) -> Hashable:
        # Most of these nodes are made while rewriting and gone after it: names of theirs are for those that become keys.
        number: int = self.__dict__.setdefault("identity", next(NUMBERS))  # one for two threads that ask at once
        return number

    @property
    def kin(self) -> Hashable:
        return type(self), self.outline.origin, self.outline.label, self.outline.numblocks

    @property
    def label(self) -> str:
        return self.outline.label

    @property
    def numblocks(self) -> tuple[int, ...]:
        return self.outline.numblocks

    @property
    def signature(self) -> Mapping[str, Any]:
        return self.outline.signature

    @property
    def nbytes(self) -> int:
        """Projected size of the largest block, in bytes."""
        return self.outline.nbytes

    @property
    def workspace(self) -> int:
        """Memory a task needs besides inputs and output, in bytes."""
        return 0

    def layers(self, names: Names) -> list[Layer]:
        """Tasks for all blocks. ``names`` says what this node's and its children's blocks are called."""
        raise NotImplementedError

    def data(self, names: Names) -> dict[Key, Any]:
        """Blocks that need no task."""
        return {}

    def placed_keys(self, names: Names) -> list[Key]:
        """Keys under which this node's blocks are found."""
        return self.keys(self.called(names))

    def called(self, names: Names) -> str:
        """What this node's blocks are called."""
        return names.get(self.identity) or names.get(self.name, self.name)

    def source_keys(self, source: Expr, names: Names) -> list[Key]:
        """Keys of a child's blocks."""
        return placed_keys(source, names)


def placed_keys(source: Expr, names: Names) -> list[Key]:
    """Keys under which a node's blocks are found, when nodes are called by these names."""
    assert isinstance(source, Physical)
    return source.placed_keys(names)


def block_keys(name: str, numblocks: Sequence[int]) -> list[Key]:
    """Keys of a grid of blocks, the last axis running fastest.

    >>> block_keys("x", (2,)), block_keys("x", ())
    ([('x', 0), ('x', 1)], [('x',)])
    """
    if len(numblocks) == 1:
        return [(name, i) for i in range(numblocks[0])]
    return list(product((name,), *map(range, numblocks)))


def same(block: Any) -> Any:
    """The block itself, under another key."""
    return block


ALIAS = Program.call(same, name="alias")


class Called(dict[Hashable, str]):
    """What the blocks of nodes are called: those that have been given another name by identity, and all by name.

    The names of all nodes are made when one of them is asked for.
    """

    def __init__(self, roots: Sequence[Expr]) -> None:
        self.nodes = walk_objects(*roots)

    def called(self, node: Expr) -> str:
        """What the blocks of a node are called."""
        return self.get(node.identity) or node.name

    def __missing__(self, name: Hashable) -> str:
        made = {each.name: self.called(each) for each in self.nodes}
        found = made[name]  # type: ignore[index]
        self.update(made)
        return found


def build(originals: Sequence[Expr], lowered: Sequence[Expr], beside: Graph | None = None) -> Graph:
    """The graph of a forest of physical nodes.

    Parameters
    ----------
    originals : sequence of Expr
        What users hold: the blocks get their names.
    lowered : sequence of Physical
        What they became, in the same order. Where one node serves two of them, the second gets tasks that hand on the
        first one's blocks.
    beside : Graph, optional
        Delayed calls that are written already; what reads them finds them there.
    """
    called = Called(lowered)
    aliases: dict[str, Physical] = {}
    for original, root in zip(originals, lowered, strict=True):
        assert isinstance(root, Physical), root
        if root.renames:
            called.setdefault(root.identity, original.name)
        if called.called(root) != original.name:
            aliases[original.name] = root
    graph = Graph()
    others = [] if beside is None else beside.layers
    written: set[Hashable] = {place_of(layer) for layer in others}
    programs: dict[Key, Program] | None = None
    elsewhere: list[Layer] = []
    for each in called.nodes:
        if not isinstance(each, Physical):
            raise GraphError(f"cannot make tasks of {each!r}: it has not been lowered. Run optimize(...) first.")
        # graphs that were written before, of expressions that are here again, have blocks of the same names and values
        for layer in each.layers(called):
            if isinstance(layer, MixedLayer):
                programs = programs_of_calls(others) if programs is None else programs
                new = [at for at, key in enumerate(layer.keys) if programs.get(key) is not layer.program_of(at)]
                programs.update(zip(layer.keys, layer.programs(), strict=True))
                if new:
                    graph.layers.append(layer if len(new) == len(layer.keys) else layer.part(new))
            elif place_of(layer) not in written:
                written.add(place_of(layer))
                (elsewhere if each.is_written else graph.layers).append(layer)
        graph.data.update(each.data(called))
    for name, root in aliases.items():
        own, wanted = root.placed_keys(called), block_keys(name, root.numblocks)
        if own != wanted:
            graph.add(Layer(ALIAS, list(wanted), [(key,) for key in own], origin=name))
    graph.layers = [*without_doubles(elsewhere, graph), *graph.layers]
    return graph


def without_doubles(layers: Sequence[Layer], beside: Graph) -> list[Layer]:
    """Layers of graphs made elsewhere, without tasks that are beside them, or among them, already.

    What expressions have written under one key has one value, however it was divided into tasks. Where a key is the
    user's own, two tasks must be equal; those that are not are left, for an error.
    """
    kept: list[Layer] = []
    known = dict(beside.index) if layers else {}
    for layer in layers:
        new = []
        for at, key in enumerate(layer.keys):
            keys = key if layer.program.noutputs > 1 else (key,)
            first = [known.setdefault(each, (layer, at)) for each in keys]
            if any(each[0] is layer or not is_same_task(*each, layer, at) for each in first):
                new.append(at)
        if new:
            kept.append(layer if len(new) == len(layer.keys) else layer.part(new))
    return kept


def is_same_task(layer: Layer, at: int, other: Layer, place: int) -> bool:
    """Whether two tasks of one key are written by expressions, or equal."""
    if layer.origin and other.origin:
        return True
    mine, its = layer.task(at), other.task(place)
    if mine.inputs != its.inputs:
        return False
    return tokenize(mine.program.steps, mine.constants) == tokenize(its.program.steps, its.constants)


def place_of(layer: Layer) -> Hashable:
    """What tells a layer from others: where it came from, if that is known."""
    return (layer.origin, len(layer.keys), layer.keys[0]) if layer.origin and layer.keys else layer


def programs_of_calls(layers: Iterable[Layer]) -> dict[Key, Program]:
    """The programs of delayed calls, by key."""
    mixed = [layer for layer in layers if isinstance(layer, MixedLayer)]
    return {key: program for layer in mixed for key, program in zip(layer.keys, layer.programs(), strict=True)}


def write_graph(roots: Sequence[Expr]) -> Graph:
    """Optimise expressions together and write their graph; the blocks of each root keep its name."""
    return build(roots, optimize(roots))


@rule(but=(Physical,))
def lower(node: BlockExpr) -> Expr | None:
    """A logical node becomes what does its work."""
    return node.lower()


PIPELINE["lower"].close([lower])
