"""Runs one program, and says where it went wrong. HOT: ``LocalRun.work`` has the same few lines inlined."""

from __future__ import annotations

from typing import Any

from weft.backends.contract import Run
from weft.errors import TaskExitError, WeftError
from weft.graph.key import key_split
from weft.sizeof import sizeof
from weft.store.memory import freeze

__all__ = ["PLAIN_SIZES", "annotate", "as_task_error", "outputs_of", "settle"]

#: Types of results that need neither measuring nor freezing, and their size in bytes.
PLAIN_SIZES: dict[type, int] = {int: 28, float: 24, bool: 28, type(None): 16, complex: 32}


def settle(value: Any, *, keep_writable: bool = False) -> int:
    """Make a task's result read-only; returns its size in bytes."""
    plain = PLAIN_SIZES.get(type(value))
    if plain is not None:
        return plain
    if not keep_writable:
        freeze(value)
    return sizeof(value)


def outputs_of(run: Run, task: int, value: Any) -> list[Any]:
    """The blocks of a task with several outputs."""
    expected = len(run.core.outputs[task])
    try:
        blocks = list(value)
    except TypeError:
        raise TypeError(f"a task with {expected} outputs must return a sequence, not {type(value).__name__}") from None
    if len(blocks) != expected:
        raise ValueError(f"a task with {expected} outputs returned {len(blocks)}")
    return blocks


#: What to do about a block that the system has no memory for.
SMALLER = (
    "what one task makes is too large: have smaller pieces (chunks=, rechunk(), blocksize=, repartition()), or fewer tasks at a "
    "time (num_workers=)"
)


def as_task_error(error: BaseException, run: Run, task: int) -> BaseException:
    """What the caller sees of an exception that a task raised: itself, with a note; not an exit of the program."""
    if isinstance(error, SystemExit):
        exits = TaskExitError(
            f"a task called sys.exit({error.code!r}): tasks end by returning or raising, the program by its caller."
        )
        exits.__cause__ = error
        error = exits
    return annotate(error, run, task)


def annotate(error: BaseException, run: Run, task: int) -> BaseException:
    """Add the note with operation, key and the user's line; once."""
    key = run.plan.keys[task]
    program = run.plan.programs[task]
    where = run.plan.line(task)
    operation = "" if program.name == key_split(key) else f" ({program.name})"
    note = f"in task {key!r}{operation}"
    if where:
        note += f", made at {where}"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)
        if isinstance(error, MemoryError) and not isinstance(error, WeftError):
            error.add_note(SMALLER)
    return error
