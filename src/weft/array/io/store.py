"""Writing arrays into things that are assigned to in slices: NumPy arrays, memory maps, HDF5 datasets, zarr arrays.

Every chunk is one task, which writes its block to its place and is done with it: nothing is gathered. What `store` gives for
later is an array that says of each chunk that it has been written (a few bytes), or, with ``return_stored=True``, the array
as it was stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, SameLayout, TruthOfBlocks
from weft.array.io.from_array import FromArray, Region, Regions, from_array
from weft.array.io.handles import Handle, handle_of
from weft.array.kernels.storage import Reader, read_part, write_and_read, write_part
from weft.array.ops.sizes import known
from weft.callables import also_called
from weft.collection.base import WeftMethodsMixin
from weft.collection.convert import CONVERSIONS
from weft.execution import compute as compute_all
from weft.execution.locks import get_scheduler_lock
from weft.expr import Cost, Expr, Held, node
from weft.expr.naming import nonce
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.outside import Outside
from weft.physical.source import Whole

__all__ = ["store"]


@node
class Written(TruthOfBlocks):
    """For each chunk of an array True, once it has been written to its place in a target."""

    target: Any
    region: Region
    lock: Any
    call: str  #: makes each call's writes its own

    @property
    def label(self) -> str:
        return "store"

    def lower(self) -> Expr:
        columns: list[Column] = [Regions(self.region, self.source.grid), Same(self.lock)]
        sources = [(self.source, identity_pick(self.ndim)), (target_block(self.target, self.name), ())]
        return blockwise(self.outline, write_part, sources, columns, cost=Cost.HEAVY)


@node
class Stored(SameLayout):
    """An array whose chunks have been written to their places in a target."""

    target: Any
    region: Region
    lock: Any
    load: bool
    call: str

    @property
    def label(self) -> str:
        return "store"

    def lower(self) -> Expr:
        columns: list[Column] = [Regions(self.region, self.source.grid), Same(self.lock), Same(self.load)]
        sources = [(self.source, identity_pick(self.ndim)), (target_block(self.target, self.name), ())]
        return blockwise(self.outline, write_and_read, sources, columns, cost=Cost.HEAVY)


def target_block(target: Any, name: str) -> Expr:
    """What tasks write to, as a block."""
    if isinstance(target, Outside):
        return blockwise(Outline(f"{name}-target", "target", ()), as_target, [(target, ())])
    return Whole(Outline(f"{name}-target", "target", ()), target, as_target)


def as_target(value: Any) -> Handle:
    """The handle for something that is written to.

    What a task gave is read-only for those who read it; here it was made to be written.
    """
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        value.flags.writeable = True
    return value if isinstance(value, Handle) else handle_of(value, writes=True)


def full_region(shape: tuple[int, ...]) -> Region:
    """All of a target."""
    return tuple([(0, 1, length) for length in shape])


def region_of(index: Any, shape: tuple[int, ...] | None, source: tuple[int, ...]) -> Region:
    """The part of a target that slices select, which must have the shape of what is written there.

    >>> region_of((slice(2, 6), slice(None)), (10, 3), (4, 3))
    ((2, 1, 4), (0, 1, 3))
    """
    if index is None:
        if shape is not None and (len(shape) != len(source) or any(a < b for a, b in zip(shape, source, strict=True))):
            raise ValueError(
                f"cannot store an array of shape {source} in a target of shape {shape}: "
                "give a target of the array's shape, or say with regions= where it goes"
            )
        return full_region(source)
    entries = list(index) if isinstance(index, (tuple, list)) else [index]
    if Ellipsis in entries:
        at = entries.index(Ellipsis)
        entries[at : at + 1] = [slice(None)] * (len(source) - len(entries) + 1)
    entries += [slice(None)] * (len(source) - len(entries))
    if not all(isinstance(each, slice) for each in entries) or len(entries) != len(source):
        raise ValueError(f"a region is a slice for each axis of the array (it has {len(source)}), not {index!r}")
    found = []
    for axis, entry in enumerate(entries):
        length = entry.stop if shape is None else shape[axis]
        if length is None:
            length = (entry.start or 0) + source[axis] * (entry.step or 1)
        start, stop, step = entry.indices(length)
        found.append((start, step, len(range(start, stop, step))))
    if tuple([each[2] for each in found]) != source:
        raise ValueError(
            f"cannot store an array of shape {source} in the region {index!r}"
            f"{'' if shape is None else f' of a target of shape {shape}'}: the region has the shape "
            f"{tuple([each[2] for each in found])}. Give slices as long as the array's axes."
        )
    return tuple(found)


def store(
    sources: Any,
    targets: Any,
    lock: Any = True,
    regions: Any = None,
    compute: bool = True,
    return_stored: bool = False,
    load_stored: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Write arrays into targets, chunk by chunk.

    Parameters
    ----------
    sources : Array or sequence of Array
    targets : array-like or sequence of array-likes
        One for each source: anything that can be assigned to in slices, or a delayed value that gives that. What lives in
        memory is reached by threads only; HDF5 datasets and memory maps are opened by path in other processes.
    lock : bool or lock
        Held while a chunk is written: True for a lock that fits where the tasks run, False for none, or a lock.
    regions : tuple of slices, or a sequence of these, optional
        Where in its target an array goes.
    compute : bool
        Write now; otherwise when the result is computed.
    return_stored : bool
        Give arrays that read what has been stored.
    load_stored : bool, optional
        With ``return_stored``: whether blocks are read back from the target, and (with ``compute``) kept in memory.
    **kwargs
        What `compute` takes.

    Returns
    -------
    None, Array or tuple of Array
        With ``compute`` and without ``return_stored`` nothing. Otherwise an array for each source (in a tuple, if there are
        several): the stored array, or one that says of each chunk that it has been written.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> target = np.zeros(6)
    >>> da.store(da.ones(4, chunks=2), target, regions=slice(1, 5))
    >>> target
    array([0., 1., 1., 1., 1., 0.])
    """
    if kwargs and not compute:
        raise TypeError(f"store(compute=False) computes nothing, and cannot use {sorted(kwargs)}")
    if load_stored and not return_stored:
        raise ValueError("store(load_stored=True) loads what is returned: give return_stored=True with it")
    arrays, places, where = paired(sources, targets, regions)
    arrays = [known(each) for each in arrays]
    held = lock or None
    if lock is True:
        held = get_scheduler_lock(arrays[0] if arrays else None, kwargs.get("scheduler"))
    nodes = []
    for array, target, index in zip(arrays, places, where, strict=True):
        into, shape = target_operand(target)
        nodes.append((array.expr, into, region_of(index, shape, array.shape)))
    if compute:
        writes = [new(Written(source, into, region, held, nonce())) for source, into, region in nodes]
        compute_all(*writes, traverse=False, **kwargs)
        if not return_stored:
            return None
        made = [read_back(*each, held) for each in nodes]
        if load_stored:
            made = [each.persist(**kwargs) for each in made]
    elif return_stored:
        load = load_stored is not False
        made = [new(Stored(source, into, region, held, load, nonce())) for source, into, region in nodes]
    else:
        made = [new(Written(source, into, region, held, nonce())) for source, into, region in nodes]
    return made[0] if len(made) == 1 else tuple(made)


