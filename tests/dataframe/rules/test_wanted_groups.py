"""Groups that a join looks up are made for its keys alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dataframe.columns import agree
from tests.dataframe.strategies import frames

import weft
import weft.dataframe as dd
from weft import config
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.rules import wanted_groups as module
from weft.expr import find, optimize

#: How the sums of groups are asked for, and how rows are joined with them.
ASKED = {
    "columns": lambda few, all: few.merge(all.groupby("key").number.sum().reset_index(name="total"), on="key"),
    "two keys": lambda few, all: few.merge(
        all.groupby(["word", "key"]).agg(total=("number", "sum"), least=("float", "min")).reset_index(),
        on=["key", "word"],
    ),
    "one of two keys": lambda few, all: few.merge(
        all.groupby(["word", "key"]).agg(total=("number", "sum")).reset_index(), on="word"
    ),
    "as columns": lambda few, all: few.merge(all.groupby("word", as_index=False).number.max(), on="word", how="left"),
    "with missing keys": lambda few, all: few.merge(
        all.groupby("word", dropna=False).agg(total=("number", "sum")).reset_index(), on="word"
    ),
    "index": lambda few, all: few.merge(
        all.groupby("key").agg(total=("number", "count")), left_on="key", right_index=True, how="left"
    ),
    "filtered": lambda few, all: (
        lambda groups: few.merge(
            groups[groups.kinds > 1].assign(twice=lambda each: each.kinds * 2), left_on="number", right_on="key"
        )
    )(all.groupby("key").agg(kinds=("word", "nunique")).reset_index()),
    "first come": lambda few, all: few.merge(
        all.groupby("key", sort=False).agg(first=("float", "first"), last=("word", "last")).reset_index(), on="key"
    ),
    "groups on the left": lambda few, all: (
        all.groupby("key").agg(total=("number", "sum")).reset_index().merge(few, on="key", suffixes=("", "_y"))
    ),
    "several": lambda few, all: (
        few.merge(all.groupby("key").agg(total=("number", "sum")).reset_index(), on="key")
        .merge(all[all.flag].groupby("key").agg(most=("number", "max")).reset_index(), on="key")
        .merge(all.groupby("word").agg(rows=("flag", "size")).reset_index(), on="word")
    ),
}

FEWER, MANY = module.FEWER, module.MANY


@pytest.fixture(scope="module")
def always():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEWER", 1e-9)
        patch.setattr(module, "MANY", 0)
        yield


def joins(*asked, kind="leftsemi"):
    found = find(optimize([each.expr for each in asked], phases=["simplify"]), Merge)
    return [each for each in found if each.plan.how == kind]


@pytest.mark.parametrize("title", ASKED)
def test_rows_of_other_keys_are_not_grouped(title, always):
    whole = pd.DataFrame({"key": [1, 2], "number": [1, 2], "float": [0.5, 1], "word": ["a", "b"], "flag": True})
    few, every = (dd.from_pandas(whole, npartitions=count) for count in (1, 2))
    assert len(joins(ASKED[title](few, every))) == {"several": 3}.get(title, 1)


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("title", ASKED)
@given(few=frames(min_size=1), every=frames(min_size=1), counts=st.tuples(st.integers(1, 3), st.integers(1, 3)))
def test_joins_agree_with_pandas(title, engine, few, every, counts, always):
    if title == "filtered":
        few["number"] = few["number"].astype("int64")
    ours = [dd.from_pandas(each, npartitions=count) for each, count in zip((few, every), counts, strict=True)]
    with config.set({"dataframe.engine": engine}):
        agree(ASKED[title](*ours), ASKED[title](few, every))


def test_it_takes_many_rows_and_few_keys(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FEWER", FEWER)
    monkeypatch.setattr(module, "MANY", MANY)
    rng = np.random.default_rng(0)
    every = pd.DataFrame({"key": rng.integers(0, 50_000, 200_000), "number": rng.integers(0, 9, 200_000)})
    every.to_parquet(tmp_path / "every.parquet")
    parts = dd.read_parquet(tmp_path / "every.parquet")

    for rows, count in ((1000, 1), (100_000, 0)):
        few = every.head(rows)
        joined = dd.from_pandas(few, npartitions=2).merge(parts.groupby("key").number.sum().reset_index(), on="key")
        assert len(joins(joined)) == count
        assert ("of rows whose keys are among those of the other side" in str(joined.explain())) == bool(count)
        agree(joined, few.merge(every.groupby("key").number.sum().reset_index(), on="key"))
    assert not joins(
        dd.from_pandas(every.head(9)).merge(dd.from_pandas(every.head(99)).groupby("key").number.sum(), on="key")
    )


@pytest.mark.parametrize(
    "asked",
    [
        lambda few, every: few.merge(every.groupby("key").number.sum().reset_index(), on="key", how="outer"),
        lambda few, every: few.merge(every.groupby("key").number.sum().reset_index(), on="key", how="right"),
        lambda few, every: few.merge(every.groupby("key").number.sum().cumsum().reset_index(), on="key"),
        lambda few, every: few.merge(every.groupby("key").agg(key2=("number", "sum")), left_on="number", right_on="key2"),
        lambda few, every: few.merge(every.astype({"word": "category"}).groupby("word", observed=False).number.sum(), on="word"),
    ],
    ids=["outer", "right", "not row by row", "by what was summed up", "categories"],
)  # fmt: skip
def test_it_is_not_done_where_other_groups_are_seen(asked, always):
    whole = pd.DataFrame({"key": [1, 2, 1], "number": [1, 2, 3], "word": ["a", "b", "a"]})
    few, every = dd.from_pandas(whole.head(1)), dd.from_pandas(whole, npartitions=2)
    assert not joins(asked(few, every))
    agree(asked(few, every), asked(whole.head(1), whole))


def test_groups_that_others_read_are_made_once(always):
    whole = pd.DataFrame({"key": [1, 2, 1], "number": [1, 2, 3]})
    few, every = dd.from_pandas(whole.head(1)), dd.from_pandas(whole, npartitions=2)
    groups = every.groupby("key").agg(total=("number", "sum")).reset_index()
    joined = few.merge(groups, on="key")

    assert not joins(joined, groups)
    assert not joins(joined.assign(most=groups.total.max()))
    found, sums = weft.compute(joined, groups)
    pd.testing.assert_frame_equal(sums, whole.groupby("key").agg(total=("number", "sum")).reset_index())
    pd.testing.assert_frame_equal(found, whole.head(1).merge(sums, on="key"))


def test_keys_are_taken_from_before_joins_with_other_groups(always):
    whole = pd.DataFrame({"key": [1, 2, 1], "number": [1, 2, 3], "word": ["a", "b", "a"], "flag": True})
    few, every = dd.from_pandas(whole.head(1)), dd.from_pandas(whole, npartitions=2)
    one, two, three = joins(ASKED["several"](few, every))
    assert not any(find([each.right], Merge) for each in (one, two, three))
