"""Arguments of delayed calls: what is a constant, what is read from other nodes, and how containers are made again.

A call's arguments become *sources*: each is a constant, a node, or a container made of sources. Sources are turned into a
program and its inputs: containers with nodes inside become steps of the program that build them, so a call with a list
of a thousand delayed values is one task with a thousand inputs, and a container without nodes is one constant.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from weft.execution.containers import is_weft_collection, with_fields
from weft.graph.key import flatten_keys
from weft.graph.program import Program, Step
from weft.physical.call import Data, Gathered, fresh_name
from weft.tokenize import tokenize

__all__ = ["ATOMS", "Traced", "node_of", "trace", "unpack_collections"]

#: Types that cannot hold a collection.
ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None), type, range, type(len), type(lambda: 0)})
#: Data of at least this many bytes enters as a block of its own, so that it travels to other processes once.
LARGE = 1 << 16


class Traced(NamedTuple):
    """A call ready to be made: its program, the nodes it reads, the constants that follow them."""

    program: Program
    inputs: tuple[Any, ...]
    constants: tuple[Any, ...]


class Builder:
    """Collects the values and steps of one call."""

    def __init__(self, traverse: bool) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.places: dict[int, int] = {}
        self.steps: list[tuple[Callable[..., Any], list[tuple[str, int]]]] = []
        self.traverse = traverse

    def source(self, value: Any) -> tuple[str, int]:
        """Where a value comes from: ``("node" | "constant" | "step", number)``."""
        node = node_of(value)
        if node is not None:
            place = self.places.get(id(node))
            if place is None:
                place = self.places[id(node)] = len(self.nodes)
                self.nodes.append(node)
            return "node", place
        kind = type(value)
        if self.traverse and kind not in ATOMS:
            found = self._container(value, kind)
            if found is not None:
                return found
        self.constants.append(value)
        return "constant", len(self.constants) - 1

    def _container(self, value: Any, kind: type) -> tuple[str, int] | None:
        if kind is list:
            return self._made(make_list, value)
        if kind is tuple:
            return self._made(make_tuple, value)
        if kind in (set, frozenset):
            return self._made(MakeSet(kind), value)
        if kind is dict or (
            kind.__module__ == "collections" and issubclass(kind, dict) and kind.__name__ == "OrderedDict"
        ):
            return self._made(MakeDict(kind), [*value.keys(), *value.values()])
        if kind is slice:
            return self._made(slice, [value.start, value.stop, value.step])
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return self._made(kind, value)
        if isinstance(value, Iterator) and kind in (type(iter([])), type(iter(()))):
            items = list(value)
            found = self._made(make_list, items)
            if found is not None:
                return found
            self.constants.append(items)
            return "constant", len(self.constants) - 1
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if hasattr(value, field.name)]
            return self._made(MakeDataclass(value, names), [getattr(value, name) for name in names])
        return None

    def _made(self, make: Callable[..., Any], items: Any) -> tuple[str, int] | None:
        """A step that makes a container; None if there is no node in it, so that it can stay as it is."""
        if not any(map(self._has_node, items)):
            return None
        sources = [self.source(item) for item in items]
        self.steps.append((make, sources))
        return "step", len(self.steps) - 1

    def _has_node(self, value: Any) -> bool:
        kind = type(value)
        if kind in ATOMS:
            return False
        if is_weft_collection(value):
            return True
        if kind in (list, tuple, set, frozenset) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
            return any(map(self._has_node, value))
        if issubclass(kind, dict):
            return any(map(self._has_node, value.keys())) or any(map(self._has_node, value.values()))
        if kind is slice:
            return any(map(self._has_node, (value.start, value.stop, value.step)))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return any(self._has_node(getattr(value, field.name, None)) for field in dataclasses.fields(value))
        return False

    def finish(
        self, function: Any, sources: list[tuple[str, int]], keywords: tuple[str, ...], **options: Any
    ) -> Traced:
        """The program that calls a function with these sources."""
        nnodes = len(self.nodes)
        arity = nnodes + len(self.constants)
        base = {"node": 0, "constant": nnodes, "step": arity}
        steps = [Step(make, tuple([base[where] + number for where, number in parts])) for make, parts in self.steps]
        steps.append(Step(function, tuple([base[where] + number for where, number in sources]), keywords))
        return Traced(Program(steps, arity, **options), tuple(self.nodes), tuple(self.constants))


def trace(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], traverse: bool = True, **options: Any
) -> Traced:
    """The program, nodes and constants of one call.

    ``function`` may itself be a node's collection: then the program calls what that node gives.
    """
    builder = Builder(traverse)
    values = [*args, *kwargs.values()]
    if is_weft_collection(function):
        sources = [builder.source(function), *map(builder.source, values)]
        return builder.finish(call_it, sources, tuple(kwargs), **options)
    sources = list(map(builder.source, values))
    return builder.finish(function, sources, tuple(kwargs), **options)


def node_of(value: Any) -> Any:
    """The node that stands for a collection, or for data too large to travel with each task; None for anything else."""
    kind = type(value)
    if kind in ATOMS:
        return None
    expr = getattr(kind, "__weft_expr__", None)
    if expr is not None and hasattr(kind, "_weft_node_"):
        return value._weft_node_()
    if is_weft_collection(value):
        finalize, extra = value.__weft_postcompute__()
        keys = list(flatten_keys(value.__weft_keys__()))
        shape = value.__weft_keys__() if expr is None else None
        return Gathered(f"gather-{tokenize(keys)}", value, keys, Finalize(finalize, extra, shape))
    if (package := kind.__module__.partition(".")[0]) in ("numpy", "pandas", "pyarrow") and package in sys.modules:
        nbytes = getattr(value, "nbytes", 0)
        if isinstance(nbytes, int) and nbytes >= LARGE:
            return held(value)
    return None


_held: dict[int, tuple[Any, Any]] = {}


def held(value: Any) -> Data:
    """The node of a large value: the same for the same object, as long as it lives."""
    import weakref

    known = _held.get(id(value))
    if known is not None and known[0]() is value and (node := known[1]()) is not None:
        return node  # type: ignore[no-any-return]
    node = Data(fresh_name(type(value).__name__.lower()), value)
    try:
        number = id(value)
        _held[number] = (weakref.ref(value), weakref.ref(node, lambda _: _held.pop(number, None)))
    except TypeError:
        pass
    return node


class Finalize:
    """Puts a collection's blocks together, given one by one."""

    def __init__(self, finalize: Callable[..., Any], extra: tuple[Any, ...], shape: Any) -> None:
        self.finalize = finalize
        self.extra = extra
        self.shape = shape

    def __call__(self, *blocks: Any) -> Any:
        if self.shape is None:
            return self.finalize(list(blocks), *self.extra)
        flat = iter(blocks)

        def fill(keys: Any) -> Any:
            return [fill(each) for each in keys] if isinstance(keys, list) else next(flat)

        return self.finalize(fill(self.shape), *self.extra)


