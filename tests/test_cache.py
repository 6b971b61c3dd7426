"""Results kept from one computation to the next."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import weft
from weft.cache import Cache

pytest.importorskip("cachey")


class TenTimes:
    """Remembers what it was called with, which does not change what it is."""

    def __init__(self):
        self.seen = []

    def __call__(self, n):
        self.seen.append(n)
        return n * 10

    def __weft_tokenize__(self):
        return "ten times"


@pytest.fixture
def counted():
    function = TenTimes()
    return function.seen, weft.delayed(function, pure=True)


@pytest.mark.parametrize("scheduler", ["inline", "threads"])
def test_what_was_computed_is_not_computed_again(counted, scheduler):
    seen, ten_times = counted
    with Cache(1e9, 0) as cache:
        assert weft.compute(ten_times(1), ten_times(2), scheduler=scheduler) == (10, 20)
        assert weft.compute(ten_times(2) + 1, ten_times(3), scheduler=scheduler) == (21, 30)
        assert weft.get({"y": (operator.neg, ten_times(1).key), **ten_times(1).weft}, "y") == -10
    assert sorted(seen) == [1, 2, 3]
    cache.clear()
    with cache:
        ten_times(1).compute()
    assert sorted(seen) == [1, 1, 2, 3]


def test_it_does_nothing_while_it_is_off(counted):
    seen, ten_times = counted
    cache = Cache(1e9, 0)
    with cache:
        ten_times(1).compute()
    ten_times(1).compute()
    assert seen == [1, 1]
    cache.register()
    try:
        ten_times(1).compute()
    finally:
        cache.unregister()
    assert seen == [1, 1]


def test_a_store_of_ones_own_can_be_given():
    import cachey

    store = cachey.Cache(1e6, 0)
    with Cache(store):
        x = weft.delayed(sum, pure=True)([1, 2])
        x.compute()
    assert store.get(x.key) == 3
    with pytest.raises(TypeError, match="number of bytes"):
        Cache(store, 5)


def test_impure_calls_run_each_time(counted):
    seen, _ = counted
    impure = weft.delayed(lambda: seen.append(1))
    with Cache(1e9, 0):
        impure().compute()
        impure().compute()
    assert seen == [1, 1]


def test_results_of_other_processes_are_kept_as_values():
    arange = weft.delayed(np.arange, pure=True)
    with Cache(1e9, 0):
        for length in (3, 10**6):  # one that comes packed, one of which there is a reference
            for _ in range(2):
                found = arange(length).compute(scheduler="processes")
                np.testing.assert_array_equal(found, np.arange(length))
