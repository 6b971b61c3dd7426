from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from tests.array.strategies import assert_same, graph_size

import weft.array as da
from weft.array.io.from_array import FromArray
from weft.array.ops.creation import Full
from weft.array.ops.elementwise import Elementwise
from weft.array.ops.indexing import Slice
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import Reduction
from weft.array.ops.transposing import Axes
from weft.expr import Context, find, optimize
from weft.expr.rewrite import _Descent
from weft.physical.base import Physical

WHOLE = np.arange(48.0).reshape(6, 8)


@pytest.fixture
def x():
    return da.from_array(WHOLE, chunks=(2, 3))


def simplified(*arrays):
    return optimize([each.expr for each in arrays], phases=["simplify"])


def count(kind, *arrays):
    return len(find(simplified(*arrays), kind))


def test_rechunks_nobody_sees_are_merged(x):
    twice = x.sum(0).rechunk(4).rechunk(5)
    assert count(Rechunk, twice) == 1
    assert_same(twice, WHOLE.sum(0))


def test_a_rechunk_goes_below_operations_if_nothing_has_to_be_moved(x):
    assert count(Rechunk, ((x + 1).T * 2).rechunk(4)) == 0
    assert count(Rechunk, (x + x.sum(0)).rechunk(4)) == 1
    shared = x + 1
    assert count(Rechunk, shared.rechunk(4), shared * 3) == 1
    assert_same(((x + 1).T * 2).rechunk(4), ((WHOLE + 1) * 2).T)


def test_tiny_chunks_are_made_larger_before_they_are_reduced():
    ones = da.ones((1000, 20), chunks=(1, 10)) + da.arange(20, chunks=3)
    (tree,) = simplified(ones.sum(0))
    assert tree.source.numblocks == (1, 2)
    assert graph_size(ones.mean()) == 1
    assert_same(ones.sum(0), 1000.0 + 1000 * np.arange(20))


def test_chunks_are_not_joined_along_the_axes_that_are_reduced_anyway(x):
    for axis, joined, stays in (
        (0, (6, 3), 0),
        (1, (2, 8), 0),
        (0, (2, 8), 1),
        (0, (6, 8), 1),
        (None, (6, 8), 0),
        (0, (1, 3), 1),
    ):
        made = (x @ x.T @ x).rechunk(joined).max(axis)
        assert count(Rechunk, made) == stays
        assert_same(made, (WHOLE @ WHOLE.T @ WHOLE).max(axis))


def test_a_source_read_along_both_axes_and_reduced_is_drawn_once():
    x = da.random.default_rng(0).random((400, 400), chunks=(100, 400))
    down = (x + x.T).rechunk((400, 100)).max(0)
    assert graph_size(down) == 16 + 16 + 4
    values = x.compute()
    assert_same(down, (values + values.T).max(0))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("kind", ["max", "sum", "std"])
def test_the_small_result_of_a_reduction_is_cut_anew_in_place_of_its_source(kind, keepdims):
    x = da.random.default_rng(0).random((120, 120), chunks=(30, 120))
    moved = (x + x.T).rechunk((120, 25))
    made = getattr(moved, kind)(0, keepdims=keepdims)
    (outer,) = find(simplified(made), Rechunk)
    assert outer.source.kind == kind
    whole = x.compute()
    expected = getattr(whole + whole.T, kind)(0, keepdims=keepdims)
    np.testing.assert_allclose(made.compute(), expected)
    assert made.chunks[-1] == (25, 25, 25, 25, 20)


def test_a_source_is_cut_anew_where_the_result_is_no_smaller_or_its_chunks_were_too_large(x):
    y = da.random.default_rng(0).random((6, 120), chunks=(6, 30))
    assert find(simplified((y + y[::-1]).rechunk((6, 25)).max(0)), Reduction)[0].source.grid == (6, 25)
    z = da.random.default_rng(0).random((120, 120), chunks=(30, 120))
    made = (z + z[::-1]).rechunk((120, 25)).max(0)
    assert find(simplified(made), Reduction)[0].source.grid[1] == 25
    assert_same(made, (z.compute() + z.compute()[::-1]).max(0))


def test_tiny_chunks_stay_where_somebody_wants_them():
    ones = da.ones(1000, chunks=1) + 1
    trees = simplified(ones.sum(), ones)
    assert trees[0].source.numblocks == (1000,)


def test_a_transpose_meets_the_opposite_one_below_an_operation(x):
    assert count(Axes, (x.T + 1).T) == 0
    assert count(Axes, (x.T + da.from_array(WHOLE.T, chunks=3)).T) == 1
    assert_same((x.T + np.arange(6)).T, (WHOLE.T + np.arange(6)).T)


def test_a_chain_of_nodes_that_read_the_one_before_twice_takes_few_passes(x, monkeypatch):
    passes = []
    original = _Descent.run

    def counted(self):
        passes.append(1)
        return original(self)

    monkeypatch.setattr(_Descent, "run", counted)
    y = da.from_array(np.ones((8, 8)), chunks=4)
    for _ in range(30):
        y = y + y.T
    simplified(y[:2])
    assert len(passes) <= 2
    assert count(Slice, y[:2]) == 0


def test_a_rechunk_to_the_chunks_that_are_there_vanishes(x):
    assert count(Rechunk, (x + 1).rechunk((2, 3))) == 0


def test_a_rechunk_of_a_source_changes_how_it_is_cut(x):
    assert count(Rechunk, x.rechunk(4), da.ones(6, chunks=2).rechunk(3), da.arange(6, chunks=2).rechunk(3)) == 0


def test_slices_of_slices_are_merged_and_end_in_the_source(x):
    (tree,) = simplified(x[1:5][::2, 2:][:, ::-1])
    assert isinstance(tree, FromArray)
    assert tree.region == ((1, 2, 2), (7, -1, 6))


