"""Every option that Weft reads, with its type, default and meaning.

An option is one entry of `OPTIONS`, and all else follows from it: the check of values wherever they come from, the
names of environment variables, and the reference page. A key below one of Weft's own top-level names that is not in the
list is an error, so that a misspelt option cannot be ignored. Other top-level names belong to other packages and pass.

`SETTLED` has options that programs written for Dask set and that are no choice here: a value that says what Weft does anyway
is taken, any other is an error that tells why.

None is a value of exactly those options whose default it is.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from weft import hints
from weft.config.tree import Path, Tree, assign, copied, fold, leaves, path_of
from weft.errors import ConfigError, UnknownOptionError
from weft.records import record
from weft.system import memory_limit
from weft.units import parse_bytes, parse_fraction_or_bytes, parse_timedelta

__all__ = ["OPTIONS", "SETTLED", "Kind", "Option"]


@record
class Kind:
    """A type of option: its name for the docs, how a value as written is read, and the unit of what is read.

    ``parse`` raises ValueError, with a text that says what would be understood.
    """

    name: str
    parse: Callable[[Any], Any]
    unit: str = ""


@record
class Option:
    """One option: its dotted name, its type, the value it has when nobody sets it, and what it does."""

    name: str
    kind: Kind
    default: Any
    doc: str

    def parse(self, value: Any) -> Any:
        """The value in its unit (bytes, seconds); ValueError if it is none."""
        return None if value is None and self.default is None else self.kind.parse(value)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "WEFT_" + self.name.upper().replace("-", "_").replace(".", "__")


def _size(value: Any) -> int:
    return parse_bytes(value)


def _memory(value: Any) -> int:
    nbytes = parse_fraction_or_bytes(value, memory_limit())
    if nbytes <= 0:
        raise ValueError(f"cannot work with {value!r} of memory: give a share such as '60%' or a size such as '4 GiB'.")
    return nbytes


def _duration(value: Any) -> float:
    if value is None:
        raise ValueError("cannot read None as a duration: give a number and a unit, e.g. '2 min'.")
    seconds: float = parse_timedelta(value)
    if seconds < 0:
        raise ValueError(f"cannot wait for {value!r}: a duration must not be negative.")
    return seconds


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"cannot read {value!r} as a switch: it must be True or False.")
    return value


def _path(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError(f"cannot read {value!r} as a path: give text or a pathlib.Path.")
    return os.path.expanduser(os.fsdecode(value))


def _path_or_off(value: Any) -> str | bool:
    return False if value is False else _path(value)


def _scheduler(value: Any) -> Any:
    if value == "" or isinstance(value, (bool, int, float, bytes, list, tuple, Mapping)):
        raise ValueError(
            f"cannot use {value!r} as a scheduler: give a name such as 'threads', or an executor or backend object."
        )
    return value


def _count(minimum: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < minimum:
            raise ValueError(f"cannot read {value!r} as a count: it must be a whole number, {minimum} or more.")
        return operator.index(value)

    return parse


def count(minimum: int) -> Kind:
    """Whole numbers from ``minimum``."""
    return Kind(f"whole number, {minimum} or more", _count(minimum))


def one_of(*choices: Any, or_else: Kind | None = None) -> Kind:
    """A closed set of values, or else values of another kind."""
    names = ", ".join(repr(choice) for choice in choices)

    def parse(value: Any) -> Any:
        if isinstance(value, str) and value in choices:
            return value
        if or_else is not None and not isinstance(value, str):
            return or_else.parse(value)
        raise ValueError(f"cannot use {value!r}: it must be one of {described}.")

    described = names if or_else is None else f"{names} or a {or_else.name}"
    return Kind(described, parse)


SIZE = Kind("size", _size, "bytes")
MEMORY = Kind("size, or share of the memory", _memory, "bytes")
DURATION = Kind("duration", _duration, "seconds")
SWITCH = Kind("True or False", _switch)
PATH = Kind("path", _path)
PATH_OR_OFF = Kind("path, or False", _path_or_off)
SCHEDULER = Kind("name, executor or backend", _scheduler)

OPTIONS: tuple[Option, ...] = (
    Option(
        "scheduler",
        SCHEDULER,
        None,
        "What runs a computation that does not say so itself: 'inline', 'threads', 'processes', another backend's "
        "name, or an executor or backend object. None leaves the choice to the collection.",
    ),
    Option(
        "num_workers",
        count(1),
        None,
        "Threads or processes that run tasks. None takes one for each core that this process may use.",
    ),
    Option(
        "allowed-failures",
        count(0),
        3,
        "Deaths of worker processes under one task at which the computation fails with KilledWorkerError.",
    ),
    Option(
        "library-threads",
        one_of("auto", or_else=count(1)),
        "auto",
        "Threads that BLAS, Arrow and other libraries may start inside each task. 'auto' shares the cores between "
        "the tasks that run side by side.",
    ),
    Option(
        "temporary-directory",
        PATH,
        None,
        "Where scratch files go. None takes the system's directory for temporary files.",
    ),
    Option(
        "memory.budget",
        MEMORY,
        "60%",
        "Memory that results and running tasks may take together; beyond it results go to files. A share counts from "
        "what this process may use: the machine's memory, or the container's.",
    ),
    Option(
        "spill.directory",
        PATH,
        None,
        "Where results go that do not fit into memory. None takes temporary-directory.",
    ),
    Option(
        "processes.start-method",
        one_of("spawn", "forkserver", "fork"),
        "spawn",
        "How worker processes are started.",
    ),
    Option(
        "processes.inline-size",
        SIZE,
        "64 KiB",
        "Results up to this size travel between processes through a pipe, larger ones through shared memory.",
    ),
    Option(
        "log.length",
        count(0),
        1_000_000,
        "Events that the log of one run keeps; the oldest make room.",
    ),
    Option(
        "optimization.fuse.active",
        SWITCH,
        True,
        "Join chains of tasks into one task each.",
    ),
    Option(
        "delayed-pure",
        SWITCH,
        False,
        "Name what delayed() makes by its content where pure= is not given: equal calls of equal functions are one task.",
    ),
    Option(
        "tokenize.ensure-deterministic",
        SWITCH,
        False,
        "Raise TokenizationError for a value that cannot be named the same way in every process, instead of giving it "
        "a name of its own.",
    ),
    Option(
        "array.chunk-size",
        SIZE,
        "128 MiB",
        "The chunk size that chunks='auto' aims at.",
    ),
    Option(
        "array.jit",
        one_of("auto", or_else=SWITCH),
        "auto",
        "Compile chains of elementwise functions to machine code, with numba (weft[jit]). 'auto' does so where numba is "
        "installed, once a chain has done some 16 GB of work; True does so at once.",
    ),
    Option(
        "array.jit-directory",
        PATH_OR_OFF,
        None,
        "Where machine code is kept for later processes. None takes the user's cache directory; False keeps none.",
    ),
    Option(
        "array.trace",
        SWITCH,
        True,
        "Take functions given to map_overlap apart where their code consists of NumPy's elementwise functions and slices, "
        "and compute these like operations of arrays.",
    ),
    Option(
        "dataframe.engine",
        one_of("auto", "pandas", "polars", "duckdb"),
        "auto",
        "The library that computes partitions. 'auto' takes the fastest that gives the same result as pandas.",
    ),
    Option(
        "dataframe.queries",
        one_of("auto", "partitions"),
        "auto",
        "What the second engine is asked. 'auto': whole programs where they fit on this machine, and single partitions "
        "otherwise; 'partitions': single partitions only, around Weft's own exchanges, as on a cluster.",
    ),
    Option(
        "progress.minimum",
        DURATION,
        "1 s",
        "Computations shorter than this show no progress bar.",
    ),
    Option(
        "visualization.engine",
        one_of("graphviz"),
        None,
        "The program that draws graphs. None takes the first that is installed.",
    ),
)


def settled(name: str, agreeing: Sequence[Any], what: str) -> Option:
    """An option whose only values are those, besides None, that say what Weft does anyway; ``what`` tells what that is."""
    described = ", ".join(map(repr, agreeing))

    def parse(value: Any) -> Any:
        if not any(type(value) is type(each) and value == each for each in agreeing):
            raise ValueError(f"it can only be {described}: {what}")
        return value

    return Option(name, Kind(described, parse), None, what[0].upper() + what[1:])


SETTLED: tuple[Option, ...] = (
    settled(
        "array.chunk-size-tolerance", [1.25], "chunks of 'auto' follow 'array.chunk-size' and what they are cut from."
    ),
    settled(
        "array.rechunk.threshold", [4], "rechunk plans its steps by their estimated time; rechunk(threshold=) is there."
    ),
    settled("array.svg.size", [120], "pictures of arrays have one size; weft.array.svg draws others."),
    settled("array.backend", ["numpy"], "chunks are of the type that they are made with or read as."),
    settled("array.query-planning", [True], "arrays are expressions, which are optimised when they are computed."),
    settled("array.rechunk.method", ["tasks", "p2p"], "rechunk plans its steps itself, within the memory budget."),
    settled(
        "array.slicing.split-large-chunks",
        [True],
        "chunks that an index would make larger than those it takes from are divided.",
    ),
    settled(
        "dataframe.backend", ["pandas"], "partitions are pandas' objects; 'dataframe.engine' says who computes them."
    ),
    settled(
        "dataframe.convert-string",
        [True, False],
        "texts keep the type that pandas or the file gives them, which is Arrow's where nobody asks for another; convert "
        "columns of objects by astype('str').",
    ),
    settled("dataframe.parquet.metadata-task-size-local", [512], "footers are read side by side, one by one."),
    settled("dataframe.parquet.metadata-task-size-remote", [1], "footers are read side by side, one by one."),
    settled(
        "dataframe.parquet.minimum-partition-size", [75_000_000], "read_parquet(aggregate_files=) joins small files."
    ),
    settled("dataframe.query-planning", [True], "frames are expressions, which are optimised when they are computed."),
    settled(
        "dataframe.shuffle.method",
        ["tasks", "disk", "p2p"],
        "all of these are the same exchange, which goes to disk if it has to.",
    ),
    settled("dataframe.shuffle.compression", [None], "what is exchanged goes to disk as it is."),
    settled("optimization.annotations.fuse", [True], "annotations stay with their tasks, which may become one."),
    settled("optimization.fuse.ave-width", [1], "only chains of tasks become one."),
    settled("optimization.fuse.delayed", [False], "chains of delayed calls become one wherever other chains do."),
    settled("optimization.fuse.max-depth-new-edges", [None], "only chains of tasks become one."),
    settled("optimization.fuse.max-height", [inf], "a hundred tasks in a row become one."),
    settled("optimization.fuse.max-width", [None], "only chains of tasks become one."),
    settled("optimization.fuse.rename-keys", [True], "a chain has the key of its last task."),
    settled("optimization.tune.active", [True], "columns that nobody looks at are not read."),
)

_BY_NAME: dict[str, Option] = {fold(option.name): option for option in [*OPTIONS, *SETTLED]}
#: Top-level names that are Weft's, as they are spelt.
OWN_NAMES: dict[str, str] = {fold(name): name for name in (option.name.split(".")[0] for option in OPTIONS)}
#: Inner names, such as "memory", of which "memory.budget" is an option.
_NAMESPACES = frozenset(
    ".".join(names[:depth]) for names in (name.split(".") for name in _BY_NAME) for depth in range(1, len(names))
)

#: Old keys and their new names, or None for an option that is gone.
DEPRECATIONS: dict[str, str | None] = {}


def defaults() -> Tree:
    """A new tree of all options at their defaults."""
    tree: Tree = {}
    for option in OPTIONS:
        assign(tree, path_of(option.name), option.default)
    return tree


def find(key: str) -> Option | None:
    """The option of that name, in any spelling."""
    return _BY_NAME.get(fold(key))


def is_own(path: Path) -> bool:
    """Whether a path lies below one of Weft's top-level names."""
    return fold(path[0]) in OWN_NAMES


