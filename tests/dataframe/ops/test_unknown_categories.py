"""Columns whose categories are known to their files alone come out with these."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft import config


def rows():
    rng = np.random.default_rng(0)
    levels = ["lo", "mid", "hi"]
    drawn = pd.Categorical(rng.choice(levels, 90), categories=levels, ordered=True)
    return pd.DataFrame({"k": rng.choice(list("abc"), 90), "t": np.arange(90), "c": drawn}).astype({"k": "str"})


def together(d):
    return (pd if isinstance(d, pd.DataFrame) else dd).concat([d, d])


QUESTIONS = {
    "first of groups": lambda d: d.groupby("k").first(),
    "last of groups": lambda d: d.groupby("k").agg(c=("c", "last"), n=("c", "count")),
    "least of groups": lambda d: d.groupby("k").c.min(),
    "greatest of groups": lambda d: d.groupby("k", sort=False).agg(m=("c", "max")),
    "of single rows": lambda d: d.groupby("t").first(),
    "sorted, first": lambda d: d.sort_values("t", ascending=False).groupby("k").first(),
    "least": lambda d: d[["c"]].min(),
    "greatest": lambda d: d[["c"]].max(),
    "most frequent": lambda d: d.c.mode(),
    "shifted": lambda d: d.c.shift(1),
    "filled": lambda d: d.c.where(d.t > 5).fillna("lo"),
    "groups": lambda d: d.groupby("c", observed=False).t.sum(),
    "groups of two": lambda d: d.groupby(["c", "k"], observed=False).t.sum(),
    "codes": lambda d: d.c.cat.codes,
    "largest": lambda d: d.nlargest(3, "t"),
    "transformed": lambda d: d.groupby("k").c.transform("first"),
    "shifted in groups": lambda d: d.groupby("k").c.shift(1),
    "pivot": lambda d: d.pivot_table(index="k", columns="c", values="t", aggfunc="sum", observed=False),
    "joined": lambda d: d.merge(d[["k", "c"]].drop_duplicates(), on="c"),
    "together": together,
    "counts": lambda d: d.c.value_counts(),
    "sorted": lambda d: d.sort_values(["c", "t"]),
    "as labels": lambda d: d.set_index("c").sort_index(kind="stable"),
    "described": lambda d: d.c.describe(),
    "ranks": lambda d: d.c.rank(),
    "different": lambda d: d.drop_duplicates("c"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("engine", ["auto", "pandas"])
def test_categories_of_files_are_those_of_pandas(tmp_path, question, engine):
    whole = rows()
    whole.to_parquet(tmp_path / "rows.parquet", row_group_size=30)
    with config.set({"dataframe.engine": engine}):
        ours = dd.read_parquet(tmp_path / "rows.parquet", split_row_groups=True)
        assert not ours.c.cat.known
        assert_same(QUESTIONS[question](ours), QUESTIONS[question](whole))


@pytest.mark.parametrize("how", ["min", "max"])
def test_extremes_follow_the_order_of_the_categories(tmp_path, how):
    whole = rows()
    whole.to_parquet(tmp_path / "rows.parquet", row_group_size=30)
    ours = dd.read_parquet(tmp_path / "rows.parquet", split_row_groups=True)
    assert getattr(ours.c, how)().compute() == getattr(whole.c, how)()
