"""Reductions of groups: elements that have a label in common, reduced together.

Three plans, chosen from the labels:

- *within blocks*: where all elements of a group lie in one chunk, each chunk is reduced by itself (resampling, labels that
  are sorted and cut where groups end);
- *cohorts*: where a chunk has few elements of each of many groups (days of the year), a partial result would be as large as
  the chunk. The result is cut along the groups, and each of its chunks goes through those chunks of the source that have
  groups of its, one after another: what is held is about one result;
- *tree*: where chunks become small (hours of the day), each is reduced to a partial result of all groups, and partial
  results are combined in a tree.

Functions that need all elements of a group at once (medians, quantiles, functions of one's own) bring the reduced axes into
one chunk first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_largest, compress, is_unknown
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels import groupby as kernels
from weft.array.kernels.bound import Bound
from weft.array.kernels.groupby import Grouping, Look
from weft.array.kernels.nan_reductions import computed_in
from weft.array.ops.elementwise import elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN, axes_of, fan_in, result_dtype
from weft.array.ops.sizes import known
from weft.array.ops.transposing import transpose
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.fold import Fold
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["Aggregation", "groupby_reduce"]

METHODS = ("map-reduce", "blockwise", "cohorts")


class Plan(NamedTuple):
    """What is to be computed of each group: how, the dtype, what groups without elements get (None: missing values)."""

    how: Grouping
    dtype: np.dtype[Any]
    fill: Any = None
    is_whole: bool = False
    lead: tuple[int, ...] = ()


@dataclass(frozen=True)
class Aggregation:
    """A reduction of groups of one's own, made of others.

    Parameters
    ----------
    name : str
    chunk : str or tuple of str
        Reductions that `groupby_reduce` knows by name, computed side by side: ``("sum", "count")``.
    finalize : callable, optional
        ``finalize(*results)`` makes the result of theirs; by default the first of them is it.
    fill_value : scalar, optional
        For groups without elements; NaN by default.
    dtype : dtype, optional
        Of the result; found by trying ``finalize`` by default.

    Examples
    --------
    >>> import weft.array as da
    >>> mean_square = da.Aggregation("range", chunk=("max", "min"), finalize=lambda high, low: high - low)
    >>> result, groups = da.groupby_reduce([1.0, 5.0, 2.0], [0, 0, 1], func=mean_square)
    >>> result.compute()
    array([4., 0.])
    """

    name: str
    chunk: str | tuple[str, ...]
    finalize: Callable[..., Any] | None = None
    fill_value: Any = None
    dtype: Any = None


@node
class GroupReduction(ArrayExpr):
    """Base: reduced axes replaced by groups."""

    source: ArrayExpr
    how: Grouping
    look: Look
    dtype: np.dtype[Any]
    fill: Any = None
    least: int = 1
    lead: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return "groupby"

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.lead, *self.with_groups(self.source.shape, self.look.groups))

    @derived
    def grid(self) -> Grid:
        whole: tuple[Cut, ...] = tuple([max(1, each) for each in self.look.groups])
        return (*[max(1, each) for each in self.lead], *self.with_groups(self.source.grid, whole))

    def with_groups(self, values: tuple[Any, ...], groups: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis, with those of the groups in the place of the first reduced axis."""
        first = self.look.axes[0]
        kept = [value for axis, value in enumerate(values) if axis not in self.look.axes]
        return (*kept[:first], *groups, *kept[first:])

    @property
    def ending(self) -> tuple[Any, ...]:
        return self.dtype, self.fill, self.least


