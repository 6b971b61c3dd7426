"""Sums by short texts: the groups that pandas finds, whatever texts there are, and partial results that go together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import write_three

import weft
import weft.dataframe as dd
from weft.dataframe.kernels.polars import positions, short_texts
from weft.dataframe.kernels.polars.short_texts import combined_texts, texts_added_up
from weft.dataframe.rules import faster
from weft.dataframe.spread import chosen_way

pytest.importorskip("numba")
TEXTS = st.one_of(st.sampled_from(["", "a", "b", "a\0", "äöü", "exactlytwelv"]), st.text(max_size=4))
NUMBERS = st.one_of(st.just(0.0), st.just(-0.0), st.just(np.inf), st.floats(-5, 5))


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """Machine code from the first row on."""
    assert positions.machine_code(wait=True) is not None
    monkeypatch.setattr(short_texts, "ROOM", 2)


@st.composite
def rows(draw):
    """Rows with a key of texts, of which some may be missing or long, and values of each kind that is added up."""
    count = draw(st.integers(1, 40))
    kinds = [
        TEXTS,
        *([st.none()] if draw(st.booleans()) else []),
        *([st.just("longer than that")] * draw(st.booleans())),
    ]

    def column(values):
        return draw(st.lists(values, min_size=count, max_size=count))

    return pd.DataFrame(
        {"t": pd.array(column(st.one_of(*kinds)), dtype="str"), "x": column(NUMBERS), "n": column(st.integers(-2, 2))}
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows(),
    st.sampled_from(["sum", "mean", "count", "min", "max"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_groups_of_files_by_texts_are_pandas_groups(tmp_path, whole, how, as_index, has_size, sort, dropna):
    write_three(tmp_path, whole)
    asked = {"x": [how], "n": [how, "size"] if has_size else [how]}
    options = {"as_index": as_index, "sort": sort, "dropna": dropna}
    expected = whole.groupby("t", **options).agg(asked)
    with weft.config.set({"dataframe.queries": "partitions"}), np.errstate(invalid="ignore"):
        got = dd.read_parquet(tmp_path, split_row_groups=False).groupby("t", **options).agg(asked).compute()
    pd.testing.assert_frame_equal(got, expected)


def summed(texts, values, wanted=(("x", "sum"),)):
    """Sums of one partition."""
    return texts_added_up(pl.Series(texts, dtype=pl.String), {"x": pl.Series(values)}, wanted, ["t"], pd.StringDtype())


def test_partitions_are_put_together_in_the_order_of_first_rows():
    parts = [summed(["b", "a", "b"], [1.0, 2.0, 3.0]), summed(["c", "a"], [1.0, 1.0]), summed(["d"], [5.0])]
    made = combined_texts(parts).listed()
    assert made.keys[0].tolist() == ["b", "a", "c", "d"]
    assert made.parts["x", "sum"][0].tolist() == [4.0, 3.0, 1.0, 5.0]
    assert combined_texts([parts[0], parts[1].listed()]) is None


def test_what_is_missing_or_long_is_left_to_the_engine():
    assert summed(["a", None], [1.0, 2.0]) is None
    assert summed(["a", "thirteen long"], [1.0, 2.0]) is None
    assert summed(["a", "b"], [1.0, None]) is None
    assert summed(["a", "b"], [1.0, np.nan]) is None
    assert summed(["a", "b"], [1, 2], (("x", "count"),)).listed().parts["x", "count"][0].tolist() == [1, 1]


def test_many_texts_have_room():
    texts = [f"id{number}" for number in range(5000)]
    made = summed(texts * 2, [1.0] * 10_000).listed()
    assert made.keys[0].tolist() == texts
    assert made.parts["x", "sum"][0].tolist() == [2.0] * 5000


@pytest.fixture
def files(tmp_path):
    """Files of a few and of many texts."""
    for part in range(4):
        numbers = np.arange(3000)
        many, few = [f"id{number}" for number in numbers], [f"id{number % 3}" for number in numbers]
        frame = pd.DataFrame({"many": many, "few": few, "long": [each * 5 for each in many], "x": 1.0})
        frame.to_parquet(tmp_path / f"{part}.parquet", index=False)
    return dd.read_parquet(tmp_path, split_row_groups=False)


def test_files_tell_by_which_texts_sums_are_made(files, monkeypatch):
    monkeypatch.setattr(faster, "LARGE", 1)
    monkeypatch.setattr(faster, "CACHED", 1000)
    monkeypatch.setattr("weft.dataframe.spread.SMALL", 1)
    sums = {label: files.groupby(label, sort=False).x.sum() for label in ("many", "few", "long")}
    assert faster.texts_of_groups(sums["many"].expr) == 3000
    assert faster.texts_of_groups(sums["few"].expr) is None
    assert faster.texts_of_groups(sums["long"].expr) is None
    assert faster.texts_of_groups(files.groupby("many").x.std().expr) is None
    assert "short texts" in faster.is_added_up(sums["many"].expr)
    assert (
        chosen_way(sums["many"].expr, about=3000).reason == "about 3e+03 texts are in the files, as two partitions tell"
    )
    expected = files.compute().groupby("many", sort=False).x.sum()
    pd.testing.assert_series_equal(sums["many"].compute(), expected)
