"""Weft's static order beside Dask's: how many blocks stay alive on the classic shapes, and the time for each task.

Run from the root of the project: ``python -m benchmarks.order`` (add ``--growth`` for the times up to 1,000,000 tasks).

Each shape is made once and ordered by both; both orders are run on paper by ``peak_of_live_blocks`` with 1, 2 and 8
workers. *Unit*: each block counts 1. *Sized*: reduced blocks count 0.01, parts of a block their share. In the table
outputs are released at once, which shows most; the ratio on the right is the worst of all, outputs kept to the end
included.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from math import exp, log

from dask.order import order as dask_order
from tests.graph import shapes
from tests.graph.shapes import Shape, peak_of_live_blocks

from weft.graph import Plan, Program
from weft.graph.priority import order

WORKERS = (1, 2, 8)
ROUNDS = 3
ALLOWED = 1.1
"""Ratio of peaks, Weft's to Dask's, above which a line is marked."""


def task(*_: object) -> None:
    """Stand in for the function of a task."""


def timed(function: Callable[[], list[int]], size: int) -> tuple[list[int], float]:
    """Give the result, and microseconds for each task."""
    start = time.perf_counter()
    result = function()
    return result, (time.perf_counter() - start) / size * 1e6


def dask_ranks(shape: Shape) -> Callable[[], list[int]]:
    labels = shape.labels
    graph = {
        label: (task, *(labels[source] for source in sources))
        for label, sources in zip(labels, shape.inputs, strict=True)
    }

    def run() -> list[int]:
        ranks = dask_order(graph)
        return [ranks[label] for label in labels]

    return run


def weft_ranks(shape: Shape) -> Callable[[], list[int]]:
    dependents, wanted = shape.dependents, shape.wanted
    return lambda: order(shape.inputs, dependents, wanted)


def weft_plan(shape: Shape) -> Plan:
    """The plan of a shape: it has an order for each number of workers."""
    n, nothing = len(shape), Program.call(task)
    return Plan(list(shape.labels), [nothing] * n, list(map(tuple, shape.inputs)), [()] * n, [0] * n, shape.wanted)


def peaks(shape: Shape, ranks: Callable[[int], Sequence[int]]) -> Iterator[float]:
    """Peaks for units and sizes, 1, 2 and 8 workers, outputs released and kept: the first six are those shown."""
    for keep, sizes, workers in product(((), shape.wanted), (None, shape.sizes), WORKERS):
        yield peak_of_live_blocks(shape.inputs, ranks(workers), workers=workers, sizes=sizes, keep=keep)


def compare(shape: Shape) -> tuple[str, list[float]]:
    """Give a line of the table, and all ratios."""
    weft, dask = weft_ranks(shape), dask_ranks(shape)
    weft_us, dask_us = [], []
    for _ in range(ROUNDS):
        _, took = timed(weft, len(shape))
        weft_us.append(took)
        theirs, took = timed(dask, len(shape))
        dask_us.append(took)
    both = list(zip(peaks(shape, weft_plan(shape).ranks), peaks(shape, lambda workers: theirs), strict=True))
    ratios = [ours / theirs for ours, theirs in both]
    columns = " ".join(f"{ours:6.1f}/{theirs:6.1f}" for ours, theirs in both[: 2 * len(WORKERS)])
    mark = "*" if max(ratios) > ALLOWED else " "
    return (
        f"{shape.name:44}{len(shape):6} {columns}  {max(ratios):5.2f}{mark} {min(weft_us):5.1f} {min(dask_us):6.1f}",
        ratios,
    )


def print_peaks(*, shuffled: bool) -> None:
    head = " ".join(f"{kind + ' ' + str(workers):>13}" for kind in ("unit", "sized") for workers in WORKERS)
    print(f"{'Weft/Dask':44}{'tasks':>6} {head}  {'worst':>6} {'µs':>5} {'Dask':>6}")
    everything: list[float] = []
    over = 0
    for shape in shapes.classic_shapes():
        line, ratios = compare(shape.shuffled(7) if shuffled else shape)
        print(line, flush=True)
        everything += ratios
        over += max(ratios) > ALLOWED
    print(f"geometric mean of all ratios {exp(sum(map(log, everything)) / len(everything)):.3f}; marked: {over}")


def print_spread() -> None:
    """Several sizes of the shapes where eight workers in step make single figures a matter of luck."""
    families: dict[str, Callable[[int, int], Shape]] = {
        "mean and std after 2": lambda n, k: shapes.two_reductions(n, k, steps=2),
        "3 derived means": lambda n, k: shapes.reductions_of_derived(n, k, 3),
        "means of uu, uv, vv": shapes.products_of_two,
    }
    print("\nratio of unit peaks over 20 sizes, and over 1 to 16 workers: mean (lowest to highest)")
    for name, make in families.items():
        found: dict[int, list[float]] = {workers: [] for workers in range(1, 17)}
        for n, split_every in product((60, 100, 128, 200, 256), (2, 4, 8, 16)):
            shape = make(n, split_every)
            ours, theirs = weft_plan(shape).ranks, dask_ranks(shape)()
            for workers, ratios in found.items():
                ratios.append(
                    peak_of_live_blocks(shape.inputs, ours(workers), workers=workers)
                    / peak_of_live_blocks(shape.inputs, theirs, workers=workers)
                )
        chosen = {"1 worker": found[1], "8 workers": found[8], "all": [each for r in found.values() for each in r]}
        shown = [f"{who} {sum(r) / len(r):.2f} ({min(r):.2f} to {max(r):.2f})" for who, r in chosen.items()]
        print(f"{name:24}", ", ".join(shown))


def print_times(*, growth: bool) -> None:
    print("\nµs for each task (best of 3): the order for one worker, and for eight")
    for scale in (1, 5) if growth else (1,):
        for shape in (
            shapes.independent_tasks(100_000 * scale),
            shapes.chain(200_000 * scale),
            shapes.tree_reduction(100_000 * scale, 2),
            shapes.random_dag(100_000 * scale, 3, 1),
            shapes.two_reductions(50_000 * scale, 4),
            shapes.overlap_1d(50_000 * scale, 3),
        ):
            run = weft_ranks(shape)
            best = min(timed(run, len(shape))[1] for _ in range(3))
            for_eight = partial(order, shape.inputs, shape.dependents, shape.wanted, 8)
            wide = min(timed(for_eight, len(shape))[1] for _ in range(3))
            print(f"{shape.name:44}{len(shape):10,} {best:6.2f} {wide:6.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shuffled", action="store_true", help="number the tasks of each shape at random")
    parser.add_argument("--growth", action="store_true", help="also time graphs of up to 1,000,000 tasks")
    arguments = parser.parse_args()
    print_peaks(shuffled=arguments.shuffled)
    print_spread()
    print_times(growth=arguments.growth)


if __name__ == "__main__":
    main()
