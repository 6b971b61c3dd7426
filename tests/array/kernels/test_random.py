"""Cells: what they cover, and that blocks drawn from them fit together."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.array.kernels import random as kernels
from weft.array.kernels.random import CELL, Law, cell_box, draw, touched

SHAPES = st.lists(st.integers(1, 10**4), max_size=5).map(tuple)
FLOATS = Law("random", (), (), np.dtype("f8"))


@given(SHAPES)
def test_cells_fit_the_array_and_have_no_more_elements_than_they_may(shape):
    box = cell_box(shape)
    assert all(1 <= side <= length for side, length in zip(box, shape, strict=True))
    assert prod(box) <= CELL
    assert prod(box) == prod(shape) or prod(box) > CELL // 4


def test_the_shape_of_one_draw_is_never_cut():
    assert cell_box((1000, 5), core=1) == (1000, 5)
    assert cell_box((10**6, 10**5), core=1) == (1, 10**5)


@given(st.integers(0, 99), st.sampled_from([-7, -2, -1, 1, 2, 3, 30]), st.integers(1, 50), st.integers(1, 20))
def test_touched_cells_have_each_place_once_and_where_it_belongs(start, step, length, side):
    places = [start + step * each for each in range(length)]
    if min(places) < 0 or max(places) >= 100:
        return
    made = np.full(length, -1)
    for touch in touched(start, step, length, side, 100):
        assert touch.needed <= touch.extent <= side
        made[touch.target] = (np.arange(touch.extent) + touch.cell * side)[touch.source]
    assert made.tolist() == places


@settings(max_examples=30)
@given(st.data())
def test_a_block_is_a_part_of_the_whole(data):
    shape = data.draw(st.sampled_from([(150_000,), (600, 400), (18_000, 7), (9, 300, 280), (3, 4, 5), ()]))
    law = data.draw(
        st.sampled_from(
            [
                FLOATS,
                Law("standard_normal", (), (), np.dtype("f8"), affine=(2.0, 1.0)),
                Law("poisson", (3.0,), (), np.dtype("i8")),
                Law(kernels.integers, (-3, 100), (("dtype", np.dtype("i4")),), np.dtype("i4")),
            ]
        )
    )
    whole = draw(tuple((0, 1, length) for length in shape), law, (1, 2), shape)
    where, index = [], []
    for length in shape:
        start = data.draw(st.integers(0, length - 1))
        step = data.draw(st.sampled_from([-90, -3, -1, 1, 2, 77]))
        most = (length - start - 1) // step + 1 if step > 0 else start // -step + 1
        count = data.draw(st.integers(0, most))
        where.append((start, step, count))
        index.append(start + step * np.arange(count))
    part = draw(tuple(where), law, (1, 2), shape)
    np.testing.assert_array_equal(part, whole[np.ix_(*index)] if shape else whole)


def test_another_key_gives_other_numbers():
    where = ((0, 1, 10),)
    assert not np.intersect1d(draw(where, FLOATS, (1, 2), (10,)), draw(where, FLOATS, (1, 3), (10,))).size


def test_cells_are_not_correlated():
    whole = draw(((0, 1, CELL * 200),), FLOATS, (5, 6), (CELL * 200,)).reshape(200, CELL) - 0.5
    matrix = np.corrcoef(whole)
    off = matrix[np.triu_indices(200, 1)] * CELL**0.5
    assert np.abs(off).max() < 5.5
    assert abs(off.mean()) < 0.05
    assert abs(off.std() - 1) < 0.05


def test_numbers_of_cells_beyond_64_bits_have_generators_of_their_own():
    shape = (2**40, 2**40, 2**20)
    blocks = [draw(((at, 1, 1), (at, 1, 1), (0, 1, 5)), FLOATS, (1, 2), shape) for at in (0, 2**20, 2**33, 2**39)]
    assert len(np.unique(np.concatenate(blocks))) == 20


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2**16), st.integers(-(2**40), 2**40), st.integers(0, 99))
def test_bounded_integers_are_equally_likely_and_do_not_depend_on_how_many_are_drawn(span, low, seed):
    def drawn(rows):
        generator = np.random.Generator(np.random.SFC64(seed))
        return kernels.integers(generator, low, span, np.dtype("i8"), size=[rows, 50])

    whole = drawn(40)
    assert whole.dtype == np.int64
    assert whole.min() >= low
    assert whole.max() < low + span
    np.testing.assert_array_equal(drawn(7), whole[:7])
    if span < 8:
        assert len(np.unique(whole)) == span


def test_integers_that_are_drawn_again_depend_on_their_place_alone(monkeypatch):
    class Low:
        """A generator whose bits are refused."""

        bit_generator = property(lambda self: self)

        def random_raw(self, count):
            return np.zeros(count, np.uint64)

    whole = kernels.integers(Low(), 0, 3, np.dtype("i4"), size=[30, 10])
    assert set(whole.reshape(-1).tolist()) == {0, 1, 2}
    np.testing.assert_array_equal(kernels.integers(Low(), 0, 3, np.dtype("i4"), size=[4, 10]), whole[:4])


def test_cells_that_reach_into_the_next_block_are_drawn_once():
    sizes = []

    def ones(generator, *, size):
        sizes.append(size)
        return generator.random(size)

    shape, law = (128, 1000), Law(ones, (), (), np.dtype("f8"))
    whole = draw(((0, 1, 128), (0, 1, 1000)), law, (3, 4), shape)
    once = len(sizes)
    for count in (2, 20):
        sizes.clear()
        parts = [
            draw(((0, 1, 128), (start, 1, 1000 // count)), law, (3, 4), shape)
            for start in range(0, 1000, 1000 // count)
        ]
        np.testing.assert_array_equal(np.hstack(parts), whole)
        assert len(sizes) <= once


def test_a_cell_is_kept_for_its_own_law_only_and_as_far_as_it_was_drawn():
    shape, names = (128, 1000), ((0, 1, 128), (0, 1, 500))
    first, second = [Law("poisson", (mean,), (), np.dtype("i8")) for mean in (3.0, 30.0)]
    expected = draw(((0, 1, 128), (0, 1, 1000)), second, (5, 6), shape)[:, 500:]
    draw(names, first, (5, 6), shape)
    np.testing.assert_array_equal(draw(((0, 1, 128), (500, 1, 500)), second, (5, 6), shape), expected)
    draw(((0, 1, 5), (0, 1, 500)), second, (5, 6), shape)
    np.testing.assert_array_equal(draw(((0, 1, 128), (500, 1, 500)), second, (5, 6), shape), expected)


def test_few_cells_are_kept():
    law = Law("random", (), (), np.dtype("f8"))
    for seed in range(2 * kernels.MOST_SHARED):
        draw(((0, 1, 128), (0, 1, 100)), law, (seed, 0), (128, 1000))
    assert len(kernels.SHARED.kept) <= kernels.MOST_SHARED
