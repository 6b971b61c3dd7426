from __future__ import annotations

import numpy as np
import pytest
from tests.array.strategies import assert_same

import weft.array as da

X = da.from_array(np.arange(6).reshape(2, 3), chunks=(1, 2))


@pytest.mark.parametrize(
    "value", [3, 2.5, True, [1, 2], [[1.0], [2]], (), np.arange(3), np.float32(2), "abc", range(3)]
)
def test_anything_that_numpy_takes_becomes_chunked(value):
    for name in ("asarray", "asanyarray", "array", "ascontiguousarray", "asfortranarray"):
        assert_same(getattr(da, name)(value), getattr(np, name)(value))
    assert_same(da.asarray(value, chunks=1) if np.ndim(value) else da.asarray(value), np.asarray(value))
    assert_same(da.copy(value), np.copy(value))


def test_what_is_chunked_stays_what_it_is():
    for name in ("asarray", "asanyarray"):
        assert getattr(da, name)(X) is X
        assert getattr(da, name)(X, copy=True) is not X
        assert_same(getattr(da, name)(X, dtype="f4"), np.arange(6, dtype="f4").reshape(2, 3))
        with pytest.raises(ValueError, match="copy"):
            getattr(da, name)(X, dtype="f4", copy=False)
    assert da.array(X).name == X.name
    assert da.asarray(X, order="F", chunks=-1).rechunk(-1).shape == (2, 3)
    assert_same(np.asarray([1, 2], like=X), np.asarray([1, 2])) if False else None


def test_sequences_of_chunked_arrays_are_stacked():
    assert_same(da.asarray([X, X + 1]), np.stack([np.arange(6).reshape(2, 3)] * 2) + np.array([0, 1])[:, None, None])
    assert_same(da.array([X[0, 0], 5]), np.array([0, 5]))
    assert_same(da.asarray([[X[0, 0], 1.5], [2, 3]]), np.array([[0, 1.5], [2, 3]]))


def test_new_axes_are_put_in_front():
    assert_same(da.array([1, 2], ndmin=3), np.array([1, 2], ndmin=3))
    assert_same(da.array(X, ndmin=2), X.compute())


def test_later_changes_of_what_was_copied_are_not_seen():
    whole = np.arange(10_000.0)
    ours = da.array(whole, chunks=5_000)
    whole[:] = 0
    assert ours.sum().compute() == np.arange(10_000.0).sum()


def test_requirements_on_memory():
    assert da.require(X, dtype="f4", requirements=["F"]).dtype == np.float32
    for wrong in ("W", ["C", "F"]):
        with pytest.raises(ValueError, match=r"'C'|both"):
            da.require(X, requirements=wrong)
    with pytest.raises(TypeError, match="isfinite"):
        da.asarray_chkfinite(X)
    with pytest.raises(ValueError, match="infs or NaNs"):
        da.asarray_chkfinite([np.nan])
    with pytest.raises(ValueError, match="order"):
        da.asarray(X, order="Q")
    with pytest.raises(ValueError, match="cpu"):
        da.asarray(X, device="gpu")


def test_buffers_iterators_and_dlpack():
    assert_same(da.frombuffer(b"abcdef", "u1", 3, 1, chunks=2), np.frombuffer(b"bcd", "u1"))
    assert_same(da.fromiter((i * i for i in range(5)), "i4", chunks=2), np.arange(5, dtype="i4") ** 2)
    assert_same(da.from_dlpack(np.arange(3)), np.arange(3))
    assert_same(da.from_dlpack(X), X.compute())
    assert np.from_dlpack(X + 1).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert X.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError):
        X.__dlpack__(copy=False)


def test_scalars_are_not_arrays():
    assert da.isscalar(3)
    assert da.isscalar("a")
    assert not da.isscalar(X)
    assert not da.isscalar([1])