@node
class GroupTree(GroupReduction):
    """Each block to a partial result of all groups, those together in a tree."""

    codes: ArrayExpr | None = None
    split_every: int | tuple[tuple[int, int], ...] = FAN_IN

    def lower(self) -> Expr:
        source, look, codes = self.source, self.look, self.codes
        assert codes is not None
        codes = laid_out(codes, tuple([source.grid[axis] for axis in look.axes]))
        starts = Product(tuple([tuple(accumulate(each, initial=0))[:-1] for each in starts_of(source, look.axes)]))
        told = (self.how, look, source.shape)
        reads = [(source, identity_pick(source.ndim)), (codes, look.axes)]
        extra = 2 * source.outline.nbytes
        if all(source.numblocks[axis] == 1 for axis in look.axes):
            outer = len(self.lead)
            places = iter(range(outer, self.ndim))
            kept = []
            for axis in range(source.ndim):
                if axis == look.axes[0]:
                    for _ in look.groups:
                        next(places)
                kept.append(None if axis in look.axes else next(places))
            picks = [(source, tuple(kept)), (codes, (None,) * len(look.axes))]
            columns = [Same((0,) * source.ndim), *map(Same, (*told, *self.ending))]
            return blockwise(self.outline, kernels.group_whole, picks, columns, cost=Cost.HEAVY, extra=extra)
        outline = replace(
            array_outline(source, label="groupby-chunk"),
            origin=self.name,
            nbytes=self.outline.nbytes,
            signature={},
        )
        parts = blockwise(outline, kernels.group_chunk, reads, [starts, *map(Same, told)], extra=extra)
        combine = partial(kernels.group_combine, self.how)
        ending = (self.how, look, *self.ending)
        return TreeReduce(self.outline, parts, look.axes, combine, kernels.group_finish, ending, self.split_every)


@node
class GroupCohorts(GroupReduction):
    """The result cut along the groups; each of its chunks goes through the chunks that have groups of its."""

    codes: Held | None = None
    cut: Cut = 1

    @derived
    def grid(self) -> Grid:
        return self.with_groups(self.source.grid, (self.cut,))

    def lower(self) -> Expr:
        (axis,) = self.look.axes
        assert self.codes is not None
        routes = Cohorts(self.codes, self.source.chunks[axis], self.chunks[axis], self.source.numblocks, axis)
        arguments = (self.how, self.look, self.source.shape, *self.ending)
        return Fold(self.outline, self.source, kernels.fold_step, kernels.fold_finish, routes, arguments)


@node
class GroupBlocks(GroupCohorts):
    """Each chunk has groups of its own, in the order of the groups."""

    def lower(self) -> Expr:
        (axis,) = self.look.axes
        source = self.source
        assert self.codes is not None
        first, low, told = 0, 0, []
        for length, width in zip(source.chunks[axis], self.chunks[axis], strict=True):
            told.append((self.codes.value[first : first + length], first, low, low + width))
            first, low = first + length, low + width
        column = Product(
            tuple([tuple(told) if each == axis else (None,) * count for each, count in enumerate(self.numblocks)])
        )
        rest = [Same(each) for each in (axis, self.how, self.look, source.shape, *self.ending)]
        identity = identity_pick(self.ndim)
        return blockwise(self.outline, kernels.group_alone, [(source, identity)], [column, *rest])


@dataclass(frozen=True)
class Cohorts:
    """Which chunks along an axis have which ranges of groups, for `Fold`."""

    codes: Held
    lengths: tuple[int, ...]
    widths: tuple[int, ...]
    numblocks: tuple[int, ...]
    axis: int

    def __weft_tokenize__(self) -> Any:
        return (self.codes.token, self.lengths, self.widths, self.numblocks, self.axis)

    def reads(self) -> list[list[tuple[int, Any]]]:
        edges = np.cumsum([0, *self.widths])
        wanted: list[list[tuple[int, Any]]] = [[] for _ in self.widths]
        first = 0
        for chunk, length in enumerate(self.lengths):
            codes = self.codes.value[first : first + length]
            there = np.unique(codes[codes >= 0])
            for cohort in np.unique(np.searchsorted(edges, there, side="right") - 1).tolist():
                wanted[cohort].append((chunk, (codes, first, int(edges[cohort]), int(edges[cohort + 1]))))
            first += length
        for cohort, reads in enumerate(wanted):
            if not reads:
                codes = self.codes.value[: self.lengths[0]]
                reads.append((0, (codes, 0, int(edges[cohort]), int(edges[cohort + 1]))))
        strides = [1] * len(self.numblocks)
        for place in reversed(range(len(strides) - 1)):
            strides[place] = strides[place + 1] * self.numblocks[place + 1]
        out = tuple([len(self.widths) if axis == self.axis else count for axis, count in enumerate(self.numblocks)])
        made = []
        for index in np.ndindex(out):
            base = sum(
                at * stride for axis, (at, stride) in enumerate(zip(index, strides, strict=True)) if axis != self.axis
            )
            made.append([(base + chunk * strides[self.axis], told) for chunk, told in wanted[index[self.axis]]])
        return made


