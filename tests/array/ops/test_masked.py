from __future__ import annotations

import operator

import numpy as np
import pytest
import sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunked_arrays, chunks_of

import weft.array as da
from weft.array import ma

NUMBERS = st.sampled_from(["i8", "f8", "f4"])


@st.composite
def masked_arrays(draw, min_dims=1, max_dims=2, min_side=1, max_side=5):
    whole, _ = draw(
        chunked_arrays(dtypes=NUMBERS, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)
    )
    mask, _ = draw(chunked_arrays(dtypes=st.just("bool"), shape=whole.shape))
    whole = np.ma.masked_array(whole, mask=mask, fill_value=draw(st.sampled_from([None, 7])))
    return whole, da.from_array(whole, chunks=draw(chunks_of(whole.shape)))


def assert_same(ours, expected):
    """Values, mask, dtype and class of a result."""
    result = ours.compute(scheduler="sync")
    assert ours.dtype == expected.dtype
    assert isinstance(result, np.ma.MaskedArray) == isinstance(expected, np.ma.MaskedArray), (result, expected)
    np.testing.assert_array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(expected))
    np.testing.assert_allclose(np.ma.filled(result, 77), np.ma.filled(expected, 77), rtol=1e-6)


def close(value):
    return value if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value)


@settings(max_examples=40, deadline=None)
@given(masked_arrays())
def test_blocks_are_masked_arrays_and_say_so(pair):
    whole, ours = pair
    assert isinstance(ours.expr.meta, np.ma.MaskedArray)
    assert "MaskedArray" in repr(ours)
    assert_same(ours, whole)
    assert_same(ours + 1, np.add(whole, 1))
    assert_same(2.5 * ours - ours, np.multiply(2.5, whole) - whole)
    assert_same(ours / (ours - ours), whole / (whole - whole))
    assert_same(np.sqrt(abs(ours)), np.sqrt(abs(whole)))
    assert_same(ours > 2, whole > 2)
    assert_same(ours.astype("f4"), whole.astype("f4"))
    assert_same(da.where(ours > 1, ours, 0), np.ma.where(whole > 1, whole, 0))
    assert_same(ours.T, whole.T)
    assert_same(ours[::-1], whole[::-1])
    assert_same(ours.rechunk(2), whole)
    assert_same(da.concatenate([ours, ours]), np.ma.concatenate([whole, whole]))


@settings(max_examples=60, deadline=None)
@given(masked_arrays(), st.sampled_from(["sum", "prod", "min", "max", "mean", "std", "any", "all"]), st.booleans())
def test_reductions_leave_out_what_is_masked(pair, name, keepdims):
    whole, ours = pair
    for axis in (None, 0, -1):
        expected = getattr(whole, name)(axis=axis, keepdims=keepdims)
        if expected is np.ma.masked:
            assert getattr(ours, name)(axis=axis, keepdims=keepdims).compute() is np.ma.masked
        else:
            result = getattr(ours, name)(axis=axis, keepdims=keepdims).compute()
            np.testing.assert_array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(close(expected)))
            np.testing.assert_allclose(np.ma.filled(result, 77), np.ma.filled(expected, 77), rtol=1e-4, atol=1e-6)


BY_VALUE = [
    "masked_equal",
    "masked_not_equal",
    "masked_less",
    "masked_less_equal",
    "masked_greater",
    "masked_greater_equal",
    "masked_values",
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BY_VALUE), masked_arrays() | chunked_arrays(dtypes=NUMBERS, min_dims=1), st.integers(-2, 2))
def test_masking_by_value_agrees_with_numpy(name, pair, value):
    whole, ours = pair
    assert_same(getattr(ma, name)(ours, value), getattr(np.ma, name)(whole, value))


