from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weft.dataframe as dd
from weft.dataframe.kernels.pandas import runs
from weft.dataframe.kernels.pandas.runs import addresses, in_target_order, joined, run_of, runs_by_target

pytestmark = pytest.mark.usefixtures("way")


@given(st.lists(st.integers(0, 8), max_size=40), st.sampled_from(["uint8", "uint16", "uint32"]))
def test_rows_of_a_target_keep_their_order(targets, dtype):
    order, upto = in_target_order(np.array(targets, dtype=dtype), 10)
    order = np.arange(len(targets)) if order is None else order
    assert upto[0] == 0
    assert len(upto) == 11
    for target in range(10):
        expected = [row for row, each in enumerate(targets) if each == target]
        assert order[upto[target] : upto[target + 1]].tolist() == expected


@given(st.lists(st.integers(0, 8), max_size=40), st.booleans())
def test_runs_have_the_rows_of_their_targets(targets, keep_index):
    whole = pd.DataFrame(
        {
            "i": np.arange(len(targets)),
            "f": np.arange(len(targets)) / 2,
            "m": pd.to_datetime(np.arange(len(targets))),
            "s": np.arange(len(targets), dtype="int16"),
            "o": np.array([object() for _ in targets], dtype=object),
            "t": [str(row) for row in range(len(targets))],
        },
        index=[f"label {row}" for row in range(len(targets))],
    )
    numbers = np.array(targets, dtype="uint8")
    bounds = (0, 1, 4, 9)
    runs = runs_by_target(run_of(whole, keep_index), numbers, bounds)
    assert len(runs) == 3
    for run, low, high in zip(runs, bounds[:-1], bounds[1:], strict=True):
        rows = [row for target in range(low, high) for row, each in enumerate(targets) if each == target]
        assert run.length == len(rows)
        assert (run.index is None) != keep_index
        for array, label in zip(run.columns, whole.columns, strict=True):
            assert pd.Series(array).tolist() == whole[label].iloc[rows].tolist()
            assert getattr(array, "base", None) is None  # a run owns its memory


texts = st.lists(st.none() | st.text("aß€", max_size=3), max_size=12)


@given(texts, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=4))
def test_texts_are_joined_whether_they_are_neighbours_or_not(values, cuts):
    whole = pa.array(values, pa.large_string())
    parts = [whole[min(pair) : max(pair)] for pair in cuts]
    assert joined(parts).to_pylist() == [value for part in parts for value in part.to_pylist()]


@given(texts, st.lists(st.integers(0, 12), max_size=3))
def test_neighbouring_texts_are_joined_where_they_lie(values, places):
    whole = pa.array(values, pa.large_string())
    edges = sorted([0, len(values), *[min(place, len(values)) for place in places]])
    found = joined([whole[start:stop] for start, stop in pairwise(edges)])
    assert found.equals(whole)
    assert not values or addresses(found) == addresses(whole)


def test_large_texts_of_several_partitions_stay_where_they_are(monkeypatch):
    monkeypatch.setattr(runs, "LARGE_TEXTS", 1)
    texts = pd.Series(["b", None, "aa", "", "é", "b", "ccc"], name="s").repeat(3).reset_index(drop=True)
    frame = pd.DataFrame({"s": texts, "v": range(21)})
    parts = dd.from_pandas(frame, npartitions=4)

    made = parts.assign(s=parts.s.str.upper()).compute()

    assert made.s.array.__arrow_array__().num_chunks == 4
    wanted = frame.assign(s=frame.s.str.upper())
    pd.testing.assert_frame_equal(made, wanted)
    again = dd.from_pandas(made, npartitions=3)
    pd.testing.assert_frame_equal(again.sort_values("s").compute(), wanted.sort_values("s", kind="stable"))
    pd.testing.assert_series_equal(again.groupby("s").v.sum().compute(), wanted.groupby("s").v.sum())
    assert parts.repartition(npartitions=2).partitions[0].s.compute().array.__arrow_array__().num_chunks == 1


def test_texts_of_very_many_partitions_are_put_together(monkeypatch):
    monkeypatch.setattr(runs, "LARGE_TEXTS", 1)
    texts = pd.Series([str(number) for number in range(200)])
    made = dd.from_pandas(texts, npartitions=100).str.zfill(4).compute()
    assert made.array.__arrow_array__().num_chunks == 1
    pd.testing.assert_series_equal(made, texts.str.zfill(4))
