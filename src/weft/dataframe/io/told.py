"""Values that are known without being computed."""

from __future__ import annotations

from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.expr import Expr, derived, node
from weft.graph.makers import identity
from weft.physical.blockwise import Listed, from_parts

__all__ = ["Told"]


@node
class Told(FrameExpr):
    """One value, what it is the answer to, and a value of the type that the answer was said to have."""

    child_fields = ()

    value: Any
    question: str
    example: Any

    @property
    def label(self) -> str:
        return self.question

    @derived
    def meta(self) -> Any:
        return self.example

    @derived
    def npartitions(self) -> int:
        return 1

    def lower(self) -> Expr:
        return from_parts(self.outline, identity, Listed((self.value,)))
