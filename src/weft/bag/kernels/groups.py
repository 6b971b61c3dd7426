"""Records to the partitions where their keys belong, in a form that takes little memory.

A stage goes through a partition in bites. It groups a bite by key (so a key is hashed once for each bite, not for each
record), and writes what belongs to one target down at once, as bytes. Where keys are integers, NumPy, if it is installed,
sorts the records by their targets, and they are grouped there. What travels, waits and is spilled is bytes therefore, a
tenth of what the records take; it stays bytes until a target reads it, one source after another.

HOT: `Route`, `add_piece` (benchmark ``bag``).
"""

from __future__ import annotations

import pickle
import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import islice, pairwise, tee
from operator import itemgetter
from typing import Any, ClassVar

from weft.bag.kernels.hashing import GOLDEN, stable_hash
from weft.bag.kernels.pipeline import ENDED_EARLY, Stage
from weft.graph.plan import paused_collector

__all__ = [
    "Group", "Joined", "Route", "Runs", "bites", "groups_of", "keyed", "merge_runs", "packed", "split_runs", "unpacked",
]  # fmt: skip

#: Records by which their size is estimated.
SAMPLE = 64
PROTOCOL = 5
#: Integer keys from which on NumPy is quicker than Python.
ENOUGH = 1000
#: Integers nearer to 0 are their own hashes, but for -1.
MODULUS = sys.hash_info.modulus
#: What pickle raises for what cannot be written down; ValueError for pointers of ctypes.
NOT_WRITTEN = (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError)


class Runs:
    """For each of some neighbouring targets, what is on its way to it, in pieces.

    A piece is pickled. It is a dict of keys to records, or a tuple: integer keys as bytes, and a record for each of them; or
    else a list of records in order (`weft.bag.kernels.sorting`).

    Parameters
    ----------
    first : int
        Number of the first target.
    pieces : list of list
        For each target its pieces: bytes, or, for records that cannot be written down, the dict or tuple itself.
    """

    __slots__ = ("first", "pieces")

    def __init__(self, first: int, pieces: list[list[Any]]) -> None:
        self.first = first
        self.pieces = pieces

    def __reduce__(self) -> Any:
        written: list[Any] = []
        layout: list[list[Any]] = []
        for target in self.pieces:
            lengths: list[Any] = []
            for piece in target:
                if is_packed(piece):
                    written.append(piece)
                    lengths.append(len(piece))
                else:
                    lengths.append(piece)
            layout.append(lengths)
        return runs_of, (self.first, layout, pickle.PickleBuffer(b"".join(written)))

    def __sizeof__(self) -> int:
        return 200 + sum(100 + len(piece) for target in self.pieces for piece in target)


def runs_of(first: int, layout: list[list[Any]], written: Any) -> Runs:
    """Runs whose pieces lie in one buffer, which is not copied."""
    view = memoryview(written).cast("B")
    start = 0
    pieces: list[list[Any]] = []
    for lengths in layout:
        target: list[Any] = []
        for length in lengths:
            if isinstance(length, int):
                target.append(view[start : start + length])
                start += length
            else:
                target.append(length)
        pieces.append(target)
    return Runs(first, pieces)


def packed(piece: Any) -> Any:
    """Groups as bytes; as they are if they cannot be written down, as locks and open files cannot."""
    try:
        stream = pickle.dumps(piece, PROTOCOL)
        if b"__main__" not in stream:
            return stream
    except NOT_WRITTEN:
        pass  # lambdas, local classes: cloudpickle may know
    import cloudpickle

    try:
        return cloudpickle.dumps(piece, PROTOCOL)
    except NOT_WRITTEN:
        return piece  # threads can hand it on; processes will say what is wrong


def is_packed(piece: Any) -> bool:
    """Whether a piece is bytes."""
    return isinstance(piece, (bytes, memoryview))


def unpacked(piece: Any) -> Any:
    """What was packed."""
    return pickle.loads(piece) if is_packed(piece) else piece


@dataclass(frozen=True, repr=False)
class Route(Stage):
    """A partition as `Runs` for all targets."""

    label: ClassVar[str] = "groupby-route"

    key: Callable[[Any], Any]
    ntargets: int
    blocksize: int

    def run(self, *values: Any) -> Runs:
        pieces: list[list[Any]] = [[] for _ in range(self.ntargets)]
        for keys, records in bites(values[0], self.key, self.blocksize):
            numbers = as_integers(keys)
            if numbers is None:
                route_groups(pieces, keys, records)
            else:
                route_sorted(pieces, numbers, records)
        return Runs(0, pieces)


