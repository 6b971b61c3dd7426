"""Columns added or replaced."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, asked_columns, column_needs, row_needs
from weft.dataframe.ops.arithmetic import check_same_rows, scalar
from weft.expr import Expr, Need, Needs, node

__all__: list[str] = []


@node
class Assign(Partitionwise):
    """A frame with further columns: series with the same rows, or scalars."""

    source: FrameExpr
    labels: tuple[Hashable, ...]
    values: tuple[Any, ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        scalars = [(place, each) for place, each in enumerate(self.values) if not isinstance(each, FrameExpr)]
        return (self.labels, tuple(scalars))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = row_needs(asked)
        if child == self.source:
            if Need.VALUES in asked:
                return needs | VALUES
            kept = [label for label in self.source.columns if label not in self.labels]
            needs |= column_needs(asked_columns(asked, kept))
        if any(isinstance(each, FrameExpr) and each == child for each in self.values):
            needs |= VALUES
        return needs


class AssignmentMethods(FrameBase):
    """Columns added or replaced."""

    __slots__ = ()

    def assign(self, **columns: Any) -> Any:
        """A frame with further columns.

        Parameters
        ----------
        **columns
            Series with the rows of this frame, scalars, or functions of the frame with the columns before.
        """
        frame: Any = self
        for label, value in columns.items():
            made = value(frame) if callable(value) and not isinstance(value, FrameBase) else value
            if isinstance(made, FrameBase):
                check_same_rows("assign", frame.expr, made.expr)
            operand = made.expr if isinstance(made, FrameBase) else scalar(made, "assign")
            frame = new(Assign(frame.expr, (label,), (operand,)))
        return frame
