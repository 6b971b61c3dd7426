"""Graphs that users write become graphs that run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.graph.written import combine, naive, node_graphs, tuple_graphs

import weft
from weft.errors import CycleError, KeyNotFoundError
from weft.execution.get import get_sync, get_threads
from weft.graph import Graph, Layer, Program
from weft.graph.mapping import entries_of, graph_from_mapping
from weft.graph.spec import DataNode, GraphNode, Task, TaskRef


@given(tuple_graphs())
def test_graphs_of_tuples_give_what_plain_recursion_gives(graph):
    assert get_sync(graph, list(graph)) == tuple(naive(graph, key) for key in graph)


@settings(max_examples=30)
@given(tuple_graphs(), st.integers(1, 4))
def test_threads_give_what_plain_recursion_gives(graph, num_workers):
    assert get_threads(graph, list(graph), num_workers=num_workers) == tuple(naive(graph, key) for key in graph)


@given(node_graphs())
def test_graphs_of_nodes_give_what_was_built(built):
    graph, expected = built
    assert get_sync(graph, list(graph)) == tuple(expected.values())


def test_tuples_and_nodes_stand_side_by_side():
    graph = {"x": 1, "y": Task("y", combine, TaskRef("x")), "z": (combine, "y", Task(None, abs, -5)), "w": TaskRef("z")}
    assert weft.get(graph, "w") == combine(combine(1), 5)


def test_keywords_of_nodes_reach_the_function():
    assert weft.get({"x": [3, 1], "y": Task("y", sorted, TaskRef("x"), reverse=True)}, "y") == [3, 1]


def test_a_text_that_is_no_key_is_a_text():
    assert weft.get({"x": (str.upper, "y")}, "x") == "Y"


def test_values_that_have_no_hash_are_values():
    assert weft.get({"x": {"y": [1]}, "y": 2}, "x") == {"y": [1]}


def test_tuples_and_sets_of_keys_are_looked_into():
    graph = {"x": 1, "y": 2, "pair": (list, ("x", "y")), "set": (sorted, {"x", "y"})}
    assert weft.get(graph, ["pair", "set"]) == ([1, 2], [1, 2])


def test_a_nested_task_stays_part_of_its_task():
    graph = graph_from_mapping({"x": 1, "y": (combine, (combine, "x"), ["x", (combine, "x")])})
    assert graph.ntasks == 1
    assert graph.dependencies() == {"x": (), "y": ("x",)}


def test_a_node_of_the_users_own_class_runs():
    class Twice(GraphNode):
        __slots__ = ("read",)

        def __init__(self, key, read):
            self.key, self.read = key, read
            self._dependencies = frozenset((read,))

        def _run(self, values):
            return 2 * values[self.read]

    assert weft.get({"x": 4, "y": Twice("y", "x")}, "y") == 8


def test_a_graph_that_runs_can_be_read_as_a_dict_and_run_again():
    x = weft.delayed(combine)(1, 2)
    y = x + 1
    copied = dict(y.weft)
    assert weft.get(copied, y.key) == y.compute()


def test_each_output_of_a_task_with_several_has_a_task_of_its_own_in_a_dict():
    graph = Graph([Layer(Program.call(divmod, noutputs=2), [("quotient", "rest")], constants=[(17, 5)])])
    assert weft.get(dict(graph), ["rest", "quotient"]) == (2, 3)


def test_persisted_blocks_come_along_when_a_graph_is_copied():
    (x,) = weft.persist(weft.delayed(combine)(1))
    assert weft.get({**x.weft, "y": (combine, x.key)}, "y") == combine(combine(1))


def test_annotations_of_layers_reach_the_tasks():
    class Layered(dict):
        layers = {"a": type("L", (dict,), {"annotations": {"retries": 2}})({"x": (abs, -1)})}  # noqa: RUF012

    assert list(entries_of(Layered())) == [("x", (abs, -1), {"retries": 2})]


def test_a_key_that_is_missing_is_named_with_its_reader():
    with pytest.raises(KeyNotFoundError, match=r"'qq' \(needed by 'y'\)"):
        weft.get({"y": Task("y", abs, TaskRef("qq"))}, "y")


def test_a_circle_is_shown():
    with pytest.raises(CycleError, match=r"circle: '[xy]' -> '[xy]' -> '[xy]'"):
        weft.get({"x": (abs, "y"), "y": (abs, "x")}, "x")


def test_the_mapping_that_runs_already_is_taken_as_it_is():
    graph = Graph()
    assert graph_from_mapping(graph) is graph


def test_data_nodes_are_data():
    assert graph_from_mapping({"x": DataNode("x", (abs, -1))}).data == {"x": (abs, -1)}
