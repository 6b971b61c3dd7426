"""TPC-H query 6."""

from __future__ import annotations

from typing import Any

import pandas as pd


def query(t: Any) -> Any:
    """Forecasting revenue change."""
    items = t.lineitem
    items = items[
        (items.l_shipdate >= pd.Timestamp("1994-01-01"))
        & (items.l_shipdate < pd.Timestamp("1995-01-01"))
        & items.l_discount.between(0.05, 0.07)
        & (items.l_quantity < 24)
    ]
    return (items.l_extendedprice * items.l_discount).sum()
