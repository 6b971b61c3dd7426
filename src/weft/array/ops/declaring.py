"""What users say of an array: what its blocks are called, and how long those are that nobody has counted."""

from __future__ import annotations

from typing import Any

from weft.array.base import ArrayBase, new
from weft.array.chunks import Chunks, UnknownCut, compress
from weft.array.expr import SameLayout
from weft.array.ops.sizes import Sized
from weft.expr import Expr, derived, node

__all__: list[str] = []


@node
class Named(SameLayout):
    """The same blocks under a name that the user gave."""

    given: str

    @derived
    def name(self) -> str:
        return self.given

    @property
    def label(self) -> str:
        return self.source.label

    def lower(self) -> Expr:
        return self.source


class DeclaringMethods(ArrayBase):
    """Names and lengths that users give."""

    __slots__ = ()

    @property
    def chunks(self) -> Chunks:
        """Lengths of the chunks along each axis; NaN where they are unknown.

        Lengths that are not known may be assigned by whoever knows them. To cut an array anew, use `rechunk`.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.arange(4, chunks=2)
        >>> big = x[x > 0]
        >>> big.chunks = ((1, 2),)
        >>> big.shape
        (3,)
        """
        return self.expr.chunks

    @chunks.setter
    def chunks(self, chunks: Any) -> None:
        asked = tuple(map(tuple, chunks))
        own = self.expr.chunks
        if [len(axis) for axis in asked] != [len(axis) for axis in own]:
            raise TypeError(f"cannot assign the chunks {chunks}: there are {self.numblocks} blocks. {HINT}")
        for axis, (now, before) in enumerate(zip(asked, own, strict=True)):
            if not isinstance(self.expr.grid[axis], UnknownCut) and now != before:
                raise TypeError(f"cannot assign chunks along axis {axis}, which are {before}, to be {now}. {HINT}")
        cuts = zip(asked, self.expr.shape, self.expr.grid, strict=True)
        known = [(sum(now), compress(now)) if now and now[0] == now[0] else (length, cut) for now, length, cut in cuts]
        if tuple([cut for _, cut in known]) != self.expr.grid:
            self.expr = Sized(self.expr, tuple([each[0] for each in known]), tuple([each[1] for each in known]))

    _chunks = chunks  # programs for Dask assign lengths that they know by this name

    def named(self, name: str) -> Any:
        """The same array with its blocks under another name; the keys are ``(name, i, j, ...)``.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ones(3, chunks=2).named("start").name
        'start'
        """
        if not isinstance(name, str):
            raise TypeError(f"blocks are named by a text, not by {name!r}")
        return new(Named(self.expr, name))


HINT = "Only lengths that are not known can be assigned; to cut the array anew use x.rechunk(...)."
