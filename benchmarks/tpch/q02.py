"""TPC-H query 2."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Minimum cost supplier."""
    europe = (
        t.region[t.region.r_name == "EUROPE"]
        .merge(t.nation, left_on="r_regionkey", right_on="n_regionkey")
        .merge(t.supplier, left_on="n_nationkey", right_on="s_nationkey")
        .merge(t.partsupp, left_on="s_suppkey", right_on="ps_suppkey")
    )
    parts = t.part[(t.part.p_size == 15) & t.part.p_type.str.endswith("BRASS")]
    offers = parts.merge(europe, left_on="p_partkey", right_on="ps_partkey")
    least = offers.groupby("p_partkey").agg(least=("ps_supplycost", "min")).reset_index()
    best = offers.merge(least, on="p_partkey")
    best = best[best.ps_supplycost == best.least]
    columns = ["s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment"]
    return (
        best[columns]
        .sort_values(["s_acctbal", "n_name", "s_name", "p_partkey"], ascending=[False, True, True, True])
        .head(100, **t.lazy)
    )
