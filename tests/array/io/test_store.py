"""Storing: every element at its place, whatever the target, the region and the chunks."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunked_arrays

import weft
import weft.array as da
from weft.errors import SerializationError


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(), st.data())
def test_regions_of_targets_get_the_array_and_nothing_else_changes(pair, data):
    whole, chunked = pair
    steps = tuple(data.draw(st.sampled_from([1, 2, -1])) for _ in whole.shape)
    target = np.zeros([abs(step) * length + 2 for step, length in zip(steps, whole.shape, strict=True)], whole.dtype)
    region = tuple(
        slice(1, 1 + step * length, step) if step > 0 else slice(length, 0, -1)
        for step, length in zip(steps, whole.shape, strict=True)
    )
    expected = target.copy()
    expected[region] = whole
    if whole.ndim:
        assert da.store(chunked, target, regions=region, scheduler="sync") is None
    else:
        chunked.store(target, scheduler="sync")
    np.testing.assert_array_equal(target, expected)


def test_several_arrays_are_stored_at_once_and_what_they_share_is_computed_once():
    calls = []

    def counted(block):
        calls.append(len(block))
        return block

    x = da.ones(10, chunks=5).map_blocks(counted, dtype=float, meta=np.empty(0))
    one, other = np.zeros(10), np.zeros(10)
    assert da.store([x, x + 1], [one, other]) is None
    assert one.tolist() == [1] * 10
    assert other.tolist() == [2] * 10
    assert calls == [5, 5]


def test_one_region_serves_all_and_each_may_have_its_own():
    targets = np.zeros(6), np.zeros(6)
    da.store([da.ones(4, chunks=3)] * 2, targets, regions=slice(1, 5))
    da.store([da.ones(2), da.ones(1)], targets, regions=[(slice(4, 6),), slice(0, 1)])
    assert targets[0].tolist() == [0, 1, 1, 1, 1, 1]
    assert targets[1].tolist() == [1, 1, 1, 1, 1, 0]


def test_without_compute_nothing_is_written_before_the_result_is_computed():
    target = np.zeros(10)
    written = da.store(da.ones(10, chunks=3), target, compute=False)
    assert target.sum() == 0
    assert written.compute().all()
    assert target.sum() == 10
    several = da.store([da.ones(10), da.ones(10)], [target, target], compute=False)
    assert isinstance(several, tuple)
    weft.compute(*several)


def test_a_list_of_one_source_gives_one_array():
    target = np.zeros(4)
    written = da.store([da.ones(4, chunks=2)], [target], compute=False)
    assert written.compute().all()
    np.testing.assert_array_equal(target, np.ones(4))


def test_what_has_been_stored_can_be_read():
    x = da.arange(10, chunks=4)
    target = np.zeros(12)
    stored = x.store(target, regions=slice(2, 12), return_stored=True)
    assert stored.chunks == x.chunks
    assert (stored == x).all().compute()
    target[2] = 50
    assert stored.compute()[0] == 50
    kept = x.store(target, regions=slice(2, 12), return_stored=True, load_stored=True)
    assert kept.compute().tolist() == list(range(10))
    for load in (None, True, False):
        fresh = np.zeros(10)
        later = x.store(fresh, compute=False, return_stored=True, load_stored=load)
        assert fresh.sum() == 0
        assert later.sum().compute() == 45
        assert fresh.sum() == 45


def test_a_target_may_be_a_delayed_value():
    made = []

    def make():
        made.append(np.zeros(10))
        return made[-1]

    target = weft.delayed(make)()
    assert da.arange(10, chunks=3).store(target) is None
    assert made[0].tolist() == list(range(10))
    stored = da.arange(10, chunks=3).store(target, return_stored=True)
    assert stored.shape == (10,)


def test_files_are_written_from_other_processes(tmp_path):
    x = da.from_array(np.arange(40).reshape(10, 4), chunks=3)
    target = np.memmap(tmp_path / "map", mode="w+", shape=(10, 4), dtype="i8")
    x.store(target, scheduler="processes", num_workers=2)
    assert (target == np.arange(40).reshape(10, 4)).all()
    with pytest.raises(SerializationError, match="would be lost"):
        x.store(np.zeros((10, 4)), scheduler="processes", num_workers=2)


def test_hdf5_datasets_are_written_as_they_are(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        target = file.create_dataset("x", shape=(10,), dtype="i4", chunks=(4,))
        da.arange(10, chunks=3).store(target)
        assert target[:].tolist() == list(range(10))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda x: da.store(x, np.zeros(5))),
        (ValueError, lambda x: da.store(x, np.zeros(20), regions=slice(0, 5))),
        (ValueError, lambda x: da.store(x, np.zeros(20), regions=(slice(0, 10), slice(None)))),
        (ValueError, lambda x: da.store([x], [np.zeros(10), np.zeros(10)])),
        (ValueError, lambda x: da.store([x, x], [np.zeros(10)] * 2, regions=[slice(0, 10)])),
        (ValueError, lambda x: da.store([x, 3], [np.zeros(10)] * 2)),
        (ValueError, lambda x: da.store(x, np.zeros(10), load_stored=True)),
        (ValueError, lambda x: da.store(x, np.broadcast_to(0.0, (10,)))),
        (TypeError, lambda x: da.store(x, 3)),
        (TypeError, lambda x: da.store(3, np.zeros(10))),
        (TypeError, lambda x: da.store([x], np.zeros(10))),
        (TypeError, lambda x: da.store(x, np.zeros(10), compute=False, scheduler="sync")),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(error, call):
    with pytest.raises(error, match=r"."):
        call(da.arange(10, chunks=4))
