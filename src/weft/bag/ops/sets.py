"""Bags as sets: both are brought together by key, as `groupby` does."""

from __future__ import annotations

from typing import Any

from weft.bag.arguments import function_of_record
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import streamed
from weft.bag.kernels.sets import SetOf, Unique
from weft.bag.ops.groupby import exchanged
from weft.graph.makers import identity

__all__: list[str] = []


class SetMethods(BagBase):
    """Bags as sets. What is a key, `groupby` tells."""

    __slots__ = ()

    def union(self, other: Any, key: Any = None) -> Any:
        """Different records of two bags, in any order.

        Parameters
        ----------
        other : Bag
        key : callable or object, optional
            Gives that by which records are the same; what is no function is an item of the record. Of the same records one is
            given, of this bag if it has one.

        Examples
        --------
        >>> import weft.bag as db
        >>> sorted(db.from_sequence("abba").union(db.from_sequence("bc")).compute(scheduler="sync"))
        ['a', 'b', 'c']
        """
        return set_of("union", self, other, key)

    def intersection(self, other: Any, key: Any = None) -> Any:
        """Different records that the other bag has as well, in any order; see `union` for the parameters.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence("abba").intersection(db.from_sequence("bc")).compute(scheduler="sync")
        ['b']
        """
        return set_of("intersection", self, other, key)

    def difference(self, other: Any, key: Any = None) -> Any:
        """Different records that the other bag does not have, in any order; see `union` for the parameters.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence("abba").difference(db.from_sequence("bc")).compute(scheduler="sync")
        ['a']
        """
        return set_of("difference", self, other, key)


def set_of(kind: str, bag: BagBase, other: Any, key: Any) -> Any:
    """The records of two bags that a set operation keeps."""
    if not isinstance(other, BagBase):
        raise TypeError(f"{kind}() takes a bag, not {type(other).__name__}; make one with from_sequence(...)")
    found = identity if key is None else function_of_record(kind, key)
    count = max(bag.npartitions, other.npartitions)
    sides = [exchanged(new_bag(streamed(Unique(found), each.expr)), found, count) for each in (bag, other)]
    return new_bag(streamed(SetOf(kind), *sides))
