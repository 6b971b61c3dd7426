"""Rewriting of graphs that users write as dicts: drop what nobody needs, join chains, put small tasks into their users.

These functions take and give plain dicts, of tuples or of nodes, together with the dependencies of each key. The road
that collections take does not come by here: their expressions are fused before there is a graph.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from weft.graph.graph import Task as GraphTask
from weft.graph.key import key_name, key_split
from weft.graph.node_graphs import DEEPEST, convert_legacy_task
from weft.graph.spec import Alias, GraphNode, NestedContainer, TaskRef
from weft.graph.spec import Task as TaskNode
from weft.graph.tuples import (
    dependencies_and_dependents,
    get_dependencies,
    is_task,
    known_keys,
    parts_of,
    reverse_dict,
    substitute,
    toposort,
)
from weft.typing import Key

__all__ = ["cull", "functions_of", "fuse", "fuse_linear", "inline", "inline_functions"]

#: Characters of the key of a joined task that tell its parts.
LONGEST = 80


def cull(dsk: Mapping[Key, Any], keys: Any) -> tuple[dict[Key, Any], dict[Key, list[Key]]]:
    """The part of a graph that the keys need, and its dependencies.

    >>> cull({"x": 1, "y": (abs, "x"), "z": (abs, "y")}, "y")
    ({'y': (<built-in function abs>, 'x'), 'x': 1}, {'y': ['x'], 'x': []})
    """
    kept: dict[Key, Any] = {}
    dependencies: dict[Key, list[Key]] = {}
    stack = known_keys(dsk, keys)
    stack.reverse()
    while stack:
        key = stack.pop()
        if key in kept:
            continue
        kept[key] = dsk[key]
        dependencies[key] = list(dict.fromkeys(get_dependencies(dsk, key, as_list=True)))
        stack += known_keys(dsk, dependencies[key])
    return kept, dependencies


def put_into(task: Any, key: Key, value: Any, dsk: Mapping[Key, Any]) -> Any:
    """The task with another task, or a value, in place of a key that it reads."""
    if isinstance(task, GraphTask):
        task = convert_legacy_task(None, task, dsk)
    if isinstance(task, GraphNode):
        return substitute(task, key, convert_legacy_task(None, value, dsk))
    if isinstance(value, Alias):
        value = value.target
    return substitute(task, key, value)


class Group:
    """A task with others put into it, while :func:`fuse` decides."""

    __slots__ = ("edges", "height", "members", "ntasks", "task", "width")

    def __init__(self, key: Key, task: Any, edges: Iterable[Key]) -> None:
        self.task = task
        self.members = [key]
        self.edges = set(edges)
        self.height = self.width = self.ntasks = 1


def fuse(
    dsk: Mapping[Key, Any],
    keys: Any = None,
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
    ave_width: float = 1,
    max_width: float | None = None,
    max_height: float = math.inf,
    max_depth_new_edges: float | None = None,
    rename_keys: bool = True,
) -> tuple[dict[Key, Any], dict[Key, set[Key]]]:
    """Put tasks that only one other task reads into that one.

    Chains are joined whatever the limits on width. A task with several such inputs takes them in if what comes out is not
    too wide: what is one task runs on one worker.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    keys : key or list of keys, optional
        Keys that stay.
    dependencies : mapping, optional
        What each task reads, where that is known already.
    ave_width : float
        Tasks on each level that one task may be made of, on average. 1: chains only.
    max_width : float, optional
        Tasks on one level at most; by default somewhat more than ``ave_width``.
    max_height : float
        Tasks in a row at most.
    max_depth_new_edges : float, optional
        Inputs that the joined task may have more than each of its parts, for each level; by default 1.5 times
        ``ave_width``.
    rename_keys : bool
        Call the joined task by its parts (``"a-b-c"``), and keep the key of the last one as another name for it.

    Returns
    -------
    dsk, dependencies

    Examples
    --------
    >>> fuse({"a": 1, "b": (abs, "a"), "c": (str, "b")}, rename_keys=False)
    ({'c': (<class 'str'>, (<built-in function abs>, 1))}, {'c': set()})
    """
    if dependencies is None:
        reads, dependents = dependencies_and_dependents(dsk)
    else:
        reads = {key: set(dependencies[key]) for key in dsk}
        dependents = reverse_dict(reads)
    stay = set() if keys is None else set(known_keys(dsk, keys))
    max_width = 1.5 + ave_width * math.log(ave_width + 1) if max_width is None else max_width
    max_depth_new_edges = 1.5 * ave_width if max_depth_new_edges is None else max_depth_new_edges
    groups: dict[Key, Group] = {}
    for key in toposort(dsk, reads):
        group = groups[key] = Group(key, dsk[key], reads[key])
        inner = [each for each in reads[key] if each in groups and each not in stay and len(dependents[each]) == 1]
        inner.sort(key=str)
        if not inner:
            continue
        parts = [groups[each] for each in inner]
        height = 1 + max(part.height for part in parts)
        ntasks = 1 + sum(part.ntasks for part in parts)
        width = max(1, sum(part.width for part in parts))
        edges = group.edges.difference(inner).union(*(part.edges for part in parts))
        most = max(len(group.edges) - len(inner) + (len(inner) > 1), *(len(part.edges) for part in parts), 0)
        is_chain = len(reads[key]) == 1
        fits = width <= max_width and ntasks / height <= ave_width
        few_edges = len(edges) - most <= max_depth_new_edges * (height - 1)
        if height > min(max_height, DEEPEST) or not (is_chain or (fits and few_edges)):
            continue
        for each, part in zip(inner, parts):
            group.task = put_into(group.task, each, part.task, dsk)
            del groups[each]
        members = parts[0].members
        for part in parts[1:]:
            members += part.members
        members.append(key)
        group.members = members
        group.height, group.ntasks, group.width, group.edges = height, ntasks, width, edges
    return _named(groups, rename_keys)


def _named(groups: Mapping[Key, Group], rename: bool) -> tuple[dict[Key, Any], dict[Key, set[Key]]]:
    """The groups as a graph, under the names of their members or the key of the last one."""
    dsk: dict[Key, Any] = {}
    dependencies: dict[Key, set[Key]] = {}
    for key, group in groups.items():
        if rename and len(group.members) > 1:
            name = joined_name(group.members)
            if name not in dsk and name not in groups:
                dsk[key] = Alias(key, name) if isinstance(group.task, GraphNode) else name
                dependencies[key] = {name}
                key = name
        task = group.task
        dsk[key] = task.substitute({}, key=key) if isinstance(task, GraphNode) else task
        dependencies[key] = set(group.edges)
    return dsk, dependencies


def joined_name(members: list[Key]) -> Key:
    """The key of a joined task: what its parts are called, and the whole key of the last one."""
    last = members[-1]
    label = "-".join(dict.fromkeys(str(key_split(key)) for key in members[:-1]))[:LONGEST]
    if isinstance(last, tuple):
        return (f"{label}-{key_name(last)}", *last[1:])
    return f"{label}-{key_name(last)}"


def fuse_linear(
    dsk: Mapping[Key, Any],
    keys: Any = None,
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
    rename_keys: bool = True,
) -> tuple[dict[Key, Any], dict[Key, set[Key]]]:
    """Make one task of each chain in which every task is the only reader of the one before, and reads nothing else.

    >>> fuse_linear({"a": 1, "b": (abs, "a"), "c": (str, "b")})[0]
    {'c': 'a-b-c', 'a-b-c': (<class 'str'>, (<built-in function abs>, 1))}
    """
    return fuse(dsk, keys, dependencies, ave_width=0, max_width=1, rename_keys=rename_keys)


def inline(
    dsk: Mapping[Key, Any],
    keys: Any = None,
    inline_constants: bool = True,
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
) -> dict[Key, Any]:
    """Put the tasks of some keys into those that read them. The keys stay.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    keys : key or list of keys, optional
    inline_constants : bool
        Do so with every value that is no task, too.
    dependencies : mapping, optional
        What each task reads, where that is known already.

    Examples
    --------
    >>> inline({"x": 1, "y": (abs, "x"), "z": (max, "x", "y")}, keys="y")["z"]
    (<built-in function max>, 1, (<built-in function abs>, 1))
    """
    chosen = set() if keys is None else set(known_keys(dsk, keys))
    reads = {key: set(dependencies[key] if dependencies is not None else get_dependencies(dsk, key)) for key in dsk}
    if inline_constants:
        chosen |= {key for key, value in dsk.items() if not reads[key] and not is_computed(value)}
    made: dict[Key, Any] = {}
    for key in toposort(dsk, reads):
        task = dsk[key]
        for each in sorted(reads[key] & chosen, key=str):
            task = put_into(task, each, made[each], dsk)
        made[key] = task
    return {key: made[key] for key in dsk}


def is_computed(value: Any) -> bool:
    """Whether a value of a graph takes work: not data, not another key."""
    if isinstance(value, GraphNode):
        return isinstance(value, (TaskNode, NestedContainer))
    return is_task(value)


def inline_functions(
    dsk: Mapping[Key, Any],
    output: Any,
    fast_functions: Iterable[Any] | None = None,
    inline_constants: bool = False,
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
) -> dict[Key, Any]:
    """Put tasks that only call cheap functions into those that read them, and drop their keys.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    output : key or list of keys
        Keys that stay.
    fast_functions : iterable of callables
        What is cheap.
    inline_constants, dependencies
        As in :func:`inline`.

    Examples
    --------
    >>> graph = {"a": (abs, "x"), "b": (sum, ["a", "a"]), "x": 1}
    >>> inline_functions(graph, "b", [abs])["b"]
    (<built-in function sum>, [(<built-in function abs>, 'x'), (<built-in function abs>, 'x')])
    """
    fast = set(fast_functions or ())
    if not fast:
        return dict(dsk)
    stay = set(known_keys(dsk, output))
    reads = {key: set(dependencies[key] if dependencies is not None else get_dependencies(dsk, key)) for key in dsk}
    users = reverse_dict(reads)
    chosen = [
        key
        for key, value in dsk.items()
        if is_computed(value) and key not in stay and users[key] and functions_of(value) <= fast
    ]
    made = inline(dsk, chosen, inline_constants, reads)
    return {key: value for key, value in made.items() if key not in set(chosen)}


def functions_of(task: Any) -> set[Any]:
    """The functions that a task calls.

    >>> functions_of((max, (abs, 1), [(abs, 2)])) == {max, abs}
    True
    """
    found: set[Any] = set()
    stack = [task]
    while stack:
        item = stack.pop()
        if isinstance(item, TaskNode):
            found.add(item.func)
            stack += [*item.args, *item.kwargs.values()]
        elif isinstance(item, NestedContainer):
            stack += item.args
        elif isinstance(item, GraphTask):
            found |= {step.function for step in item.program.steps}
        elif not isinstance(item, (GraphNode, TaskRef)):
            if is_task(item):
                found.add(item[0])
            stack += parts_of(item) or ()
    return found
