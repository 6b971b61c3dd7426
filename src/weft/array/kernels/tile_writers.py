"""How elementwise functions other than ufuncs write their result into a given array: what chains of them need (see `tiled`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from weft.typing import Function

__all__ = ["MANY_PASSES", "WRITERS", "add_writer", "is_steppable"]

#: Unsigned integers by their width in bytes.
UNSIGNED = {width: np.dtype(f"u{width}") for width in (1, 2, 4, 8)}


def write_where(out: Any, condition: Any, x: Any, y: Any) -> None:
    """``np.where`` into an array.

    Numbers are chosen by their bits, ``y ^ ((x ^ y) & mask)``: a processor that cannot guess the mask takes four times as
    long for a choice by branches (1 against 4 ns an element, measured on 8-byte numbers and a random mask).
    """
    if getattr(condition, "dtype", None) != np.bool_:
        condition = np.not_equal(condition, 0)
    unsigned = UNSIGNED.get(out.dtype.itemsize)
    chosen = other = None
    if (
        condition.ndim and condition.all()
    ):  # as in tiles of a triangle; a mask of both kinds says so at its first elements
        np.copyto(out, x, casting="unsafe")
        return
    if unsigned is not None and condition.ndim and condition.any():
        chosen, other = bits_of(x, out.dtype, unsigned), bits_of(y, out.dtype, unsigned)
    if unsigned is None or chosen is None or other is None:
        np.copyto(out, y, casting="unsafe")
        np.copyto(out, x, casting="unsafe", where=condition)
        return
    mask, target = condition.astype(unsigned), out.view(unsigned)
    if not chosen.ndim and not chosen:
        np.subtract(mask, 1, out=mask)
        np.bitwise_and(other, mask, out=target)
        return
    np.negative(mask, out=mask)
    np.bitwise_xor(chosen, other, out=target)
    np.bitwise_and(target, mask, out=target)
    np.bitwise_xor(target, other, out=target)


def bits_of(value: Any, dtype: np.dtype[Any], unsigned: np.dtype[Any]) -> Any:
    """An array's elements as unsigned integers of their width, those of a dtype; None for an array of another dtype."""
    if not isinstance(value, np.ndarray) or not value.ndim:
        value = np.asarray(value)
        value = value if value.dtype == dtype else value.astype(dtype)
    return value.view(unsigned) if value.dtype == dtype else None


def write_nan_to_num(out: Any, block: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> None:
    """``np.nan_to_num`` into an array: infinities by clipping, which leaves NaN alone, then NaN by its bits."""
    plain = isinstance(block, np.ndarray) and block.dtype == out.dtype and out.dtype.kind == "f"
    if not plain or posinf is not None or neginf is not None or not np.isscalar(nan):
        np.copyto(out, np.nan_to_num(block, nan=nan, posinf=posinf, neginf=neginf), casting="no")
        return
    limits = np.finfo(out.dtype)
    np.clip(block, limits.min, limits.max, out=out)
    missing = np.isnan(out)
    if not missing.any():
        return
    if nan == 0 and not np.signbit(nan):
        write_where(out, missing, out.dtype.type(0), out)
    else:
        np.copyto(out, nan, where=missing)


def write_result(function: Function) -> Function:
    """A writer that computes first and copies then; both stay in the cache."""

    def write(out: Any, *arguments: Any, **keywords: Any) -> None:
        np.copyto(out, function(*arguments, **keywords), casting="no")

    return write


def write_into(function: Function) -> Function:
    """A writer for functions that take ``out``."""

    def write(out: Any, *arguments: Any, **keywords: Any) -> None:
        function(*arguments, out=out, **keywords)

    return write


#: How elementwise functions other than ufuncs write into a given array: ``writer(out, *arguments, **keywords)``.
WRITERS: dict[Any, Function] = {
    np.where: write_where,
    np.clip: write_into(np.clip),
    np.round: write_into(np.round),
    np.around: write_into(np.around),
    np.nan_to_num: write_nan_to_num,
    np.real: write_result(np.real),
    np.imag: write_result(np.imag),
    np.angle: write_result(np.angle),
    np.isclose: write_result(np.isclose),
    np.sinc: write_result(np.sinc),
    np.i0: write_result(np.i0),
    np.fix: write_result(np.fix),
    np.isposinf: write_result(np.isposinf),
    np.isneginf: write_result(np.isneginf),
    np.isreal: write_result(np.isreal),
    np.iscomplex: write_result(np.iscomplex),
}


def add_writer(function: Function, writer: Function) -> None:
    """Let chains have steps of another elementwise function."""
    if WRITERS.setdefault(function, writer) is not writer:
        raise ValueError(f"there is a writer for {function!r} already")


#: Functions that take several passes over their block, even alone: in tiles most of them are passes over the cache.
MANY_PASSES = frozenset([np.where, np.nan_to_num, np.isclose, np.sinc, np.i0])
#: Keywords of ufuncs that are the same for each tile as for the whole.
KEYWORDS: Mapping[str, None] = dict.fromkeys(["dtype", "casting"])


def is_steppable(function: Any, keywords: Sequence[str]) -> bool:
    """Whether a function may be a step of a chain: it treats each element by itself, and can write where it is told."""
    if isinstance(function, np.ufunc):
        return function.nout == 1 and function.signature is None and all(name in KEYWORDS for name in keywords)
    try:
        return function in WRITERS
    except TypeError:
        return False
