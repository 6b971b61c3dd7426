"""Distinct elements, and what arrays have in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunked_arrays, chunks_of

import weft
import weft.array as da
from weft.array.ops import searching

KINDS = st.sampled_from(["int64", "float64", "bool", "uint8", "complex128"])


@settings(max_examples=50)
@given(chunked_arrays(dtypes=KINDS, max_dims=2), st.booleans())
def test_distinct_elements_are_those_of_numpy(pair, equal_nan):
    whole, chunked = pair
    if whole.dtype.kind == "f" and whole.size:
        whole = np.where(whole > 5, np.nan, whole)
        chunked = da.from_array(whole, chunks=chunked.chunks)
    ours = weft.compute(*da.unique(chunked, True, True, True, equal_nan=equal_nan), scheduler="sync")
    for mine, expected in zip(ours, np.unique(whole, True, True, True, equal_nan=equal_nan), strict=True):
        np.testing.assert_array_equal(mine, expected)
        assert mine.dtype == expected.dtype


@settings(max_examples=30)
@given(chunked_arrays(dtypes=st.sampled_from(["int64"]), min_dims=2, max_dims=2, min_side=1), st.integers(0, 1))
def test_distinct_slices_are_those_of_numpy(pair, axis):
    whole, chunked = pair
    whole, chunked = whole % 3, chunked % 3
    ours = weft.compute(*da.unique(chunked, True, True, True, axis=axis), scheduler="sync")
    for mine, expected in zip(ours, np.unique(whole, True, True, True, axis=axis), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_results_of_unknown_length_go_on():
    x = da.from_array([3, 1, 2, 3, 1], chunks=2)
    values, counts = da.unique(x, return_counts=True)
    np.testing.assert_array_equal((values * counts).compute(), [2, 2, 6])
    assert len(values) == 3


@settings(max_examples=50)
@given(st.data())
def test_sets_are_those_of_numpy(data):
    sides = []
    for _ in range(2):
        whole = np.array(data.draw(st.lists(st.sampled_from([0.0, 1, 2, 3, np.nan]), max_size=12)), float)
        sides.append((whole, da.from_array(whole, chunks=data.draw(chunks_of(whole.shape)))))
    (a, x), (b, y) = sides
    for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d", "isin"):
        ours = getattr(da, name)(x, y).compute(scheduler="sync")
        np.testing.assert_array_equal(ours, getattr(np, name)(a, b), err_msg=name)
    np.testing.assert_array_equal(da.isin(x, b, invert=True).compute(scheduler="sync"), np.isin(a, b, invert=True))


def test_places_in_common_can_be_asked_for():
    a, b = np.array([4, 1, 1, 3]), np.array([3, 5, 1])
    ours = da.intersect1d(da.from_array(a, chunks=2), da.from_array(b, chunks=2), return_indices=True)
    for mine, expected in zip(weft.compute(*ours), np.intersect1d(a, b, return_indices=True), strict=True):
        np.testing.assert_array_equal(mine, expected)


@settings(max_examples=50)
@given(chunked_arrays(dtypes=st.sampled_from(["int64", "float64"]), min_dims=1, max_dims=1), st.data())
def test_places_in_a_sorted_array_are_those_of_numpy(pair, data):
    whole, _ = pair
    whole = np.sort(whole)
    chunked = da.from_array(whole, chunks=data.draw(chunks_of(whole.shape)))
    wanted, v = data.draw(chunked_arrays(dtypes=st.sampled_from(["int64"]), max_dims=2))
    side = data.draw(st.sampled_from(["left", "right"]))
    ours = da.searchsorted(chunked, v, side).compute(scheduler="sync")
    np.testing.assert_array_equal(ours, np.searchsorted(whole, wanted, side))


@pytest.mark.parametrize("chunks", [-1, (7, 33), 10])
@pytest.mark.parametrize("side", ["left", "right"])
def test_many_elements_of_few_chunks_are_looked_for_in_pieces(chunks, side, monkeypatch):
    monkeypatch.setattr(searching, "MANY", 8)
    chance = np.random.default_rng(0)
    line, wanted = np.sort(chance.integers(0, 20, 30)), chance.integers(-2, 25, 40)
    chunked = da.from_array(wanted, chunks=(chunks,) if isinstance(chunks, tuple) else chunks)
    found = da.searchsorted(da.from_array(line, chunks=11), chunked, side=side)
    assert found.chunks == chunked.chunks
    np.testing.assert_array_equal(found.compute(), np.searchsorted(line, wanted, side=side))
    np.testing.assert_array_equal((found + chunked).compute(), np.searchsorted(line, wanted, side=side) + wanted)
    some = chunked[chunked > 5]
    np.testing.assert_array_equal(
        da.searchsorted(da.from_array(line, chunks=11), some).compute(), np.searchsorted(line, wanted[wanted > 5])
    )


def test_a_sorter_puts_the_array_in_order():
    whole = np.array([3, 1, 2])
    ours = da.searchsorted(da.from_array(whole, chunks=2), [2], sorter=np.argsort(whole))
    np.testing.assert_array_equal(ours.compute(), [1])


def test_results_of_the_standard_have_names():
    x = da.from_array([np.nan, 1, np.nan, 1], chunks=2)
    everything = da.unique_all(x)
    np.testing.assert_array_equal(everything.counts.compute(), [2, 1, 1])
    np.testing.assert_array_equal(everything.inverse_indices.compute(), [1, 0, 2, 0])
    np.testing.assert_array_equal(da.unique_values(x).compute(), [1, np.nan, np.nan])


def test_what_is_wrong_is_said_at_the_call():
    with pytest.raises(ValueError, match="side"):
        da.searchsorted(da.arange(3, chunks=2), 1, side="middle")
    with pytest.raises(ValueError, match="must have one"):
        da.searchsorted(da.ones((2, 2), chunks=2), 1)
    with pytest.raises(ValueError, match="Invalid kind"):
        da.isin(da.arange(3, chunks=2), [1], kind="hash")


def test_distinct_elements_keep_their_unknown_length_whatever_rules_make_of_the_source():
    x = da.from_array(np.zeros((0, 5, 3), "u8"), chunks=(-1, 2, 2))
    y = da.from_array(np.arange(8.0).reshape(2, 4), chunks=(2, 1))
    assert da.intersect1d(x, y).compute().dtype == float
    assert da.setxor1d(y, y[:1].reshape(2, 2)).compute().tolist() == [4, 5, 6, 7]
    assert da.intersect1d(da.arange(3, chunks=2), y).compute().tolist() == [0, 1, 2]


def test_nans_with_a_part_that_is_a_number_are_one_element():
    whole = np.array([2.0 - 1j, np.nan, 1.0 + 1j, complex(0.0, np.nan), complex(1.0, np.nan)])
    _, inverse = da.unique(da.from_array(whole, chunks=2), return_inverse=True)
    np.testing.assert_array_equal(inverse.compute(), np.unique(whole, return_inverse=True)[1])


def test_the_axis_of_an_array_with_one_makes_no_difference():
    whole = np.array([np.nan, 0.0, np.nan])
    for axis in (0, -1):
        np.testing.assert_array_equal(da.unique(da.from_array(whole, chunks=2), axis=axis).compute(), [0.0, np.nan])


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_missing_texts_come_last_and_are_counted(chunk):
    texts = np.array(["a", np.nan, "b", "a", np.nan, "c", "b"], np.dtypes.StringDType(na_object=np.nan))
    x = da.from_array(texts, chunks=chunk)
    values, firsts, where, counts = weft.compute(*da.unique(x, True, True, True), scheduler="sync")
    assert values.tolist()[:3] == ["a", "b", "c"]
    assert np.isnan(values[3])
    assert (firsts.tolist(), where.tolist(), counts.tolist()) == ([0, 2, 5, 1], [0, 3, 1, 0, 3, 2, 1], [2, 2, 1, 2])
    assert da.unique(x, return_counts=True, equal_nan=False)[1].compute().tolist() == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("axis", [0, 1])
def test_rows_with_nan_are_each_found_where_they_are(axis):
    whole = np.array([[1, np.nan, 2.0, np.nan], [1, np.nan, 2.0, 1], [3, 3, 3.0, 0]])
    ours = weft.compute(*da.unique(da.from_array(whole, chunks=2), True, True, True, axis=axis), scheduler="sync")
    for mine, expected in zip(ours, np.unique(whole, True, True, True, axis=axis), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_the_inverse_has_the_shape_of_an_array_whose_lengths_are_counted():
    whole = np.arange(12).reshape(6, 2) % 5
    x = da.from_array(whole, chunks=2)
    _, inverse = da.unique(x[x[:, 0] >= 0], return_inverse=True)
    np.testing.assert_array_equal(inverse.compute(), np.unique(whole, return_inverse=True)[1])


@pytest.mark.parametrize("kind", [">i4", ">f8", ">c16", ">M8[s]", ">U2"])
def test_the_order_of_bytes_is_kept(kind):
    whole = np.array([3, 1, 3, 2, 1]).astype("i8").astype(kind)
    ours = da.from_array(whole, chunks=2)
    for made, expected in ((da.unique(ours), np.unique(whole)), (da.tile(ours, 2), np.tile(whole, 2))):
        assert made.dtype == made.compute().dtype == expected.dtype
        np.testing.assert_array_equal(made.compute(), expected)


@pytest.mark.parametrize("dtype", ["i8", "f8"])
@pytest.mark.parametrize("chunks", [2, 3, 7])
def test_masked_elements_are_one_the_last(dtype, chunks):
    whole = np.ma.masked_array([3, 77, 9, 1, 4, 8, 1], [0, 1, 0, 0, 0, 1, 0]).astype(dtype)
    x = da.from_array(whole, chunks=chunks)
    values, firsts, places, counts = (each.compute() for each in da.unique(x, True, True, True))
    expected = np.ma.unique(whole)
    assert values.dtype == whole.dtype
    np.testing.assert_array_equal(values.filled(-1), expected.filled(-1))
    np.testing.assert_array_equal(np.ma.getmaskarray(values), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(firsts, [3, 0, 4, 2, 1])
    np.testing.assert_array_equal(places, [1, 4, 3, 0, 2, 4, 0])
    np.testing.assert_array_equal(counts, [2, 1, 1, 1, 2])
    np.testing.assert_array_equal(da.unique(x).compute().filled(-1), expected.filled(-1))
    np.testing.assert_array_equal(da.unique(x[:1]).compute().filled(-1), [3])


@pytest.mark.parametrize("kind", ["U", "S", ">U3", "=U7"])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_distinct_texts_alone_are_those_of_numpy(kind, chunk):
    whole = np.array(["b", "", "abc", "b", "ab", "c", "", "abc", "a\0b", "zz"] * 3).astype(kind)
    chunked = da.from_array(whole, chunks=chunk)
    values, (same, counts) = weft.compute(da.unique(chunked), da.unique(chunked, return_counts=True))
    expected, how_often = np.unique(whole, return_counts=True)
    for found, wanted in ((values, expected), (same, expected), (counts, how_often)):
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype
    assert da.unique(chunked[:0]).compute().dtype == expected.dtype
    masked = np.ma.masked_array(whole, whole == whole[0])
    alone, whole_way = weft.compute(
        da.unique(da.from_array(masked, chunks=chunk)), da.unique(da.from_array(masked, chunks=chunk), True)[0]
    )
    np.testing.assert_array_equal(np.ma.getmaskarray(alone), np.ma.getmaskarray(whole_way))
    np.testing.assert_array_equal(alone.compressed(), whole_way.compressed())
