from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.compiled import read_only
from weft.dataframe.kernels.pandas import hashing
from weft.dataframe.kernels.pandas.hashing import stripe_codes, stripe_targets
from weft.dataframe.kernels.pandas.in_place import beside, count_answers
from weft.dataframe.kernels.pandas.merge import PLACE
from weft.dataframe.kernels.pandas.shuffle import ByStripe

whole = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5000, 5000), min_size=1, max_size=60)


pytestmark = pytest.mark.usefixtures("way")


@given(whole, st.integers(2, 100_000))
def test_stripes_are_the_same_in_both_ways(values, count):
    code = pytest.importorskip("weft.dataframe.kernels.pandas.machine_code")
    numbers, width = np.array(values, dtype="int64"), hashing.page_bits(count)
    targets, codes = np.empty(len(values), hashing.target_type(count)), np.empty(len(values), np.int64)
    code.stripe_targets(read_only(numbers), count, width, targets)
    code.stripe_codes(read_only(numbers), count, width, codes)
    assert targets.tolist() == stripe_targets(numbers, count).tolist()
    assert codes.tolist() == stripe_codes(numbers, count).tolist()


@given(whole, st.integers(2, 400))
def test_codes_of_stripes_are_equal_for_equal_numbers_of_a_target_only(values, count):
    numbers = np.array(values, dtype="int64")
    targets, codes = stripe_targets(numbers, count), stripe_codes(numbers, count)
    assert int(targets.max()) < count
    known = {}
    for each, target, code in zip(values, targets.tolist(), codes.tolist(), strict=True):
        assert known.setdefault((target, code), each) == each
    assert len(known) == len(set(values))


@pytest.mark.parametrize("step", [1, 7, 64, 4096, 86_400_000])
def test_stripes_are_spread_evenly_whatever_the_step(step):
    found = np.bincount(stripe_targets(np.arange(64_000) * step, 64), minlength=64)
    assert found.max() < 2 * 1000


def test_stripes_of_few_neighbours_go_to_all_targets():
    assert np.bincount(stripe_targets(np.arange(100), 50), minlength=50).tolist() == [2] * 50


def test_keys_that_are_not_of_the_type_that_was_said_meet_their_equals():
    by = ByStripe("k", 16)
    asked = [np.array([3, 5, 7]), np.array([3.0, 5.0, 7.0]), pd.array([3, 5, 7], dtype="Int64")]
    found = [by(pd.DataFrame({"k": each}), 0, None)[1].tolist() for each in asked]
    assert found[0] == found[1] == found[2]
    assert len(by(pd.DataFrame({"k": ["a", "b"]}), 0, None)[1]) == 2


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(10, 12))
def test_rows_stand_beside_their_answers(rows, count):
    stay, order = beside(np.array(rows, dtype="int64"), count)
    expected = sorted(range(len(rows)), key=lambda place: rows[place])
    assert order.tolist() == expected
    assert (list(range(count)) if stay is None else stay.tolist()) == sorted(rows)


def test_rows_that_have_one_answer_each_stay_as_they_are():
    stay, order = beside(np.array([2, 0, 1]), 3)
    assert stay is None
    assert order.tolist() == [1, 2, 0]


def test_answers_are_counted_for_each_partition_in_any_order():
    places = pd.DataFrame({PLACE: np.array([(2 << 40) + 1, 5, 0, (2 << 40)])})
    assert count_answers(places, 4).tolist() == [2, 0, 2, 0]
