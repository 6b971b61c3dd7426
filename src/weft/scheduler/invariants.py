"""The books, recomputed from scratch: called after each event in tests, and before a stuck run is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weft.errors import InvariantError
from weft.scheduler.state import MASK, Phase
from weft.scheduler.straight import settled

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["check"]

STORED = (Phase.DONE, Phase.SPILLED)


def check(s: Scheduler) -> None:
    """Raise InvariantError if a counter does not agree with what it counts."""
    s = settled(s)
    wrong: list[str] = []

    def expect(what: str, found: object, right: object) -> None:
        if found != right:
            wrong.append(f"{what}: {found!r}, should be {right!r}")

    makers = set(range(len(s.phase))) - set(s.maker) - s.external - s.stored - s.foreign
    queued = {entry & MASK for queue in (s.ready, *s.local, *s.constrained.values()) for entry in queue}
    running = 0
    unfinished = 0
    held = 0
    for t in sorted(makers):
        phase = Phase(s.phase[t])
        if phase <= Phase.RUNNING:
            unfinished += 1
        missing = sum(s.phase[b] not in STORED for b in s.inputs[t])
        if phase in (Phase.WAITING, Phase.READY, Phase.RUNNING):
            expect(f"missing[{t}] ({phase.name})", s.missing[t], missing)
        if phase == Phase.WAITING and not missing:
            wrong.append(f"task {t} waits though nothing is missing")
        if phase == Phase.READY and (missing or t not in queued):
            wrong.append(f"task {t} is ready but misses {missing} inputs or stands in no queue")
    for t in s.busy():
        running += 1
        held += sum(s.size[b] for b in s.outputs.get(t, (t,))) + s.workspace.get(t, 0)
    for b in range(len(s.phase)):
        if b in s.foreign:
            continue
        readers = sum(s.phase[d] <= Phase.RUNNING for d in s.dependents[b])
        holds = s.users[b] - readers
        if holds < 0:
            wrong.append(f"block {b} has {s.users[b]} users but {readers} readers")
        if s.phase[b] in STORED:
            if not s.users[b]:
                wrong.append(f"block {b} is kept though nobody needs it")
            if s.phase[b] == Phase.DONE and b not in s.external:
                held += s.size[b]
        elif (
            s.phase[b] == Phase.RELEASED
            and readers
            and any(s.phase[d] <= Phase.RUNNING and s.phase[s.maker.get(b, b)] > Phase.RUNNING for d in s.dependents[b])
        ):
            wrong.append(f"block {b} is released though {readers} tasks need it")
    expect("nspilled", s.nspilled, sum(p == Phase.SPILLED for p in s.phase))
    expect("awaited without victims", len(s.awaited) * (not s.spilling), 0)
    expect("left", s.left, unfinished)
    expect("held", s.held, held)
    expect("nrunning", s.nrunning, running)
    if wrong:
        raise InvariantError("the scheduler's books do not agree:\n  " + "\n  ".join(wrong[:20]))
