"""How positions are taken: what is gathered, what goes by exchange, and how large chunks become."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.indexes import same_values
from tests.array.strategies import chunks_of, graph_size

import weft.array as da
from weft.array.ops import fancy
from weft.expr import optimize


def computed(whole, chunks):
    """An array that is not in memory."""
    return da.from_array(whole, chunks=chunks) + 0


def physical(x):
    """The class that does the work of an expression's root."""
    (root,) = optimize([x.expr], phases=["simplify", "lower"])
    return type(root).__name__


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(1, 30), st.sampled_from([1, 16]), st.sampled_from([0, 4]), st.sampled_from([0, 3, 10**6]))
def test_every_way_of_taking_gives_the_same(data, length, most, all_to_all, many):
    whole = np.arange(length * 4).reshape(length, 4)
    x = computed(whole, (data.draw(chunks_of((length,)))[0], 3))
    index = np.array(data.draw(st.lists(st.integers(0, length - 1), max_size=40)), np.intp)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fancy, "MOST_GATHERED", most)
        patch.setattr(fancy, "ALL_TO_ALL", all_to_all)
        patch.setattr(fancy, "MANY_RUNS", many)
        same_values(x[index], whole[index])
        same_values(x[:, index % 4], whole[:, index % 4])
        same_values(x[index, index % 4], whole[index, index % 4])
        same_values(x[index.reshape(-1, 1)], whole[index.reshape(-1, 1)])


def test_positions_in_order_follow_the_chunks_of_the_source():
    x = computed(np.arange(100), 10)
    assert x[[0, 1, 2, 15, 16, 17, 25, 26]].chunks == ((3, 3, 2),)
    assert x[[25, 15, 16, 0]].chunks == ((1, 2, 1),)
    assert x[np.delete(np.arange(100), 5)].chunks == ((9,) + (10,) * 9,)
    assert physical(x[[0, 1, 2, 15, 16, 17, 25, 26]]) == "Blockwise"


def test_few_positions_of_many_chunks_are_not_left_in_crumbs():
    x = computed(np.arange(10_000), 10)
    assert x[np.arange(0, 10_000, 10)].numblocks == (100,)


def test_positions_that_come_often_do_not_make_chunks_explode():
    x = computed(np.arange(100), 10)
    assert max(x[np.repeat(np.arange(100), 50)].chunks[0]) <= 12
    assert max(x[np.zeros(1000, int)].chunks[0]) <= 12


def test_a_shuffle_takes_a_task_for_each_chunk_and_not_for_each_pair():
    x = computed(np.arange(10_000), 100)
    shuffled = x[np.random.default_rng(0).permutation(10_000)]
    assert physical(shuffled) == "Exchange"
    assert shuffled.chunks == x.chunks
    assert graph_size(shuffled) <= 300


def test_nearly_sorted_positions_are_gathered_from_neighbours():
    x = computed(np.arange(1000), 100)
    index = np.argsort(np.arange(1000) + np.random.default_rng(0).integers(0, 30, 1000), kind="stable")
    assert physical(x[index]) == "Gather"
    same_values(x[index], index)


def test_a_large_shuffle_goes_in_two_rounds():
    x = computed(np.arange(40_000), 200)
    index = np.random.default_rng(0).permutation(40_000)
    assert graph_size(x[index]) < 1_000
    np.testing.assert_array_equal(x[index].compute(), index)


def test_a_take_fuses_with_what_comes_before_and_after():
    x = computed(np.arange(100), 10)
    assert graph_size(x[[0, 1, 15, 25]] * 2) == 3


def test_computed_positions_make_tasks_for_chunks_and_not_for_pairs():
    from weft import config

    x = computed(np.arange(10_000), 100)
    index = da.from_array(np.random.default_rng(0).permutation(10_000), chunks=100)
    with config.set({"array.chunk-size": "1 kB"}):
        taken = x[index]
        assert graph_size(taken) <= 700
        np.testing.assert_array_equal(taken.compute(), index.compute())


def test_named_by_content():
    x = da.ones(100, chunks=10)
    assert x[[3, 4]].name == x[np.array([3, 4])].name != x[[4, 3]].name


def test_positions_are_copied():
    index = np.array([1, 2])
    taken = da.arange(5, chunks=2)[index]
    index[:] = 0
    assert taken.compute().tolist() == [1, 2]


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_on_every_backend(scheduler):
    whole = np.random.default_rng(0).random((40, 3))
    x = computed(whole, (4, 2))
    index = np.random.default_rng(1).permutation(40)
    lazy = da.from_array(index, chunks=7)
    for taken, expected in [
        (x[index], whole[index]),
        (x[lazy], whole[index]),
        (x[x[:, 0] > 0.5], whole[whole[:, 0] > 0.5]),
    ]:
        np.testing.assert_array_equal(taken.compute(scheduler=scheduler), expected)


def test_masked_and_sparse_blocks_keep_their_type():
    whole = np.ma.masked_greater(np.arange(12).reshape(6, 2), 8)
    x = da.from_array(whole, chunks=(2, 1))
    for ours, expected in [
        (x[[5, 0, 3]], whole[[5, 0, 3]]),
        (x[da.asarray(np.array([5, 0]))], whole[[5, 0]]),
        (x[x[:, 0] > 2], whole[whole[:, 0] > 2]),
        (x[[1, 5], [0, 1]], whole[[1, 5], [0, 1]]),
    ]:
        result = ours.compute()
        assert isinstance(result, np.ma.MaskedArray)
        np.testing.assert_array_equal(result.filled(-1), expected.filled(-1))


def test_sparse_blocks_can_be_indexed():
    sparse = pytest.importorskip("sparse")
    whole = np.eye(6)
    x = da.from_array(whole, chunks=2).map_blocks(sparse.COO.from_numpy, meta=sparse.COO.from_numpy(np.zeros((0, 0))))
    for ours, expected in [(x[[4, 0, 5]], whole[[4, 0, 5]]), (x[:, whole[0] == 0], whole[:, whole[0] == 0])]:
        result = ours.compute()
        assert isinstance(result, sparse.COO)
        np.testing.assert_array_equal(result.todense(), expected)
