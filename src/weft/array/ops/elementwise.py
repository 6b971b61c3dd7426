"""Functions that treat each element by itself: operators and NumPy's ufuncs, with broadcasting.

A new ufunc is one line here: ``name = Ufunc(np.name)`` and its name in ``__all__``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, common_cut
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import from_array
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known_along
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.blockwise import Blockwise, Call, Placed, Same
from weft.physical.grid import Pick, identity_pick

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "cos",
    "cosh",
    "deg2rad",
    "divide",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "greater",
    "greater_equal",
    "hypot",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "power",
    "rad2deg",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]


@node
class Elementwise(ArrayExpr):
    """A function of elements at the same place; arrays among the inputs are broadcast, scalars are as Python has them."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    facts = frozenset({Fact.ELEMENTWISE})

    @property
    def label(self) -> str:
        return str(getattr(self.function, "__name__", "elementwise"))

    @property
    def arrays(self) -> tuple[ArrayExpr, ...]:
        """The inputs that are arrays."""
        return self.children  # type: ignore[return-value]

    @derived
    def shape(self) -> tuple[int, ...]:
        shapes = [each.shape for each in self.arrays]
        return shapes[0] if len(set(shapes)) == 1 else broadcast_shape(shapes, self.label)

    @derived
    def dtype(self) -> np.dtype[Any]:
        found: np.dtype[Any] = np.dtype(self.result_of_stand_ins.dtype)
        return found

    @derived
    def prototype(self) -> Any:
        if all(each.prototype is None for each in self.arrays):
            return None
        result = self.result_of_stand_ins
        return None if type(result) is np.ndarray else result

    @derived
    def result_of_stand_ins(self) -> Any:
        """What the function gives for empty arrays."""
        stand_ins = [
            each
            if not isinstance(each, ArrayExpr)
            else np.empty(0, each.dtype)
            if each.prototype is None
            else each.meta
            for each in self.inputs
        ]
        with np.errstate(all="ignore"):
            result = self.function(*stand_ins, **dict(self.keywords))
        return result if hasattr(result, "dtype") and hasattr(result, "shape") else np.asarray(result)

    @derived
    def grid(self) -> Grid:
        arrays, shape = self.arrays, self.shape
        first = arrays[0]
        if all(each.shape == shape and each.grid == first.grid for each in arrays):
            return first.grid
        cuts = []
        for axis, length in enumerate(shape):
            offers = []
            for each in arrays:
                own = axis - len(shape) + each.ndim
                if own >= 0 and each.shape[own] == length:
                    offers.append((each.grid[own], each.weight))
            cuts.append(common_cut(length, offers) if len({cut for cut, _ in offers}) > 1 else offers[0][0])
        return tuple(cuts)

    def lower(self) -> Expr:
        sources: list[Expr] = []
        picks: list[Pick] = []
        scalars: list[Any] = []
        places: list[tuple[bool, int]] = []
        for each in self.inputs:
            if isinstance(each, ArrayExpr):
                places.append((True, len(sources)))
                aligned = self.aligned(each)
                sources.append(aligned)
                picks.append(self.pick(aligned))
            else:
                places.append((False, len(scalars)))
                scalars.append(each)
        scalars += [value for _, value in self.keywords]
        slots = [place if is_array else len(sources) + place for is_array, place in places]
        slots += range(len(sources) + len(scalars) - len(self.keywords), len(sources) + len(scalars))
        outline = self.outline
        call = Call(self.function, tuple(slots), tuple([key for key, _ in self.keywords]), outline)
        grid, whole = outline.numblocks, identity_pick(self.ndim)
        columns = tuple([Placed(Same(value), grid, whole) for value in scalars])
        return Blockwise(outline, (call,), tuple(sources), tuple(picks), columns, Cost.LIGHT)

    def aligned(self, source: ArrayExpr) -> ArrayExpr:
        """A source cut like this node; along axes that are broadcast, in one chunk."""
        skip = self.ndim - source.ndim
        wanted = tuple(
            [
                self.grid[axis + skip] if length == self.shape[axis + skip] else 1
                for axis, length in enumerate(source.shape)
            ]
        )
        return laid_out(source, wanted)

    def pick(self, source: ArrayExpr) -> Pick:
        """Which block of an aligned source goes with a block of this node."""
        skip = self.ndim - source.ndim
        return tuple(
            [axis + skip if length == self.shape[axis + skip] else None for axis, length in enumerate(source.shape)]
        )