@settings(max_examples=40, deadline=None)
@given(masked_arrays() | chunked_arrays(dtypes=NUMBERS, min_dims=1), st.integers(-2, 2), st.integers(-2, 2))
def test_masking_by_interval_and_condition_agrees_with_numpy(pair, low, high):
    whole, ours = pair
    assert_same(ma.masked_inside(ours, low, high), np.ma.masked_inside(whole, low, high))
    assert_same(ma.masked_outside(ours, low, high), np.ma.masked_outside(whole, low, high))
    condition = np.ma.getdata(whole) > low
    assert_same(ma.masked_where(condition, ours), np.ma.masked_where(condition, whole))
    assert_same(ma.masked_where(ours > low, ours), np.ma.masked_where(whole > low, whole))
    assert_same(ma.masked_array(ours, condition), np.ma.masked_array(whole, condition))
    assert_same(ma.masked_array(ours, True, dtype="f4", fill_value=3), np.ma.masked_array(whole, True, dtype="f4"))
    assert_same(ma.getdata(ours), np.ma.getdata(whole))
    assert_same(ma.getmaskarray(ours), np.ma.getmaskarray(whole))
    assert_same(ma.filled(ours), np.ma.filled(whole))
    assert_same(ma.filled(ours, 3), np.ma.filled(whole, 3))
    assert_same(ma.where(ours > 0, ours, low), np.ma.where(whole > 0, whole, low))
    for axis in (None, 0):
        np.testing.assert_array_equal(ma.count(ours, axis).compute(), np.ma.count(whole, axis))
    for mine, expected in zip(ma.nonzero(ours), np.ma.nonzero(np.ma.asarray(whole)), strict=True):
        np.testing.assert_array_equal(mine.compute(), expected)
    for name in ("ones_like", "zeros_like"):
        assert_same(getattr(ma, name)(ours), getattr(np.ma, name)(whole))
        assert_same(getattr(ma, name)(ours, dtype="f4"), getattr(np.ma, name)(whole, dtype="f4"))
        assert_same(getattr(da, name)(ours), getattr(np, name)(whole))
    assert ma.empty_like(ours).shape == whole.shape


def test_what_is_no_number_is_masked():
    whole = np.array([1.0, np.nan, np.inf, 4])
    ours = da.from_array(whole, chunks=3)
    assert_same(ma.masked_invalid(ours), np.ma.masked_invalid(whole))
    fixed, expected = ma.fix_invalid(ours, fill_value=9), np.ma.fix_invalid(whole, fill_value=9)
    assert_same(fixed, expected)
    assert fixed.compute().data.tolist() == expected.data.tolist()
    assert_same(ma.fix_invalid(ours, mask=whole == 4), np.ma.fix_invalid(whole, mask=whole == 4))


def test_fill_values_travel():
    ours = ma.masked_equal(da.arange(5, chunks=2), 2)
    assert ours.compute().fill_value == 2
    ma.set_fill_value(ours, 9)
    assert ours.compute().fill_value == 9
    assert (ours[1:].rechunk(4)).compute().filled().tolist() == [1, 9, 3, 4]
    with pytest.raises(TypeError, match="chunked"):
        ma.set_fill_value([1], 2)


@settings(max_examples=40, deadline=None)
@given(masked_arrays(min_dims=2), st.sampled_from([None, 0, 1, (0, 1)]), st.booleans(), st.booleans())
def test_weighted_means_agree_with_numpy(pair, axis, keepdims, full):
    whole, ours = pair
    full = full or axis is None
    weights = np.arange(1, whole.size + 1).reshape(whole.shape)
    if not full:
        weights = weights[(0, slice(None)) if axis == 1 else (slice(None), 0) if axis == 0 else ...]
    for given_weights in (None, weights):
        expected = np.ma.average(whole, axis, given_weights, keepdims=keepdims)
        total = np.ma.average(whole, axis, given_weights, returned=True)[1]
        found = ma.average(ours, axis, given_weights, returned=True, keepdims=keepdims)
        for mine, other in zip(found, (expected, total), strict=True):
            result = mine.compute().reshape(np.shape(other))
            assert np.ma.getmaskarray(result).tolist() == np.ma.getmaskarray(other).tolist()
            np.testing.assert_allclose(np.ma.filled(result, 7), np.ma.filled(other, 7), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: ma.masked_array(x, [True, False]), np.ma.MaskError),
        (lambda x: ma.masked_array(x, fill_value=[1, 2, 3]), ValueError),
        (lambda x: ma.masked_where([True, False], x), IndexError),
        (lambda x: ma.masked_values(x, [1, 2, 3]), ValueError),
        (lambda x: ma.where(x, x), ValueError),
        (lambda x: ma.average(x, weights=[1, 2]), TypeError),
        (lambda x: ma.average(x, axis=0, weights=[1, 2]), ValueError),
    ],
)
def test_what_numpy_refuses_is_refused_at_the_call(call, error):
    with pytest.raises(error):
        call(da.arange(3, chunks=2))


