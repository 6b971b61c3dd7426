"""Exceptions on their way from one process to another: as themselves if they can be pickled, and as text."""

from __future__ import annotations

import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any

from weft.backends.packed import pack, unpack, unpack_own
from weft.errors import RemoteError, RemoteTraceback
from weft.graph import Program
from weft.store.serialize import dumps, loads

__all__ = ["PackedError", "TracedError", "packed_error", "rebuilt", "traceback_of", "traced_error"]

#: Frames of an exception that are sent.
FRAMES = 100
#: Frames of these modules are not the user's.
OWN_MODULES = frozenset(
    {"weft.backends.bench", "weft.backends.worker", "weft.backends.live_worker", Program.__module__}
)


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
    while inner is not None and _is_own(inner.tb_frame):
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
        except Exception:  # then as text
            return PackedError(None, name, _text_of(error), text)


def _is_own(frame: types.FrameType) -> bool:
    return frame.f_globals.get("__name__") in OWN_MODULES


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
    except Exception:  # users' __str__ may do anything
        return "(its text cannot be had)"


class TracedError(PackedError):
    """An exception on its way to the driver, with the frames of its traceback."""

    __slots__ = ("frames",)

    def __init__(
        self, written: bytes | None, type_name: str, what: str, text: str, frames: list[tuple[str, str, int]]
    ) -> None:
        super().__init__(written, type_name, what, text)
        self.frames = frames

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedError, (self.written, self.type_name, self.what, self.text, self.frames)


def traced_error(error: BaseException) -> TracedError:
    """An exception, with where it was raised."""
    frames = [
        (frame.f_code.co_filename, frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not _is_own(frame)
    ][-FRAMES:]
    packed = packed_error(error)
    return TracedError(packed.written, packed.type_name, packed.what, packed.text, frames)


def rebuilt(packed: PackedError) -> BaseException:
    """The exception that a task raised in another process; its traceback there is its cause."""
    error: BaseException
    try:
        assert packed.written is not None
        error = unpack_own(packed.written)
    except Exception:  # what its class raises when it arrives
        error = RemoteError(
            f"a task raised {packed.type_name}: {packed.what} (the exception itself could not travel to this process)"
        )
    if not isinstance(error, SystemExit):
        error.__cause__ = RemoteTraceback(packed.text)
    return error


def traceback_of(frames: Sequence[tuple[str, str, int]]) -> Any:
    """A traceback like one in another process, made of file names, function names and lines."""
    made = None
    for filename, name, line in reversed(frames):
        code = compile("\n" * (max(line, 1) - 1) + "raise Exception", filename, "exec").replace(co_name=name)
        try:
            exec(code, {"__name__": name, "__file__": filename})
        except Exception as error:  # the one of the line above
            inner = error.__traceback__
            assert inner is not None
            assert inner.tb_next is not None
            made = types.TracebackType(made, inner.tb_next.tb_frame, inner.tb_next.tb_lasti, line)
    return made
