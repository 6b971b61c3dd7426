"""Trees of blockwise nodes become one program: fewer tasks, and blocks that are never stored.

From a node the group grows towards its sources. A source joins

- if all who read it are in the group (nobody else needs its blocks), and each of its blocks is read for one block of the
  group only, through the same pick on every way (so nothing is computed twice);
- or if it is cheap: making it again costs less than keeping it, as for constants.

It stays out where joining would serialise heavy work that few blocks could do side by side, or where a task would need
more than `MOST_INPUTS` blocks at once.

When the group is complete, collections may compile its calls: each function in `COMPILERS` gets the list of calls and
gives back an equivalent one, in which runs of calls that it knows have become single calls that it owns. This is how a chain
of NumPy operations becomes one pass over the data; the evaluator of programs knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import prod

from weft.expr import Context, Cost, Expr, add_rules, node, rule
from weft.physical.blockwise import Blockwise, Call, Placed
from weft.physical.grid import Pick, compose, identity_pick, is_injective
from weft.physical.tree_reduce import TreeReduce

__all__ = ["COMPILERS", "MOST_INPUTS", "Compiler", "Fused", "add_compiler", "fuse_blockwise", "why_apart"]

#: Blocks that a fused task may read, at most.
MOST_INPUTS = 12
#: Blocks below which two heavy branches are left apart, so that they can run side by side.
FEW_BLOCKS = 8

#: Costs of work that is better done side by side.
HEAVY = (Cost.HEAVY, Cost.READ)

#: Takes calls and the number of values a task brings, and gives equivalent calls.
Compiler = Callable[[Sequence[Call], int], Sequence[Call]]

#: Functions that compile runs of calls, in the order in which collections added them.
COMPILERS: list[Compiler] = []


def add_compiler(compiler: Compiler) -> None:
    """Let a collection compile runs of calls that it knows."""
    if compiler in COMPILERS:
        raise ValueError(f"the compiler {compiler!r} has been added already")
    COMPILERS.append(compiler)


@node
class Fused(Blockwise):
    """A group of blockwise nodes as one."""


@rule
def fuse_blockwise(node: Blockwise, context: Context) -> Expr | None:
    """A blockwise node swallows the sources that only it reads, and those that cost nothing to make again."""
    if isinstance(node, Fused):
        return None
    group = Group(node, context)
    group.grow()
    calls, sources, picks, columns = group.write()
    for compiler in COMPILERS:
        calls = tuple(compiler(calls, len(sources) + len(columns)))
    if len(group.members) == 1 and calls == node.calls:
        return None
    extra = sum([member.extra for member, _ in group.members.values()])
    return Fused(node.outline, calls, sources, picks, columns, group.cost, extra)


#: A node by its identity, and the pick through which it is read.
Read = tuple[Hashable, Pick]


@dataclass
class Group:
    """Nodes that are fused into ``head``; each with the pick from its blocks to the head's."""

    head: Blockwise
    context: Context
    members: dict[Read, tuple[Blockwise, Pick]] = field(default_factory=dict)
    inside: set[Hashable] = field(default_factory=set)  #: members whose own sources have been looked at
    known_reads: dict[Read, list[tuple[Expr, Pick]]] = field(default_factory=dict)
    heavy: int = 0

    @property
    def cost(self) -> Cost:
        costs = {member.cost for member, _ in self.members.values()}
        return next(cost for cost in (Cost.HEAVY, Cost.READ, Cost.LIGHT, Cost.CHEAP) if cost in costs)

    def grow(self) -> None:
        """Take in sources until none fits; a source that others read waits until they are all in."""
        self.take(self.head, identity_pick(len(self.head.numblocks)))
        ways_to: dict[Hashable, set[Pick]] = {}
        entering = [next(iter(self.members.values()))]
        outside = {(source.identity, through) for source, through in self.reads(*entering[0])}
        while entering:
            member, pick = entering.pop()
            self.inside.add(member.identity)
            candidates = [
                (source, through) for source, through in self.reads(member, pick) if type(source) is Blockwise
            ]
            for source, through in candidates:
                ways_to.setdefault(source.identity, set()).add(through)
            for source, through in candidates:
                read = source.identity, through
                if read in self.members:
                    continue
                its = {(each.identity, way) for each, way in self.reads(source, through)}
                more = (outside | its).difference(self.members, [read])
                most = max(MOST_INPUTS, len(outside), len(its))
                if len(more) > most or not self.fits(source, through, ways_to[source.identity]):
                    continue
                outside = more
                self.take(source, through)
                entering.append((source, through))

    def reads(self, member: Blockwise, pick: Pick) -> list[tuple[Expr, Pick]]:
        """What a member reads, and through which pick from the head's blocks."""
        own = (member.identity, pick)
        found = self.known_reads.get(own)
        if found is None:
            found = [(source, compose(each, pick)) for source, each in zip(member.sources, member.picks, strict=True)]
            self.known_reads[own] = found
        return found

    def take(self, member: Blockwise, pick: Pick) -> None:
        self.members[member.identity, pick] = member, pick
        self.heavy += member.cost in HEAVY

    def fits(self, source: Blockwise, pick: Pick, ways: set[Pick]) -> bool:
        """Whether a source may join."""
        return not self.obstacle(source, pick, ways)

    def obstacle(self, source: Blockwise, pick: Pick, ways: set[Pick]) -> str:
        """Why a source may not join; empty if it may."""
        if source.cost is Cost.CHEAP:
            return ""
        target = self.head.numblocks
        if self.context.is_root(source):
            return "its blocks are wanted as well"
        if len(ways) > 1:
            return "its blocks are read in two ways, as in x + x.T: it would be computed twice"
        if not is_injective(pick, source.numblocks, target):
            return "each of its blocks is read for several blocks: it would be computed again for each"
        if source.cost in HEAVY and self.heavy and prod(target) < FEW_BLOCKS:
            return f"both are heavy, and fewer than {FEW_BLOCKS} blocks could not keep all workers busy"
        others = [user for user in self.context.dependents(source) if user.identity not in self.inside]
        return f"{others[0].label} reads it as well" if others else ""

    def write(self) -> tuple[tuple[Call, ...], tuple[Expr, ...], tuple[Pick, ...], tuple[Placed, ...]]:
        """The members' calls in an order in which each follows what it reads, with the sources and columns they need."""
        order = self.sorted()
        whole = identity_pick(len(self.head.numblocks))
        sources: dict[Read, int] = {}
        read_first: list[tuple[Expr, Pick]] = []
        columns: list[Placed] = []
        for member, pick in order:
            for source, through in self.reads(member, pick):
                read = source.identity, through
                if read not in self.members and read not in sources:
                    sources[read] = len(sources)
                    read_first.append((source, through))
            if pick == whole:
                columns += member.columns
            else:
                columns += [Placed(each.column, each.numblocks, compose(each.pick, pick)) for each in member.columns]
        arity = len(sources) + len(columns)
        result: dict[Read, int] = {}
        calls: list[Call] = []
        column = len(sources)
        for member, pick in order:
            values: list[int] = []
            for source, through in self.reads(member, pick):
                read = source.identity, through
                values.append(result[read] if read in result else sources[read])
            values.extend(range(column, column + len(member.columns)))
            column += len(member.columns)
            brought, first = len(values), len(calls)
            for call in member.calls:
                slots = [values[s] if s < brought else arity + first + s - brought for s in call.slots]
                calls.append(Call(call.function, tuple(slots), call.keywords, call.outline))
            result[member.identity, pick] = arity + len(calls) - 1
        return (
            tuple(calls),
            tuple([source for source, _ in read_first]),
            tuple([pick for _, pick in read_first]),
            tuple(columns),
        )

    def sorted(self) -> list[tuple[Blockwise, Pick]]:
        """Members, each after those it reads."""
        done: dict[Read, tuple[Blockwise, Pick]] = {}
        stack: list[tuple[Read, bool]] = [(next(iter(self.members)), False)]
        while stack:
            each, ready = stack.pop()
            if ready:
                done[each] = self.members[each]
                continue
            if each in done:
                continue
            stack.append((each, True))
            member, pick = self.members[each]
            reads = [(source.identity, through) for source, through in self.reads(member, pick)]
            stack.extend([(read, False) for read in reversed(reads) if read in self.members and read not in done])
        return list(done.values())


