"""The type of what a user's function gives, as it is told, or by trying the function on small arrays."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.expr import ArrayExpr
from weft.array.ops.block_positions import Position
from weft.array.ops.unifying import Indices
from weft.execution.containers import unpack_collections

__all__ = ["result_type"]


def result_type(
    func: Callable[..., Any],
    pairs: list[tuple[Any, Indices | None]],
    dtype: Any,
    meta: Any,
    kwargs: dict[str, Any],
    columns: list[tuple[str, Position]],
    ndim: int,
) -> tuple[np.dtype[Any], Any]:
    """Dtype of the result, and an array of its type where that is not NumPy's: as said, or by trying small arrays."""
    if meta is not None:
        shown = meta if hasattr(meta, "dtype") else np.asarray(meta() if isinstance(meta, type) else meta)
        return np.dtype(dtype or shown.dtype), own_type(shown)
    shown, error = tried(func, pairs, kwargs, columns, dtype is None)
    if dtype is not None:
        return np.dtype(dtype), own_type(shown) if getattr(shown, "ndim", None) == ndim else None
    if shown is None:
        why = "" if error is None else f": calling it on small arrays failed with {type(error).__name__}: {error}"
        raise ValueError(
            f"cannot find out the dtype of what {getattr(func, '__name__', func)!r} gives{why}. "
            "Say it, e.g. dtype=float, or meta=np.empty(...)."
        ) from error
    return np.asarray(shown).dtype if not hasattr(shown, "dtype") else np.dtype(shown.dtype), own_type(shown)


def tried(
    func: Callable[..., Any],
    pairs: list[tuple[Any, Indices | None]],
    kwargs: dict[str, Any],
    columns: list[tuple[str, Position]],
    insist: bool,
) -> tuple[Any, Exception | None]:
    """What a function gives for empty arrays, or for arrays of one element if that fails and somebody must know.

    Where it stands is told to a function that can do without only if it fails: many programs have
    ``if block_info is None:`` for a trial, which gives the type at once.
    """
    others = tuple([value for value, indices in pairs if indices is None])
    found, repack = unpack_collections(others, kwargs)
    if not all(isinstance(each, ArrayBase) for each in found):
        return None, None
    error: Exception | None = None
    told = {keyword: column.first() for keyword, column in columns}
    needed = {keyword: value for keyword, value in told.items() if not has_default(func, keyword)}
    trials = product(
        (empty_of, one_of) if insist else (empty_of,), (needed, told) if len(needed) < len(told) else (told,)
    )
    for stand_in, places in trials:
        plain, keywords = repack([stand_in(each.expr) for each in found]) if found else (others, kwargs)
        rest = iter(plain)
        values = [next(rest) if indices is None else stand_in(value) for value, indices in pairs]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                shown = func(*values, **keywords, **places)
        except Exception as wrong:  # made for real blocks, it may raise anything
            error = wrong
            continue
        if shown is not None:
            return shown, None
    return None, error


def has_default(func: Callable[..., Any], keyword: str) -> bool:
    """Whether a parameter that a function has can be left out."""
    return inspect.signature(func).parameters[keyword].default is not inspect.Parameter.empty


def empty_of(expr: ArrayExpr) -> Any:
    """An empty array like the blocks."""
    return expr.meta


def one_of(expr: ArrayExpr) -> Any:
    """An array of one element like the blocks."""
    return np.ones_like(expr.meta, shape=(1,) * expr.ndim)


def own_type(shown: Any) -> Any:
    """A value, if it is an array of another type than NumPy's."""
    return (
        None
        if shown is None or type(shown) is np.ndarray or not hasattr(shown, "shape") or np.isscalar(shown)
        else shown
    )
