"""Functions of elements at the same place, on whole blocks, where NumPy's own need a step more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from weft.records import record

__all__ = [
    "AnyUfunc",
    "Masked",
    "Output",
    "PythonFunction",
    "Quiet",
    "as_numpy",
    "boxed",
    "broadcasted",
    "choose_block",
    "comparing",
    "enforced",
    "fields_truth",
    "is_null",
    "piecewise_block",
    "select_block",
    "spread",
    "viewed",
    "with_part",
]


class PythonFunction:
    """A function of single Python values, made a ufunc where it is used, so that it can travel.

    Parameters
    ----------
    function : callable
    nin, nout : int
    identity : object, optional
        None says that there is none, but that the order of elements does not matter.
    """

    __slots__ = ("__name__", "arguments", "ufunc")

    def __init__(self, function: Callable[..., Any], nin: int, nout: int, identity: Any = np._NoValue) -> None:
        self.arguments = (function, nin, nout, identity)
        keywords = {} if identity is np._NoValue else {"identity": identity}
        self.ufunc = np.frompyfunc(function, nin, nout, **keywords)
        self.__name__ = str(getattr(function, "__name__", "function"))

    @property
    def identity(self) -> Any:
        """What changes nothing when it is combined with an element."""
        return self.ufunc.identity

    @property
    def nout(self) -> int:
        """Number of results."""
        return int(self.ufunc.nout)

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        return self.ufunc(*inputs, **keywords)

    def reduce(self, *arguments: Any, **keywords: Any) -> Any:
        """``ufunc.reduce``."""
        return self.ufunc.reduce(*arguments, **keywords)

    def accumulate(self, *arguments: Any, **keywords: Any) -> Any:
        """``ufunc.accumulate``."""
        return self.ufunc.accumulate(*arguments, **keywords)

    def reduceat(self, *arguments: Any, **keywords: Any) -> Any:
        """``ufunc.reduceat``."""
        return self.ufunc.reduceat(*arguments, **keywords)

    def __reduce__(self) -> tuple[Any, ...]:
        return PythonFunction, self.arguments

    def __weft_tokenize__(self) -> Any:
        return self.arguments


#: A ufunc, or what stands for one.
AnyUfunc: TypeAlias = "np.ufunc | PythonFunction"


@record
class Output:
    """One of the results of a ufunc that has several."""

    ufunc: AnyUfunc
    number: int

    @property
    def __name__(self) -> str:
        return f"{self.ufunc.__name__}-{self.number}"

    def __weft_tokenize__(self) -> Any:
        return (self.ufunc, self.number)

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        return self.ufunc(*inputs, **keywords)[self.number]


@record
class Masked:
    """A ufunc that is applied where a mask says so; elsewhere elements are those of ``base``."""

    ufunc: AnyUfunc
    number: int = 0

    @property
    def __name__(self) -> str:
        return str(self.ufunc.__name__)

    def __weft_tokenize__(self) -> Any:
        return (self.ufunc, self.number, "where")

    def __call__(self, *inputs: Any, where: Any, base: Any, casting: str = "same_kind", **keywords: Any) -> Any:
        shape = np.broadcast_shapes(*[np.shape(each) for each in (*inputs, where, base)])
        out = np.array(spread(base, shape), subok=True)
        if type(out) is not np.ndarray and isinstance(out, np.ma.MaskedArray):
            # a mask that `numpy.ma` would take from the inputs, wherever it is, and in their shape
            with np.errstate(all="ignore"):
                whole = self.ufunc(*inputs, casting=casting, **keywords)
            made = np.ma.asanyarray(whole[self.number] if self.ufunc.nout > 1 else whole)
            holds = np.broadcast_to(np.asarray(where), shape)
            out[holds] = spread(made, shape)[holds]
            return out
        outs = [
            out if place == self.number else np.empty(shape, self.dtype_of(place, inputs))
            for place in range(self.ufunc.nout)
        ]
        self.ufunc(*inputs, out=tuple(outs), where=where, casting=casting, **keywords)
        return out

    def dtype_of(self, place: int, inputs: Sequence[Any]) -> Any:
        """The dtype of a result that nobody asked for."""
        stand_ins = [np.empty(0, each.dtype) if isinstance(each, np.ndarray) else each for each in inputs]
        return np.asarray(self.ufunc(*stand_ins)[place]).dtype


@record
class Quiet:
    """A ufunc of masked arrays: what divides by zero is masked, and no warning is needed."""

    ufunc: np.ufunc

    @property
    def __name__(self) -> str:
        return str(self.ufunc.__name__)

    def __weft_tokenize__(self) -> Any:
        return (self.ufunc, "quiet")

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.ufunc(*inputs, **keywords)


def boxed(value: Any) -> Any:
    """A single Python object as an array without axes."""
    if isinstance(value, np.ndarray):
        return value
    box = np.empty((), object)
    box[()] = value
    return box


def enforced(block: Any, dtype: Any) -> Any:
    """A block with another dtype."""
    return block.astype(dtype, copy=False) if hasattr(block, "astype") else np.asarray(block, dtype)


def broadcasted(block: Any, lengths: tuple[int | None, ...]) -> Any:
    """A view of a block, repeated along axes; None keeps a length."""
    skip = len(lengths) - np.ndim(block)
    shape = tuple([block.shape[axis - skip] if length is None else length for axis, length in enumerate(lengths)])
    return spread(block, shape)


def spread(block: Any, shape: tuple[int, ...]) -> Any:
    """A view of a block, repeated to a shape; a mask, which `numpy.broadcast_to` drops, is repeated with it."""
    if type(block) is np.ndarray or not isinstance(block, np.ndarray):
        return np.broadcast_to(block, shape)
    if not isinstance(block, np.ma.MaskedArray) or block.mask is np.ma.nomask:
        return np.broadcast_to(block, shape, subok=True)
    made = np.ma.masked_array(np.broadcast_to(block.data, shape), mask=np.broadcast_to(block.mask, shape))
    made.fill_value = block.fill_value
    return made


def piecewise_block(block: Any, *conditions: Any, functions: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    """``numpy.piecewise`` of a block; functions and their arguments come wrapped, so that they travel as one value."""
    return np.piecewise(block, list(conditions), list(functions), *arguments, **dict(keywords))  # type: ignore[call-overload]


def select_block(*values: Any, count: int) -> Any:
    """``numpy.select``: conditions first, then as many choices, then the default."""
    return np.select(list(values[:count]), list(values[count : 2 * count]), values[-1])


def choose_block(places: Any, *choices: Any, mode: Any) -> Any:
    """``numpy.choose``."""
    return np.choose(places, list(choices), mode=mode)


def fields_truth(block: Any, dtype: Any) -> Any:
    """Which structured elements have a field that is not zero."""
    lines = np.atleast_1d(block)
    made = np.zeros(lines.shape, bool)
    made[np.nonzero(lines)] = True
    return made.reshape(np.shape(block))


def is_null(block: Any) -> Any:
    """``pandas.isnull``: what pandas takes for missing."""
    import pandas

    return pandas.isnull(block)


def comparing(block: Any, other: Any, *, equal: bool) -> Any:
    """``==`` or ``!=`` as the arrays' own operators have it: things that cannot be compared are different."""
    return block == other if equal else block != other


