"""The static order: valid, repeatable, and sparing with live blocks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.graph import shapes
from tests.graph.shapes import Shape, dependents_of, peak_of_live_blocks

from weft.errors import CycleError, GraphError
from weft.graph.priority import order

Inputs = list[list[int]]

SHAPES = list(shapes.classic_shapes())


def ranks_of(shape: Shape) -> list[int]:
    return order(shape.inputs, shape.dependents, shape.wanted)


def peak(shape: Shape, *, workers: int = 1) -> float:
    return peak_of_live_blocks(shape.inputs, ranks_of(shape), workers=workers)


def assert_valid(inputs: Inputs, ranks: list[int]) -> None:
    assert sorted(ranks) == list(range(len(inputs)))
    assert all(ranks[source] < ranks[task] for task, sources in enumerate(inputs) for source in sources)


def lowest_possible_peak(inputs: Inputs) -> int:
    """Try all orders, by the sets of tasks that can be done; at most a dozen tasks."""
    dependents = dependents_of(inputs)
    peaks = {0: 0}  # set of done tasks, as bits: the lowest peak with which it can be reached
    for _ in inputs:
        reached: dict[int, int] = {}
        for done, before in peaks.items():
            alive = sum(
                done >> task & 1 and not all(done >> user & 1 for user in dependents[task])
                for task in range(len(inputs))
                if dependents[task]
            )
            for task, sources in enumerate(inputs):
                if not done >> task & 1 and all(done >> source & 1 for source in sources):
                    after = done | 1 << task
                    reached[after] = min(max(before, alive + 1), reached.get(after, len(inputs)))
        peaks = reached
    return min(peaks.values())


@st.composite
def graphs(draw: st.DrawFn, max_size: int = 40) -> Inputs:
    """Acyclic graphs, numbered at random."""
    n = draw(st.integers(0, max_size))
    number = draw(st.permutations(range(n)))
    inputs: Inputs = [[] for _ in range(n)]
    for position in range(1, n):
        sources = draw(st.lists(st.integers(0, position - 1), max_size=4, unique=True))
        inputs[number[position]] = [number[source] for source in sources]
    return inputs


@st.composite
def forests(draw: st.DrawFn, max_size: int) -> Inputs:
    """Trees, numbered at random: each task but the roots has one dependent."""
    n = draw(st.integers(1, max_size))
    number = draw(st.permutations(range(n)))
    inputs: Inputs = [[] for _ in range(n)]
    for position in range(1, n):
        inputs[number[draw(st.integers(0, position - 1))]].append(number[position])
    return inputs


@given(graphs(), st.data())
def test_ranks_are_a_topological_order(inputs: Inputs, data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.sampled_from(range(len(inputs))))) if inputs else []

    assert_valid(inputs, order(inputs, dependents_of(inputs), wanted))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_ranks_of_a_shape_are_a_topological_order_however_it_is_numbered(shape: Shape) -> None:
    assert_valid(shape.inputs, ranks_of(shape))
    mixed = shape.shuffled(1)
    assert_valid(mixed.inputs, ranks_of(mixed))


@given(graphs())
def test_the_same_graph_gets_the_same_ranks(inputs: Inputs) -> None:
    dependents = dependents_of(inputs)

    assert order(inputs, dependents, []) == order([list(x) for x in inputs], [tuple(x) for x in dependents], [])


def test_an_empty_graph_has_no_ranks() -> None:
    assert order([], [], []) == []


def test_independent_tasks_run_as_written() -> None:
    assert order([[], [], []], [[], [], []], [0, 1, 2]) == [0, 1, 2]


@given(graphs(), st.data())
def test_a_cycle_is_found_and_named(inputs: Inputs, data: st.DataObject) -> None:
    assume(inputs)
    n = len(inputs)
    members = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5, unique=True))
    for task, source in itertools.pairwise([*members, members[0]]):
        if source not in inputs[task]:
            inputs[task].append(source)

    with pytest.raises(CycleError, match="in a circle") as caught:
        order(inputs, dependents_of(inputs), [])

    cycle = caught.value.cycle
    assert len(set(cycle)) == len(cycle) > 0
    assert all(source in inputs[task] for source, task in itertools.pairwise([*cycle, cycle[0]]))


def test_a_task_that_needs_itself_is_a_cycle() -> None:
    with pytest.raises(GraphError, match="1 of them wait for each other in a circle: 0 -> 0") as caught:
        order([[0]], [[0]], [0])

    assert caught.value.cycle == [0]  # type: ignore[attr-defined]


@given(forests(max_size=9))
def test_no_order_of_a_tree_keeps_fewer_blocks(inputs: Inputs) -> None:
    ranks = order(inputs, dependents_of(inputs), [])

    assert peak_of_live_blocks(inputs, ranks) == lowest_possible_peak(inputs)


@given(graphs(max_size=8))
def test_small_graphs_need_at_most_half_as_much_again_as_the_best_order(inputs: Inputs) -> None:
    assume(inputs)
    ranks = order(inputs, dependents_of(inputs), [])

    assert peak_of_live_blocks(inputs, ranks) <= 1.5 * lowest_possible_peak(inputs)


@given(st.integers(2, 6), st.integers(1, 4))
def test_a_tree_reduction_holds_a_split_less_one_for_each_level(split_every: int, levels: int) -> None:
    shape = shapes.tree_reduction(split_every**levels, split_every)

    assert peak(shape) == (split_every - 1) * levels + 2


# What one worker may hold: the blocks of whole arrays that must be there, and ``split_every - 1`` for each level of
# each reduction that is under way.
BOUNDS = [
    (shapes.chain(100), 2),
    (shapes.independent_chains(50, 5), 2),
    (shapes.fan_out(100), 2),
    (shapes.map_reduce_with_shared_source(256, 4), 1 + 3 * 4 + 2),
    (shapes.model_applied_and_reduced(256, 4), 1 + 3 * 4 + 1),
    (shapes.two_reductions(256, 4), 2 * 3 * 4 + 3),
    (shapes.two_reductions(256, 4, steps=2), 2 * 3 * 4 + 3),
    (shapes.reductions_of_derived(256, 4, 3), 3 * 3 * 4 + 3),
    (shapes.products_of_two(256, 4), 3 * 3 * 4 + 3),
    (shapes.side_loads(256, 4), 2 * 3 * 4 + 3),
    (shapes.demean(64, 4), 64 + 3 * 3 + 2),
    (shapes.demean_along_axis(20, 20, 0), 20 + 2 * 3 + 1),
    (shapes.demean_along_axis(20, 20, 1), 20 + 2 * 3 + 1),
    (shapes.climatology(16, 12, anomaly=True), 16 + 2 * 3 + 2),
    (shapes.stored_after_steps(50, 4), 50 + 2),  # the stores' results
    (shapes.overlap_1d(100, 1), 4),
    (shapes.overlap_1d(100, 4), 10),
    (shapes.overlap_2d(14, 14, 1), 2 * 14 + 4),
    (shapes.overlap_2d(14, 14, 4), 4 * 2 * 14 + 12),
    (shapes.rechunk(20, 20), 2 * 20 + 1),
    (shapes.rechunk_pairs(100), 5),
    (shapes.shuffle(20, 20), 2 * 20 + 1),
    (shapes.staged_shuffle(4, 3), 64 + 3 * 4),
    (shapes.staged_shuffle(2, 6), 64 + 6 * 2),
    (shapes.matmul(8, 8, 8), 8 * 8 + 2 * 8 + 1),
    (shapes.tsqr(64, tree=True), 64 + 12),
]

# Idle workers load ahead of these, so what more than one holds says nothing about the order.
SERIAL_BOUNDS = [
    (shapes.chain_with_side_inputs(5, 20), 3),
    (shapes.running_total(50), 4),
]


@pytest.mark.parametrize(("shape", "bound"), BOUNDS + SERIAL_BOUNDS, ids=lambda value: getattr(value, "name", None))
def test_one_worker_holds_few_blocks(shape: Shape, bound: int) -> None:
    assert peak(shape) <= bound


@pytest.mark.parametrize(("shape", "bound"), BOUNDS, ids=lambda value: getattr(value, "name", None))
def test_workers_side_by_side_hold_four_blocks_each_on_top(shape: Shape, bound: int) -> None:
    assert peak(shape, workers=8) <= bound + 4 * 8


@pytest.mark.parametrize(
    ("shape", "bound"),
    [
        (shapes.two_reductions(256, 4), 2 * 3 * 4 + 3),
        (shapes.products_of_two(256, 4), 3 * 3 * 4 + 3),
        (shapes.demean_along_axis(20, 20, 0), 20 + 2 * 3 + 1),
        (shapes.overlap_1d(100, 1), 6),  # begins in the middle, and has two ends
        (shapes.overlap_2d(14, 14, 1), 3 * 14 + 6),
        (shapes.rechunk(20, 20), 2 * 20 + 1),
        (shapes.rechunk_pairs(100), 6),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_numbers_that_mean_nothing_cost_little(shape: Shape, bound: int) -> None:
    assert peak(shape.shuffled(3)) <= bound


def test_a_block_that_is_wanted_is_not_seen_as_freed_by_its_last_use() -> None:
    shape = shapes.two_reductions(256, 4)
    loads = range(256)
    told = order(shape.inputs, shape.dependents, [*loads, *shape.wanted])

    assert peak_of_live_blocks(shape.inputs, told, keep=loads) < peak_of_live_blocks(
        shape.inputs, ranks_of(shape), keep=loads
    )


def test_deep_graphs_need_no_recursion() -> None:
    n = 20_000
    inputs = [[], [0], *([task - 1, task - 2] for task in range(2, n))]

    assert_valid(inputs, order(inputs, dependents_of(inputs), [n - 1]))
