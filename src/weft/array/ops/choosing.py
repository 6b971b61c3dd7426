"""Elements chosen from several arrays: by a condition, by several, by number, or computed differently here and there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.kernels import elementwise as kernels
from weft.array.ops.broadcasting import bound, elementwise
from weft.array.ops.casting import cast
from weft.array.ops.ufunc_reductions import chunked

__all__ = ["choose", "piecewise", "select", "where"]


def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue) -> Any:
    """Elements of ``x`` where the condition holds, of ``y`` elsewhere; with the condition alone, where it holds.

    Parameters
    ----------
    condition : array-like
    x, y : array-like or scalar
        Give both or neither.

    Returns
    -------
    Array, or a tuple of arrays as of `nonzero` for the condition alone.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(5, chunks=2)
    >>> da.where(x < 3, x, -1).compute()
    array([ 0,  1,  2, -1, -1])
    """
    if x is np._NoValue and y is np._NoValue:
        return chunked(condition).nonzero()
    if x is np._NoValue or y is np._NoValue:
        raise ValueError("either both or neither of x and y should be given")
    masked = any(isinstance(prototype_of(each), np.ma.MaskedArray) for each in (condition, x, y))
    return elementwise(np.ma.where if masked else np.where, condition, x, y)


def flags(condition: Any) -> Any:
    """A condition as an array of bool."""
    return elementwise(cast, condition, dtype=np.dtype(bool))


def prototype_of(value: Any) -> Any:
    """What shows the type of a value's blocks, where that is not NumPy's own."""
    return value.expr.prototype if isinstance(value, ArrayBase) else value


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """For each element the choice whose condition holds first.

    Parameters
    ----------
    condlist : sequence of array-like of bool
    choicelist : sequence of array-like
        As many as there are conditions.
    default : scalar or array-like
        Where no condition holds.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=4)
    >>> da.select([x < 2, x > 3], [x, x * 10]).compute()
    array([ 0,  1,  0,  0, 40, 50])
    """
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    conditions = [each if isinstance(each, ArrayBase) else np.asarray(each) for each in condlist]
    for place, each in enumerate(conditions):
        if each.dtype != bool:
            raise TypeError(f"invalid entry {place} in condlist: should be boolean ndarray")
    return elementwise(kernels.select_block, *conditions, *choicelist, default, count=len(conditions))


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each element the choice that ``a`` numbers.

    Parameters
    ----------
    a : array-like of int
    choices : sequence of array-like, or Array
        An array is taken apart along its first axis.
    out : Array, optional
        Stands for the result from now on.
    mode : {"raise", "wrap", "clip"}
        What happens with numbers for which there is no choice.

    Examples
    --------
    >>> import weft.array as da
    >>> da.choose(da.arange(4, chunks=2) % 2, [10, da.arange(4, chunks=2)]).compute()
    array([10,  1, 10,  3])
    """
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    places = chunked(a)
    if not np.can_cast(places.dtype, np.intp, "safe"):
        raise TypeError(f"choose() takes whole numbers that fit {np.dtype(np.intp)}, and got {places.dtype}")
    result = elementwise(kernels.choose_block, places, *list(choices), mode=mode)
    return bound(result, out, "unsafe")


def piecewise(x: Any, condlist: Any, funclist: Sequence[Callable[..., Any] | Any], *args: Any, **kw: Any) -> Any:
    """A function that is another one where other conditions hold.

    Parameters
    ----------
    x : array-like
    condlist : sequence of array-like of bool
        Of the shape of ``x``. Where several hold, the last one counts.
    funclist : sequence of callable or scalar
        One for each condition, and one more, if you like, for where none holds (0 by default). A function is called with
        the elements where its condition holds, chunk by chunk.
    *args, **kw
        Further arguments of the functions.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(-2, 3, chunks=2)
    >>> da.piecewise(x, [x < 0], [lambda v: -v, 7]).compute()
    array([2, 1, 7, 7, 7])
    """
    array = chunked(x)
    single = np.ndim(condlist) == 0 or (not isinstance(condlist[0], (list, np.ndarray, ArrayBase)) and array.ndim != 0)
    conditions = [condlist] if single or (isinstance(condlist, ArrayBase) and condlist.ndim == array.ndim) else condlist
    conditions = [
        flags(each) if isinstance(each, ArrayBase) else chunked(np.asarray(each, bool)) for each in conditions
    ]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions are expected"
        )
    return elementwise(
        kernels.piecewise_block,
        array,
        *conditions,
        functions=tuple(funclist),
        arguments=args,
        keywords=tuple(kw.items()),
    )
