"""The class of single values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from weft.bag.arguments import check_function, single_block
from weft.bag.base import Holder, new_item
from weft.bag.expr import BagExpr, streamed
from weft.bag.io.from_blocks import FromBlocks
from weft.bag.kernels.pipeline import Stage
from weft.collection.convert import CONVERSIONS
from weft.execution import graph_of
from weft.graph.makers import identity
from weft.graph.mapping import graph_from_mapping
from weft.graph.program import name_of
from weft.physical.call import Gathered
from weft.physical.opaque import Foreign
from weft.typing import Key

__all__ = ["Item"]


@dataclass(frozen=True, repr=False)
class Apply(Stage):
    """A function of a value."""

    label: ClassVar[str] = "apply"
    streams: ClassVar[bool] = False

    func: Callable[[Any], Any]

    @property
    def title(self) -> str:
        return f"apply({name_of(self.func)})"

    def run(self, *values: Any) -> Any:
        return self.func(values[0])


class Item(Holder):
    """A single value that is computed later.

    Parameters
    ----------
    dsk : mapping
        A graph: keys to tasks.
    key : Key
        That of the value.
    layer : str, optional
        The layer that the key is in, where the graph has layers.

    Examples
    --------
    >>> import weft.bag as db
    >>> db.range(5, 2).sum().apply(str).compute(scheduler="sync")
    '10'
    >>> db.Item({"x": 2, "y": (pow, "x", 3)}, "y").compute(scheduler="sync")
    8
    """

    __slots__ = ()

    def __init__(self, dsk: Any, key: Key | None = None, layer: str | None = None) -> None:
        if key is None and isinstance(dsk, BagExpr):
            self.expr = dsk
            return
        if not isinstance(dsk, Mapping) or key is None:
            raise TypeError("Item(dsk, key) needs a graph and a key of it")
        layers = getattr(dsk, "layers", None)
        if layer is not None and (not isinstance(layers, Mapping) or layer not in layers):
            raise ValueError(f"Item(dsk, {key!r}, layer={layer!r}): the graph has no such layer.")
        if key not in dsk:
            raise KeyError(f"the graph has no key {key!r}")
        name = str(key[0] if isinstance(key, tuple) else key)
        self.expr = FromBlocks(name, 1, Foreign(graph_from_mapping(dsk), (key,)), True)

    @property
    def key(self) -> Key:
        """The key of the value."""
        return self.expr.keys()[0]

    @classmethod
    def from_delayed(cls, value: Any) -> Item:
        """A delayed value as an item.

        Examples
        --------
        >>> import weft
        >>> import weft.bag as db
        >>> db.Item.from_delayed(weft.delayed(abs)(-3)).compute(scheduler="sync")
        3
        """
        return new_item(streamed(Apply(identity), single_block(value), is_item=True))  # type: ignore[no-any-return]

    def apply(self, func: Callable[[Any], Any]) -> Item:
        """A function of the value, as another item.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(3, 1).max().apply(lambda x: x + 1).compute(scheduler="sync")
        3
        """
        check_function("apply", func)
        return new_item(streamed(Apply(func), self.expr, is_item=True))  # type: ignore[no-any-return]

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """The value as a delayed one.

        Parameters
        ----------
        optimize_graph : bool
            Whether the graph is optimised before it is computed.
        """
        item = self if optimize_graph else self.with_blocks(graph_of([self], optimize_graph=False))
        return CONVERSIONS["delayed"](OneBlock(item, item.key))

    def __repr__(self) -> str:
        return f"<Item {self.expr.label}>"

    def __int__(self) -> int:
        return int(self.compute())

    def __float__(self) -> float:
        return float(self.compute())

    def __complex__(self) -> complex:
        return complex(self.compute())

    def __bool__(self) -> bool:
        return bool(self.compute())

    def __hash__(self) -> int:
        return hash(self.expr.name)


class OneBlock:
    """One block of a bag or item, as `weft.delayed` takes it."""

    def __init__(self, collection: Holder, key: Any) -> None:
        self.collection = collection
        self.key = key

    def _weft_node_(self) -> Gathered:
        name, *places = self.key if isinstance(self.key, tuple) else (self.key,)
        return Gathered((f"delayed-{name}", *places), self.collection, [self.key], identity)


Holder.made[True] = Item
