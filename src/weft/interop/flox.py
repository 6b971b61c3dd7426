"""flox on Weft's arrays: its reductions of groups are `weft.array.groupby_reduce`, with Weft's plans.

flox divides work for the arrays of the libraries that it knows. `weft.array` teaches it, as soon as both are imported, to
hand Weft's arrays on to Weft. How flox divides work (``method``, ``reindex``) and reduces blocks (``engine``) has no meaning then:
Weft chooses from the labels.

>>> import flox
>>> import numpy as np
>>> import weft.array as da
>>> means, groups = flox.groupby_reduce(da.arange(6, chunks=2), np.array([0, 1, 0, 1, 0, 1]), func="mean")
>>> means.compute(), groups
(array([2., 3.]), array([0, 1]))
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pandas as pd

import weft.array as da
from weft.array import Array
from weft.extras import import_required
from weft.interop.either import either

__all__ = ["teach_flox"]

#: Running functions of groups, by flox's names.
SCANS: dict[str, Callable[..., Any]] = {
    "cumsum": da.cumsum,
    "nancumsum": da.nancumsum,
    "ffill": lambda x, axis: da.push(x, None, axis),
    "bfill": lambda x, axis: da.flip(da.push(da.flip(x, axis), None, axis), axis),
}


def teach_flox() -> None:
    """Let flox hand Weft's arrays on to Weft; once."""
    for name in ("flox", "flox.core", "flox.scan", "flox.xarray"):
        module = import_required(name, "grouping with flox needs it: pip install flox")
        for function, ours in (("groupby_reduce", grouped), ("groupby_scan", scanned)):
            before = getattr(module, function, None)
            if before is not None and not hasattr(before, "__wrapped__"):
                setattr(module, function, either(before, ours))


def grouped(
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
    engine: str | None = None,
    reindex: Any = None,
    finalize_kwargs: dict[str, Any] | None = None,
) -> tuple[Any, ...]:
    """Groups reduced, by flox's arguments: labels lie along the last axes, and groups come last in the result."""
    del engine, reindex, method  # flox's ways
    if not isinstance(func, str):
        raise TypeError(f"flox's own aggregations ({func!r}) are for its own plans: use weft.array.Aggregation")
    labels = [each if isinstance(each, Array) else np.asarray(each) for each in by]
    ndim = max(each.ndim for each in labels)
    shape = np.broadcast_shapes(array.shape[array.ndim - ndim :], *[each.shape for each in labels])
    labels = [(da if isinstance(each, Array) else np).broadcast_to(each, shape) for each in labels]
    axes = range(-ndim, 0) if axis is None else [axis] if isinstance(axis, int) else axis
    reduced = sorted(each % array.ndim - array.ndim for each in axes)
    given = given_groups(expected_groups, len(labels))
    bins = isbin if isinstance(isbin, (tuple, list)) else (isbin,) * len(labels)
    found = [coded(*each, sort) for each in zip(labels, given, bins, strict=True)]
    if min_count is None:
        some = expected_groups is not None and fill_value is not None
        min_count = int(some or len(reduced) < ndim)
    if not np.isscalar(fill_value):
        fill_value = None  # xarray's word for a missing value
    if min_count and func in ("nansum", "nanprod") and fill_value is None:
        fill_value = np.nan
    whole = func.removeprefix("nan") in ("median", "mode", "quantile")  # missing of nothing in any case
    counted = fill_value is not None or func not in ("any", "all", "count", "len")
    # places along an axis that stays are groups of their own
    kept = [each for each in range(-ndim, 0) if each not in reduced]
    places = [np.broadcast_to(np.arange(shape[each]).reshape(-1, *[1] * (-each - 1)), shape) for each in kept]
    codes, sizes = (
        [*places, *[code for code, _ in found]],
        [*[shape[each] for each in kept], *[len(groups) for _, groups in found]],
    )
    is_place = "arg" in func and len(reduced) == 1 and bool(kept)
    result, *_ = da.groupby_reduce(
        array,
        *codes,
        func=func,
        expected_groups=tuple([np.arange(size) for size in sizes]),
        fill_value=-1 if is_place else fill_value,
        dtype=dtype,
        min_count=min_count if counted and not whole else None,
        finalize_kwargs=finalize_kwargs,
    )
    if is_place:  # of one among all labels, and wanted is that along the axis
        along = result // prod(shape[ndim + reduced[0] + 1 :]) % shape[reduced[0]]
        result = da.where(result < 0, -1 if fill_value is None else fill_value, along).astype(result.dtype)
    return (result, *[groups for _, groups in found])


def given_groups(expected: Any, count: int) -> tuple[Any, ...]:
    """The groups that are expected for each of the labels; None where all that there are."""
    return (None,) * count if expected is None else expected if isinstance(expected, tuple) else (expected,)


def coded(labels: Any, expected: Any, is_bin: bool, sort: bool) -> tuple[Any, Any]:
    """Labels as numbers of their groups, -1 for none, and the groups."""
    if expected is None:
        if is_bin:
            raise ValueError("cannot group by intervals without their edges: give expected_groups")
        codes, groups = pd.factorize(np.asarray(labels).reshape(-1), sort=sort)
        return codes.reshape(labels.shape), np.asarray(groups)
    if not isinstance(expected, pd.Index):
        expected = pd.IntervalIndex.from_breaks(expected) if is_bin else pd.Index(expected)
    if sort:
        expected = expected.sort_values()
    if isinstance(expected, pd.RangeIndex) and expected.equals(pd.RangeIndex(len(expected))):
        return labels, np.arange(len(expected))
    shown = expected if isinstance(expected, (pd.IntervalIndex, pd.MultiIndex)) else expected.to_numpy()
    if isinstance(labels, Array):
        return labels.map_blocks(placed, expected, dtype=np.intp), shown
    return placed(labels, expected), shown


def placed(labels: Any, index: pd.Index[Any]) -> Any:
    """Where labels stand in an index."""
    return index.get_indexer(np.asarray(labels).reshape(-1)).reshape(labels.shape)


def scanned(
    array: Any,
    *by: Any,
    func: str,
    expected_groups: Any = None,
    axis: Any = -1,
    dtype: Any = None,
    method: str | None = None,
    engine: str | None = None,
) -> Any:
    """A running function of each group by itself along the last axis, by flox's arguments."""
    if func not in SCANS:
        raise ValueError(f"cannot run {func!r} over groups: it is one of {', '.join(SCANS)}")
    labels = [np.asarray(each) for each in by]
    if any(each.ndim != 1 for each in labels):
        raise NotImplementedError("running functions of groups take labels along one axis")
    del method, engine  # flox's ways
    for each, groups in zip(labels, given_groups(expected_groups, len(labels)), strict=True):
        if groups is not None and not np.isin(each, np.asarray(groups)).all():
            raise NotImplementedError(
                "running functions of groups take all labels that there are: leave expected_groups out"
            )
    codes = pd.MultiIndex.from_arrays(labels).factorize()[0] if len(labels) > 1 else pd.factorize(labels[0])[0]
    order = np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    x = array if dtype is None else array.astype(dtype)
    parts = [SCANS[func](da.take(x, rows, -1), axis=-1) for rows in np.split(order, ends)]
    return da.take(da.concatenate(parts, axis=-1), np.argsort(order), -1)
