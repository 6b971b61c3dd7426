"""What processes must show: cost per task beside Dask's, blocks without copies, bounded memory, killed workers, Ctrl-C."""

from __future__ import annotations

import argparse
import glob
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import dask
import numpy as np

import weft
from benchmarks.harness import Report, interleaved, median_seconds
from benchmarks.scheduler import SHAPES, tree, us
from weft.backends.processes import Processes
from weft.execution.current import request_for
from weft.execution.pipeline import plan_of
from weft.system import pss

N = 100_000
FEW = 2_000


def cost_per_task(report: Report) -> None:
    backend = Processes(2)
    for name, make in SHAPES.items():
        n = 2 * N if make is tree else N
        xs, ys = make(weft.delayed, n), make(dask.delayed, FEW)
        actions = {
            "weft": lambda xs=xs: weft.compute(*xs, scheduler=backend, num_workers=2),
            "dask": lambda ys=ys: dask.compute(*ys, scheduler="processes", num_workers=2),
        }
        got = interleaved(actions, 3)
        plan, _ = plan_of(xs, fuse=True)
        run = us(median_seconds(lambda p=plan: backend.run(p, request_for(num_workers=2)), 3), n)
        ours, theirs = us(got["weft"], n), us(got["dask"], FEW)
        report.add(
            f"{name}, {n:,} tasks, 2 processes",
            f"{ours:.1f} µs, run itself {run:.1f}; Dask {theirs:.0f}; {theirs / ours:.0f}x",
            "<= 50 µs, >= 5x Dask",
            ours <= 50 and theirs / ours >= 5,
        )
    x = weft.delayed(abs)(-1)
    x.compute(scheduler=backend)
    report.add("latency of one task", f"{us(median_seconds(lambda: x.compute(scheduler=backend), 200), 1):.0f} µs")
    backend.close()


def smaps(*names: str) -> int:
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.split(":")[0] in names) * 1024


def measure(x: Any) -> tuple[int, int, int, float]:
    before = smaps("Anonymous"), smaps("Private_Dirty", "Private_Clean")
    total = float(x.sum())
    after = smaps("Anonymous"), smaps("Private_Dirty", "Private_Clean")
    return os.getpid(), after[0] - before[0], after[1] - before[1], total


