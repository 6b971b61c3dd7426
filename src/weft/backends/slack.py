"""Memory that this process has beside the blocks that are counted: its code, what tasks take, free memory that allocators keep.

A budget is meant for the process, and the scheduler counts blocks. So whenever some bytes have been made the process is looked
at, which takes microseconds. Two things are done about what it has beside the blocks:

- *Free memory goes back.* Blocks of different sizes that come and go in several threads leave the C library's arenas full of
  holes: a shuffle of 1 GiB under 300 MiB was measured to keep 360 MiB of those. Where the process has grown by far more than
  its blocks, allocators are asked to give back what is free.
- *Blocks get what is left.* While the process is near its budget, blocks may take the budget less all the rest (though not
  less than a sixth): what tasks take on the way is learned instead of guessed.

A process that is twice as large as the budget before it begins is left alone: then a budget can only be meant for blocks.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock

from weft.scheduler import Scheduler
from weft.system import given_nbytes, memory_used, return_memory

__all__ = ["Slack"]

#: Bytes that are made between two looks: a part of the budget, and at least so many.
BETWEEN_SHARE, BETWEEN_NBYTES = 1 / 64, 4 * 2**20
#: By how much the process may grow beside its blocks before allocators are asked.
BESIDE_SHARE, BESIDE_NBYTES = 1 / 8, 24 * 2**20
#: Blocks are limited once the process has this part of the budget; they may always have that part.
NEAR, LEAST = 0.85, 1 / 6
#: Runs of so many tasks begin without a look: it would take a good part of their time.
FEW = 16
#: What was beside the blocks at its worst is forgotten by this part with each look.
FORGET = 0.1


class Slack:
    """Looks after the memory beside the blocks of one run.

    Parameters
    ----------
    core : Scheduler
    lock : lock
        Of the run.
    budget : int
        Bytes that the process may have.
    ntasks : int
        Tasks of the run.
    """

    __slots__ = ("_beside", "_busy", "_core", "_lock", "_made", "allowed", "between", "budget", "full", "start")

    def __init__(self, core: Scheduler, lock: LockType, budget: int, ntasks: int) -> None:
        self.budget = budget
        self.full = core.limit  # what blocks may have at most
        self.between = max(int(budget * BETWEEN_SHARE), BETWEEN_NBYTES)
        self.allowed = max(int(budget * BESIDE_SHARE), BESIDE_NBYTES)
        self.start = own_memory() if ntasks > FEW else -1  # of few tasks it is told once they have made something
        self._beside = 0.0
        self._core = core
        self._lock = lock
        self._made = 0
        self._busy = allocate_lock()

    def made(self, nbytes: int) -> None:
        """So many bytes were made. Called without the run's lock, by any worker."""
        self._made += nbytes  # two workers may miss one another's bytes: it is only a matter of when to look
        if self._made >= self.between and self._busy.acquire(blocking=False):
            self._made = 0
            try:
                self._look()
            finally:
                self._busy.release()

    def _look(self) -> None:
        core = self._core
        used = own_memory()
        beside = used - core.held
        if self.start < 0:
            self.start = beside
        elif beside - self.start > self.allowed:
            return_memory()
            used = own_memory()
            beside = used - core.held
        self._beside = max(beside, self._beside + FORGET * (beside - self._beside))
        if self.start >= 2 * self.budget or (used < NEAR * self.budget and core.limit == self.full):
            return
        room = int(min(self.full, max(self.budget - self._beside, LEAST * self.full)))
        if abs(room - core.limit) > self.full // 32 or (room == self.full and core.limit != room):
            with self._lock:
                core.set_limit(room)


def own_memory() -> int:
    """Bytes of this process but for results, which are their callers'."""
    return memory_used() - given_nbytes()
