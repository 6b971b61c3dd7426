"""Answers are those of plain pandas however the flights are cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft.demo.questions import QUESTIONS, Question, answer

FLIGHTS = pd.DataFrame(
    {
        "year": 2013.0,
        "carrier": ["AA", "AA", "9E", "AA"],
        "wind": [np.nan, 5.0, np.nan, np.nan],
        "cancelled": [False, False, True, False],
        "late": [1.0, 0.0, np.nan, np.nan],
        "dep_delay": [30.0, -10.0, np.nan, 10.0],
        "arr_delay": [20.0, -10.0, np.nan, np.nan],
    }
)
AIRLINES = pd.DataFrame({"carrier": ["AA"], "airline": ["American"]})
AIRPORTS = pd.DataFrame({"dest": ["IAH"], "airport": ["Houston"]})


def found(keys: tuple[str, ...], npartitions: int = 2) -> pd.DataFrame:
    flights, *names = [dd.from_pandas(each, npartitions=npartitions) for each in (FLIGHTS, AIRLINES, AIRPORTS)]
    return answer(Question("some", keys), flights, *names).compute(scheduler="sync")


@pytest.mark.parametrize("npartitions", [1, 2, 4])
def test_rows_without_a_key_form_a_group_of_their_own(npartitions: int):
    groups = found(("wind",), npartitions).sort_values("wind", ignore_index=True)

    assert groups["wind"].tolist() == pytest.approx([5.0, np.nan], nan_ok=True)
    assert groups["flights"].tolist() == [1, 3]


def test_means_are_over_the_flights_that_departed_or_arrived():
    groups = found(("carrier",)).set_index("carrier")

    wanted = ["flights", "cancelled", "departed", "arrived", "late", "dep_delay", "arr_delay", "airline"]
    assert groups.loc["AA", wanted].tolist() == [3, 0, 3, 2, 0.5, 10.0, 5.0, "American"]
    assert groups.loc["9E", ["late", "dep_delay", "arr_delay", "airline"]].isna().all()
    assert "airport" not in groups.columns


def test_questions_have_names_of_their_own():
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)
