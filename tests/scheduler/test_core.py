"""Small scenarios, and the exact decisions."""

from __future__ import annotations

import pytest

from weft.errors import BackendError, BlockLostError, InvariantError
from weft.graph import Graph, Layer, Plan, Program, compile_plan
from weft.scheduler import NOTHING, SPILL, Decisions, Phase, Scheduler
from weft.scheduler.invariants import check

MB = 1_000_000


def nothing(*values):
    return None


ONE = Program.call(nothing)
TWO = Program.call(nothing, noutputs=2)


def plan_of(tasks, wanted, *, data=(), nbytes=0, annotations=None, workspace=0) -> Plan:
    """A plan from ``{key: inputs}``; a tuple as key is a task with two outputs."""
    graph = Graph(data=dict.fromkeys(data, 0))
    for key, inputs in tasks.items():
        size = nbytes.get(key, 0) if isinstance(nbytes, dict) else nbytes
        notes = (annotations or {}).get(key)
        program = TWO if isinstance(key, tuple) else Program.call(nothing, name=str(key))
        graph.add(Layer(program, [key], [tuple(inputs)], nbytes=size, annotations=notes, workspace=workspace))
    return compile_plan(graph, list(wanted))


class Run:
    """A scheduler, with keys for numbers."""

    def __init__(self, plan, nworkers=1, keep=False, **options):
        self.s = Scheduler(nworkers, **options)
        self.names: dict = {}
        self.keys: dict = {}
        self.add(plan, keep=keep)

    def add(self, plan, **options):
        base = self.s.added(plan, **options)
        for place, key in enumerate(plan.keys):
            self.names[key] = base + place
            self.keys[base + place] = key
        check(self.s)
        return base

    def __getitem__(self, key):
        return Phase(self.s.phase[self.names[key]]).name

    def key(self, answer):
        return self.keys.get(answer, answer)

    def next(self, worker=0):
        answer = self.key(self.s.next(worker))
        check(self.s)
        return answer

    def finish(self, key, nbytes=8, worker=0):
        """Finish a task; returns what runs next and what was released."""
        released: list[int] = []
        answer = self.s.finish_and_next(worker, self.names[key], nbytes, released, 0.0)
        check(self.s)
        return self.key(answer), [self.keys[b] for b in released]

    def do(self, event, *arguments, **options):
        """Another event with (a list of) keys; returns its decisions and what was released."""
        released: list[int] = []
        numbers = [[self.names[k] for k in a] if isinstance(a, list) else self.names.get(a, a) for a in arguments]
        decided = getattr(self.s, event)(*numbers, released, **options)
        check(self.s)
        return decided, sorted(self.keys[b] for b in released)


def chain(**options):
    return Run(plan_of({"x": [], "y": ["x"], "z": ["y"]}, ["z"]), **options)


# -- the usual course -----


def test_finishing_a_task_wakes_its_dependent_and_releases_its_input():
    run = chain()
    assert run.next() == "x"
    assert run.finish("x") == ("y", [])
    assert run.finish("y") == ("z", ["x"])
    assert run.finish("z") == (NOTHING, ["y"])
    assert run["z"] == "DONE"
    assert run.s.left == 0


def test_an_input_read_twice_by_one_task_counts_as_two():
    run = Run(plan_of({"x": [], "y": ["x", "x"]}, ["y"]))
    run.next()
    assert run.finish("x") == ("y", [])
    assert run.finish("y") == (NOTHING, ["x"])


def test_what_was_begun_is_ended_before_something_new_is_begun():
    run = Run(plan_of({"a": [], "b": ["a"], "c": [], "d": ["c"], "e": ["b", "d"]}, ["e"]))
    order = [run.next()]
    while order[-1] != NOTHING:
        order.append(run.finish(order[-1])[0])
    assert order == ["a", "b", "c", "d", "e", NOTHING]


def test_a_higher_priority_goes_first():
    run = Run(plan_of({"a": [], "b": [], "c": []}, "abc", annotations={"c": {"priority": 1}, "a": {"priority": -1}}))
    assert [run.next(), run.finish("c")[0], run.finish("b")[0]] == ["c", "b", "a"]


