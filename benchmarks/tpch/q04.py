"""TPC-H query 4."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Order priority checking."""
    orders = t.orders
    orders = orders[
        (orders.o_orderdate >= pd.Timestamp("1993-07-01")) & (orders.o_orderdate < pd.Timestamp("1993-10-01"))
    ]
    late = t.lineitem[t.lineitem.l_commitdate < t.lineitem.l_receiptdate][["l_orderkey"]].drop_duplicates()
    joined = orders.merge(late, left_on="o_orderkey", right_on="l_orderkey")
    return (
        joined.groupby("o_orderpriority")
        .agg(order_count=("o_orderkey", "count"))
        .reset_index()
        .sort_values("o_orderpriority")
    )
