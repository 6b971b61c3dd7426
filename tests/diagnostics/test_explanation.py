"""What ``explain`` tells."""

from __future__ import annotations

import pytest

import weft
from weft.diagnostics import explain
from weft.diagnostics.explanation import explained
from weft.execution.graphs import graph_of
from weft.graph import Graph, Layer, Program, compile_plan


def inc(x: int) -> int:
    return x + 1


def test_calls_are_counted_as_written_and_as_they_will_run() -> None:
    parts = [weft.delayed(inc)(i) for i in range(4)]
    found = explain([weft.delayed(sum)(parts), parts[0]], scheduler="threads", num_workers=2)

    assert found.tasks == {"inc": 4, "sum": 1}
    assert (found.ntasks, found.nblocks, found.depth, found.fan_in, found.fan_out) == (5, 5, 2, 4, 1)
    assert (found.culled, found.fused, found.peak_blocks, found.made_nbytes) == (0, 0, 5, 0)
    assert "What will run, on threads with 2 workers" in str(found)
    assert "5 blocks; their sizes are not known before they run" in str(found)
    assert repr(found) == str(found)


def test_data_that_was_given_is_told_with_its_bytes() -> None:
    found = explain(weft.delayed(len)(weft.delayed(bytes(5000))))

    assert found.data_blocks == 1
    assert 5000 <= found.data_nbytes < 5100
    assert "read           1 data block of 4.9" in str(found)
    assert "(data)  1 block" in str(found)


def sized_graph() -> Graph:
    """Blocks of a known size, in chains, and one that nobody needs."""
    double = Program.call(inc, name="double")
    places = range(3)
    return Graph(
        [
            Layer(Program.call(inc), [("a", i) for i in places], None, [(i,) for i in places], nbytes=2**20),
            Layer(double, [("b", i) for i in places], [(("a", i),) for i in places], nbytes=[2**20, 2**20, 2**21]),
            Layer(double, ["unused"], [(("a", 0),)]),
        ]
    )


def test_bytes_are_told_where_they_are_known() -> None:
    graph = sized_graph()
    plan = compile_plan(graph, [("b", i) for i in range(3)])

    found = explained(plan, "", "", graph.ntasks, plan.ntasks, 1, "inline", budget=2**22)

    assert (found.made_nbytes, found.largest_nbytes, found.largest_key) == (7 * 2**20, 2**21, ("b", 2))
    assert found.peak_nbytes == 5 * 2**20
    assert found.culled == 1
    assert "5.00 MiB of a budget of 4.00 MiB: the rest goes to disk and back" in str(found)
    assert "1 of 7 tasks left out" in str(found)
    assert "the largest is ('b', 2) with 2.00 MiB" in str(found)


def test_chains_that_become_one_task_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.backends.inline.Inline.fuses_chains", True)
    chains = [weft.delayed(abs)(weft.delayed(inc)(i)) for i in range(3)]

    found = explain(chains, scheduler="inline", num_workers=4)

    assert (found.fused, found.ntasks, found.depth, found.nworkers) == (3, 3, 1, 1)
    assert found.tasks == {"inc-abs": 3}
    assert "3 tasks joined" in str(found)
    assert explain(chains, scheduler="inline", optimize_graph=False).fused == 0


def test_expressions_are_told_as_trees() -> None:
    array = pytest.importorskip("weft.array", reason="needs the extra array")
    ones = array.ones((4, 4), chunks=(2, 2))

    found = explain((ones + 1).sum(), weft.delayed(inc)(1))

    assert "Elementwise" in found.written
    assert "inc  1 call" in found.written
    assert found.optimised
    assert found.optimised != found.written
    assert explain(ones, optimize_graph=False).ntasks == 4


def test_explaining_runs_nothing() -> None:
    ran: list[int] = []

    explain(weft.delayed(ran.append)(1))

    assert ran == []


def test_many_kinds_of_calls_are_cut_short() -> None:
    calls = [weft.delayed(inc, name=f"call{i:02}{'x' * i}")(i) for i in range(20)]

    text = str(explain(calls))

    assert "... and 8 more kinds" in text
    assert max(map(len, text.splitlines())) < 400


def test_without_collections_there_is_nothing_to_explain() -> None:
    with pytest.raises(TypeError, match="nothing to explain"):
        explain(1, [2])


def test_work_that_is_done_needs_no_tasks() -> None:
    found = explain(weft.delayed(5))

    assert (found.ntasks, found.depth, found.data_blocks) == (0, 0, 1)
    assert "tasks          0: none" in str(found)
    assert graph_of([weft.delayed(5)]).ntasks == 0


def test_notebooks_fold_its_parts() -> None:
    told = explain(weft.delayed(inc)(1))
    shown = told._repr_html_()
    assert shown.count("<details") == sum(not line.startswith(" ") for line in str(told).splitlines())
    assert "<summary>As written</summary><pre>" in shown
    assert "What will run" in shown
