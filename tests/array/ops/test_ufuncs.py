from __future__ import annotations

import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, computed

import weft
import weft.array as da
from weft.array.ops.ufuncs import Ufunc

UFUNCS = sorted(name for name in da.__all__ if isinstance(getattr(da, name), Ufunc))
UNARY = [name for name in UFUNCS if getattr(da, name).nin == 1]
BINARY = [name for name in UFUNCS if getattr(da, name).nin == 2]
ALL_DTYPES = st.sampled_from(["i1", "u2", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "?", "M8[D]", "m8[s]", "O", "U3"])


def example(dtype, shape=(5, 3), low=-3):
    """An array with numbers that most functions take."""
    dtype = np.dtype(dtype)
    numbers = np.arange(low, low + int(np.prod(shape))).reshape(shape)
    if dtype.kind == "c":
        return (numbers + 0.5j * numbers).astype(dtype)
    if dtype.kind in "f":
        return (numbers / 4).astype(dtype)
    return numbers.astype(dtype)


def both(name, *arrays, **keywords):
    """What NumPy and Weft give, or the errors that they raise."""
    results = []
    for module, given_arrays in ((np, arrays), (da, [chunked(each) for each in arrays])):
        try:
            with np.errstate(all="ignore"):
                found = getattr(module, name)(*given_arrays, **keywords)
                results.append(found)
        except Exception as error:
            results.append(type(error))
    return results


def chunked(array):
    return da.from_array(array, chunks=2) if isinstance(array, np.ndarray) and array.ndim else array


def assert_agree(expected, ours):
    if isinstance(expected, type):
        if isinstance(ours, da.Array):  # an error that depends on values comes when it is computed
            with pytest.raises(expected):
                ours.compute(scheduler="sync")
        else:
            assert isinstance(ours, type), (expected, ours)
            assert issubclass(ours, TypeError) == issubclass(expected, TypeError), (expected, ours)
        return
    if isinstance(expected, tuple):
        for each, other in zip(expected, ours, strict=True):
            assert_agree(each, other)
        return
    assert not isinstance(ours, type), ours
    with np.errstate(all="ignore"):
        assert_same(ours, expected)


def test_all_ufuncs_of_numpy_are_there():
    theirs = {name for name in np.__all__ if isinstance(getattr(np, name), np.ufunc)}
    generalised = {name for name in theirs if getattr(np, name).signature is not None}
    assert theirs - generalised <= set(UFUNCS)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(UNARY), ALL_DTYPES)
def test_functions_of_one_array_agree_with_numpy_for_every_dtype(name, dtype):
    array = example(dtype)
    assert_agree(*both(name, array))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(BINARY), ALL_DTYPES, ALL_DTYPES)
def test_functions_of_two_arrays_agree_with_numpy_for_every_pair_of_dtypes(name, first, second):
    assert_agree(*both(name, example(first), example(second, low=1)))
    assert_agree(*both(name, example(first), example(second, (3,), low=1)))


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(BINARY),
    ALL_DTYPES,
    st.sampled_from([0, 2, -1, 300, 2.5, 1j, True, None, "a", np.float32(2), np.int8(3), np.timedelta64(2, "h")]),
    st.booleans(),
)
def test_scalars_are_promoted_as_numpy_promotes_them(name, dtype, scalar, first):
    array = example(dtype, (5,), low=1)
    assert_agree(*both(name, *((scalar, array) if first else (array, scalar))))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["add", "sqrt", "divide", "greater", "floor_divide"]),
    st.sampled_from(["f4", "f8", "i4", "c8", None]),
    st.sampled_from(["no", "equiv", "safe", "same_kind", "unsafe"]),
    st.sampled_from(["i4", "f4", "f8"]),
)
def test_dtype_and_casting_are_obeyed(name, dtype, casting, own):
    arrays = [example(own, low=1)] * getattr(da, name).nin
    assert_agree(*both(name, *arrays, dtype=dtype, casting=casting))


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "logical_and", "bitwise_or", "subtract", "power"])
def test_outer_agrees_with_numpy(name):
    a, b = example("i8", (3, 2), 1), example("i8", (4,), 1)
    ours = getattr(da, name).outer(chunked(a), chunked(b))
    assert_same(ours, getattr(np, name).outer(a, b))
    assert_same(getattr(np, name).outer(chunked(a), b), getattr(np, name).outer(a, b))
    assert_same(getattr(da, name).outer(chunked(a), 2), getattr(np, name).outer(a, 2))


