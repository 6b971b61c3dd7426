"""Zarr, formats 2 and 3.

A chunk of a zarr array (a shard, where it has them) is one file, which two tasks must not write at the same time. So arrays
are cut for writing where the stored chunks end (`aligned`): each file is written once, by one task, and no lock is needed.

A new array in a local directory is written beside its place and moved there when all of it is written: a failure leaves
neither half an array nor damage to the one that was there. In other stores it is written in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, axis_largest, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import Region, Regions, from_array, storage_chunks
from weft.array.io.store import Written, region_of
from weft.array.io.zarr_places import Place, check_cast, created, existing, store_for
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.execution import compute as compute_all
from weft.execution.locks import get_scheduler_lock
from weft.expr import Cost, Expr, Held, derived, node
from weft.expr.naming import nonce
from weft.extras import import_required
from weft.physical.blockwise import Column, Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["from_zarr", "to_zarr"]

INSTALL = "weft.array needs zarr for this: pip install 'weft[io]'"


def from_zarr(
    url: Any,
    component: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    chunks: Any = None,
    name: str | bool | None = None,
    inline_array: bool = False,
    **kwargs: Any,
) -> Any:
    """The array that a zarr store has.

    Parameters
    ----------
    url : str, path, zarr store or zarr.Array
        A directory, an address that fsspec knows, a store, or an open array.
    component : str, optional
        The array's path in the store, if the store is a group.
    storage_options : mapping, optional
        What fsspec takes for the address.
    chunks : int, tuple, str or dict, optional
        By default the stored chunks (shards, where there are some); ``"auto"`` takes several of them together.
    name : str or bool, optional
        As in `from_array`.
    inline_array : bool, optional
        As in `from_array`.
    **kwargs
        What `zarr.open_array` takes.

    Examples
    --------
    >>> import tempfile
    >>> import weft.array as da
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     da.arange(10, chunks=4).to_zarr(directory + "/x.zarr")
    ...     x = da.from_zarr(directory + "/x.zarr")
    ...     x.chunks, int(x[3:5].sum().compute())
    (((4, 4, 2),), 7)
    """
    zarr = import_required("zarr", INSTALL)
    if isinstance(url, zarr.Array):
        if component is not None or kwargs:
            raise TypeError(
                "from_zarr() takes component= and options of zarr.open_array for stores, not for open arrays"
            )
        array = url
    else:
        array = zarr.open_array(store_for(zarr, url, storage_options, True), path=component or "", mode="r", **kwargs)
    if chunks is None:
        chunks = storage_chunks(array) or -1
    return from_array(array, chunks, name=name, inline_array=inline_array)


def to_zarr(
    arr: Any,
    url: Any,
    component: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    region: Any = None,
    compute: bool = True,
    return_stored: bool = False,
    mode: str = "a",
    overwrite: bool = False,
    **kwargs: Any,
) -> Any:
    """Write an array to a zarr store.

    Parameters
    ----------
    arr : Array
    url : str, path, zarr store or zarr.Array
        Where to. An open array is written to as it is.
    component : str, optional
        The new array's path in the store.
    storage_options : mapping, optional
        What fsspec takes for the address.
    region : tuple of slices, optional
        The part of an existing array to write to.
    compute : bool
        Write now; otherwise when the result is computed.
    return_stored : bool
        Give the array that reads what has been stored.
    mode : {"a", "w", "w-", "x", "r+"}
        ``"w"`` replaces what is there, ``"r+"`` writes into the array that is there; otherwise an array that is there is an
        error.
    overwrite : bool
        The same as ``mode="w"``.
    **kwargs
        What `zarr.create_array` takes: ``chunks``, ``shards``, ``compressors``, ``attributes``, ``dimension_names``,
        ``fill_value``, ``zarr_format``... By default the stored chunks are as long as the longest of the array's.

    Returns
    -------
    None or Array
        With ``compute=False`` an array of one bool: computing it writes.

    Raises
    ------
    zarr.errors.ContainsArrayError
        There is an array already.
    """
    zarr = import_required("zarr", INSTALL)
    if not isinstance(arr, ArrayBase):
        raise TypeError(f"to_zarr() takes a chunked array, not {type(arr).__name__}: use from_array(...) first")
    if mode not in ("a", "w", "w-", "x", "r+"):
        raise ValueError(f"to_zarr() has the modes 'a', 'w', 'w-', 'x' and 'r+', not {mode!r}")
    array = known(arr)
    if isinstance(url, zarr.Array) or region is not None or mode == "r+":
        if kwargs or overwrite or mode == "w":
            raise TypeError(
                "to_zarr() writes into an array that is there, and cannot use options for a new one: "
                f"leave out {sorted(kwargs) or 'overwrite= and mode='}"
            )
        place = Place(existing(zarr, url, component, storage_options))
    else:
        place = created(zarr, array, url, component, storage_options, overwrite or mode == "w", kwargs)
    target = place.target
    where = region_of(region, tuple(target.shape), array.shape)
    if region is None and tuple(target.shape) != array.shape:
        raise ValueError(
            f"cannot write an array of shape {array.shape} to a zarr array of shape {tuple(target.shape)}: "
            "say with region= where it goes"
        )
    check_cast(array.dtype, target)
    source, lock = aligned(array.expr, where, storage_chunks(target))
    writes = Written(source, Held(target), where, lock, nonce())
    done = new(Committed(writes, place))
    if not compute:
        return new(Reread(done.expr, array.expr, place, where)) if return_stored else done
    try:
        compute_all(done, traverse=False)
    except BaseException:
        place.abandon()
        raise
    return place.read(where, array.expr.grid) if return_stored else None


@node
class Committed(ArrayExpr):
    """True, once everything has been written and is at its place."""

    source: ArrayExpr
    place: Place

    @property
    def label(self) -> str:
        return "commit"

    @derived
    def shape(self) -> tuple[int, ...]:
        return ()

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    @derived
    def grid(self) -> Grid:
        return ()

    def lower(self) -> Expr:
        axes = tuple(range(self.source.ndim))
        return TreeReduce(self.outline, self.source, axes, all_written, committed, (self.place,))


@node
class Reread(ArrayExpr):
    """An array that is read again once it has been written."""

    done: ArrayExpr
    like: ArrayExpr
    place: Place
    region: Region

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.like.shape

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.place.target.dtype  # type: ignore[no-any-return]

    @derived
    def grid(self) -> Grid:
        return self.like.grid

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        columns: list[Column] = [Regions(self.region, self.grid), Same(self.place)]
        return blockwise(self.outline, reread, [(self.done, ())], columns, cost=Cost.HEAVY)


def all_written(*blocks: Any) -> Any:
    """Whether all chunks have been written."""
    return np.array(all(np.all(block) for block in blocks))


def committed(done: Any, place: Place) -> Any:
    """Move what has been written to its place."""
    place.commit()
    return done


def reread(done: Any, where: Any, place: Place) -> Any:
    """A part of what has been written."""
    return place.opened()[where]


def aligned(source: ArrayExpr, region: Region, storage: tuple[int, ...] | None) -> tuple[ArrayExpr, Any]:
    """The array cut where stored chunks end, or with a lock where steps make that impossible."""
    if storage is None:
        return source, None
    if any(step != 1 for _, step, length in region if length > 1):
        return source, get_scheduler_lock(new(source))
    grid = aligned_grid(source, region, storage)
    return laid_out(source, grid), None


def aligned_grid(source: ArrayExpr, region: Region, storage: tuple[int, ...]) -> Grid:
    """A grid whose chunks end where stored chunks do, and are about as large as those that are there."""
    bounds: list[Any] = [edges(cut, length) for cut, length in zip(source.grid, source.shape, strict=True)]
    fits = [
        all((start + end) % side == 0 for end in ends)
        for (start, _, _), side, ends in zip(region, storage, bounds, strict=True)
    ]
    if all(fits):
        return source.grid
    now = [max(1, axis_largest(length, cut)) for length, cut in zip(source.shape, source.grid, strict=True)]
    sides = [
        size if fit else max(1, round(size / side)) * side for size, side, fit in zip(now, storage, fits, strict=True)
    ]
    most = 2 * max(prod(now), prod(storage))
    while prod(sides) > most:
        axes = [axis for axis in range(len(sides)) if sides[axis] > storage[axis]]
        if not axes:
            break
        axis = max(axes, key=lambda each: sides[each] / storage[each])
        sides[axis] = max(1, sides[axis] // storage[axis] // 2) * storage[axis]
    cuts: list[Cut] = []
    for axis, (start, _, length) in enumerate(region):
        if fits[axis] and sides[axis] == now[axis]:
            cuts.append(source.grid[axis])
            continue
        first = min(length, sides[axis] - start % storage[axis])
        whole, rest = divmod(length - first, sides[axis])
        cuts.append(compress([first, *[sides[axis]] * whole, *[rest] * (rest > 0)]))
    return tuple(cuts)


def edges(cut: Any, length: int) -> Any:
    """Where the chunks of an axis meet."""
    if not isinstance(cut, tuple):
        return range(cut, length, cut)
    found, end = [], 0
    for each in cut[:-1]:
        end += each
        if 0 < end < length:
            found.append(end)
    return found


class ZarrMethods(ArrayBase):
    """Writing to zarr."""

    __slots__ = ()

    def to_zarr(
        self,
        url: Any,
        component: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        region: Any = None,
        compute: bool = True,
        return_stored: bool = False,
        mode: str = "a",
        overwrite: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Write the array to a zarr store; see `weft.array.to_zarr`."""
        return to_zarr(self, url, component, storage_options, region, compute, return_stored, mode, overwrite, **kwargs)
