"""Hashes of keys that are the same in every process, and equal for equal keys whatever their types.

Python's own hash of texts differs from process to process, so records of one key would go to different places. Its hash of
numbers does not, and is equal for ``1``, ``1.0``, ``True`` and ``Fraction(1)``; it is taken as it is. Texts and bytes are
hashed by CRC, containers by what is in them, all else by its token.
"""

from __future__ import annotations

import datetime
import enum
import numbers
import uuid
from collections.abc import Hashable
from decimal import Decimal
from typing import Any
from zlib import crc32

from weft.errors import TokenizationError
from weft.tokenize import tokenize

__all__ = ["stable_hash"]

MASK = (1 << 64) - 1
#: Odd multiplier that spreads neighbouring numbers (Knuth, The Art of Computer Programming 3, 6.4: the golden ratio).
GOLDEN = 0x9E3779B97F4A7C15
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def stable_hash(key: Hashable) -> int:
    """64 bits that depend on nothing but the key; equal for equal keys.

    Raises
    ------
    TypeError
        The key's hash cannot be the same in all processes.

    Examples
    --------
    >>> stable_hash(1) == stable_hash(1.0) == stable_hash(True), stable_hash("a") == stable_hash(b"a")
    (True, False)
    """
    kind = type(key)
    if kind is str:
        return spread(crc32(key.encode("utf-8", "surrogatepass")) + 1)  # type: ignore[attr-defined]
    if kind is int or kind is float or kind is bool:
        return spread(hash(key)) if key == key else spread(11)
    if key is None:
        return spread(7)
    if isinstance(key, tuple):
        return of_tuple(key)
    return of_other(key)


def spread(value: int) -> int:
    """Bits of a number mixed, so that those at the lower end depend on all."""
    value = (value & MASK) * GOLDEN & MASK
    return value ^ (value >> 32)


def of_tuple(key: tuple[Any, ...]) -> int:
    """Hash of a tuple: named or not, since they are equal."""
    total = 0x345678 + len(key)
    for each in key:
        total = spread(total * 31 + stable_hash(each))
    return total


def of_other(key: Any) -> int:
    """Hash of a key of any type."""
    if isinstance(key, str):
        return stable_hash(str.__str__(key))
    if isinstance(key, (bytes, memoryview)):
        return spread(crc32(key) + 3)
    if isinstance(key, frozenset):
        return spread(sum(map(stable_hash, key)) + 5)
    if isinstance(key, (numbers.Number, Decimal)) or hasattr(key, "__array_interface__"):
        return spread(hash(key)) if key == key else spread(11)
    if isinstance(key, datetime.datetime) and key.utcoffset() is not None:
        return stable_hash((key - EPOCH) / datetime.timedelta(microseconds=1))
    if isinstance(key, datetime.time) and key.utcoffset() is not None:
        behind = key.utcoffset() or datetime.timedelta()
        since = datetime.timedelta(hours=key.hour, minutes=key.minute, seconds=key.second) - behind
        return spread(hash(since.total_seconds() * 1_000_000 + key.microsecond))
    if isinstance(key, (datetime.date, datetime.time)):
        return spread(crc32(key.isoformat().encode()))
    if isinstance(key, datetime.timedelta):
        return spread(hash((key.days * 86400 + key.seconds) * 1_000_000 + key.microseconds))
    if isinstance(key, uuid.UUID):
        return spread(hash(key.int))
    if isinstance(key, enum.Enum):
        return spread(crc32(f"{type(key).__qualname__}.{key.name}".encode()))
    hash(key)  # raises for what cannot be a key at all
    try:
        return int(tokenize(key, ensure_deterministic=True)[:16], 16)
    except TokenizationError:
        raise TypeError(
            f"cannot send records with the key {key!r} of type {type(key).__qualname__} to one place: nothing tells its hash "
            "that is the same in all processes. Group by a number, a text or a tuple of these, or give the class a method "
            "__weft_tokenize__ that gives what identifies its instances."
        ) from None
