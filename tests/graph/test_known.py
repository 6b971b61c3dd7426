"""Graphs some of whose results are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import naive, tuple_graphs

from weft.backends import Request, backend_for
from weft.graph import Graph, Layer, Program, compile_plan
from weft.graph.known import with_known
from weft.graph.mapping import graph_from_mapping


@given(tuple_graphs(), st.data())
def test_known_results_change_no_answer_and_run_no_task(graph, data):
    known = {key: naive(graph, key) for key in data.draw(st.lists(st.sampled_from(list(graph)), unique=True))}
    smaller = with_known(graph_from_mapping(graph), known)
    keys = list(graph)
    assert not known.keys() & smaller.index.keys()
    assert backend_for("inline").run(compile_plan(smaller, keys), Request()) == [naive(graph, key) for key in keys]


def test_a_task_with_several_outputs_goes_only_if_all_are_known():
    graph = Graph([Layer(Program.call(divmod, noutputs=2), [("q", "r"), ("s", "t")], constants=[(7, 2), (9, 2)])])
    smaller = with_known(graph, {"q": 3, "r": 1, "s": 4})
    assert list(smaller.index) == ["s", "t"]
    assert smaller.data == {"q": 3, "r": 1}
