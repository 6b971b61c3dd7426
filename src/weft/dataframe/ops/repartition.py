"""Partitions in other numbers, sizes or at other divisions; rows stay in their order."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.divisions import Pieces, by_frequency, check_divisions, checked_count, interpolated, pieces_between
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import blockwise
from weft.physical.gather import Gather
from weft.sizeof import sizeof
from weft.units import parse_bytes

__all__ = ["RepartitionDivisions", "by_divisions", "in_partitions", "repartition"]


class Between:
    """Operation of a kernel: rows between two index values."""


class Together:
    """Operation of a kernel: partitions one after another."""


class RowPieces:
    """Operation of a kernel: an even piece of a partition."""


@node
class RepartitionDivisions(FrameExpr):
    """The same rows between other divisions."""

    source: FrameExpr
    to: tuple[Any, ...]

    @property
    def label(self) -> str:
        return "repartition"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return len(self.to) - 1

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.to

    @derived
    def rows(self) -> Hashable:
        return ("between", self.source.row_labels, self.source.rows, self.to)

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes * max(1, -(-self.source.npartitions // self.npartitions))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX}

    def lower(self) -> Expr:
        assert self.source.divisions is not None
        pieces = pieces_between(self.source.divisions, self.to)
        return Gather(self.outline, self.source, KERNELS["pandas"][Between], pieces)


@node
class RepartitionMerge(FrameExpr):
    """Neighbouring partitions put together; ``starts`` are the first ones of each, and the number of all."""

    source: FrameExpr
    starts: tuple[int, ...]

    @property
    def label(self) -> str:
        return "repartition"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return len(self.starts) - 1

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        own = self.source.divisions
        return None if own is None else tuple([own[start] for start in self.starts])

    @derived
    def rows(self) -> Hashable:
        return ("together", self.source.rows, self.starts)

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes * max([b - a for a, b in pairwise(self.starts)])

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        pieces = Pieces(tuple([(tuple(range(a, b)), None) for a, b in pairwise(self.starts)]))
        return Gather(self.outline, self.source, KERNELS["pandas"][Together], pieces)


@node
class RepartitionSplit(FrameExpr):
    """Each partition cut into so many even pieces."""

    source: FrameExpr
    counts: tuple[int, ...]

    @property
    def label(self) -> str:
        return "repartition"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return sum(self.counts)

    @derived
    def rows(self) -> Hashable:
        return ("pieces", self.source.rows, self.counts)

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes // min(self.counts)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        pieces = [((place,), (number, count)) for place, count in enumerate(self.counts) for number in range(count)]
        return Gather(self.outline, self.source, KERNELS["pandas"][RowPieces], Pieces(tuple(pieces)))


def by_divisions(source: FrameExpr, divisions: tuple[Any, ...]) -> FrameExpr:
    """A frame with known divisions between others."""
    return source if source.divisions == divisions else RepartitionDivisions(source, divisions)


def in_partitions(source: FrameExpr, count: int) -> FrameExpr:
    """A frame in so many partitions: neighbours merged, or partitions cut."""
    own = source.npartitions
    if count == own:
        return source
    if count < own:
        return RepartitionMerge(source, tuple([place * own // count for place in range(count + 1)]))
    if source.divisions is not None:
        finer = interpolated(source.divisions, count)
        if finer is not None and len(finer) == count + 1:
            return RepartitionDivisions(source, finer)
    return RepartitionSplit(source, tuple([(place + 1) * count // own - place * count // own for place in range(own)]))


def with_size(source: FrameExpr, limit: int) -> FrameExpr:
    """A frame whose partitions are of about ``limit`` bytes at most. Their sizes are measured first."""
    outline = Outline(source.name, "sizes", source.numblocks)
    sizes = measured(source, outline)
    counts = [max(1, -(-size // limit)) for size in sizes]
    if any(count > 1 for count in counts):
        source = RepartitionSplit(source, tuple(counts))
        sizes = [size // count for size, count in zip(sizes, counts, strict=True) for _ in range(count)]
    starts, filled = [0], 0
    for place, size in enumerate(sizes):
        if filled and filled + size > limit:
            starts.append(place)
            filled = 0
        filled += size
    return source if len(starts) == len(sizes) else RepartitionMerge(source, (*starts, len(sizes)))


@node
class PartitionSizes(FrameExpr):
    """Bytes of each partition."""

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return 0

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    @property
    def assemble(self) -> Any:
        return list

    def lower(self) -> Expr:
        return blockwise(self.outline, sizeof, [(self.source, (0,))], cost=Cost.LIGHT)


def measured(source: FrameExpr, outline: Outline) -> list[int]:
    """Bytes of each partition, computed now."""
    sizes: list[int] = new(PartitionSizes(source)).compute()
    return sizes


def repartition_by(frame: Any, to: Any, force: bool) -> FrameExpr:
    """A frame between divisions that a user gives."""
    source = frame.expr
    wanted = check_divisions(to, "repartition")
    own = source.divisions
    if own is None:
        raise ValueError(
            "repartition: the divisions of this frame are not known, so its rows cannot be brought between others. "
            "Sort it by its index first: df.sort_index(), or use repartition(npartitions=...)."
        )
    low, high = own[0], own[-1]
    if force:
        if wanted[0] > low or wanted[-1] < high:
            raise ValueError(
                f"repartition: the new divisions must cover all rows, from {low!r} to {high!r}; "
                f"they go from {wanted[0]!r} to {wanted[-1]!r}"
            )
    elif wanted[0] != low or wanted[-1] != high:
        raise ValueError(
            f"repartition: the new divisions must begin with {low!r} and end with {high!r}, as the old ones do; they go from "
            f"{wanted[0]!r} to {wanted[-1]!r}. Use force=True for wider ones."
        )
    return by_divisions(source, wanted)


class RepartitionMethods(FrameBase):
    """Partitions in other numbers, sizes, or at other divisions."""

    __slots__ = ()

    def repartition(
        self,
        divisions: Any = None,
        npartitions: int | None = None,
        partition_size: Any = None,
        freq: Any = None,
        force: bool = False,
    ) -> Any:
        """The same rows, in their order, in other partitions. Exactly one of the first four parameters is given.

        Parameters
        ----------
        divisions : sequence
            Index values at the edges of the new partitions; the frame's own must be known.
        npartitions : int
            Fewer: neighbours are put together. More: at values between the old divisions where these are numbers or
            times, otherwise each partition is cut evenly, and divisions are not known afterwards.
        partition_size : int or str
            Bytes of a partition, at most, e.g. ``"100MB"``. Sizes are measured first, which computes the frame.
        freq : str or offset
            Partitions as long as a period of time; the index must be of times, with known divisions.
        force : bool
            Whether ``divisions`` may reach beyond the rows.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=4)
        >>> df.repartition(npartitions=2).divisions
        (0, 5, 9)
        >>> df.repartition(divisions=(0, 3, 9)).npartitions
        2
        """
        given = [each for each in (divisions, npartitions, partition_size, freq) if each is not None]
        if len(given) != 1:
            raise ValueError(
                f"repartition() takes exactly one of divisions, npartitions, partition_size and freq; {len(given)} are given"
            )
        if force and divisions is None:
            raise ValueError("repartition(force=True) goes with divisions=...")
        source = self.expr
        if divisions is not None:
            return new(repartition_by(self, divisions, force))
        if npartitions is not None:
            return new(in_partitions(source, checked_count(npartitions)))
        if partition_size is not None:
            limit = parse_bytes(partition_size) if isinstance(partition_size, str) else int(partition_size)
            if limit < 1:
                raise ValueError(f"partition_size is at least 1 byte; it is {partition_size!r}")
            return new(with_size(source, limit))
        if source.divisions is None:
            raise ValueError(
                "repartition(freq=...) needs known divisions. Sort the frame by its index first: df.sort_index()"
            )
        index = source.meta if isinstance(source.meta, pd.Index) else source.meta.index
        if not isinstance(index, pd.DatetimeIndex):
            raise TypeError(
                f"repartition(freq=...) needs an index of times; this one is {type(index).__name__} of {index.dtype}"
            )
        return new(by_divisions(source, by_frequency(source.divisions, freq)))


def repartition(df: Any, divisions: Any = None, force: bool = False) -> Any:
    """A frame between other divisions; a pandas one is cut there.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.repartition(pd.Series([1, 2, 3]), divisions=(0, 1, 2)).npartitions
    2
    """
    frame = from_pandas(df, npartitions=1) if isinstance(df, (pd.DataFrame, pd.Series)) else df
    if not isinstance(frame, FrameBase):
        raise ValueError(f"Data must be DataFrame or Series; it is {type(df).__name__}")
    return new(repartition_by(frame, divisions, force))
