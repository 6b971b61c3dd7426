from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from tests.array.strategies import assert_same, chunked_arrays

import weft
import weft.array as da
from weft.array.core import from_func


@settings(max_examples=25, deadline=None)
@given(chunked_arrays())
def test_chunks_are_delayed_values(pair):
    whole, chunked = pair
    for optimize_graph in (True, False):
        parts = (chunked * 2).to_delayed(optimize_graph=optimize_graph)
        assert parts.shape == chunked.numblocks
        blocks = weft.compute(*parts.ravel(), scheduler="sync")
        assert [np.shape(block) for block in blocks] == [
            tuple(lengths[place] for lengths, place in zip(chunked.chunks, index, strict=True))
            for index in np.ndindex(*chunked.numblocks)
        ]
        assert sum(np.sum(block) for block in blocks) == pytest.approx((whole * 2).sum())


def test_delayed_values_are_arrays_of_one_chunk():
    base = weft.delayed(np.arange)(4)
    one, other = (da.from_delayed(base + n, (4,), dtype=int) for n in (1, 2))
    assert_same(one + other, np.arange(4) * 2 + 3)
    assert_same(da.from_delayed(base, (4,), meta=np.empty(0, int)), np.arange(4))
    assert [np.asarray(each).tolist() for each in weft.compute(one, base, other)] == [
        [1, 2, 3, 4],
        [0, 1, 2, 3],
        [2, 3, 4, 5],
    ]
    assert (one + other).compute(scheduler="processes", num_workers=1).tolist() == [3, 5, 7, 9]
    assert_same(da.from_delayed(weft.delayed(5), (), dtype=int), np.array(5))


def test_arrays_and_delayed_values_may_read_each_other():
    x = da.ones(10, chunks=3)
    y = da.from_delayed(weft.delayed(np.cumsum)(x), (10,), dtype=float)
    assert_same(x + y, np.arange(2, 12.0))
    assert_same((x + y).persist(), np.arange(2, 12.0))
    assert_same(pickle.loads(pickle.dumps(x + y)), np.arange(2, 12.0))


def test_shared_calls_run_once():
    calls = []

    @weft.delayed
    def load():
        calls.append(1)
        return np.arange(3)

    base = load()
    arrays = [da.from_delayed(base * n, (3,), dtype=int) for n in range(4)]
    assert weft.compute(sum(arrays[1:], arrays[0]), base)[0].tolist() == [0, 6, 12]
    assert calls == [1]


def test_what_a_function_gives_is_an_array():
    assert_same(from_func(np.arange, (3,), dtype=int, args=(3,)), np.arange(3))
    assert_same(
        from_func(np.full, (2,), dtype="f4", kwargs={"shape": 2, "fill_value": 5, "dtype": "f4"}), np.full(2, 5, "f4")
    )


def test_broken_promises_are_told():
    value = weft.delayed(np.ones)(5)
    with pytest.raises(ValueError, match=r"shape \(5,\), where from_delayed was told \(4,\)"):
        da.from_delayed(value, (4,), dtype=float).compute(scheduler="sync")
    with pytest.raises(TypeError, match="was told int64"):
        da.from_delayed(value, (5,), dtype=int).compute(scheduler="sync")
    with pytest.raises(ValueError, match="dtype="):
        da.from_delayed(value, (5,))
    with pytest.raises(ValueError, match="dtype="):
        from_func(np.ones, (5,))


def test_lengths_of_a_delayed_array_may_be_unknown():
    value = np.arange(6.0).reshape(2, 3)
    x = da.from_delayed(weft.delayed(value), shape=(2, np.nan), dtype=float)
    assert x.shape[0] == 2
    assert np.isnan(x.shape[1])
    np.testing.assert_array_equal((x + 1).compute(), value + 1)
    np.testing.assert_array_equal(da.concatenate([x, x], axis=1).compute(), np.hstack([value, value]))
    assert x.compute_chunk_sizes().shape == (2, 3)
    with pytest.raises(ValueError, match="told \\(3, nan\\)"):
        da.from_delayed(weft.delayed(value), shape=(3, np.nan), dtype=float).compute()


def test_what_a_graph_read_before_is_read_again_in_later_turns():
    """An array of a call that reads an array of that call's own input, and of others: each is in the graph once."""
    first = weft.delayed(np.arange)(4)
    x = da.from_delayed(first, shape=(4,), dtype=int)
    second = weft.delayed(np.add)(x + 1, first)
    y = da.from_delayed(second, shape=(4,), dtype=int)
    third = weft.delayed(np.multiply)(y + x, second)
    numbers = np.arange(4)
    added = (numbers + 1) + numbers
    made = da.from_delayed(third, shape=(4,), dtype=int)
    np.testing.assert_array_equal(made.compute(), (added + numbers) * added)
