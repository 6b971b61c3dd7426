"""Which function computes which operation, for each engine: the seam between what is meant and who does it.

Logical nodes know no engine. A kernel takes partitions and plain values and gives a partition. It is registered under the
name of its node's class, by the module of its engine: so kernels need not import the operations, nor operations the
kernels.

>>> table = KernelTable("example")
>>> @table.add("Doubled")
... def doubled(partition):
...     return partition * 2
>>> class Doubled: ...
>>> table[Doubled](21)
42
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from weft.typing import Function

__all__ = ["KERNELS", "KernelTable"]

F = TypeVar("F", bound=Function)


class KernelTable:
    """Functions of one engine by the name of the node's class.

    What an engine does not have is not in its table: `has` tells, and asking for it is an error that says so.
    """

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self._functions: dict[str, Function] = {}

    def add(self, *operations: str) -> Callable[[F], F]:
        """Decorator: the function computes these operations."""

        def register(function: F) -> F:
            for operation in operations:
                if operation in self._functions:
                    raise ValueError(f"the engine {self.engine!r} has a kernel for {operation} already")
                self._functions[operation] = function
            return function

        return register

    def has(self, operation: type) -> bool:
        """Whether the engine can compute nodes of a class."""
        return operation.__name__ in self._functions

    def __getitem__(self, operation: type | str) -> Function:
        name = operation if isinstance(operation, str) else operation.__name__
        try:
            return self._functions[name]
        except KeyError:
            raise NotImplementedError(
                f"the engine {self.engine!r} cannot compute {name}. It can: {sorted(self._functions)}"
            ) from None


#: The table of each engine; the engines' modules fill them.
KERNELS: dict[str, KernelTable] = {"pandas": KernelTable("pandas")}
