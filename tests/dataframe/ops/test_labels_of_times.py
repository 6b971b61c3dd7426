"""Rows by texts that name moments and spans of time, in whatever order labels stand, and in levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd

MINUTES = pd.Series(range(4), index=pd.date_range("2024-05-13 23:58", periods=4, freq="min"), name="v")
DAYS = pd.DataFrame({"v": [1, 2, 3, 4]}, index=pd.to_datetime(["2024-01-03", "2024-01-02", "2024-01-03", "2023-12-31"]))
LEVELS = pd.DataFrame(
    {"v": range(6)},
    index=pd.MultiIndex.from_product([pd.to_datetime(["2024-01-01", "2024-01-09", "2024-02-01"]), ["x", "y"]]),
)
LEVELS.index.names = ["t", "k"]


def parts_of(whole, count=3):
    return dd.from_pandas(whole, npartitions=count, sort=False)


def check(found, expected):
    compare = pd.testing.assert_frame_equal if expected.ndim == 2 else pd.testing.assert_series_equal
    compare(found.compute(), expected, check_freq=False)


@pytest.mark.parametrize("whole", [MINUTES, MINUTES[::-1], MINUTES.iloc[[2, 0, 3, 1]]])
@pytest.mark.parametrize("label", ["2024-05-14", "2024-05-14 00", "2024-05", "2024"])
def test_a_text_names_all_rows_of_a_span_in_any_order(whole, label):
    check(parts_of(whole).loc[label], whole.loc[label])
    check(parts_of(whole)[label], whole[label])


@pytest.mark.parametrize("key", ["2024-01-03", slice("2024-01-02", None), slice("2023-12-31", None)])
def test_texts_are_compared_with_labels_that_are_not_sorted(key):
    check(parts_of(DAYS).loc[key], DAYS.loc[key])


def test_values_are_put_into_a_span_of_labels_that_are_not_sorted():
    expected, found = DAYS.copy(), parts_of(DAYS)
    expected.loc["2024-01-03", "v"] = 9
    found.loc["2024-01-03", "v"] = 9
    check(found, expected)


@pytest.mark.parametrize("key", ["2024-01", "2024-01-09", "2024", ("2024-01", "x"), ("2024-01-09", "x")])
def test_texts_name_spans_in_levels(key):
    check(
        parts_of(LEVELS).loc[key, :],
        pd.DataFrame(LEVELS.loc[key, :]) if key != ("2024-01-09", "x") else LEVELS.iloc[[2]],
    )


@pytest.mark.parametrize("key", ["2024-01", "2024-01-09"])
def test_a_cross_section_of_a_span(key):
    check(parts_of(LEVELS).xs(key, level="t"), LEVELS.xs(key, level="t"))


def test_a_text_names_one_duration():
    whole = pd.Series(range(4), index=pd.timedelta_range("22:00:00", periods=4, freq="h"))
    assert parts_of(whole).loc["1 days"].compute().tolist() == [whole.loc["1 days"]]


def test_a_label_of_levels_that_no_row_has_adds_a_row():
    whole = pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", "x"), ("b", "y")], names=["p", "q"]))
    expected, found, computed = whole.copy(), parts_of(whole, 2), parts_of(whole, 2).map_partitions(lambda part: part)
    expected.loc[("b", "x"), "v"] = 9
    found.loc[("b", "x"), "v"] = 9
    computed.loc[("b", "x"), "v"] = 9
    check(found, expected)
    check(computed, expected)


def test_a_new_label_keeps_the_name_of_the_index():
    whole = pd.Series([1, 2], index=pd.Index(["a", "b"], name="k"))
    expected, found = whole.copy(), parts_of(whole, 2)
    expected.loc["c"] = 3
    found.loc["c"] = 3
    check(found, expected)


def test_an_index_as_a_frame_without_it_is_numbered_over_all_partitions():
    check(parts_of(MINUTES).index.to_frame(index=False, name="t"), MINUTES.index.to_frame(index=False, name="t"))


@pytest.mark.parametrize("how", ["any", "all"])
def test_labels_of_levels_with_gaps_are_left_out(how):
    labels = pd.MultiIndex.from_arrays([[1.0, np.nan, 3.0, np.nan], ["a", "b", None, None]], names=["p", "q"])
    found = parts_of(pd.Series(range(4), index=labels)).index.dropna(how=how).compute()
    assert found.equals(labels.dropna(how=how))
    assert found.names == labels.names


def test_tuples_are_single_labels_of_an_index_of_objects():
    labels = np.empty(3, dtype=object)
    labels[:] = [(0, 1), (0, 2), (0, 3)]
    whole = pd.Series([1, 2, 3], index=pd.Index(labels, tupleize_cols=False))
    expected, found = whole.copy(), parts_of(whole)
    expected[(0, 2)] = 9
    found[(0, 2)] = 9
    check(found, expected)


@pytest.mark.parametrize("level", [1, "other"])
@pytest.mark.parametrize("method", ["tz_localize", "tz_convert"])
def test_zones_of_a_level_that_is_not_there_are_refused_as_in_pandas(method, level):
    whole = MINUTES if method == "tz_localize" else MINUTES.tz_localize("UTC")
    for frame in (whole, parts_of(whole)):
        with pytest.raises(ValueError, match=f"The level {level} is not valid"):
            getattr(frame, method)("Asia/Tokyo", level=level)
    check(getattr(parts_of(whole), method)("Asia/Tokyo", level=0), getattr(whole, method)("Asia/Tokyo", level=0))