def test_masked_weights_leave_elements_out_and_masked_alone_has_the_others_type():
    x = np.ma.array(np.arange(9).reshape(3, 3), mask=[[1, 0, 0], [1, 0, 0], [0, 0, 0]])
    weights = np.ma.array(np.arange(9.0).reshape(3, 3) + 1, mask=[[0, 0, 1], [0, 0, 0], [0, 1, 0]])
    ours = da.ma.average(da.from_array(x, chunks=2), weights=da.from_array(weights, chunks=2), axis=0).compute()
    np.testing.assert_allclose(ours, np.ma.average(x, weights=weights, axis=0))
    chosen = da.ma.where(da.from_array(x, chunks=2) > 4, da.from_array(x, chunks=2), np.ma.masked)
    expected = np.ma.where(x > 4, x, np.ma.masked)
    assert chosen.dtype == expected.dtype
    np.testing.assert_array_equal(np.ma.getmaskarray(chosen.compute()), np.ma.getmaskarray(expected))


@pytest.mark.parametrize("mask", [np.ma.nomask, False, True])
def test_statistics_of_a_masked_array_without_axes(mask):
    whole = np.ma.array(3.5, mask=mask)
    for function in ("mean", "var", "std", "sum", "max"):
        made = getattr(da, function)(da.from_array(whole)).compute(scheduler="sync")
        assert np.ma.filled(np.ma.asarray(made), -1.0) == np.ma.filled(np.ma.asarray(getattr(whole, function)()), -1.0)


def test_masked_weights_of_an_axis_do_not_count():
    whole = np.ma.array(np.arange(9).reshape(3, 3), mask=[[1, 0, 0], [1, 0, 0], [0, 0, 0]])
    weights = np.ma.array([5, 28, 31], mask=[1, 0, 0])
    made = da.ma.average(da.from_array(whole, chunks=2), axis=0, weights=da.from_array(weights, chunks=2))
    np.testing.assert_allclose(made.compute(), np.ma.average(whole, axis=0, weights=weights))


def test_quotients_of_masked_numbers_without_axes_have_their_dtype():
    total = da.from_array(np.ma.array([1 + 2j, 3], mask=[0, 1]), chunks=1).sum()
    assert (total / total).dtype == (total / total).compute().dtype == np.complex128


@pytest.mark.parametrize("name", ["equal", "greater", "greater_equal", "less", "less_equal", "not_equal", "values"])
def test_functions_that_mask_take_copy_as_numpys_do(name):
    whole = np.arange(6.0)
    ours, numpys = getattr(da.ma, f"masked_{name}"), getattr(np.ma, f"masked_{name}")
    found = ours(da.from_array(whole, chunks=4), 2, copy=False).compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(numpys(whole, 2, copy=True)))
    for name in ("masked_inside", "masked_outside"):
        found = getattr(da.ma, name)(da.from_array(whole, chunks=4), 1, 3, copy=False).compute()
        np.testing.assert_array_equal(found.mask, getattr(np.ma, name)(whole, 1, 3).mask)


