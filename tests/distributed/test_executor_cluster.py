"""Clients on executors: of threads, of processes, of MPI ranks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import cloudpickle
import numpy as np
import pytest

import weft
import weft.array as da
from weft.distributed import Client, Lock, as_completed, get_client, get_worker, wait
from weft.errors import BackendError, KilledWorkerError, SerializationError

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def inc(x):
    return x + 1


def total(*parts):
    return float(sum(map(np.sum, parts)))


def processes(n=2):
    return ProcessPoolExecutor(n, mp_context=get_context("forkserver"))


@pytest.fixture(scope="module", params=[ThreadPoolExecutor, processes], ids=["threads", "processes"])
def executor(request):
    with request.param(2) as made:
        yield made


@pytest.fixture
def client(executor):
    with Client(executor) as made:
        yield made
    assert executor.submit(inc, 1).result() == 2  # it is still the caller's


def test_many_tasks_and_trees_of_them(client):
    futures = client.map(inc, range(2000))
    while len(futures) > 1:
        futures = [client.submit(lambda *xs: sum(xs), *futures[i : i + 8]) for i in range(0, len(futures), 8)]
    assert futures[0].result() == sum(range(1, 2001))


def test_large_blocks_go_from_task_to_task(client):
    data = client.scatter(np.ones(200_000))
    parts = [client.submit(np.multiply, data, i) for i in range(4)]
    assert client.submit(total, *parts).result() == 200_000 * 6
    assert parts[2].result().sum() == 400_000


def test_errors_retries_and_cancellation(client):
    with pytest.raises(ZeroDivisionError):
        client.submit(divmod, 1, 0).result()
    assert client.submit(inc, client.submit(divmod, 1, 0)).exception().args
    assert client.submit(inc, 1, retries=2).result() == 2
    futures = client.map(inc, range(100, 150))
    client.cancel(futures)
    assert {future.status for future in futures} == {"cancelled"}
    assert client.submit(inc, 100).result() == 101


def test_futures_in_the_order_of_their_ends_and_callbacks(client):
    heard = threading.Event()
    future = client.submit(inc, 41)
    future.add_done_callback(lambda done: heard.set())
    assert heard.wait(10)
    assert sorted(each.result() for each in as_completed(client.map(inc, range(5)))) == [1, 2, 3, 4, 5]
    assert not wait(client.map(inc, range(5, 9))).not_done


def test_collections_run_on_the_executor(client):
    assert da.ones((600, 600), chunks=200).sum().compute() == 360_000
    held = da.arange(1000, chunks=100).persist()
    assert (held + 1).sum().compute() == 500_500
    assert weft.delayed(inc)(1).compute() == 2


def test_what_cannot_travel_is_an_error_of_its_task():
    with processes() as executor, Client(executor) as client:
        futures = [client.submit(len, [threading.Lock()], pure=False) for _ in range(5)]
        assert {type(future.exception()) for future in futures} == {SerializationError}
        assert client.submit(inc, 1).result() == 2


def test_tasks_on_threads_may_wait_for_tasks_even_if_there_is_one_thread():
    def fib(n):
        if n < 2:
            return n
        mine = get_client()
        with Lock("fib"):
            name = get_worker().name
        assert name == 0
        return sum(mine.gather([mine.submit(fib, n - 1), mine.submit(fib, n - 2)]))

    with ThreadPoolExecutor(1) as executor, Client(executor) as client:
        assert client.submit(fib, 7).result() == 13
        assert executor.submit(inc, 1).result() == 2


def test_threads_are_given_back_while_there_is_nothing_to_do():
    with ThreadPoolExecutor(1) as executor, Client(executor) as client:
        assert client.submit(inc, 1).result() == 2
        assert executor.submit(inc, 2).result() == 3
        assert client.submit(inc, 3).result() == 4


def test_no_more_run_than_the_executor_has_workers():
    with ThreadPoolExecutor(3) as executor, Client(executor) as client:
        assert client.nthreads() == {client.cluster.workers[0].address: 3}
        barrier = threading.Barrier(3)
        assert sorted(client.gather(client.map(barrier.wait, [10] * 3, pure=False))) == [0, 1, 2]


def test_a_broken_executor_is_an_error_and_no_hang():
    with processes() as executor, Client(executor) as client:
        assert client.submit(inc, 1).result() == 2
        with pytest.raises(KilledWorkerError, match="executor broke"):
            client.submit(os._exit, 3).result()
        with pytest.raises(KilledWorkerError, match="executor broke"):
            client.submit(inc, 5).result()


@pytest.mark.parametrize("make", [ThreadPoolExecutor, processes])
def test_an_executor_that_was_shut_down_is_an_error_and_no_hang(make):
    executor = make(1)
    with Client(executor) as client:
        assert client.submit(inc, 1).result() == 2
        executor.shutdown()
        for _ in range(2):
            with pytest.raises(BackendError, match="open as long as the client"):
                client.submit(inc, 2, pure=False).result()


def test_calls_that_others_cancel_are_an_error_and_no_hang():
    gate = threading.Event()
    executor = ThreadPoolExecutor(1)
    with Client(executor) as client:
        held = executor.submit(gate.wait)
        future = client.submit(inc, 1)
        executor.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(BackendError, match="open as long as the client"):
            future.result()
        gate.set()
        held.result()


def test_what_workers_of_other_processes_cannot_do_is_said():
    with processes() as executor, Client(executor) as client:
        for call in (
            lambda: client.run(inc, 1),
            lambda: client.submit(dict, actor=True),
            lambda: client.submit(inc, 1, workers=0),
            lambda: client.cluster.scale(5),
        ):
            with pytest.raises(BackendError):
                call()
        with weft.annotate(timeout=1), pytest.raises(BackendError, match="timeout"):
            client.submit(inc, 1, pure=False)
        with pytest.raises(ValueError, match="no client found"):
            client.submit(get_client).result()


def test_a_forked_child_does_not_take_the_clients_of_its_parent_for_its_own():
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as executor, Client(executor) as client:
        with pytest.raises(ValueError, match="no client found"):
            client.submit(get_client).result()
        assert client.submit(lambda: weft.delayed(inc)(1).compute()).result() == 2


def test_options_of_the_cluster_are_the_clients():
    with ThreadPoolExecutor(2) as executor:
        with Client(executor, resources={"GPU": 1}) as client:
            assert client.submit(inc, 1, resources={"GPU": 1}).result() == 2
        for options in ({"engine": "threads"}, {"directory": "/tmp"}, {"n_workers": 0}):
            with pytest.raises(BackendError):
                Client(executor, **options)
        with pytest.raises(TypeError):
            Client(executor, processes=True)


def test_blocks_lie_in_the_directory_that_is_given(tmp_path):
    with processes() as executor:
        with Client(executor, directory=tmp_path) as client:
            future = client.submit(np.ones, 100_000)
            assert future.result().sum() == 100_000
            (place,) = tmp_path.iterdir()
            assert any(each.stat().st_size >= 800_000 for each in place.iterdir())
        assert not list(tmp_path.iterdir())


def test_memory_is_bounded(tmp_path):
    with processes() as executor, Client(executor, memory_limit="8 MB", directory=tmp_path) as client:
        futures = client.map(np.full, [1_000_000 // 8] * 40, range(40))
        assert client.submit(total, *client.map(np.sum, futures)).result() == sum(range(40)) * 125_000


RANKS = """
from mpi4py.futures import MPICommExecutor
from mpi4py import MPI
import numpy as np
import weft.array as da
from weft.distributed import Client

