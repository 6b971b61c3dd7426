from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

BINARY = ["add", "subtract", "multiply", "maximum", "equal", "less", "true_divide"]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(BINARY))
def test_binary_functions_agree_with_numpy_on_any_two_layouts(data, name):
    left, ours = data.draw(chunked_arrays(max_dims=2))
    right, others = data.draw(chunked_arrays(shape=left.shape))
    with np.errstate(all="ignore"):
        try:
            expected = getattr(np, name)(left, right)
        except TypeError:
            with pytest.raises(TypeError):
                getattr(da, name)(ours, others)
        else:
            assert_same(getattr(da, name)(ours, others), expected)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broadcasting_agrees_with_numpy(data):
    left, ours = data.draw(chunked_arrays(max_dims=3, dtypes=st.just("float64")))
    shape = tuple(1 if data.draw(st.booleans()) else length for length in left.shape)
    shape = shape[data.draw(st.integers(0, len(shape))) :]
    right, others = data.draw(chunked_arrays(shape=shape, dtypes=st.just("int64")))
    assert_same(ours * others + others, left * right + right)
    assert_same(others - ours, right - left)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(), st.sampled_from([1, 1.5, 2j, True, np.float32(2), np.int8(3)]))
def test_scalars_promote_as_in_numpy(pair, scalar):
    whole, chunked = pair
    assert_same(chunked + scalar, whole + scalar)
    assert_same(scalar * chunked, scalar * whole)


def test_a_python_number_that_does_not_fit_is_refused_at_the_call():
    with pytest.raises(OverflowError):
        da.ones(3, dtype="uint8", chunks=1) + 300


def test_shapes_that_do_not_broadcast_are_refused_at_the_call():
    with pytest.raises(ValueError, match="could not be broadcast"):
        da.ones((2, 3), chunks=1) + da.ones((3, 2), chunks=1)


def test_numpys_own_functions_and_arrays_give_chunked_arrays():
    whole = np.arange(6.0)
    chunked = da.from_array(whole, chunks=2)
    assert_same(np.sin(chunked), np.sin(whole))
    assert isinstance(whole + chunked, da.Array)
    assert_same(whole + chunked, whole + whole)


def test_where_astype_clip_and_negation_agree_with_numpy():
    whole = np.arange(-5, 5)
    chunked = da.from_array(whole, chunks=3)
    assert_same(da.where(chunked > 0, chunked, -1.5), np.where(whole > 0, whole, -1.5))
    assert_same(chunked.astype("float32"), whole.astype("float32"))
    assert_same(chunked.clip(-2, 2), whole.clip(-2, 2))
    assert_same(-chunked, -whole)
    assert_same(~chunked, ~whole)
    assert_same(abs(chunked), abs(whole))
    assert_same(7 // (chunked + 10), 7 // (whole + 10))


def test_the_light_operand_follows_the_heavy_one():
    heavy = da.ones((100, 100), chunks=(50, 100))
    light = da.ones((100, 1), chunks=(1, 1))
    assert (heavy - light).chunks == ((50, 50), (100,))


def test_equal_computations_have_equal_names():
    x = da.ones(4, chunks=2)
    assert (x + 1).name == (da.ones(4, chunks=2) + 1).name
    assert (x + 1).name != (x + 1.0).name


def test_real_and_imaginary_parts_are_set_as_in_numpy():
    for values in (np.array([[1 + 2j, np.nan + 3j], [complex(0, np.inf), -1]]), np.array([[1.0, 2.0]])):
        for value in (9, np.array([np.inf, 5.0]), da.arange(2, chunks=1)):
            whole, ours = values.copy(), da.from_array(values, chunks=1)
            whole.real, ours.real = np.asarray(value), value
            assert_same(ours, whole)
            if values.dtype.kind == "c":
                whole.imag, ours.imag = np.asarray(value), value
                assert_same(ours, whole)
    with pytest.raises(TypeError, match="imaginary"):
        da.ones(2, chunks=1).imag = 3
    with pytest.raises(ValueError, match="broadcast"):
        da.ones(2, dtype=complex, chunks=1).real = np.ones(3)


def test_the_conjugate_of_truth_values_is_of_truth_values():
    assert da.array([True, False]).conj().dtype == bool
    assert da.array([1 + 2j]).conjugate().compute() == 1 - 2j


def test_a_single_element_is_formatted():
    assert f"{da.arange(4, chunks=2).mean():.2f}" == "1.50"
    assert f"{da.array(7):>4}" == "   7"
    assert f"{da.array(7)}".startswith("weft.array<")
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{da.arange(4, chunks=2):.2f}"
