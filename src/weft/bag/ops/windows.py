"""Windows of neighbouring records. What a partition needs of those before it goes along with a running total."""

from __future__ import annotations

from typing import Any

from weft.bag.arguments import check_count
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.windows import CarryOn, PassedBy, Windows
from weft.expr import Expr, derived, node
from weft.physical.scan import Scan

__all__: list[str] = []


@node
class Before(BagExpr):
    """For each partition, the last records before it, and how many there are."""

    child_fields = ("source",)

    source: BagExpr
    most: int

    @property
    def label(self) -> str:
        return "windows-before"

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    def lower(self) -> Expr:
        return Scan(self.outline, self.source, 0, PassedBy(self.most), CarryOn(self.most))


class WindowMethods(BagBase):
    """Windows of neighbouring records."""

    __slots__ = ()

    def windows(self, size: int, step: int = 1) -> Any:
        """Tuples of ``size`` records that follow each other, also where one partition ends and the next begins.

        Parameters
        ----------
        size : int
            Records in a window; there is none if the bag has fewer.
        step : int
            Records from the start of one window to that of the next.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).windows(3).compute(scheduler="sync")
        [(0, 1, 2), (1, 2, 3), (2, 3, 4)]
        >>> db.range(5, 2).windows(2, step=2).compute(scheduler="sync")
        [(0, 1), (2, 3)]
        """
        size, step = check_count("size", size), check_count("step", step)
        return new_bag(streamed(Windows(size, step), self.expr, Before(self.expr, size - 1)))
