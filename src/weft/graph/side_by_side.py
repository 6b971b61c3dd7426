"""The static order for several workers: what one does for one chunk, all of them do for as many chunks.

:mod:`weft.graph.priority` ranks tasks for one worker, which takes a chunk through everything that can be done with it
and frees it before it loads the next. Where a chunk has several uses (the mean and the standard deviation), eight workers
in that order each make all small results of a chunk at once; those of half the next group lie about when the last chunk
of this one comes, and nothing can be combined before. So here the tasks of a *group* are put in another order: the loads
of a *batch* of chunks, one for each worker, then all that the first reduction takes of them, that reduction if it has all,
then what the second takes, and so on. The workers hold as many chunks as they have in their hands anyway.

A group is what is run from one load to another when nothing is left but the results of its *reductions* (tasks with
several inputs that nobody else reads). It *suits* if it was run chunk by chunk: no more than ``TOGETHER`` loads were
begun before all blocks with several uses were done with, no chunk after a reduction, nothing is an output, and no task but
the reductions freed two blocks at once. And it must be small: ``TIMES`` loads for each worker at most. So stencils,
shuffles, products of matrices and the like keep the order they have, which is reduction by reduction already.

On the shapes of ``benchmarks/order.py`` and eight workers, blocks of one size, this lowers the peaks of two, three and six
reductions of one array by 8 to 13 %, and those of grouped reductions by 10 %.

One worker in that order holds one chunk where it held one before, unless the chunk has three uses or more: then two are
taken through together, which is a little better if small results weigh as much as chunks, and costs a chunk if not.

HOT: runs at each compute whose order :mod:`weft.graph.priority` found to be closed chunk by chunk, and takes as long again.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["side_by_side"]

TOGETHER = 3
"""Loads that may make one chunk, as ``u`` and ``v`` in the means of ``uu``, ``uv`` and ``vv``."""

TIMES = 4
"""A group of more loads than this many for each worker keeps the order it has."""

MANY = 3
"""One worker takes two chunks at a time through so many uses, or more."""


def side_by_side(
    ranks: list[int], inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], workers: int
) -> list[int]:
    """Ranks for several workers that run side by side.

    Parameters
    ----------
    ranks : list of int
        The order for one worker, as :func:`weft.graph.priority.order` gives it.
    inputs, dependents : sequences of sequences of int
        The graph's edges, seen from both sides.
    workers : int
        How many tasks run at a time.

    Examples
    --------
    Two chunks, and the sum and the maximum of both: the loads come first, then what the sum takes.

    >>> inputs = [[], [0], [0], [], [3], [3], [1, 4], [2, 5]]
    >>> dependents = [[1, 2], [6], [7], [4, 5], [6], [7], [], []]
    >>> side_by_side(list(range(8)), inputs, dependents, 4)
    [0, 2, 5, 1, 3, 6, 4, 7]
    """
    sequence = [0] * len(ranks)
    for task, rank in enumerate(ranks):
        sequence[rank] = task
    chunk = [-1] * len(ranks)  # the load with which a task's chunk begins; loads are counted
    level = [0] * len(ranks)
    is_reduction = bytearray(len(ranks))
    suitable = _groups(sequence, inputs, dependents, chunk, level, is_reduction)
    if workers == 1:
        suitable = [group for group in suitable if group[-1] >= MANY]
        workers = 2
    for first, end, load, loads, _ in suitable:
        if loads > TIMES * workers:
            continue
        batch = -(-loads // -(-loads // workers))
        leads_to: dict[int, int] = {}  # task to the rank of the first reduction of the group that it leads to
        for task in reversed(sequence[first:end]):
            rank = ranks[task]
            if not is_reduction[task]:
                rank = min([leads_to[user] for user in dependents[task] if user in leads_to], default=rank)
            leads_to[task] = rank
        place_of = {
            task: ((chunk[task] - load) // batch, level[task] and rank, level[task]) for task, rank in leads_to.items()
        }
        sequence[first:end] = sorted(sequence[first:end], key=place_of.__getitem__)
    wide = [0] * len(ranks)
    for rank, task in enumerate(sequence):
        wide[task] = rank
    return wide


def _groups(
    sequence: list[int],
    inputs: Sequence[Sequence[int]],
    dependents: Sequence[Sequence[int]],
    chunk: list[int],
    level: list[int],
    is_reduction: bytearray,
) -> list[tuple[int, int, int, int, int]]:
    """The groups that suit: from where in the sequence, to where, first load, loads, most uses of a block; fills the columns."""
    users = list(map(len, dependents))
    left = users[:]
    found = []
    first = begin = newest = loads = most = (
        0  # where the group begins, its first load, that of its newest chunk; loads so far
    )
    shared = unused = 0  # blocks with several uses that have some left; blocks of no reduction that are still needed
    meets, suits = False, True
    for place, task in enumerate(sequence):
        sources = inputs[task]
        if not sources:
            if meets and not unused:
                if suits and loads - begin > 1:
                    found.append((first, place, begin, loads - begin, most))
                first, begin, newest, shared, most, meets, suits = place, loads, loads, 0, 0, False, True
            if not shared:
                newest = loads
                suits = suits and not meets
            elif loads - newest >= TOGETHER:
                suits = False
            chunk[task] = newest
            loads += 1
        else:
            mine, depth, freed, own = begin, -1, 0, len(sources) > 1
            for source in sources:
                left[source] = still = left[source] - 1
                if users[source] > 1:
                    own = False
                if chunk[source] >= begin:
                    if chunk[source] > mine:
                        mine = chunk[source]
                    if level[source] > depth:
                        depth = level[source]
                    if not still:
                        freed += 1
                        if not is_reduction[source]:
                            unused -= 1
                            if users[source] > 1:
                                shared -= 1
            chunk[task] = mine
            level[task] = depth + 1
            if own:
                is_reduction[task] = meets = True
                continue
            if freed > 1:
                suits = False
        if users[task]:
            unused += 1
            if users[task] > 1:
                shared += 1
                if users[task] > most:
                    most = users[task]
        else:
            suits = False
    if suits and meets and not unused and loads - begin > 1:
        found.append((first, len(sequence), begin, loads - begin, most))
    return found
