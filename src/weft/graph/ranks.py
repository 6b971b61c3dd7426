"""The static order of a graph that users wrote, and how much would lie in memory if it ran in that order.

:mod:`weft.graph.priority` has the algorithm; here it is asked about dicts of keys to tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from weft.errors import CycleError
from weft.graph.mapping import graph_from_mapping
from weft.graph.priority import order as ranks_of
from weft.typing import Key

__all__ = ["Order", "OrderInfo", "diagnostics", "order"]


class Order(NamedTuple):
    """A task's place in the order, and whether it lies on a longest path through the graph (1) or not (0)."""

    priority: int
    critical_path: int


class OrderInfo(NamedTuple):
    """What happens around a task if tasks run one at a time in their static order."""

    order: int  #: its place
    age: int  #: tasks that run while its result is kept, this one not counted
    num_data_when_run: int  #: results that are kept when it starts
    num_data_when_released: int  #: results that are kept when its own is let go
    num_dependencies_freed: int  #: results that can be let go once it has run


def order(
    dsk: Mapping[Key, Any],
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
    *,
    return_stats: bool = False,
) -> dict[Key, Any]:
    """The place of each key in the order that keeps few results alive.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    dependencies : mapping, optional
        What each key reads, where that is known already.
    return_stats : bool
        Give :class:`Order` values instead of numbers.

    Raises
    ------
    CycleError
        Tasks wait for each other in a circle.

    Examples
    --------
    >>> order({"a": 1, "b": (abs, "a"), "c": (str, "b")})
    {'a': 0, 'b': 1, 'c': 2}
    """
    reads = reads_of(dsk, dependencies)
    number = {key: place for place, key in enumerate(reads)}
    inputs = [[number[source] for source in sources] for sources in reads.values()]
    dependents: list[list[int]] = [[] for _ in inputs]
    for task, sources in enumerate(inputs):
        for source in sources:
            dependents[source].append(task)
    keys = list(reads)
    try:
        ranks = ranks_of(inputs, dependents, [])
    except CycleError as error:
        cycle = [keys[int(str(task))] for task in error.cycle]
        shown = " -> ".join(map(repr, [*cycle, *cycle[:1]]))
        raise CycleError(
            f"these tasks wait for each other in a circle: {shown}. Break it at one of them.", cycle
        ) from None
    if not return_stats:
        return dict(zip(keys, ranks))
    critical = on_longest_path(inputs, dependents, ranks)
    return {key: Order(rank, int(on_it)) for key, rank, on_it in zip(keys, ranks, critical)}


def reads_of(dsk: Mapping[Key, Any], dependencies: Mapping[Key, Iterable[Key]] | None = None) -> dict[Key, list[Key]]:
    """For each key the keys of the graph that it reads, each once."""
    found = graph_from_mapping(dsk).dependencies() if dependencies is None else dependencies
    return {key: [source for source in dict.fromkeys(found[key]) if source in dsk] for key in dsk}


def on_longest_path(inputs: list[list[int]], dependents: list[list[int]], ranks: list[int]) -> list[bool]:
    """For each task whether it lies on a path that is as long as any."""
    below = [0] * len(inputs)
    above = [0] * len(inputs)
    ordered = sorted(range(len(inputs)), key=ranks.__getitem__)
    for task in ordered:
        below[task] = 1 + max((below[source] for source in inputs[task]), default=0)
    for task in reversed(ordered):
        above[task] = 1 + max((above[user] for user in dependents[task]), default=0)
    longest = max(below, default=0)
    return [below[task] + above[task] - 1 == longest for task in range(len(inputs))]


def diagnostics(
    dsk: Mapping[Key, Any],
    o: Mapping[Key, int] | None = None,
    dependencies: Mapping[Key, Iterable[Key]] | None = None,
) -> tuple[dict[Key, OrderInfo], list[int]]:
    """Go through a graph in order, and count what is kept.

    Parameters
    ----------
    dsk : mapping of keys to tasks
    o : mapping of keys to int, optional
        The order; by default :func:`order`.
    dependencies : mapping, optional
        What each key reads, where that is known already.

    Returns
    -------
    info : dict of Key to OrderInfo
    pressure : list of int
        For each place in the order the results kept before the task there runs.

    Examples
    --------
    >>> info, pressure = diagnostics({"a": 1, "b": (abs, "a"), "c": (abs, "a"), "d": (max, "b", "c")})
    >>> pressure, info["a"].age, info["d"].num_dependencies_freed
    ([0, 1, 2, 2], 2, 2)
    """
    reads = reads_of(dsk, dependencies)
    places = order(dsk, reads) if o is None else o
    users = dict.fromkeys(reads, 0)
    for sources in reads.values():
        for source in sources:
            users[source] += 1
    kept = 0
    pressure: list[int] = []
    freed: dict[Key, int] = {}
    released: dict[Key, tuple[int, int]] = {}
    ordered = sorted(reads, key=lambda key: places[key])
    for place, key in enumerate(ordered):
        pressure.append(kept)
        kept += 1
        last = [source for source in reads[key] if users[source] == 1]
        for source in reads[key]:
            users[source] -= 1
        freed[key] = len(last)
        for source in last:
            released[source] = place, kept
        if not users[key]:
            released[key] = place, kept
            kept -= 1
        kept -= len(last)
    info = {
        key: OrderInfo(places[key], released[key][0] - place, pressure[place], released[key][1], freed[key])
        for place, key in enumerate(ordered)
    }
    return info, pressure