@pytest.mark.parametrize("columns", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_polynomials_are_fitted_to_what_is_not_masked(columns, weighted):
    shape = (12,) if columns is None else (12, columns)
    draws = np.random.default_rng(0)
    x = np.ma.masked_array(np.linspace(0, 2, 12), np.arange(12) == 4)
    y = np.ma.masked_array(draws.random(shape), draws.random(shape) < 0.2)
    w = np.arange(1.0, 13) if weighted else None
    for deg, options in ((2, {}), (1, {"cov": True}), (2, {"full": True})):
        ours = da.ma.polyfit(da.from_array(x, chunks=5), da.from_array(y, chunks=5), deg, w=w, **options)
        numpys = np.ma.polyfit(x, y, deg, w=w, **options)
        if not options:
            ours, numpys = [ours], [numpys]
        for mine, theirs in zip(ours[:2], numpys[:2], strict=True):
            np.testing.assert_allclose(mine.compute(), theirs, atol=1e-9)
    plain = da.polyfit(np.arange(12.0), da.from_array(y, chunks=5), 2).compute()
    np.testing.assert_allclose(plain, np.polyfit(np.arange(12.0), y, 2), atol=1e-9)


@pytest.mark.parametrize("name", ["truediv", "floordiv", "pow", "mod", "mul", "sub"])
def test_quotients_and_powers_that_are_no_numbers_are_masked(name):
    operate = getattr(operator, name)
    first = np.ma.masked_array([np.nan, 1, np.inf, 4, 0, -2], [0, 0, 0, 1, 0, 0])
    second = np.ma.masked_array([1.0, 0, 2, 3, 0, 0.5], np.zeros(6))
    pairs = [(first, second), (second, first), (first, first.data), (first.data, second), (first, 2.0), (2.0, first)]
    for pair in pairs:
        ours = operate(*[da.from_array(each, chunks=4) if isinstance(each, np.ndarray) else each for each in pair])
        with np.errstate(all="ignore"):
            assert_same(ours, operate(*pair))


def test_masked_weights_that_are_no_numbers_give_masked_means():
    whole = np.ma.masked_array(np.arange(12.0).reshape(3, 4), [[0, 1, 1, 0], [1, 0, 1, 1], [1, 0, 1, 0]])
    ours = ma.average(da.from_array(whole, chunks=2), weights=[1, np.nan, 1], axis=0)
    assert_same(ours, np.ma.average(whole, weights=[1, np.nan, 1], axis=0))


def test_lists_of_masked_elements_have_none_in_their_places():
    whole = np.ma.array([4, 1, 3, 2, 5], mask=[0, 1, 0, 0, 1])
    assert da.from_array(whole, chunks=2).tolist() == whole.tolist() == [4, None, 3, 2, None]


def test_masked_values_are_put_as_masked():
    whole, values = np.ma.array([4, 1, 3, 2, 5], mask=[0, 1, 0, 0, 1]), np.ma.array([7, 8, 9], mask=[1, 0, 0])
    x = da.from_array(whole.copy(), chunks=2)
    da.put(x, [0, 1, 4], values)
    whole.put([0, 1, 4], values)
    assert x.tolist() == whole.tolist() == [None, 8, 3, 2, 9]


MASKED = np.ma.array([[1.0, 2, 3, 4], [2, 5, 1, 0]], mask=[[0, 1, 0, 0], [0] * 4])


@pytest.mark.parametrize(
    "call",
    [
        np.ma.array,
        np.ma.mean,
        np.ma.sum,
        np.ma.getmaskarray,
        np.ma.compressed,
        np.ma.cov,
        np.ma.corrcoef,
        np.ma.anom,
        np.ma.sin,
        np.ma.log,
        np.ma.arccos,
        np.ma.is_masked,
        np.ma.compress_rows,
        np.ma.notmasked_edges,
        lambda x: np.ma.add(x, 1),
        lambda x: np.ma.divide(1, x),
        lambda x: np.ma.power(x, 0.5),
        lambda x: np.ma.less(x, 2),
        lambda x: np.ma.concatenate([x, x]),
        lambda x: np.ma.vstack([x, x + 1]),
        lambda x: np.ma.sort(x, axis=1, endwith=False),
        lambda x: np.ma.masked_less(x, 1),
        lambda x: np.ma.filled(x, -1),
        lambda x: np.ma.dot(x, x.T),
        lambda x: np.ma.dot(x, 2),
        lambda x: np.ma.inner(x, x),
        lambda x: np.ma.average(x, axis=0, weights=[1, 2]),
        lambda x: np.ma.diag(x),
        lambda x: np.ma.squeeze(x),
        lambda x: np.ma.unique(x),
        lambda x: np.ma.setdiff1d(x, 1),
        lambda x: np.ma.isin(x, [1, 2]),
        lambda x: np.array(x, subok=True),
    ],
)
def test_functions_of_numpys_own_module_find_the_mask(call):
    expected = call(MASKED.copy())
    found = call(da.from_array(MASKED.copy(), chunks=2))
    found = found.compute() if hasattr(found, "compute") else found
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
    np.testing.assert_allclose(np.ma.filled(found, 77), np.ma.filled(expected, 77))
    assert type(np.asarray(da.from_array(MASKED, chunks=2))) is np.ndarray


def test_a_mask_of_what_chooses_elements_does_not_count():
    mask = np.ma.array([[True, True, False, False], [False, True, False, True]], mask=[[0, 1, 1, 0], [0, 0, 0, 1]])
    x = np.arange(8).reshape(2, 4)
    ours = da.from_array(x, chunks=2)
    np.testing.assert_array_equal(ours[mask].compute(), x[mask])
    np.testing.assert_array_equal(ours[da.from_array(mask, chunks=(1, 3))].compute(), x[mask])
    np.testing.assert_array_equal(ours[:, mask[1]].compute(), x[:, mask[1]])
    places = np.ma.array([0, 1, 0], mask=[0, 1, 0])
    np.testing.assert_array_equal(ours[da.from_array(places, chunks=2)].compute(), x[places])


@pytest.mark.parametrize("kind", [[("c", "i8"), ("d", "f8")], "f8", (float, 2), "i8"])
def test_views_keep_masks(kind):
    whole = np.ma.array([(1, 2.0), (3, 4.0), (5, 6.0)], dtype=[("a", "i8"), ("b", "f8")])
    whole.mask = [(1, 0), (0, 0), (0, 1)]
    ours = da.from_array(whole, chunks=2)
    assert_same_view(ours.view(kind), whole.view(kind))
    assert_same_view(da.from_array(MASKED, chunks=2).T.view("i8"), MASKED.T.view("i8"))


def assert_same_view(ours, expected):
    result = ours.compute()
    assert ours.shape == result.shape == expected.shape
    assert ours.dtype == result.dtype == expected.dtype
    np.testing.assert_array_equal(result.mask, expected.mask)
    np.testing.assert_array_equal(result.data, expected.data)


def test_views_as_masked_and_as_plain_arrays():
    ours = da.from_array(MASKED, chunks=2)
    np.testing.assert_array_equal(ours.view(np.ndarray).compute(), MASKED.data)
    assert isinstance(da.arange(3, chunks=2).view(np.ma.MaskedArray).compute(), np.ma.MaskedArray)
    assert_same(ours.view(np.ma.MaskedArray), MASKED)


@pytest.mark.parametrize("compare", [operator.lt, operator.ge, operator.eq, operator.ne])
def test_texts_with_a_fill_value_are_compared(compare):
    whole = np.ma.array(["a", "b", "c"], mask=[0, 1, 0], fill_value="N/A")
    ours = da.from_array(whole, chunks=2)
    expected = compare(whole, whole[::-1])
    found = compare(ours, ours[::-1]).compute()
    np.testing.assert_array_equal(found.mask, expected.mask)
    np.testing.assert_array_equal(found.compressed(), expected.compressed())
    assert found.fill_value == expected.fill_value


def test_a_masked_element_can_be_assigned():
    x = da.arange(4, chunks=3)
    x[1] = np.ma.array(7, mask=True)
    x[2] = np.ma.array(7, mask=False)
    assert x.compute().tolist() == [0, None, 7, 3]


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_means_of_masked_objects(axis):
    whole = np.ma.array([[1, 2, 3], [4, 5, 9]], mask=[[0, 1, 0], [0, 1, 1]], dtype=object)
    found = da.from_array(whole, chunks=2).mean(axis=axis).compute()
    expected = np.ma.mean(whole.astype(float), axis=axis)
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(np.ma.filled(found, 77).astype(float), np.ma.filled(expected, 77))


def check(found, data, mask):
    found = found.compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.broadcast_to(mask, found.shape))
    np.testing.assert_array_equal(np.ma.getdata(found), np.broadcast_to(data, found.shape))


