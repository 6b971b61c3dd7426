"""Threads: stopping, timeouts, nesting, memory."""

from __future__ import annotations

import contextvars
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import weft
from weft import compute, delayed
from weft.backends import threads
from weft.errors import BackendError, TaskExitError, TaskTimeoutError

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def spin(seconds=60.0):
    """Python code that lasts."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return "spun"


@pytest.fixture(params=["threads", "inline"])
def scheduler(request):
    return request.param


def test_an_error_arrives_as_itself_with_a_note_of_task_and_line(scheduler):
    @delayed
    def divide(x):
        return 1 / x

    with pytest.raises(ZeroDivisionError) as caught:
        divide(0).compute(scheduler=scheduler)
    (note,) = caught.value.__notes__
    assert "divide-" in note
    assert "test_threads.py" in note


def test_the_first_error_stops_tasks_that_run():
    started = threading.Event()
    stopped = threading.Event()

    @delayed
    def long():
        started.set()
        try:
            spin()
        finally:
            stopped.set()

    @delayed
    def fail():
        started.wait(10)
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        compute(long(), fail(), scheduler="threads", num_workers=2)
    assert stopped.wait(10)


def test_retries_run_a_task_again(scheduler):
    attempts = []

    @delayed
    def flaky():
        attempts.append(1)
        if len(attempts) < 3:
            raise ValueError("not yet")
        return "done"

    with weft.annotate(retries=2):
        x = flaky()
    assert x.compute(scheduler=scheduler) == "done"
    assert len(attempts) == 3


def test_higher_priority_runs_first():
    order = []
    tasks = []
    for level in (1, 3, 2):
        with weft.annotate(priority=level):
            tasks.append(delayed(order.append)(level))
    compute(*tasks, scheduler="inline")
    assert order == [3, 2, 1]


def test_sys_exit_in_a_task_is_an_error_not_an_exit(scheduler):
    with pytest.raises(TaskExitError, match=r"sys\.exit\(3\)"):
        delayed(sys.exit)(3).compute(scheduler=scheduler)


def test_a_timeout_stops_python_code_and_frees_the_thread():
    with weft.annotate(timeout=0.05):
        x = delayed(spin)()
    with pytest.raises(TaskTimeoutError, match="longer than its timeout"):
        x.compute(scheduler="threads", num_workers=1)
    assert delayed(len)("ab").compute(scheduler="threads", num_workers=1) == 2


def test_a_thread_stuck_in_c_code_is_abandoned_and_replaced():
    gate = threading.Lock()
    gate.acquire()
    with weft.annotate(timeout=0.05):
        stuck = delayed(gate.acquire)()
    with pytest.raises(TaskTimeoutError):
        compute(stuck, scheduler="threads", num_workers=1)
    assert delayed(len)("ab").compute(scheduler="threads", num_workers=1) == 2
    gate.release()


def test_a_second_thread_comes_while_the_first_is_in_a_task_that_lasts():
    meet = threading.Barrier(2, timeout=30)
    short = [delayed(abs)(i) for i in range(300)]
    assert compute(*short, *[delayed(meet.wait)() for _ in range(2)], num_workers=2, scheduler="threads")


def test_short_tasks_are_left_to_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "FIRST_LOOK_S", 60.0)  # however slow the machine is, nobody looks
    idents = compute(*[delayed(threading.get_ident)() for _ in range(300)], num_workers=4, scheduler="threads")
    assert len(set(idents)) == 1


def test_a_failure_while_one_thread_is_alone_is_tried_again(scheduler):
    tries = []

    def flaky(i):
        tries.append(i)
        if tries.count(3) == 1 and i == 3:
            raise OSError("once")
        return i

    assert compute(*[delayed(flaky)(i) for i in range(10)], scheduler=scheduler, retries=1) == tuple(range(10))
    assert len(tries) == 11


def test_nested_computations_never_wait_for_each_other():
    @delayed
    def outer(n):
        return sum(compute(*[delayed(abs)(-i) for i in range(n)], scheduler="threads", num_workers=2))

    results = compute(*[outer(n) for n in range(50)], scheduler="threads", num_workers=2)
    assert list(results) == [n * (n - 1) // 2 for n in range(50)]


def test_deep_nesting_ends():
    def down(n):
        return 0 if n == 0 else 1 + delayed(down)(n - 1).compute(scheduler="threads", num_workers=2)

    assert down(20) == 20


def test_context_variables_are_carried_over(scheduler):
    token = VARIABLE.set("mine")
    try:
        assert delayed(VARIABLE.get)().compute(scheduler=scheduler) == "mine"
    finally:
        VARIABLE.reset(token)


def test_tasks_cannot_change_their_inputs(scheduler):
    @delayed
    def spoil(x):
        x[0] = 5

    made = delayed(np.zeros)(3)
    with pytest.raises(ValueError, match="read-only"):
        spoil(made).compute(scheduler=scheduler)


def test_a_final_result_can_be_written_to(scheduler):
    x = delayed(np.zeros)(3).compute(scheduler=scheduler)
    x[0] = 1


def test_blocks_beyond_the_budget_go_to_disk_and_come_back(scheduler):
    block = 4 << 20
    parts = [delayed(np.full)(block // 8, float(i)) for i in range(12)]
    first = delayed(lambda *each: sum(x.sum() for x in each))(*[delayed(lambda x: x[:10])(p) for p in parts])
    second = [delayed(lambda p, s: p.sum() + s)(p, first) for p in parts]
    budget = 4 * block
    expected = compute(*second, scheduler="inline")
    assert compute(*second, scheduler=scheduler, num_workers=2, budget=budget) == expected


def test_persisted_blocks_may_exceed_the_budget(scheduler):
    block = 2 << 20
    parts = [delayed(np.full)(block // 8, float(i)) for i in range(8)]
    kept = weft.persist(*parts, scheduler=scheduler, budget=3 * block)
    sums = compute(*[delayed(np.sum)(p) for p in kept], scheduler=scheduler, budget=3 * block)
    assert list(sums) == [i * block / 8 for i in range(8)]


def test_unknown_schedulers_and_worker_counts_are_errors():
    x = delayed(abs)(-1)
    with pytest.raises(BackendError, match="thread"):
        x.compute(scheduler="treads")
    with pytest.raises(BackendError, match="num_workers"):
        x.compute(num_workers=-1)
    with pytest.raises(BackendError, match="no option 'nonsense'"):
        x.compute(scheduler="threads", nonsense=1)
    with weft.annotate(resources={"GPU": 1}):
        gpu = delayed(abs)(-1)
    with pytest.raises(BackendError, match="GPU"):
        gpu.compute(scheduler="threads")


def test_resources_limit_what_runs_side_by_side():
    from weft.backends.threads import Threads

    running, most = [], []

    def use(i):
        running.append(i)
        most.append(len(running))
        spin(0.005)
        running.remove(i)

    with weft.annotate(resources={"GPU": 1}):
        tasks = [delayed(use)(i) for i in range(6)]
    compute(*tasks, scheduler=Threads(1, resources={"GPU": 1}))
    assert max(most) == 1


def test_many_threads_may_compute_at_once():
    results = {}

    def ask(n):
        results[n] = delayed(sum)([delayed(abs)(-i) for i in range(n)]).compute(scheduler="threads", num_workers=2)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n * (n - 1) // 2 for n in range(20)}


@pytest.mark.parametrize("scheduler", ["threads", "inline"])
def test_ctrl_c_stops_python_code_within_a_second_and_the_next_call_works(scheduler):
    script = textwrap.dedent(f"""
        import sys, threading, time, weft

        def spin():
            sys.stdout.write("running\\n")
            sys.stdout.flush()
            while True:
                pass

        try:
            weft.compute(*[weft.delayed(spin)() for _ in range(2)], scheduler={scheduler!r}, num_workers=2)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        print(weft.delayed(abs)(-7).compute(scheduler={scheduler!r}), flush=True)
        deadline = time.perf_counter() + 10
        busy = True
        while busy and time.perf_counter() < deadline:
            busy = [t for t in sys._current_frames().values() if t.f_code.co_name == "spin"]
        print("spinning", len(busy), flush=True)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "7\nspinning 0\n" in rest


@pytest.mark.parametrize(
    ("ntasks", "seconds", "cpu_seconds", "short"),
    [
        (1000, 0.002, 0.002, True),  # trivial tasks
        (1000, 0.2, 0.002, True),  # the same, while other programs have the cores
        (1000, 0.2, None, False),  # the same, where nobody tells
        (10, 0.02, 0.02, False),  # tasks that compute
        (10, 0.02, 0.0001, False),  # tasks that sleep
        (0, 0.02, 0.0, False),  # a long one
    ],
)
def test_tasks_are_short_by_the_processor_time_that_they_take(ntasks, seconds, cpu_seconds, short):
    assert threads.are_short(ntasks, seconds, cpu_seconds) is short
