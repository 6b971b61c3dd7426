"""Phases: angles that go on where they would jump by a whole turn."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from weft.array.ops.choosing import where
from weft.array.ops.cumulative import cumsum
from weft.array.ops.differences import diff
from weft.array.ops.joining import concatenate
from weft.array.ops.transposing import normal_axis
from weft.array.ops.ufunc_reductions import chunked

__all__ = ["unwrap"]


def unwrap(p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * pi) -> Any:
    """Values made continuous: where neighbours differ by more than half a period, whole periods are added.

    Parameters
    ----------
    p : array-like
    discont : float, optional
        Smaller differences are left alone; half a period by default, which is the least that has an effect.
    axis : int
    period : float

    Examples
    --------
    >>> import weft.array as da
    >>> da.unwrap(da.asarray([0, 1, 2, 3, 0, 1], chunks=4), period=4).compute()
    array([0, 1, 2, 3, 4, 5])
    """
    x = chunked(p)
    place = normal_axis(axis, x.ndim)
    steps = diff(x, axis=place)
    discont = period / 2 if discont is None else discont
    kind = np.result_type(steps.dtype, period)
    if np.issubdtype(kind, np.integer):
        high, rest = divmod(period, 2)
        ambiguous = rest == 0
    else:
        high, ambiguous = period / 2, True
    wrapped = (steps + high) % period - high
    if ambiguous:
        wrapped = where((wrapped == -high) & (steps > 0), high, wrapped)
    turns = where(abs(steps) < discont, np.zeros((), wrapped.dtype)[()], wrapped - steps)
    first = (slice(None),) * place + (slice(0, 1),)
    others = (slice(None),) * place + (slice(1, None),)
    return concatenate([x[first].astype(kind), (x[others] + cumsum(turns, axis=place)).astype(kind)], axis=place)
