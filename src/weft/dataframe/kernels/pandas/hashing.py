"""Hashes of rows: the same in every process, and equal for keys that pandas' merge takes to be equal.

Numbers are hashed by value, whatever their type: as 64-bit integers where they are whole, by their bits otherwise. Text is
hashed by its bytes, be it Arrow's or Python's, eight bytes of all rows at a time. Categories are hashed once each. All
missing values are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.compiled import read_only
from weft.dataframe.kernels.pandas.moving import machine_code

__all__ = ["hash_array", "hash_rows", "stripe_codes", "stripe_targets", "target_type", "targets_of"]

#: Multipliers and shifts of the finalizer of MurmurHash3 (Appleby, public domain): every bit of a result depends on all.
FIRST, SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
SHIFT = np.uint64(33)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MISSING = np.uint64(0x6A09E667F3BCC909)

U64 = np.ndarray[Any, np.dtype[np.uint64]]


def hash_rows(columns: Sequence[Any]) -> U64:
    """One hash for each row, of pandas' arrays, series or indexes."""
    total: U64 | None = None
    for column in columns:
        own = hash_array(column)
        if total is None:
            total = own
        else:
            total = total * GOLDEN + own
            mix(total)
    assert total is not None
    return total


def targets_of(hashes: U64, count: int) -> Any:
    """A number below ``count`` for each hash, in the smallest integers, which sort fastest.

    >>> targets_of(np.array([0, 2**63, 2**64 - 1], dtype="u8"), 4).tolist()
    [0, 2, 3]
    """
    return ((hashes >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(target_type(count))


def target_type(count: int) -> Any:
    """The smallest integers that hold numbers below ``count``."""
    return np.uint8 if count <= 256 else np.uint16 if count <= 65536 else np.uint32


def stripe_targets(values: Any, count: int) -> Any:
    """A number below ``count`` for each whole number, where neighbours go to neighbouring ones.

    Numbers are taken by pages. Within a page one after another goes to the next target, and each page begins elsewhere, as its
    hash says. So the numbers of a target are spread evenly, and lie as close together as numbers do in all: `stripe_codes` has
    their places.

    >>> stripe_targets(np.arange(8), 3).tolist()
    [0, 1, 2, 0, 1, 2, 0, 1]
    """
    width = page_bits(count)
    if (code := machine_code(len(values))) is not None:
        targets = np.empty(len(values), target_type(count))
        code.stripe_targets(read_only(values), count, width, targets)
        return targets
    first = targets_of(mix((values >> width).view(np.uint64)), count).astype(np.uint32)
    place = (values & ((1 << width) - 1)).astype(np.uint32)
    first += place - place // np.uint32(count) * np.uint32(count)
    made = np.minimum(first, first - np.uint32(count))  # what is below zero wraps, and is large
    return made.astype(target_type(count))


def stripe_codes(values: Any, count: int) -> Any:
    """Other whole numbers for those of one target, which lie close together where numbers do; equal for equal ones only.

    >>> stripe_codes(np.array([0, 3, 6, 4096 + 1]), 3).tolist()
    [0, 1, 2, 1366]
    """
    width = page_bits(count)
    if (code := machine_code(len(values))) is not None:
        made = np.empty(len(values), np.int64)
        code.stripe_codes(read_only(values), count, width, made)
        return made
    mask = (1 << width) - 1
    codes = values >> width
    codes *= mask // count + 1
    codes += (values & mask).astype(np.uint32) // np.uint32(count)
    return codes


def page_bits(count: int) -> int:
    """Bits of a number that tell its place in its page: a page has many numbers for each target."""
    return max(12, count.bit_length() + 5)


def mix(values: U64) -> U64:
    """Mix the bits of each value, in place."""
    values ^= values >> SHIFT
    values *= FIRST
    values ^= values >> SHIFT
    values *= SECOND
    values ^= values >> SHIFT
    return values


def hash_array(values: Any) -> U64:
    """Hashes of the elements of one column."""
    array = (
        values.array if isinstance(values, (pd.Series, pd.Index)) and not isinstance(values, pd.MultiIndex) else values
    )
    if isinstance(array, pd.MultiIndex):
        return hash_rows([array.get_level_values(place) for place in range(array.nlevels)])
    if type(array) is pd.arrays.NumpyExtensionArray:
        array = array.to_numpy()
    if isinstance(array, np.ndarray):
        return hash_numpy(array)
    if isinstance(array, pd.Categorical):
        return of_codes(hash_array(array.categories), array.codes)
    if isinstance(array.dtype, pd.StringDtype):
        return hash_text(pa.array(array, type=pa.large_string(), from_pandas=True))
    if isinstance(array, (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray)):
        return hash_times(array.asi8, array.unit)
    if isinstance(array, pd.arrays.PeriodArray):
        return with_missing(mix(array.asi8.astype(np.uint64)), np.asarray(array.isna()))
    if isinstance(array, pd.arrays.IntervalArray):
        return hash_rows([array.left, array.right])
    if isinstance(array.dtype, pd.ArrowDtype):
        return hash_arrow(array)
    missing = np.asarray(array.isna())
    kind = getattr(array.dtype, "numpy_dtype", None)
    if kind is not None and kind.kind in "biuf":
        return with_missing(hash_numpy(array.to_numpy(dtype=kind, na_value=kind.type(0))), missing)
    return hash_objects(np.asarray(array, dtype=object))


def hash_numpy(array: Any) -> U64:
    """Hashes of a NumPy array."""
    kind = array.dtype.kind
    if kind in "bi":
        return mix(array.astype(np.int64).view(np.uint64))
    if kind == "u":
        large = array > np.uint64(2**63 - 1) if array.dtype.itemsize == 8 else None
        made = mix(array.astype(np.uint64))
        if large is not None and large.any():
            made[large] = hash_floats(array[large].astype(np.float64))
        return made
    if kind == "f":
        return hash_floats(array.astype(np.float64))
    if kind == "c":
        return hash_rows([array.real.copy(), array.imag.copy()])
    if kind in "mM":
        unit = np.datetime_data(array.dtype)[0]
        return hash_times(array.view(np.int64), unit)
    return hash_objects(array.astype(object))


def hash_floats(array: Any) -> U64:
    """Hashes of floats: those of integers where they are whole."""
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    is_whole = (whole == array) & (np.abs(array) < 2.0**63)
    made = mix(np.where(is_whole, whole, array.view(np.int64)).view(np.uint64))
    return with_missing(made, np.isnan(array))


def with_missing(hashes: U64, missing: Any) -> U64:
    """Hashes with that of missing values where they are."""
    if missing.any():
        hashes[missing] = MISSING
    return hashes


#: How many of a unit of time make a microsecond, or the other way round.
MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def hash_times(numbers: Any, unit: str) -> U64:
    """Hashes of times in a unit: equal for equal times."""
    missing = numbers == np.iinfo(np.int64).min
    if unit in MICROSECONDS:
        with np.errstate(over="ignore"):
            return with_missing(mix((numbers * MICROSECONDS[unit]).view(np.uint64)), missing)
    whole = numbers // 1000
    is_whole = whole * 1000 == numbers
    return with_missing(mix(np.where(is_whole, whole, ~numbers).view(np.uint64)), missing)


def hash_arrow(array: Any) -> U64:
    """Hashes of a column of an Arrow type."""
    kind = array.dtype.pyarrow_dtype
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        chunked = array.__arrow_array__()
        whole = chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked
        return hash_text(whole.cast(pa.large_string()))
    missing = np.asarray(array.isna())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        numbers = kind.to_pandas_dtype()
        return with_missing(hash_numpy(array.to_numpy(dtype=numbers, na_value=numbers(0))), missing)
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        chunked = array.__arrow_array__()
        whole = chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked
        numbers = whole.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy(zero_copy_only=False)
        return hash_times(numbers, kind.unit)
    return hash_objects(np.asarray(array.astype(object), dtype=object))


def hash_text(array: Any) -> U64:
    """Hashes of text: eight bytes of every row in a step, for as many steps as the longest needs."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.large_string())
    count = len(array)
    if not count:
        return np.empty(0, np.uint64)
    _, edges, data = array.buffers()
    ends = np.frombuffer(edges, np.int64)[array.offset : array.offset + count + 1]
    starts, lengths = ends[:-1], np.diff(ends)
    size = 0 if data is None else data.size
    padded = np.zeros(size + 8, np.uint8)
    if size:
        padded[:size] = np.frombuffer(data, np.uint8)
    words = np.ndarray((size + 1,), "<u8", padded.data, strides=(1,))
    made = lengths.astype(np.uint64) * GOLDEN
    left, place, every = lengths, starts, None
    while True:
        there = np.flatnonzero(left > 0)
        if not len(there):
            break
        if len(there) < len(left):
            every = there if every is None else every[there]
            left, place = left[there], place[there]
        word = words[place]
        short = left < 8
        if short.any():
            word &= np.where(
                short,
                (np.uint64(1) << (np.minimum(left, 7).astype(np.uint64) * np.uint64(8))) - np.uint64(1),
                np.uint64(2**64 - 1),
            )
        if every is None:
            made = (made ^ word) * FIRST
            made ^= made >> SHIFT
        else:
            some = (made[every] ^ word) * FIRST
            some ^= some >> SHIFT
            made[every] = some
        left, place = left - 8, place + 8
    mix(made)
    return with_missing(made, np.asarray(array.is_null())) if array.null_count else made


def hash_objects(array: Any) -> U64:
    """Hashes of Python objects: text and numbers as in columns of their own, all else by what it is made of."""
    if not len(array):
        return np.empty(0, np.uint64)
    inferred = pd.api.types.infer_dtype(array, skipna=True)
    if inferred in ("string", "empty"):
        try:
            return hash_text(pa.array(array, type=pa.large_string(), from_pandas=True))
        except (pa.ArrowException, UnicodeError):
            pass  # text that is no UTF-8, or missing values that Arrow does not know
    codes, uniques = pd.factorize(array, use_na_sentinel=True)
    return of_codes(np.fromiter([hash_object(each) for each in uniques], np.uint64, len(uniques)), codes)


def of_codes(of_each: U64, codes: Any) -> U64:
    """Hashes by code; that of missing values for -1."""
    made: U64 = np.append(of_each, MISSING)[codes]
    return made


def hash_object(value: Any) -> int:
    """Hash of one object."""
    if isinstance(value, str):
        return int(hash_text(pa.array([value.encode("utf-8", "surrogatepass")], pa.large_binary()))[0])
    if isinstance(value, (bool, np.bool_, int, np.integer)) and -(2**63) <= int(value) < 2**63:
        return int(hash_numpy(np.array([int(value)], np.int64))[0])
    if isinstance(value, (int, float, np.number, Decimal, Fraction)) and not isinstance(
        value, (complex, np.complexfloating)
    ):
        if value != value:
            return int(MISSING)
        if value == int(value) and -(2**63) <= value < 2**63:
            return hash_object(int(value))
        return int(hash_floats(np.array([float(value)]))[0])
    if isinstance(value, tuple):
        return int(hash_rows([np.array([hash_object(each) for each in (len(value), *value)], np.uint64)]).sum())
    if value is None or value is pd.NaT or value is pd.NA:
        return int(MISSING)
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return int(
            hash_times(
                np.array([value.value if value.unit == "ns" else value.as_unit("us").value // 1000], np.int64),
                value.unit if value.unit == "ns" else "us",
            )[0]
        )
    return int(hash_text(pa.array([f"{type(value).__qualname__}:{value!r}"], pa.large_string()))[0])
