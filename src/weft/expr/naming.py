"""Names of nodes: a token of the class and its operands, the same in every process.

Most operands are numbers, text, tuples of these, functions, and other nodes, which stand by their own names: their text is
joined and hashed at once. What else may stand in a node goes through `weft.tokenize`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from functools import lru_cache, partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

from weft.records import TEXT, is_record
from weft.tokenize import tokenize

try:
    from _blake2 import blake2b  # hashlib's own; hashlib loads OpenSSL besides, which takes 3 ms of an import
except ImportError:
    from hashlib import blake2b

__all__ = ["encode", "encode_other", "nonce", "token_of", "written_by"]

#: Types whose repr tells their value and their type.
PLAIN = frozenset({int, str, float, bool, type(None), bytes, complex})
#: Kinds of NumPy's dtypes that are told apart by letter and size alone.
SIMPLE_KINDS = "biufcSUMmO"
#: NumPy's types of single numbers that Python has one for, of the same value.
NUMBERS = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
)
#: Packages whose classes stay as they are; those of others are looked at each time.
LASTING = frozenset({"weft", "numpy", "builtins"})
#: How values of a type are written.
WAYS: dict[type, Callable[[Any], str]] = {}


def token_of(*values: Any) -> str:
    """32 hexadecimal digits that depend on nothing but the values.

    >>> token_of("Add", 1) == token_of("Add", 1), token_of("Add", 1) == token_of("Add", 1.0)
    (True, False)
    """
    text = "\x1f".join([repr(each) if type(each) in PLAIN else encode(each) for each in values])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, usedforsecurity=False).hexdigest()


def nonce() -> str:
    """A token that nothing else has: for impure calls and for data in memory."""
    return os.urandom(16).hex()


def encode(value: Any) -> str:
    """Text that is equal for equal values, and only for those."""
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    way = WAYS.get(kind) or way_of(kind)
    return way(value)


def way_of(kind: type) -> Callable[[Any], str]:
    """How values of a type are written: looked up once for each type."""
    own = getattr(kind, "__weft_tokenize__", None)
    way: Callable[[Any], str]
    if kind is tuple:
        way = encode_tuple
    elif own is not None:
        way = partial(encode_record if is_record(kind) else encode_by_method, own, kind.__qualname__)
    elif issubclass(kind, tuple):
        way = partial(encode_tuple_like, kind.__qualname__)
    elif issubclass(kind, Enum):
        way = str
    elif kind.__module__ == "numpy.dtypes":
        way = encode_dtype
    elif kind.__module__ == "numpy" and kind.__name__ in NUMBERS:
        way = partial(encode_number, kind.__name__)
    elif kind is FunctionType or kind is BuiltinFunctionType or kind.__name__ == "ufunc":
        way = token_of_function
    else:
        way = partial(encode_other, kind.__qualname__)
    if kind.__module__.partition(".")[0] in LASTING:
        WAYS[kind] = way
    return way


def written_by(kind: type, way: Callable[[Any], str]) -> None:
    """Have values of a type written by a function, which must give equal text for equal values, and only for those.

    What is not said here of other libraries' types is found out by `weft.tokenize`, which takes ten times as long.
    """
    WAYS[kind] = way


def encode_tuple(value: tuple[Any, ...]) -> str:
    if PLAIN.issuperset(map(type, value)):
        return repr(value)
    return f"({','.join([repr(each) if type(each) in PLAIN else encode(each) for each in value])})"


def encode_tuple_like(name: str, value: tuple[Any, ...]) -> str:
    return name + encode_tuple(tuple(value))


def encode_number(name: str, value: Any) -> str:
    """One of NumPy's numbers: its text depends on options of NumPy's, that of the same number of Python's does not."""
    return f"{name}:{value.item()!r}"


def encode_by_method(method: Callable[[Any], Any], name: str, value: Any) -> str:
    token = method(value)
    return f"{name}<{token if type(token) is str else encode(token)}>"


def encode_record(method: Callable[[Any], Any], name: str, value: Any) -> str:
    """The same for what does not change: written once, and kept with it."""
    own = value.__dict__
    text: str | None = own.get(TEXT)
    if text is None:
        text = own[TEXT] = encode_by_method(method, name, value)
    return text


def encode_dtype(value: Any) -> str:
    return dtype_text(value) if value.kind in SIMPLE_KINDS else f"{type(value).__qualname__}#{tokenize(value)}"


@lru_cache(maxsize=256)
def dtype_text(value: Any) -> str:
    return f"dtype{value.str}"


def encode_other(name: str, value: Any) -> str:
    return f"{name}#{tokenize(value)}"


@lru_cache(maxsize=1024)
def token_of_function(function: Any) -> str:
    """Token of a function; the same few stand in thousands of nodes."""
    return f"function#{tokenize(function)}"
