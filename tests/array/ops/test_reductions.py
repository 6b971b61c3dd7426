from __future__ import annotations

import warnings

import numpy as np
import pytest
import sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import assert_near, assert_same, chunked_arrays, graph_size

import weft.array as da


def some_axes(data, ndim):
    if ndim == 0:
        return None
    return data.draw(st.none() | st.sets(st.integers(0, ndim - 1)).map(lambda axes: tuple(sorted(axes))))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1), st.sampled_from(["sum", "any", "all"]), st.booleans(), st.data())
def test_reductions_agree_with_numpy(pair, name, keepdims, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    expected = getattr(np, name)(whole, axis=axis, keepdims=keepdims)
    assert_same(getattr(chunked, name)(axis=axis, keepdims=keepdims, split_every=3), expected, exact=False)


@settings(max_examples=20, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=1))
def test_products_agree_with_numpy(pair):
    whole, chunked = pair
    assert_same(da.prod(chunked, split_every=2), np.prod(whole), exact=False)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.sampled_from(["min", "max"]), st.data())
def test_least_and_greatest_agree_with_numpy_whatever_chunks_are_empty(pair, name, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    assert_same(getattr(da, name)(chunked, axis=axis), getattr(np, name)(whole, axis=axis))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.sampled_from(["mean", "var", "std"]), st.data())
def test_moments_agree_with_numpy(pair, name, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    assert_same(getattr(da, name)(chunked, axis=axis), getattr(np, name)(whole, axis=axis), exact=False)


def test_variance_keeps_its_digits_where_the_mean_is_large():
    whole = np.arange(1000.0) + 1e9
    chunked = da.from_array(whole, chunks=7)
    np.testing.assert_allclose(chunked.var(ddof=1).compute(scheduler="sync"), np.var(whole, ddof=1), rtol=1e-12)


def test_a_nan_makes_the_greatest_element_nan():
    whole = np.array([1.0, np.nan, 3.0])
    assert np.isnan(da.from_array(whole, chunks=1).max().compute(scheduler="sync"))


def test_a_dtype_can_be_asked_for():
    whole = np.arange(10, dtype="uint8")
    assert_same(da.from_array(whole, chunks=3).sum(dtype="float32"), whole.sum(dtype="float32"))


@pytest.mark.parametrize("axis", [2, -3])
def test_a_wrong_axis_is_numpys_error_at_the_call(axis):
    with pytest.raises(np.exceptions.AxisError):
        da.ones((2, 2), chunks=1).sum(axis=axis)


def test_the_least_of_nothing_is_numpys_error_at_the_call():
    with pytest.raises(ValueError, match="no identity"):
        da.zeros((0, 3), chunks=1).min(axis=0)


def test_a_reduction_over_one_block_needs_one_task_with_its_source():
    assert graph_size((da.ones((4, 6), chunks=(2, 6)) + 1).sum(axis=1)) == 2


EVERY = st.sampled_from(["int64", "uint8", "float64", "float32", "complex128", "bool", "float16"])


@settings(max_examples=50, deadline=None)
@given(chunked_arrays(dtypes=EVERY), st.sampled_from(["sum", "prod", "mean", "var", "std", "any", "all"]), st.data())
def test_masks_select_elements_as_numpys_do(pair, name, data):
    whole, chunked = pair
    mask = data.draw(hnp.arrays(bool, whole.shape[data.draw(st.integers(0, whole.ndim)) :]))
    axis = some_axes(data, whole.ndim)
    options = {"axis": axis, "keepdims": data.draw(st.booleans()), "where": mask}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(np, name)(whole, **options)
        assert_near(getattr(da, name)(chunked, **options), expected, whole.dtype)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_side=0), st.sampled_from(["sum", "prod", "min", "max", "nanmin", "nansum"]), st.data())
def test_initial_values_count_as_numpys_do(pair, name, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(whole, axis=axis, initial=3)
        assert_near(getattr(da, name)(chunked, axis=axis, initial=3, split_every=2), expected, whole.dtype)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(), st.data())
