"""What a worker may go on with by itself: tasks that wait for nothing but what it has been given to do.

Where it costs much to hand a task to a worker, a worker gets a whole piece of the graph at once: some tasks, and what comes
after them. A task *follows* if it would come to that worker anyway, were the tasks before it finished now: it is next by
priority, and its input bytes are at no other worker. So nothing is decided here that the usual road would decide otherwise.
Tasks out of turn are named, too, for those who know of some that are cheaper done than handed over.

The other way round, a worker that is busy need not be given what it would do next if something better is about to come: that
would have to wait until the rest is done (:func:`comes_first`).

What somebody holds must be told as soon as it is there: nothing follows upon a task that has such a result.
"""

from __future__ import annotations

from collections.abc import Collection
from heapq import heappop
from typing import TYPE_CHECKING, NamedTuple

from weft.scheduler import admission
from weft.scheduler.state import MASK, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["Follower", "comes_first", "first_ready", "fits", "followers"]

WAITING, READY, RUNNING = Phase.WAITING.value, Phase.READY.value, Phase.RUNNING.value
DONE, SPILLED = Phase.DONE.value, Phase.SPILLED.value
#: A block that more tasks read is of no interest here: they do not all belong to one worker.
READERS = 32


class Follower(NamedTuple):
    """A task that may follow."""

    task: int
    #: It is the only one that reads what it reads of those before it: nobody could do anything meanwhile that has to wait now.
    reads_alone: bool
    #: It comes before everything that is ready now.
    is_next: bool = True


def followers(s: Scheduler, worker: int, task: int, made: Collection[int], light: int = 0) -> list[Follower]:
    """Tasks that may follow upon one that a worker has been given, by priority.

    Parameters
    ----------
    task : int
    made : collection of int
        All blocks that the worker is about to make, also those of the task.
    light : int
        So many bytes are no reason to run a task where they are.
    """
    blocks = s.outputs.get(task) or (task,)
    found: dict[int, int] = {}
    for block in blocks:
        readers = [each for each in s.dependents[block] if s.phase[each] <= RUNNING]
        if s.users[block] > len(readers):
            return []  # somebody holds it
        if len(readers) <= READERS:
            found.update({each: s.order[each] for each in readers if s.phase[each] == WAITING})
    first = first_ready(s, worker)
    return [
        Follower(each, _reads_alone(s, each, made), first is None or found[each] < first)
        for each in sorted(found, key=found.__getitem__)
        if _follows(s, worker, each, made, light)
    ]


def fits(s: Scheduler, task: int) -> bool:
    """Whether memory has room for a task now."""
    return s.held + admission.bytes_needed(s, task) <= s.limit


def first_ready(s: Scheduler, worker: int) -> int | None:
    """The place in the order of what a worker would get next."""
    first: int | None = None
    for queue in (s.ready, s.local[worker]) if s.apart else (s.ready,):
        while queue and s.phase[queue[0] & MASK] != READY:
            heappop(queue)
        if queue and (first is None or queue[0] < first):
            first = queue[0]
    return first


def comes_first(s: Scheduler, entry: int, running: Collection[int]) -> bool:
    """Whether something of a better place in the order than an entry waits for nothing but tasks that run."""
    for task in running:
        for block in s.outputs.get(task) or (task,):
            if len(s.dependents[block]) <= READERS:
                for each in s.dependents[block]:
                    if s.phase[each] == WAITING and s.order[each] < entry and _misses_only(s, each, running):
                        return True
    return False


def _misses_only(s: Scheduler, task: int, running: Collection[int]) -> bool:
    return all(s.phase[b] in (DONE, SPILLED) or s.maker.get(b, b) in running for b in s.inputs[task])


def _follows(s: Scheduler, worker: int, task: int, made: Collection[int], light: int) -> bool:
    """Whether all that a task misses is about to be made, and most of what it reads is at no other worker."""
    if task in s.queue_of:
        return False
    here = 0
    elsewhere: dict[int, int] = {}
    for block in s.inputs[task]:
        if block in made:
            here += s.size[block]
        elif s.phase[block] != DONE:
            return False
        elif s.apart and block in s.home:
            if worker == s.home[block] or worker in s.copies.get(block, ()):
                here += s.size[block]
            else:  # what several read comes to all workers, sooner or later
                home = s.home[block]
                elsewhere[home] = elsewhere.get(home, 0) + s.size[block] // max(s.users[block], 1)
    return max(elsewhere.values(), default=0) <= max(here, light)


def _reads_alone(s: Scheduler, task: int, made: Collection[int]) -> bool:
    return all(s.users[block] == 1 for block in s.inputs[task] if block in made)
