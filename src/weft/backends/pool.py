"""Worker processes: started, lent to runs, watched, ended.

Each worker has a socket for messages, a *lifeline* whose far end the driver holds (see :mod:`weft.backends.worker`), and
a page of memory that tells what it is working on. With the start method "spawn" a worker is a fresh interpreter, started
directly rather than through :mod:`multiprocessing`: it never imports the user's ``__main__`` (what is defined there
travels by value, so scripts need no ``if __name__ == "__main__"``), gets its environment before any library is loaded,
and leaves no resource tracker behind. "fork" and "forkserver" are multiprocessing's.

A worker is lent to one run at a time. Runs in several threads get different workers; idle ones are kept, up to the
largest number that one run ever asked for.
"""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import types
import weakref
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weft import config
from weft.backends import worker
from weft.backends.channel import channel_pair
from weft.backends.worker_life import AUTHKEY, THREAD_VARIABLES
from weft.config.state import global_tree
from weft.config.tree import copied

__all__ = ["Pool", "WorkerProcess", "oom_kills"]

PAGE_NBYTES = 16
#: How long workers that were told to go may take, in seconds.
GRACE_S = 0.5
MEMORY_PAGE_NBYTES = os.sysconf("SC_PAGE_SIZE")
_starting = threading.Lock()


