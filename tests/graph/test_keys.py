"""Keys, their names, and the names of clones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.graph.key import check_key, flatten_keys, is_key, key_name, key_split
from weft.graph.renaming import clone_key, get_name_from_key, replace_name_in_key

KEYS = st.recursive(
    st.one_of(st.text(), st.integers(), st.binary()), lambda inner: st.lists(inner, min_size=1, max_size=3).map(tuple)
)


@given(KEYS)
def test_keys_are_keys_and_have_a_name(key):
    assert is_key(key)
    check_key(key)
    assert isinstance(key_name(key), str)
    assert isinstance(key_split(key), str)


@pytest.mark.parametrize("value", [None, [], (), ("x", None), {"x"}, (abs, 1)])
def test_what_is_no_key_is_refused(value):
    assert not is_key(value)
    with pytest.raises(TypeError, match="as a key"):
        check_key(value)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("x-1", "x"),
        ("hello-world-1", "hello-world"),
        (("x-2", 1), "x"),
        (b"x-1", "x"),
        ("sum-4f3c9a1be77d0011", "sum"),
        ("x", "x"),
        ("123", "123"),
    ],
)
def test_people_see_keys_without_tokens(key, shown):
    assert key_split(key) == shown


def test_nested_keys_are_flattened_and_tuples_are_keys():
    assert list(flatten_keys([["a", ("b", 0)], [["c"]]])) == ["a", ("b", 0), "c"]
    assert list(flatten_keys("a")) == ["a"]


@given(KEYS, st.integers())
def test_a_clone_has_another_name_the_same_places_and_is_the_same_for_the_same_seed(key, seed):
    clone = clone_key(key, seed)
    assert clone != key
    assert clone == clone_key(key, seed)
    assert clone != clone_key(key, seed + 1)
    assert not isinstance(key, tuple) or clone[1:] == key[1:]


def test_names_are_replaced_where_they_are_known():
    assert replace_name_in_key(("x", 0, 1), {"x": "y"}) == ("y", 0, 1)
    assert replace_name_in_key("x", {"z": "y"}) == "x"
    assert get_name_from_key(("x", 1)) == "x"
    with pytest.raises(TypeError):
        get_name_from_key(["x"])
