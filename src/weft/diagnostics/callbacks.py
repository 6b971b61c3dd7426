"""Functions of your own that hear of each run and each task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any, Self

from weft.backends import Run
from weft.diagnostics.views import RunState, TasksByKey, result_of
from weft.diagnostics.watcher import Watcher

__all__ = ["Callback", "add_callbacks"]

Hook = Callable[..., Any]


class Callback(Watcher[tuple[Mapping[Any, Any], Mapping[str, Any]]]):
    """Call functions when a run starts, before and after each task, and when the run is over.

    Give functions, or write a subclass with the methods ``_start``, ``_start_state``, ``_pretask``, ``_posttask`` and
    ``_finish``. A callback is on inside a ``with`` block, or from ``register()`` to ``unregister()``.

    Parameters
    ----------
    start : callable, optional
        ``start(dsk)``, before anything else. ``dsk`` maps keys to tasks.
    start_state : callable, optional
        ``start_state(dsk, state)``, before the first task. ``state`` maps ``"ready"``, ``"running"``, ``"waiting"``,
        ``"finished"`` and more to what stands there now (:class:`weft.diagnostics.views.RunState`).
    pretask : callable, optional
        ``pretask(key, dsk, state)``, before a task. A task that is tried again is announced again.
    posttask : callable, optional
        ``posttask(key, result, dsk, state, worker_id)``, after a task that did not raise.
    finish : callable, optional
        ``finish(dsk, state, failed)``, at the end; ``failed`` says whether the run raised.

    Notes
    -----
    The functions are called where the tasks run, in the workers' threads, but one at a time. What they raise ends the
    run. Of a large result that stays elsewhere (on processes and clusters) ``result`` is a reference, such as the path of
    the block's file, and no business of yours; for a task with several outputs ``key`` is the first one's, and ``result`` is
    None. Runs that tasks start are not heard of.

    A task costs about 2 µs more with a ``pretask`` and a ``posttask``, and nothing with neither.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import Callback
    >>> with Callback(pretask=lambda key, dsk, state: print(key, len(state["finished"]))):
    ...     weft.delayed(abs)(-1, weft_key_name="x").compute(scheduler="inline")
    x 0
    1

    >>> class CountTasks(Callback):
    ...     def _start(self, dsk):
    ...         self.ntasks = len(dsk)
    >>> with CountTasks() as count:
    ...     weft.delayed(sum)([1, 2]).compute()
    3
    >>> count.ntasks
    1
    """

    _start: Hook | None = None
    _start_state: Hook | None = None
    _pretask: Hook | None = None
    _posttask: Hook | None = None
    _finish: Hook | None = None
    _one_at_a_time: Lock

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self._one_at_a_time = Lock()
        return self

    def __init__(
        self,
        start: Hook | None = None,
        start_state: Hook | None = None,
        pretask: Hook | None = None,
        posttask: Hook | None = None,
        finish: Hook | None = None,
    ) -> None:
        given = {"_start": start, "_start_state": start_state, "_pretask": pretask, "_posttask": posttask,
                 "_finish": finish}  # fmt: skip
        for name, hook in given.items():
            if hook is None:
                continue
            if not callable(hook):
                raise TypeError(f"{name[1:]} must be a function, not {hook!r}")
            setattr(self, name, hook)

    @property
    def reads_log(self) -> bool:
        """Whether tasks need not be announced."""
        return self._pretask is None and self._posttask is None

    def _follow(self, run: Run) -> tuple[Mapping[Any, Any], Mapping[str, Any]]:
        dsk = TasksByKey(run.plan)
        state = RunState(run, dsk)
        if self._start is not None:
            self._start(dsk)
        if self._start_state is not None:
            self._start_state(dsk, state)
        return dsk, state

    def before(self, run: Run, task: int, worker: int) -> None:
        seen = self._followed.get(id(run))
        if seen is not None and self._pretask is not None:
            with self._one_at_a_time:
                self._pretask(run.plan.keys[task], *seen)

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        seen = self._followed.get(id(run))
        if seen is not None and self._posttask is not None:
            with self._one_at_a_time:
                self._posttask(run.plan.keys[task], result_of(run, task, value), *seen, worker)

    def _leave(self, run: Run, kept: tuple[Mapping[Any, Any], Mapping[str, Any]]) -> None:
        if self._finish is not None:
            self._finish(*kept, run.error is not None)


@contextmanager
def add_callbacks(*callbacks: Callback | tuple[Hook | None, ...]) -> Iterator[None]:
    """Switch several callbacks on for a block.

    Parameters
    ----------
    *callbacks
        :class:`Callback` objects, or tuples of up to five functions in the order of its parameters.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics.callbacks import Callback, add_callbacks
    >>> with add_callbacks(Callback(finish=lambda dsk, state, failed: print("done"))):
    ...     weft.delayed(abs)(-1).compute()
    done
    1
    """
    with ExitStack() as stack:
        for each in callbacks:
            stack.enter_context(each if isinstance(each, Watcher) else Callback(*each))
        yield
