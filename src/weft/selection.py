"""Order statistics by counting: which element is the k-th smallest of an array that nobody sorts.

The bits of a number, taken 16 at a time from the highest, sort it into one of 65,536 buckets; counting them costs about a
nanosecond an element. Once the counts of all blocks are added up, the bucket that holds the k-th element is known, and
only its elements go on: to the next 16 bits, or, when they are few, into one small array in which the element is selected.
So no element is moved but those next to the answer, and nothing is ever estimated (this is radix selection: Alabi et al.,
"Fast k-selection algorithms for graphics processing units", 2012, on blocks).

Integers sort as their bits do, once the sign bit is turned round. So do floating-point numbers of IEEE 754 that are not
negative; among negative ones more bits mean less. Elements are not changed for that: it is the buckets that are put in
order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weft.records import record

__all__ = [
    "HALFWAY",
    "METHODS",
    "WEIGHTED",
    "Bucket",
    "Chosen",
    "Wanted",
    "added",
    "choose",
    "collected",
    "counted",
    "extracted",
    "joined",
    "kept",
    "merged",
    "narrowed",
    "selected",
]

#: Elements that are looked at together: their keys stay in the cache.
TILE = 1 << 16
#: Elements of a bucket that are few enough to be put into one array.
FEW = 1 << 20

Block = np.ndarray[Any, Any]


@record
class Wanted:
    """Which order statistics are asked for.

    Parameters
    ----------
    quantiles : tuple of float
        Between 0 and 1; None for the median.
    method : str
        How a quantile follows from the elements around it; see `weft.array.quantile`.
    skip_nan : bool
        Whether NaNs are left out. Otherwise one of them makes all results NaN.
    """

    quantiles: tuple[float, ...] | None
    method: str
    skip_nan: bool


@record
class Bucket:
    """Elements that begin with the same bits."""

    prefix: int
    count: int
    ranks: tuple[int, ...]  #: which of its elements, in order, are wanted
    places: tuple[int, ...]  #: whose turn that is among all wanted ranks
    few: bool  #: whether they are so few that they are put together


class Chosen(NamedTuple):
    """What is known after a round of counting."""

    bits: int  #: how many leading bits of the buckets are known
    buckets: tuple[Bucket, ...]
    size: int  #: elements that count (without NaNs, if those are left out)
    nans: int


class Counts(NamedTuple):
    """Elements of a block by their leading bits."""

    bins: Block
    nans: int


def bits_of(block: Block) -> Block:
    """The elements of a block as unsigned integers, in any order."""
    flat = block.reshape(-1) if block.flags.c_contiguous else np.ascontiguousarray(block).reshape(-1)
    return flat.view(f"u{block.dtype.itemsize}")


def width_of(dtype: np.dtype[Any]) -> int:
    """Bits that one round looks at."""
    return min(16, dtype.itemsize * 8)


def in_order(dtype: np.dtype[Any]) -> Block:
    """The buckets of the first round in the order of the numbers in them."""
    count = 1 << width_of(dtype)
    bins = np.arange(count)
    if dtype.kind == "f":
        return np.concatenate([bins[: count // 2 - 1 : -1], bins[: count // 2]])
    if dtype.kind == "i":
        return np.concatenate([bins[count // 2 :], bins[: count // 2]])
    return bins


def counted(block: Block) -> Counts:
    """The first round for one block."""
    bits = bits_of(block)
    width = width_of(block.dtype)
    shift = block.dtype.itemsize * 8 - width
    bins = np.zeros(1 << width, np.int64)
    for start in range(0, bits.size, TILE):
        keys = (bits[start : start + TILE] >> shift).astype(np.intp, copy=False)
        bins += np.bincount(keys, minlength=bins.size)
    nans = 0
    if block.dtype.kind == "f":
        half, exponents = bins.size // 2, {2: 0x7C00, 4: 0x7F80, 8: 0x7FF0}[block.dtype.itemsize]
        special = [slice(exponents, half), slice(half + exponents, None)]
        if any(bins[where].any() for where in special):
            nans = int(np.isnan(block).sum())
            for where, sign in zip(special, (1.0, -1.0), strict=True):
                infinite = int((block == sign * np.inf).sum())
                bins[where] = 0
                bins[where.start] = infinite
    return Counts(bins, nans)


def merged(*counts: Counts) -> Counts:
    """Counts of several blocks."""
    total = counts[0].bins.copy()
    for each in counts[1:]:
        total += each.bins
    return Counts(total, sum(each.nans for each in counts))


def choose(counts: Counts, wanted: Wanted, dtype: np.dtype[Any]) -> Chosen:
    """The buckets that hold what is wanted, after the first round."""
    size = int(counts.bins.sum())
    ranks = wanted_ranks(wanted, size)
    if not ranks or (counts.nans and not wanted.skip_nan):
        return Chosen(width_of(dtype), (), size, counts.nans)
    width = width_of(dtype)
    done = width == dtype.itemsize * 8
    buckets = split(0, 0, tuple(ranks), tuple(range(len(ranks))), counts.bins, in_order(dtype), done)
    return Chosen(width, tuple(buckets), size, counts.nans)


def split(
    prefix: int, width: int, ranks: tuple[int, ...], places: tuple[int, ...], bins: Block, order: Block, done: bool
) -> list[Bucket]:
    """The buckets within a bucket that hold wanted ranks."""
    ends = np.cumsum(bins[order])
    found = np.searchsorted(ends, ranks, side="right")
    buckets = []
    for position in dict.fromkeys(found.tolist()):
        inside = [place for place, where in enumerate(found) if where == position]
        count = int(bins[order[position]])
        before = int(ends[position]) - count
        buckets.append(
            Bucket(
                (prefix << width) | int(order[position]),
                count,
                tuple([ranks[place] - before for place in inside]),
                tuple([places[place] for place in inside]),
                done or count <= FEW,
            )
        )
    return buckets


def extracted(block: Block, chosen: Chosen) -> tuple[Block, ...]:
    """The elements of a block that are in each chosen bucket."""
    bits = bits_of(block)
    total = block.dtype.itemsize * 8
    if chosen.bits == total:
        return tuple([np.empty(0, block.dtype) for _ in chosen.buckets])
    shift = total - chosen.bits
    parts: list[list[Block]] = [[] for _ in chosen.buckets]
    prefixes = [bucket.prefix for bucket in chosen.buckets]
    lookup = None
    if len(prefixes) > 2:
        lookup = np.zeros(1 << chosen.bits, bool)
        lookup[prefixes] = True
    for start in range(0, bits.size if prefixes else 0, TILE):
        tile = bits[start : start + TILE]
        keys = tile >> shift
        if lookup is not None:
            near = lookup[keys]
            tile, keys = tile[near], keys[near]
        for part, prefix in zip(parts, prefixes, strict=True):
            part.append(tile[keys == prefix])
    empty = np.empty(0, bits.dtype)
    found = [(np.concatenate(part) if part else empty).view(block.dtype) for part in parts]
    if block.dtype.kind == "f":
        found = [each[each == each] for each in found]
    return tuple(found)


def collected(parts: tuple[Block, ...], chosen: Chosen) -> tuple[Block | None, ...]:
    """A round of counting in what is left of a block: bins for each bucket that has too many elements."""
    width = 16
    counts: list[Block | None] = []
    for part, bucket in zip(parts, chosen.buckets, strict=True):
        if bucket.few:
            counts.append(None)
            continue
        shift = part.dtype.itemsize * 8 - chosen.bits - width
        bins = np.zeros(1 << width, np.int64)
        bits = part.view(f"u{part.dtype.itemsize}")
        for start in range(0, bits.size, TILE):
            keys = ((bits[start : start + TILE] >> shift) & 0xFFFF).astype(np.intp, copy=False)
            bins += np.bincount(keys, minlength=bins.size)
        counts.append(bins)
    return tuple(counts)


def added(*counts: tuple[Block | None, ...]) -> tuple[Block | None, ...]:
    """Counts of several blocks, bucket by bucket."""
    return tuple([None if each[0] is None else np.sum(each, axis=0) for each in zip(*counts, strict=True)])


def narrowed(counts: tuple[Block | None, ...], chosen: Chosen, dtype: np.dtype[Any]) -> Chosen:
    """The chosen buckets after a further round: those with many elements give way to buckets within them."""
    bits = chosen.bits + 16
    ascending = np.arange(1 << 16)
    buckets: list[Bucket] = []
    for bucket, bins in zip(chosen.buckets, counts, strict=True):
        if bins is None:
            buckets.append(bucket)
            continue
        negative = dtype.kind == "f" and bucket.prefix >> (chosen.bits - 1)
        order = ascending[::-1] if negative else ascending
        buckets += split(bucket.prefix, 16, bucket.ranks, bucket.places, bins, order, bits == dtype.itemsize * 8)
    return Chosen(bits, tuple(buckets), chosen.size, chosen.nans)


def kept(parts: tuple[Block, ...], before: Chosen, after: Chosen) -> tuple[Block, ...]:
    """The elements that are in each bucket after a round, of those that were in the buckets before."""
    made: list[Block] = []
    home = {place: number for number, bucket in enumerate(before.buckets) for place in bucket.places}
    for bucket in after.buckets:
        number = home[bucket.places[0]]
        part = parts[number]
        if not before.buckets[number].few:
            shift = part.dtype.itemsize * 8 - after.bits
            part = part[:0] if shift == 0 else part[(part.view(f"u{part.dtype.itemsize}") >> shift) == bucket.prefix]
        made.append(part)
    return tuple(made)


def joined(*parts: tuple[Block, ...]) -> tuple[Block, ...]:
    """The elements of several blocks, bucket by bucket; those of large buckets, which are all equal, are not kept."""
    return tuple([np.concatenate(each) for each in zip(*parts, strict=True)])


def selected(
    parts: tuple[Block, ...], chosen: Chosen, wanted: Wanted, dtype: np.dtype[Any], kind: np.dtype[Any], shape: Any
) -> Any:
    """The results, of type ``kind``, from the elements around them."""
    count = 1 if wanted.quantiles is None else len(wanted.quantiles)
    if not chosen.size or (chosen.nans and not wanted.skip_nan):
        results: Block = np.full(count, np.nan, kind)
    else:
        ranks = wanted_ranks(wanted, chosen.size)
        values = np.empty(len(ranks), dtype)
        for part, bucket in zip(parts, chosen.buckets, strict=True):
            if chosen.bits == dtype.itemsize * 8 and not part.size:
                values[list(bucket.places)] = np.array([bucket.prefix], f"u{dtype.itemsize}").view(dtype)[0]
            else:
                values[list(bucket.places)] = np.partition(part, sorted(set(bucket.ranks)))[list(bucket.ranks)]
        results = between(values, wanted, chosen.size, kind)
    return results.reshape(shape) if shape else results.reshape(-1)[0]


#: Where the k-th of n elements stands between 0 and 1: Hyndman and Fan (1996), parameters alpha and beta.
CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    *CONTINUOUS,
    "lower",
    "higher",
    "midpoint",
    "nearest",
)
#: How frames have medians of floats: as a mean, which between an infinity and a number is the infinity.
HALFWAY = "halfway"
#: How Arrow has quantiles between two floats: as a weighted mean, with the same of infinities.
WEIGHTED = "weighted"


def place_of(quantile: float, size: int, method: str) -> tuple[int, int, float]:
    """The two elements around a quantile, and how far it is from the first to the second."""
    last = size - 1
    method = "linear" if method == WEIGHTED else method
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        index = last * quantile if method == "linear" else size * quantile + (alpha + quantile * (1 - alpha - beta)) - 1
        if index < 0:
            return 0, 0, 0.0
        if index >= last:
            return last, last, 0.0
        low = int(np.floor(index))
        return low, low + 1, index - low
    if method in ("lower", "higher", "midpoint", "nearest", HALFWAY):
        index = last * quantile
        low, high = int(np.floor(index)), int(np.ceil(index))
        if method == "nearest":
            low = high = int(np.around(index))
        elif method == "midpoint":  # the next element counts even where no part of it is taken: infinity times 0 is NaN
            high = min(low + 1, last)
        share = {"lower": 0.0, "higher": 1.0, "nearest": 0.0}.get(method, 0.5 if index % 1 else 0.0)
        return low, high, share
    index = size * quantile - 1
    low = int(np.floor(index))
    rest = index - low
    if method == "inverted_cdf":
        chosen = low + (rest > 0)
    elif method == "averaged_inverted_cdf":
        first = min(max(low if rest == 0 else low + 1, 0), last)
        second = min(max(low + 1, 0), last)
        return first, second, 0.5
    else:
        index = size * quantile - 1 - 0.5
        low = int(np.floor(index))
        rest = index - low
        chosen = low if rest == 0 and low % 2 == 1 else low + 1
    chosen = min(max(chosen, 0), last)
    return chosen, chosen, 0.0


def wanted_ranks(wanted: Wanted, size: int) -> list[int]:
    """Which elements, in order, the results are made of: two for each."""
    if not size:
        return []
    if wanted.quantiles is None:
        return [(size - 1) // 2, size // 2]
    ranks: list[int] = []
    for quantile in wanted.quantiles:
        if quantile == quantile:
            ranks += place_of(quantile, size, wanted.method)[:2]
        else:
            ranks += [0, 0]
    return ranks


def between(values: Block, wanted: Wanted, size: int, kind: np.dtype[Any]) -> Block:
    """Results from pairs of elements, by NumPy's interpolation."""
    first, second = values[::2], values[1::2]
    if wanted.quantiles is None:
        return np.asarray([np.mean(values)]).astype(kind, copy=False)
    discrete = wanted.method in ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
    float_kind = kind if kind.kind == "f" else np.dtype(np.float64)
    share = np.array([place_of(each, size, wanted.method)[2] for each in wanted.quantiles]).astype(float_kind)
    if discrete:
        return np.where(share > 0, second, first).astype(kind, copy=False)
    with np.errstate(invalid="ignore"):  # between infinities there is no number, as NumPy has it
        if wanted.method in (HALFWAY, WEIGHTED) and values.dtype.kind == "f":
            mean = (first + second) / 2 if wanted.method == HALFWAY else first * (1 - share) + second * share
            return np.where(share > 0, mean, first).astype(kind, copy=False)
        difference: Block = np.subtract(second, first)
        results: Block = first + difference * share
        late = share >= 0.5
        results[late] = (second - difference * (1 - share))[late]
    return results.astype(kind, copy=False)
