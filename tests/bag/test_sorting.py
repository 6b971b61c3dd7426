"""Records in order: targets of equal size, memory by the bite, errors that say what was compared."""

from __future__ import annotations

import pytest
from tests.bag.strategies import value

import weft.bag as db
from weft.bag.kernels import sorting
from weft.bag.kernels.sorting import Order


def lengths(bag):
    return value(bag.map_partitions(lambda part: [len(part)]))


def test_targets_get_about_equally_many_records():
    mixed = db.range(20_000, 5).map(lambda number: number * 7919 % 20_011)
    assert all(3_000 < length < 5_000 for length in lengths(mixed.sort()))
    assert len(lengths(mixed.sort(npartitions=11))) == 11
    assert lengths(db.from_sequence([5] * 1000, npartitions=10).sort()) == [100] * 10


@pytest.mark.parametrize("reverse", [False, True])
def test_runs_of_many_bites_are_merged(monkeypatch, reverse):
    monkeypatch.setattr(sorting, "BITE", 1000)
    records = [(number * 31 % 97, number) for number in range(3000)]
    bag = db.from_sequence(records, npartitions=3).sort(key=lambda record: record[0] // 5, reverse=reverse)
    assert value(bag) == sorted(records, key=lambda record: record[0] // 5, reverse=reverse)


def test_a_span_is_where_equal_keys_are():
    assert Order(None, False).span([1, 2, 2, 3], 2) == (1, 3)
    assert Order(None, True).span([3, 2, 2, 1], 2) == (1, 3)
    assert Order(None, False).span([1, 3], 2) == (1, 1)


@pytest.mark.parametrize("npartitions", [1, 3])
def test_errors_of_keys_tell_the_record_and_those_of_comparisons_that_records_were_compared(npartitions):
    bag = db.from_sequence(["1", "22", "x", "3"] * 30, npartitions=npartitions)
    with pytest.raises(ValueError, match="invalid literal") as info:
        value(bag.sort(key=int))
    assert any("at the record 'x', number 2 of" in note for note in info.value.__notes__)
    with pytest.raises(TypeError, match="not supported between") as info:
        value(db.from_sequence([1, "x", None], npartitions=npartitions).sort())
    assert any("were compared" in note for note in info.value.__notes__)
    assert not any("at the record" in note for note in info.value.__notes__)
