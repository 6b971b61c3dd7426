"""Collections inside containers."""

from __future__ import annotations

from collections import defaultdict, deque

import pytest

import weft
from weft.base import is_weft_collection, unpack_collections
from weft.execution.containers import Containers, taken_apart


def x(n=1):
    return weft.delayed(abs)(n)


def test_each_collection_is_found_once_in_order_of_appearance():
    a, b = x(), x()
    collections, repack = unpack_collections([a, {"k": (b, a)}], a, 5)
    assert all(found is made for found, made in zip(collections, [a, b], strict=True))
    assert repack(["A", "B"]) == (["A", {"k": ("B", "A")}], "A", 5)


def test_nothing_is_looked_into_without_traverse():
    a = x()
    collections, repack = unpack_collections([a], a, traverse=False)
    assert len(collections) == 1
    kept, result = repack([1])
    assert kept[0] is a
    assert result == 1


def test_arguments_without_collections_come_back_as_they_are():
    items, table = [1, [2]], {"k": {3}}
    found = Containers((items, table))
    assert not found.collections
    back = found.repack([])
    assert back[0] is items
    assert back[1] is table
    assert weft.compute(items, 5) == (items, 5)


def test_iterators_and_generators_become_lists():
    assert weft.compute(iter([x(1), x(2)]), (x(n) for n in range(2)), {"a": x(3)}.values()) == ([1, 2], [0, 1], [3])
    assert weft.compute(iter([1, 2]), x(0)) == ([1, 2], 0)


@pytest.mark.parametrize(
    "other", [deque([1]), defaultdict(list), "text", b"bytes", range(3), object(), list, Exception()]
)
def test_other_objects_are_not_looked_into(other):
    assert taken_apart(other) is None
    assert weft.compute(other, x(1))[0] is other


def test_what_is_a_collection():
    assert is_weft_collection(x())
    for other in [5, [x()], weft.delayed, type(x()), None]:
        assert not is_weft_collection(other)


def test_many_collections_are_taken_as_they_are():
    many = [x(n) for n in range(1000)]
    found = Containers(tuple(many))
    assert len(found.collections) == 1000
    assert found.repack(range(1000)) == tuple(range(1000))


def endless() -> list:
    found: list = [weft.delayed(abs)(-1)]
    found.append(found)
    return found


def deep(levels: int = 100_000) -> list:
    found: list = [weft.delayed(abs)(-1)]
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize("make", [endless, deep])
def test_containers_without_a_reachable_end_are_refused_with_what_to_do(make):
    value = make()

    with pytest.raises(RecursionError, match=r"holds itself, or they are nested too deeply.*traverse=False"):
        weft.compute(value)
    with pytest.raises(RecursionError, match=r"holds itself, or they are nested too deeply.*traverse=False"):
        weft.delayed(len)(value)
    assert weft.delayed(value, traverse=False).compute(scheduler="inline") is value
    while len(value) == 1 and isinstance(value[0], list):  # take it apart here: the interpreter's stack is small
        value = value[0]
