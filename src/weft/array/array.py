"""The class that users hold: a list of method groups, each beside its operators in ``ops``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.chunk_forms import has_nan, normalize_chunks
from weft.array.chunks import UnknownCut, axis_count, compress
from weft.array.expr import ArrayExpr, meta_like
from weft.array.io.delayed import DelayedMethods
from weft.array.io.from_blocks import FromBlocks
from weft.array.io.hdf5 import HDF5Methods
from weft.array.io.result import ResultMethods
from weft.array.io.store import StoreMethods
from weft.array.io.tiledb import TileDBMethods
from weft.array.io.zarr import ZarrMethods
from weft.array.ops.arg_reductions import ArgReductionMethods
from weft.array.ops.assignment import AssignmentMethods
from weft.array.ops.block_views import BlockViewMethods
from weft.array.ops.blocks import BlockMethods
from weft.array.ops.changing import ChangingMethods
from weft.array.ops.cumulative import CumulativeMethods
from weft.array.ops.declaring import DeclaringMethods
from weft.array.ops.elementwise import ElementwiseMethods
from weft.array.ops.exporting import ExportMethods
from weft.array.ops.indexing import IndexingMethods
from weft.array.ops.lengths import LengthMethods
from weft.array.ops.masked_protocol import MaskedMethods
from weft.array.ops.overlapping import OverlapMethods
from weft.array.ops.putting import PuttingMethods
from weft.array.ops.rechunking import RechunkingMethods
from weft.array.ops.reductions import ReductionMethods
from weft.array.ops.repeating import RepeatingMethods
from weft.array.ops.reshaping import ReshapingMethods
from weft.array.ops.searching import SearchingMethods
from weft.array.ops.selecting import SelectingMethods
from weft.array.ops.sizes import SizeMethods
from weft.array.ops.sorting import SortingMethods
from weft.array.ops.statistics import StatisticMethods
from weft.array.ops.tensor import TensorMethods
from weft.array.ops.topk import TopMethods
from weft.array.ops.transposing import TransposingMethods
from weft.array.show import array_html, array_text
from weft.graph.makers import identity
from weft.physical.base import block_keys
from weft.physical.opaque import Foreign
from weft.typing import Key

__all__ = ["Array"]


class Array(
    TensorMethods,
    ElementwiseMethods,
    ReductionMethods,
    ArgReductionMethods,
    CumulativeMethods,
    StatisticMethods,
    TopMethods,
    IndexingMethods,
    AssignmentMethods,
    ChangingMethods,
    BlockViewMethods,
    PuttingMethods,
    SelectingMethods,
    SearchingMethods,
    RechunkingMethods,
    LengthMethods,
    SizeMethods,
    SortingMethods,
    BlockMethods,
    OverlapMethods,
    TransposingMethods,
    ReshapingMethods,
    RepeatingMethods,
    DeclaringMethods,
    MaskedMethods,
    ExportMethods,
    StoreMethods,
    ResultMethods,
    ZarrMethods,
    HDF5Methods,
    TileDBMethods,
    DelayedMethods,
):
    """An n-dimensional array in chunks, with NumPy's methods; nothing is computed before `compute`.

    Functions of `weft.array` make arrays. The constructor takes a graph and says what its blocks are.

    Parameters
    ----------
    graph : mapping
        Keys to tasks; the blocks are those at ``(name, i, j, ...)``.
    name : str
    chunks : tuple of tuple of int
        Lengths of the chunks along each axis; NaN where they are unknown.
    dtype : dtype, optional
        That of ``meta`` by default.
    meta : array, optional
        An empty array of the type of the blocks.
    shape : tuple of int, optional

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((4, 6), chunks=(2, 3))
    >>> x
    weft.array<ones, shape=(4, 6), dtype=float64, chunksize=(2, 3), chunktype=numpy.ndarray>
    """

    __slots__ = ()

    def __init__(
        self,
        graph: Any,
        name: str | None = None,
        chunks: Any = None,
        dtype: Any = None,
        meta: Any = None,
        shape: Any = None,
    ) -> None:
        if name is None and chunks is None and isinstance(graph, ArrayExpr):
            self.expr = graph
        else:
            self.expr = from_graph(graph, name, chunks, dtype, meta, shape)

    @property
    def _meta(self) -> Any:
        """Zero-size array of the type of the blocks; the name under which other libraries look for it.

        Some set it, too, to say what blocks are: elements are cast to its dtype then.
        """
        return self.expr.meta

    @_meta.setter
    def _meta(self, meta: Any) -> None:
        told = self if meta.dtype == self.dtype else self.astype(meta.dtype)
        if type(meta) is not type(told._meta):
            told = told.map_blocks(identity, dtype=meta.dtype, meta=meta)
        self.expr = told.expr

    def __weft_expr__(self) -> Any:
        return self.expr

    def __weft_keys__(self) -> list[Any]:
        keys: list[Any] = self.expr.keys()
        for width in self.expr.numblocks[:0:-1]:  # lists of lists, one level for each axis
            keys = [keys[at : at + width] for at in range(0, len(keys), width)]
        return keys

    def __weft_tokenize__(self) -> str:
        return self.expr.name

    def __weft_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.expr.assemble, ()

    def __weft_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.with_blocks, ()

    def with_blocks(self, blocks: Mapping[Key, Any], rename: Mapping[str, str] | None = None) -> Array:
        """The same array with its blocks from a graph, or there already; under another name if there is one for its."""
        from weft.graph.mapping import graph_from_mapping  # here, for a quick import

        return Array(FromBlocks.of(self.expr, graph_from_mapping(blocks), rename))

    def __reduce__(self) -> tuple[Any, ...]:
        return Array, (self.expr,)

    def __repr__(self) -> str:
        return array_text(self.expr)

    def _repr_html_(self) -> str:
        return array_html(self.expr)


def from_graph(graph: Any, name: Any, chunks: Any, dtype: Any, meta: Any, shape: Any) -> FromBlocks:
    """The expression of blocks that a user's graph makes."""
    from weft.graph.mapping import graph_from_mapping  # here, for a quick import

    if not isinstance(name, str):
        raise TypeError(
            f"an Array is made of an expression, or of a graph and the name of its blocks; the name is {name!r}. "
            "Use from_array, ones, zeros or another function of weft.array to make one of data."
        )
    if dtype is None and meta is None:
        raise ValueError("an Array of a graph needs dtype=, or meta= (an empty array of the type of the blocks)")
    kind = np.dtype(meta.dtype if dtype is None else dtype)
    if chunks is None:
        raise ValueError("an Array of a graph needs chunks=, e.g. ((2, 2), (3,)) for two blocks")
    lengths = None if shape is None else tuple(shape)
    if lengths is None and isinstance(chunks, tuple) and any(has_nan(each) for each in chunks):
        grid = tuple([unknown_cut(name, axis, each) for axis, each in enumerate(chunks)])
        lengths = tuple(
            [cut.length if isinstance(cut, UnknownCut) else sum(chunks[axis]) for axis, cut in enumerate(grid)]
        )
    else:
        chunks = normalize_chunks(chunks, lengths, dtype=kind)
        lengths = tuple(map(sum, chunks)) if lengths is None else lengths
        grid = tuple(map(compress, chunks))
    keys = tuple(block_keys(name, [axis_count(*each) for each in zip(lengths, grid, strict=True)]))
    prototype = None if meta is None or type(meta) is np.ndarray else meta_like(meta, len(lengths), kind)
    return FromBlocks(name, lengths, kind, grid, Foreign(graph_from_mapping(graph), keys), prototype)


def unknown_cut(name: str, axis: int, lengths: tuple[Any, ...]) -> Any:
    """The cut of an axis; if lengths are unknown, one that only this array has."""
    return UnknownCut(f"{name}-{axis}", len(lengths)) if has_nan(lengths) else compress(lengths)


ArrayBase.made = Array
