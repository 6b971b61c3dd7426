"""Records: small immutable values of named fields, for the many little classes of plans and kernels.

What `dataclasses.dataclass(frozen=True)` makes, with a tenth of its work at import: a dataclass compiles six methods for
each class, a record one, and shares the others. With sixty of them that is a quarter of the time that ``import
weft.array`` takes. Where fields need factories, or must not be compared, a dataclass is right.

>>> @record
... class Point:
...     x: int
...     y: int = 0
>>> Point(1), Point(1, 2) == Point(1, 2), hash(Point(3)) == hash(Point(3, 0))
(Point(x=1, y=0), True, True)
>>> Point(1).x = 2
Traceback (most recent call last):
    ...
AttributeError: cannot set 'x' of Point: records do not change
"""

from __future__ import annotations

import inspect
from typing import Any, TypeVar, dataclass_transform

__all__ = ["record", "replaced"]

C = TypeVar("C", bound=type)


def values_of(self: Any) -> tuple[Any, ...]:
    own = self.__dict__
    return tuple([own[name] for name in type(self).__match_args__])


def same(self: Any, other: object) -> Any:
    return values_of(self) == values_of(other) if type(other) is type(self) else NotImplemented


def hashed(self: Any) -> int:
    return hash((type(self), values_of(self)))


def shown(self: Any) -> str:
    pairs = zip(type(self).__match_args__, values_of(self), strict=True)
    return f"{type(self).__qualname__}({', '.join([f'{name}={value!r}' for name, value in pairs])})"


def refused(self: Any, name: str, value: Any = None) -> None:
    raise AttributeError(f"cannot set {name!r} of {type(self).__name__}: records do not change")


def token(self: Any) -> Any:
    return (type(self).__module__, type(self).__qualname__, *values_of(self))


SHARED = {
    "__eq__": same,
    "__hash__": hashed,
    "__repr__": shown,
    "__setattr__": refused,
    "__delattr__": refused,
    "__weft_tokenize__": token,
}


@dataclass_transform(frozen_default=True)
def record(cls: C) -> C:
    """Make a class a record of its annotated fields: immutable, compared, hashed, shown and named by their values."""
    fields = [name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)]
    defaults = {f"_default_{name}": cls.__dict__[name] for name in fields if name in cls.__dict__}
    parameters = [f"{name}=_default_{name}" if f"_default_{name}" in defaults else name for name in fields]
    body = [f" _own[{name!r}] = {name}" for name in fields]
    names: dict[str, Any] = dict(defaults)
    exec("\n".join([f"def __init__(self, {', '.join(parameters)}):", " _own = self.__dict__", *body]), names)
    cls.__init__ = names["__init__"]  # type: ignore[misc]
    cls.__match_args__ = tuple(fields)  # type: ignore[attr-defined,misc]
    own = set(cls.__dict__)
    if "__eq__" in own:
        own.add("__hash__")
    for name, function in SHARED.items():
        if name not in own:
            setattr(cls, name, function)
    return cls


R = TypeVar("R")


def replaced(value: R, **changes: Any) -> R:
    """A record with other values in some fields.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> replaced(Point(1, 2), y=5)
    Point(x=1, y=5)
    """
    return type(value)(**{**value.__dict__, **changes})
