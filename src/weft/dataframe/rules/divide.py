"""Programs that are no single query are divided into pieces, each of which an engine computes partition by partition.

A piece grows from a node towards its sources, through what treats each partition by itself: rows chosen, columns made, a join
of two partitions whose rows lie as they must. It ends where rows move (exchanges, trees), at users' functions, at what has no
translation, and at blocks that others read as well. Parquet files that only a piece reads are scanned by the engine; blocks of
all others are handed over.

What a join needs of its sides (the small one whole, or both by the hash of their keys) is spelled out on the way: its pieces
are the join, and one for each side. Partial results of groups are made within the piece that gives their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from weft import config
from weft.dataframe.engine import Alike, EngineQuery, Together
from weft.dataframe.expr import ROWS, FrameExpr, Partitionwise
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.kernels.translating import Untranslatable
from weft.dataframe.known_metas import types_of
from weft.dataframe.ops.groupby_nodes import DividedGroups, GroupbyAggregate
from weft.dataframe.ops.merge_nodes import LocalMerge, Merge, sides_at_hand
from weft.dataframe.pieces import BlockInput, Like, Piece, ScanInput
from weft.dataframe.rules.engine import HAS_POLARS
from weft.dataframe.rules.faster import key_span
from weft.dataframe.rules.few_rows import is_quick
from weft.errors import EngineError
from weft.expr import Context, Expr, Needs, optimize, rule, walk

__all__ = ["divide", "division_remarks"]

#: Pieces whose inputs are known to be smaller stay with pandas: the query itself takes longer.
SMALL = 1 << 20
#: Whether only pieces are made that are faster than pandas' kernels; tests make all there are.
CHOOSY = True
#: Nodes that compute nothing: a piece of nothing else is left to pandas.
IDLE = ("Projection", "Relabel", "Renamed", "ToFrame", "Divided", "ResetIndex", "BlockInput", "ScanInput")
#: Nodes whose translation holds for each of several partitions by itself.
ROW_BY_ROW = (
    "Assign",
    "DropMissing",
    "Elementwise",
    "Filter",
    "Projection",
    "Relabel",
    "Renamed",
    "ResetIndex",
    "ToFrame",
)
#: Nodes that have their own way to one partition; what they read is a piece, they are not part of one.
SOURCES = ("FromPandas", "ReadParquet", "FromBlocks", "EngineQuery")


class Division(NamedTuple):
    """What becomes of a forest: the node that takes the place of each head of a piece, and why others stay in pandas."""

    pieces: dict[str, FrameExpr]
    reasons: dict[str, tuple[str, str]]


@rule
def divide(node: FrameExpr, context: Context) -> Expr | None:
    """A tree of one partition's work becomes a piece."""
    wanted = config.value("dataframe.engine")
    if wanted == "pandas" or not HAS_POLARS:
        return None
    division: Division | None = context.__dict__.get("division")
    if division is None:
        division = context.__dict__["division"] = divided(context.forest, context)
        if wanted == "polars" and division.reasons:
            label, reason = next(iter(division.reasons.values()))
            raise EngineError(f"dataframe.engine is 'polars', and {label} cannot be computed by it: {reason}")
    return division.pieces.get(node.name)


