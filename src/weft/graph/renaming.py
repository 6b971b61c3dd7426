"""New keys for the same work: what a clone of a collection is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.graph.key import check_key, key_name, key_split
from weft.tokenize import tokenize
from weft.typing import Key

__all__ = ["clone_key", "get_name_from_key", "replace_name_in_key"]


def get_name_from_key(key: Key) -> str:
    """The name that a key belongs to.

    >>> get_name_from_key(("x-12", 0)), get_name_from_key("x-12")
    ('x-12', 'x-12')

    Raises
    ------
    TypeError
        For what is no key.
    """
    check_key(key)
    return key_name(key)


def replace_name_in_key(key: Key, rename: Mapping[str, str]) -> Key:
    """The key with another name, if ``rename`` has one for its name.

    >>> replace_name_in_key(("x", 0), {"x": "y"}), replace_name_in_key("z", {"x": "y"})
    (('y', 0), 'z')
    """
    if isinstance(key, tuple):
        return (replace_name_in_key(key[0], rename), *key[1:])
    return rename.get(key, key) if isinstance(key, str) else key


def clone_key(key: Key, seed: Any) -> Key:
    """Another key for the same work, the same for the same ``seed``.

    >>> clone = clone_key(("sum-0123456789abcdef", 1), seed=1)
    >>> clone[0].startswith("sum-"), clone[1:], clone == clone_key(("sum-0123456789abcdef", 1), seed=1)
    (True, (1,), True)
    """
    if isinstance(key, tuple):
        return (clone_key(key[0], seed), *key[1:])
    check_key(key)
    return f"{key_split(key)}-{tokenize(key, seed)}"