def broadcast_shape(shapes: list[tuple[int, ...]], label: str) -> tuple[int, ...]:
    """The shape that arrays have together."""
    made: list[Any] = [1] * max(map(len, shapes))
    for shape in shapes:
        for axis, length in enumerate(reversed(shape), 1):
            if length != 1 and made[-axis] != length:
                if made[-axis] != 1:
                    raise ValueError(
                        f"cannot compute {label}: operands could not be broadcast together with shapes "
                        f"{' '.join(map(str, shapes))}. Lengths along an axis must be equal, or 1."
                    )
                made[-axis] = length
    return tuple(made)


def elementwise(function: Callable[..., Any], *inputs: Any, **keywords: Any) -> Any:
    """Apply a function that works element by element, and broadcasts as NumPy does.

    Shape and dtype are known at once, and what NumPy refuses is refused here, not when it is computed.
    """
    operands = comparable([operand(each) for each in inputs])
    expr = Elementwise(function, operands, tuple(keywords.items()))
    _ = expr.shape, expr.dtype
    return new(expr)


def comparable(operands: list[Any]) -> tuple[Any, ...]:
    """The operands as they are; with sizes counted where axes meet of which it is not known that they are equally long."""
    arrays = [each for each in operands if isinstance(each, ArrayExpr)]
    if not all(each.is_known for each in arrays):
        for axis in range(1, max(each.ndim for each in arrays) + 1):
            if len({each.shape[-axis] for each in arrays if each.ndim >= axis} - {1}) > 1:
                operands = [known_along(each, -axis) if isinstance(each, ArrayExpr) else each for each in operands]
    return tuple(operands)


def operand(value: Any) -> Any:
    """An input of an elementwise function: an expression, or a scalar as it is."""
    if isinstance(value, ArrayBase):
        return value.expr
    if np.ndim(value) == 0 and not isinstance(value, np.ndarray):
        return value
    held = value if isinstance(value, np.ndarray) else np.asarray(value)
    return from_array(held, chunks=-1).expr


class Ufunc:
    """One of NumPy's ufuncs, for chunked arrays; NumPy arrays and scalars alone give what NumPy gives."""

    def __init__(self, function: np.ufunc) -> None:
        self.function = function
        self.__name__ = function.__name__
        self.__doc__ = f"``numpy.{function.__name__}`` on chunked arrays."

    def __call__(self, *inputs: Any) -> Any:
        if not any(isinstance(each, ArrayBase) for each in inputs):
            return self.function(*inputs)
        if len(inputs) != self.function.nin:
            raise TypeError(f"{self.__name__}() takes {self.function.nin} arguments, and got {len(inputs)}")
        return elementwise(self.function, *inputs)

    def __repr__(self) -> str:
        return f"<weft.array.{self.__name__}>"


