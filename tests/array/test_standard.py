from __future__ import annotations

import inspect

import numpy as np
import pytest

import weft.array as da


def words(text):
    return text.split()


#: Functions of the Python array API standard, revision 2025.12, that other families do not have to bring.
FUNCTIONS = words("""
abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh bitwise_and
bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor broadcast_arrays broadcast_shapes broadcast_to
can_cast ceil
clip concat conj copysign cos cosh count_nonzero cumulative_prod cumulative_sum diff divide empty empty_like equal exp
expand_dims expm1 eye finfo flip floor floor_divide from_dlpack full full_like greater greater_equal hypot iinfo imag
isdtype isin isfinite isinf isnan less less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or
logical_xor matmul matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply negative nextafter nonzero
not_equal ones ones_like permute_dims positive pow prod real reciprocal remainder repeat reshape result_type roll round
sign signbit sin sinh sort sqrt square squeeze stack std subtract sum take take_along_axis tan tanh tensordot tile tril
triu trunc unstack var vecdot where zeros zeros_like
""")
METHODS = words("""
__abs__ __add__ __and__ __array_namespace__ __bool__ __complex__ __dlpack__ __dlpack_device__ __eq__ __float__
__floordiv__ __ge__ __getitem__ __gt__ __index__ __int__ __invert__ __le__ __lshift__ __lt__ __matmul__ __mod__ __mul__
__ne__ __neg__ __or__ __pos__ __pow__ __rshift__ __setitem__ __sub__ __truediv__ __xor__ to_device dtype device mT ndim
shape size T __iadd__ __isub__ __imul__ __imatmul__ __radd__ __rpow__ __rmatmul__
""")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_the_standard_are_public(name):
    assert name in da.__all__
    assert callable(getattr(da, name))


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_the_standard_are_there(name):
    assert hasattr(da.ones((1, 1)), name)


@pytest.mark.parametrize(
    "name", ["asarray", "arange", "empty", "eye", "full", "linspace", "ones", "zeros", "from_dlpack"]
)
def test_creation_takes_a_device(name):
    assert "device" in inspect.signature(getattr(da, name)).parameters


def test_the_namespace_describes_itself():
    about = da.__array_namespace_info__()
    assert about.devices() == ("cpu",)
    assert about.default_device() == "cpu"
    assert about.capabilities()["data-dependent shapes"] is True
    assert about.default_dtypes()["real floating"] == da.float64
    assert set(about.dtypes(kind="integral")) == {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    assert set(about.dtypes(kind=("bool", "complex floating"))) == {"bool", "complex64", "complex128"}
    assert len(about.dtypes()) == 13
    with pytest.raises(ValueError, match="cpu"):
        about.dtypes(device="gpu")


def test_constants_and_limits():
    assert (da.pi, da.e, da.inf, da.newaxis) == (np.pi, np.e, np.inf, None)
    assert np.isnan(da.nan)
    assert da.finfo(da.ones(1, dtype="f4")).bits == 32
    assert da.iinfo(da.ones(1, dtype="i1")).max == 127
    assert da.isdtype(da.ones(1).dtype, "real floating")
    assert da.__array_api_version__ == "2025.12"


def test_dtypes_are_promoted_as_the_standard_has_it():
    names = ["int8", "int16", "int64", "uint8", "uint32", "float32", "float64", "complex64", "bool"]
    for first in names:
        for second in names:
            ours = da.result_type(da.ones(1, dtype=first), da.ones(1, dtype=second))
            assert ours == np.result_type(first, second)
        if first != "bool":
            assert (da.ones(1, dtype=first) + 1).dtype == first


def test_matrices_in_place():
    x = da.from_array(np.arange(4.0).reshape(2, 2), chunks=1)
    seen = x
    x @= np.eye(2)
    assert seen is x
    assert x.compute().tolist() == [[0, 1], [2, 3]]


def test_arrays_are_filled_and_taken_apart():
    x = da.arange(6, chunks=4)
    x.fill(3)
    assert x.compute().tolist() == [3] * 6
    assert da.arange(3, chunks=2).tobytes() == np.arange(3).tobytes()
    assert da.ones((2, 3), chunks=1).diagonal(1).shape == (2,)
