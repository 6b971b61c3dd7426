"""Functions of overlapping blocks, taken apart: the same numbers as from the functions themselves, or the functions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import weft
import weft.array as da
from weft.array.ops.overlapping import Trim
from weft.array.tracing.overlapping import traced

THIRD = 1 / 3
COUNTED = []


def assigned(block):
    made = block.copy()
    made[1:-1, 1:-1] = 0.2 * (
        block[1:-1, 1:-1] + block[:-2, 1:-1] + block[2:, 1:-1] + block[1:-1, :-2] + block[1:-1, 2:]
    )
    return made


def rolled(block):
    return np.roll(block, 1, 0) - 2 * block + np.roll(block, -1, axis=0) + np.roll(np.roll(block, 1, 1), 1, 0)


def neighbours(block):
    count = sum(np.roll(np.roll(block, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
    return (count > 2) | ((block > 0) & (count > 1.5))


def in_two_steps(block):
    slope = block[1:] - block[:-1]
    made = np.zeros_like(block)
    made[1:-1] = slope[1:] - slope[:-1]
    made[0] = 7
    made[:, -1] = 8
    return np.where(made > 0, made, -made) * THIRD


def empty_then_filled(block):
    made = np.empty_like(block)
    made[1:-1] = block[1:-1]
    made[1:-1, 1:-1] = np.maximum(block[2:, 2:], block[:-2, :-2])
    return made


def narrower(block):
    made = block.astype("float32")
    made[:, 1:-1] = block[:, 2:] / 3
    return made.astype("float64")


def with_default(block, factor=2.5, *, power=2):
    return (block * factor) ** power


def calls_another(block):
    return assigned(assigned(block))


def looped(block):
    made = block
    for place in range(3):
        made = made * place + block
    return made


def clipped(block):
    return np.clip(block[...], 0.2, 0.7).clip(0.3, None)


PLAIN = [
    *[assigned, rolled, neighbours, in_two_steps, empty_then_filled, narrower, with_default, looped, clipped],
    lambda block: np.sqrt(abs(-block)) // 0.25,
]


def mean_of_block(block):
    return block - block.mean()


def counting(block):
    COUNTED.append(block.shape)
    return block + 1


def random_number(block):
    return block + np.random.default_rng(0).random()


def by_value(block):
    return block + 1 if block[0, 0] > 0 else block - 1


def by_length(block):
    return block + block.shape[0]


def with_mathematics(block):
    return block + math.sqrt(2)


def view_of_changed(block):
    made = block.copy()
    view = made[1:-1, 1:-1]
    made[1:-1, 1:-1] = 0
    made[1:-1, 1:-1] = view + 1
    return made


def view_changed(block):
    made = block.copy()
    view = made[1:-1, 1:-1]
    view += 1
    return made


def never_assigned(block):
    made = np.zeros_like(block)
    made[1:-1, 1:-1] = (block[2:, 1:-1] + block[:-2, 1:-1]) * 0
    made[5] = 3
    return made


def turned(block):
    return block[::-1][::-1] + 0


def catching(block):
    try:
        return block + block.max()
    except Exception:
        return block


def around_the_edge(block):
    return np.roll(block, 2, 0)


def with_array(block):
    return block + np.arange(3)[0]


OPAQUE = [
    *[mean_of_block, counting, by_value, by_length, with_mathematics, view_of_changed, view_changed, never_assigned],
    *[turned, catching, around_the_edge, random_number, with_array],
]


@pytest.fixture(scope="module")
def x():
    return da.from_array(np.random.default_rng(0).random((90, 75)), chunks=(30, 25))


def both(y):
    with weft.config.set({"array.trace": False}):
        plain = y.compute()
    return y.compute(), plain


@pytest.mark.parametrize("function", PLAIN, ids=lambda each: each.__name__)
@pytest.mark.parametrize("boundary", ["reflect", "periodic", "nearest", 0.25])
def test_plain_functions_are_taken_apart_and_give_the_same_bits(x, function, boundary):
    y = da.map_overlap(function, x, depth=1, boundary=boundary)
    assert traced(y.expr) is not None
    made, plain = both(y)
    assert made.dtype == plain.dtype
    np.testing.assert_array_equal(made, plain)


@pytest.mark.parametrize("function", OPAQUE, ids=lambda each: each.__name__)
def test_others_are_called_as_they_are(x, function):
    y = da.map_overlap(function, x, depth=1, boundary="reflect", dtype=float)
    assert traced(y.expr) is None
    np.testing.assert_array_equal(*both(y))


@pytest.mark.parametrize("depth", [2, (2, 3), {0: (1, 2), 1: (3, 2)}])
def test_what_reaches_further_takes_deeper_borders(x, depth):
    y = da.map_overlap(lambda block: np.roll(block, 1, 0) + np.roll(block, -2, 1), x, depth=depth, boundary="periodic")
    made, plain = both(y)
    assert traced(y.expr) is not None
    np.testing.assert_array_equal(made, plain)


def test_a_function_in_two_passes_takes_two_borders(x):
    y = da.map_overlap(calls_another, x, depth=2, boundary="reflect")
    assert traced(y.expr) is None  # each of its inner values would be computed five times
    np.testing.assert_array_equal(*both(y))


def test_several_arrays_and_numbers_meet(x):
    def wave(block, before, factor=1.0):
        made = block.copy()
        made[1:-1] = block[2:] + block[:-2] - before[1:-1] * factor
        return made

    y = da.map_overlap(wave, x, x * 2, depth=1, boundary="nearest", factor=0.5)
    assert traced(y.expr) is not None
    np.testing.assert_array_equal(*both(y))


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32", "complex128", "bool"])
def test_dtypes_are_those_of_the_function(dtype):
    x = da.from_array((np.arange(900).reshape(30, 30) % 7).astype(dtype), chunks=15)
    y = da.map_overlap(lambda block: np.roll(block, 1, 0) * 2 + block, x, depth=1, boundary="reflect")
    made, plain = both(y)
    assert traced(y.expr) is not None
    assert made.dtype == plain.dtype == y.dtype
    np.testing.assert_array_equal(made, plain)


def test_other_layouts_are_left_alone(x):
    def plus(block):
        return block + 1

    for y in (
        da.map_overlap(plus, x, depth=1),  # the first and last blocks have fewer borders
        da.map_overlap(plus, x, depth=1, boundary="reflect", dtype="int64"),  # not what the function gives
        da.map_overlap(
            assigned, x.rechunk(3), depth=1, boundary="reflect"
        ),  # blocks too short to tell their ends apart
        da.map_overlap(lambda block, block_id: block + block_id[0], x, depth=1, boundary="reflect"),
    ):
        assert isinstance(y.expr, Trim)
        assert traced(y.expr) is None


def test_functions_that_write_to_their_argument_are_called(x):
    def careless(block):
        block[0] = 0
        return block

    y = da.map_overlap(careless, x, depth=1, boundary="reflect", dtype=float)
    assert traced(y.expr) is None


def test_many_steps_are_taken_apart_in_near_linear_time(x):
    y = x
    for _ in range(150):
        y = da.map_overlap(assigned, y, depth=1, boundary="reflect", dtype=float)
    made, plain = both(y)
    np.testing.assert_array_equal(made, plain)
