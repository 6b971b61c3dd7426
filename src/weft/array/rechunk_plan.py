"""Stages of a rechunk: the grids on the way, so that neither the pieces become too many nor the chunks too large.

Where every old chunk meets every new one (rows to columns), a single step makes as many pieces, *runs*, as there are pairs.
On the way through a grid half way, rows are first merged in groups and cut in a few wide columns, and those then merged to
columns: each step has far fewer runs, but every byte moves once more. A plan weighs the two: the time for all bytes against
the time for all runs. The grids on the way have chunks whose numbers along each axis are geometric means of the old and the
new one, so their chunks are no larger than the larger of old and new.

How a stage goes depends on memory. An array that fits comfortably is *gathered*: each new chunk reads the old ones that it
needs parts of, all of which stay in memory until they have been read by all. Of a larger one each chunk is *exchanged*: split
once into runs of its own, which can be spilled, and are gone as soon as they are merged; that is a copy and many small
results more.

Terms: a *stage* is a step from one grid to the next; its *runs* are the pieces that both grids' boundaries cut together.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, prod

from weft.array.chunks import Cut, Grid, UnknownCut, axis_count, regular
from weft.array.layout_cost import chunk_elements, runs_along

__all__ = ["MOST_STAGES", "cost_of", "fits", "plan_stages", "runs_between"]

#: More stages than this never pay.
MOST_STAGES = 4
#: An array of which so many fit into the budget is gathered.
COMFORT = 4
#: What a run takes when it is read where it is, in seconds.
SECONDS_A_READ = 5e-6
#: What a run takes when it becomes a result of its own, in seconds: it is cut out, named, counted and merged.
SECONDS_A_RUN = 15e-6
#: What a run takes when results go to disk, in seconds.
SECONDS_A_SPILLED_RUN = 150e-6
#: What a task takes, in seconds.
SECONDS_A_TASK = 60e-6
#: What a byte takes in a stage, in seconds: it is read and written twice.
SECONDS_A_BYTE = 1 / 1.5e9
#: What a byte takes when results go to disk, in seconds.
SECONDS_A_SPILLED_BYTE = 1 / 0.4e9


def runs_between(shape: tuple[int, ...], old: Grid, new: Grid) -> int:
    """Pieces that the boundaries of two grids cut together."""
    return prod([runs_along(length, before, after) for length, before, after in zip(shape, old, new, strict=True)])


def fits(nbytes: int, budget: int | None) -> bool:
    """Whether an array fits comfortably into memory."""
    return budget is None or nbytes * COMFORT <= budget


def cost_of(shape: tuple[int, ...], grids: list[Grid], nbytes: int, budget: int | None = None) -> float:
    """Seconds that a rechunk through these grids takes, about."""
    spills = budget is not None and nbytes > budget
    a_run = SECONDS_A_SPILLED_RUN if spills else SECONDS_A_READ if fits(nbytes, budget) else SECONDS_A_RUN
    a_byte = SECONDS_A_SPILLED_BYTE if spills else SECONDS_A_BYTE
    tasks = sum(chunk_count(shape, grid) for grid in grids[1:])
    stages = sum(runs_between(shape, old, new) * a_run + nbytes * a_byte for old, new in pairwise(grids))
    return stages + tasks * SECONDS_A_TASK


def plan_stages(
    shape: tuple[int, ...], old: Grid, new: Grid, itemsize: int, *, budget: int | None = None, limit: int | None = None
) -> list[Grid]:
    """The grids between ``old`` and ``new`` through which a rechunk goes; none where one step is best.

    Parameters
    ----------
    shape : tuple of int
    old, new : tuple of cuts
    itemsize : int
        Bytes of an element.
    budget : int, optional
        Bytes of memory for results; what is beyond goes to disk, where many small runs cost more.
    limit : int, optional
        No chunk on the way has more bytes; by default the larger of old and new chunks.

    Examples
    --------
    >>> plan_stages((40000, 40000), (400, 40000), (40000, 400), 8, budget=10**9)
    []
    >>> plan_stages((1000, 1000), (1, 1000), (1000, 1), 8)
    [(9, 100), (90, 10)]
    """
    nbytes = prod(shape) * itemsize
    if not nbytes or any(isinstance(cut, UnknownCut) for cut in (*old, *new)):
        return []
    largest = limit or max(chunk_elements(shape, old), chunk_elements(shape, new)) * itemsize
    best: list[Grid] = []
    least = cost_of(shape, [old, new], nbytes, budget)
    for stages in range(2, MOST_STAGES + 1):
        between = [grid_between(shape, old, new, step / stages) for step in range(1, stages)]
        through = [old, *between, new]
        if any(one == other for one, other in pairwise(through)):
            break
        if any(chunk_elements(shape, grid) * itemsize > largest for grid in between):
            break
        cost = cost_of(shape, through, nbytes, budget)
        if cost >= least:
            break
        best, least = between, cost
    return best


def chunk_count(shape: tuple[int, ...], grid: Grid) -> int:
    """Chunks of a grid."""
    return prod([axis_count(length, cut) for length, cut in zip(shape, grid, strict=True)])


def grid_between(shape: tuple[int, ...], old: Grid, new: Grid, share: float) -> Grid:
    """The grid that lies a share of the way between two."""
    return tuple([cut_between(*each, share) for each in zip(shape, old, new, strict=True)])


def cut_between(length: int, old: Cut, new: Cut, share: float) -> Cut:
    """Chunks whose length is the weighted geometric mean of old and new ones, a multiple of the finer where it can be."""
    if old == new:
        return old
    before, after = axis_count(length, old), axis_count(length, new)
    if before == after:
        return new
    size = max(1, length // ceil(before ** (1 - share) * after**share))
    fine = old if before > after else new
    if not isinstance(fine, (tuple, UnknownCut)):
        size = max(fine, size // fine * fine)
    return regular(length, size)
