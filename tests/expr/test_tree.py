from __future__ import annotations

from tests.expr.nodes import Leaf, Minus, Plus

from weft.expr import dependents, difference, find, replace, share, tree_text, walk

A, B = Leaf("a"), Leaf("b")


def test_a_walk_gives_children_first_and_equal_nodes_once():
    assert list(walk(Plus(Minus(A), Plus(A, Leaf("a"))))) == [A, Minus(A), Plus(A, A), Plus(Minus(A), Plus(A, A))]


def test_nodes_are_found_by_class():
    assert find(Plus(Minus(A), B), Minus) == [Minus(A)]
    assert find([A, Minus(B)], Leaf) == [A, B]


def test_replacing_leaves_the_rest_as_it_is():
    untouched = Minus(B)
    changed = replace(Plus(Minus(A), untouched), {A: B})
    assert changed == Plus(Minus(B), Minus(B))
    assert changed.right is untouched


def test_dependents_are_known_for_every_node():
    table = dependents(Plus(A, Minus(A)), Minus(A))
    assert table[A] == [Minus(A), Plus(A, Minus(A))]
    assert table[Plus(A, Minus(A))] == []


def test_equal_nodes_become_one_object():
    (tree,) = share([Plus(Minus(Leaf("a")), Minus(Leaf("a")))])
    assert tree.left is tree.right


def test_trees_are_shown_with_shared_nodes_marked():
    shared = Minus(A)
    assert tree_text(Plus(shared, Plus(shared, B))).splitlines() == [
        "Plus()",
        "  Minus()  #1",
        "    Leaf(text='a', width=1)",
        "  Plus()",
        "    Minus (see #1)",
        "    Leaf(text='b', width=1)",
    ]


def test_a_difference_shows_what_changed():
    assert difference(A, A) == ""
    assert "+  Leaf(text='b', width=1)" in difference(Minus(A), Minus(B)).splitlines()
