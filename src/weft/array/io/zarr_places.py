"""Where zarr arrays lie: stores and paths, what is there already, and what is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid, axis_largest
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import FromArray, Region, from_array
from weft.expr.naming import nonce
from weft.records import record
from weft.scratch import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Place", "check_cast", "created", "existing", "store_for"]


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
