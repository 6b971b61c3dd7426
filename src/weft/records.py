"""Records: small immutable values of named fields, for the many little classes of plans and kernels.

What `dataclasses.dataclass(frozen=True)` makes, with next to none of its work at import: a dataclass compiles six methods
for each class, a record one when the first is made, and shares the others. With seventy of them that is a quarter of the
time that ``import weft.array`` takes. Where fields need factories a dataclass is right.

>>> @record
... class Point:
...     x: int
...     y: int = 0
>>> Point(1), Point(1, 2) == Point(1, 2), hash(Point(3)) == hash(Point(3, 0))
(Point(x=1, y=0), True, True)
>>> replaced(Point(1), y=5)
Point(x=1, y=5)
>>> Point(1).x = 2
Traceback (most recent call last):
    ...
AttributeError: cannot set 'x' of Point: records do not change
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

__all__ = ["record", "replaced"]

#: Where a record keeps how it is written in names, among its fields; see `weft.expr.naming`.
TEXT = "_weft_text"

C = TypeVar("C", bound=type)
R = TypeVar("R")


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
    """Make a class a record of its annotated fields, after those of a record it derives from.

    It is immutable, and compared, hashed, shown and named by its values; what the class defines itself stays.
    """
    own = [name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)]
    inherited = [name for name in getattr(cls, "__match_args__", ()) if name not in own]
    fields = (*inherited, *own)
    defaults = {name: getattr(cls, name) for name in inherited if hasattr(cls, name)}
    defaults |= {name: cls.__dict__[name] for name in own if name in cls.__dict__}
    cls.__init__ = later(cls, fields, defaults)  # type: ignore[misc]
    cls.__match_args__ = fields  # type: ignore[attr-defined,misc]
    there = {name for base in cls.__mro__[:-1] for name in base.__dict__}
    if "__eq__" in there:
        there.add("__hash__")
    for name, function in SHARED.items():
        if name not in there:
            setattr(cls, name, function)
    return cls


def is_record(kind: type) -> bool:
    """Whether a class is a record, whose values do not change."""
    return kind.__setattr__ is refused


def later(cls: Any, fields: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` that is written when the first record of the class is made: most programs use few of the classes."""

    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        if cls.__init__ is begin:
            cls.__init__ = written_init(cls, fields, defaults)
        cls.__init__(self, *args, **kwargs)

    return begin


def written_init(cls: type, fields: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` that takes the fields and stores them."""
    names: dict[str, Any] = {f"_default_{name}": value for name, value in defaults.items()}
    parameters = [f"{name}=_default_{name}" if name in defaults else name for name in fields]
    body = [f" _own[{name!r}] = {name}" for name in fields]
    exec("\n".join([f"def __init__(self, {', '.join(parameters)}):", " _own = self.__dict__", *body]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def replaced(value: R, **changes: Any) -> R:
    """A record, or a frozen dataclass, with other values in some fields.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> replaced(Point(1, 2), y=5)
    Point(x=1, y=5)
    """
    made = object.__new__(type(value))
    own = made.__dict__
    own.update(value.__dict__)
    own.pop(TEXT, None)
    for name, each in changes.items():
        if name not in own:
            fields = ", ".join(type(value).__match_args__)  # type: ignore[attr-defined]
            raise TypeError(f"{type(value).__name__} has no field {name!r}; it has {fields}")
        own[name] = each
    return made
