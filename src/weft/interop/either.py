"""Functions of other libraries that do something else for Weft's arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from weft.array import Array

__all__ = ["either"]


def either(before: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """A function of another library, but ``ours`` where Weft's arrays are among the arguments."""

    @wraps(before)
    def chosen(*args: Any, **kwargs: Any) -> Any:
        return (ours if any(isinstance(each, Array) for each in args) else before)(*args, **kwargs)

    return chosen
