"""Which worker runs what: rules that users attach to tasks, and nearness to the inputs where workers are apart.

Tasks without a rule stand in the common queue, or, where moving blocks costs, in the queue of the worker that holds most
of their input bytes. A worker takes the best of its own queue and the common one; one that has nothing takes from the
longest queue among a few others.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop
from typing import TYPE_CHECKING, Any, NamedTuple

from weft.errors import BackendError
from weft.scheduler.state import MASK, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["Rule", "best", "give_back", "nearest", "rule_of", "take"]

READY = Phase.READY.value
#: Queues that an idle worker looks at before it takes work that waits for another.
LOOKS = 8


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


def best(s: Scheduler, worker: int) -> tuple[list[int], int] | None:
    """Take the best entry that a worker may run out of its queue: (queue, entry)."""
    phase = s.phase
    chosen: list[int] | None = None
    queues = [s.ready]
    if s.apart:
        queues.append(s.local[worker])
    if s.constrained:
        queues += [queue for rule, queue in s.constrained.items() if queue and admits(s, rule, worker)]
    for queue in queues:
        while queue and phase[queue[0] & MASK] != READY:
            heappop(queue)
        if queue and (chosen is None or queue[0] < chosen[0]):
            chosen = queue
    if chosen is None and s.apart:
        chosen = _longest_of_some(s)
    return None if chosen is None else (chosen, heappop(chosen))


def _longest_of_some(s: Scheduler) -> list[int] | None:
    nworkers = len(s.local)
    chosen: list[int] | None = None
    for _ in range(min(LOOKS, nworkers)):
        s.look = (s.look + 1) % nworkers
        queue = s.local[s.look]
        if queue and (chosen is None or len(queue) > len(chosen)):
            chosen = queue
    return chosen


def nearest(s: Scheduler, task: int) -> int | None:
    """The worker that holds most bytes of a task's inputs, if any holds some."""
    home, size = s.home, s.size
    inputs = s.inputs[task]
    if len(inputs) == 1:
        return home.get(inputs[0])
    have: dict[int, int] = {}
    for block in inputs:
        worker = home.get(block)
        if worker is not None:
            have[worker] = have.get(worker, 0) + size[block] + 1
    return max(have, key=have.__getitem__) if have else None
