from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd


def test_the_same_frame_has_the_same_name_and_an_equal_one_another():
    whole = pd.DataFrame({"a": [1, 2]})
    first = dd.from_pandas(whole)
    assert first.expr.name == dd.from_pandas(whole).expr.name
    assert first.expr.name != dd.from_pandas(whole.copy()).expr.name


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
