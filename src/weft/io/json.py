"""JSON at the speed of the fastest library that is installed, with the results of Python's own.

``orjson`` is several times faster than the module ``json``, and differs from it in what few documents contain: it refuses NaN,
infinities, lone surrogates and deep nesting, and makes floats of integers beyond 64 bits. What it refuses is decoded again by
``json``, which knows better or raises; where there may be such an integer, it is not asked at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

__all__ = ["has_long_integers", "json_library", "loads", "quick_loads"]

#: For `has_long_integers`: every digit becomes a zero.
DIGITS = bytes.maketrans(b"123456789", b"000000000")
#: Digits that an integer of 64 bits has at most.
LONG = b"0" * 20


@cache
def json_library() -> str:
    """Name of the library that decodes JSON: ``orjson`` if it is installed, else ``json``.

    >>> json_library() in ("orjson", "json")
    True
    """
    return "orjson" if find_spec("orjson") else "json"


@cache
def quick_loads() -> Callable[[Any], Any] | None:
    """The fast decoder, if there is one; it raises for documents that ``json`` may know how to decode."""
    try:
        import orjson
    except ImportError:
        return None
    found: Callable[[Any], Any] = orjson.loads
    return found


def has_long_integers(raw: bytes) -> bool:
    """Whether there are so many digits in a row that they may be an integer beyond 64 bits.

    >>> has_long_integers(b'{"a": 12345678901234567890}'), has_long_integers(b'{"a": 1.5}')
    (True, False)
    """
    return LONG in raw.translate(DIGITS)


def loads(text: str | bytes) -> Any:
    """The value of a JSON document: exactly what ``json.loads`` gives, or raises.

    >>> loads('{"a": [1, NaN]}'), loads("123456789012345678901234567890")
    ({'a': [1, nan]}, 123456789012345678901234567890)
    """
    quick = quick_loads()
    if quick is not None:
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if not has_long_integers(raw):
            try:
                return quick(text)
            except ValueError:
                pass
    return json.loads(text)
