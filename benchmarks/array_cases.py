"""What `benchmarks array` measures: each case gives an action for each library, on the same data.

A case is a function of the scale (1 for the full size; ``--quick`` takes an eighth) that makes the data and returns actions
by library: ``weft``, ``dask`` (``dask.array``), ``dask-array`` (the package of that name), ``numpy``, ``numexpr``. What Weft
does not have yet raises AttributeError, and is reported so. ``python -m benchmarks.array_cases NAME LIBRARIES SCALE ROUNDS``
runs one case and prints JSON; the suite runs each in a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import in_turn, installed_environment

Actions = dict[str, Callable[[], object]]
THREADS = 2


@dataclass(frozen=True)
class Case:
    """One line of the table: what it is, its bar in words, and ratios (times another library's) that must be reached."""

    make: Callable[[float], Actions]
    what: str
    bar: str
    ratios: dict[str, float]
    rounds: int = 5
    most_s: float | None = None  #: seconds that Weft may take at full size
    alone: bool = False  #: each library in a process of its own, for the sake of its peak memory
    most_bytes: float | None = None  #: peak memory that Weft may have at full size


def libraries() -> dict[str, Any]:
    """The chunked ones, by name."""
    found = {"weft": importlib.import_module("weft.array"), "dask": importlib.import_module("dask.array")}
    try:
        found["dask-array"] = importlib.import_module("dask_array")
    except ImportError:
        pass
    return found


def run(value: Any, **options: Any) -> Any:
    """Compute on two threads."""
    if type(value).__module__.startswith("weft"):
        return value.compute(scheduler="threads", num_workers=THREADS, **options)
    return value.compute(scheduler="threads", num_workers=THREADS)


def chunked(work: Callable[[Any], Callable[[], object]]) -> Actions:
    """The same work for each chunked library."""
    return {name: work(da) for name, da in libraries().items()}


def random(shape: tuple[int, ...]) -> Any:
    import numpy as np

    return np.random.default_rng(0).random(shape)


def tiny_chunks(scale: float) -> Actions:
    count = int(100_000 * scale)
    return chunked(lambda da: lambda: run((da.ones((count,), chunks=1) + 1).sum()))


def many_tasks(scale: float) -> Actions:
    count = int(100_000 * scale)
    return chunked(lambda da: lambda: run((da.ones((count,), chunks=1) + 1).map_blocks(plus_one).sum()))


def plus_one(block: Any) -> Any:
    return block + 1


def describe(scale: float) -> Actions:
    import weft.array as da
    from weft.physical.rewrite import lowered

    side = 10**6
    x = da.random.default_rng(1).random((side, side), chunks=(1000, 1000))
    return {"weft": lambda: lowered([((x + x.T)[:2000, :2000] * 2).mean(0).expr])}


def eight_steps(x: Any) -> Any:
    y = (abs(x * 2.0 - 1.0) + x) * 0.5 - x
    return (y * y + 1.0).sum()


def chain(scale: float, jit: bool = False) -> Actions:
    import weft

    whole = random((int(2**28 * scale),))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=len(whole) // 16)

        def act() -> object:
            with weft.config.set({"array.jit": jit}):
                return run(eight_steps(x))

        return act

    actions = chunked(work)
    actions["numpy"] = lambda: eight_steps(whole)
    try:
        numexpr = importlib.import_module("numexpr")
    except ImportError:
        pass
    else:
        numexpr.set_num_threads(THREADS)
        text = "sum(((abs(x * 2.0 - 1.0) + x) * 0.5 - x) ** 2 + 1.0)"
        actions["numexpr"] = lambda: numexpr.evaluate(text, {"x": whole})
    import weft.array as wa

    read = wa.from_array(whole, chunks=len(whole) // 16)
    actions["reading alone"] = lambda: run(read.sum())
    return actions


def chain_jit(scale: float) -> Actions:
    return chain(scale, jit=True)


def slices(scale: float) -> Actions:
    side = int(8000 * math.sqrt(scale))
    whole = random((side, side))
    starts = range(0, side - 16, (side - 16) // 500)

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=500)
        compute = importlib.import_module("weft" if da.__name__.startswith("weft") else "dask").compute
        return lambda: compute(*[x[at : at + 16].sum() for at in starts], scheduler="threads", num_workers=THREADS)

    return {**chunked(work), "numpy": lambda: [whole[at : at + 16].sum() for at in starts]}


def latency(scale: float) -> Actions:
    whole = random((100,))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=10)

        def act() -> None:
            for _ in range(50):
                (x + 1).sum().compute()

        return act

    return chunked(work)


def standardise(scale: float) -> Actions:
    side = int(2**14 * math.sqrt(scale))
    whole = random((side, side))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=(side // 16, side))
        return lambda: run(((x - x.mean(0)) / x.std(0)).sum())

    return {**chunked(work), "numpy": lambda: ((whole - whole.mean(0)) / whole.std(0)).sum()}


def rechunk(scale: float) -> Actions:
    side = int(22_400 * math.sqrt(scale)) // 16 * 16
    budget = int(1.5e9 * scale)

    def work(da: Any) -> Callable[[], object]:
        def act() -> object:
            x = da.random.default_rng(0).random((side, side), chunks=(side // 16, side))
            y = (x + x.T).rechunk((side, side // 16)).max(0)
            return run(y, budget=budget) if da.__name__.startswith("weft") else run(y)

        return act

    return chunked(work)


def coarse_fine(scale: float) -> Actions:
    days = int(3650 * scale)
    whole, fine = random((days, 180, 360)), random((days, 1, 1))

    def work(da: Any) -> Callable[[], object]:
        x, y = da.from_array(whole, chunks=(365, 180, 360)), da.from_array(fine, chunks=1)
        return lambda: run((x - y).sum())

    return {**chunked(work), "numpy": lambda: (whole - fine).sum()}


def five_points(block: Any) -> Any:
    made = block.copy()
    made[1:-1, 1:-1] = 0.2 * (
        block[1:-1, 1:-1] + block[:-2, 1:-1] + block[2:, 1:-1] + block[1:-1, :-2] + block[1:-1, 2:]
    )
    return made


def stencil(scale: float, pieces: int = 8) -> Actions:
    side = int(4000 * math.sqrt(scale))
    whole = random((side, side))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=side // pieces)

        def act() -> object:
            y = x
            for _ in range(100):
                y = da.map_overlap(five_points, y, depth=1, boundary="reflect", dtype=whole.dtype)
            return run(y.sum())

        return act

    return chunked(work)


def taking(pick: Callable[[Any, Any, Any], Any]) -> Callable[[float], Actions]:
    def make(scale: float) -> Actions:
        import numpy as np

        rows = int(2_000_000 * scale)
        whole = random((rows, 50))
        order = np.random.default_rng(1).permutation(rows)

        def work(da: Any) -> Callable[[], object]:
            x = da.from_array(whole, chunks=(rows // 20, 50))
            return lambda: run(pick(da, x, order))

        return {**chunked(work), "numpy": lambda: pick(np, whole, order)}

    return make


def by_integers(da: Any, x: Any, order: Any) -> Any:
    return x[order[::7]].sum()


def by_mask(da: Any, x: Any, order: Any) -> Any:
    return x[x[:, 0] > 0.5].mean()


def by_take(da: Any, x: Any, order: Any) -> Any:
    return da.take(x, order, axis=0).sum()


def statistic(name: str) -> Callable[[float], Actions]:
    """Of 200 million uniform numbers, which each library draws itself while the time is measured."""

    def make(scale: float) -> Actions:
        import numpy as np

        import weft.array as da

        count = int(200_000_000 * scale)

        def of(space: Any, x: Any) -> Any:
            return space.quantile(x, 0.9) if name == "quantile" else getattr(space, name)(x)

        def ours() -> object:
            x = da.random.default_rng(0).random(count, chunks=count // 40)
            made = of(da, x)
            return run(made[:: count // 100] if name == "sort" else made, budget=int(8e8 * scale))

        getattr(da, name)
        return {"weft": ours, "numpy": lambda: of(np, np.random.default_rng(0).random(count))}

    return make


def matmul(scale: float) -> Actions:
    side = int(8192 * scale ** (1 / 3))
    whole = random((side, side))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=side // 4)
        return lambda: run(x @ x)

    return {**chunked(work), "numpy": lambda: whole @ whole}


def svd_compressed(scale: float) -> Actions:
    import numpy as np

    whole = random((int(200_000 * scale), 1000))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=(len(whole) // 16, 1000))
        return lambda: run(da.linalg.svd_compressed(x, k=10, seed=1)[1])

    def plain() -> object:
        """The same in NumPy: a range found by random vectors (Halko, Martinsson and Tropp 2011)."""
        found = whole @ np.random.default_rng(1).standard_normal((1000, 20))
        return np.linalg.svd(np.linalg.qr(found)[0].T @ whole, full_matrices=False)[1][:10]

    return {**chunked(work), "numpy": plain}


def tsqr(scale: float) -> Actions:
    import numpy as np

    whole = random((int(1_000_000 * scale), 200))

    def work(da: Any) -> Callable[[], object]:
        x = da.from_array(whole, chunks=(len(whole) // 16, 200))
        return lambda: run(da.linalg.tsqr(x)[1])

    return {**chunked(work), "numpy": lambda: np.linalg.qr(whole)[1]}


def climatology(scale: float, pieces: int = 20) -> Actions:
    """Means by day of the year and what differs from them; ``pieces`` chunks side by side.

    Dask makes a task for each day of each chunk: beside it a quarter of the data in a quarter of the pieces is enough.
    """
    import numpy as np

    years = 20
    columns = int(103_000 * scale)
    days = np.tile(np.arange(365), years)
    budget = int(2e9 * scale)

    def ours() -> object:
        import weft.array as da

        x = da.random.default_rng(0).random((days.size, columns), chunks=(365, columns // pieces))
        mean = da.groupby_reduce(x, days, func="mean", axis=0)
        mean = mean[0] if isinstance(mean, tuple) else mean
        return run(abs(x - da.take(mean, days, axis=0)).mean(), budget=budget)

    def dasks() -> object:
        import dask.array as da

        x = da.random.default_rng(0).random((days.size, columns), chunks=(365, columns // pieces))
        mean = da.stack([x[day::365].mean(0) for day in range(365)])
        return run(abs(x - mean[days]).mean())

    import weft.array

    _ = weft.array.groupby_reduce
    return {"weft": ours, "dask": dasks}


def growth(count: int, twice: bool = False) -> Callable[[float], Actions]:
    def make(scale: float) -> Actions:
        import weft.array as da
        from weft.physical.rewrite import lowered

        def ours() -> object:
            x = da.from_array(random((100, 100)), chunks=50)
            for _ in range(count):
                x = x + x.T if twice else x + 1
            return lowered([x[:10].expr])

        return {"weft": ours}

    return make


def importing(scale: float) -> Actions:
    import atexit
    import shutil
    import subprocess
    import tempfile

    # As after an installation: with bytecode, wherever this environment would not have it written.
    environment = installed_environment()
    environment["PYTHONPYCACHEPREFIX"] = directory = tempfile.mkdtemp(prefix="weft-bytecode-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)

    def load(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment)

    return {"weft": load("import weft.array"), "numpy": load("import numpy"), "dask": load("import dask.array")}


CASES: dict[str, Case] = {
    "tiny-chunks": Case(tiny_chunks, "(ones(100_000, chunks=1) + 1).sum()", ">= 20x Dask, <= 1.5 s", {"dask": 20}, 3, 1.5),
    "many-tasks": Case(many_tasks, "the same with user code between, which keeps all tasks", "", {}, 1),
    "describe": Case(describe, "describe, optimise a window of 10**6 chunks", "<= 20 ms", {}, 9, 0.02),
    "chain": Case(chain, "eight steps and a sum, 2 GB", ">= 3.5x Dask, >= 3x NumPy", {"dask": 3.5, "numpy": 3}, 9),
    "chain-jit": Case(chain_jit, "the same, machine code", ">= 12x Dask, 2x of reading", {"dask": 12, "reading alone": 0.5}, 9),
    "slices": Case(slices, "500 sums of slices of 512 MB", ">= 20x Dask", {"dask": 20}, 3),
    "latency": Case(latency, "50 small computes", "<= 300 us each", {}, 9, 50 * 300e-6),
    "standardise": Case(standardise, "((x - x.mean(0)) / x.std(0)).sum(), 2 GB", ">= 2.5x Dask", {"dask": 2.5}),
    "rechunk": Case(
        rechunk, "x + x.T, rows to columns, 4 GB, budget 1.5 GB", ">= 2x Dask, RSS <= 1.3x budget", {"dask": 2}, 1,
        alone=True, most_bytes=1.3 * 1.5e9,
    ),
    "coarse-fine": Case(coarse_fine, "coarse array minus per-element chunks", ">= 8x Dask", {"dask": 8}, 3),
    "stencil": Case(stencil, "five points, 100 deep, chunks of 500 x 500", ">= 5x Dask", {"dask": 5}, 2),
    "stencil-1000": Case(
        lambda scale: stencil(scale, 4), "the same in chunks of 1000 x 1000", ">= 5x Dask", {"dask": 5}, 2
    ),
    "integers": Case(taking(by_integers), "x[integers].sum(), 800 MB", ">= 2x Dask", {"dask": 2}, 3),
    "mask": Case(taking(by_mask), "x[mask].mean(), 800 MB", ">= 2x Dask", {"dask": 2}, 3),
    "take": Case(taking(by_take), "shuffled take and sum, 800 MB", ">= 2x Dask", {"dask": 2}, 3),
    "median": Case(statistic("median"), "median of 200 M, budget 800 MB", ">= 1x NumPy", {"numpy": 1}, 1, alone=True),
    "quantile": Case(statistic("quantile"), "quantile of 200 M, budget 800 MB", ">= 1x NumPy", {"numpy": 1}, 1, alone=True),
    "sort": Case(statistic("sort"), "sort of 200 M, budget 800 MB", ">= 1x NumPy", {"numpy": 1}, 1, alone=True),
    "matmul": Case(matmul, "blocked matmul 8192 x 8192", ">= 0.9x NumPy, >= 1x Dask", {"numpy": 0.9, "dask": 1}, 3),
    "svd-compressed": Case(
        svd_compressed, "svd_compressed, 1.6 GB", ">= 0.9x NumPy, >= 1x Dask", {"numpy": 0.9, "dask": 1}, 3
    ),
    "tsqr": Case(tsqr, "tsqr, 1.6 GB", ">= 0.9x NumPy, >= 1x Dask", {"numpy": 0.9, "dask": 1}, 3),
    "climatology": Case(
        climatology, "climatology and anomaly, 6 GB, budget 2 GB", "faster and smaller than Dask", {"dask": 1}, 1,
        alone=True, most_bytes=1.3 * 2e9,
    ),
    "climatology-small": Case(
        lambda scale: climatology(scale / 4, 5), "the same of 1.5 GB, budget 0.5 GB", "faster and smaller than Dask",
        {"dask": 1}, 1, alone=True, most_bytes=1.3 * 5e8,
    ),
    "growth-500": Case(growth(500), "optimise a chain of 500", "", {}, 3),
    "growth-2000": Case(growth(2000), "optimise a chain of 2,000", "near 4x that of 500", {}, 3),
    "growth-twice-500": Case(growth(500, True), "optimise 500 of x + x.T, sliced", "", {}, 3),
    "growth-twice-2000": Case(growth(2000, True), "optimise 2,000 of x + x.T, sliced", "near 4x that of 500", {}, 3),
    "import": Case(importing, "import weft.array", "<= 80 ms beyond numpy", {}, 7),
}  # fmt: skip


def measure(name: str, wanted: list[str], scale: float, rounds: int) -> dict[str, Any]:
    """Median seconds by library, taking turns, and this process' peak memory."""
    try:
        actions = CASES[name].make(scale)
    except (AttributeError, NotImplementedError, ImportError) as error:
        return {"missing": str(error)}
    actions = {library: action for library, action in actions.items() if not wanted or library in wanted}
    times: dict[str, list[float]] = {library: [] for library in actions}
    failed: dict[str, str] = {}
    for turn in range(rounds + (rounds > 1)):
        for library in in_turn(actions, turn):
            if library in failed:
                continue
            gc.collect()
            begin = time.perf_counter()
            try:
                actions[library]()
            except Exception as error:  # what a library cannot do is part of the answer
                failed[library] = f"{type(error).__name__}: {error}".splitlines()[0][:120]
                continue
            if turn or rounds == 1:  # the first turn warms up
                times[library].append(time.perf_counter() - begin)
    return {
        "seconds": {library: statistics.median(each) for library, each in times.items() if each},
        "failed": failed,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    case, chosen, size, turns = sys.argv[1:]
    print(json.dumps(measure(case, [each for each in chosen.split(",") if each], float(size), int(turns))))
