"""TPC-H query 15."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Top supplier."""
    items = t.lineitem
    items = items[(items.l_shipdate >= pd.Timestamp("1996-01-01")) & (items.l_shipdate < pd.Timestamp("1996-04-01"))]
    items = items.assign(revenue=items.l_extendedprice * (1 - items.l_discount))
    sums = items.groupby("l_suppkey").agg(total_revenue=("revenue", "sum")).reset_index()
    best = sums[sums.total_revenue == sums.total_revenue.max()]
    joined = t.supplier.merge(best, left_on="s_suppkey", right_on="l_suppkey")
    return joined[["s_suppkey", "s_name", "s_address", "s_phone", "total_revenue"]].sort_values("s_suppkey")
