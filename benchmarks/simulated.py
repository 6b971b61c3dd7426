"""A thousand pretended workers, a million tasks: decisions a second, and the makespan against its lower bound.

Run with ``python -m benchmarks.simulated [ntasks] [nworkers]``. The model, and the bound that includes forced
transfers, are described in :mod:`weft.backends.simulated`. Decisions (tasks handed to a worker) are counted by CPU
second of the whole simulation, and of the core's share of it: other programs do not count, the measuring does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import process_time

from weft.backends.simulated import Cluster, lower_bound, simulate, varied
from weft.graph import Plan, Program

TASK = Program.call(max, name="task")
SPLIT = Program.call(max, noutputs=2, name="split")


def empty_plan() -> Plan:
    return Plan([], [], [], [], [], [])


def finish(plan: Plan) -> Plan:
    """Fill in what follows from the inputs; tasks have been added in depth-first order."""
    ntasks, nblocks = len(plan.inputs), len(plan.nbytes)
    plan.keys = list(range(nblocks))
    plan.programs = [SPLIT if task in plan.outputs else TASK for task in range(ntasks)]
    plan.constants = [()] * ntasks
    plan.rank = list(range(ntasks))
    return plan


def add_tree(plan: Plan, leaves: int, fan: int, nbytes: int) -> int:
    """Append a tree reduction in depth-first order; returns its root."""
    pending: list[list[int]] = [[]]

    def push(level: int, task: int) -> None:
        if level == len(pending):
            pending.append([])
        pending[level].append(task)
        if len(pending[level]) == fan:
            merged = add(plan, tuple(pending[level]), nbytes)
            pending[level] = []
            push(level + 1, merged)

    for _ in range(leaves):
        push(0, add(plan, (), nbytes))
    rest: list[int] = []
    for level in pending:
        rest = [*level, *rest]
        while len(rest) >= fan:
            rest = [add(plan, tuple(rest[:fan]), nbytes), *rest[fan:]]
    return rest[0] if len(rest) == 1 else add(plan, tuple(rest), nbytes)


def add(plan: Plan, inputs: tuple[int, ...], nbytes: int) -> int:
    plan.inputs.append(inputs)
    plan.nbytes.append(nbytes)
    return len(plan.inputs) - 1


def tree(ntasks: int, *, fan: int = 2, nbytes: int = 10_000_000) -> Plan:
    """A reduction by a tree: about ``ntasks`` tasks, each block ``nbytes``."""
    plan = empty_plan()
    plan.wanted.append(add_tree(plan, 1 + ntasks * (fan - 1) // fan, fan, nbytes))
    return finish(plan)


def shuffle(ntasks: int, groups: int, *, fan: int = 16, nbytes: int = 10_000_000, piece: int = 1_000_000) -> Plan:
    """Groups of maps, each merged by a tree into one split; reducers that read a piece from every split."""
    plan = empty_plan()
    splits = []
    leaves = (ntasks // groups - 2) * (fan - 1) // fan
    for _ in range(groups):
        root = add_tree(plan, leaves, fan, nbytes)
        splits.append(add(plan, (root,), piece))
    reducers = [add(plan, (), nbytes) for _ in range(groups)]
    pieces = []
    for split in splits:
        more = range(len(plan.nbytes), len(plan.nbytes) + groups - 1)
        plan.outputs[split] = (split, *more)
        plan.maker.update(dict.fromkeys(more, split))
        plan.nbytes.extend([piece] * (groups - 1))
        pieces.append(plan.outputs[split])
    for place, reducer in enumerate(reducers):
        plan.inputs[reducer] = tuple([outputs[place] for outputs in pieces])
    plan.wanted.extend(reducers)
    return finish(plan)


def runs(ntasks: int, nworkers: int) -> Iterator[tuple[str, Callable[[], Plan], Cluster, float | Callable]]:
    cluster = Cluster(nworkers)
    for name, make in (("tree", lambda: tree(ntasks)), ("map-shuffle-reduce", lambda: shuffle(ntasks, nworkers))):
        yield f"{name}, 0.1 s a task", make, cluster, 0.1
        yield f"{name}, 0.05..0.15 s", make, cluster, varied(0.1, 0.5)
    yield "tree, 3 workers fewer", lambda: tree(ntasks), replace(cluster, nworkers=nworkers - 3), 0.1
    yield (
        "map-shuffle-reduce, 2 % die",
        lambda: shuffle(ntasks, nworkers),
        replace(cluster, deaths=nworkers // 50, death_every=2000.0 / nworkers, restart=5.0),
        0.1,
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    given = [int(each) for each in (sys.argv[1:] if arguments is None else arguments)]
    ntasks, nworkers = (*given, *(1_000_000, 1_000)[len(given) :])[:2]
    print(f"{nworkers:,} workers of one core, 1 GB/s each way; blocks of 10 MB, shuffled pieces of 1 MB")
    print(
        f"{'graph':34} {'tasks':>9} {'work/P':>8} {'path':>7} {'makespan':>9} {'ratio':>6} {'moved':>9}"
        f" {'decisions/s':>12} {'of the core':>12} {'CPU':>7} {'real':>7}"
    )
    for name, make, cluster, duration in runs(ntasks, nworkers):
        plan = make()
        work, path = lower_bound(plan, cluster, duration=duration)
        gc.collect()
        gc.disable()
        began = process_time()
        out = simulate(plan, cluster, duration=duration, measure=True)
        cpu = process_time() - began
        gc.enable()
        core = cpu * out.core_s / out.total_s
        print(
            f"{name:34} {plan.ntasks:9,} {work:6.1f} s {path:5.1f} s {out.makespan:7.1f} s"
            f" {out.makespan / max(work, path):6.3f} {out.moved / 1e9:6.0f} GB"
            f" {out.decisions / cpu:12,.0f} {out.decisions / core:12,.0f} {cpu:5.1f} s {out.total_s:5.1f} s",
            flush=True,
        )
        del plan, out


if __name__ == "__main__":
    main()
