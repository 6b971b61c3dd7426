"""Graphs of blocks drawn by hand: for algorithms whose tasks follow no regular pattern, such as factorisations by tiles.

A `Recipe` is a small value that can be pickled. When the graph is written, it is given a `Sheet` and the keys of its
sources' blocks, and says call by call: this function on those keys. A call may have several outputs. What it returns are
the keys of the blocks that the node stands for. Calls of one function are one layer with one program, so a drawing of
100,000 calls costs 100,000 tuples.

Algorithms that make several arrays at once (``q, r = qr(a)``) draw all of their blocks in one node, with the blocks in a row;
`Selected` is a part of them on a grid of its own, and makes no tasks: whoever wants only ``r`` runs what ``r`` needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, overload

from weft.expr import Expr, node
from weft.graph import Layer, Program
from weft.physical.base import ALIAS, BlockExpr, Names, Physical
from weft.records import record
from weft.typing import Function, Key

__all__ = ["Blocks", "Drawn", "Recipe", "Selected", "Sheet"]


@record
class Blocks:
    """Keys of the blocks of a source, by their place: ``blocks[i, j]``."""

    keys: Sequence[Key]
    numblocks: tuple[int, ...]

    def __getitem__(self, place: int | tuple[int, ...]) -> Key:
        number = 0
        for at, length in zip((place,) if isinstance(place, int) else place, self.numblocks, strict=True):
            number = number * length + at
        return self.keys[number]


class Recipe:
    """Base of recipes: records of plain values, which are also what names them."""

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        """Write the calls, and return the keys of the node's blocks, the last axis running fastest."""
        raise NotImplementedError(f"{type(self).__name__} does not draw")


class Sheet:
    """Where a recipe writes its calls."""

    def __init__(self, name: str) -> None:
        self.name = name
        #: For each kind of call its keys, inputs and constants.
        self.columns: dict[Any, tuple[list[Any], list[tuple[Key, ...]], list[tuple[Any, ...]]]] = {}
        self.count = 0

    @overload
    def call(
        self,
        function: Function,
        inputs: Sequence[Key],
        constants: tuple[Any, ...] = (),
        *,
        nbytes: int = 0,
        workspace: int = 0,
        label: str | None = None,
    ) -> Key: ...
    @overload
    def call(
        self,
        function: Function,
        inputs: Sequence[Key],
        constants: tuple[Any, ...] = (),
        *,
        outputs: int,
        nbytes: int = 0,
        workspace: int = 0,
        label: str | None = None,
    ) -> tuple[Key, ...]: ...
    def call(
        self,
        function: Function,
        inputs: Sequence[Key],
        constants: tuple[Any, ...] = (),
        *,
        outputs: int | None = None,
        nbytes: int = 0,
        workspace: int = 0,
        label: str | None = None,
    ) -> Any:
        """Write ``function(*inputs, *constants)``.

        Parameters
        ----------
        function : callable
        inputs : sequence of Key
            Blocks of sources, or results of calls before.
        constants : tuple
            Further arguments.
        outputs : int, optional
            If given, the function returns a sequence of as many blocks, and a tuple of keys is returned.
        nbytes : int
            Projected size of a block that is made.
        workspace : int
            Bytes that the call needs besides.
        label : str, optional
            What people call it; the function's name by default.

        Returns
        -------
        Key, or tuple of Key
        """
        width = 1 if outputs is None else outputs
        kind = (function, outputs is not None and width, nbytes, workspace, label)
        made, read, told = self.columns.setdefault(kind, ([], [], []))
        keys: list[Key] = [(f"{self.name}-call", number) for number in range(self.count, self.count + width)]
        self.count += width
        made.append(keys[0] if width == 1 else tuple(keys))
        read.append(tuple(inputs))
        told.append(constants)
        return keys[0] if outputs is None else tuple(keys)

    def layers(self, placed: Sequence[Key], wanted: Sequence[Key], origin: str) -> list[Layer]:
        """The calls as layers, with the results in ``placed`` under the keys in ``wanted``."""
        renamed: dict[Key, Key] = {}
        aliases: list[tuple[Key, Key]] = []
        for key, name in zip(placed, wanted, strict=True):
            if key in renamed or not self.wrote(key):
                aliases.append((name, key))
            else:
                renamed[key] = name
        layers = []
        for (function, width, nbytes, workspace, label), (made, read, told) in self.columns.items():
            if width is False:
                program, keys = Program.call(function, name=label), [renamed.get(key, key) for key in made]
            elif width == 1:
                program, keys = Program.call(Only(function), name=label), [renamed.get(key, key) for key in made]
            else:
                program = Program.call(function, noutputs=width, name=label)
                keys = [tuple([renamed.get(key, key) for key in row]) for row in made]
            inputs = [tuple([renamed.get(key, key) for key in row]) for row in read]
            layers.append(Layer(program, keys, inputs, told, nbytes=nbytes, workspace=workspace, origin=origin))
        if aliases:
            inputs = [(renamed.get(key, key),) for _, key in aliases]
            layers.append(Layer(ALIAS, [name for name, _ in aliases], inputs, origin=origin))
        return layers

    def wrote(self, key: Key) -> bool:
        """Whether a key is the result of a call."""
        return isinstance(key, tuple) and key[0] == f"{self.name}-call"


@record
class Only:
    """A function that gives a sequence of one, as a function that gives what is in it."""

    function: Function

    @property
    def func(self) -> Function:
        return self.function

    def __call__(self, *values: Any) -> Any:
        (only,) = self.function(*values)
        return only


@node
class Drawn(Physical):
    """Blocks that a recipe draws from those of the sources."""

    sources: tuple[Expr, ...]
    recipe: Recipe

    def layers(self, names: Names) -> list[Layer]:
        sheet = Sheet(self.name)
        grids = []
        for source in self.sources:
            assert isinstance(source, BlockExpr)
            grids.append(Blocks(self.source_keys(source, names), source.numblocks))
        placed = self.recipe.draw(sheet, *grids)
        return sheet.layers(placed, self.keys(names[self.name]), self.outline.origin)


@node
class Selected(Physical):
    """Some neighbouring blocks of a source that has them in a row, on a grid of their own."""

    source: Expr
    first: int
    renames: ClassVar[bool] = False

    def placed_keys(self, names: Names) -> list[Key]:
        return self.source_keys(self.source, names)[self.first : self.first + prod(self.numblocks)]

    def layers(self, names: Names) -> list[Layer]:
        return []
