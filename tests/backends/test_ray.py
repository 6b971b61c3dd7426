"""The Ray backend, on one cluster of two nodes with a CPU each that all tests share."""

from __future__ import annotations

import functools
import operator
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("ray")

from weft.backends import Held, Request, Run
from weft.backends.ray import Ray, RayHeld, Traffic
from weft.backends.ray_connection import NO_SERVER, TRIES, init_at
from weft.backends.ray_habits import PACKED_NBYTES
from weft.backends.ray_worker import values_near
from weft.errors import (
    BackendError,
    BlockLostError,
    KilledWorkerError,
    MissingDependencyError,
    SerializationError,
    TaskExitError,
    TaskTimeoutError,
)
from weft.graph import Graph, Layer, Plan, Program, compile_plan

MB = 1 << 20

pytestmark = [
    pytest.mark.timeout(300),
    # Ray's own: sockets and files that it leaves to the garbage collector, and notices about its next version
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:ray"),
]

# The tasks of this module travel by value: Ray's workers cannot import it.
cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))


@pytest.fixture(scope="session")
def cluster(ray_cluster: Any) -> Any:
    return ray_cluster


@pytest.fixture(scope="session")
def engine(cluster: Any) -> Ray:
    return Ray()


class Ledger:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.after_tasks: list[tuple[int, int, Any]] = []

    def started(self, run: Run) -> None:
        self.run = run

    def before(self, run: Run, task: int, worker: int) -> None: ...

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        assert started <= ended
        self.after_tasks.append((task, worker, value))

    def ended(self, run: Run) -> None: ...

    @property
    def traffic(self) -> Traffic:
        return self.run.traffic  # type: ignore[union-attr]


def call(function: Any, *inputs: str, constants: tuple[Any, ...] = (), key: str = "x", **notes: Any) -> Layer:
    """A layer of one task."""
    return Layer(Program.call(function), [key], [inputs], [constants], annotations=notes or None)


def plan_of(*layers: Layer, wanted: Any = ("x",), data: dict[str, Any] | None = None) -> Plan:
    return compile_plan(Graph(layers, data), list(wanted))


def tree(nleaves: int) -> Plan:
    """The sum of 0, 1, ... nleaves - 1 by pairs."""
    keys = [("leaf", i) for i in range(nleaves)]
    layers = [Layer(Program.call(int), keys, None, [(i,) for i in range(nleaves)])]
    add = Program.call(operator.add)
    level = 0
    while len(keys) > 1:
        level += 1
        pairs = list(zip(keys[::2], keys[1::2], strict=False))
        ours = [(f"level{level}", i) for i in range(len(pairs))]
        layers.append(Layer(add, ours, pairs))
        keys = ours + keys[2 * len(pairs) :]
    return compile_plan(Graph(layers), keys)


# -- what tasks do ------------------------------------------------------------------------------------------------------


