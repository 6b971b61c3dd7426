"""What is given up, and what is made again: failed tasks, cancelled tasks, lost blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from weft.errors import BlockLostError
from weft.scheduler.state import Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["cancel", "fail", "lose"]

WAITING, READY, RUNNING = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value
DONE, SPILLED, RELEASED = Phase.DONE.value, Phase.SPILLED.value, Phase.RELEASED.value
FAILED, CANCELLED = Phase.FAILED.value, Phase.CANCELLED.value


def fail(s: Scheduler, task: int, released: list[int]) -> list[int]:
    """A task, and all that need it, will never be done."""
    gone = _give_up(s, [task], FAILED, released)
    for each in gone:
        s.cause[each] = task
    return gone


def cancel(s: Scheduler, tasks: Iterable[int], released: list[int]) -> list[int]:
    """Tasks, and all that need them, are not wanted any more; returns those that run and should be stopped."""
    running = set(s.busy())
    return [task for task in _give_up(s, list(tasks), CANCELLED, released) if task in running]


def _give_up(s: Scheduler, tasks: list[int], state: int, released: list[int]) -> list[int]:
    phase, users = s.phase, s.users
    gone: list[int] = []
    stack = tasks
    while stack:
        task = stack.pop()
        task = s.maker.get(task, task)
        if phase[task] > RUNNING:
            continue
        gone.append(task)
        s.left -= 1
        for b in s.outputs.get(task, (task,)):
            phase[b] = state
            stack.extend(s.dependents[b])
        phase[task] = state
        for b in s.inputs[task]:
            users[b] -= 1
            if not users[b] and phase[b] in (DONE, SPILLED):
                s.release(b, released)
    return gone


def lose(s: Scheduler, blocks: Iterable[int], released: list[int]) -> None:
    """Blocks are gone: whoever waits for them waits again, and those that are needed are made again."""
    phase = s.phase
    again: list[int] = []
    for block in blocks:
        if phase[block] not in (DONE, SPILLED):
            continue
        if block in s.external:
            raise BlockLostError(f"block {block} was given as data and is gone; it cannot be made again")
        _withdraw(s, block, released)
        if s.users[block]:
            again.append(s.maker.get(block, block))
    while again:
        task = again.pop()
        if phase[task] > RUNNING:
            again.extend(_make_again(s, task, released))


def _withdraw(s: Scheduler, block: int, released: list[int]) -> None:
    """Take a block off the books; its readers that have not finished wait for it again."""
    phase = s.phase
    s.release(block, released)
    for reader in s.dependents[block]:
        if phase[reader] <= RUNNING:
            s.missing[reader] += 1
            if phase[reader] == READY:
                phase[reader] = WAITING


def _make_again(s: Scheduler, task: int, released: list[int]) -> list[int]:
    """Put a finished task back to work; returns the tasks whose blocks it needs and that are gone."""
    phase, users = s.phase, s.users
    more: list[int] = []
    s.left += 1
    s.slow = True
    for b in s.outputs.get(task, (task,)):
        if phase[b] in (DONE, SPILLED):  # its sibling was lost: all are made again
            _withdraw(s, b, released)
        phase[b] = WAITING
    missing = 0
    for b in s.inputs[task]:
        users[b] += 1
        if phase[b] == RELEASED and b in s.stored:
            phase[b] = SPILLED
            s.nspilled += 1
        if phase[b] not in (DONE, SPILLED):
            missing += 1
            if phase[b] == RELEASED:
                more.append(s.maker.get(b, b))
    s.missing[task] = missing
    if not missing:
        phase[task] = READY
        s.push(task)
    return more
