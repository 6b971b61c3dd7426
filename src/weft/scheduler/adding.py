"""Graphs come: a plan is taken into the scheduler's columns, at the end of what is there."""

from __future__ import annotations

from heapq import heapify, heappush
from typing import TYPE_CHECKING, NamedTuple

from weft.errors import BackendError
from weft.graph.plan import Plan
from weft.scheduler import placement
from weft.scheduler.state import SHIFT, Phase
from weft.scheduler.straight import straight_for

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["Added", "add"]

WAITING, READY, DONE = Phase.WAITING.value, Phase.READY.value, Phase.DONE.value
SPILLED, RELEASED = Phase.SPILLED.value, Phase.RELEASED.value
GONE = (Phase.RELEASED.value, Phase.FAILED.value, Phase.CANCELLED.value)
#: User priorities are integers in +-this; a higher one runs earlier.
TOP_PRIORITY = 1 << 20


class Added(NamedTuple):
    """What the log keeps of a plan that came."""

    base: int
    plan: Plan  #: its shape
    keep: bool
    external: dict[int, int]
    stored: dict[int, int]
    alone: bool
    workers: int  #: for so many it was ranked


def add(
    s: Scheduler, plan: Plan, *, keep: bool, external: dict[int, int], stored: dict[int, int], alone: bool
) -> Added:
    """Take in a plan; :meth:`weft.scheduler.core.Scheduler.added` says what the arguments mean."""
    base = len(s.phase)
    rules = _check(s, plan, external)
    inputs, programs = plan.inputs, plan.programs
    if base:
        inputs = [tuple([external.get(b, base + b) for b in sources]) if sources else () for sources in inputs]
    users = list(plan.uses)
    size = list(plan.nbytes)
    phase = [WAITING] * plan.nblocks
    extra = plan.nblocks - plan.ntasks  # blocks that are not the first of a task
    for b in dict.fromkeys(plan.wanted):
        users[b] += 1
        if not keep:
            s.wanted.add(external.get(b, base + b))
    arrived = []
    for b in plan.data:
        phase[b] = DONE
        size[b] = 0
        if b in external:
            phase[b] = RELEASED
            s.foreign.add(base + b)
            theirs = external[b]
            s.users[theirs] += users[b]
            users[b] = 0
            s.dependents[theirs] = [*s.dependents[theirs], *[base + t for t in plan.dependents[b]]]
            if s.phase[theirs] not in (DONE, SPILLED):
                continue
        elif b in stored:
            phase[b] = SPILLED
            size[b] = stored[b]
            s.nspilled += 1
            s.slow = True
            s.stored.add(base + b)
        else:
            users[b] += 1  # for good: it costs nothing, and lost blocks may need it again
            s.external.add(base + b)
        arrived.append(b)
    s.programs += programs
    s.inputs += inputs
    if extra:
        s.programs += [None] * extra
        s.inputs += [()] * extra
    s.users += users
    s.size += size
    s.phase += bytes(phase)
    for t, blocks in plan.outputs.items():
        s.outputs[base + t] = tuple([base + b for b in blocks])
    for b, t in plan.maker.items():
        s.maker[base + b] = base + t
    for t, nbytes in plan.workspace.items():
        s.workspace[base + t] = nbytes
    if plan.workspace or plan.outputs:
        s.slow = True
    shape = plan.shape()
    if alone and not (base or external or stored):
        s.straight = straight_for(s, shape)
    if s.straight is None:
        dependents = plan.dependents
        if base:
            s.dependents += [[base + t for t in readers] if readers else [] for readers in dependents]
        elif keep:  # what is forgotten leaves these lists, and the plan may be run again
            s.dependents += [readers[:] for readers in dependents]
        else:
            s.dependents += dependents
        _count(s, plan, base, arrived)
        _annotate(s, plan, base, rules)
        _queue(s, base, plan.ntasks)
    s.serial += plan.ntasks
    s.left += plan.ntasks
    return Added(base, shape, keep, dict(external), dict(stored), alone, len(s.on))


def _check(s: Scheduler, plan: Plan, external: dict[int, int]) -> dict[int, placement.Rule]:
    """Refuse a plan that cannot be taken in, before anything is changed; returns the rules of its tasks."""
    for theirs in external.values():
        if s.phase[theirs] in GONE:
            raise BackendError(
                f"a new graph reads block {theirs}, which is {Phase(s.phase[theirs]).name}. "
                "Hold a block for as long as graphs that read it may come."
            )
    rules: dict[int, placement.Rule] = {}
    for t, notes in plan.annotations.items():
        priority = notes.get("priority", 0)
        if not isinstance(priority, int) or abs(priority) > TOP_PRIORITY:
            raise BackendError(f"a priority is an integer within ±{TOP_PRIORITY}, not {priority!r}")
        rule = placement.rule_of(notes, s.have, len(s.on))
        if rule is not None:
            rules[t] = rule
    return rules


def _count(s: Scheduler, plan: Plan, base: int, arrived: list[int]) -> None:
    """What each task misses, and its place in the order."""
    nothing = [0] * (plan.nblocks - plan.ntasks)
    missing = [*map(len, plan.inputs), *nothing]
    for b in arrived:
        for t in plan.dependents[b]:
            missing[t] -= 1
    s.missing += missing
    shift = s.serial << SHIFT
    s.order += [(rank << SHIFT) + place + shift for place, rank in enumerate(plan.ranks(len(s.on)), base)]
    s.order += nothing


def _annotate(s: Scheduler, plan: Plan, base: int, rules: dict[int, placement.Rule]) -> None:
    for t, notes in plan.annotations.items():
        s.annotations[base + t] = notes
        s.order[base + t] -= notes.get("priority", 0) << (2 * SHIFT)
    for t, rule in rules.items():
        s.queue_of[base + t] = rule
        s.constrained.setdefault(rule, [])
        s.slow = True


def _queue(s: Scheduler, base: int, ntasks: int) -> None:
    """Queue the tasks that miss nothing."""
    missing, phase = s.missing, s.phase
    first = [t for t in range(base, base + ntasks) if not missing[t]]
    for t in first:
        phase[t] = READY
    if s.apart:
        placement.spread(s, first)
    elif s.slow:
        for t in first:
            placement.push(s, t)
    else:
        entries = list(map(s.order.__getitem__, first))
        if s.ready:
            for entry in entries:
                heappush(s.ready, entry)
        else:
            s.ready += entries
            heapify(s.ready)
