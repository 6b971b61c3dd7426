"""Rows where a predicate holds."""

from __future__ import annotations

from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, row_needs
from weft.dataframe.ops.arithmetic import check_same_rows
from weft.dataframe.ops.projection import project
from weft.expr import Expr, Fact, Need, Needs, node

__all__: list[str] = []


@node
class Filter(Partitionwise):
    """Rows of the source where the predicate, a series with the same rows, is true."""

    source: FrameExpr
    predicate: FrameExpr

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "getitem"

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.predicate:
            own = row_needs(asked) | VALUES
            return own | asked if child == self.source else own
        return asked if Need.VALUES not in asked else row_needs(asked) | VALUES


def filtered(frame: Any, predicate: Any) -> Any:
    """``frame[predicate]``."""
    check_same_rows("filter", frame.expr, predicate.expr)
    kind = predicate.expr.meta.dtype
    if kind.kind != "b":
        raise TypeError(f"cannot filter by a series of {kind}: a predicate is True or False for each row")
    return new(Filter(frame.expr, predicate.expr))


class FilteringMethods(FrameBase):
    """Rows by ``frame[predicate]``."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, FrameBase):
            return filtered(self, key)
        return project(self, key)


class SeriesFilteringMethods(FrameBase):
    """Rows by ``series[predicate]``."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, FrameBase):
            return filtered(self, key)
        raise NotImplementedError(
            f"cannot take {key!r} of a series: rows are chosen by a predicate, e.g. series[series > 0]"
        )