def viewed(block: Any, dtype: Any, order: str) -> Any:
    """The bytes of a block as elements of another dtype."""
    if order == "F":
        return in_rows(block.T).view(dtype).T
    return in_rows(block).view(dtype)


def in_rows(block: Any) -> Any:
    """A block whose elements lie in C order."""
    return block if block.flags.c_contiguous or not block.ndim else block.copy(order="C")


def as_numpy(block: Any) -> Any:
    """A block of any array library as a NumPy array."""
    if isinstance(block, np.ma.MaskedArray):
        return block.filled()
    if isinstance(block, np.ndarray):
        return block
    for method in ("get", "todense", "toarray"):
        if hasattr(block, method):
            return np.asarray(getattr(block, method)())
    return np.asarray(block)


def same_elements(left: Any, right: Any, *, equal_nan: bool) -> Any:
    """Whether elements are equal; with ``equal_nan``, also whether neither is equal to itself."""
    same = left == right
    if not equal_nan:
        return same
    return same | ((left != left) & (right != right))


def interpolated(block: Any, places: Any, values: Any, options: tuple[Any, Any, Any]) -> Any:
    """``numpy.interp``."""
    return np.interp(block, places, values, *options)


def with_part(block: Any, value: Any, part: str) -> Any:
    """A complex block with other real or imaginary parts."""
    made = np.array(block)
    setattr(made, part, value)
    return made
