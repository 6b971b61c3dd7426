"""Running totals of blocks, folds, and trees that are told how blocks lie."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.physical.running import compute, numbers

from weft.expr import Held
from weft.physical.base import Outline
from weft.physical.blockwise import Listed
from weft.physical.fold import Fold
from weft.physical.scan import Chain, Scan
from weft.physical.source import InMemory
from weft.physical.tree_reduce import TreeReduce


def same(block):
    return str(block)


def joined(earlier, later):
    return earlier + later


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.sampled_from(["sequential", "blelloch"]))
def test_a_block_gets_the_total_of_all_before_it_in_their_order(count, method):
    values = list(range(count))
    scan = Scan(Outline("scan", "scan", (count,)), numbers(values), 0, same, joined, (), method)
    found, _ = compute(scan)
    assert found == [[None, *["".join(map(str, values[:place])) for place in range(1, count)]]]


def test_a_tree_of_totals_is_shallow():
    def depth(graph):
        deep = {}
        for layer in reversed(graph.layers):
            deep |= dict(zip(layer.keys, layer.inputs or [()] * len(layer.keys), strict=True))

        def of(key):
            return 1 + max((of(each) for each in deep.get(key, ())), default=0)

        return max(map(of, deep))

    scan = Scan(Outline("scan", "scan", (256,)), numbers(list(range(256))), 0, same, joined, (), "blelloch")
    assert depth(compute(scan)[1]) < 30


def test_totals_may_come_from_behind():
    scan = Scan(Outline("scan", "scan", (3,)), numbers([1, 2, 3]), 0, same, joined, (), "sequential", True)
    assert compute(scan)[0] == [["32", "3", None]]


def one_after_another(before, block):
    return block - (before or 0)


def test_a_chain_makes_each_block_of_the_one_before():
    source = InMemory(
        Outline("grid", "grid", (3, 2)), Held([1, 2, 3, 4, 5, 6]), list.__getitem__, Listed(tuple(range(6)))
    )
    chain = Chain(Outline("chain", "chain", (3, 2)), source, 0, one_after_another)
    assert compute(chain)[0] == [[1, 2, 2, 2, 3, 4]]


def step(state, block, told, sign):
    return (state or "") + told + str(block)


def finish(state, sign):
    return state + sign


class Reads:
    def __weft_tokenize__(self):
        return "reads"

    def reads(self):
        return [[(0, "a"), (2, "b"), (1, "c")], [(1, "d")], [(0, "e"), (1, "f")]]


def test_a_fold_takes_its_blocks_one_after_another():
    fold = Fold(Outline("fold", "fold", (3,)), numbers([1, 2, 3]), step, finish, Reads(), ("!",))
    values, graph = compute(fold)
    assert values == [["a1b3c2!", "d2!", "e1f2!"]]
    assert max(len(inputs) for layer in graph.layers for inputs in layer.inputs or [()]) == 2


def shaped(*blocks_and_lengths):
    *blocks, lengths = blocks_and_lengths
    return f"({','.join(map(str, blocks))}:{lengths[0]}x{lengths[1]})"


def test_a_tree_may_be_told_how_the_blocks_of_a_group_lie():
    source = InMemory(Outline("grid", "grid", (2, 3)), Held(list(range(6))), list.__getitem__, Listed(tuple(range(6))))
    tree = TreeReduce(Outline("tree", "tree", ()), source, (0, 1), shaped, shaped, (), ((0, 2), (1, 2)), shaped=True)
    assert compute(tree)[0] == [["((0,1,3,4:2x2),(2,5:2x1):1x2)"]]
