"""How a reshape goes: which axes become which, and how they must be cut so that blocks become blocks.

In C order a reshape turns *groups* of neighbouring axes into groups with as many elements: ``(4, 6, 5)`` to ``(24, 5)`` has
the groups ``4, 6 -> 24`` and ``5 -> 5``. A block can be reshaped by itself if within each group it is a run of consecutive
elements: chunks of 1 along the first axes, any cut along one, whole axes behind. The lengths of those runs are the group's
*flat cut*. If the flat cut of the source suits the target's axes as well, the reshape moves nothing. Otherwise the source is
cut so that it does, if there is such a cut with chunks of about the size that is there; and if there is none (as for
``(3, 5)`` to ``(5, 3)``), the flat runs themselves are cut anew on the way: source, flat, flat as the target has it, target.
Blocks never become larger than they were.
"""

from __future__ import annotations

from math import gcd, isqrt, lcm, prod
from typing import NamedTuple

from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, axis_count, axis_largest, compress, regular
from weft.array.layout_cost import bounded_cut

__all__ = ["Group", "Road", "axis_groups", "plan_reshape"]

#: A common cut is taken if its blocks have at least this share of what they may have.
LEAST_SHARE = 4


class Group(NamedTuple):
    """Neighbouring axes that become neighbouring axes with as many elements: half-open ranges of axes."""

    old: tuple[int, int]
    new: tuple[int, int]


class Road(NamedTuple):
    """How the source is cut, the flat groups before and after they are cut anew, and how the result is cut."""

    source: Grid
    lengths: tuple[int, ...]
    before: Grid
    after: Grid
    grid: Grid


def axis_groups(old: tuple[int, ...], new: tuple[int, ...]) -> list[Group]:
    """The smallest groups of axes of two shapes without empty axes.

    >>> axis_groups((4, 6, 5), (24, 5))
    [Group(old=(0, 2), new=(0, 1)), Group(old=(2, 3), new=(1, 2))]
    """
    groups: list[Group] = []
    i = j = 0
    while i < len(old) or j < len(new):
        first, second = i, j
        here = there = 1
        if i < len(old):
            here, i = old[i], i + 1
        if j < len(new):
            there, j = new[j], j + 1
        while here != there:
            if here < there:
                here, i = here * old[i], i + 1
            else:
                there, j = there * new[j], j + 1
        groups.append(Group((first, i), (second, j)))
    return groups


def plan_reshape(
    old: tuple[int, ...],
    grid: Grid,
    new: tuple[int, ...],
    *,
    merge: bool = True,
    most: int | None = None,
) -> Road:
    """How an array without empty axes is reshaped.

    Parameters
    ----------
    old, new : tuple of int
        Shapes of source and result.
    grid : tuple of cuts
        Of the source.
    merge : bool
        Whether chunks along the last axes of a group may be merged (and cut along the first ones, so that they do not
        grow). Without it they are cut into runs as they are.
    most : int, optional
        Elements of a block, where chunks are cut anew.
    """
    groups = axis_groups(old, new)
    volumes = [prod(axis_largest(old[axis], grid[axis]) for axis in range(*group.old)) for group in groups]
    scale = 1.0 if most is None else min(1.0, most / max(1, prod(volumes)))
    made = []
    for group, volume in zip(groups, volumes, strict=True):
        lengths, targets = old[slice(*group.old)], new[slice(*group.new)]
        made.append(plan_group(lengths, grid[slice(*group.old)], targets, volume, merge, scale))
    return Road(
        tuple([cut for source, _, _, _ in made for cut in source]),
        tuple([prod(old[slice(*group.old)]) for group in groups]),
        tuple([before for _, before, _, _ in made]),
        tuple([after for _, _, after, _ in made]),
        tuple([cut for _, _, _, target in made for cut in target]),
    )


def plan_group(
    lengths: tuple[int, ...], cuts: Grid, targets: tuple[int, ...], volume: int, merge: bool, scale: float
) -> tuple[Grid, Cut, Cut, Grid]:
    """For one group: cuts of the source, flat cut before and after, cuts of the target."""
    if lengths == targets:
        (cut,) = cuts or (1,)
        return cuts, cut, cut, cuts
    flat = flat_cut(lengths, cuts)
    if flat is None and not merge:
        cuts = run_cuts(lengths, cuts)
        flat = flat_cut(lengths, cuts)
    if flat is not None and (target := cuts_for(targets, flat)) is not None:
        return cuts, flat, flat, target
    volume = max(1, int(volume * scale))
    if merge and (run := common_run(lengths, targets, volume)) is not None:
        source, target = cuts_for(lengths, run), cuts_for(targets, run)
        if source is not None and target is not None:
            return source, run, run, target
    if flat is None:
        cuts = cuts_within(lengths, cuts, volume)
        flat = flat_cut(lengths, cuts)
        assert flat is not None, (lengths, cuts)
        if (target := cuts_for(targets, flat)) is not None:
            return cuts, flat, flat, target
    target = cuts_within(targets, tuple([regular(each, each) for each in targets]), volume)
    after = flat_cut(targets, target)
    assert after is not None, (targets, target)
    return cuts, flat, after, target


