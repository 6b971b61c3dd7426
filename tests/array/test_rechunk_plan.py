"""Stages of a rechunk: no chunk on the way is too large, and no stage has too many pieces."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunks_of

from weft.array.chunk_forms import grid_for
from weft.array.chunks import axis_count
from weft.array.layout_cost import chunk_elements
from weft.array.rechunk_plan import MOST_STAGES, cost_of, plan_stages, runs_between


def tasks_of(shape, grid):
    return prod(axis_count(length, cut) for length, cut in zip(shape, grid, strict=True))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(1, 2000)] * 3), min_size=1, max_size=3),
    st.sampled_from([1, 8]),
    st.sampled_from([None, 10**6, 10**12]),
)
def test_chunks_on_the_way_are_no_larger_than_old_and_new_ones(axes, itemsize, budget):
    shape = tuple(length for length, _, _ in axes)
    old, new = (tuple(min(each[0], each[place]) for each in axes) for place in (1, 2))
    stages = plan_stages(shape, old, new, itemsize, budget=budget)
    assert len(stages) < MOST_STAGES
    most = max(chunk_elements(shape, old), chunk_elements(shape, new))
    assert all(chunk_elements(shape, grid) <= most for grid in stages)
    nbytes = prod(shape) * itemsize
    assert cost_of(shape, [old, *stages, new], nbytes, budget) <= cost_of(shape, [old, new], nbytes, budget)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=3).flatmap(lambda shape: st.tuples(*[chunks_of(shape)] * 2)))
def test_pieces_are_counted_as_they_are_cut(chunks):
    old, new = chunks
    shape = tuple(map(sum, old))
    grids = [grid_for(each, shape) for each in chunks]
    expected = 1
    for before, after in zip(old, new, strict=True):
        if before == after:
            expected *= len(before)
            continue
        ends = [{sum(each[:place]) for place in range(1, len(each))} for each in (before, after)]
        expected *= len((ends[0] | ends[1]) - {0, sum(before)}) + 1
    if all(all(axis) for each in chunks for axis in each):
        assert runs_between(shape, *grids) == expected


def test_rows_to_columns_of_many_chunks_goes_through_squares():
    stages = plan_stages((10**5, 10**5), (10, 10**5), (10**5, 10), 8)
    assert stages
    for old, new in pairwise([(10, 10**5), *stages, (10**5, 10)]):
        assert runs_between((10**5, 10**5), old, new) < 10**7
    assert max(tasks_of((10**5, 10**5), grid) for grid in stages) < 5 * 10**4


def test_maps_to_time_series_go_through_boxes():
    shape, old, new = (10**4, 1000, 1000), (1, 1000, 1000), (10**4, 10, 10)
    (half,) = plan_stages(shape, old, new, 8, budget=10**9)
    assert chunk_elements(shape, half) <= 10**6
    assert runs_between(shape, old, half) + runs_between(shape, half, new) < 3 * 10**6


def test_few_large_chunks_go_directly():
    assert plan_stages((40000, 40000), (4000, 40000), (40000, 4000), 8, budget=10**9) == []


def test_a_limit_holds_for_the_chunks_on_the_way():
    shape = (1000, 1000)
    assert plan_stages(shape, (1, 1000), (1000, 1), 8)
    assert plan_stages(shape, (1, 1000), (1000, 1), 8, limit=100) == []
