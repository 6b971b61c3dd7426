"""TPC-H query 21."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Suppliers who kept orders waiting."""
    items = t.lineitem[["l_orderkey", "l_suppkey", "l_commitdate", "l_receiptdate"]]
    late = items[items.l_receiptdate > items.l_commitdate]
    several = items.groupby("l_orderkey").agg(suppliers=("l_suppkey", "nunique")).reset_index()
    several = several[several.suppliers > 1]
    guilty = late.groupby("l_orderkey").agg(late_suppliers=("l_suppkey", "nunique")).reset_index()
    guilty = guilty[guilty.late_suppliers == 1]
    nation = t.nation[t.nation.n_name == "SAUDI ARABIA"]
    suppliers = t.supplier.merge(nation, left_on="s_nationkey", right_on="n_nationkey")[["s_suppkey", "s_name"]]
    joined = (
        late.merge(suppliers, left_on="l_suppkey", right_on="s_suppkey")
        .merge(t.orders[t.orders.o_orderstatus == "F"][["o_orderkey"]], left_on="l_orderkey", right_on="o_orderkey")
        .merge(several, on="l_orderkey")
        .merge(guilty, on="l_orderkey")
    )
    counts = joined.groupby("s_name").agg(numwait=("l_suppkey", "count")).reset_index()
    return counts.sort_values(["numwait", "s_name"], ascending=[False, True]).head(100, **t.lazy)
