from __future__ import annotations

import pytest
from tests.expr.nodes import Cut, Leaf, Minus, Plus, Total

from weft.errors import RewriteError
from weft.expr import Context, Expr, Need, Phase, dependents, node, optimize, rewrite, rule

A, B = Leaf("a", 5), Leaf("b", 5)


@rule
def two_minus(node: Minus) -> Expr | None:
    match node:
        case Minus(Minus(source)):
            return source
    return None


@rule
def cut_before_plus(node: Cut, context: Context) -> Expr | None:
    match node:
        case Cut(Plus(left, right) as source, width) if context.is_sole(source):
            return Plus(Cut(left, width), Cut(right, width))
        case Cut(Leaf(text, _), width):
            return Leaf(text, width)
    return None


def test_rules_are_applied_until_none_applies():
    assert rewrite([Minus(Minus(Minus(Minus(A))))], Phase("simplify", [two_minus])) == [A]


def test_a_rule_can_be_tried_by_itself():
    assert two_minus(Minus(Minus(A))) == A
    assert two_minus(Minus(A)) is None
    assert two_minus(A) is None


def test_shared_nodes_are_rewritten_once_and_stay_shared():
    trace = []
    shared = Minus(Minus(A))
    (tree,) = rewrite([Plus(shared, Total((shared, shared)))], Phase("simplify", [two_minus]), trace)
    assert tree == Plus(A, Total((A, A)))
    assert len(trace) == 1


def test_sharing_aware_rules_see_all_roots():
    phase = Phase("simplify", [cut_before_plus])
    alone = Cut(Plus(A, B), 2)
    assert rewrite([alone], phase) == [Plus(Leaf("a", 2), Leaf("b", 2))]
    assert rewrite([alone, Minus(Plus(A, B))], phase) == [alone, Minus(Plus(A, B))]
    assert rewrite([alone, Plus(A, B)], phase) == [alone, Plus(A, B)]


@pytest.mark.parametrize("length", [500, 2000])
def test_pushing_down_a_long_chain_takes_one_pass_and_one_firing_a_node(length):
    tree = A
    for number in range(length):
        tree = Plus(tree, Leaf(str(number), 5))
    trace = []
    (result,) = rewrite([Cut(tree, 1)], Phase("simplify", [cut_before_plus]), trace)
    assert len(trace) == 2 * length + 1
    assert isinstance(result, Plus)


def test_deep_sharing_is_linear():
    tree = A
    for _ in range(60):
        tree = Plus(Minus(Minus(tree)), tree)
    trace = []
    rewrite([tree], Phase("simplify", [two_minus]), trace)
    assert len(trace) == 60


def test_a_rule_that_changes_the_layout_is_named():
    @rule
    def wrong(node: Leaf) -> Expr | None:
        return Leaf(node.text, 9) if node.width != 9 else None

    with pytest.raises(RewriteError, match="the rule 'wrong' changed the width"):
        rewrite([A], Phase("simplify", [wrong]))


def test_a_rule_may_change_what_it_declares():
    @rule(changes=["width"])
    def narrow(node: Leaf) -> Expr | None:
        return Leaf(node.text, 1) if node.width != 1 else None

    assert rewrite([A], Phase("simplify", [narrow])) == [Leaf("a", 1)]


def test_rules_that_go_round_in_circles_are_stopped():
    @rule
    def there(node: Leaf) -> Expr | None:
        return Leaf("b" if node.text == "a" else "a", node.width)

    with pytest.raises(RewriteError, match="go round in circles"):
        rewrite([A], Phase("simplify", [there]))


def test_needs_flow_from_readers_to_sources_also_past_nodes_that_were_replaced():
    @node
    class Blind(Minus):
        def asks(self, child, asked):
            return asked - {Need.INDEX}

    @node
    class Through(Minus):
        def asks(self, child, asked):
            return asked if child == self.source else frozenset()

    context = Context([Blind(Through(A)), Through(B)])
    assert context.needs(A) == {Need.VALUES, Need.ORDER}
    assert context.needs(B) == {Need.VALUES, Need.ORDER, Need.INDEX}
    context.replaced(A, Leaf("c", 5))
    assert context.needs(Leaf("c", 5)) == {Need.VALUES, Need.ORDER}


def test_the_context_agrees_with_the_forest_after_replacements():
    tree = Plus(Minus(Minus(A)), Minus(B))
    context = Context([tree])
    context.replaced(Minus(Minus(A)), A)
    assert context.dependents(Minus(A)) == []
    assert context.dependents(A) == [tree]
    assert set(dependents(tree)) > set(context.dependents(A))


def test_unknown_phases_are_refused():
    with pytest.raises(ValueError, match="no phases"):
        optimize([A], phases=["beautify"])


def test_a_rule_stands_in_a_phase_once():
    phase = Phase("simplify", [two_minus])
    with pytest.raises(ValueError, match="already"):
        phase.add([two_minus])


def test_a_rule_is_not_asked_for_classes_that_it_excepts():
    @rule(but=(Minus,))
    def to_leaf(node: Expr) -> Expr | None:
        return Leaf("made")

    phase = Phase("test", [to_leaf], once=True)

    assert rewrite([Minus(Leaf("a"))], phase)[0] == Minus(Leaf("made"))
    assert to_leaf(Minus(Leaf("a"))) is None


def test_the_books_on_dependents_are_opened_when_a_rule_first_asks():
    tree = Plus(Leaf("a"), Minus(Leaf("a")))
    context = Context([tree])

    context.replaced(tree.right, Leaf("b"))

    assert "_users" not in context.__dict__
    assert context.dependents(Leaf("b")) == [tree]