def test_a_task_with_two_outputs_wakes_readers_of_both_and_releases_each_by_itself():
    run = Run(plan_of({("p", "q"): [], "y": ["p"], "z": ["q"]}, ["y", "z"]))
    assert run.next() == "p"
    assert run.finish("p", [8, 16]) == ("y", [])
    assert run.finish("y") == ("z", ["p"])
    assert run.finish("z") == (NOTHING, ["q"])


def test_an_output_that_nobody_reads_is_released_at_once():
    run = Run(plan_of({("p", "q"): [], "y": ["p"]}, ["y"]))
    run.next()
    assert run.finish("p", [8, 16]) == ("y", ["q"])


# -- rules -----


def test_a_task_for_one_worker_waits_for_that_worker():
    run = Run(plan_of({"x": []}, ["x"], annotations={"x": {"workers": 1}}), nworkers=2)
    assert run.next(0) == NOTHING
    assert run.next(1) == "x"


def test_resources_are_booked_while_a_task_runs_and_given_back_when_it_ends():
    notes = {"x": {"resources": {"GPU": 1}}, "y": {"resources": {"GPU": 1}}}
    run = Run(plan_of({"x": [], "y": []}, "xy", annotations=notes), nworkers=2, resources={1: {"GPU": 1}})
    assert run.next(0) == NOTHING
    assert run.next(1) == "x"
    assert run.s.offers[1] == {"GPU": 0}
    assert run.finish("x", worker=1) == ("y", [])
    assert run.finish("y", worker=1) == (NOTHING, [])
    assert run.s.offers[1] == {"GPU": 1}


@pytest.mark.parametrize(
    "notes", [{"workers": 7}, {"workers": "nobody"}, {"resources": {"GPU": 1}}, {"priority": "high"}]
)
def test_a_rule_that_cannot_be_kept_is_refused_and_nothing_has_changed(notes):
    run = Run(plan_of({"x": []}, ["x"]))
    with pytest.raises(BackendError):
        run.s.added(plan_of({"y": []}, ["y"], annotations={"y": notes}))
    check(run.s)
    assert run.s.left == 1


def test_a_resource_in_use_is_still_one_that_a_worker_has():
    gpu = {"x": {"resources": {"GPU": 1}}}
    run = Run(plan_of({"x": []}, ["x"], annotations=gpu), resources={0: {"GPU": 1}})
    assert run.next() == "x"
    run.add(plan_of({"y": []}, ["y"], annotations={"y": {"resources": {"GPU": 1}}}))
    assert run.finish("x") == ("y", [])


# -- failures -----


def test_a_failed_task_runs_again_as_often_as_it_may():
    run = Run(plan_of({"x": []}, ["x"], annotations={"x": {"retries": 1}}))
    run.next()
    assert run.do("failed", 0, "x")[0] == Decisions(retry=True)
    assert run.next() == "x"
    assert run.do("failed", 0, "x")[0].failed == (run.names["x"],)
    assert run["x"] == "FAILED"


def test_a_failure_takes_along_what_needs_it_and_spares_the_rest():
    run = Run(plan_of({"x": [], "y": ["x"], "a": []}, ["y", "a"]))
    run.next()
    decided, _ = run.do("failed", 0, "x")
    assert {run.keys[t] for t in decided.failed} == {"x", "y"}
    assert run.s.cause[run.names["y"]] == run.names["x"]
    assert run.next() == "a"


def test_what_only_a_failed_task_needed_is_not_made():
    run = Run(plan_of({"x": [], "side": [], "y": ["x", "side"], "a": []}, ["y", "a"]))
    assert run.next() == "x"
    run.do("failed", 0, "x")
    assert run["side"] == "CANCELLED"
    assert [run.next(), run.finish("a")[0]] == ["a", NOTHING]


def test_a_returned_task_runs_again_without_spending_a_retry():
    run = chain()
    run.next()
    run.s.returned(0, run.names["x"])
    assert run.next() == "x"
    assert run.s.spent == {}


# -- cancelling, holding -----


def test_cancelling_interrupts_what_runs_and_what_comes_back_late_is_dropped():
    run = chain()
    run.next()
    decided, _ = run.do("cancelled", ["x"])
    assert [run.keys[t] for t in decided.interrupt] == ["x"]
    assert run["z"] == "CANCELLED"
    assert run.finish("x", nbytes=99) == (NOTHING, [])
    assert run.s.held == 0


