"""Results that may be as large as the data: groups, different rows, frequencies. By a tree, or by an exchange.

A *tree* combines the partial results of partitions until one is left: right where there are few groups, but all of them end
in one place. An *exchange* sends each group's part to one of several buckets, by the hash of its key; every bucket combines
what came to it, and no task ever sees all groups. Where rows with equal keys are in one partition already nothing moves: the
partial results of the partitions are buckets (*in place*).

Which it is follows from how many groups there are. That is not known before, so two partitions are looked at: what keys some
of their rows have. Keys that both have tell how many there are in all, as marked fish tell how many are in a lake (Lincoln and
Petersen). The decision is taken when a program is optimised, for data that is large enough, or of unknown size in many
partitions; ``split_out=`` and ``shuffle_method=`` decide beforehand.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from math import ceil, exp
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft import config
from weft.dataframe.base import new
from weft.dataframe.expr import FrameExpr, Partitionwise, column_needs, place_pick
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.io.from_pandas import FromPandas, span_seen
from weft.dataframe.kernels.pandas.grouping import FEW, GroupPlan
from weft.dataframe.kernels.pandas.looks import Look
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.partitions import Partitions
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.repartition import in_partitions
from weft.dataframe.ops.shuffle import check_method
from weft.dataframe.treewise import Treewise
from weft.expr import Cost, Expr, Need, Needs, derived, node, walk
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.exchange import Exchange, plan_rounds
from weft.physical.gather import Gather
from weft.system import CPU_COUNT
from weft.units import format_bytes

__all__ = [
    "Choice",
    "KeyLook",
    "Spreadable",
    "as_asked",
    "chosen_way",
    "is_read_part_by_part",
    "lies_together",
    "seen_in",
    "spread_of",
]

#: Data of at most so many bytes goes by a tree.
SMALL = 64 * 2**20
#: Partitions of unknown size from which on it is worth a look at two of them.
MANY = 16
#: Groups may take so many bytes, and such a part of the budget, in one place.
GROUPS_NBYTES, GROUPS_SHARE = 48 * 2**20, 1 / 16
#: What a key of whole numbers takes.
KEY_NBYTES = 8
#: What a key of short texts takes.
TEXT_NBYTES = 20
#: A bucket is given partial results of at most so many bytes, and such a part of the budget.
BUCKET_NBYTES, BUCKET_SHARE = 48 * 2**20, 1 / 20
#: Buckets there are at most.
MOST_BUCKETS = 4096


class Choice(NamedTuple):
    """How a result comes about.

    Parameters
    ----------
    way : {"tree", "exchange", "in place"}
    buckets : int
    reason : str
    nbytes : int
        Projected bytes of a bucket's partial result; 0 if nothing is known.
    """

    way: str
    buckets: int
    reason: str
    nbytes: int = 0

    def __weft_tokenize__(self) -> Any:
        return (self.way, self.buckets)


@node
class Spreadable(Treewise):
    """Base of reductions whose result may be about as large as the data.

    The kernel has, besides those of a tree, the functions ``part(*partitions, plan, number)`` (the partial result of a
    partition, which knows its number), ``split(plan, like, count, part, told)`` (by bucket), ``join(plan, like, *parts)`` (of
    one bucket), and ``together(plan, like, *parts)``: parts of all buckets, or of one, as what ``finish`` takes. It may have
    ``settle(plan, like, part)``: what must still be known of a bucket.

    Subclasses have the fields ``count`` (partitions of the result; 1 unless the user asks for more), ``exchanged`` (whether the
    user asks for an exchange) and ``choice``, which a rule fills.
    """

    @derived
    def npartitions(self) -> int:
        return self.count  # type: ignore[attr-defined,no-any-return]

    @property
    def by(self) -> GroupPlan | tuple[Hashable, ...] | None:
        """What the keys are: those of groups, some columns, or all that there is."""
        return None

    @property
    def is_by_column(self) -> bool:
        """Whether each of several columns is looked at by itself: that equal rows lie together tells nothing then."""
        return False

    @property
    def kept_whole(self) -> str | None:
        """Why the result is made in one place in any case, if so."""
        return None

    @property
    def like(self) -> Any:
        """What the steps of an exchange are given as an example of rows."""
        return self.meta

    @property
    def payload(self) -> int:
        """Bytes of a group's partial result besides its keys."""
        return 16

    @derived
    def way(self) -> Choice:
        """How the result comes about: as chosen, or as it is without a look at the data."""
        chosen: Choice | None = self.choice  # type: ignore[attr-defined]
        return chosen or chosen_way(self, may_look=False)

    def lower(self) -> Expr:
        way = self.way
        if way.way == "tree":
            return super().lower()
        plan, like = self.plan, self.like
        steps = self.steps
        count = max([each.npartitions for each in self.frames])
        sources = [(each, place_pick(each, count)) for each in self.frames]
        outline = Outline(self.name, f"{self.label}-part", (count,))
        numbers = Listed(tuple(range(count)))
        parts: Expr = blockwise(outline, steps.part, sources, [Same(plan), numbers], cost=self.cost)
        buckets = Outline(self.name, f"{self.label}-bucket", (way.buckets,), way.nbytes)
        if self.count > 1:  # type: ignore[attr-defined]
            finish = partial(finished_bucket, steps, plan, like, self.meta)
            if way.way == "in place":
                return blockwise(self.outline, partial(finish, None), [(parts, (0,))])
            return sent_by_hash(self.outline, parts, steps, plan, like, finish)
        if way.way == "exchange":
            settle = getattr(steps, "settle", None)
            parts = sent_by_hash(buckets, parts, steps, plan, like, partial(settled_bucket, steps, settle, plan, like))
        merge = partial(finished_whole, steps, plan, like, self.meta)
        return Gather(self.outline, parts, merge, EveryBlock(way.buckets))


