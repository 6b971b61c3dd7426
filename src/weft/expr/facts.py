"""The vocabulary of facts that nodes declare, so that general rules stay general.

A rule that asks "is it this class or that one?" wants a fact here instead: a new operator declares what is true of it, and
the rules that know the fact apply to it.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import TypeAlias

__all__ = ["Cost", "Fact", "Need", "Needs"]


class Fact(Enum):
    """Something that is true of all nodes of a class."""

    ELEMENTWISE = "each element depends on the elements at its place only"
    SAME_ROWS = "has the rows of its first child, in their order"
    SUBSET_OF_ROWS = "has some of the rows of its first child, in their order"
    CHEAP = "is made from nothing in no time; making it twice is better than keeping it"
    BARRIER = "user code has seen its layout, which therefore stays as it is"


class Need(Enum):
    """What the readers of a node may look at."""

    VALUES = "all values"
    INDEX = "labels of the rows"
    ORDER = "order of the rows"


#: What is looked at in a node: members of `Need`, and whatever else a collection tells apart (columns, say).
Needs: TypeAlias = frozenset[Hashable]


class Cost(Enum):
    """What making a block takes, besides reading its inputs."""

    CHEAP = "less than keeping it"
    LIGHT = "a pass or two over the data"
    READ = "reading or drawing: about as much as reading the block back from a file"
    HEAVY = "user code, or anything whose cost nobody knows"