def test_what_only_a_cancelled_task_needed_is_stopped_too():
    run = chain()
    run.next()
    decided, _ = run.do("cancelled", ["z"])
    assert [run.keys[t] for t in decided.interrupt] == ["x"]
    assert run.s.left == 0


def test_a_held_block_stays_until_it_is_let_go():
    run = chain()
    run.next()
    run.s.hold(run.names["x"])
    run.finish("x")
    assert run.finish("y") == ("z", [])
    assert run.do("unhold", "x") == (Decisions(), ["x"])


def test_letting_go_of_what_is_not_made_yet_cancels_the_road_to_it():
    run = chain(keep=True)
    run.next()
    decided, _ = run.do("unhold", "z")
    assert [run.keys[t] for t in decided.interrupt] == ["x"]
    assert [run["y"], run["z"]] == ["CANCELLED", "CANCELLED"]


def test_letting_go_of_one_output_keeps_the_task_that_makes_another():
    run = Run(plan_of({("p", "q"): []}, ["p", "q"]), keep=True)
    run.do("unhold", "q")
    assert run.next() == "p"
    assert run.finish("p", [8, 8]) == (NOTHING, ["q"])


def test_stopping_starts_nothing_more():
    run = Run(plan_of({"x": [], "y": []}, "xy"), nworkers=2)
    run.next()
    assert [run.keys[t] for t in run.s.stop().interrupt] == ["x"]
    assert run.next(1) == NOTHING
    assert run.finish("x") == (NOTHING, [])


# -- losses -----


def test_a_lost_block_is_made_again_with_what_that_needs_and_no_more():
    run = Run(plan_of({"a": [], "b": ["a"], "c": [], "d": ["b", "c"]}, ["d"]))
    for task in ("a", "b"):
        run.next() if task == "a" else None
        run.finish(task)
    assert run["a"] == "RELEASED"
    run.finish("c")
    run.s.returned(0, run.names["d"])
    _, released = run.do("lost", ["b"])
    assert released == ["b"]
    assert [run[key] for key in "abcd"] == ["READY", "WAITING", "DONE", "WAITING"]
    assert [run.next(), run.finish("a")[0], run.finish("b")[0]] == ["a", "b", "d"]


def test_a_block_lost_under_its_last_reader_is_not_made_when_that_reader_gets_through():
    run = chain()
    run.next()
    run.finish("x")
    run.do("lost", ["x"])
    assert run["x"] == "READY"
    assert run.finish("y") == ("z", [])
    assert run["x"] == "CANCELLED"


def test_a_lost_block_that_nobody_needs_is_not_made_again():
    run = chain(keep=True)
    run.next()
    run.finish("x")
    run.finish("y")
    run.finish("z")
    run.s.hold(run.names["z"])
    run.do("unhold", "z")
    run.do("lost", ["z"])
    assert run.next() == "x"


def test_losing_one_of_two_outputs_makes_both_again():
    run = Run(plan_of({("p", "q"): [], "y": ["p"], "z": ["q"]}, ["y", "z"]))
    run.next()
    run.finish("p", [8, 8])
    run.s.returned(0, run.names["y"])
    _, released = run.do("lost", ["q"])
    assert released == ["p", "q"]
    assert run.next() == "p"
    assert run.finish("p", [8, 8]) == ("y", [])


def test_what_was_cancelled_is_made_again_when_a_kept_block_that_needs_it_is_lost():
    run = Run(plan_of({"x": [], "y": ["x"], "z": ["x"]}, ["y", "z"]), keep=True)
    run.next()
    run.finish("x")
    assert run.finish("y")[0] == "z"
    run.do("lost", ["x"])
    run.s.returned(0, run.names["z"])
    run.do("cancelled", ["x"])
    run.do("lost", ["y"])
    assert [run.next(), run.finish("x")[0]] == ["x", "y"]