@node
class Labels(ArrayExpr):
    """The different labels of an array, sorted."""

    source: ArrayExpr

    @derived
    def cut(self) -> UnknownCut:
        return UnknownCut(f"labels-of-{self.source.name}", 1)

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.cut.length,)  # type: ignore[return-value]

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        source = self.source
        outline = replace(array_outline(source, label="labels"), origin=self.name, signature={})
        parts = blockwise(outline, kernels.unique_labels, [(source, identity_pick(source.ndim))])
        axes = tuple(range(source.ndim))
        return TreeReduce(self.outline, parts, axes, kernels.unique_together, kernels.same_labels)


def starts_of(source: ArrayExpr, axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Chunk lengths by axis, where they are asked for: those of axes that are not reduced do not matter."""
    return [tuple(own) if axis in axes else (0,) * len(own) for axis, own in enumerate(source.chunks)]


def plan_of(func: Any, dtype: np.dtype[Any], given: Any, keywords: dict[str, Any]) -> Plan:
    """What a function of groups needs for elements of a type."""
    if isinstance(func, Aggregation):
        return plan_of_aggregation(func, dtype, given, keywords)
    if callable(func):
        return plan_of_whole(func, dtype, given, keywords)
    if not isinstance(func, str):
        raise TypeError(f"cannot reduce groups by {func!r}: give a name, a function or an Aggregation")
    skip = func.startswith("nan")
    base = func.removeprefix("nan")
    if base in ("median", "quantile"):
        return plan_of_whole(getattr(np, func), dtype, given, keywords)
    allowed = {"var": {"ddof"}, "std": {"ddof"}}.get(base, set())
    if unknown := set(keywords) - allowed:
        raise TypeError(
            f"cannot reduce groups by {func!r} with {sorted(unknown)}: it takes {sorted(allowed) or 'no options'}"
        )
    if base in ("sum", "prod"):
        kind = result_dtype(func, dtype, given)
        inner = np.dtype(np.float32) if kind == np.float16 else kind
        ufunc, start = ("add", 0) if base == "sum" else ("multiply", 1)
        return Plan(kernels.ByUfunc(inner, ufunc=ufunc, skip=start if skip else None), kind, start)
    if base in ("min", "max"):
        kind = result_dtype(func, dtype, None)
        ufunc = ("fmin" if base == "min" else "fmax") if skip else ("minimum" if base == "min" else "maximum")
        return Plan(kernels.ByUfunc(kind, ufunc=ufunc), kind)
    if func in ("any", "all"):
        ufunc = "logical_or" if func == "any" else "logical_and"
        return Plan(kernels.ByUfunc(np.dtype(bool), ufunc=ufunc), np.dtype(bool), func == "all")
    if func in ("count", "len"):
        return Plan(kernels.Count(np.dtype(np.intp), all=func == "len"), np.dtype(np.intp), 0)
    if base == "mean":
        kind = result_dtype(func, dtype, given)
        return Plan(kernels.Mean(np.dtype(computed_in(dtype, given) or dtype), skip=skip), kind)
    if base in ("var", "std"):
        kind = result_dtype(func, dtype, given)
        options = {"ddof": keywords.get("ddof", 0), "root": base == "std", "skip": skip}
        return Plan(kernels.Spread(np.dtype(computed_in(dtype, given) or dtype), **options), kind)
    if base in ("first", "last"):
        return Plan(kernels.AtEdge(dtype, last=base == "last", skip=skip), dtype)
    if base in ("argmin", "argmax"):
        return Plan(kernels.ArgOf(dtype, most=base == "argmax", skip=skip), np.dtype(np.intp), -1)
    raise ValueError(
        f"cannot reduce groups by {func!r}: it is none of sum, prod, min, max, mean, var, std, first, last, argmin, argmax, "
        "median, quantile (each also with nan in front), count, len, any and all. Give a function or an Aggregation."
    )


def plan_of_whole(func: Callable[..., Any], dtype: np.dtype[Any], given: Any, keywords: dict[str, Any]) -> Plan:
    """A function of all elements of a group."""
    lead = np.shape(keywords["q"]) if func in (np.quantile, np.nanquantile) and "q" in keywords else ()
    if func in (np.quantile, np.nanquantile) and "q" not in keywords:
        raise TypeError('quantiles of groups need q: give finalize_kwargs={"q": 0.5}')
    shown = np.asarray(func(np.ones((1, 2, 1), dtype), axis=1, **keywords))
    kind = np.dtype(given) if given is not None else shown.dtype
    how = kernels.OfWhole(kind, function=func, lead=lead, keywords=keywords)
    return Plan(how, kind, is_whole=True, lead=lead)


def plan_of_aggregation(func: Aggregation, dtype: np.dtype[Any], given: Any, keywords: dict[str, Any]) -> Plan:
    """Several reductions side by side."""
    names = (func.chunk,) if isinstance(func.chunk, str) else tuple(func.chunk)
    plans = [plan_of(name, dtype, None, {}) for name in names]
    if any(plan.is_whole for plan in plans):
        raise ValueError(f"cannot make the aggregation {func.name!r} of {names}: medians and quantiles stand alone")
    shown = [np.ones((1, 1, 1), plan.dtype) for plan in plans]
    with np.errstate(all="ignore"):
        tried = shown[0] if func.finalize is None else np.asarray(func.finalize(*shown, **keywords))
    kind = np.dtype(given or func.dtype or tried.dtype)
    how = kernels.Several(kind, parts=tuple([plan.how for plan in plans]), finalize=func.finalize, keywords=keywords)
    return Plan(how, kind, func.fill_value)


def enough(result: Any, count: Any, min_count: int) -> Any:
    """Results of groups that have enough elements; NaN for the others."""
    return np.where(count >= min_count, result, np.nan)


def groupby_reduce(
    array: Any,
    *by: Any,
    func: Any,
    expected_groups: Any = None,
    sort: bool = True,
    isbin: Any = False,
    axis: Any = None,
    fill_value: Any = None,
    dtype: Any = None,
    min_count: int | None = None,
    method: str | None = None,
    finalize_kwargs: dict[str, Any] | None = None,
    split_every: Any = None,
) -> tuple[Any, ...]:
    """Reduce elements that have a label in common.

    Parameters
    ----------
    array : array_like
    *by : array_like
        Labels, with a length for each of the reduced axes: most often one label for each place along one axis. With
        several arrays of labels, groups are combinations. Elements without a label (NaN, no time, None) belong to no
        group. Labels that are chunked arrays are computed here, unless ``expected_groups`` says which there may be.
    func : str, callable or Aggregation
        ``sum prod min max mean var std first last argmin argmax median quantile``, each also with ``nan`` in front;
        ``count`` (what is not NaN), ``len``, ``any``, ``all``; a function ``func(values, axis)`` of all elements of a
        group; or an `Aggregation`.
    expected_groups : array_like, or tuple of them, optional
        The groups of the result, for each array of labels; those that occur by default.
    sort : bool
        Whether groups come sorted, or as they first occur (as they are given, if they are expected).
    isbin : bool or tuple of bool
        Whether ``expected_groups`` are the edges of intervals ``(left, right]``; groups are then pairs of edges.
    axis : int or tuple of int, optional
        Reduced axes, which the labels lie along; the last ones by default.
    fill_value : scalar, optional
        For groups without elements. By default sums give 0, products 1, counts 0, and positions -1; other functions give
        missing values, and integers become floats if there are such groups.
    dtype : dtype, optional
        In which it is computed, as with NumPy's functions.
    min_count : int, optional
        Groups with fewer elements that are not NaN give NaN.
    method : {"map-reduce", "cohorts", "blockwise"}, optional
        The plan; chosen from the labels by default.
    finalize_kwargs : dict, optional
        Further arguments of the function: ``{"ddof": 1}``, ``{"q": 0.9}``.
    split_every : int or dict, optional
        Partial results that one task combines.

    Returns
    -------
    result : Array
        The groups stand in the place of the (first) reduced axis, with an axis for each array of labels. Several quantiles
        stand along a new first axis.
    *groups : numpy.ndarray
        The groups along each of these.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=2)
    >>> result, groups = da.groupby_reduce(x, [0, 1, 0, 1, 0, 1], func="mean")
    >>> result.compute(), groups
    (array([2., 3.]), array([0, 1]))
    """
    x = known(asarray(array))
    if not by:
        raise TypeError("groupby_reduce() needs labels: give an array of them after the array")
    if method is not None and method not in METHODS:
        raise ValueError(f"cannot group with method={method!r}: it is one of {', '.join(map(repr, METHODS))}")
    axes, labels = labels_of(x, by, axis)
    bins = isbin if isinstance(isbin, tuple) else (isbin,) * len(labels)
    expected = expected_groups if isinstance(expected_groups, tuple) else (expected_groups,)
    if expected_groups is None:
        expected = (None,) * len(labels)
    if len(expected) != len(labels) or len(bins) != len(labels):
        raise ValueError(
            f"cannot group by {len(labels)} arrays of labels with {len(expected)} of expected groups: "
            "give one for each, or None, in a tuple"
        )
    found = [factorized(*each, sort) for each in zip(labels, expected, bins, strict=True)]
    sizes = tuple([len(groups) for _, groups in found])
    codes = found[0][0]
    if len(found) > 1:
        every = [each for each, _ in found]
        lazy = any(isinstance(each, ArrayBase) for each in every)
        joined = (
            elementwise(Bound(kernels.joined_codes, sizes=sizes), *every)
            if lazy
            else kernels.joined_codes(*every, sizes=sizes)
        )
        codes = joined
    plan = plan_of(func, x.dtype, None if dtype is None else np.dtype(dtype), dict(finalize_kwargs or {}))
    if min_count:
        if plan.is_whole:
            raise ValueError(
                f"cannot group by {func!r} with min_count: only functions that are combined count elements"
            )
        count = kernels.Count(np.dtype(np.intp))
        kind = plan.dtype if plan.dtype.kind in "fc" else np.dtype(float)
        options = {"parts": (plan.how, count), "finalize": enough, "keywords": {"min_count": min_count}}
        plan = Plan(kernels.Several(kind, **options), kind)
    total = 1
    for size in sizes:
        total *= size
    if isinstance(codes, np.ndarray):
        gaps = total > 0 and bool((np.bincount(codes[codes >= 0].reshape(-1), minlength=total) == 0).any())
    else:
        gaps = any(each is not None for each in expected)
    fill, kind = filling(plan, fill_value, gaps, dtype)
    made = reduced_by_plan(x, codes, axes, sizes, plan, kind, fill, method, fan_in(split_every, x.ndim))
    return (new(made), *[groups for _, groups in found])


def filling(plan: Plan, fill_value: Any, gaps: bool, dtype: Any) -> tuple[Any, np.dtype[Any]]:
    """What groups without elements get, and the dtype of the result."""
    fill, kind = plan.fill if fill_value is None else fill_value, plan.dtype
    if fill is not None:
        return fill, np.result_type(kind, np.asarray(fill)) if gaps and fill_value is not None else kind
    if not gaps:
        return None, kind
    if kind.kind in "biu":
        kind = np.dtype(np.float64)
    return (np.nan if kind.kind in "fcO" else "NaT" if kind.kind in "mM" else None), kind


def labels_of(x: Any, by: tuple[Any, ...], axis: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The reduced axes in order, and the labels along them, checked."""
    labels: list[Any] = [each if isinstance(each, (ArrayBase, np.ndarray)) else np.asarray(each) for each in by]
    ndim = labels[0].ndim
    if axis is None:
        asked: tuple[int, ...] = tuple(range(x.ndim - ndim, x.ndim))
    else:
        asked = tuple(
            [
                each % x.ndim if -x.ndim <= each < x.ndim else each
                for each in (axis if isinstance(axis, tuple) else (axis,))
            ]
        )
        axes_of(asked, x.ndim)
    if not 0 < ndim <= x.ndim or len(asked) != ndim:
        raise ValueError(
            f"cannot group axes {asked} of an array with {x.ndim} axes by labels with {ndim}: "
            "labels have an axis for each that is reduced"
        )
    order = sorted(range(ndim), key=asked.__getitem__)
    axes = tuple([asked[place] for place in order])
    lengths = tuple([x.shape[each] for each in axes])
    turned = []
    for each in labels:
        if each.ndim == ndim and order != list(range(ndim)):
            each = transpose(each, order) if isinstance(each, ArrayBase) else each.transpose(order)
        if isinstance(each, ArrayBase) and any(is_unknown(length) for length in each.shape):
            each = known(each)
        if each.shape != lengths:
            raise ValueError(
                f"cannot group axes {axes}, which are {lengths} long, by labels of shape {each.shape}: "
                "give a label for each place"
            )
        turned.append(each)
    return axes, turned