class EveryBlock:
    """One block that reads all blocks of its source."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __weft_tokenize__(self) -> Any:
        return ("every-block", self.count)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), None)]


def sent_by_hash(outline: Outline, parts: Expr, steps: Any, plan: Any, like: Any, merge: Any) -> Expr:
    """Parts of partitions to buckets, in one round or two."""
    count = outline.numblocks[0]
    split = partial(steps.split, plan, like, count)
    rounds = plan_rounds(parts.npartitions if isinstance(parts, FrameExpr) else parts.numblocks[0], count)  # type: ignore[attr-defined]
    if len(rounds) == 1:
        return Exchange(outline, parts, split, merge, rounds[0])
    first, second = rounds
    middle = Outline(outline.origin, outline.label, (len(first.receives()),), outline.nbytes)
    made = Exchange(middle, parts, split, partial(joined_bucket, steps, plan, like), first)
    return Exchange(outline, made, split, merge, second)


def joined_bucket(steps: Any, plan: Any, like: Any, told: Any, *parts: Any) -> Any:
    """What came to a bucket, as one partial result."""
    return steps.join(plan, like, *parts)


def settled_bucket(steps: Any, settle: Any, plan: Any, like: Any, told: Any, *parts: Any) -> Any:
    """What came to a bucket, as a partial result, or as what is left to know of it."""
    joined = steps.join(plan, like, *parts)
    return joined if settle is None else settle(plan, like, joined)


def finished_bucket(steps: Any, plan: Any, like: Any, meta: Any, told: Any, *parts: Any) -> Any:
    """What came to a bucket, as a partition of the result."""
    return steps.finish(steps.together(plan, like, steps.join(plan, like, *parts)), plan, meta)


def finished_whole(steps: Any, plan: Any, like: Any, meta: Any, told: Any, *parts: Any) -> Any:
    """The result, of all buckets."""
    return steps.finish(steps.together(plan, like, *parts), plan, meta)


@node
class KeyLook(FrameExpr):
    """What keys the partitions of a frame have."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    by: GroupPlan | tuple[Hashable, ...] | None

    @derived
    def meta(self) -> Any:
        return None

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    @property
    def assemble(self) -> Any:
        return list

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child != self.source:
            return frozenset({Need.VALUES, Need.INDEX})
        if isinstance(self.by, GroupPlan):
            needs = column_needs([each.value for each in self.by.by if each.kind == "column"])
            return needs | {Need.INDEX} if any(each.kind in ("level", "function") for each in self.by.by) else needs
        return frozenset({Need.VALUES}) if self.by is None else column_needs(self.by)

    def lower(self) -> Expr:
        sources = [(each, place_pick(each, self.npartitions)) for each in (self.source, *self.blocks)]
        return blockwise(self.outline, KERNELS["pandas"][KeyLook], sources, [Same(self.by)], cost=Cost.LIGHT)