def is_namespace(path: Path) -> bool:
    """Whether options lie below this path."""
    return fold(".".join(path)) in _NAMESPACES


def checked(key: str, value: Any, origin: str = "", others: frozenset[str] = frozenset()) -> Iterator[tuple[Path, Any]]:
    """The assignments that ``key = value`` stands for, each checked; those of Weft's options in their own spelling.

    Parameters
    ----------
    key, value
        As given. A mapping stands for an assignment to each option in it; what is not Weft's passes as it is.
    origin : str
        Where they were found, for the error.
    others : frozenset of str
        Top-level names known to belong to other packages.
    """
    path = path_of(key)
    if not is_own(path):
        name = path[0]
        if len(path) == 1 and not isinstance(value, Mapping) and name not in others and _is_misspelt(name):
            raise _unknown(key, "set", origin)
        yield path, copied(value)
        return
    if is_namespace(path):
        if not isinstance(value, Mapping):
            raise ConfigError(
                f"cannot set {key!r} to {value!r}{origin}: it is a group of options. Give a mapping, or set one of "
                f"{', '.join(repr(name) for name in _below(path))}."
            )
        for inner, item in value.items():
            yield from checked(f"{key}.{inner}", item, origin)
        return
    option = find(key)
    if option is None:
        raise _unknown(key, "set", origin)
    try:
        option.parse(value)
    except ValueError as error:
        raise ConfigError(f"cannot set {option.name!r} to {value!r}{origin}: {error}") from None
    yield path_of(option.name), value


