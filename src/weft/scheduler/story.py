"""Answers to "why", told from the event log: there is no second bookkeeping.

:func:`story` gives the events that touched one task; :func:`why` tells in words where a key stands and how it came to
that; :func:`dump` does so for the whole state, and is what a watchdog prints. To say why a task ran where it did,
``why`` runs the log again (:mod:`weft.scheduler.replay`) and looks at the state in which it was handed out; once the
log's beginning is gone, it tells what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.errors import InvariantError
from weft.graph.graph import missing_key
from weft.graph.plan import Plan
from weft.scheduler.core import Scheduler
from weft.scheduler.placement import held_by
from weft.scheduler.replay import Event, events, export, is_complete, replay
from weft.scheduler.state import MASK, Phase
from weft.scheduler.straight import settled
from weft.typing import Key

__all__ = ["Event", "dump", "events", "export", "is_complete", "replay", "story", "why"]

#: Lines that ``dump`` and ``why`` give to one list.
SHOWN = 12

Plans = Plan | Mapping[int, Plan]


class Names:
    """Keys of the blocks of one or several plans."""

    def __init__(self, s: Scheduler, plans: Plans) -> None:
        self.plans = {0: plans} if isinstance(plans, Plan) else dict(plans)
        self.same: dict[int, int] = {}
        for _, event, what in s.notes:
            if event == "added":
                self.same.update({what.base + b: theirs for b, theirs in what.external.items()})

    def key(self, block: int) -> Key:
        """The key of a block, or its number if its plan was not given."""
        for base, plan in self.plans.items():
            if base <= block < base + plan.nblocks:
                return plan.keys[block - base]
        return block

    def block(self, key: Key) -> int:
        """The number of a key; what a later plan took over from an earlier one has the number it had there."""
        for base, plan in self.plans.items():
            try:
                block = base + plan.keys.index(key)
            except ValueError:
                continue
            return self.same.get(block, block)
        raise missing_key(key, [each for plan in self.plans.values() for each in plan.keys])


def story(s: Scheduler, task: int) -> list[Event]:
    """The events of the log that touched a task or its block, in order.

    Besides its own there are those of the reader that used it last, after which it was released.
    """
    s = settled(s)
    task = s.maker.get(task, task)
    blocks = set(s.outputs.get(task, (task,)))
    last: Event | None = None
    found: list[Event] = []
    readers = {reader for b in blocks for reader in s.dependents[b]}
    for event in events(s):
        if event.task == task:
            found.append(event)
        elif event.task in readers:
            last = event
        elif event.kind in ("spilled", "not spilled", "loaded", "hold", "unhold"):
            if event.number in blocks:
                found.append(event)
        elif event.what is None:
            continue
        elif event.kind == "added":
            if event.what.base <= task < event.what.base + event.what.plan.ntasks:
                found.append(event)
        elif event.kind == "lost":
            if task in event.what[1] or not blocks.isdisjoint(event.what[0]):
                found.append(event)
        elif event.kind in ("failed", "returned", "followed"):
            if event.what[1] == task:
                found.append(event)
        elif event.kind == "cancelled" and not blocks.isdisjoint(event.what):
            found.append(event)
    if last is not None and all(s.phase[b] == Phase.RELEASED for b in blocks):
        found.append(last)
    return sorted(found)


def why(s: Scheduler, plan: Plans, key: Key) -> str:
    """Tell where a key stands and how it came to that.

    Why it waits (what is missing, and where that stands), where it ran, why there, when, how long, its size, when it
    was released and after whose use, why it was made again, why it failed.

    Parameters
    ----------
    s : Scheduler
    plan : Plan, or mapping of base number to Plan
        What ``s.added`` was given (and returned, if there were several).
    key : Key

    Raises
    ------
    KeyNotFoundError
        No plan has the key.
    """
    s = settled(s)
    names = Names(s, plan)
    block = names.block(key)
    task = s.maker.get(block, block)
    phase = Phase(s.phase[block if s.phase[block] > Phase.RUNNING else task])
    lines = [f"{key!r} is {phase.name.lower()}."]
    if block in s.external:
        return f"{key!r} is data that was given with the graph: it is always there."
    if block in s.stored:
        return f"{key!r} is data that the backend keeps ({s.size[block]} bytes): it is read when needed."
    if block in s.foreign:
        return f"{key!r} is a block of an earlier graph, which was not given."
    if phase == Phase.WAITING:
        lines += _why_waiting(s, names, task)
    elif phase == Phase.READY:
        lines += _why_ready(s, names, task)
    elif phase == Phase.RUNNING:
        worker = s.flying.get(task, s.on.index(task) if task in s.on else -1)
        lines.append(f"Worker {worker} has it{' (perhaps in line behind others)' if task in s.flying else ''}.")
    elif phase == Phase.FAILED:
        cause = s.cause.get(task, task)
        if cause != task:
            lines.append(f"It needs {names.key(cause)!r}, which failed.")
    lines += _course(s, names, task, block)
    if phase in (Phase.RUNNING, Phase.DONE, Phase.SPILLED, Phase.RELEASED):
        lines += _why_there(s, names, task)
    return "\n".join(lines)


def _why_waiting(s: Scheduler, names: Names, task: int) -> list[str]:
    lines = []
    for b in dict.fromkeys(s.inputs[task]):
        if s.phase[b] not in (Phase.DONE, Phase.SPILLED):
            lines.append(f"It waits for {names.key(b)!r}, which is {_stands(s, names, b)}.")
    return _some(lines)


def _stands(s: Scheduler, names: Names, block: int) -> str:
    """Where a block stands, and if it waits itself, at the end of which chain."""
    behind: list[str] = []
    while True:
        task = s.maker.get(block, block)
        phase = Phase(s.phase[task])
        if phase == Phase.RUNNING:
            worker = s.flying.get(task, s.on.index(task) if task in s.on else -1)
            stands = f"running on worker {worker}"
        else:
            stands = phase.name.lower()
        if phase != Phase.WAITING:
            break
        missing = [b for b in s.inputs[task] if s.phase[b] not in (Phase.DONE, Phase.SPILLED)]
        if not missing:
            break
        block = missing[0]
        behind.append(repr(names.key(block)))
    if not behind:
        return stands
    chain = " for ".join(behind if len(behind) <= 4 else [*behind[:2], "...", behind[-1]])
    return f"waiting for {chain} ({stands})"


def _why_ready(s: Scheduler, names: Names, task: int) -> list[str]:
    if s.stopped:
        return ["The run was stopped: nothing starts any more."]
    if (rule := s.queue_of.get(task)) is not None:
        who = "any worker" if rule.workers is None else f"workers {sorted(rule.workers)}"
        what = f" with {dict(rule.resources)} left" if rule.resources else ""
        return [f"It may run on {who}{what} only, and waits for one."]
    for where, queue in [("the common queue", s.ready)] + [(f"worker {w}'s queue", q) for w, q in enumerate(s.local)]:
        if s.order[task] in queue:
            before = sum(entry < s.order[task] and s.phase[entry & MASK] == Phase.READY for entry in queue)
            lines = [f"It stands in {where}, {before} before it."]
            if s.held + s.size[task] > s.limit:
                lines.append(f"Memory is short: {s.held} bytes are held of {s.limit}, it needs {s.size[task]} more.")
            return lines
    return []


def _course(s: Scheduler, names: Names, task: int, block: int) -> list[str]:
    """What happened to a task, told from the log.

    How long it took is counted from when its worker last finished a task or asked for one.
    """
    lines: list[str] = []
    free: dict[int, float] = {}
    told = {event.place for event in story(s, task)}
    for event in events(s):
        if event.place in told:
            lines.append(f"At {event.time:.6g}: {_tell(s, names, task, block, event, free)}.")
        if event.kind in ("finish", "finished", "next", "take"):
            free[event.number] = event.time
    return lines


def _tell(s: Scheduler, names: Names, task: int, block: int, event: Event, free: Mapping[int, float]) -> str:
    match event.kind:
        case "finish" | "finished" if event.task != task:
            return f"released, after its last use by {names.key(event.task)!r} on worker {event.number}"
        case "finish" | "finished":
            since = f" after {event.time - free[event.number]:.6g} s" if event.number in free else ""
            return f"it finished on worker {event.number}{since} ({s.size[block]} bytes)"
        case "added":
            return "its graph came"
        case "failed":
            worker, _, retry = event.what
            return f"it failed on worker {worker}{'' if retry else ', not to be tried again'}"
        case "returned":
            return f"it came back unfinished from worker {event.what[0]}, through no fault of its own"
        case "lost":
            blocks, again = event.what
            mine = set(s.outputs.get(task, (task,))) & set(blocks)
            if task not in again:
                return "its block was lost, and nobody needed it"
            if mine:
                return "its block was lost, and is made again since it is still needed"
            lost = ", ".join(repr(names.key(b)) for b in blocks[:3])
            return f"it is made again, for {lost} was lost, and making that again needs it"
        case "followed":
            return f"worker {event.what[0]} was given it, to go on with"
        case "cancelled":
            return "it was cancelled"
        case "spilled":
            return "its block was written to disk"
        case "not spilled":
            return "its block could not be written to disk"
        case "loaded":
            return "its block was read back from disk"
        case "hold":
            return "somebody took a hold of it"
        case _:
            return "somebody let it go"


def _why_there(s: Scheduler, names: Names, task: int) -> list[str]:
    """Why the worker got the task: the state when it did, from a replay."""
    if not is_complete(s):
        return [f"Why that worker got it is not known: the log's beginning is gone (it keeps {s.log.maxlen} events)."]
    reasons: list[str] = []

    def watch(then: Scheduler, place: int, event: list[Any], answer: int) -> None:
        if event[0] == "followed" and event[3] == task:
            reasons.append(f"Worker {event[2]} got it at {event[1]:.6g}: it was to make there what it reads.")
        if answer != task:
            return
        worker = event[2]
        reason = "it was the first in the order when that worker was free"
        if (rule := then.queue_of.get(task)) is not None:
            reason = f"its annotations ask for {rule.workers or 'any worker'} {dict(rule.resources) or ''}".rstrip()
        elif then.apart:
            have, total = held_by(then, task)
            if have.get(worker):
                reason = f"that worker held {have[worker]} of its {total} input bytes"
            elif have:
                reason = "that worker was free, and those that held its inputs were not"
            else:
                reason = "it was in that worker's range of the order, or taken over from another's"
        reasons.append(f"Worker {worker} got it at {event[1]:.6g}: {reason}.")

    try:
        replay(export(s), watch=watch)
    except InvariantError as error:
        reasons.append(f"(A replay goes another way: {error})")
    return _some(reasons)


def dump(s: Scheduler, plan: Plans) -> str:
    """The state as text: counts by phase, who runs what, the heads of the queues, memory."""
    s = settled(s)
    names = Names(s, plan)
    tasks = [t for t in range(len(s.phase)) if t not in s.maker and t not in s.external | s.stored | s.foreign]
    lines = [f"{len(tasks)} tasks, {s.left} left, {s.nrunning} on {len(s.on)} workers"]
    if s.stopped:
        lines[0] += ", stopped"
    counts = {phase: sum(s.phase[t] == phase for t in tasks) for phase in Phase}
    lines.append("phases: " + ", ".join(f"{n} {phase.name.lower()}" for phase, n in counts.items() if n))
    limit = "no limit" if s.limit >= s.UNLIMITED else f"limit {s.limit}"
    lines.append(
        f"memory: {s.held} bytes held, {limit}; {s.nspilled} blocks on disk, "
        f"{len(s.spilling)} being written, {len(s.loading)} being read"
    )
    running = [(w, t) for w, t in enumerate(s.on) if t >= 0] + [(w, t) for t, w in s.flying.items()]
    lines.append("running:" if running else "running: nothing")
    lines += _some([f"  worker {w}: {names.key(t)!r}" for w, t in sorted(running)])
    queues: list[tuple[str, list[int]]] = [("ready", s.ready)]
    queues += [(f"ready, near worker {w}", queue) for w, queue in enumerate(s.local)]
    queues += [(f"ready, only for {rule.workers or 'any'} {rule.resources}", q) for rule, q in s.constrained.items()]
    for name, queue in queues:
        there = sorted(entry for entry in queue if s.phase[entry & MASK] == Phase.READY)
        if there:
            lines.append(f"{name}: {len(there)}")
            lines += _some([f"  {names.key(e & MASK)!r} ({s.size[e & MASK]} bytes)" for e in there[: SHOWN + 1]])
    waiting = [t for t in tasks if s.phase[t] == Phase.WAITING]
    if waiting:
        lines.append(f"waiting: {len(waiting)}")
        soon = sorted(waiting, key=s.order.__getitem__)[:SHOWN]
        lines += [f"  {names.key(t)!r} misses {s.missing[t]} of {len(s.inputs[t])}" for t in soon]
    return "\n".join(lines)


def _some(lines: list[str]) -> list[str]:
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"... and {len(lines) - SHOWN} more"]
