"""TPC-H query 3."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Shipping priority."""
    day = pd.Timestamp("1995-03-15")
    customers = t.customer[t.customer.c_mktsegment == "BUILDING"]
    orders = t.orders[t.orders.o_orderdate < day]
    items = t.lineitem[t.lineitem.l_shipdate > day]
    joined = customers.merge(orders, left_on="c_custkey", right_on="o_custkey").merge(
        items, left_on="o_orderkey", right_on="l_orderkey"
    )
    joined = joined.assign(revenue=joined.l_extendedprice * (1 - joined.l_discount))
    sums = joined.groupby(["l_orderkey", "o_orderdate", "o_shippriority"]).agg(revenue=("revenue", "sum")).reset_index()
    columns = ["l_orderkey", "revenue", "o_orderdate", "o_shippriority"]
    return sums[columns].sort_values(["revenue", "o_orderdate"], ascending=[False, True]).head(10, **t.lazy)
