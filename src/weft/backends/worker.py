"""What runs in a worker process. HOT: :meth:`Worker.work`.

A worker does one task after the other, in its main thread, and owns nothing: results are small and go into the message
that says "finished", or are files in a directory of the driver's. It takes batches of tasks, works through them in order, and
acknowledges each, in messages of their own: one when its queue is empty, and at least every millisecond of work
(:mod:`weft.backends.desk`). What it works on stands in a *page* of memory that the driver sees too, so that the driver knows,
should the worker die, what it died of, and when a task with a timeout began.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from weft.backends.bench import Bench, Failure
from weft.backends.channel import Channel
from weft.backends.desk import FLUSH_S, Desk
from weft.backends.packed import unpack
from weft.backends.packed_errors import packed_error
from weft.backends.worker_life import get_ready, is_worker, leave, limit_libraries, settle_in

__all__ = ["Context", "Worker", "main"]

#: How often a worker that has tasks looks for messages, in seconds.
LOOK_S = 0.002


@dataclass(frozen=True)
class Context:
    """What a worker must know of a run."""

    run: int
    directory: str
    path: list[str]
    configuration: dict[str, str]
    library_threads: int
    shared: str
    inline_nbytes: int


class Worker(Desk):
    """A worker process."""

    def work(self) -> None:
        """Work until told to go."""
        queue, done, now, perform = self.queue, self.done, self.page, self.bench.perform
        last_flush = last_look = perf_counter()
        while True:
            try:
                task, number, refs, constants = queue.popleft()
            except IndexError:
                if done:
                    self.flush()
                if not self.hear(wait=True):
                    return
                last_flush = last_look = perf_counter()
                continue
            self.serial += 1
            now[1] = perf_counter()
            now[0] = task
            try:
                ref, nbytes, began, ended = perform(number, refs, constants)
                done.append((task, ref, nbytes, began, ended))
                now[0] = -1.0
                ref = refs = constants = None  # type: ignore[assignment]
            except BaseException as error:  # it is the task's, whatever it is
                ended = perf_counter()
                news = error.news if isinstance(error, Failure) else ("failed", packed_error(error))
                refs = constants = None  # type: ignore[assignment]
                self.flush((news[0], task, *news[1:]))
                now[0] = -1.0
            if ended - last_flush > FLUSH_S:
                self.flush()
                last_flush = ended
            if ended - last_look > LOOK_S:
                last_look = ended
                if not self.hear(wait=False):
                    return

    def hear(self, *, wait: bool) -> bool:
        """Do what a message says; False if the worker should end."""
        try:
            message = self.channel.receive(wait=wait)
        except EOFError:
            return False
        if message is None:
            return True
        try:
            kind, *content = unpack(message)
        except BaseException as error:  # what users' classes raise when they arrive
            self.flush(("unreadable", packed_error(error)))
            return True
        match kind:
            case "tasks":
                programs, orders = content
                self.bench.written.update(programs)
                self.queue.extend(orders)
                if len(self.queue) > 1:
                    self.look_after()
            case "begin":
                self._begin(content[0])
            case "cancel":
                self.queue.clear()
                self.flush(("idle", content[0]))
            case "end":
                self.bench.clear()
            case "exit":
                return False
        return True

    def _begin(self, context: Context) -> None:
        self.bench.begin(context.shared, context.inline_nbytes)
        settle_in(
            context.directory, context.path, context.configuration, again=self.configuration != context.configuration
        )
        if self.configuration != context.configuration:
            from weft import config

            config.set(scheduler="inline")
            self.configuration = context.configuration
        if self.library_threads != context.library_threads:
            limit_libraries(context.library_threads, loaded=self.library_threads != 0)
            self.library_threads = context.library_threads

    def left_behind(self) -> list[int]:
        back = []
        with contextlib.suppress(IndexError):
            while True:
                back.append(self.queue.pop()[0])
        return back


def main(
    ours: socket.socket,
    lifeline: socket.socket,
    page: str,
    inherited: tuple[int, ...] = (),
    env: Mapping[str, str] | None = None,
) -> None:
    """Be a worker process, to the end; ``inherited`` are the driver's ends, which a fork has open, too."""
    memory = get_ready(lifeline, page, inherited, env)
    worker = Worker(Channel(ours), memory, Bench())
    is_worker(worker)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.flush(("hello", os.getpid()))
        worker.work()
    leave()