def test_a_task_that_was_cancelled_but_still_runs_is_not_run_twice():
    run = Run(plan_of({"x": [], "y": ["x"], "z": ["x"]}, ["y", "z"]), keep=True, nworkers=2)
    run.next()
    run.finish("x")
    run.finish("y")
    run.do("lost", ["x"])
    run.s.returned(0, run.names["z"])
    assert run.next(0) == "x"
    run.do("cancelled", ["x"])
    run.do("lost", ["y"])
    assert run["x"] == "RUNNING"
    assert run.next(1) == NOTHING
    assert run.finish("x") == ("y", [])


def test_given_data_that_is_lost_is_an_error_and_nothing_has_changed():
    run = Run(plan_of({"y": ["d"]}, ["y"], data=["d"]))
    with pytest.raises(BlockLostError, match="given as data"):
        run.do("lost", ["d"])
    check(run.s)


def test_stored_data_is_read_again_for_what_is_made_again():
    run = Run(plan_of({"x": []}, ["x"]))
    plan = plan_of({"y": ["d"], "z": ["y"]}, ["z"], data=["d"])
    run.add(plan, stored={plan.keys.index("d"): 100})
    run.next()
    assert run.finish("x")[0] == "y"
    assert [run.keys[b] for b in run.s.loads] == ["d"]
    run.s.loads.clear()
    run.s.loaded(run.names["d"])
    assert run.finish("y") == ("z", ["d"])
    run.s.returned(0, run.names["z"])
    run.do("lost", ["y"])
    assert run.next() == "y"
    assert [run.keys[b] for b in run.s.loads] == ["d"]


# -- memory -----


def test_a_task_that_fits_is_preferred_to_the_first_that_does_not():
    sizes = {"x": 60 * MB, "y": 60 * MB, "small": 10 * MB}
    run = Run(plan_of({"x": [], "y": [], "small": []}, ["x", "y", "small"], nbytes=sizes), nworkers=2, limit=100 * MB)
    assert run.next(0) == "x"
    assert run.next(1) == "small"


def test_a_task_that_frees_memory_may_go_a_little_over():
    sizes = {"x": 98 * MB, "y": 5 * MB, "z": 30 * MB}
    run = Run(plan_of({"x": [], "y": ["x"], "z": []}, ["y", "z"], nbytes=sizes), keep=True, limit=100 * MB)
    run.next()
    assert run.finish("x", 98 * MB) == ("y", [])


def spilling():
    """Blocks far and near fill the memory; the next task reads near, and a later one far."""
    tasks = {"far": [], "near": [], "y": ["near"], "z": ["y", "near"], "end": ["z", "far"]}
    plan = plan_of(tasks, ["end"], nbytes=40 * MB)
    place = {key: plan.keys.index(key) for key in plan.keys}
    for rank, key in enumerate(["far", "near", "y", "z", "end"]):
        plan.rank[place[key]] = rank
    run = Run(plan, limit=100 * MB)
    assert [run.next(), run.finish("far", 40 * MB)[0]] == ["far", "near"]
    return run, run.finish("near", 40 * MB)[0]


def test_the_block_whose_next_use_is_farthest_is_written_to_disk():
    run, answer = spilling()
    assert answer == SPILL
    assert [run.keys[b] for b in run.s.victims] == ["far"]
    assert run.s.spilled(run.names["far"])
    check(run.s)
    assert [run["far"], run.s.held, run.next()] == ["SPILLED", 40 * MB, "y"]


def test_who_finds_no_room_while_another_writes_for_its_own_task_writes_too():
    sizes = {"a": 40 * MB, "b": 40 * MB, "c": 10 * MB, "x": 30 * MB, "y": 30 * MB, "end": 8}
    tasks = {"a": [], "b": [], "c": [], "x": ["c"], "y": ["c"], "end": ["x", "y", "a", "b"]}
    plan = plan_of(tasks, ["end"], nbytes=sizes)
    for rank, key in enumerate(tasks):
        plan.rank[plan.keys.index(key)] = rank
    run = Run(plan, limit=100 * MB, nworkers=2)
    assert [run.next(), run.next(1)] == ["a", "b"]
    assert [run.finish("a", 40 * MB)[0], run.finish("b", 40 * MB, worker=1)[0]] == ["c", NOTHING]
    assert run.finish("c", 10 * MB)[0] == SPILL
    mine = list(run.s.victims)

    assert run.next(1) == SPILL
    theirs = list(run.s.victims)

    assert sorted(run.keys[b] for b in [*mine, *theirs]) == ["a", "b"]
    for block in [*theirs, *mine]:
        run.s.spilled(block)
        check(run.s)
    assert [run.next(1), run.next()] == ["x", "y"]


