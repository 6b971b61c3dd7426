"""What Ray's workers do: they run bundles. Also the form in which tasks travel there, and reports back.

A bundle comes as a *letter*: for each task the number of its program, and where its values are. Inputs are arguments of
the Ray task, each object once, so that Ray brings them and maps them without a copy; short values stand in the letter
itself. Programs travel with the letter, large ones as objects; a worker keeps those that it has seen. What a worker must
know of a run is told once, in an object that all letters of the run refer to (:class:`Introduction`).

Tasks of a bundle may read what others of it made: those blocks do not leave the process. What nobody else reads is no result
either, unless a task that reads it has not run (it failed, or the bundle was cut).

A bundle that takes far longer than it should stops after the task that it is at and says so: what is left runs elsewhere.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import signal
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from weft import config
from weft.backends.live_here import HERE
from weft.backends.packed import unpack, unpack_own
from weft.backends.packed_errors import packed_error, traced_error
from weft.backends.ray_kept import KEPT
from weft.backends.worker_life import limit_libraries
from weft.errors import MissingDependencyError, TaskTimeoutError
from weft.graph import Program
from weft.sizeof import sizeof
from weft.store.memory import freeze
from weft.store.serialize import loads

__all__ = [
    "Bundle",
    "Done",
    "Introduction",
    "Letter",
    "Order",
    "Report",
    "Slot",
    "Station",
    "call_at",
    "import_ray",
    "work_off",
]

#: Where a task finds a value: (argument, item of it or -1 for all of it), (-1, item of the letter's values), or
#: (INNER, number of a block among those that the bundle makes).
Slot: TypeAlias = tuple[int, int]
INNER = -2
#: A task: its program, where its values are, number of its blocks, and where the first goes: its place in the pack, or if
#: it is negative, the place among the results as ``-1 - place``.
Order: TypeAlias = tuple[int, list[Slot], int, int]
#: A bundle that has run so long, in seconds, starts no further task.
LONG_S = 1.0
#: How long objects that lie at the node may take, in seconds, before they count as lost.
NEAR_S = 1.0
#: Runs, and programs of each, that a worker remembers.
RUNS, PROGRAMS = 4, 4096


class Letter(NamedTuple):
    """A bundle on its way to a worker."""

    orders: list[Order]
    values: list[Any]
    programs: dict[int, bytes | int]  #: written down, or the place of what is written among the extras
    tasks: list[int]  #: their numbers; empty if nobody asks for them
    inner: list[int]  #: blocks, among those that the bundle makes, that nobody else reads
    lasting: dict[int, tuple[bytes, int]]  #: arguments that more tasks will read: their names, and bytes
    far: list[int]  #: places of those arguments that Ray brings; the task takes the others from its node's store
    npacked: int
    timeout: float | None
    node: int  #: where it was sent


class Done(NamedTuple):
    """A task that was run."""

    place: int  #: in the bundle
    sizes: list[int]  #: of its blocks
    began: float  #: by the clock
    ended: float


class Report(NamedTuple):
    """What a bundle tells of itself."""

    node: str
    done: list[tuple[Any, ...]]  #: the fields of each :class:`Done`
    failed: int  #: place of the task that raised, or -1
    error: Any  #: what it raised


@dataclass(frozen=True)
class Introduction:
    """What a worker must know of a run."""

    run: str
    configuration: dict[str, str]
    library_threads: int
    numbers: dict[str, int] = field(default_factory=dict)  #: of the nodes, by name
    kept_nbytes: int = 0  #: how much a worker may keep of what more tasks will read
    home: str = ""  #: what makes the run as its tasks see it, as module:name; empty if they see none
    told: Any = None  #: what that needs to know


class Station:
    """What a worker has of one run."""

    def __init__(self, introduction: Introduction, reference: Any) -> None:
        self.introduction = introduction
        self.reference = reference  #: of the introduction
        self.programs: OrderedDict[int, Program] = OrderedDict()
        self.node = str(import_ray().get_runtime_context().get_node_id())
        self.number = introduction.numbers.get(self.node, -1)
        settle_in(introduction)
        #: The run as its tasks see it: None, or what stands in ``HERE.run``.
        self.guest: Any = None
        if introduction.home:
            module, _, name = introduction.home.partition(":")
            self.guest = getattr(importlib.import_module(module), name)(self)

    def program(self, number: int) -> Program:
        return self.programs[number]

    def learn(self, programs: dict[int, bytes | int], extras: list[Any]) -> None:
        """Take in programs that are new here."""
        mine = self.programs
        for number, written in programs.items():
            if number in mine:
                mine.move_to_end(number)
            elif isinstance(written, int):
                mine[number] = loads(*import_ray().get(extras[written]))
            else:
                mine[number] = unpack(written)
        while len(mine) > max(PROGRAMS, len(programs)):
            mine.popitem(last=False)


#: What this process is set up for: configuration, threads of libraries, and modules that were there then.
_settled: list[Any] = []


def settle_in(introduction: Introduction) -> None:
    """Set this process up for a run; that takes some ten milliseconds, so not again for the next one of the kind."""
    wanted = [introduction.configuration, introduction.library_threads, len(sys.modules)]
    if wanted == _settled:
        return
    os.environ.update(introduction.configuration)
    config.refresh()
    config.set(scheduler="inline", num_workers=1)
    limit_libraries(introduction.library_threads, loaded=True)
    _settled[:] = [*wanted[:2], len(sys.modules)]


_stations: OrderedDict[Any, Station] = OrderedDict()


def station_of(introduction: Any) -> Station:
    """What this process has of a run; fetched when it first meets the run."""
    station = _stations.get(introduction)
    if station is None:
        told: Introduction = import_ray().get(introduction)
        known = next((each for each in _stations.values() if each.introduction.run == told.run), None)
        if known is not None and known.guest is not None:
            known.introduction, known.reference = told, introduction
            known.number = told.numbers.get(known.node, -1)
            known.guest.told_again(told)
            station = known
        else:
            station = Station(told, introduction)
        _stations[introduction] = station
        while len(_stations) > RUNS:
            _stations.popitem(last=False)
    return station


class Bundle:
    """A bundle while it runs."""

    def __init__(self, nresults: int, letter: Letter, station: Station) -> None:
        self.letter = letter
        self.station = station
        self.results: list[Any] = [None] * nresults
        self.pack: list[Any] = [None] * letter.npacked
        self.made: dict[int, Any] = {}  # blocks that tasks to come read
        self.inner = set(letter.inner)
        #: How many reads of blocks of the bundle are to come, and where those go that may become results.
        self.reads = Counter([item for _, slots, _, _ in letter.orders for where, item in slots if where == INNER])
        self.starts: dict[int, int] = {}
        self.done: list[Done] = []
        self.failed = -1
        self.error: Any = None
        #: The task that runs now, by its place.
        self.place = 0
        #: Whether what comes after it was given back.
        self.is_cut = False

    def work(self, arguments: Sequence[Any]) -> None:
        """Run the tasks."""
        letter, station, here = self.letter, self.station, HERE
        programs, tasks = station.programs, letter.tasks
        first = time.time()
        number = 0
        for place, (program, slots, nblocks, start) in enumerate(letter.orders):
            self.place = place
            if tasks:
                here.task, here.key = tasks[place], None
            inputs = [self._value(where, item, arguments) for where, item in slots]
            began = time.time()
            try:
                value = programs[program].run(inputs)
                blocks = [value] if nblocks == 1 else several(value, nblocks)
            except BaseException as error:
                self.fail(place, error)
                return
            ended = time.time()
            self.done.append(Done(place, [sizeof(block) for block in blocks], began, ended))
            for offset, block in enumerate(blocks):
                self._keep(number + offset, start + offset if start >= 0 else start - offset, block)
            number += nblocks
            inputs = value = block = blocks = None  # type: ignore[assignment]
            self._let_go([item for where, item in slots if where == INNER])
            if self.is_cut or ended - first > LONG_S:
                return

    def arguments(self, near: Sequence[Any], brought: Sequence[Any]) -> list[Any]:
        """The values that tasks read: kept here, taken from this node's store, or brought by Ray."""
        letter, limit = self.letter, self.station.introduction.kept_nbytes
        arguments = dict(zip(letter.far, brought, strict=True))
        places = iter(near)
        missing: dict[int, Any] = {}
        for place in range(len(near) + len(brought)):
            if place not in arguments:
                reference = next(places)
                known = KEPT.known(letter.lasting[place][0]) if place in letter.lasting else None
                if known is None:
                    missing[place] = reference
                else:
                    arguments[place] = known
        if missing:
            arguments.update(zip(missing, values_near(list(missing.values())), strict=True))
        for place, (name, nbytes) in letter.lasting.items():
            arguments[place] = KEPT.value(name, arguments[place], nbytes, limit=limit)
        return [arguments[place] for place in range(len(arguments))]

    def _value(self, where: int, item: int, arguments: Sequence[Any]) -> Any:
        """An input of a task."""
        if where >= 0:
            return freeze(arguments[where] if item < 0 else arguments[where][item])
        return self.made[item] if where == INNER else self.letter.values[item]

    def _keep(self, number: int, start: int, block: Any) -> None:
        """A block of the bundle is there: for the result, for tasks that come, or both."""
        if self.reads[number]:
            self.made[number] = freeze(block)
        if number in self.inner:
            self.starts[number] = start
        else:
            self._put(start, block)

    def _put(self, start: int, block: Any) -> None:
        if start >= 0:
            self.pack[start] = block
        else:
            self.results[-1 - start] = block

    def _let_go(self, numbers: list[int]) -> None:
        """A task that read these blocks has run."""
        for number in numbers:
            self.reads[number] -= 1
            if not self.reads[number]:
                del self.made[number]
                self.starts.pop(number, None)

    def _bring_out(self) -> None:
        """What a task was to read that has not run becomes a result after all."""
        for number, start in self.starts.items():
            self._put(start, self.made[number])
        self.starts = {}

    def fail(self, place: int, error: BaseException) -> None:
        """A task raised: that is the end of the bundle."""
        trace = error.__traceback__
        if trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            error.__traceback__ = trace.tb_next  # this frame is of no interest
        self.failed, self.error = place, traced_error(error)

    def cut(self) -> tuple[list[Done], list[Any], list[Any], list[int]]:
        """Before a task waits for others: take what is finished out of the bundle, and what comes after it.

        Returns
        -------
        done, pack, results : list
            What was run, the pack as it is, and other blocks; their places are empty from now on.
        left : list of int
            Places of the tasks that the bundle will not run.
        """
        self._bring_out()
        done, self.done = self.done, []
        pack, self.pack = self.pack, [None] * len(self.pack)
        results, self.results = self.results, [None] * len(self.results)
        left = [] if self.is_cut else list(range(self.place + 1, len(self.letter.orders)))
        self.is_cut = True
        return done, pack, results, left

    def ended(self) -> list[Any]:
        """What the Ray task gives: pack, blocks, report."""
        self._bring_out()
        self.results[-1] = pickle.dumps(
            Report(node_name(), [tuple(each) for each in self.done], self.failed, self.error)[:],
            pickle.HIGHEST_PROTOCOL,
        )
        if self.pack:
            self.results[0] = self.pack
        return self.results


