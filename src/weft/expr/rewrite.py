"""Rewriting: small rules, a driver that applies them to whole forests, and the table of all phases.

A *rule* is a function from one node to an equivalent node, or to None where it does not apply. Its first parameter's
annotation says for which classes of nodes it is asked; a second parameter, if it has one, is the `Context`, which answers
questions about the forest around the node: who depends on it, and what they look at.

A *phase* is an ordered tuple of rules. The driver goes down from the roots: at each node it applies the first rule that
has something to say until none has, then turns to the children, then asks once more with the children as they have
become. Every node is done once however many parents share it, so a pass costs time linear in the forest; passes are
repeated until one changes nothing, unless the phase says that one is enough.

Where passes are repeated, a node is asked only when all its dependents have been. What rules move down (slices, columns,
predicates) thus arrives from all sides before it moves on together: a chain in which each node reads the one before it
twice takes one pass as well, not one for each node.

After every rule the driver compares the two nodes' signatures (meta and layout): a rule that changes what it must keep is
caught at once, with its name. What happened can be read from the trace.
"""

from __future__ import annotations

import types
import typing
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from weft.errors import RewriteError
from weft.expr.context import Context
from weft.expr.node import Expr, walk_objects
from weft.expr.sharing import share
from weft.graph.plan import paused_collector
from weft.records import record

__all__ = ["PIPELINE", "Phase", "Rule", "Trace", "add_later", "add_rules", "optimize", "rewrite", "rule"]

#: Rules that fire more often than this many times for each node of a forest are taken to go round in circles.
FIRINGS_PER_NODE = 200
#: Nodes that are looked at for one whose neighbours can be seen, before one is asked without that.
TRIES = 8


@record
class Rule:
    """A rewrite rule: what `rule` makes of a function."""

    function: Callable[..., Expr | None]
    heads: tuple[type[Expr], ...]
    wants_context: bool
    changes: frozenset[str] = frozenset()
    but: tuple[type[Expr], ...] = ()

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, node: Expr, context: Context | None = None) -> Expr | None:
        """The rule's answer for one node; without a context as if it stood alone, wanted by the user."""
        if not isinstance(node, self.heads) or isinstance(node, self.but):
            return None
        if self.wants_context:
            return self.function(node, context or Context([node]))
        return self.function(node)


@typing.overload
def rule(function: Callable[..., Expr | None]) -> Rule: ...
@typing.overload
def rule(
    *, changes: Iterable[str] = (), but: tuple[type[Expr], ...] = ()
) -> Callable[[Callable[..., Expr | None]], Rule]: ...
def rule(
    function: Callable[..., Expr | None] | None = None,
    *,
    changes: Iterable[str] = (),
    but: tuple[type[Expr], ...] = (),
) -> Any:
    """Make a function a rule; the annotation of its first parameter tells the classes that it is asked for.

    Parameters
    ----------
    changes : iterable of str
        Entries of the signature that the rule may change, because it has made sure that nobody looks at them.
    but : tuple of classes
        Subclasses of the first parameter's class that the rule is not asked for.
    """

    def decorate(function: Callable[..., Expr | None]) -> Rule:
        first = function.__code__.co_varnames[0]
        hint = function.__annotations__[first]
        if isinstance(hint, str):
            hint = eval(hint, function.__globals__)  # this one alone: the others need not be looked up
        heads = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        return Rule(function, heads, function.__code__.co_argcount > 1, frozenset(changes), but)

    return decorate if function is None else decorate(function)


class Step(NamedTuple):
    """A rule that fired."""

    phase: str
    rule: str
    before: Expr
    after: Expr


#: What happened, in order.
Trace = list[Step]


class Phase:
    """Rules that are applied together.

    Parameters
    ----------
    name : str
    rules : iterable of Rule
        In order: the first that applies to a node is taken.
    once : bool
        Whether one pass is enough, because rules answer with nodes that the pass itself goes on to.
    concerns : callable, optional
        Whether a forest has anything for the rules at all: a quick look that saves the pass.
    """

    def __init__(
        self,
        name: str,
        rules: Iterable[Rule] = (),
        *,
        once: bool = False,
        concerns: Callable[[Sequence[Expr]], bool] | None = None,
    ) -> None:
        self.name = name
        self.rules = list(rules)
        self.once = once
        self.closing: list[Rule] = []
        self.concerns = concerns
        self._by_class: dict[type, tuple[Rule, ...]] = {}

    def add(self, rules: Iterable[Rule]) -> None:
        """Append rules; one that is there already is an error."""
        for each in rules:
            if each in self.rules:
                raise ValueError(f"the rule {each.name!r} stands in the phase {self.name!r} already")
            self.rules.append(each)
        self._by_class.clear()

    def close(self, rules: Iterable[Rule]) -> None:
        """Append rules that are asked after all others."""
        self.closing.extend(rules)
        self._by_class.clear()

    def rules_for(self, kind: type[Expr]) -> tuple[Rule, ...]:
        """The rules that may apply to nodes of a class."""
        found = self._by_class.get(kind)
        if found is None:
            every = (*self.rules, *self.closing)
            found = self._by_class[kind] = tuple(
                [each for each in every if issubclass(kind, each.heads) and not issubclass(kind, each.but)]
            )
        return found


