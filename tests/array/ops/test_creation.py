from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same

import weft.array as da

NUMBERS = st.integers(-20, 20) | st.floats(-20, 20, allow_nan=False) | st.sampled_from([np.int8(3), np.float32(2.5)])
SIZES = st.sampled_from([1, 3, "auto"])


@settings(max_examples=60, deadline=None)
@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-4, 4).filter(bool), st.integers(1, 5))
def test_ranges_agree_with_numpy(start, stop, step, chunks):
    assert_same(da.arange(start, stop, step, chunks=chunks), np.arange(start, stop, step))
    assert_same(da.arange(start, stop, step, chunks=chunks)[::-2], np.arange(start, stop, step)[::-2])
    assert_same(da.arange(start, stop, step / 3, chunks=chunks), np.arange(start, stop, step / 3))


@settings(max_examples=100, deadline=None)
@given(
    NUMBERS,
    NUMBERS,
    NUMBERS.filter(lambda step: abs(step) > 0.05),
    st.sampled_from([None, "i4", "f2", "f4", "f8", "c8", "i1"]),
    SIZES,
)
def test_ranges_of_any_numbers_and_dtype_agree_with_numpy(start, stop, step, dtype, chunks):
    with np.errstate(all="ignore"):
        try:
            expected = np.arange(start, stop, step, dtype=dtype)
        except (OverflowError, TypeError):
            assume(False)
        assert_same(da.arange(start, stop, step, dtype=dtype, chunks=chunks), expected)
        assert_same(da.arange(stop, dtype=dtype, chunks=chunks), np.arange(stop, dtype=dtype))


@pytest.mark.parametrize(
    "arguments",
    [
        (np.datetime64("2000-01-01"), np.datetime64("2000-01-09")),
        (np.datetime64("2000-01-01"), np.datetime64("2000-02-01"), np.timedelta64(36, "h")),
        (np.datetime64("2000-01-01"), np.datetime64("2000-01-02T02"), 6),
        (np.datetime64("2000-01-01"), 5),
        (np.datetime64("2000-01-01"), np.timedelta64(3, "h")),
        (np.datetime64("2000-01-09"), np.datetime64("2000-01-01"), -2),
        (np.timedelta64(5, "s"),),
        (0, 10, np.timedelta64(3, "s")),
        (np.timedelta64(1, "m"), np.timedelta64(200, "s")),
    ],
)
def test_ranges_of_dates_and_times_agree_with_numpy(arguments):
    assert_same(da.arange(*arguments, chunks=3), np.arange(*arguments))


