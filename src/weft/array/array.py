"""The class that users hold: a list of method groups, each beside its operators in ``ops``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.io.from_blocks import FromBlocks
from weft.array.ops.arg_reductions import ArgReductionMethods
from weft.array.ops.blocks import BlockMethods
from weft.array.ops.cumulative import CumulativeMethods
from weft.array.ops.elementwise import ElementwiseMethods
from weft.array.ops.indexing import IndexingMethods
from weft.array.ops.overlapping import OverlapMethods
from weft.array.ops.rechunking import RechunkingMethods
from weft.array.ops.reductions import ReductionMethods
from weft.array.ops.sizes import SizeMethods
from weft.array.ops.statistics import StatisticMethods
from weft.array.ops.topk import TopMethods
from weft.array.ops.transposing import TransposingMethods
from weft.graph.mapping import graph_from_mapping
from weft.typing import Key

__all__ = ["Array"]


class Array(
    ElementwiseMethods,
    ReductionMethods,
    ArgReductionMethods,
    CumulativeMethods,
    StatisticMethods,
    TopMethods,
    IndexingMethods,
    RechunkingMethods,
    SizeMethods,
    BlockMethods,
    OverlapMethods,
    TransposingMethods,
):
    """An n-dimensional array in chunks, with NumPy's methods; nothing is computed before `compute`.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((4, 6), chunks=(2, 3))
    >>> x
    <Array ones: shape=(4, 6), dtype=float64, 2 x 2 chunks of (2, 3)>
    """

    __slots__ = ()

    def __weft_expr__(self) -> Any:
        return self.expr

    def __weft_keys__(self) -> list[Key]:
        return self.expr.keys()

    def __weft_tokenize__(self) -> str:
        return self.expr.name

    def __weft_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.expr.assemble, ()

    def __weft_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.with_blocks, ()

    def with_blocks(self, blocks: Mapping[Key, Any], rename: Mapping[str, str] | None = None) -> Array:
        """The same array with its blocks from a graph, or there already; under another name if there is one for its."""
        return Array(FromBlocks.of(self.expr, graph_from_mapping(blocks), rename))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The computed array, for functions that take nothing else."""
        if copy is False:
            raise ValueError("a chunked array has to be computed to become a NumPy array: copy=False is not possible")
        return np.asarray(self.compute(), dtype)

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a chunked array is not known before it is computed. "
            "Use x.any().compute() or x.all().compute(), or & and | in place of and and or."
        )

    def __repr__(self) -> str:
        label = self.expr.label
        counts = " x ".join(map(str, self.numblocks)) or "1"
        longest = self.chunksize
        return f"<Array {label}: shape={self.shape}, dtype={self.dtype}, {counts} chunks of {longest}>"


ArrayBase.made = Array
