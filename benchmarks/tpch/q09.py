"""TPC-H query 9."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Product type profit measure."""
    parts = t.part[t.part.p_name.str.contains("green", regex=False)]
    joined = (
        parts.merge(t.lineitem, left_on="p_partkey", right_on="l_partkey")
        .merge(t.supplier, left_on="l_suppkey", right_on="s_suppkey")
        .merge(t.partsupp, left_on=["l_suppkey", "l_partkey"], right_on=["ps_suppkey", "ps_partkey"])
        .merge(t.orders, left_on="l_orderkey", right_on="o_orderkey")
        .merge(t.nation, left_on="s_nationkey", right_on="n_nationkey")
    )
    joined = joined.assign(
        o_year=joined.o_orderdate.dt.year,
        amount=joined.l_extendedprice * (1 - joined.l_discount) - joined.ps_supplycost * joined.l_quantity,
    ).rename(columns={"n_name": "nation"})
    sums = joined.groupby(["nation", "o_year"]).agg(sum_profit=("amount", "sum")).reset_index()
    return sums.sort_values(["nation", "o_year"], ascending=[True, False])
