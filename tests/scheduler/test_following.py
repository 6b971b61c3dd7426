"""What a worker may go on with by itself: the choices alone."""

from __future__ import annotations

from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler import NOTHING, Phase, Scheduler


def nothing(*values):
    return None


def started(graph, wanted, nworkers=2, **options):
    """A scheduler with a graph {key: inputs}, and the numbers of its keys."""
    layers = [Layer(Program.call(nothing), [key], [tuple(inputs)], nbytes=100) for key, inputs in graph.items()]
    plan = compile_plan(Graph(layers), list(wanted))
    s = Scheduler(nworkers, apart=True, **options)
    s.added(plan)
    return s, {key: number for number, key in enumerate(plan.keys)}


def take(s, worker, task):
    """Have a worker take a task."""
    while (taken := s.take(worker)) != task:
        assert taken != NOTHING
    return {task}


def test_a_chain_follows_and_nobody_could_do_it_meanwhile():
    s, at = started({"a": "", "b": "a", "c": "b"}, "c")
    made = take(s, 0, at["a"])
    assert s.followers(0, at["a"], made) == [(at["b"], True, True)]
    assert s.follow(0, at["b"])
    assert s.followers(0, at["b"], made | {at["b"]}) == [(at["c"], True, True)]


def test_what_several_read_is_followed_by_each_but_they_could_run_side_by_side():
    s, at = started({"a": "", "b": "a", "c": "a", "d": "bc"}, "d")
    made = take(s, 0, at["a"])
    assert s.followers(0, at["a"], made) == [(at["b"], False, True), (at["c"], False, True)]


def test_a_task_that_misses_something_else_does_not_follow():
    s, at = started({"a": "", "b": "", "c": "ab"}, "c")
    made = take(s, 0, at["a"])
    assert s.followers(0, at["a"], made) == []
    assert s.followers(0, at["a"], made | {at["b"]}) == [(at["c"], True, True)]


def test_nothing_follows_upon_what_somebody_holds():
    s, at = started({"a": "", "b": "a"}, "ab")
    made = take(s, 0, at["a"])
    assert s.followers(0, at["a"], made) == []


def test_a_task_whose_bytes_are_elsewhere_does_not_follow():
    s, at = started({"far": "", "a": "", "b": ("far", "a")}, "b")
    while s.take(1) != at["far"]:
        pass
    s.finished(1, at["far"], 10_000, [], 0.0)
    assert s.followers(0, at["a"], {at["a"]}) == []
    assert s.followers(1, at["a"], {at["a"]}) == [(at["b"], True, True)]


def test_where_few_bytes_are_does_not_matter():
    s, at = started({"far": "", "a": "", "b": ("far", "a")}, "b")
    while s.take(1) != at["far"]:
        pass
    s.finished(1, at["far"], 10_000, [], 0.0)
    assert s.followers(0, at["a"], {at["a"]}, light=9_999) == []
    assert s.followers(0, at["a"], {at["a"]}, light=10_000) == [(at["b"], True, True)]


def test_what_would_follow_is_out_of_turn_where_better_work_is_ready():
    s, at = started({"a": "", "b": "a", "c": "", "d": "bc"}, "d", nworkers=1)
    made = take(s, 0, at["a"])
    s.order[at["c"]], s.order[at["b"]] = s.order[at["b"]] % 2**32 + at["c"] - at["b"], s.order[at["c"]]
    s.local[0][:] = [s.order[at["c"]]]
    assert s.followers(0, at["a"], made) == [(at["b"], True, False)]


def test_what_does_not_fit_does_not_follow():
    s, at = started({"a": "", "b": "a"}, "b", limit=150)
    take(s, 0, at["a"])
    s.wanted.clear()
    s.size[at["b"]] = 100
    assert not s.follow(0, at["b"])
    assert s.phase[at["b"]] == Phase.WAITING


def test_a_follower_that_did_not_run_waits_again():
    s, at = started({"a": "", "b": "a"}, "b")
    take(s, 0, at["a"])
    assert s.follow(0, at["b"])
    s.returned(0, at["b"])
    assert s.phase[at["b"]] == Phase.WAITING
    s.finished(0, at["a"], 10, [], 0.0)
    assert s.phase[at["b"]] == Phase.READY


def test_a_ready_task_is_premature_while_a_better_one_waits_for_what_runs():
    s, at = started({"a": "", "b": "a", "c": "", "d": "bc"}, "d", nworkers=1)
    take(s, 0, at["a"])
    assert s.order[at["b"]] < s.order[at["c"]]
    assert s.upcoming(0) == at["c"]
    assert s.is_premature(at["c"], {at["a"]})
    assert not s.is_premature(at["c"], {at["d"]})


def test_who_has_read_a_block_has_a_copy():
    s, at = started({"a": "", "b": "a", "c": "a", "d": "bc"}, "d")
    take(s, 0, at["a"])
    s.finished(0, at["a"], 10, [], 0.0)
    take(s, 1, at["b"])
    s.finished(1, at["b"], 10, [], 0.0)
    assert s.home[at["a"]] == 0
    assert s.copies[at["a"]] == {1}
