"""Borders, with all of NumPy's modes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

NUMBERS = st.sampled_from(["int64", "uint8", "float64", "float32", "complex128"])


def widths(ndim, most=9):
    return st.lists(st.tuples(st.integers(0, most), st.integers(0, most)), min_size=ndim, max_size=ndim)


@settings(max_examples=120, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=3, max_side=6, min_side=1), st.data())
def test_modes_that_copy_agree_with_numpy(pair, data):
    whole, x = pair
    pads = data.draw(widths(whole.ndim))
    mode = data.draw(st.sampled_from(["constant", "edge", "wrap", "reflect", "symmetric"]))
    assert_same(da.pad(x, pads, mode=mode), np.pad(whole, pads, mode=mode))


@settings(max_examples=80, deadline=None)
@given(chunked_arrays(NUMBERS, min_dims=1, max_dims=2, max_side=6, min_side=1), st.data())
def test_modes_that_compute_agree_with_numpy(pair, data):
    whole, x = pair
    pads = data.draw(widths(whole.ndim, 4))
    mode = data.draw(st.sampled_from(["linear_ramp", "maximum", "minimum", "mean", "median"]))
    assume(not (mode == "median" and whole.dtype.kind == "c"))
    keywords = {}
    if mode == "linear_ramp":
        keywords["end_values"] = data.draw(st.sampled_from([0, 3, (1, 2)]))
    else:
        keywords["stat_length"] = data.draw(st.sampled_from([None, 1, 2, (1, 3)]))
    assert_same(da.pad(x, pads, mode, **keywords), np.pad(whole, pads, mode, **keywords), exact=False)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(NUMBERS, min_dims=1, max_dims=2, max_side=6, min_side=1), st.data())
def test_odd_reflections_agree_with_numpy(pair, data):
    whole, x = pair
    pads = data.draw(widths(whole.ndim))
    mode = data.draw(st.sampled_from(["reflect", "symmetric"]))
    with np.errstate(over="ignore"):
        expected = np.pad(whole, pads, mode, reflect_type="odd")
    assert_same(da.pad(x, pads, mode, reflect_type="odd"), expected, exact=False)


@pytest.mark.parametrize("width", [2, (1, 2), ((1, 2),), [(1, 0), (0, 3)], ((1,), (2,)), {0: 1}, {-1: (2, 1)}, 0])
def test_widths_come_in_all_of_numpys_forms(width):
    whole = np.arange(12).reshape(3, 4)
    assert_same(da.pad(da.from_array(whole, chunks=2), width), np.pad(whole, width))


def test_constants_are_broadcast_to_axes_and_sides():
    whole = np.arange(12).reshape(3, 4)
    x = da.from_array(whole, chunks=2)
    for values in (5, (1, 2), ((1, 2), (3, 4)), ((7,), (8,))):
        assert_same(
            da.pad(x, ((1, 2), (3, 1)), constant_values=values), np.pad(whole, ((1, 2), (3, 1)), constant_values=values)
        )


def test_empty_borders_have_the_shape():
    x = da.pad(da.ones((2, 3), chunks=1), 2, "empty")
    assert x.shape == (6, 7)
    assert (x[2:4, 2:5].compute() == 1).all()


def fill(line, width, axis, keywords):
    line[: width[0]] = keywords.get("padder", 10)
    if width[1]:
        line[-width[1] :] = axis


def test_functions_fill_lines_axis_by_axis():
    whole = np.arange(12).reshape(3, 4)
    x = da.from_array(whole, chunks=2)
    assert_same(da.pad(x, ((1, 2), (2, 0)), fill), np.pad(whole, ((1, 2), (2, 0)), fill))
    assert_same(da.pad(x, 1, fill, padder=3), np.pad(whole, 1, fill, padder=3))


def test_empty_axes_can_be_padded_with_constants_only():
    x = da.zeros((0, 3), chunks=-1)
    assert_same(da.pad(x, 1), np.pad(np.zeros((0, 3)), 1))
    with pytest.raises(ValueError, match="can't extend empty axis 0"):
        da.pad(x, 1, "edge")
    assert_same(da.pad(x, ((0, 0), (1, 1)), "edge"), np.pad(np.zeros((0, 3)), ((0, 0), (1, 1)), "edge"))


@pytest.mark.parametrize(
    ("arguments", "keywords", "error"),
    [
        ((1.5,), {}, TypeError),
        ((-1,), {}, ValueError),
        ((1, "sideways"), {}, ValueError),
        ((1, "edge"), {"constant_values": 1}, ValueError),
        ((1, "reflect"), {"reflect_type": "strange"}, ValueError),
        (({3: 1},), {}, np.exceptions.AxisError),
        ((1, "maximum"), {"stat_length": 0}, ValueError),
        (([(1, 2, 3)],), {}, ValueError),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_call(arguments, keywords, error):
    with pytest.raises(error):
        da.pad(da.ones((4, 4), chunks=2), *arguments, **keywords)


def test_thin_borders_become_part_of_the_chunks_at_the_edge_and_wide_ones_are_cut():
    assert da.pad(da.ones((32, 32), chunks=16), 1).chunks == ((17, 17), (17, 17))
    assert da.pad(da.ones((10, 10), chunks=(1, 1)), ((0, 6), (0, 0))).chunks == ((1,) * 16, (1,) * 10)
    assert da.pad(da.ones((8, 8), chunks=8), 1, "reflect").chunks == ((10,), (10,))


def test_axes_beside_unknown_lengths_can_be_padded():
    x = rows_of("padded", BLOCKS, "padded rows")
    for mode in ("constant", "edge", "wrap"):
        made = da.pad(x, ((0, 0), (1, 2)), mode)
        assert np.isnan(made.shape[0])
        np.testing.assert_array_equal(made.compute(), np.pad(WHOLE, ((0, 0), (1, 2)), mode))
    assert_same(da.pad(x, 1, "reflect"), np.pad(WHOLE, 1, "reflect"))


@pytest.mark.parametrize("kind", ["O", "U3", "M8[s]", "bool"])
@pytest.mark.parametrize("mode", ["constant", "edge", "wrap", "symmetric"])
@pytest.mark.parametrize("chunks", [2, -1])
def test_any_dtype_can_be_padded(kind, mode, chunks):
    whole = np.arange(6).astype(kind)
    assert_same(da.pad(da.from_array(whole, chunks=chunks), 2, mode), np.pad(whole, 2, mode))


def test_chunks_stay_as_they_were_cut_however_tiny():
    chunked = da.ones((5, 10, 6, 4), chunks=1)
    padded = da.pad(chunked, ((0, 0), (0, 0), (0, 0), (0, 1)))
    assert padded.chunks == (*chunked.chunks[:3], (1,) * 5)