class WorkerProcess:
    """One worker, seen from the driver."""

    __slots__ = (
        "__weakref__",
        "_lifeline", "_memory", "_page", "_process", "channel", "exit_code", "now", "peak", "pid", "ready", "rss", "run", "sentinel",
    )  # fmt: skip

    def __init__(
        self,
        directory: Path,
        start_method: str,
        library_threads: int,
        *,
        main: Callable[..., None] = worker.main,
        nslots: int = 1,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.channel, theirs = channel_pair()
        self._lifeline, far_end = socket.socketpair()
        self._page = f"{directory}/worker-{os.urandom(6).hex()}.page"
        self.exit_code: int | None = None
        self.ready = False  # whether it has said hello
        self.rss = self.peak = 0
        self.run = -1  # number of the run that it was introduced to
        Path(self._page).write_bytes(bytes(PAGE_NBYTES * nslots))
        with open(self._page, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), PAGE_NBYTES * nslots)
        self.now = memoryview(self._memory).cast("d")  # for each slot the task that runs, and when it began
        self.now[::2] = memoryview(array("d", [-1.0]) * nslots)
        try:
            start = _spawn if start_method == "spawn" else _fork
            inherited = (self.channel.fileno(), self._lifeline.fileno()) if start_method == "fork" else ()
            self._process = start(
                theirs, far_end, self._page, inherited, library_threads, start_method, main, env or {}
            )
        finally:
            theirs.close()
            far_end.close()
        self.pid: int = self._process.pid
        self.sentinel = _sentinel(self.pid)

    def hello(self) -> None:
        """It has started."""
        self.ready = True
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._page)

    @property
    def alive(self) -> bool:
        """Whether it can be used."""
        return self.exit_code is None and not self.channel.torn

    def sample(self) -> None:
        """Read how much memory it takes."""
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:
                pages = int(file.read().split()[1])
        except (OSError, IndexError):
            return
        if pages:  # one that has ended, and that nobody has waited for yet, has none
            self.rss = pages * MEMORY_PAGE_NBYTES
            self.peak = max(self.peak, self.rss)

    def kill(self) -> None:
        """End it now, with what its tasks have started."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.reap()

    def reap(self) -> int:
        """Wait for its end, give back what it held here; gives the exit code (negative: a signal)."""
        if self.exit_code is None:
            if not self.has_ended():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)  # it has closed its socket, so it is of no use
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)  # before its number is free for others
            self.exit_code = self._wait()
        return self.exit_code

    def has_ended(self) -> bool:
        if self.exit_code is not None:
            return True
        if not isinstance(self._process, subprocess.Popen):
            return not self._process.is_alive()
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _wait(self) -> int:
        if isinstance(self._process, subprocess.Popen):
            try:
                _, status, usage = os.wait4(self.pid, 0)
            except ChildProcessError:  # somebody else has waited for it
                return self._process.wait()
            self.peak = max(self.peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
            self._process.returncode = os.waitstatus_to_exitcode(status)
            return self._process.returncode
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        return -signal.SIGKILL if code is None else int(code)

    def leave(self) -> None:
        """Ask it to end."""
        if self.alive:
            self.channel.post(_EXIT)

    def close(self) -> None:
        """See to it that it is gone, and close everything."""
        self.kill()
        self.forget()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._page)

    def forget(self) -> None:
        """Close what is open on this side; in a forked child, that is all that may be done."""
        if isinstance(self._process, subprocess.Popen) and self._process.returncode is None:
            self._process.returncode = 0  # another process's child: nobody here waits for it
        self.channel.close()
        self._lifeline.close()
        if self.sentinel is not None:
            os.close(self.sentinel)
            self.sentinel = None

    def has_left(self, timeout_s: float) -> bool:
        """Whether it ends within that time."""
        waiting = select.poll()
        waiting.register(self.sentinel if self.sentinel is not None else self.channel, select.POLLIN)
        while timeout_s > 0 and not self.has_ended():
            waiting.poll(min(timeout_s, 0.02) * 1000)
            timeout_s -= 0.02
        return self.has_ended()


def _sentinel(pid: int) -> int | None:
    """A descriptor that can be read once the process has ended, where the system has such a thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _spawn(
    ours: socket.socket,
    lifeline: socket.socket,
    page: str,
    _: tuple[int, ...],
    library_threads: int,
    __: str,
    main: Callable[..., None],
    env: Mapping[str, str],
) -> Any:
    """A fresh interpreter."""
    files = ours.fileno(), lifeline.fileno()
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import socket; from {main.__module__} import main; "
        f"main(socket.socket(fileno={files[0]}), socket.socket(fileno={files[1]}), {page!r})"
    )
    environment = {
        **os.environ,
        **config.child_environment(),
        **dict.fromkeys(THREAD_VARIABLES, str(library_threads)),
        AUTHKEY: multiprocessing.current_process().authkey.hex(),
        **env,
    }
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(
        [sys.executable, *flags, "-c", program],
        env=environment,
        pass_fds=files,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _fork(
    ours: socket.socket,
    lifeline: socket.socket,
    page: str,
    inherited: tuple[int, ...],
    _: int,
    start_method: str,
    main: Callable[..., None],
    env: Mapping[str, str],
) -> Any:
    """A copy of this process, or of multiprocessing's server."""
    context: Any = multiprocessing.get_context(start_method)
    process = context.Process(target=main, args=(ours, lifeline, page, inherited, dict(env)), daemon=True)
    with _starting:
        main_module = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")  # the server must not import the user's
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main_module
    return process


class Pool:
    """Workers that have nothing to do, and how to get more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.idle: list[WorkerProcess] = []
        self._all: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()
        self.kept = 0
        self._started = False
        self._tree: dict[str, Any] = {}
        self._configuration: dict[str, str] = {}
        self.oom_kills = 0  # the kernel's count when it was last looked at

    def borrow(self, count: int, directory: Path, library_threads: int) -> list[WorkerProcess]:
        """Workers for one run."""
        with self._lock:
            self.kept = max(self.kept, count)
            team = [self.idle.pop() for _ in range(min(count, len(self.idle)))]
        for each in [each for each in team if not each.alive or each.has_ended()]:
            team.remove(each)
            each.close()
        try:
            while len(team) < count:
                team.append(self.start(directory, library_threads))
        except BaseException:
            for each in team:
                each.close()
            raise
        return team

    def start(self, directory: Path, library_threads: int) -> WorkerProcess:
        """A new worker, for the caller."""
        if not self._started:
            self._started = True
            self.oom_kills = oom_kills()
        made = WorkerProcess(directory, config.value("processes.start-method"), library_threads)
        self._all.add(made)
        return made

    def configuration(self) -> dict[str, str]:
        """This process's configuration for workers; written down only when it has changed."""
        tree = global_tree()
        if tree != self._tree:
            self._tree, self._configuration = copied(tree), config.child_environment()
        return self._configuration

    def give_back(self, team: list[WorkerProcess]) -> None:
        """Workers are free again, if they are of any use."""
        surplus = []
        for each in team:
            if not each.alive:
                each.close()
                continue
            with self._lock:
                if len(self.idle) < self.kept:
                    self.idle.append(each)
                else:
                    surplus.append(each)
        end(surplus)

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            workers, self.idle = self.idle, []
        end(workers)

    def forget(self) -> None:
        """In a forked child: the workers are the parent's."""
        for each in list(self._all):
            if each.exit_code is None:
                each.forget()
        self._all.clear()
        self.idle = []
        self._lock = threading.Lock()


def end(workers: list[WorkerProcess]) -> None:
    """Have workers end, and wait for it."""
    for each in workers:
        each.leave()
    left = GRACE_S
    for each in workers:
        if not each.has_left(left):
            left = 0
        each.close()


def oom_kills() -> int:
    """How many processes the kernel has killed for lack of memory, on this machine and in this control group.

    Only changes mean something: a kill counts once or twice. The machine's count has also what was killed in a smaller
    group, such as a worker that put itself there; in a container it may not be there.
    """
    total = 0
    with contextlib.suppress(OSError):
        total += _counter(Path("/proc/vmstat"), "oom_kill")
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            root = Path("/sys/fs/cgroup") / ("memory" if controllers else "")
            name = "memory.oom_control" if controllers else "memory.events"
            for place in (root / path.strip("/") / name, root / name):
                if place.is_file():
                    total += _counter(place, "oom_kill")
                    break
    return total


def _counter(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        key, _, number = line.partition(" ")
        if key == name:
            return int(number)
    return 0


_EXIT = pickle.dumps(("exit",), 5)
