from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft.dataframe.engine import Together
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.rules import one_piece
from weft.expr import optimize, walk

CHANCE = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "k": CHANCE.integers(0, 7, 200),
        "v": np.where(CHANCE.random(200) < 0.2, np.nan, CHANCE.random(200)),
        "s": CHANCE.choice(["a", "b", "cc"], 200),
        "c": pd.Categorical(CHANCE.choice(["x", "y"], 200)),
        "n": pd.array(CHANCE.integers(0, 9, 200), dtype="Int64"),
    }
)
SIDE = pd.DataFrame({"k": [1, 3, 5], "w": [1.5, 2.5, 3.5]})


def is_pandas(values):
    return isinstance(values, (pd.DataFrame, pd.Series))


def codes_of(column, **options):
    codes = column.factorize(**options)[0]
    return pd.Series(codes) if is_pandas(column) else codes


LIGHT = {
    "shift": lambda d: d.shift(2),
    "diff": lambda d: d[["k", "v", "s"]].shift(-1),
    "fill": lambda d: d.fillna({"v": 0.0}),
    "ffill": lambda d: d.ffill(),
    "assign": lambda d: d.assign(z=d.v.where(d.v > 0.5, 0), y=(d.v > 0.5).astype(int)),
    "astype": lambda d: d.astype({"k": "int32"}),
    "columns": lambda d: d.drop(columns=["v"]).rename(columns={"k": "K"}).reset_index(),
    "filter": lambda d: d[d.v > 0.3].reset_index(drop=True),
    "head of groups": lambda d: d.groupby("k").head(2),
    "tail of groups": lambda d: d.groupby(["k", "s"]).tail(1),
    "cumsum of groups": lambda d: d.groupby("k")[["v", "n"]].cumsum(),
    "shares": lambda d: d.v / d.groupby("s").v.transform("sum"),
    "falling labels": lambda d: d.sort_index(ascending=False),
    "rising labels": lambda d: d.sort_index(),
    "different rows": lambda d: d.drop_duplicates(["k", "s"]),
    "counts": lambda d: d.k.value_counts(),
    "positions": lambda d: d.iloc[3:150:7],
    "look up": lambda d: d.merge(SIDE if isinstance(d, pd.DataFrame) else dd.from_pandas(SIDE, npartitions=2), on="k"),
    "numbers of values": lambda d: codes_of(d.s),
    "numbers of values with gaps": lambda d: codes_of(d.v.where(d.v > 0.5), use_na_sentinel=False),
    "numbers in order": lambda d: codes_of(d.v.round(1), sort=True),
    "other labels": lambda d: d.drop(columns=["v", "n"]).set_index("s", **({} if is_pandas(d) else {"sort": False})),
    "positions in a list": lambda d: d.iloc[[190, 3, 77, 3]],
    "labels in a list": lambda d: d.loc[[190, 3, 77, 3, 100, 130]],
    "values looked up": lambda d: d.k.map({1: 0.5, 3: 2.5}),
    "columns as rows": lambda d: d.melt(["n", "s"], ["v", "k"]),
    "columns of numbers as rows": lambda d: d[["k", "v", "s"]].melt("s", var_name="q", value_name="r"),
    "columns as rows with their labels": lambda d: d[["k", "v"]].melt(ignore_index=False),
    "some columns of rows": lambda d: d.melt("s", ["v", "k"])[["value", "s"]],
    "running means": lambda d: d[["k", "v"]].expanding().mean(),
}


def sources(made, count):
    tree = Together(made.expr) if made.expr.npartitions > 1 else made.expr
    found = [each for each in walk(*optimize([tree], ("simplify", "choose"))) if isinstance(each, FromPandas)]
    return [len(each.bounds) for each in found if len(each.held.value) == count]


@pytest.fixture
def few_rows_count(monkeypatch):
    monkeypatch.setattr(one_piece, "LEAST_ROWS", 0)


@pytest.mark.parametrize("name", list(LIGHT))
def test_light_questions_are_asked_in_one_piece(name, few_rows_count):
    parts = dd.from_pandas(FRAME, npartitions=5)
    made = LIGHT[name](parts)
    assert set(sources(made, len(FRAME))) <= {1}
    found, wanted = made.compute(), LIGHT[name](FRAME)
    (pd.testing.assert_frame_equal if isinstance(wanted, pd.DataFrame) else pd.testing.assert_series_equal)(
        found, wanted
    )


HEAVY = {
    "texts": lambda d: d.s.str.upper().to_frame().assign(k=d.k),
    "a user's function": lambda d: d.map_partitions(lambda rows: rows.head(1)),
    "sorted by values": lambda d: d.sort_values("v"),
    "running medians": lambda d: d[["k", "v"]].rolling(3).median(),
    "a sample": lambda d: d.sample(frac=0.5, random_state=1),
}


@pytest.mark.parametrize("name", list(HEAVY))
def test_other_questions_are_asked_of_partitions(name, few_rows_count):
    assert set(sources(HEAVY[name](dd.from_pandas(FRAME, npartitions=5)), len(FRAME))) <= {5}


def test_blocks_that_are_read_by_others_stay(few_rows_count):
    parts = dd.from_pandas(FRAME, npartitions=5)
    moved = parts.shift(1)
    moved_values, lengths = weft.compute(moved, moved.map_partitions(len))
    pd.testing.assert_frame_equal(moved_values, FRAME.shift(1))
    assert lengths.tolist() == [40] * 5


def test_few_rows_and_large_frames_stay_in_partitions(monkeypatch):
    parts = dd.from_pandas(FRAME, npartitions=5)
    assert sources(parts.shift(1), len(FRAME)) == [5]
    monkeypatch.setattr(one_piece, "LEAST_ROWS", 0)
    with weft.config.set({"memory.budget": 4096}):
        assert sources(parts.shift(1), len(FRAME)) == [5]
    with weft.config.set({"dataframe.queries": "partitions"}):
        assert sources(parts.shift(1), len(FRAME)) == [5]


def test_the_plan_says_so(few_rows_count):
    assert "one piece instead of 5 partitions" in str(dd.from_pandas(FRAME, npartitions=5).shift(1).explain())
