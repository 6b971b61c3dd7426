"""Further arguments of readers and writers, which other libraries know: a wrong one is an error at the call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["check_arguments"]


def check_arguments(
    title: str, given: Mapping[str, Any], function: Callable[..., Any], taken: Iterable[str] = ()
) -> None:
    """Raise TypeError for arguments that a function does not know, or that the caller gives it.

    >>> check_arguments("to_csv", {"sepp": ";"}, lambda frame, path, sep=",": None, ("frame", "path"))
    Traceback (most recent call last):
    ...
    TypeError: to_csv() knows no argument 'sepp'; further ones are sep
    """
    known = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in taken and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    for name in given:
        if name not in known:
            raise TypeError(f"{title}() knows no argument {name!r}; further ones are {', '.join(known)}")
