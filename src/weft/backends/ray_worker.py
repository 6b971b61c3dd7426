"""What Ray's workers do: they run bundles. Also the form in which tasks travel there, and reports back.

A bundle comes as a *letter*: for each task the place of its program in the run's table, and where its values are. Inputs
are arguments of the Ray task, each object once, so that Ray brings them and maps them without a copy; short values stand in
the letter itself. The table of programs is an object of its own, which each worker fetches once.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import signal
import time
import traceback
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from weft.backends.contract import Request
from weft.backends.libraries import limited_libraries
from weft.errors import MissingDependencyError, TaskTimeoutError
from weft.graph import Program
from weft.sizeof import sizeof
from weft.store.memory import freeze
from weft.store.serialize import dumps, loads

__all__ = ["Letter", "Order", "RemoteTraceback", "Report", "Slot", "import_ray", "work_off"]

#: Where a task finds a value: (argument, item of it or -1 for all of it), or (-1, item of the letter's values).
Slot: TypeAlias = tuple[int, int]
#: A task: place of its program, where its values are, number of its blocks, whether they go in the pack.
Order: TypeAlias = tuple[int, list[Slot], int, bool]
#: A bundle: tasks, values, timeout of its only task in seconds, threads that libraries may use.
Letter: TypeAlias = tuple[list[Order], list[Any], float | None, int]


class Report(NamedTuple):
    """What a bundle tells of itself."""

    node: str
    sizes: list[list[int]]  #: of each task's blocks, for the tasks that have run
    times: list[tuple[float, float]]  #: when each began and ended, by the clock
    failure: tuple[bytes, str] | None  #: exception and traceback of the task after these


def work_off(nresults: int, letter: tuple[Any, Any], table: list[Any], *arguments: Any) -> list[Any]:
    """Run a bundle: gives its pack if there is one, its other blocks, and its report."""
    own: list[Any] = []
    pack: list[Any] = []
    sizes: list[list[int]] = []
    times: list[tuple[float, float]] = []
    failure = None
    has_pack = False
    try:
        orders, values, timeout, nthreads = loads(*letter)
        has_pack = any(order[3] for order in orders)
        programs = programs_of(table[0])
        with limited_libraries(2, 2, Request(library_threads=nthreads)), stopped_after(timeout):
            for program, slots, noutputs, small in orders:
                inputs = [
                    values[item] if where < 0 else freeze(arguments[where] if item < 0 else arguments[where][item])
                    for where, item in slots
                ]
                started = time.time()
                value = programs[program].run(inputs)
                blocks = [value] if noutputs == 1 else several(value, noutputs)
                times.append((started, time.time()))
                sizes.append([sizeof(block) for block in blocks])
                (pack if small else own).extend(blocks)
                inputs = value = blocks = None  # type: ignore[assignment]
    except BaseException as error:
        failure = written_error(error), traceback.format_exc()
    node = import_ray().get_runtime_context().get_node_id()
    report = pickle.dumps(Report(node, sizes, times, failure)[:])
    blocks = [pack, *own] if has_pack else own
    missing = [None] * (nresults - 1 - len(blocks))
    return [*blocks, *missing, report]


@functools.lru_cache(maxsize=4)
def programs_of(table: Any) -> list[Program]:
    """The programs of a run, fetched once by each worker."""
    return loads(*import_ray().get(table))  # type: ignore[no-any-return]


def several(value: Any, expected: int) -> list[Any]:
    """The blocks of a task with several outputs."""
    try:
        blocks = list(value)
    except TypeError:
        raise TypeError(f"a task with {expected} outputs must return a sequence, not {type(value).__name__}") from None
    if len(blocks) != expected:
        raise ValueError(f"a task with {expected} outputs returned {len(blocks)}")
    return blocks


@contextlib.contextmanager
def stopped_after(timeout: float | None) -> Iterator[None]:
    """Raise TaskTimeoutError in the Python code that runs when the time is over."""
    if timeout is None:
        yield
        return

    def stop(*_: Any) -> None:
        raise TaskTimeoutError(f"a task ran longer than its timeout of {timeout:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def written_error(error: BaseException) -> bytes:
    """An exception, pickled; one that does not survive that is replaced by its text."""
    try:
        header, buffers = dumps(error)
        pickled = header if not buffers else pickle.dumps(loads(header, buffers))
        pickle.loads(pickled)
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return pickled


class RemoteTraceback(Exception):
    """The traceback of a task's exception, as text: the cause of the exception that the caller sees."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def import_ray() -> Any:
    """The package ``ray``, or the error that says how to get it."""
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingDependencyError(
            'scheduler="ray" needs the package ray, which is not installed. Install it with: pip install "weft[ray]"'
        ) from error
    return ray
