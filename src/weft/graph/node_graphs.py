"""Whole graphs of task nodes: made of graphs of tuples, run plainly, culled, fused.

>>> from weft.graph.spec import List
>>> graph = {"x": DataNode("x", 1), "y": Task("y", pow, TaskRef("x"), 2), "z": List(TaskRef("x"), TaskRef("y"))}
>>> execute_graph(graph, keys=["z"])
{'z': [1, 1]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from weft.graph.graph import Task as GraphTask
from weft.graph.graph import missing_key
from weft.graph.program import Program
from weft.graph.spec import Alias, DataNode, GraphNode, Task, TaskRef, in_order, parse_input
from weft.typing import Key

__all__ = [
    "convert_legacy_graph",
    "convert_legacy_task",
    "cull",
    "execute_graph",
    "fuse_linear_task_spec",
    "resolve_aliases",
]

#: Tasks within tasks at most: evaluating them takes that much of Python's stack.
DEEPEST = 100


def convert_legacy_task(key: Any, value: Any, all_keys: Any) -> Any:
    """The node for one value of a graph of tuples.

    >>> convert_legacy_task("y", (abs, "x"), {"x"})
    <Task 'y' abs(TaskRef('x'))>
    """
    if isinstance(value, GraphNode):
        return value
    if isinstance(value, GraphTask):
        refs = [TaskRef(each) for each in value.inputs]
        return Task(key, value.program.direct or RunProgram(value.program), *refs, *value.constants)
    if type(value) is tuple and value and callable(value[0]):
        return Task(key, value[0], *[_argument(each, all_keys) for each in value[1:]])
    found = _argument(value, all_keys)
    if isinstance(found, TaskRef):
        return DataNode(key, value) if found.key == key else Alias(key, found)
    if isinstance(found, GraphNode):
        found.key = key
        return found
    return DataNode(key, found)


class RunProgram:
    """Calls a program with the values of a task."""

    __slots__ = ("__name__", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.__name__ = program.name

    def __call__(self, *values: Any) -> Any:
        return self.program.run(list(values))

    def __weft_tokenize__(self) -> Any:
        return self.program.steps

    def __reduce__(self) -> tuple[Any, ...]:
        return RunProgram, (self.program,)


def _argument(value: Any, all_keys: Any) -> Any:
    if isinstance(value, (TaskRef, GraphNode)):
        return value
    if type(value) is tuple and value and callable(value[0]):
        return convert_legacy_task(None, value, all_keys)
    try:
        if value in all_keys:
            return TaskRef(value)
    except TypeError:
        pass
    if type(value) in (list, tuple, set):
        return parse_input(type(value)([_argument(each, all_keys) for each in value]))
    return value


def convert_legacy_graph(dsk: Mapping[Key, Any], all_keys: Any = None) -> dict[Key, GraphNode]:
    """A graph of tuples as a graph of nodes.

    Parameters
    ----------
    dsk : mapping
    all_keys : collection of Key, optional
        What counts as a key; by default the keys of the graph.

    Examples
    --------
    >>> convert_legacy_graph({"x": 1, "y": (abs, "x"), "z": "y"})
    {'x': DataNode(1), 'y': <Task 'y' abs(TaskRef('x'))>, 'z': Alias('z'->'y')}
    """
    known = dsk if all_keys is None else all_keys
    return {key: convert_legacy_task(key, value, known) for key, value in dsk.items()}


def execute_graph(
    dsk: Mapping[Key, GraphNode],
    cache: MutableMapping[Key, Any] | None = None,
    keys: Iterable[Key] | None = None,
) -> dict[Key, Any]:
    """Run a graph of nodes plainly, in order.

    Parameters
    ----------
    dsk : mapping of keys to nodes
    cache : mutable mapping, optional
        Results that are known; new ones are added to it, and it is what comes back if no ``keys`` are given.
    keys : iterable of Key, optional
        What is wanted; everything by default. Other results are let go as soon as nobody needs them.

    Returns
    -------
    dict
        Keys to results.
    """
    wanted = None if keys is None else dict.fromkeys(keys)
    known: MutableMapping[Key, Any] = {} if cache is None else cache
    for key in wanted or ():
        if key not in dsk and key not in known:
            raise missing_key(key, dsk)
    ordered = in_order({key: node for key, node in dsk.items() if key not in known}, wanted)
    users: dict[Key, int] = {}
    for node in ordered.values():
        for read in node.dependencies:
            users[read] = users.get(read, 0) + 1
    for key, node in ordered.items():
        known[key] = node(known)
        if wanted is None or cache is not None:
            continue
        for read in node.dependencies:
            users[read] -= 1
            if not users[read] and read not in wanted:
                del known[read]
    return dict(known) if wanted is None else {key: known[key] for key in wanted}


def cull(dsk: Mapping[Key, GraphNode], keys: Any) -> dict[Key, GraphNode]:
    """The part of a graph of nodes that the keys need.

    >>> sorted(cull({"x": DataNode("x", 1), "y": Alias("y", "x"), "z": DataNode("z", 2)}, ["y"]))
    ['x', 'y']
    """
    wanted = list(keys) if isinstance(keys, (list, set, frozenset)) else [keys]
    for key in wanted:
        if key not in dsk:
            raise missing_key(key, dsk)
    return in_order(dsk, wanted)


def dependents_of(dsk: Mapping[Key, GraphNode]) -> dict[Key, set[Key]]:
    """For each key the keys that read it."""
    found: dict[Key, set[Key]] = {key: set() for key in dsk}
    for key, node in dsk.items():
        for read in node.dependencies:
            found.setdefault(read, set()).add(key)
    return found


def _readers(key: Key, users: Mapping[Key, Iterable[Key]], targets: Mapping[Key, Key], wanted: set[Key]) -> set[Key]:
    """Who reads a task once aliases are resolved: whoever read an alias of it, and the aliases that are wanted."""
    found: set[Key] = set()
    stack = list(users[key])
    while stack:
        reader = stack.pop()
        if reader in targets:
            stack.extend(users[reader])
            if reader not in wanted:
                continue
        found.add(reader)
    return found


def fuse_linear_task_spec(dsk: Mapping[Key, GraphNode], keys: Iterable[Key]) -> dict[Key, GraphNode]:
    """Make one task of each chain in which every task is read only by the next.

    Parameters
    ----------
    dsk : mapping of keys to nodes
    keys : iterable of Key
        Keys that stay. A chain keeps the key of its last task.

    Examples
    --------
    >>> graph = convert_legacy_graph({"a": 1, "b": (abs, "a"), "c": (str, "b")})
    >>> list(fuse_linear_task_spec(graph, ["c"]))
    ['c']
    """
    stay = set(keys)
    dependents = dependents_of(dsk)
    made: dict[Key, GraphNode] = {}
    depth = dict.fromkeys(dsk, 1)
    for key, node in in_order(dsk).items():
        made[key] = node
        sources = [read for read in node.dependencies if read in dsk]
        if len(sources) != 1:
            continue
        (source,) = sources
        if source not in stay and len(dependents[source]) == 1 and depth[source] < DEEPEST:
            made[key] = node.substitute({source: made.pop(source)}, key=key)
            depth[key] = depth[source] + 1
    return made


def resolve_aliases(
    dsk: Mapping[Key, GraphNode], keys: Iterable[Key], dependents: Mapping[Key, Iterable[Key]] | None = None
) -> dict[Key, GraphNode]:
    """Have everybody read what aliases stand for, and drop the aliases that are not wanted.

    A wanted alias of a task that nobody else needs becomes that task.

    Parameters
    ----------
    dsk : mapping of keys to nodes
    keys : iterable of Key
        What is wanted.
    dependents : mapping, optional
        For each key those that read it, where that is known already.

    Examples
    --------
    >>> graph = convert_legacy_graph({"x": (abs, 1), "y": "x", "z": (abs, "y")})
    >>> resolve_aliases(graph, ["z"])
    {'x': <Task 'x' abs(1)>, 'z': <Task 'z' abs(TaskRef('x'))>}
    """
    wanted = set(keys)
    targets: dict[Key, Key] = {}
    for key, node in in_order(dsk).items():
        if isinstance(node, Alias) and node.target in dsk and node.target != key:
            targets[key] = targets.get(node.target, node.target)
    made: dict[Key, GraphNode] = {}
    for key, node in dsk.items():
        if key in targets:
            if key in wanted:
                made[key] = Alias(key, targets[key])
            continue
        subs = {read: targets[read] for read in node.dependencies if read in targets}
        made[key] = node.substitute(subs, key=key) if subs else node
    users = dependents_of(dsk) if dependents is None else dependents
    for key in wanted & set(targets):
        target = targets[key]
        if target in made and target not in wanted and _readers(target, users, targets, wanted) == {key}:
            made[key] = made.pop(target).substitute({}, key=key)
    return made
