"""TPC-H query 10."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Returned item reporting."""
    orders = t.orders
    orders = orders[
        (orders.o_orderdate >= pd.Timestamp("1993-10-01")) & (orders.o_orderdate < pd.Timestamp("1994-01-01"))
    ]
    items = t.lineitem[t.lineitem.l_returnflag == "R"]
    joined = (
        t.customer.merge(orders, left_on="c_custkey", right_on="o_custkey")
        .merge(items, left_on="o_orderkey", right_on="l_orderkey")
        .merge(t.nation, left_on="c_nationkey", right_on="n_nationkey")
    )
    joined = joined.assign(revenue=joined.l_extendedprice * (1 - joined.l_discount))
    keys = ["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"]
    sums = joined.groupby(keys).agg(revenue=("revenue", "sum")).reset_index()
    columns = ["c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone", "c_comment"]
    return sums[columns].sort_values(["revenue", "c_custkey"], ascending=[False, True]).head(20, **t.lazy)
