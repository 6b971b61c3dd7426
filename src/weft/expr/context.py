"""What rules may ask about the forest around a node: who depends on it, and what they look at.

The books on who depends on whom are kept up to date while nodes are replaced: the old node's dependents count as the
new node's, and what only the old node used is forgotten. A slice that travels down a chain of 2,000 operations therefore
always sees itself as the sole dependent of the next one, and arrives in a single pass.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from weft.expr.facts import Needs
from weft.expr.node import ALL_NEEDS, Expr, walk_objects

__all__ = ["Context"]


class Context:
    """What rules may ask about the forest around a node."""

    def __init__(self, roots: Sequence[Expr]) -> None:
        self._forest = list(roots)
        self._earlier: list[tuple[Expr, Expr]] = []

    _users: dict[Hashable, dict[Hashable, Expr]]
    _roots: set[Hashable]
    _became: dict[Hashable, Expr]
    _settled: set[Hashable]
    _unsettled: dict[Hashable, int]
    _unreached: dict[Hashable, int]
    _freed: list[Expr]
    _asked: dict[Hashable, Needs]
    size: int

    def __getattr__(self, name: str) -> Any:
        # The books are written when somebody first looks into them: most rules never ask.
        if "_forest" not in self.__dict__ or "_users" in self.__dict__:
            raise AttributeError(name)
        self._open()
        return getattr(self, name)

    @property
    def forest(self) -> list[Expr]:
        """The trees that rules are asked about, as they were at first."""
        return self._forest

    def _open(self) -> None:
        users_of: dict[Hashable, dict[Hashable, Expr]] = {}
        self._users = users_of
        self._became = {}
        self._settled = set()
        self._unsettled = unsettled = {}
        self._unreached = {}
        self._freed = []
        self._asked = {}
        self.size = 0
        for node in walk_objects(*self._forest):
            own = node.identity
            if own in users_of:
                continue
            users_of[own] = {}
            unsettled[own] = 0
            for child in node.children:
                users = users_of[child.identity]
                if own not in users:
                    users[own] = node
                    unsettled[child.identity] += 1
            self.size += 1
        for each, users in users_of.items():
            self._unreached[each] = sum([unsettled[user] > 0 for user in users])
        self._roots = {root.identity for root in self._forest}

    def catch_up(self) -> None:
        """Bring the books up to date."""
        earlier, self._earlier = self._earlier, []
        for old, new in earlier:
            self._replaced(old, new)

    def dependents(self, node: Expr) -> list[Expr]:
        """The nodes that have this one as a child. `is_root` tells whether the user wants it as well.

        Of a node that has been replaced they are those of what it has become: dependents that are still to be rebuilt know
        it as it was.
        """
        if self._earlier:
            self.catch_up()
        return list(self._users.get(self._current(node).identity, {}).values())

    def is_root(self, node: Expr) -> bool:
        """Whether the node's own blocks are wanted."""
        if self._earlier:
            self.catch_up()
        return self._current(node).identity in self._roots

    def is_sole(self, node: Expr) -> bool:
        """Whether only one node depends on this one, and the user does not want its blocks."""
        return not self.is_root(node) and len(self.dependents(node)) <= 1

    def needs(self, node: Expr) -> Needs:
        """What is looked at in a node, by all who depend on it."""
        if self._earlier:
            self.catch_up()
        known = self._asked
        stack = [node]
        while stack:
            each = stack[-1]
            if each.identity in known:
                stack.pop()
                continue
            if each.identity in self._roots:
                known[each.identity] = ALL_NEEDS
                continue
            users = self.dependents(each)
            waiting = [user for user in users if user.identity not in known]
            if waiting:
                stack.extend(waiting)
                continue
            asked: Needs = frozenset()
            for user in users:
                for child in user.children:
                    if self._current(child).identity == each.identity:
                        asked |= user.asks(child, known[user.identity])
            known[each.identity] = asked
        return known[node.identity]

    def replaced(self, old: Expr, new: Expr) -> None:
        """Take note that ``new`` stands where ``old`` stood; the books follow when somebody looks into them."""
        self._earlier.append((old, new))

    def _replaced(self, old: Expr, new: Expr) -> None:
        if self._asked:
            self._asked.pop(new.identity, None)
            self._forget_below(old)
            self._forget_below(new)
        self._enter(new)
        self._became[old.identity] = new
        self._became.pop(new.identity, None)
        users = self._users.pop(old.identity, {})
        own = self._users[new.identity]
        for name, user in users.items():
            if name not in own:
                own[name] = user
                self._unreached[new.identity] = self._unreached.get(new.identity, 0) + (
                    self._unsettled.get(name, 0) > 0
                )
                if name not in self._settled:
                    self._count(new, 1)
        if old.identity in self._roots:
            self._roots.discard(old.identity)
            self._roots.add(new.identity)
        self._leave(old)

    def _forget_below(self, node: Expr) -> None:
        """What is looked at below a node may have changed: it is known of nodes only if it is known of all above them."""
        stack = list(node.children)
        while stack:
            child = self._current(stack.pop())
            if self._asked.pop(child.identity, None) is not None:
                stack.extend(child.children)

    def settle(self, node: Expr) -> None:
        """Take note that no rule has anything to say about a node any more."""
        if node.identity in self._settled:
            return
        self._settled.add(node.identity)
        for child in self._distinct(node):
            self._count(child, -1)

    def is_settled(self, node: Expr) -> bool:
        """Whether no rule has anything to say about a node."""
        return node.identity in self._settled

    def is_free(self, node: Expr) -> bool:
        """Whether all dependents of a node are settled."""
        return not self._unsettled.get(node.identity)

    def is_joined(self, node: Expr) -> bool:
        """Whether all who read what this node reads are free as well: rules can see what they are."""
        return not any(self._unreached.get(self._current(child).identity) for child in node.children)

    def ready(self) -> list[Expr]:
        """Nodes whose last dependent has been settled, or left, since they were asked for before."""
        found, self._freed = self._freed, []
        return [node for node in found if node.identity in self._users and not self._unsettled.get(node.identity)]

    def _count(self, node: Expr, by: int) -> None:
        """A dependent of a node has been settled or is gone (-1), or there is one more to settle (1)."""
        before = self._unsettled.get(node.identity, 0)
        self._unsettled[node.identity] = after = before + by
        if not after:
            self._freed.append(node)
        if not after or not before:
            for child in self._distinct(node):
                if node.identity in self._users.get(child.identity, ()):
                    self._unreached[child.identity] = self._unreached.get(child.identity, 0) + by

    def _distinct(self, node: Expr) -> list[Expr]:
        """A node's children as they are now, each once."""
        children = [self._current(child) for child in node.children]
        return children if len(children) < 2 else list({child.identity: child for child in children}.values())

    def _current(self, node: Expr) -> Expr:
        """What a node has become: dependents that are still to be rebuilt know it as it was."""
        while node.identity in self._became:
            node = self._became[node.identity]
        return node

    def _enter(self, new: Expr) -> None:
        stack = [new]
        while stack:
            node = stack.pop()
            self._users.setdefault(node.identity, {})
            for child in map(self._current, node.children):
                users = self._users.get(child.identity)
                if users is None:
                    users = self._users[child.identity] = {}
                    stack.append(child)
                if node.identity not in users:
                    users[node.identity] = node
                    if self._unsettled.get(node.identity):
                        self._unreached[child.identity] = self._unreached.get(child.identity, 0) + 1
                    if node.identity not in self._settled:
                        self._count(child, 1)

    def _leave(self, old: Expr) -> None:
        stack = [old]
        while stack:
            node = stack.pop()
            for child in map(self._current, node.children):
                users = self._users.get(child.identity)
                if users is None:
                    continue
                if users.pop(node.identity, None) is not None:
                    if self._unsettled.get(node.identity):
                        self._unreached[child.identity] = self._unreached.get(child.identity, 0) - 1
                    if node.identity not in self._settled:
                        self._count(child, -1)
                if not users and child.identity not in self._roots:
                    del self._users[child.identity]
                    stack.append(child)
