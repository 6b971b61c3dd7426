"""Reductions of columns: each partition to a partial result, these together in a tree."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Cost, Expr, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__: list[str] = []


class ReduceChunk:
    """Operation of a kernel: the partial result of a partition."""


class ReduceCombine:
    """Operation of a kernel: partial results together."""


class ReduceFinish:
    """Operation of a kernel: the result of the last partial."""


@node
class Reduce(FrameExpr):
    """All rows to one value for each column."""

    source: FrameExpr
    kind: str
    skipna: bool = True
    split_every: int = 8

    @property
    def label(self) -> str:
        return self.kind

    @derived
    def meta(self) -> Any:
        if self.kind == "len":
            return 0
        like = self.source.meta
        return getattr(like, self.kind)() if self.kind == "count" else getattr(like, self.kind)(skipna=self.skipna)

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return frozenset() if self.kind == "len" else VALUES

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        columns = self.source.columns if isinstance(self.source.meta, pd.DataFrame) and self.kind != "len" else None
        outline = Outline(self.name, f"{self.kind}-chunk", self.source.numblocks)
        chunk = blockwise(
            outline, kernels[ReduceChunk], [(self.source, (0,))], [Same(self.kind), Same(self.skipna)], cost=Cost.LIGHT
        )
        return TreeReduce(
            self.outline,
            chunk,
            (0,),
            partial(kernels[ReduceCombine], self.kind),
            kernels[ReduceFinish],
            (self.kind, columns),
            self.split_every,
            True,
        )


def reduce(frame: Any, kind: str, skipna: bool = True, split_every: int | None = None) -> Any:
    """A reduction, refused where pandas refuses it."""
    if split_every is not None and split_every < 2:
        raise ValueError(f"split_every is how many partitions one task combines, at least 2; it is {split_every}")
    expr = Reduce(frame.expr, kind, bool(skipna), split_every or 8)
    if kind == "mean":
        meta = frame.expr.meta
        for dtype in meta.dtypes if isinstance(meta, pd.DataFrame) else [meta.dtype]:
            if dtype.kind not in "biuf":
                raise TypeError(f"cannot compute the mean of {dtype}: choose columns of numbers first")
    _ = expr.meta
    return new(expr)


class ReductionMethods(FrameBase):
    """Reductions of all rows; a frame gives one value for each column."""

    __slots__ = ()

    def sum(self, skipna: bool = True, split_every: int | None = None) -> Any:
        """Sum of the values."""
        return reduce(self, "sum", skipna, split_every)

    def mean(self, skipna: bool = True, split_every: int | None = None) -> Any:
        """Mean of the values."""
        return reduce(self, "mean", skipna, split_every)

    def min(self, skipna: bool = True, split_every: int | None = None) -> Any:
        """Least value."""
        return reduce(self, "min", skipna, split_every)

    def max(self, skipna: bool = True, split_every: int | None = None) -> Any:
        """Greatest value."""
        return reduce(self, "max", skipna, split_every)

    def count(self, split_every: int | None = None) -> Any:
        """Number of values that are not missing."""
        return reduce(self, "count", True, split_every)

    def __len__(self) -> int:
        return int(reduce(self, "len").compute())
