"""TPC-H query 1."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Pricing summary report."""
    items = t.lineitem
    items = items[items.l_shipdate <= pd.Timestamp("1998-09-02")]
    items = items.assign(
        disc_price=items.l_extendedprice * (1 - items.l_discount),
        charge=items.l_extendedprice * (1 - items.l_discount) * (1 + items.l_tax),
    )
    return (
        items.groupby(["l_returnflag", "l_linestatus"])
        .agg(
            sum_qty=("l_quantity", "sum"),
            sum_base_price=("l_extendedprice", "sum"),
            sum_disc_price=("disc_price", "sum"),
            sum_charge=("charge", "sum"),
            avg_qty=("l_quantity", "mean"),
            avg_price=("l_extendedprice", "mean"),
            avg_disc=("l_discount", "mean"),
            count_order=("l_orderkey", "count"),
        )
        .reset_index()
        .sort_values(["l_returnflag", "l_linestatus"])
    )
