"""Where the least or the greatest value of each column is."""

from __future__ import annotations

from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs
from weft.dataframe.treewise import EVERYTHING, SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["ExtremeMethods", "SeriesExtremeMethods"]


@node
class ExtremeLabel(Treewise):
    """Label, or position, of the first least or greatest value of each column."""

    source: FrameExpr
    kind: str
    skipna: bool
    by_position: bool = False
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return self.kind.replace("idx", "arg") if self.by_position else self.kind

    @property
    def plan(self) -> tuple[str, bool, bool]:
        return (self.kind, self.skipna, self.by_position)

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        example = meta_nonempty(self.source.meta)
        return 0 if self.by_position else getattr(example, self.kind)()

    def asks(self, child: Expr, asked: Needs) -> Needs:
        # of equal values the first is meant, so their order counts
        return VALUES | {Need.ORDER} if self.by_position else EVERYTHING


class ExtremeMethods(FrameBase):
    """Labels of extreme values."""

    __slots__ = ()

    def idxmin(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Label of the first least value."""
        return extreme_label(self, "idxmin", axis, skipna, numeric_only, split_every)

    def idxmax(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Label of the first greatest value."""
        return extreme_label(self, "idxmax", axis, skipna, numeric_only, split_every)


class SeriesExtremeMethods(ExtremeMethods):
    """Labels and positions of extreme values."""

    __slots__ = ()

    def argmin(self, axis: Any = 0, skipna: bool = True) -> Any:
        """Position of the first least value."""
        return new(ExtremeLabel(self.expr, "idxmin", bool(skipna), True))

    def argmax(self, axis: Any = 0, skipna: bool = True) -> Any:
        """Position of the first greatest value."""
        return new(ExtremeLabel(self.expr, "idxmax", bool(skipna), True))


def extreme_label(frame: Any, kind: str, axis: Any, skipna: bool, numeric_only: bool, split_every: Any) -> Any:
    """`idxmin` and `idxmax`."""
    frame = of_numbers(frame, numeric_only)
    if is_rows(frame, axis):
        return new(RowReduce(frame.expr, kind, pairs(skipna=bool(skipna))))
    expr = ExtremeLabel(frame.expr, kind, bool(skipna), False, check_split_every(split_every))
    _ = expr.meta
    return new(expr)
