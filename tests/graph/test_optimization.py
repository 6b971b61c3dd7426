"""Rewriting of graphs that users write keeps their answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import combine, double, naive, node_graphs, tuple_graphs

from weft.errors import KeyNotFoundError
from weft.execution.get import get_sync
from weft.graph.optimization import cull, functions_of, fuse, fuse_linear, inline, inline_functions
from weft.graph.spec import List, Task, TaskRef
from weft.graph.tuples import get, get_dependencies


def draw_keys(data, graph):
    return data.draw(st.lists(st.sampled_from(list(graph)), unique=True, min_size=1))


def assert_same_answers(graph, new, keys):
    expected = tuple(naive(graph, key) for key in keys)
    assert get(new, keys) == expected
    assert get_sync(new, keys) == expected


@given(tuple_graphs(), st.data())
def test_culling_keeps_the_answers(graph, data):
    keys = draw_keys(data, graph)
    small, dependencies = cull(graph, keys)
    assert_same_answers(graph, small, keys)
    assert dependencies.keys() == small.keys()
    assert all(set(reads) == get_dependencies(small, key) for key, reads in dependencies.items())


@given(
    tuple_graphs(),
    st.data(),
    st.booleans(),
    st.sampled_from([0, 1, 2, 10]),
    st.sampled_from([1, 2, float("inf")]),
)
def test_fusing_keeps_the_answers(graph, data, rename, ave_width, max_height):
    keys = draw_keys(data, graph)
    fused, dependencies = fuse(graph, keys, ave_width=ave_width, max_height=max_height, rename_keys=rename)
    assert_same_answers(graph, fused, keys)
    assert dependencies == {key: get_dependencies(fused, key) for key in fused}


@given(tuple_graphs(), st.data(), st.booleans())
def test_fusing_chains_keeps_the_answers(graph, data, rename):
    keys = draw_keys(data, graph)
    fused, _ = fuse_linear(graph, keys, rename_keys=rename)
    assert_same_answers(graph, fused, keys)


@given(tuple_graphs(), st.data(), st.booleans())
def test_inlining_keeps_the_answers_and_the_keys(graph, data, constants):
    inlined = inline(graph, draw_keys(data, graph), inline_constants=constants)
    assert list(inlined) == list(graph)
    assert_same_answers(graph, inlined, list(graph))


@given(tuple_graphs(), st.data(), st.sampled_from([[double], [combine], [double, combine]]))
def test_inlining_functions_keeps_the_answers_asked_for(graph, data, fast):
    keys = draw_keys(data, graph)
    assert_same_answers(graph, inline_functions(graph, keys, fast), keys)


@given(node_graphs(), st.data())
def test_graphs_of_nodes_can_be_rewritten_too(built, data):
    graph, expected = built
    keys = draw_keys(data, graph)
    answers = tuple(expected[key] for key in keys)
    assert get_sync(cull(graph, keys)[0], keys) == answers
    assert get_sync(fuse(graph, keys, ave_width=3)[0], keys) == answers
    assert get_sync(inline(graph, keys), keys) == answers
    assert get_sync(inline_functions(graph, keys, [combine]), keys) == answers


def test_a_chain_is_fused_under_a_name_that_tells_its_parts():
    graph = {"a": 1, "b": (abs, "a"), "c": (combine, "b")}
    assert fuse(graph)[0] == {"c": "a-b-c", "a-b-c": (combine, (abs, 1))}
    assert fuse(graph, rename_keys=False)[0] == {"c": (combine, (abs, 1))}
    assert fuse(graph, keys=["b"], rename_keys=False)[0] == {"b": (abs, 1), "c": (combine, "b")}


def test_side_by_side_work_is_fused_only_if_the_width_allows():
    graph = {"a": 1, "b1": (abs, "a"), "b2": (abs, "a"), "c": (combine, "b1", "b2")}
    assert fuse(graph, ave_width=1)[0] == graph
    assert fuse(graph, ave_width=2, rename_keys=False)[0] == {"a": 1, "c": (combine, (abs, "a"), (abs, "a"))}


def test_a_long_chain_is_fused_in_pieces_that_still_run():
    graph = {("n", 0): -1, **{("n", n): (abs, ("n", n - 1)) for n in range(1, 2000)}}
    fused, _ = fuse(graph, keys=[("n", 1999)])
    assert len(fused) < 100
    assert get_sync(fused, ("n", 1999)) == 1


def test_constants_are_inlined_where_asked():
    graph = {"x": 1, "y": (abs, "x"), "z": (combine, "x", "y")}
    assert inline(graph)["z"] == (combine, 1, "y")
    assert inline(graph, keys="y", inline_constants=False)["z"] == (combine, "x", (abs, "x"))


def test_inlined_functions_lose_their_keys():
    graph = {"out": (combine, "i", "d"), "i": (abs, "x"), "d": (double, "y"), "x": 1, "y": 1}
    assert inline_functions(graph, [], [abs]) == {"out": (combine, (abs, "x"), "d"), "d": (double, "y"), "x": 1, "y": 1}
    assert inline_functions(graph, "out", []) == graph


def test_functions_are_found_in_nested_tasks_of_either_kind():
    assert functions_of((combine, (abs, 1), [(double, 2)])) == {combine, abs, double}
    assert functions_of(List(Task(None, abs, Task(None, double, TaskRef("x"))))) == {abs, double}
    assert functions_of(5) == set()


def test_a_key_that_is_missing_is_named():
    with pytest.raises(KeyNotFoundError, match="no key 'q'"):
        cull({"x": 1}, "q")
