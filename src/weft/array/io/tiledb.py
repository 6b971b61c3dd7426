"""TileDB, by its own library."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from weft.array.base import ArrayBase
from weft.array.chunks import axis_largest
from weft.array.io.from_array import from_array
from weft.array.io.store import store
from weft.array.ops.sizes import known
from weft.extras import import_required

__all__ = ["from_tiledb", "to_tiledb"]

INSTALL = "weft.array needs tiledb for this: pip install tiledb"


class TileDBArray:
    """A dense TileDB array that is opened for each read and each write: open arrays do not travel.

    Parameters
    ----------
    uri : str
    attribute : str or None
        The one that is read, of several.
    options : mapping
        The configuration of TileDB's context.
    """

    def __init__(self, uri: str, attribute: str | None, options: Mapping[str, Any]) -> None:
        self.uri, self.attribute, self.options = uri, attribute, dict(options)
        with self.opened("r") as array:
            self.shape = tuple(map(int, array.shape))
            self.dtype = array.attr(attribute if attribute is not None else 0).dtype
            self.chunks = tuple([int(array.schema.domain.dim(axis).tile) for axis in range(len(self.shape))])

    def opened(self, mode: str) -> Any:
        """The array, open."""
        tiledb = import_required("tiledb", INSTALL)
        context = tiledb.Ctx({key: str(value) for key, value in self.options.items()})
        return tiledb.open(self.uri, mode, ctx=context)

    def __getitem__(self, index: Any) -> Any:
        with self.opened("r") as array:
            part = array[index]
            if not isinstance(part, Mapping):
                return part
            return part[self.attribute if self.attribute is not None else array.attr(0).name]

    def __setitem__(self, index: Any, block: Any) -> None:
        with self.opened("w") as array:
            array[index] = block


def from_tiledb(
    uri: Any,
    attribute: str | None = None,
    chunks: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """The array that a dense TileDB array is.

    Parameters
    ----------
    uri : str or path
    attribute : str, optional
        Which of several attributes; the first by default.
    chunks : int, tuple, str or dict, optional
        The tiles by default.
    storage_options : mapping, optional
        TileDB's configuration.
    **kwargs
        What `from_array` takes.
    """
    import_required("tiledb", INSTALL)
    array = TileDBArray(os.fspath(uri), attribute, storage_options or {})
    return from_array(array, array.chunks if chunks is None else chunks, **kwargs)


def to_tiledb(
    darray: Any,
    uri: Any,
    compute: bool = True,
    return_stored: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    key: Any = None,
    **kwargs: Any,
) -> Any:
    """Write an array to a new dense TileDB array, with a tile for each chunk.

    Parameters
    ----------
    darray : Array
    uri : str or path
    compute : bool
        Write now; otherwise when the result is computed.
    return_stored : bool
        Give the array that reads what has been stored.
    storage_options : mapping, optional
        TileDB's configuration.
    key : None
        Encryption keys stand in TileDB's configuration.
    **kwargs
        What ``tiledb.ArraySchema`` takes.
    """
    tiledb = import_required("tiledb", INSTALL)
    if not isinstance(darray, ArrayBase):
        raise TypeError(f"to_tiledb() takes a chunked array, not {type(darray).__name__}: use from_array(...) first")
    if key is not None:
        raise NotImplementedError("to_tiledb() takes no key=: give 'sm.encryption_key' in storage_options=")
    array = known(darray)
    if not array.ndim or not array.size:
        raise ValueError(f"TileDB has no arrays of shape {array.shape}: give one with at least an axis and an element")
    options = dict(storage_options or {})
    context = tiledb.Ctx({name: str(value) for name, value in options.items()})
    dimensions = [
        tiledb.Dim(
            name=f"dim_{axis}", domain=(0, length - 1), tile=axis_largest(length, cut), dtype="uint64", ctx=context
        )
        for axis, (length, cut) in enumerate(zip(array.shape, array.expr.grid, strict=True))
    ]
    schema = tiledb.ArraySchema(
        domain=tiledb.Domain(*dimensions, ctx=context),
        attrs=[tiledb.Attr(dtype=array.dtype, ctx=context)],
        ctx=context,
        **kwargs,
    )
    tiledb.Array.create(os.fspath(uri), schema, ctx=context)
    target = TileDBArray(os.fspath(uri), None, options)
    return store(array, target, lock=False, compute=compute, return_stored=return_stored)


class TileDBMethods(ArrayBase):
    """Writing to TileDB."""

    __slots__ = ()

    def to_tiledb(self, uri: Any, *args: Any, **kwargs: Any) -> Any:
        """Write the array to a new TileDB array; see `weft.array.to_tiledb`."""
        return to_tiledb(self, uri, *args, **kwargs)