def test_a_spilled_block_is_read_back_for_its_reader():
    run, _ = spilling()
    run.s.spilled(run.names["far"])
    run.next()
    run.finish("y", 8)
    assert run.finish("z", 8)[0] == "end"
    assert [run.keys[b] for b in run.s.loads] == ["far"]
    assert run["far"] == "DONE"


def test_pieces_of_a_block_on_disk_take_no_memory_until_they_are_read():
    run = Run(plan_of({"x": [], ("a", "b"): ["x"], "y": ["a"], "z": ["b"]}, "yz", nbytes=40 * MB), limit=100 * MB)
    run.next()
    run.finish("x", 40 * MB)
    run.s.on_disk([run.names["b"]])
    assert run.finish("a", [20 * MB, 20 * MB])[0] == "y"
    check(run.s)
    assert [run["a"], run["b"], run.s.held] == ["DONE", "SPILLED", 60 * MB]  # with what y may make
    assert run.finish("y", 8) == ("z", ["a"])
    assert [run.keys[b] for b in run.s.loads] == ["b"]
    check(run.s)


def test_pieces_of_an_attempt_that_failed_are_forgotten():
    run = Run(plan_of({("a", "b"): [], "y": ["a", "b"]}, ["y"], nbytes=MB), limit=100 * MB, retries=1)
    run.next()
    run.s.on_disk([run.names["b"]])
    run.s.failed(0, run.names["a"], [])
    run.next()
    run.finish("a", [MB, MB])
    assert run["b"] == "DONE"


def test_a_block_that_could_not_be_written_stays_in_memory():
    run, _ = spilling()
    run.s.not_spilled(run.names["far"])
    check(run.s)
    assert run["far"] == "DONE"


def test_a_worker_waits_while_others_may_free_memory():
    run = Run(plan_of({"x": [], "y": []}, "xy", nbytes=60 * MB), nworkers=2, limit=100 * MB, keep=True)
    assert run.next(0) == "x"
    assert run.next(1) == NOTHING


def test_one_task_may_always_run_however_large():
    run = Run(plan_of({"x": []}, ["x"], nbytes=600 * MB), limit=100 * MB)
    assert run.next() == "x"


def test_answers_that_the_caller_takes_do_not_count():
    run = Run(plan_of({"x": [], "y": []}, "xy", nbytes=60 * MB), limit=100 * MB)
    run.next()
    assert run.finish("x", 60 * MB)[0] == "y"
    assert run.finish("y", 60 * MB)[0] == NOTHING
    assert run.s.held == 0


def test_many_small_answers_do_not_count_either():
    keys = [f"x{i}" for i in range(200)]
    run = Run(plan_of({key: [] for key in keys}, keys), limit=10 * MB)
    task = run.next()
    while task != NOTHING:
        task = run.finish(task, 60_000)[0]
    assert run.s.held <= run.s.limit // 64


def test_a_block_that_is_being_read_back_is_not_written_again():
    run, _ = spilling()
    run.s.not_spilled(run.names["far"])
    run.s.loading.add(run.names["far"])
    assert run.next() == "y"


# -- graphs that grow -----


def test_a_second_graph_reads_a_block_of_the_first():
    run = Run(plan_of({"x": []}, ["x"]), keep=True)
    run.next()
    run.finish("x")
    second = plan_of({"y": ["x'"]}, ["y"], data=["x'"])
    x = run.names["x"]
    run.add(second, external={second.keys.index("x'"): x})
    run.do("unhold", "x")
    assert run["x"] == "DONE"
    assert run.next() == "y"
    assert run.finish("y") == (NOTHING, ["x"])


