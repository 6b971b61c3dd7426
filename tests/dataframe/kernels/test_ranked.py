"""Whole numbers in order and between bounds, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas import ranked
from weft.dataframe.kernels.pandas.ranked import places_between, places_in_order

LEAST, MOST = -(2**63), 2**63 - 1

numbers = st.lists(
    st.one_of(
        st.integers(-3, 3), st.integers(-(2**40), 2**40), st.integers(LEAST, MOST), st.sampled_from([LEAST, MOST])
    ),
    min_size=1,
    max_size=40,
)


@pytest.fixture(autouse=True)
def no_row_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked, "MANY", 1)


def as_array(values: list[int]) -> Any:
    return np.array(values, np.int64)


@given(numbers)
def test_places_in_order_are_those_of_a_stable_argsort(values: list[int]) -> None:
    array = as_array(values)

    assert places_in_order(array).tolist() == np.argsort(array, kind="stable").tolist()


@given(numbers, numbers, st.booleans())
def test_places_between_are_those_of_searchsorted(values: list[int], bounds: list[int], are_among_them: bool) -> None:
    array, edges = as_array(values), np.sort(as_array(values[::3] if are_among_them else bounds))

    places, equal = places_between(array, edges)

    assert places.tolist() == np.searchsorted(edges, array).tolist()
    assert equal.tolist() == np.flatnonzero(np.isin(array, edges)).tolist()


@pytest.mark.parametrize("spread", [10, 2**20, 2**50, 2**62])
@pytest.mark.parametrize("missing", [0, 0.01, 0.6])
def test_many_numbers(spread: int, missing: float) -> None:
    chance = np.random.default_rng(0)
    array = chance.integers(-spread, spread, 30_000)
    array[chance.random(len(array)) < missing] = MOST
    edges = np.sort(array[::500])

    places, equal = places_between(array, edges)

    assert (places_in_order(array) == np.argsort(array, kind="stable")).all()
    assert (places == np.searchsorted(edges, array)).all()
    assert (equal == np.flatnonzero(np.isin(array, edges))).all()
