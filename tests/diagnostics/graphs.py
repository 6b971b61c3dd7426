"""Computations to look at."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st


@st.composite
def graphs(draw: st.DrawFn, most: int = 12) -> dict[str, Any]:
    """Dicts of keys to tasks: each task sums up some of those before it."""
    size = draw(st.integers(1, most))
    graph: dict[str, Any] = {}
    for number in range(size):
        sources = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        graph[f"k{number}"] = (total, [f"k{source}" for source in sources])
    return graph


def total(numbers: list[int]) -> int:
    return 1 + sum(numbers)


class Whole:
    """A collection of all keys of a graph, for whoever needs one."""

    def __init__(self, graph: dict[Any, Any]) -> None:
        self.graph = graph

    def __weft_graph__(self) -> dict[Any, Any]:
        return self.graph

    def __weft_keys__(self) -> list[Any]:
        return list(self.graph)

    def __weft_postcompute__(self) -> Any:
        return list, ()
