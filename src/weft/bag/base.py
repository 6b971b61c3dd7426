"""What bag methods stand on: collections with one expression, and `new_bag` and `new_item`, which make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from weft.bag.expr import BagExpr
from weft.bag.io.from_blocks import FromBlocks
from weft.collection.base import Collection
from weft.graph.mapping import graph_from_mapping
from weft.typing import Key

__all__ = ["BagBase", "Holder", "new_bag", "new_item"]


class Holder(Collection):
    """Base of bags and items."""

    __slots__ = ("expr",)

    __weft_scheduler__ = "processes"

    expr: BagExpr
    #: The classes that users see: for bags, and for items.
    made: ClassVar[dict[bool, Callable[[BagExpr], Any]]] = {}

    @property
    def name(self) -> str:
        """Name of the blocks; equal for equal computations."""
        return self.expr.name

    @property
    def weft(self) -> Any:
        """The graph that computes it: a mapping of keys to tasks."""
        return self.__weft_graph__()

    def __weft_expr__(self) -> Any:
        return self.expr

    def __weft_keys__(self) -> list[Key]:
        return self.expr.keys()

    def __weft_tokenize__(self) -> str:
        return self.expr.name

    def __weft_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.expr.assemble, ()

    def __weft_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.with_blocks, ()

    def with_blocks(self, blocks: Mapping[Key, Any], rename: Mapping[str, str] | None = None) -> Any:
        """The same with its blocks from a graph, or there already; under another name if there is one."""
        return Holder.made[self.expr.is_item](FromBlocks.of(self.expr, graph_from_mapping(blocks), rename))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.expr,)


class BagBase(Holder):
    """Base of the groups of bag methods."""

    __slots__ = ()

    @property
    def npartitions(self) -> int:
        """Number of partitions."""
        return self.expr.npartitions


def new_bag(expr: BagExpr) -> Any:
    """The bag of an expression."""
    return Holder.made[False](expr)


def new_item(expr: BagExpr) -> Any:
    """The item of an expression."""
    return Holder.made[True](expr)
