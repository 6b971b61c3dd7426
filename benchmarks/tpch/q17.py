"""TPC-H query 17."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Small-quantity-order revenue."""
    parts = t.part[(t.part.p_brand == "Brand#23") & (t.part.p_container == "MED BOX")][["p_partkey"]]
    joined = parts.merge(t.lineitem, left_on="p_partkey", right_on="l_partkey")
    means = joined.groupby("p_partkey").agg(mean=("l_quantity", "mean")).reset_index()
    joined = joined.merge(means, on="p_partkey")
    return joined[joined.l_quantity < 0.2 * joined["mean"]].l_extendedprice.sum() / 7.0
