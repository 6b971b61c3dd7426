"""How much memory an expression keeps alive besides what others hold anyhow."""

from __future__ import annotations

import io
from typing import Any

from cloudpickle import CloudPickler

from weft.expr.node import Expr

__all__ = ["weight_of"]


class Weighing(CloudPickler):  # type: ignore[misc]
    """Writes a tree without what instances of some classes hold."""

    def __init__(self, written: io.BytesIO, but: type) -> None:
        super().__init__(written)
        self.but = but

    def persistent_id(self, value: Any) -> str | None:
        return "" if isinstance(value, self.but) else None


def weight_of(node: Expr, but: type) -> int:
    """Bytes that a tree takes with the values and functions in it, instances of a class left out."""
    written = io.BytesIO()
    Weighing(written, but).dump(node)
    return written.tell()
