"""What is known of groups while blocks are met: a state for each reduction, made of a block, combined, and finished.

Blocks are looked at as ``(outer, n, inner)``, with the codes along the middle. A *state* is a tuple of arrays
``(outer, groups, inner)`` (or ones that broadcast to that), of which the first says how many elements each group has: so
nothing has to stand for "no element yet", whatever the type of the elements.

How groups are added up depends on the shape. Where many numbers lie side by side at each place (maps over time), whole rows
are added to the row of their group, one by one: each is read once, and no copy in another order is made. Where there are
few, places are sorted by group and reduced in runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from weft.array.kernels.histograms import as_writable

Block = Any
State = tuple[Any, ...]

#: Numbers at one place from which rows are added one by one.
WIDE = 256
#: A position that no element has.
NOWHERE = np.iinfo(np.intp).max


def by_groups(codes: Block) -> tuple[Block, Block, Block]:
    """Places with a group, sorted by it; where each group that occurs begins among them, and which groups those are."""
    if codes.size and codes.min() >= 0 and np.all(codes[1:] >= codes[:-1]):
        order: Any = None
        sorted_codes = codes
    else:
        narrow = codes.astype(np.int16) if codes.size and codes.max() < 32_000 else codes  # sorted by radix
        order = np.argsort(narrow, kind="stable")
        order = order[np.count_nonzero(codes < 0) :]
        sorted_codes = codes[order]
    starts = (
        np.flatnonzero(np.concatenate([[True], sorted_codes[1:] != sorted_codes[:-1]])) if sorted_codes.size else order
    )
    return order, starts, sorted_codes[starts] if sorted_codes.size else np.empty(0, np.intp)


def counts_of(codes: Block, ngroups: int) -> Block:
    """How many places each group has, as ``(1, groups, 1)``."""
    there = codes if not codes.size or codes.min() >= 0 else codes[codes >= 0]
    return np.bincount(as_writable(there), minlength=ngroups).reshape(1, ngroups, 1)


def reduced(
    values: Block, codes: Block, ngroups: int, ufunc: Any, dtype: Any, state: tuple[Block, Block] | None = None
) -> Block:
    """Each group by a ufunc, going on from ``state = (counts, results)`` if there is one. No group: anything."""
    outer, n, inner = values.shape
    if state is None:
        made = np.zeros((outer, ngroups, inner), dtype)
        seen = np.zeros(ngroups, bool)
    else:
        made, seen = state[1].copy(), (state[0] > 0).reshape(-1)
    if not n or not made.size:
        return made
    if outer * inner >= WIDE and dtype.kind != "O":
        met = seen.tolist()
        for place, code in enumerate(codes.tolist()):
            if code < 0:
                continue
            target, row = made[:, code], values[:, place]
            if met[code]:
                ufunc(target, row, out=target, casting="unsafe")
            else:
                target[...] = row
                met[code] = True
        return made
    if outer * inner == 1 and ufunc is np.add and dtype == np.float64 and values.dtype.kind == "f":
        there = codes >= 0
        flat = values.reshape(-1)
        if not there.all():
            codes, flat = codes[there], flat[there]
        sums = np.bincount(as_writable(codes), as_writable(flat), ngroups)
        made[0, :, 0] = np.where(seen, made[0, :, 0], 0) + sums
        return made
    order, starts, present = by_groups(codes)
    if not present.size:
        return made
    given = None if dtype.kind in "mM" else dtype
    runs = ufunc.reduceat(values if order is None else values[:, order], starts, axis=1, dtype=given)
    again = seen[present]
    if again.any():
        old = made[:, present[again]]
        runs[:, again] = ufunc(old, runs[:, again])
    made[:, present] = runs
    return made


def merged(a: State, b: State, ufuncs: Sequence[Any]) -> State:
    """Two states together, where each array after the counts is combined by a ufunc."""
    seen, more = np.broadcast_arrays(a[0], b[0])
    if (seen.reshape(-1) > 0).all() and (more.reshape(-1) > 0).all():
        rest = [ufunc(x, y) for ufunc, x, y in zip(ufuncs, a[1:], b[1:], strict=True)]
        return (a[0] + b[0], *rest)
    both = np.flatnonzero(((seen > 0) & (more > 0)).reshape(-1))
    new = np.flatnonzero(((seen == 0) & (more > 0)).reshape(-1))
    made = []
    for ufunc, x, y in zip(ufuncs, a[1:], b[1:], strict=True):
        each = x.copy()
        each[:, new] = y[:, new]
        each[:, both] = ufunc(x[:, both], y[:, both])
        made.append(each)
    return (a[0] + b[0], *made)


def is_nan(values: Block) -> Block:
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind in "fc":
        return np.isnan(values)
    return np.not_equal(values, values, dtype=bool) if values.dtype.kind == "O" else np.zeros(values.shape, bool)


def may_be_nan(values: Block) -> bool:
    return values.dtype.kind in "fcmMO"


class Grouping:
    """A reduction of groups: what is made of a block, how two states are combined, and what is made of the last.

    Parameters
    ----------
    dtype : dtype
        In which it is computed.
    options : dict
        ``ddof`` and the like.
    """

    def __init__(self, dtype: np.dtype[Any], **options: Any) -> None:
        self.dtype = dtype
        self.options = options

    def __weft_tokenize__(self) -> Any:
        return (type(self).__name__, self.dtype, sorted(self.options.items(), key=str))

    def __reduce__(self) -> tuple[Any, ...]:
        return made_again, (type(self), self.dtype, self.options)

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        """The state of one block. ``places()`` gives the positions of the middle axis within the whole array."""
        raise NotImplementedError

    def combine(self, a: State, b: State) -> State:
        raise NotImplementedError

    def after(self, state: State, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        """A state and one more block."""
        return self.combine(state, self.chunk(values, codes, ngroups, places))

    def finish(self, state: State) -> Block:
        return state[1]


def made_again(kind: type[Grouping], dtype: np.dtype[Any], options: dict[str, Any]) -> Grouping:
    return kind(dtype, **options)


class ByUfunc(Grouping):
    """Sum, product, least, greatest, any, all."""

    def ufunc(self) -> Any:
        return getattr(np, self.options["ufunc"])

    def values(self, values: Block) -> Block:
        """What is reduced: NaN replaced, or elements as truth values, where that is asked for."""
        if self.options.get("skip") is not None and may_be_nan(values):
            gone = is_nan(values)
            if gone.any():
                values = np.where(gone, values.dtype.type(self.options["skip"]), values)
        return values.astype(bool) if self.dtype == bool and values.dtype != bool else values

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        made = reduced(self.values(values), codes, ngroups, self.ufunc(), self.dtype)
        return counts_of(codes, ngroups), made

    def after(self, state: State, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        made = reduced(self.values(values), codes, ngroups, self.ufunc(), self.dtype, (state[0], state[1]))
        return state[0] + counts_of(codes, ngroups), made

    def combine(self, a: State, b: State) -> State:
        return merged(a, b, [self.ufunc()])


class Count(Grouping):
    """How many elements are not NaN; with ``all`` how many there are."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        counts = counts_of(codes, ngroups)
        if may_be_nan(values) and not self.options.get("all"):
            gone = is_nan(values)
            if gone.any():
                return counts, reduced((~gone).astype(np.intp), codes, ngroups, np.add, np.dtype(np.intp))
        return counts, np.broadcast_to(counts, (values.shape[0], ngroups, values.shape[2]))

    def combine(self, a: State, b: State) -> State:
        return a[0] + b[0], a[1] + b[1]


