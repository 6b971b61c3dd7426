"""Keys: what blocks are called.

A key is a name, or a name followed by the block's place: ``"sum-ab12"``, ``("ones-9f3c", 0, 4)``. Names end in a
token or a number that nobody wants to read; :func:`key_split` gives the part for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from weft.typing import Key

__all__ = ["check_key", "flatten_keys", "is_key", "key_name", "key_split"]

#: The first word of a tuple written as text.
WRITTEN = r"""[_'"]*\(['"]?([^'",()]+)"""
TOKEN = r"[-_]?(?:[0-9a-f]{8,}|[0-9]+)$"


def is_key(value: Any) -> bool:
    """Whether a value can be a key: text, bytes, a number, or a non-empty tuple of keys.

    >>> is_key("x"), is_key(("x", 0, 1)), is_key(["x"])
    (True, True, False)
    """
    if isinstance(value, tuple):
        return bool(value) and all(map(is_key, value))
    return isinstance(value, (str, bytes, int, float))


def check_key(key: Any) -> None:
    """Raise TypeError for what cannot be a key."""
    if not is_key(key):
        raise TypeError(
            f"cannot use {key!r} (a {type(key).__name__}) as a key. "
            "Keys are str, bytes, int, float, or tuples of them such as ('x', 0, 1)."
        )


def key_name(key: Key) -> str:
    """The name that a key belongs to: of ``("x-12", 0)`` it is ``"x-12"``."""
    while isinstance(key, tuple):
        key = key[0]
    return key if isinstance(key, str) else str(key)


def key_split(key: Any) -> str:
    """The part of a key that tells people what it is, without tokens and numbers.

    >>> key_split("mean-agg-4f3c9a1be77d"), key_split(("ones-ab12cd34ef", 0, 1)), key_split("x-1")
    ('mean-agg', 'ones', 'x')

    Text that was made of a tuple counts as that tuple, and what is no key is "Other":

    >>> key_split("('x-2', 1)"), key_split("_(x)"), key_split(None)
    ('x', 'x', 'Other')
    """
    if key is None:
        return "Other"
    name = key.decode(errors="replace") if isinstance(key, bytes) else key_name(key)
    if "(" in name and (inner := re.match(WRITTEN, name)):
        name = inner[1]
    short = re.sub(TOKEN, "", name)
    return short or name


def flatten_keys(keys: Any) -> Iterator[Key]:
    """Keys of a nested list of keys, in order (tuples are keys).

    >>> list(flatten_keys([["a", ("b", 0)], "c"]))
    ['a', ('b', 0), 'c']
    """
    stack: list[Iterator[Any]] = [iter([keys])]
    while stack:
        for item in stack[-1]:
            if isinstance(item, Iterable) and not isinstance(item, (str, bytes, tuple)):
                stack.append(iter(item))
                break
            yield item
        else:
            stack.pop()