REDUCIBLE = [
    "add",
    "multiply",
    "maximum",
    "minimum",
    "fmax",
    "logical_or",
    "logical_xor",
    "bitwise_xor",
    "subtract",
    "gcd",
]


@settings(max_examples=100, deadline=None)
@given(
    st.data(),
    st.sampled_from(REDUCIBLE),
    chunked_arrays(dtypes=st.sampled_from(["i8", "i1", "u1", "f8", "?"]), max_side=5),
    st.booleans(),
)
def test_reduce_agrees_with_numpy(data, name, pair, keepdims):
    whole, ours = pair
    axes = st.integers(-whole.ndim, whole.ndim - 1) if whole.ndim else st.none()
    axis = data.draw(st.none() | axes | (st.just(tuple(range(whole.ndim)))))
    initial = data.draw(st.sampled_from([np._NoValue, 0, 5]))
    keywords = {"axis": axis, "keepdims": keepdims, "initial": initial}
    if data.draw(st.booleans()):
        keywords["where"] = whole > 0 if data.draw(st.booleans()) else True
    ufunc = getattr(np, name)
    try:
        expected = ufunc.reduce(whole, **keywords)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            getattr(da, name).reduce(ours, **keywords).compute()
        return
    assert_same(getattr(da, name).reduce(ours, **keywords), expected)
    assert_same(ufunc.reduce(ours, **keywords), expected)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(REDUCIBLE), chunked_arrays(dtypes=st.sampled_from(["i8", "i1", "f8"]), min_dims=1))
def test_accumulate_agrees_with_numpy(data, name, pair):
    whole, ours = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    try:
        expected = getattr(np, name).accumulate(whole, axis)
    except TypeError:
        with pytest.raises(TypeError):
            getattr(da, name).accumulate(ours, axis)
        return
    assert_same(getattr(da, name).accumulate(ours, axis), expected)
    assert_same(getattr(np, name).accumulate(ours, axis), expected)


def test_reduceat_agrees_with_numpy():
    whole = np.arange(24).reshape(8, 3)
    for axis, places in [(0, [0, 4, 1, 5]), (1, [0, 2])]:
        expected = np.add.reduceat(whole, places, axis)
        assert_same(da.add.reduceat(da.from_array(whole, chunks=2), places, axis), expected)
    with pytest.raises(IndexError, match="out-of-bounds"):
        da.add.reduceat(da.from_array(whole, chunks=2), [9])


def test_reduceat_takes_indices_that_are_computed():
    whole, places = np.arange(8), np.array([0, 4, 1, 5])
    x, chunked = da.from_array(whole, chunks=3), da.from_array(places, chunks=2)
    assert_same(da.add.reduceat(x, chunked), np.add.reduceat(whole, places))


def test_where_may_be_a_list():
    whole = np.arange(4).reshape(2, 2) + 2
    expected = np.power(whole, [2, 3], out=np.zeros((2, 2), int), where=[[0, 1], [1, 0]])
    made = da.power(da.from_array(whole, chunks=1), [2, 3], out=da.zeros((2, 2), dtype=int), where=[[0, 1], [1, 0]])
    assert_same(made, expected)


@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (1,)])
def test_results_along_an_axis_are_not_broadcast_into_out(shape):
    with pytest.raises(ValueError, match=r"output|broadcast|shape"):
        np.subtract.reduce(np.ones((4, 3)), axis=0, out=np.zeros(shape))
    with pytest.raises(ValueError, match="wrong shape"):
        da.subtract.reduce(da.ones((4, 3), chunks=2), axis=0, out=da.zeros(shape))
    with pytest.raises(ValueError, match="wrong shape"):
        da.add.reduce(da.ones((4, 3), chunks=2), axis=0, out=da.zeros(shape))