def work_off(sent: tuple[int, tuple[Any, Any], list[Any], list[Any]], *brought: Any) -> list[Any]:
    """Run a bundle: gives its pack if there is one, its other blocks, and its report.

    What is sent, as one argument, since each takes Ray time: how many results there are, the letter, objects that it refers
    to besides (the first is the run's introduction), and those that lie at this node.
    """
    nresults, written, extras, near = sent
    try:
        station = station_of(extras[0])
        letter = Letter(*loads(*written))
        station.learn(letter.programs, extras)
    except BaseException as error:  # modules are missing here, or differ
        return [*[None] * (nresults - 1), pickle.dumps(Report(node_name(), [], 0, traced_error(error))[:])]
    bundle = Bundle(nresults, letter, station)
    guest = station.guest
    arguments = bundle.arguments(near, brought)  # that one is lost is no failure of a task
    try:
        with stopped_after(letter.timeout), guest.at_work(bundle) if guest is not None else contextlib.nullcontext():
            bundle.work(arguments)
    except BaseException as error:  # a signal that came just outside of the task
        bundle.fail(bundle.place, error)
    return bundle.ended()


def values_near(references: list[Any]) -> list[Any]:
    """The values of objects that lie at this node; it takes longer if they are to be made again.

    So it is where a node has died: Ray runs its bundles elsewhere, and makes lost objects again. That takes CPUs, and a task that
    is inside of ``ray.get`` keeps its own, unless it waits for a task that it has started: so one is started that only needs the
    values.
    """
    ray = import_ray()
    while True:
        try:
            return ray.get(references, timeout=NEAR_S)  # type: ignore[no-any-return]
        except ray.exceptions.GetTimeoutError:
            with contextlib.suppress(ray.exceptions.RayError):  # what is wrong with the objects, the next round tells
                ray.get(ray.remote(num_cpus=0)(are_there).remote(*references))


def are_there(*values: Any) -> int:
    """How many values a task has."""
    return len(values)


def node_name() -> str:
    return str(import_ray().get_runtime_context().get_node_id())


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


def import_ray() -> Any:
    """The package ``ray``, or the error that says how to get it."""
    # Without a number Ray runs for ever what it kills for lack of memory. It reads this when it is first used.
    os.environ.setdefault("RAY_task_oom_retries", str(config.value("allowed-failures")))
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingDependencyError(
            'scheduler="ray" and Client(engine="ray") need the package ray, which is not installed. '
            'Install it with: pip install "weft[ray]"'
        ) from error
    return ray


def call_at(extras: list[Any], packed: bytes) -> tuple[bool, Any]:
    """Run a function on a node, beside its tasks: whether it went well, and what it gave."""
    station = station_of(extras[0])
    try:
        function, args, kwargs = unpack_own(packed)
        with station.guest.visiting():
            return True, station.guest.home.call_here(station.number, function, args, kwargs)
    except BaseException as error:
        return False, packed_error(error)
