"""Records to the partitions where their keys belong, in a form that takes little memory.

A stage goes through a partition in bites. It groups a bite by key (so a key is hashed once for each bite, not for each
record), and writes what belongs to one target down at once, as bytes. What travels, waits and is spilled is bytes therefore,
a tenth of what the records take; it stays bytes until a target reads it, one source after another.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, ClassVar

from weft.bag.kernels.hashing import GOLDEN, MASK, stable_hash
from weft.bag.kernels.pipeline import Stage
from weft.graph.plan import paused_collector

__all__ = ["Group", "Joined", "Route", "Runs", "merge_runs", "split_runs"]

#: Records by which their size is estimated.
SAMPLE = 64
PROTOCOL = 5


class Runs:
    """For each of some neighbouring targets, what is on its way to it: pieces, each a pickled dict of keys to records.

    Parameters
    ----------
    first : int
        Number of the first target.
    pieces : list of list
        For each target its pieces: bytes, or, for records that cannot be written down, the dict itself.
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
                if isinstance(piece, (bytes, memoryview)):
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


def packed(groups: dict[Any, list[Any]]) -> Any:
    """Groups as bytes; as they are if they cannot be written down, as locks and open files cannot."""
    try:
        stream = pickle.dumps(groups, PROTOCOL)
        if b"__main__" not in stream:
            return stream
    except Exception:
        pass  # lambdas, local classes: cloudpickle may know
    try:
        import cloudpickle

        return cloudpickle.dumps(groups, PROTOCOL)
    except Exception:
        return groups  # threads can hand it on; processes will say what is wrong


@dataclass(frozen=True, repr=False)
class Route(Stage):
    """A partition as `Runs` for all targets."""

    label: ClassVar[str] = "groupby-route"

    key: Callable[[Any], Any]
    ntargets: int
    blocksize: int

    def run(self, *values: Any) -> Runs:
        stream = iter(values[0])
        key, ntargets = self.key, self.ntargets
        pieces: list[list[Any]] = [[] for _ in range(ntargets)]
        bite = list(islice(stream, SAMPLE))
        size = max(SAMPLE, self.blocksize // record_nbytes(bite))
        while bite:
            groups: defaultdict[Any, list[Any]] = defaultdict(list)
            for found, record in zip(map(key, bite), bite, strict=True):
                groups[found].append(record)
            by_target: defaultdict[int, dict[Any, list[Any]]] = defaultdict(dict)
            for found, records in groups.items():
                if type(found) is int:  # as `stable_hash` does, without two calls
                    mixed = (hash(found) & MASK) * GOLDEN & MASK
                    by_target[(mixed ^ mixed >> 32) % ntargets][found] = records
                else:
                    by_target[stable_hash(found) % ntargets][found] = records
            for target, each in by_target.items():
                pieces[target].append(packed(each))
            bite = list(islice(stream, size))
        return Runs(0, pieces)


def record_nbytes(records: Sequence[Any]) -> int:
    """About how many bytes a record takes when it is written down."""
    try:
        return max(1, len(pickle.dumps(records, PROTOCOL)) // max(1, len(records)))
    except Exception:
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
            for found, records in unpacked(piece).items():
                known = groups.get(found)
                if known is None:
                    groups[found] = records
                else:
                    known += records
    return groups


def unpacked(piece: Any) -> dict[Any, list[Any]]:
    """The groups of a piece, for whoever may change them."""
    if isinstance(piece, dict):
        return {found: list(records) for found, records in piece.items()}
    return pickle.loads(piece)  # type: ignore[no-any-return]


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
            for found, records in unpacked(piece).items():
                for record in records if found in others else ():
                    for other in others[found]:
                        yield other, record
