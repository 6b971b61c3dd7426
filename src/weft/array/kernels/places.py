"""Places of elements: linear or a coordinate for each axis, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["checked", "coordinate", "linear"]

Block = np.ndarray[Any, Any]


def checked(index: Block, length: int, mode: str = "raise") -> Block:
    """Places counted from the front: those out of bounds are an error, counted round and round, or the nearest."""
    places = np.asarray(index).astype(np.intp)
    if mode == "wrap":
        return places % length if length else places
    if mode == "clip":
        return np.clip(places, 0, max(0, length - 1))
    outside = (places < -length) | (places >= length)
    if outside.any():
        raise IndexError(f"index {places[outside].flat[0]} is out of bounds for axis 0 with size {length}")
    return np.where(places < 0, places + length, places)


def linear(*coordinates: Block, dims: tuple[int, ...], mode: Any, order: Any) -> Block:
    """Linear places of coordinates."""
    return np.asarray(np.ravel_multi_index(tuple(map(np.asarray, coordinates)), dims, mode, order))


def coordinate(index: Block, shape: tuple[int, ...], order: Any, axis: int) -> Block:
    """A coordinate of linear places."""
    return np.asarray(np.unravel_index(np.asarray(index), shape, order)[axis])
