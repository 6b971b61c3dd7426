"""What the foundation must show: cost per task, latency, growth, memory, interruption; Dask beside it where it can follow.

Ratios to Dask are taken at sizes that it ends in reasonable time (the table says which), both at the same size; Dask's
cost per task grows with the number of tasks, so the ratios are lower bounds.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import subprocess
import sys
import textwrap
import time
from typing import Any

import dask

import weft
from benchmarks.harness import Report, in_fresh_process, interleaved, median_seconds
from weft.execution.current import request_for, scheduler_for
from weft.execution.pipeline import plan_of
from weft.graph import Graph, Layer, Program, compile_plan
from weft.scheduler import Scheduler

N = 100_000


def inc(x: int) -> int:
    return x + 1


def add(x: int, y: int) -> int:
    return x + y


def add3(x: int, y: int, z: int) -> int:
    return 1


def independent(delayed: Any, n: int) -> list[Any]:
    f = delayed(inc)
    return [f(i) for i in range(n)]


def tree(delayed: Any, n: int) -> list[Any]:
    level = independent(delayed, n // 2)
    f = delayed(add)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [f(a, b) for a, b in zip(level[::2], level[1::2])] + odd
    return level


def dag(delayed: Any, n: int) -> list[Any]:
    """Each task reads three earlier ones; wanted are all that nobody reads."""
    r = random.Random(1)
    f, g = delayed(inc), delayed(add3)
    nodes = [f(i) for i in range(3)]
    read: set[int] = set()
    for place in range(3, n):
        chosen = r.sample(range(place), 3)
        read.update(chosen)
        nodes.append(g(*[nodes[each] for each in chosen]))
    return [node for place, node in enumerate(nodes) if place not in read]


SHAPES = {"independent": independent, "binary tree": tree, "random DAG, 3 inputs": dag}


#: Sizes at which Dask ends within half a minute: the tree as large as Weft's, the others smaller.
DASK_SIZES = {"independent": 4_000, "binary tree": 200_000, "random DAG, 3 inputs": 4_000}


def us(seconds: float, n: int) -> float:
    return seconds / n * 1e6


def build(report: Report) -> None:
    def calls(delayed: Any, n: int) -> None:
        f = delayed(inc)
        for i in range(n):
            f(i)

    got = interleaved({"weft": lambda: calls(weft.delayed, N), "dask": lambda: calls(dask.delayed, N // 20)}, 5)
    ours, theirs = us(got["weft"], N), us(got["dask"], N // 20)
    report.add(
        "build one delayed call",
        f"{ours:.2f} µs; Dask {theirs:.0f} µs; {theirs / ours:.0f}x",
        "<= 6 µs, >= 15x Dask",
        ours <= 6 and theirs / ours >= 15,
    )


def cost_per_task(report: Report, scheduler: str, end_to_end: float, itself: float, dask_name: str) -> None:
    for name, make in SHAPES.items():
        n = 2 * N if make is tree else N
        few = DASK_SIZES[name]
        xs = make(weft.delayed, n)
        ys = make(dask.delayed, few)
        fewer = xs if few == n else make(weft.delayed, few)
        got = interleaved(
            {
                "weft": lambda xs=xs: weft.compute(*xs, scheduler=scheduler, num_workers=2),
                "weft, fewer": lambda xs=fewer: weft.compute(*xs, scheduler=scheduler, num_workers=2),
                "dask": lambda ys=ys: dask.compute(*ys, scheduler=dask_name, num_workers=2),
            },
            3 if few < 10_000 else 1,
        )
        plan, _ = plan_of(xs)
        backend, request = scheduler_for(scheduler, xs), request_for(num_workers=2)
        run = us(median_seconds(lambda p=plan, b=backend, r=request: b.run(p, r), 5), n)
        ours, beside, theirs = us(got["weft"], n), us(got["weft, fewer"], few), us(got["dask"], few)
        report.add(
            f"{name}, {n:,} tasks, {scheduler}",
            f"{ours:.1f} µs, run itself {run:.2f}; at {few:,}: {beside:.1f}, Dask {theirs:.0f}, {theirs / beside:.1f}x",
            f"<= {end_to_end:g} µs, run <= {itself:g}, >= 15x Dask",
            ours <= end_to_end and run <= itself and theirs / beside >= 15,
        )
        del xs, ys, fewer, plan


def growth(report: Report) -> None:
    figures = []
    for n in (4_000, 16_000, 100_000):
        xs = independent(weft.delayed, n)
        figures.append(us(median_seconds(lambda xs=xs: weft.compute(*xs, scheduler="threads"), 3), n))
    report.add(
        "compute(*xs) of 4,000 / 16,000 / 100,000",
        " / ".join(f"{each:.1f}" for each in figures) + " µs a task",
        "linear",
        figures[-1] <= 1.7 * figures[0],
    )
    figures = []
    for n in (10_000, 100_000):

        def chain_and_fan_in(n: int = n) -> None:
            f, total = weft.delayed(inc), weft.delayed(lambda xs: len(xs))
            x = f(0)
            for _ in range(n):
                x = f(x)
            fan = total([f(i) for i in range(n)])
            assert weft.compute(x, fan, scheduler="inline") == (n + 1, n)

        figures.append(us(median_seconds(chain_and_fan_in, 3), 2 * n))
    report.add(
        "chain and fan-in of 10,000 / 100,000, built and run",
        " / ".join(f"{each:.1f}" for each in figures) + " µs a task",
        "linear",
        figures[1] <= 1.7 * figures[0],
    )


def latency(report: Report) -> None:
    f, g = weft.delayed(inc), dask.delayed(inc)

    def median_of(action: Any) -> float:
        times = []
        for _ in range(300):
            begin = time.perf_counter()
            action()
            times.append(time.perf_counter() - begin)
        return statistics.median(times) * 1e6

    ours = median_of(lambda: f(1).compute(scheduler="threads"))
    theirs = median_of(lambda: g(1).compute(scheduler="threads"))
    report.add("latency of one compute(), threads", f"{ours:.0f} µs; Dask {theirs:.0f} µs", "<= 150 µs", ours <= 150)
    small_arrays(report, median_of)


def small_arrays(report: Report, median_of: Any) -> None:
    """From building an array of ten chunks of ten elements to its sum: equal ones, ones never seen, one computed again."""
    import dask.array
    import numpy as np

    import weft.array

    data, counter = np.arange(100), itertools.count()

    def cases(xp: Any) -> dict[str, Any]:
        again = xp.from_array(data, chunks=10).sum()
        return {
            "built anew, equal to one before": lambda: (xp.ones(100, chunks=10) + 1).sum().compute(),
            "built anew, never seen": lambda: (xp.ones(100, chunks=10) + next(counter)).sum().compute(),
            "from_array": lambda: xp.from_array(np.arange(100), chunks=10).sum().compute(),
            "the same again": lambda: again.compute(),
        }

    theirs = cases(dask.array)
    for name, action in cases(weft.array).items():
        ours, other = median_of(action), median_of(theirs[name])
        report.add(f"small array, {name}", f"{ours:.0f} µs; Dask {other:.0f} µs", "<= 300 µs", ours <= 300)


class Deaf:
    """A log that keeps nothing."""

    def append(self, entry: object) -> None:
        """Forget it."""


def event_log(report: Report) -> None:
    """What the log costs: two appends and a look at the clock, timed as the core does them."""
    from collections import deque
    from time import perf_counter

    log: deque[int] = deque(maxlen=1_000_000)
    clock: deque[float] = deque(maxlen=1_000_000)

    def with_log() -> None:
        for task in range(N):
            log.append(1 << 32 | task)
            clock.append(perf_counter())

    def without() -> None:
        for _ in range(N):
            pass

    got = interleaved({"with": with_log, "without": without}, 9)
    cost = us(got["with"] - got["without"], N)
    report.add("event log", f"{cost:.2f} µs a task", "<= 0.3 µs", cost <= 0.3)


def million(report: Report) -> None:
    got = in_fresh_process(
        textwrap.dedent("""
        import time, weft
        def inc(x): return x + 1
        f = weft.delayed(inc)
        xs = [f(i) for i in range(1_000_000)]
        begin = time.perf_counter()
        result = weft.compute(*xs, scheduler="inline")
        print("seconds=%f" % (time.perf_counter() - begin))
        assert sum(result) == 500_000_500_000
        """)
    )
    seconds, peak = float(got["seconds"]), int(got["peak"]) / 1e9
    report.add(
        "1,000,000 tasks: plan and run, inline",
        f"{seconds:.1f} s, peak {peak:.2f} GB with the calls themselves",
        "<= 8 s, <= 1.5 GB",
        seconds <= 8 and peak <= 1.5,
    )


def memory(report: Report) -> None:
    got = in_fresh_process(
        textwrap.dedent("""
        import time, numpy as np, weft
        n = 64_000_000 // 8
        make, total = weft.delayed(lambda i: np.full(n, float(i))), weft.delayed(lambda x: float(x.sum()))
        later = weft.delayed(lambda x, mean: float((x - mean)[::1000].sum()) + float(x[0]))
        blocks = [make(i) for i in range(94)]
        mean = weft.delayed(lambda *sums: sum(sums) / len(sums) / n)(*[total(b) for b in blocks])
        answers = [later(b, mean) for b in blocks]
        begin = time.perf_counter()
        got = weft.compute(*answers, scheduler="threads", num_workers=2, budget=1_000_000_000)
        print("seconds=%f" % (time.perf_counter() - begin))
        middle = sum(range(94)) / 94
        expected = [float(len(range(0, n, 1000))) * (i - middle) + i for i in range(94)]
        print("right=%s" % np.allclose(got, expected))
        """)
    )
    peak = int(got["peak"]) / 1e9
    report.add(
        "6 GB of 64 MB blocks, used twice, budget 1 GB, threads",
        f"{float(got['seconds']):.1f} s, right: {got['right']}, peak RSS {peak:.2f} GB",
        "right, <= 1.4 GB",
        got["right"] == "True" and peak <= 1.4,
    )


INTERRUPTED = """
import glob, os, sys, time, weft

