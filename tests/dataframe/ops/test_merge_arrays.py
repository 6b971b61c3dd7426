"""Joins by arrays and series beside the rows give what pandas gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd

LEFT = pd.DataFrame({"a": [1, 2, 3, 3], "n": [5, 6, 7, 8]}, index=[3, 1, 2, 0])
RIGHT = pd.DataFrame({"k": [2, 3, 4], "b": [7.5, 8, 9]})
FIRST, SECOND = np.array([2, 3, 5, 3]), np.array([5, 2, 2])

JOINS = {
    "array and label": {"left_on": FIRST, "right_on": "k"},
    "label and array": {"left_on": "a", "right_on": SECOND},
    "arrays": {"left_on": FIRST, "right_on": SECOND},
    "named series": {"left_on": pd.Series(FIRST, name="z"), "right_on": SECOND},
    "array and index": {"left_on": FIRST, "right_index": True},
    "index and array": {"left_index": True, "right_on": SECOND},
    "several": {"left_on": ["a", FIRST], "right_on": ["k", np.array([3, 2, 3])]},
    "several, the other way": {"left_on": [FIRST, "a"], "right_on": ["k", np.array([3, 2, 3])]},
}


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("name", JOINS)
def test_keys_may_be_values_beside_the_rows(name, how):
    join = JOINS[name]
    expected = LEFT.merge(RIGHT, how=how, **join)
    left, right = dd.from_pandas(LEFT, npartitions=2, sort=False), dd.from_pandas(RIGHT, npartitions=2, sort=False)
    found = left.merge(right, how=how, **join)
    assert list(found.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(found.compute(), expected, check_dtype=how != "outer")


@pytest.mark.parametrize("how", ["inner", "outer"])
def test_labels_that_both_sides_have(how):
    right = RIGHT.rename(columns={"k": "a"})
    expected = LEFT.merge(right, how=how, left_on=FIRST, right_on="a")
    found = dd.from_pandas(LEFT, npartitions=2, sort=False).merge(right, how=how, left_on=FIRST, right_on="a")
    pd.testing.assert_frame_equal(found.compute(), expected)


def test_series_of_the_same_rows():
    left = dd.from_pandas(LEFT, npartitions=2, sort=False)
    found = left.merge(RIGHT, left_on=left.a + 1, right_on="k").compute()
    pd.testing.assert_frame_equal(found, LEFT.merge(RIGHT, left_on=LEFT.a + 1, right_on="k"))
    found = left.join(RIGHT, on=FIRST).compute()
    pd.testing.assert_frame_equal(found, LEFT.join(RIGHT, on=FIRST))


def test_what_is_wrong_is_said_at_the_call():
    left = dd.from_pandas(LEFT, npartitions=2, sort=False)
    with pytest.raises(ValueError, match="does not match length"):
        left.merge(RIGHT, left_on=FIRST[:2], right_on=SECOND)
    with pytest.raises(ValueError, match="must equal"):
        left.merge(RIGHT, left_on=["a", FIRST], right_on="k")
    with pytest.raises(NotImplementedError, match="same rows"):
        left.merge(RIGHT, left_on=left[left.a > 1].a.rename("z"), right_on="k")
