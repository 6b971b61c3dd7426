"""What progress bars, profilers and callbacks share: how they are switched on, and which runs they follow.

Each follows the runs that start while it is on, one state a run. Runs that tasks of other runs start are left alone:
what they do is part of those tasks. While nothing is switched on, a run pays nothing.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

from weft.backends import Run
from weft.execution.current import EVERYWHERE, LISTENERS
from weft.execution.last import LAST

__all__ = ["Watcher"]

S = TypeVar("S")


class Watcher(Generic[S]):
    """A listener that is on inside a ``with`` block, or from ``register()`` to ``unregister()``.

    Subclasses say what they keep of a run: ``_follow`` makes it when the run starts, ``_leave`` takes it when the run is
    over.
    """

    reads_log: ClassVar[Any] = True
    _followed: dict[int, S]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = object.__new__(cls)  # not in __init__: subclasses that users write may not call it
        self._followed = {}
        return self

    def register(self) -> None:
        """Switch on for all computations of the process."""
        if self not in EVERYWHERE:
            EVERYWHERE.append(self)

    def unregister(self) -> None:
        """Undo ``register``; nothing happens if it was not registered."""
        if self in EVERYWHERE:
            EVERYWHERE.remove(self)

    def __enter__(self) -> Self:
        LISTENERS.set((*LISTENERS.get(), self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        others = list(LISTENERS.get())
        if self in others:
            others.remove(self)
            LISTENERS.set(tuple(others))

    # -- what backends call -----------------------------------------------------------------------------------------

    def started(self, run: Run) -> None:
        if not LAST.is_nested(run):
            self._followed[id(run)] = self._follow(run)

    def before(self, run: Run, task: int, worker: int) -> None:
        """A task is about to run; of no interest unless a subclass says so."""

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        """A task has run; of no interest unless a subclass says so."""

    def ended(self, run: Run) -> None:
        if id(run) in self._followed:
            self._leave(run, self._followed.pop(id(run)))

    # -- what subclasses do -----------------------------------------------------------------------------------------

    def _follow(self, run: Run) -> S:
        raise NotImplementedError

    def _leave(self, run: Run, kept: S) -> None:
        raise NotImplementedError
