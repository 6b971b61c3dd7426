"""Which worker runs what: rules that users attach to tasks, and nearness to the inputs where workers are apart.

Tasks without a rule stand in the common queue. Where workers are apart (moving blocks costs), each has a queue of its
own besides:

- Tasks that are ready when a graph comes are *spread*: those of one program (a layer) are sorted by rank and cut into
  contiguous ranges, one for each worker. The rank is depth first, so a range is a few whole subtrees: what is reduced
  together, or joined chunk by chunk, lies together. Each worker has a part of every layer, so that what others wait for
  is done by all, and first.
- A task that becomes ready goes to the worker that holds most of its input bytes (one that has read a block has a copy,
  until the block goes); of those that hold about as much to the one with the
  fewest tasks that come before it. If nobody holds a notable part (a reducer that reads from a thousand workers), it goes to the common
  queue, that is to whoever is free first.
- A worker takes the best of its own queue and the common one. One that has nothing *steals*: it looks at a few queues
  and takes the later half of the longest, which again is a contiguous range.
- A worker that computes may take one task *ahead*, to fetch its inputs meanwhile. It gets only what would come to it
  anyway: its own tasks, or common ones while there are more of them than workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from weft.errors import BackendError
from weft.scheduler.state import MASK, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = [
    "Rule",
    "best",
    "give_back",
    "held_by",
    "nearest",
    "push",
    "rule_of",
    "spread",
    "take",
    "worker_came",
    "worker_left",
]

READY = Phase.READY.value
#: Queues that an idle worker looks at before it takes work that waits for another.
LOOKS = 8
#: A worker that holds less than this part of a task's input bytes is not near to it.
NOTABLE = 8
#: Workers that hold nearly as much as the one with most, but for this part of it, are as near.
ALIKE = 8
#: Queues up to this length are looked through for what comes before a task.
COUNTED = 64


class Rule(NamedTuple):
    """Who may run a task: these workers (None: any), and only one that has these resources left."""

    workers: frozenset[int] | None
    resources: tuple[tuple[str, float], ...]


def rule_of(notes: Mapping[str, Any], offers: Mapping[int, Mapping[str, float]], nworkers: int) -> Rule | None:
    """The rule that annotations state, or None.

    Raises
    ------
    BackendError
        No worker can ever run the task.
    """
    resources = notes.get("resources")
    workers = notes.get("workers")
    allowed: frozenset[int] | None = None
    if workers is not None:
        names = [workers] if isinstance(workers, (int, str)) else list(workers)
        try:
            allowed = frozenset(int(name) for name in names)
        except (TypeError, ValueError):
            raise BackendError(f"workers= takes worker numbers 0..{nworkers - 1}, not {workers!r}") from None
        known = frozenset(w for w in allowed if 0 <= w < nworkers)
        if notes.get("allow_other_workers"):
            allowed = None
        elif not known:
            raise BackendError(f"workers={workers!r}: there are only the workers 0..{nworkers - 1}")
        else:
            allowed = known
    if resources:
        who = range(nworkers) if allowed is None else allowed
        if not any(all(offers.get(w, {}).get(name, 0) >= amount for name, amount in resources.items()) for w in who):
            raise BackendError(
                f"resources={dict(resources)!r}: no worker offers that. "
                "Say what the workers have when the backend is made, e.g. Threads(resources={'GPU': 1})."
            )
    if allowed is None and not resources:
        return None
    return Rule(allowed, tuple(sorted(resources.items())) if resources else ())


def admits(s: Scheduler, rule: Rule, worker: int) -> bool:
    """Whether a worker may run a task with this rule now."""
    if rule.workers is not None and worker not in rule.workers:
        return False
    offer = s.offers.get(worker, {})
    return all(offer.get(name, 0) >= amount for name, amount in rule.resources)


def take(s: Scheduler, worker: int, rule: Rule) -> None:
    """Book the resources that a task uses."""
    for name, amount in rule.resources:
        s.offers[worker][name] -= amount


def give_back(s: Scheduler, worker: int, rule: Rule) -> None:
    """Return the resources that a task used."""
    for name, amount in rule.resources:
        s.offers[worker][name] += amount


def push(s: Scheduler, task: int) -> None:
    """Put a ready task into the queue it belongs to."""
    rule = s.queue_of.get(task)
    if rule is not None:
        heappush(s.constrained[rule], s.order[task])
    elif s.apart and (worker := nearest(s, task)) is not None:
        heappush(s.local[worker], s.order[task])
        s.called.add(worker)
    else:
        heappush(s.ready, s.order[task])


def best(s: Scheduler, worker: int, ahead: bool = False) -> tuple[list[int], int] | None:
    """Take the best entry that a worker may run out of its queue: (queue, entry)."""
    phase = s.phase
    queues = [s.local[worker]] if s.apart else []
    if s.ready and not (ahead and len(s.ready) <= len(s.on)):
        queues.append(s.ready)
    if s.constrained and not ahead:
        queues += [queue for rule, queue in s.constrained.items() if queue and admits(s, rule, worker)]
    chosen: list[int] | None = None
    for queue in queues:
        while queue and phase[queue[0] & MASK] != READY:
            heappop(queue)
        if queue and (chosen is None or queue[0] < chosen[0]):
            chosen = queue
    if chosen is None and s.apart and not ahead:
        chosen = _steal(s, worker)
    return None if chosen is None else (chosen, heappop(chosen))


def _steal(s: Scheduler, worker: int) -> list[int] | None:
    """Move the later half of the longest among a few queues to a worker's own."""
    local, phase, nworkers = s.local, s.phase, len(s.local)
    victim: list[int] = []
    for _ in range(min(LOOKS, nworkers)):
        s.look = (s.look + 1) % nworkers
        queue = local[s.look]
        if len(queue) > len(victim):
            victim = queue
    still = sorted([entry for entry in victim if phase[entry & MASK] == READY])
    keep = len(still) // 2
    victim[:] = still[:keep]
    local[worker][:] = still[keep:]
    return local[worker] or None


