"""Task nodes."""

from __future__ import annotations

import pickle

import pytest
from tests.graph.written import combine

from weft.errors import KeyNotFoundError
from weft.graph.spec import Alias, DataNode, Dict, List, NestedContainer, Set, Task, TaskRef, Tuple, parse_input
from weft.tokenize import tokenize

NODES = [
    Task("k", combine, TaskRef("a"), 1),
    Task("k", dict, a=TaskRef("a"), b=2),
    Task("k", combine, [TaskRef("a"), {"x": TaskRef("a")}], Task(None, abs, TaskRef("a"))),
    List(1, TaskRef("a")),
    Tuple(1, TaskRef("a")),
    Set(1, TaskRef("a")),
    Dict({"x": TaskRef("a")}),
    Alias("k", "a"),
    DataNode("k", [1]),
]


@pytest.mark.parametrize("node", NODES, ids=repr)
def test_nodes_travel_and_keep_their_name(node):
    back = pickle.loads(pickle.dumps(node))
    assert back == node
    assert hash(back) == hash(node)
    assert tokenize(back) == tokenize(node)
    assert back({"a": 3}) == node({"a": 3})


@pytest.mark.parametrize("node", NODES[:-1], ids=repr)
def test_nodes_know_what_they_read(node):
    assert node.dependencies == {"a"}
    with pytest.raises(KeyNotFoundError, match="'a'"):
        node()


@pytest.mark.parametrize("node", NODES[:-1], ids=repr)
def test_references_can_be_exchanged(node):
    moved = node.substitute({"a": "b"}, key="new")
    assert moved.dependencies == {"b"}
    assert moved.key == "new"
    assert moved({"b": 3}) == node({"a": 3})


@pytest.mark.parametrize("node", NODES[:-1], ids=repr)
def test_a_node_can_take_the_place_of_a_reference(node):
    whole = node.substitute({"a": Task("a", abs, TaskRef("b"))})
    assert whole.dependencies == {"b"}
    assert whole({"b": -3}) == node({"a": 3})


def test_containers_hold_what_python_writes():
    assert List(1, TaskRef("x"))({"x": 2}) == [1, 2]
    assert List([1, TaskRef("x")])({"x": 2}) == [1, 2]
    assert Tuple(1, TaskRef("x"))({"x": 2}) == (1, 2)
    assert Set(1, TaskRef("x"))({"x": 1}) == {1}
    expected = {"a": 2}
    assert Dict({"a": TaskRef("x")})({"x": 2}) == expected
    assert Dict(a=TaskRef("x"))({"x": 2}) == expected
    assert Dict("a", TaskRef("x"))({"x": 2}) == expected
    assert Dict([("a", TaskRef("x"))])({"x": 2}) == expected
    assert issubclass(List, NestedContainer)
    with pytest.raises(ValueError, match="keys and values in turn"):
        Dict("a", 1, "b")


def test_parse_input_wraps_only_what_refers():
    assert parse_input([1, 2]) == [1, 2]
    assert parse_input([[TaskRef("x")], 1])({"x": 2}) == [[2], 1]
    assert parse_input({"k": (TaskRef("x"),)})({"x": 2}) == {"k": (2,)}
    assert parse_input(TaskRef("x")) == TaskRef("x")


def test_fusing_makes_one_task_of_several():
    b, c, d = (
        Task("b", abs, TaskRef("a")),
        Task("c", combine, TaskRef("b"), 1),
        Task("d", combine, TaskRef("c"), TaskRef("b")),
    )
    fused = Task.fuse(b, c, d, key="all")
    assert fused.key == "all"
    assert fused.dependencies == {"a"}
    assert fused({"a": -2}) == combine(combine(2, 1), 2)
    with pytest.raises(ValueError, match="2 of them are read by no other"):
        Task.fuse(b, Task("x", abs, 1))


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="Use DataNode for a value"):
        Task("x", 5)


def test_nodes_show_what_they_do():
    assert repr(Task("k", combine, TaskRef("a"), n=1)) == "<Task 'k' combine(TaskRef('a'), n=1)>"
    assert repr(Alias("a")) == "Alias('a')"
    assert repr(Alias("a", "b")) == "Alias('a'->'b')"
    assert Task("k", abs, 1).ref() == TaskRef("k")
    assert Task("k", abs, 1).copy() == Task("k", abs, 1)