def make_list(*items: Any) -> list[Any]:
    """A list of the arguments."""
    return list(items)


def make_tuple(*items: Any) -> tuple[Any, ...]:
    """A tuple of the arguments."""
    return items


def call_it(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the first argument with the others."""
    return function(*args, **kwargs)


class MakeSet:
    """Makes a set of its arguments."""

    __name__ = "set"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __call__(self, *items: Any) -> Any:
        return self.kind(items)


class MakeDict:
    """Makes a dict: the first half of the arguments are the keys."""

    __name__ = "dict"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __call__(self, *items: Any) -> Any:
        half = len(items) // 2
        return self.kind(zip(items[:half], items[half:]))


class MakeDataclass:
    """Makes an instance like another one, with other field values."""

    def __init__(self, like: Any, names: list[str]) -> None:
        self.like = like
        self.names = names
        self.__name__ = type(like).__name__

    def __call__(self, *items: Any) -> Any:
        return with_fields(self.like, self.names, list(items))


def unpack_collections(expr: Any) -> tuple[Any, tuple[Any, ...]]:
    """Find collections in nested arguments: the arguments as a delayed value would see them, and the collections.

    >>> import weft
    >>> x = weft.delayed(abs)(-1)
    >>> unpack_collections([x, 2])[1] == (x,)
    True
    """
    from weft.execution.containers import Containers

    found = Containers((expr,))
    return expr, tuple(found.collections)
