"""Functions of the type of their first argument, which other packages extend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.registry import TypeRegistry

__all__ = ["Dispatch"]


class Dispatch:
    """A function whose implementation is chosen by the type of its first argument, its base classes included.

    Parameters
    ----------
    name : str, optional
        What it is called, for errors.

    Examples
    --------
    >>> describe = Dispatch("describe")
    >>> @describe.register(int)
    ... def describe_number(value):
    ...     return f"the number {value}"
    >>> describe(True)
    'the number True'
    >>> describe("x")
    Traceback (most recent call last):
    TypeError: describe is not defined for str. Define it with describe.register(str).
    """

    def __init__(self, name: str | None = None) -> None:
        self.__name__ = name or "dispatch"
        self._registry: TypeRegistry[Callable[..., Any]] = TypeRegistry(self._nearest)

    def _nearest(self, cls: type, nearest: Callable[..., Any] | None) -> Callable[..., Any]:
        if nearest is None:
            raise TypeError(
                f"{self.__name__} is not defined for {cls.__qualname__}. "
                f"Define it with {self.__name__}.register({cls.__qualname__})."
            )
        return nearest

    def register(self, type: type | tuple[type, ...], func: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Register the implementation for a class, or for several; a decorator if no function is given."""
        keep = self._registry.register(*(type if isinstance(type, tuple) else (type,)))
        return keep if func is None else keep(func)

    def register_lazy(self, toplevel: str, func: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Have a function called, to register more, when the first value of a top-level module is met."""
        return self._registry.register_lazy(toplevel, func)

    def dispatch(self, cls: type) -> Callable[..., Any]:
        """The implementation for a class.

        Raises
        ------
        TypeError
            There is none.
        """
        return self._registry.find(cls)

    def __call__(self, arg: Any, *args: Any, **kwargs: Any) -> Any:
        return self._registry.find(type(arg))(arg, *args, **kwargs)
