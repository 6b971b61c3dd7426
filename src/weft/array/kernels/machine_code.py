"""Machine code of source that Weft has written, and the files in which it outlives the process.

numba compiles, and keeps what it compiled beside the file that the source stands in, with the processor and its own version. So
each source gets a file of its own, named by its text and by the versions of what it stands on; a file is written once, put in
place as a whole, and never changed. Files are only read from a directory that belongs to the user and that nobody else may
write to. Whatever goes wrong with files, the code is compiled without them.
"""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from weft.typing import Function

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["directory_of", "is_kept", "machine_code"]

#: Sources of which code is kept; when there are more, those not used for the longest time go.
MOST_KEPT = 500


def directory_of(wanted: Any) -> str | None:
    """The directory that the option ``array.jit-directory`` means: a path, None for the user's own, False for none."""
    if wanted is False:
        return None
    return os.path.join(user_cache(), "machine-code") if wanted is None else os.fspath(wanted)


def user_cache() -> str:
    """Where this system keeps what programs can make again."""
    if (given := os.environ.get("XDG_CACHE_HOME")) and os.path.isabs(given):
        return os.path.join(given, "weft")
    home = os.path.expanduser("~")
    if os.name == "nt":
        return os.path.join(os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "weft", "Cache")
    return os.path.join(home, *(["Library", "Caches"] if platform.system() == "Darwin" else [".cache"]), "weft")


def file_of(source: str, directory: str) -> Path:
    """The file of a source."""
    from pathlib import Path  # here, since the first expression of a process waits for what is imported above

    return Path(directory) / f"chain_{blake2b(f'{versions()} {source}'.encode(), digest_size=16).hexdigest()}.py"


@cache
def versions() -> str:
    """What code must be made anew for."""
    from importlib.metadata import version

    return " ".join([platform.python_version(), np.__version__, version("numba"), platform.machine()])


def is_kept(source: str, directory: str) -> bool:
    """Whether there is code of a source from earlier on."""
    path = file_of(source, directory)
    return path.exists() and any((path.parent / "__pycache__").glob(f"{path.stem}.*.nbi"))


def machine_code(source: str, directory: str | None = None) -> Function | None:
    """The function ``chain`` of a source, compiled; None without numba."""
    make = compiler()
    if make is None:
        return None
    if directory is not None:
        try:
            path = written(source, directory)
            made = make(source, str(path))
            os.utime(path.parent / "__pycache__")
        except Exception:  # whatever numba makes of files that are damaged, full or forbidden: they are not needed
            return make(source, None)
        return made
    return make(source, None)


def written(source: str, directory: str) -> Path:
    """The file of a source, there from now on."""
    from tempfile import NamedTemporaryFile  # here for the same reason

    path = file_of(source, directory)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.parent.stat()
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise PermissionError(f"{directory} can be written to by others: code is not read from there")
    if not path.exists() or path.read_text() != source:
        make_room(path.parent)
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", suffix=".tmp", delete=False) as file:
            file.write(source)
        os.replace(file.name, path)
    return path


def make_room(directory: Path) -> None:
    """Remove the files that were made first, where there are too many."""
    known = sorted(directory.glob("chain_*.py"), key=lambda each: each.stat().st_mtime)
    for path in known[: max(0, len(known) + 1 - MOST_KEPT)]:
        for each in [*(directory / "__pycache__").glob(f"{path.stem}.*"), path]:
            each.unlink(missing_ok=True)


@cache
def compiler() -> Callable[[str, str | None], Function] | None:
    """What makes machine code of source, with the file that it stands in, if any; None without numba."""
    try:
        import numba
        from numba.core import cgutils
        from numba.extending import intrinsic
    except ImportError:
        return None

    @intrinsic
    def pointer(typingctx: Any, source: Any) -> Any:
        """An address as a pointer."""

        def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return numba.types.voidptr(source), write

    @numba.njit
    def one(value: Any) -> Any:
        return type(value)(1)

    names: dict[str, Any] = {
        name: getattr(np, name)
        for name in [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)] + ["float32", "float64"]
    }
    names |= {"bool": np.bool_, "pointer": pointer, "view": vars(numba)["carray"], "one": one}
    names |= {"sqrt": np.sqrt, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc}

    def make(source: str, file: str | None) -> Function:
        scope = {**names, "__name__": __name__}  # numba imports the module of what it loads
        exec(compile(source, file or "<chain>", "exec"), scope)  # our own text
        count = source.split(":", 1)[0].count(",") + 1
        signature = numba.void(*[numba.int64] * count)
        return numba.njit(signature, nogil=True, error_model="numpy", cache=file is not None)(scope["chain"])

    return make
