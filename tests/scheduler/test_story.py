"""What the log tells, and that it can be run again."""

from __future__ import annotations

import json

import pytest

from weft.errors import BackendError, InvariantError, KeyNotFoundError
from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler import NOTHING, SPILL, Scheduler
from weft.scheduler.invariants import check
from weft.scheduler.story import dump, events, export, replay, story, why


def nothing(*values):
    return None


ONE = Program.call(nothing)


def plan_of(tasks, wanted, *, data=(), nbytes=0, annotations=None):
    graph = Graph(data=dict.fromkeys(data, 0))
    for key, inputs in tasks.items():
        graph.add(Layer(ONE, [key], [tuple(inputs)], nbytes=nbytes, annotations=(annotations or {}).get(key)))
    return compile_plan(graph, list(wanted))


CHAIN = {"x": [], "y": ["x"], "z": ["y"]}


@pytest.fixture
def chain():
    return plan_of(CHAIN, ["z"])


def started(plan, **options):
    s = Scheduler(**options)
    s.added(plan, now=1.0)
    return s


def run(s, worker=0, now=2.0, nbytes=8):
    task = s.next(worker, now)
    while task != NOTHING:
        now += 1.0
        task = s.finish_and_next(worker, task, nbytes, [], now)
    return s


def number(plan, key):
    return plan.keys.index(key)


def test_the_events_of_a_task_come_in_order_and_end_with_its_last_reader(chain):
    s = run(started(chain))
    x, y = number(chain, "x"), number(chain, "y")
    assert [(e.kind, e.task) for e in story(s, x)] == [("added", -1), ("finish", x), ("finish", y)]


def test_why_tells_what_a_task_waits_for_and_where_that_stands(chain):
    s = started(chain)
    s.next(0, 2.0)
    told = why(s, chain, "z")
    assert "'z' is waiting." in told
    assert "It waits for 'y', which is waiting for 'x' (running on worker 0)." in told


def test_why_tells_where_when_and_how_long_a_task_ran_and_when_it_was_released(chain):
    told = why(run(started(chain)), chain, "x")
    assert "'x' is released." in told
    assert "At 3: it finished on worker 0 after 1 s (8 bytes)." in told
    assert "At 4: released, after its last use by 'y' on worker 0." in told
    assert "Worker 0 got it at 2: it was the first in the order when that worker was free." in told


def test_why_tells_that_a_task_is_in_line_and_how_many_are_before_it():
    plan = plan_of({"a": [], "b": [], "c": []}, "abc")
    s = started(plan)
    s.next(0)
    assert "It stands in the common queue, 1 before it." in why(s, plan, "c")


def test_why_tells_that_memory_is_short():
    plan = plan_of({"a": [], "b": []}, "ab", nbytes=100)
    s = started(plan, nworkers=2, limit=150)
    s.next(0)
    assert s.next(1) == NOTHING
    assert "Memory is short: 100 bytes are held of 150, it needs 100 more." in why(s, plan, "b")


def test_why_tells_which_worker_a_task_waits_for():
    plan = plan_of({"a": []}, "a", annotations={"a": {"workers": 1}})
    s = started(plan, nworkers=2)
    assert "It may run on workers [1] only, and waits for one." in why(s, plan, "a")
    assert "its annotations ask for" in why(run(s, worker=1), plan, "a")


def test_why_tells_who_is_to_blame_for_a_failure(chain):
    s = started(chain)
    s.failed(0, s.next(0), [], now=3.0)
    assert "At 3: it failed on worker 0." in why(s, chain, "x")
    assert "It needs 'x', which failed." in why(s, chain, "z")


def test_why_tells_for_which_loss_a_task_is_made_again(chain):
    s = started(chain)
    x, y = s.next(0), number(chain, "y")
    s.finish_and_next(0, x, 8, [], 3.0)
    s.finish_and_next(0, y, 8, [], 4.0)
    s.lost([y], [], now=5.0)
    assert "At 5: its block was lost, and is made again since it is still needed." in why(s, chain, "y")
    assert "At 5: it is made again, for 'y' was lost, and making that again needs it." in why(s, chain, "x")


def test_why_tells_that_a_worker_held_most_of_the_inputs():
    plan = plan_of({"a": [], "b": [], "c": ["a", "b"]}, ["c"])
    s = started(plan, nworkers=2, apart=True)
    first, second = s.next(0), s.next(1)
    s.finish_and_next(0, first, 10, [], 3.0)
    s.finish_and_next(1, second, 1000, [], 4.0)
    assert "Worker 1 got it at 4: that worker held 1001 of its 1012 input bytes." in why(s, plan, "c")


def test_why_tells_that_a_block_was_cancelled_held_and_let_go(chain):
    s = started(chain)
    s.hold(number(chain, "y"), now=2.0)
    s.cancelled([number(chain, "y")], [], now=3.0)
    told = why(s, chain, "y")
    assert "At 2: somebody took a hold of it." in told
    assert "At 3: it was cancelled." in told


def test_why_knows_blocks_of_earlier_graphs_by_their_own_story():
    first, second = plan_of({"x": []}, ["x"]), plan_of({"y": ["d"]}, ["y"], data=["d"])
    s = started(first)
    base = s.added(second, external={number(second, "d"): 0})
    told = why(s, {0: first, base: second}, "y")
    assert "It waits for 'x', which is ready." in told
    assert "'d' is ready." in why(s, {0: first, base: second}, "d")


def test_why_names_the_nearest_key_for_one_that_is_not_there(chain):
    with pytest.raises(KeyNotFoundError):
        why(started(chain), chain, "nowhere")


