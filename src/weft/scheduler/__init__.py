"""What runs next: one pure state machine for everything that runs.

Events go in (a plan was added, a task finished, failed, a block was lost, written to disk, memory is short), what to do
comes out (run this task, these blocks may go, write those to disk). There are no threads, locks, clocks, files or log
calls in here: time comes in as a value, whoever has a lock holds it around the call. So the same code serves one thread
in a debugger, worker threads that take their tasks themselves, processes behind pipes, and a simulated cluster of a
thousand workers in a unit test; and a run can be replayed from its event log.

``core`` is the machine; ``state`` its columns and the table of allowed moves; ``admission``, ``eviction``,
``placement``, ``following`` and ``recovery`` are the choices: functions that read the state; ``invariants`` recomputes all counters
from scratch; ``story`` tells from the event log what happened to a key, and why; ``replay`` runs the log again.
"""

from weft.scheduler.core import NOTHING, SPILL, Decisions, Scheduler
from weft.scheduler.state import Phase

__all__ = ["NOTHING", "SPILL", "Decisions", "Phase", "Scheduler"]
