"""Functions with signatures."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft.array as da
from weft.array.ops.gufunc import parse_signature

FLOATS = st.sampled_from(["float64"])


def in_one_chunk_along(whole, axis, data):
    chunks = list(data.draw(chunks_of(whole.shape)))
    chunks[axis] = -1
    return da.from_array(whole, chunks=tuple(chunks))


@settings(max_examples=30)
@given(chunked_arrays(min_dims=1, min_side=1, dtypes=FLOATS), st.data())
def test_a_reduction_loops_over_the_other_axes(pair, data):
    whole, _ = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    x = in_one_chunk_along(whole, axis, data)
    keep = data.draw(st.booleans())
    ours = da.apply_gufunc(lambda block: block.sum(-1), "(i)->()", x, axis=axis, keepdims=keep)
    assert_same(ours, whole.sum(axis, keepdims=keep), exact=False)


@settings(max_examples=20)
@given(st.data())
def test_inputs_are_broadcast_along_loop_axes(data):
    left, right = np.arange(24.0).reshape(2, 4, 3), np.arange(15.0).reshape(5, 3).T
    a = in_one_chunk_along(left, -1, data)
    made = da.apply_gufunc(lambda x, y: np.einsum("...i,...ij->...j", x, y), "(i),(i,j)->(j)", a, right)
    assert made.shape == (2, 4, 5)
    assert_same(made, np.einsum("...i,ij->...j", left, right), exact=False)


def test_several_outputs_come_from_one_call():
    whole = np.random.default_rng(0).random((6, 5))
    x = da.from_array(whole, chunks=(2, 5))
    calls = []

    def both(block):
        calls.append(block.shape)
        return block.mean(-1), block.max(-1)

    mean, largest = da.apply_gufunc(both, "(i)->(),()", x, output_dtypes=(float, float))
    import weft

    results = weft.compute(mean, largest, scheduler="sync")
    np.testing.assert_allclose(results[0], whole.mean(-1))
    np.testing.assert_array_equal(results[1], whole.max(-1))
    assert len(calls) == 3


def test_axes_say_where_core_axes_stand():
    whole = np.random.default_rng(0).random((3, 4, 5))
    x = da.from_array(whole, chunks=(3, 2, 5))
    made = da.apply_gufunc(lambda block: block.swapaxes(-1, -2), "(i,j)->(j,i)", x, axes=[(0, 2), (0, 1)])
    assert_same(made, np.moveaxis(whole, 1, -1).swapaxes(0, 1))


def test_functions_of_single_vectors_are_vectorised():
    whole = np.arange(12.0).reshape(4, 3)
    x = da.from_array(whole, chunks=(2, 3))
    assert_same(da.apply_gufunc(lambda vector: float(vector.sum()), "(i)->()", x, vectorize=True), whole.sum(-1))


def test_new_core_axes_need_a_length():
    x = da.ones((4, 3), chunks=(2, 3))
    made = da.apply_gufunc(
        lambda block: np.stack([block.min(-1), block.max(-1)], -1), "(i)->(k)", x, output_sizes={"k": 2}
    )
    assert_same(made, np.ones((4, 2)))
    with pytest.raises(ValueError, match="output_sizes"):
        da.apply_gufunc(np.sum, "(i)->(k)", x)


def test_what_is_wrong_is_said_at_the_call():
    x = da.ones((4, 3), chunks=(2, 2))
    with pytest.raises(ValueError, match="allow_rechunk"):
        da.apply_gufunc(np.sum, "(i)->()", x)
    with pytest.raises(ValueError, match="signature"):
        da.apply_gufunc(np.sum, "i->()", x)
    with pytest.raises(ValueError, match="1 inputs"):
        da.apply_gufunc(np.sum, "(i)->()", x, x)
    with pytest.raises(ValueError, match="must be equal"):
        da.apply_gufunc(np.sum, "(i),(i)->()", da.ones(3, chunks=3), da.ones(4, chunks=4))
    with pytest.raises(ValueError, match="Only one"):
        da.apply_gufunc(np.sum, "(i)->()", x, axis=0, axes=[(0,), ()])


def test_signatures_are_parsed():
    assert parse_signature("(i, j),()->(k)") == ((("i", "j"), ()), (("k",),), False)
    assert parse_signature("->(i),") == ((), (("i",),), True)


def test_ufuncs_of_other_libraries_that_work_on_axes_have_these_whole():
    from numpy._core._umath_tests import inner1d  # one of those that NumPy has for its own tests

    whole = np.arange(24.0).reshape(2, 3, 4)
    x = da.from_array(whole, chunks=2)
    assert_same(inner1d(x, x), inner1d(whole, whole))
    assert_same(inner1d(x, x, axis=1), inner1d(whole, whole, axis=1))
    assert_same(inner1d(x, x, axis=0, keepdims=True), inner1d(whole, whole, axis=0, keepdims=True))


def test_a_gufunc_is_made_by_class_or_decorator():
    x = da.ones((4, 3), chunks=(2, 3))

    @da.as_gufunc("(i)->()", output_dtypes=float)
    def total(block):
        """The sum."""
        return block.sum(-1)

    assert_same(total(x), np.full(4, 3.0))
    assert "The sum." in total.__doc__
    assert_same(total(x.rechunk(1), allow_rechunk=True), np.full(4, 3.0))
    with pytest.raises(TypeError, match="unexpected"):
        da.as_gufunc("(i)->()", wrong=1)


@settings(max_examples=30)
@given(chunked_arrays(min_dims=1, min_side=1, dtypes=FLOATS), st.data())
def test_functions_along_an_axis_are_those_of_numpy(pair, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    function = data.draw(st.sampled_from([np.sum, np.cumsum, lambda v: np.outer(v, [1, 2])]))
    assert_same(da.apply_along_axis(function, axis, chunked), np.apply_along_axis(function, axis, whole), exact=False)


def test_functions_over_axes_keep_them():
    whole = np.arange(24.0).reshape(2, 3, 4)
    chunked = da.from_array(whole, chunks=2)
    assert_same(da.apply_over_axes(da.sum, chunked, [0, -1]), np.apply_over_axes(np.sum, whole, [0, -1]))


def test_texts_of_a_function_of_single_ones_are_as_long_as_they_come():
    whole = np.array(["a", "bb", "c", "ddd"])
    made = da.apply_gufunc(str.upper, "()->()", da.from_array(whole, chunks=3), vectorize=True, output_dtypes="U")
    assert made.compute().tolist() == ["A", "BB", "C", "DDD"]


def test_the_class_and_the_module_of_one_name_can_both_be_called():
    made = [da.gufunc(lambda block: block.sum(-1), signature="(i)->()", output_dtypes=float)]
    module = importlib.import_module("weft.array.gufunc")
    made.append(da.gufunc(lambda block: block.sum(-1), signature="(i)->()", output_dtypes=float))
    assert [type(each) for each in made] == [module.gufunc, module.gufunc]


def test_core_axes_may_have_lengths_that_the_signature_says():
    whole = np.arange(24.0).reshape(8, 3)
    x = da.from_array(whole, chunks=2)
    assert_same(da.apply_gufunc(lambda block: block.sum(-1), "(3)->()", x, allow_rechunk=True), whole.sum(-1))
    doubled = da.apply_gufunc(lambda block: block[..., :2] * 2, "(3)->(2)", x, allow_rechunk=True)
    assert_same(doubled, whole[:, :2] * 2)
    with pytest.raises(ValueError, match="says 4"):
        da.apply_gufunc(np.sum, "(4)->()", x, allow_rechunk=True)
    with pytest.raises(ValueError, match="not a valid"):
        da.apply_gufunc(np.sum, "(3i)->()", x)


def test_ufuncs_with_lengths_in_their_signature_apply_to_chunks():
    from numpy._core._umath_tests import cross1d  # one of those that NumPy has for its own tests

    whole = np.arange(24.0).reshape(8, 3)
    x = da.from_array(whole, chunks=2)
    assert_same(cross1d(x, x[::-1]), cross1d(whole, whole[::-1]))