abs = absolute = Ufunc(np.absolute)
add = Ufunc(np.add)
arccos = Ufunc(np.arccos)
arcsin = Ufunc(np.arcsin)
arctan = Ufunc(np.arctan)
arctan2 = Ufunc(np.arctan2)
bitwise_and = Ufunc(np.bitwise_and)
bitwise_or = Ufunc(np.bitwise_or)
bitwise_xor = Ufunc(np.bitwise_xor)
cbrt = Ufunc(np.cbrt)
ceil = Ufunc(np.ceil)
conj = conjugate = Ufunc(np.conjugate)
cos = Ufunc(np.cos)
cosh = Ufunc(np.cosh)
deg2rad = Ufunc(np.deg2rad)
divide = true_divide = Ufunc(np.divide)
equal = Ufunc(np.equal)
exp = Ufunc(np.exp)
exp2 = Ufunc(np.exp2)
expm1 = Ufunc(np.expm1)
floor = Ufunc(np.floor)
floor_divide = Ufunc(np.floor_divide)
fmax = Ufunc(np.fmax)
fmin = Ufunc(np.fmin)
greater = Ufunc(np.greater)
greater_equal = Ufunc(np.greater_equal)
hypot = Ufunc(np.hypot)
invert = Ufunc(np.invert)
isfinite = Ufunc(np.isfinite)
isinf = Ufunc(np.isinf)
isnan = Ufunc(np.isnan)
left_shift = Ufunc(np.left_shift)
less = Ufunc(np.less)
less_equal = Ufunc(np.less_equal)
log = Ufunc(np.log)
log10 = Ufunc(np.log10)
log1p = Ufunc(np.log1p)
log2 = Ufunc(np.log2)
logaddexp = Ufunc(np.logaddexp)
logical_and = Ufunc(np.logical_and)
logical_not = Ufunc(np.logical_not)
logical_or = Ufunc(np.logical_or)
logical_xor = Ufunc(np.logical_xor)
maximum = Ufunc(np.maximum)
minimum = Ufunc(np.minimum)
mod = remainder = Ufunc(np.remainder)
multiply = Ufunc(np.multiply)
negative = Ufunc(np.negative)
not_equal = Ufunc(np.not_equal)
positive = Ufunc(np.positive)
power = Ufunc(np.power)
rad2deg = Ufunc(np.rad2deg)
reciprocal = Ufunc(np.reciprocal)
right_shift = Ufunc(np.right_shift)
rint = Ufunc(np.rint)
sign = Ufunc(np.sign)
signbit = Ufunc(np.signbit)
sin = Ufunc(np.sin)
sinh = Ufunc(np.sinh)
sqrt = Ufunc(np.sqrt)
square = Ufunc(np.square)
subtract = Ufunc(np.subtract)
tan = Ufunc(np.tan)
tanh = Ufunc(np.tanh)
trunc = Ufunc(np.trunc)


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """Elements below ``min`` or above ``max`` brought to the bounds."""
    if min is not None:
        x = maximum(x, min)
    return x if max is None else minimum(x, max)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Elements of ``x`` where the condition holds, of ``y`` elsewhere."""
    return elementwise(np.where, condition, x, y)


def cast(block: Any, dtype: np.dtype[Any]) -> Any:
    """A block with another dtype."""
    return block.astype(dtype, copy=False)


class ElementwiseMethods(ArrayBase):
    """Operators, and methods that treat each element by itself."""

    __slots__ = ()
    __array_priority__ = 20
    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """NumPy's own ufuncs on chunked arrays give chunked arrays."""
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature is not None or keywords:
            return NotImplemented
        return elementwise(ufunc, *inputs)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The elements as another dtype."""
        kind = np.dtype(dtype)
        if kind == self.dtype and not copy:
            return self
        return elementwise(cast, self, dtype=kind)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """Elements below ``min`` or above ``max`` brought to the bounds."""
        return clip(self, min, max)

    def conj(self) -> Any:
        """Complex conjugate of each element."""
        return conjugate(self)

    def __abs__(self) -> Any:
        return absolute(self)

    def __neg__(self) -> Any:
        return negative(self)

    def __pos__(self) -> Any:
        return positive(self)

    def __invert__(self) -> Any:
        return invert(self)

    def __add__(self, other: Any) -> Any:
        return add(self, other)

    def __radd__(self, other: Any) -> Any:
        return add(other, self)

    def __sub__(self, other: Any) -> Any:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return remainder(other, self)

    def __divmod__(self, other: Any) -> Any:
        return floor_divide(self, other), remainder(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return floor_divide(other, self), remainder(other, self)

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __lshift__(self, other: Any) -> Any:
        return left_shift(self, other)

    def __rlshift__(self, other: Any) -> Any:
        return left_shift(other, self)

    def __rshift__(self, other: Any) -> Any:
        return right_shift(self, other)

    def __rrshift__(self, other: Any) -> Any:
        return right_shift(other, self)

    def __and__(self, other: Any) -> Any:
        return bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return bitwise_or(other, self)

    def __xor__(self, other: Any) -> Any:
        return bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return bitwise_xor(other, self)

    def __eq__(self, other: object) -> Any:
        return equal(self, other)

    def __ne__(self, other: object) -> Any:
        return not_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return less(self, other)

    def __le__(self, other: Any) -> Any:
        return less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return greater_equal(self, other)
