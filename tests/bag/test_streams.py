"""Partitions are streams between operations, and lists wherever they are read twice."""

from __future__ import annotations

import pytest
from tests.bag.strategies import value

import weft
import weft.bag as db


class Noted:
    """Remembers which records passed."""

    def __init__(self):
        self.seen = []

    def __call__(self, record):
        self.seen.append(record)
        return record

    def __weft_tokenize__(self):
        return id(self)


def test_records_pass_through_all_operations_one_by_one():
    order = []
    first = db.range(3, 1).map(lambda x: order.append(("a", x)) or x)
    second = first.map(lambda x: order.append(("b", x)) or x)
    assert second.compute(scheduler="sync") == [0, 1, 2]
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_take_makes_only_the_records_it_gives():
    noted = Noted()
    with weft.config.set(scheduler="sync"):
        assert db.range(1000, 4).map(noted).take(2) == (0, 1)
    assert noted.seen == [0, 1]


def test_take_goes_to_further_partitions_only_while_records_are_missing():
    noted = Noted()
    with weft.config.set(scheduler="sync"):
        assert db.range(40, 20).map(noted).take(3, npartitions=-1) == (0, 1, 2)
    assert noted.seen == [0, 1, 2, 4]  # one partition, then two more at once


def test_take_warns_when_there_are_fewer():
    with weft.config.set(scheduler="sync"), pytest.warns(UserWarning, match="found 2 records in 1 of 5 partitions"):
        assert db.range(10, 5).take(3) == (0, 1)


def test_loops_compute_partitions_as_they_come_to_them_and_no_others():
    noted = Noted()
    records = db.range(40, 20).map(noted).iterate(scheduler="sync", num_workers=2)
    assert noted.seen == []
    assert next(records) == 0
    assert noted.seen == [0, 1]
    assert [next(records) for _ in range(2)] == [1, 2]
    assert noted.seen == [0, 1, 2, 3, 4, 5]
    records.close()
    some = db.range(40, 20).map(noted).iterate(npartitions=1, scheduler="sync")
    noted.seen.clear()
    assert [next(some) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert noted.seen == [0, 1, 2, 3, 4, 5]


def test_loops_make_once_what_partitions_share():
    noted = Noted()
    bag = db.range(40, 20).map(noted)
    assert len(list(bag.map(max, bag.max()).iterate(scheduler="sync"))) == 40
    assert noted.seen == list(range(40))
    joined = db.concat([bag, bag.repartition(2)])
    noted.seen.clear()
    assert next(joined.iterate(scheduler="sync")) == 0
    assert noted.seen == [0, 1]
    with pytest.raises(ValueError, match="npartitions is a whole number"):
        bag.iterate(npartitions=0)


def test_take_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="number of records"):
        db.range(3, 1).take(-1)
    with pytest.raises(ValueError, match="the bag has 1"):
        db.range(3, 1).take(1, npartitions=2)


def test_a_stream_that_two_operations_read_is_a_list_between_them():
    noted = Noted()
    bag = db.range(5, 1).map(noted)
    assert value(db.zip(bag, bag.map(str))) == [(x, str(x)) for x in range(5)]
    assert noted.seen == [0, 1, 2, 3, 4]


def test_functions_of_partitions_get_lists_or_streams_that_say_when_they_are_read_twice():
    bag = db.range(4, 2)
    assert value(bag.map_partitions(lambda part: [len(part), *part, *part])) == [2, 0, 1, 0, 1, 2, 2, 3, 2, 3]
    stream = bag.map(abs)
    assert value(stream.map_partitions(lambda part: [len(part), *part, *part])) == [2, 0, 1, 0, 1, 2, 2, 3, 2, 3]
    assert value(stream.map_partitions(lambda part: [part[0], part[-1], bool(part)])) == [0, 1, True, 2, 3, True]
    assert value(stream.map_partitions(add_nine)) == [0, 1, 9, 2, 3, 9]
    assert value(stream.map_partitions(next_and_rest)) == [0, [1], 2, [3]]
    with pytest.raises(RuntimeError, match="has been read before"):
        value(stream.map_partitions(lambda part: [*part, *part]))


def add_nine(part):
    more = [9]
    return part + more


def next_and_rest(part):
    return [next(part), list(part)]


def test_partitions_that_are_no_collections_are_given_as_they_are():
    assert value(db.range(4, 2).map_partitions(sum)) == [1, 5]
    assert value(db.range(4, 2).map_partitions(str)) == ["range(0, 2)", "range(2, 4)"]


class Table:
    """Has attributes that streams have."""

    place = count_records = 5

    def __init__(self, records):
        self.records = records

    def __len__(self):
        return len(self.records)


def test_partitions_may_be_objects_of_any_kind():
    tables = db.range(4, 2).map_partitions(Table)
    assert [table.records for table in value(tables)] == [range(2), range(2, 4)]
    assert value(tables.count()) == 4
    assert value(tables.reduction(lambda table: table.place, sum)) == 10


def test_chains_are_one_task_for_each_partition():
    bag = db.range(6, 3).map(abs).filter(None).map(str).str.upper()
    assert bag.explain().ntasks == 3
    assert "range > map(abs) > filter(bool) > map(str) > map(methodcaller)" in str(bag.explain())
