"""How many rows nodes have, about, by what files tell without being read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft.dataframe.cardinality import rows_of_tree
from weft.diagnostics import explain
from weft.expr import optimize

ROWS = 40_000


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Items, and orders that these are of."""
    folder = tmp_path_factory.mktemp("tables")
    numbers = np.arange(ROWS)
    items = pd.DataFrame(
        {
            "order": numbers // 4,
            "mode": pd.array([f"mode {number // 7 % 5}" for number in numbers], dtype="str"),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(numbers % 100, unit="D"),
            "size": numbers % 50,
            "price": numbers * 1.5,
        }
    )
    orders = pd.DataFrame({"number": np.arange(ROWS // 4), "total": 1.0})
    items.to_parquet(folder / "items.parquet", index=False, row_group_size=20_000)
    orders.to_parquet(folder / "orders.parquet", index=False)
    return dd.read_parquet(folder / "items.parquet"), dd.read_parquet(folder / "orders.parquet")


def estimated(frame):
    """Rows that a frame is taken to have."""
    (tree,) = optimize([frame.expr], ("simplify",))
    return rows_of_tree(tree)[tree.name].length


@pytest.mark.parametrize(
    "asked",
    [
        lambda items, orders: items,
        lambda items, orders: items[items.day < pd.Timestamp("2024-01-11")],
        lambda items, orders: items[
            (items.day >= pd.Timestamp("2024-02-01")) & (items.day < pd.Timestamp("2024-02-11"))
        ],
        lambda items, orders: items[items["mode"] == "mode 3"],
        lambda items, orders: items[items["mode"].isin(["mode 1", "mode 2"])],
        lambda items, orders: items[(items["size"] * 1 < items.price) & (items["size"] == 7)],
        lambda items, orders: items[(items["mode"] == "mode 3") | (items["size"] != 4)],
        lambda items, orders: items.groupby("mode").price.sum(),
        lambda items, orders: items.groupby(["mode", "size"]).price.sum(),
        lambda items, orders: items.merge(orders, left_on="order", right_on="number"),
        lambda items, orders: items.merge(orders[orders.number < 1000], left_on="order", right_on="number"),
        lambda items, orders: items.merge(orders, left_on="order", right_on="number").groupby("order").price.sum(),
    ],
)
def test_estimates_are_near_what_comes_out(tables, asked):
    frame = asked(*tables)
    count = len(frame.compute())
    assert count / 3 <= estimated(frame) <= 3 * count


def test_what_nobody_knows_is_estimated_all_the_same(tables):
    items, _ = tables
    assert estimated(items[items["mode"].str.contains("3")]) == ROWS / 10
    assert estimated(items.groupby(items["size"] % 3).price.sum()) == ROWS / 10


def test_explanations_tell_what_a_query_holds(tables):
    items, orders = tables
    few = explain(items.groupby("mode").price.sum())
    many = explain(items.merge(orders, left_on="order", right_on="number").sort_values("price"))
    assert few.workspace_nbytes < 10_000 < many.workspace_nbytes < 250 * ROWS
    assert f"at work        {many.workspace_task} holds about" in str(many)
