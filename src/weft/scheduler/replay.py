"""The event log as data, and run again.

The core logs every event as one integer (``Scheduler.log``), its time (``clock``), and for rare events the words that
an integer cannot carry (``notes``). :func:`events` decodes that. :func:`export` turns it into plain data that
survives JSON, with what the core knew of each plan; :func:`replay` feeds that to a fresh core, which must hand out
the same tasks to the same workers: on another machine, without the data, up to any event, under a debugger.

Sizes are not in the log: they are read off the columns, where each block's size still stands, and where a task was
made again, its earlier size is in the note of the loss. The log is bounded. Once its beginning is gone, a replay
cannot start, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from weft.errors import BackendError, InvariantError
from weft.graph.plan import Plan
from weft.graph.program import Program
from weft.scheduler.adding import Added
from weft.scheduler.core import APART, EVENT, Scheduler
from weft.scheduler.state import MASK, SHIFT
from weft.scheduler.straight import settled

__all__ = ["Event", "events", "export", "is_complete", "replay"]

#: What of a plan's annotations the core reads.
READ = ("priority", "retries", "workers", "allow_other_workers", "resources")
NAMES = {code: name for name, code in EVENT.items()}
FIRST_NOTED = EVENT["added"]


class Event(NamedTuple):
    """One entry of the log."""

    place: int  #: in the log
    time: float
    kind: str  #: "finish", "finished", or one of ``core.EVENT``
    number: int  #: worker; of "spilled", "not spilled", "loaded", "hold", "unhold" the block
    task: int  #: of "finish" and "finished", else -1
    what: Any = None  #: the note, where there is one and it has been kept


def events(s: Scheduler) -> Iterator[Event]:
    """The log, decoded, oldest first."""
    s = settled(s)
    noted = sum(FIRST_NOTED >= (entry & MASK) > MASK - len(EVENT) for entry in s.log)
    notes = iter([None] * (noted - len(s.notes)) + [what for _, _, what in list(s.notes)[-noted or len(s.notes) :]])
    for place, (entry, time) in enumerate(zip(s.log, s.clock, strict=True)):
        low = entry & MASK
        if low in NAMES:
            yield Event(place, time, NAMES[low], entry >> SHIFT, -1, next(notes) if low <= FIRST_NOTED else None)
        else:
            kind = "finished" if entry & APART else "finish"
            yield Event(place, time, kind, (entry & ~APART) >> SHIFT, low)


def is_complete(s: Scheduler) -> bool:
    """Whether the log still has its beginning, and all that happened since."""
    s = settled(s)
    return len(s.log) != s.log.maxlen and len(s.notes) == s.noted and not s.grown


def export(s: Scheduler) -> dict[str, Any]:
    """The log as plain data (numbers, strings, lists, dicts), enough for :func:`replay`.

    Raises
    ------
    BackendError
        The log's beginning is gone.
    """
    s = settled(s)
    if not is_complete(s):
        raise BackendError(
            f"the log cannot be replayed: it keeps {s.log.maxlen} events and {s.notes.maxlen} notes, "
            "and there were more. Make the scheduler with a larger log_length."
        )
    numbers: dict[int, int] = {}  # plans may share programs, and what is learnt of one holds for all its tasks
    programs = [numbers.setdefault(id(program), len(numbers)) for program in s.programs]
    names = dict(zip(programs, [getattr(program, "name", "data") for program in s.programs], strict=True))
    sizes: dict[int, Any] = {}
    recorded: list[list[Any]] = []
    for event in reversed(list(events(s))):  # a task made again had another size before
        if event.task >= 0:
            task = event.task
            if task not in sizes:
                outputs = s.outputs.get(task)
                sizes[task] = s.size[task] if outputs is None else [s.size[b] for b in outputs]
            recorded.append([event.kind, event.time, event.number, task, sizes[task]])
            continue
        arguments: list[Any] = [event.number]
        if event.kind == "added":
            arguments = [_export_plan(event.what, programs)]
        elif event.kind == "lost":
            blocks, again = event.what
            arguments = [list(blocks)]
            for task, before in again.items():
                sizes[task] = before if task in s.outputs else before[0]
        elif event.kind in ("cancelled", "on disk"):
            arguments = [list(event.what)]
        elif event.kind in ("failed", "returned", "worker", "followed"):
            arguments = list(event.what)
        elif event.kind in ("limit", "worker left"):
            arguments = [event.what]
        elif event.kind == "stopped":
            arguments = []
        recorded.append([event.kind, event.time, *arguments])
    recorded.reverse()
    began = {**s.began, "resources": [[worker, offer] for worker, offer in s.began["resources"].items()]}
    return {"began": began, "programs": list(names.values()), "events": recorded, "end": _state(s)}


def _export_plan(added: Added, programs: list[int]) -> dict[str, Any]:
    plan = added.plan
    return {
        "programs": programs[added.base : added.base + plan.ntasks],
        "inputs": [list(sources) for sources in plan.inputs],
        "rank": list(plan.ranks(added.workers)),
        "nbytes": list(plan.nbytes),
        "wanted": list(plan.wanted),
        "outputs": [[task, list(blocks)] for task, blocks in plan.outputs.items()],
        "data": list(plan.data),
        "workspace": [list(pair) for pair in plan.workspace.items()],
        "annotations": [[task, _plain(notes)] for task, notes in plan.annotations.items()],
        "in_order": plan.in_order,
        "keep": added.keep,
        "external": [list(pair) for pair in added.external.items()],
        "stored": [list(pair) for pair in added.stored.items()],
        "alone": added.alone,
    }


def _plain(notes: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: notes[name] for name in READ if name in notes}
    if isinstance(kept.get("retries"), dict):  # counts by key are the caller's matter; the core does not look into them
        kept["retries"] = {}
    if "workers" in kept and not isinstance(kept["workers"], (int, str)):
        kept["workers"] = list(kept["workers"])
    return kept


def _state(s: Scheduler) -> dict[str, Any]:
    """What two schedulers must agree in, if they saw the same."""
    s = settled(s)
    return {
        "phase": bytes(s.phase).hex(), "users": list(s.users), "left": s.left, "held": s.held, "limit": s.limit,
        "nrunning": s.nrunning, "on": list(s.on), "flying": sorted([t, w] for t, w in s.flying.items()),
    }  # fmt: skip


def replay(
    record: Mapping[str, Any],
    *,
    upto: int | None = None,
    watch: Callable[[Scheduler, int, list[Any], int], None] | None = None,
) -> Scheduler:
    """Feed the recorded events to a fresh core, and make sure that it decides the same.

    Parameters
    ----------
    record : mapping
        From :func:`export`, also by way of JSON.
    upto : int, optional
        Stop before the event with this place.
    watch : callable, optional
        Called after each event with the scheduler, the event's place, the event, and the answer (-1 if it has none).

    Raises
    ------
    InvariantError
        The core decides otherwise than when the log was made: the two are different versions, or it is a defect.

    Examples
    --------
    >>> from weft.graph import Graph, Layer, Program, compile_plan
    >>> s = Scheduler(1)
    >>> _ = s.added(compile_plan(Graph([Layer(Program.call(abs), ["x"], None, [(-1,)])]), ["x"]))
    >>> s.finish_and_next(0, s.next(0), 8, [], 1.0)
    -1
    >>> replay(export(s)).size
    [8]
    """
    began = dict(record["began"])
    began["resources"] = {int(worker): offer for worker, offer in began["resources"]}
    recorded = record["events"]
    programs = [Program.named(name) for name in record["programs"]]
    s = Scheduler(**began, log_length=max(10 * len(recorded), 10))
    stop = len(recorded) if upto is None else upto
    for place, event in enumerate(recorded[:stop]):
        if event[0] in ("finish", "finished", "failed", "returned"):
            _, _, worker, task, *_ = event
            if s.on[worker] != task and s.flying.get(task) != worker:
                ahead = [t for t, w in s.flying.items() if w == worker]
                raise InvariantError(
                    f"the replay differs before event {place}: {event[:4]} says that worker {worker} had task {task}, "
                    f"but this core gave it {s.on[worker]} (and ahead {ahead}). "
                    f"Look at replay(record, upto={place})."
                )
        answer = _feed(s, event, programs)
        s.loads.clear()
        if watch is not None:
            watch(s, place, event, answer)
    if stop >= len(recorded):
        for name, right in record["end"].items():
            if _state(s)[name] != right:
                raise InvariantError(
                    f"the replay ends with another {name!r}: {_state(s)[name]!r}, recorded was {right!r}"
                )
    return s


def _feed(s: Scheduler, event: list[Any], programs: list[Program]) -> int:
    """Give one recorded event to a scheduler; returns the task handed out, if that is its answer."""
    kind, now, *given = event
    first: Any = given[0] if given else None
    released: list[int] = []
    match kind:
        case "finish":
            return s.finish_and_next(first, given[1], given[2], released, now)
        case "finished":
            s.finished(first, given[1], given[2], released, now)
        case "next":
            return s.next(first, now)
        case "take" | "ahead":
            return s.take(first, now, ahead=kind == "ahead")
        case "spilled":
            s.spilled(first, now=now)
        case "on disk":
            s.on_disk(first, now=now)
        case "not spilled":
            s.not_spilled(first, now=now)
        case "loaded":
            s.loaded(first, now=now)
        case "hold":
            s.hold(first, now=now)
        case "unhold":
            s.unhold(first, released, now=now)
        case "sorted":
            s.sort(now)
        case "settled":
            s.settle()
        case "added":
            _feed_plan(s, first, programs, now)
        case "failed":
            s.failed(first, given[1], released, now=now, retry=given[2])
        case "returned":
            s.returned(first, given[1], now=now)
        case "followed":
            s.follow(first, given[1], now)
        case "lost":
            s.lost(first, released, now=now)
        case "cancelled":
            s.cancelled(first, released, now=now)
        case "stopped":
            s.stop(now=now)
        case "limit":
            s.set_limit(first, now=now)
        case "worker":
            s.worker_added(given[1], now=now)
        case "worker left":
            s.worker_left(first, now=now)
        case _:
            raise InvariantError(f"the record has an event {kind!r}, which this version does not know")
    return -1


def _feed_plan(s: Scheduler, graph: Mapping[str, Any], programs: list[Program], now: float) -> None:
    ntasks = len(graph["programs"])
    outputs = {task: tuple(blocks) for task, blocks in graph["outputs"]}
    plan = Plan(
        keys=list(range(len(graph["nbytes"]))),
        programs=[programs[number] for number in graph["programs"]],
        inputs=[tuple(sources) for sources in graph["inputs"]],
        constants=[()] * ntasks,
        nbytes=graph["nbytes"],
        wanted=graph["wanted"],
        outputs=outputs,
        maker={b: task for task, blocks in outputs.items() for b in blocks if b != task},
        data=dict.fromkeys(graph["data"]),
        workspace=dict(graph["workspace"]),
        annotations=dict(graph["annotations"]),
        in_order=graph["in_order"],
    )
    plan.rank = graph["rank"]
    external, stored = dict(graph["external"]), dict(graph["stored"])
    s.added(plan, now=now, keep=graph["keep"], external=external, stored=stored, alone=graph["alone"])
