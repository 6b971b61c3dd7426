"""The oldest way to write a graph: a dict of keys to tuples ``(function, argument, ...)``.

An argument is a key of the graph, another task, a list, tuple or set of arguments, or any value. Whether a text is a key
or a value depends on the dict it stands in, so every question here takes the dict along. Dicts may also hold the node
classes of :mod:`weft.graph.spec`, which say themselves what they read.

>>> graph = {"x": 1, "y": (pow, "x", 2), "z": (sum, ["x", "y"])}
>>> sorted(dependencies_of(graph["z"], graph))
['x', 'y']
>>> get(graph, ["z", "y"])
(2, 1)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from weft.errors import CycleError
from weft.graph.graph import Task as GraphTask
from weft.graph.graph import missing_key
from weft.graph.key import check_key
from weft.graph.spec import GraphNode
from weft.typing import Key

__all__ = [
    "dependencies_and_dependents",
    "dependencies_of",
    "ensure_dict",
    "find_cycle",
    "flatten",
    "get",
    "get_dependencies",
    "is_acyclic",
    "is_hashable",
    "is_task",
    "known_keys",
    "literal",
    "parts_of",
    "quote",
    "reverse_dict",
    "substitute",
    "toposort",
    "validate_key",
]

CONTAINERS = (list, tuple, set, frozenset)


def is_task(value: Any) -> bool:
    """Whether a value is a task: a tuple with a function first, or a node that computes.

    >>> is_task((abs, -1)), is_task(("x", 0))
    (True, False)
    """
    if type(value) is tuple:
        return bool(value) and callable(value[0])
    return isinstance(value, (GraphNode, GraphTask))


def is_hashable(value: Any) -> bool:
    """Whether a value has a hash.

    >>> is_hashable((1, "a")), is_hashable((1, []))
    (True, False)
    """
    try:
        hash(value)
    except TypeError:
        return False
    return True


def validate_key(key: Any) -> None:
    """Raise TypeError for what cannot be a key.

    >>> validate_key(("x", 0))
    """
    check_key(key)


class literal:  # noqa: N801 - the name that users know
    """A value that no graph looks into.

    >>> literal((abs, 1))()
    (<built-in function abs>, 1)
    """

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data

    def __call__(self) -> Any:
        return self.data

    def __repr__(self) -> str:
        return f"literal<type={type(self.data).__name__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return literal, (self.data,)


def quote(value: Any) -> Any:
    """The value as it must stand in a graph, so that it is not taken for a task or a container of keys.

    >>> get({"x": quote((abs, -1))}, "x")
    (<built-in function abs>, -1)
    """
    if is_task(value) or type(value) in (list, dict, *CONTAINERS):
        return (literal(value),)
    return value


def parts_of(value: Any) -> list[Any] | None:
    """What a task or container is made of; None for anything else."""
    kind = type(value)
    if kind is tuple and is_task(value):
        return list(value[1:])
    return list(value) if kind in CONTAINERS else None


def dependencies_of(value: Any, known: Collection[Any]) -> list[Key]:
    """The keys among ``known`` that a task reads, each as often as it reads it, in order."""
    if isinstance(value, GraphNode):
        return list(value.dependencies)
    if isinstance(value, GraphTask):
        return list(value.inputs)
    found: list[Key] = []
    stack = list(parts_of(value) or ()) if is_task(value) else [value]
    stack.reverse()
    while stack:
        item = stack.pop()
        if isinstance(item, GraphNode):
            found += item.dependencies
            continue
        if not is_task(item) and is_hashable(item) and item in known:
            found.append(item)
            continue
        parts = parts_of(item)
        if parts is not None:
            stack += reversed(list(parts))
    return found


_nothing = object()


def get_dependencies(
    dsk: Mapping[Key, Any], key: Any = None, task: Any = _nothing, as_list: bool = False
) -> set[Key] | list[Key]:
    """The keys that a task reads: the task of a key, or a task given as such.

    >>> graph = {"x": 1, "y": (abs, "x"), "z": (max, "x", ["y", "x"])}
    >>> sorted(get_dependencies(graph, "z"))
    ['x', 'y']
    >>> get_dependencies(graph, task=(abs, "y"), as_list=True)
    ['y']
    """
    if task is _nothing:
        if key is None:
            raise ValueError("get_dependencies() needs a key or a task: get_dependencies(dsk, key) or task=...")
        if key not in dsk:
            raise missing_key(key, dsk)
        found = [each for each in dependencies_of(dsk[key], dsk) if each != key or is_task(dsk[key])]
    else:
        found = dependencies_of(task, dsk)
    return found if as_list else set(found)


def dependencies_and_dependents(dsk: Mapping[Key, Any]) -> tuple[dict[Key, set[Key]], dict[Key, set[Key]]]:
    """For each key the keys it reads, and the keys that read it.

    >>> dependencies_and_dependents({"x": 1, "y": (abs, "x")})
    ({'x': set(), 'y': {'x'}}, {'x': {'y'}, 'y': set()})
    """
    dependencies = {key: set(get_dependencies(dsk, key)) for key in dsk}
    return dependencies, reverse_dict(dependencies)


def reverse_dict(d: Mapping[Any, Iterable[Any]]) -> dict[Any, set[Any]]:
    """The same relation, seen from the other side.

    >>> reverse_dict({"a": ["b"], "b": []})
    {'a': set(), 'b': {'a'}}
    """
    turned: dict[Any, set[Any]] = {key: set() for key in d}
    for key, others in d.items():
        for other in others:
            turned.setdefault(other, set()).add(key)
    return turned


def toposort(dsk: Mapping[Key, Any], dependencies: Mapping[Key, Iterable[Key]] | None = None) -> list[Key]:
    """The keys of a graph, each after those that it reads.

    Raises
    ------
    CycleError
        Tasks wait for each other in a circle.

    Examples
    --------
    >>> toposort({"y": (abs, "x"), "x": 1})
    ['x', 'y']
    """
    if dependencies is None:
        dependencies = {key: get_dependencies(dsk, key, as_list=True) for key in dsk}
    cycle, ordered = _walk(dsk, dependencies)
    if cycle:
        shown = " -> ".join(map(repr, cycle))
        raise CycleError(f"these tasks wait for each other in a circle: {shown}. Break it at one of them.", cycle[:-1])
    return ordered


def find_cycle(dsk: Mapping[Key, Any], keys: Any = None) -> list[Key]:
    """The keys of a circle, the first one again at the end; an empty list if there is none.

    Parameters
    ----------
    dsk : mapping
    keys : key or list of keys, optional
        Look only below these; by default everywhere.

    Examples
    --------
    >>> find_cycle({"x": (abs, "y"), "y": (abs, "x")}, None)
    ['x', 'y', 'x']
    """
    starts = list(dsk) if keys is None else list(flatten([keys]))
    return _walk(starts, {key: get_dependencies(dsk, key, as_list=True) for key in dsk})[0]


def is_acyclic(dsk: Mapping[Key, Any], keys: Any = None) -> bool:
    """Whether nothing below the keys waits for itself.

    >>> is_acyclic({"x": 1, "y": (abs, "x")}, "y")
    True
    """
    return not find_cycle(dsk, keys)


def _walk(starts: Iterable[Key], dependencies: Mapping[Key, Iterable[Key]]) -> tuple[list[Key], list[Key]]:
    """Depth first: a cycle if there is one, and the keys in topological order."""
    done: dict[Key, None] = {}
    on_path: dict[Key, None] = {}
    for start in starts:
        if start in done:
            continue
        stack = [(start, iter(dependencies.get(start, ())))]
        on_path[start] = None
        while stack:
            key, rest = stack[-1]
            for source in rest:
                if source in on_path:
                    path = list(on_path)
                    return [*path[path.index(source) :], source], []
                if source not in done and source in dependencies:
                    on_path[source] = None
                    stack.append((source, iter(dependencies[source])))
                    break
            else:
                stack.pop()
                del on_path[key]
                done[key] = None
    return [], list(done)


def flatten(seq: Any, container: type | tuple[type, ...] = list) -> Iterable[Any]:
    """The items of nested containers, in order; by default lists are looked into.

    >>> list(flatten([["a", ("b", 0)], ["c"]]))
    ['a', ('b', 0), 'c']
    """
    if isinstance(seq, str):
        yield seq
        return
    for item in seq:
        if isinstance(item, container):
            yield from flatten(item, container)
        else:
            yield item


def substitute(task: Any, key: Any, value: Any) -> Any:
    """The task with ``value`` wherever it reads ``key``.

    >>> substitute((max, ["x", (abs, "x")]), "x", 1)
    (<built-in function max>, [1, (<built-in function abs>, 1)])
    """
    if isinstance(task, GraphNode):
        if key not in task.dependencies:
            return task
        return task.substitute({key: value})
    kind = type(task)
    if is_task(task):
        return (task[0], *(substitute(part, key, value) for part in task[1:]))
    if is_hashable(task) and kind is type(key) and task == key:
        return value
    if kind in CONTAINERS:
        return kind(substitute(part, key, value) for part in task)
    return task


def get(dsk: Mapping[Key, Any], out: Any, cache: dict[Key, Any] | None = None) -> Any:
    """Evaluate keys of a graph plainly, one task after the other: what schedulers are compared with.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    out : key or nested list of keys
    cache : dict, optional
        Results that are known; new ones are added.

    Returns
    -------
    object
        The result; nested tuples of results for nested lists of keys.

    Raises
    ------
    KeyNotFoundError
        A key is not in the graph.
    """
    known: dict[Key, Any] = {} if cache is None else cache
    wanted = list(flatten([out]))
    for key in wanted:
        if key not in dsk and key not in known:
            raise missing_key(key, dsk)
    if isinstance(out, list) and not wanted:
        return _nested(out, known)
    dependencies = {key: get_dependencies(dsk, key, as_list=True) for key in dsk if key not in known}
    cycle, ordered = _walk([key for key in wanted if key not in known], dependencies)
    if cycle:
        raise CycleError(f"these tasks wait for each other in a circle: {' -> '.join(map(repr, cycle))}.", cycle[:-1])
    for key in ordered:
        if key not in known:
            known[key] = _evaluate(dsk[key], known, key)
    return _nested(out, known)


def _nested(out: Any, known: Mapping[Key, Any]) -> Any:
    if isinstance(out, list):
        return tuple([_nested(each, known) for each in out])
    return known[out]


def _evaluate(value: Any, known: Mapping[Key, Any], own: Any) -> Any:
    if isinstance(value, GraphNode):
        return value(known)
    if isinstance(value, GraphTask):
        return value.program.run([*(known[key] for key in value.inputs), *value.constants])
    if is_task(value):
        return value[0](*[_evaluate(part, known, None) for part in value[1:]])
    if is_hashable(value) and value in known and value != own:
        return known[value]
    kind = type(value)
    if kind in CONTAINERS:
        return kind([_evaluate(part, known, None) for part in value])
    return value


def ensure_dict(d: Mapping[Key, Any], *, copy: bool = False) -> dict[Key, Any]:
    """A mapping as a plain dict.

    >>> ensure_dict({"x": 1})
    {'x': 1}
    """
    if type(d) is dict:
        return d.copy() if copy else d
    flat = getattr(d, "to_dict", None)
    return dict(flat() if flat is not None else d)


def known_keys(dsk: Mapping[Key, Any], keys: Any) -> list[Key]:
    """Nested keys as a flat list without repetitions, each of which the graph has."""
    flat = list(dict.fromkeys(flatten(keys if isinstance(keys, (list, set, frozenset)) else [keys])))
    for key in flat:
        if key not in dsk:
            raise missing_key(key, dsk)
    return flat
