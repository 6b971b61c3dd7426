"""Nodes on a journey: pickled as a flat list, so that a chain of a hundred thousand calls can travel."""

from __future__ import annotations

from typing import Any

from weft.physical.call import Call, Data, Gathered

__all__ = ["pack", "unpack"]


def pack(node: Any) -> list[tuple[Any, ...]]:
    """A node and all that it reads, each after what it reads itself; what is read is told by its place in the list."""
    place: dict[int, int] = {}
    entries: list[tuple[Any, ...]] = []
    stack = [node]
    while stack:
        current = stack[-1]
        if id(current) in place:
            stack.pop()
            continue
        missing = [each for each in current.inputs if id(each) not in place]
        if missing:
            stack += missing
            continue
        stack.pop()
        place[id(current)] = len(entries)
        if type(current) is Call:
            inputs = tuple([place[id(each)] for each in current.inputs])
            entries.append((current.program, inputs, current.constants, current.key, current.annotations))
        elif type(current) is Data:
            entries.append((current.key, current.value))
        else:
            entries.append((current.key, current.collection, current.keys, current.finalize))
    return entries


def unpack(entries: list[tuple[Any, ...]]) -> Any:
    """The node again."""
    nodes: list[Any] = []
    for entry in entries:
        if len(entry) == 2:
            nodes.append(Data(*entry))
        elif len(entry) == 4:
            nodes.append(Gathered(*entry))
        else:
            program, inputs, constants, key, annotations = entry
            nodes.append(Call(program, tuple([nodes[n] for n in inputs]), constants, key, None, annotations))
    return nodes[-1]
