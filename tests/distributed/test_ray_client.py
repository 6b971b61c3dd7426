"""``Client(engine="ray")`` on the shared local Ray: programs that users write, and what goes wrong in them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import psutil
import pytest

pytest.importorskip("ray")

import weft
import weft.array as da
import weft.bag as db
import weft.dataframe as dd
from weft.distributed import (
    Client,
    Event,
    Lock,
    Queue,
    Semaphore,
    Variable,
    WorkerPlugin,
    as_completed,
    get_client,
    get_worker,
    wait,
)
from weft.errors import BackendError, CancelledError, KilledWorkerError, TaskTimeoutError

pytestmark = [
    pytest.mark.timeout(300),
    # Ray's own: sockets and files that it leaves to the garbage collector, and notices about its next version
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:ray"),
]

# The tasks of this module travel by value: Ray's workers cannot import it.
cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))


@pytest.fixture(scope="module")
def client(ray_cluster: Any) -> Iterator[Client]:
    with Client(engine="ray") as client:
        yield client


def inc(x: int) -> int:
    return x + 1


def add(x: Any, y: Any) -> Any:
    return x + y


def summed(n: int) -> int:
    client = get_client()
    return sum(client.gather(client.map(inc, range(n))))


def divided(x: int) -> float:
    return x / 0


# -- futures ------------------------------------------------------------------------------------------------------------


def test_futures_may_stand_in_arguments_and_containers(client):
    x = client.submit(inc, 1)
    y = client.submit(add, x, x)
    assert client.submit(sum, [x, y]).result() == 6
    assert client.submit(lambda d: d["a"] + d["b"][0], {"a": x, "b": [y]}).result() == 6
    assert client.gather({"x": x, "y": [y]}) == {"x": 2, "y": [4]}


def test_many_small_tasks_and_what_comes_first(client):
    futures = client.map(inc, range(500))
    assert sum(result for _, result in as_completed(futures, with_results=True)) == sum(range(501))
    done, late = wait(client.map(inc, range(500, 510)))
    assert len(done) == 10
    assert not late


def test_values_are_scattered_and_read(client):
    small, large = client.scatter([[1, 2], np.arange(300_000)])
    assert client.submit(sum, small).result() == 3
    assert client.submit(np.sum, large).result() == np.arange(300_000).sum()
    result = client.submit(add, large, 1).result()
    result[0] = 5  # it is the caller's own
    assert client.gather(large)[0] == 0


def test_an_exception_arrives_as_itself_and_passes_on(client):
    bad = client.submit(divided, 1)
    after = client.submit(inc, bad)
    with pytest.raises(ZeroDivisionError) as caught:
        after.result()
    assert [entry.name for entry in caught.traceback][-1] == "divided"
    assert isinstance(bad.exception(), ZeroDivisionError)
    assert bad.status == after.status == "error"
    assert client.gather([bad, client.submit(inc, 1)], errors="skip") == [2]


def test_a_failed_task_is_retried(client, tmp_path):
    def works_the_third_time(folder: Any) -> int:
        (folder / f"{time.time_ns()}").touch()
        if len(list(folder.iterdir())) < 3:
            raise OSError("not yet")
        return 3

    assert client.submit(works_the_third_time, tmp_path, retries=2).result() == 3


def test_a_task_is_cancelled_while_it_runs(client):
    future = client.submit(time.sleep, 60, pure=False)
    after = client.submit(inc, future)
    client.cancel(future)
    assert future.cancelled()
    with pytest.raises(CancelledError):
        after.result()
    assert client.submit(inc, 41).result() == 42


def test_ctrl_c_while_results_are_awaited_leaves_a_client_that_works(client):
    futures = client.map(time.sleep, [600, 601], pure=False)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        client.gather(futures)
    client.cancel(futures)
    assert client.submit(inc, 41).result(timeout=60) == 42


BY_CLIENT = """
import time
from weft.distributed import Client

if __name__ == "__main__":
    with Client(engine="ray", n_workers=1, threads_per_worker=2) as client:
        client.submit(sum, [1, 2]).result()
        futures = client.map(time.sleep, [600, 601], pure=False)
        print("ready", flush=True)
        client.gather(futures)
"""

BY_SCHEDULER = """
import time
import weft

if __name__ == "__main__":
    weft.delayed(sum)([1, 2]).compute(scheduler="ray")
    print("ready", flush=True)
    weft.delayed(time.sleep)(600).compute(scheduler="ray")
