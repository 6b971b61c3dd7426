"""Where blocks may lie: a file system in memory for sharing, a real disk for spilling.

Both kinds of place look alike, and mistaking one for the other defeats the purpose: a spill file in ``/tmp`` does not
free memory where ``/tmp`` is a tmpfs (as on many Linux distributions), it only hides it from the process that spilled.
What kind a directory is stands in ``/proc/self/mountinfo``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from weft.errors import SpillError

__all__ = ["free_nbytes", "is_in_memory", "shared_parent", "spill_parent"]

IN_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
SHARED_MEMORY = Path("/dev/shm")
MOUNTS = Path("/proc/self/mountinfo")


def shared_parent(room_nbytes: int = 0) -> Path:
    """Give the directory for shared blocks: ``/dev/shm`` if ``room_nbytes`` are free there, else a temporary one.

    Containers often have a ``/dev/shm`` of 64 MB only; there a file on disk, mapped and cached, does as well for
    all that memory can hold.
    """
    if os.access(SHARED_MEMORY, os.W_OK) and free_nbytes(SHARED_MEMORY) >= room_nbytes:
        return SHARED_MEMORY
    return Path(_temporary())


def spill_parent(directory: str | os.PathLike[str] | None = None) -> Path:
    """Give the directory for spill files, made if it is not there: ``directory``, else the first usual one on a disk.

    Raises
    ------
    SpillError
        If it lies in memory, or cannot be made or written.
    """
    if directory is None:
        return _first_on_disk([_temporary(), "/var/tmp", str(Path.home() / ".cache")])
    path = Path(directory)
    if is_in_memory(path):
        raise SpillError(
            f"cannot spill to {path}: it lies in memory (a tmpfs), so nothing would be freed. "
            "Set `spill.directory` to a directory on a disk."
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpillError(
            f"cannot make the spill directory {path}: {error.strerror or error}. Set `spill.directory` to another one."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SpillError(
            f"cannot write to the spill directory {path}: permission denied. Set `spill.directory` to another one."
        )
    return path


def _first_on_disk(candidates: Iterable[str]) -> Path:
    tried = []
    for candidate in dict.fromkeys(candidates):
        if os.access(candidate, os.W_OK | os.X_OK) and not is_in_memory(candidate):
            return Path(candidate)
        tried.append(candidate)
    raise SpillError(
        f"cannot find a place on disk for spill files: tried {', '.join(tried)}, each of which is missing, "
        "not writable or in memory (a tmpfs). Set `spill.directory` to a directory on a disk."
    )


def _temporary() -> str:
    import tempfile  # takes 10 ms, and most stores never ask

    return tempfile.gettempdir()


def free_nbytes(path: str | os.PathLike[str]) -> int:
    """Bytes that this user may still write there; 0 if there is no such place."""
    try:
        stat = os.statvfs(path)
    except OSError:
        return 0
    return stat.f_bavail * stat.f_frsize


def is_in_memory(path: str | os.PathLike[str]) -> bool:
    """Whether files at ``path`` take memory: those of tmpfs and its like; False where the system does not tell."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return False
    place = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = left.split()[4].encode().decode("unicode_escape")
        inside = place == mount or place.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):  # of two mounts on one point, the later one is seen
            best, kind = mount, right.split()[0]
    return kind in IN_MEMORY
