"""Fourier transforms of blocks whose axes are whole, and the factors between the two halves of a long one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["TRANSFORMS", "chirp", "chirped", "transformed", "twiddled", "wrapped"]

Block = np.ndarray[Any, Any]

#: NumPy's transforms along one axis.
TRANSFORMS: dict[str, Callable[..., Any]] = {
    name: getattr(np.fft, name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
}


def transformed(block: Block, steps: tuple[tuple[str, int, int], ...], norm: str | None) -> Block:
    """Transforms one after the other: each a kind, an axis, and the length that it takes or makes there."""
    for kind, axis, length in steps:
        block = TRANSFORMS[kind](block, length, axis, norm)
    return block


def twiddled(block: Block, starts: tuple[int, ...], axis: int, length: int, sign: int) -> Block:
    """A block of a folded axis, each element multiplied by ``exp(sign * 2i * pi * row * column / length)``.

    ``starts`` are the places of its first element along all axes. Products are reduced before they become angles, so that these are
    exact however long the axis.
    """
    rows = np.arange(starts[axis], starts[axis] + block.shape[axis])
    columns = np.arange(starts[axis + 1], starts[axis + 1] + block.shape[axis + 1])
    turns = np.multiply.outer(rows, columns) % length
    factors = roots(turns, length, sign).astype(block.dtype, copy=False)
    return block * factors.reshape(factors.shape + (1,) * (block.ndim - axis - 2))


def roots(turns: Block, length: int, sign: int) -> Block:
    """``exp(sign * 2i * pi * turns / length)``."""
    angles = turns * (sign * 2 * np.pi / length)
    made = np.empty(angles.shape, np.complex128)
    np.cos(angles, out=made.real)
    np.sin(angles, out=made.imag)
    return made


def chirped(block: Block, starts: tuple[int, ...], axis: int, length: int, sign: int) -> Block:
    """A block times ``exp(sign * 1i * pi * place ** 2 / length)`` along an axis (Bluestein's chirp)."""
    places = np.arange(starts[axis], starts[axis] + block.shape[axis])
    factors = roots(squares(places, 2 * length), 2 * length, sign).astype(block.dtype, copy=False)
    made: Block = block * factors.reshape(factors.shape + (1,) * (block.ndim - axis - 1))
    return made


def squares(places: Block, modulus: int) -> Block:
    """``places ** 2 % modulus`` without overflow."""
    places = places % modulus
    if modulus < 2**31:
        return np.asarray(places * places % modulus)
    return np.array([place * place % modulus for place in places.tolist()])


def chirp(bounds: tuple[int, int], length: int, padded: int, sign: int, dtype: np.dtype[Any]) -> Block:
    """Some elements of the chirp that both ends of a padded axis have, for a circular convolution."""
    places = np.arange(*bounds)
    places = np.minimum(places, padded - places)
    made = roots(squares(places, 2 * length), 2 * length, sign)
    made[places >= length] = 0
    return np.asarray(made, dtype)


def wrapped(block: Block, function: Callable[..., Any], keywords: tuple[tuple[str, Any], ...], dtype: Any) -> Any:
    """A transform that a user brought."""
    return np.asarray(function(block, **dict(keywords))).astype(dtype, copy=False)
