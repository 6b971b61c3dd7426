"""Ray beside threads on the same plan, and what is left of an answer when nodes, workers and drivers die.

All of it on this machine, where ``ray.cluster_utils.Cluster`` gives several nodes with a CPU each.

``mean``     the mean of an array of 4 GB, on two nodes and on two threads.
``tpch``     TPC-H q1, q3, q5, q9, q18, each partition computed by pandas, on both; in both the same physical plan.
``nodes``    ten shuffles; in the middle of each a node is killed; another one joins before the next.
``workers``  ten shuffles; worker processes are killed all the while.
``driver``   a driver is killed that has a lock, tasks, an actor and data; a second one gets what the first had.
``memory``   a task whose worker Ray kills for lack of memory, whatever Ray would do.

``python -m benchmarks ray [--only mean ...]`` prints a line for each; ten for each row of ten.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

import weft
import weft.array as da
import weft.dataframe as dd
from benchmarks.harness import Report, interleaved

__all__ = ["main"]

MB = 1 << 20
QUERIES = (1, 3, 5, 9, 18)


class Watch:
    """Keeps the last run on Ray: what went through this process, what the tasks made; calls when so many are done."""

    def __init__(self, call: Callable[[], None] | None = None, share: float = 0.5) -> None:
        self.run: Any = None
        self.traffic: Any = None
        self.done = 0
        self.made = 0
        self.call = call
        self.share = share
        self.thread: threading.Thread | None = None

    def started(self, run: Any) -> None:
        self.run = run

    def before(self, run: Any, task: int, worker: int) -> None: ...

    def after(self, run: Any, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        self.done += 1
        if self.call is not None and self.done >= self.share * run.plan.ntasks:
            call, self.call = self.call, None
            self.thread = threading.Thread(target=call)
            self.thread.start()

    def ended(self, run: Any) -> None:
        self.traffic = run.traffic


@contextlib.contextmanager
def local_nodes(count: int = 2, store: int = 1200 * MB, **system: Any) -> Iterator[Any]:
    """A Ray of several nodes with a CPU each; the head's node is the first."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(count):
        cluster.add_node(num_cpus=1, object_store_memory=store, include_dashboard=False)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


# -- as fast as threads -------------------------------------------------------------------------------------------------


def beside_threads(report: Report, what: str, ask: Callable[..., Any], nbytes: int, rounds: int) -> None:
    """The same question to threads and to Ray, in turns."""
    watch = Watch()
    found: dict[str, Any] = {}

    def on(scheduler: str) -> None:
        options: dict[str, Any] = {"num_workers": 2} if scheduler == "threads" else {"callbacks": [watch]}
        found[scheduler] = ask(scheduler=scheduler, **options)

    times = interleaved({name: lambda name=name: on(name) for name in ("threads", "ray")}, rounds)  # type: ignore[misc]
    ratio = times["ray"] / times["threads"]
    same = same_values(found["threads"], found["ray"])
    through = watch.traffic.nbytes
    report.add(
        what, f"Ray {times['ray']:.2f} s, threads {times['threads']:.2f}: {ratio:.2f}x{'' if same else ', WRONG'}",
        "<= 1.5x threads", ratio <= 1.5 and same,
    )  # fmt: skip
    report.add(
        "  through the driver", f"{through:,} of {nbytes:,} bytes: {100 * through / nbytes:.3f} %", "< 1 %",
        through < nbytes / 100,
    )  # fmt: skip


def same_values(one: Any, other: Any) -> bool:
    """Whether two answers say the same, but for the order in which numbers were added up."""
    if isinstance(one, pd.DataFrame):
        try:
            pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9)
        except AssertionError:
            return False
        return True
    return bool(np.allclose(one, other, rtol=1e-12))


