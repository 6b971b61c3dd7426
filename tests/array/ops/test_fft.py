from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import assert_close, numbers
from tests.array.strategies import chunks_of

import weft
import weft.array as da

quick = settings(deadline=None, max_examples=40)
NORMS = st.sampled_from([None, "backward", "ortho", "forward"])
DTYPES = ["float64", "float32", "int64", "uint8", "complex128", "complex64"]
REAL = ("rfft", "ihfft", "rfftn", "rfft2")


@st.composite
def arrays(draw, kind, max_dims=3):
    shape = tuple(draw(st.lists(st.integers(2, 9), min_size=1 + kind.endswith("2"), max_size=max_dims)))
    dtype = draw(st.sampled_from(DTYPES[:4] if kind in REAL else DTYPES))
    whole = (numbers(draw(st.integers(0, 99)), shape, "complex128" if dtype[0] == "c" else "float64") * 9).astype(dtype)
    return whole, da.from_array(whole, chunks=draw(chunks_of(shape)))


@st.composite
def chunk_limits(draw):
    """Bytes of a chunk: as they come, or so few that axes do not fit into one."""
    return draw(st.sampled_from(["128 MiB", "64 B"]))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # negative floats as unsigned integers
@pytest.mark.parametrize("kind", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@quick
@given(data=st.data(), norm=NORMS, limit=chunk_limits())
def test_transforms_along_an_axis_agree_with_numpy(kind, data, norm, limit):
    whole, chunked = data.draw(arrays(kind))
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    n = data.draw(st.none() | st.integers(1, 12))
    with weft.config.set({"array.chunk-size": limit}):
        made = getattr(da.fft, kind)(chunked, n=n, axis=axis, norm=norm)
        assert_close(made, getattr(np.fft, kind)(whole, n=n, axis=axis, norm=norm))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"])
@quick
@given(data=st.data(), norm=NORMS, limit=chunk_limits())
def test_transforms_over_several_axes_agree_with_numpy(kind, data, norm, limit):
    whole, chunked = data.draw(arrays(kind))
    how = {"norm": norm}
    if data.draw(st.booleans()):
        how["axes"] = data.draw(st.permutations(range(-whole.ndim, 0)))[: data.draw(st.integers(1, whole.ndim))]
        if data.draw(st.booleans()):
            how["s"] = [data.draw(st.sampled_from([-1, 1, 4, 10])) for _ in how["axes"]]
            if kind.startswith("irfft") and how["s"][-1] == -1:
                how["s"][-1] = 6
    with weft.config.set({"array.chunk-size": limit}):
        assert_close(getattr(da.fft, kind)(chunked, **how), getattr(np.fft, kind)(whole, **how))


def test_the_axis_may_be_named_none():
    whole = np.arange(6.0).reshape(2, 3)
    assert_close(da.fft.fft(da.asarray(whole), axis=None), np.fft.fft(whole))


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("fft", {"n": 0}, ValueError),
        ("fft", {"n": -1}, ValueError),
        ("fft", {"norm": "other"}, ValueError),
        ("fft", {"axis": 2}, IndexError),
        ("fftn", {"s": (3,), "axes": (0, 1)}, ValueError),
        ("fftn", {"axes": (0, 5)}, IndexError),
        ("fftn", {"s": (3, 3, 3)}, ValueError),
        ("irfft", {"n": 0}, ValueError),
        ("fft", {"n": 1.5}, (TypeError, AttributeError)),
    ],
)
def test_wrong_calls_are_refused_at_once(kind, how, error):
    with pytest.raises(error):
        getattr(da.fft, kind)(da.ones((3, 4)), **how)


def test_real_transforms_refuse_complex_numbers():
    with pytest.raises(TypeError, match="real"):
        da.fft.rfft(da.ones(4, dtype=complex))


def test_all_of_numpys_names_are_there():
    assert set(np.fft.__all__) <= {*da.fft.__all__, "test"}
