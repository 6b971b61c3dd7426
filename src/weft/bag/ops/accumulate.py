"""Running folds, over all partitions in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import Any, ClassVar

from weft.bag.arguments import check_function
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.pipeline import Stage
from weft.expr import Expr, derived, node
from weft.physical.scan import Chain
from weft.typing import no_default

__all__: list[str] = []


@dataclass(frozen=True, repr=False)
class Run:
    """One partition of a running fold: its records, and the total that the next one starts with (in a tuple, if any)."""

    binop: Callable[[Any, Any], Any]
    initial: Any

    def __call__(self, before: Any, block: Any) -> tuple[list[Any], Any]:
        total = () if before is None else before[1]
        if before is None and self.initial is not no_default:
            records = list(accumulate(block, self.binop, initial=self.initial))
        elif total:
            records = list(accumulate(block, self.binop, initial=total[0]))[1:]
        else:
            records = list(accumulate(block, self.binop))
        return records, (records[-1],) if records else total

    def __weft_tokenize__(self) -> Any:
        return (self.binop, self.initial)


class Records(Stage):
    """The records of a partition that carries a total."""

    label: ClassVar[str] = "accumulate"
    streams: ClassVar[bool] = False

    run = staticmethod(itemgetter(0))


@node
class Running(BagExpr):
    """Partitions with totals, each made of its source and of the one before it."""

    child_fields = ("source",)

    source: BagExpr
    step: Run

    @property
    def label(self) -> str:
        return "accumulate"

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    def lower(self) -> Expr:
        return Chain(self.outline, self.source, 0, self.step)


class AccumulateMethods(BagBase):
    """Running folds."""

    __slots__ = ()

    def accumulate(self, binop: Callable[[Any, Any], Any], initial: Any = no_default) -> Any:
        """All totals of a fold, in order; partitions are done one after another.

        Parameters
        ----------
        binop : callable
            ``binop(total, record)`` gives the next total.
        initial : object, optional
            The first total, which is then the first record of the result.

        Examples
        --------
        >>> from operator import add
        >>> import weft.bag as db
        >>> db.range(5, 2).accumulate(add).compute(scheduler="sync")
        [0, 1, 3, 6, 10]
        >>> db.range(3, 2).accumulate(add, initial=-1).compute(scheduler="sync")
        [-1, -1, 0, 2]
        """
        check_function("accumulate", binop)
        return new_bag(streamed(Records(), Running(self.expr, Run(binop, initial))))
