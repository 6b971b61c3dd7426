"""TPC-H query 7."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Volume shipping."""
    nations = t.nation[t.nation.n_name.isin(["FRANCE", "GERMANY"])][["n_nationkey", "n_name"]]
    suppliers = t.supplier.merge(nations, left_on="s_nationkey", right_on="n_nationkey").rename(
        columns={"n_name": "supp_nation"}
    )[["s_suppkey", "supp_nation"]]
    customers = t.customer.merge(nations, left_on="c_nationkey", right_on="n_nationkey").rename(
        columns={"n_name": "cust_nation"}
    )[["c_custkey", "cust_nation"]]
    items = t.lineitem
    items = items[items.l_shipdate.between(pd.Timestamp("1995-01-01"), pd.Timestamp("1996-12-31"))]
    joined = (
        customers.merge(t.orders, left_on="c_custkey", right_on="o_custkey")
        .merge(items, left_on="o_orderkey", right_on="l_orderkey")
        .merge(suppliers, left_on="l_suppkey", right_on="s_suppkey")
    )
    joined = joined[joined.supp_nation != joined.cust_nation]
    joined = joined.assign(l_year=joined.l_shipdate.dt.year, volume=joined.l_extendedprice * (1 - joined.l_discount))
    sums = joined.groupby(["supp_nation", "cust_nation", "l_year"]).agg(revenue=("volume", "sum")).reset_index()
    return sums.sort_values(["supp_nation", "cust_nation", "l_year"])
