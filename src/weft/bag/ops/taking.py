"""The first records: no more is read than they need."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, ClassVar

from weft.bag.arguments import check_count
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.pipeline import Stage
from weft.expr import Expr, derived, node, walk
from weft.physical.blockwise import Blockwise, Call
from weft.physical.gather import Gather

__all__ = ["All", "First", "is_lazy"]


@dataclass(frozen=True, repr=False)
class Head(Stage):
    """The first records of a stream, which is read no further."""

    label: ClassVar[str] = "take"
    reads_all: ClassVar[bool] = False

    k: int

    @property
    def title(self) -> str:
        return f"take({self.k})"

    def run(self, *values: Any) -> Any:
        return islice(values[0], self.k)


@node
class First(BagExpr):
    """Some partitions in a row."""

    child_fields = ("source",)
    is_separable = True

    source: BagExpr
    start: int
    npartitions: int

    @property
    def label(self) -> str:
        return "partitions"

    def lower(self) -> Expr:
        table = tuple(range(self.start, self.start + self.npartitions))
        call = Call(Same(), (0,), (), self.outline)
        return Blockwise(self.outline, (call,), (self.source,), (((0, table),),))


class Same(Stage):
    """The partition as it is."""

    label: ClassVar[str] = "partition"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Any:
        return values[0]


@dataclass(frozen=True, repr=False)
class All:
    """One block reads all others."""

    count: int

    def __weft_tokenize__(self) -> int:
        return self.count

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), None)]


@dataclass(frozen=True, repr=False)
class FirstOf:
    """The first records of several lists."""

    k: int

    def __call__(self, told: Any, *blocks: Any) -> list[Any]:
        return list(islice(chain.from_iterable(blocks), self.k))

    def __weft_tokenize__(self) -> int:
        return self.k


@node
class Taken(BagExpr):
    """The first records of all partitions, in one."""

    child_fields = ("source",)

    source: BagExpr
    k: int

    @property
    def label(self) -> str:
        return "take"

    @derived
    def npartitions(self) -> int:
        return 1

    def lower(self) -> Expr:
        return Gather(self.outline, self.source, FirstOf(self.k), All(self.source.npartitions))


class TakeMethods(BagBase):
    """The first records."""

    __slots__ = ()

    def take(self, k: int, npartitions: int = 1, compute: bool = True, warn: bool = True) -> Any:
        """The first ``k`` records.

        Parameters
        ----------
        k : int
        npartitions : int
            Partitions to take from, in their order; -1 for all. They are read only as long as records are missing.
        compute : bool
            Give a tuple; otherwise a bag of one partition.
        warn : bool
            Whether to warn if there are fewer.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(10, 3).take(2)
        (0, 1)
        """
        k = check_count("the number of records to take", k, 0)
        npartitions = self.npartitions if npartitions == -1 else check_count("npartitions", npartitions)
        if npartitions > max(1, self.npartitions):
            raise ValueError(
                f"take() cannot take from {npartitions} partitions: the bag has {self.npartitions}. Give -1 for all."
            )
        if not compute:
            return new_bag(self._heads(k, 0, npartitions))
        found: list[Any] = []
        start, step = 0, 1 if is_lazy(self.expr) else npartitions
        while len(found) < k and start < npartitions:
            stop = min(start + step, npartitions)
            found += new_bag(self._heads(k - len(found), start, stop)).compute()
            start, step = stop, 2 * step
        if warn and len(found) < k:
            warnings.warn(
                f"take({k}) found {len(found)} records in {npartitions} of {self.npartitions} partitions. "
                "Take from more with npartitions=, or from all with npartitions=-1.",
                stacklevel=2,
            )
        return tuple(found)

    def _heads(self, k: int, start: int, stop: int) -> BagExpr:
        part = self.expr if (start, stop) == (0, self.npartitions) else First(self.expr, start, stop - start)
        heads = streamed(Head(k), part)
        return heads if stop - start == 1 else Taken(heads, k)


def is_lazy(expr: BagExpr) -> bool:
    """Whether a partition can be made without making others: then they may be asked for one after another."""
    return all(not isinstance(each, BagExpr) or each.is_separable or not each.children for each in walk(expr))
