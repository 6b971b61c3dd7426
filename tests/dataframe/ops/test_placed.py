"""Values that are found elsewhere: the same as where all rows are in one place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import NUMBERS, TEXTS, TIMES, agree, cut_frames, cut_series, in_partitions

import weft
from weft.dataframe.ops import placed

KINDS = tuple(dict.fromkeys([*NUMBERS, *TIMES, *TEXTS]))


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(placed, "SHARE", 0)
    monkeypatch.setattr(placed, "MANY", 2)


@settings(max_examples=80, deadline=None)
@given(
    cut_series(KINDS),
    st.sampled_from(["average", "min", "max", "first", "dense"]),
    st.sampled_from(["keep", "bottom", "top"]),
    st.booleans(),
    st.booleans(),
)
def test_ranks_agree_with_pandas(pair, method, na_option, ascending, pct):
    whole, parts = pair
    options = {"method": method, "na_option": na_option, "ascending": ascending, "pct": pct}
    agree(lambda: parts.rank(**options), lambda: whole.rank(**options))


@settings(max_examples=80, deadline=None)
@given(cut_series(KINDS))
def test_places_in_order_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.argsort(kind="stable"), lambda: whole.argsort(kind="stable"))


@settings(max_examples=30, deadline=None)
@given(cut_frames(("int64", "float64"), min_columns=1), st.booleans())
def test_ranks_of_frames_agree_with_pandas(pair, ascending):
    whole, parts = pair
    agree(lambda: parts.rank(ascending=ascending), lambda: whole.rank(ascending=ascending))


@settings(max_examples=80, deadline=None)
@given(cut_frames(KINDS, min_columns=1), st.sampled_from(["first", "last", False]))
def test_rows_that_are_there_again_agree_with_pandas(pair, keep):
    whole, parts = pair
    agree(lambda: parts.duplicated(keep=keep), lambda: whole.duplicated(keep=keep))
    agree(lambda: parts.c0.duplicated(keep), lambda: whole.c0.duplicated(keep))


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_answers_stand_beside_their_rows(scheduler):
    chance = np.random.default_rng(0)
    whole = pd.DataFrame({"a": chance.integers(0, 30, 200), "b": chance.random(200)}, index=chance.integers(0, 9, 200))
    parts = in_partitions(whole, [0, 10, 90, 150])
    kept = parts[~parts.a.duplicated()].compute(scheduler=scheduler)
    pd.testing.assert_frame_equal(kept, whole[~whole.a.duplicated()])
    first = parts.assign(place=parts.b.rank()).compute(scheduler=scheduler)
    pd.testing.assert_frame_equal(first, whole.assign(place=whole.b.rank()))


def test_keys_travel_and_nothing_is_brought_to_one_place():
    parts = in_partitions(pd.DataFrame({"a": [3, 1, 2, 1]}), [1, 2])
    for asked in (parts.a.rank(), parts.duplicated()):
        text = str(asked.explain())
        assert "Exchange" in text
        assert "whole" not in text.split("What will run")[1]


def test_what_is_a_small_part_of_the_budget_is_ranked_in_one_place(monkeypatch):
    monkeypatch.undo()
    parts = in_partitions(pd.DataFrame({"a": np.arange(1000.0)}), [300, 600])
    assert "Exchange" not in str(parts.a.rank().explain())
    with weft.config.set({"memory.budget": "100 kB"}):
        assert "Exchange" in str(parts.a.rank().explain())
        assert "Exchange" in str(parts.duplicated().explain())
