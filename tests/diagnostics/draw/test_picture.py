"""What is in a drawing."""

from __future__ import annotations

from typing import Any

import pytest

from weft.diagnostics.draw import to_graphviz
from weft.diagnostics.draw.picture import graphviz_of
from weft.graph import Graph, Layer, Program, compile_plan

pytest.importorskip("graphviz", reason="drawing graphs needs the package graphviz")

GRAPH = {"x": 1, ("y", 0): (abs, "x"), ("y", 1): (abs, ("y", 0))}


def body(drawing: Any) -> list[str]:
    return [line.strip() for line in drawing.source.splitlines()[4:-1]]


def test_results_can_have_boxes_of_their_own() -> None:
    assert body(to_graphviz(GRAPH, collapse_outputs=False)) == [
        't0 [label="abs\\n0"]',
        't1 [label="abs\\n1"]',
        "d2 [label=x shape=box]",
        "b0 [label=0 shape=box]",
        "t0 -> b0",
        "b1 [label=1 shape=box]",
        "t1 -> b1",
        "d2 -> t0",
        "b0 -> t1",
    ]


def test_whole_keys_can_be_written() -> None:
    assert "t0 [label=\"abs\\n('y', 0)\"]" in body(to_graphviz(GRAPH, verbose=True))


def test_single_keys_and_all_nodes_can_have_attributes() -> None:
    drawing = to_graphviz(
        GRAPH,
        data_attributes={"x": {"color": "red"}},
        function_attributes={("y", 1): {"shape": "star"}},
        rankdir="LR",
        graph_attr={"dpi": "50"},
        node_attr={"fontsize": "7"},
        edge_attr={"color": "blue"},
    )

    assert "d2 [label=x color=red shape=box]" in drawing.source
    assert 't1 [label="abs\\n1" shape=star]' in drawing.source
    assert "graph [dpi=50 rankdir=LR]" in drawing.source
    assert "fontsize=7" in drawing.source
    assert "color=blue" in drawing.source


def test_a_task_with_several_outputs_is_one_node() -> None:
    split = Layer(Program.call(divmod, noutputs=2), [("q", "r")], None, [(7, 2)])
    plan = compile_plan(Graph([split, Layer(Program.call(abs), ["x"], [("q", "r")])]), ["x"])

    assert body(graphviz_of(plan)) == ['t0 [label="divmod\\nq"]', 't1 [label="abs\\nx"]', "t0 -> t1"]
    assert "b2 -> t1" in body(graphviz_of(plan, collapse_outputs=False))


def test_long_names_are_cut() -> None:
    program = Program.call(abs, name="a_function_with_quite_a_long_name_v2")
    plan = compile_plan(Graph([Layer(program, ["x"], None, [(1,)])]), ["x"])

    assert body(graphviz_of(plan)) == ['t0 [label="a_function_wit...name_v2\\nx"]']
