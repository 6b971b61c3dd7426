"""Hold or make again: what happens to blocks that are needed early and once more late.

``x - x.mean()`` reads x twice: for the mean, and, when all of x has been seen, for the difference. In between every block
of x waits. That is right as long as they fit into memory. Where they would have to go to files and come back, and can be
made again for about as much as that, they are: what is read late is a copy of the nodes that made the blocks, which then
fuse with their reader, and nothing waits.

Made again is what comes from a reader, from random numbers, from constants or from data in memory, by light operations.
What users' functions make, and what has moved between blocks, is held. So is what only neighbours read, at about the same
time: the late reader must depend on the early one through a node that needs many blocks at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from weft import config
from weft.expr import PIPELINE, Context, Cost, Expr, add_rules, rule, walk
from weft.physical.base import BlockExpr, Physical
from weft.physical.blockwise import Blockwise
from weft.physical.source import InMemory, Whole

__all__ = ["make_again"]

#: Share of the memory budget that waiting blocks may take before they are made again.
SHARE = 0.5
#: Nodes that are made again together, at most.
MOST_NODES = 24
#: Nodes that are looked at to find out who reads first.
MOST_LOOKED_AT = 2000


@rule
def make_again(node: Physical, context: Context) -> Expr | None:
    """A late reader of large blocks that are light to make gets them made once more."""
    changed: dict[Hashable, Expr] = {}
    for source in node.children:
        if type(source) is Blockwise and source.identity not in changed and waits(node, source, context):
            again = copied(source)
            if again is not None:
                changed[source.identity] = again
    if not changed:
        return None
    return node.map_children(lambda child: changed.get(child.identity, child))


def waits(node: Physical, source: Blockwise, context: Context) -> bool:
    """Whether blocks would wait for this reader, all of them, and be too many for that."""
    if source.again or source.cost in (Cost.CHEAP, Cost.HEAVY) or context.is_root(source):
        return False
    if source.nbytes * source.nblocks <= SHARE * config.value("memory.budget"):
        return False
    others = {user.identity for user in context.dependents(source) if user.identity != node.identity}
    return bool(others) and comes_after(node, source, others)


def comes_after(node: Physical, source: Expr, others: set[Hashable]) -> bool:
    """Whether a node depends on one of others by way of something that needs many blocks at once."""
    seen: set[tuple[Hashable, bool]] = set()
    stack: list[tuple[Expr, bool]] = [
        (child, not isinstance(node, Blockwise)) for child in node.children if child.identity != source.identity
    ]
    while stack and len(seen) < MOST_LOOKED_AT:
        each, gathered = stack.pop()
        if (each.identity, gathered) in seen:
            continue
        seen.add((each.identity, gathered))
        if gathered and each.identity in others:
            return True
        gathered = gathered or not isinstance(each, Blockwise)
        stack.extend([(child, gathered) for child in each.children])
    return False


def copied(source: Blockwise) -> Blockwise | None:
    """The node and what makes its blocks under another name; None if that would cost more than keeping them."""
    copies: dict[Hashable, Expr] = {}

    def copy(each: Expr) -> Expr | None:
        if each.identity in copies:
            return copies[each.identity]
        if isinstance(each, (InMemory, Whole)) or is_small(each):
            return each
        if type(each) is not Blockwise or each.cost is Cost.HEAVY or len(copies) == MOST_NODES:
            return None
        sources = []
        for child in each.sources:
            made = copy(child)
            if made is None:
                return None
            sources.append(made)
        copies[each.identity] = each.with_operands(sources=tuple(sources), again=1)
        return copies[each.identity]

    made = copy(source)
    return made if isinstance(made, Blockwise) else None


def is_small(each: Expr) -> bool:
    """Whether all blocks of a node are nothing against the budget."""
    return (
        isinstance(each, BlockExpr)
        and isinstance(each, Physical)
        and (0 < each.nbytes * each.nblocks < 0.02 * config.value("memory.budget"))
    )


def may_wait(trees: Sequence[Expr]) -> bool:
    """Whether a forest has blocks that together are too many to wait."""
    room = SHARE * config.value("memory.budget")
    return any(isinstance(each, Blockwise) and each.nbytes * each.nblocks > room for each in walk(*trees))


add_rules(hold=[make_again])
PIPELINE["hold"].concerns = may_wait
