"""Any executor: the contract on threads and on processes, executors that break, files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import cloudpickle
import numpy as np
import pytest

import weft
from weft import compute, delayed
from weft.backends.executor import ExecutorBackend
from weft.errors import BackendError, KilledWorkerError
from weft.testing.backends import BackendContract

cloudpickle.register_pickle_by_value(sys.modules[__name__])

BLOCK = 1 << 20


class Owning(ExecutorBackend):
    """Ends its executor with itself, and makes another when it is used again."""

    def __init__(self, make, nworkers=2):
        self._make = make, nworkers
        super().__init__(make(nworkers))

    def close(self):
        super().close()
        self.executor.shutdown()
        self.__init__(*self._make)


def processes(nworkers):
    return ProcessPoolExecutor(nworkers, mp_context=get_context("forkserver"))


class TestThreadPoolExecutor(BackendContract):
    @classmethod
    def make(cls):
        return Owning(ThreadPoolExecutor)

    @classmethod
    def make_serial(cls):
        return Owning(ThreadPoolExecutor, 1)


class TestProcessPoolExecutor(BackendContract):
    stops = False
    addressed = False

    @classmethod
    def make(cls):
        return Owning(processes)

    @classmethod
    def make_serial(cls):
        return Owning(processes, 1)


def loky(nworkers):
    executors = pytest.importorskip("loky", reason="needs loky")
    return executors.ProcessPoolExecutor(nworkers)


class TestLoky(BackendContract):
    stops = False
    addressed = False

    @classmethod
    def make(cls):
        return Owning(loky)

    @classmethod
    def make_serial(cls):
        return Owning(loky, 1)


RANKS = """
import sys
from mpi4py.futures import MPICommExecutor
from mpi4py import MPI
import numpy as np, weft

def inc(x): return x + 1
def fail(): raise KeyError("mine")

with MPICommExecutor(MPI.COMM_WORLD, root=0) as executor:
    if executor is not None:
        parts = [weft.delayed(np.ones)(1 << 17) for _ in range(6)]
        total = weft.delayed(lambda *x: float(sum(map(np.sum, x))))(*parts)
        print("total", total.compute(scheduler=executor))
        print("many", sum(weft.compute(*[weft.delayed(inc)(i) for i in range(300)], scheduler=executor)))
        rank = weft.delayed(lambda: MPI.COMM_WORLD.Get_rank(), pure=False)().compute(scheduler=executor)
        print("elsewhere", rank != 0)
        try:
            weft.delayed(fail)().compute(scheduler=executor)
        except KeyError as error:
            print("error", error.args, "in task" in error.__notes__[0])
"""


def test_mpi_ranks_run_tasks(tmp_path):
    pytest.importorskip("mpi4py", reason="needs mpi4py")
    beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    mpiexec = shutil.which("mpiexec", path=beside)
    if mpiexec is None:
        pytest.skip("needs mpiexec, of an MPI such as MPICH (pip install mpich)")
    program = tmp_path / "ranks.py"
    program.write_text(RANKS)
    command = [mpiexec, "-n", "3", sys.executable, str(program)]
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    done = subprocess.run(
        command, env={**os.environ, **allowed}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split("\n")[:4] == [
        f"total {6 * (1 << 17):.1f}", f"many {300 * 301 // 2}", "elsewhere True", "error ('mine',) True",
    ], done.stderr  # fmt: skip


@pytest.fixture(scope="module")
def pool():
    with processes(2) as pool:
        yield pool


def test_an_executor_is_a_scheduler(pool):
    with ThreadPoolExecutor(1) as threads:
        assert delayed(threading.get_ident, pure=False)().compute(scheduler=threads) != threading.get_ident()
    assert delayed(os.getpid, pure=False)().compute(scheduler=pool) != os.getpid()


def test_large_blocks_do_not_pass_through_the_driver(pool):
    class Counting:
        """An executor that counts the bytes that it is given and gives."""

        _max_workers = 2
        nbytes = 0

        def submit(self, function, *args):
            self.nbytes += sum(len(each) for each in args if isinstance(each, bytes))
            future = pool.submit(function, *args)
            future.add_done_callback(self.count)
            return future

        def count(self, future):
            self.nbytes += len(future.result())

    executor = Counting()
    backend = ExecutorBackend(executor)
    parts = [delayed(np.ones)(BLOCK // 8) for _ in range(8)]
    total = delayed(lambda *x: sum(map(np.sum, x)))(*parts)
    assert total.compute(scheduler=backend) == BLOCK
    assert executor.nbytes < BLOCK / 10
    assert list(backend._files.directory.glob("*.block")) == []
    backend.close()


def test_blocks_may_lie_in_a_directory_of_the_users_choice(pool, tmp_path):
    backend = ExecutorBackend(pool, directory=tmp_path)
    kept = weft.persist(delayed(np.ones)(BLOCK // 8), scheduler=backend)[0]
    assert len(list(tmp_path.glob("*/*.block"))) == 1
    assert delayed(np.sum)(kept).compute(scheduler=backend) == BLOCK / 8
    del kept
    backend.close()
    assert list(tmp_path.iterdir()) == []


def test_a_broken_executor_is_a_clear_error():
    with processes(1) as broken, pytest.raises(KilledWorkerError, match=r"executor broke.*_exit-.*make a new one"):
        delayed(os._exit)(1).compute(scheduler=broken)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, processes])
def test_a_closed_executor_is_a_clear_error(kind):
    closed = kind(1)
    closed.shutdown()
    with pytest.raises(BackendError, match="cannot submit tasks"):
        delayed(abs)(-1).compute(scheduler=closed)


def test_an_executor_shut_down_by_somebody_else_is_a_clear_error():
    class Cancelling:
        def submit(self, function, *args):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(BackendError, match="cancelled"):
        delayed(abs)(-1).compute(scheduler=ExecutorBackend(Cancelling()))


def test_what_an_executor_cannot_do_is_refused(pool):
    with weft.annotate(timeout=1):
        limited = delayed(abs)(-1)
    with pytest.raises(BackendError, match="cannot be stopped"):
        limited.compute(scheduler=pool)
    with weft.annotate(workers=0):
        addressed = delayed(abs)(-1)
    with pytest.raises(BackendError, match="cannot be addressed"):
        addressed.compute(scheduler=pool)


def test_a_call_inside_the_executors_only_thread_does_not_wait_for_itself():
    with ThreadPoolExecutor(1) as only:
        future = only.submit(lambda: delayed(abs)(-3).compute(scheduler=only))
        assert future.result(timeout=20) == 3


def test_a_run_does_not_wait_for_threads_that_others_use():
    gate = threading.Event()
    with ThreadPoolExecutor(2) as shared:
        shared.submit(gate.wait)
        assert compute(*[delayed(abs)(-i) for i in range(5)], scheduler=shared) == (0, 1, 2, 3, 4)
        gate.set()