def test_ranges_of_dates_as_text_and_numbers_agree_with_numpy():
    assert_same(da.arange("2000", "2001", dtype="M8[D]", chunks=100), np.arange("2000", "2001", dtype="M8[D]"))
    assert_same(da.arange("2000-01", "2000-04", dtype="M8", chunks=2), np.arange("2000-01", "2000-04", dtype="M8"))
    assert_same(da.arange(5, 8, dtype="M8[D]", chunks=2), np.arange(5, 8, dtype="M8[D]"))
    assert_same(da.arange(3, dtype="m8[s]", chunks=2), np.arange(3, dtype="m8[s]"))
    assert_same(da.arange(0, 2, dtype=bool, chunks=1), np.arange(0, 2, dtype=bool))
    assert_same(da.arange(4, dtype=object, chunks=2), np.arange(4, dtype=object))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: da.arange(), TypeError),
        (lambda: da.arange(1, 2, 0), ZeroDivisionError),
        (lambda: da.arange(0, np.nan), ValueError),
        (lambda: da.arange(5, dtype="M8[D]"), ValueError),
        (lambda: da.arange(np.datetime64("NaT"), np.datetime64("2000")), ValueError),
        (lambda: da.arange(np.datetime64("2000"), np.datetime64("2001"), 0), ValueError),
        (lambda: da.arange(3, dtype=bool), TypeError),
        (lambda: da.arange(3, dtype="U3"), TypeError),
        (lambda: da.ones((2, -1), chunks=1), ValueError),
        (lambda: da.ones("a"), TypeError),
        (lambda: da.full((2, 2), [1, 2, 3]), ValueError),
        (lambda: da.full(2, "a", dtype=int), ValueError),
        (lambda: da.ones(2, order="Q"), ValueError),
        (lambda: da.ones(2, device="gpu"), ValueError),
        (lambda: da.ones_like(da.ones(2), order="Q"), ValueError),
        (lambda: da.linspace(0, 1, -1), ValueError),
        (lambda: da.linspace(0, 1, 2.5), TypeError),
        (lambda: da.geomspace(0, 1), ValueError),
        (lambda: da.eye(-1), ValueError),
        (lambda: da.meshgrid([1], indexing="ab"), ValueError),
    ],
)
def test_bad_arguments_are_refused_at_the_call(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex64", "bool", "M8[s]", "U3", "S2", object, "i4,f8"])
def test_constants_have_the_dtype_asked_for(dtype):
    assert_same(da.zeros((3, 2), dtype=dtype, chunks=2), np.zeros((3, 2), dtype=dtype))
    assert_same(da.zeros_like(da.ones(3, dtype=dtype, chunks=2)), np.zeros(3, dtype=dtype))
    assert da.empty((3, 2), dtype=dtype, chunks=2).compute().dtype == dtype
    assert_same(da.full_like(da.ones(3, dtype=dtype, chunks=2), 1), np.full(3, 1, dtype=dtype))


def test_constants_take_numpys_and_dasks_arguments():
    assert_same(da.full((2,), 7, chunks=1), np.full((2,), 7))
    assert_same(da.full((2, 3), [1, 2, 3], chunks=1), np.full((2, 3), [1, 2, 3]))
    assert_same(da.full((2, 3), da.arange(3, chunks=2), dtype=float, chunks=1), np.full((2, 3), np.arange(3.0)))
    assert_same(da.full((), np.array(3)), np.full((), 3))
    assert da.ones(3, float, 2).chunks == ((2, 1),)
    assert da.ones(3, float, 2, "mine").name == "mine"
    assert da.ones((3, 3), float, "F").compute().flags.f_contiguous
    assert da.zeros((3, 3), order="F", chunks=3).compute().flags.f_contiguous
    assert da.ones(np.int64(3)).shape == (3,)
    assert da.ones([2, 3]).shape == (2, 3)
    assert da.ones((0, 3), chunks=2).compute().shape == (0, 3)
    assert_same(da.ones(()), np.ones(()))


def test_an_array_like_another_has_its_shape_dtype_and_chunks_unless_told_otherwise():
    x = da.from_array(np.zeros((2, 3), "i2"), chunks=(1, 2))
    for name, value in [("ones_like", 1), ("zeros_like", 0)]:
        made = getattr(da, name)(x)
        assert made.chunks == x.chunks
        assert_same(made, np.full((2, 3), value, "i2"))
        assert_same(getattr(da, name)(x, dtype=float, shape=4, chunks=3), np.full(4, value, float))
        assert_same(getattr(np, name)(x), np.full((2, 3), value, "i2"))
    assert da.empty_like(x, order="F", chunks=-1).compute().flags.f_contiguous
    assert da.full_like(x, 2.5, dtype="f4", name="mine").name == "mine"
    assert_same(da.ones_like([[1, 2]]), np.ones((1, 2), int))
    assert_same(da.full_like(x, [1, 2, 3]), np.full((2, 3), [1, 2, 3], "i2"))


ENDS = st.integers(-5, 5) | st.floats(-5, 5).map(lambda end: round(end, 3)) | st.just(1 + 2j)


@settings(max_examples=80, deadline=None)
@given(ENDS, ENDS, st.integers(0, 12), st.booleans(), st.sampled_from([None, "f4", "i8", "c16"]), SIZES)
def test_evenly_spaced_values_agree_with_numpy_to_the_bit(start, stop, num, endpoint, dtype, chunks):
    if dtype in ("f4", "i8"):
        start, stop = np.real(start), np.real(stop)
    expected, step = np.linspace(start, stop, num, endpoint, True, dtype)
    ours, ours_step = da.linspace(start, stop, num, endpoint, True, dtype, chunks=chunks)
    assert_same(ours, expected)
    np.testing.assert_equal(ours_step, step)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_spaced_values_between_arrays_agree_with_numpy(axis):
    start, stop = np.array([1.0, 2.0, 8.0]), np.array([5.0, 2.0, 1.0])
    lazy = da.from_array(start, chunks=2)
    assert_same(da.linspace(lazy, stop, 4, axis=axis, chunks=3), np.linspace(start, stop, 4, axis=axis), exact=False)
    assert_same(da.linspace(start, 9, 4, dtype=int), np.linspace(start, 9, 4, dtype=int))
    assert_same(da.logspace(lazy, stop, 4, axis=axis), np.logspace(start, stop, 4, axis=axis), exact=False)
    assert_same(da.geomspace(start, stop, 4, axis=axis), np.geomspace(start, stop, 4, axis=axis), exact=False)


def test_logarithmically_spaced_values_agree_with_numpy():
    for arguments in [(0, 3, 4), (1, 2.5, 7, False), (0, 4, 5, True, 2.0)]:
        assert_same(da.logspace(*arguments, chunks=2), np.logspace(*arguments), exact=False)
    assert_same(da.logspace(0, 3, 4, dtype=int), np.logspace(0, 3, 4, dtype=int))
    for arguments in [(1, 1000, 4), (-1, -256, 9), (1, 100, 5, False), (1j, 1000j, 4)]:
        assert_same(da.geomspace(*arguments, chunks=2), np.geomspace(*arguments), exact=False)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.none() | st.integers(0, 6), st.integers(-7, 7), st.sampled_from(["f8", "i1", "?"]), SIZES)