def factorized(labels: Any, expected: Any, is_bin: bool, sort: bool) -> tuple[Any, np.ndarray[Any, Any]]:
    """Codes for labels (lazily, for lazy labels of which the groups are given), and the groups."""
    if expected is None:
        if is_bin:
            raise ValueError("cannot group by intervals without their edges: give expected_groups")
        if isinstance(labels, ArrayBase):
            if labels.nbytes > SMALL_LABELS:
                groups = np.asarray(new(Labels(labels.expr)).compute())
                return lazily(kernels.encoded, labels, groups=groups), groups
            labels = np.asarray(labels.compute())
        flat = labels.reshape(-1)
        there = ~kernels.no_label(flat)
        codes = np.full(flat.shape, -1, np.intp)
        if sort:
            groups, codes[there] = numbered(flat[there])
        else:
            groups, first, inverse = np.unique(flat[there], return_index=True, return_inverse=True)
            order = np.argsort(first)
            rank = np.empty(len(order), np.intp)
            rank[order] = np.arange(len(order))
            groups, codes[there] = groups[order], rank[inverse]
        return codes.reshape(labels.shape), groups
    groups = np.asarray(expected)
    if groups.ndim != 1:
        raise ValueError(f"cannot group by expected groups of shape {groups.shape}: they have one axis")
    if is_bin:
        if len(groups) < 2 or not (groups[1:] > groups[:-1]).all():
            raise ValueError("cannot group by intervals: the edges must rise, and be at least two")
        codes = lazily(kernels.binned, labels, edges=groups)
        return codes, np.stack([groups[:-1], groups[1:]], axis=1)
    order = np.argsort(groups, kind="stable")
    if (groups[order][1:] == groups[order][:-1]).any():
        raise ValueError("cannot group by expected groups of which some are equal")
    codes = lazily(kernels.encoded, labels, groups=groups[order])
    if sort or (order == np.arange(len(order))).all():
        return codes, groups[order]
    return lazily(reordered, codes, order=np.append(order, -1)), groups


