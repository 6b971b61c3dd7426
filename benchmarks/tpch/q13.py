"""TPC-H query 13."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Customer distribution."""
    orders = t.orders[~t.orders.o_comment.str.contains("special.*requests")]
    joined = t.customer.merge(orders, left_on="c_custkey", right_on="o_custkey", how="left")
    counts = joined.groupby("c_custkey").agg(c_count=("o_orderkey", "count")).reset_index()
    spread = counts.groupby("c_count").agg(custdist=("c_custkey", "count")).reset_index()
    return spread.sort_values(["custdist", "c_count"], ascending=[False, False])
