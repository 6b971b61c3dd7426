"""Frames of what is in memory, or can be sliced: dicts, records, arrays, graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.collection.base import WeftMethodsMixin
from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase, new
from weft.dataframe.io.delayed import from_delayed
from weft.dataframe.io.from_blocks import FromBlocks, Known
from weft.dataframe.io.from_map import from_map
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.meta import make_meta
from weft.expr.naming import token_of
from weft.graph.mapping import graph_from_mapping
from weft.physical.opaque import Foreign

__all__ = ["MemoryMethods", "from_array", "from_dask_array", "from_dict", "from_graph", "from_records"]


def from_dict(
    data: Mapping[Any, Any],
    npartitions: int = 1,
    orient: str = "columns",
    dtype: Any = None,
    columns: Any = None,
    constructor: Any = pd.DataFrame,
) -> Any:
    """Frame of a dict, as :meth:`pandas.DataFrame.from_dict` makes it.

    Parameters
    ----------
    data : mapping
    npartitions : int
    orient : {"columns", "index", "tight"}
    dtype : dtype, optional
    columns : list, optional
        Labels, with ``orient="index"``.
    constructor : class
        With a method ``from_dict``.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> dd.from_dict({"a": [1, 2, 3]}, npartitions=3).npartitions
    3
    """
    if isinstance(data, FrameBase) or any(isinstance(each, WeftMethodsMixin) for each in data.values()):
        raise NotImplementedError("from_dict() takes values in memory, no lazy ones: compute them, or use assign()")
    return from_pandas(
        constructor.from_dict(data, orient=orient, dtype=dtype, columns=columns), npartitions=npartitions
    )


def from_records(data: Any, index: Any = None, columns: Any = None, npartitions: int = 1, **kwargs: Any) -> Any:
    """Frame of records: tuples, dicts or a structured array, as :meth:`pandas.DataFrame.from_records` makes it.

    Examples
    --------
    >>> import weft.dataframe as dd
    >>> dd.from_records([(1, "x"), (2, "y")], columns=["a", "b"], npartitions=2).b.compute(scheduler="sync").tolist()
    ['x', 'y']
    """
    made = pd.DataFrame.from_records(data, index=index, columns=columns, **kwargs)
    return from_pandas(made, npartitions=npartitions, sort=False)


def from_array(arr: Any, chunksize: int = 50000, columns: Any = None, meta: Any = None) -> Any:
    """Frame of a table-like array: one column for each of the second axis, or for each field; a series of one axis.

    Parameters
    ----------
    arr : array
        NumPy's, a chunked one of `weft.array`, or anything with ``shape`` and ``dtype`` that can be sliced.
    chunksize : int
        Rows of a partition; those of a chunked array are its chunks.
    columns : list or label, optional
        Labels; or the name of the series.
    meta : pandas object, optional
        An example of what is made of a piece.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.dataframe as dd
    >>> dd.from_array(np.arange(6).reshape(3, 2), chunksize=2, columns=["a", "b"]).npartitions
    2
    """
    if isinstance(arr, WeftMethodsMixin) and hasattr(arr, "chunks"):
        return from_dask_array(arr, columns=columns, meta=meta)
    shape, dtype = arr.shape, arr.dtype
    check_table(shape, dtype, columns)
    if chunksize < 1:
        raise ValueError(f"chunksize is how many rows make a partition, at least 1; it is {chunksize}")
    if isinstance(arr, np.ndarray):
        whole = frame_of_block(arr, 0, columns)
        return from_pandas(whole, chunksize=chunksize) if len(whole) else from_pandas(whole, npartitions=1)
    starts = list(range(0, shape[0], chunksize)) or [0]
    empty = frame_of_block(np.empty((0, *shape[1:]), dtype), 0, columns) if meta is None else make_meta(meta)
    ends = (*starts, shape[0] - 1) if shape[0] else None
    return from_map(sliced, starts, args=[arr, chunksize, columns], meta=empty, divisions=ends, label="from_array")


def check_table(shape: Sequence[Any], dtype: Any, columns: Any) -> None:
    """Raise ValueError for arrays that are no tables."""
    if len(shape) not in (1, 2):
        raise ValueError(f"from_array() takes arrays of one or two axes; this one has {len(shape)}")
    if dtype.names is not None and len(shape) > 1:
        raise ValueError("from_array() takes structured arrays of one axis")
    width = shape[1] if len(shape) == 2 else None if dtype.names is None else len(dtype.names)
    if columns is not None and width is not None and len(list(columns)) != width:
        raise ValueError(f"from_array() was given {len(list(columns))} columns for an array with {width}")


def sliced(start: int, arr: Any, length: int, columns: Any) -> Any:
    """Some rows of something that can be sliced."""
    return frame_of_block(np.asarray(arr[start : start + length]), start, columns)


def frame_of_block(block: Any, start: int | None, columns: Any) -> Any:
    """Rows of an array as a frame or series; ``start`` is the label of the first."""
    block = np.asarray(block)
    first = start or 0
    index = pd.RangeIndex(first, first + len(block))
    if block.dtype.names is not None:
        frame = pd.DataFrame({name: block[name] for name in block.dtype.names}, index=index)
        return frame if columns is None else frame.set_axis(list(columns), axis=1)
    if block.ndim == 1:
        return pd.Series(block, index=index, name=columns, copy=False)
    return pd.DataFrame(block, index=index, columns=None if columns is None else list(columns), copy=False)


def from_dask_array(x: Any, columns: Any = None, index: Any = None, meta: Any = None) -> Any:
    """Frame of a chunked array of `weft.array`: its chunks of rows are the partitions.

    Parameters
    ----------
    x : Array
    columns : list or label, optional
    index : Index or Series, optional
        Labels of the rows, in as many partitions.
    meta : pandas object, optional
        A frame without columns stands for the type that the array itself says.

    Examples
    --------
    >>> import weft.array as da
    >>> import weft.dataframe as dd
    >>> dd.from_dask_array(da.ones((4, 2), chunks=(2, 2)), columns=["a", "b"]).sum().compute().tolist()
    [4.0, 4.0]
    """
    check_table(x.shape, x.dtype, columns if x.ndim == 2 or x.dtype.names else None)
    if x.ndim == 2 and len(x.chunks[1]) > 1:
        x = x.rechunk({1: -1})
    lengths = x.chunks[0]
    known = all(isinstance(each, (int, np.integer)) for each in lengths)
    starts: list[int | None] = [0]
    for each in lengths:
        starts.append(int(starts[-1] or 0) + int(each) if known else None)
    blocks = x.to_delayed().ravel()
    make = CONVERSIONS["delayed"](frame_of_block, pure=True)
    width = x.shape[1:] if x.ndim == 2 else ()
    untold = meta is None or (isinstance(meta, pd.DataFrame) and not len(meta.columns))
    empty = frame_of_block(np.empty((0, *map(int, width)), x.dtype), 0, columns) if untold else make_meta(meta)
    parts = [make(block, start, columns) for block, start in zip(blocks, starts[:-1], strict=True)]
    ends = None
    if known and all(lengths):
        ends = (*[int(each or 0) for each in starts[:-1]], int(starts[-1] or 0) - 1)
    if index is not None:
        labels = index.to_delayed()
        if len(labels) != len(parts):
            raise ValueError(f"the index has {len(labels)} partitions, and the array {len(parts)} chunks of rows")
        relabel = CONVERSIONS["delayed"](relabelled, pure=True)
        parts = [relabel(part, each) for part, each in zip(parts, labels, strict=True)]
        empty = relabelled(empty, index.expr.meta)
        ends = index.expr.divisions
    return from_delayed(parts, meta=empty, divisions=ends, prefix="from_array")


def relabelled(rows: Any, labels: Any) -> Any:
    """Rows with other labels."""
    return rows.set_axis(labels.array if isinstance(labels, pd.Series) else labels, axis=0)


def from_graph(layer: Mapping[Any, Any], _meta: Any, divisions: Any, keys: Sequence[Any], name_prefix: str) -> Any:
    """Frame of a ready graph: a mapping of keys to tasks.

    Parameters
    ----------
    layer : mapping
    _meta : pandas object
    divisions : sequence
        One more than there are partitions; of None where they are not known.
    keys : sequence
        The partitions' keys.
    name_prefix : str
        What the operation is called.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> part = pd.DataFrame({"a": [1, 2]})
    >>> dd.from_graph({("x", 0): part}, part.iloc[:0], (None, None), [("x", 0)], "x").a.sum().compute()
    np.int64(3)
    """
    ends = None if divisions is None or None in tuple(divisions) else tuple(divisions)
    name = f"{name_prefix}-{token_of(tuple(map(str, keys)))}"
    foreign = Foreign(graph_from_mapping(layer), tuple(keys))
    return new(FromBlocks(Known(name, make_meta(_meta), ends, name), len(keys), foreign))


class MemoryMethods(FrameBase):
    """Frames of dicts."""

    __slots__ = ()

    @staticmethod
    def from_dict(
        data: Mapping[Any, Any],
        *,
        npartitions: int = 1,
        orient: str = "columns",
        dtype: Any = None,
        columns: Any = None,
    ) -> Any:
        """Frame of a dict; see :func:`weft.dataframe.from_dict`."""
        return from_dict(data, npartitions, orient, dtype, columns)
