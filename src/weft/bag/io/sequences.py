"""Bags of what is in memory, of numbers, and of delayed values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import urlopen

from weft.bag.arguments import check_count, single_block
from weft.bag.base import new_bag
from weft.bag.expr import BagExpr, Streamed
from weft.bag.kernels.pipeline import Stage, stored
from weft.collection.convert import CONVERSIONS
from weft.errors import ReadError
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.blockwise import Listed
from weft.physical.mosaic import Mosaic
from weft.physical.source import InMemory
from weft.sizeof import sizeof

__all__ = ["from_delayed", "from_sequence", "from_url", "range"]

#: Records, and bytes of them, up to which a sequence is named by what is in it.
FEW, LITTLE = 1000, 1 << 20
#: Bytes up to which a partition travels with its task.
SMALL = 1 << 14

numbers = range


@dataclass(frozen=True, repr=False)
class Slices:
    """Pieces of a list, as a column."""

    held: Held
    bounds: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.held, self.bounds)

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        value = self.held.value
        return [value[low:high] for low, high in pairwise(self.bounds)]


class Records(Stage):
    """Records that travel with the task."""

    label: ClassVar[str] = "from_sequence"

    def run(self, *values: Any) -> Any:
        return values[0]


@node
class FromSequence(BagExpr):
    """A list cut in partitions; ``bounds`` says where."""

    child_fields = ()

    held: Held
    bounds: tuple[int, ...]

    @property
    def label(self) -> str:
        return "from_sequence"

    @derived
    def npartitions(self) -> int:
        return len(self.bounds) - 1

    @derived
    def partition_nbytes(self) -> int:
        value = self.held.value
        longest = max(high - low for low, high in pairwise(self.bounds))
        return sizeof(value) * longest // max(1, len(value))

    def lower(self) -> Expr:
        slices = Slices(self.held, self.bounds)
        if self.partition_nbytes > SMALL:
            return InMemory(self.outline, self.held, piece, Listed(tuple(pairwise(self.bounds))))
        return Streamed(Records(), (), (slices,), self.npartitions).lower()


def piece(value: Any, bounds: tuple[int, int]) -> Any:
    """A piece of a list."""
    return value[bounds[0] : bounds[1]]


@dataclass(frozen=True, repr=False)
class Numbers(Stage):
    """Integers."""

    label: ClassVar[str] = "range"

    def run(self, *values: Any) -> Any:
        return numbers(*values[0])


def from_sequence(seq: Iterable[Any], partition_size: int | None = None, npartitions: int | None = None) -> Any:
    """A bag of what is in memory.

    Parameters
    ----------
    seq : iterable
    partition_size : int, optional
        Records in a partition.
    npartitions : int, optional
        Or the number of partitions. By default there is one for each of up to 100 records; beyond, their number grows as the
        square root of that of the records.

    Examples
    --------
    >>> import weft.bag as db
    >>> db.from_sequence(["a", "b", "c"], npartitions=2)
    <Bag from_sequence: 2 partitions>
    """
    if not isinstance(seq, Iterable):
        raise TypeError(
            f"from_sequence() takes an iterable of records, such as a list; {seq!r} is a {type(seq).__name__}"
        )
    records = list(seq)
    count = len(records)
    if partition_size is not None and npartitions is not None:
        raise TypeError("from_sequence() takes partition_size or npartitions, not both")
    if npartitions is None:
        usual = 1 if count <= 100 else math.ceil(math.sqrt(count) / 10)
        size = usual if partition_size is None else check_count("partition_size", partition_size)
        bounds = [*numbers(0, count, size), count] if count else [0, 0]
    else:
        npartitions = max(1, min(check_count("npartitions", npartitions), count))
        bounds = [count * k // npartitions for k in numbers(npartitions + 1)]
    held = Held.of(records, True) if count <= FEW and sizeof(records) <= LITTLE else Held(records)
    return new_bag(FromSequence(held, tuple(bounds)))


def range(n: int, npartitions: int) -> Any:
    """The integers from 0 up to ``n``, made where they are needed.

    Examples
    --------
    >>> import weft.bag as db
    >>> db.range(5, npartitions=2).compute(scheduler="sync")
    [0, 1, 2, 3, 4]
    """
    n, npartitions = check_count("n", n, 0), check_count("npartitions", npartitions)
    bounds = [n * k // npartitions for k in numbers(npartitions + 1)]
    return new_bag(Streamed(Numbers(), (), (Listed(tuple(pairwise(bounds))),), npartitions, cost=Cost.CHEAP))


@node
class FromDelayed(BagExpr):
    """Partitions that delayed values are."""

    child_fields = ("sources",)

    sources: tuple[Expr, ...]

    @property
    def label(self) -> str:
        return "from_delayed"

    @derived
    def npartitions(self) -> int:
        return len(self.sources)

    def lower(self) -> Expr:
        return Mosaic(self.outline, self.sources)


def as_partition(value: Any) -> Any:
    """A delayed value as a partition: iterators become lists at once, since several may read them."""
    if not hasattr(type(value), "__iter__"):
        raise TypeError(f"a delayed value of from_delayed() is an iterable of records, not {value!r}")
    return stored(value)


def from_delayed(values: Any) -> Any:
    """A bag whose partitions are delayed values: any iterables.

    Parameters
    ----------
    values : Delayed or list of Delayed

    Examples
    --------
    >>> import weft
    >>> import weft.bag as db
    >>> load = weft.delayed(lambda start: [start, start + 1])
    >>> db.from_delayed([load(0), load(10)]).sum().compute(scheduler="sync")
    22
    """
    every = list(values) if isinstance(values, (list, tuple, set)) else [values]
    if not every:
        return from_sequence(())
    take = CONVERSIONS["delayed"](as_partition, pure=True)
    return new_bag(FromDelayed(tuple([single_block(take(each)) for each in every])))


def from_url(urls: Any) -> Any:
    """The lines of web pages, as bytes: a partition for each.

    Parameters
    ----------
    urls : str or list of str

    Examples
    --------
    >>> import weft.bag as db
    >>> db.from_url(["https://example.org/", "https://example.net/"])
    <Bag from_url: 2 partitions>
    """
    every = [urls] if isinstance(urls, str) else list(urls)
    if not every:
        raise ValueError("from_url() needs at least one URL")
    return new_bag(Streamed(Fetch(), (), (Listed(tuple(every)),), len(every), cost=Cost.HEAVY))


class Fetch(Stage):
    """Lines of a web page."""

    label: ClassVar[str] = "from_url"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Any:
        try:
            with urlopen(values[0]) as page:
                return page.readlines()
        except OSError as error:
            if isinstance(error, HTTPError):
                error.close()  # it holds the connection
            raise ReadError(f"cannot read {values[0]}: {error}") from error
