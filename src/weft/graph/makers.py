"""Containers out of their items, as steps of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["MAKERS", "identity", "make_dict", "make_list"]


def make_list(*items: Any) -> list[Any]:
    """A list of the arguments."""
    return list(items)


def make_tuple(*items: Any) -> tuple[Any, ...]:
    """A tuple of the arguments."""
    return items


def make_set(*items: Any) -> set[Any]:
    """A set of the arguments."""
    return set(items)


def make_frozenset(*items: Any) -> frozenset[Any]:
    """A frozen set of the arguments."""
    return frozenset(items)


def make_dict(*items: Any) -> dict[Any, Any]:
    """A dict of keys and values in turn."""
    return dict(zip(items[::2], items[1::2]))


def identity(value: Any) -> Any:
    """The value itself."""
    return value


#: What makes a container of a type.
MAKERS: dict[type, Callable[..., Any]] = {list: make_list, tuple: make_tuple, set: make_set, frozenset: make_frozenset}
