"""Graphs that grow while they run: tasks come one by one, and their numbers are used again. HOT: ``grow``, ``forget``.

A plan is taken in as a whole (:mod:`weft.scheduler.adding`). What users submit comes task by task, a million of them in
a session, so a task must cost a few list operations, and the columns must not grow with what has long been forgotten.
Two moves more do that:

- *grow* puts one task into the columns, at a number that is free or at their end. Its inputs are blocks that are there
  or on their way; whoever submits it holds its block.
- *forget* gives a number back. That may be once nobody needs the block, nobody works on it, and no task that read it
  could ever have to be made again, that is, once all its readers are forgotten. So what a held block was made of stays
  known (a retry, or a lost file, needs it), and goes together with it.

A number that was cancelled may still stand in a queue. It is set aside until the queues have been gone through.

``dependents`` of blocks that tasks are grown on are dicts, so that a reader leaves in no time, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappush
from typing import TYPE_CHECKING, Any

from weft.scheduler import placement, recovery
from weft.scheduler.state import LARGE, MASK, SHIFT, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["GONE", "forget", "grow", "grow_data", "let_go_at_once", "revive", "sweep"]

WAITING, READY, RUNNING = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value
DONE, SPILLED, RELEASED = Phase.DONE.value, Phase.SPILLED.value, Phase.RELEASED.value
FAILED, CANCELLED, FREE = Phase.FAILED.value, Phase.CANCELLED.value, Phase.FREE.value
#: Numbers set aside before the queues are gone through.
ASIDE = 1024


def grow(s: Scheduler, program: Any, sources: tuple[int, ...], notes: dict[str, Any] | None, nbytes: int) -> int:
    """Take in a task that reads these blocks (each once), and is held by whoever asks; gives its number.

    If an input has failed or was cancelled, the task is failed from the start.
    """
    if s.straight is not None:
        s.settle()
    phase = s.phase
    t = s.free.pop() if s.free else longer(s)
    s.serial += 1
    place = s.serial << SHIFT | t
    s.programs[t] = program
    s.inputs[t] = sources
    s.users[t] = 1
    s.size[t] = nbytes
    missing = 0
    cause = -1
    if sources:
        dependents, users = s.dependents, s.users
        for b in sources:
            readers: Any = dependents[b]
            if type(readers) is dict:
                readers[t] = None
            elif len(set(readers)) == len(readers):
                dependents[b] = dict.fromkeys((*readers, t))  # type: ignore[call-overload]
            else:  # a task of a plan reads it twice, and is counted twice
                readers.append(t)
            state = phase[b]
            if state >= FAILED:
                cause = b
            elif state != DONE and state != SPILLED:
                missing += 1
        if cause >= 0:
            phase[t] = FAILED
            s.cause[t] = s.cause.get(cause, cause)
            s.missing[t] = 0
            s.order[t] = place
            return t
        for b in sources:
            users[b] += 1
    s.left += 1
    s.missing[t] = missing
    if notes:
        place -= notes.get("priority", 0) << (2 * SHIFT)
        s.annotations[t] = notes
        rule = placement.rule_of(notes, s.have, len(s.on))
        if rule is not None:
            s.queue_of[t] = rule
            s.constrained.setdefault(rule, [])
            s.slow = True
    s.order[t] = place
    if missing:
        phase[t] = WAITING
    else:
        phase[t] = READY
        if s.slow:
            placement.push(s, t)
        else:
            heappush(s.ready, place)
    return t


def grow_data(s: Scheduler, nbytes: int) -> int:
    """Take in a block that is there, held by whoever asks; gives its number."""
    if s.straight is not None:
        s.settle()
    t = s.free.pop() if s.free else longer(s)
    s.programs[t] = None
    s.inputs[t] = ()
    s.users[t] = 1
    s.missing[t] = 0
    s.order[t] = t
    s.size[t] = nbytes
    s.phase[t] = DONE
    s.held += nbytes
    if nbytes >= LARGE:
        s.large.add(t)
    return t


def longer(s: Scheduler) -> int:
    """A number at the end of the columns."""
    s.phase.append(WAITING)
    s.missing.append(0)
    s.users.append(0)
    s.order.append(0)
    s.size.append(0)
    s.inputs.append(())
    s.dependents.append(())  # type: ignore[arg-type]
    s.programs.append(None)
    s.grown = True
    return len(s.phase) - 1


def let_go_at_once(s: Scheduler, block: int) -> bool:
    """Let a block go and forget it, if its only user is who asks, and nothing else is to be seen to. HOT."""
    if (
        s.users[block] != 1
        or s.phase[block] != DONE
        or s.inputs[block]
        or s.dependents[block]
        or s.size[block] >= LARGE
        or s.outputs
        or s.slow
        or block in s.annotations
    ):
        return False
    s.users[block] = 0
    s.held -= s.size[block]
    s.phase[block] = RELEASED
    s.phase[block] = FREE
    s.programs[block] = GONE
    s.grown = True
    for column in (s.attempt, s.spent, s.touched):
        if column:
            column.pop(block, None)
    for kept in (s.foreign, s.external, s.stored, s.wanted, s.loading):
        if kept:
            kept.discard(block)
    s.free.append(block)
    return True


def forget(s: Scheduler, blocks: Iterable[int]) -> list[int]:
    """Give back the numbers of those blocks, and of what only they were made of, that nothing needs any more."""
    if s.straight is not None:
        s.settle()
    s.grown = True
    gone: list[int] = []
    phase, users, dependents = s.phase, s.users, s.dependents
    stack = list(blocks)
    while stack:
        b = stack.pop()
        state = phase[b]
        if state < RELEASED or users[b] or dependents[b] or s.programs[b] is GONE or b in s.flying:
            continue
        if b in s.spilling or b in s.loading:
            continue  # whoever moves it would take the next block of that number for it; it is to be asked for again then
        task = s.maker.get(b, b) if s.maker else b
        group: tuple[int, ...] = (b,)
        if task in s.outputs:
            group = s.outputs[task]
            if task in s.flying or any(phase[o] < RELEASED or users[o] or dependents[o] for o in group):
                continue
        sources = s.inputs[task]
        for i in sources:
            readers: Any = dependents[i]
            if type(readers) is dict:
                readers.pop(task, None)
            else:
                while task in readers:
                    readers.remove(task)
            if not readers and phase[i] >= RELEASED:
                stack.append(i)
        for o in group:
            clear(s, o, state)
        gone += group
    return gone


class Gone:
    """Stands for the program of a number that is free."""

    def __repr__(self) -> str:
        return "<no program>"


GONE = Gone()


def clear(s: Scheduler, b: int, state: int) -> None:
    """Empty a number's columns, and set it free."""
    s.inputs[b] = ()
    s.dependents[b] = ()  # type: ignore[call-overload]
    s.programs[b] = GONE
    s.phase[b] = FREE
    if state != RELEASED or s.queue_of:
        s.resting.append(b)
        if len(s.resting) >= ASIDE:
            sweep(s)
    else:
        s.free.append(b)
    for column in (s.annotations, s.attempt, s.cause, s.spent, s.queue_of, s.workspace, s.maker, s.outputs, s.touched):
        if column:
            column.pop(b, None)  # type: ignore[attr-defined]
    for kept in (s.foreign, s.external, s.stored, s.wanted):
        if kept:
            kept.discard(b)


