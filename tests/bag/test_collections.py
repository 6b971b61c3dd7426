"""Bags and items as collections."""

from __future__ import annotations

import pickle

import pytest
from tests.bag.strategies import value

import weft
import weft.bag as db


def test_names_depend_on_what_is_computed_alone():
    def make():
        return db.from_sequence([1, 2, 3], npartitions=2).map(abs).filter(None)

    assert make().name == make().name
    assert make().name != make().map(abs).name
    assert make().sum().key[0] == make().sum().name


def test_bags_and_items_of_graphs():
    bag = db.Bag({("x", 0): [1, 2], ("x", 1): (list, (range, 3))}, "x", 2)
    assert (bag.name, bag.npartitions, value(bag)) == ("x", 2, [1, 2, 0, 1, 2])
    item = db.Item({"a": 1, "b": (max, "a", 5)}, "b")
    assert (item.key, value(item.apply(str))) == ("b", "5")
    graph = bag.map(str).weft
    again = db.Bag(graph, bag.map(str).name, 2)
    assert value(again) == ["1", "2", "0", "1", "2"]


def test_items_are_numbers_when_asked():
    total = db.range(4, 2).sum()
    with weft.config.set(scheduler="sync"):
        assert (int(total), float(total), complex(total), bool(total)) == (6, 6.0, 6, True)
        assert list(db.range(3, 2)) == [0, 1, 2]


def test_bags_travel():
    bag = pickle.loads(pickle.dumps(db.range(5, 2).map(abs)))
    assert value(bag) == [0, 1, 2, 3, 4]
    assert value(pickle.loads(pickle.dumps(bag.count()))) == 5


def test_reprs():
    bag = db.range(5, 2)
    assert (repr(bag), repr(bag.sum())) == ("<Bag range: 2 partitions>", "<Item sum>")


def test_assert_eq_compares_as_multisets():
    db.assert_eq(db.from_sequence([1, 2, 2]), [2, 1, 2])
    db.assert_eq(db.range(3, 1).sum(), 3)
    for wrong in ([1, 1, 2], [1, 2], [1, 2, 2, 2]):
        with pytest.raises(AssertionError):
            db.assert_eq(db.from_sequence([1, 2, 2]), wrong)
    with pytest.raises(AssertionError):
        db.assert_eq(db.range(3, 1).sum(), 4)


def test_optimize_and_compute_together():
    bag = db.range(6, 3).map(lambda x: x * 2)
    (same,) = weft.optimize(bag)
    assert value(same) == value(bag)
    assert db.compute(bag.sum(), [bag.max()], 5, scheduler="sync") == (30, [10], 5)


def test_strings_know_their_methods():
    assert {"upper", "match", "split"} <= set(dir(db.from_sequence(["a"]).str))
