"""Partitions by number; first and last rows; partitions as delayed values."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from functools import partial
from typing import Any

import numpy as np

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Cost, Expr, Fact, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["Ends", "PartitionMethods", "Partitions"]


@node
class Partitions(FrameExpr):
    """Some partitions of a frame, by number."""

    source: FrameExpr
    numbers: tuple[int, ...]

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return len(self.numbers)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        edges, numbers = self.source.divisions, self.numbers
        if edges is None or not numbers or any(a >= b for a, b in itertools.pairwise(numbers)):
            return None
        return (*[edges[number] for number in numbers], edges[numbers[-1] + 1])

    @derived
    def rows(self) -> Hashable:
        return (self.source.rows, self.numbers)

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        return blockwise(self.outline, KERNELS["pandas"][Partitions], [(self.source, ((0, self.numbers),))])


@node
class Ends(FrameExpr):
    """The first or last rows of a frame, in one partition."""

    source: FrameExpr
    count: int
    last: bool = False

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "tail" if self.last else "head"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return 1

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        edges = self.source.divisions
        return None if edges is None else (edges[0], edges[-1])

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.ORDER}

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        outline = Outline(self.name, f"{self.label}-chunk", self.source.numblocks)
        told = [Same(self.count), Same(self.last)]
        if self.source.npartitions == 1:
            return blockwise(self.outline, kernels["EndsWhole"], [(self.source, (0,))], told, cost=Cost.CHEAP)
        chunk = blockwise(outline, kernels["EndsChunk"], [(self.source, (0,))], told, cost=Cost.CHEAP)
        combine = partial(kernels["EndsCombine"], self.count, self.last)
        return TreeReduce(self.outline, chunk, (0,), combine, kernels["Same"], (), 16, True)


class PartitionIndexer:
    """``frame.partitions[...]``."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        places = key if isinstance(key, tuple) else (key,)
        if len(places) != 1:
            raise IndexError(f"partitions stand in a row: partitions[{key!r}] has {len(places)} indices")
        try:
            numbers = np.atleast_1d(np.arange(self._frame.npartitions)[places[0]])
        except IndexError as error:
            raise IndexError(
                f"partitions[{key!r}]: there are {self._frame.npartitions} partitions, numbered from 0"
            ) from error
        return new(Partitions(self._frame.expr, tuple([int(each) for each in numbers])))

    def __iter__(self) -> Iterator[Any]:
        return iter([self[number] for number in range(len(self))])

    def __len__(self) -> int:
        return int(self._frame.npartitions)


class PartitionMethods(FrameBase):
    """Partitions by number, and rows at either end."""

    __slots__ = ()

    @property
    def partitions(self) -> PartitionIndexer:
        """Partitions by number: ``frame.partitions[0]``, ``frame.partitions[2:5]``, ``frame.partitions[[0, 3]]``."""
        return PartitionIndexer(self)

    def get_partition(self, n: int) -> Any:
        """One partition, by number."""
        if not 0 <= n < self.npartitions:
            raise ValueError(f"n must be 0 <= n < {self.npartitions}; it is {n}")
        return new(Partitions(self.expr, (n,)))

    def head(self, n: int = 5, npartitions: int | None = None, compute: bool = True) -> Any:
        """The first rows.

        Parameters
        ----------
        n : int
            How many; negative: all but the last so many.
        npartitions : int, optional
            Partitions that are looked through at first; -1: all. If they have fewer rows and the result is computed at
            once, the next ones are looked through, too. By default one where the result is computed at once; all where it
            is not, since nobody knows yet how many rows they will have.
        compute : bool
            Whether the rows are given at once, or as a collection of one partition.
        """
        first = npartitions if npartitions is not None else 1 if compute else -1
        count = check_partition_count(first, self.npartitions)
        if n < 0:
            count = self.npartitions
        while True:
            made = new(Ends(self.partitions[:count].expr if count < self.npartitions else self.expr, n))
            if not compute:
                return made
            found = made.compute()
            if len(found) >= n or count >= self.npartitions:
                return found
            count = min(self.npartitions, 4 * count)

    def tail(self, n: int = 5, compute: bool = True) -> Any:
        """The last rows: of the last partition, and of those before it if it has fewer and they are given at once."""
        count = self.npartitions if n < 0 else 1
        while True:
            first = self.npartitions - count
            made = new(Ends(self.partitions[first:].expr if first else self.expr, n, True))
            if not compute:
                return made
            found = made.compute()
            if len(found) >= n or not first:
                return found
            count = min(self.npartitions, 4 * count)

    def copy(self, deep: bool = False) -> Any:
        """Another handle of the same rows; changes of one are not seen by the other."""
        if deep:
            raise ValueError("copy(deep=True) has no meaning: rows are never changed in place")
        return new(self.expr)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(self, *args, **kwargs)``; with a pair of function and keyword, the frame is given by that keyword."""
        if isinstance(func, tuple):
            function, word = func
            if word in kwargs:
                raise ValueError(f"{word} is both the pipe target and a keyword argument")
            return function(*args, **{word: self}, **kwargs)
        return func(self, *args, **kwargs)

    def clear_divisions(self) -> Any:
        """The same rows, as if nothing were known of index values at the edges of partitions."""
        return self.with_divisions(None)

    def with_divisions(self, divisions: Any) -> Any:
        """The same rows, whose index is said to be divided so; nobody checks it."""
        edges = None if divisions is None or all(each is None for each in divisions) else tuple(divisions)
        if edges is not None and len(edges) != self.npartitions + 1:
            raise ValueError(
                f"{self.npartitions} partitions have {self.npartitions + 1} divisions; {len(edges)} were given"
            )
        return new(Divided(self.expr, edges))


@node
class Divided(FrameExpr):
    """A frame of which somebody says how its index is divided."""

    source: FrameExpr
    divisions: tuple[Any, ...] | None

    facts = frozenset({Fact.SAME_ROWS})

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    @derived
    def rows(self) -> Hashable:
        return self.source.rows

    @derived
    def row_labels(self) -> Hashable:
        return self.source.row_labels

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        return blockwise(self.outline, KERNELS["pandas"][Partitions], [(self.source, (0,))], cost=Cost.CHEAP)


def check_partition_count(count: int, there: int) -> int:
    """How many partitions are looked through."""
    if count == -1:
        return there
    if count < 1 or count > there:
        raise ValueError(f"only {there} partitions, head received {count}")
    return count
