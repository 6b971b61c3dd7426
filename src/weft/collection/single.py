"""A collection of any kind as one block: what it would compute to, as an input of another collection's tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.execution.graphs import graph_of, keys_of
from weft.graph import Layer, Program
from weft.physical.base import Outline
from weft.physical.opaque import Opaque
from weft.tokenize import tokenize

__all__ = ["Finish", "as_single_block"]


class Finish:
    """Puts the blocks of a collection together, in a task."""

    def __init__(self, finish: Callable[..., Any], extra: tuple[Any, ...], keys: Any) -> None:
        self.finish = finish
        self.extra = extra
        self.places = numbered(keys, iter(range(10**9)))

    def __call__(self, *blocks: Any) -> Any:
        return self.finish(filled(self.places, blocks), *self.extra)


def numbered(keys: Any, count: Any) -> Any:
    """Nested keys with numbers in their places."""
    return [numbered(each, count) for each in keys] if isinstance(keys, list) else next(count)


def filled(places: Any, blocks: tuple[Any, ...]) -> Any:
    """Nested numbers with blocks in their places."""
    return [filled(each, blocks) for each in places] if isinstance(places, list) else blocks[places]


def as_single_block(collection: Any) -> Opaque:
    """The value of a collection as a block without axes; made by a task, when the graph runs."""
    graph = graph_of([collection])
    flat = tuple(keys_of(collection))
    keys = list(flat) if hasattr(type(collection), "__weft_expr__") else collection.__weft_keys__()
    finish, extra = collection.__weft_postcompute__()
    name = f"value-{tokenize(flat)}"
    graph.add(Layer(Program.call(Finish(finish, extra, keys), name="value"), [(name,)], [flat]))
    return Opaque.of(Outline(name, "value", ()), graph, [(name,)])
