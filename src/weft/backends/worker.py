"""What runs in a worker process. HOT: :meth:`Bench.perform` and :meth:`Worker.work`.

A worker does one task after the other, in its main thread, and owns nothing: results are small and go into the message
that says "finished", or are files in a directory of the driver's. It takes batches of tasks, works through them in order, and
acknowledges each, in messages of their own: one when its queue is empty, and at least every millisecond of work. What it
works on stands in a *page* of memory that the driver sees too, so that the driver knows, should the worker die, what it
died of, and when a task with a timeout began.

*Behind a long task.* A batch is what was expected to take a few milliseconds. If a task takes much longer, a helper
thread (which sleeps unless tasks are queued) sends its predecessors' results and gives back what waits behind it, so
that others can take it.

*The end.* A worker ignores SIGINT: Ctrl-C is the driver's affair. When the driver dies, however that happens, the
kernel sends SIGIO (the far end of the *lifeline* is closed), which ends the process even inside C code.
(``PR_SET_PDEATHSIG`` would do so already when the driver's *thread* that started the worker ends.)
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

from weft.backends.channel import Channel
from weft.backends.heap import keep_freed_memory
from weft.backends.packed import pack, unpack
from weft.errors import BlockLostError
from weft.graph import Program
from weft.store.blockfile import read_block
from weft.store.memory import readonly_view
from weft.store.serialize import PROTOCOL, dumps, loads
from weft.store.shared import SharedStore

__all__ = ["Ack", "Bench", "Context", "Failure", "PackedError", "inside_worker", "main", "packed_error"]

#: Acknowledgements wait at most this long for company while tasks run, in seconds.
FLUSH_S = 0.001
#: How often a worker that has tasks looks for messages, in seconds.
LOOK_S = 0.002
#: A task that takes longer than this gives back what waits behind it, in seconds.
SITTING_S = 0.02
#: Inputs from files that are kept for the next task that reads them: at most so many bytes in all.
CACHED_NBYTES = 32 << 20
#: Values that tasks could change are built anew for each.
NOT_CACHED = (list, dict, set, bytearray)

#: A packed block, or the path of a file with one.
Ref: TypeAlias = "bytes | str"
#: Task number, program number, inputs, constants.
Order: TypeAlias = tuple[int, int, tuple[Ref, ...], tuple[Any, ...]]
#: Task number, its block (or list of blocks), bytes (or list of bytes), when it began and ended.
Ack: TypeAlias = tuple[int, Any, Any, float, float]


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


class PackedError:
    """An exception on its way to the driver: as itself if it can travel, and as text."""

    __slots__ = ("text", "type_name", "what", "written")

    def __init__(self, written: bytes | None, type_name: str, what: str, text: str) -> None:
        self.written = written
        self.type_name = type_name
        self.what = what
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedError, (self.written, self.type_name, self.what, self.text)


def packed_error(error: BaseException) -> PackedError:
    """An exception, with its traceback from the user's code on."""
    inner = error.__traceback__
    while inner is not None and inner.tb_frame.f_globals.get("__name__") in OWN_MODULES:
        inner = inner.tb_next
    text = "".join(traceback.format_exception(type(error), error, inner))
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        header, buffers = dumps(error.with_traceback(None))
        loads(header, buffers)
        written = pack(error, sys.maxsize)
        assert isinstance(written, bytes)
        return PackedError(written, name, str(error), text)
    except Exception:  # whatever its class does, the news must get through
        try:
            copy = pack(ErrorCopy(error), sys.maxsize)
            assert isinstance(copy, bytes)
            unpack(copy)
            return PackedError(copy, name, _text_of(error), text)
        except Exception:
            return PackedError(None, name, _text_of(error), text)


