from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

KINDS = st.sampled_from(["i1", "i8", "u2", "f2", "f8", "c16", "?", "U5", "S30", "O", "M8[s]", "U"])


@settings(max_examples=100, deadline=None)
@given(
    chunked_arrays(min_dims=1, dtypes=st.sampled_from(["int64", "uint8", "float64", "bool"])),
    KINDS,
    st.sampled_from(["no", "equiv", "safe", "same_kind", "unsafe"]),
)
def test_casting_agrees_with_numpy(pair, dtype, casting):
    whole, ours = pair
    try:
        expected = whole.astype(dtype, casting=casting)
    except TypeError:
        with pytest.raises(TypeError, match="Cannot cast"):
            ours.astype(dtype, casting=casting)
        return
    assert_same(ours.astype(dtype, casting=casting), expected)


def test_a_cast_to_what_it_is_gives_another_array_unless_told_otherwise():
    x = da.ones(3, chunks=2)
    assert x.astype(float) is not x
    assert x.astype(float).name == x.name
    assert x.astype(float, copy=False) is x
    assert da.astype(x, "f4").dtype == np.float32
    assert x.astype("f8", order="F").compute().flags.f_contiguous
    with pytest.raises(ValueError, match="order"):
        x.astype("f8", order="Q")
    with pytest.raises(TypeError):
        x.astype("nothing")


VIEWS = ["i1", "i2", "i4", "i8", "f8", "c16", "M8[s]", "S4", "u2,u2"]


@settings(max_examples=100, deadline=None)
@given(chunked_arrays(min_dims=0, max_side=6, dtypes=st.sampled_from(VIEWS[:6])), st.sampled_from(VIEWS))
def test_bytes_seen_as_other_elements_agree_with_numpy(pair, dtype):
    whole, ours = pair
    assume(whole.ndim or dtype != "S4")  # NumPy's scalars forget how long a text may be
    try:
        expected = whole.view(dtype)
    except ValueError:
        with pytest.raises(ValueError, match="dtype"):
            ours.view(dtype)
        return
    assert_same(ours.view(dtype), expected)


def test_bytes_seen_along_the_first_axis():
    whole = np.arange(24, dtype="i4").reshape(4, 6)
    ours = da.from_array(whole, chunks=(3, 4))
    assert_same(ours.view("i8", order="F"), np.asfortranarray(whole).T.view("i8").T)
    assert_same(ours.view("i2", order="F"), np.asfortranarray(whole).T.view("i2").T)
    assert ours.view().name == ours.name
    with pytest.raises(ValueError, match="order"):
        ours.view("i2", order="K")
    with pytest.raises(TypeError, match="references"):
        ours.view(object)


def test_dtypes_together_are_those_of_numpy():
    x, y = da.ones(2, dtype="f4", chunks=1), da.ones(2, dtype="i8", chunks=1)
    for arguments in [(x, y), (x, 1.5), (x, 1j), (y, "u8"), (x, np.float64(1)), (y, True), ("i1", "u1")]:
        plain = [np.ones(2, each.dtype) if isinstance(each, da.Array) else each for each in arguments]
        assert da.result_type(*arguments) == np.result_type(*plain)
        assert np.result_type(*arguments) == np.result_type(*plain)
    assert da.can_cast(x, "f8")
    assert not np.can_cast(y, "f4")
    assert da.promote_types("i1", "u1") == np.int16
    assert da.min_scalar_type(x) == np.float32
    assert np.common_type(x, y) is np.float64


def test_blocks_of_another_library():
    x = da.ones(3, chunks=2)
    assert x.to_backend("numpy") is x
    with pytest.raises(ValueError, match="backend"):
        x.to_backend("nothing")
    with pytest.raises(TypeError, match="no further"):
        x.to_backend("numpy", fast=True)


@pytest.mark.parametrize("kind", ["i2", ">f8", "c8", "?", "U2", "M8[s]"])
def test_bytes_are_swapped_as_numpy_does(kind):
    whole = np.arange(5).astype("i8").astype(kind) if kind != "U2" else np.array(["a", "bc", "", "d", "ef"])
    ours = da.from_array(whole, chunks=2)

    swapped = ours.byteswap()

    assert swapped.dtype == whole.dtype
    assert swapped.compute().tobytes() == whole.byteswap().tobytes()
    assert ours.byteswap(inplace=True) is ours
    assert ours.compute().tobytes() == whole.byteswap().tobytes()


def test_the_method_searchsorted_is_the_function():
    whole = np.array([1, 3, 3, 7, 9])
    for side in ("left", "right"):
        np.testing.assert_array_equal(
            da.from_array(whole, chunks=2).searchsorted([3, 10, 0], side=side).compute(),
            whole.searchsorted([3, 10, 0], side=side),
        )


def test_a_view_as_another_class_says_what_to_do():
    with pytest.raises(TypeError, match="map_blocks"):
        da.ones(3, chunks=2).view(np.matrix)
    assert_same(da.ones(3, chunks=2).view(np.ndarray), np.ones(3))


@pytest.mark.parametrize("dtype", ["2i", "(2,3)f8"])
def test_a_subarray_as_dtype_adds_axes(dtype):
    whole = np.arange(6).reshape(3, 2)
    x = da.from_array(whole, chunks=2)
    assert_same(x.astype(dtype), whole.astype(dtype))
    assert_same(da.array(x, dtype=dtype), np.array(whole, dtype=dtype))
    assert_same(x[x[:, 0] > 1].astype(dtype), whole[whole[:, 0] > 1].astype(dtype))
    assert_same(da.array([1, 2, 3], dtype=dtype), np.array([1, 2, 3], dtype=dtype))


@pytest.mark.parametrize(("old", "new"), [("f8", (np.int16, 4)), ("i8", (np.uint8, (2, 4))), ("i4,i4", ("i4", 2))])
def test_elements_seen_as_arrays_have_further_axes(old, new):
    whole = np.arange(12).reshape(3, 4).astype(old)
    ours = da.from_array(whole, chunks=2).view(new)
    expected = whole.view(new)
    assert ours.shape == expected.shape
    np.testing.assert_array_equal(ours.compute(), expected)