def why_apart(roots: Sequence[Expr]) -> list[str]:
    """For pairs of operations of lowered trees that stay apart, the reason; each text once, in order."""
    context = Context(roots)
    texts: dict[str, None] = {}
    heads, seen = list(roots), set[str]()
    while heads:
        head = heads.pop(0)
        if head.name in seen:
            continue
        seen.add(head.name)
        if type(head) is not Blockwise:
            for child in head.children:
                if type(child) is Blockwise and not isinstance(head, (Blockwise, TreeReduce)):
                    texts[f"{child.label} | {head.label}: {type(head).__name__} reads several blocks of it"] = None
                heads.append(child)
            continue
        group = Group(head, context)
        group.grow()
        taken = {member.identity for member, _ in group.members.values()}
        ways: dict[Hashable, set[Pick]] = {}
        for member, pick in group.members.values():
            for source, own in zip(member.sources, member.picks, strict=True):
                ways.setdefault(source.identity, set()).add(compose(own, pick))
        for member, pick in group.members.values():
            for source, own in zip(member.sources, member.picks, strict=True):
                if source.identity in taken:
                    continue
                heads.append(source)
                if type(source) is Blockwise:
                    reason = group.obstacle(source, compose(own, pick), ways[source.identity])
                    reason = reason or f"a task would read more than {MOST_INPUTS} blocks"
                    texts[f"{source.label} | {member.label}: {reason}"] = None
    return list(texts)


add_rules(fuse=[fuse_blockwise])
