"""Collections that wait for one another, or are made again under other keys.

All four functions take collections of any kind, also several and nested in containers, and change graphs only: nothing
is computed. Each works on the collections' graphs through the collection protocol and rebuilds the collections with
``__weft_postpersist__``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from weft.collection.base import get_collection_names
from weft.collection.highlevelgraph import HighLevelGraph, MaterializedLayer, first_of
from weft.delayed import Delayed
from weft.execution import unpack_collections
from weft.graph.key import flatten_keys
from weft.graph.mapping import entries_of
from weft.graph.node_graphs import convert_legacy_task
from weft.graph.renaming import clone_key, get_name_from_key
from weft.graph.spec import GraphNode, Task, TaskRef
from weft.tokenize import tokenize
from weft.typing import Annotations, Key

__all__ = ["bind", "checkpoint", "clone", "wait_on"]

#: Blocks that one task of a checkpoint waits for, unless the call says otherwise.
SPLIT_EVERY = 8


def checkpoint(*collections: Any, split_every: float | None = None) -> Delayed[None]:
    """A delayed None that is there once all blocks of some collections are.

    Parameters
    ----------
    *collections
        Collections, or containers with collections in them.
    split_every : int or False, optional
        Blocks that one task waits for: with more, further tasks wait for these tasks. False: one task waits for all.

    Examples
    --------
    >>> import weft
    >>> parts = [weft.delayed(abs)(i) for i in range(20)]
    >>> checkpoint(*parts).compute()
    """
    found, _ = unpack_collections(*collections)
    graph: dict[str, Mapping[Key, Any]] = {}
    blocks: list[Key] = []
    for number, collection in enumerate(found):
        graph[f"graph-{number}"] = collection.__weft_graph__()
        blocks += flatten_keys(collection.__weft_keys__())
    most = split_limit(split_every, len(blocks))
    name = f"checkpoint-{tokenize(blocks, most)}"
    rounds: dict[Key, Any] = {}
    level = 0
    while len(blocks) > most:
        groups = [blocks[start : start + most] for start in range(0, len(blocks), most)]
        blocks = [(name, level, number) for number in range(len(groups))]
        rounds.update(
            {key: Task(key, nothing_of, *map(TaskRef, group)) for key, group in zip(blocks, groups, strict=True)}
        )
        level += 1
    rounds[name] = Task(name, nothing_of, *map(TaskRef, blocks))
    return Delayed(name, HighLevelGraph({**graph, name: rounds}, {}))


def split_limit(split_every: float | None, nblocks: int) -> int:
    """How many blocks one task of a checkpoint waits for."""
    if split_every is None:
        return SPLIT_EVERY
    if split_every is False:
        return max(nblocks, 1)
    if isinstance(split_every, bool) or split_every != int(split_every) or split_every < 2:
        raise ValueError(f"split_every must be a whole number, 2 or more, or False, not {split_every!r}")
    return int(split_every)


def nothing_of(*blocks: Any) -> None:
    """None, once the arguments are there."""


def wait_on(*collections: Any, split_every: float | None = None) -> Any:
    """The same collections, with blocks that are there only once all blocks of all of them are.

    Parameters
    ----------
    *collections
        Collections, or containers with collections in them.
    split_every : int or False, optional
        As in :func:`checkpoint`.

    Returns
    -------
    object
        Like the argument; a tuple if there are several.

    Examples
    --------
    >>> import weft
    >>> x, y = wait_on(weft.delayed(abs)(-1), weft.delayed(abs)(-2))
    >>> weft.compute(x, y)
    (1, 2)
    """
    blocker = checkpoint(*collections, split_every=split_every)
    found, repack = unpack_collections(*collections)
    made = []
    for collection in found:
        keys = list(flatten_keys(collection.__weft_keys__()))
        renamed = {name: f"wait_on-{tokenize(name, blocker.key)}" for name in get_collection_names(collection)}
        layer: dict[Key, Any] = {}
        for key in keys:
            name = renamed[get_name_from_key(key)]
            new = (name, *key[1:]) if isinstance(key, tuple) else name
            layer[new] = Task(new, first_of, TaskRef(key), TaskRef(blocker.key))
        graph = HighLevelGraph(
            {"waiting": layer, "values": collection.__weft_graph__(), "blocker": blocker.__weft_graph__()}, {}
        )
        made.append(rebuilt(collection, graph, renamed))
    return one_or_all(repack(made))


def clone(*collections: Any, omit: Any = None, seed: Any = None, assume_layers: bool = True) -> Any:
    """The same collections under other keys: computed again beside the originals, sharing nothing with them.

    Parameters
    ----------
    *collections
        Collections, or containers with collections in them.
    omit : collection or container of collections, optional
        What is not cloned: the clones read it as it is.
    seed : hashable, optional
        Clones with the same seed have the same keys; by default each clone has new ones.
    assume_layers : bool
        False asks that keys be renamed one by one, True allows a quicker way. Keys are always renamed one by one, which
        takes a few microseconds each, so both give the same collections.

    Returns
    -------
    object
        Like the argument; a tuple if there are several.

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(abs)(-1)
    >>> y = clone(x)
    >>> y.key == x.key, y.compute()
    (False, 1)
    """
    return bound(collections, None, omit, seed)


def bind(
    children: Any,
    parents: Any,
    *,
    omit: Any = None,
    seed: Any = None,
    assume_layers: bool = True,
    split_every: float | None = None,
) -> Any:
    """Collections that start only once others are there.

    The children are cloned, and those of their tasks that read nothing else wait for all blocks of the parents.

    Parameters
    ----------
    children : collection or container of collections
        What waits.
    parents : collection or container of collections
        What is waited for. None of their results reaches the children.
    omit, seed, assume_layers
        As in :func:`clone`.
    split_every : int or False, optional
        As in :func:`checkpoint`.

    Returns
    -------
    object
        Like ``children``.

    Examples
    --------
    >>> import weft
    >>> seen = []
    >>> first = weft.delayed(seen.append)("first")
    >>> then = bind(weft.delayed(seen.append)("then"), first)
    >>> then.compute()
    >>> seen
    ['first', 'then']
    """
    return bound((children,), parents, omit, seed, split_every)


def bound(collections: Sequence[Any], parents: Any, omit: Any, seed: Any, split_every: float | None = None) -> Any:
    """Clones of collections, that wait for parents if there are any."""
    seed = uuid.uuid4().bytes if seed is None else seed
    blocker = None if parents is None else checkpoint(parents, split_every=split_every)
    left_out, _ = unpack_collections(omit)
    spared = {key for collection in left_out for key in collection.__weft_graph__()}
    found, repack = unpack_collections(*collections)
    made = []
    for collection in found:
        layers = cloned_layers(collection.__weft_graph__(), spared, seed, None if blocker is None else blocker.key)
        if blocker is not None:
            layers["blocker"] = blocker.__weft_graph__()
        renamed = {name: str(clone_key(name, seed)) for name in get_collection_names(collection)}
        own = set(map(get_name_from_key, spared))
        made.append(
            rebuilt(
                collection,
                HighLevelGraph(layers, {}),
                {name: new for name, new in renamed.items() if name not in own},
            )
        )
    return one_or_all(repack(made))


def cloned_layers(
    graph: Mapping[Key, Any], spared: set[Key], seed: Any, blocker: Key | None
) -> dict[str, Mapping[Key, Any]]:
    """The tasks of a graph under other keys, one layer for each set of annotations; those spared as they are."""
    entries = list(entries_of(graph))
    known = {key for key, _, _ in entries}
    layers: dict[str, MaterializedLayer] = {}
    notes: list[Annotations | None] = []
    for key, value, carried in entries:
        node: GraphNode = convert_legacy_task(key, value, known)
        if key not in spared:
            renamed: dict[Key, Any] = {
                read: clone_key(read, seed) for read in node.dependencies if read in known and read not in spared
            }
            key = clone_key(key, seed)
            node = node.substitute(renamed, key=key)
            if blocker is not None and not renamed:
                node = Task(key, first_of, node, TaskRef(blocker))
        if carried not in notes:
            notes.append(carried)
        name = f"layer-{notes.index(carried)}"
        layer = layers.get(name)
        if layer is None:
            layer = layers[name] = MaterializedLayer({}, carried)
        layer.mapping[key] = node  # type: ignore[index]
    return dict(layers)


def rebuilt(collection: Any, graph: Mapping[Key, Any], rename: Mapping[str, str]) -> Any:
    """The collection over another graph, its names changed."""
    rebuild, extra = collection.__weft_postpersist__()
    return rebuild(graph, *extra, rename=rename)


def one_or_all(results: tuple[Any, ...]) -> Any:
    """The only result, or all."""
    return results[0] if len(results) == 1 else results