class Seen(NamedTuple):
    """What was seen of the keys of one partition or two.

    Parameters
    ----------
    rows : float
        Of a partition.
    keys : float
        How many differ in a partition.
    groups : float or None
        How many differ in all partitions, as those tell that both have; None if there are none.
    nbytes : float
        What a row's keys take in memory.
    looked_at : int
        Rows that were looked at.
    frequent : tuple of tuples of (hash, rows)
        The most frequent keys of each.
    """

    rows: float
    keys: float
    groups: float | None
    nbytes: float
    looked_at: int
    frequent: tuple[tuple[tuple[int, int], ...], ...]


def is_read_part_by_part(*frames: FrameExpr) -> bool:
    """Whether some partitions of frames can be had for their part of the work: nothing moves between a source and them."""
    return all(
        each.stands_alone
        if isinstance(each, Partitionwise)
        else isinstance(each, FrameExpr) and not each.children and not isinstance(each, FromBlocks)
        for each in walk(*frames)
    )


#: What was seen, by the name of what it was seen in (which for files tells their state); the oldest first.
REMEMBERED: dict[str, Seen] = {}
#: How much of that is kept.
MOST_REMEMBERED = 256


def seen_in(source: FrameExpr, blocks: Sequence[FrameExpr], by: Any) -> Seen:
    """See the keys of the first partition and the one in the middle; this computes them, unless it was done before."""
    numbers = (0, source.npartitions // 2)
    few = [Partitions(each, numbers) if each.npartitions == source.npartitions else each for each in (source, *blocks)]
    asked = KeyLook(few[0], tuple(few[1:]), by)
    found = REMEMBERED.get(asked.name)
    if found is None:
        found = REMEMBERED[asked.name] = together(new(asked).compute())
        if len(REMEMBERED) > MOST_REMEMBERED:
            REMEMBERED.pop(next(iter(list(REMEMBERED))), None)
    return found


def together(looks: Sequence[Look]) -> Seen:
    """What looks at one partition, or at two, tell."""
    own = [distinct(len(each.hashes), each.seen, each.rows) for each in looks]
    groups = None
    if len(looks) == 2:
        one, two = [each.hashes for each in looks]
        shared = len(np.intersect1d(one, two, assume_unique=True))
        groups = max(len(one) * len(two) / shared, *own) if shared else None
    return Seen(
        sum([each.rows for each in looks]) / len(looks),
        sum(own) / len(own),
        groups,
        max([each.nbytes for each in looks]),
        sum([each.seen for each in looks]),
        tuple([each.frequent for each in looks]),
    )


class Estimate(NamedTuple):
    """How many groups there are, and how many partial results partitions make of them."""

    rows: float
    groups: float
    partials: float
    key_nbytes: float


def estimate(seen: Seen, npartitions: int) -> Estimate:
    """From two partitions to all.

    >>> same = Look(1000, 1000, np.arange(10, dtype="u8"), 8.0, ())
    >>> round(estimate(together([same, same]), 50).groups)
    10
    """
    rows, partials = seen.rows * npartitions, seen.keys * npartitions
    groups = partials if seen.groups is None else seen.groups
    return Estimate(rows, min(groups, partials, max(rows, 1)), partials, seen.nbytes)


def distinct(found: int, seen: int, rows: int) -> float:
    """How many different values all rows have, if a sample of so many had ``found``: as if all were equally frequent."""
    if seen >= rows or not found:
        return float(found)
    if found >= 0.98 * seen:
        return rows * found / seen
    low, high = float(found), 64.0 * seen
    for _ in range(60):
        middle = (low + high) / 2
        if middle * (1 - exp(-seen / middle)) < found:
            low = middle
        else:
            high = middle
    return high * (1 - exp(-rows / high))


def chosen_way(
    asking: Spreadable, *, may_look: bool = True, most: int | None = None, about: int | None = None
) -> Choice:
    """How the result of a node comes about; ``most`` is how many groups there are at most, ``about`` how many there may be,
    where that is known.
    """
    node: Any = asking
    source: FrameExpr = node.frames[0]
    count = max([each.npartitions for each in node.frames])
    fixed = node.kept_whole
    if fixed is not None:
        return Choice("tree", 1, fixed)
    together = None if node.is_by_column else lies_together(source, node.by)
    if together and node.count in (1, source.npartitions):
        return Choice("in place", source.npartitions, together)
    if node.count > 1:
        return Choice("exchange", node.count, f"split_out={node.count} asks for it")
    if count == 1:
        return Choice("tree", 1, "there is one partition")
    if node.exchanged:
        return Choice("exchange", min(count, MOST_BUCKETS), "shuffle_method= asks for it")
    size = sum([each.partition_nbytes * each.npartitions for each in node.frames])
    if 0 < size <= SMALL:
        return Choice("tree", 1, f"the data is about {format_bytes(size)} only")
    if not size and count < MANY:
        return Choice("tree", 1, f"the data, of unknown size, is in {count} partitions only")
    budget = int(config.value("memory.budget"))
    if not may_look:
        return Choice("tree", 1, "nobody looked at the keys")
    if not is_read_part_by_part(*node.frames):
        if size > budget / 4:
            return by_bytes(size, count, f"about {format_bytes(size)} may be as many groups", budget)
        return Choice(
            "tree",
            1,
            "the keys are not known before the rows are made, and not many" if size else "nothing is known of its size",
        )
    if node.by is None and (most := values_in_memory(source)) and most <= FEW:
        return Choice("tree", 1, f"its values are integers in memory of which there are about {most:,} at most")
    room = min(GROUPS_NBYTES, budget * GROUPS_SHARE)
    if most is not None and most * (KEY_NBYTES + node.payload) <= room:
        return Choice("tree", 1, f"there are at most {most:,} groups, by the statistics of files")
    if about is not None and about * (TEXT_NBYTES + node.payload) <= room:
        return Choice("tree", 1, f"about {about:,.3g} texts are in the files, as two partitions tell")
    found = estimate(seen_in(source, node.frames[1:], node.by), count)
    width = found.key_nbytes + node.payload
    whole = found.groups * width
    seen = f"about {found.groups:,.3g} groups of {format_bytes(int(width))}, seen in two partitions"
    if whole <= room:
        return Choice("tree", 1, seen)
    return by_bytes(found.partials * width, count, seen, budget)


def values_in_memory(source: FrameExpr) -> int | None:
    """How many values there may be in a column of integers that is in memory; None of anything else."""
    held = source.source if isinstance(source, Projection) else source
    if not isinstance(held, FromPandas) or not isinstance(source.meta, pd.Series):
        return None
    return span_seen(held, source.meta.name)


def by_bytes(nbytes: float, count: int, reason: str, budget: int) -> Choice:
    """An exchange of partial results of so many bytes."""
    buckets = ceil(nbytes / min(BUCKET_NBYTES, budget * BUCKET_SHARE))
    buckets = max(min(count, 2 * CPU_COUNT), min(buckets, MOST_BUCKETS))
    return Choice("exchange", buckets, reason, int(nbytes / buckets))


def spread_of(frame: Any, split_out: Any, shuffle_method: Any = None) -> tuple[int, bool]:
    """How many partitions a result has, and whether it goes by an exchange in any case, as a user says it.

    Raises
    ------
    ValueError
        A number of partitions below 1, or a way to shuffle that nobody knows.
    """
    check_method(shuffle_method)
    if split_out is None or split_out is False:
        return 1, shuffle_method is not None
    if split_out is True:
        return int(frame.npartitions), True
    if not isinstance(split_out, int) or split_out < 1:
        raise ValueError(f"split_out is a number of partitions, at least 1; it is {split_out!r}")
    return split_out, shuffle_method is not None


def as_asked(made: Spreadable) -> FrameExpr:
    """A result in as many partitions as are asked for; one that is made in one place is cut afterwards."""
    count: int = made.count  # type: ignore[attr-defined]
    if count == 1 or made.kept_whole is None:
        return made
    return in_partitions(made.with_operands(count=1), count)


def lies_together(source: FrameExpr, by: GroupPlan | tuple[Hashable, ...] | None) -> str | None:
    """Why rows with equal keys are in one partition, if they are."""
    hashed = source.hashed_by
    if isinstance(by, GroupPlan):
        if hashed is not None and hashed.on is not None:
            labels = {each.value for each in by.by if each.kind == "column"}
            if set(hashed.on) <= labels:
                return f"rows lie by the hash of {list(hashed.on)} already"
        levels = [each for each in by.by if each.kind == "level"]
        if levels and getattr(source.meta, "index", None) is not None and source.meta.index.nlevels == 1:
            if source.divisions is not None:
                return "rows are sorted by the index"
            if hashed is not None and hashed.on is None:
                return "rows lie by the hash of the index already"
        return None
    if hashed is None or hashed.on is None or source.meta.ndim != 2:
        return None
    return f"rows lie by the hash of {list(hashed.on)} already" if set(hashed.on) <= set(by or source.columns) else None
