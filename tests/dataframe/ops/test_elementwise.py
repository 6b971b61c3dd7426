"""Programs of methods that treat rows by themselves: ours against pandas', on several partitionings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft import config
from weft.errors import MetaError

WHOLE = pd.DataFrame(
    {
        "a": [1, 2, 3, 4, 5, 6],
        "b": [1.5, np.nan, 2, 3, np.nan, 9],
        "s": ["x", "yy", None, "zz z", "w", "x"],
        "t": pd.date_range("2024-01-30", periods=6),
    }
)

PROGRAMS = """
X.a + X.b
X[["a", "b"]] * 2
X[X.a > 2]
X.assign(c=lambda f: f.a + 1)[["c", "s"]]
X.s.str.upper()
X.s.str.contains("z")
X.t.dt.month
X.b.fillna(0)
X.fillna({"b": 1.0})
X.astype({"a": "float64"})
X.dropna()
X.dropna(subset=["b"])
X.dropna(thresh=4)
X.index
X.index + 1
X[X.index > 2]
X.reset_index()
X[X.a > 2].reset_index(drop=True)
X.rename(columns={"a": "z"})[["z", "b"]]
X.add_prefix("p_").p_a
X.drop(columns=["a"])
X.drop([1, 3])
X.b.clip(lower=2)
X.a.isin([1, 4])
X.where(X.a > 3)
X.b.mask(X.a > 3, 0)
X.a.between(2, 4)
X.eval("a+b")
X.query("a>2 and b>1")
X.loc[2:4]
X.loc[2:4, "a"]
X.loc[[4, 1]]
X.loc[X.a > 3, ["s", "a"]]
X.loc[:, "a":"s"]
X.iloc[1:5]
X.iloc[::2]
X.iloc[1:-1:3]
X.iloc[-2:]
X.iloc[[4, -1, 0]]
X.iloc[:, [0, 2]]
X.a.map({1: 10, 2: 20})
X.a.map(lambda v: v * 2)
X.apply(lambda r: r.a + 1, axis=1)
X.a.apply(lambda v, k: v + k, args=(3,))
np.sqrt(X.a)
np.add(X.a, X.b)
X.a.to_frame("q")
X.a.rename("zz")
X.rename_axis("idx")
X.s.str.split(" ")
X.t.dt.isocalendar()
X.t.dt.strftime("%d")
X.a.add(X.b, fill_value=0)
X[["a", "b"]].sub(X.a, axis=0)
X[["a", "b"]].mul([1, 2])
2**X.a
-X.a
~(X.a > 2)
X.s.str.cat(X.s, sep="-")
X.s.str.extract("(.)")
X.s.str.split(" ", n=1, expand=True)
X.s.str.split(" ", expand=True)
X.s.str.get_dummies(" ")
X.replace(1, 100)
X.a.replace({1: 5})
X.select_dtypes("number")
X.filter(like="a")
X.isna()
X.b.round()
X.round({"b": 0})
X.a % 2 == 0
X.a.astype(str)
X.s.fillna("none").str.len()
X.a.sum() + X.a.max()
X.a - X.a.mean()
X[["a", "b"]] - X[["a", "b"]].mean()
X.index.map(lambda v: v * 2)
X.a.case_when([(X.a > 4, 0), (X.a > 2, -1)])
X.s.astype("category").cat.codes
X.rename(index={1: 100})
X.set_axis(["q", "r", "s", "t"], axis=1)
X[["a"]].squeeze()
"""


@pytest.mark.parametrize("program", PROGRAMS.strip().splitlines())
def test_programs_agree_with_pandas(program):
    def run(frame):
        return eval(program, {"X": frame, "np": np, "pd": pd})

    expected = run(WHOLE)
    for npartitions in (1, 3, 6):
        assert_same(run(dd.from_pandas(WHOLE, npartitions=npartitions)), expected)


DATED = """
X.index.year
X.index.month + 1
X[X.index > "2024-02-01"]
X.loc["2024-02-01":]
X.loc["2024-02"]
X.index.strftime("%d")
X.index.to_series()
X.index.to_frame()
X.index.isin([pd.Timestamp("2024-02-01")])
X.index.day_name()
X.reset_index()
X.a.reset_index()
X.a.reset_index(name="q")
"""


@pytest.mark.parametrize("program", DATED.strip().splitlines())
def test_programs_on_dates_as_index_agree_with_pandas(program):
    whole = WHOLE.set_index("t")

    def run(frame):
        return eval(program, {"X": frame, "np": np, "pd": pd})

    expected = run(whole)
    if isinstance(expected, np.ndarray):  # tests of an index are series here
        expected = pd.Series(expected, index=whole.index)
    for npartitions in (1, 4):
        assert_same(run(dd.from_pandas(whole, npartitions=npartitions)), expected)


def test_a_frame_at_hand_is_changed_by_assignment():
    whole, ours = WHOLE.copy(), dd.from_pandas(WHOLE, npartitions=3)
    for frame in (whole, ours):
        frame["c"] = frame.a * 2
        frame["d"] = 1
        frame[["e", "f"]] = frame[["a", "b"]]
        frame.loc[frame.a > 4, "a"] = 0
        frame.insert(1, "g", frame.s)
        del frame["t"]
        popped = frame.pop("f")
        frame.columns = [label.upper() for label in frame.columns]
    assert_same(ours, whole)
    assert popped.name == "f"


def test_a_label_that_is_not_there_is_a_key_error():
    ours = dd.from_pandas(WHOLE, npartitions=3)
    with pytest.raises(KeyError):
        ours.loc[[100]].compute(scheduler="sync")
    with pytest.raises(IndexError):
        ours.iloc[[100]].compute(scheduler="sync")
    with pytest.raises(KeyError, match="no column 'q'"):
        ours.drop(columns="q")


def test_users_functions_may_say_what_they_give():
    ours = dd.from_pandas(WHOLE, npartitions=3)
    made = ours.map_partitions(lambda part: part[["a"]] * 1.5, meta={"a": "float64"})
    assert_same(made, WHOLE[["a"]] * 1.5)
    with pytest.raises(MetaError, match="meta="):
        ours.map_partitions(lambda part: part.nothing)


def test_single_values_of_partitions_are_the_rows_of_a_series():
    parts = dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2)
    assert parts.map_partitions(type, meta=("kind", object)).compute().tolist() == [pd.DataFrame, pd.DataFrame]
    assert parts.map_partitions(len, meta=("n", "int64")).compute().tolist() == [2, 2]
    assert parts.map_partitions(lambda part: part.iloc[:1], meta=parts._meta).compute().a.tolist() == [0, 2]


def test_results_of_another_form_than_the_meta_are_errors():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    made = ours.map_partitions(lambda part: part[["a"]], meta={"b": "int64"})
    with pytest.raises(ValueError, match="other columns than its meta"):
        made.compute(scheduler="sync")


def test_partitions_are_told_their_numbers():
    ours = dd.from_pandas(WHOLE, npartitions=3)

    def number(part, partition_info=None):
        return part.assign(n=partition_info["number"])[["n"]]

    assert ours.map_partitions(number).compute(scheduler="sync").n.tolist() == [0, 0, 1, 1, 2, 2]


def test_head_looks_on_where_the_first_partition_is_short():
    ours = dd.from_pandas(WHOLE, npartitions=6)
    pd.testing.assert_frame_equal(ours.head(4), WHOLE.head(4))
    pd.testing.assert_frame_equal(ours.tail(4), WHOLE.tail(4))
    pd.testing.assert_frame_equal(ours.head(-2), WHOLE.head(-2))


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "condition",
    [
        lambda f: f.index % 2 == 0,
        lambda f: (f.index % 3 == 1) & (f.x > 2),
        lambda f: (f.index * 2).isin([4, 6]),
        lambda f: ~(f.index // 2 > 3),
    ],
)
def test_rows_are_chosen_by_what_is_computed_of_their_labels(condition, count, engine):
    whole = pd.DataFrame({"x": range(10)})
    frame = dd.from_pandas(whole, npartitions=count)
    with config.set({"dataframe.engine": engine}):
        pd.testing.assert_frame_equal(frame[condition(frame)].compute(scheduler="sync"), whole[condition(whole)])


def test_frames_and_what_is_made_of_them_are_keys_of_dicts():
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    things = [frame, frame.a, frame.index, frame.a.sum(), frame.copy()]
    places = {each: place for place, each in enumerate(things)}
    frame["b"] = 1
    assert [places[each] for each in things] == [0, 1, 2, 3, 4]
    assert frame.a.rename(frame.a).compute(scheduler="sync").index.tolist() == [
        1,
        2,
    ]  # a mapping, as in pandas, no name
