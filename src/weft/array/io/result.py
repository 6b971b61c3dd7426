"""Results of `compute` that tasks write to their places, block by block, as `weft.array.io.store` writes into a target.

Otherwise all blocks of a large result would have to be in memory, and its own memory beside them, until they are copied: twice
the memory, of which the system makes every page anew. 800 MB in chunks of 1,000 x 1,250: ``(x + 1).compute()`` 0.19 s, 0.08 so.

What blocks are is known once there is one. A block that does not fit what the first one made room for (another type, shape
or dtype than was announced) is kept beside, and then all are joined as small results are.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, NoReturn

import numpy as np

from weft.array.base import ArrayBase
from weft.array.chunks import is_unknown
from weft.array.expr import LARGE, ArrayExpr, assemble_result
from weft.array.io.from_array import Regions
from weft.array.io.handles import Handle
from weft.array.io.store import Written, full_region
from weft.expr import Held, node
from weft.expr.naming import nonce
from weft.system import count_given

__all__ = ["ResultMethods", "Room"]


class Room(Handle):
    """Room for a result in this process.

    Parameters
    ----------
    shape : tuple of int
    """

    __slots__ = ("_counted", "_making", "_others", "shape")

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(None, writes=True)
        self.shape = shape
        self._counted = 0
        self._making = Lock()
        self._others: dict[tuple[tuple[int, int], ...], Any] = {}

    def place(self, index: tuple[slice, ...], shape: tuple[int, ...], dtype: np.dtype[Any], order: Any) -> Any:
        """Where a block goes; None if it does not fit. The first one says how elements are laid out."""
        if dtype.hasobject or shape != tuple([each.stop - each.start for each in index]):
            return None
        with self._making:
            if self.value is None:
                self.value = np.empty(self.shape, dtype, order)
        if dtype != self.value.dtype:
            return None
        place = self.value[index]
        with self._making:
            self._counted += place.nbytes
        count_given(place.nbytes)
        return place

    def write(self, index: tuple[slice, ...], block: Any) -> None:
        """Take a block, to its place or beside."""
        place = None
        if type(block) is np.ndarray:
            place = self.place(index, block.shape, block.dtype, "F" if block.flags.fnc else "C")
        if place is None:
            self._others[bounds_of(index)] = block
        else:
            place[...] = block

    def taken(self, places: list[tuple[slice, ...]], numblocks: tuple[int, ...]) -> Any:
        """The result, which is the caller's from then on."""
        whole, others = self.value, self._others
        self.value, self._others = None, {}
        self.forget()
        if not others:
            return whole
        blocks = []
        for index in places:
            at = bounds_of(index)
            blocks.append(others[at] if at in others else whole[index])
        return assemble_result(blocks, numblocks)

    def forget(self) -> None:
        """Count what has been filled no longer."""
        count_given(-self._counted)
        self._counted = 0

    def __del__(self) -> None:
        self.forget()

    def __reduce__(self) -> NoReturn:
        raise TypeError("room for a result is of this process: what another one wrote into its own would be lost")


@node
class Placing(Written):
    """The same into room for a result, under the name of what is written: nobody has asked for anything to be stored."""

    @property
    def label(self) -> str:
        return self.source.label


def bounds_of(index: tuple[slice, ...]) -> tuple[tuple[int, int], ...]:
    return tuple([(each.start, each.stop) for each in index])


class IntoRoom:
    """What `compute` runs in place of an array: tasks that write its blocks."""

    __slots__ = ("expr", "room")

    def __init__(self, expr: ArrayExpr) -> None:
        self.room = Room(expr.shape)
        self.expr = Placing(expr, Held(self.room), full_region(expr.shape), None, nonce())

    def __weft_expr__(self) -> ArrayExpr:
        return self.expr

    def __weft_keys__(self) -> list[Any]:
        return self.expr.keys()

    def __weft_postcompute__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.assemble, ()

    def assemble(self, done: list[Any]) -> Any:
        """The result, once all tasks have written."""
        source = self.expr.source
        places = Regions(full_region(source.shape), source.grid).values(source.numblocks)
        return self.room.taken(places, source.numblocks)


class ResultMethods(ArrayBase):
    """Results."""

    __slots__ = ()

    def __weft_in_place__(self) -> Any:
        """What `compute` asks for in place of this, where tasks run in this process."""
        expr = self.expr
        if expr.nblocks < 2 or expr.prototype is not None or expr.dtype.hasobject or any(map(is_unknown, expr.shape)):
            return self
        return IntoRoom(expr) if expr.size * expr.dtype.itemsize >= 2 * LARGE else self
