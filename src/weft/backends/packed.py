"""Small blocks as bytes: what travels inside messages, and stays packed until somebody computes with it.

A packed block is a bare pickle stream, or, where the stream leaves memory out (arrays), the bytes of a block's file. The
two are told apart by their first byte. HOT: :func:`pack` and :func:`unpack` run for each small task.
"""

from __future__ import annotations

import pickle
from typing import Any

from weft.store.blockfile import pack_block, split_block, unpack_block
from weft.store.serialize import PROTOCOL, Serialized, dumps, loads

__all__ = ["pack", "serialized", "unpack", "unpack_own"]

#: Types whose values the plain pickler writes down rightly, whatever they hold.
PLAIN = frozenset({int, float, bool, type(None), str, bytes, complex})
STREAM = b"\x80"[0]


def pack(value: Any, inline_nbytes: int, name: str = "the value") -> bytes | Serialized:
    """The packed block of a value, or what to write to a file if it is larger than ``inline_nbytes``."""
    if type(value) in PLAIN:
        stream = pickle.dumps(value, PROTOCOL)
        return stream if len(stream) <= inline_nbytes else Serialized(stream, [])
    written = dumps(value, name=name)
    if written.nbytes > inline_nbytes:
        return written
    return pack_block(written) if written.buffers else written.header


def unpack(data: bytes) -> Any:
    """The value of a packed block; its arrays are read-only."""
    return loads(data, ()) if data[0] == STREAM else unpack_block(data)


def unpack_own(data: bytes) -> Any:
    """The value of a packed block for somebody who may change it."""
    if data[0] == STREAM:
        return pickle.loads(data)
    header, buffers = split_block(bytearray(data))
    return pickle.loads(header, buffers=buffers)


def serialized(data: bytes) -> Serialized:
    """A packed block as something that a store can write."""
    if data[0] == STREAM:
        return Serialized(data, [])
    header, buffers = split_block(data)
    return Serialized(bytes(header), buffers)
