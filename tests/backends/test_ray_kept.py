"""What workers of Ray keep of blocks that more tasks will read."""

from __future__ import annotations

import numpy as np

from weft.backends.ray_habits import Habits, Lessons
from weft.backends.ray_kept import Kept


class Value:
    pass


def test_a_value_comes_back_as_it_was():
    kept, first = Kept(), Value()
    assert kept.value(b"a", first, 10, limit=100) is first
    assert kept.value(b"a", Value(), 10, limit=100) is first
    assert kept.known(b"a") is first
    assert kept.known(b"b") is None


def test_what_was_used_last_is_kept_within_the_limit():
    kept, values = Kept(), {name: Value() for name in (b"a", b"b", b"c")}
    for name in (b"a", b"b", b"a", b"c"):
        kept.value(name, values[name], 40, limit=100)
    assert kept.value(b"a", None, 40, limit=100) is values[b"a"]
    assert kept.value(b"b", None, 40, limit=100) is None


def test_too_large_values_arrays_and_what_tasks_could_change_are_not_kept():
    kept = Kept()
    for number, value in enumerate([np.ones(2), [1], {1: 2}, {3}, bytearray(4)]):
        name = bytes([number])
        kept.value(name, value, 10, limit=100)
        assert kept.value(name, "new", 10, limit=100) == "new"
    kept.value(b"large", "old", 101, limit=100)
    assert kept.value(b"large", "new", 101, limit=100) == "new"


def test_durations_are_expected_by_size():
    habits = Habits()
    habits.seen(0.5, 10, 1000)
    assert habits.seconds_for(1023) == 0.5
    assert habits.seconds_for(10**9) is None
    habits.seen(3.0, 10, 10**9)
    assert habits.seconds_for(1000) == 0.5


def test_lessons_that_were_not_used_for_long_are_forgotten():
    lessons = Lessons()
    for number in range(5000):
        lessons.learn(str(number), 0, 1.0, 8)
    assert lessons.recall("0", 0) is None
    assert lessons.recall("4999", 0) == (1.0, 8)