def spin():
    sys.stdout.write("running\\n")
    sys.stdout.flush()
    while True:
        pass

if __name__ == "__main__":
    try:
        weft.compute(*[weft.delayed(spin)() for _ in range(2)], scheduler={scheduler!r}, num_workers=2)
    except KeyboardInterrupt:
        print("back", flush=True)
    print(weft.delayed(abs)(-7).compute(scheduler={scheduler!r}), flush=True)
"""


def ctrl_c(report: Report) -> None:
    import glob
    import os
    import signal
    import tempfile

    for scheduler in ("inline", "threads", "processes"):
        with tempfile.TemporaryDirectory() as scratch:
            program = os.path.join(scratch, "program.py")
            with open(program, "w") as file:
                file.write(INTERRUPTED.format(scheduler=scheduler))
            before = set(glob.glob("/dev/shm/weft-*") + glob.glob(tempfile.gettempdir() + "/weft-*"))
            with subprocess.Popen(
                [sys.executable, program], stdout=subprocess.PIPE, text=True, start_new_session=True
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                begin = time.perf_counter()
                os.killpg(process.pid, signal.SIGINT)
                line = process.stdout.readline()
                while line == "running\n":
                    line = process.stdout.readline()
                took = time.perf_counter() - begin
                after = process.stdout.readline()
            left = set(glob.glob("/dev/shm/weft-*") + glob.glob(tempfile.gettempdir() + "/weft-*")) - before
            orphans = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, text=True).stdout.split()
        report.add(
            f"Ctrl-C in Python code, {scheduler}",
            f"back after {took * 1000:.0f} ms, next call: {after.strip()}, left: {len(left)} files, {len(orphans)} children",
            "< 1 s, next call works, nothing left",
            line == "back\n" and took < 1 and after == "7\n" and not left and not orphans,
        )


def core_alone(report: Report) -> None:
    """Decisions a second of the core by itself: no blocks, no programs, no clock."""
    graph = Graph([Layer(Program.call(inc), [f"x{i}" for i in range(N)], None, [(1,)] * N)])
    plan = compile_plan(graph, [f"x{i}" for i in range(N)])

    def run() -> None:
        core = Scheduler(1)
        core.added(plan)
        released: list[int] = []
        task = core.next(0)
        while task >= 0:
            task = core.finish_and_next(0, task, 8, released, 0.0)
            released.clear()

    report.add("the core alone, independent tasks", f"{us(median_seconds(run, 5), N):.2f} µs a decision")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks scheduler")
    parser.add_argument("--only", nargs="*", help="names of parts", default=None)
    chosen = parser.parse_args().only
    report = Report("scheduler")
    report.begin()
    parts: dict[str, Any] = {
        "build": build,
        "core": core_alone,
        "inline": lambda r: cost_per_task(r, "inline", 7, 2, "sync"),
        "threads": lambda r: cost_per_task(r, "threads", 10, 4, "threads"),
        "growth": growth,
        "latency": latency,
        "log": event_log,
        "million": million,
        "memory": memory,
        "ctrl-c": ctrl_c,
    }
    for name, part in parts.items():
        if chosen is None or name in chosen:
            part(report)


if __name__ == "__main__":
    main()
