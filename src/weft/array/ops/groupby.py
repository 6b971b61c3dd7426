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

from itertools import pairwise
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, axis_largest, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels import groupings as kernels
from weft.array.kernels.bound import Bound
from weft.array.kernels.group_labels import joined_codes
from weft.array.kernels.groupby import Look
from weft.array.ops.elementwise import elementwise
from weft.array.ops.group_labels import factorized, labels_of
from weft.array.ops.group_nodes import GroupBlocks, GroupCohorts, GroupReduction, GroupTree
from weft.array.ops.group_plans import Plan, plan_of
from weft.array.ops.reducing import FAN_IN, check_unmasked, fan_in
from weft.array.ops.sizes import known
from weft.expr import Held

__all__ = ["groupby_reduce"]

METHODS = ("map-reduce", "blockwise", "cohorts")


def enough(result: Any, count: Any, min_count: int, fill: Any) -> Any:
    """Results of groups that have enough elements; a value for the others."""
    return np.where(count >= min_count, result, fill)


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
        ``sum prod min max mean var std first last argmin argmax median mode quantile``, each also with ``nan`` in
        front (the mode is the most frequent element, the least of several);
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
        Groups with fewer elements that are not NaN give ``fill_value``, or NaN.
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
    check_unmasked(x, "groupby_reduce()", "say what stands for masked elements, e.g. x.astype(float).filled(nan)")
    if hasattr(x.expr.prototype, "todense"):
        x = x.to_backend("numpy")
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
        joined = elementwise(Bound(joined_codes, sizes=sizes), *every) if lazy else joined_codes(*every, sizes=sizes)
        codes = joined
    plan = plan_of(func, x.dtype, None if dtype is None else np.dtype(dtype), dict(finalize_kwargs or {}))
    if min_count:
        if plan.is_whole:
            raise ValueError(
                f"cannot group by {func!r} with min_count: only functions that are combined count elements"
            )
        count = kernels.Count(np.dtype(np.intp))
        short, kind = missing(plan.dtype, fill_value)
        options = {"parts": (plan.how, count), "finalize": enough, "keywords": {"min_count": min_count, "fill": short}}
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
    if fill_value is None and plan.fill is not None:
        return plan.fill, plan.dtype
    if gaps:
        return missing(plan.dtype, fill_value)
    return fill_value, plan.dtype


def missing(kind: np.dtype[Any], fill_value: Any) -> tuple[Any, np.dtype[Any]]:
    """What stands for a value that there is none of, if it is not given, and the dtype that has it, too."""
    if kind.kind in "mM" and (fill_value is None or fill_value != fill_value):
        return kind.type("NaT"), kind
    if fill_value is not None:
        return fill_value, np.result_type(kind, fill_value)
    if kind.kind in "biu":
        kind = np.dtype(np.float64)
    return (np.nan if kind.kind in "fcO" else None), kind


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
