from __future__ import annotations

import numpy as np
import pytest
from tests.array.matrices import assert_close, numbers

import weft
import weft.array as da
from weft.array.kernels.fft import squares
from weft.array.ops.fft_transform import largest_divisor
from weft.execution import plan_of


def test_axes_are_made_whole_by_cutting_others():
    with weft.config.set({"array.chunk-size": "16 kiB"}):
        x = da.ones((64, 64), chunks=(32, 32))
        made = da.fft.fft(x, axis=0)
        assert made.chunks[0] == (64,)
        assert np.prod(made.chunksize) * made.itemsize <= 2 * 2**14 * 2


def test_axes_that_are_whole_are_transformed_together():
    x = da.from_array(np.ones((8, 4, 4)), chunks=(2, 4, 4))
    assert plan_of([da.fft.fft2(x)])[0].ntasks == 4


@pytest.mark.parametrize("length", [1000, 1024, 997, 2 * 499, 1, 2, 3])
@pytest.mark.parametrize("kind", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_axes_too_long_for_a_chunk_are_transformed_in_steps(length, kind):
    dtype = "float64" if kind in ("rfft", "ihfft") else "complex128"
    whole = numbers(0, (2, length), dtype)
    with weft.config.set({"array.chunk-size": "1 kiB"}):
        made = getattr(da.fft, kind)(da.from_array(whole, chunks=(1, 50)), n=length, norm="ortho")
    assert_close(made, getattr(np.fft, kind)(whole, n=length, norm="ortho"), 1e-12)


def test_no_block_is_much_larger_than_asked_for():
    length = 2**16
    with weft.config.set({"array.chunk-size": "32 kiB"}):
        x = da.from_array(numbers(0, (length,), "complex128"), chunks=2**11)
        made = da.fft.fft(x)
        largest = max(plan_of([made])[0].nbytes)
    assert largest <= 2**17
    np.testing.assert_allclose(made.compute(), np.fft.fft(x.compute()), atol=1e-9)


def test_numbers_are_not_lost_in_large_products():
    places = np.array([2**33 + 5, 7])
    assert squares(places, 2**34 + 2).tolist() == [pow(2**33 + 5, 2, 2**34 + 2), 49]
    assert [largest_divisor(each) for each in (1, 7, 12, 49)] == [1, 1, 3, 7]


def test_arrays_without_elements_along_other_axes_are_transformed():
    assert_close(da.fft.fft(da.ones((0, 4), chunks=2)), np.fft.fft(np.ones((0, 4))))
