"""Sorting along axes in many chunks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft
import weft.array as da
from weft.array.kernels import sorting as kernels
from weft.expr import walk
from weft.physical.rewrite import lowered
from weft.sizeof import sizeof
from weft.store.spill import SpillStore

KINDS = st.sampled_from(["int64", "uint8", "float64", "float32", "complex128", "bool"])


@settings(max_examples=60)
@given(chunked_arrays(dtypes=KINDS, min_dims=1, max_side=12), st.data())
def test_sorted_elements_are_those_of_numpy(pair, data):
    whole, chunked = pair
    axis = data.draw(st.one_of(st.none(), st.integers(-whole.ndim, whole.ndim - 1)))
    assert_same(da.sort(chunked, axis), np.sort(whole, axis))
    assert_same(da.argsort(chunked, axis, stable=True), np.argsort(whole, axis, stable=True))


@settings(max_examples=60)
@given(st.data())
def test_long_lines_are_sorted_however_often_an_element_is_there(data):
    distinct = data.draw(st.integers(1, 50))
    whole = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, distinct, data.draw(st.integers(0, 300)))
    chunked = da.from_array(whole.astype(float), chunks=data.draw(chunks_of(whole.shape)))
    assert_same(da.sort(chunked), np.sort(whole.astype(float)))
    assert_same(da.argsort(chunked), np.argsort(whole, kind="stable"))


@pytest.mark.parametrize(
    "whole", [np.array([3.0, np.nan, 1, np.inf, -np.inf, np.nan, 2]), np.array(["b", "a", "c", "ab"])]
)
def test_other_kinds_of_elements_are_sorted_as_numpy_does(whole):
    chunked = da.from_array(whole, chunks=2)
    np.testing.assert_array_equal(da.sort(chunked).compute(), np.sort(whole))
    np.testing.assert_array_equal(da.argsort(chunked).compute(), np.argsort(whole, kind="stable"))


def test_objects_dates_and_records_are_sorted():
    dates = np.array(["2020-05-01", "NaT", "2019-01-01", "2021-01-01"], "M8[D]")
    np.testing.assert_array_equal(da.sort(da.from_array(dates, chunks=1)).compute(), np.sort(dates))
    things = np.array([3, 1, 2, 1], object)
    np.testing.assert_array_equal(da.sort(da.from_array(things, chunks=2)).compute(), np.sort(things))
    records = np.array([(2, 1.0), (1, 5.0), (1, 2.0)], [("a", int), ("b", float)])
    for order in (None, "b"):
        np.testing.assert_array_equal(
            da.sort(da.from_array(records, chunks=2), order=order).compute(), np.sort(records, order=order)
        )


def test_the_largest_can_come_first():
    whole = np.array([2, 3, 1, 3, 2])
    chunked = da.from_array(whole, chunks=2)
    assert_same(da.sort(chunked, descending=True), np.array([3, 3, 2, 2, 1]))
    assert_same(da.argsort(chunked, descending=True), np.array([1, 3, 0, 4, 2]))


def test_an_array_can_be_sorted_in_place():
    x = da.from_array([3, 1, 2], chunks=1)
    x.sort()
    assert_same(x, np.array([1, 2, 3]))


@settings(max_examples=30)
@given(chunked_arrays(dtypes=st.sampled_from(["int64"]), min_dims=1, max_dims=2, min_side=1), st.data())
def test_a_partition_divides_at_its_element(pair, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    kth = data.draw(st.integers(-whole.shape[axis], whole.shape[axis] - 1))
    ours = np.asarray(da.partition(chunked, kth, axis).compute())
    np.testing.assert_array_equal(np.take(ours, [kth], axis), np.take(np.sort(whole, axis), [kth], axis))
    places = da.argpartition(chunked, kth, axis).compute()
    np.testing.assert_array_equal(
        np.take(np.take_along_axis(whole, places, axis), [kth], axis), np.take(np.sort(whole, axis), [kth], axis)
    )


def test_what_is_wrong_is_said_at_the_call():
    x = da.arange(4, chunks=2)
    with pytest.raises(np.exceptions.AxisError):
        da.sort(x, axis=1)
    with pytest.raises(ValueError, match="out of bounds"):
        da.partition(x, 4)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_every_backend_gives_the_same(scheduler):
    whole = np.random.default_rng(0).integers(0, 20, 100)
    result = da.argsort(da.from_array(whole, chunks=13)).compute(scheduler=scheduler)
    np.testing.assert_array_equal(result, np.argsort(whole, kind="stable"))


def test_each_block_is_sorted_once():
    x = da.random.default_rng(0).random(4_000_000, chunks=100_000)
    nodes = list(walk(*lowered([da.sort(x).expr])))
    calls = [call.function for each in nodes for call in getattr(each, "calls", ())]
    assert len([each for each in calls if each in (kernels.sorted_keys, kernels.sorted_in_place)]) == 1


@pytest.mark.parametrize("axis", [0, -1])
def test_orders_by_several_keys_are_those_of_numpy(axis):
    keys = np.random.default_rng(0).integers(0, 3, (3, 6, 5))
    assert_same(da.lexsort([da.from_array(each, chunks=2) for each in keys], axis), np.lexsort(keys, axis))
    assert_same(np.lexsort(da.from_array(keys[:, 0], chunks=(1, 2))), np.lexsort(keys[:, 0]))
    with pytest.raises(ValueError, match="same shape"):
        da.lexsort([da.ones(3), da.ones(4)])
    with pytest.raises(TypeError, match="sequence"):
        da.lexsort([])


@pytest.mark.parametrize("dtype", ["i1", "i8", "f4", "c8", "?"])
def test_sorted_complex_numbers_have_numpys_dtype(dtype):
    whole = np.array([3, 1, 0, 2], dtype)
    assert_same(da.sort_complex(da.from_array(whole, chunks=3)), np.sort_complex(whole))


@pytest.mark.parametrize("chunks", [1, 4, 9, 40])
@pytest.mark.parametrize("options", [{"stable": True}, {"kind": "stable"}])
def test_zeros_of_either_sign_stay_in_order(chunks, options):
    whole = np.tile(np.array([0.0, -0.0, 1.0, -0.0, 0.0], np.float32), 8)
    for axis, values in ((0, whole), (1, np.stack([whole, whole[::-1]]))):
        pieces = chunks if axis == 0 else (1, chunks)
        made = da.sort(da.from_array(values, chunks=pieces), axis=axis, **options).compute()
        np.testing.assert_array_equal(np.signbit(made), np.signbit(np.sort(values, axis=axis, kind="stable")))


def test_zeros_stay_in_order_where_the_largest_comes_first():
    whole = np.array([0.0, -0.0, 1.0, -0.0, 0.0] * 5)
    made = da.sort(da.from_array(whole, chunks=4), descending=True, stable=True).compute()
    assert np.signbit(made[5:]).tolist() == np.signbit(whole[whole == 0]).tolist()


@settings(max_examples=60)
@given(st.data())
def test_cuts_at_pivots_give_every_target_its_elements_and_few_besides(data):
    draws = np.random.default_rng(data.draw(st.integers(0, 99)))
    distinct = data.draw(st.sampled_from([1, 3, 50, 10**6]))
    blocks = [
        np.sort(draws.integers(0, distinct, size)) for size in data.draw(st.lists(st.integers(1, 400), min_size=1))
    ]
    whole = np.sort(np.concatenate(blocks))
    ends = np.sort(draws.integers(0, whole.size + 1, data.draw(st.integers(0, 5))))
    samples = tuple([kernels.sampled(each, 40) for each in blocks])
    values = kernels.pivots(samples, ends)
    counts = tuple([kernels.counted(each, values) for each in blocks])
    cuts = kernels.planned(counts, tuple(map(len, blocks)), ends)
    split = [kernels.cut_up(each, cuts, number) for number, each in enumerate(blocks)]
    bounds = [0, *ends.tolist(), whole.size]
    for target, runs in enumerate(zip(*split, strict=True)):
        told = bounds[target], bounds[target + 1]
        for merge in (kernels.merged, kernels.merged_unstable):
            np.testing.assert_array_equal(merge(told, *runs), whole[slice(*told)])
        assert sum([len(run.keys) for run in runs]) <= told[1] - told[0] + 2 * sum([1 + len(b) // 20 for b in blocks])


@pytest.mark.parametrize("value", [4, 2.5, "b", b"c", np.datetime64("2020-01-01")])
def test_an_array_without_axes_has_its_element_in_the_first_place(value):
    for axis in (-1, 0, None):
        assert_same(da.argsort(da.asarray(value), axis), np.argsort(np.asarray(value), axis))


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u2", "i1", "M8[s]"])
def test_both_ways_to_put_runs_together_give_the_same(monkeypatch, quick, dtype):
    monkeypatch.setattr(kernels, "sorts_side_by_side", lambda: quick)
    numbers = np.random.default_rng(0).integers(-100, 100, 1000).astype(dtype)
    if dtype[0] == "f":
        numbers[::50] = np.nan
    runs = [kernels.Run(10, np.sort(part)) for part in np.array_split(numbers, 7)]
    np.testing.assert_array_equal(kernels.merged_unstable((75, 1000), *runs), np.sort(numbers)[5:930])


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u2"])
def test_runs_are_sorted_anew_in_parts_that_stay_in_the_cache(monkeypatch, dtype):
    monkeypatch.setattr(kernels, "sorts_side_by_side", lambda: True)
    monkeypatch.setattr(kernels, "CACHED", 64)
    draws = np.random.default_rng(0)
    whole = draws.integers(-100, 100, 1000).astype(dtype)
    if dtype[0] == "f":
        whole[::50], whole[::70] = np.nan, -np.inf
    for numbers in (whole, np.sort(whole), np.zeros(500, dtype), whole[:3], whole[:0]):
        runs = [kernels.Run(0, np.sort(part)) for part in np.array_split(numbers, 7)]
        np.testing.assert_array_equal(kernels.merged_unstable((0, numbers.size), *runs), np.sort(numbers))


@pytest.mark.parametrize("stable", [None, True])
def test_numbers_that_are_drawn_to_be_sorted_are_sorted_where_they_are(stable):
    x = da.random.default_rng(1).random(1000, chunks=130)
    whole = x.compute()
    np.testing.assert_array_equal(da.sort(x, stable=stable).compute(), np.sort(whole))
    calls = [call.function for each in walk(*lowered([da.sort(x).expr])) for call in getattr(each, "calls", ())]
    assert kernels.sorted_in_place in calls
    assert kernels.sorted_keys not in calls


def test_numbers_that_somebody_else_reads_as_well_stay_as_they_were_drawn():
    x = da.random.default_rng(1).random(1000, chunks=130)
    ordered, drawn = weft.compute(da.sort(x), x)
    np.testing.assert_array_equal(ordered, np.sort(drawn))
    np.testing.assert_array_equal(drawn, x.compute())


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_what_does_not_fit_is_written_to_disk_once(monkeypatch, scheduler):
    written = []
    put = SpillStore.put
    monkeypatch.setattr(SpillStore, "put", lambda store, value: written.append(sizeof(value)) or put(store, value))
    x = da.random.default_rng(1).random(4_000_000, chunks=100_000)
    whole = np.sort(x.compute())
    picked = da.sort(x)[::997].compute(scheduler=scheduler, num_workers=2, budget=16_000_000)
    np.testing.assert_array_equal(picked, whole[::997])
    assert sum(written) <= whole.nbytes
    written.clear()
    places = da.argsort(x, stable=True).compute(scheduler=scheduler, num_workers=2, budget=32_000_000)
    np.testing.assert_array_equal(x.compute()[places], whole)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
@pytest.mark.parametrize("kth", [0, 5, [0, 3]])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_arrays_without_elements_have_partitions(shape, kth, axis):
    whole = np.zeros(shape, np.int16)
    x = da.from_array(whole, chunks=2)
    for name in ("partition", "argpartition"):
        expected = getattr(np, name)(whole, kth, axis=axis)
        made = getattr(da, name)(x, kth, axis=axis).compute()
        assert (made.shape, made.dtype) == (expected.shape, expected.dtype)
