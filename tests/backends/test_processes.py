"""Processes: the contract, deaths, what cannot travel, stopping, sharing without a copy."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

import weft
from weft import compute, delayed, persist
from weft.backends import deaths
from weft.backends import pool as pool_module
from weft.backends.processes import Processes
from weft.errors import BackendError, KilledWorkerError, RemoteError, SerializationError, WorkerMemoryError
from weft.testing.backends import BackendContract

cloudpickle.register_pickle_by_value(sys.modules[__name__])

BLOCK = 1 << 20


class TestProcesses(BackendContract):
    @classmethod
    def make(cls):
        return Processes()


@pytest.fixture(scope="module")
def backend():
    backend = Processes(2)
    yield backend
    backend.close()


def trace(directory, name):
    """Leave a trace of one execution; several of one name count up."""
    file = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, b"x")
    os.close(file)
    return name


def die_the_first_time(directory, name):
    trace(directory, name)
    if (Path(directory) / str(name)).stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def executions(directory):
    return {path.name: path.stat().st_size for path in Path(directory).iterdir()}


def wait_for(path):
    while not os.path.exists(path):
        pass


def files_of(backend):
    return [path for path in backend._files.directory.iterdir() if path.suffix == ".block"]


# -- deaths -------------------------------------------------------------------------------------------------------------


def test_a_killed_worker_loses_nothing_that_was_finished(backend, tmp_path):
    before = [delayed(trace)(str(tmp_path), f"before-{i}") for i in range(20)]
    fatal = delayed(die_the_first_time)(str(tmp_path), delayed(lambda *names: "fatal")(*before))
    after = [delayed(trace)(str(tmp_path), delayed(lambda name, i: f"after-{i}")(fatal, i)) for i in range(20)]
    assert compute(*after, scheduler=backend) == tuple(f"after-{i}" for i in range(20))
    counts = executions(tmp_path)
    assert counts.pop("fatal") == 2
    assert set(counts.values()) == {1}


def test_a_task_that_kills_its_workers_is_named_with_signal_and_memory(backend):
    fatal = delayed(os.kill)(delayed(os.getpid, pure=False)(), signal.SIGSEGV)
    with pytest.raises(KilledWorkerError) as caught:
        compute(fatal, *[delayed(abs)(-i) for i in range(50)], scheduler=backend)
    message = str(caught.value)
    assert str(fatal.key) in message
    assert "3 times" in message
    assert "SIGSEGV" in message
    assert "iB" in message
    assert delayed(abs)(-1).compute(scheduler=backend) == 1


def test_innocent_tasks_of_a_batch_are_not_blamed(backend):
    tasks = [delayed(abs)(-i) for i in range(300)]
    fatal = delayed(os._exit)(7)
    with pytest.raises(KilledWorkerError, match=r"_exit.*exit code 7"):
        compute(*tasks[:150], fatal, *tasks[150:], scheduler=backend)


def test_allowed_failures_say_how_often_a_task_may_kill(backend, tmp_path):
    fatal = delayed(die_the_first_time)(str(tmp_path), "once")
    with weft.config.set({"allowed-failures": 1}), pytest.raises(KilledWorkerError, match="1 time "):
        fatal.compute(scheduler=backend)


def test_a_worker_killed_for_memory_is_told_apart(backend, monkeypatch):
    monkeypatch.setattr(deaths, "memory_limit", lambda: 1 << 20)
    fatal = delayed(os.kill)(delayed(os.getpid, pure=False)(), signal.SIGKILL)
    with pytest.raises(WorkerMemoryError, match="lack of memory"):
        fatal.compute(scheduler=backend)


def eat(nbytes):
    return float(np.ones(nbytes // 8).sum())


def eat_beyond_a_limit_of_its_own(nbytes):
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (nbytes // 2, hard))
    try:
        return eat(nbytes)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_worker_that_gets_no_memory_raises_what_its_library_raises_and_lives_on(backend):
    with pytest.raises(MemoryError, match="allocate"):
        delayed(eat_beyond_a_limit_of_its_own)(2 << 30).compute(scheduler=backend)
    assert delayed(abs)(-1).compute(scheduler=backend) == 1


@pytest.fixture
def control_group(tmp_path):
    """A control group whose processes the kernel kills when they take more than 150 MB together."""
    name = f"weft-test-{os.getpid()}"
    for parent, most in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(parent) / name
        try:
            group.mkdir()
            (group / most).write_text("150000000")
            swap = group / "memory.swap.max"
            if swap.exists():
                swap.write_text("0")
        except OSError:
            if group.exists():
                group.rmdir()
            continue
        yield str(group)
        group.rmdir()
        return
    pytest.skip("this user may not make a control group with a limit of memory")


def eat_in_group(group, nbytes):
    (Path(group) / "cgroup.procs").write_text(str(os.getpid()))
    return eat(nbytes)


def test_a_worker_that_the_kernel_kills_for_memory_is_told_apart(control_group):
    backend = Processes(1)
    try:
        fatal = delayed(eat_in_group)(control_group, 600_000_000)
        with (
            weft.config.set({"allowed-failures": 1}),
            pytest.raises(WorkerMemoryError, match="lack of memory") as caught,
        ):
            fatal.compute(scheduler=backend)
        assert str(fatal.key) in str(caught.value)
        assert delayed(abs)(-1).compute(scheduler=backend) == 1
    finally:
        backend.close()


def test_workers_that_cannot_start_are_an_error_not_a_loop(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    backend = Processes(1)
    with pytest.raises(BackendError, match=r"cannot start worker processes.*exit code 1"):
        delayed(abs)(-1).compute(scheduler=backend)
    backend.close()


def test_a_worker_killed_while_idle_is_replaced(backend):
    (pid,) = compute(delayed(os.getpid, pure=False)(), scheduler=backend)
    os.kill(pid, signal.SIGKILL)
    assert compute(*[delayed(abs)(-i) for i in range(10)], scheduler=backend) == tuple(range(10))


def test_what_waits_behind_a_long_task_goes_to_other_workers(backend, tmp_path):
    gate = str(tmp_path / "gate")
    compute(*[delayed(len)("ab") for _ in range(50)], scheduler=backend)

    @delayed
    def step(i):
        if i == 0:
            wait_for(gate)  # opened by the last of the others
        return i

    @delayed
    def open_gate(*others):
        Path(gate).touch()

    tasks = [step(i) for i in range(40)]
    compute(*tasks, open_gate(*tasks[1:]), scheduler=backend)


def test_a_timeout_takes_one_worker_and_no_other_task(backend, tmp_path):
    with weft.annotate(timeout=0.1, retries=1):
        endless = delayed(wait_for)(str(tmp_path / "never"))
    others = [delayed(trace)(str(tmp_path), f"other-{i}") for i in range(50)]
    with pytest.raises(weft.errors.TaskTimeoutError):
        compute(endless, *others, scheduler=backend)
    assert set(executions(tmp_path).values()) == {1}


def test_what_a_task_has_started_ends_with_its_worker(backend, tmp_path):
    def start():
        child = subprocess.Popen(["sleep", "1000"])
        (tmp_path / "pid").write_text(str(child.pid))
        while True:
            pass

    with weft.annotate(timeout=0.3), pytest.raises(weft.errors.TaskTimeoutError):
        delayed(start)().compute(scheduler=backend)
    wait_for_the_end_of([int((tmp_path / "pid").read_text())])


# -- what cannot travel -------------------------------------------------------------------------------------------------


def test_a_function_that_cannot_travel_is_named_with_the_variable(backend):
    lock = threading.Lock()

    def guarded(x):
        with lock:
            return x

    with pytest.raises(SerializationError, match=r"guarded.*closure variable `lock`") as caught:
        delayed(guarded)(1).compute(scheduler=backend)
    assert "in task 'guarded-" in caught.value.__notes__[0]


def test_an_argument_that_cannot_travel_is_named(backend):
    tasks = [delayed(abs)(-i) for i in range(10)]
    with pytest.raises(SerializationError, match=r"argument 0 of task 'type-.*a generator"):
        compute(*tasks, delayed(type, traverse=False)(i for i in range(3)), scheduler=backend)
    assert compute(*tasks, scheduler=backend) == tuple(range(10))


def test_a_result_that_cannot_travel_is_named_with_its_task(backend):
    with pytest.raises(SerializationError, match=r"the result cannot travel.*lock") as caught:
        delayed(threading.Lock)().compute(scheduler=backend)
    assert "lock" in caught.value.__notes__[0]


def test_an_exception_that_cannot_travel_arrives_as_text(backend):
    class Stubborn(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a} and {b}")
            self.lock = threading.Lock()

    def fail():
        raise Stubborn(1, 2)

    with pytest.raises(RemoteError, match=r"Stubborn: 1 and 2") as caught:
        delayed(fail)().compute(scheduler=backend)
    assert "in fail" in str(caught.value.__cause__)


class Picky(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")
        self.b = b


def fail_pickily():
    raise Picky(1, 2)


def test_an_exception_with_an_init_of_its_own_arrives(backend):
    with pytest.raises(Picky, match="1 and 2") as caught:
        delayed(fail_pickily)().compute(scheduler=backend)
    assert caught.value.b == 2


def test_the_remote_traceback_is_the_cause(backend):
    def inner():
        raise KeyError("deep")

    def outer():
        inner()

    with pytest.raises(KeyError) as caught:
        delayed(outer)().compute(scheduler=backend)
    text = str(caught.value.__cause__)
    assert "in inner" in text
    assert "backends/worker.py" not in text


def test_a_module_that_workers_do_not_have_is_a_clear_error(backend, tmp_path, monkeypatch):
    import types

    module = types.ModuleType("only_here")
    exec("def f(): return 1", module.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", module)
    with pytest.raises(SerializationError, match="only_here"):
        delayed(module.f)().compute(scheduler=backend)


# -- files --------------------------------------------------------------------------------------------------------------


def test_nothing_is_left_after_a_run_and_nothing_at_all_after_closing(backend):
    mine = Processes(2)
    parts = [delayed(np.ones)(BLOCK // 8) for _ in range(4)]
    assert delayed(lambda *x: sum(map(np.sum, x)))(*parts).compute(scheduler=mine) == 4 * BLOCK / 8
    assert files_of(mine) == []
    directory = mine._files.directory
    mine.close()
    assert not directory.exists()


def test_nothing_is_left_after_an_error(backend):
    parts = [delayed(np.ones)(BLOCK // 8) for _ in range(4)]
    with pytest.raises(TypeError):
        delayed(lambda *x: x + 1)(*parts).compute(scheduler=backend)
    assert files_of(backend) == []


def test_files_of_a_killed_worker_are_removed(backend):
    def write_and_die(*parts):
        os.kill(os.getpid(), signal.SIGKILL)

    parts = [delayed(np.ones)(BLOCK // 8) for _ in range(4)]
    with pytest.raises(KilledWorkerError):
        delayed(write_and_die)(*parts).compute(scheduler=backend)
    assert files_of(backend) == []


def test_held_blocks_keep_their_files_until_they_are_let_go(backend):
    kept = persist(*[delayed(np.full)(BLOCK // 8, i) for i in range(3)], scheduler=backend)
    assert len(files_of(backend)) == 3
    assert compute(*[delayed(np.sum)(each) for each in kept], scheduler=backend) == tuple(
        i * BLOCK // 8 for i in range(3)
    )
    del kept
    gc.collect()
    assert files_of(backend) == []


def test_a_lost_file_is_made_again(backend, tmp_path):
    def lose(x):
        trace(tmp_path, "lost")
        if executions(tmp_path)["lost"] == 1:
            for path in files_of_run:
                for each in Path(path).glob("*.block"):
                    each.unlink()
        return len(x)

    files_of_run = [str(backend._files.directory)]
    source = delayed(np.ones)(BLOCK // 8)
    first = delayed(lose)(source)
    second = delayed(lambda x, n: x.sum() + n)(source, first)
    assert second.compute(scheduler=backend) == 2 * BLOCK / 8


def test_an_array_is_handed_on_without_a_copy(backend):
    nbytes = 64 << 20

    def private():
        """Memory that is no file's. (A file that only one process maps counts as private to the kernel.)"""
        text = Path("/proc/self/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Anonymous:"))

    def measure(x):
        before = private()
        total = float(x.sum())
        return os.getpid(), (private() - before) * 1024, total

    with weft.annotate(workers=0):
        made = delayed(np.ones)(nbytes // 8)
    with weft.annotate(workers=0):
        here = delayed(lambda x: os.getpid())(made)
    with weft.annotate(workers=1):
        there = delayed(measure)(made)
    maker, (reader, grown, total) = compute(here, there, scheduler=backend)
    assert maker != reader
    assert total == nbytes / 8
    assert grown < nbytes / 8


def test_results_stay_valid_after_the_backend_is_closed():
    mine = Processes(1)
    x = delayed(np.arange)(BLOCK // 8).compute(scheduler=mine)
    mine.close()
    assert x[-1] == BLOCK // 8 - 1


# -- surroundings -------------------------------------------------------------------------------------------------------


def test_workers_follow_directory_path_and_configuration(backend, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "brand_new_module.py").write_text("VALUE = 42")

    def look():
        import brand_new_module

        return os.getcwd(), brand_new_module.VALUE, weft.config.get("log.length")

    with weft.config.set({"log.length": 1234}):
        assert delayed(look)().compute(scheduler=backend) == (str(tmp_path), 42, 1234)


def test_workers_follow_from_a_directory_that_is_gone(backend, tmp_path, monkeypatch):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert delayed(os.getcwd, pure=False)().compute(scheduler=backend) == str(tmp_path / name)
        (tmp_path / name).rmdir()


def test_libraries_in_workers_have_the_threads_that_the_request_says(backend):
    def look():
        import threadpoolctl

        return os.environ["OMP_NUM_THREADS"], {each["num_threads"] for each in threadpoolctl.threadpool_info()}

    with weft.config.set({"library-threads": 1}):
        looks = compute(*[delayed(lambda x: look())(delayed(np.ones)(3)) for _ in range(3)], scheduler=backend)
    assert all(look == ("1", {1}) for look in looks)


def test_a_fork_of_the_driver_leaves_the_workers_alone(backend):
    assert delayed(abs)(-1).compute(scheduler=backend) == 1
    child = os.fork()
    if not child:
        backend.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert delayed(abs)(-2).compute(scheduler=backend) == 2


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_other_start_methods_work(method):
    with weft.config.set({"processes.start-method": method}):
        script = f"""
            import weft
            from weft.backends.processes import Processes
            weft.config.set({{"processes.start-method": {method!r}}})
            def double(x):
                return 2 * x
            backend = Processes(2)
            print(sum(weft.compute(*[weft.delayed(double)(i) for i in range(10)], scheduler=backend)))
            backend.close()
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "90\n", "")


def test_a_script_needs_no_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import weft
            print("once")
            class Point:
                def __init__(self, x): self.x = x
            def move(point): return Point(point.x + 1)
            (made,) = weft.compute(weft.delayed(move)(Point(1)), scheduler="processes")
            print(made.x, type(made) is Point)
            """
        )
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\n2 True\n", "")


INTERRUPTED = """
    import os, signal, sys, time, weft
    from weft.backends.names import backend_for

    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in a shell's background ignore it

    def spin():
        sys.stdout.write(f"running {os.getpid()}\\n")
        sys.stdout.flush()
        while True:
            pass

    try:
        weft.compute(*[weft.delayed(spin)() for _ in range(2)], scheduler="processes", num_workers=2)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(weft.delayed(abs)(-7).compute(scheduler="processes"), flush=True)
    print(backend_for("processes")._files.directory, flush=True)
"""


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end_of(pids):
    """Returns when none of them runs any more; the suite's timeout is the limit."""
    while any(map(running, pids)):
        pass


@pytest.fixture
def driver():
    """Starts the script above, and sees to it that it ends."""
    started = []

    def start(**environment):
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(INTERRUPTED)],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **environment},
            )
        )
        return started[-1], [int(started[-1].stdout.readline().split()[1]) for _ in range(2)]

    yield start
    for each in started:
        each.kill()
        each.wait()
        each.stdout.close()


def test_ctrl_c_ends_tasks_within_a_second_and_leaves_nothing(driver):
    process, workers = driver()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    wait_for_the_end_of(workers)
    assert process.stdout.readline() == "7\n"
    directory = process.stdout.readline().strip()
    assert process.wait() == 0
    assert not Path(directory).exists()


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_workers_die_with_their_driver(driver, method):
    process, workers = driver(WEFT_PROCESSES__START_METHOD=method)
    process.kill()
    wait_for_the_end_of(workers)


def test_the_kernel_is_asked_for_its_kills():
    assert pool_module.oom_kills() >= 0


def put(queue, value):
    queue.put(value)
    return os.environ.get("_WEFT_AUTHKEY")


def test_tasks_may_talk_to_managers_of_the_driver():
    with multiprocessing.Manager() as manager:
        queue = manager.Queue()
        left = weft.compute(*[weft.delayed(put)(queue, value) for value in range(4)], scheduler="processes")
        assert sorted(queue.get() for _ in range(4)) == [0, 1, 2, 3]
        assert left == (None,) * 4  # the key is not left for the tasks' own processes
