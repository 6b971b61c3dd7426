"""Sums and products of runs whose bits depend on the numbers alone.

NumPy adds in an order that follows from strides and from what lies beside: so each run is brought into one form first, its
elements side by side in memory, and reduced there by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Elements that are copied at a time where they do not lie side by side.
TILE = 1 << 17


def reduced_runs(block: Any, ufunc: Any, axis: int, run: int, dtype: Any) -> Any:
    """Runs of ``run`` elements along an axis (the last one may be shorter) reduced to one each."""
    moved = np.moveaxis(block, axis, -1)
    length = moved.shape[-1]
    count = -(-length // run)
    made = np.empty((*moved.shape[:-1], count), dtype)
    whole = length // run
    rows = moved.reshape(-1, length) if moved.flags.c_contiguous else None
    if rows is not None and rows.dtype == dtype:
        flat = made.reshape(-1, count)
        if count == 1:
            ufunc.reduce(rows, axis=1, out=flat[:, 0])
            return np.ascontiguousarray(np.moveaxis(made, -1, axis))
        for row, target in zip(rows, flat, strict=True):
            if whole:
                ufunc.reduce(row[: whole * run].reshape(whole, run), axis=1, out=target[:whole])
            if whole < count:
                ufunc.reduce(row[whole * run :][None], axis=1, out=target[whole:])
        return np.ascontiguousarray(np.moveaxis(made, -1, axis))
    step = max(1, TILE // max(1, run))
    lanes = moved.shape[:-1]
    for place in range(count):
        part = moved[..., place * run : (place + 1) * run]
        for index in np.ndindex(lanes[:-1]):
            width = lanes[-1] if lanes else 1
            for low in range(0, width, step):
                where = (*index, slice(low, low + step)) if lanes else ()
                tile = np.array(part[where], dtype, order="C", ndmin=2)
                got = ufunc.reduce(tile, axis=-1)
                made[(*where, place)] = got if lanes else got[0]
    return np.ascontiguousarray(np.moveaxis(made, -1, axis))