def rewrite(roots: Sequence[Expr], phase: Phase, trace: Trace | None = None) -> list[Expr]:
    """Apply a phase to several trees at once.

    Parameters
    ----------
    roots : sequence of Expr
    phase : Phase
    trace : list, optional
        Gets a `Step` for each rule that fires.

    Raises
    ------
    RewriteError
        A rule changed meta or layout, or the rules go round in circles.
    """
    trees = list(roots)
    steps: Trace = [] if trace is None else trace
    while True:
        if phase.once:
            return share(_Pass(trees, phase, steps).run())
        nodes = walk_objects(*trees)
        if not any(map(phase.rules_for, set(map(type, nodes)))):
            return trees
        # Where nothing is shared, a node has been asked after its dependents anyhow.
        is_shared = len(trees) + sum([len(node.children) for node in nodes]) > len(nodes)
        fired = len(steps)
        trees = (_Descent if is_shared else _Pass)(trees, phase, steps).run()
        if len(steps) == fired or not has_more(trees, phase):
            return trees


def has_more(trees: list[Expr], phase: Phase) -> bool:
    """Whether a rule of a phase has something to say about a forest: asked far more cheaply than rewriting it would be."""
    context = Context(trees)
    for node in walk_objects(*trees):
        for each in phase.rules_for(type(node)):
            new = each.function(node, context) if each.wants_context else each.function(node)
            if new is not None and new is not node and new.name != node.name:
                return True
    return False


class _Pass:
    """One walk of the driver over a forest."""

    def __init__(self, roots: list[Expr], phase: Phase, trace: Trace) -> None:
        self.roots = roots
        self.phase = phase
        self.trace = trace
        self.context = Context(roots)
        self.done: dict[Hashable, Expr] = {}
        self.firings = 0

    def run(self) -> list[Expr]:
        for root in self.roots:
            self.visit(root)
        return [self.done[root.identity] for root in self.roots]

    def visit(self, root: Expr) -> None:
        """Rewrite a tree: nodes first, then their children, then the nodes with their new children."""
        done, result = self.done, self.done.__getitem__
        stack: list[tuple[list[Hashable], Expr, bool]] = [([], root, False)]
        while stack:
            names, node, opened = stack.pop()
            if not opened:
                if node.identity not in done and (new := self.apply(node)) is not None:
                    stack.append(([*names, node.identity], new, False))
                elif node.identity in done:
                    final = result(node.identity)
                    for name in names:
                        done[name] = final
                else:
                    stack.append((names, node, True))
                    stack.extend([([], child, False) for child in node.children if child.identity not in done])
                continue
            rebuilt = node
            for child in node.children:
                if done[child.identity] is not child:
                    rebuilt = node.map_children(lambda child: result(child.identity))
                    break
            names.append(node.identity)
            if rebuilt is not node:
                if rebuilt.identity != node.identity:
                    self.context.replaced(node, rebuilt)
                    if (new := self.apply(rebuilt)) is not None:
                        stack.append(([*names, rebuilt.identity], new, False))
                        continue
                names.append(rebuilt.identity)
            for name in names:
                done[name] = rebuilt

    def apply(self, node: Expr) -> Expr | None:
        """The node that the first fitting rule makes of this one, if any."""
        for each in self.phase.rules_for(type(node)):
            new = each.function(node, self.context) if each.wants_context else each.function(node)
            if new is None or new is node or (type(new) is type(node) and new.name == node.name):
                continue
            check(each, node, new)
            self.trace.append(Step(self.phase.name, each.name, node, new))
            self.context.replaced(node, new)
            self.firings += 1
            if self.firings > 10 * FIRINGS_PER_NODE and self.firings > FIRINGS_PER_NODE * (self.context.size + 10):
                recent = [step.rule for step in self.trace[-6:]]
                raise RewriteError(
                    f"the rules of the phase {self.phase.name!r} go round in circles at {node!r}: "
                    f"{', '.join(recent)}. One of them must not undo what another does."
                )
            return new
        return None


