"""Random programs of futures whose workers are killed at random; what is left in the end: ``python -m benchmarks client --soak S``.

Worker processes are killed while futures come and go, and at the end these are counted: results, threads, descriptors, processes,
shared memory, and on Ray what its object store still has. ``--engine ray`` does that on a Ray of this machine.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.harness import Report

__all__ = ["soak"]

#: How long Ray may take to free what nobody refers to any more, in seconds.
FREED_S = 60.0


def slow(x: int) -> int:
    time.sleep(0.0005 * (x % 7))
    return x + 1


def soak(report: Report, seconds: float, engine: str = "processes", seed: int = 0) -> None:
    """Random programs, whose workers are killed at random."""
    import weft

    weft.config.set({"allowed-failures": 50})
    chance = random.Random(seed)
    opened, victims = ENGINES[engine]
    before, each = idle_cost(opened)
    done = wrong = 0
    longest = 0.0
    with opened() as client:
        client.submit(slow, 1, pure=False).result()
        at_first = stored_nbytes(0, patience=0) if engine == "ray" else 0  # what Ray has of the client itself
        with killing(lambda: victims(client, chance), chance) as kills:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                began = time.monotonic()
                count = chance.randint(1, 300)
                wrong += chance.choice(PROGRAMS)(client, chance, done, count)
                done += count
                longest = max(longest, time.monotonic() - began)
        gc.collect()
        left = dict(client.cluster.states())
        stored = stored_nbytes(at_first) - at_first if engine == "ray" else 0
    gc.collect()
    after = counted()
    leaks = {name: more for name in before if (more := after[name] - before[name] - each[name]) > 0}
    report.add(
        f"soak of {seconds:.0f} s, {engine}",
        f"{done:,} futures, {len(kills)} kills, {wrong} wrong, longest {longest:.1f} s, left {len(left)} futures, {stored:,} bytes, "
        f"leaks {leaks or 'none'} (a client that does nothing: {({name: n for name, n in each.items() if n > 0}) or 'none'})",
        "0 wrong, nothing left", not wrong and not leaks and not left and stored <= 0,
    )  # fmt: skip


def idle_cost(opened: Callable[[], Any]) -> tuple[dict[str, int], dict[str, int]]:
    """What there is of threads and the like, and what a client that does nothing leaves: Ray does not close all of its sockets."""
    counts = []
    for _ in range(3):  # libraries keep some of them from their first use on
        with opened() as client:
            client.submit(slow, 1).result()
        gc.collect()
        counts.append(counted())
    return counts[-1], {name: counts[-1][name] - counts[-2][name] for name in counts[-1]}


# -- engines, and whom to kill ------------------------------------------------------------------------------------------


def on_processes() -> Any:
    from weft.distributed import Client

    return Client(n_workers=2, threads_per_worker=2)


def on_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from weft.distributed import Client

    return Client(engine="ray", n_workers=2, threads_per_worker=1, object_store_memory="400 MiB")


def members(client: Any, chance: random.Random) -> list[int]:
    """Worker processes; seldom those that are about to start: where starts take long, most must come to their end."""
    found = list(client.cluster.run.members.values())
    return [each.process.pid for each in found if each.process.ready or chance.random() < 0.1]


def ray_workers(client: Any, chance: random.Random) -> list[int]:
    """Ray's worker processes; no actors."""
    from benchmarks.ray import worker_processes

    return [each.pid for each in worker_processes()]


ENGINES: dict[str, tuple[Callable[[], Any], Callable[[Any, random.Random], list[int]]]] = {
    "processes": (on_processes, members),
    "ray": (on_ray, ray_workers),
}


@contextlib.contextmanager
def killing(victims: Callable[[], list[int]], chance: random.Random) -> Iterator[list[int]]:
    """Meanwhile processes are killed now and then; gives the list of those that were."""
    stop = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not stop.wait(chance.uniform(0.3, 1.5)):
            pids = victims()
            if pids:
                pid = chance.choice(pids)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield killed
    finally:
        stop.set()
        killer.join()


# -- programs: each gives how many of its answers are wrong -------------------------------------------------------------


def gathered(client: Any, chance: random.Random, first: int, count: int) -> int:
    found = client.gather(client.map(slow, range(first, first + count)))
    return int(found != [x + 1 for x in range(first, first + count)])


def as_they_come(client: Any, chance: random.Random, first: int, count: int) -> int:
    from weft.distributed import as_completed

    futures = client.map(slow, range(first, first + count))
    total = sum(result for _, result in as_completed(futures, with_results=True))
    return int(total != sum(range(first + 1, first + count + 1)))


def tree(client: Any, chance: random.Random, first: int, count: int) -> int:
    layer = client.map(slow, range(first, first + count))
    while len(layer) > 1:
        layer = [client.submit(lambda *xs: sum(xs), *layer[i : i + 4], pure=False) for i in range(0, len(layer), 4)]
    return int(layer[0].result() != sum(range(first + 1, first + count + 1)))


def cancelled(client: Any, chance: random.Random, first: int, count: int) -> int:
    futures = client.map(slow, range(first, first + count))
    chosen = chance.sample(futures, len(futures) // 2)
    client.cancel(chosen)
    rest = [(future, x) for future, x in zip(futures, range(first, first + count), strict=True) if future not in chosen]
    return int(client.gather([future for future, _ in rest]) != [x + 1 for _, x in rest])


def scattered(client: Any, chance: random.Random, first: int, count: int) -> int:
    nbytes = chance.randint(1, 400_000)
    data = client.scatter(bytes(nbytes), hash=False)
    return int(client.gather([client.submit(len, data, pure=False) for _ in range(10)]) != [nbytes] * 10)


PROGRAMS = (gathered, as_they_come, tree, cancelled, scattered)


# -- what is left -------------------------------------------------------------------------------------------------------


def stored_nbytes(enough: int, patience: float = FREED_S) -> int:
    """Bytes that Ray's object store has, once there are no more than are named, or after some seconds."""
    import ray

    end = time.monotonic() + patience
    while True:
        total = ray.cluster_resources()["object_store_memory"]
        left = int(total - ray.available_resources().get("object_store_memory", 0))
        if left <= enough or time.monotonic() > end:
            return left
        time.sleep(0.5)


def counted() -> dict[str, int]:
    """Threads, descriptors, children and shared files of this process."""
    import psutil

    me = psutil.Process()
    shared = [name for name in os.listdir("/dev/shm") if "weft" in name] if os.path.isdir("/dev/shm") else []
    return {
        "threads": threading.active_count(),
        "descriptors": me.num_fds(),
        "children": len(me.children(recursive=True)),
        "shared": len(shared),
    }
