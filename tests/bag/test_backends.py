"""The same functions give the same answers wherever they run."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from operator import add

import pytest

import weft
import weft.bag as db
from weft.bag import random
from weft.execution import scheduler_for


@pytest.fixture(params=["threads", "processes", "inline", "executor"])
def scheduler(request):
    if request.param != "executor":
        yield request.param
        return
    with ThreadPoolExecutor(2) as pool:
        yield pool


def programs(folder):
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps({"who": f"user{i % 7}", "n": i}) + "\n" for i in range(200)))
    numbers = db.range(100, 7)
    events = db.read_text(str(path), blocksize=999).map(json.loads)
    return {
        "map": numbers.map(lambda x: x + 1).filter(lambda x: x % 3),
        "sum": events.pluck("n").sum(),
        "groups": events.groupby("who").map(lambda group: (group[0], [each["n"] for each in group[1]])),
        "two rounds": numbers.groupby(lambda x: x % 5, npartitions=9, max_branch=2).map(lambda g: (g[0], sorted(g[1]))),
        "folds": events.foldby("who", lambda total, each: total + each["n"], 0, add),
        "frequencies": events.pluck("who").frequencies(sort=True),
        "accumulate": numbers.accumulate(add),
        "product": numbers.product(db.range(3, 2)),
        "join": numbers.join(numbers.map(str), lambda x: x % 10, len),
        "sample": random.sample(numbers, 10, seed=1),
        "choices": random.choices(numbers, 10, seed=1),
        "random": numbers.random_sample(0.3, 5),
        "repartition": numbers.repartition(12).map_partitions(lambda part: [sum(part)]),
        "item": numbers.map(add, numbers.max()),
        "sort": events.sort(key="who", reverse=True).pluck("n"),
        "windows": numbers.map(abs).windows(5, 3),
        "sets": numbers.map(lambda x: x % 9).union(numbers.map(lambda x: x % 4 + 7)).sort(),
        "collected": numbers.map(lambda x: 1 / (x % 5), on_error="collect").map(lambda x: 2 * x).map(str),
        "generators": numbers.map(lambda x: (y for y in range(x % 3))),
    }


def test_answers_do_not_depend_on_the_scheduler(scheduler, tmp_path):
    bags = programs(tmp_path)
    expected = weft.compute(bags, scheduler="sync")[0]
    plain = weft.compute(bags, scheduler="sync", optimize_graph=False)[0]
    found = weft.compute(bags, scheduler=scheduler, num_workers=2)[0]
    assert found == expected
    assert plain == expected


def test_bags_use_processes_unless_told_otherwise():
    assert type(scheduler_for(None, [db.range(3, 1)])).__name__ == "Processes"
    assert type(scheduler_for(None, [db.range(3, 1).sum()])).__name__ == "Processes"


class Lock:
    """Cannot be written down."""

    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        raise TypeError("a lock cannot travel")


def test_threads_group_what_cannot_be_written_down():
    locks = db.from_sequence(range(10), npartitions=3).map(Lock)
    groups = locks.groupby(lambda lock: lock.number % 2).compute(scheduler="threads")
    assert {key: [lock.number for lock in group] for key, group in groups} == {0: [0, 2, 4, 6, 8], 1: [1, 3, 5, 7, 9]}


def test_groupby_goes_to_disk_when_memory_is_short(tmp_path):
    bag = db.range(60_000, 6).map(lambda i: (i % 100, str(i) * 20)).groupby(0)
    sizes = bag.map(lambda group: len(group[1])).sum()
    with weft.config.set({"spill.directory": str(tmp_path)}):
        assert sizes.compute(scheduler="threads", budget="1 MB", num_workers=2) == 60_000


def test_persisted_bags_keep_their_names_and_blocks():
    bag = db.range(10, 3).map(str)
    kept = bag.persist(scheduler="threads")
    assert kept.name == bag.name
    assert kept.npartitions == 3
    assert kept.str.upper().compute(scheduler="threads") == list(map(str, range(10)))
    item = bag.count().persist(scheduler="sync")
    assert item.compute(scheduler="sync") == 10
