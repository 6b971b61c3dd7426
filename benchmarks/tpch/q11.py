"""TPC-H query 11."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Important stock identification."""
    joined = t.partsupp.merge(t.supplier, left_on="ps_suppkey", right_on="s_suppkey").merge(
        t.nation[t.nation.n_name == "GERMANY"], left_on="s_nationkey", right_on="n_nationkey"
    )
    joined = joined.assign(value=joined.ps_supplycost * joined.ps_availqty)
    least = joined["value"].sum() * 0.0001 / t.scale
    sums = joined.groupby("ps_partkey").agg(value=("value", "sum")).reset_index()
    return sums[sums["value"] > least].sort_values(["value", "ps_partkey"], ascending=[False, True])