def test_counting_what_is_not_zero_agrees_with_numpy(pair, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    assert_same(da.count_nonzero(chunked, axis=axis, keepdims=True), np.count_nonzero(whole, axis=axis, keepdims=True))


@pytest.mark.parametrize("dtype", ["m8[s]", "M8[D]", object])
@pytest.mark.parametrize("name", ["min", "max", "ptp"])
def test_times_and_objects_have_a_least_and_a_greatest(dtype, name):
    whole = np.arange(6).astype(dtype)
    result = getattr(da, name)(da.from_array(whole, chunks=4)).compute()
    assert result == getattr(np, name)(whole)


def test_times_that_are_none_propagate_and_are_left_out():
    whole = np.array(["2000-01-01", "NaT", "2001-01-01"], "M8[D]")
    chunked = da.from_array(whole, chunks=1)
    assert np.isnat(chunked.max().compute())
    assert da.nanmax(chunked).compute() == whole[2]


def test_means_of_time_differences_are_times():
    whole = np.array([1, 2, 6], "m8[s]")
    assert_same(da.from_array(whole, chunks=2).mean(), whole.mean())


def test_what_numpy_refuses_is_refused_at_the_call():
    for name, dtype in [("mean", "M8[s]"), ("var", "m8[s]"), ("sum", "U3"), ("prod", "m8[s]")]:
        with pytest.raises(TypeError):
            getattr(da, name)(da.from_array(np.zeros(3, "i8").astype(dtype), chunks=2))
    with pytest.raises(TypeError, match="boolean subtract"):
        da.ptp(da.ones(3, dtype=bool, chunks=2))
    with pytest.raises(ValueError, match="duplicate"):
        da.ones((2, 2), chunks=1).sum(axis=(0, 0))
    with pytest.raises(TypeError, match="interpreted as an integer"):
        da.ones((2, 2), chunks=1).sum(axis=1.0)
    with pytest.raises(ValueError, match="to specify 'initial'"):
        da.ones(3, chunks=2).min(where=np.array([True, False, True]))
    with pytest.raises(ValueError, match="simultaneously"):
        da.ones(3, chunks=2).var(ddof=1, correction=1)
    with pytest.raises(ValueError, match="must broadcast"):
        da.ones(3, chunks=2).sum(where=np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="split_every"):
        da.ones(3, chunks=2).sum(split_every=1)


def test_out_stands_for_the_result_in_its_own_dtype():
    out = da.zeros(2, dtype="float32", chunks=1)
    made = da.ones((3, 2), chunks=1).sum(axis=0, out=out)
    assert made is out
    assert_same(out, np.array([3, 3], "float32"))
    with pytest.raises(TypeError, match="must be a weft array"):
        da.ones(3, chunks=1).sum(out=np.zeros(()))
    with pytest.raises(ValueError, match="wrong shape"):
        da.ones(3, chunks=1).sum(out=da.ones(3, chunks=1))
    whole = da.zeros((), dtype=int, chunks=())
    da.ones(3, chunks=1).sum(out=whole)
    assert_same(whole, np.ones(3).sum(out=np.zeros((), int)))
    with pytest.raises(TypeError, match="Cannot cast"):  # in NumPy, too, where sums are cast
        da.ones(3, chunks=1).std(out=da.zeros((), dtype=int, chunks=()))


def test_the_mean_of_nothing_is_nan_with_numpys_warning():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(da.zeros((0,), chunks=1).mean().compute(scheduler="sync"))
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.isnan(da.ones(1, chunks=1).var(ddof=1).compute(scheduler="sync"))


def test_a_known_mean_is_used():
    whole = np.arange(12.0).reshape(3, 4)
    chunked = da.from_array(whole, chunks=2)
    mean = whole.mean(axis=0, keepdims=True)
    expected = np.var(whole, axis=0, mean=mean, ddof=1)
    assert_same(da.var(chunked, axis=0, mean=da.from_array(mean, chunks=2), correction=1), expected, exact=False)


def test_an_axis_of_something_without_axes_may_be_zero():
    assert_same(da.from_array(np.array(5), chunks=()).sum(axis=-1), np.array(5))


def test_blocks_can_be_combined_a_few_at_a_time_by_axis():
    whole = np.arange(48.0).reshape(6, 8)
    chunked = da.from_array(whole, chunks=1)
    assert_same(chunked.sum(split_every={0: 2, 1: 3}), whole.sum())
    assert_same(chunked.mean(axis=1, split_every=False), whole.mean(axis=1))


def unknown_rows():
    whole = np.arange(40.0).reshape(10, 4)
    chunked = da.from_array(whole, chunks=(3, 4))
    return whole[whole[:, 0] > 8], chunked[chunked[:, 0] > 8]


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "min", "all", "nanmean", "count_nonzero", "ptp"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_lengths_need_not_be_known(name, axis):
    whole, chunked = unknown_rows()
    result = getattr(da, name)(chunked, axis=axis)
    np.testing.assert_allclose(result.compute(scheduler="sync"), getattr(np, name)(whole, axis=axis))


def test_whether_there_are_elements_may_come_out_only_when_it_is_computed():
    chunked = da.from_array(np.arange(4.0), chunks=2)
    nothing = chunked[chunked > 9].min()
    with pytest.raises(ValueError, match="no identity"):
        nothing.compute(scheduler="sync")


def masked(block):
    return np.ma.masked_array(block, mask=block % 5 == 0)


def sparsely(block):
    return sparse.COO.from_numpy(np.where(block % 3 == 0, block, 0))


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "min", "max", "any", "all"])
@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_masked_elements_do_not_count(name, axis):
    whole = np.arange(24.0).reshape(4, 6)
    chunked = da.from_array(whole, chunks=(3, 2)).map_blocks(masked, meta=np.ma.masked_array(np.zeros((0, 0))))
    result = getattr(da, name)(chunked, axis=axis).compute(scheduler="sync")
    expected = getattr(np.ma, name)(masked(whole), axis=axis)
    np.testing.assert_allclose(np.ma.filled(result, -1), np.ma.filled(expected, -1))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "any", "std", "nansum", "count_nonzero"])
