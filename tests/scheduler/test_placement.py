"""Where tasks go: the choices alone."""

from __future__ import annotations

from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler import Scheduler
from weft.scheduler.placement import nearest, rule_of


def nothing(*values):
    return None


def scheduler_with(inputs, homes, nworkers=10):
    """One task ``t`` that reads blocks which lie on workers: {block: (worker, nbytes)}."""
    graph = Graph([Layer(Program.call(nothing), list(inputs)), Layer(Program.call(nothing), ["t"], [tuple(inputs)])])
    plan = compile_plan(graph, ["t"])
    s = Scheduler(nworkers, apart=True)
    s.added(plan)
    for key, (worker, nbytes) in homes.items():
        s.home[plan.keys.index(key)] = worker
        s.size[plan.keys.index(key)] = nbytes
    return s, plan.keys.index("t")


def test_the_nearest_worker_holds_most_bytes_not_most_blocks():
    s, task = scheduler_with("abc", {"a": (1, 10), "b": (1, 10), "c": (2, 100)})
    assert nearest(s, task) == 2


def test_among_equally_near_workers_the_one_with_the_shortest_queue_is_taken():
    s, task = scheduler_with("ab", {"a": (1, 10), "b": (2, 10)})
    s.local[1].append(0)
    s.local[2].clear()
    assert nearest(s, task) == 2


def test_workers_that_hold_about_as_much_are_equally_near():
    s, task = scheduler_with("ab", {"a": (1, 1000), "b": (2, 990)})
    s.local[1].append(0)
    s.local[2].clear()
    assert nearest(s, task) == 2
    s.local[2].append(0)
    assert nearest(s, task) == 1


def test_only_what_comes_before_a_task_makes_a_queue_long():
    s, task = scheduler_with("ab", {"a": (1, 10), "b": (2, 10)})
    s.local[1][:] = [s.order[task] + 1] * 3
    s.local[2][:] = [s.order[task] - 1]
    assert nearest(s, task) == 1


def test_nobody_is_near_when_nobody_holds_a_notable_part():
    names = "abcdefghij"
    s, task = scheduler_with(names, {name: (worker, 10) for worker, name in enumerate(names)})
    assert nearest(s, task) is None


def test_workers_that_may_be_others_are_a_wish_not_a_rule():
    assert rule_of({"workers": 1, "allow_other_workers": True}, {}, 2) is None
