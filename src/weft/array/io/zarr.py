"""Zarr, formats 2 and 3.

A chunk of a zarr array (a shard, where it has them) is one file, which two tasks must not write at the same time. So arrays
are cut for writing where the stored chunks end (`aligned`): each file is written once, by one task, and no lock is needed.

A new array in a local directory is written beside its place and moved there when all of it is written: a failure leaves
neither half an array nor damage to the one that was there. In other stores it is written in place.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, axis_largest, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import FromArray, Region, Regions, from_array, storage_chunks
from weft.array.io.store import Written, region_of
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.execution import compute as compute_all
from weft.execution.locks import get_scheduler_lock
from weft.expr import Cost, Expr, Held, derived, node
from weft.expr.naming import nonce
from weft.extras import import_required
from weft.physical.blockwise import Column, Same, blockwise
from weft.physical.tree_reduce import TreeReduce
from weft.records import record
from weft.scratch import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

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


@record
class Place:
    """Where an array is written, and where it belongs then.

    Parameters
    ----------
    target : zarr.Array
        What is written to.
    final : str, optional
        Directory to which it is moved.
    group : str, optional
        Directory of the store, if the array is a part of it.
    """

    target: Any
    final: str | None = None
    group: str | None = None

    def __weft_tokenize__(self) -> Any:
        return (str(self.target.store), self.target.path, self.final)

    @property
    def directory(self) -> Path:
        return path_of(self.target.store.root)

    def commit(self) -> None:
        """Move what has been written to its place; what was there goes."""
        if self.final is None or not self.directory.exists():  # moved before, by a task that is run again
            return
        final = path_of(self.final)
        if self.group is not None:
            make_groups(path_of(self.group), final.parent, self.target.metadata.zarr_format)
        old = final.with_name(f".{final.name}-{nonce()[:8]}.old")
        if final.exists():
            os.rename(final, old)
        os.rename(self.directory, final)
        remove_tree(old)

    def abandon(self) -> None:
        """Remove what has been written, unless it is where it belongs."""
        if self.final is not None:
            remove_tree(self.directory)

    def opened(self) -> Any:
        """The array at its place."""
        if self.final is None:
            return self.target
        import zarr

        return zarr.open_array(self.final, mode="r", zarr_format=self.target.metadata.zarr_format)

    def read(self, region: Region, grid: Grid) -> Any:
        """An array that reads what has been written."""
        whole = from_array(self.opened(), chunks=-1, name=False).expr
        assert isinstance(whole, FromArray)
        return new(whole.with_operands(region=region, grid=grid))


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


def store_for(zarr: Any, url: Any, storage_options: Mapping[str, Any] | None, read_only: bool) -> Any:
    """The store at an address."""
    if isinstance(url, os.PathLike):
        url = os.fspath(url)
    if isinstance(url, str) and ("://" in url or "::" in url or storage_options):
        return zarr.storage.FsspecStore.from_url(url, storage_options=dict(storage_options or {}), read_only=read_only)
    if storage_options:
        raise ValueError("storage_options= are for addresses that fsspec knows: leave them out for stores")
    return url


def existing(zarr: Any, url: Any, component: str | None, storage_options: Mapping[str, Any] | None) -> Any:
    """The array that is written to."""
    if isinstance(url, zarr.Array):
        if component is not None:
            raise TypeError("to_zarr() takes component= for stores, not for open arrays")
        target = url
    else:
        target = zarr.open_array(store_for(zarr, url, storage_options, False), path=component or "", mode="r+")
    if target.read_only:
        raise ValueError(f"cannot write to {target!r}: it has been opened for reading. Open it with mode='r+'.")
    return target


def created(
    zarr: Any,
    array: Any,
    url: Any,
    component: str | None,
    storage_options: Mapping[str, Any] | None,
    replace: bool,
    options: dict[str, Any],
) -> Place:
    """A new array like this one, and where it belongs."""
    options = {"shape": array.shape, "dtype": array.dtype, **options}
    if "chunks" not in options:
        options["chunks"] = stored_like(array.expr, options.get("shards"))
    directory = local_directory(zarr, url, storage_options)
    if directory is None:
        store = store_for(zarr, url, storage_options, False)
        return Place(zarr.create_array(store, name=component, overwrite=replace, **options))
    final = directory / component.strip("/") if component else directory
    if not replace and is_array(final):
        raise zarr.errors.ContainsArrayError(f"An array exists already in {final}: write with mode='w' to replace it.")
    if not replace and component is None and is_group(final):
        raise zarr.errors.ContainsGroupError(f"A group exists already in {final}: give component=, or mode='w'.")
    beside = final.parent
    while not beside.exists():
        beside = beside.parent
    partial = beside / f".{final.name}-{nonce()[:8]}.partial"
    final.parent.mkdir(parents=True, exist_ok=True)
    return Place(
        zarr.create_array(zarr.storage.LocalStore(partial), **options),
        str(final.absolute()),
        str(directory.absolute()) if component else None,
    )


def stored_like(expr: ArrayExpr, shards: Any) -> tuple[int, ...]:
    """Lengths of stored chunks for an array: those of its longest chunks; a part of a shard, where there are shards."""
    sides = tuple([max(1, axis_largest(length, cut)) for length, cut in zip(expr.shape, expr.grid, strict=True)])
    if not isinstance(shards, tuple):
        return sides
    return tuple([side if shard % side == 0 else shard for side, shard in zip(sides, shards, strict=True)])


def local_directory(zarr: Any, url: Any, storage_options: Mapping[str, Any] | None) -> Path | None:
    """The directory of a store, if it is one of this machine's."""
    if isinstance(url, zarr.storage.LocalStore):
        return path_of(url.root)
    if isinstance(url, os.PathLike):
        url = os.fspath(url)
    if not isinstance(url, str) or storage_options or "::" in url:
        return None
    if url.startswith("file://"):
        return path_of(url.removeprefix("file://"))
    return None if "://" in url or url.endswith(".zip") else path_of(url)


def path_of(path: str | os.PathLike[str]) -> Path:
    """A path as an object."""
    from pathlib import Path  # here, for a quick import

    return Path(path)


def is_array(directory: Path) -> bool:
    """Whether a directory has a zarr array."""
    if (directory / ".zarray").exists():
        return True
    described = directory / "zarr.json"
    return described.exists() and '"array"' in described.read_text()


def is_group(directory: Path) -> bool:
    """Whether a directory has a zarr group."""
    return (directory / ".zgroup").exists() or ((directory / "zarr.json").exists() and not is_array(directory))


def make_groups(root: Path, inner: Path, zarr_format: Any) -> None:
    """Make the directories between two, and both, groups."""
    import zarr

    for directory in (
        root,
        *[inner.parents[n] for n in range(len(inner.parents)) if root in inner.parents[n].parents],
        inner,
    ):
        if not is_group(directory):
            zarr.create_group(directory, zarr_format=zarr_format)


def check_cast(dtype: np.dtype[Any], target: Any) -> None:
    """Refuse to write elements of a kind that the target's cannot hold."""
    if not np.can_cast(dtype, target.dtype, "same_kind"):
        raise TypeError(
            f"cannot write an array of {dtype} to a zarr array of {target.dtype}: "
            f"convert it first, e.g. x.astype({str(target.dtype)!r})"
        )


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
