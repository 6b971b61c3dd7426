"""What runs in a worker process of a live run. HOT: :meth:`LiveWorker.perform`.

The main thread reads what the driver says; tasks run in threads of their own, as many as the worker has, which take them
from one queue and send what they have finished: when the queue is empty, and at least every millisecond of work. As in
:mod:`weft.backends.worker`, the page tells what each thread works on, and a helper gives back what waits behind tasks
that take long.

A thread whose task waits (for other tasks, a lock, a queue...) steps aside: another takes its place, so a worker never
waits for itself.

Tasks speak with the run by messages: they *ask*, and wait for an *answer*; they submit and let go, and are told when what
they submitted is *done* (:class:`Remote` is the run as they see it).
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import sys
import threading
import traceback
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from weft.backends.bench import Failure, SharedBench
from weft.backends.channel import Channel
from weft.backends.desk import FLUSH_S, Desk
from weft.backends.interrupting import interrupt, take_back
from weft.backends.live_here import HERE
from weft.backends.packed import pack, unpack, unpack_own
from weft.backends.packed_errors import packed_error, rebuilt, traced_error
from weft.backends.worker_life import get_ready, is_worker, leave, limit_libraries, settle_in

if TYPE_CHECKING:
    import socket

__all__ = ["ANY_SIZE", "WRITTEN", "Introduction", "LiveWorker", "main"]

ANY_SIZE = 1 << 62
#: Programs whose written form is remembered.
WRITTEN = 512


@dataclass(frozen=True)
class Introduction:
    """What a worker must know."""

    number: int
    nthreads: int
    directory: str
    path: list[str]
    configuration: dict[str, str]
    library_threads: int
    shared: str
    inline_nbytes: int
    address: str
    uploads: str
    nworkers: int
    offer: dict[str, float] = field(default_factory=dict)
    home: str = ""  #: what makes the cluster as tasks see it, as module:name


class Interrupted(BaseException):
    """Raised inside a task whose result nobody wants any more."""


class TaskThread:
    """A thread for tasks."""

    __slots__ = ("aside", "ident", "slot", "task", "wake", "worker")

    def __init__(self, worker: LiveWorker) -> None:
        self.worker = worker
        self.wake = allocate_lock()
        self.wake.acquire()
        self.task = -1
        self.aside = False
        self.slot = -1
        self.ident = 0
        threading.Thread(target=self._main, name="weft-task", daemon=True).start()

    def _main(self) -> None:
        self.ident = threading.get_ident()
        HERE.run, HERE.worker = self.worker, self.worker.number
        self.worker.perform(self)


class LiveWorker(Desk):
    """A worker process."""

    def __init__(self, channel: Channel, page: memoryview[float]) -> None:
        super().__init__(channel, page, SharedBench())
        self.number = -1
        self.nthreads = 1
        self.introduction: Introduction | None = None
        self.guard = allocate_lock()  # of the threads
        self.active = 0
        self.idle: list[TaskThread] = []
        self.running: dict[int, TaskThread] = {}
        self.slots: list[int] = []
        self.doomed: set[int] = set()
        self.retiring = False
        self.prepared = threading.Event()
        self.prepared.set()
        # what tasks ask
        self.rids = itertools.count()
        self.asked: dict[int, Any] = {}
        self.events: dict[str, Callable[[Any], None]] = {}
        self.observers: list[Any] = []
        self._home: Any = None
        self.remote: Any = None

    # -- messages -------------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Do what the driver says, to the end."""
        HERE.run = self  # futures that arrive here are this process's
        while True:
            try:
                message = self.channel.receive()
            except EOFError:
                return
            assert message is not None
            try:
                kind, *content = unpack(message)
            except BaseException as error:  # what users' classes raise when they arrive
                self.flush(("unreadable", packed_error(error)))
                continue
            if kind == "tasks":
                programs, orders = content
                self.bench.written.update(programs)
                with self.guard:
                    self.queue.extend(orders)
                    self._wake()
                if len(self.queue) > 1 or self.active > 1:
                    self.look_after()
            elif kind == "exit":
                return
            elif kind == "retire":
                self.retiring = True
                if self._is_idle():
                    return
            else:
                getattr(self, "on_" + kind.replace(" ", "_"))(*content)

    def _is_idle(self) -> bool:
        return not self.queue and not self.running and not self.done

    def on_begin(self, introduction: Introduction) -> None:
        self.introduction = introduction
        self.number = HERE.worker = introduction.number
        self.nthreads = introduction.nthreads
        self.slots = list(range(self.nthreads))
        self.bench.begin(introduction.shared, introduction.inline_nbytes)
        settle_in(introduction.directory, introduction.path, introduction.configuration)
        from weft import config

        config.set(scheduler="inline" if self.nthreads == 1 else "threads", num_workers=self.nthreads)
        limit_libraries(introduction.library_threads, loaded=False)

    def on_path(self, path: list[str]) -> None:
        if sys.path != path:
            sys.path[:] = path

    def on_forget(self, numbers: list[int]) -> None:
        for number in numbers:
            self.bench.written.pop(number, None)
            self.bench.programs.pop(number, None)

    def on_prepare(self, packed: bytes) -> None:
        """Set plugins up, before any task runs."""
        self.prepared.clear()

        def main() -> None:
            HERE.run, HERE.worker = self, self.number
            try:
                for function, args in unpack_own(packed):
                    self.home.call_here(self.number, function, args, {})
            except BaseException:  # of a plugin; the worker works without it
                traceback.print_exc()
            with self.guard:
                self.prepared.set()
                self._wake()

        threading.Thread(target=main, name="weft-prepare", daemon=True).start()

    def on_call(self, rid: int, packed: bytes) -> None:
        def main() -> None:
            HERE.run, HERE.worker = self, self.number
            self.prepared.wait()
            self._reply(rid, lambda: self._called(packed))

        threading.Thread(target=main, name="weft-call", daemon=True).start()

    def _called(self, packed: bytes) -> Any:
        function, args, kwargs = unpack_own(packed)
        return self.home.call_here(self.number, function, args, kwargs)

    def _reply(self, rid: int, function: Callable[[], Any]) -> None:
        try:
            self.flush(("answer", rid, True, pack(function(), ANY_SIZE)))
        except BaseException as error:  # it is the answer
            self.flush(("answer", rid, False, packed_error(error)))

    def on_actor(self, rid: int, packed: bytes) -> None:
        key, op, args = unpack_own(packed)
        self.home.stage.ask(key, op, args, Answering(self, rid))

    def on_drop_actor(self, key: Any) -> None:
        if self._home is not None:
            self.home.stage.drop(key)

    def on_stacks(self, rid: int, tasks: list[int]) -> None:
        frames = sys._current_frames()
        found = {
            task: tuple(traceback.format_stack(frames[thread.ident]))
            for task, thread in list(self.running.items())
            if task in tasks and thread.ident in frames
        }
        self._reply(rid, lambda: found)

    def on_answer(self, rid: int, good: bool, value: Any) -> None:
        reply = self.asked.pop(rid, None)
        if reply is None:
            return
        if good:
            reply(value)
        else:
            reply.fail(rebuilt(value))

    def on_done(self, told: list[Any]) -> None:
        if self.remote is not None:
            self.remote.ended(told)

    def on_event(self, name: str, event: Any) -> None:
        call = self.events.get(name)
        if call is not None:
            call(event)

    def on_interrupt(self, task: int) -> None:
        with self.guard:
            thread = self.running.get(task)
            if thread is not None and thread.ident not in self.doomed:
                self.doomed.add(thread.ident)
                ident = thread.ident
                interrupt(ident, Interrupted, self.guard, lambda: ident in self.doomed)
                return
            kept = [order for order in self.queue if order[0] != task]
            if len(kept) < len(self.queue):
                self.queue.clear()
                self.queue.extend(kept)
                self.done.append((task, None, 0, 0.0, 0.0))
        self.flush()

    def ask(self, op: str, args: tuple[Any, ...], reply: Any) -> None:
        """Ask the run, or its cluster, something; the reply is called by the reading thread."""
        packed = pack(args, ANY_SIZE, f"what is asked ({op})")
        rid = next(self.rids)
        self.asked[rid] = reply
        self.flush(("ask", rid, op, packed))

    # -- tasks ----------------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Under the guard: call as many threads as there is work for."""
        work = len(self.queue) if self.prepared.is_set() else 0
        while work > 0 and self.active < self.nthreads:
            self.active += 1
            work -= 1
            if self.idle:
                self.idle.pop().wake.release()
            else:
                TaskThread(self)

    def perform(self, me: TaskThread) -> None:
        """Run tasks as they come."""
        queue, done, page, work, guard, here = self.queue, self.done, self.page, self.bench.perform, self.guard, HERE
        last_flush = perf_counter()
        while True:
            with guard:
                order = queue.popleft() if queue and self.active <= self.nthreads else None
                if order is not None:
                    self.running[order[0]] = me
                    me.slot = self.slots.pop() if self.slots else -1
                elif not done:
                    self.active -= 1
                    self.idle.append(me)
            if order is None:
                if done:
                    self.flush()
                    continue
                if self.retiring and self._is_idle():
                    leave()
                me.wake.acquire()
                last_flush = perf_counter()
                continue
            task, number, refs, constants = order
            self.serial += 1
            slot = 2 * me.slot
            if slot >= 0:
                page[slot + 1] = perf_counter()
                page[slot] = task
            here.task = me.task = task
            if self.observers:
                self._observe(task, "waiting", "processing")
            error: BaseException | None = None
            try:
                ref, nbytes, began, ended = work(number, refs, constants)
            except BaseException as problem:  # it is the task's, whatever it is
                error = problem
                ended = perf_counter()
            while True:  # from here on nobody can interrupt this thread
                try:
                    with guard:
                        self.running.pop(task, None)
                        if me.ident in self.doomed:
                            self.doomed.discard(me.ident)
                            take_back(me.ident)
                        if me.aside:
                            me.aside = False
                            self.active += 1
                        if me.slot >= 0:
                            self.slots.append(me.slot)
                    break
                except Interrupted as problem:
                    error = error or problem
            here.task = me.task = -1
            here.seceded = False
            here.key = None
            order = refs = constants = None  # type: ignore[assignment]
            if error is None:
                if self.observers:
                    self._observe(task, "processing", "memory")
                done.append((task, ref, nbytes, began, ended))
                ref = None
            else:
                if self.observers:
                    self._observe(task, "processing", "erred")
                news = error.news if isinstance(error, Failure) else ("failed", traced_error(error))
                self.flush((news[0], task, *news[1:]))
                error = None
            if slot >= 0:
                page[slot] = -1.0
            if ended - last_flush > FLUSH_S:
                self.flush()
                last_flush = ended

    def _observe(self, task: int, start: str, finish: str) -> None:
        for observer in list(self.observers):
            observer(self.key_of(task), start, finish)

    def key_of(self, task: int) -> Any:
        """The key of a task."""
        return self.home.key_of(task)

    def step_aside(self) -> bool:
        """The current thread's task is going to wait: another may work meanwhile."""
        me = self.running.get(HERE.task)
        if me is None or me.aside or me.ident != threading.get_ident():
            return False
        with self.guard:
            me.aside = True
            self.active -= 1
            self._wake()
        self.flush(("aside", me.task))
        return True

    def come_back(self) -> None:
        """The current thread's task goes on."""
        me = self.running.get(HERE.task)
        if me is not None and me.aside:
            with self.guard:
                me.aside = False
                self.active += 1
            self.flush(("again", me.task))

    def left_behind(self) -> list[int]:
        with self.guard:
            if self.active < self.nthreads:
                return []
            back = [order[0] for order in self.queue]
            self.queue.clear()
            return back

    # -- the cluster, as tasks see it -----------------------------------------------------------------------------------

    @property
    def home(self) -> Any:
        """The cluster, as tasks see it; made when a task first wants it."""
        if self._home is None:
            assert self.introduction is not None
            module, _, name = self.introduction.home.partition(":")
            make = getattr(importlib.import_module(module), name)
            with self.guard:
                if self._home is None:
                    self._home = make(self)
        return self._home


class Answering:
    """The reply to what the driver asked: a message."""

    def __init__(self, worker: LiveWorker, rid: int) -> None:
        self.worker = worker
        self.rid = rid

    def __call__(self, value: Any = None) -> None:
        self.worker._reply(self.rid, lambda: value)

    def fail(self, error: BaseException) -> None:
        self.worker.flush(("answer", self.rid, False, packed_error(error)))


def main(
    ours: socket.socket,
    lifeline: socket.socket,
    page: str,
    inherited: tuple[int, ...] = (),
    env: Mapping[str, str] | None = None,
) -> None:
    """Be a worker process, to the end."""
    memory = get_ready(lifeline, page, inherited, env)
    worker = LiveWorker(Channel(ours), memory)
    is_worker(worker)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.flush(("hello", os.getpid()))
        worker.hear()
    leave()
