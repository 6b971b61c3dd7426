from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.physical.running import compute, numbers, plus, reversed_blocks, times

from weft.expr import Cost
from weft.physical.base import Outline
from weft.physical.blockwise import blockwise
from weft.physical.fuse import why_apart
from weft.physical.rewrite import lowered

X = numbers((1, 2, 3))


def test_a_chain_becomes_one_program_a_block():
    values, graph = compute(times(times(X, 2), 5))
    assert values == [[10, 20, 30]]
    assert graph.ntasks == 3


def test_a_diamond_computes_its_source_once():
    doubled = times(X, 2)
    values, graph = compute(plus(times(doubled, 3), times(doubled, 5)))
    assert values == [[16, 32, 48]]
    assert graph.ntasks == 3
    assert [len(layer.program.steps) for layer in graph.layers] == [5]


def test_what_another_root_wants_stays_a_block():
    doubled = times(X, 2)
    values, graph = compute(doubled, times(doubled, 2))
    assert values == [[2, 4, 6], [4, 8, 12]]
    assert graph.ntasks == 6


def test_what_is_read_through_two_picks_stays_a_block_unless_it_is_cheap():
    costly = times(X, 2)
    values, graph = compute(plus(costly, reversed_blocks(costly)))
    assert values == [[8, 8, 8]]
    assert graph.ntasks == 6
    cheap = numbers((1, 2, 3), cost=Cost.CHEAP)
    values, graph = compute(plus(cheap, reversed_blocks(cheap)))
    assert values == [[4, 4, 4]]
    assert graph.ntasks == 3


def test_a_block_that_all_read_stays_a_block():
    one = times(numbers((5,)), 2)
    outline = Outline("spread-x", "spread", (3,))
    values, graph = compute(blockwise(outline, pow, [(X, (0,)), (one, (None,))]))
    assert values == [[1, 2**10, 3**10]]
    assert graph.ntasks == 4


def test_few_heavy_blocks_stay_apart_and_many_are_read_by_one_task():
    few = plus(numbers((1, 2), "left", Cost.HEAVY), numbers((3, 4), "right", Cost.HEAVY))
    assert compute(few)[1].ntasks == 4
    many = tuple(range(20))
    assert compute(plus(numbers(many, "left", Cost.HEAVY), numbers(many, "right", Cost.HEAVY)))[1].ntasks == 20


def test_a_sum_of_many_arrays_does_not_hold_all_of_them_at_once():
    shared = [numbers((1, 2), f"x{place}") for place in range(40)]
    total = shared[0]
    for each in shared[1:]:
        total = plus(total, each)
    _, graph = compute(total, *shared)
    assert max(len(inputs) for layer in graph.layers for inputs in layer.inputs or [()]) <= 12


def test_a_chain_of_2000_operations_is_one_program():
    tree = X
    for _ in range(2000):
        tree = times(tree, 1)
    (fused,) = lowered([tree])
    assert len(fused.program.steps) == 2001
    assert compute(tree)[0] == [[1, 2, 3]]


@st.composite
def programs(draw):
    """Random directed programs over blocks, with much sharing."""
    nodes = [numbers((1, 2, 3), "a"), numbers((4, 5, 6), "b", Cost.CHEAP)]
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["plus", "times", "reversed"]))
        left, right = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        made = {
            "plus": lambda a, b: plus(a, b),
            "times": lambda a, _: times(a, 2),
            "reversed": lambda a, _: reversed_blocks(a),
        }
        nodes.append(made[kind](left, right))
    return nodes[-1], draw(st.sampled_from(nodes))


@settings(deadline=None)
@given(programs())
def test_fused_and_unfused_programs_agree(roots):
    assert compute(*roots)[0] == compute(*roots, optimize=False)[0]


def test_why_operations_stay_apart_can_be_told():
    doubled = times(X, 2)
    tree = plus(doubled, reversed_blocks(doubled))
    texts = why_apart(lowered([tree], optimize=False))
    assert any("read in two ways" in text for text in texts)
    assert why_apart(lowered([times(times(X, 2), 5)], optimize=False)) == []
