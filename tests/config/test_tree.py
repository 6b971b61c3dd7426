"""Nested dictionaries with dotted keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.config import canonical_name, merge, tree, update
from weft.config.tree import MISSING, assign, copied, leaves, lookup, remove
from weft.errors import ConfigError

names = st.sampled_from(["a", "b", "c-d"])
trees = st.dictionaries(
    names, st.recursive(st.integers(), lambda inner: st.dictionaries(names, inner, min_size=1), max_leaves=5)
)
paths = st.lists(names, min_size=1, max_size=3).map(tuple)


@given(trees, trees)
def test_merging_changes_none_of_its_arguments_and_the_later_wins(first, second):
    before = copied(first), copied(second)
    merged = merge(first, second)
    assert (first, second) == before
    assert all(lookup(merged, path) == value for path, value in leaves(second))


@given(trees, trees)
def test_the_old_values_win_when_they_have_priority(first, second):
    merged = update(copied(first), second, priority="old")
    assert all(lookup(merged, path) == value for path, value in leaves(first) if value != {})


def test_new_defaults_replace_only_what_is_still_at_the_old_default():
    defaults = {"x": 1, "y": 3, "z": {"w": 1}}
    merged = update({"x": 1, "y": 2, "z": {"w": 1}}, {"x": 5, "y": 6, "z": {"w": 7}}, "new-defaults", defaults)
    assert merged == {"x": 5, "y": 2, "z": {"w": 7}}


def test_an_unknown_priority_is_an_error():
    with pytest.raises(ConfigError, match="new-defaults"):
        update({}, {}, priority="newest")


@given(trees, paths, st.integers())
def test_what_was_assigned_is_found_and_can_be_removed(nested, path, value):
    assign(nested, path, value)
    assert lookup(nested, path) == value
    assert lookup(nested, tuple(name.replace("-", "_") for name in path)) == value
    assert remove(nested, path) == value
    assert lookup(nested, path) is MISSING


@pytest.mark.parametrize("name", ["a-b_c", "a_b_c", "a-b-c", "a_b-c"])
def test_a_name_is_found_in_any_spelling(name):
    assert canonical_name(name, {"x": 0, "a-b_c": 1}) == "a-b_c"


def test_an_unknown_name_keeps_its_spelling():
    assert canonical_name("a_b", {}) == "a_b"


@pytest.mark.parametrize("key", ["", "a..b", ".a", None, 3])
def test_a_key_that_is_no_dotted_name_is_an_error(key):
    with pytest.raises(ConfigError, match="names joined by dots"):
        tree.path_of(key)
