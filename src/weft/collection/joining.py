"""Blockwise layers that become one: a block's whole chain of calls is one task, and nothing between them is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weft.collection.blockwise import Blockwise, Indices, blockwise_token
from weft.collection.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer
from weft.errors import GraphError
from weft.graph.key import flatten_keys
from weft.graph.node_graphs import convert_legacy_graph
from weft.graph.spec import GraphNode, TaskRef
from weft.typing import Key

__all__ = ["fuse_roots", "optimize_blockwise", "rewrite_blockwise"]


def count_references(arg: Any, key: Key) -> int:
    """How often an argument reads a key."""
    if isinstance(arg, TaskRef):
        return int(arg.key == key)
    inner = [*getattr(arg, "args", ()), *getattr(arg, "kwargs", {}).values()] if isinstance(arg, GraphNode) else ()
    return sum(count_references(each, key) for each in inner)


def can_join(outer: Blockwise, inner: Blockwise) -> bool:
    """Whether ``inner`` can be computed as part of the tasks of ``outer``, once for each of its blocks that is used."""
    uses = [
        (number, index)
        for number, (name, index) in enumerate(outer.indices)
        if name == inner.output and index is not None
    ]
    if len(uses) != 1:
        return False
    ((number, index),) = uses
    if count_references(outer.task, blockwise_token(number)) != 1:
        return False
    if any(letter not in outer.output_indices for letter in index):
        return False  # a list of blocks, each from a task of its own
    if any(letter not in index for letter in outer.output_indices if outer.dims[letter] > 1):
        return False  # one block for many: it would be made again for each
    if any(inner.dims[own] != outer.dims[letter] for own, letter in zip(inner.output_indices, index)):
        return False
    contracts = any(letter not in inner.output_indices for _, own in inner.indices for letter in own or ())
    if contracts and inner.concatenate != outer.concatenate:
        return False
    return len(set(index)) == len(index) and inner.annotations == outer.annotations and inner.output_blocks is None


def rewrite_blockwise(inputs: Iterable[Blockwise]) -> Blockwise:
    """One layer for several, of which all but one are read by others of them.

    Raises
    ------
    GraphError
        They cannot be joined without computing blocks twice.

    Examples
    --------
    >>> from weft.collection.blockwise import blockwise
    >>> inner = blockwise(abs, "y", "i", "x", "i", numblocks={"x": (3,)})
    >>> outer = blockwise(str, "z", "i", "y", "i", numblocks={"y": (3,)})
    >>> rewrite_blockwise([inner, outer])["z", 1]
    <Task ('z', 1) str(<Task None abs(TaskRef(('x', 1)))>)>
    """
    layers = {layer.output: layer for layer in inputs}
    read = {name for layer in layers.values() for name in layer.inputs}
    roots = [name for name in layers if name not in read]
    if len(roots) != 1:
        raise GraphError(f"cannot join {sorted(layers)} to one layer: {len(roots)} of them are read by no other.")
    joined = layers.pop(roots[0])
    while layers:
        name = next((name for name, _ in joined.indices if name in layers), None)
        if name is None:
            raise GraphError(f"cannot join {sorted(layers)} into {joined.output!r}, which does not read them.")
        if not can_join(joined, layers[name]):
            raise GraphError(f"cannot join {name!r} into {joined.output!r} without computing its blocks several times.")
        joined = join(joined, layers.pop(name))
    return joined


def join(outer: Blockwise, inner: Blockwise) -> Blockwise:
    """The layer that computes ``inner`` as part of the tasks of ``outer``."""
    ((place, index),) = [(n, index) for n, (name, index) in enumerate(outer.indices) if name == inner.output]
    letters: dict[Any, Any] = dict(zip(inner.output_indices, index or ()))
    for _, own in inner.indices:
        for letter in own or ():
            letters.setdefault(letter, f"{letter}@{inner.output}")
    indices: list[tuple[Any, Indices | None]] = list(outer.indices)
    tokens: dict[Key, Any] = {}
    for number, (name, own) in enumerate(inner.indices):
        entry = (name, None if own is None else tuple([letters[letter] for letter in own]))
        if entry not in indices:
            indices.append(entry)
        tokens[blockwise_token(number)] = blockwise_token(indices.index(entry))
    task = outer.task.substitute({blockwise_token(place): inner.task.substitute(tokens)})
    # number the arguments anew, without the one that is gone
    kept = [n for n in range(len(indices)) if n != place]
    moved: dict[Key, Any] = {blockwise_token(old): blockwise_token(new) for new, old in enumerate(kept)}
    return Blockwise(
        outer.output,
        outer.output_indices,
        task.substitute(moved),
        [indices[n] for n in kept],
        {**inner.numblocks, **outer.numblocks},
        outer.concatenate or inner.concatenate,
        {**{letters[letter]: sizes for letter, sizes in inner.new_axes.items()}, **outer.new_axes},
        outer.output_blocks,
        annotations=outer.annotations,
        io_deps={**inner.io_deps, **outer.io_deps},
    )


def optimize_blockwise(graph: HighLevelGraph, keys: Any = ()) -> HighLevelGraph:
    """Join blockwise layers that are read only by one other blockwise layer with that one.

    Parameters
    ----------
    graph : HighLevelGraph
    keys : nested list of Key
        What is wanted: its layers stay.

    Examples
    --------
    >>> from weft.collection.blockwise import blockwise
    >>> inner = blockwise(abs, "y", "i", "x", "i", numblocks={"x": (3,)})
    >>> outer = blockwise(str, "z", "i", "y", "i", numblocks={"y": (3,)})
    >>> data = {("x", i): -i for i in range(3)}
    >>> graph = HighLevelGraph({"x": data, "y": inner, "z": outer}, {"x": set(), "y": {"x"}, "z": {"y"}})
    >>> list(optimize_blockwise(graph, [("z", 0)]).layers)
    ['x', 'z']
    """
    stay = {key[0] if isinstance(key, tuple) else key for key in flatten_keys(list(keys) if keys else [])}
    layers: dict[str, Layer] = dict(graph.layers)
    dependencies = {name: set(reads) for name, reads in graph.dependencies.items()}
    for name in graph._in_order():
        layer = layers[name]
        if not isinstance(layer, Blockwise):
            continue
        for below in sorted(dependencies[name]):
            inner = layers[below]
            alone = sum(below in reads for reads in dependencies.values()) == 1
            if isinstance(inner, Blockwise) and alone and below not in stay and inner.output == below:
                if not can_join(layer, inner):
                    continue
                layers[name] = layer = join(layer, inner)
                dependencies[name] = (dependencies[name] - {below}) | dependencies.pop(below)
                del layers[below]
    return HighLevelGraph(layers, dependencies)


def fuse_roots(graph: HighLevelGraph, keys: Any) -> HighLevelGraph:
    """Put layers that read nothing into the blockwise layers that are their only readers.

    Parameters
    ----------
    graph : HighLevelGraph
    keys : nested list of Key
        What is wanted: its layers stay.
    """
    stay = {key[0] if isinstance(key, tuple) else key for key in flatten_keys(list(keys) if keys else [])}
    layers: dict[str, Layer] = dict(graph.layers)
    dependencies = {name: set(reads) for name, reads in graph.dependencies.items()}
    dependents = graph.dependents
    for name, layer in graph.layers.items():
        below = dependencies[name]
        if not isinstance(layer, Blockwise) or not below or name not in layers:
            continue
        if any(dependencies[each] or len(dependents[each]) != 1 or each in stay for each in below):
            continue
        if any(layers[each].annotations != layer.annotations for each in below):
            continue
        roots = convert_legacy_graph({key: value for each in below for key, value in layers[each].items()})
        users: dict[Key, int] = {}
        for key in layer:
            for read in layer.get_dependencies(key):
                users[read] = users.get(read, 0) + 1
        if any(users.get(key, 0) > 1 or node.dependencies for key, node in roots.items()):
            continue
        made = {
            key: layer[key].substitute(
                {read: roots[read] for read in layer.get_dependencies(key) if read in roots}, key=key
            )
            for key in layer
        }
        layers[name] = MaterializedLayer(made, layer.annotations)
        for each in below:
            del layers[each]
        dependencies[name] = set()
    return HighLevelGraph(layers, {name: dependencies[name] for name in layers})
