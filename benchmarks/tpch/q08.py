"""TPC-H query 8."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """National market share."""
    orders = t.orders
    orders = orders[orders.o_orderdate.between(pd.Timestamp("1995-01-01"), pd.Timestamp("1996-12-31"))]
    parts = t.part[t.part.p_type == "ECONOMY ANODIZED STEEL"][["p_partkey"]]
    america = t.region[t.region.r_name == "AMERICA"].merge(t.nation, left_on="r_regionkey", right_on="n_regionkey")[
        ["n_nationkey"]
    ]
    names = t.nation[["n_nationkey", "n_name"]].rename(columns={"n_nationkey": "k", "n_name": "nation"})
    joined = (
        parts.merge(t.lineitem, left_on="p_partkey", right_on="l_partkey")
        .merge(t.supplier, left_on="l_suppkey", right_on="s_suppkey")
        .merge(orders, left_on="l_orderkey", right_on="o_orderkey")
        .merge(t.customer, left_on="o_custkey", right_on="c_custkey")
        .merge(america, left_on="c_nationkey", right_on="n_nationkey")
        .merge(names, left_on="s_nationkey", right_on="k")
    )
    volume = joined.l_extendedprice * (1 - joined.l_discount)
    joined = joined.assign(
        o_year=joined.o_orderdate.dt.year, volume=volume, brazil=volume.where(joined.nation == "BRAZIL", 0.0)
    )
    sums = joined.groupby("o_year").agg(volume=("volume", "sum"), brazil=("brazil", "sum")).reset_index()
    return sums.assign(mkt_share=sums.brazil / sums.volume)[["o_year", "mkt_share"]].sort_values("o_year")
