"""TPC-H query 19."""

from __future__ import annotations

from typing import Any


def query(t: Any) -> Any:
    """Discounted revenue."""
    items = t.lineitem
    items = items[items.l_shipmode.isin(["AIR", "AIR REG"]) & (items.l_shipinstruct == "DELIVER IN PERSON")]
    joined = items.merge(t.part, left_on="l_partkey", right_on="p_partkey")
    small = (
        (joined.p_brand == "Brand#12")
        & joined.p_container.isin(["SM CASE", "SM BOX", "SM PACK", "SM PKG"])
        & joined.l_quantity.between(1, 11)
        & joined.p_size.between(1, 5)
    )
    medium = (
        (joined.p_brand == "Brand#23")
        & joined.p_container.isin(["MED BAG", "MED BOX", "MED PKG", "MED PACK"])
        & joined.l_quantity.between(10, 20)
        & joined.p_size.between(1, 10)
    )
    large = (
        (joined.p_brand == "Brand#34")
        & joined.p_container.isin(["LG CASE", "LG BOX", "LG PACK", "LG PKG"])
        & joined.l_quantity.between(20, 30)
        & joined.p_size.between(1, 15)
    )
    joined = joined[small | medium | large]
    return (joined.l_extendedprice * (1 - joined.l_discount)).sum()
