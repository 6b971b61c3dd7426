"""Futures: what a submitted task costs, how soon its result is there, how soon a client is. ``python -m benchmarks client``.

Beside Weft stand ``dask.distributed``'s LocalCluster, frisky, and ``concurrent.futures``, each as its users have it on one
machine; a peer that is not installed is left out. Ray joins by a line in ``PEERS``. They take turns within one run.

``--soak SECONDS`` is in :mod:`benchmarks.soak`. ``--joblib`` runs scikit-learn on joblib's own backend and on Weft's. ``--million`` submits and releases a million futures on processes, and looks at memory.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import gc
import os
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.harness import Report, in_fresh_process, interleaved
from benchmarks.soak import soak

TASKS = 10_000


def inc(x: int) -> int:
    return x + 1


def rss() -> int:
    """Memory of this process, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Peer:
    """One way to have functions run: open it, submit, gather."""

    def __init__(self, name: str, open_it: Callable[[], Any], ntasks: int = TASKS) -> None:
        self.name = name
        self.open_it = open_it
        self.ntasks = ntasks


@contextlib.contextmanager
def weft_client(processes: bool) -> Iterator[Any]:
    from weft.distributed import Client

    with Client(
        processes=processes, n_workers=2 if processes else 1, threads_per_worker=1 if processes else 2
    ) as client:
        yield client.submit, client.gather


@contextlib.contextmanager
def dask_client(processes: bool) -> Iterator[Any]:
    from distributed import Client

    with Client(
        processes=processes, n_workers=2 if processes else 1, threads_per_worker=1 if processes else 2,
        dashboard_address=None, silence_logs=50,
    ) as client:  # fmt: skip
        yield client.submit, client.gather


@contextlib.contextmanager
def frisky_client() -> Iterator[Any]:
    import frisky

    # it reports on stderr as it goes
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    with frisky.LocalCluster(n_workers=2) as cluster, cluster.get_client() as client:
        yield client.submit, client.gather
    os.dup2(before, 2)


@contextlib.contextmanager
def standard_pool(processes: bool) -> Iterator[Any]:
    import multiprocessing

    pool: Any = (
        concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        if processes
        else concurrent.futures.ThreadPoolExecutor(2)
    )
    with pool:
        yield pool.submit, lambda futures: [future.result() for future in futures]


PEERS = {
    "threads": [
        Peer("weft", lambda: weft_client(False)),
        Peer("dask", lambda: dask_client(False), 1_000),
        Peer("concurrent.futures", lambda: standard_pool(False)),
    ],
    "processes": [
        Peer("weft", lambda: weft_client(True)),
        Peer("dask", lambda: dask_client(True), 1_000),
        Peer("frisky", frisky_client),
        Peer("concurrent.futures", lambda: standard_pool(True)),
    ],
}


def measured(peer: Peer, rounds: int) -> Iterator[tuple[float, float]]:
    """Seconds a task of submitting and gathering many, and of one that is waited for; one round at a time."""
    with peer.open_it() as (submit, gather):
        serial = iter(range(10**9))
        gather([submit(inc, next(serial)) for _ in range(50)])
        for _ in range(rounds):
            gc.collect()
            start = time.perf_counter()
            futures = [submit(inc, next(serial)) for _ in range(peer.ntasks)]
            results = gather(futures)
            many = (time.perf_counter() - start) / peer.ntasks
            assert len(results) == peer.ntasks
            del futures
            times = []
            for _ in range(200):
                start = time.perf_counter()
                future = submit(inc, next(serial))
                future.result()
                times.append(time.perf_counter() - start)
            yield many, statistics.median(times)


def submit_and_gather(report: Report, kind: str, rounds: int, bars: tuple[float, float]) -> None:
    """Compare the peers of one kind; bars are in microseconds."""
    runs: dict[str, Any] = {}
    figures: dict[str, list[tuple[float, float]]] = {}
    with contextlib.ExitStack() as stack:
        for peer in PEERS[kind]:
            try:
                run = measured(peer, rounds)
                figures[peer.name] = [next(run)]
                runs[peer.name] = run
                stack.callback(run.close)
            except Exception as error:
                print(f"  ({peer.name} left out: {type(error).__name__}: {str(error)[:80]})")
        for _ in range(rounds - 1):
            for name, run in runs.items():
                figures[name].append(next(run))
    many = {name: statistics.median(each for each, _ in rows) * 1e6 for name, rows in figures.items()}
    latency = {name: statistics.median(each for _, each in rows) * 1e6 for name, rows in figures.items()}

    def others(found: dict[str, float]) -> str:
        return ", ".join(f"{name} {value:.0f}" for name, value in found.items() if name != "weft")

    report.add(
        f"{TASKS:,} submits, then gather, {kind}", f"{many['weft']:.1f} us a task ({others(many)})", f"<= {bars[0]:.0f} us",
        many["weft"] <= bars[0],
    )  # fmt: skip
    report.add(
        f"submit(f).result(), {kind}", f"{latency['weft']:.0f} us ({others(latency)})", f"<= {bars[1]:.0f} us",
        latency["weft"] <= bars[1],
    )  # fmt: skip


