"""Normal forms of NumPy's values: arrays by dtype, shape and content, hashed where it lies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from weft.tokenize.encode import INLINE_BYTES, digest, import_name, normalize_token

__all__ = ["content_of", "normalize_items"]

#: Arrays that do not lie in one piece are copied and hashed in pieces of this many bytes.
PIECE_BYTES = 2**20

#: Where universal functions, which do not say where they come from, are looked for.
_UFUNC_MODULES = ("numpy", "scipy.special", "numpy.strings")


def content_of(array: np.ndarray[Any, Any]) -> Any:
    """What stands for the values of an array in a token, in the order of its axes."""
    array = array.view(np.ndarray)
    if array.dtype.hasobject or array.dtype.kind == "T":
        return normalize_items(list(array.flat))
    if not array.nbytes:
        return b""
    # Axes along which everything is repeated: one of them says it all.
    repeated = tuple(0 if stride == 0 and length > 1 else slice(None) for stride, length in _axes(array))
    if 0 in repeated:
        inner = array[repeated]
        return "repeated", tuple(axis == 0 for axis in repeated), content_of(np.asarray(inner))
    if array.nbytes <= INLINE_BYTES:
        return array.tobytes()
    if array.flags.c_contiguous:
        return digest([_bytes_of(array)])
    if array.flags.f_contiguous:
        return "F", digest([_bytes_of(array.T)])
    return digest(_pieces(array))


def normalize_items(items: list[Any]) -> Any:
    """What stands for a list of objects, which most often are texts."""
    if items and all(type(item) is str for item in items):
        text = "".join(items).encode("utf-8", "surrogatepass")
        return "texts", digest([np.array([len(item) for item in items], dtype="<i8")]), digest([text])
    return items


def _axes(array: np.ndarray[Any, Any]) -> Iterator[tuple[int, int]]:
    return zip(array.strides, array.shape, strict=True)


def _bytes_of(array: np.ndarray[Any, Any]) -> Any:
    """The bytes of an array that lies in one piece, without a copy and whatever its dtype."""
    return array.reshape(-1).view(np.uint8)


def _pieces(array: np.ndarray[Any, Any]) -> Iterator[Any]:
    rows = array.shape[0]
    row_bytes = array.nbytes // rows
    if row_bytes > PIECE_BYTES and array.ndim > 1:
        for row in array:
            yield from _pieces(row)
        return
    step = max(1, PIECE_BYTES // row_bytes)
    for start in range(0, rows, step):
        yield _bytes_of(np.ascontiguousarray(array[start : start + step]))


@normalize_token.register(np.ndarray)
def _normalize_array(array: np.ndarray[Any, Any]) -> Any:
    plain = type(array) in (np.ndarray, np.memmap)
    if not plain and isinstance(array, np.ma.MaskedArray):  # asked last: to name the class imports it
        return _form_of_masked(array)
    form = array.dtype, array.shape, content_of(array)
    return form if plain else (form, vars(array) if hasattr(array, "__dict__") else None)


def _form_of_masked(array: np.ma.MaskedArray[Any, Any]) -> Any:
    if array is np.ma.masked:
        return "masked"
    mask = None if array.mask is np.ma.nomask else array.mask
    return array.data, mask, array.fill_value, array.hardmask


#: Kinds of dtypes that their text says all about.
PLAIN_KINDS = frozenset("biufcSUmM")


@normalize_token.register(np.dtype)
def _normalize_dtype(dtype: np.dtype[Any]) -> Any:
    if dtype.kind in PLAIN_KINDS and dtype.metadata is None and dtype == np.dtype(dtype.str):
        return dtype.str  # not `isbuiltin`: it is 0 on a dtype that comes back from pickle
    fields = dtype.fields and {name: (field[0], *field[1:]) for name, field in dtype.fields.items()}
    # Other packages' dtypes may share the letter and the size of one another, or of plain bytes.
    return dtype.str, str(dtype), dtype.names, fields, dtype.subdtype, dtype.isalignedstruct, dtype.itemsize


@normalize_token.register(np.generic)
def _normalize_scalar(value: np.generic) -> Any:
    return value.dtype, value.item() if value.dtype.hasobject else value.tobytes()


@normalize_token.register(np.ufunc)
def _normalize_ufunc(value: np.ufunc) -> Any:
    for module in _UFUNC_MODULES:
        if getattr(sys.modules.get(module), value.__name__, None) is value:
            return module, value.__name__
    return import_name(value) or value


@normalize_token.register(np.vectorize)
def _normalize_vectorize(value: np.vectorize) -> Any:
    return value.pyfunc, value.otypes, value.excluded, value.cache, value.signature


@normalize_token.register(np.random.Generator)
def _normalize_generator(value: np.random.Generator) -> Any:
    return value.bit_generator


@normalize_token.register(np.random.BitGenerator)
def _normalize_bit_generator(value: np.random.BitGenerator) -> Any:
    return value.state, value.seed_seq


@normalize_token.register(np.random.SeedSequence)
def _normalize_seed(value: np.random.SeedSequence) -> Any:
    return value.state


@normalize_token.register(np.random.RandomState)
def _normalize_random_state(value: np.random.RandomState) -> Any:
    return value.get_state(legacy=False)
