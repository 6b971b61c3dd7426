"""The static order of graphs, under the name by which programs written for Dask import it."""

from weft.graph.ranks import Order, OrderInfo, diagnostics, order

__all__ = ["Order", "OrderInfo", "diagnostics", "order"]
