"""Names of nodes: a token of the class and its operands, the same in every process.

Most operands are numbers, text, tuples of these, functions, and other nodes, which stand by their own names: their text is
joined and hashed at once. What else may stand in a node goes through `weft.tokenize`.
"""

from __future__ import annotations

import os
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType
from typing import Any

from weft.tokenize import tokenize

__all__ = ["encode", "nonce", "token_of"]

#: Types whose repr tells their value and their type.
PLAIN = frozenset({int, str, float, bool, type(None), bytes, complex})
#: Kinds of NumPy's dtypes that are told apart by letter and size alone.
SIMPLE_KINDS = "biufcSUMmO"


def token_of(*values: Any) -> str:
    """32 hexadecimal digits that depend on nothing but the values.

    >>> token_of("Add", 1) == token_of("Add", 1), token_of("Add", 1) == token_of("Add", 1.0)
    (True, False)
    """
    text = "\x1f".join(map(encode, values)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16, usedforsecurity=False).hexdigest()


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
    own = getattr(kind, "__weft_tokenize__", None)
    if own is not None:
        token = own(value)
        return f"{kind.__qualname__}<{token if type(token) is str else encode(token)}>"
    if isinstance(value, tuple):
        return f"{kind.__qualname__}{encode(tuple(value))}"
    if isinstance(value, Enum):
        return str(value)
    if kind.__module__ == "numpy.dtypes" and value.kind in SIMPLE_KINDS:
        return f"dtype{value.str}"
    if kind is FunctionType or kind is BuiltinFunctionType or kind.__name__ == "ufunc":
        return token_of_function(value)
    return f"{kind.__qualname__}#{tokenize(value)}"


@lru_cache(maxsize=1024)
def token_of_function(function: Any) -> str:
    """Token of a function; the same few stand in thousands of nodes."""
    return f"function#{tokenize(function)}"
