"""Ufuncs that work on some elements in place: ``np.add.at(x, places, values)``.

The array goes on with another expression, as after an assignment. Slices, numbers and masks choose every element once: those
are elements assigned. Positions may come several times, each time with a value of its own: the ufunc goes to the blocks. Results are cast to the array's dtype, as in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.ops.assignment import assigned
from weft.array.ops.broadcasting import elementwise
from weft.array.ops.entries import Chosen, read_index
from weft.array.ops.indexing import getitem

__all__: list[str] = []


def changed_at(x: Any, function: Any, index: Any, value: Any) -> Any:
    """The expression of an array after a ufunc has worked on ``x[index]`` in place; ``value`` is its second argument, if any."""
    ufunc = getattr(function, "ufunc", function)
    operands = () if ufunc.nin == 1 else (value,)
    if ufunc.nin > 2 or ufunc.nout != 1:
        raise ValueError(f"{ufunc.__name__}.at() is for functions of one or two arrays with one result")
    if (value is None) != (ufunc.nin == 1):
        raise ValueError(f"{ufunc.__name__}.at() takes {'no second operand' if ufunc.nin == 1 else 'a second operand'}")
    _, entries = read_index(x, index, keep_masks=True)
    chosen = getitem(x, index)
    result = elementwise(function, chosen, *operands)
    if any(isinstance(each, Chosen) for each in entries):
        return assigned(x, index, np.zeros((), x.dtype)[()] if ufunc.nin == 1 else value, function)
    return assigned(x, index, result.astype(x.dtype))


class ChangingMethods(ArrayBase):
    """What ufuncs ask of the arrays that they are to change."""

    __slots__ = ()

    def __weft_change_at__(self, function: Any, index: Any, value: Any) -> None:
        """Let a ufunc work on some elements in place."""
        self.expr = changed_at(self, function, index, value)
