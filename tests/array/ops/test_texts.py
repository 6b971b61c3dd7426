"""NumPy's functions of texts, on chunked arrays."""

from __future__ import annotations

import numpy as np
import pytest

import weft.array as da

WORDS = np.array(["a", "bb", "c", "dddb"])
CALLS = {
    "upper": (),
    "title": (),
    "replace": ("b", "QQQQ"),
    "multiply": (3,),
    "center": (7,),
    "ljust": (7,),
    "zfill": (6,),
    "expandtabs": (),
    "partition": ("b",),
    "rpartition": ("b",),
    "str_len": (),
    "startswith": ("b",),
    "encode": (),
    "translate": (str.maketrans("a", "z"),),
    "strip": ("b",),
}


@pytest.mark.parametrize(
    ("name", "dtype"), [*[(name, "U4") for name in CALLS], *[(name, "T") for name in CALLS if "partition" not in name]]
)
def test_functions_of_texts_give_what_numpy_gives(name, dtype):
    function, whole = getattr(np.strings, name), WORDS.astype(dtype)
    expected, ours = function(whole, *CALLS[name]), function(da.from_array(whole, chunks=3), *CALLS[name])
    pairs = zip(ours, expected, strict=True) if isinstance(expected, tuple) else [(ours, expected)]
    for mine, theirs in pairs:
        assert isinstance(mine, da.Array)
        assert mine.dtype.kind == theirs.dtype.kind
        np.testing.assert_array_equal(mine.compute(scheduler="sync"), theirs)


def test_texts_are_combined_as_arrays_are_broadcast():
    left, right = da.from_array(WORDS, chunks=3), da.from_array(np.array([[1], [2]]), chunks=1)
    expected = np.strings.multiply(WORDS, np.array([[1], [2]]))
    np.testing.assert_array_equal(np.strings.multiply(left, right).compute(), expected)
    np.testing.assert_array_equal(np.char.partition(left, "b").compute(), np.char.partition(WORDS, "b"))
    np.testing.assert_array_equal(np.char.split(left, "b").compute(), np.char.split(WORDS, "b"))


@pytest.mark.parametrize("name", ["partition", "rpartition"])
def test_parts_of_texts_may_be_whole_texts(name):
    whole = np.array([["abc", "Def ", "  x1"], ["", "aXa", "12"]])
    ours = da.from_array(whole, chunks=2)
    found = getattr(np.char, name)(ours, "a")
    np.testing.assert_array_equal(found.compute(), getattr(np.char, name)(whole, "a"))
    assert found.dtype == whole.dtype
    for mine, its in zip(getattr(np.strings, name)(ours, "a"), getattr(np.strings, name)(whole, "a"), strict=True):
        np.testing.assert_array_equal(mine.compute(), its)
