from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from tests.expr.nodes import Cut, Leaf, Minus, Plus, Total

from weft.expr import Expr, Held, derived, node


def deep(length):
    tree = Leaf("x", 3)
    for _ in range(length):
        tree = Minus(tree)
    return tree


def test_equal_operands_make_equal_nodes_and_names():
    assert Plus(Leaf("a"), Leaf("b")) == Plus(Leaf("a"), Leaf("b"))
    assert hash(Leaf("a")) == hash(Leaf("a"))
    assert Leaf("a", 1).name != Leaf("a", 2).name
    assert Leaf("a", 1).name != Leaf("a", True).name
    assert Cut(Leaf("a"), 1).name != Minus(Leaf("a")).name


def test_names_are_the_same_in_another_process():
    code = "from tests.expr.nodes import *; print(Plus(Leaf('a'), Minus(Leaf('b', 2))).name)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == Plus(Leaf("a"), Minus(Leaf("b", 2))).name


def test_nodes_do_not_change():
    with pytest.raises(AttributeError, match="with_operands"):
        Leaf("a").text = "b"
    with pytest.raises(AttributeError, match="do not change"):
        del Leaf("a").text


def test_children_are_found_within_tuples():
    a, b = Leaf("a"), Leaf("b")
    assert Total((a, b)).children == (a, b)
    assert Total((a, b)).map_children(Minus).children == (Minus(a), Minus(b))


def test_changed_copies_keep_the_other_operands_and_unchanged_ones_are_the_node_itself():
    leaf = Leaf("a", 2)
    assert leaf.with_operands(text="b") == Leaf("b", 2)
    assert leaf.with_operands(text=leaf.text) is leaf
    assert leaf.map_children(Minus) is leaf


def test_nodes_can_be_matched():
    match Plus(Leaf("a", 7), Leaf("b")):
        case Plus(Leaf(text, width), _):
            assert (text, width) == ("a", 7)


def test_a_field_may_be_called_as_anything():
    @node
    class Odd(Expr):
        values: int
        self_: int = 3

    assert Odd(1).operands == (1, 3)


def test_fields_of_bases_come_first():
    @node
    class Wide(Minus):
        extra: int = 0

    assert Wide.fields == ("source", "extra")


def test_derived_facts_are_computed_once():
    calls = []

    @node
    class Counted(Expr):
        @derived
        def fact(self):
            calls.append(1)
            return 42

    counted = Counted()
    assert (counted.fact, counted.fact, len(calls)) == (42, 42, 1)


def test_trees_of_any_depth_have_names_and_facts_and_can_be_pickled():
    tree = deep(10_000)
    again = pickle.loads(pickle.dumps(tree))
    assert again == tree
    assert again.name == deep(10_000).name


def test_a_held_object_has_one_name_as_long_as_it_is_held():
    value = [1, 2]
    held = Held.of(value)
    assert Held.of(value) is held
    assert Held.of([1, 2]).token != held.token
    assert pickle.loads(pickle.dumps(held)).token == held.token
    assert Held.of(value, name=False).token != held.token


def test_a_held_object_is_named_by_content_or_text_only_if_asked():
    assert Held.of([1, 2], name=True).token == Held.of([1, 2], name=True).token
    assert Held.of([1, 2], name="mine").token == Held.of("other", name="mine").token
