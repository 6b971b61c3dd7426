from __future__ import annotations

from dataclasses import dataclass

from tests.physical.running import compute, numbers, times

from weft.expr import node
from weft.graph import Graph
from weft.physical.base import BlockExpr, Outline
from weft.physical.drawn import Drawn, Recipe, Selected


def plus_minus(left, right):
    return left + right, left - right


def alone(value):
    return (value,)


def both(left, right, factor):
    return (left + right) * factor


@dataclass(frozen=True)
class Butterfly(Recipe):
    """Sum and difference of neighbours, then sums of sums."""

    factor: int

    def draw(self, sheet, *sources):
        (blocks,) = sources
        pairs = [
            sheet.call(plus_minus, [blocks[at], blocks[at + 1]], outputs=2, nbytes=8)
            for at in range(0, len(blocks.keys), 2)
        ]
        total = sheet.call(both, [pairs[0][0], pairs[1][0]], (self.factor,), nbytes=8, label="total")
        (same,) = sheet.call(alone, [total], outputs=1)
        return [total, pairs[0][1], pairs[1][1], total, blocks[3], same]


def butterfly(factor=10, values=(1, 2, 3, 5)):
    return Drawn(Outline(f"butterfly{factor}{values}", "butterfly", (6,)), (numbers(values),), Butterfly(factor))


def test_a_recipe_says_which_function_is_called_on_which_blocks():
    assert compute(butterfly())[0] == [[110, -1, -2, 110, 5, 110]]
    assert compute(butterfly(), optimize=False)[0] == [[110, -1, -2, 110, 5, 110]]


def test_calls_of_one_function_are_one_layer():
    _, graph = compute(butterfly())
    labels = [layer.program.name for layer in graph.layers]
    assert sorted(labels) == ["alias", "alone", "numbers", "plus_minus", "total"]
    assert [len(layer) for layer in graph.layers if layer.program.name == "plus_minus"] == [2]


def test_recipes_are_named_by_what_they_are():
    assert butterfly(10).name == butterfly(10).name
    assert butterfly(10).name != butterfly(11).name


@node
class Sums(BlockExpr):
    """A logical node that becomes a drawing."""

    factor: int

    @property
    def numblocks(self):
        return (6,)

    def lower(self):
        return butterfly(self.factor)


def part(first, numblocks, factor=10):
    return Selected(Outline(f"part{first}{numblocks}{factor}", "part", numblocks), Sums(factor), first)


def test_parts_of_a_drawing_share_its_tasks():
    first, second = part(0, (1,)), part(1, (2, 1))
    values, graph = compute(first, second)
    assert values == [[110], [-1, -2]]
    assert isinstance(graph, Graph)
    assert sum(len(layer) for layer in graph.layers if layer.program.name == "plus_minus") == 2


def test_what_reads_a_part_reads_the_drawing_without_further_tasks():
    values, graph = compute(times(part(1, (2,)), 3))
    assert values == [[-3, -6]]
    assert [len(layer) for layer in graph.layers if layer.program.name == "alias"] == [2]  # those of the recipe itself
