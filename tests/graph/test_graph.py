"""Graphs: layers seen as a mapping."""

from __future__ import annotations

import pytest

from weft.errors import GraphError, KeyNotFoundError
from weft.graph import Graph, Layer, Program, Task


@pytest.fixture
def graph():
    program = Program.call(pow)
    layer = Layer(program, ["a", ("b", 0)], [(), ("a", "x")], [(2, 3), ()])
    return Graph([layer], {"x": 2})


def test_a_graph_is_a_mapping_of_keys_to_tasks(graph):
    assert list(graph) == ["a", ("b", 0), "x"]
    assert len(graph) == 3
    assert graph["a"].constants == (2, 3)
    assert graph[("b", 0)].inputs == ("a", "x")
    assert graph["x"].program.run([*graph["x"].constants]) == 2
    assert "q" not in graph


def test_dependencies_are_those_of_the_tasks(graph):
    assert graph.dependencies() == {"a": (), ("b", 0): ("a", "x"), "x": ()}


def test_tasks_and_graphs_can_be_added(graph):
    assert len(graph.index) == 2
    graph.add_task("c", Task(Program.call(abs), ("a",)), {"retries": 1})
    assert graph["c"].inputs == ("a",)
    assert graph.layers[-1].annotations == {"retries": 1}
    other = Graph(data={"y": 1})
    graph.update(other)
    assert "y" in graph
    assert graph.ntasks == 3


def test_several_outputs_have_tasks_that_pick(graph):
    graph.add(Layer(Program.call(divmod, noutputs=2), [("quotient", "rest")], constants=[(17, 5)]))
    task = graph["rest"]
    assert task.program.run(list(task.constants)) == 2
    assert {"quotient", "rest"} <= set(graph)


def test_a_missing_key_is_named_with_the_nearest(graph):
    graph.data["total"] = 1
    with pytest.raises(KeyNotFoundError, match="Did you mean 'total'"):
        graph["totl"]


def test_a_key_that_two_tasks_claim_is_an_error(graph):
    graph.add_task("a", Task(Program.call(abs), (), (1,)))
    with pytest.raises(GraphError, match="two different tasks have the key 'a'"):
        graph["a"]


def test_graphs_and_layers_say_how_large_they_are(graph):
    assert repr(graph) == "<Graph: 2 tasks in 1 layers, 1 data blocks>"
    assert repr(graph.layers[0]) == "<Layer pow: 2 tasks>"
    assert len(graph.layers[0]) == 2


def test_graphs_are_tables_in_notebooks(graph):
    shown = graph._repr_html_()
    assert "2 tasks in 1 layers" in shown
    assert "<td>pow</td><td>2</td><td>1</td>" in shown
    many = Graph([Layer(Program.call(pow), [("k", n)], [()], [(2, n)]) for n in range(150)])
    assert "and 50 more" in many._repr_html_()
    assert "<script" not in shown