with MPICommExecutor(MPI.COMM_WORLD, root=0) as executor:
    if executor is not None:
        with Client(executor) as client:
            parts = client.map(np.ones, [1 << 17] * 6, pure=False)
            print("total", client.submit(lambda *x: float(sum(map(np.sum, x))), *parts).result())
            print("many", sum(client.gather(client.map(lambda i: i + 1, range(300)))))
            print("elsewhere", client.submit(lambda: MPI.COMM_WORLD.Get_rank(), pure=False).result() > 0)
            print("array", da.ones((100, 100), chunks=50).sum().compute())
            print("workers", len(client.nthreads()))
"""


def test_mpi_ranks_are_workers(tmp_path):
    pytest.importorskip("mpi4py", reason="needs mpi4py")
    beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    mpiexec = shutil.which("mpiexec", path=beside)
    if mpiexec is None:
        pytest.skip("needs mpiexec, of an MPI such as MPICH (pip install mpich)")
    program = tmp_path / "ranks.py"
    program.write_text(RANKS)
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    command = [mpiexec, "-n", "3", sys.executable, str(program)]
    done = subprocess.run(
        command, env={**os.environ, **allowed}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split("\n")[:5] == [
        f"total {6 * (1 << 17):.1f}", f"many {300 * 301 // 2}", "elsewhere True", "array 10000.0", "workers 2",
    ], done.stderr  # fmt: skip
