"""HDF5 files, by h5py.

A file is opened for each write, by one task at a time, so it works wherever tasks run. A new file is written beside its
place and moved there when all of it is there; new datasets of a file that exists are written under other names and renamed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from weft.array.base import ArrayBase
from weft.array.chunks import axis_largest
from weft.array.io.from_array import from_array
from weft.array.io.handles import hdf5_at
from weft.array.io.store import store
from weft.array.ops.sizes import known
from weft.expr.naming import nonce
from weft.extras import import_required

__all__ = ["from_hdf5", "to_hdf5"]

INSTALL = "weft.array needs h5py for this: pip install 'weft[hdf5]'"


def from_hdf5(filename: Any, datapath: str, chunks: Any = "auto", **kwargs: Any) -> Any:
    """The array that a dataset of an HDF5 file is.

    Parameters
    ----------
    filename : str or path
    datapath : str
        The dataset in the file.
    chunks : int, tuple, str or dict
        ``"auto"`` follows the chunks of the dataset.
    **kwargs
        What `from_array` takes.

    Examples
    --------
    >>> import tempfile
    >>> import weft.array as da
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     da.arange(10, chunks=4).to_hdf5(directory + "/x.h5", "/x")
    ...     int(da.from_hdf5(directory + "/x.h5", "/x").sum().compute())
    45
    """
    h5py = import_required("h5py", INSTALL)
    path = os.path.abspath(os.fspath(filename))
    with h5py.File(path, "r") as file:
        if datapath not in file:
            raise KeyError(f"there is no dataset {datapath!r} in {path}: it has {sorted(file)}")
        dataset = file[datapath]
        return from_array(dataset, chunks, **{"lock": True, **kwargs})


def to_hdf5(filename: Any, *args: Any, chunks: Any = True, **kwargs: Any) -> None:
    """Write arrays to datasets of an HDF5 file.

    Parameters
    ----------
    filename : str or path
        A file that exists keeps its other datasets.
    *args
        A path in the file and an array, or a dict from paths to arrays.
    chunks : tuple of int, bool or None
        Chunks of the datasets: True for the longest of the array's, None for one piece.
    **kwargs
        What `h5py.Group.create_dataset` takes: ``compression``, ``fillvalue``...

    Examples
    --------
    >>> import tempfile
    >>> import weft.array as da
    >>> x = da.arange(10, chunks=4)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     da.to_hdf5(directory + "/x.h5", {"/x": x, "/half": x / 2}, compression="gzip")
    ...     float(da.from_hdf5(directory + "/x.h5", "/half").sum().compute())
    22.5
    """
    h5py = import_required("h5py", INSTALL)
    if len(args) == 1 and isinstance(args[0], Mapping):
        data = dict(args[0])
    elif len(args) == 2 and isinstance(args[0], str) and isinstance(args[1], ArrayBase):
        data = {args[0]: args[1]}
    else:
        raise ValueError("to_hdf5() takes a path in the file and an array, or a dict from paths to arrays")
    if wrong := [path for path, each in data.items() if not isinstance(each, ArrayBase)]:
        raise ValueError(
            f"to_hdf5() writes chunked arrays: what is to be {wrong[0]!r} is a {type(data[wrong[0]]).__name__}"
        )
    arrays = {path: known(each) for path, each in data.items()}
    with written_beside(h5py, os.path.abspath(os.fspath(filename)), list(arrays)) as (path, names):
        with h5py.File(path, "a") as file:
            for name, array in arrays.items():
                layout = dataset_chunks(array, chunks)
                file.create_dataset(names[name], shape=array.shape, dtype=array.dtype, chunks=layout, **kwargs)
        store(list(arrays.values()), [hdf5_at(path, names[name], True) for name in arrays])


def dataset_chunks(array: Any, chunks: Any) -> Any:
    """Chunks of a dataset for an array."""
    if chunks is not True:
        return chunks
    if not array.size or not array.ndim:
        return None
    return tuple([axis_largest(length, cut) for length, cut in zip(array.shape, array.expr.grid, strict=True)])


@contextmanager
def written_beside(h5py: Any, path: str, names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where to write, and under which names, so that a failure leaves the file as it was."""
    token = nonce()[:8]
    if not os.path.exists(path):
        directory, name = os.path.split(path)
        partial = os.path.join(directory, f".{name}-{token}.partial")
        try:
            yield partial, {each: each for each in names}
            os.replace(partial, path)
        finally:
            if os.path.exists(partial):
                os.unlink(partial)
        return
    partials = {each: f"/.{token}-{number}" for number, each in enumerate(names)}
    try:
        yield path, partials
        with h5py.File(path, "r+") as file:
            for name, partial in partials.items():
                if name in file:
                    del file[name]
                file.move(partial, name)
    finally:
        with h5py.File(path, "r+") as file:
            for partial in partials.values():
                if partial in file:
                    del file[partial]


class HDF5Methods(ArrayBase):
    """Writing to HDF5."""

    __slots__ = ()

    def to_hdf5(self, filename: Any, datapath: str, **kwargs: Any) -> None:
        """Write the array to a dataset of an HDF5 file; see `weft.array.to_hdf5`."""
        to_hdf5(filename, datapath, self, **kwargs)
