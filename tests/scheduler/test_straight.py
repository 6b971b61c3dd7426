"""One worker alone: the same decisions as the ordinary core, whenever it is left."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler import NOTHING, Phase, Scheduler
from weft.scheduler.invariants import check
from weft.scheduler.replay import export, replay
from weft.scheduler.state import MASK
from weft.scheduler.story import dump, why
from weft.scheduler.straight import settled

ONE = Program.call(max)


@st.composite
def plans(draw):
    graph = Graph(data={"d": 0})
    keys = ["d"]
    for t in range(draw(st.integers(1, 12))):
        inputs = tuple(draw(st.lists(st.sampled_from(keys), max_size=3)))
        graph.add(Layer(ONE, [f"t{t}"], [inputs], nbytes=draw(st.sampled_from([0, 100, 300_000]))))
        keys.append(f"t{t}")
    return compile_plan(graph, draw(st.lists(st.sampled_from(keys[1:]), min_size=1, max_size=4)))


def chain(n=3):
    graph = Graph([Layer(ONE, [f"t{t}"], [(f"t{t - 1}",) if t else ()]) for t in range(n)])
    return compile_plan(graph, [f"t{n - 1}"])


def begun(plan, **options):
    s = Scheduler(2, **options)
    s.added(plan, alone=True)
    return s, s.next(0)


def counters(s):
    s = settled(s)
    unfinished = [t for t, phase in enumerate(s.phase) if phase <= Phase.RUNNING]
    return (
        bytes(s.phase), s.users, s.size, s.order, s.held, s.left, s.on, s.nrunning, [s.missing[t] for t in unfinished],
        sorted(entry for entry in s.ready if s.phase[entry & MASK] == Phase.READY),
    )  # fmt: skip


@given(plans(), st.sampled_from([Scheduler.UNLIMITED, 250_000, 1_000]), st.integers(0, 14), st.data())
def test_a_straight_run_decides_like_the_ordinary_core_and_may_be_left_at_any_time(plan, limit, leave, data):
    s, ordinary = Scheduler(2, limit=limit), Scheduler(2, limit=limit)
    s.added(plan, alone=True)
    ordinary.added(plan)
    task = s.next(0)
    assert task == ordinary.next(0)
    finish = s.finisher()
    for place in range(plan.ntasks):
        check(s)
        assert counters(s) == counters(ordinary)
        if task < 0:
            break
        if place == leave:
            s.settle()
        nbytes = data.draw(st.sampled_from([8, 70_000, 300_000]))
        released: list[int] = []
        theirs: list[int] = []
        after = finish(0, task, nbytes, released, 1.0)
        assert (after, released) == (ordinary.finish_and_next(0, task, nbytes, theirs, 1.0), theirs)
        task = after
    replay(json.loads(json.dumps(export(s))))


def test_a_second_worker_ends_the_straight_run_and_gets_the_next_task():
    plan = compile_plan(Graph([Layer(ONE, ["x", "y", "z"])]), ["x", "y", "z"])
    s, task = begun(plan)
    assert s.straight is not None
    assert s.next(1) == 1
    assert s.straight is None
    assert s.finisher()(0, task, 8, [], 0.0) == 2
    check(s)


def test_a_function_made_for_a_straight_run_is_good_after_it():
    s, task = begun(chain())
    finish = s.finisher()
    task = finish(0, task, 8, [], 0.0)
    s.settle()
    assert finish(0, task, 8, [], 0.0) == 2
    assert finish(0, 2, 8, [], 0.0) == NOTHING
    check(s)


def test_a_failed_task_ends_the_straight_run():
    s, task = begun(chain())
    assert s.failed(0, task, []).failed == (0, 1, 2)
    check(s)


def test_a_task_that_is_tried_again_runs_before_those_after_it():
    s, task = begun(chain(), retries=1)
    assert s.failed(0, task, []).retry
    assert s.next(0) == task


def test_looking_at_a_straight_run_leaves_it_straight():
    plan = chain()
    s, task = begun(plan)
    s.finisher()(0, task, 8, [], 0.0)
    assert "t2" in why(s, plan, "t2")
    assert "waiting: 1" in dump(s, plan)
    assert s.straight is not None
    assert s.straight.left == 1


def test_a_second_graph_reads_a_block_of_a_straight_run():
    s, task = begun(chain(1))
    s.hold(0)
    s.finisher()(0, task, 8, [], 0.0)
    more = compile_plan(Graph([Layer(ONE, ["u"], [("t0",)])], data={"t0": None}), ["u"])
    assert s.added(more, external={1: 0}) == 1
    assert s.next(0) == 1
    check(s)


@pytest.mark.parametrize("notes", [{"priority": 1}, {"retries": 2}])
def test_plans_with_annotations_do_not_run_straight(notes):
    s = Scheduler(1)
    s.added(compile_plan(Graph([Layer(ONE, ["x"], annotations=notes)]), ["x"]), alone=True)
    assert s.straight is None