"""


@pytest.mark.parametrize("program", [BY_CLIENT, BY_SCHEDULER])
def test_ctrl_c_ends_a_program_and_the_ray_that_it_started(program):
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    while process.stdout.readline().strip() not in ("ready", ""):
        pass
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0
    _, left = psutil.wait_procs(started, timeout=30)
    assert started
    assert not left


def test_results_go_when_nobody_has_a_future_of_them(client):
    future = client.submit(np.ones, 1000, key="once")
    future.result()
    assert "once" in client.cluster.states()
    future.release()
    assert "once" not in client.cluster.states()


def test_resources_workers_and_priorities(client):
    assert client.submit(inc, 1, resources={"licence": 1}, pure=False).result() == 2
    with pytest.raises(BackendError, match="no worker offers"):
        client.submit(inc, 1, resources={"licence": 7}, pure=False)
    names = client.gather([client.submit(lambda: get_worker().name, workers=[1], pure=False) for _ in range(3)])
    assert names == [1, 1, 1]
    assert client.submit(inc, 1, priority=10, pure=False).result() == 2


def test_a_task_that_runs_too_long_is_stopped(client):
    with weft.annotate(timeout="200 ms"):
        future = client.submit(time.sleep, 30, pure=False)
    with pytest.raises(TaskTimeoutError):
        future.result()


# -- tasks that speak with the cluster ----------------------------------------------------------------------------------


def test_tasks_submit_tasks_and_wait_for_them(client):
    assert client.submit(summed, 4).result() == 10
    assert client.gather(client.map(summed, range(4), pure=False)) == [0, 1, 3, 6]


def test_tasks_wait_deep_down(client):
    def deep(n: int) -> int:
        return 0 if not n else 1 + get_client().submit(deep, n - 1, pure=False).result()

    assert client.submit(deep, 4).result() == 4


def test_a_task_computes_a_collection(client):
    def mean(n: int) -> float:
        return float(da.arange(n, chunks=10).mean().compute())

    assert client.submit(mean, 101).result() == 50


def test_an_error_of_an_inner_task_passes_through(client):
    def outer() -> Any:
        return get_client().submit(divided, 3, pure=False).result()

    with pytest.raises(ZeroDivisionError):
        client.submit(outer).result()


def test_futures_are_made_results_by_a_task_that_scatters(client):
    def total(n: int) -> Any:
        inner = get_client()
        data = inner.scatter(np.ones(n))
        return inner.submit(np.sum, data, pure=False).result()

    assert client.submit(total, 50_000).result() == 50_000


# -- what is shared -----------------------------------------------------------------------------------------------------


def test_a_lock_is_one_task_s_at_a_time(client):
    Variable("count").set(0)

    def count(i: int) -> None:
        with Lock("counting"):
            count = Variable("count")
            count.set(count.get() + 1)

    client.gather(client.map(count, range(8)))
    assert Variable("count").get() == 8


def test_queues_events_and_semaphores(client):
    queue = Queue("work")
    queue.put(client.submit(inc, 10))
    queue.put("text")
    assert queue.get().result() == 11
    assert queue.get() == "text"
    flag = Event("flag")
    waiting = client.submit(lambda: Event("flag").wait(timeout=60), pure=False)
    flag.set()
    assert waiting.result() is True
    semaphore = Semaphore(1, "one")
    assert semaphore.acquire()
    assert not Semaphore(1, "one").acquire(timeout=0.05)
    semaphore.release()


def test_two_clusters_share_locks_and_have_tasks_of_their_own(client):
    with Client(engine="ray", set_as_default=False) as other:
        Variable("shared", client=client).set({"a": [1]})
        assert Variable("shared", client=other).get() == {"a": [1]}
        lock = Lock("both", client=client)
        assert lock.acquire()
        assert not Lock("both", client=other).acquire(timeout=0.05)
        lock.release()
        assert other.submit(inc, 1).result() == 2
        Variable("theirs", client=client).set(client.submit(inc, 5))
        with pytest.raises(BackendError, match="another driver"):
            Variable("theirs", client=other).get()


class Meeting:
    """Those who come wait for the last."""

    def __init__(self, count):
        self.count = count
        self.there = asyncio.Event()

    async def come(self):
        self.count -= 1
        if not self.count:
            self.there.set()
        await self.there.wait()
        return self.count

    async def fail(self):
        await asyncio.sleep(0)
        raise ValueError("nobody came")

    def missing(self):
        return self.count


def test_coroutine_methods_of_an_actor_wait_side_by_side(client):
    meeting = client.submit(Meeting, 20, actor=True).result()
    waiting = [meeting.come() for _ in range(19)]
    assert 1 <= meeting.missing().result(timeout=60) <= 20  # does not wait for them
    assert meeting.come().result(timeout=60) == 0
    assert [each.result(timeout=60) for each in waiting] == [0] * 19
    with pytest.raises(ValueError, match="nobody came"):
        meeting.fail().result(timeout=60)


def test_an_actor_lives_in_one_process(client):
    class Counter:
        n = 0

        def increment(self, by: int = 1) -> int:
            self.n += by
            return self.n

        def fail(self) -> None:
            raise KeyError("inside")

    counter = client.submit(Counter, actor=True).result()
    assert [counter.increment().result(), counter.increment(by=2).result(), counter.n] == [1, 3, 3]
    with pytest.raises(KeyError, match="inside"):
        counter.fail().result()
    assert client.submit(lambda c: c.increment().result(), counter).result() == 4
    with pytest.raises(KeyError, match="inside"):  # who waits for the answer is the last that has the actor
        client.submit(Counter, actor=True).result().fail().result()


def test_events_and_data_sets(client):
    heard: list[Any] = []
    client.subscribe_topic("told", lambda event: heard.append(event[1]))
    client.submit(lambda: get_client().log_event("told", {"x": 1}), pure=False).result()
    assert client.get_events("told")[-1][1] == {"x": 1}
    persisted = client.persist(da.ones(10, chunks=5) * 2)
    client.publish_dataset(ones=persisted)
    assert client.list_datasets() == ("ones",)
    assert client.get_dataset("ones").sum().compute() == 20
    client.unpublish_dataset("ones")


def test_functions_run_on_all_nodes_and_plugins_before_tasks(client):
    class Setting(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            os.environ["WEFT_SETTING"] = "set"

    client.register_plugin(Setting(), name="setting")
    assert set(client.run(os.getenv, "WEFT_SETTING").values()) == {"set"}
    assert client.submit(os.getenv, "WEFT_SETTING", pure=False).result() == "set"
    client.unregister_worker_plugin("setting")
    assert sorted(client.nthreads().values()) == [1, 1]


# -- collections --------------------------------------------------------------------------------------------------------


def test_collections_run_on_the_client(client):
    x = da.random.default_rng(0).normal(size=(40, 30), chunks=10)
    assert x.mean().compute() == x.mean().compute(scheduler="inline")
    held = client.persist(x + 1)
    np.testing.assert_array_equal(held[:3].compute(), x[:3].compute(scheduler="inline") + 1)
    table = pd.DataFrame({"k": [1, 2, 1, 2], "v": [1.0, 2.0, 3.0, 4.0]})
    pd.testing.assert_series_equal(
        dd.from_pandas(table, npartitions=2).groupby("k").v.sum().compute().sort_index(), table.groupby("k").v.sum()
    )
    assert db.from_sequence(range(10), npartitions=3).map(inc).sum().compute() == 55
    assert client.compute(weft.delayed(add)(1, 2)).result() == 3


def test_joblib_runs_on_ray_and_calls_inside_tasks_do_not_wait_for_ever(client):
    import joblib

    def about(x: Any) -> Any:
        return bool(x.flags.writeable), float(x.sum())

    def nested(n: int) -> int:
        return sum(joblib.Parallel(n_jobs=2)(joblib.delayed(inc)(i) for i in range(n)))

    with joblib.parallel_config(backend="weft", client=client):
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(inc)(i) for i in range(40)) == list(range(1, 41))
        large = np.ones((500, 500))
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(about)(large) for _ in range(4)) == [(False, 250_000.0)] * 4
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(nested)(n) for n in (3, 4)) == [6, 10]
        with pytest.raises(ZeroDivisionError):
            joblib.Parallel(n_jobs=2)(joblib.delayed(divided)(1) for _ in range(3))


# -- deaths -------------------------------------------------------------------------------------------------------------


def test_a_task_that_kills_its_worker_is_named(client):
    def deadly() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with weft.config.set({"allowed-failures": 1}), Client(engine="ray", set_as_default=False) as own:
        future = own.submit(deadly, key="deadly")
        with pytest.raises(KilledWorkerError, match="'deadly' was run 2 times"):
            future.result()
        assert own.submit(inc, 1).result() == 2


def test_a_worker_that_dies_while_its_task_waits_costs_no_result(client, tmp_path):
    def fragile(folder: Any) -> int:
        found = get_client().submit(inc, 1, pure=False).result()
        if not (folder / "died").exists():
            (folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    assert client.submit(fragile, tmp_path).result() == 2


DOOMED = """
import os
import signal
import sys

