"""Locks that fit where a computation runs: between threads, or between processes, too."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

from weft.locks import SerializableLock

__all__ = ["FileLock", "get_scheduler_lock"]


def new_path() -> str:
    """A path among the temporary files that nothing else has."""
    import tempfile  # here, for a quick import

    return os.path.join(tempfile.gettempdir(), f"weft-lock-{os.urandom(16).hex()}")


class FileLock:
    """A lock between the processes of one machine, and their threads, by a file.

    It travels with tasks: its copies are the same lock. The kernel lets it go when its holder dies.

    Parameters
    ----------
    path : path, optional
        The file; by default a new one among the temporary files, which is removed when this object goes.

    Examples
    --------
    >>> lock = FileLock()
    >>> with lock:
    ...     lock.locked()
    True
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._owner = os.getpid() if path is None else 0
        self.path = os.fspath(path or new_path())
        self._threads = SerializableLock(("file", self.path))
        self._file: int | None = None

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; with ``blocking=False`` only if it is free, and False if not."""
        import fcntl

        if not self._threads.acquire(blocking):
            return False
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except BaseException as error:
            os.close(file)
            self._threads.release()
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Let the lock go."""
        if self._file is None:
            raise RuntimeError("cannot release a lock that is not held here")
        file, self._file = self._file, None
        os.close(file)  # the kernel's lock goes with it
        self._threads.release()

    def locked(self) -> bool:
        """Whether somebody holds it."""
        if self.acquire(blocking=False):
            self.release()
            return False
        return True

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        if self._owner == os.getpid():
            try:
                os.unlink(self.path)
            except OSError:
                pass  # nobody has ever taken it

    def __reduce__(self) -> Any:
        return FileLock, (self.path,)

    def __weft_tokenize__(self) -> Any:
        return "FileLock", self.path

    def __repr__(self) -> str:
        return f"<FileLock {self.path}>"


#: Backends whose tasks share this process's memory.
IN_MEMORY = frozenset({"inline", "threads"})


def get_scheduler_lock(collection: Any = None, scheduler: Any = None) -> Any:
    """A lock for tasks that must not run side by side, such as writes to one file.

    Parameters
    ----------
    collection : collection, optional
        Whose tasks they are.
    scheduler : str, executor, backend or get function, optional
        Where they run; by default where the collection would.

    Returns
    -------
    SerializableLock or FileLock
        Between threads, or between processes of this machine.

    Examples
    --------
    >>> with get_scheduler_lock(scheduler="threads"):
    ...     print("alone")
    alone
    """
    from weft.execution.current import scheduler_for  # here, for a quick import

    backend = scheduler_for(scheduler, [] if collection is None else [collection])
    return SerializableLock() if backend.name in IN_MEMORY else FileLock()
