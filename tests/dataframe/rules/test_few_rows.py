from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft.dataframe.engine import EngineQuery, Together
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.pieces import Piece
from weft.dataframe.rules import one_piece
from weft.expr import optimize, walk

CHANCE = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "k": CHANCE.integers(0, 7, 200),
        "v": np.where(CHANCE.random(200) < 0.2, np.nan, CHANCE.random(200)),
        "w": CHANCE.random(200).astype("float32"),
        "s": CHANCE.choice(["a", "b", "cc"], 200),
        "t": CHANCE.choice(["x", "y"], 200),
        "b": CHANCE.random(200) < 0.5,
        "c": pd.Categorical(CHANCE.choice(["x", "y"], 200)),
        "n": pd.array(np.where(CHANCE.random(200) < 0.2, None, CHANCE.integers(0, 9, 200)), dtype="Int64"),
        "d": pd.Timestamp("2024-01-01") + pd.to_timedelta(CHANCE.integers(0, 10**6, 200), unit="s"),
    },
    index=pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(200) * 7919, unit="s"),
)


def module_of(frame):
    return pd if isinstance(frame, (pd.DataFrame, pd.Series)) else dd


QUICK = {
    "as it is": lambda d: d.drop(columns=["s", "n"]),
    "arithmetic": lambda d: (d[["v", "w"]] + 1) * 2,
    "absolute values": lambda d: d.v.abs(),
    "rows chosen": lambda d: d[(d.v > 0.3) & d.b],
    "values chosen": lambda d: d.loc[d.v > 0.3, "w"],
    "texts looked for": lambda d: d[d.s.isin(["a", "cc"])],
    "parts of times": lambda d: d.d.dt.floor("D"),
    "zones": lambda d: d.d.dt.tz_localize("UTC").dt.tz_convert("Europe/Paris"),
    "running sums": lambda d: d[["v", "k"]].cumsum(),
    "windows": lambda d: d.v.rolling(5).mean(),
    "windows of time": lambda d: d.v.rolling("1D").sum(),
    "growing windows": lambda d: d.v.expanding(3).std(),
    "one after another": lambda d: module_of(d).concat([d[["k", "s"]], d[["k"]]]),
    "one after another, numbered": lambda d: module_of(d).concat([d[["k", "v"]]] * 3, ignore_index=True),
    "sums": lambda d: d[["k", "v", "w", "n"]].sum(),
    "extremes": lambda d: d[["k", "v", "d"]].max(),
    "moments": lambda d: d[["k", "v", "w"]].var(),
    "skewness": lambda d: d[["k", "v"]].skew(),
    "errors of means": lambda d: d[["k", "v"]].sem(),
    "counts": lambda d: d.count(),
    "quantiles": lambda d: d[["v", "w"]].quantile([0.25, 0.5]),
    "different values": lambda d: d.s.unique() if module_of(d) is dd else pd.Series(d.s.unique(), name="s"),
    "frequencies": lambda d: d.s.value_counts(),
    "correlations": lambda d: d[["k", "v"]].corr(),
    "summary": lambda d: d[["k", "v"]].describe(),
    "groups by texts": lambda d: d.groupby(["s", "t"])[["v", "w"]].agg(["mean", "max"]),
    "groups by one text": lambda d: d.groupby("s").v.std(),
    "groups by categories": lambda d: d.groupby("c", observed=False).v.min(),
    "groups by truth": lambda d: d.groupby("b")[["v", "s"]].first(),
    "groups by numbers": lambda d: d.groupby("k")[["v", "w"]].mean(),
    "groups by nullable numbers": lambda d: d.groupby("n", dropna=False).v.sum(),
    "groups by times": lambda d: d.groupby(d.d.dt.floor("D")).v.sum(),
    "groups as columns": lambda d: d.groupby(["s", "t"], as_index=False).agg(a=("v", "max"), b=("k", "sum")),
    "groups as they come": lambda d: d.groupby("s", sort=False).size(),
    "ranks within groups": lambda d: d.groupby("k").v.rank(),
    "periods": lambda d: d.v.resample("D").mean(),
    "several periods": lambda d: d[["v", "k"]].resample("12h").agg(["min", "sum"]),
    "periods of a column": lambda d: d.resample("D", on="d").v.count(),
    "sizes of periods": lambda d: d.resample("D").size(),
    "indicators": lambda d: module_of(d).get_dummies(d.c),
    "long": lambda d: d[["k", "v", "w"]].melt(id_vars="k") if module_of(d) is dd else LONG,
    "sorted": lambda d: d.v.sort_values(),
    "labels moved": lambda d: d.v.shift(1, freq="D"),
    "bins": lambda d: module_of(d).cut(d.v, [0, 0.5, 1]),
}
LONG = FRAME[["k", "v", "w"]].melt(id_vars="k")

SLOW = {
    "texts": lambda d: d.s.str.upper(),
    "running medians": lambda d: d.v.rolling(5).median(),
    "frames in order": lambda d: d.sort_values("v"),
    "extremes of groups by numbers": lambda d: d.groupby("k").v.agg(["min", "max"]),
    "numbers looked for": lambda d: d.k.isin([1, 2]),
}


@pytest.fixture
def few_rows_count(monkeypatch):
    monkeypatch.setattr(one_piece, "LEAST_ROWS", 0)


def nodes(made):
    tree = Together(made.expr) if made.expr.npartitions > 1 else made.expr
    return list(walk(*optimize([tree], ("simplify", "choose", "divide"))))


def is_quick(made):
    every = nodes(made)
    pieces = {len(each.bounds) for each in every if isinstance(each, FromPandas)}
    return pieces == {1} and not any(isinstance(each, (EngineQuery, Piece)) for each in every)


@pytest.mark.parametrize("name", list(QUICK))
@pytest.mark.parametrize("npartitions", [1, 4])
def test_quick_questions_are_left_to_pandas(name, npartitions, few_rows_count):
    made = QUICK[name](dd.from_pandas(FRAME, npartitions=npartitions))
    assert is_quick(made)
    found, wanted = made.compute(), QUICK[name](FRAME)
    if isinstance(wanted, pd.DataFrame):
        pd.testing.assert_frame_equal(found, wanted, check_freq=False)
    else:
        pd.testing.assert_series_equal(found, wanted, check_freq=False)


@pytest.mark.parametrize("name", list(SLOW))
def test_other_questions_are_not(name, few_rows_count):
    assert not is_quick(SLOW[name](dd.from_pandas(FRAME, npartitions=4)))


def test_many_rows_and_engines_that_users_name_are_left_alone(monkeypatch, few_rows_count):
    made = dd.from_pandas(FRAME, npartitions=4).v.abs()
    with weft.config.set({"dataframe.engine": "polars"}):
        assert any(isinstance(each, EngineQuery) for each in nodes(made))
    monkeypatch.setattr(one_piece, "FEW_ROWS", 100)
    assert not is_quick(made)


def test_explanations_say_why_no_engine_is_asked(few_rows_count):
    told = str(dd.from_pandas(FRAME, npartitions=4).v.abs().explain())
    assert "pandas has the answer of few rows in memory" in told
    assert "one piece instead of 4 partitions" in told
