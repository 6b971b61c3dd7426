"""Directories of ``.npy`` files, one for each chunk along an axis, in Dask's format: ``0.npy``, ``1.npy``... and ``info``."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, compress
from weft.array.expr import ArrayExpr, TruthOfBlocks
from weft.array.ops.random_order import axis_in
from weft.array.ops.sizes import known
from weft.execution import compute
from weft.expr import Cost, Expr, derived, node
from weft.expr.naming import nonce
from weft.physical.blockwise import Listed, Same, blockwise, from_parts
from weft.physical.grid import identity_pick
from weft.scratch import remove_tree

__all__ = ["from_npy_stack", "to_npy_stack"]

#: What an ``info`` file may be made of, besides Python's own containers and numbers.
MAY_BE_READ = frozenset({("numpy", "dtype")})


@node
class NpyFiles(ArrayExpr):
    """The arrays of several files, one after the other along an axis."""

    directory: str
    call: str
    lengths: tuple[tuple[int, ...], ...]
    dtype: np.dtype[Any]
    mode: Any

    @property
    def label(self) -> str:
        return "from-npy-stack"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(map(sum, self.lengths))

    @derived
    def grid(self) -> Grid:
        return tuple(map(compress, self.lengths))

    def lower(self) -> Expr:
        paths = [os.path.join(self.directory, f"{number}.npy") for number in range(self.nblocks)]
        shapes = Listed(tuple(shapes_of(self.lengths)))
        return from_parts(self.outline, loaded, Listed(tuple(paths)), Same(self.mode), shapes, cost=Cost.READ)


@node
class Saved(TruthOfBlocks):
    """For each chunk True, once it has been written to its file."""

    directory: str

    def lower(self) -> Expr:
        paths = Listed(tuple([os.path.join(self.directory, f"{number}.npy") for number in range(self.nblocks)]))
        return blockwise(self.outline, saved, [(self.source, identity_pick(self.ndim))], [paths], cost=Cost.HEAVY)


def shapes_of(lengths: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """The shape of each block."""
    shapes: list[tuple[int, ...]] = [()]
    for each in lengths:
        shapes = [(*shape, length) for shape in shapes for length in each]
    return shapes


def loaded(path: str, mode: Any, shape: tuple[int, ...]) -> Any:
    """The array in a file."""
    block = np.load(path, mmap_mode=mode)
    if block.shape != shape:
        raise ValueError(f"the array in {path} has the shape {block.shape}, where the stack's info says {shape}")
    return np.asarray(block)


def saved(block: Any, path: str) -> Any:
    """Write a block to a file."""
    np.save(path, block)
    return np.ones((1,) * np.ndim(block), bool)


def to_npy_stack(dirname: Any, x: Any, axis: int = 0) -> None:
    """Write an array to a directory of ``.npy`` files, one for each chunk along an axis.

    The directory is written beside its place and moved there; one that is there is replaced if it is such a stack.

    Parameters
    ----------
    dirname : str or path
    x : Array
    axis : int
        Along other axes the array is put together, chunk by chunk.

    Examples
    --------
    >>> import tempfile
    >>> import weft.array as da
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     da.to_npy_stack(directory + "/x", da.ones((4, 3), chunks=2))
    ...     da.from_npy_stack(directory + "/x").chunks
    ((2, 2), (3,))
    """
    if not isinstance(x, ArrayBase):
        raise TypeError(f"to_npy_stack() takes a chunked array, not {type(x).__name__}: use from_array(...) first")
    array: Any = known(x)
    place = axis_in(axis, array.ndim, "to_npy_stack")
    array = array.rechunk({each: -1 for each in range(array.ndim) if each != place})
    final = Path(dirname).absolute()
    if final.exists() and any(final.iterdir()) and not (final / "info").exists():
        raise FileExistsError(f"{final} is there, and is no stack of arrays: choose another directory, or empty it")
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f".{final.name}-{nonce()[:8]}.partial")
    partial.mkdir()
    try:
        info = {"chunks": array.chunks, "dtype": array.dtype, "axis": place}
        (partial / "info").write_bytes(pickle.dumps(info))
        compute(new(Saved(array.expr, str(partial))), traverse=False)
        old = final.with_name(f"{partial.name}.old")
        if final.exists():
            os.rename(final, old)
        os.rename(partial, final)
        remove_tree(old)
    finally:
        remove_tree(partial)


def from_npy_stack(dirname: Any, mmap_mode: str | None = "r") -> Any:
    """The array in a directory of ``.npy`` files that `to_npy_stack` wrote.

    Parameters
    ----------
    dirname : str or path
    mmap_mode : str or None
        How files are mapped into memory; None reads them.
    """
    directory = os.path.abspath(os.fspath(dirname))
    with open(os.path.join(directory, "info"), "rb") as file:
        info = InfoUnpickler(file).load()
    lengths = tuple([tuple(map(int, each)) for each in info["chunks"]])
    return new(NpyFiles(directory, nonce(), lengths, np.dtype(info["dtype"]), mmap_mode))


class InfoUnpickler(pickle.Unpickler):
    """Reads what a stack is made of, and runs nothing that a file may name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in MAY_BE_READ:
            raise pickle.UnpicklingError(f"the info of a stack of arrays must not use {module}.{name}")
        return super().find_class(module, name)
