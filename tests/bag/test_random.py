"""Random choices: fair, and the same for the same seed."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bag.strategies import bags, value

import weft.bag as db
from weft.bag import random


@given(bags(), st.integers(0, 40), st.integers())
def test_samples_are_parts_of_the_bag(pair, k, seed):
    records, bag = pair
    sample = random.sample(bag, min(k, len(records)), seed=seed)
    assert not Counter(value(sample)) - Counter(records)
    assert value(sample) == value(random.sample(bag, min(k, len(records)), split_every=2, seed=seed))
    if records:
        chosen = value(random.choices(bag, k, seed=seed))
        assert len(chosen) == k
        assert set(chosen) <= set(records)


def test_samples_and_choices_are_fair():
    bag = db.concat([db.range(2, 1), db.range(10, 2).map(lambda x: x + 2).filter(lambda x: True)])
    for draw, k in [(random.sample, 3), (random.choices, 3)]:
        counts = Counter(x for seed in range(400) for x in value(draw(bag, k, seed=seed)))
        assert set(counts) == set(range(12))
        assert all(60 <= counts[x] <= 145 for x in range(12))  # 100 on average


def test_seeds_are_numbers_texts_tuples_and_generators():
    bag = db.range(1000, 4)
    for seed in (5, "five", (5, "five")):
        assert value(bag.random_sample(0.5, seed)) == value(bag.random_sample(0.5, seed))
    assert value(bag.random_sample(0.5, Random(1))) == value(bag.random_sample(0.5, Random(1)))
    assert value(bag.random_sample(0.5)) != value(bag.random_sample(0.5))
    assert 400 < len(value(bag.random_sample(0.5, 1))) < 600
    assert (value(bag.random_sample(0, 1)), len(value(bag.random_sample(1, 1)))) == ([], 1000)
    one = bag.random_sample(0.5)
    assert value(one) == value(one)


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="sample of 5 records: the bag has 3"):
        value(random.sample(db.range(3, 2), 5))
    with pytest.raises(ValueError, match="without records"):
        value(random.choices(db.from_sequence([]), 1))
    with pytest.raises(ValueError, match="0 or more"):
        random.choices(db.range(3, 1), -1)
    with pytest.raises(TypeError, match="population is a bag"):
        random.sample([1, 2], 1)
