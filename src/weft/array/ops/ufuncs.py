"""NumPy's ufuncs on chunked arrays, with all that a ufunc has: ``out=``, ``where=``, ``dtype=``, ``outer``, ``reduce`` ...

A new ufunc is one line here: ``name = Ufunc(np.name)``, and its name in ``__all__``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.io.from_array import from_array
from weft.array.kernels.elementwise import Masked, Output, PythonFunction
from weft.array.ops.broadcasting import bind, check_cast, elementwise
from weft.array.ops.transposing import expand_dims
from weft.array.ops.ufunc_reductions import chunked, ndim_of, ufunc_accumulate, ufunc_reduce, ufunc_reduceat
from weft.array.protocols import computed

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "divmod",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "frompyfunc",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "isnat",
    "lcm",
    "ldexp",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "modf",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "spacing",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]


class Ufunc:
    """One of NumPy's ufuncs, for chunked arrays; NumPy arrays and scalars alone give what NumPy gives.

    It is called with as many arrays as the ufunc takes, and with the ufunc's keywords. ``out`` may be a chunked array
    (a tuple of them, for ufuncs with several results), which then stands for the result: the casting rule and the shape
    are checked, as for NumPy. Where ``where`` is false, elements are those of ``out``, or 0 if there is none.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.add(x, 1).compute()
    array([1, 2, 3, 4])
    >>> da.multiply.outer(x, x).compute()[3]
    array([0, 3, 6, 9])
    >>> da.maximum.reduce(x).compute()
    np.int64(3)
    """

    def __init__(self, ufunc: Any, function: Any = None) -> None:
        self.ufunc: np.ufunc = ufunc
        #: What is called with blocks: the ufunc itself, unless it cannot travel.
        self.function = ufunc if function is None else function
        self.__name__ = ufunc.__name__
        self.__doc__ = (
            f"``numpy.{ufunc.__name__}`` on chunked arrays: see `weft.array.ufuncs.Ufunc`.\n\n{ufunc.__doc__}"
        )

    @property
    def nin(self) -> int:
        """Number of arrays it takes."""
        return self.ufunc.nin

    @property
    def nout(self) -> int:
        """Number of results."""
        return self.ufunc.nout

    @property
    def nargs(self) -> int:
        """Arrays and results together."""
        return self.ufunc.nargs

    @property
    def ntypes(self) -> int:
        """Number of combinations of types for which there is a loop."""
        return self.ufunc.ntypes

    @property
    def types(self) -> list[str]:
        """The combinations of types for which there is a loop."""
        return self.ufunc.types

    @property
    def identity(self) -> Any:
        """What changes nothing when it is combined with an element; None if there is no such thing."""
        return self.ufunc.identity

    @property
    def signature(self) -> str | None:
        """Axes that the inner loop works on; None: it works on elements."""
        return self.ufunc.signature

    def __call__(self, *inputs: Any, out: Any = None, where: Any = True, **keywords: Any) -> Any:
        nin, nout = self.ufunc.nin, self.ufunc.nout
        if len(inputs) > nin:
            if out is not None or len(inputs) > nin + nout:
                raise TypeError(f"{self.__name__}() takes {nin} arrays and {nout} results, and got {len(inputs)}")
            inputs, out = inputs[:nin], inputs[nin:]
        if out is None and where is True and not keywords and nout == 1 and len(inputs) == nin:
            if any(isinstance(each, ArrayBase) for each in inputs):
                return elementwise(self.function, *inputs)
            return self.ufunc(*inputs)
        if out is Ellipsis:  # an array, never a scalar: which chunked results are in any case
            if not any(isinstance(each, ArrayBase) for each in (*inputs, where)):
                return self.ufunc(*inputs, out=out, where=where, **keywords)
            out = None
        outs = self.outs(out)
        where = np.array(where, bool) if isinstance(where, (list, tuple)) else where
        if not any(isinstance(each, ArrayBase) for each in (*inputs, *outs, where)):
            return self.ufunc(*inputs, out=outs, where=where, **keywords)
        if len(inputs) != nin:
            raise TypeError(f"{self.__name__}() takes {nin} arrays, and got {len(inputs)}")
        keywords = {key: value for key, value in keywords.items() if value is not None}
        results = [self.result(number, inputs, outs[number], where, keywords) for number in range(nout)]
        bound = [
            result if given is None else bind(given, result, keywords.get("casting", "same_kind"))
            for given, result in zip(outs, results, strict=True)
        ]
        return bound[0] if nout == 1 else tuple(bound)

    def outs(self, out: Any) -> tuple[Any, ...]:
        """What is given for each result."""
        nout = self.ufunc.nout
        if out is None:
            return (None,) * nout
        outs = out if isinstance(out, tuple) else (out,)
        if len(outs) == nout:
            return outs
        if len(outs) < nout and not isinstance(out, tuple):
            raise TypeError(f"'out' must be a tuple of arrays: {self.__name__}() has {nout} results")
        if len(outs) < nout:
            return outs + (None,) * (nout - len(outs))
        raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")

    def result(self, number: int, inputs: tuple[Any, ...], out: Any, where: Any, keywords: dict[str, Any]) -> Any:
        """One of the results, before ``out`` stands for it."""
        function = self.function if self.ufunc.nout == 1 else part_of(self.function, number, inputs)
        if where is True and not any(isinstance(each, ArrayBase) for each in inputs):
            found = function(*inputs, **keywords)
            return from_array(np.asarray(found), chunks=-1)
        if where is True:
            return elementwise(function, *inputs, **keywords)
        if any(isinstance(each, ArrayBase) for each in inputs):
            kind = elementwise(function, *inputs, **keywords).dtype
        else:
            kind = np.asarray(function(*inputs, **keywords)).dtype
        base: Any = chunked(np.zeros((), kind)) if kind.kind == "O" else np.zeros((), kind)[()]
        if out is not None:
            check_cast(self.__name__, kind, out.dtype, keywords.get("casting", "same_kind"))
            base = out
        return elementwise(Masked(self.function, number), *inputs, where=where, base=base, **keywords)

    def outer(self, A: Any, B: Any, /, **keywords: Any) -> Any:  # noqa: N803 (NumPy's names)
        """The function of all pairs of an element of ``A`` and one of ``B``; has the axes of both.

        Examples
        --------
        >>> import weft.array as da
        >>> da.subtract.outer(da.arange(3, chunks=2), da.ones((2, 2), chunks=1)).shape
        (3, 2, 2)
        """
        if self.ufunc.nin != 2:
            raise ValueError(f"outer product only supported for binary functions, and {self.__name__} is not one")
        if not isinstance(A, ArrayBase) and not isinstance(B, ArrayBase):
            return self.ufunc.outer(A, B, **keywords)
        after = ndim_of(B)
        if after:
            axes = tuple(range(ndim_of(A), ndim_of(A) + after))
            A = expand_dims(chunked(A), axes)  # noqa: N806
        return self(A, B, **keywords)

    def reduce(
        self,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = np._NoValue,
        where: Any = True,
    ) -> Any:
        """Elements along axes combined by the function, the first axis by default.

        Parameters
        ----------
        array : array-like
        axis : int, tuple of int or None
            None reduces all axes.
        dtype : dtype, optional
            In which it is computed.
        out : Array, optional
            Stands for the result from now on.
        keepdims : bool
            Whether the axes stay, with length 1.
        initial : scalar, optional
            What the reduction starts from.
        where : array-like of bool, optional
            The elements that count.
        """
        if not any(isinstance(each, ArrayBase) for each in (array, out, where)):
            return self.ufunc.reduce(array, axis, dtype, out, keepdims, initial, where)  # type: ignore[call-arg]
        return ufunc_reduce(self.function, array, axis, dtype, out, keepdims, initial, where)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        """All partial results along an axis.

        Examples
        --------
        >>> import weft.array as da
        >>> da.add.accumulate(da.arange(5, chunks=2)).compute()
        array([ 0,  1,  3,  6, 10])
        """
        if not isinstance(array, ArrayBase) and not isinstance(out, ArrayBase):
            return self.ufunc.accumulate(array, axis, dtype, out)
        return ufunc_accumulate(self.function, array, axis, dtype, out)

    def reduceat(self, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        """Stretches of an axis reduced; see `numpy.ufunc.reduceat`. The axis is brought into one chunk."""
        if not any(isinstance(each, ArrayBase) for each in (array, indices, out)):
            return self.ufunc.reduceat(array, indices, axis, dtype, out)
        return ufunc_reduceat(self.function, array, indices, axis, dtype, out)

    def at(self, a: Any, indices: Any, b: Any = None, /) -> None:
        """Work in place on some elements, on those that are chosen several times several times, in order.

        A chunked array goes on with a new expression, as after an assignment; blocks are never written to.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.zeros(4, chunks=2)
        >>> da.add.at(x, [0, 3, 3], 1)
        >>> x.compute()
        array([1., 0., 0., 2.])
        """
        if isinstance(a, ArrayBase):
            a.__weft_change_at__(self.function, indices, b)  # type: ignore[attr-defined]
            return
        index = tuple(map(computed, indices)) if isinstance(indices, tuple) else computed(indices)
        self.ufunc.at(a, index, *(() if b is None else (computed(b),)))

    def resolve_dtypes(self, dtypes: Any, **keywords: Any) -> tuple[np.dtype[Any], ...]:
        """The dtypes in which it computes; see `numpy.ufunc.resolve_dtypes`."""
        return self.ufunc.resolve_dtypes(dtypes, **keywords)

    def __reduce__(self) -> tuple[Any, ...]:
        return made_of, (self.function,)

    def __repr__(self) -> str:
        return f"<weft.array.{self.__name__}>"


def frompyfunc(func: Callable[..., Any], nin: int, nout: int, *, identity: Any = np._NoValue) -> Any:
    """A function of single Python values as a function of arrays, with objects as results.

    Parameters
    ----------
    func : callable
    nin, nout : int
        How many values it takes and gives.
    identity : object, optional
        What changes nothing when it is combined with an element, for ``reduce``. None: there is no such thing, but several
        axes may be reduced at once, as the order of elements does not matter.

    Examples
    --------
    >>> import weft.array as da
    >>> digits = da.frompyfunc(lambda number: len(str(number)), 1, 1)
    >>> digits(da.arange(8, 12, chunks=2)).compute()
    array([1, 1, 2, 2], dtype=object)
    """
    return made_of(PythonFunction(func, nin, nout, identity))


OBJECT = np.dtype(object)


def part_of(function: Any, number: int, inputs: tuple[Any, ...]) -> Any:
    """What gives one result of a ufunc that has several: a ufunc of its own, if there is one that costs less."""
    kinds = [
        np.asarray(each).dtype.kind if np.isscalar(each) else getattr(each, "dtype", OBJECT).kind for each in inputs
    ]
    if function is np.divmod and all(kind in "iuf" for kind in kinds):
        return (np.floor_divide, np.remainder)[number]
    if function is np.modf and number == 1 and kinds == ["f"]:
        return np.trunc
    return Output(function, number)


def made_of(function: Any) -> Ufunc:
    """The ufunc of what is called with blocks."""
    return Ufunc(function.ufunc, function) if isinstance(function, PythonFunction) else Ufunc(function)


abs = absolute = Ufunc(np.absolute)
acos = arccos = Ufunc(np.arccos)
acosh = arccosh = Ufunc(np.arccosh)
add = Ufunc(np.add)
arcsin = asin = Ufunc(np.arcsin)
arcsinh = asinh = Ufunc(np.arcsinh)
arctan = atan = Ufunc(np.arctan)
arctan2 = atan2 = Ufunc(np.arctan2)
arctanh = atanh = Ufunc(np.arctanh)
bitwise_and = Ufunc(np.bitwise_and)
bitwise_count = Ufunc(np.bitwise_count)
bitwise_invert = bitwise_not = invert = Ufunc(np.invert)
bitwise_left_shift = left_shift = Ufunc(np.left_shift)
bitwise_or = Ufunc(np.bitwise_or)
bitwise_right_shift = right_shift = Ufunc(np.right_shift)
bitwise_xor = Ufunc(np.bitwise_xor)
cbrt = Ufunc(np.cbrt)
ceil = Ufunc(np.ceil)
conj = conjugate = Ufunc(np.conjugate)
copysign = Ufunc(np.copysign)
cos = Ufunc(np.cos)
cosh = Ufunc(np.cosh)
deg2rad = Ufunc(np.deg2rad)
degrees = Ufunc(np.degrees)
divide = true_divide = Ufunc(np.divide)
divmod = Ufunc(np.divmod)
equal = Ufunc(np.equal)
exp = Ufunc(np.exp)
exp2 = Ufunc(np.exp2)
expm1 = Ufunc(np.expm1)
fabs = Ufunc(np.fabs)
float_power = Ufunc(np.float_power)
floor = Ufunc(np.floor)
floor_divide = Ufunc(np.floor_divide)
fmax = Ufunc(np.fmax)
fmin = Ufunc(np.fmin)
fmod = Ufunc(np.fmod)
frexp = Ufunc(np.frexp)
gcd = Ufunc(np.gcd)
greater = Ufunc(np.greater)
greater_equal = Ufunc(np.greater_equal)
heaviside = Ufunc(np.heaviside)
hypot = Ufunc(np.hypot)
isfinite = Ufunc(np.isfinite)
isinf = Ufunc(np.isinf)
isnan = Ufunc(np.isnan)
isnat = Ufunc(np.isnat)
lcm = Ufunc(np.lcm)
ldexp = Ufunc(np.ldexp)
less = Ufunc(np.less)
less_equal = Ufunc(np.less_equal)
log = Ufunc(np.log)
log10 = Ufunc(np.log10)
log1p = Ufunc(np.log1p)
log2 = Ufunc(np.log2)
logaddexp = Ufunc(np.logaddexp)
logaddexp2 = Ufunc(np.logaddexp2)
logical_and = Ufunc(np.logical_and)
logical_not = Ufunc(np.logical_not)
logical_or = Ufunc(np.logical_or)
logical_xor = Ufunc(np.logical_xor)
maximum = Ufunc(np.maximum)
minimum = Ufunc(np.minimum)
mod = remainder = Ufunc(np.remainder)
modf = Ufunc(np.modf)
multiply = Ufunc(np.multiply)
negative = Ufunc(np.negative)
nextafter = Ufunc(np.nextafter)
not_equal = Ufunc(np.not_equal)
positive = Ufunc(np.positive)
pow = power = Ufunc(np.power)
rad2deg = Ufunc(np.rad2deg)
radians = Ufunc(np.radians)
reciprocal = Ufunc(np.reciprocal)
rint = Ufunc(np.rint)
sign = Ufunc(np.sign)
signbit = Ufunc(np.signbit)
sin = Ufunc(np.sin)
sinh = Ufunc(np.sinh)
spacing = Ufunc(np.spacing)
sqrt = Ufunc(np.sqrt)
square = Ufunc(np.square)
subtract = Ufunc(np.subtract)
tan = Ufunc(np.tan)
tanh = Ufunc(np.tanh)
trunc = Ufunc(np.trunc)
