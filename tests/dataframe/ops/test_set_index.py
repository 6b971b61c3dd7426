from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.ops.test_sorting import columns_of_every_type
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd
from weft import config


@settings(max_examples=40, deadline=None)
@given(partitioned(), st.sampled_from(["key", "number", "word", "float"]), st.booleans(), st.integers(1, 5))
def test_set_index_is_pandas_set_index_and_sort_index(pair, label, drop, count):
    whole, parts = pair
    ours = parts.set_index(label, drop=drop, npartitions=count)
    assert_same(ours, whole.set_index(label, drop=drop).sort_index(kind="stable"))
    assert_same(parts.set_index(label, drop=drop, sort=False), whole.set_index(label, drop=drop))


@pytest.mark.parametrize("kind", [each for each in columns_of_every_type(1) if each not in ("mixed", "period")])
def test_every_type_can_be_the_index(kind):
    size = 60
    whole = pd.DataFrame({"key": columns_of_every_type(size)[kind], "row": np.arange(size)})
    ours = dd.from_pandas(whole, npartitions=7, sort=False).set_index("key", npartitions=4)
    assert_same(ours, whole.set_index("key").sort_index(kind="stable"))
    assert len(ours.divisions) == 5


def test_divisions_are_found_when_somebody_looks():
    rng = np.random.default_rng(1)
    whole = pd.DataFrame({"key": rng.integers(0, 1000, 500), "a": rng.random(500)})
    ours = dd.from_pandas(whole, npartitions=5).set_index("key")
    assert ours.known_divisions
    edges = ours.divisions
    assert (edges[0], edges[-1]) == (whole.key.min(), whole.key.max())
    assert list(edges) == sorted(edges)
    for number in range(5):
        index = ours.partitions[number].compute(scheduler="sync").index
        assert (index >= edges[number]).all()
        assert len(index) < 200


def test_several_columns_and_further_levels():
    whole = pd.DataFrame({"a": [2, 1, 2, 1], "b": list("yxxy"), "c": range(4)})
    parts = dd.from_pandas(whole, npartitions=2)
    assert_same(parts.set_index(["a", "b"]), whole.set_index(["a", "b"]).sort_index())
    assert_same(parts.set_index("a", append=True, sort=False), whole.set_index("a", append=True))


def test_a_series_becomes_the_index():
    whole = pd.DataFrame({"a": [3, 1, 2, 5], "c": range(4)})
    parts = dd.from_pandas(whole, npartitions=2)
    assert_same(parts.set_index(parts.a * 2), whole.set_index(whole.a * 2).sort_index())
    assert_same(parts.set_index(parts.a), whole.set_index("a").sort_index())


def test_given_divisions():
    whole = pd.DataFrame({"a": [3, 1, 2, 5, 9, 0], "c": range(6)})
    ours = dd.from_pandas(whole, npartitions=2).set_index("a", divisions=(0, 2, 5, 9))
    assert ours.divisions == (0, 2, 5, 9)
    assert ours.partitions[1].compute().index.tolist() == [2, 3]
    assert_same(ours, whole.set_index("a").sort_index())


def test_sorted_data_stay_and_their_ends_are_looked_up():
    whole = pd.DataFrame({"a": [0, 1, 1, 1, 2, 3, 3, 4], "c": range(8)})
    parts = dd.from_pandas(whole, npartitions=4, sort=False)
    ours = parts.set_index("a", sorted=True)
    assert ours.divisions == (0, 1, 2, 3, 4)
    assert_same(ours, whole.set_index("a"))
    for number in range(ours.npartitions):
        part = ours.partitions[number].compute().index
        assert (part >= ours.divisions[number]).all()
    known = parts.set_index("c", sorted=True, divisions=(0, 2, 4, 6, 7))
    assert known.divisions == (0, 2, 4, 6, 7)
    with pytest.raises(ValueError, match="not sorted"):
        dd.from_pandas(whole.iloc[::-1], npartitions=2, sort=False).set_index("a", sorted=True)


def test_current_divisions_are_computed():
    whole = pd.DataFrame({"a": range(8), "b": [0] * 8})
    parts = dd.from_pandas(whole, npartitions=3, sort=False)
    assert parts.compute_current_divisions() == (0, 2, 5, 7)
    assert parts.compute_current_divisions("a") == (0, 2, 5, 7)
    assert parts.compute_current_divisions(set_divisions=True).divisions == (0, 2, 5, 7)
    with pytest.raises(ValueError, match="ends one partition"):
        parts.compute_current_divisions("b")


def test_what_cannot_be_an_index_is_refused():
    parts = dd.from_pandas(pd.DataFrame({"alpha": [1, 2], "b": [3, 4]}), npartitions=2)
    with pytest.raises(KeyError, match="Did you mean 'alpha'"):
        parts.set_index("alhpa")
    with pytest.raises(ValueError, match="unique"):
        parts.set_index("alpha", divisions=(0, 1, 1, 2))
    with pytest.raises(ValueError, match="sorted"):
        parts.set_index("alpha", divisions=(2, 1))
    with pytest.raises(ValueError, match="inplace"):
        parts.set_index("alpha", inplace=1)


@pytest.mark.parametrize("scheduler", ["processes", "threads"])
def test_rows_that_move_are_the_same_on_every_backend(scheduler):
    rng = np.random.default_rng(0)
    whole = pd.DataFrame({"k": rng.integers(0, 50, 300), "s": rng.integers(0, 9, 300).astype(str)})
    other = pd.DataFrame({"k": rng.integers(0, 50, 60), "x": range(60)})
    ours, theirs = dd.from_pandas(whole, npartitions=4), dd.from_pandas(other, npartitions=3)
    with config.set({"dataframe.engine": "pandas"}):
        joined = ours.merge(theirs, on="k", broadcast=False).set_index("s").compute(scheduler=scheduler)
    pd.testing.assert_frame_equal(joined, whole.merge(other, on="k").set_index("s").sort_index(kind="stable"))


def test_columns_that_become_labels_are_read_also_where_nobody_looks_at_the_labels():
    whole = pd.DataFrame({"w": [3, 1, 2], "a": [1, 2, 3], "b": [4, 5, 6]})
    frame = dd.from_pandas(whole, npartitions=2).set_index("w", sort=False)
    assert frame.a.mean().compute(scheduler="sync") == 2
    assert frame.reset_index(drop=True).b.sum().compute(scheduler="sync") == 15
