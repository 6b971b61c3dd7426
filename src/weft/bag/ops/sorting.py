"""Records in order: sorted runs are exchanged between all partitions (`weft.bag.kernels.sorting`)."""

from __future__ import annotations

from typing import Any

from weft.bag.arguments import check_count, function_of_record
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, ItemExpr, Streamed, streamed
from weft.bag.kernels.sorting import BoundsOf, CutRuns, MergeRuns, Order, Samples, SortRuns, SortWhole
from weft.bag.ops.groupby import Exchanged
from weft.bag.ops.taking import All
from weft.expr import Expr, node
from weft.physical.blockwise import Listed
from weft.physical.gather import Gather

__all__: list[str] = []


@node
class Bounds(ItemExpr):
    """What divides the targets, by the samples of all partitions."""

    child_fields = ("source",)

    source: BagExpr
    find: BoundsOf

    @property
    def label(self) -> str:
        return "sort-bounds"

    def lower(self) -> Expr:
        return Gather(self.outline, self.source, self.find, All(self.source.npartitions))


class SortingMethods(BagBase):
    """Records in order."""

    __slots__ = ()

    def sort(self, key: Any = None, reverse: bool = False, npartitions: int | None = None) -> Any:
        """The records in order over all partitions, as `sorted` gives them: equal ones stay as they were.

        Records travel twice, as bytes, which go to disk where the memory budget ends.

        Parameters
        ----------
        key : callable or object, optional
            Gives what records are compared by; what is no function is an item of the record.
        reverse : bool
            Whether the greatest comes first.
        npartitions : int, optional
            As many as there are by default; they get about equally many records.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence([3, 1, 2, 5, 4], npartitions=2).sort().compute(scheduler="sync")
        [1, 2, 3, 4, 5]
        >>> people = db.from_sequence([("Ann", 5), ("Bo", 7), ("Cy", 6)])
        >>> people.sort(key=1, reverse=True).pluck(0).compute(scheduler="sync")
        ['Bo', 'Cy', 'Ann']
        """
        order = Order(None if key is None else function_of_record("sort", key), bool(reverse))
        own = self.npartitions
        count = own if npartitions is None else check_count("npartitions", npartitions)
        if own == count == 1:
            return new_bag(streamed(SortWhole(order), self.expr))
        runs = streamed(SortRuns(order), self.expr)
        bounds = Bounds(streamed(Samples(), runs), BoundsOf(order, count))
        places = Listed(tuple([(number, own) for number in range(own)]))
        cut = Streamed(CutRuns(order, count), (runs, bounds), (places,))
        return new_bag(streamed(MergeRuns(order), Exchanged(cut, count)))
