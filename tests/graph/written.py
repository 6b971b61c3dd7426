"""Graphs as users write them, drawn at random, and a plain evaluator to compare with."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from weft.graph.spec import Dict, List, Task, TaskRef


def combine(*args: Any) -> int:
    """Depends on all arguments and their order."""
    return sum(hash(repr(arg)) % 997 * 31**place for place, arg in enumerate(args)) % 10007


def double(value: Any) -> int:
    return combine(value, value)


def naive(graph: dict[Any, Any], key: Any) -> Any:
    """What a key of a graph of tuples stands for, by plain recursion."""
    return _value(graph, graph[key])


def _value(graph: dict[Any, Any], value: Any) -> Any:
    if type(value) is tuple and value and callable(value[0]):
        return value[0](*[_value(graph, each) for each in value[1:]])
    if type(value) is list:
        return [_value(graph, each) for each in value]
    if isinstance(value, (str, tuple)) and value in graph:
        return naive(graph, value)
    return value


def tuple_graphs(max_size: int = 9) -> st.SearchStrategy[dict[Any, Any]]:
    """A graph of tuples; the keys in any order. Made from a size and a seed: drawing each part is ten times slower."""
    return st.builds(tuple_graph, st.integers(1, max_size), st.integers(0, 2**32))


def tuple_graph(size: int, seed: int) -> dict[Any, Any]:
    random = Random(seed)
    keys: list[Any] = []
    graph: dict[Any, Any] = {}

    def leaf() -> Any:
        return (
            random.choice(keys) if keys and random.random() < 0.7 else random.choice([random.randrange(10), "no key"])
        )

    def argument(depth: int) -> Any:
        kind = random.random()
        if not depth or kind < 0.6:
            return leaf()
        if kind < 0.75:
            return [argument(depth - 1) for _ in range(random.randrange(4))]
        return (combine, argument(depth - 1), argument(depth - 1)) if kind < 0.9 else (double, argument(depth - 1))

    for n in range(size):
        kind = random.randrange(6)
        value: Any = (combine, *[argument(2) for _ in range(random.randint(1, 3))])
        if kind == 0:
            value = random.randrange(10)
        elif kind == 1 and keys:
            value = random.choice(keys)
        elif kind == 2:
            value = [leaf() for _ in range(random.randrange(4))]
        elif kind == 3:
            value = (double, argument(2))
        key = random.choice([f"k{n}", ("k", n)])
        keys.append(key)
        graph[key] = value
    order = list(graph)
    random.shuffle(order)
    return {key: graph[key] for key in order}


def node_graphs(max_size: int = 7) -> st.SearchStrategy[tuple[dict[Any, Any], dict[Any, Any]]]:
    """A graph of task nodes, and what each of its keys stands for."""
    return st.builds(node_graph, st.integers(1, max_size), st.integers(0, 2**32))


def node_graph(size: int, seed: int) -> tuple[dict[Any, Any], dict[Any, Any]]:
    random = Random(seed)
    graph: dict[Any, Any] = {}
    expected: dict[Any, Any] = {}
    for n in range(size):
        key = f"n{n}"
        reads = [random.choice(list(graph)) for _ in range(random.randrange(4))] if graph else []
        number = random.randrange(10)
        refs = [TaskRef(read) for read in reads]
        values = [expected[read] for read in reads]
        match random.randrange(4):
            case 0:
                graph[key] = Task(key, combine, *refs, number)
                expected[key] = combine(*values, number)
            case 1:
                graph[key] = Task(key, combine, [*refs, number], Task(None, combine, *refs))
                expected[key] = combine([*values, number], combine(*values))
            case 2:
                graph[key] = List(number, *refs)
                expected[key] = [number, *values]
            case 3:
                graph[key] = Dict(dict(enumerate(refs)))
                expected[key] = dict(enumerate(values))
    return graph, expected
