"""One decorator for what will go: it warns, says what to use, and is held to its date by a test."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

__all__ = ["Deprecation", "deprecated"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Deprecation:
    """What goes, since when it warns, in which version it is removed, and what to use instead."""

    name: str
    since: str
    remove_in: str
    instead: str | None

    @property
    def message(self) -> str:
        """The warning's text."""
        advice = f" Use {self.instead} instead." if self.instead else ""
        return f"{self.name} is deprecated since Weft {self.since} and goes in {self.remove_in}.{advice}"

    def is_due(self, version: str) -> bool:
        """Whether ``version`` is one in which it should be gone."""
        return _release(version) >= _release(self.remove_in)


def deprecated(*, since: str, remove_in: str, instead: str | None = None) -> Callable[[F], F]:
    """Mark a function, method or class as deprecated.

    Each use gives a FutureWarning, which users see, and the docstring says so.

    Parameters
    ----------
    since, remove_in : str
        Versions: the first that warns, and the one in which it goes. A test fails once that is reached.
    instead : str, optional
        What to use, as written in code.

    Raises
    ------
    ValueError
        If ``remove_in`` is not after ``since``.

    Examples
    --------
    >>> @deprecated(since="0.4", remove_in="0.6", instead="Array.map_blocks")
    ... def map_chunks():
    ...     '''Apply a function to each chunk.'''
    >>> print(map_chunks.__doc__.splitlines()[2])
    .. deprecated:: 0.4
    """
    if _release(remove_in) <= _release(since):
        raise ValueError(f"cannot deprecate since {since} and remove in {remove_in}: the second must be later.")

    def mark(function: F) -> F:
        entry = Deprecation(f"{function.__module__}.{function.__qualname__}", since, remove_in, instead)
        if isinstance(function, type):
            # The class stays itself, for isinstance and pickle: only making an instance warns.
            function.__init__ = _warning(function.__init__, entry)  # type: ignore[misc]
            function.__doc__ = _documented(function.__doc__, entry)
            return cast(F, function)
        wrapper = _warning(function, entry)
        wrapper.__doc__ = _documented(function.__doc__, entry)
        return cast(F, wrapper)

    return mark


def _warning(function: Callable[..., Any], entry: Deprecation) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(entry.message, FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    return wrapper


def _documented(docstring: str | None, entry: Deprecation) -> str:
    first, _, rest = inspect.cleandoc(docstring or "").partition("\n")
    advice = f" Use {entry.instead} instead." if entry.instead else ""
    note = f".. deprecated:: {entry.since}\n   Goes in {entry.remove_in}.{advice}"
    return "\n\n".join(part for part in (first, note, rest.strip("\n")) if part)


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version, without what makes it a preview: "0.6.0rc1" is 0.6, in which nothing may be left."""
    numbers: list[int] = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    if not numbers:
        raise ValueError(f"cannot read {version!r} as a version: write numbers joined by dots, e.g. '0.6'.")
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
