"""TPC-H query 14."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Promotion effect."""
    items = t.lineitem
    items = items[(items.l_shipdate >= pd.Timestamp("1995-09-01")) & (items.l_shipdate < pd.Timestamp("1995-10-01"))]
    joined = items.merge(t.part, left_on="l_partkey", right_on="p_partkey")
    revenue = joined.l_extendedprice * (1 - joined.l_discount)
    promo = revenue.where(joined.p_type.str.startswith("PROMO"), 0.0)
    return 100.0 * promo.sum() / revenue.sum()
