"""Questions about a run that is over, or hangs: which was it, what did it do, and why."""

from __future__ import annotations

from typing import Any

from weft.backends import Run
from weft.diagnostics.log import count_finished, is_whole, spans
from weft.errors import WeftError
from weft.execution import is_weft_collection
from weft.execution.graphs import keys_of
from weft.execution.last import KEPT_TASKS, LAST
from weft.scheduler import story
from weft.scheduler.straight import settled
from weft.units import format_bytes, format_time

__all__ = ["last_run", "summary", "why"]


def last_run() -> Run:
    """The run that goes on, or else the one that ended last.

    Runs that tasks start do not count. A run that is over is remembered without data, constants and results, and with
    its error in words; one of more than 250,000 tasks only while it goes on.

    Raises
    ------
    WeftError
        Nothing has run yet, or the last run is not remembered.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import last_run
    >>> weft.delayed(abs)(-1).compute(scheduler="inline")
    1
    >>> last_run().backend, last_run().plan.ntasks
    ('inline', 1)
    """
    run = LAST.get()
    if run is None and LAST.too_large:
        raise WeftError(
            f"the last run had {LAST.too_large:,} tasks and is no longer known: runs of more than {KEPT_TASKS:,} are "
            "remembered only while they go on. Ask while it runs, from another thread, or with a callback's finish."
        )
    if run is None:
        raise WeftError("nothing has run yet in this process: compute something first")
    return run


def why(key: Any, run: Run | None = None) -> str:
    """Tell where a task stands and how it came to that: why it waits, why it ran there, why again, why it failed.

    Parameters
    ----------
    key : Key, or a collection of one block
    run : Run, optional
        By default :func:`last_run`.

    Raises
    ------
    KeyNotFoundError
        The run has no such key.
    """
    if is_weft_collection(key):
        keys = keys_of(key)
        if len(keys) != 1:
            raise ValueError(f"ask for one block: this collection has {len(keys)} (the first is {keys[0]!r})")
        key = keys[0]
    run = last_run() if run is None else run
    return str(story.why(run.core, run.plan, key))


def summary(run: Run | None = None) -> str:
    """A table of what a run did: for each operation its tasks, their seconds, and the bytes that they made.

    Parameters
    ----------
    run : Run, optional
        By default :func:`last_run`.

    Returns
    -------
    str

    Notes
    -----
    Seconds come from the event log, where a task counts from when it was handed to its worker. Large answers that the
    caller took do not count as bytes: the scheduler does not keep them.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import summary
    >>> weft.compute([weft.delayed(abs)(i) for i in (-1, 2)], scheduler="inline")
    ([1, 2],)
    >>> print(summary())
    operation  tasks  seconds ...
    abs            2    0.000 ...
    on inline with 1 worker: 2 of 2 tasks in ...
    """
    run = last_run() if run is None else run
    plan, core = run.plan, settled(run.core)
    tasks: dict[str, int] = {}
    seconds: dict[str, float] = {}
    nbytes: dict[str, int] = {}
    end = run.began
    for task, _, start, now in spans(core, plan.ntasks):
        name = plan.programs[task].name
        tasks[name] = tasks.get(name, 0) + 1
        seconds[name] = seconds.get(name, 0.0) + now - start
        blocks = plan.outputs.get(task, (task,))
        nbytes[name] = nbytes.get(name, 0) + sum(core.size[block] for block in blocks)
        end = now
    total = sum(seconds.values())
    rows = [("operation", "tasks", "seconds", "mean", "share", "bytes")]
    for name in sorted(tasks, key=lambda name: -seconds[name]):
        share = f"{seconds[name] / total:.1%}" if total else ""
        mean = format_time(seconds[name] / tasks[name])
        rows.append((name, f"{tasks[name]:,}", f"{seconds[name]:.3f}", mean, share, format_bytes(nbytes[name])))
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(wide[0]), *(cell.rjust(width) for cell, width in zip(row[1:], wide[1:], strict=True))])
        for row in rows
    ]
    done = count_finished(core, plan.ntasks)
    took = format_time((run.ended or end) - run.began)
    workers = f"{run.nworkers} worker{'s' * (run.nworkers != 1)}"
    lines.append(f"on {run.backend} with {workers}: {done:,} of {plan.ntasks:,} tasks in {took}")
    if run.error is not None:
        lines.append(f"it failed: {run.error}")
    if not is_whole(core):
        lines.append(f"the log's beginning is gone: it keeps {core.log.maxlen:,} events (see log.length)")
    return "\n".join(lines)