class _Descent(_Pass):
    """A walk on which a node is asked when all its dependents have been, and who shares its children can be seen."""

    def run(self) -> list[Expr]:
        context = self.context
        became: dict[Hashable, Expr] = {}
        waiting = list(dict.fromkeys(root for root in self.roots if not context.dependents(root)))
        later: deque[Expr] = deque()
        while waiting or later:
            if waiting:
                node = waiting.pop()
                if not context.is_joined(node):
                    later.append(node)
                    continue
            else:
                node = later.popleft()
                for _ in range(min(TRIES, len(later))):
                    if context.is_joined(node):
                        break
                    later.append(node)
                    node = later.popleft()
            if node.identity in became or context.is_settled(node):
                continue
            new = self.apply(node)
            if new is not None:
                context.catch_up()
            if new is None:
                context.settle(node)
            else:
                became[node.identity] = new
                became.pop(new.identity, None)
                if not context.is_settled(new) and context.is_free(new):
                    waiting.append(new)
            waiting += context.ready()
        for root in self.roots:
            self.rebuild(root, became)
        return [self.done[root.identity] for root in self.roots]

    def rebuild(self, root: Expr, became: dict[Hashable, Expr]) -> None:
        """Put together what nodes have become, from the leaves upwards; nodes with new children are asked again."""
        done = self.done
        stack: list[tuple[list[Hashable], Expr, bool]] = [([], root, False)]
        while stack:
            names, node, opened = stack.pop()
            if not opened:
                if node.identity in done:
                    for name in names:
                        done[name] = done[node.identity]
                elif node.identity in became:
                    stack.append(([*names, node.identity], became[node.identity], False))
                else:
                    stack.append((names, node, True))
                    stack.extend([([], child, False) for child in node.children if child.identity not in done])
                continue
            final = node.map_children(lambda child: done[child.identity])
            if final.identity != node.identity:
                self.context.replaced(node, final)
                while final.identity not in done and (new := self.apply(final)) is not None:
                    names.append(final.identity)
                    final = new
                final = done.get(final.identity, final)  # what others read as well stays one node with theirs
            for name in (*names, node.identity, final.identity):
                done[name] = final


def check(by: Rule, before: Expr, after: Expr) -> None:
    """Raise RewriteError if a rule changed what it must keep."""
    old, new = before.signature, after.signature
    for entry, value in old.items():
        if entry in new and entry not in by.changes and new[entry] != value:
            raise RewriteError(
                f"the rule {by.name!r} changed the {entry} of {before!r}: it was {value!r}, "
                f"and is {new[entry]!r} in {after!r}. A rule must give an equivalent node, or None."
            )


#: All phases in the order in which they run; collections add their rules when they are imported.
PIPELINE: dict[str, Phase] = {
    "simplify": Phase("simplify"),
    "choose": Phase("choose", once=True),
    "divide": Phase("divide", once=True),
    "lower": Phase("lower", once=True),
    "hold": Phase("hold", once=True),
    "fuse": Phase("fuse", once=True),
}


#: What adds rules when a first expression is optimised, and the lock of who does it.
LATER: list[Callable[[], None]] = []
COMPLETING = allocate_lock()


def add_rules(**rules: Iterable[Rule]) -> None:
    """Append a collection's rules, by phase: ``add_rules(simplify=(...), lower=(...))``."""
    for name, each in rules.items():
        PIPELINE[name].add(each)


def add_later(load: Callable[[], None]) -> None:
    """Have rules added when the first expression is optimised: with all that they look at they take long to import."""
    LATER.append(load)


def complete() -> None:
    """Add the rules that wait for a first expression; another thread that has one meanwhile waits, too."""
    with COMPLETING:
        while LATER:
            LATER[0]()
            del LATER[0]


def optimize(roots: Sequence[Expr], phases: Iterable[str] | None = None, trace: Trace | None = None) -> list[Expr]:
    """Run all phases, jointly over several expressions.

    Parameters
    ----------
    roots : sequence of Expr
    phases : iterable of str, optional
        Only these, in the pipeline's order. ``("lower",)`` gives a plan without any optimisation.
    trace : list, optional
        Gets a `Step` for each rule that fires.

    Returns
    -------
    list of Expr
        One for each root, in order.
    """
    wanted = set(PIPELINE if phases is None else phases)
    if unknown := wanted - set(PIPELINE):
        raise ValueError(f"there are no phases {sorted(unknown)}; there are {list(PIPELINE)}")
    if LATER:
        complete()
    with paused_collector():
        trees = share(roots)
        for name, phase in PIPELINE.items():
            if name in wanted and (phase.concerns is None or phase.concerns(trees)):
                trees = rewrite(trees, phase, trace)
    return trees