class Divider:
    """Divides a forest.

    Parameters
    ----------
    roots : sequence of Expr
    context : Context
    """

    def __init__(self, roots: Sequence[Expr], context: Context) -> None:
        self.context = context
        self.roots = {root.name for root in roots}
        self.nodes = [each for each in walk(*roots) if isinstance(each, FrameExpr)]
        self.users: dict[str, list[FrameExpr]] = {each.name: [] for each in self.nodes}
        for each in self.nodes:
            for child in dict.fromkeys(each.children):
                if child.name in self.users:
                    self.users[child.name].append(each)
        self.quick = {each.name for root in roots if is_quick(root) for each in walk(root)}
        self.always = config.value("dataframe.queries") == "partitions"
        self.sides: dict[str, tuple[FrameExpr, FrameExpr] | None] = {}
        self.reasons: dict[str, tuple[str, str]] = {}

    def refuse(self, node: FrameExpr, reason: str) -> None:
        """Take note that a node stays in pandas."""
        self.reasons[node.name] = (node.label, reason)

    # -- which nodes may be in a piece ------------------------------------------------------------------------------

    def inner_children(self, node: FrameExpr) -> list[FrameExpr]:
        """The children that may be in the piece of a node; none if the node may be in no piece."""
        if node.name in self.reasons or type(node).__name__ in SOURCES or isinstance(node, (Together, Piece)):
            return []
        if isinstance(node, Merge):
            sides = self.sides_of(node)
            return (
                []
                if sides is None
                else [each for each in sides if each in node.children and self.is_beside(each, node)]
            )
        return [each for each in node.children if isinstance(each, FrameExpr) and self.is_beside(each, node)]

    def is_beside(self, child: FrameExpr, node: FrameExpr) -> bool:
        """Whether each partition of a node is made of one of the child's."""
        return child.npartitions == node.npartitions

    def sides_of(self, node: Merge) -> tuple[FrameExpr, FrameExpr] | None:
        """Both sides of a join, as they must lie."""
        if node.name not in self.sides:
            self.sides[node.name] = sides_at_hand(node)
        return self.sides[node.name]

    def is_local(self, node: FrameExpr) -> bool:
        """Whether a node treats partitions by themselves, in a way that the engine may know."""
        if (
            node.name in self.reasons
            or node.name in self.quick
            or isinstance(node, (Together, EngineQuery, FromBlocks, Piece))
            or not node.children
        ):
            return False
        if not has_translation(node):
            if isinstance(node, Partitionwise):
                self.refuse(node, f"{type(node).__name__} ({node.label}) has no translation")
            return False
        if isinstance(node, Merge):
            if self.sides_of(node) is None:
                self.refuse(
                    node,
                    f"its rows go by way of {node.way!r}, in an order that somebody looks at"
                    if node.keep_order
                    else f"its rows go by way of {node.way!r}",
                )
                return False
            return True
        if all(isinstance(each, FrameExpr) and each.npartitions == 1 for each in node.children):
            return node.npartitions == 1
        return isinstance(node, Partitionwise) and node.stands_alone and type(node).__name__ in ROW_BY_ROW

    def needs(self, node: FrameExpr) -> Needs:
        """What is looked at in a node."""
        return self.context.needs(node)

    # -- pieces -----------------------------------------------------------------------------------------------------

    def divide(self) -> Division:
        """All pieces, and the reasons for what is in none."""
        local = {each.name: self.is_local(each) for each in self.nodes}
        while True:
            trees = self.trees(local)
            inside = {name for tree in trees.values() for name in (*tree.inside, tree.head.name)}
            before = len(self.reasons)
            pieces: dict[str, FrameExpr] = {}
            for name, tree in trees.items():
                made = self.piece(tree, inside)
                if made is not None:
                    pieces[name] = made
            if len(self.reasons) == before:
                return Division(pieces, self.reasons)
            local |= dict.fromkeys(self.reasons, False)

    def trees(self, local: dict[str, bool]) -> dict[str, Tree]:
        """The trees of all pieces that are worth it."""
        found = {}
        for name, (head, inside) in self.members_of_heads(local).items():
            tree = Tree(self, head, inside)
            if self.is_worth_it(tree):
                found[name] = tree
        return found

    def members_of_heads(self, local: dict[str, bool]) -> dict[str, tuple[FrameExpr, set[str]]]:
        """For each head of a piece the nodes in it."""
        heads: dict[str, tuple[FrameExpr, set[str]]] = {}
        home: dict[str, str] = {}
        for node in reversed(self.nodes):
            if is_grouped_in_parts(node) and node.name not in self.reasons:
                heads[node.name] = (node, set())
                home[node.name] = node.name
                continue
            if not local[node.name]:
                continue
            users = self.users[node.name]
            homes = {home.get(each.name) for each in users}
            own = next(iter(homes)) if len(homes) == 1 else None
            if node.name in self.roots or own is None or not all(self.reads_inside(each, node) for each in users):
                own = node.name
                heads[own] = (node, set())
            home[node.name] = own
            heads[own][1].add(node.name)
        return heads

    def reads_inside(self, user: FrameExpr, node: FrameExpr) -> bool:
        """Whether a node may be in the piece of one that reads it."""
        if is_grouped_in_parts(user):
            return user.children == (node,)
        return node in self.inner_children(user)

    def piece(self, tree: Tree, inside: set[str]) -> FrameExpr | None:
        """The node of a piece; None where the engine refuses a node, of which note is taken."""
        from weft.dataframe.kernels.polars.pieces import PieceQuery

        head, top, groups = tree.head, tree.top, tree.groups
        spans: tuple[Any, ...] = ()
        if groups is None:
            asked = self.needs(top)
            if self.is_matched(top, inside):
                asked |= ROWS  # what else has the same rows is matched with these by their labels
        else:
            asked = head.asks(top, self.needs(head))
            spans = tuple([(each.value, key_span(top, each.value)) for each in groups.groups.by])
        query = PieceQuery(tree.root, asked, groups, spans)
        try:
            query.check(tree.examples)
        except Untranslatable as refusal:
            self.refuse(tree.blamed(refusal.vain) or head, str(refusal))
            return None
        made = Piece(query, "polars", Alike(top), tuple(tree.inputs), tuple(tree.parts), tree.extra)
        return made if groups is None else groups_of(head, made)

    def is_matched(self, top: FrameExpr, inside: set[str]) -> bool:
        """Whether pandas' kernels match the rows of a piece with others, after further steps perhaps that leave them as they are."""
        stack, seen = [top], {top.name}
        while stack:
            node = stack.pop()
            for user in self.users[node.name]:
                if user.name not in inside and len(user.children) > 1:
                    return True
                if user.name not in seen and user.rows == node.rows:
                    seen.add(user.name)
                    stack.append(user)
        return False

    def is_worth_it(self, tree: Tree) -> bool:
        """Whether a piece is faster than pandas' kernels.

        It is where the engine reads files itself, which leaves out what need not be read, and makes no pandas object of the
        rest. Blocks that are there already are worth it for groups by texts, or by several keys: pandas' kernels look single
        numbers up by position, and texts take time to hand over.
        """
        nodes = list(walk(tree.root))
        kinds = {type(each).__name__ for each in nodes}
        if tree.groups is None and kinds <= set(IDLE):
            return False
        if not CHOOSY:
            return True
        if "ScanInput" not in kinds:
            if tree.groups is None:
                return False
            types = types_of(tree.top.meta)
            keys = [types[each.value] for each in tree.groups.groups.by if each.kind == "column"]
            if len(keys) == 1 and getattr(keys[0], "kind", "O") in "iub":
                return False
        sizes = [each.partition_nbytes for each in nodes if isinstance(each, (BlockInput, ScanInput))]
        return self.always or not all(0 < each < SMALL for each in sizes)


