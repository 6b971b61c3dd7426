"""Blocks of diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["diag_block", "diagonal_of", "row_lengths", "triangle_places"]


def diagonal_of(block: Any, told: tuple[Any, ...]) -> Any:
    """A stretch of the diagonal over the last two axes; the last entry of ``told`` has its first row, column and length."""
    row, column, length = told[-1]
    part = block[..., row : row + length, column : column + length]
    return np.diagonal(part, 0, block.ndim - 2, block.ndim - 1)


def diag_block(block: Any, told: tuple[Any, Any], k: int) -> Any:
    """A block of the matrix that has an array on a diagonal; ``block`` is the part of it that may be seen here."""
    ((top, bottom), of_rows), ((left, right), of_columns) = told
    start = of_columns if k >= 0 else of_rows
    made = np.zeros_like(block, shape=(bottom - top, right - left))
    shift = max(0, k)
    first = max(top + min(0, k) if k < 0 else top, left - shift, start)
    last = min(bottom + min(0, k) if k < 0 else bottom, right - shift, start + len(block))
    if first < last:
        places = np.arange(first, last)
        made[places + max(0, -k) - top, places + shift - left] = block[first - start : last - start]
    return made


def row_lengths(rows: int, columns: int, k: int, upper: bool) -> np.ndarray[Any, Any]:
    """How many elements of each row are in a triangle."""
    below: np.ndarray[Any, Any] = np.clip(np.arange(rows) + (k if upper else k + 1), 0, columns)
    return columns - below if upper else below


def triangle_places(
    bounds: tuple[int, int], arguments: tuple[int, int, int, bool, int], dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    """Rows (axis 0) or columns (axis 1) of some of the elements of a triangle, counted in order."""
    rows, columns, k, upper, axis = arguments
    lengths = row_lengths(rows, columns, k, upper)
    ends = np.cumsum(lengths)
    numbers = np.arange(*bounds)
    row: np.ndarray[Any, Any] = np.searchsorted(ends, numbers, side="right")
    if axis == 0:
        return row.astype(dtype)
    place: np.ndarray[Any, Any] = numbers - (ends - lengths)[row]
    if upper:
        place += (columns - lengths)[row]
    return place.astype(dtype)