def sweep(s: Scheduler) -> None:
    """Take out of the queues what is not ready, and set free the numbers that were waiting for that."""
    phase = s.phase
    for queue in (s.ready, *s.local, *s.constrained.values()):
        queue[:] = [entry for entry in queue if phase[entry & MASK] == READY and s.order[entry & MASK] == entry]
        heapify(queue)
    for rule in [rule for rule, queue in s.constrained.items() if not queue]:
        del s.constrained[rule]
    for rule in s.queue_of.values():
        s.constrained.setdefault(rule, [])
    s.free += s.resting
    s.resting.clear()


def revive(s: Scheduler, block: int, released: list[int]) -> list[int]:
    """Have a task run again whose block is gone, that failed or was cancelled, with what that needs.

    A task that failed for the sake of another starts that one again, and all that failed with it. Returns the tasks.
    """
    if s.straight is not None:
        s.settle()
    s.grown = True
    root = s.cause.get(block, block)
    failed = {root} if s.phase[root] == FAILED else set()
    stack = list(failed)
    while stack:
        for d in s.dependents[stack.pop()]:
            if s.phase[d] == FAILED and s.cause.get(d) == root and d not in failed:
                failed.add(d)
                stack.append(d)
    again = [block, *failed]
    revived = []
    while again:
        task = s.maker.get(again[-1], again[-1])
        again.pop()
        if s.phase[task] > RUNNING and s.phase[task] not in (DONE, SPILLED):
            s.spent.pop(task, None)
            revived.append(task)
            again.extend(recovery._make_again(s, task, released))
    return revived