def check_tree(tree: Mapping[str, Any], origin: str, others: frozenset[str] = frozenset()) -> Tree:
    """The tree with Weft's options checked and spelt as they are in the schema."""
    result: Tree = {}
    for name, value in tree.items():
        for path, item in checked(str(name), value, origin, others):
            assign(result, path, item)
    return result


def unknown_key(key: str, config: Mapping[str, Any]) -> UnknownOptionError:
    """The error for reading a key that is neither set nor an option."""
    names = [".".join(path) for path, _ in leaves(config)]
    return _unknown(key, "get", "", names)


def nearest(key: str) -> Option | None:
    """The option whose name looks most like ``key``, if any does."""
    near = hints.nearest(fold(key), _BY_NAME)
    return None if near is None else _BY_NAME[near]


def _unknown(key: str, verb: str, origin: str, names: list[str] | None = None) -> UnknownOptionError:
    known = {fold(name): name for name in [*(option.name for option in _BY_NAME.values()), *(names or [])]}
    near = hints.nearest(fold(key), known)
    hint = "" if near is None else f" Did you mean {known[near]!r}?"
    reason = "Weft has no such option" if verb == "set" or is_own(path_of(key)) else "nothing has set it"
    default = "" if verb == "set" else " To read a key that may be missing, pass a default."
    return UnknownOptionError(
        f"cannot {verb} {key!r}{origin}: {reason}.{hint}{default} "
        f"All options: docs/reference/configuration.md, or weft.config.schema.OPTIONS."
    )


def _is_misspelt(name: str) -> bool:
    return hints.nearest(fold(name), OWN_NAMES, 0.8) is not None


def _below(path: Path) -> list[str]:
    start = fold(".".join(path)) + "."
    return [option.name for name, option in _BY_NAME.items() if name.startswith(start)]
