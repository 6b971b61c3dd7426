"""TPC-H query 22."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Global sales opportunity."""
    customers = t.customer.assign(cntrycode=t.customer.c_phone.str.slice(0, 2))
    customers = customers[customers.cntrycode.isin(["13", "31", "23", "29", "30", "18", "17"])]
    mean = customers[customers.c_acctbal > 0.0].c_acctbal.mean()
    rich = customers[customers.c_acctbal > mean]
    buyers = t.orders[["o_custkey"]].drop_duplicates()
    joined = rich.merge(buyers, left_on="c_custkey", right_on="o_custkey", how="left")
    joined = joined[joined.o_custkey.isna()]
    return (
        joined.groupby("cntrycode")
        .agg(numcust=("c_custkey", "count"), totacctbal=("c_acctbal", "sum"))
        .reset_index()
        .sort_values("cntrycode")
    )
