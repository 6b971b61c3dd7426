"""Delayed values over graphs that were made elsewhere."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.delayed import Delayed
from weft.errors import CycleError


def total(*values):
    return 1 + sum(values)


@given(st.data(), st.integers(1, 12))
def test_the_value_is_that_of_the_graph(data, n):
    graph = {("t", 0): 5}
    expected = [5]
    for task in range(1, n):
        sources = data.draw(st.lists(st.integers(0, task - 1), max_size=3))
        graph["t", task] = (total, *[("t", source) for source in sources])
        expected.append(1 + sum(expected[source] for source in sources))
    keys = data.draw(st.permutations(list(graph)))

    made = Delayed(("t", n - 1), {key: graph[key] for key in keys})

    assert made.compute(scheduler="inline") == expected[-1]


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({"a": (abs, "a")}, ["a"]),
        ({"a": (abs, "b"), "b": (abs, "a")}, ["b", "a"]),
        ({"a": (total, "x", "b"), "x": 1, "b": (total, "x", "c"), "c": (total, "x", "d"), "d": (abs, "b")}, ["d", "c", "b"]),
    ],
)  # fmt: skip
def test_a_circle_is_found_and_named(graph, cycle):
    with pytest.raises(CycleError, match="wait for each other in a circle") as caught:
        Delayed("a", graph)

    assert caught.value.cycle == cycle


def test_a_circle_that_is_not_needed_is_of_no_matter():
    graph = {"a": (abs, -3), "b": (abs, "c"), "c": (abs, "b")}

    assert Delayed("a", graph).compute(scheduler="inline") == 3


def test_a_long_chain_needs_no_recursion():
    n = 30_000
    graph = {0: 0, **{i: (operator.add, i - 1, 1.5) for i in range(1, n)}}

    assert Delayed(n - 1, graph).compute(scheduler="inline") == 1.5 * (n - 1)
