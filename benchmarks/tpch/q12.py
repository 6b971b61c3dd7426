"""TPC-H query 12."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Shipping modes and order priority."""
    items = t.lineitem
    items = items[
        items.l_shipmode.isin(["MAIL", "SHIP"])
        & (items.l_commitdate < items.l_receiptdate)
        & (items.l_shipdate < items.l_commitdate)
        & (items.l_receiptdate >= pd.Timestamp("1994-01-01"))
        & (items.l_receiptdate < pd.Timestamp("1995-01-01"))
    ]
    joined = t.orders.merge(items, left_on="o_orderkey", right_on="l_orderkey")
    high = joined.o_orderpriority.isin(["1-URGENT", "2-HIGH"])
    joined = joined.assign(high_line_count=high.astype("int64"), low_line_count=(~high).astype("int64"))
    return (
        joined.groupby("l_shipmode")
        .agg(high_line_count=("high_line_count", "sum"), low_line_count=("low_line_count", "sum"))
        .reset_index()
        .sort_values("l_shipmode")
    )