def test_arrays_that_are_repeated_keep_their_masks():
    whole = np.ma.array([[1.0, 2, 3]], mask=[[0, 1, 0]])
    for chunks in (2, 3):
        x = da.from_array(whole, chunks=chunks)
        check(da.broadcast_to(x, (2, 3)), whole.data, whole.mask)
        check(da.broadcast_arrays(x, da.ones((2, 1)))[0], whole.data, whole.mask)
        check(da.tile(x, (2, 1)), whole.data, whole.mask)
        check(da.tile(x, (1, 2)), np.tile(whole.data, 2), np.tile(whole.mask, 2))
        check(da.cumulative_sum(x[0], include_initial=True), [0.0, 1, 1, 4], [0, 0, 1, 0])


def test_masks_of_values_that_are_spread_are_assigned():
    value = np.ma.array([5.0], mask=[True])
    for index in (np.array([True, True]), da.from_array(np.array([0, 1]), chunks=1), slice(None)):
        for given_value in (value, da.from_array(value, chunks=1)):
            x = da.ma.masked_array(da.zeros((2, 3), chunks=2))
            x[index] = given_value
            assert x.compute().mask.all()
    row = np.ma.array([[1.0, 2, 3]], mask=[[0, 1, 0]])
    out = da.ma.masked_array(da.zeros((2, 3), chunks=2))
    da.add(da.from_array(row, chunks=2), 1, out=out, where=np.array([[True], [False]]))
    assert out.compute().tolist() == [[2.0, None, 4.0], [0.0, 0.0, 0.0]]


