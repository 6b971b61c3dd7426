"""TPC-H query 20."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Potential part promotion."""
    items = t.lineitem
    items = items[(items.l_shipdate >= pd.Timestamp("1994-01-01")) & (items.l_shipdate < pd.Timestamp("1995-01-01"))]
    shipped = items.groupby(["l_partkey", "l_suppkey"]).agg(quantity=("l_quantity", "sum")).reset_index()
    parts = t.part[t.part.p_name.str.startswith("forest")][["p_partkey"]]
    stock = t.partsupp.merge(parts, left_on="ps_partkey", right_on="p_partkey").merge(
        shipped, left_on=["ps_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"]
    )
    able = stock[stock.ps_availqty > 0.5 * stock.quantity][["ps_suppkey"]].drop_duplicates()
    canada = t.nation[t.nation.n_name == "CANADA"]
    suppliers = t.supplier.merge(canada, left_on="s_nationkey", right_on="n_nationkey").merge(
        able, left_on="s_suppkey", right_on="ps_suppkey"
    )
    return suppliers[["s_name", "s_address"]].sort_values("s_name")
