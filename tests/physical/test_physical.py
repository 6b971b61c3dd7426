from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.physical.running import X_VALUES, compute, numbers, times

from weft.errors import GraphError
from weft.expr import Held, share
from weft.graph import Graph, Program, Task
from weft.physical.base import Outline, build
from weft.physical.blockwise import Listed
from weft.physical.exchange import Exchange, plan_rounds
from weft.physical.opaque import Opaque
from weft.physical.source import InMemory
from weft.physical.tree_reduce import TreeReduce


def total(*values):
    return sum(values)


def text(value, *arguments):
    return f"{value}{''.join(arguments)}"


def split_by_digit(block, bounds, ntargets):
    return [[value for value in block if low <= value % ntargets < high] for low, high in pairwise(bounds)]


def merged(told, *runs):
    return [value for run in runs for value in run]


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(2, 6))
def test_a_tree_reduces_any_number_of_blocks_with_few_at_a_time(count, width):
    source = numbers(tuple(range(count)))
    tree = TreeReduce(Outline("sum", "sum", ()), source, (0,), total, text, ("!",), width)
    values, graph = compute(tree)
    assert values == [[f"{sum(range(count))}!"]]
    assert max(len(inputs) for layer in graph.layers for inputs in layer.inputs or [()]) <= width


def test_a_tree_keeps_the_other_axes():
    source = InMemory(Outline("grid", "grid", (2, 3)), Held(list(range(6))), list.__getitem__, Listed(tuple(range(6))))
    assert compute(TreeReduce(Outline("rows", "rows", (2,)), source, (1,), total, text, (), 2))[0] == [["3", "12"]]
    assert compute(TreeReduce(Outline("columns", "columns", (3,)), source, (0,), total, text, (), 2))[0] == [
        ["3", "5", "7"]
    ]
    assert compute(TreeReduce(Outline("all", "all", (1, 1)), source, (0, 1), total, text, (), 4, True))[0] == [["15"]]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([0, 10**6]))
def test_an_exchange_brings_all_to_their_targets_in_the_order_of_their_sources(nsources, ntargets, limit):
    blocks = [[source * 100 + place for place in range(7)] for source in range(nsources)]
    made = InMemory(
        Outline("blocks", "blocks", (nsources,)), Held(blocks), list.__getitem__, Listed(tuple(range(nsources)))
    )
    for number, routes in enumerate(plan_rounds(nsources, ntargets, limit)):
        outline = Outline(f"exchange{number}", "exchange", (len(routes.receives()),))
        made = Exchange(outline, made, partial(split_by_digit, ntargets=ntargets), merged, routes)
    expected = [
        [value for block in blocks for value in block if value % ntargets == target] for target in range(ntargets)
    ]
    assert compute(made)[0] == [expected]


def test_blocks_keep_the_name_of_the_root_without_further_tasks():
    root = times(numbers(X_VALUES), 2)
    _, graph = compute(root)
    assert {key[0] for layer in graph.layers for key in layer.keys} == {root.name}


def test_one_node_that_serves_two_roots_is_handed_on():
    root, same = times(numbers(X_VALUES), 2), numbers((0, 0, 0), "other")
    graph = build([root, same], [root, root])
    assert [layer.program.name for layer in graph.layers].count("alias") == 1
    assert set(same.keys()) <= set(graph)


def test_a_graph_made_elsewhere_keeps_its_keys():
    graph = Graph()
    graph.add_task("a", Task(Program.call(abs), (), (-3,)))
    graph.add_task("b", Task(Program.call(abs), ("a",), ()))
    root = Opaque.of(Outline("mine", "mine", (2,)), graph, ["a", "b"])
    assert compute(times(root, 2))[0] == [[6, 6]]


def test_what_has_not_been_lowered_cannot_be_built():
    import weft.array as da

    expr = da.ones(3, chunks=1).expr
    with pytest.raises(GraphError, match="not been lowered"):
        build([times(expr, 2)], [times(expr, 2)])


def test_equal_nodes_that_were_made_apart_become_one_and_their_names_are_only_compared_if_need_be():
    outline = Outline("x", "x", (2,))
    held = Held.of([1, 2])
    first, second, other = (
        InMemory(outline, held, list.__getitem__, Listed(parts)) for parts in ((0, 1), (0, 1), (1, 0))
    )
    alone = InMemory(Outline("y", "y", (2,)), held, list.__getitem__, Listed((0, 1)))

    shared = share([first, second, other, alone])

    assert shared[0] is shared[1] is first
    assert shared[2] is other
    assert shared[3] is alone
    assert "name" not in alone.__dict__


def test_a_node_that_nobody_asks_for_its_name_keeps_one_identity():
    node = InMemory(Outline("x", "x", (1,)), Held.of([1]), list.__getitem__, Listed((0,)))

    assert node.identity == node.identity
    assert node.identity != node.with_operands(parts=Listed((1,))).identity
    assert "name" not in node.__dict__
