"""Plans: graphs culled and numbered."""

from __future__ import annotations

import gc
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import combine, naive, tuple_graphs

from weft.backends import Request, backend_for
from weft.errors import CycleError, GraphError, KeyNotFoundError
from weft.graph import Graph, Layer, Program, compile_plan
from weft.graph.mapping import graph_from_mapping
from weft.graph.plan import paused_collector


def plan_for(mapping, *keys, **options):
    return compile_plan(graph_from_mapping(mapping), keys, **options)


def split(value):
    return [value, value + 1, value + 2]


@given(tuple_graphs(), st.data(), st.booleans())
def test_a_plan_gives_the_keys_asked_for_in_their_order(graph, data, fuse):
    keys = data.draw(st.lists(st.sampled_from(list(graph)), min_size=1))
    plan = plan_for(graph, *keys, fuse=fuse)
    assert backend_for("inline").run(plan, Request()) == [naive(graph, key) for key in keys]


@given(tuple_graphs(), st.data(), st.booleans())
def test_the_lists_of_a_plan_agree_with_each_other(graph, data, fuse):
    plan = plan_for(graph, data.draw(st.sampled_from(list(graph))), fuse=fuse)
    assert plan.ntasks == len(plan.inputs) == len(plan.constants) == len(plan.rank)
    assert plan.nblocks == len(plan.nbytes) == len(plan.dependents)
    assert sorted(plan.rank) == list(range(plan.ntasks))
    edges = {(task, block) for task, blocks in enumerate(plan.inputs) for block in blocks}
    assert {(task, block) for block, tasks in enumerate(plan.dependents) for task in tasks} == edges
    assert all(block in plan.data or plan.rank[block] < plan.rank[task] for task, block in edges)


def test_what_nobody_wants_is_left_out():
    plan = plan_for({"x": 1, "y": (abs, "x"), "z": (abs, "y"), "w": 5}, "y")
    assert sorted(plan.keys) == ["x", "y"]


def test_chains_become_one_task_but_shared_and_wanted_results_stay():
    graph = {"a": (abs, 1), "b": (abs, "a"), "c": (abs, "b"), "d": (combine, "c", "b")}
    assert sorted(plan_for(graph, "c", fuse=True).keys) == ["c"]
    assert sorted(plan_for(graph, "c", "a", fuse=True).keys) == ["a", "c"]
    assert sorted(plan_for(graph, "d", fuse=True).keys) == ["b", "c", "d"]


def test_tasks_with_different_annotations_are_not_joined():
    graph = Graph(
        [
            Layer(Program.call(abs), ["a"], constants=[(1,)], annotations={"retries": 1}),
            Layer(Program.call(abs), ["b"], [("a",)]),
        ]
    )
    assert compile_plan(graph, ["b"], fuse=True).ntasks == 2


def test_several_outputs_are_blocks_of_their_own():
    graph = Graph([Layer(Program.call(split, noutputs=3), [("p", "q", "r")], constants=[(5,)])])
    graph.update(graph_from_mapping({}))
    graph.add(Layer(Program.call(combine), ["s"], [("r", "p")]))
    plan = compile_plan(graph, ["s", "q"])
    assert backend_for("inline").run(plan, Request()) == [combine(7, 5), 6]
    assert plan.outputs


def test_origins_and_lines_are_those_of_the_layers():
    code = test_origins_and_lines_are_those_of_the_layers.__code__
    graph = Graph(
        [
            Layer(Program.call(abs), ["u"], constants=[(1,)], origin="unwanted"),
            Layer(Program.call(abs), ["a"], constants=[(1,)], origin="first", sites=[(code, 0)]),
            Layer(Program.call(abs), ["b"], [("a",)]),
        ]
    )
    plan = compile_plan(graph, ["b"])
    by_key = dict(zip(plan.keys, range(plan.ntasks)))
    assert plan.origin(by_key["a"]) == "first"
    assert plan.origin(by_key["b"]) is None
    assert plan.line(by_key["a"]) == f"{__file__}:{code.co_firstlineno}"
    assert plan.line(by_key["b"]) is None


def test_workspace_and_projected_bytes_come_along():
    graph = Graph([Layer(Program.call(abs), ["a", "b"], constants=[(1,), (2,)], nbytes=[8, 16], workspace=5)])
    plan = compile_plan(graph, ["b"])
    assert (plan.nbytes, plan.workspace) == ([16], {0: 5})


def test_a_missing_key_is_named_with_the_nearest():
    with pytest.raises(KeyNotFoundError, match=r"no key 'totl'\. Did you mean 'total'\?"):
        plan_for({"total": 1}, "totl")


def test_a_key_that_two_tasks_claim_is_an_error():
    layer = Layer(Program.call(abs), ["a"], constants=[(1,)])
    with pytest.raises(GraphError, match="two different tasks have the key 'a'"):
        compile_plan(Graph([layer, layer]), ["a"])


def test_a_circle_that_leads_to_nothing_wanted_is_left_out():
    plan = plan_for({"a": (abs, "b"), "b": (abs, "a"), "c": (abs, 1)}, "c")
    assert plan.keys == ["c"]


def test_a_circle_is_named_by_its_keys():
    with pytest.raises(CycleError, match=r"circle: '[xyz]' -> '[xyz]' -> '[xyz]' -> '[xyz]'"):
        plan_for({"x": (abs, "z"), "y": (abs, "x"), "z": (abs, "y")}, "z")


def test_plans_travel():
    plan = plan_for({"x": 1, "y": (combine, "x")}, "y")
    back = pickle.loads(pickle.dumps(plan))
    assert backend_for("inline").run(back, Request()) == [combine(1)]


def test_the_collector_is_on_again_afterwards_even_if_it_fails():
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), paused_collector():
        1 / gc.isenabled()  # it is off
    assert gc.isenabled()