def test_an_ellipsis_in_out_asks_for_an_array():
    x = da.arange(4, chunks=2)
    assert_same(da.add(x, 1, out=...), np.arange(1, 5))
    assert_same(np.divmod(x, 2, out=...)[0], np.arange(4) // 2)


def test_out_stands_for_the_result_from_then_on():
    x, out = da.arange(4, chunks=2), da.zeros((2, 4), dtype="f4", chunks=1)
    assert np.add(x, 1.5, out=out, casting="unsafe") is out
    assert_same(out, np.add(np.arange(4), 1.5, out=np.zeros((2, 4), "f4"), casting="unsafe"))
    first, second = da.zeros(4, dtype=int, chunks=2), da.zeros(4, dtype=int, chunks=2)
    da.divmod(x, 3, out=(first, second))
    assert_same(first, np.arange(4) // 3)
    assert_same(second, np.arange(4) % 3)
    da.modf(x / 4, out=(None, third := da.zeros(4, chunks=2)))
    assert_same(third, np.zeros(4))
    da.add(x, 1, first)
    assert_same(first, np.arange(4) + 1)
    da.multiply(2, 3, out=first)
    assert_same(first, np.full(4, 6))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: da.add(x, 1.5, out=da.zeros(4, dtype=int, chunks=2)), TypeError),
        (lambda x: da.add(x, x, out=da.zeros(3, chunks=2)), ValueError),
        (lambda x: da.add(x, x, out=da.zeros((), chunks=2)), ValueError),
        (lambda x: da.add(x, x, out=np.zeros(4)), TypeError),
        (lambda x: da.divmod(x, x, out=da.zeros(4)), TypeError),
        (lambda x: da.divmod(x, x, out=(da.zeros(4),) * 3), ValueError),
        (lambda x: da.add(x), TypeError),
        (lambda x: da.add(x, x, x, x), TypeError),
        (lambda x: da.add(x, x, nothing=1), TypeError),
        (lambda x: da.sin.outer(x, x), ValueError),
        (lambda x: da.add.reduce(x, axis=1), np.exceptions.AxisError),
        (lambda x: da.divmod.reduce(x), ValueError),
        (lambda x: da.add.accumulate(x[None], axis=None), ValueError),
    ],
)
def test_what_numpy_refuses_is_refused_at_the_call(call, error):
    with pytest.raises(error):
        call(da.arange(4, chunks=2))


@settings(max_examples=40, deadline=None)
@given(st.data(), chunked_arrays(min_dims=1, dtypes=st.sampled_from(["i8", "f8"])))
def test_where_leaves_elements_as_they_are(data, pair):
    whole, ours = pair
    mask, lazy = data.draw(chunked_arrays(dtypes=st.just("bool"), shape=whole.shape[-1:]))
    old = np.full(whole.shape, 7.0)
    with np.errstate(all="ignore"):
        expected = np.divide(1, whole, out=old.copy(), where=mask)
        out = da.from_array(old, chunks=1)
        assert_same(da.divide(1, ours, out=out, where=lazy), expected)
        assert_same(np.divide(1, ours, where=mask), np.divide(1, whole, out=np.zeros(whole.shape), where=mask))


def test_where_of_functions_with_several_results():
    whole = np.arange(6.0) / 4
    mask = whole > 0.5
    ours = da.modf(da.from_array(whole, chunks=4), where=da.from_array(mask, chunks=1))
    expected = np.modf(whole, where=mask, out=(np.zeros(6), np.zeros(6)))
    for each, other in zip(ours, expected, strict=True):
        assert_same(each, other)


IN_PLACE = [
    "iadd",
    "isub",
    "imul",
    "itruediv",
    "ifloordiv",
    "imod",
    "ipow",
    "ilshift",
    "irshift",
    "iand",
    "ior",
    "ixor",
]


@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("dtype", ["i8", "u1", "f4"])
@pytest.mark.parametrize("other", [2, 1.5, np.arange(1, 4), np.ones((2, 3))])
def test_operators_in_place_do_as_numpy_does(name, dtype, other):
    whole = np.arange(1, 4).astype(dtype)
    ours = da.from_array(whole.copy(), chunks=2)
    seen = ours
    operation = getattr(operator, name)
    try:
        whole = operation(whole, other)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        with pytest.raises(kind):
            operation(ours, other)
        return
    ours = operation(ours, other)
    assert ours is seen
    assert_same(ours, whole)


def test_two_results_agree_with_numpy():
    whole = np.array([-7.5, 0.0, 3.25, np.inf, -0.0, np.nan])
    ours = da.from_array(whole, chunks=4)
    with np.errstate(all="ignore"):
        for name in ("frexp", "modf"):
            assert_agree(getattr(np, name)(whole), getattr(da, name)(ours))
            assert_agree(getattr(np, name)(whole), getattr(np, name)(ours))
        assert_agree(divmod(whole, 2), divmod(ours, 2))
        assert_agree(divmod(7, whole), divmod(7, ours))


