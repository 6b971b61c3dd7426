"""Partial sums add up to the same answer however the flights are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.demo.questions import QUESTIONS, SUMS, combine, finish, partial

KEYS = ("where", "bin")


def frame(rows: list[tuple[str, float, int]]) -> pd.DataFrame:
    """Rows of a text key, a number key that may be missing, and a number that each sum is made from."""
    columns = pd.DataFrame(rows, columns=["where", "bin", "number"]).astype(
        {"where": "str", "bin": "float64", "number": "int64"}
    )
    return columns.assign(**{name: columns["number"] * place for place, name in enumerate(SUMS, 1)})


ROWS = st.lists(
    st.tuples(st.sampled_from(["EWR", "JFK"]), st.sampled_from([0.0, 5.0, np.nan]), st.integers(-1000, 1000)),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.lists(st.integers(0, 30), max_size=5))
def test_combined_partial_sums_are_the_sums_of_the_whole(rows: list[tuple[str, float, int]], cuts: list[int]):
    flights = frame(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [partial(flights[start:stop], KEYS) for start, stop in pairwise(edges)]

    combined = combine(KEYS, *parts)

    pd.testing.assert_frame_equal(combined, partial(flights, KEYS))


def test_rows_without_a_key_form_a_group_of_their_own():
    sums = partial(frame([("EWR", np.nan, 1), ("EWR", 5.0, 2), ("EWR", np.nan, 3)]), KEYS)

    assert sums["flights"].tolist() == [2, 4]
    assert sums["bin"].tolist() == pytest.approx([5.0, np.nan], nan_ok=True)


def test_means_are_over_the_flights_that_departed_or_arrived():
    sums = pd.DataFrame(
        {
            "carrier": ["AA", "9E"],
            "flights": [10, 1],
            "cancelled": [2, 1],
            "departed": [8, 0],
            "arrived": [4, 0],
            "late": [1, 0],
            "dep_delay": [80, 0],
            "arr_delay": [20, 0],
        }
    )
    airlines = pd.DataFrame({"carrier": ["AA"], "airline": ["American"]})
    airports = pd.DataFrame({"dest": ["IAH"], "airport": ["Houston"]})

    answer = finish(sums, airlines, airports)

    assert answer.loc[0, ["dep_delay", "arr_delay", "late", "airline"]].tolist() == [10.0, 5.0, 0.25, "American"]
    assert answer.loc[1, ["dep_delay", "arr_delay", "late", "airline"]].isna().all()
    assert "airport" not in answer.columns


def test_questions_have_names_of_their_own():
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)
