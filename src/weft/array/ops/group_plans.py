"""What is to be computed of each group: a function's name, a function or an aggregation of one's own as a `Plan`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels import groupings as kernels
from weft.array.kernels.groupings import Grouping
from weft.array.kernels.reductions import computed_in
from weft.array.ops.reducing import result_dtype

__all__ = ["Aggregation"]


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
    if base == "mode":
        return plan_of_whole(getattr(kernels, func), dtype, given, keywords)
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
        "median, mode, quantile (each also with nan in front), count, len, any and all. Give a function or an Aggregation."
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
        raise ValueError(
            f"cannot make the aggregation {func.name!r} of {names}: medians, modes and quantiles stand alone"
        )
    shown = [np.ones((1, 1, 1), plan.dtype) for plan in plans]
    with np.errstate(all="ignore"):
        tried = shown[0] if func.finalize is None else np.asarray(func.finalize(*shown, **keywords))
    kind = np.dtype(given or func.dtype or tried.dtype)
    how = kernels.Several(kind, parts=tuple([plan.how for plan in plans]), finalize=func.finalize, keywords=keywords)
    return Plan(how, kind, func.fill_value)
