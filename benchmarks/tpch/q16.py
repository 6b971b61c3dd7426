"""TPC-H query 16."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Parts/supplier relationship."""
    parts = t.part
    parts = parts[
        (parts.p_brand != "Brand#45")
        & ~parts.p_type.str.startswith("MEDIUM POLISHED")
        & parts.p_size.isin([49, 14, 23, 45, 19, 3, 36, 9])
    ]
    bad = t.supplier[t.supplier.s_comment.str.contains("Customer.*Complaints")][["s_suppkey"]].assign(bad=True)
    joined = parts.merge(t.partsupp, left_on="p_partkey", right_on="ps_partkey").merge(
        bad, left_on="ps_suppkey", right_on="s_suppkey", how="left"
    )
    joined = joined[joined.bad.isna()]
    counts = joined.groupby(["p_brand", "p_type", "p_size"]).agg(supplier_cnt=("ps_suppkey", "nunique")).reset_index()
    return counts.sort_values(["supplier_cnt", "p_brand", "p_type", "p_size"], ascending=[False, True, True, True])