def test_structured_elements_keep_their_masks_wherever_they_go():
    whole = np.ma.array([(1, 2.0), (3, 4.0), (5, 6.0), (7, 8.0)], dtype=[("a", "i4"), ("b", "f8")])
    whole.mask = [(1, 1), (0, 0), (0, 1), (1, 0)]
    x = da.from_array(whole, chunks=2)
    for index in ([3, 0, 2], [0]):
        places = np.array(index)
        for each in (places, da.from_array(places, chunks=1)):
            found = x[each].compute()
            np.testing.assert_array_equal(found.mask, whole[places].mask)
            np.testing.assert_array_equal(found.data, whole[places].data)
    chosen = np.array([True, False, True, True])
    np.testing.assert_array_equal(x[da.from_array(chosen, chunks=3)].compute().mask, whole[chosen].mask)
    for chunks in (2, 4):
        found = da.random.default_rng(1).permutation(da.from_array(whole, chunks=chunks)).compute()
        by_value = dict(zip(whole.data["a"].tolist(), whole.mask.tolist(), strict=True))
        assert [by_value[value] for value in found.data["a"].tolist()] == found.mask.tolist()


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_moments_leave_out_nan_and_what_is_masked(name, axis):
    values = np.array([[1.0, 99, np.nan, 4], [5, 6, np.nan, 2], [np.nan, 1, 3, 3]])
    mask = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], bool)
    for chunks in (1, 2, 4):
        found = getattr(da, name)(da.from_array(np.ma.array(values, mask=mask), chunks=chunks), axis=axis).compute()
        expected = getattr(np, name)(np.where(mask, np.nan, values), axis=axis)
        np.testing.assert_allclose(np.ma.filled(found, np.nan), expected)


