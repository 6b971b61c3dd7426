"""Graphs in layers, as collections of your own hold them.

A :class:`HighLevelGraph` is a mapping of keys to tasks, kept as *layers*: one for each operation, with a name, and with
the names of the layers below it. A layer is any mapping of keys to tasks; :class:`MaterializedLayer` holds one and adds
annotations; a subclass of :class:`Layer` may write its tasks only when they are asked for.

>>> import weft
>>> x = weft.delayed(abs)(-1)
>>> graph = HighLevelGraph.from_collections("double", {"double": (lambda n: 2 * n, x.key)}, dependencies=[x])
>>> sorted(graph.dependencies["double"]) == [x.key], len(graph)
(True, 2)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any

from weft.errors import GraphError, KeyNotFoundError
from weft.graph.annotations import get_annotations
from weft.graph.html import table_html
from weft.graph.key import flatten_keys
from weft.graph.mapping import entries_of
from weft.graph.node_graphs import convert_legacy_task
from weft.graph.renaming import clone_key
from weft.graph.spec import Task, TaskRef
from weft.graph.tuples import get_dependencies, known_keys
from weft.typing import Key

__all__ = ["HighLevelGraph", "Layer", "MaterializedLayer", "compute_layer_dependencies", "first_of"]


class Layer(Mapping[Key, Any]):
    """The tasks of one operation. Subclasses are mappings of keys to tasks, written whenever they like.

    Parameters
    ----------
    annotations : mapping, optional
        What the tasks carry; by default the annotations in force (:func:`weft.annotate`).
    collection_annotations : mapping, optional
        Facts about the collection, for who draws the graph.
    """

    annotations: Mapping[str, Any] | None
    collection_annotations: Mapping[str, Any] | None

    def __init__(
        self,
        annotations: Mapping[str, Any] | None = None,
        collection_annotations: Mapping[str, Any] | None = None,
    ) -> None:
        self.annotations = annotations or get_annotations() or None
        self.collection_annotations = collection_annotations

    @abstractmethod
    def is_materialized(self) -> bool:
        """Whether the tasks are written already."""

    @abstractmethod
    def get_output_keys(self) -> Iterable[Key]:
        """The keys that other layers may read."""

    def get_dependencies(self, key: Key, all_hlg_keys: Any = None) -> set[Key]:
        """The keys that one task reads, of those that the whole graph has."""
        known = self if all_hlg_keys is None else all_hlg_keys
        task = self[key]
        return set(get_dependencies(known, task=task))

    def cull(self, keys: Iterable[Key], all_hlg_keys: Any = None) -> tuple[Layer, dict[Key, set[Key]]]:
        """The part of the layer that some keys need, and for each key in it what it reads."""
        known = self if all_hlg_keys is None else all_hlg_keys
        wanted = set(keys)
        reads: dict[Key, set[Key]] = {}
        stack = [key for key in self if key in wanted]
        while stack:
            key = stack.pop()
            if key not in reads:
                reads[key] = self.get_dependencies(key, known)
                stack += [source for source in reads[key] if source in self]
        if len(reads) == len(self):
            return self, reads
        kept = MaterializedLayer({key: self[key] for key in self if key in reads}, self.annotations)
        kept.collection_annotations = self.collection_annotations
        return kept, reads

    def clone(self, keys: Any, seed: Any, bind_to: Key | None = None) -> tuple[MaterializedLayer, bool]:
        """The layer under other keys.

        Parameters
        ----------
        keys : set of Key
            The keys, here and in other layers, that get another name (:func:`weft.graph.renaming.clone_key`).
        seed : object
            What the names are made of.
        bind_to : Key, optional
            Something that tasks wait for which read nothing that is renamed.

        Returns
        -------
        layer, bound
            ``bound`` tells whether any task waits for ``bind_to``.
        """
        made: dict[Key, Any] = {}
        bound = False
        for key, value in self.items():
            node = convert_legacy_task(key, value, {*keys, *self})
            renamed = {read: clone_key(read, seed) for read in node.dependencies if read in keys}
            new = clone_key(key, seed) if key in keys else key
            node = node.substitute(renamed, key=new)
            if bind_to is not None and not renamed:
                node = Task(new, first_of, node, TaskRef(bind_to))
                bound = True
            made[new] = node
        return MaterializedLayer(made, self.annotations, self.collection_annotations), bound


class MaterializedLayer(Layer):
    """A layer whose tasks are written down.

    Parameters
    ----------
    mapping : mapping of keys to tasks
    annotations, collection_annotations
        As of :class:`Layer`.

    Examples
    --------
    >>> layer = MaterializedLayer({"x": 1, "y": (abs, "x")}, annotations={"retries": 2})
    >>> list(layer), layer.get_dependencies("y", {"x"})
    (['x', 'y'], {'x'})
    """

    def __init__(
        self,
        mapping: Mapping[Key, Any],
        annotations: Mapping[str, Any] | None = None,
        collection_annotations: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(annotations, collection_annotations)
        self.mapping = mapping

    def __getitem__(self, key: Key) -> Any:
        return self.mapping[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.mapping)

    def __len__(self) -> int:
        return len(self.mapping)

    def __contains__(self, key: object) -> bool:
        return key in self.mapping

    def is_materialized(self) -> bool:
        return True

    def get_output_keys(self) -> KeysView[Key]:
        return self.keys()

    def __repr__(self) -> str:
        return f"<MaterializedLayer: {len(self)} tasks>"


def first_of(value: Any, *others: Any) -> Any:
    """The first argument; the others are only waited for."""
    return value


class HighLevelGraph(Mapping[Key, Any]):
    """Layers, and which of them read which.

    Parameters
    ----------
    layers : mapping of str to mapping
        Each operation's tasks.
    dependencies : mapping of str to set of str
        For each layer those that it reads.
    key_dependencies : mapping of Key to set of Key, optional
        What single keys read, where that is known already.

    Examples
    --------
    >>> graph = HighLevelGraph(
    ...     {"load": {("load", 0): 5, ("load", 1): 7}, "sum": {"sum": (sum, [("load", 0), ("load", 1)])}},
    ...     {"load": set(), "sum": {"load"}},
    ... )
    >>> len(graph), graph.dependents
    (3, {'load': {'sum'}, 'sum': set()})
    >>> from weft.execution.get import get_sync
    >>> get_sync(graph, "sum")
    12
    """

    def __init__(
        self,
        layers: Mapping[str, Mapping[Key, Any]],
        dependencies: Mapping[str, Iterable[str]],
        key_dependencies: Mapping[Key, Iterable[Key]] | None = None,
    ) -> None:
        self.layers: dict[str, Layer] = {
            name: layer if isinstance(layer, Layer) else MaterializedLayer(layer) for name, layer in layers.items()
        }
        self.dependencies: dict[str, set[str]] = {name: set(dependencies.get(name, ())) for name in self.layers}
        self.key_dependencies: dict[Key, set[Key]] = {
            key: set(reads) for key, reads in (key_dependencies or {}).items()
        }

    @classmethod
    def from_collections(cls, name: str, layer: Mapping[Key, Any], dependencies: Sequence[Any] = ()) -> HighLevelGraph:
        """A new layer on top of collections.

        Parameters
        ----------
        name : str
            The layer's name.
        layer : mapping of keys to tasks
            May read the keys of the collections.
        dependencies : sequence of collections
            What it reads.
        """
        layers: dict[str, Mapping[Key, Any]] = {}
        below: dict[str, Iterable[str]] = {}
        reads: set[str] = set()
        for collection in dependencies:
            graph, names = graph_and_names(collection)
            layers.update(graph.layers)
            below.update(graph.dependencies)
            reads.update(names)
        layers[name] = layer
        below[name] = reads - {name}
        return cls(layers, below)

    @classmethod
    def merge(cls, *graphs: Mapping[Key, Any]) -> HighLevelGraph:
        """One graph with the layers of several; a plain dict becomes a layer.

        >>> len(HighLevelGraph.merge({"x": 1}, {"y": 2}).layers)
        2
        """
        layers: dict[str, Mapping[Key, Any]] = {}
        dependencies: dict[str, Iterable[str]] = {}
        for graph in graphs:
            if isinstance(graph, HighLevelGraph):
                layers.update(graph.layers)
                dependencies.update(graph.dependencies)
            else:
                name = f"graph-{id(graph)}"
                layers[name] = graph
                dependencies[name] = ()
        return cls(layers, dependencies)

    # -- the mapping ------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Key) -> Any:
        name = key[0] if isinstance(key, tuple) else key
        near = self.layers.get(name) if isinstance(name, str) else None
        if near is not None and key in near:
            return near[key]
        for layer in self.layers.values():
            if key in layer:
                return layer[key]
        raise KeyNotFoundError(f"the graph has no key {key!r} in any of its {len(self.layers)} layers.")

    def __iter__(self) -> Iterator[Key]:
        return iter(dict.fromkeys(key for layer in self.layers.values() for key in layer))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def to_dict(self) -> dict[Key, Any]:
        """All tasks in one dict."""
        return {key: value for layer in self.layers.values() for key, value in layer.items()}

    def copy(self) -> HighLevelGraph:
        """A graph of its own with the same layers."""
        return HighLevelGraph(self.layers, self.dependencies, self.key_dependencies)

    @property
    def dependents(self) -> dict[str, set[str]]:
        """For each layer those that read it."""
        found: dict[str, set[str]] = {name: set() for name in self.layers}
        for name, reads in self.dependencies.items():
            for read in reads:
                found[read].add(name)
        return found

    def get_all_external_keys(self) -> set[Key]:
        """The keys that layers let others read."""
        return {key for layer in self.layers.values() for key in layer.get_output_keys()}

    def get_all_dependencies(self) -> dict[Key, set[Key]]:
        """For each key the keys that it reads."""
        known = set(self)
        for layer in self.layers.values():
            for key in layer:
                if key not in self.key_dependencies:
                    self.key_dependencies[key] = layer.get_dependencies(key, known)
        return dict(self.key_dependencies)

    # -- parts ------------------------------------------------------------------------------------------------------

    def cull(self, keys: Any) -> HighLevelGraph:
        """The part that the keys need.

        >>> graph = HighLevelGraph({"a": {"a": 1, "b": 2}, "c": {"c": (abs, "a")}}, {"a": set(), "c": {"a"}})
        >>> sorted(graph.cull("c"))
        ['a', 'c']
        """
        known = set(self)
        wanted = set(known_keys(self, list(flatten_keys(keys))))
        layers: dict[str, Mapping[Key, Any]] = {}
        reads: dict[Key, Iterable[Key]] = {}
        for name in reversed(self._in_order()):
            own = wanted.intersection(self.layers[name])
            if own:
                layer, found = self.layers[name].cull(own, known)
                layers[name] = layer
                reads.update(found)
                wanted.update(*found.values())
        return HighLevelGraph(
            {name: layers[name] for name in self.layers if name in layers},
            {name: self.dependencies[name] & layers.keys() for name in layers},
            reads,
        )

    def cull_layers(self, layers: Iterable[str]) -> HighLevelGraph:
        """The part that some layers need, whole layers only."""
        stack = list(layers)
        kept: dict[str, None] = {}
        while stack:
            name = stack.pop()
            if name not in self.layers:
                raise KeyNotFoundError(f"the graph has no layer {name!r}. It has {sorted(self.layers)}.")
            if name not in kept:
                kept[name] = None
                stack += self.dependencies[name]
        return HighLevelGraph(
            {name: layer for name, layer in self.layers.items() if name in kept},
            {name: self.dependencies[name] for name in kept},
        )

    def _in_order(self) -> list[str]:
        """The layers' names, each after those it reads."""
        done: dict[str, None] = {}
        missing = {name: len(reads) for name, reads in self.dependencies.items()}
        ready = [name for name, count in missing.items() if not count]
        dependents = self.dependents
        for name in ready:
            done[name] = None
            for user in dependents[name]:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)  # the list grows while it is walked
        if len(done) < len(self.layers):
            raise GraphError(f"these layers read each other in a circle: {sorted(set(self.layers) - set(done))}.")
        return list(done)

    def validate(self) -> None:
        """Raise if layers and dependencies do not agree.

        Raises
        ------
        GraphError
            A dependency is no layer, a key is in two layers, or a task reads a layer that is not listed.
        """
        for name, reads in self.dependencies.items():
            if unknown := reads - self.layers.keys():
                raise GraphError(f"layer {name!r} reads {sorted(unknown)}, which the graph does not have.")
        owner: dict[Key, str] = {}
        for name, layer in self.layers.items():
            for key in layer:
                if key in owner:
                    raise GraphError(f"the key {key!r} is in two layers, {owner[key]!r} and {name!r}.")
                owner[key] = name
        for name, layer in self.layers.items():
            for key in layer:
                for read in layer.get_dependencies(key, owner):
                    if owner[read] != name and owner[read] not in self.dependencies[name]:
                        raise GraphError(
                            f"the task {key!r} of layer {name!r} reads {read!r} of layer {owner[read]!r}, "
                            "which is not among the dependencies of its layer."
                        )
        self._in_order()

    def visualize(self, filename: str = "weft-hlg.svg", format: str | None = None, **kwargs: Any) -> Any:
        """Draw the layers, one node each; see :func:`weft.visualize` for what else can be given."""
        from weft.diagnostics.draw import visualize_dsk

        return visualize_dsk(self.layer_graph(), filename=filename, format=format, **kwargs)

    def layer_graph(self) -> dict[Key, Any]:
        """A graph with one task for each layer, for drawing."""
        return {
            name: Task(name, first_of, None, *map(TaskRef, sorted(self.dependencies[name]))) for name in self.layers
        }

    def __repr__(self) -> str:
        lines = [f" {place}. {name}" for place, name in enumerate(self.layers)]
        return "\n".join([f"HighLevelGraph with {len(self.layers)} layers.", *lines])

    def _repr_html_(self) -> str:
        place = {name: number for number, name in enumerate(self.layers)}
        rows = (
            (
                place[name],
                name,
                f"{len(layer):,}" if not isinstance(layer, Layer) or layer.is_materialized() else "not written yet",
                ", ".join(map(str, sorted(place[each] for each in self.dependencies[name]))),
            )
            for name, layer in self.layers.items()
        )
        title = f"HighLevelGraph with {len(self.layers)} layers"
        return table_html(title, ["", "Layer", "Tasks", "Reads layers"], rows, len(self.layers))


