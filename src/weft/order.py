"""The static order of graphs."""

from weft.graph.ranks import Order, OrderInfo, diagnostics, order

__all__ = ["Order", "OrderInfo", "diagnostics", "order"]
