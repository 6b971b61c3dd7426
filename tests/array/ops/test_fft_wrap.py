from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.fft
import scipy.fftpack
from tests.array.matrices import assert_close, numbers

import weft.array as da


@pytest.mark.parametrize("kind", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_transforms_of_other_libraries_are_applied_along_an_axis(kind):
    whole = numbers(0, (5, 6), "float64")
    x = da.from_array(whole, chunks=2)
    function = da.fft.fft_wrap(getattr(scipy.fft, kind))
    expected = getattr(np.fft, kind)
    assert_close(function(x), expected(whole))
    assert_close(function(x, n=4, axis=0, norm="ortho"), expected(whole, n=4, axis=0, norm="ortho"))


@pytest.mark.parametrize("kind", ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"])
def test_transforms_of_other_libraries_are_applied_over_several_axes(kind):
    whole = numbers(0, (3, 5, 6), "float64")
    x = da.from_array(whole, chunks=2)
    function, expected = da.fft.fft_wrap(getattr(scipy.fft, kind)), getattr(np.fft, kind)
    assert_close(function(x), expected(whole))
    assert_close(function(x, s=(4, 6), axes=(0, 1)), expected(whole, s=(4, 6), axes=(0, 1)))


def halved(a, n=None, axis=-1):
    return np.fft.fft(a, n, axis) / 2


def test_functions_of_users_say_what_they_are_like():
    whole = numbers(0, (8,), "float64")
    function = da.fft.fft_wrap(halved, kind="fft", dtype="complex64")
    assert_close(function(da.from_array(whole, chunks=3)), (np.fft.fft(whole) / 2).astype("complex64"))
    assert pickle.loads(pickle.dumps(function)).kind == "fft"
    with pytest.raises(ValueError, match="unknown kind"):
        da.fft.fft_wrap(halved)
    with pytest.raises(ValueError, match="fftpack"):
        da.fft.fft_wrap(scipy.fftpack.rfft)
    with pytest.raises(ValueError, match="data points"):
        function(da.ones(3), n=0)
