"""What a query would hold: the side of a join that is kept, and all values where an aggregate keeps them."""

from __future__ import annotations

import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft.dataframe.footprint import held_bytes, holdable


@pytest.fixture
def sides():
    small = pd.DataFrame({"k": range(100), "x": range(100)})
    large = pd.DataFrame({"k": range(10_000), "y": range(10_000)})
    return dd.from_pandas(small, npartitions=2), dd.from_pandas(large, npartitions=2)


def test_joins_hold_the_side_that_is_looked_up(sides):
    small, large = sides
    held = {how: held_bytes(small.merge(large, on="k", how=how).expr) for how in ("inner", "left", "right", "outer")}
    assert held["inner"] == held["right"] < held["left"] < held["outer"]


def test_aggregates_that_hold_all_values(sides):
    _, large = sides
    groups = large.groupby("k")
    assert held_bytes(groups.y.sum().expr) < held_bytes(groups.y.nunique().expr)


def test_a_query_may_hold_what_the_interpreter_leaves_of_the_budget():
    with weft.config.set({"memory.budget": "4 GB"}):
        large = holdable()
    with weft.config.set({"memory.budget": "1 GB"}):
        small = holdable()
    with weft.config.set({"memory.budget": "100 MB"}):
        assert holdable() == 40_000_000
    assert 4e9 < large < 1.2 * 4e9
    assert small < 1.2e9
    assert large - small == pytest.approx(1.2 * 3e9, abs=2)


@pytest.mark.parametrize("engine", ["auto", "pandas"])
def test_the_head_of_a_sorted_frame_has_as_many_rows_as_asked_for(sides, engine):
    _, large = sides
    with weft.config.set({"dataframe.engine": engine}):
        first = large.repartition(npartitions=60).sort_values("y", ascending=False).head(500, compute=False)
        assert first.compute().y.tolist() == list(range(9_999, 9_499, -1))
