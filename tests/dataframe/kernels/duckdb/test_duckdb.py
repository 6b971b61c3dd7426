"""What DuckDB computes of files and frames is what pandas does; what it does not is said, or done by another engine."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weft.dataframe as dd
from weft import config
from weft.dataframe.kernels import duckdb
from weft.dataframe.kernels.polars import nan
from weft.errors import EngineError
from weft.expr import Need

ALL = frozenset({Need.VALUES, Need.INDEX, Need.ORDER})


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    monkeypatch.setattr(nan, "MET", type(nan.MET)())
    with config.set({"dataframe.engine": "duckdb"}):
        yield


def rows(size=400, seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["b", "a'b", 'q"q', "ü", "", "z"], dtype=object)
    return pd.DataFrame(
        {
            "k": rng.integers(0, 12, size),
            "short": rng.integers(-3, 3, size).astype("int8"),
            "t": pd.Series(words[rng.integers(0, 6, size)], dtype="str"),
            "flag": rng.random(size) < 0.5,
            "when": pd.Timestamp("2024-02-27") + pd.to_timedelta(rng.integers(0, 5, size), "D"),
            "x": rng.normal(size=size).round(3),
            "n": rng.integers(-1000, 1000, size),
        }
    )


def of_files(frame, place, files=1, **options):
    """The same rows in Parquet files."""
    place.mkdir(exist_ok=True)
    for number, part in enumerate(np.array_split(np.arange(len(frame)), files)):
        columns = {
            label: pa.array(frame[label].iloc[part], from_pandas=frame[label].dtype.kind not in "f") for label in frame
        }
        pq.write_table(pa.table(columns), place / f"{number}.parquet", **options)
    return dd.read_parquet(str(place))


HOWS = {
    "total": ("x", "sum"),
    "mean": ("n", "mean"),
    "many": ("x", "count"),
    "size": ("k", "size"),
    "least": ("x", "min"),
    "last": ("t", "max"),
    "middle": ("x", "median"),
    "spread": ("x", "std"),
    "of flags": ("flag", "sum"),
    "day": ("when", "max"),
    "short total": ("short", "sum"),
}


@pytest.mark.parametrize("files", [1, 3])
@pytest.mark.parametrize("by", [["k"], ["t"], ["t", "flag"], ["when", "short"]])
@pytest.mark.parametrize("sort", [True, False])
def test_groups_are_those_of_pandas(tmp_path, files, by, sort):
    whole = rows()
    ours = of_files(whole, tmp_path / "rows", files, row_group_size=64)
    asked = {label: each for label, each in HOWS.items() if each[0] not in by}
    expected = whole.groupby(by, sort=sort).agg(**asked)
    pd.testing.assert_frame_equal(ours.groupby(by, sort=sort).agg(**asked).compute(), expected)
    flat = ours.groupby(by, sort=sort, as_index=False).agg(**asked).compute()
    pd.testing.assert_frame_equal(flat, whole.groupby(by, sort=sort, as_index=False).agg(**asked))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("odd", [[np.nan], [np.inf], [np.inf, -np.inf], [np.nan, np.inf, -0.0], [-0.0, 0.0]])
@pytest.mark.parametrize("how", ["sum", "mean", "std", "var", "min", "max", "median", "count", "nunique"])
def test_odd_numbers_are_taken_as_pandas_takes_them(tmp_path, odd, how):
    whole = rows(60)
    whole.loc[[3, 7, 30][: len(odd)], "x"] = odd if len(odd) > 1 else odd[0]
    whole.loc[whole.k == 5, "x"] = np.nan
    ours = of_files(whole, tmp_path / "rows")
    for _ in range(2):  # the second time NaN is expected
        found = ours.groupby("k").agg(a=("x", how), b=("x", "count")).compute()
        pd.testing.assert_frame_equal(found, whole.groupby("k").agg(a=("x", how), b=("x", "count")))
    if how not in ("nunique", "median"):
        found, expected = getattr(ours.x, how)().compute(), getattr(whole.x, how)()
        assert np.isclose(found, expected, equal_nan=True), (found, expected)


@pytest.mark.parametrize("dropna", [True, False])
def test_missing_keys_are_a_group_or_none(tmp_path, dropna):
    whole = rows(80)
    whole.loc[::7, "t"] = None
    whole.loc[3::5, "when"] = pd.NaT
    ours = of_files(whole, tmp_path / "rows")
    for by in ("t", ["when", "t"]):
        found = ours.groupby(by, dropna=dropna).x.sum().compute()
        pd.testing.assert_series_equal(found, whole.groupby(by, dropna=dropna).x.sum())


def test_sums_that_overflow_wrap_as_in_pandas(tmp_path):
    whole = pd.DataFrame({"k": [1, 1, 2], "n": [2**62, 2**62, 5]})
    ours = of_files(whole, tmp_path / "rows")
    pd.testing.assert_series_equal(ours.groupby("k").n.sum().compute(), whole.groupby("k").n.sum())
    assert (ours.n * 4).sum().compute() == (whole.n * 4).sum()


@pytest.mark.parametrize("how", ["inner", "left"])
@pytest.mark.parametrize("key", ["k", "t"])
def test_joins_keep_the_order_of_pandas(tmp_path, how, key):
    left, right = rows(90)[["k", "t", "x"]], rows(40, 1)[["k", "t", "n", "when"]]
    left.loc[::9, "t"] = None
    right.loc[::8, "t"] = None
    right = right.drop(columns="t" if key == "k" else "k").assign(n=right.n / 2)
    ours = [of_files(left, tmp_path / "left"), of_files(right, tmp_path / "right", 2)]
    expected = left.merge(right, on=key, how=how)
    pd.testing.assert_frame_equal(ours[0].merge(ours[1], on=key, how=how).compute(), expected)
    found = ours[0].merge(ours[1], on=key, how=how)[["x", "n"]].sum().compute()
    pd.testing.assert_series_equal(found, left.merge(right, on=key, how=how)[["x", "n"]].sum())


def test_columns_that_gaps_turn_into_objects_are_refused(tmp_path):
    left, right = rows(30)[["k", "x"]], rows(5, 1)[["k", "flag"]]
    ours = [of_files(left, tmp_path / "left"), of_files(right, tmp_path / "right")]
    with pytest.raises(EngineError, match="columns of object"):
        ours[0].merge(ours[1], on="k", how="left").compute()


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("count", [1, 2, 50])
def test_first_rows_of_groups_of_sorted_rows(tmp_path, ascending, count):
    whole = rows(200)
    whole["x"] = whole.x.round(0)
    whole.loc[::11, "x"] = np.nan
    ours = of_files(whole, tmp_path / "rows")

    def heads(frame):
        return frame[["k", "x"]].sort_values("x", ascending=ascending).groupby("k", sort=False).head(count)

    expected = (
        whole[["k", "x"]].sort_values("x", ascending=ascending, kind="stable").groupby("k", sort=False).head(count)
    )
    for _ in range(2):
        pd.testing.assert_frame_equal(heads(ours).compute(), expected)


@pytest.mark.parametrize(
    "question",
    [
        lambda d: d[(d.x > 0.1) & (d.t != "ü") | d.flag].groupby("k").x.sum(),
        lambda d: d[d.t.isin(["a'b", 'q"q', "nothing"])].groupby("t").n.mean(),
        lambda d: d[d.t.str.contains("q", regex=False) | d.t.str.startswith("a")].groupby("t").size(),
        lambda d: d.assign(y=d.x * 2 - d.n / 7, z=1).groupby("k")[["y", "z"]].sum(),
        lambda d: (
            d[d.when >= pd.Timestamp("2024-02-29")].pipe(lambda e: e.assign(day=e.when.dt.day)).groupby("day").n.max()
        ),
        lambda d: d[d.n.between(-50, 300, inclusive="left")].n.sum(),
        lambda d: d.sort_values(["t", "x"], ascending=[False, True]),
        lambda d: d.nlargest(9, "n"),
        lambda d: d[d.x > d.x.mean()].groupby("flag").x.count(),
        lambda d: d[d.x > 1e9].groupby("k").agg(a=("x", "sum"), b=("n", "max")),
        lambda d: d[d.n > 10**6].x.mean(),
        lambda d: d.n.sum() / d.x.sum() - 3,
        lambda d: d.sort_values(["t", "x"]).groupby("k", sort=False).n.sum(),
        lambda d: d[d.short > d.x].groupby("t").size(),
        lambda d: d.groupby([d.x.name, "k"]).n.sum(),
    ],
)
def test_questions_have_the_answers_of_pandas(tmp_path, question):
    whole = rows()
    found, expected = question(of_files(whole, tmp_path / "rows")).compute(), question(whole)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    else:
        assert np.isclose(found, expected, equal_nan=True)


def test_names_may_be_anything(tmp_path):
    whole = rows(50).rename(columns={"k": 'k "x"; --', "x": "select ü", "n": "weft", "t": "T'"})
    ours = of_files(whole, tmp_path / "it's here")
    found = (
        ours.groupby('k "x"; --')
        .agg(**{"a b": ("select ü", "sum"), "n": ("weft", "max"), "t": ("T'", "min")})
        .compute()
    )
    expected = whole.groupby('k "x"; --').agg(**{"a b": ("select ü", "sum"), "n": ("weft", "max"), "t": ("T'", "min")})
    pd.testing.assert_frame_equal(found, expected)


def test_files_without_rows_and_columns_without_values(tmp_path):
    whole = rows(40).assign(x=np.nan, t=pd.Series([None] * 40, dtype="str"))
    for frame in (whole, whole[:0]):
        ours = of_files(frame, tmp_path / str(len(frame)), row_group_size=8)
        found = ours.groupby("k").agg(a=("x", "sum"), b=("x", "max"), c=("n", "min"), m=("x", "median")).compute()
        expected = frame.groupby("k").agg(a=("x", "sum"), b=("x", "max"), c=("n", "min"), m=("x", "median"))
        pd.testing.assert_frame_equal(found, expected)
        assert ours.x.sum().compute() == 0


def test_one_source_read_twice(tmp_path):
    whole = rows(120)
    ours = of_files(whole, tmp_path / "rows")

    def question(frame):
        totals = frame.groupby("k").agg(total=("n", "sum")).reset_index()
        return frame.merge(totals, on="k").groupby("t").total.sum()

    pd.testing.assert_series_equal(question(ours).compute(), question(whole))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.rename(columns={"n": "K"}), "their case only"),
        (lambda d: d.rename(columns={"n": "file_row_number"}), "DuckDB's own"),
    ],
)
def test_files_that_it_would_read_otherwise_are_refused(tmp_path, change, reason):
    ours = of_files(change(rows(20)), tmp_path / "rows")
    with pytest.raises(EngineError, match=reason):
        ours.groupby("k").x.sum().compute()


def test_hive_partitions_are_refused(tmp_path):
    rows(20).to_parquet(tmp_path / "hive", partition_cols=["flag"])
    with pytest.raises(EngineError, match="directories as keys"):
        dd.read_parquet(str(tmp_path / "hive")).groupby("k").x.sum().compute()


def test_categories_stay_in_pandas():
    ours = dd.from_pandas(pd.DataFrame({"c": pd.Categorical(["a", "b"]), "x": [1.0, 2.0]}), npartitions=1)
    with pytest.raises(EngineError, match="category"):
        ours.groupby("c", observed=True).x.sum().compute()


def test_frames_in_memory():
    whole = rows(100).set_axis(np.arange(100) * 2)
    ours = dd.from_pandas(whole, npartitions=3)
    pd.testing.assert_frame_equal(ours[ours.n > 0].sort_values("x").compute(), whole[whole.n > 0].sort_values("x"))


def test_queries_travel(tmp_path):
    whole = rows(30)
    ours = of_files(whole, tmp_path / "rows").groupby("k").x.sum()
    query, *_ = duckdb.translated(ours.expr, ALL)
    pd.testing.assert_series_equal(pickle.loads(pickle.dumps(query))(), whole.groupby("k").x.sum())


@pytest.mark.parametrize("engine", ["duckdb", "polars", "auto"])
def test_other_processes_give_the_same(tmp_path, engine):
    whole = rows()
    made = (
        of_files(whole, tmp_path / "f")
        .groupby(["k", "t"], sort=False)
        .agg(s=("x", "sum"), m=("x", "median"))
        .reset_index()
    )
    expected = whole.groupby(["k", "t"], sort=False).agg(s=("x", "sum"), m=("x", "median")).reset_index()
    with config.set({"dataframe.engine": engine}):
        pd.testing.assert_frame_equal(made.compute(scheduler="processes"), expected)


def test_large_files_by_few_keys_are_its_own_and_explained(tmp_path, monkeypatch):
    from weft.dataframe.rules import faster

    ours = of_files(rows(200), tmp_path / "rows")
    with config.set({"dataframe.engine": "auto"}):
        question = ours.groupby("t").x.sum()
        assert "polars, as one query" in str(question.explain())
        monkeypatch.setattr(faster, "LARGE", 100)
        assert "duckdb, as one query, since groups of large files" in str(question.explain())
        assert "polars" in str(ours.x.sum().explain())


def test_joins_that_are_summed_up_are_its_own(tmp_path, monkeypatch):
    from weft.dataframe.rules import faster

    monkeypatch.setattr(faster, "LARGE", 100)
    left, right = rows(200)[["k", "x"]], rows(20, 1)[["k", "n"]]
    ours = [of_files(left, tmp_path / "left"), of_files(right, tmp_path / "right")]
    with config.set({"dataframe.engine": "auto"}):
        question = ours[0].merge(ours[1], on="k")[["x", "n"]].sum()
        assert "duckdb, as one query, since a join of large files" in str(question.explain())
        pd.testing.assert_series_equal(question.compute(), left.merge(right, on="k")[["x", "n"]].sum())
        joined = ours[0].merge(ours[1], on="k")
        assert "polars, as one query" in str(joined[joined.x > joined.n].n.sum().explain())


def test_what_does_not_fit_the_budget_is_its_own(tmp_path, monkeypatch):
    from weft.dataframe import footprint

    monkeypatch.setattr(footprint, "INTERPRETER", 0)
    whole = rows(40_000)
    ours = of_files(whole, tmp_path / "rows")

    def question(frame):
        every = frame.groupby(["k", "t", "n"]).agg(last=("when", "max"), many=("x", "count")).reset_index()
        return every.groupby("k").many.sum()

    with config.set({"dataframe.engine": "auto", "memory.budget": "400 kB"}):
        assert "duckdb, as one query, since it goes to disk" in str(question(ours).explain())
    with config.set({"dataframe.engine": "auto"}):
        assert "polars, as one query" in str(question(ours).explain())


def test_an_operator_without_translation_is_named(tmp_path):
    with pytest.raises(EngineError, match=r"'duckdb', and .* cannot be computed by it: .*has no translation"):
        of_files(rows(20), tmp_path / "rows").x.cumsum().compute()


@pytest.mark.parametrize("keys", ["t", "k", ["t", "k"], ["k", "gap"]])
@pytest.mark.parametrize("dropna", [True, False])
@pytest.mark.parametrize("head", [3, 300])
def test_groups_in_the_order_of_first_rows_are_found_among_these(tmp_path, monkeypatch, keys, dropna, head):
    from weft.dataframe.kernels.duckdb import groups

    monkeypatch.setattr(groups, "HEAD", head)
    monkeypatch.setattr(groups, "ROWS_OF_GROUP", 0)
    whole = rows(30_000)
    whole["gap"] = whole.t.where(whole.t != "z")
    whole.loc[:200, "k"] = 11  # all but one is met late
    ours = of_files(whole, tmp_path / "rows", row_group_size=15_000)
    sought = []
    monkeypatch.setattr(groups, "with_firsts", lambda *given, old=groups.with_firsts: sought.append(1) or old(*given))
    options = {"sort": False, "dropna": dropna}
    hows = {label: each for label, each in HOWS.items() if each[0] not in keys}
    expected = whole.groupby(keys, **options).agg(**hows).reset_index()
    got = ours.groupby(keys, **options).agg(**hows).reset_index().compute()
    pd.testing.assert_frame_equal(got, expected)
    assert sought
    whole["n"] = np.arange(30_000)
    again = (
        of_files(whole.sort_values("t"), tmp_path / "sorted", row_group_size=15_000).groupby("t", sort=False).n.sum()
    )
    sought.clear()
    pd.testing.assert_series_equal(again.compute(), whole.sort_values("t").groupby("t", sort=False).n.sum())
    assert not sought  # row groups lie between other values, so that the first rows tell nothing of the others
