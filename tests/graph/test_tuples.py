"""Graphs of tuples, as dicts."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.graph.written import combine, naive, tuple_graphs

from weft.errors import CycleError, KeyNotFoundError
from weft.graph.spec import Task, TaskRef
from weft.graph.tuples import (
    dependencies_and_dependents,
    ensure_dict,
    find_cycle,
    flatten,
    get,
    get_dependencies,
    is_acyclic,
    is_hashable,
    is_task,
    literal,
    quote,
    reverse_dict,
    substitute,
    toposort,
    validate_key,
)

GRAPH = {"x": 1, "y": (abs, "x"), "z": (combine, "y", (abs, "x")), "w": (sum, ["x", "y", ["z"]]), "a": "z"}


@given(tuple_graphs())
def test_get_gives_what_plain_recursion_gives(graph):
    assert get(graph, list(graph)) == tuple(naive(graph, key) for key in graph)


@given(tuple_graphs())
def test_topological_order_has_every_key_after_what_it_reads(graph):
    place = {key: n for n, key in enumerate(toposort(graph))}
    assert set(place) == set(graph)
    assert all(place[read] < place[key] for key in graph for read in get_dependencies(graph, key))


def test_dependencies_are_found_in_tasks_lists_and_aliases():
    assert get_dependencies(GRAPH, "z") == {"x", "y"}
    assert get_dependencies(GRAPH, "w", as_list=True) == ["x", "y", "z"]
    assert get_dependencies(GRAPH, "a") == {"z"}
    assert get_dependencies(GRAPH, "x") == set()
    assert get_dependencies(GRAPH, task=(abs, "y")) == {"y"}
    assert get_dependencies({"x": 1, "y": Task("y", abs, TaskRef("x"))}, "y") == {"x"}


def test_dependencies_need_a_key_or_a_task():
    with pytest.raises(ValueError, match="a key or a task"):
        get_dependencies(GRAPH)
    with pytest.raises(KeyNotFoundError, match="'q'"):
        get_dependencies(GRAPH, "q")


def test_dependents_are_dependencies_from_the_other_side():
    dependencies, dependents = dependencies_and_dependents(GRAPH)
    assert dependencies == {"x": set(), "y": {"x"}, "z": {"x", "y"}, "w": {"x", "y", "z"}, "a": {"z"}}
    assert dependents == {"x": {"y", "z", "w"}, "y": {"z", "w"}, "z": {"w", "a"}, "w": set(), "a": set()}
    assert reverse_dict(dependents) == dependencies


def test_cycles_are_found_below_the_keys_asked_for():
    graph = {"x": (abs, "y"), "y": (abs, "x"), "z": 1}
    assert find_cycle(graph, None) == ["x", "y", "x"]
    assert not is_acyclic(graph, "x")
    assert is_acyclic(graph, ["z"])
    with pytest.raises(CycleError, match="'x' -> 'y' -> 'x'"):
        toposort(graph)
    with pytest.raises(CycleError, match="circle"):
        get(graph, "x")


def test_a_deep_chain_is_no_problem():
    graph = {0: 0, **{n: (abs, n - 1) for n in range(1, 5000)}}
    assert get(graph, 4999) == 0
    assert len(toposort(graph)) == 5000


def test_results_that_are_known_are_not_computed():
    cache = {"y": 10}
    assert get({"x": 1, "y": (abs, "missing"), "z": (abs, "y")}, "z", cache) == 10
    assert cache["z"] == 10


def test_get_names_the_key_that_is_missing():
    with pytest.raises(KeyNotFoundError, match="no key 'q'"):
        get(GRAPH, "q")


def test_quoted_values_are_not_interpreted():
    for value in [(abs, -1), ["x"], {"x": "x"}, ("x", "x"), 5, "text"]:
        assert get({"x": 1, "y": quote(value)}, "y") == value
    assert literal([1])() == [1]
    assert repr(literal([1])) == "literal<type=list>"


def test_substitution_reaches_nested_tasks_and_lists_but_no_other_types():
    assert substitute((combine, ["x", (abs, "x")], "y"), "x", "z") == (combine, ["z", (abs, "z")], "y")
    assert substitute((combine, 1, True, 1.0), 1, 2) == (combine, 2, True, 1.0)
    assert substitute("x", "x", 3) == 3
    assert substitute(Task("y", abs, TaskRef("x")), "x", "z").dependencies == {"z"}


def test_what_is_a_task_a_key_a_hashable():
    assert is_task((abs, 1))
    assert is_task(Task("x", abs, 1))
    assert not is_task(("x", 1))
    assert not is_task(())
    assert is_hashable((1, "a"))
    assert not is_hashable((1, []))
    validate_key(("x", 1, ("y", 2.0)))
    with pytest.raises(TypeError, match="as a key"):
        validate_key(["x"])


def test_flatten_looks_into_lists_or_what_it_is_told():
    assert list(flatten([["a"], ["b", ("c", 1)]])) == ["a", "b", ("c", 1)]
    assert list(flatten((1, (2, [3])), container=tuple)) == [1, 2, [3]]


def test_ensure_dict_copies_only_when_asked():
    graph = {"x": 1}
    assert ensure_dict(graph) is graph
    assert ensure_dict(graph, copy=True) is not graph