def copies(report: Report) -> None:
    nbytes = 200 << 20
    backend = Processes(2)
    with weft.annotate(workers=0):
        made = weft.persist(weft.delayed(np.ones)(nbytes // 8), scheduler=backend, num_workers=2)[0]
    mapped = made.compute(scheduler=backend)  # mapped here, too: pages that one process alone maps count as private
    mapped.sum()
    with weft.annotate(workers=1):
        there = weft.delayed(measure)(made)
    _, anonymous, private, total = there.compute(scheduler=backend, num_workers=2)
    report.add(
        "200 MB handed from process to process: memory of its own",
        f"grew by {private / 1e6:.1f} MB (anonymous {anonymous / 1e6:.1f})",
        "does not grow by the array",
        private < nbytes / 20 and total == nbytes / 8,
    )
    backend.close()


MEMORY = """
    import time, numpy as np, weft
    n = 64_000_000 // 8
    make, total = weft.delayed(lambda i: np.full(n, float(i))), weft.delayed(lambda x: float(x.sum()))
    later = weft.delayed(lambda x, mean: float((x - mean)[::1000].sum()) + float(x[0]))
    blocks = [make(i) for i in range(94)]
    mean = weft.delayed(lambda *sums: sum(sums) / len(sums) / n)(*[total(b) for b in blocks])
    answers = [later(b, mean) for b in blocks]
    begin = time.perf_counter()
    got = weft.compute(*answers, scheduler="processes", num_workers=2, budget=1_000_000_000)
    print("seconds=%f" % (time.perf_counter() - begin))
    middle = sum(range(94)) / 94
    expected = [float(len(range(0, n, 1000))) * (i - middle) + i for i in range(94)]
    print("right=%s" % np.allclose(got, expected))
"""


def family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return [pid]


def memory_now(pid: int) -> int:
    """PSS of a driver and its workers, and blocks in shared memory that nobody maps just now."""
    total = 0
    for each in family(pid):
        try:
            total += pss(each)
        except (ProcessLookupError, PermissionError):
            continue
    mapped = set()
    for each in family(pid):
        try:
            lines = Path(f"/proc/{each}/maps").read_text().splitlines()
        except OSError:
            continue
        mapped |= {line.split()[5] for line in lines if "/dev/shm/weft-" in line}
    for path in glob.glob(f"/dev/shm/weft-{pid}-*/*.block*"):
        if path not in mapped:
            try:
                total += os.stat(path).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def memory(report: Report) -> None:
    peak = 0
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(MEMORY)], stdout=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            peak = max(peak, memory_now(process.pid))
            time.sleep(0.01)
        assert process.stdout is not None
        got = dict(line.split("=") for line in process.stdout.read().splitlines())
    report.add(
        "6 GB of 64 MB blocks, used twice, budget 1 GB, processes",
        f"{float(got['seconds']):.1f} s, right: {got['right']}, peak {peak / 1e9:.2f} GB",
        "right, <= 1.4 GB",
        got["right"] == "True" and peak <= 1.4e9,
    )


def work(directory: str, i: int, *before: int) -> int:
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end:
        pass
    file = os.open(f"{directory}/{i}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, b"x")
    os.close(file)
    return i + sum(before) % 7


def kills(report: Report, seconds: float) -> None:
    backend = Processes(2)
    layer = int(seconds * 2 / 0.02 / 4)
    call = weft.delayed(work)
    over = threading.Event()
    killed = 0

    def killer() -> None:
        nonlocal killed
        chance = random.Random(1)
        while not over.wait(1.0):
            workers = family(os.getpid())[1:]
            if workers:
                os.kill(chance.choice(workers), signal.SIGKILL)
                killed += 1

    with tempfile.TemporaryDirectory() as directory:
        xs = [call(directory, i) for i in range(layer)]
        for k in range(1, 4):
            xs = [call(directory, k * layer + i, xs[i], xs[(i * 7 + 1) % layer]) for i in range(layer)]
        values = list(range(layer))
        for k in range(1, 4):
            values = [k * layer + i + (values[i] + values[(i * 7 + 1) % layer]) % 7 for i in range(layer)]
        thread = threading.Thread(target=killer)
        thread.start()
        begin = time.perf_counter()
        with weft.config.set({"allowed-failures": 10}):
            got = weft.compute(*xs, scheduler=backend, num_workers=2)
        took = time.perf_counter() - begin
        over.set()
        thread.join()
        counts = Counter(os.stat(entry).st_size for entry in os.scandir(directory))
    again = sum(count for times, count in counts.items() if times > 1)
    report.add(
        f"kill -9 of a worker every second, {4 * layer:,} tasks of 20 ms",
        f"{took:.0f} s, {killed} kills, right: {list(got) == values}, {again} tasks ran again after they had ended",
        "right; none, but those killed between end and ack",
        list(got) == values and again <= 1,
    )
    backend.close()


INTERRUPTED = """
import signal, sys, weft

signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in a shell's background ignore it

def spin():
    sys.stdout.write("running\\n")
    sys.stdout.flush()
    while True:
        pass

try:
    weft.compute(*[weft.delayed(spin)() for _ in range(2)], scheduler="processes", num_workers=2)
except KeyboardInterrupt:
    print("back", flush=True)
print(weft.delayed(abs)(-7).compute(scheduler="processes"), flush=True)
"""


def ctrl_c(report: Report) -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.stdout.readline()
        workers = family(process.pid)[1:]
        begin = time.perf_counter()
        process.send_signal(signal.SIGINT)
        back = process.stdout.readline()
        took = time.perf_counter() - begin
        left = [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
        following = process.stdout.readline()
    files = glob.glob(f"/dev/shm/weft-{process.pid}-*")
    report.add(
        "Ctrl-C in Python code",
        f"back after {took:.2f} s, {len(left)} workers and {len(files)} directories left, next call {following.strip()}",
        "<= 1 s, nothing left, next call works",
        back == "back\n" and took <= 1 and not left and not files and following == "7\n",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="length of the job with killed workers")
    parser.add_argument("--only", choices=["cost", "copies", "memory", "kills", "ctrl-c"])
    options = parser.parse_args()
    report = Report("processes")
    report.begin()
    parts = {
        "cost": lambda: cost_per_task(report),
        "copies": lambda: copies(report),
        "memory": lambda: memory(report),
        "kills": lambda: kills(report, options.seconds),
        "ctrl-c": lambda: ctrl_c(report),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            part()


if __name__ == "__main__":
    main()
