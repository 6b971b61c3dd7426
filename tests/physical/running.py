"""Small expressions of blocks over numbers, and a way to run them without a backend."""

from __future__ import annotations

from operator import add, mul

from weft.expr import Cost
from weft.graph import compile_plan
from weft.physical.base import Outline, block_keys, build
from weft.physical.blockwise import Listed, Same, blockwise, from_parts
from weft.physical.rewrite import lowered


def run(graph, keys):
    """Values at keys, computed in the plan's order."""
    plan = compile_plan(graph, keys)
    blocks = dict(plan.data)
    for task in sorted(range(plan.ntasks), key=plan.rank.__getitem__):
        values = [blocks[block] for block in plan.inputs[task]] + list(plan.constants[task])
        result = plan.programs[task].run(values)
        blocks.update(zip(plan.outputs[task], result, strict=True) if task in plan.outputs else [(task, result)])
    return [blocks[block] for block in plan.wanted]


def compute(*roots, optimize=True):
    """Blocks of physical expressions, and the graph they were computed with."""
    graph = build(roots, lowered(roots, optimize=optimize))
    keys = [block_keys(root.name, root.numblocks) for root in roots]
    values = iter(run(graph, [key for own in keys for key in own]))
    return [[next(values) for _ in own] for own in keys], graph


X_VALUES = (1, 2, 3)


def numbers(values, name="numbers", cost=Cost.LIGHT):
    """Blocks with these numbers."""
    outline = Outline(f"{name}-{values}", name, (len(values),), 8)
    return from_parts(outline, abs, Listed(tuple(values)), cost=cost)


def plus(left, right):
    outline = Outline(f"plus-{left.name}-{right.name}", "plus", left.numblocks, 8)
    return blockwise(outline, add, [(left, (0,)), (right, (0,))])


def times(source, factor):
    outline = Outline(f"times-{source.name}-{factor}", "times", source.numblocks, 8)
    return blockwise(outline, mul, [(source, (0,))], [Same(factor)])


def reversed_blocks(source):
    count = source.numblocks[0]
    outline = Outline(f"reversed-{source.name}", "reversed", (count,), 8)
    return blockwise(outline, abs, [(source, ((0, tuple(reversed(range(count)))),))])