def paired(sources: Any, targets: Any, regions: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Sources, with the target and the region of each."""
    if isinstance(sources, ArrayBase):
        sources, targets = [sources], [targets]
        regions = regions if isinstance(regions, list) else [regions]
    elif not isinstance(sources, Sequence):
        raise TypeError(f"store() takes chunked arrays, not {type(sources).__name__}: use from_array(...) first")
    elif isinstance(targets, (str, bytes)) or not isinstance(targets, Sequence):
        raise TypeError(f"store() takes a sequence of targets for a sequence of sources, not {type(targets).__name__}")
    if wrong := [type(each).__name__ for each in sources if not isinstance(each, ArrayBase)]:
        raise ValueError(f"store() takes chunked arrays, not {wrong[0]}: use from_array(...) first")
    if len(sources) != len(targets):
        raise ValueError(f"store() was given {len(sources)} sources and {len(targets)} targets: give as many of each")
    if regions is None or isinstance(regions, (tuple, slice)):
        regions = [regions] * len(sources)
    if len(regions) != len(sources):
        raise ValueError(
            f"store() was given {len(sources)} sources and {len(regions)} regions: give one for each, or one"
        )
    return list(sources), list(targets), list(regions)


def target_operand(target: Any) -> tuple[Any, tuple[int, ...] | None]:
    """A target as an operand, and its shape if that is known."""
    if isinstance(target, WeftMethodsMixin) and not isinstance(target, ArrayBase):
        return Outside.of(CONVERSIONS["delayed"](target).__weft_expr__()), None
    if not hasattr(target, "__setitem__") or isinstance(target, ArrayBase):
        if isinstance(target, Handle):
            return Held(target), None
        raise TypeError(
            f"cannot store into a {type(target).__name__}: a target is assigned to in slices (it has __setitem__), "
            "such as a NumPy array, an HDF5 dataset or a zarr array"
        )
    if isinstance(target, np.ndarray) and not target.flags.writeable:
        raise ValueError("cannot store into a read-only array: give a target that can be written to")
    shape = getattr(target, "shape", None)
    return Held.of(target), None if shape is None else tuple(map(int, shape))


def read_back(source: ArrayExpr, into: Any, region: Region, lock: Any) -> Any:
    """The array that reads what has been stored."""
    if isinstance(into, Held) and hasattr(into.value, "dtype"):
        whole = from_array(into.value, chunks=-1, name=False, lock=lock or False, asarray=True).expr
        assert isinstance(whole, FromArray)
        return new(whole.with_operands(region=region, grid=source.grid))
    return new(ReadBack(source.shape, source.dtype, source.grid, into, region, lock))


@node
class ReadBack(ArrayExpr):
    """A region of something that a delayed value gave."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    target: Any
    region: Region
    lock: Any

    def lower(self) -> Expr:
        columns: list[Column] = [Regions(self.region, self.grid), Same(self.dtype), Same(Reader(True, self.lock))]
        target = target_block(self.target, self.name)
        return blockwise(self.outline, read_part, [(target, ())], columns, cost=Cost.HEAVY)


class StoreMethods(ArrayBase):
    """Writing to targets."""

    __slots__ = ()

    @also_called(targets="target")
    def store(
        self,
        target: Any,
        lock: Any = True,
        regions: Any = None,
        compute: bool = True,
        return_stored: bool = False,
        load_stored: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Write the array into a target, chunk by chunk; see `weft.array.store`."""
        return store(self, target, lock, regions, compute, return_stored, load_stored, **kwargs)
