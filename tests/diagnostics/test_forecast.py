"""What running a plan will take."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.diagnostics.graphs import graphs

from weft.diagnostics.forecast import depths, forecast
from weft.graph import Graph, Layer, Program, compile_plan
from weft.graph.mapping import graph_from_mapping


def plan_with_sizes(sizes: dict[str, int], inputs: dict[str, tuple[str, ...]], wanted: str) -> Any:
    program = Program.call(max, name="max")
    layers = [Layer(program, [key], [inputs.get(key, ())], nbytes=size) for key, size in sizes.items()]
    return compile_plan(Graph(layers), [wanted])


def test_a_chain_holds_two_blocks_at_a_time() -> None:
    plan = plan_with_sizes({"a": 10, "b": 20, "c": 5}, {"b": ("a",), "c": ("b",)}, "c")

    ahead = forecast(plan)

    assert (ahead.nbytes, ahead.nblocks) == (30, 2)
    assert ahead.place == [0, 1, 2]
    assert ahead.pressure == [10, 30, 25]
    assert depths(plan) == [1, 2, 3]


def test_answers_stay_in_memory() -> None:
    program = Program.call(max, name="max")
    plan = compile_plan(Graph([Layer(program, ["a", "b", "c"], nbytes=10)]), ["a", "b", "c"])

    assert forecast(plan, 2).nbytes == 30


def test_more_workers_hold_more() -> None:
    sizes = {f"x{i}": 1 for i in range(8)} | {f"y{i}": 0 for i in range(8)} | {"z": 0}
    inputs = {f"y{i}": (f"x{i}",) for i in range(8)} | {"z": tuple(f"y{i}" for i in range(8))}
    plan = plan_with_sizes(sizes, inputs, "z")

    assert [forecast(plan, nworkers).nbytes for nworkers in (1, 4)] == [1, 4]


def test_workspace_counts_while_a_task_runs() -> None:
    plan = compile_plan(Graph([Layer(Program.call(max), ["a"], nbytes=10, workspace=5)]), ["a"])

    assert forecast(plan).nbytes == 15


def test_all_outputs_of_a_task_count() -> None:
    split = Layer(Program.call(divmod, noutputs=2), [("q", "r")], None, [(7, 2)], nbytes=10)
    plan = compile_plan(Graph([split, Layer(Program.call(abs), ["x"], [("r",)], nbytes=1)]), ["x"])

    ahead = forecast(plan)

    assert (ahead.nbytes, ahead.nblocks) == (20, 2)
    assert depths(plan) == [1, 2]


def test_data_of_the_caller_does_not_count() -> None:
    graph = Graph([Layer(Program.call(abs), ["x"], [("d",)], nbytes=3)], data={"d": 1})

    ahead = forecast(compile_plan(graph, ["x", "d"]))

    assert (ahead.nbytes, ahead.nblocks) == (3, 1)


@given(graph=graphs(), nworkers=st.integers(1, 4))
def test_every_task_starts_once_and_after_its_inputs(graph: dict[str, Any], nworkers: int) -> None:
    plan = compile_plan(graph_from_mapping(graph), list(graph))

    ahead = forecast(plan, nworkers)

    assert sorted(ahead.place) == list(range(plan.ntasks))
    for task, sources in enumerate(plan.inputs):
        assert all(ahead.place[source] < ahead.place[task] for source in sources)
        assert depths(plan)[task] == 1 + max((depths(plan)[source] for source in sources), default=0)
    assert ahead.nblocks == plan.ntasks
