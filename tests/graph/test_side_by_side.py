"""The order for several workers: valid, and sparing with live blocks where many run side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph import shapes
from tests.graph.shapes import Shape, dependents_of, peak_of_live_blocks
from tests.graph.test_priority import SHAPES, Inputs, assert_valid, graphs, ranks_of

from weft.graph import Plan, Program
from weft.graph.priority import order, rank_tasks
from weft.graph.side_by_side import side_by_side


def ranks_for(shape: Shape, workers: int) -> list[int]:
    return order(shape.inputs, shape.dependents, shape.wanted, workers)


def by_chunks(shape: Shape) -> list[int]:
    """The order before groups are ranked anew."""
    return rank_tasks(shape.inputs, shape.dependents, shape.wanted)[0]


@st.composite
def reductions(draw: st.DrawFn) -> Inputs:
    """Chunks of one or two loads, with steps of their own; several reductions, each of some of the blocks; then more."""
    inputs: Inputs = []

    def add(*sources: int) -> int:
        inputs.append(list(dict.fromkeys(sources)))
        return len(inputs) - 1

    parts: list[list[int]] = []
    for _ in range(draw(st.integers(1, 12))):
        blocks = [add() for _ in range(draw(st.integers(1, 2)))]
        for _ in range(draw(st.integers(0, 5))):
            blocks.append(add(*draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=2))))
        parts.append(blocks)
    results = []
    for _ in range(draw(st.integers(1, 4))):
        taken = [draw(st.sampled_from(blocks)) for blocks in parts if draw(st.integers(0, 5))]
        results.append(add(*[add(block) if draw(st.booleans()) else block for block in taken]))
    if draw(st.booleans()):
        add(*results, *draw(st.lists(st.sampled_from(range(len(inputs))), max_size=2)))
    return inputs


@given(graphs() | reductions(), st.integers(1, 20))
def test_ranks_are_a_topological_order(inputs: Inputs, workers: int) -> None:
    dependents = dependents_of(inputs)

    assert_valid(inputs, side_by_side(order(inputs, dependents, []), inputs, dependents, workers))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("workers", [3, 8, 40])
def test_ranks_of_a_shape_are_a_topological_order(shape: Shape, workers: int) -> None:
    assert_valid(shape.inputs, ranks_for(shape, workers))


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        (shapes.two_reductions(200, 4), 35),
        (shapes.two_reductions(200, 8, steps=2), 42),
        (shapes.reductions_of_derived(100, 4, 3), 38),
        (shapes.reductions_of_derived(100, 4, 6), 60),
        (shapes.products_of_two(100, 4), 38),
        (shapes.cohorts(60, 12, 4), 36),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_eight_workers_hold_fewer_blocks_than_in_the_order_for_one(shape: Shape, most: int) -> None:
    peak = peak_of_live_blocks(shape.inputs, ranks_for(shape, 8), workers=8)

    assert peak <= most < peak_of_live_blocks(shape.inputs, by_chunks(shape), workers=8)


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 16])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_large_chunks_are_not_held_for_the_sake_of_small_results(shape: Shape, workers: int) -> None:
    before, after = (
        peak_of_live_blocks(shape.inputs, ranks, workers=workers, sizes=shape.sizes)
        for ranks in (by_chunks(shape), ranks_for(shape, workers))
    )

    assert after <= 1.1 * before + (2 if workers == 1 else 1)


@pytest.mark.parametrize(
    "shape",
    [
        shapes.tree_reduction(256, 4),
        shapes.side_loads(100, 4),
        shapes.overlap_1d(100, 4, reduced=True),
        shapes.rechunk(20, 20, after="mean"),
        shapes.shuffle(20, 20),
        shapes.matmul(4, 4, 4),
        shapes.tsqr(16, tree=False),
        shapes.cholesky(8),
        shapes.random_layers(12, 6, 2, 4),
    ],
    ids=lambda shape: shape.name,
)
def test_what_does_not_suit_is_left_alone(shape: Shape) -> None:
    assert ranks_for(shape, 8) == by_chunks(shape)


def test_one_worker_takes_two_chunks_together_through_three_uses_or_more() -> None:
    two, three = shapes.reductions_of_derived(100, 4, 2), shapes.reductions_of_derived(100, 4, 3)
    before, after = (
        peak_of_live_blocks(three.inputs, ranks)
        for ranks in (rank_tasks(three.inputs, three.dependents, three.wanted)[0], ranks_of(three))
    )

    assert ranks_of(two) == rank_tasks(two.inputs, two.dependents, two.wanted)[0]
    assert after < before


def test_one_group_larger_than_the_workers_goes_in_batches_of_one_size() -> None:
    shape = shapes.two_reductions(10, 10)
    ranks = ranks_for(shape, 4)

    loads = [shape.labels[task][0] for task in sorted(range(len(shape)), key=ranks.__getitem__)]

    assert loads == [
        *(["load"] * 4 + ["mean-chunk"] * 4 + ["std-chunk"] * 4),
        *(["load"] * 4 + ["mean-chunk"] * 4 + ["std-chunk"] * 4),
        *(["load"] * 2 + ["mean-chunk"] * 2 + ["mean-0"] + ["std-chunk"] * 2 + ["std-0"]),
    ]


def test_a_plan_has_an_order_for_each_number_of_workers() -> None:
    shape = shapes.two_reductions(40, 4)
    n = len(shape)
    program = Program.call(len)
    plan = Plan(list(shape.labels), [program] * n, list(map(tuple, shape.inputs)), [()] * n, [0] * n, shape.wanted)

    assert plan.ranks(1) == plan.rank == ranks_of(shape)
    assert plan.ranks(8) == ranks_for(shape, 8) != plan.rank
    assert plan.ranks(8) is plan.ranks(8)


def test_ranks_that_are_given_hold_for_any_number_of_workers() -> None:
    plan = Plan(["a", "b"], [Program.call(len)] * 2, [(), ()], [()] * 2, [0] * 2, [0, 1])
    plan.rank = [1, 0]

    assert plan.ranks(1) is plan.ranks(8) is plan.rank
