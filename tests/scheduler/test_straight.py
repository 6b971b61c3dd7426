"""One worker alone: the same decisions as the ordinary core, whenever it is left."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.graph import Graph, Layer, Program, compile_plan
from weft.graph.plan import Derived
from weft.scheduler import NOTHING, Phase, Scheduler
from weft.scheduler.invariants import check
from weft.scheduler.replay import events, export, replay
from weft.scheduler.state import MASK
from weft.scheduler.story import dump, why
from weft.scheduler.straight import PLAIN_NBYTES, settled

ONE = Program.call(max)


@st.composite
def plans(draw):
    graph = Graph(data={"d": 0})
    keys = ["d"]
    projected = draw(st.sampled_from([[0], [0, 100, 300_000]]))
    for t in range(draw(st.integers(1, 12))):
        inputs = tuple(draw(st.lists(st.sampled_from(keys), max_size=3)))
        graph.add(Layer(ONE, [f"t{t}"], [inputs], nbytes=draw(st.sampled_from(projected))))
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
        bytes(s.phase), s.users, s.size, s.held, s.left, s.on, s.nrunning, [s.missing[t] for t in unfinished],
        sorted(entry & MASK for entry in s.ready if s.phase[entry & MASK] == Phase.READY),
    )  # fmt: skip


def finished(s, task, nbytes, released=None):
    """What a worker does: without the lock where it can, else it asks the core."""
    released = [] if released is None else released
    if s.straight is not None and s.straight.written and nbytes > PLAIN_NBYTES:
        s.sort()
    else:
        blocks = [True] * len(s.phase)
        finish = s.finisher(blocks)
        following = NOTHING if finish is None else finish(task, s.inputs[task], nbytes, 1.0)
        released += [block for block, there in enumerate(blocks) if not there]
        if following >= 0:
            return following
    return s.finish_and_next(0, task, nbytes, released, 1.0)


def expected_order(plan, first_sorted):
    """As written up to the task whose result is no plain number, then by rank."""
    written = plan.in_order and not any(plan.nbytes)
    order = list(range(plan.ntasks)) if written else sorted(range(plan.ntasks), key=plan.rank.__getitem__)
    cut = first_sorted + 1 if written else plan.ntasks
    return order[:cut] + sorted(order[cut:], key=plan.rank.__getitem__)


@given(
    plans(), st.sampled_from([Scheduler.UNLIMITED, 250_000, 1_000]), st.integers(0, 14), st.integers(0, 14), st.data()
)  # fmt: skip
def test_a_straight_run_decides_like_the_ordinary_core_with_its_order_and_may_be_left_at_any_time(
    plan, limit, grows, leave, data
):
    s, ordinary = Scheduler(2, limit=limit), Scheduler(2, limit=limit)
    s.added(plan, alone=True)
    is_straight = s.straight is not None
    sizes = [
        data.draw(st.sampled_from([8, 1000, 70_000, 300_000] if place >= grows else [8]))
        for place in range(plan.ntasks)
    ]
    large = next((place for place, nbytes in enumerate(sizes) if nbytes > PLAIN_NBYTES), plan.ntasks)
    likewise = copy.copy(plan)
    likewise.derived = Derived()
    order = (
        expected_order(plan, min(large, leave))
        if is_straight
        else sorted(range(plan.ntasks), key=plan.rank.__getitem__)
    )
    likewise.rank = [order.index(task) for task in range(plan.ntasks)]
    ordinary.added(likewise)
    task = s.next(0)
    assert task == ordinary.next(0)
    for place in range(plan.ntasks):
        check(s)
        assert counters(s) == counters(ordinary)
        if task < 0:
            break
        if place == leave:
            s.settle()
        released: list[int] = []
        theirs: list[int] = []
        after = finished(s, task, sizes[place], released)
        assert (after, sorted(released)) == (
            ordinary.finish_and_next(0, task, sizes[place], theirs, 1.0), sorted(theirs)
        )  # fmt: skip
        task = after
    check(s)
    replay(json.loads(json.dumps(export(s))))


def test_a_second_worker_ends_the_straight_run_and_gets_the_next_task():
    plan = compile_plan(Graph([Layer(ONE, ["x", "y", "z"])]), ["x", "y", "z"])
    s, task = begun(plan)
    assert s.straight is not None
    assert s.next(1) == 1
    assert s.straight is None
    assert finished(s, task, 8) == 2
    check(s)


def test_a_function_made_for_a_straight_run_gives_nothing_after_it():
    s, task = begun(chain())
    finish = s.finisher([None] * 3)
    task = finish(task, (), 8, 0.0)
    s.settle()
    assert finish(task, (0,), 8, 0.0) == NOTHING
    assert s.finish_and_next(0, task, 8, [], 0.0) == 2
    assert s.finish_and_next(0, 2, 8, [], 0.0) == NOTHING
    check(s)


def wide(n=3):
    """Loads first, as people write them, then what uses each."""
    loads = Layer(ONE, [f"x{i}" for i in range(n)])
    return compile_plan(Graph([loads, Layer(ONE, [f"y{i}" for i in range(n)], [(f"x{i}",) for i in range(n)])]),
                        [f"y{i}" for i in range(n)])  # fmt: skip


def test_while_results_are_plain_tasks_run_as_written_and_then_by_rank():
    s, task = begun(wide(3))
    order = []
    for nbytes in (8, 1000, 8, 8, 8, 8):
        order.append(task)
        task = finished(s, task, nbytes)
    assert order == [0, 1, 3, 4, 2, 5]
    assert task == NOTHING


def test_the_static_order_is_not_worked_out_for_plain_results():
    plan = wide()
    s, task = begun(plan)
    while task >= 0:
        task = finished(s, task, 8)
    assert not plan.derived.ranks


def test_a_graph_that_is_not_written_inputs_first_runs_by_rank():
    graph = Graph([Layer(ONE, ["y"], [("x",)]), Layer(ONE, ["x"])])
    s, task = begun(compile_plan(graph, ["y"]))
    assert (task, finished(s, task, 8)) == (1, 0)


def test_a_run_that_is_settled_before_it_begins_can_be_replayed():
    s = Scheduler(2)
    graph = Graph([Layer(ONE, ["x0", "x1"]), Layer(ONE, ["y0", "y1"], [("x0",), ("x1",)])])
    s.added(compile_plan(graph, ["y0", "y1"]), alone=True)
    s.settle()
    task = s.next(1)
    order = []
    while task >= 0:
        order.append(task)
        task = s.finish_and_next(1, task, 8, [], 1.0)
    assert order == [0, 2, 1, 3]
    replay(export(s))


def test_the_log_of_a_straight_run_tells_both_orders():
    s, task = begun(wide(2))
    for nbytes in (8, 1000, 8, 8):
        task = finished(s, task, nbytes)
    assert [event.kind for event in events(s)][:5] == ["added", "next", "finish", "sorted", "finish"]
    assert [event.task for event in events(s) if event.kind == "finish"] == [0, 1, 2, 3]


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
    finished(s, task, 8)
    assert "t2" in why(s, plan, "t2")
    assert "waiting: 1" in dump(s, plan)
    assert s.straight is not None
    assert s.straight.left == 1


def test_a_second_graph_reads_a_block_of_a_straight_run():
    s, task = begun(chain(1))
    s.hold(0)
    finished(s, task, 8)
    more = compile_plan(Graph([Layer(ONE, ["u"], [("t0",)])], data={"t0": None}), ["u"])
    assert s.added(more, external={1: 0}) == 1
    assert s.next(0) == 1
    check(s)


@pytest.mark.parametrize("notes", [{"priority": 1}, {"retries": 2}])
def test_plans_with_annotations_do_not_run_straight(notes):
    s = Scheduler(1)
    s.added(compile_plan(Graph([Layer(ONE, ["x"], annotations=notes)]), ["x"]), alone=True)
    assert s.straight is None