def test_diagonal_matrices_agree_with_numpy(rows, columns, k, dtype, chunks):
    assert_same(da.eye(rows, columns, k=k, dtype=dtype, chunks=chunks), np.eye(rows, columns, k, dtype))
    assert_same(da.tri(rows, columns, k, dtype, chunks=chunks), np.tri(rows, columns, k, dtype))
    assert_same(da.identity(rows, dtype, chunks=chunks), np.identity(rows, dtype))


def test_grids_of_indices_agree_with_numpy():
    assert_same(da.indices((3, 4), chunks=(2, 3)), np.indices((3, 4)))
    assert_same(da.indices((3, 4), dtype="f4", chunks=2)[1:, 1:], np.indices((3, 4), dtype="f4")[1:, 1:])
    for ours, expected in zip(da.indices((3, 4), sparse=True, chunks=2), np.indices((3, 4), sparse=True), strict=True):
        assert_same(ours, expected)
    assert_same(da.indices(()), np.indices(()))


def test_functions_of_indices_agree_with_numpy():
    assert_same(
        da.fromfunction(lambda i, j: i * 10 + j, (5, 4), chunks=2), np.fromfunction(lambda i, j: i * 10 + j, (5, 4))
    )
    assert_same(
        da.fromfunction(lambda i, *, by: i % by == 0, (5,), dtype=int, chunks=2, by=2),
        np.fromfunction(lambda i, *, by: i % by == 0, (5,), dtype=int, by=2),
    )
    assert_same(da.fromfunction(lambda i, j: 1, (2, 3), chunks=2), np.ones((2, 3), int))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [True, False])
def test_coordinate_grids_agree_with_numpy(indexing, sparse):
    axes = [np.arange(3), np.arange(4.0), np.arange(2)]
    for count in (0, 1, 2, 3):
        lazy = [da.from_array(each, chunks=2) for each in axes[:count]]
        expected = np.meshgrid(*axes[:count], indexing=indexing, sparse=sparse)
        for ours, other in zip(da.meshgrid(*lazy, indexing=indexing, sparse=sparse), expected, strict=True):
            assert_same(ours, other)
    assert_same(da.meshgrid(2, [1, 2])[0], np.meshgrid(2, [1, 2])[0])


def test_describing_a_million_chunks_makes_none_of_them():
    x = da.ones((10**6, 10**6), chunks=1) + 1
    assert "chunks" not in x.expr.__dict__
    assert x.numblocks == (10**6, 10**6)


def test_parts_of_made_arrays_are_made_alone():
    from tests.array.strategies import graph_size

    assert graph_size(da.eye(100, chunks=10)[:10, :10]) == 1
    assert graph_size(da.linspace(0, 1, 100, chunks=10)[5:8]) == 1
    assert graph_size(da.broadcast_to(da.ones(100, chunks=10), (50, 100), chunks={0: 5})[:5, :10] + 1) == 1


def test_ranges_take_their_bounds_by_name():
    np.testing.assert_array_equal(da.arange(start=3, stop=9, step=2, chunks=2).compute(), np.arange(3, 9, 2))


@pytest.mark.parametrize("dtype", ["T", "(3,)f4", [("a", "f4", (2,)), ("b", "i2")], ([("a", "f4", (2,))], (2, 2))])
@pytest.mark.parametrize("name", ["zeros", "ones", "full"])
def test_texts_of_any_length_and_arrays_as_elements_are_as_numpys(name, dtype):
    arguments = (5,) if name == "full" else ()
    found = getattr(da, name)((3, 2), *arguments, dtype=dtype, chunks=2)
    expected = getattr(np, name)((3, 2), *arguments, dtype=dtype)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.compute(), expected)
