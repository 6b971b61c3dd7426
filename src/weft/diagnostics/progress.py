"""A progress bar. It costs tasks nothing: a thread of its own reads from the core how many have finished."""

from __future__ import annotations

import sys
import threading
from time import perf_counter
from typing import Any, TextIO

from weft import config
from weft.backends import Run
from weft.diagnostics.log import count_finished
from weft.diagnostics.watcher import Watcher
from weft.units import parse_timedelta

__all__ = ["ProgressBar"]


class ProgressBar(Watcher["Drawing | None"]):
    """Show how far computations are, in a terminal or a notebook.

    Parameters
    ----------
    minimum : float or str, optional
        Computations that take less than this many seconds (or ``"2 s"``) show no bar. By default what the configuration's
        ``progress.minimum`` says: one second.
    width : int
        Characters that the bar itself takes in a terminal.
    dt : float
        Seconds between two updates.
    out : file, optional
        Where to draw. By default the notebook, or else stderr; nothing is drawn if that is not a terminal.

    Attributes
    ----------
    last_duration : float
        Seconds that the last computation took.

    Notes
    -----
    Each computation has a bar. Computations that tasks start are part of those tasks and have none. A bar that does not
    reach its end says why: the run failed or was stopped.

    Examples
    --------
    >>> import sys, weft
    >>> from weft.diagnostics import ProgressBar
    >>> with ProgressBar():
    ...     weft.delayed(sum)([1, 2]).compute()
    3

    For all computations from here on:

    >>> bar = ProgressBar(minimum=5)
    >>> bar.register()
    >>> bar.unregister()
    """

    def __init__(
        self, minimum: float | str | None = None, width: int = 40, dt: float = 0.1, out: TextIO | None = None
    ) -> None:
        self._minimum = None if minimum is None else parse_timedelta(minimum)
        if self._minimum is not None and self._minimum < 0:
            raise ValueError(f"minimum must be 0 seconds or more, not {minimum!r}")
        if isinstance(width, bool) or not isinstance(width, int) or width < 1:
            raise ValueError(f"width must be a whole number of characters, 1 or more, not {width!r}")
        if not dt > 0:
            raise ValueError(f"dt must be more than 0 seconds, not {dt!r}")
        self._width = width
        self._dt = dt
        self._out = out
        self.last_duration = 0.0

    def _follow(self, run: Run) -> Drawing | None:
        if self._out is None and not can_be_seen():
            return None
        minimum = config.value("progress.minimum") if self._minimum is None else self._minimum
        return Drawing(run, minimum, self._width, self._dt, self._out)

    def _leave(self, run: Run, kept: Drawing | None) -> None:
        self.last_duration = perf_counter() - run.began
        if kept is not None:
            kept.finish()


def can_be_seen() -> bool:
    """Whether somebody watches: a notebook, or a terminal."""
    if "ipykernel" in sys.modules:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


class Drawing:
    """The bar of one run, and the thread that draws it once the run has taken long enough."""

    def __init__(self, run: Run, minimum: float, width: int, dt: float, out: TextIO | None) -> None:
        self._run = run
        self._began = perf_counter()
        self._minimum = minimum
        self._width = width
        self._dt = dt
        self._out = out
        self._bar: Any = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="weft-progress", daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        wait = self._minimum
        while not self._over.wait(wait):
            self._show()
            wait = self._dt

    def finish(self) -> None:
        """Draw the last state, and end the thread."""
        self._over.set()
        self._thread.join()
        if self._bar is None and perf_counter() - self._began < self._minimum:
            return
        run = self._run
        unfinished = run.error is not None or run.core.left > 0
        self._show(ending(run.error) if unfinished else "")
        self._bar.close()

    def _show(self, words: str = "") -> None:
        total = self._run.plan.ntasks
        if self._bar is None:
            self._bar = bar_class(self._out)(
                total=total, file=self._out, bar_format=layout(self._width), dynamic_ncols=False, ncols=None
            )
            self._bar.start_t -= perf_counter() - self._began
        self._bar.n = count_finished(self._run.core, total)
        if words:
            self._bar.set_postfix_str(words, refresh=False)
        self._bar.refresh()


def ending(error: BaseException | None) -> str:
    """Why a bar ends before its end."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return "stopped"
    return f"failed: {type(error).__name__}"


def layout(width: int) -> str:
    """What a line shows, in tqdm's format."""
    return f"{{percentage:3.0f}}%|{{bar:{width}}}| {{n_fmt}}/{{total_fmt}} tasks [{{elapsed}}<{{remaining}}{{postfix}}]"


def bar_class(out: TextIO | None) -> Any:
    """tqdm's bar for this place, without the thread that tqdm starts to look after slow loops: there is one already."""
    import tqdm.auto
    import tqdm.std

    kind = tqdm.auto.tqdm if out is None else tqdm.std.tqdm
    bar: Any = type("Bar", (kind,), {"monitor_interval": 0})
    if not hasattr(tqdm.std.tqdm, "_lock"):  # tqdm's own lock reaches over processes, and takes a semaphore for it
        bar.set_lock(threading.RLock())
    return bar
