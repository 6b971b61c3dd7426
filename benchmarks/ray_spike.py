"""Blocks as Ray's object references: are they right, and does the driver stay out of the way?

Two nodes with a CPU each, on this machine (``ray.cluster_utils.Cluster``), and three jobs:

``sum``       32 blocks of 64 MB are made, each is added to its neighbour, the results are added up by pairs, and the last
              block is summed: every block of 64 MB is an object, and about half of them move to the other node.
``exchange``  12 blocks of 32 MB are split into 12 parts each by tasks with 12 outputs, and merged: all to all.
``tree``      20,000 tasks that take no time: 10,000 numbers, added up by pairs.

``python -m benchmarks.ray_spike [sum] [exchange] [tree]`` prints for each: whether the answer is right, seconds, bytes made,
bytes through the driver (what the backend put, fetched, sent along, and the growth of the driver's own memory), tasks and
objects; for the tree also what plain Ray takes for 1,000 of the same tasks, as a yardstick.
"""

from __future__ import annotations

import operator
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import psutil

from weft.backends import Request, Run
from weft.backends.ray import Ray, RayRun
from weft.graph import Graph, Layer, Plan, Program, compile_plan

MB = 1 << 20
#: Object store of each node.
STORE_NBYTES = 1200 * MB


class Job(NamedTuple):
    plan: Plan
    nbytes: int  #: of all blocks that the tasks make
    is_right: Callable[[Any], bool]


class Watcher:
    """Keeps the run, and the objects that its blocks are in."""

    def __init__(self) -> None:
        self.run: RayRun
        self.objects: set[str] = set()
        self.workers: set[int] = set()

    def started(self, run: Run) -> None:
        assert isinstance(run, RayRun)
        self.run = run

    def before(self, run: Run, task: int, worker: int) -> None: ...

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        self.objects.add(value.hex())
        self.workers.add(worker)

    def ended(self, run: Run) -> None: ...


