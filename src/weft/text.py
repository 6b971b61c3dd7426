"""Texts for sorting and for people."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["memory_repr", "natural_sort_key", "stringify"]


def natural_sort_key(s: str) -> list[str | int]:
    """A key that sorts numbers inside texts by their value.

    >>> sorted(["part.10", "part.9"], key=natural_sort_key)
    ['part.9', 'part.10']
    """
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", s)]


def memory_repr(num: float) -> str:
    """Bytes as a short text; :func:`weft.units.format_bytes` is the better one for new code.

    >>> memory_repr(1234567)
    '1.2 MB'
    """
    for unit in ("bytes", "KB", "MB", "GB"):
        if num < 1024:
            return f"{num:3.1f} {unit}"
        num /= 1024
    return f"{num:3.1f} TB"


def stringify(obj: Any, exclusive: Any = None) -> Any:
    """Keys as texts.

    Parameters
    ----------
    obj : object
        A key; or a task or container, of which only the keys among ``exclusive`` become texts.
    exclusive : collection, optional
        What counts as a key.

    Examples
    --------
    >>> stringify(("x", 1)), stringify([("x", 1), ("y", 1)], exclusive={("x", 1)})
    ("('x', 1)", ["('x', 1)", ('y', 1)])
    """
    if isinstance(obj, (str, bytes)):
        return obj
    if exclusive is None:
        return str(obj)
    try:
        if obj in exclusive:
            return str(obj)
    except TypeError:
        pass
    if type(obj) in (list, tuple, set):
        return type(obj)(stringify(each, exclusive) for each in obj)
    if type(obj) is dict:
        return {key: stringify(value, exclusive) for key, value in obj.items()}
    return obj