START = """
import time
begin = time.perf_counter()
from weft.distributed import Client
imported = time.perf_counter()
client = Client(processes={processes})
made = time.perf_counter()
assert client.submit(sum, [1, 2]).result() == 3
print(f"made={{made - imported}}")
print(f"first={{time.perf_counter() - begin}}")
client.close()
"""


def starts(report: Report, rounds: int) -> None:
    """How soon a client is there in a fresh interpreter, and its first result."""
    for kind, processes, bar in (("threads", False, 0.3), ("processes", True, 1.0)):
        found = [in_fresh_process(START.format(processes=processes)) for _ in range(rounds)]
        made = statistics.median(float(each["made"]) for each in found)
        first = statistics.median(float(each["first"]) for each in found)
        report.add(f"Client(), {kind}", f"{made * 1e3:.0f} ms", f"<= {bar * 1e3:.0f} ms", made <= bar)
        if not processes:
            report.add("import, start, first result, threads", f"{first * 1e3:.0f} ms", "<= 350 ms", first <= 0.35)
        else:
            report.add("import, start, first result, processes", f"{first * 1e3:.0f} ms")


def million(report: Report, count: int = 1_000_000) -> None:
    """Futures that are submitted and let go on processes: none is lost, and memory stays where it was."""
    from weft.distributed import Client

    with Client(n_workers=2, threads_per_worker=1) as client:
        window: deque[Any] = deque()
        total, early, start = 0, 0, time.perf_counter()
        for i in range(count):
            window.append(client.submit(inc, i))
            if len(window) > 2_000:
                for _ in range(1_000):
                    total += window.popleft().result()
            if i == count // 5:
                early = rss()
        while window:
            total += window.popleft().result()
        seconds, late = time.perf_counter() - start, rss()
        left = len(client.cluster.run.known)
    right = total == count * (count + 1) // 2
    report.add(
        f"{count:,} futures submitted and released, processes",
        f"{late - early >> 20:+d} MiB after a fifth, {left} left, {seconds / count * 1e6:.0f} us each", "memory flat, none lost",
        right and not left and late - early < 16 << 20,
    )  # fmt: skip


def tiny(x: int) -> int:
    return x + 1


def joblib_backends(report: Report, rounds: int) -> None:
    """scikit-learn and bare joblib on two processes: joblib's own backend beside Weft's, same scores."""
    import joblib
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from weft.distributed import Client

    x, y = make_classification(30_000, 100, n_informative=30, random_state=0)

    def cross_validation() -> Any:
        return cross_val_score(LogisticRegression(max_iter=50, tol=0.1), x, y, cv=8).tolist()

    def grid_search() -> Any:
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=50, tol=0.1))
        grid = {"logisticregression__C": [0.01, 0.1, 1.0]}
        return GridSearchCV(pipeline, grid, cv=4).fit(x, y).cv_results_["mean_test_score"].tolist()

    def forest() -> Any:
        made = RandomForestClassifier(16, max_depth=8, random_state=0).fit(x[:5000], y[:5000])
        return made.predict_proba(x[:1000]).round(12).tolist()  # trees are added up in any order

    def many() -> Any:
        return joblib.Parallel()(joblib.delayed(tiny)(i) for i in range(5_000))

    with Client(n_workers=2, threads_per_worker=1):
        for what, function in (
            ("cross_val_score", cross_validation),
            ("GridSearchCV of a Pipeline", grid_search),
            ("RandomForestClassifier", forest),
            ("5,000 tiny calls", many),
        ):
            found: dict[str, Any] = {}

            def on(backend: str, function: Callable[[], Any] = function, found: dict[str, Any] = found) -> None:
                with joblib.parallel_config(backend=backend, n_jobs=2):
                    found[backend] = function()

            times = interleaved({"weft": lambda on=on: on("weft"), "loky": lambda on=on: on("loky")}, rounds)
            ratio = times["weft"] / times["loky"]
            same = found["weft"] == found["loky"]
            report.add(
                f"joblib: {what}", f"{times['weft']:.3f} s (loky {times['loky']:.3f}), scores {'equal' if same else 'DIFFER'}",
                "not slower than loky", ratio <= 1.05 and same,
            )  # fmt: skip


def main() -> None:
    """Run the table, or the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks client", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="only: a million futures")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="only: random kills for so long")
    parser.add_argument("--engine", choices=["processes", "ray"], default="processes", help="of the soak")
    parser.add_argument("--joblib", action="store_true", help="only: joblib's backends")
    parser.add_argument("--quick", action="store_true", help="without the million")
    options = parser.parse_args()
    report = Report("Futures")
    report.begin()
    if options.soak:
        soak(report, options.soak, options.engine)
        return
    if options.joblib:
        joblib_backends(report, options.rounds)
        return
    if options.million:
        million(report)
        return
    submit_and_gather(report, "threads", options.rounds, (20, 100))
    submit_and_gather(report, "processes", options.rounds, (80, 600))
    starts(report, options.rounds)
    joblib_backends(report, options.rounds)
    if not options.quick:
        million(report)


if __name__ == "__main__":
    main()
