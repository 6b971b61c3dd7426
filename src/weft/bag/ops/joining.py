"""Bags put together: side by side, one after another, by key, and each record with each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weft.bag.arguments import Arguments, function_of_record, single_block
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, Streamed, streamed
from weft.bag.io.sequences import from_sequence
from weft.bag.kernels.elements import Zip
from weft.bag.kernels.groups import Joined
from weft.bag.kernels.joining import JoinSmall, Pairs
from weft.bag.ops.groupby import exchanged
from weft.execution import is_weft_collection
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.blockwise import Blockwise, Call
from weft.physical.mosaic import Mosaic

__all__ = ["concat", "zip"]


@node
class Concatenated(BagExpr):
    """The partitions of several bags, one bag after another."""

    child_fields = ("sources",)
    is_separable = True

    sources: tuple[BagExpr, ...]

    @property
    def label(self) -> str:
        return "concat"

    @derived
    def npartitions(self) -> int:
        return sum(source.npartitions for source in self.sources)

    def lower(self) -> Expr:
        return Mosaic(self.outline, self.sources)


@node
class PairsOf(BagExpr):
    """All pairs: a partition for each pair of partitions."""

    child_fields = ("left", "right")

    left: BagExpr
    right: BagExpr

    @property
    def label(self) -> str:
        return "product"

    @derived
    def npartitions(self) -> int:
        return self.left.npartitions * self.right.npartitions

    def lower(self) -> Expr:
        lefts, rights = self.left.npartitions, self.right.npartitions
        first = tuple([place for place in range(lefts) for _ in range(rights)])
        second = tuple(range(rights)) * lefts
        call = Call(Pairs(), (0, 1), (), self.outline)
        return Blockwise(
            self.outline, (call,), (self.left, self.right), (((0, first),), ((0, second),)), (), Cost.LIGHT
        )


def zip(*bags: Any) -> Any:
    """Tuples of the records of bags that go side by side.

    Parameters
    ----------
    *bags : Bag
        With equally many partitions, of equal lengths.

    Raises
    ------
    ValueError
        The numbers of partitions differ; or, when it is computed, their lengths do.

    Examples
    --------
    >>> import weft.bag as db
    >>> evens = db.range(3, 1).map(lambda x: 2 * x)
    >>> db.zip(evens, evens.map(lambda x: x + 1)).compute(scheduler="sync")
    [(0, 1), (2, 3), (4, 5)]
    """
    given = Arguments("zip", bags, {})
    if not all(isinstance(each, BagBase) for each in bags):
        raise TypeError("zip() takes bags only; for a value that is the same for all, use map")
    return new_bag(Streamed(Zip(len(bags)), given.sources))


def concat(bags: Iterable[Any]) -> Any:
    """The records of several bags, one bag after another; no partition is touched.

    Parameters
    ----------
    bags : list of Bag

    Examples
    --------
    >>> import weft.bag as db
    >>> db.concat([db.range(2, 1), db.range(3, 1)]).compute(scheduler="sync")
    [0, 1, 0, 1, 2]
    """
    every = list(bags)
    if not all(isinstance(each, BagBase) for each in every):
        raise TypeError("concat() takes a list of bags")
    if not every:
        return from_sequence(())
    return every[0] if len(every) == 1 else new_bag(Concatenated(tuple([each.expr for each in every])))


class JoiningMethods(BagBase):
    """Bags put together."""

    __slots__ = ()

    def join(self, other: Any, on_self: Any, on_other: Any = None) -> Any:
        """Pairs ``(other, record)`` with equal keys.

        Parameters
        ----------
        other : iterable, Delayed, Item or Bag
            A side that is small goes whole to every partition. A bag of several partitions is brought together with this one
            by key, as `groupby` does.
        on_self : callable or object
            Gives the key of a record; what is no function is an item of it.
        on_other : callable or object, optional
            The same for the other side; ``on_self`` by default.

        Examples
        --------
        >>> import weft.bag as db
        >>> people = db.from_sequence(["Alice", "Bob"])
        >>> people.join(["Apple", "Banana", "Avocado"], lambda name: name[0]).compute(scheduler="sync")
        [('Apple', 'Alice'), ('Avocado', 'Alice'), ('Banana', 'Bob')]
        """
        mine = function_of_record("join", on_self)
        theirs = mine if on_other is None else function_of_record("join", on_other)
        if isinstance(other, BagBase) and other.npartitions > 1:
            count = max(self.npartitions, other.npartitions)
            return new_bag(streamed(Joined(), exchanged(self, mine, count), exchanged(other, theirs, count)))
        if is_weft_collection(other):
            return new_bag(streamed(JoinSmall(mine, theirs), self.expr, single_block(other)))
        if not isinstance(other, Iterable):
            raise TypeError(f"join() takes an iterable, a delayed value or a bag, not {other!r}")
        return new_bag(streamed(JoinSmall(mine, theirs, Held.of(list(other))), self.expr))

    def product(self, other: Any) -> Any:
        """All pairs ``(record, other)``: a partition for each pair of partitions.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(2, 1).product(db.from_sequence("ab", npartitions=1)).compute(scheduler="sync")
        [(0, 'a'), (0, 'b'), (1, 'a'), (1, 'b')]
        """
        if not isinstance(other, BagBase):
            raise TypeError(f"product() takes a bag, not {type(other).__name__}; make one with from_sequence(...)")
        return new_bag(PairsOf(self.expr, other.expr))
