"""TPC-H query 5."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Local supplier volume."""
    orders = t.orders
    orders = orders[
        (orders.o_orderdate >= pd.Timestamp("1994-01-01")) & (orders.o_orderdate < pd.Timestamp("1995-01-01"))
    ]
    joined = (
        t.region[t.region.r_name == "ASIA"]
        .merge(t.nation, left_on="r_regionkey", right_on="n_regionkey")
        .merge(t.customer, left_on="n_nationkey", right_on="c_nationkey")
        .merge(orders, left_on="c_custkey", right_on="o_custkey")
        .merge(t.lineitem, left_on="o_orderkey", right_on="l_orderkey")
        .merge(t.supplier, left_on=["l_suppkey", "n_nationkey"], right_on=["s_suppkey", "s_nationkey"])
    )
    joined = joined.assign(revenue=joined.l_extendedprice * (1 - joined.l_discount))
    sums = joined.groupby("n_name").agg(revenue=("revenue", "sum")).reset_index()
    return sums.sort_values("revenue", ascending=False)
