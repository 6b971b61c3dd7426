"""Static order of tasks that keeps few blocks alive: what was loaded first is finished and freed first.

The problem. A block lives from its task until the last of its dependents is done. In which order shall tasks run, so
that few blocks live at a time? For trees this is pebbling, and the answer is known (Sethi and Ullman, 1970); for graphs
in general it is NP-hard, so this module has rules, each of which is nearly free, and each of which saves a family of
graphs. The rank of a task is also its priority where several workers run side by side: whoever is free takes the ready
task of lowest rank, so the workers stay close together in the order, and what holds for one holds for all, plus the
blocks that they have in their hands.

Trees. When no block has two dependents, each subtree is finished before the next is begun, and the child with the
highest *need* goes first, for while a later child is made the results of earlier ones are held: children with needs
``a >= b >= c`` need ``max(a, b + 1, c + 2)``. That is optimal for blocks of one size, and takes three plain passes.

Graphs. The walk keeps a stack of *goals*. The goal on top is run if its inputs are there; if not, those that miss are
put above it, the one with the most loads below it (its *weight*) on top. That alone is a walk depth first from the
outputs, and fails where a block is shared: in ``x.mean(), x.std()`` it would hold all of ``x`` until the mean is
there. Therefore each task that has run (*t*, below) can put its dependents on top of the stack, when that frees more
than it holds, or at least no less:

*last use*
    A task that is ready and the last to use one of its inputs frees as much as it makes: it runs now. So does a *part*
    (one input, one dependent) if its dependent could then run, and would free yet another block.
*closing*
    If *t* has few dependents (``FEW``) and all of them could run now, they do, and *t* is freed; "now" includes those
    that miss a load which nobody else waits for with more inputs missing (``u`` in the means of ``uu``, ``uv`` and
    ``vv``, where ``v`` misses). Their results are held instead of *t*, until what uses them has its other inputs. So it
    is worth it only if these come soon: ``extra results x loads until used`` must be a ``CAUTION``-th of the loads
    below the current output at most. A split into many parts for far away merges fails that test.
*fair shares*
    Of the parts of a shuffle, no single one frees its source. Yet all parts that one merge needs may be ready. If each
    use of a block counts as a share of it, and a merge with its own parts uses up a whole block or more, then it runs
    as soon as it can, and so do its neighbours, until the sources are used up.

Where tasks are numbered in the order in which they are written (inputs first), neighbours in an array have near
numbers, and outputs are taken by number. Other numberings are taken to mean nothing; then the next output is looked
for among the dependents of the block that was made last, the one that misses least, so that a stencil grows from where
it is.

What was tried, on the 60 shapes of ``benchmarks/order.py``: the walk depth first alone holds up to 48 times more
blocks than Dask's order, and more than 10 % more on 15 shapes; with last use, on 13. Looking for the next output near
the oldest block instead of the newest opens whole arrays on everything all-to-all. Several workers need one thing more,
which :mod:`weft.graph.side_by_side` sees to afterwards: no order of ties, of inputs or of outputs gave it for eight workers
without making other shapes worse by a third.

HOT: runs at each compute; ``benchmarks/order.py`` measures it. Hence lists of integers, no recursion, and one long
function. Every rule looks at each edge a constant number of times, so the work grows as tasks plus edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from weft.errors import CycleError
from weft.graph.side_by_side import side_by_side

__all__ = ["order", "rank_tasks"]

FEW = 8
"""So many dependents at most may be run together in order to free the block they use."""

CAUTION = 6
"""A block is closed if that is this many times cheaper than holding it through the current output, by estimate."""

NEAR = 64
"""Blocks with more dependents than this do not say where the next output may be."""

OFTEN = 50
"""Orders in which one block for so many tasks is closed, or more, are looked at again for several workers."""

HELD = 1 << 32
"""Stands for the user of a block that is held to the end."""


def order(
    inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], wanted: Iterable[int], workers: int = 1
) -> list[int]:
    """Rank tasks so that, run by rank, they keep few blocks alive.

    Parameters
    ----------
    inputs : sequence of sequences of int
        For each task, the tasks whose results it takes, each once.
    dependents : sequence of sequences of int
        The same edges, seen from the other side.
    wanted : iterable of int
        Tasks whose results are held to the end, whoever else has used them.
    workers : int
        How many tasks will run side by side.

    Returns
    -------
    list of int
        For each task its rank: ``range(len(inputs))`` in some order. Inputs come before their dependents. The same
        graph gets the same ranks.

    Raises
    ------
    CycleError
        If tasks wait for each other in a circle; ``error.cycle`` lists the tasks of one circle, each followed by one
        that needs it.

    Examples
    --------
    Two loads, each with a step of its own, and their sum. The first load is used before the second is made:

    >>> inputs = [[], [], [0], [1], [2, 3]]
    >>> dependents = [[2], [3], [4], [4], []]
    >>> order(inputs, dependents, [4])
    [0, 2, 1, 3, 4]
    """
    ranks, by_chunks = rank_tasks(inputs, dependents, wanted)
    return side_by_side(ranks, inputs, dependents, workers) if by_chunks else ranks


def rank_tasks(
    inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], wanted: Iterable[int]
) -> tuple[list[int], bool]:
    """Ranks as this module gives them, and whether they go chunk by chunk, so that ``side_by_side`` may better them."""
    if not any(inputs):
        return list(range(len(inputs))), False
    if max(map(len, dependents)) <= 1:
        return _order_of_trees(inputs, dependents), False
    ranks, closed = _order_of_graph(inputs, dependents, wanted)
    return ranks, closed * OFTEN >= len(ranks)


def _order_of_trees(inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]]) -> list[int]:
    n = len(inputs)
    downwards = [task for task, users in enumerate(dependents) if not users]
    roots = len(downwards)
    for task in downwards:
        downwards += inputs[task]  # the list grows while it is walked
    if len(downwards) < n:
        raise _cycle_error(inputs)

    size = [1] * n
    need = [1] * n
    first: dict[int, list[int]] = {}  # children in the order of visits, where that is not the one given
    for task in reversed(downwards):
        children = inputs[task]
        if not children:
            continue
        if len(children) == 1:
            child = children[0]
            size[task] = size[child] + 1
            need[task] = need[child] if need[child] > 2 else 2
            continue
        needs = [need[child] for child in children]
        highest = max(needs)
        if needs[0] == highest and needs.count(highest) == len(needs):
            need[task] = highest + len(needs) - 1 if highest > 1 else len(needs) + 1
        else:
            first[task] = children = sorted(children, key=need.__getitem__, reverse=True)
            needs.sort(reverse=True)
            highest = max(map(int.__add__, needs, range(len(needs))))
            need[task] = max(highest, len(needs) + 1)
        size[task] = sum([size[child] for child in children]) + 1

    rank = size  # a task that is looked at from above gives up its size for its rank
    end = n
    for root in reversed(downwards[:roots]):
        end, rank[root] = end - size[root], end - 1
    for task in downwards:
        children = inputs[task]
        if not children:
            continue
        end = rank[task]
        if len(children) == 1:
            rank[children[0]] = end - 1
            continue
        for child in reversed(first.get(task, children)):
            rank[child], end = end - 1, end - size[child]
    return rank


def _order_of_graph(
    inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], wanted: Iterable[int]
) -> tuple[list[int], int]:
    """The ranks for one worker, and how many blocks were closed."""
    n = len(inputs)
    numbered, weight = _weights(inputs, dependents)
    weight_of = weight.__getitem__
    missing = list(map(len, inputs))
    own: dict[int, int] = {}  # of the inputs that miss: those that are ready, and used by nobody else
    users = list(map(len, dependents))  # how many dependents are not done
    for task in wanted:
        users[task] += HELD
    rank = [-1] * n
    done = closed = 0
    outputs = [task for task, waiting in enumerate(dependents) if not waiting]
    outputs.reverse()
    if not numbered:
        outputs.append(min(reversed(outputs), key=weight_of))  # start at a corner
    opened: list[int] = []
    fair: list[int] = []
    below = 0
    stack: list[int] = []
    pop = stack.pop
    push = stack.append

    while True:
        if not stack:
            goal = _next_goal(outputs, opened, dependents, missing, rank)
            if goal < 0:
                return rank, closed
            push(goal)
            below = weight[goal]

        task = pop()
        if rank[task] >= 0:
            continue
        sources = inputs[task]
        if missing[task]:
            push(task)
            if len(sources) == 1:
                push(sources[0])
                continue
            todo = [source for source in sources if rank[source] < 0]
            if len(todo) > 1:
                todo.reverse()
                todo.sort(key=weight_of)
            stack += todo
            continue

        rank[task] = done
        done += 1
        for source in sources:
            users[source] = left = users[source] - 1
            if left == 1:
                for last in dependents[source]:
                    if rank[last] < 0:
                        if not missing[last]:
                            push(last)
                        break

        waiting = dependents[task]
        if not waiting:
            continue
        if not numbered:
            opened.append(task)
        count = len(waiting)
        if count == 1 and len(sources) == 1 and waiting[0] in own:
            own[waiting[0]] -= 1
        closing = 1 < count <= FEW and users[task] == count  # more: it is wanted, and stays
        for dependent in reversed(waiting):
            missing[dependent] = left = missing[dependent] - 1
            if left:
                if left > 1:
                    closing = False
                continue
            needs = inputs[dependent]
            for source in needs:
                if users[source] == 1:
                    push(dependent)
                    break
            if len(needs) == 1 and len(dependents[dependent]) == 1:  # a part
                user = dependents[dependent][0]
                if missing[user] == 1 and _frees_a_block(user, dependent, inputs, users):
                    push(dependent)
                if len(inputs[user]) > 2:
                    own[user] = left = own.get(user, 0) + 1
                    if left == missing[user] and _is_fair(user, inputs, dependents, rank):
                        fair.append(user)
        if fair:
            # on top the one that misses least, since it was begun
            fair.sort(key=lambda task: (-missing[task], -task))
            stack += fair
            fair.clear()
        if (
            closing
            and _is_worth_closing(waiting, inputs, dependents, missing, weight, below)
            and _can_be_closed(waiting, inputs, dependents, missing, rank)
        ):
            closed += 1
            # outputs first, since nobody waits for them with more
            stack += sorted(waiting, key=lambda task: (-missing[task], bool(dependents[task]), -task))


def _weights(inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]]) -> tuple[bool, list[int]]:
    """Tell whether numbers are in topological order, and count the loads below each task.

    A load is counted once for each way to it, but never more than there are loads in all.
    """
    n = len(inputs)
    loads = n - sum(map(bool, inputs))
    unknown = -n * n - 1
    weight = [unknown] * n
    weight_of = weight.__getitem__
    for task, sources in enumerate(inputs):
        if sources:
            total = sum(map(weight_of, sources))
            if total < 0:
                break
            weight[task] = total if total < loads else loads
        else:
            weight[task] = 1
    else:
        return True, weight

    missing = list(map(len, inputs))
    upwards = [task for task, count in enumerate(missing) if not count]
    for task in upwards:
        if inputs[task]:
            total = sum(map(weight_of, inputs[task]))
            weight[task] = total if total < loads else loads
        else:
            weight[task] = 1
        for waiting in dependents[task]:
            missing[waiting] -= 1
            if not missing[waiting]:
                upwards.append(waiting)  # the list grows while it is walked
    if len(upwards) < n:
        raise _cycle_error(inputs)
    return False, weight


def _next_goal(
    outputs: list[int], opened: list[int], dependents: Sequence[Sequence[int]], missing: list[int], rank: list[int]
) -> int:
    """Of those that wait for the newest block that was opened, the one that misses least; or the next output; or -1."""
    while opened:
        waiting = dependents[opened[-1]]
        if len(waiting) <= NEAR:
            waiting = [task for task in waiting if rank[task] < 0]
            if waiting:
                return min(waiting, key=missing.__getitem__)
        opened.pop()
    while outputs:
        goal = outputs.pop()
        if rank[goal] < 0:
            return goal
    return -1


def _frees_a_block(task: int, besides: int, inputs: Sequence[Sequence[int]], users: list[int]) -> bool:
    return any(users[source] == 1 for source in inputs[task] if source != besides)


def _is_fair(task: int, inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], rank: list[int]) -> bool:
    """Whether ``task`` and the inputs that only it uses, which are ready, use up as much as one whole block."""
    shares = 0.0
    for source in inputs[task]:
        if rank[source] >= 0:
            shares += 1 / len(dependents[source])
        else:
            for below in inputs[source]:
                shares += 1 / len(dependents[below])
    return shares > 0.999


def _can_be_closed(
    waiting: Sequence[int],
    inputs: Sequence[Sequence[int]],
    dependents: Sequence[Sequence[int]],
    missing: list[int],
    rank: list[int],
) -> bool:
    """Whether each of ``waiting`` misses nothing, or one load (or chain from one) that nobody waits for longer."""
    for task in waiting:
        if not missing[task]:
            continue
        source = next(source for source in inputs[task] if rank[source] < 0)
        for _ in range(FEW):
            if len(dependents[source]) > FEW or any(missing[user] > 1 for user in dependents[source]):
                return False
            if len(inputs[source]) != 1:
                break
            if rank[inputs[source][0]] >= 0:
                break
            source = inputs[source][0]
        else:
            return False
        if len(inputs[source]) > 1:
            return False
    return True


def _is_worth_closing(
    waiting: Sequence[int],
    inputs: Sequence[Sequence[int]],
    dependents: Sequence[Sequence[int]],
    missing: list[int],
    weight: list[int],
    below: int,
) -> bool:
    """Whether the results of ``waiting`` are used soon, seen beside the ``below`` loads of the current output."""
    allowed = below / (CAUTION * (len(waiting) - 1))
    for task in waiting:
        if missing[task] > allowed or len(dependents[task]) > NEAR:
            return False
        for user in dependents[task]:
            if missing[user] * weight[user] > allowed * len(inputs[user]):
                return False
    return True


def _cycle_error(inputs: Sequence[Sequence[int]]) -> CycleError:
    """Follow inputs that can never be there until one comes up again."""
    n = len(inputs)
    dependents: list[list[int]] = [[] for _ in range(n)]
    for task, sources in enumerate(inputs):
        for source in sources:
            dependents[source].append(task)
    missing = list(map(len, inputs))
    free = [task for task, count in enumerate(missing) if not count]
    for task in free:
        for waiting in dependents[task]:
            missing[waiting] -= 1
            if not missing[waiting]:
                free.append(waiting)
    task = next(task for task, count in enumerate(missing) if count)
    path: dict[int, None] = {}
    while task not in path:
        path[task] = None
        task = next(source for source in inputs[task] if missing[source])
    cycle = list(path)
    cycle = cycle[cycle.index(task) :][::-1]
    shown = " -> ".join(map(str, [*cycle[:10], *(["..."] if len(cycle) > 10 else []), cycle[0]]))
    return CycleError(
        f"cannot order {n} tasks: {len(cycle)} of them wait for each other in a circle: {shown}. "
        "Remove one of these dependencies.",
        cycle=cycle,
    )
