"""Functions that treat each element by itself: where they are, and the methods.

`broadcasting` has the node and how operands meet, `ufuncs` the table of ufuncs, `numbers` and `choosing` the functions
that are no ufuncs, `casting` other dtypes, `operators` Python's operators. Their names can be had from here, too.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.kernels.elementwise import with_part
from weft.array.ops.broadcasting import *  # noqa: F403
from weft.array.ops.broadcasting import Elementwise, broadcast_shape, comparable, elementwise, elemwise, operand
from weft.array.ops.casting import CastingMethods, cast
from weft.array.ops.choosing import *  # noqa: F403
from weft.array.ops.choosing import choose
from weft.array.ops.creation import full_like
from weft.array.ops.diagonals import diagonal
from weft.array.ops.numbers import *  # noqa: F403
from weft.array.ops.numbers import clip, imag, real, round
from weft.array.ops.operators import OperatorMethods
from weft.array.ops.sizes import known
from weft.array.ops.ufuncs import *  # noqa: F403
from weft.array.ops.ufuncs import Ufunc, conjugate

__all__ = [
    "CastingMethods",
    "Elementwise",
    "ElementwiseMethods",
    "OperatorMethods",
    "Ufunc",
    "broadcast_shape",
    "cast",
    "comparable",
    "elementwise",
    "elemwise",
    "operand",
]


class ElementwiseMethods(OperatorMethods, CastingMethods):
    """Operators, and methods that treat each element by itself."""

    __slots__ = ()

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
        """Elements below ``min`` or above ``max`` brought to the bounds; see `weft.array.clip`."""
        return clip(self, min, max, out, **kwargs)

    def conj(self) -> Any:
        """Complex conjugate of each element; an array of other numbers is given as it is."""
        return new(self.expr) if self.dtype.kind in "biuf" else conjugate(self)

    def conjugate(self) -> Any:
        """The same as `conj`."""
        return self.conj()

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """Elements rounded to a number of decimals; see `weft.array.round`."""
        return round(self, decimals, out)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Any:
        """For each element the choice that it numbers; see `weft.array.choose`."""
        return choose(self, choices, out, mode)

    @property
    def real(self) -> Any:
        """Real parts."""
        return real(self)

    @real.setter
    def real(self: Any, value: Any) -> None:
        self[...] = value if self.dtype.kind != "c" else elementwise(with_part, self, value, part="real")

    @property
    def imag(self) -> Any:
        """Imaginary parts."""
        return imag(self)

    @imag.setter
    def imag(self: Any, value: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        self[...] = elementwise(with_part, self, value, part="imag")

    def copy(self, order: str = "C") -> Any:
        """Another array that stands for the same elements: what is assigned to one is not seen in the other."""
        if order not in ("C", "F", "A", "K"):
            raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
        return self.astype(self.dtype, order=order) if order == "F" else new(self.expr)

    def __copy__(self) -> Any:
        return new(self.expr)

    def __deepcopy__(self, memo: Any) -> Any:
        return new(self.expr)

    def fill(self, value: Any) -> None:
        """Let all elements be a value from now on.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.arange(3, chunks=2)
        >>> x.fill(7)
        >>> x.compute()
        array([7, 7, 7])
        """
        self.expr = full_like(self, value).expr

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The diagonal over two axes; see `weft.array.diagonal`."""
        return diagonal(self, offset, axis1, axis2)

    def tobytes(self, order: str = "C") -> bytes:
        """The bytes of the elements, computed."""
        return bytes(np.asarray(self.compute()).tobytes(order))  # type: ignore[arg-type]

    def item(self, *args: Any) -> Any:
        """An element as a Python scalar, computed: the only one, or the one at an index.

        Examples
        --------
        >>> import weft.array as da
        >>> da.arange(6, chunks=4).item(5)
        5
        """
        if not args:
            return self.only().item()
        places = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args
        if len(places) == 1 and self.ndim != 1:
            place = operator.index(places[0])
            whole = known(new(self.expr))
            if not -whole.size <= place < whole.size:
                raise IndexError(f"index {place} is out of bounds for size {whole.size}")
            places = np.unravel_index(place % whole.size, whole.shape)
        return np.asarray(self[tuple(places)].compute()).item()  # type: ignore[index]

    def tolist(self) -> Any:
        """The elements as nested lists of Python scalars, computed; None for masked ones."""
        return np.asanyarray(self.compute()).tolist()

    def only(self) -> Any:
        """The computed array, if it has a single element."""
        if self.expr.is_known and self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return np.asarray(self.compute())

    def __bool__(self) -> bool:
        if self.expr.is_known and self.size != 1:
            raise ValueError(
                f"The truth value of an array with {'more than one element' if self.size else 'no elements'} is "
                "ambiguous. Use x.any() or x.all(), or & and | in place of and and or."
            )
        return bool(self.compute())

    def __int__(self) -> int:
        return int(self.scalar("int"))

    def __float__(self) -> float:
        return float(self.scalar("float"))

    def __complex__(self) -> complex:
        return complex(self.scalar("complex"))

    def __index__(self) -> int:
        if self.ndim or self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self.compute())

    def __format__(self, spec: str) -> str:
        """What a format says of the only element, computed (``f"{x.mean():.2f}"``)."""
        return format(self.scalar("text"), spec) if spec and not self.ndim else super().__format__(spec)

    def scalar(self, kind: str) -> Any:
        """The computed element, for Python's scalar types."""
        if self.expr.is_known and self.size != 1:
            raise TypeError(
                f"only length-1 arrays can be converted to Python scalars: cannot make one {kind} of shape {self.shape}"
            )
        return np.asarray(self.compute()).reshape(())[()]

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())