class Tree:
    """The tree of a piece, with leaves for what the tasks are given.

    Parameters
    ----------
    divider : Divider
    head : FrameExpr
        The node that the piece stands for, or the groups that it makes the partial results of.
    inside : set of str
        Names of its nodes.
    """

    def __init__(self, divider: Divider, head: FrameExpr, inside: set[str]) -> None:
        self.divider = divider
        self.head = head
        self.inside = inside
        self.groups: Any = head.asked if is_grouped_in_parts(head) else None  # type: ignore[attr-defined]
        top = head if self.groups is None else head.children[0]
        assert isinstance(top, FrameExpr)
        self.top = top
        self.inputs: list[FrameExpr] = []
        self.parts: list[tuple[Any, ...]] = []
        self.extra = 0
        self.leaves: dict[str, FrameExpr] = {}
        self.became: dict[str, FrameExpr] = {}
        order = self.nodes_below(top)
        self.find_leaves(order)
        for node in order:
            self.became[node.name] = self.copy_of(node)
        #: The tree itself, and what it may be tried with.
        self.root = self.at_hand(top)
        self.examples = (*[each.meta for each in self.inputs], *[parts[0] for parts in self.parts])

    def nodes_below(self, top: FrameExpr) -> list[FrameExpr]:
        """Members, children before parents."""
        found, stack, seen = [], [(top, False)], set()
        while stack:
            node, ready = stack.pop()
            if ready:
                found.append(node)
            elif node.name in self.inside and node.name not in seen:
                seen.add(node.name)
                stack.append((node, True))
                stack.extend([(each, False) for each in self.read_by(node)])
        return found

    def read_by(self, node: FrameExpr) -> list[FrameExpr]:
        """What a member reads."""
        if isinstance(node, Merge):
            sides = self.divider.sides_of(node)
            assert sides is not None
            return list(sides)
        return [each for each in node.children if isinstance(each, FrameExpr)]

    def find_leaves(self, order: list[FrameExpr]) -> None:
        """Number what comes from outside: blocks first, then parts of files."""
        outside = {} if order else {self.top.name: self.top}
        for node in order:
            for each in self.read_by(node):
                if each.name not in self.inside:
                    outside[each.name] = each
        scans = {}
        for each in outside.values():
            scan = self.scan_of(each)
            if scan is None:
                self.leaves[each.name] = BlockInput(len(self.inputs), self.like(each))
                self.inputs.append(each)
            else:
                scans[each.name] = (each, scan)
        for name, (each, (scan, parts)) in scans.items():
            self.leaves[name] = ScanInput(len(self.inputs) + len(self.parts), self.like(each), scan)
            self.parts.append(parts)
            self.extra += each.dataset.workspace(each.chosen)  # type: ignore[attr-defined]

    def like(self, frame: FrameExpr) -> Like:
        """What is known of a leaf; all frames in a piece have one partition, so have trees of it."""
        return Like.of(frame, 1)

    def scan_of(self, frame: FrameExpr) -> tuple[Any, tuple[Any, ...]] | None:
        """How the engine scans a source by itself, and its parts; None if it is handed the blocks."""
        divider = self.divider
        if (
            not isinstance(frame, ReadParquet)
            or frame.npartitions != self.top.npartitions
            or frame.name in divider.roots
        ):
            return None
        if any(not self.is_member(user) for user in divider.users.get(frame.name, [])):
            return None
        from weft.dataframe.kernels.polars.sources import Scan, ScanPart

        try:
            scan = Scan(frame)
        except Untranslatable:
            return None
        dataset: Any = frame.dataset
        return scan, tuple([ScanPart.of(each, dataset.footers) for each in dataset.planned(frame.predicate)])

    def is_member(self, user: FrameExpr) -> bool:
        """Whether a reader of a source is in this piece: a member, or the groups that it ends with."""
        return user.name in self.inside or user == self.head

    def copy_of(self, node: FrameExpr) -> FrameExpr:
        """A member with the leaves in place of what it reads outside."""
        if isinstance(node, Merge):
            left, right = [self.at_hand(each) for each in self.read_by(node)]
            return LocalMerge(left, right, node.plan, 1, node.broadcast, node.keep_order, None)
        return node.map_children(lambda child: self.at_hand(child))  # type: ignore[arg-type]

    def at_hand(self, node: FrameExpr) -> FrameExpr:
        """What stands for a node in the tree."""
        return self.became[node.name] if node.name in self.became else self.leaves[node.name]

    def blamed(self, vain: frozenset[str]) -> FrameExpr | None:
        """The member that cannot be translated: the lowest of those for which a reason holds."""
        by_copy = {copy.name: name for name, copy in self.became.items()}
        leaves = {leaf.name for leaf in self.leaves.values()}
        for node in self.divider.nodes:
            copy = self.became.get(node.name)
            if copy is None or copy.name not in vain:
                continue
            below = [each.name for each in copy.children]
            if not any(each in vain and each in by_copy for each in below) or any(
                each in vain and each in leaves for each in below
            ):
                return node
        return None