class Mean(Grouping):
    """Mean; with ``skip`` of what is not NaN."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        return self.parts(None, values, codes, ngroups)

    def after(self, state: State, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        return self.parts(state, values, codes, ngroups)

    def parts(self, state: State | None, values: Block, codes: Block, ngroups: int) -> State:
        counts = counts_of(codes, ngroups)
        valid = counts
        if self.options["skip"] and may_be_nan(values):
            gone = is_nan(values)
            if gone.any():
                valid = reduced((~gone).astype(np.int32), codes, ngroups, np.add, np.dtype(np.intp))
                values = np.where(gone, values.dtype.type(0), values)
        if state is None:
            return counts, reduced(values, codes, ngroups, np.add, self.dtype), valid
        total = reduced(values, codes, ngroups, np.add, self.dtype, (state[0], state[1]))
        return state[0] + counts, total, state[2] + valid

    def combine(self, a: State, b: State) -> State:
        total = merged(a[:2], b[:2], [np.add])
        return (*total, a[2] + b[2])

    def finish(self, state: State) -> Block:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.true_divide(state[1], state[2]) if self.dtype.kind != "m" else state[1] / state[2]


class Spread(Grouping):
    """Variance; with ``root`` its root, with ``skip`` of what is not NaN."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        counts = counts_of(codes, ngroups)
        values = values.astype(self.dtype, copy=False)
        valid, gone = counts, None
        if self.options["skip"] and may_be_nan(values):
            gone = is_nan(values)
            if gone.any():
                valid = reduced((~gone).astype(np.int32), codes, ngroups, np.add, np.dtype(np.intp))
                values = np.where(gone, self.dtype.type(0), values)
            else:
                gone = None
        total = reduced(values, codes, ngroups, np.add, self.dtype)
        mean = total / np.maximum(valid, 1)
        real = np.zeros(0, self.dtype).real.dtype
        outer, _, inner = values.shape
        if outer * inner >= WIDE and gone is None:
            squares = np.zeros((outer, ngroups, inner), real)
            for place, code in enumerate(codes.tolist()):
                if code >= 0:
                    away = values[:, place] - mean[:, code]
                    squares[:, code] += squared(away)
        else:
            away = squared(values - mean[:, codes])
            if gone is not None:
                away[gone] = 0
            squares = reduced(away, codes, ngroups, np.add, real)
        return counts, np.broadcast_to(valid, mean.shape), mean, squares

    def combine(self, a: State, b: State) -> State:
        _, n, mean, squares = a
        _, more, other, others = b
        total = n + more
        with np.errstate(invalid="ignore"):
            share = more / np.maximum(total, 1)
            apart = np.where((n == 0) | (more == 0), 0, other - mean)
            squares = squares + others + squared(apart) * (n * share)
            mean = np.where(n == 0, other, mean + apart * share)
        return a[0] + b[0], total, mean, squares

    def finish(self, state: State) -> Block:
        freedom = state[1] - self.options["ddof"]
        with np.errstate(invalid="ignore", divide="ignore"):
            made = state[3] / np.maximum(freedom, 0)
            if self.options["skip"]:
                made = np.where(freedom <= 0, np.nan, made)
            return np.sqrt(made) if self.options["root"] else made


