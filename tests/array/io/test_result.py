"""Large results are written to their places by the tasks that make them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunked_arrays

import weft
import weft.array as da
from weft.array.io import result
from weft.array.io.result import Room
from weft.array.kernels import tiled
from weft.array.kernels.written_chains import WrittenChain
from weft.cache import Cache
from weft.expr import find, optimize

SCHEDULERS = ["threads", "inline"]
STEPS = {
    "add": lambda x: x + 1,
    "chain": lambda x: abs(x * 2 - 1) + x,
    "transposed": lambda x: (x + 1).T,
    "backwards": lambda x: x[::-1] * 2,
    "reduced": lambda x: x.sum(0, keepdims=True) + x,
    "cast": lambda x: x.astype("f4") * 3,
    "compared": lambda x: x > 1,
}


@pytest.fixture
def large(monkeypatch):
    """All results are large, and all blocks."""
    monkeypatch.setattr(result, "LARGE", 0)
    monkeypatch.setattr(tiled, "SMALL", 0)


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("scheduler", SCHEDULERS)
@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1), st.sampled_from(sorted(STEPS)))
def test_results_are_those_of_numpy(scheduler, pair, step):
    whole, x = pair
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(result, "LARGE", 0)
        patch.setattr(tiled, "SMALL", 0)
        made = STEPS[step](x).compute(scheduler=scheduler)
        expected = STEPS[step](whole)
    assert made.shape == expected.shape
    assert made.dtype == expected.dtype
    np.testing.assert_allclose(made, expected, rtol=1e-6)
    assert made.flags.writeable
    assert made.flags.owndata or x.npartitions == 1


def test_elements_are_laid_out_as_in_blocks(large):
    x = da.from_array(np.arange(24.0).reshape(4, 6), chunks=(2, 3))
    assert (x + 1).compute().flags.c_contiguous
    assert (x.T + 1).compute().flags.f_contiguous


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_blocks_of_other_types_and_shapes_than_announced_are_joined_all_the_same(large, scheduler):
    x = da.arange(12, chunks=3)

    def as_texts(block):
        return block.astype("U2") if block[0] == 3 else block.astype("U1")

    def as_floats(block):
        return block / 2 if block[0] > 3 else block

    def masked(block):
        return np.ma.masked_equal(block, 4) if block[0] == 3 else block

    def longer(block):
        return np.repeat(block, 2)

    whole = np.arange(12)
    texts = x.map_blocks(as_texts, dtype="U1").compute(scheduler=scheduler)
    assert texts.tolist() == [str(each)[: 2 if 3 <= each < 6 else 1] for each in range(12)]
    floats = x.map_blocks(as_floats, dtype="i8").compute(scheduler=scheduler)
    np.testing.assert_array_equal(floats, np.where(whole > 5, whole / 2, whole))
    assert floats.dtype == float
    found = x.map_blocks(masked, dtype="i8").compute(scheduler=scheduler)
    assert found.mask.tolist() == [each == 4 for each in range(12)]
    np.testing.assert_array_equal(x.map_blocks(longer, dtype="i8").compute(scheduler=scheduler), np.repeat(whole, 2))
    objects = x.map_blocks(lambda block: block.astype(object), dtype="i8").compute(scheduler=scheduler)
    assert objects.dtype == object


def test_results_that_are_asked_for_together_share_their_work(large):
    calls = []

    def counted(block):
        calls.append(len(block))
        return block * 2

    x = da.arange(12, chunks=3).map_blocks(counted, dtype="i8", meta=np.empty(0, "i8"))
    twice, total, thrice = weft.compute(x, x.sum(), x * 1.5, scheduler="threads")
    np.testing.assert_array_equal(twice, np.arange(12) * 2)
    np.testing.assert_array_equal(thrice, np.arange(12) * 3)
    assert total == 132
    assert len(calls) == 4


def test_the_same_array_computed_again_is_another_one(large):
    x = da.arange(12, chunks=3) + 1
    first, second = x.compute(scheduler="threads"), x.compute(scheduler="threads")
    first[:] = 0
    assert second.tolist() == list(range(1, 13))
    with Cache(10**9):
        assert x.compute(scheduler="threads").tolist() == x.compute(scheduler="threads").tolist() == list(range(1, 13))


def test_tasks_that_fail_are_told_of_and_tried_again(large):
    left = [1]

    def fails(block):
        if block[0] == 3 and left:
            left.pop()
            raise OSError("not now")
        return block

    x = da.arange(12, chunks=3).map_blocks(fails, dtype="i8", meta=np.empty(0, "i8"))
    with pytest.raises(OSError, match="not now"):
        x.compute(scheduler="threads")
    left.append(1)
    assert x.compute(scheduler="threads", retries=1).tolist() == list(range(12))


def test_no_block_of_a_chain_is_made(large):
    x = da.from_array(np.arange(24.0).reshape(4, 6), chunks=(2, 3))
    (tree,) = optimize([(abs(x - 9) * 2).__weft_in_place__().expr])
    (fused,) = find(tree, type(tree))
    assert isinstance(fused.calls[-1].function, WrittenChain)


def test_what_is_filled_of_a_result_is_counted_until_it_is_taken(large, monkeypatch):
    counted = []
    monkeypatch.setattr(result, "count_given", counted.append)
    made = da.arange(12, chunks=3).map_blocks(np.negative).compute(scheduler="inline")
    assert made.tolist() == [-each for each in range(12)]
    assert [each for each in counted if each > 0] == [24] * 4
    assert -96 in counted


def test_explanations_tell_how_large_the_blocks_of_a_result_are(large):
    explained = str((da.ones((4, 6), chunks=(2, 3)) + 1).explain())
    assert "blocks of up to 48 B" in explained
    assert "Room" not in explained


def test_columns_of_chunks_of_one_are_laid_out_as_numpy_does(large):
    x = da.from_array(np.arange(24.0).reshape(4, 6), chunks=(4, 1)) + da.from_array(np.ones((4, 6)), chunks=(4, 1))
    assert x.compute().flags.c_contiguous
    assert (da.broadcast_to(da.arange(6, chunks=3), (4, 6)) + 1.5).compute().flags.c_contiguous


def test_room_is_of_one_process():
    with pytest.raises(TypeError, match="of this process"):
        pickle.dumps(Room((3,)))


def test_small_results_and_other_processes_are_as_they_were():
    x = da.arange(12, chunks=3)
    assert x.__weft_in_place__() is x
    assert x[x > 3].__weft_in_place__().compute(scheduler="threads").tolist() == list(range(4, 12))