def bites(
    stream: Iterable[Any], key: Callable[[Any], Any] | None, nbytes: int
) -> Iterator[tuple[list[Any], list[Any]]]:
    """Keys and records, about ``nbytes`` of records at a time; see `keyed`."""
    iterator = iter(stream)
    keys, records = keyed(islice(iterator, SAMPLE), key)
    size = max(SAMPLE, nbytes // record_nbytes(records))
    while records:
        yield keys, records
        keys, records = keyed(islice(iterator, size), key)


def keyed(stream: Iterable[Any], key: Callable[[Any], Any] | None) -> tuple[list[Any], list[Any]]:
    """Keys and records; without ``key`` the records are their own keys, in the same list.

    A key is made as soon as its record has been read, so that the place is known if that fails.
    """
    if key is None:
        records = list(stream)
        return records, records
    ahead, behind = tee(stream)
    keys, records = list(map(key, ahead)), list(behind)
    if len(keys) < len(records):
        raise RuntimeError(ENDED_EARLY)
    return keys, records


def route_groups(pieces: list[list[Any]], keys: Sequence[Any], records: Sequence[Any]) -> None:
    """Add a piece for each target, of groups."""
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for found, record in zip(keys, records, strict=True):
        groups[found].append(record)
    by_target: defaultdict[int, dict[Any, list[Any]]] = defaultdict(dict)
    for found, each in groups.items():
        by_target[stable_hash(found) % len(pieces)][found] = each
    for target, groups_there in by_target.items():
        pieces[target].append(packed(groups_there))


@cache
def has_numpy() -> bool:
    """Whether NumPy is installed."""
    return find_spec("numpy") is not None


def as_integers(keys: Sequence[Any]) -> Any:
    """Keys as an array, if they are many, and all integers which are their own hashes; else None."""
    if len(keys) < ENOUGH or set(map(type, keys)) != {int} or not has_numpy():
        return None
    import numpy

    try:
        numbers = numpy.array(keys, "int64")
    except OverflowError:
        return None
    return numbers if numbers.min() > -MODULUS and numbers.max() < MODULUS else None


def route_sorted(pieces: list[list[Any]], numbers: Any, records: Sequence[Any]) -> None:
    """Add a piece for each target, of integer keys and records; targets are those of `stable_hash`."""
    import numpy

    hashes = numpy.where(numbers == -1, -2, numbers).astype("uint64") * numpy.uint64(GOLDEN)
    targets = (hashes ^ hashes >> numpy.uint64(32)) % numpy.uint64(len(pieces))
    order = numpy.argsort(targets, kind="stable")
    bounds = numpy.searchsorted(targets[order], numpy.arange(len(pieces) + 1)).tolist()
    moved, in_order = numbers[order], itemgetter(*order.tolist())(records)
    for target, (low, high) in enumerate(pairwise(bounds)):
        if low < high:
            pieces[target].append(packed((moved[low:high].tobytes(), in_order[low:high])))


def record_nbytes(records: Sequence[Any]) -> int:
    """About how many bytes a record takes when it is written down."""
    try:
        return max(1, len(pickle.dumps(records, PROTOCOL)) // max(1, len(records)))
    except NOT_WRITTEN:
        return 100  # what cannot be written down is seldom small


def split_runs(block: Runs, bounds: Sequence[int]) -> list[Runs]:
    """What is on its way to each range of targets: those between neighbouring bounds."""
    return [Runs(low, block.pieces[low - block.first : high - block.first]) for low, high in pairwise(bounds)]


def merge_runs(told: Any, *runs: Runs) -> Runs:
    """Runs to the same targets as one, in the order of their sources."""
    return Runs(
        runs[0].first, [[piece for each in pieces for piece in each] for pieces in zip(*[run.pieces for run in runs])]
    )


def groups_of(runs: Runs) -> dict[Any, list[Any]]:
    """Keys and their records, in the order of sources."""
    groups: dict[Any, list[Any]] = {}
    (pieces,) = runs.pieces
    with paused_collector():  # which would look through all lists again and again while they are made
        for piece in pieces:
            add_piece(groups, piece)
    return groups


def add_piece(groups: dict[Any, list[Any]], piece: Any) -> None:
    """Add the records of a piece to their groups."""
    is_shared = not is_packed(piece)  # with whoever made it, so that it must not be changed
    piece = unpacked(piece)
    if isinstance(piece, dict):
        for found, records in piece.items():
            if found in groups:
                groups[found] += records
            else:
                groups[found] = list(records) if is_shared else records
        return
    numbers, records = piece
    known = groups.get
    for found, record in zip(array("q", numbers), records, strict=True):
        group = known(found)
        if group is None:
            groups[found] = [record]
        else:
            group.append(record)


class Group(Stage):
    """The groups of one target."""

    label: ClassVar[str] = "groupby"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Iterator[Any]:
        return iter(groups_of(values[0]).items())


@dataclass(frozen=True, repr=False)
class Joined(Stage):
    """Pairs of records with equal keys, of the groups of one target on both sides."""

    label: ClassVar[str] = "join"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Iterator[Any]:
        mine, theirs = values
        others = groups_of(theirs)
        (pieces,) = mine.pieces
        for piece in pieces:
            groups: dict[Any, list[Any]] = {}
            add_piece(groups, piece)
            for found, records in groups.items():
                for record in records if found in others else ():
                    for other in others[found]:
                        yield other, record
