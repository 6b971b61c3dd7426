"""Classic shapes of task graphs, as integers, and a simulation of how many blocks they keep alive.

Arrays and dataframes produce few kinds of graph again and again: trees, stencils, all-to-alls, an array that is needed
both before and after its own mean. Whether a static order is good shows on these, so each is made here by a function
with a size, for tests and benchmarks alike. Tasks are numbered in the order in which a collection would write them:
layer by layer, each layer in the order of its chunks.

:func:`classic_shapes` gives all of them in one size; :func:`peak_of_live_blocks` runs one on paper.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

SMALL = 0.01
"""Size of a reduced block, where a whole chunk is 1."""

Label = tuple[str, *tuple[int, ...]]


@dataclass
class Shape:
    """A graph of ``len(inputs)`` tasks.

    ``labels`` are the keys that a collection would give, ``sizes`` those of the blocks, ``wanted`` the outputs: tasks
    on which nothing depends.
    """

    name: str
    inputs: list[list[int]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.inputs)

    def add(self, label: str, *index: int, inputs: Iterable[int] = (), size: float = 1.0) -> int:
        """Append a task, and give its number."""
        self.inputs.append(list(dict.fromkeys(inputs)))
        self.labels.append((label, *index))
        self.sizes.append(size)
        return len(self.inputs) - 1

    def layer(self, label: str, inputs: Iterable[Iterable[int]], size: float = 1.0) -> list[int]:
        """Append one task for each element of ``inputs``."""
        return [self.add(label, i, inputs=needs, size=size) for i, needs in enumerate(inputs)]

    def load(self, n: int, label: str = "load") -> list[int]:
        return self.layer(label, [()] * n)

    def each(self, label: str, sources: Iterable[int], size: float = 1.0) -> list[int]:
        return self.layer(label, ([source] for source in sources), size)

    def reduce(self, label: str, sources: Sequence[int], split_every: int, size: float = SMALL) -> int:
        """Combine ``sources`` in rounds of ``split_every`` until one is left."""
        level = 0
        while len(sources) > 1 or not level:
            groups = [sources[i : i + split_every] for i in range(0, len(sources), split_every)]
            sources = self.layer(f"{label}-{level}", groups, size)
            level += 1
        return sources[0]

    def mean(self, label: str, sources: Sequence[int], split_every: int) -> int:
        """Reduce each chunk to a small partial result, then combine those."""
        return self.reduce(label, self.each(f"{label}-chunk", sources, SMALL), split_every)

    @property
    def dependents(self) -> list[list[int]]:
        return dependents_of(self.inputs)

    @property
    def wanted(self) -> list[int]:
        return [task for task, users in enumerate(self.dependents) if not users]

    def shuffled(self, seed: int) -> Shape:
        """The same graph, its tasks numbered at random."""
        old = list(range(len(self)))
        random.Random(seed).shuffle(old)
        new = {task: position for position, task in enumerate(old)}
        return Shape(
            f"{self.name}, shuffled",
            [sorted(new[source] for source in self.inputs[task]) for task in old],
            [("task", position) for position in range(len(old))],
            [self.sizes[task] for task in old],
        )


def dependents_of(inputs: Sequence[Sequence[int]]) -> list[list[int]]:
    """Turn the edges round."""
    dependents: list[list[int]] = [[] for _ in inputs]
    for task, sources in enumerate(inputs):
        for source in sources:
            dependents[source].append(task)
    return dependents


def peak_of_live_blocks(
    inputs: Sequence[Sequence[int]],
    ranks: Sequence[int],
    *,
    workers: int = 1,
    sizes: Sequence[float] | None = None,
    keep: Iterable[int] = (),
) -> float:
    """Run a graph on paper and give the most that was alive at a time.

    Each free worker takes the ready task of lowest rank; each task takes one unit of time. A block lives from the start
    of its task until its last dependent has finished, and to the end if it is in ``keep``.
    """
    dependents = dependents_of(inputs)
    size = [1.0] * len(inputs) if sizes is None else sizes
    kept = set(keep)
    missing = [len(sources) for sources in inputs]
    users = [len(waiting) for waiting in dependents]
    task_of = sorted(range(len(inputs)), key=ranks.__getitem__)
    ready = [ranks[task] for task, count in enumerate(missing) if not count]
    heapq.heapify(ready)
    alive = peak = 0.0
    while ready:
        running = [task_of[heapq.heappop(ready)] for _ in range(min(workers, len(ready)))]
        alive += sum(size[task] for task in running)
        peak = max(peak, alive)
        for task in running:
            for waiting in dependents[task]:
                missing[waiting] -= 1
                if not missing[waiting]:
                    heapq.heappush(ready, ranks[waiting])
            if not users[task] and task not in kept:
                alive -= size[task]
            for source in inputs[task]:
                users[source] -= 1
                if not users[source] and source not in kept:
                    alive -= size[source]
    return peak


# Trees and chains


def independent_tasks(n: int) -> Shape:
    shape = Shape(f"independent {n}")
    shape.load(n)
    return shape


def chain(n: int) -> Shape:
    shape = Shape(f"chain {n}")
    task = shape.add("load", 0)
    for i in range(1, n):
        task = shape.add("step", i, inputs=[task])
    return shape


def tree_reduction(n: int, split_every: int) -> Shape:
    """Chunks, reduced by whole chunks (nothing gets smaller on the way)."""
    shape = Shape(f"tree {n} by {split_every}")
    shape.reduce("sum", shape.load(n), split_every, size=1.0)
    return shape


def tree_of_means(n: int, split_every: int) -> Shape:
    shape = Shape(f"mean {n} by {split_every}")
    shape.mean("mean", shape.load(n), split_every)
    return shape


def lopsided_tree(n: int, seed: int) -> Shape:
    """Random pairs are joined until one is left: subtrees of very different need."""
    shape = Shape(f"lopsided tree {n}")
    rng = random.Random(seed)
    left = shape.load(n)
    while len(left) > 1:
        pair = [left.pop(rng.randrange(len(left))), left.pop(rng.randrange(len(left)))]
        left.append(shape.add("join", len(shape), inputs=pair))
    return shape


def independent_chains(n: int, length: int) -> Shape:
    shape = Shape(f"chains {n} of {length}")
    tasks = shape.load(n)
    for step in range(1, length):
        tasks = shape.each(f"step-{step}", tasks)
    return shape


def fan_in(n: int) -> Shape:
    shape = Shape(f"fan-in {n}")
    shape.add("all", inputs=shape.load(n))
    return shape


def fan_out(n: int) -> Shape:
    shape = Shape(f"fan-out {n}")
    shape.each("part", shape.load(1) * n)
    return shape


def fan_out_and_in(n: int, length: int) -> Shape:
    shape = Shape(f"fan-out, chains of {length}, fan-in {n}")
    tasks = shape.load(1) * n
    for step in range(length):
        tasks = shape.each(f"step-{step}", tasks)
    shape.reduce("sum", tasks, 4)
    return shape


def chain_with_side_inputs(chains: int, length: int) -> Shape:
    """A running result that takes in a freshly loaded block at each step."""
    shape = Shape(f"side inputs {chains} x {length}")
    side = [shape.load(length, f"side-{c}") for c in range(chains)]
    for c in range(chains):
        task = shape.add(f"start-{c}")
        for i in range(length):
            task = shape.add(f"step-{c}", i, inputs=[task, side[c][i]])
    return shape


def running_total(n: int) -> Shape:
    """A cumulative sum: local totals, a carry from chunk to chunk, an output for each chunk."""
    shape = Shape(f"cumulative sum {n}")
    local = shape.each("local", shape.load(n))
    last = shape.each("last", local, SMALL)
    carry = last[0]
    shape.add("out", 0, inputs=[local[0]])
    for i in range(1, n):
        shape.add("out", i, inputs=[local[i], carry])
        carry = shape.add("carry", i, inputs=[carry, last[i]], size=SMALL)
    return shape


# Several uses of one block


def map_reduce_with_shared_source(n: int, split_every: int) -> Shape:
    shape = Shape(f"map-reduce, shared source {n} by {split_every}")
    shared = shape.add("shared")
    mapped = shape.layer("map", ([chunk, shared] for chunk in shape.load(n)))
    shape.mean("sum", mapped, split_every)
    return shape


def model_applied_and_reduced(n: int, split_every: int) -> Shape:
    """One source, from which every task of the map starts."""
    shape = Shape(f"map-reduce of one source {n} by {split_every}")
    shape.mean("sum", shape.each("map", shape.load(1) * n), split_every)
    return shape


def two_reductions(n: int, split_every: int, *, steps: int = 0) -> Shape:
    shape = Shape(f"mean and std {n} by {split_every}, after {steps}")
    chunks = shape.load(n)
    for step in range(steps):
        chunks = shape.each(f"step-{step}", chunks)
    shape.mean("mean", chunks, split_every)
    shape.mean("std", chunks, split_every)
    return shape


def reductions_of_derived(n: int, split_every: int, derived: int) -> Shape:
    """Several arrays are computed from one, and each is reduced, into one result."""
    shape = Shape(f"{derived} derived means {n} by {split_every}")
    chunks = shape.load(n)
    means = [shape.mean(f"mean-{d}", shape.each(f"step-{d}", chunks), split_every) for d in range(derived)]
    shape.add("result", inputs=means, size=SMALL)
    return shape


def products_of_two(n: int, split_every: int) -> Shape:
    """The means of u * u, u * v and v * v."""
    shape = Shape(f"means of uu, uv, vv {n} by {split_every}")
    u, v = shape.load(n, "u"), shape.load(n, "v")
    for label, a, b in (("uu", u, u), ("uv", u, v), ("vv", v, v)):
        products = shape.layer(label, zip(a, b, strict=True))
        shape.mean(f"mean-{label}", products, split_every)
    return shape


def side_loads(n: int, split_every: int) -> Shape:
    """mean(x) and mean(x * y): the second needs another load for each chunk."""
    shape = Shape(f"mean of x and of xy {n} by {split_every}")
    x, y = shape.load(n, "x"), shape.load(n, "y")
    shape.mean("mean-x", x, split_every)
    shape.mean("mean-xy", shape.layer("xy", zip(x, y, strict=True)), split_every)
    return shape


def demean(n: int, split_every: int, *, again: bool = False) -> Shape:
    """``x - x.mean()``; or the mean of its square, if ``again``."""
    shape = Shape(f"x - x.mean() {n} by {split_every}" + (", reduced" if again else ""))
    chunks = shape.load(n)
    mean = shape.mean("mean", chunks, split_every)
    rest = shape.layer("sub", ([chunk, mean] for chunk in chunks))
    if again:
        shape.mean("var", rest, split_every)
    return shape


def demean_along_axis(rows: int, columns: int, axis: int) -> Shape:
    shape = Shape(f"x - x.mean({axis}) {rows} x {columns}")
    x = grid(shape.load(rows * columns), columns)
    lines = [[x[i][j] for i in range(rows)] for j in range(columns)] if axis == 0 else x
    means = [shape.mean(f"mean-{k}", line, 4) for k, line in enumerate(lines)]
    for i, j in product(range(rows), range(columns)):
        shape.add("sub", i, j, inputs=[x[i][j], means[j if axis == 0 else i]])
    return shape


def climatology(years: int, months: int, *, anomaly: bool) -> Shape:
    """One chunk a month; the mean of each calendar month over the years; the difference from it."""
    shape = Shape(f"climatology {years} x {months}" + (", anomaly" if anomaly else ""))
    x = grid(shape.load(years * months), months)
    means = [shape.mean(f"month-{m}", [x[y][m] for y in range(years)], 4) for m in range(months)]
    if anomaly:
        for y, m in product(range(years), range(months)):
            shape.add("anomaly", y, m, inputs=[x[y][m], means[m]])
    return shape


def cohorts(n: int, groups: int, per_chunk: int) -> Shape:
    """Each chunk holds ``per_chunk`` neighbouring groups; every group is combined from the chunks that hold it."""
    shape = Shape(f"cohorts {n}, {per_chunk} of {groups}")
    chunks = shape.load(n)
    held = [[(i * per_chunk + k) % groups for k in range(per_chunk)] for i in range(n)]
    parts = [shape.layer(f"part-{i}", ([chunk] for _ in held[i]), 1 / per_chunk) for i, chunk in enumerate(chunks)]
    for group in range(groups):
        members = [part for i in range(n) for part, label in zip(parts[i], held[i], strict=True) if label == group]
        shape.mean(f"group-{group}", members, 4)
    return shape


def stored_after_steps(n: int, steps: int) -> Shape:
    """Each chunk is stored after some operations; one last task waits for all."""
    shape = Shape(f"store {n} after {steps}")
    chunks = shape.load(n)
    for step in range(steps):
        chunks = shape.each(f"step-{step}", chunks)
    shape.add("done", inputs=shape.each("store", chunks, SMALL), size=SMALL)
    return shape


def weighted_mean_stored(variables: int, n: int) -> Shape:
    """As xarray writes a dataset: variables that share one coordinate, masked, each chunk stored."""
    shape = Shape(f"dataset of {variables} x {n}")
    mask = shape.load(n, "mask")
    stores = []
    for v in range(variables):
        x = shape.load(n, f"load-{v}")
        masked = shape.layer(f"where-{v}", zip(x, mask, strict=True))
        stores += shape.each(f"store-{v}", shape.each(f"scale-{v}", masked), SMALL)
    shape.add("done", inputs=stores, size=SMALL)
    return shape


# Neighbours


def grid(tasks: Sequence[int], columns: int) -> list[Sequence[int]]:
    return [tasks[i : i + columns] for i in range(0, len(tasks), columns)]


def overlap_1d(n: int, rounds: int, *, reduced: bool = False) -> Shape:
    shape = Shape(f"overlap {n}, {rounds} rounds" + (", reduced" if reduced else ""))
    x = shape.load(n)
    for r in range(rounds):
        x = shape.layer(f"stencil-{r}", [x[max(i - 1, 0) : i + 2] for i in range(n)])
    if reduced:
        shape.mean("mean", x, 4)
    return shape


def overlap_1d_by_halos(n: int, rounds: int) -> Shape:
    """Borders are cut out by tasks of their own, and put together with the middle."""
    shape = Shape(f"halos {n}, {rounds} rounds")
    x = shape.load(n)
    for r in range(rounds):
        left, right = shape.each(f"left-{r}", x[1:], SMALL), shape.each(f"right-{r}", x[:-1], SMALL)
        joined = shape.layer(f"join-{r}", [[*right[max(i - 1, 0) : i], x[i], *left[i : i + 1]] for i in range(n)])
        x = shape.each(f"trim-{r}", shape.each(f"stencil-{r}", joined))
    return shape


def overlap_2d(rows: int, columns: int, rounds: int) -> Shape:
    shape = Shape(f"overlap {rows} x {columns}, {rounds} rounds")
    cells = list(product(range(rows), range(columns)))
    x = grid(shape.load(rows * columns), columns)
    for r in range(rounds):
        near = {(i, j): [row[max(j - 1, 0) : j + 2] for row in x[max(i - 1, 0) : i + 2]] for i, j in cells}
        tasks = [shape.add(f"stencil-{r}", *cell, inputs=itertools.chain.from_iterable(near[cell])) for cell in cells]
        x = grid(tasks, columns)
    return shape


# All to all


def rechunk(rows: int, columns: int, *, after: str = "") -> Shape:
    """Rows are split, columns are merged; then nothing, a ``"mean"`` over all, or a ``"store"`` of each column."""
    shape = Shape(f"rechunk {rows} to {columns}" + (f", {after}" if after else ""))
    x = shape.load(rows)
    parts = [shape.layer(f"split-{i}", [[x[i]]] * columns, 1 / columns) for i in range(rows)]
    merged = shape.layer("merge", ([part[j] for part in parts] for j in range(columns)), rows / columns)
    if after == "mean":
        shape.mean("mean", merged, 4)
    elif after == "store":
        shape.add("done", inputs=shape.each("store", shape.each("step", merged), SMALL), size=SMALL)
    return shape


def rechunk_pairs(n: int) -> Shape:
    """``n`` chunks of 3 become chunks of 2: neighbours share little."""
    shape = Shape(f"rechunk {n} by 3 to 2")
    x = shape.load(n)
    merged = []
    for i in range(n * 3 // 2):
        first, last = 2 * i // 3, (2 * i + 1) // 3
        merged.append(shape.layer(f"split-{i}", [[x[k]] for k in sorted({first, last})], 1 / 3))
    shape.layer("merge", merged)
    return shape


def shuffle(n: int, m: int) -> Shape:
    """Each of ``n`` is bucketed, each bucket taken out, and put together with its like: ``n`` x ``m`` small tasks."""
    shape = Shape(f"shuffle {n} x {m}")
    buckets = shape.each("bucket", shape.load(n))
    parts = [shape.layer(f"part-{i}", [[bucket]] * m, 1 / m) for i, bucket in enumerate(buckets)]
    shape.layer("join", ([part[j] for part in parts] for j in range(m)), n / m)
    return shape


def staged_shuffle(base: int, stages: int) -> Shape:
    """``base ** stages`` partitions, shuffled one digit of their number at a time."""
    n = base**stages
    shape = Shape(f"shuffle {n} in {stages} stages")
    x = shape.load(n)
    for s in range(stages):
        step = base**s
        buckets = shape.each(f"bucket-{s}", x)
        digit = [i // step % base for i in range(n)]
        parts = [shape.layer(f"part-{s}-{i}", [[buckets[i]]] * base, 1 / base) for i in range(n)]
        x = shape.layer(
            f"join-{s}", ([parts[i + (k - digit[i]) * step][digit[i]] for k in range(base)] for i in range(n))
        )
    return shape


def hash_join(n: int, m: int) -> Shape:
    """Two tables are split by hash (one task gives all buckets) and merged bucket by bucket, then reduced."""
    shape = Shape(f"hash join {n} x {m}")
    sides = [shape.each(f"split-{side}", shape.load(n, f"load-{side}")) for side in "ab"]
    shape.mean("sum", shape.layer("merge", ([*sides[0], *sides[1]] for _ in range(m))), 4)
    return shape


# Linear algebra


def matmul(rows: int, inner: int, columns: int) -> Shape:
    shape = Shape(f"matmul {rows} x {inner} x {columns}")
    a, b = grid(shape.load(rows * inner, "a"), inner), grid(shape.load(inner * columns, "b"), columns)
    for i, j in product(range(rows), range(columns)):
        products = shape.layer(f"product-{i}-{j}", ([a[i][k], b[k][j]] for k in range(inner)))
        shape.add("sum", i, j, inputs=products)
    return shape


def tsqr(n: int, *, tree: bool) -> Shape:
    """QR of each block of a tall matrix, QR of the stacked Rs (all, or in pairs), and the Qs put together."""
    shape = Shape(f"tsqr {n}" + (" in pairs" if tree else ""))
    qr = shape.each("qr", shape.load(n))
    q, r = shape.each("q", qr), shape.each("r", qr, SMALL)
    level = 0
    while len(r) > 1:
        width = 2 if tree else n
        groups = [r[i : i + width] for i in range(0, len(r), width)]
        stacked = shape.layer(f"stack-{level}", groups, SMALL)
        qr = shape.each(f"qr-{level}", stacked, SMALL)
        inner = shape.each(f"inner-{level}", qr, SMALL)
        r = shape.each(f"r-{level}", qr, SMALL)
        per = -(-n // len(groups))
        pieces = shape.layer(f"piece-{level}", ([inner[min(i // per, len(inner) - 1)]] for i in range(n)), SMALL)
        q = shape.layer(f"q-{level}", zip(q, pieces, strict=True))
        level += 1
    return shape


def randomized_svd(n: int, powers: int) -> Shape:
    """``a @ omega``, power iterations with ``a.T``, a QR between them: the blocks of ``a`` are used again and again."""
    shape = Shape(f"svd {n}, {powers} powers")
    a = shape.load(n, "a")
    small = shape.add("omega", size=SMALL)
    for p in range(powers + 1):
        y = shape.layer(f"y-{p}", ([block, small] for block in a), SMALL)
        small = shape.reduce(f"qr-{p}", shape.layer(f"z-{p}", zip(a, y, strict=True), SMALL), 4)
    shape.layer("u", ([block, small] for block in a), SMALL)
    return shape


def cholesky(n: int) -> Shape:
    shape = Shape(f"cholesky {n} x {n}")
    a = {(i, j): shape.add("a", i, j) for i in range(n) for j in range(i + 1)}
    for k in range(n):
        a[k, k] = shape.add("potrf", k, inputs=[a[k, k]])
        for i in range(k + 1, n):
            a[i, k] = shape.add("trsm", i, k, inputs=[a[i, k], a[k, k]])
        for i in range(k + 1, n):
            for j in range(k + 1, i + 1):
                a[i, j] = shape.add(f"syrk-{k}", i, j, inputs=[a[i, j], a[i, k], a[j, k]])
    return shape


# Random


def random_dag(n: int, fan_in: int, seed: int, *, reach: int | None = None) -> Shape:
    """Each task takes ``fan_in`` of the tasks before it, at most ``reach`` back."""
    shape = Shape(f"random {n} x {fan_in}" + (f", reach {reach}" if reach else ""))
    rng = random.Random(seed)
    for task in range(n):
        first = max(0, task - reach) if reach else 0
        shape.add("task", task, inputs=(rng.randrange(first, task) for _ in range(fan_in if task else 0)))
    return shape


def random_layers(width: int, depth: int, fan_in: int, seed: int) -> Shape:
    shape = Shape(f"random layers {width} x {depth}")
    rng = random.Random(seed)
    layer = shape.load(width)
    for level in range(1, depth):
        layer = shape.layer(f"layer-{level}", [rng.sample(layer, fan_in) for _ in range(width)])
    return shape


def random_tree_of_uses(n: int, seed: int) -> Shape:
    """Many loads, joined with near ones, now and then used twice: what is left of an expression after fusing."""
    shape = Shape(f"random uses {n}")
    rng = random.Random(seed)
    level = shape.load(n)
    depth = 0
    while len(level) > 1:
        depth += 1
        groups: list[list[int]] = []
        i = 0
        while i < len(level):
            width = rng.choice((1, 1, 2, 2, 3, 4))
            groups.append(level[max(0, i - rng.choice((0, 0, 0, 1))) : i + width])
            i += width
        level = shape.layer(f"level-{depth}", groups)
    return shape


def classic_shapes() -> Iterator[Shape]:
    """Every shape, a few hundred to a few thousand tasks each."""
    makers: list[Callable[[], Shape]] = [
        lambda: independent_tasks(200),
        lambda: chain(200),
        lambda: tree_reduction(256, 2),
        lambda: tree_reduction(256, 4),
        lambda: tree_reduction(300, 8),
        lambda: tree_reduction(300, 16),
        lambda: tree_of_means(300, 4),
        lambda: tree_of_means(300, 16),
        lambda: lopsided_tree(300, 1),
        lambda: independent_chains(100, 8),
        lambda: fan_in(200),
        lambda: fan_out(200),
        lambda: fan_out_and_in(100, 3),
        lambda: chain_with_side_inputs(1, 100),
        lambda: chain_with_side_inputs(10, 30),
        lambda: running_total(100),
        lambda: map_reduce_with_shared_source(200, 4),
        lambda: model_applied_and_reduced(200, 4),
        lambda: two_reductions(200, 4),
        lambda: two_reductions(200, 8, steps=2),
        lambda: reductions_of_derived(100, 4, 3),
        lambda: reductions_of_derived(100, 4, 6),
        lambda: products_of_two(100, 4),
        lambda: side_loads(100, 4),
        lambda: demean(100, 4),
        lambda: demean(100, 4, again=True),
        lambda: demean_along_axis(20, 20, 0),
        lambda: demean_along_axis(20, 20, 1),
        lambda: climatology(20, 12, anomaly=False),
        lambda: climatology(20, 12, anomaly=True),
        lambda: cohorts(60, 12, 4),
        lambda: stored_after_steps(100, 4),
        lambda: weighted_mean_stored(4, 50),
        lambda: overlap_1d(100, 1),
        lambda: overlap_1d(100, 4),
        lambda: overlap_1d(100, 4, reduced=True),
        lambda: overlap_1d_by_halos(60, 1),
        lambda: overlap_1d_by_halos(60, 4),
        lambda: overlap_2d(14, 14, 1),
        lambda: overlap_2d(14, 14, 4),
        lambda: rechunk(20, 20),
        lambda: rechunk(40, 10),
        lambda: rechunk(20, 20, after="mean"),
        lambda: rechunk(20, 20, after="store"),
        lambda: rechunk_pairs(100),
        lambda: shuffle(20, 20),
        lambda: shuffle(10, 40),
        lambda: staged_shuffle(4, 3),
        lambda: staged_shuffle(2, 6),
        lambda: hash_join(20, 20),
        lambda: matmul(8, 8, 8),
        lambda: tsqr(64, tree=False),
        lambda: tsqr(64, tree=True),
        lambda: randomized_svd(50, 2),
        lambda: cholesky(12),
        lambda: random_dag(1000, 3, 1),
        lambda: random_dag(1000, 2, 2, reach=20),
        lambda: random_layers(50, 20, 3, 3),
        lambda: random_layers(50, 6, 2, 4),
        lambda: random_tree_of_uses(300, 5),
    ]
    for make in makers:
        yield make()
