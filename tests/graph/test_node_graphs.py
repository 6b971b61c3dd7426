"""Whole graphs of task nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import combine, naive, node_graphs, tuple_graphs

from weft.errors import CycleError, KeyNotFoundError
from weft.graph.node_graphs import convert_legacy_graph, cull, execute_graph, fuse_linear_task_spec, resolve_aliases
from weft.graph.spec import Alias, DataNode, Task, TaskRef


@given(tuple_graphs())
def test_converting_a_graph_of_tuples_keeps_the_answers(graph):
    assert execute_graph(convert_legacy_graph(graph)) == {key: naive(graph, key) for key in graph}


@given(node_graphs(), st.data())
def test_running_some_keys_gives_those(built, data):
    graph, expected = built
    keys = data.draw(st.lists(st.sampled_from(list(graph)), unique=True))
    assert execute_graph(graph, keys=keys) == {key: expected[key] for key in keys}


@given(node_graphs(), st.data())
def test_fusing_keeps_the_answers_and_the_keys_asked_for(built, data):
    graph, expected = built
    keys = data.draw(st.lists(st.sampled_from(list(graph)), unique=True))
    fused = fuse_linear_task_spec(graph, keys)
    assert set(keys) <= set(fused)
    assert execute_graph(fused, keys=keys) == {key: expected[key] for key in keys}


@given(tuple_graphs(), st.data())
def test_aliases_resolved_keep_the_answers(graph, data):
    keys = data.draw(st.lists(st.sampled_from(list(graph)), unique=True))
    resolved = resolve_aliases(convert_legacy_graph(graph), keys)
    assert execute_graph(resolved, keys=keys) == {key: naive(graph, key) for key in keys}


@given(node_graphs(), st.data())
def test_culling_leaves_what_is_needed_and_nothing_else(built, data):
    graph, expected = built
    key = data.draw(st.sampled_from(list(graph)))
    small = cull(graph, [key])
    assert execute_graph(small)[key] == expected[key]
    readers = {read for node in small.values() for read in node.dependencies}
    assert set(small) - readers <= {key}


def test_a_chain_becomes_one_task():
    graph = convert_legacy_graph({"a": (abs, 1), "b": (combine, "a"), "c": (combine, "b", 2), "x": 1})
    assert set(fuse_linear_task_spec(graph, ["c"])) == {"c", "x"}


def test_very_long_chains_are_joined_in_pieces_that_still_run():
    graph = {0: DataNode(0, 1), **{n: Task(n, abs, TaskRef(n - 1)) for n in range(1, 1000)}}
    fused = fuse_linear_task_spec(graph, [999])
    assert len(fused) < 20
    assert execute_graph(fused, keys=[999]) == {999: 1}


def test_known_results_are_used_and_new_ones_added():
    cache = {"x": 4}
    assert execute_graph({"y": Task("y", abs, TaskRef("x"))}, cache=cache, keys=["y"]) == {"y": 4}
    assert cache == {"x": 4, "y": 4}


def test_an_alias_nobody_else_needs_becomes_the_task_itself():
    graph = convert_legacy_graph({"x": (abs, 1), "y": "x"})
    assert resolve_aliases(graph, {"y"}, {"x": {"y"}, "y": set()}) == {"y": Task("y", abs, 1)}


def test_an_alias_of_a_key_that_is_wanted_stays():
    graph = convert_legacy_graph({"x": (abs, 1), "y": "x"})
    assert resolve_aliases(graph, {"x", "y"})["y"] == Alias("y", "x")


def test_circles_and_missing_keys_are_named():
    with pytest.raises(CycleError, match="circle"):
        execute_graph({"x": Alias("x", "y"), "y": Alias("y", "x")})
    with pytest.raises(KeyNotFoundError, match="'q'"):
        cull({}, ["q"])
    with pytest.raises(KeyNotFoundError, match="'q'"):
        execute_graph({"x": Task("x", abs, TaskRef("q"))})


def test_a_task_stays_while_another_alias_of_it_is_read():
    graph = convert_legacy_graph({"x": (abs, -1), "a": "x", "b": "a", "y": (abs, "b")})
    resolved = resolve_aliases(graph, ["a", "y"])
    assert execute_graph(resolved, keys=["a", "y"]) == {"a": 1, "y": 1}
