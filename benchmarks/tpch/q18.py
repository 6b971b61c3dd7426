"""TPC-H query 18."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Large volume customer."""
    sums = t.lineitem.groupby("l_orderkey").agg(total=("l_quantity", "sum")).reset_index()
    large = sums[sums.total > 300]
    joined = t.orders.merge(large, left_on="o_orderkey", right_on="l_orderkey").merge(
        t.customer, left_on="o_custkey", right_on="c_custkey"
    )
    columns = ["c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "total"]
    return joined[columns].sort_values(["o_totalprice", "o_orderdate"], ascending=[False, True]).head(100, **t.lazy)
