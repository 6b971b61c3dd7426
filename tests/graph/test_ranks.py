"""The order of graphs that users write."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.graph.written import combine, tuple_graphs

from weft.errors import CycleError
from weft.graph.ranks import Order, OrderInfo, diagnostics, order
from weft.graph.tuples import get_dependencies


@given(tuple_graphs())
def test_every_key_comes_after_what_it_reads(graph):
    places = order(graph)
    assert sorted(places.values()) == list(range(len(graph)))
    assert all(places[read] < places[key] for key in graph for read in get_dependencies(graph, key))


@given(tuple_graphs())
def test_counted_pressure_is_what_a_simple_simulation_finds(graph):
    info, pressure = diagnostics(graph)
    reads = {key: get_dependencies(graph, key) for key in graph}
    left = {key: sum(key in each for each in reads.values()) for key in graph}
    kept: set[object] = set()
    for place, key in enumerate(sorted(graph, key=lambda key: info[key].order)):
        assert pressure[place] == len(kept) == info[key].num_data_when_run
        kept.add(key)
        for read in reads[key]:
            left[read] -= 1
        kept = {each for each in kept if left[each]}
    assert not kept


def test_tasks_on_a_longest_path_are_marked():
    graph = {"a": 1, "b": (abs, "a"), "c": (combine, "b", "x"), "x": 2}
    assert order(graph, return_stats=True)["x"].critical_path == 0
    assert {key for key, found in order(graph, return_stats=True).items() if found.critical_path} == {"a", "b", "c"}
    assert isinstance(order(graph, return_stats=True)["a"], Order)


def test_an_order_can_be_given():
    graph = {"a": 1, "b": 2, "c": (combine, "a", "b")}
    info, pressure = diagnostics(graph, {"b": 0, "a": 1, "c": 2})
    assert pressure == [0, 1, 2]
    assert info["b"] == OrderInfo(0, 2, 0, 3, 0)


def test_dependencies_can_be_given():
    assert order({"a": None, "b": None}, {"a": ["b"], "b": []}) == {"b": 0, "a": 1}


def test_a_circle_is_named_by_its_keys():
    with pytest.raises(CycleError, match=r"'[xy]' -> '[xy]' -> '[xy]'"):
        order({"x": (abs, "y"), "y": (abs, "x")})