class ErrorCopy:
    """Stands for an exception whose class cannot be called with its arguments, and arrives as that exception."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self.error), self.error.args, dict(self.error.__dict__))


def _made_again(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its text cannot be had)"


class Failure(Exception):
    """A task did not come to its end; raised by :meth:`Bench.perform`."""

    def __init__(self, news: tuple[Any, ...]) -> None:
        super().__init__(news)
        self.news = news


class Bench:
    """Where tasks are performed: programs, inputs, results."""

    def __init__(self) -> None:
        self.written: dict[int, bytes] = {}
        self.programs: dict[int, Program] = {}
        self.cache: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self.cached = 0
        self.shared = ""
        self.inline_nbytes = 0
        self.store: SharedStore | None = None

    def begin(self, shared: str, inline_nbytes: int) -> None:
        """Get ready for another run."""
        self.clear()
        self.shared = shared
        self.inline_nbytes = inline_nbytes
        self.store = SharedStore(attach=shared, inline_nbytes=-1)

    def clear(self) -> None:
        """Let go of everything."""
        self.written.clear()
        self.programs.clear()
        self.cache.clear()
        self.cached = 0

    def perform(self, number: int, refs: tuple[Ref, ...], constants: tuple[Any, ...]) -> tuple[Any, Any, float, float]:
        """Run a program; gives its block, the block's bytes, and when it began and ended."""
        program = self.programs.get(number)
        if program is None:
            program = self._program(number)
        values = [unpack(ref) if type(ref) is bytes else self._read(ref) for ref in refs] if refs else []
        if constants:
            values += constants
        began = perf_counter()
        function = program.direct
        value = function(*values) if function is not None else program.run(values)
        ended = perf_counter()
        del values
        if program.noutputs > 1:
            blocks = [self._keep(each, "an output of the task") for each in outputs_of(program, value)]
            return [ref for ref, _ in blocks], [nbytes for _, nbytes in blocks], began, ended
        ref, nbytes = self._keep(value, "the result")
        return ref, nbytes, began, ended

    def _keep(self, value: Any, name: str) -> tuple[Any, int]:
        packed = pack(value, self.inline_nbytes, name)
        if type(packed) is bytes:
            return packed, len(packed)
        assert self.store is not None
        ref: Any = self.store.put_serialized(packed)  # type: ignore[arg-type]
        return ref.path, ref.nbytes

    def _program(self, number: int) -> Program:
        program: Program = unpack(self.written[number])
        self.programs[number] = program
        return program

    def _read(self, path: Any) -> Any:
        """The value in a file."""
        found = self.cache.get(path)
        if found is not None:
            self.cache.move_to_end(path)
            return readonly_view(found[0])
        try:
            value = read_block(path, verify=not path.startswith(self.shared))
            nbytes = os.stat(path).st_size
        except (BlockLostError, FileNotFoundError) as error:
            raise Failure(("lost", path, str(error))) from None
        if nbytes <= CACHED_NBYTES // 4 and not isinstance(value, NOT_CACHED):
            self.cache[path] = value, nbytes
            self.cached += nbytes
            while self.cached > CACHED_NBYTES:
                self.cached -= self.cache.popitem(last=False)[1][1]
            return readonly_view(value)
        return value


def outputs_of(program: Program, value: Any) -> list[Any]:
    """The blocks of a task with several outputs."""
    expected = program.noutputs
    try:
        blocks = list(value)
    except TypeError:
        raise TypeError(f"a task with {expected} outputs must return a sequence, not {type(value).__name__}") from None
    if len(blocks) != expected:
        raise ValueError(f"a task with {expected} outputs returned {len(blocks)}")
    return blocks


