"""What is given up, and what is made again: failed tasks, cancelled tasks, lost blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from weft.errors import BlockLostError
from weft.scheduler import placement
from weft.scheduler.finishing import release
from weft.scheduler.state import NOWHERE, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["cancel", "drop", "fail", "let_go", "lose", "ready_again", "try_again", "unbook"]

WAITING, READY, RUNNING = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value
DONE, SPILLED, RELEASED = Phase.DONE.value, Phase.SPILLED.value, Phase.RELEASED.value
FAILED, CANCELLED = Phase.FAILED.value, Phase.CANCELLED.value


def unbook(s: Scheduler, worker: int, task: int) -> None:
    """Take back what was booked when a task started."""
    for b in s.outputs.get(task, (task,)):
        s.held -= s.size[b]
    s.elsewhere.difference_update(s.outputs.get(task, ()))
    s.held -= s.workspace.get(task, 0)
    s.attempt[task] = s.attempt.get(task, 0) + 1
    if (rule := s.queue_of.get(task)) is not None:
        placement.give_back(s, worker, rule)


def ready_again(s: Scheduler, task: int) -> None:
    """A task that ran, and did not finish, waits for its turn again, or for inputs that were lost."""
    if s.missing[task]:
        s.phase[task] = WAITING
    else:
        s.phase[task] = READY
        placement.push(s, task)


def try_again(s: Scheduler, task: int) -> bool:
    """Let a task that failed run again, if it has retries left."""
    allowed = s.annotations.get(task, {}).get("retries", s.retries)
    if isinstance(allowed, dict):
        allowed = s.retries
    spent = s.spent.get(task, 0)
    if spent >= allowed:
        return False
    s.spent[task] = spent + 1
    ready_again(s, task)
    return True


def let_go(s: Scheduler, block: int, released: list[int]) -> list[int]:
    """A hold on a block is gone; if it was the last, the block goes, or is not made; returns tasks to stop."""
    if s.users[block]:
        return []
    if s.phase[block] in (DONE, SPILLED):
        release(s, (block,), released)
    elif s.phase[block] <= RUNNING:
        return drop(s, [block], released)
    return []


def fail(s: Scheduler, task: int, released: list[int]) -> list[int]:
    """A task, and all that need it, will never be done."""
    gone, unneeded = _give_up(s, [task], FAILED, released)
    for each in gone:
        s.cause[each] = task
    drop(s, unneeded, released)
    return gone


def cancel(s: Scheduler, tasks: Iterable[int], released: list[int]) -> list[int]:
    """Tasks, all that need them, and all that only they need, are not wanted; returns those that run: stop them."""
    running = set(s.busy())
    gone, unneeded = _give_up(s, list(tasks), CANCELLED, released)
    return [task for task in gone if task in running] + drop(s, unneeded, released)


def drop(s: Scheduler, blocks: list[int], released: list[int]) -> list[int]:
    """Blocks that nobody needs are not made any more, nor what only they need; returns tasks that run: stop them."""
    running: list[int] = []
    stack = list(blocks)
    while stack:
        block = stack.pop()
        task = s.maker.get(block, block)
        if s.phase[task] > RUNNING or any(s.users[b] for b in s.outputs.get(task, (task,))):
            continue
        if s.phase[task] == RUNNING:
            running.append(task)
        _, unneeded = _give_up(s, [task], CANCELLED, released)
        stack += unneeded
    return running


def _give_up(s: Scheduler, tasks: list[int], state: int, released: list[int]) -> tuple[list[int], list[int]]:
    """Move tasks and all that need them to a state; returns them, and unfinished blocks that lost their last user."""
    phase, users = s.phase, s.users
    gone: list[int] = []
    unneeded: list[int] = []
    stack = tasks
    while stack:
        task = stack.pop()
        task = s.maker.get(task, task)
        if phase[task] > RUNNING:
            continue
        gone.append(task)
        s.left -= 1
        phase[task] = state
        for b in s.outputs.get(task, (task,)):
            if b != task:
                phase[b] = state
            stack.extend(s.dependents[b])
        for b in s.inputs[task]:
            users[b] -= 1
            if not users[b]:
                if phase[b] in (DONE, SPILLED):
                    release(s, (b,), released)
                else:
                    unneeded.append(b)
    return gone, unneeded


def lose(s: Scheduler, blocks: Iterable[int], released: list[int]) -> dict[int, list[int]]:
    """Blocks are gone: whoever waits for them waits again, and those that are needed are made again.

    Returns the tasks that are made again, with the sizes that their blocks had.
    """
    phase = s.phase
    blocks = tuple(blocks)
    for block in blocks:
        if (block in s.external or block in s.stored) and phase[block] in (DONE, SPILLED):
            raise BlockLostError(f"block {block} was given as data and is gone; it cannot be made again")
    again: list[int] = []
    for block in blocks:
        if phase[block] not in (DONE, SPILLED):
            continue
        _withdraw(s, block, released)
        if s.users[block]:
            again.append(s.maker.get(block, block))
    sizes: dict[int, list[int]] = {}
    while again:
        task = again.pop()
        if phase[task] > RUNNING:
            sizes[task] = [s.size[b] for b in s.outputs.get(task, (task,))]
            again.extend(_make_again(s, task, released))
    return sizes


def _withdraw(s: Scheduler, block: int, released: list[int]) -> None:
    """Take a block off the books; its readers that have not finished wait for it again."""
    phase = s.phase
    release(s, (block,), released)
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
    s.cause.pop(task, None)
    missing = 0
    for b in s.inputs[task]:
        users[b] += 1
        if phase[b] == RELEASED and b in s.stored:
            phase[b] = SPILLED
            s.nspilled += 1
        if phase[b] not in (DONE, SPILLED):
            missing += 1
            if phase[b] in NOWHERE:
                more.append(s.maker.get(b, b))
    s.missing[task] = missing
    if task in s.busy():  # cancelled, but not yet stopped: it will come back, finished or not
        phase[task] = READY
        phase[task] = RUNNING
    elif not missing:
        phase[task] = READY
        placement.push(s, task)
    return more
