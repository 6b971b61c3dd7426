"""Places of elements: from linear ones to coordinates and back, and open meshes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.io.from_array import asarray
from weft.array.kernels import places as kernels
from weft.array.ops.elementwise import elementwise
from weft.array.ops.indexing import getitem
from weft.array.ops.selecting import nonzero

__all__ = ["ix_", "ravel_multi_index", "unravel_index"]


def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """Linear places of coordinates in an array of a shape.

    Parameters
    ----------
    multi_index : tuple of array-like of int, or Array
        An array of coordinates for each axis; or one array, along whose first axis they stand.
    dims : tuple of int
        The shape.
    mode : {"raise", "wrap", "clip"} or a tuple of these
        What becomes of coordinates out of bounds.
    order : {"C", "F"}
        Whether the last axis runs fastest, or the first.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ravel_multi_index((da.arange(3, chunks=2), da.arange(3, chunks=2)), (3, 4)).compute()
    array([ 0,  5, 10])
    """
    lengths = (int(dims),) if np.ndim(dims) == 0 else tuple(map(int, dims))
    if isinstance(multi_index, ArrayBase):
        coordinates = [getitem(multi_index, axis) for axis in range(multi_index.shape[0])]
    else:
        coordinates = list(multi_index)
    if len(coordinates) != len(lengths):
        raise ValueError(
            f"parameter multi_index must be a sequence of length {len(lengths)}, and there are {len(coordinates)} arrays"
        )
    modes = mode if isinstance(mode, str) else tuple(mode)
    if not any(isinstance(each, ArrayBase) for each in coordinates):
        return asarray(np.ravel_multi_index(tuple(coordinates), lengths, modes, order))  # type: ignore[call-overload]
    return elementwise(kernels.linear, *map(asarray, coordinates), dims=lengths, mode=modes, order=order)


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """Coordinates of linear places in an array of a shape: an array for each axis.

    Parameters
    ----------
    indices : array-like of int
    shape : tuple of int
    order : {"C", "F"}
        Whether the last axis runs fastest, or the first.

    Examples
    --------
    >>> import weft.array as da
    >>> rows, columns = da.unravel_index(da.arange(4, chunks=2), (2, 2))
    >>> rows.compute(), columns.compute()
    (array([0, 0, 1, 1]), array([0, 1, 0, 1]))
    """
    lengths = (int(shape),) if np.ndim(shape) == 0 else tuple(map(int, shape))
    if not isinstance(indices, ArrayBase):
        indices = np.asarray(indices)
        np.unravel_index(indices, lengths, order)  # type: ignore[call-overload]
    elif indices.dtype.kind not in "iu":
        raise TypeError(f"only int indices permitted, and these are {indices.dtype}")
    x = asarray(indices)
    return tuple(
        [elementwise(kernels.coordinate, x, shape=lengths, order=order, axis=axis) for axis in range(len(lengths))]
    )


def ix_(*args: Any) -> tuple[Any, ...]:
    """Positions along each axis as an open mesh: ``x[ix_([0, 2], [1, 3])]`` is the block of two rows and two columns.

    Examples
    --------
    >>> import weft.array as da
    >>> rows, columns = da.ix_([0, 2], [1, 3, 4])
    >>> rows.shape, columns.shape
    ((2, 1), (1, 3))
    """
    made = []
    for place, each in enumerate(args):
        if not isinstance(each, ArrayBase):
            each = np.asarray(each)
            if each.size == 0:
                each = each.astype(np.intp)
            if each.ndim == 1 and each.dtype.kind == "b":
                each = np.flatnonzero(each)
        if each.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if isinstance(each, ArrayBase) and each.dtype.kind == "b":
            (each,) = nonzero(each)
        index = (None,) * place + (slice(None),) + (None,) * (len(args) - place - 1)
        made.append(each[index] if isinstance(each, np.ndarray) else getitem(each, index))
    return tuple(made)