class Worker:
    """A worker process."""

    def __init__(self, channel: Channel, page: memoryview[float]) -> None:
        self.channel = channel
        self.now = page  # the task that runs (-1: none), and when it began
        self.bench = Bench()
        self.queue: deque[Order] = deque()
        self.done: deque[Ack] = deque()
        self.serial = 0
        self.sending = threading.Lock()
        self.sitter: threading.Thread | None = None
        self.wake = threading.Lock()
        self.wake.acquire()
        self.configuration: dict[str, str] = {}
        self.library_threads = 0

    def work(self) -> None:
        """Work until told to go."""
        queue, done, now, perform = self.queue, self.done, self.now, self.bench.perform
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
            except BaseException as error:
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

    def flush(self, *news: tuple[Any, ...]) -> None:
        """Send what was finished, and other news."""
        with self.sending:
            self._send(list(news))

    def _send(self, news: list[tuple[Any, ...]]) -> None:
        acks = []
        with contextlib.suppress(IndexError):
            while True:
                acks.append(self.done.popleft())
        if acks or news:
            self.channel.send(pickle.dumps((acks, news), PROTOCOL))

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
        except BaseException as error:
            self.flush(("unreadable", packed_error(error)))
            return True
        match kind:
            case "tasks":
                programs, orders = content
                self.bench.written.update(programs)
                self.queue.extend(orders)
                if len(self.queue) > 1:
                    self._sit()
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
        if sys.path != context.path:
            sys.path[:] = context.path
        with contextlib.suppress(OSError):  # it may be gone; the driver lives with that, too
            if os.getcwd() != context.directory:
                os.chdir(context.directory)
        if self.configuration != context.configuration:
            from weft import config

            os.environ.update(context.configuration)
            config.refresh()
            config.set(scheduler="inline")
            self.configuration = context.configuration
        if self.library_threads != context.library_threads:
            limit_libraries(context.library_threads, loaded=self.library_threads != 0)
            self.library_threads = context.library_threads

    def _sit(self) -> None:
        if self.sitter is None:
            self.sitter = threading.Thread(target=self._sitting, name="weft-sitter", daemon=True)
            self.sitter.start()
        if self.wake.locked():
            self.wake.release()

    def _sitting(self) -> None:
        """Send what was finished before a task that takes long, and give back what waits behind it."""
        while True:
            self.wake.acquire()
            while self.queue or self.done:
                seen = self.serial
                time.sleep(SITTING_S)
                if self.serial != seen:
                    continue
                with self.sending:
                    back = []
                    with contextlib.suppress(IndexError):
                        while True:
                            back.append(self.queue.pop()[0])
                    self._send([("back", back)] if back else [])


#: Frames of these modules are not the user's.
OWN_MODULES = {__name__, Program.__module__}
#: Variables that libraries read when they are loaded.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS",
)  # fmt: skip


def limit_libraries(nthreads: int, *, loaded: bool) -> None:
    """Have BLAS and its like use so many threads: those still to be loaded, and those that are."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(nthreads)))
    if loaded or "numpy" in sys.modules:
        import threadpoolctl

        threadpoolctl.threadpool_limits(nthreads)
    keep_freed_memory()
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.set_cpu_count(nthreads)


_here: list[Any] = []


def inside_worker() -> bool:
    """Whether this process is a worker."""
    return bool(_here)


def main(
    ours: socket.socket,
    lifeline: socket.socket,
    page: str,
    inherited: tuple[int, ...] = (),
    env: Mapping[str, str] | None = None,
) -> None:
    """Be a worker process, to the end; ``inherited`` are the driver's ends, which a fork has open, too."""
    memory = get_ready(lifeline, page, inherited, env)
    worker = Worker(Channel(ours), memory)
    _here.append(worker)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.flush(("hello", os.getpid()))
        worker.work()
    leave()


def get_ready(
    lifeline: socket.socket, page: str, inherited: tuple[int, ...], env: Mapping[str, str] | None
) -> memoryview[float]:
    """What a worker process does first, whatever its kind; gives its page."""
    os.environ.update(env or {})
    for descriptor in inherited:
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.getsid(0) != os.getpid():
        os.setsid()  # what a task starts ends with its worker
    _die_with(lifeline)
    with open(page, "r+b") as file:
        memory = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")
    # A task that calls input() gets an end of file, not the driver's terminal.
    sys.stdin = open(os.devnull)  # noqa: SIM115
    return memory


def leave() -> None:
    """The end of a worker process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _die_with(lifeline: socket.socket) -> None:
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    with contextlib.suppress(BlockingIOError):
        lifeline.recv(1, socket.MSG_DONTWAIT)
        os._exit(1)  # the driver was gone before
    lifeline.detach()  # open to the end
