"""Functions with some arguments given: small arrays, say, that belong to the function and not to its operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Bound"]


class Bound:
    """A function with keywords given. Unlike `functools.partial`, it has the function's name, and is named by its content.

    >>> Bound(pow, exp=2)(3)
    9
    """

    __slots__ = ("func", "keywords")

    def __init__(self, func: Callable[..., Any], /, **keywords: Any) -> None:
        self.func = func
        self.keywords = keywords

    @property
    def __name__(self) -> str:
        return self.func.__name__

    def __call__(self, *values: Any) -> Any:
        return self.func(*values, **self.keywords)

    def __weft_tokenize__(self) -> Any:
        return (self.func, sorted(self.keywords.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return remade, (self.func, self.keywords)


def remade(func: Callable[..., Any], keywords: dict[str, Any]) -> Bound:
    """A bound function that was pickled."""
    return Bound(func, **keywords)
