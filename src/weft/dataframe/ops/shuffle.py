"""Rows with equal keys brought to one partition."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, column_needs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.projection import missing_column
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.exchange import Dense, Exchange, Regrouped, plan_rounds

__all__: list[str] = []


class ShuffleSplit:
    """Operation of a kernel: runs of a partition."""


class ShuffleMerge:
    """Operation of a kernel: runs together."""


@node
class Shuffle(FrameExpr):
    """Rows by the hash of some columns: a row with hash ``h`` goes to partition ``h % npartitions``."""

    source: FrameExpr
    on: tuple[Hashable, ...]
    npartitions: int

    @derived
    def meta(self) -> Any:
        return self.source.meta

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked if Need.VALUES in asked else asked | column_needs(self.on)

    @property
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes * self.source.npartitions // self.npartitions

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        made: Expr = self.source
        for routes in plan_rounds(self.source.npartitions, self.npartitions):
            outline = self.outline
            if isinstance(routes, Regrouped) and routes.round == 1:
                outline = type(outline)(self.name, self.label, (len(routes.receives()),), outline.nbytes)
            by_hash = ByHash(routes, self.on, self.npartitions)
            made = Exchange(outline, made, kernels[ShuffleSplit], kernels[ShuffleMerge], by_hash)
        return made


@dataclass(frozen=True)
class ByHash:
    """Routes whose splits are told the columns as well."""

    routes: Dense | Regrouped
    on: tuple[Hashable, ...]
    npartitions: int

    def __weft_tokenize__(self) -> Any:
        return (self.routes, self.on, self.npartitions)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(targets, (self.on, self.npartitions, told)) for targets, told in self.routes.sends()]

    def receives(self) -> list[Any]:
        return self.routes.receives()


class ShuffleMethods(FrameBase):
    """Rows brought together by key."""

    __slots__ = ()

    def shuffle(self, on: Any, npartitions: int | None = None) -> Any:
        """Rows rearranged so that all with equal values in some columns are in one partition.

        Parameters
        ----------
        on : label or list of labels
        npartitions : int, optional
            As many as there are by default.
        """
        labels = tuple(on) if isinstance(on, list) else (on,)
        for label in labels:
            if label not in self.expr.columns:
                raise KeyError(missing_column(label, self.expr.columns))
        count = self.npartitions if npartitions is None else npartitions
        if count < 1:
            raise ValueError(f"npartitions is at least 1; it is {count}")
        return new(Shuffle(self.expr, labels, count))