def squared(away: Block) -> Block:
    return away.real**2 + away.imag**2 if away.dtype.kind == "c" else np.square(away)


class AtEdge(Grouping):
    """First or (with ``last``) last element; with ``skip`` that is not NaN. Positions come along: blocks may come in any order."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        at = places()
        last = self.options["last"]
        counts = counts_of(codes, ngroups)
        outer, n, inner = values.shape
        if not (self.options["skip"] and may_be_nan(values)):
            where = np.full(ngroups, -1)
            there = np.flatnonzero(codes >= 0)
            there = there if last else there[::-1]
            where[codes[there]] = there
            found = at[where] if n else np.full(ngroups, -1)
            found = np.where(where < 0, -1 if last else NOWHERE, found).reshape(1, ngroups, 1)
            made = values[:, where] if n else np.zeros((outer, ngroups, inner), self.dtype)
            return counts, made, np.broadcast_to(found, made.shape)
        start = -1 if last else NOWHERE
        wanted = np.where(is_nan(values), start, at.reshape(1, n, 1))
        best = reduced(wanted, codes, ngroups, np.maximum if last else np.minimum, np.dtype(np.intp))
        best = np.where(counts > 0, best, start)
        made = np.full((outer, ngroups, inner), missing_of(self.dtype), self.dtype)
        for place, code in enumerate(codes.tolist()):
            if code >= 0:
                hit = best[:, code] == at[place]
                made[:, code][hit] = values[:, place][hit]
        return counts, made, best

    def combine(self, a: State, b: State) -> State:
        later = b[2] > a[2] if self.options["last"] else b[2] < a[2]
        return a[0] + b[0], np.where(later, b[1], a[1]), np.where(later, b[2], a[2])


def missing_of(dtype: np.dtype[Any]) -> Any:
    """What stands for a missing element, where the type has such."""
    if dtype.kind in "mM":
        return np.array("NaT", dtype)
    return np.nan if dtype.kind in "fcO" else dtype.type(0)


class ArgOf(Grouping):
    """Position of the least or (with ``most``) greatest element; with ``skip`` among what is not NaN."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        at = places()
        counts = counts_of(codes, ngroups)
        skip, most = self.options["skip"], self.options["most"]
        ufunc = (np.fmax if most else np.fmin) if skip else (np.maximum if most else np.minimum)
        best = reduced(values, codes, ngroups, ufunc, self.dtype)
        wanted = best[:, codes]
        hit = values == wanted
        if not skip and may_be_nan(values):
            hit |= is_nan(values) & is_nan(wanted)
        found = reduced(np.where(hit, at.reshape(1, -1, 1), NOWHERE), codes, ngroups, np.minimum, np.dtype(np.intp))
        return counts, best, np.where(counts > 0, found, NOWHERE)

    def combine(self, a: State, b: State) -> State:
        _, x, at = a
        _, y, other = b
        better = y > x if self.options["most"] else y < x
        if may_be_nan(x):
            nx, ny = is_nan(x), is_nan(y)
            # the winner is NaN where NaN counts, and never where it does not
            better = (better | (nx & ~ny)) if self.options["skip"] else ((better & ~nx) | (ny & ~nx))
            same = (x == y) | (nx & ny)
        else:
            same = x == y
        better = (better & (other != NOWHERE)) | (at == NOWHERE) | (same & (other < at))
        return a[0] + b[0], np.where(better, y, x), np.where(better, other, at)

    def finish(self, state: State) -> Block:
        return np.where(state[2] == NOWHERE, -1, state[2])


