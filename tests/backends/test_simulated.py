"""The pretended cluster: its model of time, its bound, and that faults never change an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.backends.simulated import Cluster, Simulation, lower_bound, simulate, varied
from weft.errors import SchedulerStuckError
from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler.invariants import check
from weft.scheduler.story import export, replay

MB = 1_000_000


def add(*values):
    return sum(values)


def thirds(value):
    return [value, value + 1, value + 2]


def plan_of(tasks, wanted, *, nbytes=MB, notes=None):
    """A plan of sums from ``{key: (inputs, constants)}``."""
    graph = Graph()
    for key, (inputs, constants) in tasks.items():
        program = Program.call(thirds, noutputs=3) if isinstance(key, tuple) else Program.call(add)
        layer = Layer(program, [key], [tuple(inputs)], [constants], nbytes=nbytes, annotations=(notes or {}).get(key))
        graph.add(layer)
    return compile_plan(graph, list(wanted))


def tree(leaves, nbytes=MB):
    tasks = {("x", 0, i): ((), (i,)) for i in range(leaves)}
    graph = Graph([Layer(Program.call(add), list(tasks), None, [(i,) for i in range(leaves)], nbytes=nbytes)])
    level, depth = list(tasks), 0
    while len(level) > 1:
        depth += 1
        pairs = [tuple(level[i : i + 2]) for i in range(0, len(level), 2)]
        level = [("x", depth, i) for i in range(len(pairs))]
        graph.add(Layer(Program.call(add), level, pairs, nbytes=nbytes))
    return compile_plan(graph, level)


def exchange(groups, nbytes=MB):
    """Every group is split in three; three reducers read a piece of every group."""
    graph = Graph()
    for group in range(groups):
        graph.add(Layer(Program.call(add), [("m", group)], None, [(group,)], nbytes=nbytes))
        pieces = tuple(("s", group, piece) for piece in range(3))
        graph.add(Layer(Program.call(thirds, noutputs=3), [pieces], [(("m", group),)], nbytes=nbytes))
    reducers = [("r", piece) for piece in range(3)]
    inputs = [tuple(("s", group, piece) for group in range(groups)) for piece in range(3)]
    graph.add(Layer(Program.call(add), reducers, inputs, nbytes=nbytes))
    return compile_plan(graph, reducers)


# -- the model -----


def test_independent_tasks_share_the_cores():
    plan = plan_of({f"a{i}": ((), (1,)) for i in range(16)}, [f"a{i}" for i in range(16)])
    assert simulate(plan, Cluster(nworkers=2, cores=2), duration=1.5).makespan == 6.0


def test_a_chain_stays_on_one_worker_and_moves_nothing():
    plan = plan_of({"a": ((), (1,)), "b": (["a"], ()), "c": (["b"], ())}, ["c"])
    outcome = simulate(plan, Cluster(nworkers=3))
    assert (outcome.makespan, outcome.moves) == (3.0, 0)


def test_a_task_waits_for_its_inputs_from_elsewhere():
    plan = plan_of({"a": ((), (1,)), "b": ((), (2,)), "c": (["a", "b"], ())}, ["c"], nbytes=500 * MB)
    outcome = simulate(plan, Cluster(nworkers=2, bandwidth=1e9, latency=0.25))
    assert (outcome.makespan, outcome.moved) == (1.0 + 0.75 + 1.0, 500 * MB)


def test_blocks_from_several_workers_share_the_way_in():
    tasks = dict.fromkeys("abc", ((), (1,))) | {"d": (list("abc"), ())}
    outcome = simulate(plan_of(tasks, ["d"], nbytes=500 * MB), Cluster(nworkers=3))
    assert (outcome.makespan, outcome.moves) == (1.0 + 2 * 0.5 + 1.0, 2)


def test_inputs_are_fetched_while_the_core_is_busy():
    tasks = {i: ([i - back for back in (37, 53, 71) if i >= 71], (1,)) for i in range(600)}
    plan = plan_of(tasks, range(500, 600), nbytes=300 * MB)
    waiting = simulate(plan, Cluster(nworkers=4, ahead=0)).makespan
    assert simulate(plan, Cluster(nworkers=4, ahead=1)).makespan < 0.95 * waiting


def test_a_copy_is_fetched_once_for_several_tasks_of_a_worker():
    notes = {key: {"workers": 1} for key in ("b", "c")} | {"a": {"workers": 0}}
    plan = plan_of({"a": ((), (1,)), "b": (["a"], ()), "c": (["a"], ())}, ["b", "c"], notes=notes)
    assert simulate(plan, Cluster(nworkers=2)).moves == 1


def test_the_sizes_of_blocks_may_be_a_function():
    plan = plan_of({"a": ((), (1,)), "b": ((), (2,)), "c": (["a", "b"], ())}, ["c"])
    assert simulate(plan, Cluster(nworkers=2), nbytes=lambda block: 7).moved == 7


def test_a_simulation_that_cannot_go_on_says_so():
    simulation = Simulation(tree(4), Cluster(nworkers=2))
    simulation.scheduler.stop()
    with pytest.raises(SchedulerStuckError, match="7 tasks, 7 left"):
        simulation.run()


def test_the_same_seed_gives_the_same_run():
    cluster = Cluster(nworkers=5, deaths=3, death_every=1.0, restart=1.0, seed=3)
    first, second = (Simulation(tree(40), cluster, varied(1.0, 0.5)) for _ in range(2))
    first.run()
    second.run()
    assert list(first.scheduler.log) == list(second.scheduler.log)
    assert list(first.scheduler.clock) == list(second.scheduler.clock)


# -- the bound -----


def test_the_bound_of_a_pair_takes_the_cheaper_of_moving_and_waiting():
    plan = plan_of({"a": ((), (1,)), "b": ((), (2,)), "c": (["a", "b"], ())}, ["c"], nbytes=500 * MB)
    assert lower_bound(plan, Cluster(nworkers=2)) == (1.5, 2.5)
    assert lower_bound(plan, Cluster(nworkers=2, bandwidth=1e6)) == (1.5, 3.0)


def test_a_chain_has_no_forced_transfer():
    plan = plan_of({"a": ((), (1,)), "b": (["a"], ()), "c": (["b"], ())}, ["c"])
    assert lower_bound(plan, Cluster(nworkers=2)) == (1.5, 3.0)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from([tree, exchange]),
    st.integers(1, 40),
    st.integers(1, 6),
    st.integers(1, 2),
    st.sampled_from([0, MB, 3000 * MB]),
    st.integers(0, 2),
)
def test_no_run_beats_the_bound(make, width, nworkers, cores, nbytes, ahead):
    plan, cluster = make(width, nbytes), Cluster(nworkers, cores, ahead=ahead)
    duration = varied(1.0, 0.5)
    outcome = simulate(plan, cluster, duration=duration)
    assert outcome.makespan >= max(lower_bound(plan, cluster, duration=duration)) - 1e-9
    assert outcome.decisions == plan.ntasks


def test_a_tree_and_an_exchange_come_near_their_bounds():
    for plan in (tree(4096), exchange(512)):
        cluster = Cluster(nworkers=8)
        makespan = simulate(plan, cluster, duration=0.1).makespan
        assert makespan <= 1.1 * max(lower_bound(plan, cluster, duration=0.1))


# -- faults -----


@settings(max_examples=60, deadline=None)
@given(
    make=st.sampled_from([tree, exchange]),
    width=st.integers(1, 30),
    nworkers=st.integers(1, 5),
    cores=st.integers(1, 2),
    deaths=st.integers(0, 6),
    every=st.floats(0.1, 3.0),
    restart=st.floats(0.1, 3.0),
    seed=st.integers(0, 100),
)
def test_deaths_of_workers_never_change_the_answer(make, width, nworkers, cores, deaths, every, restart, seed):
    plan = make(width, 300 * MB)
    cluster = Cluster(nworkers, cores, deaths=deaths, death_every=every, restart=restart, seed=seed)
    simulation = Simulation(plan, cluster, varied(1.0, 0.5, seed), compute=True)
    found = simulation.run().values
    check(simulation.scheduler)
    assert found == simulate(plan, Cluster(1), compute=True).values
    assert replay(export(simulation.scheduler)).left == 0


def test_what_was_lost_is_made_again_and_nothing_else():
    cluster = Cluster(nworkers=4, deaths=1, death_every=3.0, restart=1.0, seed=0)
    simulation = Simulation(tree(32), cluster)
    outcome = simulation.run()
    assert outcome.deaths == 1
    (blocks, again), *_ = [what for _, event, what in simulation.scheduler.notes if event == "lost"]
    needed = {source for block in blocks for source in simulation.plan.inputs[block]}
    assert set(again) == set(blocks) | needed
    finishes = [event for event in export(simulation.scheduler)["events"] if event[0] == "finished"]
    assert len(finishes) == simulation.plan.ntasks + len(again)


def test_durations_vary_evenly_around_their_mean():
    late = varied(2.0, 0.5)
    times = [late(task) for task in range(10_000)]
    assert all(1.0 <= time <= 3.0 for time in times)
    assert sum(times) / len(times) == pytest.approx(2.0, rel=0.02)