def test_a_second_graph_waits_for_a_block_that_is_not_made_yet_and_a_third_for_both():
    run = Run(plan_of({"x": []}, ["x"]), keep=True)
    second = plan_of({"y": ["d"]}, ["y"], data=["d"])
    run.add(second, external={second.keys.index("d"): run.names["x"]}, keep=True)
    third = plan_of({"z": ["d", "e"]}, ["z"], data=["d", "e"])
    same = {third.keys.index("d"): run.names["x"], third.keys.index("e"): run.names["y"]}
    run.add(third, external=same, keep=True)
    assert [run.next(), run.finish("x")[0], run.finish("y")[0], run.finish("z")[0]] == ["x", "y", "z", NOTHING]


def test_a_graph_is_not_changed_by_being_run_or_by_those_that_follow():
    first, second = plan_of({"x": []}, ["x"]), plan_of({"y": ["d"]}, ["y"], data=["d"])
    run = Run(first, keep=True)
    run.add(second, external={second.keys.index("d"): run.names["x"]})
    assert (first.inputs, first.dependents, first.nbytes) == ([()], [[]], [0])


def test_a_block_that_is_gone_cannot_be_read_by_a_new_graph():
    run = chain()
    run.next()
    run.finish("x")
    run.finish("y")
    more = plan_of({"n": ["d"]}, ["n"], data=["d"])
    with pytest.raises(BackendError, match="RELEASED"):
        run.s.added(more, external={more.keys.index("d"): run.names["x"]})
    check(run.s)


# -- the watchdog's questions -----


def test_a_run_is_stuck_when_work_is_left_and_nothing_runs_nor_can():
    run = chain()
    assert not run.s.stuck
    run.s.phase = bytearray(run.s.phase)
    run.s.phase[run.names["x"]] = Phase.WAITING
    assert run.s.stuck
    with pytest.raises(InvariantError, match="waits though nothing is missing"):
        check(run.s)


# -- workers that are apart -----


def pairs(count):
    tasks = {f"a{i}": [] for i in range(2 * count)}
    tasks |= {f"m{i}": [f"a{2 * i}", f"a{2 * i + 1}"] for i in range(count)}
    return plan_of(tasks, [f"m{i}" for i in range(count)])


def test_workers_apart_get_contiguous_ranges_of_the_order():
    run = Run(pairs(4), nworkers=4, apart=True)
    assert [run.next(w) for w in range(4)] == ["a0", "a2", "a4", "a6"]
    assert run.finish("a0", worker=0)[0] == "a1"
    assert run.finish("a1", worker=0)[0] == "m0"


def test_a_task_goes_to_the_worker_that_holds_most_of_its_input_bytes():
    run = Run(plan_of({"a": [], "b": [], "c": ["a", "b"]}, ["c"]), nworkers=2, apart=True)
    first, second = run.next(0), run.next(1)
    run.finish(first, nbytes=10, worker=0)
    run.finish(second, nbytes=1000, worker=1)
    assert run.s.called >= {1}
    assert run["c"] == "RUNNING"
    assert run.s.on[1] == run.names["c"]


def test_an_idle_worker_takes_over_the_later_half_of_what_waits_for_another():
    run = Run(plan_of({f"a{i}": [] for i in range(8)}, [f"a{i}" for i in range(8)]), nworkers=2, apart=True)
    assert [run.next(0), run.next(1)] == ["a0", "a4"]
    for task in ("a4", "a5", "a6"):
        run.finish(task, worker=1)
    assert run.finish("a7", worker=1)[0] == "a2"
    assert run.finish("a2", worker=1)[0] == "a3"
    assert run.finish("a0", worker=0)[0] == "a1"


def test_nothing_is_taken_ahead_that_another_worker_could_start_at_once():
    run = Run(plan_of({"a": [], "b": []}, "ab"), nworkers=4, apart=True)
    assert run.s.take(0) == run.names["a"]
    assert run.s.take(0, ahead=True) == NOTHING
    assert run.s.take(1) == run.names["b"]


def test_data_that_a_backend_keeps_elsewhere_cannot_be_made_again():
    graph = Graph([Layer(Program.call(abs), ["y"], [("x",)])], {"x": -1})
    scheduler = Scheduler(1)
    scheduler.added(compile_plan(graph, ["y"]), stored={1: 100})

    with pytest.raises(BlockLostError, match="cannot be made again"):
        scheduler.lost([1], [])
