"""What ufuncs do along an axis of a block: reduce, accumulate, and put such results together."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.elementwise import AnyUfunc

__all__ = ["accumulated", "combined", "finished", "reduced", "reduced_at", "total"]

Axes = tuple[int, ...]


def reduced(ufunc: AnyUfunc, axes: Axes, dtype: Any, start: tuple[Any, bool], block: Any, mask: Any = True) -> Any:
    """A block reduced, its axes kept with length 1; None where there is nothing to reduce and no identity.

    What a reduction starts from is taken in for each block only if the function has no identity: doing it more than once
    changes nothing then (it is a maximum, or the like).
    """
    initial, has_initial = start
    keywords: dict[str, Any] = {} if mask is True else {"where": mask}
    if not has_identity(ufunc, block.dtype):
        if has_initial:
            keywords["initial"] = initial
        elif any(block.shape[axis] == 0 for axis in axes):
            return None
    if len(axes) == 1:
        return ufunc.reduce(block, axis=axes[0], dtype=dtype, keepdims=True, **keywords)
    return ufunc.reduce(block, axis=axes, dtype=dtype, keepdims=True, **keywords)


def has_identity(ufunc: AnyUfunc, dtype: np.dtype[Any]) -> bool:
    """Whether there is a result for no elements; that of numbers is none for texts."""
    return ufunc.identity is not None and dtype.kind != "T"


def combined(ufunc: AnyUfunc, *parts: Any) -> Any:
    """Partial results together."""
    there = [part for part in parts if part is not None]
    if not there:
        return None
    whole = there[0]
    for part in there[1:]:
        whole = ufunc(whole, part)
    return whole


def finished(
    partial: Any, ufunc: AnyUfunc, axes: Axes, keepdims: bool, dtype: np.dtype[Any], start: tuple[Any, bool]
) -> Any:
    """The result of the last partial."""
    if partial is None:
        raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
    initial, has_initial = start
    if has_initial and ufunc.identity is not None:
        partial = ufunc(np.asarray(initial).astype(partial.dtype), partial)
    if not keepdims:
        partial = partial.reshape([length for axis, length in enumerate(partial.shape) if axis not in axes])
    return partial if partial.dtype == dtype else partial.astype(dtype)


def total(block: Any, ufunc: AnyUfunc, axis: int, given: Any, dtype: np.dtype[Any]) -> Any:
    """A block reduced along an axis; no element where it has none."""
    if block.shape[axis] == 0:
        lengths = [1 if each == axis else length for each, length in enumerate(block.shape)]
        return np.full(lengths, ufunc.identity, dtype) if has_identity(ufunc, dtype) else np.zeros(lengths, dtype)
    return ufunc.reduce(block, axis=axis, dtype=given, keepdims=True)


def accumulated(block: Any, ufunc: AnyUfunc, axis: int, dtype: Any, before: Any = None, place: int = 0) -> Any:
    """Partial results along an axis, going on from those of the blocks before."""
    made = ufunc.accumulate(block, axis=axis, dtype=dtype)
    if not place or before is None:
        return made
    return ufunc(before[(slice(None),) * axis + (slice(place - 1, place),)], made)


def reduced_at(block: Any, ufunc: AnyUfunc, places: tuple[int, ...], axis: int, dtype: Any) -> Any:
    """Stretches of an axis reduced."""
    return ufunc.reduceat(block, np.asarray(places, np.intp), axis=axis, dtype=dtype)
