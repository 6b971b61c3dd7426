"""The columns of the scheduler, and the moves that a task may make.

A block has a number; task ``t`` makes block ``t`` (see :mod:`weft.graph.plan`), so most columns serve both. A phase
tells where the block stands, and for tasks also whether they run:

::

    WAITING ── all inputs there ──► READY ── taken ──► RUNNING ── finished ──► DONE ◄──► SPILLED
       ▲                              ▲                   │                     │           │
       │                              └─── retry ─────────┤                     └─ last use ┴─► RELEASED
       └──────────── lost, and needed again ──────────────┼──────────────────────────────────────┘
                                                          └─► FAILED   (CANCELLED: from any unfinished phase)

What is RELEASED, FAILED or CANCELLED may be forgotten; its number is FREE then, for any other task.

``MOVES`` is the same as a table; the tests hold the core to it.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["IN_STORE", "LARGE", "MASK", "MOVES", "NOWHERE", "SHIFT", "UNFINISHED", "Phase"]


class Phase(IntEnum):
    """Where a block, and the task that makes it, stands."""

    WAITING = 0  #: inputs are missing
    READY = 1  #: all inputs are there
    RUNNING = 2  #: a worker has it
    DONE = 3  #: its block is in memory
    SPILLED = 4  #: its block is on disk only
    RELEASED = 5  #: its block was there, and nobody needs it any more
    FAILED = 6  #: it, or something it needs, failed for good
    CANCELLED = 7  #: nobody wants it any more; it did not run to its end
    FREE = 8  #: the number is nobody's: it was forgotten, and waits for another task (:mod:`weft.scheduler.growing`)


UNFINISHED = frozenset({Phase.WAITING, Phase.READY, Phase.RUNNING})
IN_STORE = frozenset({Phase.DONE, Phase.SPILLED})
NOWHERE = frozenset({Phase.RELEASED, Phase.FAILED, Phase.CANCELLED})

#: Blocks beyond the first of a task with several go from WAITING to DONE at once, those that are on disk already to SPILLED,
#: and the tasks of a straight run (:mod:`weft.scheduler.straight`), whose inputs are there when their turn comes, to RUNNING.
MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.WAITING: frozenset({Phase.READY, Phase.RUNNING, Phase.FAILED, Phase.CANCELLED, Phase.DONE, Phase.SPILLED}),
    Phase.READY: frozenset({Phase.RUNNING, Phase.WAITING, Phase.FAILED, Phase.CANCELLED}),
    Phase.RUNNING: frozenset({Phase.DONE, Phase.SPILLED, Phase.READY, Phase.WAITING, Phase.FAILED, Phase.CANCELLED}),
    Phase.DONE: frozenset({Phase.SPILLED, Phase.RELEASED}),
    Phase.SPILLED: frozenset({Phase.DONE, Phase.RELEASED}),
    Phase.RELEASED: frozenset({Phase.WAITING, Phase.SPILLED, Phase.FREE}),
    Phase.FAILED: frozenset({Phase.WAITING, Phase.FREE}),
    Phase.CANCELLED: frozenset({Phase.WAITING, Phase.FREE}),
    Phase.FREE: frozenset({Phase.WAITING, Phase.READY, Phase.DONE, Phase.FAILED}),
}

#: A place in the ready queue is one integer, ``priority and rank << SHIFT | task``: a heap of plain integers compares
#: fastest, and a tie is not possible.
SHIFT = 32
MASK = (1 << SHIFT) - 1

#: Blocks from this size on are worth a look when memory is short, and worth learning from.
LARGE = 1 << 16
