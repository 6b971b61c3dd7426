"""Joins by hash in which single keys hold very many rows."""

from __future__ import annotations

from collections.abc import Sequence

from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.skew import heavy_keys
from weft.expr import Expr, optimize, rule, walk

__all__ = ["join_remarks", "split_heavy_keys"]


@rule
def split_heavy_keys(node: Merge) -> Expr | None:
    """Keys that would make a partition far larger than the others are split among several."""
    if node.heavy is not None or node.way != "shuffled":
        return None
    return node.with_operands(heavy=heavy_keys(node))


def join_remarks(trees: Sequence[Expr]) -> list[str]:
    """How joins are made, and whether keys are split."""
    found = []
    for each in walk(*optimize(trees, ("choose",))):
        if isinstance(each, Merge):
            text = f"{each.label}: {each.way}"
            if each.heavy is not None and each.heavy.keys:
                many, side = len(each.heavy.keys), ("left", "right")[each.heavy.side]
                text += (
                    f"; {many} key{'s' * (many != 1)} with up to {each.heavy.share:.0%} of the {side} rows "
                    f"{'are' if many != 1 else 'is'} split among partitions"
                )
            found.append(text)
    return found
