"""What follows when a task has finished, in any case: several outputs, workers apart, rules, blocks on disk.

``Scheduler.finish_and_next`` has the usual case written out. HOT all the same: a simulated cluster, and backends that
hand tasks out ahead, take this road for every task (figure: ``benchmarks/simulated.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from weft.scheduler import placement
from weft.scheduler.state import LARGE, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["note_large", "note_outputs", "note_size", "pass_on", "release"]

WAITING, READY, DONE = Phase.WAITING.value, Phase.READY.value, Phase.DONE.value
SPILLED, RELEASED = Phase.SPILLED.value, Phase.RELEASED.value

#: The pieces of a large whole may go to disk from this size on: together they may be all of the data.
PIECE = 1 << 12

#: How often the projected size of a program's blocks is learned anew.
LESSONS = 8


def note_size(s: Scheduler, task: int, nbytes: int) -> None:
    """Note the size of the block of a task that has one."""
    projected = s.size[task]
    s.phase[task] = DONE
    s.held += nbytes - projected
    s.size[task] = nbytes
    if nbytes > s.small:
        s.held -= note_large(s, task, nbytes, projected)


def note_outputs(s: Scheduler, task: int, nbytes: Any) -> None:
    """Note the sizes of all blocks of a task that has several."""
    outputs, size, phase, wanted = s.outputs[task], s.size, s.phase, s.wanted
    sizes = nbytes if isinstance(nbytes, (list, tuple)) else [nbytes // len(outputs)] * len(outputs)
    # what a replay knows as well
    counted = [0 if b in wanted else real for b, real in zip(outputs, sizes, strict=True)]
    held = s.held
    total, projected = sum(counted), sum([size[b] for b in outputs])
    if total >= LARGE and (total > projected + (projected >> 1) or 2 * total < projected):
        _learn(s, task, total)
    for b, real in zip(outputs, counted, strict=True):
        held -= size[b]
        size[b] = real
        if b in s.elsewhere:
            s.elsewhere.discard(b)
            phase[b] = SPILLED
            s.clean.add(b)
            s.nspilled += 1
            s.slow = True
            continue
        held += real
        phase[b] = DONE
        if real >= LARGE or (real >= PIECE and total >= LARGE):
            s.large.add(b)
    s.held = held


def pass_on(s: Scheduler, worker: int, task: int, released: list[int]) -> list[int]:
    """Wake who waits for a finished task, and release what it was the last to need.

    Returns inputs that were lost while the task read them, and that are being made again for nobody now.
    """
    phase, users, missing, dependents = s.phase, s.users, s.missing, s.dependents
    if s.workspace and (extra := s.workspace.get(task)):
        s.held -= extra
    if s.queue_of and (rule := s.queue_of.get(task)) is not None:
        placement.give_back(s, worker, rule)
    blocks = s.outputs.get(task) or (task,)
    if s.apart:
        for b in blocks:
            s.home[b] = worker
    for b in blocks:
        for d in dependents[b]:
            m = missing[d] - 1
            missing[d] = m
            if not m and phase[d] == WAITING:
                phase[d] = READY
                placement.push(s, d)
    over = [b for b in blocks if not users[b] and (phase[b] == DONE or phase[b] == SPILLED)]
    unneeded = []
    for b in s.inputs[task]:
        u = users[b] - 1
        users[b] = u
        if u:
            if s.apart and s.home.get(b, worker) != worker:
                s.copies.setdefault(b, set()).add(worker)
        else:
            if phase[b] == DONE or phase[b] == SPILLED:
                over.append(b)
            else:
                unneeded.append(b)
    if over:
        release(s, over, released)
    s.left -= 1
    return unneeded


def release(s: Scheduler, blocks: Iterable[int], released: list[int]) -> None:
    """Take blocks that are in memory or on disk off the books."""
    phase, size, external = s.phase, s.size, s.external
    held = s.held
    for b in blocks:
        if phase[b] == SPILLED:
            s.nspilled -= 1
        elif b not in external:
            held -= size[b]
        phase[b] = RELEASED
    s.held = held
    for kept in (s.large, s.clean, s.loading):
        if kept:
            kept.difference_update(blocks)
    if s.apart:
        for b in blocks:
            s.home.pop(b, None)
            s.copies.pop(b, None)
    released.extend(blocks)


def note_large(s: Scheduler, task: int, nbytes: int, projected: int) -> int:
    """Note a large result; returns how many of its bytes do not count."""
    if task in s.wanted:
        s.size[task] = 0
        return nbytes
    if nbytes < LARGE:
        return 0
    s.large.add(task)
    if nbytes > projected + (projected >> 1) or 2 * nbytes < projected:
        _learn(s, task, nbytes)
    return 0


def _learn(s: Scheduler, task: int, nbytes: int) -> None:
    """Project for the tasks of a program what one of them was measured to make (a few times per program)."""
    program = s.programs[task]
    known = id(program)
    if s.relearned.get(known, 0) >= LESSONS:
        return
    s.relearned[known] = s.relearned.get(known, 0) + 1
    phase, size, outputs = s.phase, s.size, s.outputs
    for t, other in enumerate(s.programs):
        if other is program and phase[t] <= READY:
            for b in outputs.get(t, (t,)):
                if b not in s.wanted:
                    size[b] = nbytes // len(outputs.get(t, (t,)))