def numbered(labels: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Sorted different labels, and the place of each label among them; by a table where they are integers close together."""
    if labels.dtype.kind in "iu" and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if high - low <= 4 * labels.size + 1024:
            there = np.zeros(high - low + 1, bool)
            shifted = (
                (labels - labels.dtype.type(low)).astype(np.intp, copy=False) if high - low < 2**31 else labels - low
            )
            there[shifted] = True
            found = np.flatnonzero(there)
            places = np.empty(len(there), np.intp)
            places[found] = np.arange(len(found))
            return (found + low).astype(labels.dtype), places[shifted]
    return np.unique(labels, return_inverse=True)


#: Bytes of labels that are simply computed.
SMALL_LABELS = 1 << 27


def reordered(codes: Any, order: Any) -> Any:
    """Places among sorted groups as places among the groups as they were given."""
    return order[codes]


def lazily(function: Callable[..., Any], labels: Any, **keywords: Any) -> Any:
    """A function of labels, computed at once if they are there."""
    if isinstance(labels, ArrayBase):
        return elementwise(Bound(function, **keywords), labels)
    return function(labels, **keywords)


def reduced_by_plan(
    x: Any,
    codes: Any,
    axes: tuple[int, ...],
    sizes: tuple[int, ...],
    plan: Plan,
    dtype: np.dtype[Any],
    fill: Any,
    method: str | None,
    split_every: Any,
) -> ArrayExpr:
    """The expression of a plan that fits the labels."""
    look = Look(axes, sizes)
    if 0 in sizes:
        shape = GroupReduction(x.expr, plan.how, look, dtype, fill, 1, plan.lead).shape
        return asarray(np.empty(shape, dtype)).expr  # type: ignore[no-any-return]
    if plan.is_whole and any(x.numblocks[axis] > 1 for axis in axes):
        x = x.rechunk({axis: -1 if axis in axes else "auto" for axis in range(x.ndim)})
    source = x.expr
    common = (source, plan.how, look, dtype, fill, 1, plan.lead)
    is_line = isinstance(codes, np.ndarray) and codes.ndim == 1 and len(sizes) == 1
    if is_line and not plan.is_whole and source.numblocks[axes[0]] > 1:
        chosen, cut = choice(codes, source, axes[0], sizes[0], method)
        if chosen == "blockwise":
            return GroupBlocks(*common, Held.of(codes), cut)
        if chosen == "cohorts":
            return GroupCohorts(*common, Held.of(codes), cut)
    elif method in ("cohorts", "blockwise") and not all(source.numblocks[axis] == 1 for axis in axes):
        raise ValueError(
            f"cannot group with method={method!r}: it needs one array of labels along one axis, known beforehand. "
            'Use method="map-reduce", or none.'
        )
    labels = (
        codes if isinstance(codes, ArrayBase) else from_array(codes, chunks=tuple([x.chunks[axis] for axis in axes]))
    )
    tree = GroupTree(*common, labels.expr, split_every)
    if split_every == FAN_IN:
        room = 4 * source.outline.nbytes // max(1, tree.outline.nbytes)
        tree = tree.with_operands(split_every=int(min(FAN_IN, max(2, room))))
    return tree


def choice(
    codes: np.ndarray[Any, Any], source: ArrayExpr, axis: int, ngroups: int, method: str | None
) -> tuple[str, Cut]:
    """Which plan fits labels that are known, and how the result is cut along the groups."""
    if ngroups == 0:
        return "map-reduce", 1
    lengths = source.chunks[axis]
    if method in (None, "blockwise"):
        widths = own_groups(codes, lengths, ngroups)
        if widths is not None:
            return "blockwise", compress(widths)
        if method == "blockwise":
            raise ValueError(
                'cannot group with method="blockwise": some group has elements in several chunks, or groups are not in the '
                "order of the chunks. Rechunk so that every group ends where a chunk does, or leave the method out."
            )
    rows = max(1, axis_largest(source.shape[axis], source.grid[axis]))
    width = max(1, min(ngroups, rows // 4))
    if method == "cohorts":
        return "cohorts", width
    if method == "map-reduce" or 2 * ngroups <= rows:
        return "map-reduce", 1
    edges = [*range(0, ngroups, width), ngroups]
    met, first = 0, 0
    for length in lengths:
        chunk = codes[first : first + length]
        met += len(np.unique(chunk[chunk >= 0] // width))
        first += length
    spread = met / (len(lengths) * (len(edges) - 1))
    return ("cohorts", width) if spread <= 0.5 or ngroups >= rows else ("map-reduce", 1)


def own_groups(codes: np.ndarray[Any, Any], lengths: tuple[int, ...], ngroups: int) -> list[int] | None:
    """How many groups each chunk has, if each group is in one chunk, and they come in order; else None."""
    ends: list[int] = []
    last, first = -1, 0
    for length in lengths:
        chunk = codes[first : first + length]
        chunk = chunk[chunk >= 0]
        first += length
        if chunk.size:
            if int(chunk.min()) <= last:
                return None
            last = int(chunk.max())
        ends.append(last + 1)
    ends[-1] = ngroups
    return [end - start for start, end in pairwise([0, *ends])]
