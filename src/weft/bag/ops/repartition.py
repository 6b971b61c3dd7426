"""Another number of partitions; records stay in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, ClassVar

from weft.bag.arguments import check_count
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.pipeline import Stage
from weft.expr import Expr, derived, node
from weft.physical.exchange import Exchange
from weft.physical.gather import Gather
from weft.sizeof import sizeof
from weft.units import parse_bytes

__all__: list[str] = []


@node
class Merged(BagExpr):
    """Neighbouring partitions as one: partition ``k`` has those from ``bounds[k]`` to ``bounds[k + 1]``."""

    child_fields = ("source",)
    is_separable = True

    source: BagExpr
    bounds: tuple[int, ...]

    @property
    def label(self) -> str:
        return "repartition-merge"

    @derived
    def npartitions(self) -> int:
        return len(self.bounds) - 1

    def lower(self) -> Expr:
        return Gather(self.outline, self.source, one_after_another, Neighbours(self.bounds))


@dataclass(frozen=True, repr=False)
class Neighbours:
    """Who reads which partitions."""

    bounds: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return self.bounds

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(low, high)), None) for low, high in pairwise(self.bounds)]


def one_after_another(told: Any, *blocks: Any) -> Any:
    """Records of several partitions."""
    return blocks[0] if len(blocks) == 1 else list(chain.from_iterable(blocks))


@node
class Split(BagExpr):
    """Partitions cut into some of about equal length: as many as ``widths`` says."""

    child_fields = ("source",)

    source: BagExpr
    widths: tuple[int, ...]

    @property
    def label(self) -> str:
        return "repartition-split"

    @derived
    def npartitions(self) -> int:
        return sum(self.widths)

    def lower(self) -> Expr:
        return Exchange(self.outline, self.source, cut_evenly, one_after_another, Spread(self.widths))


@dataclass(frozen=True, repr=False)
class Spread:
    """Every partition sends to targets of its own."""

    widths: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return self.widths

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        made, first = [], 0
        for width in self.widths:
            made.append((tuple(range(first, first + width)), width))
            first += width
        return made

    def receives(self) -> list[Any]:
        return [None] * sum(self.widths)


def cut_evenly(block: Any, count: int) -> list[Any]:
    """A partition in pieces of about equal length."""
    records = block if isinstance(block, list) else list(block)
    return [records[len(records) * k // count : len(records) * (k + 1) // count] for k in range(count)]


class Measure(Stage):
    """Bytes that a partition takes in memory."""

    label: ClassVar[str] = "measure"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> list[int]:
        records = values[0]
        return [sizeof(records if isinstance(records, list) else list(records))]


class RepartitionMethods(BagBase):
    """Another number of partitions."""

    __slots__ = ()

    def repartition(self, npartitions: int | None = None, partition_size: int | str | None = None) -> Any:
        """Partitions merged with their neighbours, or split; records stay in their order.

        Parameters
        ----------
        npartitions : int, optional
            How many there shall be. Partitions are merged, or each is split in about equally many.
        partition_size : int or str, optional
            Or what one may take in memory, such as ``"100 MiB"``. The bag is computed once to measure that; larger partitions
            are split, and neighbours that fit together are merged.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(6, 3).repartition(2).map_partitions(len).compute(scheduler="sync")
        [2, 4]
        """
        if (npartitions is None) == (partition_size is None):
            raise ValueError("repartition() takes npartitions or partition_size: one of them, and not both")
        if npartitions is None:
            assert partition_size is not None
            return new_bag(self._of_size(parse_bytes(partition_size)))
        npartitions = check_count("npartitions", npartitions)
        own = self.npartitions
        if npartitions == own:
            return self
        bounds = tuple([own * k // npartitions for k in range(npartitions + 1)])
        if npartitions < own:
            return new_bag(Merged(self.expr, bounds))
        edges = [npartitions * k // own for k in range(own + 1)]
        return new_bag(Split(self.expr, tuple([high - low for low, high in pairwise(edges)])))

    def _of_size(self, nbytes: int) -> BagExpr:
        if nbytes < 1:
            raise ValueError(f"partition_size is at least one byte; it is {nbytes}")
        sizes: Sequence[int] = new_bag(streamed(Measure(), self.expr)).compute()
        widths = [max(1, -(-size // nbytes)) for size in sizes]
        pieces = [size / width for size, width in zip(sizes, widths, strict=True) for _ in range(width)]
        expr: BagExpr = self.expr if set(widths) <= {1} else Split(self.expr, tuple(widths))
        bounds, filled = [0], 0.0
        for place, size in enumerate(pieces):
            if filled and filled + size > nbytes:
                bounds.append(place)
                filled = 0.0
            filled += size
        bounds.append(len(pieces))
        return expr if len(bounds) == len(pieces) + 1 else Merged(expr, tuple(bounds))
