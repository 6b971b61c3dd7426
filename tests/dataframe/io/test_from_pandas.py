from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd


def test_what_is_changed_in_the_users_frame_later_is_not_seen():
    whole = pd.DataFrame({"a": [1, 2, 3, 4], "b": ["w", "x", "y", None]})
    before = whole.copy()
    parts = dd.from_pandas(whole, npartitions=2)

    for _ in range(4):  # plans that are kept see no more than those that are made anew
        pd.testing.assert_frame_equal(parts[parts.a > 1].compute(), before[before.a > 1])
        whole.loc[1, "a"] *= 10
        whole["b"] = "z"
        whole.loc[len(whole)] = [5, "v"]

    pd.testing.assert_frame_equal(parts.compute(), before)
    pd.testing.assert_frame_equal(dd.from_pandas(whole, npartitions=2).compute(), whole)


def test_every_frame_has_a_name_of_its_own():
    whole = pd.DataFrame({"a": [1, 2]})  # which may have been changed between two calls
    assert dd.from_pandas(whole).expr.name != dd.from_pandas(whole).expr.name


def test_rows_with_one_index_value_stay_together():
    whole = pd.DataFrame({"a": range(6)}, index=[0, 0, 0, 1, 1, 2])
    parts = dd.from_pandas(whole, npartitions=3)
    assert parts.divisions == (0, 1, 2)


def test_an_unsorted_index_is_sorted_unless_told_otherwise():
    whole = pd.DataFrame({"a": range(3)}, index=[2, 0, 1])
    assert dd.from_pandas(whole).compute(scheduler="sync").index.tolist() == [0, 1, 2]
    kept = dd.from_pandas(whole, npartitions=2, sort=False)
    assert kept.compute(scheduler="sync").index.tolist() == [2, 0, 1]
    assert not kept.known_divisions


@pytest.mark.parametrize("options", [{"npartitions": 0}, {"chunksize": 0}])
def test_counts_below_one_are_refused(options):
    with pytest.raises(ValueError, match="at least 1"):
        dd.from_pandas(pd.DataFrame({"a": [1]}), **options)


def test_persisted_frames_keep_their_name():
    parts = dd.from_pandas(pd.DataFrame({"a": range(4)}), npartitions=2)
    kept = (parts.a + 1).persist(scheduler="sync")
    assert kept.expr.name == (parts.a + 1).expr.name
    assert (kept * 2).sum().compute(scheduler="sync") == 20


@pytest.mark.parametrize("npartitions", ["2", 2.5, True])
def test_a_number_of_partitions_is_a_whole_number(npartitions):
    with pytest.raises(TypeError, match="npartitions is a number of partitions"):
        dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=npartitions)