def make(seed: int, nbytes: int) -> Any:
    return np.full(nbytes // 8, float(seed))


def pairwise(keys: list[Any], program: Program, name: str) -> tuple[list[Layer], Any]:
    """A tree over keys; its layers and its last key."""
    layers = []
    level = 0
    while len(keys) > 1:
        pairs: list[tuple[Any, ...]] = list(zip(keys[::2], keys[1::2], strict=False))
        ours = [(f"{name}{level}", i) for i in range(len(pairs))]
        layers.append(Layer(program, ours, pairs))
        keys = ours + keys[2 * len(pairs) :]
        level += 1
    return layers, keys[0]


def array_sum(nblocks: int = 32, nbytes: int = 64 * MB) -> Job:
    made = Layer(
        Program.call(make), [("made", i) for i in range(nblocks)], None, [(i, nbytes) for i in range(nblocks)], nbytes=nbytes
    )  # fmt: skip
    add = Program.call(np.add)
    added = Layer(
        add, [("added", i) for i in range(nblocks)], [(("made", i), ("made", i ^ 1)) for i in range(nblocks)], nbytes=nbytes
    )  # fmt: skip
    tree, last = pairwise(list(added.keys), add, "tree")
    for layer in tree:
        layer.nbytes = nbytes
    total = Layer(Program.call(np.sum), ["total"], [(last,)], nbytes=8)
    answer = 2 * sum(range(nblocks)) * (nbytes // 8)
    plan = compile_plan(Graph([made, added, *tree, total]), ["total"])
    return Job(plan, (3 * nblocks - 1) * nbytes, lambda found: bool(found == answer))


def random_numbers(seed: int, nbytes: int) -> Any:
    return np.random.default_rng(seed).integers(0, 1 << 40, nbytes // 8)


def split_by(x: Any, m: int) -> list[Any]:
    place = x % m
    return [x[place == j] for j in range(m)]


def described(j: int, m: int, *parts: Any) -> tuple[int, int, int]:
    """Count, sum and strays of a merged block."""
    whole = np.concatenate(parts)
    return len(whole), int(whole.sum()), int((whole % m != j).sum())


def merge(*values: Any) -> Any:
    *parts, j, m = values
    return described(j, m, *parts)


def exchange(n: int = 12, m: int = 12, nbytes: int = 32 * MB) -> Job:
    made = Layer(
        Program.call(random_numbers), [("in", i) for i in range(n)], None, [(i, nbytes) for i in range(n)], nbytes=nbytes
    )  # fmt: skip
    split = Layer(
        Program.call(split_by, noutputs=m),
        [tuple(("part", i, j) for j in range(m)) for i in range(n)],
        [(("in", i),) for i in range(n)],
        [(m,)] * n,
        nbytes=nbytes // m,
    )
    merged = Layer(
        Program.call(merge),
        [("out", j) for j in range(m)],
        [tuple(("part", i, j) for i in range(n)) for j in range(m)],
        [(j, m) for j in range(m)],
    )

    def is_right(*found: Any) -> bool:
        counts, sums, strays = zip(*found, strict=True)
        whole = [random_numbers(i, nbytes) for i in range(n)]
        return (
            sum(counts) == n * nbytes // 8 and sum(sums) == sum(int(each.sum()) for each in whole) and not any(strays)
        )

    plan = compile_plan(Graph([made, split, merged]), list(merged.keys))
    return Job(plan, 2 * n * nbytes, is_right)


def small_tree(nleaves: int = 10_000) -> Job:
    leaves = Layer(Program.call(int), [("leaf", i) for i in range(nleaves)], None, [(i,) for i in range(nleaves)])
    layers, last = pairwise(list(leaves.keys), Program.call(operator.add), "add")
    return Job(compile_plan(Graph([leaves, *layers]), [last]), 0, lambda found: found == sum(range(nleaves)))


@contextmanager
def two_nodes() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=STORE_NBYTES, include_dashboard=False)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()
        cluster.shutdown()


def private_nbytes() -> int:
    """Memory of this process that is its own: what it maps of the object store does not count."""
    return int(psutil.Process().memory_full_info().uss)


def measure(name: str, job: Job, engine: Ray) -> None:
    watcher = Watcher()
    before = private_nbytes()
    began = time.perf_counter()
    found = engine.run(job.plan, Request(listeners=[watcher]))
    seconds = time.perf_counter() - began
    grown = private_nbytes() - before
    traffic = watcher.run.traffic
    right = "right" if job.is_right(*found) else "WRONG"
    print(
        f"{name}: {right}, {seconds:.2f} s, {job.plan.ntasks} tasks in {len(watcher.objects)} objects "
        f"on nodes {sorted(watcher.workers)}, {1e6 * seconds / job.plan.ntasks:.0f} µs a task"
    )
    print(
        f"  through the driver: put {traffic.put:,}, fetched {traffic.fetched:,}, messages {traffic.messages:,}, "
        f"inlined {traffic.inlined:,} bytes; its memory grew by {grown / MB:.1f} MB"
    )
    if job.nbytes:
        print(f"  blocks: {job.nbytes / MB:,.0f} MB; through the driver {100 * traffic.nbytes / job.nbytes:.4f} %")


def plain_ray(ntasks: int = 1000) -> float:
    """Microseconds that Ray itself takes for a task of a tree."""
    import ray

    add: Any = ray.remote(lambda a, b: a + b)
    began = time.perf_counter()
    refs = [add.remote(i, 0) for i in range(ntasks // 2)]
    while len(refs) > 1:
        refs = [add.remote(a, b) for a, b in zip(refs[::2], refs[1::2], strict=False)] + refs[len(refs) // 2 * 2 :]
    ray.get(refs)
    return 1e6 * (time.perf_counter() - began) / ntasks


def main() -> None:
    jobs: dict[str, Callable[[], Job]] = {"sum": array_sum, "exchange": exchange, "tree": small_tree}
    with two_nodes():
        engine = Ray()
        engine.run(small_tree(4).plan, Request())  # starts the workers
        for name in sys.argv[1:] or jobs:
            measure(name, jobs[name](), engine)
            if name == "tree":
                measure("tree again", jobs[name](), engine)
                print(f"  plain Ray: {plain_ray():.0f} µs a task")


if __name__ == "__main__":
    main()
