"""What is known of rows that differ, and what follows from it for the order of rows."""

from __future__ import annotations

import pandas as pd

import weft.dataframe as dd
from weft.dataframe.different import rows_differ
from weft.expr import Need

LEFT = pd.DataFrame({"k": [1, 2, 1, 3], "v": [1, 2, 3, 4]})
RIGHT = pd.DataFrame({"k": [1, 1, 3], "w": [5, 6, 7]})


def ours(frame):
    return dd.from_pandas(frame, npartitions=2)


def test_rows_differ_after_groups_and_without_duplicates():
    frame = ours(LEFT)
    groups = frame.groupby("k").agg(total=("v", "sum")).reset_index()
    assert rows_differ(groups.expr, ["k"])
    assert rows_differ(groups[groups.total > 1].rename(columns={"k": "key"}).expr, ["key", "total"])
    assert not rows_differ(groups.expr, ["total"])
    assert not rows_differ(groups.assign(k=1).expr, ["k"])
    assert rows_differ(frame.drop_duplicates(subset=["k"]).expr, ["k"])
    assert not rows_differ(frame.drop_duplicates().expr, ["k"])
    assert not rows_differ(frame.expr, ["k", "v"])


def test_joins_keep_rows_different_where_the_right_ones_are():
    different = ours(LEFT).drop_duplicates(subset=["k"])
    assert rows_differ(different.merge(ours(RIGHT).drop_duplicates(subset=["k"]), on="k").expr, ["k"])
    assert not rows_differ(different.merge(ours(RIGHT), on="k").expr, ["k"])


def test_nobody_asks_for_the_order_of_a_side_without_duplicates():
    asked = frozenset({Need.VALUES, Need.ORDER, Need.INDEX})
    joined = ours(LEFT).merge(ours(RIGHT).drop_duplicates(subset=["k"]), on="k").expr.source  # whose rows are numbered
    assert Need.ORDER in joined.asks(joined.left, asked)
    assert Need.ORDER not in joined.asks(joined.right, asked)
    by_group = ours(LEFT).groupby("k").agg(v=("v", "sum")).reset_index().sort_values("k").expr
    assert Need.ORDER not in by_group.asks(by_group.source, asked)


def test_joins_of_files_come_in_pandas_order(tmp_path):
    many = pd.DataFrame({"k": [3, 1, 2, 1, 3, 9] * 50, "w": range(300)})
    few = pd.DataFrame({"k": [2, 1, 3, 1], "v": [1.0, 2.0, 3.0, 4.0]})
    many.to_parquet(tmp_path / "many.parquet")
    few.to_parquet(tmp_path / "few.parquet")
    a, b = dd.read_parquet(tmp_path / "few.parquet"), dd.read_parquet(tmp_path / "many.parquet")
    pd.testing.assert_frame_equal(a.merge(b, on="k").compute(), few.merge(many, on="k"))
    pd.testing.assert_frame_equal(b.merge(a, on="k", how="left").compute(), many.merge(few, on="k", how="left"))
    expected = few.merge(many, on="k").sort_values("v")
    pd.testing.assert_frame_equal(a.merge(b, on="k").sort_values("v").compute(), expected)
    found = a.merge(b[["k"]].drop_duplicates(), on="k")
    pd.testing.assert_frame_equal(found.compute(), few.merge(many[["k"]].drop_duplicates(), on="k"))
