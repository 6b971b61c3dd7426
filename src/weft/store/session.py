"""A directory for the files of one process, which goes away with it, even if the process cannot see to that.

Files in shared memory or on a disk outlive a process that is killed. So each owner has one directory, and whoever
starts later removes those of dead owners. All of the difficulty is to know who is dead.

**A lock tells.** The owner holds a lock (``flock``) on a file in its directory; the kernel lets go of it when the
process ends, in whatever way. Who gets the lock may remove the directory. This also holds where a process number tells
nothing: several containers, or several machines, that share the directory's parent but do not see each other's
processes. The name ``weft-<process>-<start time>-<nonce>`` is for people, and for file systems that cannot lock: there
(and only there) a directory goes if its name and its note say that the owner ran on this boot of this machine and is
gone.

**Races.** Between the birth of the directory and the locking, a sweeper may be faster. It then holds the lock, removes
everything and lets go; the owner, having got the lock of a file that is no longer there, notices and starts again under
another name. Two sweepers exclude each other by the same lock.

**Forks.** A child made by ``fork`` has the lock's file open, too, and would hold the lock for as long as it lives; it
closes it at birth. And it does not remove the directory at its end: whoever removes it is the process that made it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import weakref
from pathlib import Path

from weft.errors import SpillError

__all__ = ["SessionDirectory", "sweep"]

LOCK = "owner.lock"
NAME = re.compile(r"weft-(\d+)-(\d+)-[0-9a-f]{8}")
HELD = {errno.EWOULDBLOCK, errno.EACCES}
ATTEMPTS = 100


class SessionDirectory:
    """A directory of this process, removed by :meth:`close`, at exit, or with the object.

    Parameters
    ----------
    parent : path
        Where to make it. Directories of dead owners there are removed first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     session = SessionDirectory(parent)
    ...     there = session.path.is_dir()
    ...     session.close()
    ...     there, session.path.exists()
    (True, False)
    """

    path: Path

    def __init__(self, parent: str | os.PathLike[str]) -> None:
        sweep(parent)
        self.path, lock = _claim(Path(parent))
        self._remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())
        _close_in_forked_child(self._remove, lock)

    def close(self) -> None:
        """Remove the directory with all that is in it; may be called twice. Mapped files live until unmapped."""
        self._remove()


def sweep(parent: str | os.PathLike[str]) -> list[Path]:
    """Remove what dead processes have left in ``parent``; gives the directories removed.

    Only directories of this user are touched, and never those whose owner lives.
    """
    try:
        entries = [entry for entry in os.scandir(parent) if NAME.fullmatch(entry.name)]
    except OSError:
        return []
    return [Path(entry.path) for entry in entries if _sweep_one(entry)]


def _claim(parent: Path) -> tuple[Path, int]:
    """Make a directory and lock it; gives its path and the lock's file."""
    owner = f"weft-{os.getpid()}-{_start_time(os.getpid())}"
    for _ in range(ATTEMPTS):
        path = parent / f"{owner}-{os.urandom(4).hex()}"
        try:
            path.mkdir(mode=0o700)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except (FileExistsError, FileNotFoundError) as error:
            if not parent.is_dir():
                raise _cannot_make(parent, error) from error
            continue  # the name is taken, or a sweeper was here between the two calls
        except OSError as error:
            raise _cannot_make(parent, error) from error
        _try_lock(lock, wait=True)
        os.write(lock, _machine().encode())
        if _is_at(path / LOCK, lock):
            return path, lock
        os.close(lock)
    raise _cannot_make(parent, OSError(f"{ATTEMPTS} directories were removed while they were being made"))


def _cannot_make(parent: Path, error: OSError) -> SpillError:
    return SpillError(
        f"cannot make a directory for blocks in {parent}: {error.strerror or error}. "
        "Make that directory writable, or set another one (`spill.directory` for spill files)."
    )


def _remove(path: Path, lock: int, owner: int) -> None:
    if os.getpid() == owner:
        _remove_files(path)
        os.close(lock)


def _remove_files(path: Path) -> None:
    """Remove a directory of files, the lock last; what cannot be removed now is left to the next sweep."""
    names = sorted(os.listdir(path), key=lambda name: name == LOCK) if path.is_dir() else []
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(path / name)
    with contextlib.suppress(OSError):
        os.rmdir(path)


def _close_in_forked_child(remover: weakref.finalize[[Path, int, int], SessionDirectory], lock: int) -> None:
    def let_go() -> None:
        if remover.detach() is not None:
            os.close(lock)

    os.register_at_fork(after_in_child=let_go)


def _sweep_one(entry: os.DirEntry[str]) -> bool:
    """Remove one directory if its owner is dead; says whether it did."""
    path = Path(entry.path)
    try:
        if not entry.is_dir(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_uid != os.geteuid():
            return False
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return False  # gone, or not ours to open
    try:
        locked = _try_lock(lock, wait=False)
        dead = _owner_is_gone(path, lock) if locked is None else locked and _is_at(path / LOCK, lock)
        if dead:
            _remove_files(path)
        return dead
    finally:
        os.close(lock)


def _try_lock(lock: int, *, wait: bool) -> bool | None:
    """Whether the lock was got; None where the file system has no locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        return False if error.errno in HELD else None
    return True


def _is_at(path: Path, file: int) -> bool:
    """Whether the open file is still the one that has this name."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False


def _owner_is_gone(path: Path, lock: int) -> bool:
    name = NAME.fullmatch(path.name)
    assert name is not None
    same_machine = os.pread(lock, 1000, 0) == _machine().encode()
    return same_machine and _start_time(int(name[1])) != int(name[2])


def _machine() -> str:
    """Names this boot of this machine, and which process numbers are seen here (containers have their own)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return f"unknown-{os.uname().nodename}"


def _start_time(process: int) -> int:
    """When a process started, in clock ticks since boot; 0 if there is none, or the system does not tell."""
    try:
        stat = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return 0
    return int(stat.rpartition(b")")[2].split()[19])
