"""Chains over windows of blocks with borders: the same numbers as from a block that has its borders written."""

from __future__ import annotations

import numpy as np
import pytest

import weft
import weft.array as da
from weft.array.kernels import bordered, tiled


def five_points(block):
    made = block.copy()
    made[1:-1, 1:-1] = 0.2 * (
        block[1:-1, 1:-1] + block[:-2, 1:-1] + block[2:, 1:-1] + block[1:-1, :-2] + block[1:-1, 2:]
    )
    return made


def lopsided(block):
    return np.roll(block, 2, 0) + np.roll(block, -1, 1) * block


def along_three(block):
    return np.roll(block, 1, 0) + np.roll(block, -1, 1) * block + np.roll(block, 1, 2)


@pytest.fixture(autouse=True)
def in_place(monkeypatch):
    """Counts results that were made without the block with borders."""
    found = []
    inner = bordered.Bordered.inner

    def watched(self, *values):
        result = inner(self, *values)
        found.append(result is not None)
        return result

    monkeypatch.setattr(tiled, "SMALL", 1 << 12)
    monkeypatch.setattr(bordered, "LARGE", 0)
    monkeypatch.setattr(bordered.Bordered, "inner", watched)
    return found


def assert_agrees(y):
    with weft.config.set({"array.trace": False}):
        plain = y.compute()
    np.testing.assert_array_equal(y.compute(), plain)


@pytest.mark.parametrize("boundary", ["reflect", "periodic", "nearest", 0.5, {0: "reflect", 1: "periodic"}])
@pytest.mark.parametrize(
    ("function", "depth"),
    [(five_points, 1), (lopsided, (2, 1)), (lopsided, {0: (2, 3), 1: (0, 1)}), (lopsided, {0: (2, 0), 1: (1, 4)})],
)
@pytest.mark.parametrize("chunks", [(150, 200), ((140, 160), (400,)), (300, (90, 310))])
def test_planes(in_place, function, depth, boundary, chunks):
    x = da.from_array(np.random.default_rng(0).random((300, 400)), chunks=chunks)
    y = x
    for _ in range(2):
        y = da.map_overlap(function, y, depth=depth, boundary=boundary, dtype=float)
    assert_agrees(y)
    assert in_place
    assert all(in_place)


@pytest.mark.parametrize("boundary", ["reflect", "periodic", "nearest", 0.5])
def test_volumes(in_place, boundary):
    x = da.from_array(np.random.default_rng(0).random((40, 50, 30)), chunks=(20, 25, 30))
    assert_agrees(da.map_overlap(along_three, x, depth=1, boundary=boundary, dtype=float))
    assert all(in_place)


def test_narrow_blocks_and_other_readers_have_their_borders_written(in_place):
    x = da.from_array(np.random.default_rng(0).random((30, 4000)), chunks=(3, 2000))
    assert_agrees(da.map_overlap(five_points, x, depth=2, boundary="nearest", dtype=float))
    assert not any(in_place)
    x = x.rechunk((30, 2000))
    assert_agrees(da.map_overlap(lambda block: block + np.roll(block, 1, 1).sum(0), x, depth=1, boundary="reflect"))
    assert_agrees(da.map_overlap(five_points, x, depth=1, boundary="reflect", dtype=float).max(0))


def test_integers_and_other_arrays(in_place):
    x = da.from_array(np.arange(160_000).reshape(400, 400) % 11, chunks=200)
    assert_agrees(da.map_overlap(lambda block: np.roll(block, 1, 0) * 3 - block, x, depth=1, boundary="reflect"))

    def wave(block, before):
        return np.roll(block, 1, 0) - before

    assert_agrees(da.map_overlap(wave, x, x + 2, depth=1, boundary="nearest"))
    assert in_place[0]
