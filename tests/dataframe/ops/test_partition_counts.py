"""Rows on their way at numbers of partitions where rounds of an exchange begin or end: none is lost, none comes twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd

#: Powers of two, and one beside them.
COUNTS = (127, 128, 129, 255, 256, 257, 1023, 1024, 1025)
#: The same where each takes longer.
FEWER = (127, 128, 129, 256, 257, 1025)
ROWS = 4_100


def whole():
    """Rows with a key of many values, and the number of each."""
    chance = np.random.default_rng(0)
    return pd.DataFrame({"k": chance.integers(0, 1_500, ROWS), "n": range(ROWS)})


def same_rows(found, expected):
    """Whether both have the same rows, in any order."""
    labels = list(expected.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(labels).reset_index(drop=True)[labels],
        expected.sort_values(labels).reset_index(drop=True),
        check_dtype=False,
    )


@pytest.mark.parametrize(("before", "count"), [*[(4, count) for count in COUNTS], (300, 128), (300, 257)])
def test_shuffle(count, before):
    frame = dd.from_pandas(whole(), npartitions=before).shuffle("k", npartitions=count)
    assert frame.npartitions == count
    parts = frame.map_partitions(keys_of, meta=pd.DataFrame({"k": [0], "n": [0], "part": [0]})).compute(
        scheduler="sync"
    )
    same_rows(parts[["k", "n"]], whole())
    assert (parts.groupby("k").part.nunique() == 1).all()


def keys_of(part, partition_info=None):
    """A partition's rows with its number."""
    return part.assign(part=0 if partition_info is None else partition_info["number"])


@pytest.mark.parametrize("count", FEWER)
def test_as_many_partitions_as_before(count):
    same_rows(dd.from_pandas(whole(), npartitions=count).shuffle("k").compute(scheduler="sync"), whole())


@pytest.mark.parametrize("count", FEWER)
def test_set_index_and_sort_values(count):
    frame = dd.from_pandas(whole(), npartitions=count)
    expected = whole().set_index("k").sort_index(kind="stable")
    pd.testing.assert_frame_equal(frame.set_index("k", npartitions=count).compute(scheduler="sync"), expected)
    found = frame.sort_values("k", npartitions=count).compute(scheduler="sync")
    pd.testing.assert_frame_equal(found, whole().sort_values("k", kind="stable"))


@pytest.mark.parametrize("count", FEWER)
def test_merge(count):
    other = pd.DataFrame({"k": range(0, 1_500, 2), "m": range(750)})
    frame = dd.from_pandas(whole(), npartitions=9)
    found = frame.merge(dd.from_pandas(other, npartitions=5), on="k", how="outer", npartitions=count, broadcast=False)
    same_rows(found.compute(scheduler="sync").fillna(-1), whole().merge(other, on="k", how="outer").fillna(-1))


@pytest.mark.parametrize("count", FEWER)
def test_groupby(count):
    frame = dd.from_pandas(whole(), npartitions=7)
    found = frame.groupby("k").n.agg(["sum", "count"], split_out=count)
    assert found.npartitions == count
    pd.testing.assert_frame_equal(
        found.compute(scheduler="sync").sort_index(), whole().groupby("k").n.agg(["sum", "count"]), check_dtype=False
    )
    found = frame.drop_duplicates(subset="k", split_out=count)
    assert found.npartitions == count
    assert sorted(found.k.compute(scheduler="sync")) == sorted(whole().k.unique())


@pytest.mark.parametrize("count", FEWER)
def test_repartition(count):
    frame = dd.from_pandas(whole(), npartitions=count)
    for wanted in (3, count - 1, count + 1):
        found = frame.repartition(npartitions=wanted)
        assert found.npartitions == wanted
        pd.testing.assert_frame_equal(found.compute(scheduler="sync"), whole())