def test_a_slice_goes_through_everything_to_the_source(x):
    window = ((x + x.rechunk(2)).T * 2)[1:3, 2:4].sum(0)[1:]
    assert count(Slice, window) == 0
    assert {each.shape for each in find(simplified(window), FromArray)} == {(1, 2)}
    assert_same(window, ((WHOLE * 2).T * 2)[1:3, 2:4].sum(0)[1:])


def test_what_is_broadcast_is_not_cut(x):
    row = da.from_array(WHOLE[:1], chunks=-1)
    assert_same((x - row)[3:5, 1:], (WHOLE - WHOLE[:1])[3:5, 1:])


def test_a_slice_stays_above_what_others_need_whole(x):
    doubled = x * 2
    assert count(Slice, doubled[0], doubled.sum()) == 1
    assert count(Slice, doubled[0], doubled) == 1


def test_small_slices_of_one_array_all_reach_it_and_large_overlapping_ones_do_not(x):
    doubled = x * 2
    assert count(Slice, doubled[:2], doubled[2:4], doubled[4:]) == 0
    assert count(Slice, doubled[:5], doubled[1:]) == 2


def test_transposes_of_transposes_vanish(x):
    assert count(Axes, (x + 1).T.T) == 0
    assert count(Axes, (x + 1).T[:, None].T) == 1


def test_operands_cut_differently_are_cut_where_they_are_read(x):
    other = da.from_array(WHOLE, chunks=(3, 8))
    (tree,) = optimize([(x + other).expr])
    assert not find(tree, Rechunk)
    assert graph_size(x + other) == (x + other).npartitions


def test_constants_are_fused_and_never_blocks_of_their_own():
    assert graph_size((da.ones((4, 4), chunks=2) + 1) * da.zeros((4, 4), chunks=2)) == 4


def test_only_what_a_window_needs_is_built():
    x = da.ones((10**6, 10**6), chunks=(1000, 1000))
    window = ((x + x.T)[:2000, :2000] * 2).mean(0)
    assert graph_size(window) <= 6
    assert (window.compute(scheduler="sync") == 4).all()


def test_slices_of_floating_ranges_keep_numpys_values():
    assert_same(da.arange(0, 1, 0.1, chunks=3)[2:7], np.arange(0, 1, 0.1)[2:7])


def test_every_root_is_physical_after_all_phases(x):
    trees = optimize([(x + 1).expr, x.sum().expr, x.T.rechunk(2).expr])
    assert all(isinstance(tree, Physical) for tree in trees)


def test_rules_can_be_tried_one_by_one(x):
    from weft.array.rules.slice_before import slice_before_elementwise

    node = (x + 1)[:2].expr
    result = slice_before_elementwise(node)
    assert isinstance(result, Elementwise)
    assert result.signature == node.signature
    doubled = (x + 1).expr
    assert slice_before_elementwise(node, Context([node, doubled])) is None


def test_a_chain_of_2000_operations_is_optimised_and_computed(x):
    y = x
    for _ in range(2000):
        y = y + 1
    assert graph_size(y[:2]) <= 3
    np.testing.assert_array_equal(y[:2].compute(scheduler="sync"), WHOLE[:2] + 2000)


def test_equal_constants_of_different_types_stay_apart():
    assert simplified(da.full(2, 1, chunks=1))[0] != simplified(da.full(2, 1.0, chunks=1))[0]
    assert isinstance(simplified(da.ones(2, chunks=1)[:1])[0], Full)


def test_an_axis_that_is_added_cannot_be_cut_into_empty_chunks():
    x = da.from_array(np.ones((4, 1)), chunks=((1, 3), (1, 0)))
    assert da.subtract.outer(da.ones((2, 3), chunks=2), x).sum().compute() == 0


def test_empty_and_backward_slices_of_single_elements_go_below():
    taken = da.take(da.arange(4, chunks=2), [1])
    assert_same(taken[1::2][::-1], np.arange(4)[[1]][1::2][::-1])
    assert_same(da.asarray(-0.5).reshape(-1)[::-1], np.array([-0.5]))
    assert_same(da.ones((1, 6), chunks=2).reshape(1, 2, 3)[::-1, 1:], np.ones((1, 1, 3)))


@pytest.fixture
def small_blocks(monkeypatch):
    module = import_module("weft.array.rules.reduce_by_cells")
    monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(module, "WISHED", 500 * 500 * 8)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("kind", ["max", "sum", "std"])
def test_what_is_drawn_and_read_along_both_axes_is_reduced_in_blocks_of_whole_cells(kind, axis, small_blocks):
    x = da.random.default_rng(0).random((1100, 1100), chunks=(275, 1100))
    made = getattr((x * 2 + x.T), kind)(axis)
    assert {each.grid for each in find(simplified(made), type(x.expr))} == {(500, 500)}
    assert made.chunks == getattr(da.ones((1100, 1100), chunks=(275, 275)), kind)(axis).chunks
    whole = x.compute()
    np.testing.assert_allclose(made.compute(), getattr(whole * 2 + whole.T, kind)(axis))


def test_other_sources_and_blocks_that_are_looked_at_keep_their_chunks(small_blocks):
    x = da.random.default_rng(0).random((1100, 1100), chunks=(275, 1100))
    held = da.from_array(np.ones((1100, 1100)), chunks=(275, 275))
    for made in ((x + 1).max(0), (x + held.T).max(0), (x[:1000] + x[:1000, :1000].mean(1, keepdims=True)).max(0)):
        assert all(each.grid[0] == 275 for each in find(simplified(made), type(x.expr)))
    both = x + x.T
    assert (500, 500) not in {each.grid for each in find(simplified(both, both.max(0)), type(x.expr))}