def test_moments_of_sparse_blocks_leave_out_nan():
    values = np.array([[1.0, 0, np.nan, 4], [5, 0, 0, 2], [np.nan, 0, 3, 0]])
    x = da.from_array(sparse.COO.from_numpy(values), chunks=2)
    for axis in (None, 0, 1):
        np.testing.assert_allclose(da.nanmean(x, axis=axis).compute(), np.nanmean(values, axis=axis))
        np.testing.assert_allclose(da.nanvar(x, axis=axis).compute(), np.nanvar(values, axis=axis))


def test_central_moments_leave_out_what_is_masked():
    whole = np.ma.array([[1.0, 99, 3, 4], [2, 5, 7, 1]], mask=[[0, 1, 0, 0], [0] * 4])
    x = da.from_array(whole, chunks=2)
    for axis in (None, 0, 1):
        assert_same(da.moment(x, 2, axis=axis, ddof=0), whole.var(axis=axis))
        third = ((whole - whole.mean(axis=axis, keepdims=True)) ** 3).mean(axis=axis)
        np.testing.assert_allclose(np.ma.filled(da.moment(x, 3, axis=axis).compute(), 0), np.ma.filled(third, 0))


def test_functions_that_do_not_look_at_masks_refuse_masked_arrays():
    x = da.ma.masked_equal(da.arange(5, chunks=2), 4)
    y = x.astype(float)
    for call in (lambda: da.topk(x, 2), lambda: da.argtopk(x, 2), lambda: da.stats.skew(y), lambda: da.push(y, axis=0)):
        with pytest.raises(TypeError, match="masked"):
            call()


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod"])
def test_running_results_without_nan_keep_masks(name):
    whole = np.ma.array([[1.0, 99, np.nan, 4], [5, 6, 7, np.nan]], mask=[[0, 1, 0, 0], [0, 0, 1, 0]])
    for axis in (0, 1):
        found = getattr(da, name)(da.from_array(whole, chunks=(1, 2)), axis=axis)
        assert_same(found, getattr(np, name)(whole.copy(), axis=axis))


@pytest.mark.parametrize(
    "index", [(0, 1), (slice(None), 1), ([0, 1],), ([0, 1], [1, 0]), "condition", (slice(None, None, -1),)]
)
@pytest.mark.parametrize("kind", ["scalar", "plain", "masked", "constant"])
def test_hard_masks_are_not_assigned_to(index, kind):
    whole = np.ma.array(np.arange(12.0).reshape(3, 4), mask=[[0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]], hard_mask=True)
    index = (whole.data > 3,) if index == "condition" else index
    part = np.full(whole.data[index].shape, 55.0)
    values = {
        "scalar": 77.0,
        "plain": part,
        "masked": np.ma.array(part, mask=np.arange(part.size).reshape(part.shape) % 2 == 0),
        "constant": np.ma.masked,
    }
    ours = da.from_array(whole.copy(), chunks=2)
    ours[index] = values[kind]
    whole[index] = values[kind]
    found = ours.compute()
    assert found.hardmask
    np.testing.assert_array_equal(found.mask, whole.mask)
    np.testing.assert_array_equal(found.data, whole.data)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_sums_and_means_of_masked_spans(axis):
    whole = np.ma.array(np.arange(6).reshape(2, 3).astype("m8[s]"), mask=[[0, 1, 0], [0, 1, 0]])
    ours = da.from_array(whole, chunks=2)
    for name in ("sum", "mean"):
        found, expected = getattr(ours, name)(axis=axis), getattr(whole, name)(axis=axis)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(np.ma.getmaskarray(found.compute()), np.ma.getmaskarray(expected))
        np.testing.assert_array_equal(np.ma.compressed(found.compute()), np.ma.compressed(expected))