def spread(s: Scheduler, tasks: list[int]) -> None:
    """Queue tasks that are ready when their graph comes; those near to nobody in ranges, one for each worker."""
    free: list[int] = []
    for task in tasks:
        if task in s.queue_of or (s.inputs[task] and nearest(s, task) is not None):
            push(s, task)
        else:
            free.append(s.order[task])
    workers = [w for w in range(len(s.local)) if w not in s.gone]
    if len(free) < len(workers) or not workers:
        for entry in free:
            heappush(s.ready, entry)
        return
    s.called.update(workers)
    layers: dict[int, list[int]] = {}
    for entry in sorted(free):
        layers.setdefault(id(s.programs[entry & MASK]), []).append(entry)
    small = [entry for layer in layers.values() if len(layer) < len(workers) for entry in layer]
    for layer in [sorted(small), *[layer for layer in layers.values() if len(layer) >= len(workers)]]:
        for place, worker in enumerate(workers):
            first, end = (len(layer) * each // len(workers) for each in (place, place + 1))
            s.local[worker] += layer[first:end]
    for worker in workers:
        s.local[worker].sort()


def nearest(s: Scheduler, task: int) -> int | None:
    """The worker that holds most bytes of a task's inputs, if any holds a notable part."""
    inputs = s.inputs[task]
    if len(inputs) == 1 and inputs[0] not in s.copies:
        return s.home.get(inputs[0])
    have, total = held_by(s, task)
    most = max(have.values(), default=0)
    if most * NOTABLE < total or not have:
        return None
    alike = [worker for worker, nbytes in have.items() if nbytes * ALIKE >= most * (ALIKE - 1)]
    if len(alike) == 1:
        return alike[0]
    entry = s.order[task]
    return min(alike, key=lambda worker: (_comes_before(s.local[worker], entry), -have[worker]))


def _comes_before(queue: list[int], entry: int) -> int:
    """How many entries of a queue come before another; of a long one, how many there are."""
    return len(queue) if len(queue) > COUNTED else sum([each < entry for each in queue])


def held_by(s: Scheduler, task: int) -> tuple[dict[int, int], int]:
    """How many of a task's input bytes each worker holds, and how many there are (a byte more for each block)."""
    home, size = s.home, s.size
    have: dict[int, int] = {}
    total = 0
    for block in s.inputs[task]:
        nbytes = size[block] + 1
        total += nbytes
        worker = home.get(block)
        if worker is not None:
            have[worker] = have.get(worker, 0) + nbytes
            for other in s.copies.get(block, ()):
                have[other] = have.get(other, 0) + nbytes
    return have, total


def worker_came(s: Scheduler, offer: Mapping[str, float] | None) -> int:
    """A new worker's number."""
    s.on.append(-1)
    worker = len(s.on) - 1
    if offer:
        s.have[worker] = dict(offer)
        s.offers[worker] = dict(offer)
    if s.apart:
        s.local.append([])
    return worker


def worker_left(s: Scheduler, worker: int) -> None:
    """What waited for a worker that is gone goes to the others."""
    s.gone.add(worker)
    for there in s.copies.values():
        there.discard(worker)
    if s.apart:
        for entry in s.local[worker]:
            heappush(s.ready, entry)
        s.local[worker].clear()