def graph_and_names(collection: Any) -> tuple[HighLevelGraph, Sequence[str]]:
    """A collection's graph in layers, and the names of the layers that hold its own keys."""
    graph = collection.__weft_graph__()
    names = getattr(collection, "__weft_layers__", None)
    if isinstance(graph, HighLevelGraph):
        if names is not None:
            return graph, tuple(names())
        own = set(flatten_keys(collection.__weft_keys__()))
        return graph, [name for name, layer in graph.layers.items() if not own.isdisjoint(layer)]
    name = str(names()[0] if names is not None else next(iter(flatten_keys(collection.__weft_keys__()))))
    return HighLevelGraph({name: graph}, {}), (name,)


def compute_layer_dependencies(layers: Mapping[str, Mapping[Key, Any]]) -> dict[str, set[str]]:
    """For each layer those that its tasks read.

    >>> compute_layer_dependencies({"a": {"x": 1}, "b": {"y": (abs, "x")}})
    {'a': set(), 'b': {'a'}}
    """
    owner = {key: name for name, layer in layers.items() for key in layer}
    found: dict[str, set[str]] = {}
    for name, layer in layers.items():
        reads = {owner[read] for _, value, _ in entries_of(layer) for read in get_dependencies(owner, task=value)}
        found[name] = reads - {name}
    return found
