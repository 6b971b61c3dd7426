"""The workers of a run, watched over one selector: what runs of worker processes share, those with an end and live ones."""

from __future__ import annotations

import selectors
from typing import Any

from weft.backends.pool import WorkerProcess
from weft.backends.remote import RemoteRun
from weft.store.files import FileRef

__all__ = [
    "BATCH_S",
    "BATCH_TASKS",
    "FALSE_STARTS",
    "OVERHEAD_S",
    "READ",
    "SAMPLE_S",
    "WRITE",
    "Team",
    "TeamMember",
]

#: Work that a batch should bring, in seconds; a worker gets another when it has less than this.
BATCH_S = 0.004
#: Tasks in one batch at most.
BATCH_TASKS = 200
#: What a task costs a worker besides itself, in seconds.
OVERHEAD_S = 5e-6
#: How often the memory of workers is read, in seconds.
SAMPLE_S = 0.2
#: Workers that may end before they have started.
FALSE_STARTS = 3

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class TeamMember:
    """A worker's place in a team: its process (replaced when it dies), and what it has to do."""

    __slots__ = ("known", "load", "number", "orders", "process", "stuck")

    def __init__(self, number: int, process: WorkerProcess) -> None:
        self.number = number
        self.process = process
        self.orders: dict[int, float] = {}  # tasks it was handed, in order, and what each is expected to take
        self.load = 0.0
        self.known: set[int] = set()  # programs it has
        self.stuck = False  # in tasks that take longer than expected


class Team(RemoteRun):
    """A run whose workers are processes behind sockets."""

    __slots__ = ("selector",)

    selector: selectors.BaseSelector

    def _watch(self, member: Any) -> None:
        """Hear what the process of a member says, and of its end."""
        process = member.process
        for each in (process.channel, process.sentinel):
            if each is not None:
                self.selector.register(each, READ, (member, process))

    def _unwatch(self, process: WorkerProcess) -> None:
        for each in (process.channel, process.sentinel):
            if each is not None and each in self.selector.get_map():
                self.selector.unregister(each)

    def _attend(self, member: Any, process: WorkerProcess, what: Any, mask: int) -> None:
        """Something happened to a worker."""
        if process is not member.process or process.exit_code is not None:
            return  # it has been dealt with
        channel = process.channel
        if what is not channel:
            self._bury(member)
            return
        if mask & WRITE and channel.flush():
            self._has_room(member)
            self.selector.modify(channel, READ, (member, process))
        if mask & READ:
            try:
                for message in channel.arrived():
                    self._hear(member, message)
            except EOFError:
                self._bury(member)

    def _has_room(self, member: Any) -> None:
        """A worker's socket takes more again."""

    def _hear_last_words(self, member: Any) -> None:
        """Hear what a worker that has ended had to say."""
        process = member.process
        try:
            while True:
                messages = process.channel.arrived()
                if not messages and process.has_ended():
                    return
                for message in messages:
                    self._hear(member, message)
        except EOFError:
            return

    def _reclaim(self, process: WorkerProcess) -> None:
        """Remove files that a worker wrote and nobody knows of."""
        known = [FileRef(ref, 0) for ref in self.refs if type(ref) is str]
        self.files.shared.reclaim(process.pid, [*known, *self.files.held_files()])

    def _hear(self, member: Any, message: bytes) -> None:
        raise NotImplementedError

    def _bury(self, member: Any) -> None:
        raise NotImplementedError