def test_what_a_ufunc_says_of_itself():
    for name in ("add", "modf", "sqrt", "logical_or"):
        theirs, ours = getattr(np, name), getattr(da, name)
        for what in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature", "__name__"):
            assert getattr(ours, what) == getattr(theirs, what)
    assert repr(da.add) == "<weft.array.add>"
    assert pickle.loads(pickle.dumps(da.add))(1, 2) == 3
    assert da.add.resolve_dtypes((np.dtype("i4"), np.dtype("f4"), None))[-1] == np.float64


def digits(number):
    return len(str(number))


def test_python_functions_become_ufuncs():
    whole = np.arange(8, 13)
    ours = da.frompyfunc(digits, 1, 1)(da.from_array(whole, chunks=2))
    expected = np.frompyfunc(digits, 1, 1)(whole)
    assert_same(ours, expected)
    assert ours.compute(scheduler="processes").tolist() == expected.tolist()
    halves = da.frompyfunc(divmod, 2, 2)(da.from_array(whole, chunks=2), 2)
    assert_agree(np.frompyfunc(divmod, 2, 2)(whole, 2), halves)
    assert da.frompyfunc(operator.add, 2, 1).reduce(da.from_array(whole, chunks=2)).compute() == whole.sum()
    assert pickle.loads(pickle.dumps(da.frompyfunc(digits, 1, 1)))(12) == 2


def test_numpy_arrays_alone_give_what_numpy_gives():
    assert isinstance(da.add(np.ones(2), 1), np.ndarray)
    assert da.add.reduce(np.ones(2)) == 2
    assert da.add.outer([1, 2], [1]).tolist() == [[2], [3]]
    assert da.add.accumulate([1, 2]).tolist() == [1, 3]
    assert [each.tolist() for each in da.divmod(7, np.array([2, 3]))] == [[3, 2], [1, 1]]
    assert [float(each) for each in da.frexp(3.0)] == [0.75, 2.0]


def test_objects_without_axes_stay_objects():
    x = da.from_array(np.array(3, object), chunks=1)
    assert computed(x + 1) == 4
    assert computed((x + 1).astype(float)) == 4.0
    assert computed((x * [1, 2]).sum()) == 9


def test_equal_calls_have_equal_names():
    x = da.ones(4, chunks=2)
    numbers = [1, 2, 3, 4]
    assert da.add(x, numbers).name == da.add(x, list(numbers)).name
    assert (x + 1).name != (x + 1.0).name
    assert weft.compute(x + np.array([1, 2, 3, 4]))[0].tolist() == [2, 3, 4, 5]


def test_small_operands_are_copied_so_that_later_changes_are_not_seen():
    other = np.ones(4)
    x = da.ones(4, chunks=2) + other
    other[:] = 5
    assert x.compute().tolist() == [2] * 4


def test_errors_of_values_name_the_operation():
    with pytest.raises(ValueError, match="negative integer powers"):
        (da.arange(4, chunks=2) ** -1).compute()


def test_objects_where_a_mask_does_not_hold_are_zero():
    x = da.from_array(np.array([-1, 2], dtype=object), chunks=1)
    assert da.absolute(x, where=np.array([True, False])).compute().tolist() == [1, 0]


def test_python_functions_without_identity_may_reduce_several_axes_if_told():
    whole = np.arange(12).reshape(3, 4).astype(object)
    x = da.from_array(whole, chunks=2)
    ours = da.frompyfunc(operator.add, 2, 1, identity=None)
    assert ours.identity is None
    assert ours.reduce(x, axis=(0, 1)).compute() == 66
    assert ours.reduce(x, axis=(0, 1), initial=100).compute() == 166
    assert pickle.loads(pickle.dumps(ours)).reduce(x, axis=None).compute() == 66
    with pytest.raises(ValueError, match="reorderable"):
        da.frompyfunc(operator.add, 2, 1).reduce(x, axis=(0, 1))


@pytest.mark.parametrize("chunks", [1, 2, ((2, 0, 1, 0),)])
def test_texts_of_any_length_are_put_together(chunks):
    whole = np.array(["a", "a longer text", "c"], dtype="T")
    chunked = da.from_array(whole, chunks=chunks)
    for found, expected in (
        (np.add.reduce(chunked), np.add.reduce(whole)),
        (np.maximum.reduce(chunked), np.maximum.reduce(whole)),
        (np.add.accumulate(chunked), np.add.accumulate(whole)),
    ):
        assert found.dtype == whole.dtype
        np.testing.assert_array_equal(found.compute(), expected)
