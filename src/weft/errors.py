"""Every exception that Weft raises on purpose: one family, with the built-in class that users already catch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import CancelledError as _FutureCancelled

__all__ = [
    "BackendError",
    "BlockCorruptError",
    "BlockLostError",
    "CancelledError",
    "ConfigError",
    "ConfigWarning",
    "CycleError",
    "DrawingError",
    "EngineError",
    "GraphError",
    "InvariantError",
    "KeyNotFoundError",
    "KilledWorkerError",
    "MetaError",
    "MissingDependencyError",
    "ReadError",
    "RegistryError",
    "RemoteError",
    "RemoteTraceback",
    "Reschedule",
    "ResultTooLargeError",
    "RewriteError",
    "SchedulerStuckError",
    "SerializationError",
    "SharedMemoryFullError",
    "SpillError",
    "TaskExitError",
    "TaskTimeoutError",
    "TokenizationError",
    "UnknownOptionError",
    "WeftError",
    "WorkerMemoryError",
]


class WeftError(Exception):
    """Base of all errors that Weft raises on purpose."""


class ConfigError(WeftError, ValueError):
    """A configuration key or value that Weft cannot use."""


class UnknownOptionError(ConfigError, KeyError):
    """A configuration key that nothing reads and nobody has set."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ConfigWarning(UserWarning):
    """An environment variable or file that looks like configuration but is not known."""


class MissingDependencyError(WeftError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""


class TokenizationError(WeftError, RuntimeError):
    """A value has no deterministic token, and one was asked for."""


class RegistryError(WeftError, ValueError, KeyError):
    """A name that nothing is registered under, or that is taken."""

    __str__ = Exception.__str__


class GraphError(WeftError, ValueError):
    """A graph that cannot be run as it stands."""


class CycleError(GraphError, RuntimeError):
    """A graph in which tasks wait for each other in a circle.

    ``cycle`` has the tasks of one circle, each followed by one that needs it, as the graph names them.
    """

    def __init__(self, message: str = "", cycle: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.cycle = list(cycle)


class KeyNotFoundError(GraphError, KeyError):
    """A task needs, or a caller wants, a key that the graph does not have."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class SerializationError(WeftError, TypeError):
    """A function, an argument or a result that cannot travel to another process."""


class BackendError(WeftError, ValueError):
    """A scheduler name, worker count or backend option that makes no sense."""


class ResultTooLargeError(BackendError, MemoryError):
    """A result stays on the cluster, because this process has no room for it."""


class TaskTimeoutError(WeftError, TimeoutError):
    """A task ran longer than its ``timeout`` annotation allows, and was stopped."""


if TYPE_CHECKING:  # made below, when it is first asked for

    class CancelledError(WeftError, _FutureCancelled):
        """The computation was cancelled before this result was there."""


class KilledWorkerError(WeftError, RuntimeError):
    """A task's worker process died under it as many times as ``allowed_failures`` permits."""


class WorkerMemoryError(KilledWorkerError, MemoryError):
    """A worker process was killed for lack of memory."""


class RemoteError(WeftError, RuntimeError):
    """A task in another process raised an exception that cannot travel; the message has its type and text."""


class RemoteTraceback(WeftError):
    """The traceback that an exception had in another process, as text: the cause of the exception that arrived."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}" if self.args else ""


class Reschedule(WeftError):
    """Raised by a task that had rather run later, or elsewhere: it goes back into the queue."""


class TaskExitError(WeftError, RuntimeError):
    """User code in a task called ``sys.exit``."""


class BlockLostError(WeftError, RuntimeError):
    """A stored block is gone, and could not be made again."""


class BlockCorruptError(BlockLostError):
    """A stored block does not read back as it was written."""


class ReadError(WeftError, OSError):
    """A part of a file or an array outside cannot be read: it is damaged."""


class SpillError(WeftError, OSError):
    """Blocks could not be written to or read from the spill directory."""


class SharedMemoryFullError(SpillError, MemoryError):
    """The memory that processes share has no room for one more block."""


class SchedulerStuckError(WeftError, RuntimeError):
    """Nothing runs and nothing can start, though results are still wanted: a defect; the state is in the message."""


class InvariantError(WeftError, AssertionError):
    """The scheduler's books do not agree with themselves: a defect."""


class DrawingError(WeftError, ValueError):
    """A graph that cannot be drawn as asked: it is too large, or the format, engine or colour is not known."""


class EngineError(WeftError, NotImplementedError):
    """The engine that was asked for cannot compute an operation."""


class MetaError(WeftError, ValueError):
    """What a user's function gives cannot be told, or is not what was said."""


class RewriteError(WeftError, AssertionError):
    """A rewrite rule gave a node that is not equivalent, or rules go round in circles: a defect of the rule."""


class PerformanceWarning(UserWarning):
    """What was asked for works, and is far slower than it could be."""


def __getattr__(name: str) -> Any:
    """Make :class:`CancelledError`: ``concurrent.futures``, whose error it is too, takes 5 ms to import."""
    if name != "CancelledError":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from concurrent.futures import CancelledError as FutureCancelledError

    about = {"__module__": __name__, "__doc__": "The computation was cancelled before this result was there."}
    return globals().setdefault(name, type(name, (WeftError, FutureCancelledError), about))
