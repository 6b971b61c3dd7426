"""Sums by position: the groups that pandas finds, whatever keys and values are, and partial results that go together."""

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
from weft.dataframe.kernels.polars import positions
from weft.dataframe.kernels.polars.positions import added_up, combined_placed
from weft.dataframe.rules import faster
from weft.dataframe.spread import chosen_way

SUMS = [("x", "sum")]
NUMBERS = st.one_of(st.just(0.0), st.just(-0.0), st.just(np.nan), st.just(np.inf), st.floats(-5, 5))


@st.composite
def rows(draw):
    """Rows with two keys that lie close together, and values of each kind that is added up."""
    count = draw(st.integers(1, 30))

    def column(values):
        return draw(st.lists(values, min_size=count, max_size=count))

    return pd.DataFrame(
        {
            "k": np.array(column(st.integers(-3, 4)), dtype=draw(st.sampled_from(["int64", "int16"]))),
            "l": np.array(column(st.integers(5, 7)), dtype="uint8"),
            "x": np.array(column(NUMBERS)),
            "n": np.array(column(st.integers(-2, 2)), dtype="int64"),
        }
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows(),
    st.sampled_from(["k", ["k"], ["k", "l"], ["l", "k"]]),
    st.sampled_from(["sum", "mean", "count", "min", "max"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_groups_of_files_by_position_are_pandas_groups(tmp_path, whole, by, how, as_index, has_size, sort):
    write_three(tmp_path, whole)
    asked = {"x": [how], "n": [how, "size"] if has_size else [how]}
    expected = whole.groupby(by, as_index=as_index, sort=sort).agg(asked)
    with weft.config.set({"dataframe.queries": "partitions"}), np.errstate(invalid="ignore"):
        grouped = dd.read_parquet(tmp_path, split_row_groups=False).groupby(by, as_index=as_index, sort=sort)
        got = grouped.agg(asked).compute()
    pd.testing.assert_frame_equal(got, expected)


@pytest.fixture(params=["numpy", "machine code"], autouse=True)
def way(request, monkeypatch):
    """Both ways to add up."""
    if request.param == "machine code":
        pytest.importorskip("numba")
        assert positions.machine_code(wait=True) is not None
        monkeypatch.setattr(positions, "WORTH_IT", 1)


def placed(keys, values, spans=((0, 9),), wanted=SUMS, in_order=True):
    """Sums of one partition."""
    numbers = {name: pl.Series(each) for name, each in keys.items()}
    known = dict(zip(keys, spans, strict=True))
    return added_up(numbers, {"x": pl.Series(values)}, wanted, list(keys), known, in_order)


def test_groups_whose_sum_is_zero_are_there():
    made = placed({"k": [3, 3, 5, 7]}, [1.0, -1.0, 0.0, -0.0]).listed()
    assert made.keys[0].tolist() == [3, 5, 7]
    assert made.parts["x", "sum"][0].tolist() == [0.0, 0.0, 0.0]


def test_sums_between_the_same_bounds_are_added_up_as_they_are():
    one, two = placed({"k": [1, 2]}, [1.0, 2.0]), placed({"k": [2, 9]}, [3.0, 4.0])
    made = combined_placed([one, two])
    listed = made.listed()
    assert listed.keys[0].tolist() == [1, 2, 9]
    assert listed.parts["x", "sum"][0].tolist() == [1.0, 5.0, 4.0]
    assert one.sums["x"].tolist() == [0, 1, 2, 0, 0, 0, 0, 0, 0, 0]  # what was given is as it was


def test_groups_come_in_the_order_of_their_first_rows_where_they_are_not_sorted():
    parts = [placed({"k": keys}, [1.0] * len(keys), in_order=False) for keys in ([7, 2, 7], [5, 2, 9], [1, 5])]
    assert [each.listed().keys[0].tolist() for each in parts] == [[7, 2], [5, 2, 9], [1, 5]]
    made = combined_placed([combined_placed(parts[:2]), parts[2]]).listed()
    assert made.keys[0].tolist() == [7, 2, 5, 9, 1]
    assert made.parts["x", "sum"][0].tolist() == [2.0, 2.0, 2.0, 1.0, 1.0]


def test_sums_between_other_bounds_are_left_to_their_keys():
    assert combined_placed([placed({"k": [1]}, [1.0]), placed({"k": [1]}, [1.0], spans=((1, 4),))]) is None
    assert combined_placed([placed({"k": [1]}, [1.0]), placed({"k": [1]}, [1.0]).listed()]) is None


@pytest.mark.parametrize("code", [-1, 2])
def test_machine_code_notices_codes_that_are_out_of_bounds(code):
    made = pytest.importorskip("weft.dataframe.kernels.polars.machine_code")
    codes, values, sums = np.array([0, code]), {"x": np.ones(2), "y": np.ones(2)}, {"x": np.zeros(2), "y": np.zeros(2)}
    for rows in (np.zeros(2, bool), np.zeros(2, np.int64)):
        assert not positions.add_by_machine_code(made, codes, values, sums, rows)
    assert not positions.note_firsts(made, codes, 0, np.ones(2, np.int64))
    assert not positions.add_by_machine_code(made, codes, {}, {}, np.zeros(2, np.int64))


def test_no_sum_is_a_negative_zero():
    made = placed({"k": [3, 3, 5]}, [-0.0, -0.0, 1.0]).listed()
    assert made.keys[0].tolist() == [3, 5]
    assert not np.signbit(made.parts["x", "sum"][0]).any()


@pytest.mark.parametrize("values", [[np.nan, 1.0], [np.inf, -np.inf]])
def test_what_is_no_number_in_the_sum_is_looked_at_by_the_engine(values):
    assert placed({"k": [1, 1]}, values) is None


def test_integers_are_added_up_exactly_over_partitions():
    large = 2**52
    made = combined_placed([placed({"k": [0]}, [large]), placed({"k": [0]}, [large]), placed({"k": [0]}, [1])])
    assert made.listed().parts["x", "sum"][0].tolist() == [2 * large + 1]


def test_files_that_tell_how_many_groups_there_may_be_are_not_looked_at(tmp_path, monkeypatch):
    for part in range(4):
        pd.DataFrame({"k": np.arange(70_000) % 70_000, "x": 1.0}).to_parquet(tmp_path / f"{part}.parquet", index=False)
    monkeypatch.setattr("weft.dataframe.spread.SMALL", 1)
    monkeypatch.setattr("weft.dataframe.spread.seen_in", lambda *_: pytest.fail("looked at keys"))
    asked = dd.read_parquet(tmp_path, split_row_groups=False).groupby("k").x.sum()
    most = faster.places_of_groups(asked.expr)
    assert most == 70_000
    assert chosen_way(asked.expr, most=most).reason == "there are at most 70,000 groups, by the statistics of files"
    assert (asked.compute() == 4.0).all()
