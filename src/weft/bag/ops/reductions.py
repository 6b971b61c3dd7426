"""Operations that make one value, or one partition, of all records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.bag.arguments import check_function, check_whole, function_of_record, tree_width
from weft.bag.base import BagBase, Holder, new_bag, new_item
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.keyed import Distinct, Foldby, Frequencies, TopK
from weft.bag.kernels.reductions import (
    AllOf,
    AnyOf,
    Combine,
    Count,
    Extremum,
    Finish,
    Fold,
    General,
    Partial,
    Reduction,
    Sum,
)
from weft.bag.kernels.statistics import Moments
from weft.expr import Expr, derived, node
from weft.physical.tree_reduce import TreeReduce
from weft.typing import no_default

__all__ = ["Reduced", "reduced"]

#: Partials that one task combines, where these are single values, and where they may be large.
WIDE, NARROW = 32, 8


@node
class Reduced(BagExpr):
    """Partials of all partitions, combined in a tree."""

    child_fields = ("source",)

    source: BagExpr
    reduction: Reduction
    split_every: int
    is_item: bool

    @property
    def label(self) -> str:
        return self.reduction.label

    @derived
    def npartitions(self) -> int:
        return 1

    def lower(self) -> Expr:
        return TreeReduce(
            self.outline,
            self.source,
            (0,),
            Combine(self.reduction),
            Finish(self.reduction),
            (),
            self.split_every,
            not self.is_item,
        )


def reduced(bag: BagBase, reduction: Reduction, split_every: Any, *, is_item: bool = True, wide: bool = True) -> Any:
    """The item or bag that a reduction gives."""
    width = tree_width(split_every, WIDE if wide else NARROW)
    expr = Reduced(streamed(Partial(reduction), bag.expr), reduction, width, is_item)
    return new_item(expr) if is_item else new_bag(expr)


def is_item_type(out_type: Any) -> bool:
    """Whether an item is asked for, and no bag."""
    for is_item, made in Holder.made.items():
        if out_type is made:
            return is_item
    raise TypeError(f"out_type is weft.bag.Item or weft.bag.Bag, not {out_type!r}")


class ReductionMethods(BagBase):
    """Operations that make one value, or one partition, of all records."""

    __slots__ = ()

    def count(self, split_every: int | None = None) -> Any:
        """Number of records; none of them is kept in memory for it.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).count().compute(scheduler="sync")
        5
        """
        return reduced(self, Count(), split_every)

    def sum(self, split_every: int | None = None) -> Any:
        """Sum of the records; 0 if there is none.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).sum().compute(scheduler="sync")
        10
        """
        return reduced(self, Sum(), split_every)

    def max(self, split_every: int | None = None) -> Any:
        """Greatest record; ValueError, when it is computed, if there is none."""
        return reduced(self, Extremum(max), split_every)

    def min(self, split_every: int | None = None) -> Any:
        """Least record; ValueError, when it is computed, if there is none."""
        return reduced(self, Extremum(min), split_every)

    def any(self, split_every: int | None = None) -> Any:
        """Whether a record is true."""
        return reduced(self, AnyOf(), split_every)

    def all(self, split_every: int | None = None) -> Any:
        """Whether all records are true."""
        return reduced(self, AllOf(), split_every)

    def mean(self) -> Any:
        """Arithmetic mean of the records.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).mean().compute(scheduler="sync")
        2.0
        """
        return reduced(self, Moments("mean"), None)

    def var(self, ddof: int = 0) -> Any:
        """Variance: mean squared distance from the mean, with ``n - ddof`` as divisor."""
        return reduced(self, Moments("var", ddof), None)

    def std(self, ddof: int = 0) -> Any:
        """Standard deviation: square root of the variance."""
        return reduced(self, Moments("std", ddof), None)

    def reduction(
        self,
        perpartition: Callable[[Any], Any],
        aggregate: Callable[[Any], Any],
        split_every: int | None = None,
        out_type: Any = None,
        name: str | None = None,
    ) -> Any:
        """A function of each partition, and one that makes a result of a list of such results.

        Parameters
        ----------
        perpartition : callable
            Takes a partition; see `map_partitions` for what that is.
        aggregate : callable
            Takes a list of results, of partitions or of earlier aggregations.
        split_every : int or False, optional
            Results that are aggregated at a time; False: all at once.
        out_type : type, optional
            `Item`, which is the default, or `Bag`, whose one partition is then the result.
        name : str, optional
            What the operation is called.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(10, 3).reduction(len, max).compute(scheduler="sync")
        4
        """
        check_function("reduction", perpartition)
        check_function("reduction", aggregate)
        is_item = True if out_type is None else is_item_type(out_type)
        made = General(perpartition, aggregate, name)
        return reduced(self, made, split_every, is_item=is_item, wide=False)

    def fold(
        self,
        binop: Callable[[Any, Any], Any],
        combine: Callable[[Any, Any], Any] | None = None,
        initial: Any = no_default,
        split_every: int | None = None,
        out_type: Any = None,
    ) -> Any:
        """A fold of each partition, and a fold of the results.

        Parameters
        ----------
        binop : callable
            ``binop(total, record)`` gives the next total.
        combine : callable, optional
            ``combine(total, total)`` for the totals of two partitions; ``binop`` by default.
        initial : object, optional
            The first total in each partition; its first record by default.
        split_every : int or False, optional
        out_type : type, optional
            `Item`, which is the default, or `Bag`.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).fold(lambda total, x: total + [x], lambda a, b: a + b, []).compute(scheduler="sync")
        [0, 1, 2, 3, 4]
        """
        check_function("fold", binop)
        if combine is not None:
            check_function("fold", combine)
        is_item = True if out_type is None else is_item_type(out_type)
        made = Fold(binop, combine or binop, initial)
        return reduced(self, made, split_every, is_item=is_item, wide=False)

    def foldby(
        self,
        key: Any,
        binop: Callable[[Any, Any], Any],
        initial: Any = no_default,
        combine: Callable[[Any, Any], Any] | None = None,
        combine_initial: Any = no_default,
        split_every: int | None = None,
    ) -> Any:
        """A fold for each key, without bringing records of a key together.

        Functions must depend on their arguments alone: words of text files are counted first, and equal ones folded in a row,
        for which ``key`` is called once.

        Parameters
        ----------
        key : callable or object
            Gives the key of a record; what is no function is an item of it.
        binop : callable
            ``binop(total, record)`` gives the next total of the record's key.
        initial : object, optional
            The first total of each key; its first record by default. A function is called for one.
        combine : callable, optional
            ``combine(total, total)`` for a key's totals in two partitions; ``binop`` by default.
        combine_initial : object, optional
            What a key's totals are combined with first, once.
        split_every : int or False, optional

        Returns
        -------
        Bag
            Of ``(key, total)``, in one partition.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(6, 2).foldby(lambda x: x % 2, lambda total, x: total + x, 0, lambda a, b: a + b).compute(scheduler="sync")
        [(0, 6), (1, 9)]
        """
        check_function("foldby", binop)
        if combine is not None:
            check_function("foldby", combine)
        made = Foldby(function_of_record("foldby", key), binop, initial, combine or binop, combine_initial)
        return reduced(self, made, split_every, is_item=False, wide=False)

    def frequencies(self, split_every: int | None = None, sort: bool = False) -> Any:
        """How often each record is there: a bag of ``(record, number)``, in one partition.

        Parameters
        ----------
        split_every : int or False, optional
        sort : bool
            Whether the most frequent come first; else those that are met first.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence("abca").frequencies().compute(scheduler="sync")
        [('a', 2), ('b', 1), ('c', 1)]
        """
        return reduced(self, Frequencies(sort), split_every, is_item=False, wide=False)

    def distinct(self, key: Any = None) -> Any:
        """Different records, in one partition; of records with equal keys the first.

        Parameters
        ----------
        key : callable or object, optional
            Gives the key of a record; what is no function is an item of it.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence("abca").distinct().compute(scheduler="sync")
        ['a', 'b', 'c']
        """
        made = Distinct(None if key is None else function_of_record("distinct", key))
        return reduced(self, made, None, is_item=False, wide=False)

    def topk(self, k: int, key: Any = None, split_every: int | None = None) -> Any:
        """The ``k`` largest records, largest first, in one partition.

        Parameters
        ----------
        k : int
        key : callable or object, optional
            Gives what records are compared by; what is no function is an item of the record.
        split_every : int or False, optional

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(10, 3).topk(2).compute(scheduler="sync")
        [9, 8]
        """
        made = TopK(check_whole("topk", k), None if key is None else function_of_record("topk", key))
        return reduced(self, made, split_every, is_item=False, wide=False)
