"""Arguments of delayed calls: what is a constant, what is read from other nodes, and how containers are made again.

A call's arguments become *sources*: each is a constant, a node, or a container made of sources. Sources are turned into a
program and its inputs: containers with nodes inside become steps of the program that build them, so a call with a list
of a thousand delayed values is one task with a thousand inputs, and a container without nodes is one constant.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from weft.execution.containers import ITERATORS, is_weft_collection, taken_apart, too_deep
from weft.graph.key import flatten_keys
from weft.graph.program import Program, Step
from weft.physical.call import Data, Gathered, fresh_name
from weft.tokenize import tokenize

__all__ = ["ATOMS", "Traced", "node_of", "trace"]

#: Types that cannot hold a collection.
ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None), type, range, type(len), type(lambda: 0)})
#: Data of at least this many bytes enters as a block of its own, so that it travels to other processes once.
LARGE = 1 << 16
#: Libraries whose data is looked at for that.
LIBRARIES = frozenset({"numpy", "pandas", "pyarrow"})


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
        if kind not in ATOMS and (self.traverse or hasattr(kind, "__weft_exprs__")):
            parts = taken_apart(value)
            if parts is not None:
                if any(map(has_node, parts.items)):
                    sources = [self.source(item) for item in parts.items]
                    self.steps.append((parts.make, sources))
                    return "step", len(self.steps) - 1
                if kind in ITERATORS:
                    value = parts.items
        self.constants.append(value)
        return "constant", len(self.constants) - 1

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
        values, function = [function, *values], call_it
    try:
        sources = list(map(builder.source, values))
    except RecursionError:
        raise too_deep() from None
    return builder.finish(function, sources, tuple(kwargs), **options)


def node_of(value: Any) -> Any:
    """The node that stands for a collection, or for data too large to travel with each task; None for anything else."""
    kind = type(value)
    if kind in ATOMS:
        return None
    if hasattr(kind, "_weft_node_"):
        return value._weft_node_()
    if hasattr(kind, "__weft_exprs__"):
        return None
    if is_weft_collection(value):
        finalize, extra = value.__weft_postcompute__()
        nested = value.__weft_keys__()
        keys = list(flatten_keys(nested))
        shape = nested if getattr(kind, "__weft_expr__", None) is None else None
        return Gathered(f"gather-{tokenize(keys)}", value, keys, Finalize(finalize, extra, shape))
    return held(value) if is_large(value) else None


def has_node(value: Any) -> bool:
    """Whether a value is, or holds, what becomes a node."""
    if type(value) in ATOMS:
        return False
    if is_weft_collection(value) or is_large(value):
        return True
    parts = taken_apart(value)
    return parts is not None and any(map(has_node, parts.items))


def is_large(value: Any) -> bool:
    """Whether data should travel by itself."""
    package = type(value).__module__.partition(".")[0]
    if package not in LIBRARIES or package not in sys.modules:
        return False
    nbytes = getattr(value, "nbytes", None)
    if nbytes is None and package == "pandas":
        nbytes = int(value.memory_usage().sum()) if hasattr(value, "memory_usage") else 0
    return isinstance(nbytes, int) and nbytes >= LARGE


#: By the id of a large value: the value and the node that stands for it, both held weakly.
_held: dict[int, tuple[Any, Any]] = {}


def held(value: Any) -> Data:
    """The node of a large value: the same for the same object, as long as it lives."""
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


def call_it(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the first argument with the others."""
    return function(*args, **kwargs)
