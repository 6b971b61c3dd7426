from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

quick = settings(deadline=None, max_examples=40)


@quick
@given(st.integers(1, 20), st.sampled_from([1.0, 0.1, 3, -2.0]), st.integers(1, 6))
def test_frequencies_agree_with_numpy(n, d, chunks):
    assert_same(da.fft.fftfreq(n, d, chunks), np.fft.fftfreq(n, d))
    assert_same(da.fft.rfftfreq(n, d, chunks), np.fft.rfftfreq(n, d))


@quick
@given(st.data())
def test_shifts_agree_with_numpy(data):
    whole, chunked = data.draw(chunked_arrays(min_dims=1))
    axes = data.draw(st.sampled_from([None, 0, (-1,), tuple(range(whole.ndim))]))
    assert_same(da.fft.fftshift(chunked, axes), np.fft.fftshift(whole, axes))
    assert_same(da.fft.ifftshift(chunked, axes), np.fft.ifftshift(whole, axes))


def test_a_length_is_a_whole_number():
    for function in (da.fft.fftfreq, da.fft.rfftfreq):
        with pytest.raises(ValueError, match="integer"):
            function(2.5)
