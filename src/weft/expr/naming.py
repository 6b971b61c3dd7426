"""Names of nodes: a token of the class and its operands, the same in every process.

Most operands are numbers, text, tuples of these, and other nodes: their text is hashed at once. Whatever else may stand
in a node (dtypes, functions, user objects) goes through `describe`, the one place that decides how such values are told apart.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from typing import Any

__all__ = ["nonce", "token_of"]

#: Types whose repr tells their value and their type.
PLAIN = frozenset({int, str, float, bool, type(None), bytes, complex})


def token_of(*values: Any) -> str:
    """32 hexadecimal digits that depend on nothing but the values.

    >>> token_of("Add", 1) == token_of("Add", 1), token_of("Add", 1) == token_of("Add", 1.0)
    (True, False)
    """
    return digest("\x1f".join(map(encode, values)).encode("utf-8", "surrogatepass"))


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16, usedforsecurity=False).hexdigest()


def nonce() -> str:
    """A token that nothing else has: for impure calls and for data in memory."""
    return os.urandom(16).hex()


def encode(value: Any) -> str:
    """Text that is equal for equal values, and only for those."""
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if kind is tuple:
        if PLAIN.issuperset(map(type, value)):
            return repr(value)
        return f"({','.join(map(encode, value))})"
    return describe(value)


def describe(value: Any) -> str:
    """Text for values beyond numbers, text and tuples."""
    own = getattr(value, "__weft_tokenize__", None)
    if own is not None and not isinstance(value, type):
        return f"{type(value).__qualname__}<{encode(own())}>"
    match value:
        case list():
            return f"[{','.join(map(encode, value))}]"
        case tuple():
            return f"{type(value).__qualname__}({','.join(map(encode, value))})"
        case dict():
            return f"{{{','.join(f'{encode(key)}:{encode(each)}' for key, each in value.items())}}}"
        case set() | frozenset():
            return f"{{{','.join(sorted(map(encode, value)))}}}"
        case slice():
            return f"slice{encode((value.start, value.stop, value.step))}"
    try:
        return f"{type(value).__qualname__}#{digest(pickle.dumps(value, protocol=5))}"
    except Exception:
        return f"{type(value).__qualname__}#{nonce()}"