from weft.distributed import Client, Lock, Queue

client = Client(sys.argv[1], engine="ray")
assert Lock("precious").acquire()
Queue("words").put("left")
client.submit(object, actor=True, key="theirs").result()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_dead_driver_had_is_free(client, ray_cluster):
    import ray

    done = subprocess.run([sys.executable, "-c", DOOMED, ray_cluster.address], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert Lock("precious").acquire(timeout=60)
    assert Queue("words").get(timeout=5) == "left"
    assert not [each for each in ray.util.list_named_actors(all_namespaces=True) if "'theirs'" in each["name"]]
    assert client.submit(inc, 1, pure=False).result() == 2
    Lock("precious").release()


FROM_OUTSIDE = """
import sys

import numpy as np

import weft.array as da
from weft.distributed import Client, Lock, Variable, get_client

def outer():
    return get_client().submit(abs, -5, pure=False).result()

class Counter:
    n = 0

    def add(self):
        self.n += 1
        return self.n

with Client(sys.argv[1], engine="ray") as client:
    assert client.gather(client.map(abs, range(100))) == list(range(100))
    held = client.persist(da.ones((400, 400), chunks=100) + 1)
    assert held.sum().compute() == 320_000
    assert client.submit(np.sum, client.scatter(np.ones(300_000))).result() == 300_000
    assert client.submit(outer).result() == 5
    with Lock("outside"):
        Variable("outside").set(3)
    assert Variable("outside").get() == 3
    counter = client.submit(Counter, actor=True).result()
    assert [counter.add().result(), counter.add().result()] == [1, 2]
    try:
        client.submit(divmod, 1, 0).result()
    except ZeroDivisionError:
        print("as it should be")
"""


def test_a_driver_may_be_outside_of_the_cluster(client, ray_cluster):
    address = f"ray://127.0.0.1:{ray_cluster.client_port}"
    done = subprocess.run([sys.executable, "-c", FROM_OUTSIDE, address], capture_output=True, text=True)
    assert done.stdout.strip() == "as it should be", done.stderr


def test_lost_results_are_made_again(client, ray_cluster):
    added = [ray_cluster.add_node(num_cpus=1, object_store_memory=100 << 20, resources={"frail": 1}) for _ in range(2)]
    try:
        client.wait_for_workers(4, timeout=60)
        future = client.submit(np.ones, 500_000, resources={"frail": 1}, pure=False)
        wait(future)
        (where,) = client.who_has(future)[future.key]
        name = client.cluster.run.nodes[int(where.rpartition("/")[2])].name
        victim = next(node for node in added if node.node_id == name)
        added.remove(victim)
        ray_cluster.remove_node(victim)
        assert future.result().sum() == 500_000
        assert client.submit(np.sum, future).result() == 500_000
    finally:
        for node in added:
            ray_cluster.remove_node(node)


# -- what makes no sense ------------------------------------------------------------------------------------------------


def test_what_makes_no_sense_raises_and_says_why(client):
    with pytest.raises(BackendError, match="joins one that is there"):
        Client(engine="ray", n_workers=3)
    with pytest.raises(BackendError, match="memory_limit"):
        Client(engine="ray", memory_limit="2 GB")
    with pytest.raises(TypeError, match="no option 'frobnicate'"):
        Client(engine="ray", frobnicate=1)
    with pytest.raises(BackendError, match="connected to Ray at"):
        Client("10.0.0.1:9", engine="ray")
    with pytest.raises(BackendError, match="autoscaler"):
        client.cluster.scale(3)
    with pytest.raises(BackendError, match="ray stack"):
        client.call_stack()


def test_a_closed_client_s_futures_say_so(client):
    with Client(engine="ray", set_as_default=False) as own:
        future = own.submit(inc, 1)
        future.result()
    with pytest.raises(CancelledError, match="closed"):
        future.result()
