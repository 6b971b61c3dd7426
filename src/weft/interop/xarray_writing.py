"""Files that xarray writes from Weft's arrays: later, and from tasks of other processes.

xarray asks Dask both times. What ``compute=False`` gives is one of Dask's delayed values, which knows nothing of Weft's arrays; here
it is one of Weft's. And locks on files are made for where Dask would run; here they fit where Weft would, too, and files are
closed after each write where tasks of several processes take turns with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import xarray
from xarray.backends import api, common, locks, writers

import weft
from weft.array import Array
from weft.execution.current import scheduler_for
from weft.execution.locks import IN_MEMORY, FileLock
from weft.interop.xarray_indexing import data_of, is_lazy

__all__ = ["teach_writing"]

close_before: Callable[..., Any] = api.delayed_close_after_writes
save_before: Callable[..., Any] = writers.save_mfdataset
scheduler_before: Callable[..., Any] = locks.get_dask_scheduler
maker_before: Callable[..., Any] = locks._get_lock_maker


def is_elsewhere() -> bool:
    """Whether tasks of Weft's would run in other processes."""
    return scheduler_for(None, []).name not in IN_MEMORY


def scheduler_of_writes(get: Any = None, collection: Any = None) -> str | None:
    """What xarray calls the kind of scheduler that writes."""
    found: str | None = scheduler_before(get, collection)
    return "multiprocessing" if found in (None, "threaded") and is_elsewhere() else found


def lock_maker(scheduler: str | None = None) -> Callable[..., Any]:
    """A function that makes the lock of a file; its name is not needed, since a lock travels with the tasks that use it."""
    return (lambda key: FileLock()) if scheduler == "multiprocessing" and is_elsewhere() else maker_before(scheduler)


@wraps(close_before)
def close_after(writes: Any, store: Any) -> Any:
    parts = writes if isinstance(writes, (list, tuple)) else [writes]
    if any(isinstance(each, Array) for each in parts):
        return weft.delayed(closed, pure=False)(writes, store)
    return close_before(writes, store)


def closed(writes: Any, store: Any) -> None:
    """Close a file. What was written is an argument, so that it is written by then."""
    store.close()


@wraps(save_before)
def save_mfdataset(
    datasets: Sequence[Any],
    paths: Sequence[Any],
    mode: Any = "w",
    format: Any = None,
    groups: Any = None,
    engine: Any = None,
    compute: bool = True,
    **kwargs: Any,
) -> Any:
    ours = all(isinstance(each, xarray.Dataset) for each in datasets) and any(
        isinstance(data, Array) for each in datasets for data in data_of(each)
    )
    if compute or not ours:
        return save_before(datasets, paths, mode, format, groups, engine, compute, **kwargs)
    if mode == "w" and len(set(paths)) < len(paths):
        raise ValueError("cannot use mode='w' when writing multiple datasets to the same path")
    groups = [None] * len(datasets) if groups is None else groups
    if len({len(datasets), len(paths), len(groups)}) > 1:
        raise ValueError("save_mfdataset() takes as many paths and groups as datasets")
    return weft.delayed(
        [
            each.to_netcdf(path, mode, format, group, engine, compute=False, **kwargs)
            for each, path, group in zip(datasets, paths, groups, strict=True)
        ]
    )


def teach_writing() -> None:
    """Let xarray write Weft's arrays later, and from other processes; once."""
    if writers.save_mfdataset is save_mfdataset:
        return
    for module in (api, writers):
        module.delayed_close_after_writes = close_after  # type: ignore[attr-defined]
    for module in (xarray, writers):
        module.save_mfdataset = save_mfdataset  # type: ignore[attr-defined]
    for module in (locks, writers):
        module.get_dask_scheduler = scheduler_of_writes  # type: ignore[attr-defined]
    locks._get_lock_maker = lock_maker
    common.is_duck_dask_array = is_lazy  # type: ignore[assignment, attr-defined, unused-ignore]