def flat_cut(lengths: tuple[int, ...], cuts: Grid) -> Cut | None:
    """The runs that the blocks of a group are, in order; None if they are not runs.

    >>> flat_cut((4, 6), (2, 6)), flat_cut((4, 6), (1, 4)), flat_cut((4, 6), (2, 3))
    (12, (4, 2, 4, 2, 4, 2, 4, 2), None)
    """
    at = 0
    while at < len(lengths) - 1 and cuts[at] == 1:
        at += 1
    if at == len(lengths):
        return 1
    if any(axis_count(length, cut) > 1 for length, cut in zip(lengths[at + 1 :], cuts[at + 1 :], strict=True)):
        return None
    rows, inner = prod(lengths[:at]), prod(lengths[at + 1 :])
    length, cut = lengths[at], cuts[at]
    if not isinstance(cut, tuple) and (rows == 1 or not length % cut):  # type: ignore[operator]
        return regular(rows * length * inner, cut * inner)  # type: ignore[operator]
    return compress([size * inner for size in axis_chunks(length, cut)] * rows)


def cuts_for(lengths: tuple[int, ...], flat: Cut) -> Grid | None:
    """The cuts of a group's axes that make these runs; None if there are none.

    >>> cuts_for((4, 6), 12), cuts_for((4, 6), 3), cuts_for((4, 6), 9)
    ((2, 6), (1, 3), None)
    """
    total = prod(lengths)
    for at in range(max(1, len(lengths))):
        if not lengths:
            return () if axis_count(total, flat) == 1 else None
        rows, length, inner = prod(lengths[:at]), lengths[at], prod(lengths[at + 1 :])
        cut = cut_along(rows, length, inner, flat)
        if cut is not None:
            return (*[1] * at, cut, *[regular(each, each) for each in lengths[at + 1 :]])
    return None


def cut_along(rows: int, length: int, inner: int, flat: Cut) -> Cut | None:
    """How an axis is cut so that its chunks, ``inner`` elements for each place, ``rows`` times over, are these runs."""
    assert not isinstance(flat, UnknownCut)
    if not isinstance(flat, tuple):
        if flat % inner and flat < rows * length * inner:
            return None
        size = flat // inner
        if rows == 1 or (size <= length and not length % size):
            return regular(length, size)
        return None
    if any(size % inner for size in flat):
        return None
    if rows == 1:
        return compress([size // inner for size in flat])
    width, rest = divmod(len(flat), rows)
    if rest or flat != flat[:width] * rows or sum(flat[:width]) != length * inner:
        return None
    return compress([size // inner for size in flat[:width]])


def run_cuts(lengths: tuple[int, ...], cuts: Grid) -> Grid:
    """The cuts with chunks of 1 before the last axis that has several chunks: nothing is merged."""
    at = max(axis for axis, (length, cut) in enumerate(zip(lengths, cuts, strict=True)) if axis_count(length, cut) > 1)
    return (*[1] * at, *cuts[at:])


def common_run(lengths: tuple[int, ...], targets: tuple[int, ...], volume: int) -> int | None:
    """The longest run of at most ``volume`` elements that both sides of a group can be cut into regularly, if it is long."""
    here, there = unit(lengths, volume), unit(targets, volume)
    step = lcm(here.inner, there.inner)
    if step > volume:
        return None
    whole = gcd(here.row, there.row)
    longest = volume // step * step
    if whole:
        if whole % step:
            return None
        longest = step * largest_divisor(whole // step, volume // step)
    return longest if longest * LEAST_SHARE >= volume else None


class Unit(NamedTuple):
    """Where a run of about so many elements lies in a group: elements behind the axis that it cuts; of that axis, or 0 if
    no axis before it is longer than 1 (then runs need not end with it)."""

    inner: int
    row: int


def unit(lengths: tuple[int, ...], volume: int) -> Unit:
    """The first axis behind which there are no more than ``volume`` elements."""
    for at in range(len(lengths)):
        inner = prod(lengths[at + 1 :])
        if inner <= volume:
            return Unit(inner, lengths[at] * inner if prod(lengths[:at]) > 1 else 0)
    return Unit(1, 0)


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of a number that is at most ``most``.

    >>> largest_divisor(12, 5)
    4
    """
    if number <= most:
        return number
    best = 1
    for small in range(1, isqrt(number) + 1):
        if not number % small:
            for each in (small, number // small):
                if best < each <= most:
                    best = each
    return best


def cuts_within(lengths: tuple[int, ...], cuts: Grid, volume: int) -> Grid:
    """Cuts whose blocks are runs of at most ``volume`` elements, close to the cuts that are there."""
    for at, length in enumerate(lengths):
        inner = prod(lengths[at + 1 :])
        if inner <= volume:
            whole = [regular(each, each) for each in lengths[at + 1 :]]
            return (*[1] * at, near(length, cuts[at], volume // inner), *whole)
    return tuple([1] * len(lengths))


def near(length: int, cut: Cut, longest: int) -> Cut:
    """A cut with chunks of at most ``longest``: equal parts of the chunks that are there, or several of them together."""
    if isinstance(cut, tuple):
        return bounded_cut(length, cut, longest)
    assert isinstance(cut, int)
    if longest >= cut:
        return regular(length, longest // cut * cut)
    divisor = largest_divisor(cut, longest)
    return divisor if divisor * 2 > longest else regular(length, longest)
