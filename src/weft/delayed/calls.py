"""What calls of delayed values are made of: where they were written, whether they are pure, what their tasks are called."""

from __future__ import annotations

import sys
from typing import Any

from weft import config
from weft.graph.makers import identity
from weft.graph.program import Program
from weft.physical.call import Call

__all__ = ["GETATTR", "SAME", "FunctionDoc", "Method", "caller", "is_pure", "name_of_node"]


class FunctionDoc:
    """The docstring of the wrapped function on instances, a text on the class."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, leaf: Any, owner: Any = None) -> Any:
        return self.text if leaf is None else leaf._function.__doc__


class Method:
    """Calls a method of its first argument."""

    __slots__ = ("__name__",)

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, owner: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(owner, self.__name__)(*args, **kwargs)

    def __reduce__(self) -> Any:
        return Method, (self.__name__,)

    def __weft_tokenize__(self) -> Any:
        return "method", self.__name__


def is_pure(pure: bool | None) -> bool:
    """Whether names are made by content: as given, else as configured."""
    return bool(config.value("delayed-pure")) if pure is None else pure


def caller() -> Any:
    """The nearest line outside this package."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("weft."):
        frame = frame.f_back
    return (frame.f_code, frame.f_lasti) if frame is not None else None


def name_of_node(node: Any) -> str:
    """What the task of a node is called."""
    return node.program.name if isinstance(node, Call) else "call"


GETATTR = Program.call(getattr, name="getattr")
SAME = Program.call(identity, name="identity")