def test_the_dump_counts_phases_and_shows_who_runs_what(chain):
    s = started(chain, limit=1000)
    s.next(0)
    assert dump(s, chain).splitlines() == [
        "3 tasks, 3 left, 1 on 1 workers",
        "phases: 2 waiting, 1 running",
        "memory: 0 bytes held, limit 1000; 0 blocks on disk, 0 being written, 0 being read",
        "running:",
        "  worker 0: 'x'",
        "waiting: 2",
        "  'y' misses 1 of 1",
        "  'z' misses 1 of 1",
    ]


# -- run again -----


def spilling_run():
    """Every kind of event there is, on two workers."""
    tasks = {f"a{i}": [] for i in range(6)} | {"s": [f"a{i}" for i in range(6)], "t": ["s"]}
    notes = {"a5": {"retries": 1, "priority": -1}, "a4": {"workers": [0]}, "t": {"resources": {"GPU": 1}}}
    plan = plan_of(tasks, ["s", "t"], nbytes=100_000, annotations=notes)
    s = started(plan, nworkers=2, limit=350_000, resources={0: {"GPU": 1}})
    second = plan_of({"y": ["d", "e"]}, ["y"], data=["d", "e"])
    place = second.keys.index
    base = s.added(second, now=1.0, keep=True, external={place("d"): number(plan, "t")}, stored={place("e"): 50_000})
    now, working, trouble = 2.0, {}, {5: "failed", 8: "lost", 9: "returned", 11: "worker", 12: "limit"}
    for step in range(200):
        now += 1.0
        kind = trouble.get(step)
        if kind in ("failed", "returned") and working:
            worker, task = working.popitem()
            s.returned(worker, task, now=now) if kind == "returned" else s.failed(worker, task, [], now=now)
        elif kind == "lost":
            s.lost([b for b in range(6) if s.phase[b] == 3][:1], [], now=now)
        elif kind == "worker":
            s.worker_added({"GPU": 2}, now=now)
            s.worker_left(2, now=now)
        elif kind == "limit":
            s.set_limit(300_000, now=now)
        for worker in (0, 1):
            if worker in working:
                answer = s.finish_and_next(worker, working.pop(worker), 100_000 + step, [], now)
            else:
                answer = s.next(worker, now)
            while answer == SPILL:
                for block in list(s.victims):
                    s.spilled(block, now=now) if step % 3 else s.not_spilled(block, now=now)
                answer = s.next(worker, now) if step % 3 else NOTHING
            if answer >= 0:
                working[worker] = answer
            for block in s.loads:
                s.loaded(block, now=now)
            s.loads.clear()
            check(s)
    s.hold(base, now=now)
    s.unhold(base, [], now=now)
    s.stop(now=now)
    assert not s.left
    return s


def test_a_replay_learns_of_tasks_with_several_outputs_what_the_run_did():
    two = Program.call(nothing, noutputs=2)
    split = Layer(two, [("a", "b"), ("c", "d")], [("x",), ("x",)], nbytes=8)
    graph = Graph([Layer(ONE, ["x"], None), split, Layer(ONE, ["y"], [("b", "c", "d")])])
    s = started(compile_plan(graph, ["a", "y"]))
    task = s.finish_and_next(0, s.next(0, 2.0), 8, [], 3.0)
    assert s.finish_and_next(0, task, [100_000, 100_000], [], 4.0) >= 0
    assert replay(export(s)).size == s.size


def test_a_replay_from_json_makes_the_same_decisions():
    s = spilling_run()
    kinds = {event.kind for event in events(s)}
    assert kinds >= {"finish", "next", "spilled", "not spilled", "loaded", "failed", "returned", "lost", "limit"}
    again = replay(json.loads(json.dumps(export(s))))
    assert (again.phase, again.users, again.size, again.held) == (s.phase, s.users, s.size, s.held)
    assert list(again.log) == list(s.log)


def test_a_replay_can_be_stopped_before_any_event():
    record = export(spilling_run())
    for stop in range(0, len(record["events"]), 7):
        assert len(replay(record, upto=stop).log) == stop


def test_a_replay_of_tasks_handed_ahead_makes_the_same_decisions():
    plan = plan_of({f"a{i}": [] for i in range(5)} | {"s": [f"a{i}" for i in range(5)]}, ["s"])
    s = started(plan, nworkers=2, apart=True)
    working = [(w, s.take(w, ahead=ahead)) for w in (0, 1) for ahead in (False, True)]
    while working:
        worker, task = working.pop(0)
        if task != NOTHING:
            s.finished(worker, task, 8, [], 1.0)
            working.append((worker, s.take(worker, 1.0)))
    assert not s.left
    assert list(replay(export(s)).log) == list(s.log)


def test_a_replay_that_goes_another_way_says_where(chain):
    record = export(run(started(chain)))
    record["events"][2][3] = number(chain, "z")
    with pytest.raises(InvariantError, match="differs before event 2"):
        replay(record)


def test_a_log_whose_beginning_is_gone_says_so_and_still_tells_the_rest(chain):
    s = run(started(chain, log_length=3))
    with pytest.raises(BackendError, match="larger log_length"):
        export(s)
    told = why(s, chain, "y")
    assert "At 4: it finished on worker 0" in told
    assert "the log's beginning is gone (it keeps 3 events)" in told


def test_notes_stay_with_their_events_when_earlier_ones_are_gone(chain):
    s = started(chain, log_length=20)
    for limit in range(10):
        s.set_limit(limit, now=limit)
    noted = [event for event in events(s) if event.kind == "limit"]
    assert [event.what for event in noted] == [None] * 8 + [8, 9]