class Several(Grouping):
    """A user's aggregation: several reductions side by side, and a function of their results."""

    def parts(self) -> tuple[Grouping, ...]:
        return self.options["parts"]  # type: ignore[no-any-return]

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        states = [part.chunk(values, codes, ngroups, places) for part in self.parts()]
        return (states[0][0], *states)

    def combine(self, a: State, b: State) -> State:
        return (a[0] + b[0], *[part.combine(x, y) for part, x, y in zip(self.parts(), a[1:], b[1:], strict=True)])

    def finish(self, state: State) -> Block:
        made = [part.finish(each) for part, each in zip(self.parts(), state[1:], strict=True)]
        finalize = self.options["finalize"]
        return made[0] if finalize is None else finalize(*made, **self.options["keywords"])


class OfWhole(Grouping):
    """A function of all elements of a group, which has to be in one block: ``function(values, axis=1)``."""

    def chunk(self, values: Block, codes: Block, ngroups: int, places: Any) -> State:
        order, starts, present = by_groups(codes)
        function: Callable[..., Any] = self.options["function"]
        lead = self.options["lead"]
        fill = missing_of(self.dtype)
        made = np.full((*lead, values.shape[0], ngroups, values.shape[2]), fill, self.dtype)
        if present.size:
            values = values if order is None else values[:, order]
            ends = [*starts[1:].tolist(), values.shape[1]]
            for group, low, high in zip(present.tolist(), starts.tolist(), ends, strict=True):
                made[..., group, :] = function(values[:, low:high], axis=1, **self.options["keywords"])
        return counts_of(codes, ngroups), made


def mode(values: Block, axis: int) -> Block:
    """The most frequent element along an axis, the least of several; NaN where there is any."""
    found = nanmode(values, axis)
    return np.where(is_nan(values).any(axis), missing_of(values.dtype), found) if may_be_nan(values) else found


def nanmode(values: Block, axis: int) -> Block:
    """The most frequent element along an axis without NaN, the least of several; NaN if there is no other."""
    rows = np.sort(np.moveaxis(values, axis, 0), axis=0)
    places = np.arange(len(rows)).reshape(-1, *[1] * (rows.ndim - 1))
    begins = np.ones(rows.shape, bool)
    begins[1:] = rows[1:] != rows[:-1]
    lengths = places - np.maximum.accumulate(np.where(begins, places, 0), axis=0)
    if may_be_nan(rows):
        lengths[is_nan(rows)] = -1
    return np.take_along_axis(rows, lengths.argmax(0)[None], 0)[0]