def mean(report: Report, options: argparse.Namespace) -> None:
    """The mean of an array that is made on the way, and of one whose rows are taken from another chunking."""
    side = int((options.gigabytes * 1e9 / 8) ** 0.5)
    with local_nodes():
        x = da.random.default_rng(0).random((side, side), chunks=(side // 40, side))
        beside_threads(report, f"mean of {x.nbytes / 1e9:.1f} GB", x.mean().compute, x.nbytes, options.rounds)
        far = (x + x.rechunk((side, side // 40))).mean()
        if options.far:
            beside_threads(report, "  the same plus itself in columns", far.compute, x.nbytes, 1)


def tpch(report: Report, options: argparse.Namespace) -> None:
    """Five queries of TPC-H, partition by partition."""
    from importlib import import_module

    from benchmarks.tpch.answers import tables_of
    from benchmarks.tpch.data import make_data

    folder = make_data(options.scale, options.data)
    tables = tables_of("weft", folder, options.scale)
    nbytes = sum(os.stat(each).st_size for each in folder.glob("*.parquet"))
    with local_nodes():
        for number in options.query:
            query = import_module(f"benchmarks.tpch.q{number:02}").query

            def ask(query: Any = query, **how: Any) -> Any:
                with weft.config.set({"dataframe.engine": "pandas"}):
                    return query(tables).compute(**how)

            beside_threads(report, f"q{number}, SF{options.scale:g}", ask, nbytes, options.rounds)


# -- deaths -------------------------------------------------------------------------------------------------------------


def part(number: int, rows: int) -> pd.DataFrame:
    """A partition of a table."""
    rng = np.random.default_rng(number)
    return pd.DataFrame({"key": rng.integers(0, 1000, rows), "value": rng.integers(0, 1 << 30, rows)})


def described(rows: pd.DataFrame) -> pd.DataFrame:
    """What a partition of a shuffled table has: a row."""
    keys = rows.key.to_numpy()
    return pd.DataFrame(
        {"rows": [len(rows)], "keys": [rows.key.nunique()], "total": [int((rows.value * (keys + 1)).sum())]}
    )


def shuffled(parts: int = 16, rows: int = 400_000, *, source: Any = None) -> Any:
    """A table by its keys, described partition by partition."""
    meta = pd.DataFrame({"key": [0], "value": [0]}).iloc[:0]
    table = dd.from_map(part, range(parts), rows=rows, meta=meta) if source is None else source
    with weft.config.set({"dataframe.engine": "pandas"}):
        return table.shuffle("key", npartitions=parts).map_partitions(described, meta=described(meta))


def ten_shuffles(
    report: Report,
    title: str,
    options: argparse.Namespace,
    harm: Callable[[random.Random, Watch], str],
    before: Callable[[], None] = lambda: None,
) -> None:
    """Shuffles while something dies; each must give what threads give. One in which nothing died does not count."""
    chance = random.Random(options.seed)
    expected = shuffled().compute(scheduler="threads", num_workers=2)
    right = 0
    for turn in range(options.turns):
        before()
        told: list[str] = []
        watch = Watch(lambda: told.append(harm(chance, watch)), share=chance.uniform(0.1, 0.9))  # noqa: B023
        began = time.perf_counter()
        try:
            found = shuffled().compute(scheduler="ray", callbacks=[watch])
            same = found.equals(expected)
            verdict = "right" if same else "WRONG"
        except Exception as error:  # it is what is shown
            same, verdict = False, f"{type(error).__name__}: {str(error)[:60]}"
        if watch.thread is not None:
            watch.thread.join()
        right += same and bool(told)
        seconds = time.perf_counter() - began
        report.add(
            f"{title} {turn + 1}", f"{verdict}, {seconds:.1f} s, {told[0] if told else 'nothing was harmed'}",
            f"at {100 * watch.share:.0f} % of {watch.run.plan.ntasks} tasks", same and bool(told),
        )  # fmt: skip
    report.add(title, f"{right} right answers of {options.turns}", "all", right == options.turns)


def nodes(report: Report, options: argparse.Namespace) -> None:
    """A node is killed in the middle of a shuffle."""
    store = 400 * MB
    with local_nodes(1, store) as cluster:
        others = [cluster.add_node(num_cpus=1, object_store_memory=store) for _ in range(2)]

        def kill(chance: random.Random, watch: Watch) -> str:
            victim = others.pop(chance.randrange(len(others)))
            cluster.remove_node(victim, allow_graceful=False)
            return f"node {victim.node_id[:6]} killed"

        def replace() -> None:
            if len(others) < 2:
                others.append(cluster.add_node(num_cpus=1, object_store_memory=store))

        ten_shuffles(report, "node killed in a shuffle,", options, kill, before=replace)


def worker_processes() -> list[psutil.Process]:
    """The processes of Ray's workers on this machine that belong to this run."""
    found = []
    for each in psutil.process_iter(["cmdline", "pid"]):
        with contextlib.suppress(psutil.Error):
            words = each.info["cmdline"] or [""]
            if words[0].startswith(("ray::work_off", "ray::IDLE")) and os.getpid() in {
                parent.pid for parent in each.parents()
            }:
                found.append(each)
    return found


def workers(report: Report, options: argparse.Namespace) -> None:
    """Worker processes are killed while a shuffle goes on."""
    with local_nodes(2, 400 * MB):

        def kill(chance: random.Random, watch: Watch) -> str:
            killed = 0
            for _ in range(3):
                found = worker_processes()
                if found:
                    with contextlib.suppress(psutil.Error):
                        chance.choice(found).kill()
                        killed += 1
                time.sleep(0.3)
            return f"{killed} workers killed"

        ten_shuffles(report, "workers killed in a shuffle,", options, kill)


FIRST = """
import os, signal, sys, time
import numpy as np
from weft.distributed import Client, Lock, Variable, Queue

client = Client(sys.argv[1], engine="ray")
lock = Lock("precious")
assert lock.acquire()

class Counter:
    n = 0
    def add(self):
        self.n += 1
        return self.n

counter = client.submit(Counter, actor=True).result()
assert counter.add().result() == 1
kept = client.map(np.ones, [4_000_000] * 4)
client.gather([client.submit(len, each) for each in kept])
busy = client.map(time.sleep, [600, 601], pure=False)
Queue("words").put("left by the first")
while not all(status == "pending" for status in [each.status for each in busy]):
    pass
print("ready", flush=True)
sys.stdin.read()
"""


def driver(report: Report, options: argparse.Namespace) -> None:
    """A driver dies; another one finds the cluster free."""
    import ray

    from weft.distributed import Client, Lock, Queue

    with local_nodes(2, 400 * MB) as cluster:
        before = ray.available_resources()
        first = subprocess.Popen(
            [sys.executable, "-c", FIRST, cluster.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert first.stdout is not None
        assert first.stdout.readline().strip() == "ready"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        began = time.perf_counter()
        with Client(cluster.address, engine="ray") as client:
            sums = client.gather(client.map(abs, range(100)))
            worked = time.perf_counter() - began
            report.add(
                "driver killed: the next one's 100 tasks", f"{'right' if sums == list(range(100)) else 'WRONG'} after {worked:.1f} s",
                "right", sums == list(range(100)),
            )  # fmt: skip
            taken = Lock("precious").acquire(timeout=60)
            report.add("  its lock is free", f"after {time.perf_counter() - began:.1f} s", "< 30 s", bool(taken))
            words = Queue("words").get(timeout=5)
            report.add("  what it left in a queue is there", repr(words), "yes", words == "left by the first")
        left: dict[str, float] = {}
        while time.perf_counter() - began < 60:
            now = ray.available_resources()
            left = {
                name: now.get(name, 0) - amount
                for name, amount in before.items()
                if now.get(name, 0) < 0.999 * amount and (name == "CPU" or name.startswith("object_store"))
            }
            actors = [each for each in ray.util.list_named_actors(all_namespaces=True) if "actor" in each["name"]]
            if not left and not actors:
                break
            time.sleep(0.2)
        report.add(
            "  CPUs, object stores, actors are free",
            f"after {time.perf_counter() - began:.1f} s, not free: {left or actors or 'nothing'}", "nothing",
            not left and not actors,
        )  # fmt: skip


GREEDY = """
import time
import weft
from weft.errors import WorkerMemoryError

def greedy():
    x = bytearray(300 << 20)
    for i in range(0, len(x), 4096):
        x[i] = 1
    time.sleep(20)
    return len(x)

began = time.perf_counter()
try:
    weft.delayed(greedy)().compute(scheduler="ray")
except WorkerMemoryError as error:
    print(f"error={str(error)[:200]!r}")
print(f"seconds={time.perf_counter() - began}")
"""


def memory(report: Report, options: argparse.Namespace) -> None:
    """Ray kills whatever runs, as it would if memory were full."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", GREEDY], capture_output=True, text=True, timeout=400, check=False,
        env={**os.environ, "RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "100"},
    )  # fmt: skip
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    error = found.get("error", done.stderr[-300:])
    report.add(
        "killed for lack of memory",
        f"{error[:90]}, {time.perf_counter() - began:.1f} s",
        "WorkerMemoryError",
        "memory" in error,
    )


CASES: dict[str, Callable[[Report, argparse.Namespace], None]] = {
    "mean": mean,
    "tpch": tpch,
    "nodes": nodes,
    "workers": workers,
    "driver": driver,
    "memory": memory,
}


def main() -> None:
    """Run all cases, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ray", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--gigabytes", type=float, default=4.0, help="of the array")
    parser.add_argument("--far", action="store_true", help="also an array whose blocks all travel")
    parser.add_argument("--scale", type=float, default=1.0, help="of TPC-H")
    parser.add_argument("--query", nargs="*", type=int, default=list(QUERIES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=10, help="shuffles in which something dies")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "weft-benchmarks")
    options = parser.parse_args()
    report = Report("Ray")
    report.begin()
    for name in options.only:
        CASES[name](report, options)


if __name__ == "__main__":
    main()
