"""Reading and writing parts of things outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from weft.errors import ReadError
from weft.records import record

__all__ = ["Reader", "read_inline", "read_part", "write_and_read", "write_part", "written"]

Where = tuple[Any, ...]


@record
class Reader:
    """How parts are read.

    Parameters
    ----------
    asarray : bool
        Whether what comes is made a NumPy array.
    lock : lock or None
        Held while a part is read.
    getitem : callable, optional
        ``getitem(source, index)`` in place of ``source[index]``.
    inline : bool
        Whether each task carries what it reads from.
    """

    asarray: bool = True
    lock: Any = None
    getitem: Callable[..., Any] | None = None
    inline: bool = False

    def __weft_tokenize__(self) -> Any:
        return (self.asarray, self.lock, self.getitem, self.inline)


def read_part(handle: Any, where: Where, dtype: np.dtype[Any], reader: Reader) -> Any:
    """A part of something that can be sliced."""
    with nullcontext() if reader.lock is None else reader.lock:
        try:
            part = handle.read(where) if reader.getitem is None else reader.getitem(handle.value, where)
        except Exception as error:  # codecs raise whatever they like; it goes on as it is, or with what is damaged
            problem = zarr_problem(handle.value, where, error)
            if problem is None:
                raise
            raise problem from error
    if reader.asarray:
        part = np.asarray(part)
        if part.dtype != dtype:
            part = part.astype(dtype)
    wanted = tuple([len(range(*each.indices(each.stop or 0))) if each.step in (None, 1) else None for each in where])
    shape = getattr(part, "shape", wanted)
    if len(shape) != len(wanted) or any(b is not None and a != b for a, b in zip(shape, wanted, strict=True)):
        raise ValueError(
            f"cannot use what {type(handle.value).__name__}[{shown(where)}] gave: an array of shape {tuple(shape)} where "
            f"its own shape promises {wanted}. Check its __getitem__, or the getitem= given to from_array."
        )
    return part


def read_inline(held: Any, where: Where, dtype: np.dtype[Any], reader: Reader) -> Any:
    """A part of something that the task carries."""
    return read_part(held.value, where, dtype, reader)


def write_part(block: Any, handle: Any, where: Where, lock: Any) -> Any:
    """Write a block to its place; gives True, in an array with as many axes as the block has."""
    with nullcontext() if lock is None else lock:
        handle.write(where, block)
    return written(np.ndim(block))


def written(ndim: int) -> Any:
    """What says of a block of so many axes that it has been written."""
    return np.ones((1,) * ndim, bool)


def write_and_read(block: Any, handle: Any, where: Where, lock: Any, load: bool) -> Any:
    """Write a block to its place; gives what can be read from there then, or the block itself."""
    with nullcontext() if lock is None else lock:
        handle.write(where, block)
        return np.asarray(handle.read(where)) if load else block


def zarr_problem(value: Any, where: Where, error: Exception) -> ReadError | None:
    """What is wrong with the chunks of a zarr array that cannot be read; None for other things."""
    metadata: Any = getattr(value, "metadata", None)
    if type(value).__module__.partition(".")[0] != "zarr" or not hasattr(metadata, "encode_chunk_key"):
        return None
    unit = value.shards or value.chunks
    from itertools import product

    ranges = [
        range(each.start // side, max(each.start, each.stop - 1) // side + 1)
        for each, side in zip(where, unit, strict=True)
    ]
    bad = []
    for numbers in product(*ranges):
        try:
            value[tuple([slice(n * side, (n + 1) * side) for n, side in zip(numbers, unit, strict=True)])]
        except Exception:  # whatever it is, this chunk cannot be read
            bad.append(metadata.encode_chunk_key(numbers))
        if len(bad) == 3:
            break
    if not bad:
        return None
    return ReadError(
        f"cannot read [{shown(where)}] of the zarr array {value.name or '/'} in {value.store}: "
        f"the chunk {', '.join(bad)} is damaged ({type(error).__name__}: {error}). "
        "Restore it from a copy or write it again; without its file, zarr reads the fill value there."
    )


def shown(where: Where) -> str:
    """An index as it is written."""
    return ", ".join(f"{each.start}:{each.stop}" if isinstance(each, slice) else str(each) for each in where)
