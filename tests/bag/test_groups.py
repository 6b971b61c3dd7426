"""Records on their way to targets: sorted by NumPy or grouped by Python, they arrive at the same places."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weft.bag as db
from weft.bag.kernels import groups as module
from weft.bag.kernels.groups import Runs, as_integers, groups_of, packed, route_groups, route_sorted

EDGES = [0, -1, 1, -2, 2**61 - 2, 2 - 2**61, 2**31, -(2**40)]
INTEGERS = st.sampled_from(EDGES) | st.integers(2 - 2**61, 2**61 - 2)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    pytest.importorskip("numpy")
    monkeypatch.setattr(module, "ENOUGH", 2)


@given(st.lists(INTEGERS, min_size=2), st.integers(1, 9))
def test_sorted_and_grouped_records_arrive_alike(keys, count):
    records = [(key, place) for place, key in enumerate(keys)]
    one: list[list[object]] = [[] for _ in range(count)]
    other: list[list[object]] = [[] for _ in range(count)]
    route_groups(one, keys, records)
    route_sorted(other, as_integers(keys), records)
    assert [groups_of(Runs(0, [each])) for each in one] == [groups_of(Runs(0, [each])) for each in other]
    assert [list(groups_of(Runs(0, [each]))) for each in one] == [list(groups_of(Runs(0, [each]))) for each in other]


@pytest.mark.parametrize("keys", [[1], [1, True], [1, 2.0], [1, 2**63], [1, 2**61 - 1], [1 - 2**61, 5], ["a", "b"]])
def test_other_keys_are_left_to_python(keys):
    assert as_integers(keys) is None


def test_groups_by_integers_on_all_backends():
    for scheduler in ("sync", "threads", "processes"):
        got = db.range(5000, 4).groupby(lambda i: i % 7 - 1, npartitions=3).compute(scheduler=scheduler, num_workers=2)
        assert dict(got) == {k - 1: list(range(k, 5000, 7)) for k in range(7)}
        assert all(type(key) is int for key, _ in got)


def test_records_that_cannot_be_written_down_are_handed_on_by_threads():
    lock = threading.Lock()
    bag = db.from_sequence(range(6), npartitions=2).map(lambda i: (i % 2, lock))
    got = bag.groupby(0).compute(scheduler="threads")
    assert {key: len(records) for key, records in got} == {0: 3, 1: 3}


class Failing:
    def __reduce__(self):
        raise OSError("the disk of this record is gone")


def test_what_a_record_raises_itself_is_raised():
    with pytest.raises(OSError, match="is gone"):
        packed({1: [Failing()]})