def ones(megabytes: int) -> Any:
    return np.ones(megabytes * MB // 8)


def mutated(x: Any) -> Any:
    x[0] = 1
    return x


def divided(x: int) -> float:
    return x / 0


def leave(*_: Any) -> None:
    raise SystemExit(3)


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def node_id() -> str:
    import ray

    return ray.get_runtime_context().get_node_id()


def thirds(x: Any) -> list[Any]:
    return [x[::3], x[1::3], x[2::3]]


def busy(*_: Any) -> None:
    while True:
        pass


# -- results ------------------------------------------------------------------------------------------------------------


def test_tasks_run_and_give_their_results_in_the_order_asked_for(engine):
    plan = plan_of(call(pow, constants=(2, 5), key="a"), call(str, "a"), wanted=["x", "a", "x"])
    assert engine.run(plan, Request()) == ["32", 32, "32"]


def test_a_tree_of_small_tasks_goes_in_few_bundles(engine):
    ledger = Ledger()
    assert engine.run(tree(512), Request(listeners=[ledger])) == [512 * 511 // 2]
    assert len(ledger.after_tasks) == 1023
    assert len({value for _, _, value in ledger.after_tasks}) < 300  # objects that hold the blocks


def chain(*functions: Any, wanted: Any = None) -> Plan:
    """Tasks 0, 1, ... each of which reads the one before."""
    keys = [("chain", i) for i in range(len(functions))]
    layers = [
        Layer(Program.call(function), [key], [tuple(keys[i - 1 : i]) if i else ()])
        for i, (key, function) in enumerate(zip(keys, functions, strict=True))
    ]
    return compile_plan(Graph(layers), keys[-1:] if wanted is None else [keys[i] for i in wanted])


def test_a_chain_goes_at_once_and_what_lies_between_stays_in_the_worker(engine):
    ledger = Ledger()
    plan = chain(functools.partial(ones, 4), np.negative, np.sum, float)
    assert engine.run(plan, Request(listeners=[ledger])) == [-4 * MB / 8]
    refs = {value for _, _, value in ledger.after_tasks}
    assert len(ledger.after_tasks) == 4
    assert len(refs) == 2  # what lies between has its place in a pack, and is not there
    assert ledger.traffic.inlined < 1000


def test_what_is_wanted_of_a_chain_is_a_result(engine):
    first, last = engine.run(chain(functools.partial(ones, 1), np.negative, np.sum, wanted=[0, 2]), Request())
    assert first.sum() == -last == MB / 8


def test_a_failure_at_the_end_of_a_chain_repeats_nothing_that_was_done(engine, tmp_path):
    def counted() -> float:
        (tmp_path / f"made {time.time_ns()}").touch()
        return 1.5

    def works_the_second_time(x: float) -> float:
        (tmp_path / f"tried {time.time_ns()}").touch()
        if len(list(tmp_path.glob("tried*"))) < 2:
            raise OSError("not yet")
        return 2 * x

    assert engine.run(chain(counted, works_the_second_time), Request(retries=1)) == [3.0]
    assert len(list(tmp_path.glob("made*"))) == 1


def test_a_chain_whose_end_kills_its_worker_is_named(engine):
    with pytest.raises(KilledWorkerError, match="'chain', 2"):
        engine.run(chain(functools.partial(ones, 1), np.sum, die), Request(allowed_failures=0))


def test_a_long_chain_is_cut_and_goes_on(engine):
    def slow(x: int) -> int:
        time.sleep(0.6)
        return x + 1

    assert engine.run(chain(int, slow, slow, slow), Request()) == [3]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_graphs_give_what_a_plain_loop_gives(engine, data):
    ntasks = data.draw(st.integers(1, 40))
    sources = [data.draw(st.lists(st.integers(0, max(i - 1, 0)), max_size=3 if i else 0)) for i in range(ntasks)]
    large = [data.draw(st.booleans()) for _ in range(ntasks)]
    whole: list[Any] = []
    for i, each in enumerate(sources):
        whole.append(total(i, 2000 if large[i] else 2, *[whole[j] for j in each]))
    program = Program.call(last_first)
    layer = Layer(
        program,
        [("t", i) for i in range(ntasks)],
        [tuple(("t", j) for j in each) for each in sources],
        [(2000 if large[i] else 2, i) for i in range(ntasks)],
    )
    wanted = data.draw(st.lists(st.integers(0, ntasks - 1), min_size=1, max_size=4))
    found = engine.run(compile_plan(Graph([layer]), [("t", i) for i in wanted]), Request())
    for i, value in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(value, whole[i])


def total(number: int, length: int, *values: Any) -> Any:
    return np.full(length, float(number)) + sum(float(value[0]) for value in values)


def last_first(*values: Any) -> Any:
    return total(values[-1], values[-2], *values[:-2])


def test_small_and_large_outputs_of_one_task_are_blocks_of_their_own(engine):
    split = Layer(Program.call(thirds, noutputs=3), [("a", "b", "c")], [("whole",)])
    count = Layer(Program.call(np.sum), ["x"], [("b",)])
    whole = np.arange(300_000.0)
    plan = plan_of(split, count, wanted=["x", "a", "c"], data={"whole": whole})
    x, a, c = engine.run(plan, Request())
    assert x == whole[1::3].sum()
    np.testing.assert_array_equal(a, whole[::3])
    np.testing.assert_array_equal(c, whole[2::3])


def test_results_belong_to_the_caller_and_can_be_written_to(engine):
    x, frame = engine.run(
        plan_of(call(ones, constants=(1,)), call(pd.DataFrame, constants=({"a": [1, 2]},), key="f"), wanted="xf"),
        Request(),
    )
    x[0] = 5
    frame.loc[0, "a"] = 7
    assert x[0] == 5
    assert frame.a.tolist() == [7, 2]


@pytest.mark.parametrize("megabytes", [1, 0.001])
def test_inputs_of_tasks_are_read_only(engine, megabytes):
    make = call(np.ones, constants=(int(megabytes * MB) // 8,), key="a")
    with pytest.raises(ValueError, match="read-only"):
        engine.run(plan_of(make, call(mutated, "a")), Request())


def test_data_and_constants_reach_the_tasks(engine):
    big = np.arange(MB / 8)
    sums = Layer(Program.call(lambda a, b, c: (a + b).sum() + c), ["x", "y"], [("data",)] * 2, [(big, 1), (big, 2)])
    ledger = Ledger()
    plan = plan_of(sums, wanted=["x", "y"], data={"data": big})
    assert engine.run(plan, Request(listeners=[ledger])) == [2 * big.sum() + 1, 2 * big.sum() + 2]
    assert big.nbytes * 2 <= ledger.traffic.put < big.nbytes * 2 + 10_000  # each went once


# -- the driver carries nothing -----------------------------------------------------------------------------------------


def test_blocks_do_not_pass_through_the_driver(engine):
    nblocks, megabytes = 12, 8
    layers = [
        Layer(Program.call(ones), [("a", i) for i in range(nblocks)], None, [(megabytes,)] * nblocks),
        Layer(
            Program.call(np.add),
            [("b", i) for i in range(nblocks)],
            [(("a", i), ("a", (i + 1) % nblocks)) for i in range(nblocks)],
        ),
        Layer(Program.call(np.sum), [("s", i) for i in range(nblocks)], [(("b", i),) for i in range(nblocks)]),
        Layer(Program.call(lambda *sums: sum(sums)), ["x"], [tuple(("s", i) for i in range(nblocks))]),
    ]
    ledger = Ledger()
    assert engine.run(plan_of(*layers), Request(listeners=[ledger])) == [2 * nblocks * megabytes * MB / 8]
    assert ledger.traffic.nbytes < 0.01 * nblocks * megabytes * MB
    assert {worker for _, worker, _ in ledger.after_tasks} == {0, 1}


def test_an_exchange_between_nodes_is_right_and_does_not_pass_through_the_driver(engine):
    n, m, length = 6, 5, 100_000
    split = Program.call(split_by, noutputs=m)
    layers = [
        Layer(Program.call(numbers), [("in", i) for i in range(n)], None, [(i, length) for i in range(n)]),
        Layer(split, [tuple(("part", i, j) for j in range(m)) for i in range(n)], [(("in", i),) for i in range(n)], [(m,)] * n),
        Layer(Program.call(merged), [("out", j) for j in range(m)], [tuple(("part", i, j) for i in range(n)) for j in range(m)]),
        Layer(Program.call(described), [("d", j) for j in range(m)], [(("out", j),) for j in range(m)]),
    ]  # fmt: skip
    ledger = Ledger()
    found = engine.run(plan_of(*layers, wanted=[("d", j) for j in range(m)]), Request(listeners=[ledger]))
    whole = np.concatenate([numbers(i, length) for i in range(n)])
    assert found == [described(np.sort(whole[whole % m == j])) for j in range(m)]
    assert ledger.traffic.nbytes < 0.01 * 3 * whole.nbytes


def test_small_parts_of_a_division_share_an_object(engine):
    class Shared(Ledger):
        def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
            super().after(run, task, worker, {run.places[block].ref for block in run.outputs_of(task)}, started, ended)

    n, m, length = 3, 4, 20_000
    layers = [
        Layer(Program.call(split_shared, noutputs=m), [tuple(("p", i, j) for j in range(m)) for i in range(n)], None, [(i, length, m) for i in range(n)]),
        Layer(Program.call(merged), [("out", j) for j in range(m)], [tuple(("p", i, j) for i in range(n)) for j in range(m)]),
    ]  # fmt: skip
    plan = plan_of(*layers, wanted=[("out", j) for j in range(m)])
    whole = np.concatenate([numbers(i, length) for i in range(n)])
    for _ in range(2):  # the first time nobody knows how large they are
        ledger = Shared()
        for j, found in enumerate(engine.run(plan, Request(listeners=[ledger]))):
            np.testing.assert_array_equal(found, np.sort(whole[whole % m == j]))
    assert [len(refs) for task, _, refs in ledger.after_tasks if len(ledger.run.outputs_of(task)) > 1] == [1] * n


def split_shared(seed: int, length: int, m: int) -> list[Any]:
    return split_by(numbers(seed, length), m)


def numbers(seed: int, length: int) -> Any:
    return np.random.default_rng(seed).integers(0, 1 << 40, length)


def split_by(x: Any, m: int) -> list[Any]:
    return [x[x % m == j] for j in range(m)]


def merged(*parts: Any) -> Any:
    return np.sort(np.concatenate(parts))


def described(x: Any) -> tuple[int, int, int]:
    return len(x), int(x.sum()), int(x[0])


def test_more_data_than_the_object_stores_hold_is_reduced(engine):
    nblocks = 30  # of 20 MB, where the stores have 400 MB
    layers = [
        Layer(Program.call(ones), [("a", i) for i in range(nblocks)], None, [(20,)] * nblocks),
        Layer(Program.call(np.sum), [("s", i) for i in range(nblocks)], [(("a", i),) for i in range(nblocks)]),
        Layer(Program.call(lambda *sums: sum(sums)), ["t"], [tuple(("s", i) for i in range(nblocks))]),
        Layer(Program.call(lambda t, *xs: t + sum(x[0] for x in xs)), ["x"], [("t", *[("a", i) for i in range(4)])]),
    ]
    assert engine.run(plan_of(*layers), Request()) == [nblocks * 20 * MB / 8 + 4]


# -- held blocks --------------------------------------------------------------------------------------------------------


def test_held_blocks_stay_remote_and_are_inputs_of_later_runs(engine):
    (held,) = engine.hold(plan_of(call(ones, constants=(8,))), Request())
    assert isinstance(held, RayHeld)
    assert held.nbytes >= 8 * MB
    ledger = Ledger()
    plan = plan_of(call(np.sum, "kept"), data={"kept": held})
    assert engine.run(plan, Request(listeners=[ledger])) == [MB]
    assert ledger.traffic.nbytes < 10_000
    assert held.get().sum() == MB


def test_small_held_blocks_keep_their_place_in_the_pack(engine):
    plan = compile_plan(
        Graph([Layer(Program.call(int), [("x", i) for i in range(50)], None, [(i,) for i in range(50)])]),
        [("x", i) for i in range(50)],
    )
    held = engine.hold(plan, Request())
    assert [each.get() for each in held] == list(range(50))
    data = {f"d{i}": each for i, each in enumerate(held)}
    assert engine.run(plan_of(call(lambda *xs: sum(xs), *data), data=data), Request()) == [sum(range(50))]


def test_held_blocks_of_other_backends_and_plain_data_can_be_held(engine):
    other = Held("o", 8 * PACKED_NBYTES, lambda: np.ones(8192))
    x, o, d = engine.hold(
        plan_of(call(np.sum, "o"), wanted=["x", "o", "d"], data={"o": other, "d": np.arange(5)}), Request()
    )
    assert x.get() == 8192
    assert o.get().sum() == 8192
    assert d.get().tolist() == [0, 1, 2, 3, 4]


def test_a_held_block_whose_ray_is_gone_says_so(engine):
    another = Ray()
    (held,) = another.hold(plan_of(call(ones, constants=(1,))), Request())
    another.close()  # it joined, so this ends nothing, but what it held is not its own any more
    with pytest.raises(BlockLostError, match="went away with the Ray"):
        held.get()


# -- rules --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", [0, 1])
def test_a_task_runs_on_the_node_that_workers_names(engine, worker):
    expected = engine.nodes()[worker].name
    assert engine.run(plan_of(call(node_id, workers=worker)), Request()) == [expected]


def test_resources_are_asked_of_ray(engine):
    plan = plan_of(call(node_id, resources={"licence": 2}))
    assert engine.run(plan, Request())[0] in {node.name for node in engine.nodes()}
    with pytest.raises(BackendError, match="no worker offers"):
        engine.run(plan_of(call(node_id, resources={"licence": 3})), Request())


def test_a_node_that_does_not_exist_is_an_error(engine):
    with pytest.raises(BackendError, match="workers"):
        engine.run(plan_of(call(node_id, workers=7)), Request())


def test_options_that_ray_does_not_know_are_errors(engine):
    with pytest.raises(BackendError, match="frobnicate"):
        engine.run(plan_of(call(node_id)), Request(options={"frobnicate": 1}))


# -- errors -------------------------------------------------------------------------------------------------------------


def test_an_exception_arrives_as_itself_with_note_and_traceback(engine):
    with pytest.raises(ZeroDivisionError) as caught:
        engine.run(plan_of(call(divided, constants=(1,))), Request())
    assert "in task 'x'" in caught.value.__notes__[0]
    assert "in divided" in str(caught.value.__cause__)


def test_an_exception_in_the_middle_of_a_bundle_names_its_task(engine):
    keys = [("x", i) for i in range(100)]
    layer = Layer(Program.call(lambda i: 1 / (i - 77)), keys, None, [(i,) for i in range(100)])
    with pytest.raises(ZeroDivisionError) as caught:
        engine.run(compile_plan(Graph([layer]), keys), Request())
    assert "in task ('x', 77)" in caught.value.__notes__[0]


def test_exceptions_that_cannot_travel_arrive_as_text(engine):
    class LockError(Exception):
        def __init__(self) -> None:
            super().__init__("with a lock")
            self.lock = threading.Lock()

    def fails() -> None:
        raise LockError

    with pytest.raises(RuntimeError, match="LockError: with a lock"):
        engine.run(plan_of(call(fails)), Request())


def test_a_failed_task_is_retried(engine, tmp_path):
    def works_the_third_time() -> int:
        (tmp_path / f"{time.time_ns()}").touch()
        if len(list(tmp_path.iterdir())) < 3:
            raise OSError("not yet")
        return 3

    assert engine.run(plan_of(call(works_the_third_time)), Request(retries=2)) == [3]


def test_a_task_that_exits_is_an_error_and_not_the_end(engine):
    with pytest.raises(TaskExitError, match=r"sys.exit\(3\)"):
        engine.run(plan_of(call(leave)), Request(retries=3))


def test_a_function_that_cannot_travel_is_named(engine):
    lock = threading.Lock()

    def locked() -> None:
        with lock:
            pass

    with pytest.raises(SerializationError, match=r"function `locked`.*`lock`"):
        engine.run(plan_of(call(locked)), Request())


def test_a_constant_that_cannot_travel_is_named(engine):
    with pytest.raises(SerializationError, match="argument 0 of task 'x'"):
        engine.run(plan_of(call(str, constants=(threading.Lock(),))), Request())


def test_a_result_that_cannot_travel_is_named(engine):
    with pytest.raises(SerializationError, match="the result of task 'x' cannot travel"):
        engine.run(plan_of(call(threading.Lock)), Request())


def test_a_result_that_cannot_travel_is_found_in_a_bundle(engine):
    def locks(i: int) -> Any:
        return threading.Lock() if i == 33 else i

    keys = [("x", i) for i in range(60)]
    layer = Layer(Program.call(locks), keys, None, [(i,) for i in range(60)])
    with pytest.raises(SerializationError, match=r"task \('x', 33\)"):
        engine.run(compile_plan(Graph([layer]), keys), Request())


def test_a_task_that_runs_too_long_is_stopped(engine):
    with pytest.raises(TaskTimeoutError) as caught:
        engine.run(plan_of(call(busy, timeout="200 ms")), Request())
    assert "in task 'x'" in caught.value.__notes__[0]


def test_without_ray_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "weft\[ray\]"'):
        Ray().run(plan_of(call(int)), Request())


# -- deaths -------------------------------------------------------------------------------------------------------------


def test_a_task_that_kills_its_worker_is_named(engine):
    keys = [("x", i) for i in range(12)]

    def deadly(i: int) -> int:
        if i == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return i

    layer = Layer(Program.call(deadly), keys, None, [(i,) for i in range(12)])
    with pytest.raises(KilledWorkerError, match=r"task \('x', 7\) was run 1 time,"):
        engine.run(compile_plan(Graph([layer]), keys), Request(allowed_failures=0))


GREEDY = """
import time
import weft
from weft.errors import WorkerMemoryError

try:
    weft.delayed(time.sleep)(60).compute(scheduler="ray", num_workers=1)
except WorkerMemoryError as error:
    print(error)
"""


def test_what_ray_kills_for_lack_of_memory_ends_in_an_error_that_says_so():
    """Ray itself would run such a task for ever."""
    full = {"RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "100", "WEFT_ALLOWED_FAILURES": "0"}
    done = subprocess.run(
        [sys.executable, "-c", GREEDY], capture_output=True, text=True, check=True, env={**os.environ, **full}
    )
    assert "cannot have the memory that it needs" in done.stdout


def test_a_worker_that_dies_once_costs_no_result(engine, tmp_path):
    def dies_once(i: int) -> int:
        if i == 7 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return i

    keys = [("x", i) for i in range(12)]
    layer = Layer(Program.call(dies_once), keys, None, [(i,) for i in range(12)])
    assert engine.run(compile_plan(Graph([layer]), keys), Request()) == list(range(12))


def test_blocks_that_ray_lost_for_good_are_made_again(engine, cluster):
    added = [cluster.add_node(num_cpus=1, object_store_memory=100 * MB, resources={"extra": 1}) for _ in range(2)]

    class Saboteur(Ledger):
        def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
            super().after(run, task, worker, value, started, ended)
            if run.plan.keys[task] == "a" and len(added) == 2:
                name = engine.nodes()[worker].name
                victim = next(node for node in added if node.node_id == name)
                added.remove(victim)
                cluster.remove_node(victim)

    saboteur = Saboteur()
    make = call(ones, constants=(1,), key="a", resources={"extra": 1})
    plan = plan_of(make, call(np.negative, "a", key="b"), call(np.sum, "b"))
    try:
        assert engine.run(plan, Request(listeners=[saboteur], allowed_failures=0)) == [-MB / 8]
        assert [plan.keys[task] for task, _, _ in saboteur.after_tasks].count("a") == 2
    finally:
        for node in added:
            cluster.remove_node(node)


def test_who_waits_for_a_block_that_is_made_again_leaves_its_cpu_to_that(cluster):
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    @ray.remote(num_cpus=1)
    def make() -> Any:
        return np.arange(100_000)

    @ray.remote(num_cpus=1)
    def read(values_near: Any, references: list[Any]) -> Any:
        return values_near(references)[0].sum()

    node = cluster.add_node(num_cpus=1, object_store_memory=100 * MB)
    cluster.wait_for_nodes()
    made = make.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node.node_id, soft=True)).remote()
    ray.wait([made], fetch_local=False)
    cluster.remove_node(node)
    found = [read.remote(values_near, [made]) for _ in range(2)]
    assert ray.get(found, timeout=60) == [np.arange(100_000).sum()] * 2


def test_ctrl_c_leaves_nothing_running_and_the_next_call_works(engine):
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.run(plan_of(call(busy)), Request())
    assert time.monotonic() - began < 10
    assert engine.run(plan_of(call(int)), Request()) == [0]


def test_the_watchers_of_a_run_hear_of_each_task(engine):
    ledger = Ledger()
    engine.run(tree(16), Request(listeners=[ledger]))
    assert sorted(task for task, _, _ in ledger.after_tasks) == list(range(31))
    assert functools.reduce(operator.or_, [{worker} for _, worker, _ in ledger.after_tasks]) <= {0, 1}


class Unready:
    """A Ray whose server for a client starts at a certain attempt."""

    def __init__(self, attempts: int, error: str = NO_SERVER[0]) -> None:
        self.attempts, self.error, self.asked = attempts, error, 0

    def init(self, **options: Any) -> None:
        self.asked += 1
        if self.asked < self.attempts:
            raise ConnectionAbortedError(f"Initialization failure from server: {self.error}.")


def test_another_server_is_asked_for_if_one_does_not_start():
    never, elsewhere = Unready(TRIES + 1), Unready(2, "no such host")
    for said in NO_SERVER:
        late = Unready(TRIES, said)
        init_at(late, "ray://here:1", {})
        assert late.asked == TRIES
    with pytest.raises(ConnectionError, match=NO_SERVER[0]):
        init_at(never, "ray://here:1", {})
    assert never.asked == TRIES
    with pytest.raises(ConnectionError, match="no such host"):
        init_at(elsewhere, "ray://here:1", {})
    assert elsewhere.asked == 1
