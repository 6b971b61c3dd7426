"""What went on, for people: progress bars, task streams, reports, messages from tasks."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from time import monotonic, time
from typing import Any

from weft.backends.live import PENDING
from weft.backends.live_here import HERE
from weft.distributed.client import default_client
from weft.distributed.timeline import Timeline, checked_plot
from weft.distributed.waiting import Countdown, futures_of
from weft.errors import BackendError
from weft.graph.annotations import annotate
from weft.units import format_time

__all__ = ["get_task_metadata", "get_task_stream", "performance_report", "print", "progress", "span", "warn"]

#: Characters of a progress bar.
WIDTH = 40
#: How often it is drawn, in seconds.
STEP_S = 0.1


def progress(
    *futures: Any,
    notebook: bool | None = None,
    multi: bool = True,
    complete: bool = True,
    group_by: Any = "prefix",
    **kwargs: Any,
) -> None:
    """Show how many futures are done, until all are: in a terminal or a notebook as they go, elsewhere at the end.

    Parameters
    ----------
    *futures : futures, persisted collections, containers of those
    notebook : bool, optional
        Whether this is a notebook, which is found out by default. There are no widgets; a notebook shows the same text.
    multi, group_by
        How widgets would group tasks.
    complete : bool
        Count those that were done before.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     progress(client.map(abs, [-1, -2]))  # doctest: +ELLIPSIS
    [########################################] | 100% Completed | ...
    """
    interval = kwargs.pop("interval", None)
    if kwargs:
        raise TypeError(f"progress() takes no argument {next(iter(kwargs))!r}")
    found = futures_of(list(futures))
    tickets = [future._bound() for future in found]
    if not complete:
        tickets = [ticket for ticket in tickets if ticket.status == PENDING]
    total, began = len(tickets), monotonic()
    countdown = Countdown(0)
    waiting = [ticket for ticket in tickets if ticket.status == PENDING]
    if waiting:
        countdown = Countdown(len(waiting))
        for ticket in found[0].client._run.watch_all(waiting, countdown):
            countdown(ticket)
    done = not waiting
    is_live = sys.stdout.isatty() or ("ipykernel" in sys.modules if notebook is None else notebook)
    while True:
        if is_live or done:
            share = 1.0 if not total else (total - countdown.left) / total
            bar = ("#" * int(share * WIDTH)).ljust(WIDTH)
            end = "\n" if done else ""
            start = "\r" if is_live else ""
            sys.stdout.write(f"{start}[{bar}] | {share:4.0%} Completed | {format_time(monotonic() - began)}{end}")
            sys.stdout.flush()
        if done:
            return
        done = countdown.bell.wait(float(interval) if interval else STEP_S)


class get_task_stream:  # noqa: N801
    """Records the tasks that run inside a ``with`` block.

    Parameters
    ----------
    client : Client, optional
    plot : bool or "save"
        Whether ``figure`` is a page that shows the tasks, and whether it is saved.
    filename : str
        Where it is saved.

    Attributes
    ----------
    data : list of dict
        As :meth:`Client.get_task_stream` gives them, after the block.
    figure : Timeline, optional

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client, get_task_stream() as stream:
    ...     client.submit(abs, -1).result()
    1
    >>> len(stream.data)
    1
    """

    def __init__(self, client: Any = None, plot: bool | str = False, filename: str = "task-stream.html") -> None:
        self.data: list[dict[str, Any]] = []
        self.figure: Timeline | None = None
        self._client = client
        self._plot = checked_plot(plot)
        self._filename = filename

    def __enter__(self) -> get_task_stream:
        self._client = default_client(self._client)
        self._start = time()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.data.extend(self._client._ask("task_stream", self._start, None, None).get())
        if self._plot:
            self.figure = Timeline(self.data, self._client)
            if self._plot == "save":
                self.figure.save(self._filename)

    async def __aenter__(self) -> get_task_stream:
        return self.__enter__()

    async def __aexit__(self, *exc: Any) -> None:
        self.__exit__()


class get_task_metadata:  # noqa: N801
    """Records the keys of the tasks that end inside a ``with`` block.

    Attributes
    ----------
    metadata : dict
        By key, when and where it ran.
    state : dict
        By key, how it ended: ``"memory"`` or ``"erred"``.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client, get_task_metadata() as tasks:
    ...     future = client.submit(abs, -1)
    ...     _ = future.result()
    >>> list(tasks.state.values())
    ['memory']
    """

    def __init__(self) -> None:
        self.metadata: dict[Any, Any] = {}
        self.state: dict[Any, str] = {}
        self._stream = get_task_stream()

    def __enter__(self) -> get_task_metadata:
        self._stream.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._stream.__exit__()
        for row in self._stream.data:
            self.metadata[row["key"]] = {name: row[name] for name in ("worker", "startstops", "nbytes", "type")}
            self.state[row["key"]] = "erred" if row["status"] == "error" else "memory"

    async def __aenter__(self) -> get_task_metadata:
        return self.__enter__()

    async def __aexit__(self, *exc: Any) -> None:
        self.__exit__()


class performance_report:  # noqa: N801
    """Writes an HTML page about the tasks that run inside a ``with`` block.

    Parameters
    ----------
    filename : str
        A path or URL.
    stacklevel : int
        Not needed: the page shows no code.
    mode : None
        Not offered: the page loads nothing from elsewhere.
    storage_options : dict, optional
        For URLs.

    Examples
    --------
    >>> import os, tempfile
    >>> from weft.distributed import Client
    >>> name = os.path.join(tempfile.mkdtemp(), "report.html")
    >>> with Client(processes=False) as client, performance_report(name):
    ...     client.submit(abs, -1).result()
    1
    >>> os.path.exists(name)
    True
    """

    def __init__(
        self,
        filename: str = "weft-report.html",
        stacklevel: int = 1,
        mode: None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> None:
        if mode is not None:
            raise BackendError("mode= is not offered: the page loads nothing from elsewhere")
        self.filename = filename
        self.storage_options = storage_options or {}
        self._stream = get_task_stream()

    def __enter__(self) -> performance_report:
        self._stream.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._stream.__exit__()
        timeline = Timeline(self._stream.data, self._stream._client, "Performance report")
        timeline.save(self.filename, **self.storage_options)

    async def __aenter__(self) -> performance_report:
        return self.__enter__()

    async def __aexit__(self, *exc: Any) -> None:
        self.__exit__()


@contextlib.contextmanager
def span(*tags: str) -> Iterator[str]:
    """Tag what is submitted inside the block; gives the span's id.

    Examples
    --------
    >>> with span("load", "clean") as identifier:
    ...     isinstance(identifier, str)
    True
    """
    if not tags or not all(isinstance(tag, str) for tag in tags):
        raise ValueError(f"span() takes one or more names, not {tags!r}")
    identifier = os.urandom(8).hex()
    with annotate(span={"name": tags, "ids": (identifier,)}):
        yield identifier


def _tell(op: str, *args: Any) -> bool:
    """Have the client's process do something, if this is another."""
    home = getattr(HERE.run, "home", None)
    if home is None or not hasattr(home, "process"):
        return False
    home.process.ask(op, args, _Ignored())
    return True


class _Ignored:
    """A reply that nobody waits for."""

    def __call__(self, value: Any = None) -> None:
        """Nothing."""

    def fail(self, error: BaseException) -> None:
        builtins.print(error, file=sys.stderr)


def print(*args: Any, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False) -> None:
    """Print from a task where its client sees it.

    Parameters
    ----------
    *args, sep, end, file, flush
        As of the builtin ``print``; ``file`` may be ``sys.stdout``, ``sys.stderr``, or something of the task's own.
    """
    if file in (None, sys.stdout, sys.stderr, 1, 2):
        stream = 2 if file in (sys.stderr, 2) and file is not None else 1
        if _tell("say", " ".join(map(str, args)) if sep is None else sep.join(map(str, args)), end, stream, flush):
            return
        file = sys.stderr if stream == 2 else sys.stdout
    builtins.print(*args, sep=sep, end=end, file=file, flush=flush)


def warn(
    message: str | Warning, category: type[Warning] | None = UserWarning, stacklevel: int = 1, source: Any = None
) -> None:
    """Warn from a task, where its client sees it."""
    if not _tell("warn", message, category):
        warnings.warn(message, category, stacklevel + 1, source)
