"""Functions called later: ``delayed``."""

from weft.delayed.delayed import Delayed, DelayedAttr, DelayedLeaf, delayed, single_key

__all__ = [
    "Delayed",
    "DelayedAttr",
    "DelayedLeaf",
    "call_function",
    "delayed",
    "optimize",
    "single_key",
    "tokenize",
    "unpack_collections",
]

#: Defined in ``helpers``, which only writers of libraries need.
_HELPERS = frozenset({"call_function", "optimize", "tokenize", "unpack_collections"})


def __getattr__(name: str) -> object:
    if name in _HELPERS:
        from weft.delayed import helpers

        return getattr(helpers, name)
    raise AttributeError(f"module 'weft.delayed' has no attribute {name!r}")