def has_translation(node: FrameExpr) -> bool:
    """Whether the engine knows a node's class."""
    from weft.dataframe.kernels.polars.translator import TRANSLATIONS

    return TRANSLATIONS.has(type(node))


def is_grouped_in_parts(node: FrameExpr) -> bool:
    """Whether a node is an aggregate of groups whose partial results are made partition by partition."""
    if not isinstance(node, GroupbyAggregate) or isinstance(node, DividedGroups) or node.blocks:
        return False
    return node.source.npartitions > 1 and node.source.meta.ndim == 2


def groups_of(node: Any, piece: Piece) -> DividedGroups:
    """Aggregates of groups of which a piece makes the partial results."""
    operands: dict[str, Any] = {field: getattr(node, field) for field in node.fields}
    return DividedGroups(**operands | {"source": piece})


def divided(roots: Sequence[Expr], context: Context) -> Division:
    """What becomes of a forest."""
    return Divider(roots, context).divide()


def division_remarks(trees: Sequence[Expr]) -> list[str]:
    """For each piece what it computes; for what is in none, why."""
    if config.value("dataframe.engine") == "pandas" or not HAS_POLARS:
        return []
    chosen = optimize(trees, ("choose",))
    division = divided(chosen, Context(chosen))
    found = []
    for made in division.pieces.values():
        piece: Any = made.source if isinstance(made, DividedGroups) else made
        inside = [each.label for each in walk(piece.query.root) if not isinstance(each, (BlockInput, ScanInput))]
        inside += [made.label] if isinstance(made, DividedGroups) else []
        scans = len(piece.parts)
        reads = [f"{scans} source{'s' * (scans > 1)} that it scans"] * bool(scans) + [
            each.label for each in piece.inputs
        ]
        found.append(
            f"{' > '.join(inside)}: polars, partition by partition ({piece.npartitions}), of {', '.join(reads)}"
        )
    for label, reason in division.reasons.values():
        found.append(f"{label}: pandas, since {reason}")
    return list(dict.fromkeys(found))
