"""Loops over the records of a bag: partitions are computed as the loop goes on, and let go of behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.bag.arguments import check_count
from weft.bag.base import BagBase, new_bag
from weft.bag.ops.taking import First, is_lazy
from weft.execution import request_for
from weft.sizeof import sizeof

__all__: list[str] = []

#: Bytes of records that are computed at a time, where that is more than a partition for each worker.
MUCH = 32 << 20


class IterationMethods(BagBase):
    """Loops over records."""

    __slots__ = ()

    def iterate(self, npartitions: int | None = None, **kwargs: Any) -> Iterator[Any]:
        """The records one after another, of which only some partitions are in memory at a time.

        Partitions are computed when the loop comes to them; where it ends early, the others are not computed at all. Where a
        partition needs many others, as after `groupby`, the bag is computed first and kept: in memory, or on disk where memory
        is short.

        Parameters
        ----------
        npartitions : int, optional
            Partitions that are computed side by side, at most. By default one, then as many as there are workers, and more
            where they are small.
        **kwargs
            Of :func:`weft.compute`, such as ``scheduler``.

        Examples
        --------
        >>> import weft.bag as db
        >>> for number in db.range(1000, 100).map(lambda x: x * x).iterate(scheduler="sync"):
        ...     if number > 20:
        ...         print(number)
        ...         break
        25
        """
        most = None if npartitions is None else check_count("npartitions", npartitions)
        return records_of(self, most, kwargs)

    def __iter__(self) -> Iterator[Any]:
        return self.iterate()


def records_of(bag: Any, most: int | None, options: dict[str, Any]) -> Iterator[Any]:
    """The records, a few partitions at a time."""
    workers = most or request_for(**options).nworkers
    kept = bag if is_lazy(bag.expr) else bag.persist(**options)
    start, width = 0, 1
    while start < kept.npartitions:
        count = min(width, kept.npartitions - start)
        records = new_bag(First(kept.expr, start, count)).compute(**options)
        start += count
        nbytes = sizeof(records)
        if most is not None or nbytes > MUCH:
            width = workers
        elif 2 * nbytes <= MUCH:
            width = max(workers, 2 * width)
        yield from records
        del records