def test_sparse_blocks_stay_sparse(name):
    whole = np.arange(24.0).reshape(4, 6)
    chunked = da.from_array(whole, chunks=(3, 2)).map_blocks(sparsely, meta=sparse.COO.from_numpy(np.zeros((0, 0))))
    result = getattr(da, name)(chunked, axis=0).compute(scheduler="sync")
    assert isinstance(result, sparse.COO) or name == "std"
    expected = getattr(np, name)(sparsely(whole).todense(), axis=0)
    np.testing.assert_allclose(result.todense() if name != "std" else result, expected)


def test_threads_and_processes_agree():
    whole = np.arange(60.0).reshape(6, 10)
    chunked = da.from_array(whole, chunks=(4, 3))
    for scheduler in ("threads", "processes"):
        np.testing.assert_allclose(da.nanstd(chunked, axis=0).compute(scheduler=scheduler), whole.std(axis=0))


def test_means_and_variances_of_numbers_without_axes_have_no_axis_to_reduce():
    for function in (da.mean, da.var, da.std, da.nanmean):
        with pytest.raises(np.exceptions.AxisError):
            function(da.asarray(3), axis=0)
    for function in (da.argmax, da.cumsum):
        with pytest.raises(TypeError):
            function(da.ones(3, chunks=2), axis=())


def test_integers_that_are_asked_for_do_not_spoil_what_is_computed():
    x = da.from_array([1.0, np.nan, 2.5], chunks=2)
    assert da.nansum(x, dtype="i4").compute() == 3
    assert da.var(da.from_array([-1, 3, 1, 1, -4, 3], chunks=((1, 5),)), dtype="u8").compute() == 5


def test_variances_of_objects_take_a_mask():
    x = np.array([1, 2, 3], dtype=object)
    assert da.var(da.from_array(x, chunks=2), where=[True, False, True]).compute() == 1


@pytest.mark.parametrize("dtype", [int, "i2", "u8"])
def test_one_number_may_be_a_root_in_any_type_as_numpys(dtype):
    whole = np.array([1.0, 5, 1, 5, 1, 5])
    assert_same(da.std(da.from_array(whole, chunks=4), dtype=dtype), np.std(whole, dtype=dtype))
    with pytest.raises(TypeError):
        da.std(da.from_array(whole.reshape(3, 2), chunks=2), axis=0, dtype=dtype)


def test_texts_of_any_length_have_a_least():
    whole = np.array(["b", "ab", "c"], np.dtypes.StringDType())
    assert da.min(da.from_array(whole, chunks=2)).compute() == "ab"


@pytest.mark.parametrize("name", ["sum", "nansum"])
@pytest.mark.parametrize("initial", [-0.0, 0.0])
@pytest.mark.parametrize(
    "numbers", [[-0.0] * 5, [-0.0, 0.0, -0.0], [], [-0.0, np.nan, -0.0], [1.0, -1.0], [-1e-320] * 3]
)
def test_sums_from_negative_zero_are_negative_where_there_is_nothing_else(name, initial, numbers):
    whole = np.array(numbers)
    expected = getattr(np, name)(whole, initial=initial)
    ours = getattr(da, name)(da.from_array(whole, chunks=2), initial=initial).compute()
    assert (str(ours), ours.dtype) == (str(expected), expected.dtype)
    if name == "sum":
        assert str(da.add.reduce(da.from_array(whole, chunks=2), initial=initial).compute()) == str(expected)
        where = np.arange(len(numbers)) % 2 == 0
        ours = da.sum(da.from_array(whole, chunks=2), initial=initial, where=where).compute()
        assert str(ours) == str(whole.sum(initial=initial, where=where))


def test_sums_of_objects_start_from_a_number():
    whole = np.array([1, 2], object)
    ours = da.from_array(whole, chunks=1)
    assert ours.sum(initial=-3).compute() == whole.sum(initial=-3) == 0
    assert ours[:0].sum(initial=-3).compute() == -3
    assert ours.sum(initial=0, keepdims=True).compute().tolist() == [3]
