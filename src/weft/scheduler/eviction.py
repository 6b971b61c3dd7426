"""Which blocks go to disk: those whose next use lies farthest away.

The plan knows the future: a block's next use is the lowest place in the order among its readers that have not run.
That is Belady's rule (L. A. Belady, A study of replacement algorithms for a virtual-storage computer, 1966). A block
that only a holder keeps has no next use; of several such, the one goes first that was asked for longest ago. Blocks with
a clean copy on disk cost nothing to drop and go first; size breaks ties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weft.scheduler.state import Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["choose", "next_use", "written"]

#: Later than any place in the order.
NEVER = 1 << 120

DONE, RUNNING, SPILLED = Phase.DONE.value, Phase.RUNNING.value, Phase.SPILLED.value


def choose(s: Scheduler, need: int, spare: int | None = None) -> list[int]:
    """Blocks to write to disk so that ``need`` more bytes fit; empty if that does not help or cannot be.

    Parameters
    ----------
    spare : int, optional
        The task that the room is for: its inputs stay, and no block that is used before it goes while others work.
    """
    leaving = sum(s.size[b] for b in s.spilling)
    short = s.held - leaving + sum(s.awaited.values()) + need - s.limit
    if short <= 0:
        return []
    kept = set(s.inputs[spare]) if spare is not None else set()
    place = s.order[spare] if spare is not None else -1
    candidates = []
    for block in s.large:
        if s.phase[block] != DONE or block in kept or block in s.spilling or block in s.loading:
            continue
        if block in s.external or block in s.wanted:
            continue
        used = next_use(s, block)
        if used is not None and (used > place or s.nrunning <= 1):
            candidates.append((block in s.clean and used > place, used, s.size[block], block))
    candidates.sort(reverse=True)
    victims: list[int] = []
    for _, _, size, block in candidates:
        if short <= 0:
            break
        victims.append(block)
        short -= size
    return victims


def next_use(s: Scheduler, block: int) -> int | None:
    """Place in the order of a block's next reader; None while somebody reads it.

    If only holders keep it, that is beyond all places: ``NEVER``, less the time when somebody asked for it last.
    """
    used = NEVER - s.touched.get(block, 0) if s.touched else NEVER
    phase, order = s.phase, s.order
    for task in s.dependents[block]:
        state = phase[task]
        if state == RUNNING:
            return None
        if state < RUNNING and order[task] < used:
            used = order[task]
    return used


def written(s: Scheduler, block: int) -> bool:
    """A block has a copy on disk now; returns whether memory may let it go."""
    if s.phase[block] != DONE:
        return False
    s.clean.add(block)
    if block in s.loading or next_use(s, block) is None:
        return False
    s.phase[block] = SPILLED
    s.nspilled += 1
    s.slow = True
    s.held -= s.size[block]
    s.large.discard(block)
    return True
