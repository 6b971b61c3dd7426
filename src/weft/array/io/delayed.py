"""Arrays of delayed values, and chunks as delayed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid, UnknownCut, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.ops.creation import shape_of
from weft.collection.convert import CONVERSIONS
from weft.execution import graph_of
from weft.expr import Cost, Expr, derived, node
from weft.expr.naming import nonce, token_of
from weft.graph.makers import identity
from weft.physical.blockwise import Same, blockwise
from weft.physical.call import Gathered
from weft.physical.outside import Outside
from weft.tokenize import tokenize

__all__ = ["from_delayed"]


@node
class FromDelayed(ArrayExpr):
    """One chunk, which is a delayed value."""

    given: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    value: Outside
    prototype: Any = None

    @property
    def label(self) -> str:
        return "from-delayed"

    @derived
    def name(self) -> str:
        return self.given

    def lower(self) -> Expr:
        columns = [Same(self.shape), Same(self.dtype)]
        return blockwise(self.outline, checked, [(self.value, ())], columns)


@node
class FromFunction(ArrayExpr):
    """One chunk, which a function gives."""

    given: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    function: Callable[..., Any]
    args: Any
    keywords: Any

    @property
    def label(self) -> str:
        return "from-func"

    @derived
    def name(self) -> str:
        return self.given

    @derived
    def grid(self) -> Grid:
        return grid_for(-1, self.shape)

    def lower(self) -> Expr:
        columns = [Same(self.function), Same(self.args), Same(self.keywords), Same(self.shape), Same(self.dtype)]
        return blockwise(self.outline, called, (), columns, cost=Cost.HEAVY)


def checked(block: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A value that must be what was promised; scalars and lists become arrays."""
    if not hasattr(block, "shape") or not hasattr(block, "dtype") or isinstance(block, np.generic):
        block = np.asarray(block, dtype)
    if len(shape) != block.ndim or any(
        found != told and not is_unknown(told) for found, told in zip(block.shape, shape, strict=True)
    ):
        raise ValueError(
            f"the delayed value is an array of shape {tuple(block.shape)}, where from_delayed was told {shape}. "
            "Give the shape that it has."
        )
    if block.dtype == dtype:
        return block
    if np.can_cast(block.dtype, dtype, "same_kind"):
        return block.astype(dtype)
    raise TypeError(
        f"the delayed value is an array of {block.dtype}, where from_delayed was told {dtype}. Give the dtype that it has."
    )


def called(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> Any:
    """What a function gives, which must be what was promised."""
    return checked(function(*args, **keywords), shape, dtype)


def outside_of(value: Any) -> Outside:
    """A delayed value, or the whole of another collection, as a block that expressions can read."""
    return Outside.of(CONVERSIONS["delayed"](value).__weft_expr__())


def from_delayed(value: Any, shape: Any, dtype: Any = None, meta: Any = None, name: str | None = None) -> Any:
    """An array of one chunk that is a delayed value.

    Parameters
    ----------
    value : Delayed
        An array when it is computed.
    shape : tuple of int
        Its shape; NaN for a length that is not known before.
    dtype : dtype, optional
        Its dtype; needed unless ``meta`` has it.
    meta : array, optional
        An array of the type and dtype that it has.
    name : str, optional
        The name of the array's blocks; by default made of the value's key.

    Examples
    --------
    >>> import numpy as np
    >>> import weft
    >>> import weft.array as da
    >>> da.from_delayed(weft.delayed(np.ones)(5), (5,), dtype=float).sum().compute()
    np.float64(5.0)
    """
    if dtype is None and meta is None:
        raise ValueError("from_delayed() has to know what is in the array: give dtype=, or meta=")
    told = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    kind = np.dtype(meta.dtype if dtype is None else dtype)
    block = outside_of(value)
    known = shape_of([0 if is_unknown(length) else length for length in told])
    given = name or f"from-delayed-{token_of(block.name, tuple(map(str, told)), kind)}"
    grid = list(grid_for(-1, known))
    lengths: list[Any] = list(known)
    for axis, length in enumerate(told):
        if is_unknown(length):
            grid[axis] = cut = UnknownCut(f"{given}-{axis}", 1)
            lengths[axis] = cut.length
    prototype = None if meta is None or type(meta) is np.ndarray else meta
    return new(FromDelayed(given, tuple(lengths), kind, tuple(grid), block, prototype))


def from_func(
    func: Callable[..., Any],
    shape: Any,
    dtype: Any = None,
    name: str | None = None,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """An array of one chunk that ``func(*args, **kwargs)`` gives.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> from weft.array.io.delayed import from_func
    >>> from_func(np.arange, (3,), dtype=int, args=(3,)).compute()
    array([0, 1, 2])
    """
    if dtype is None:
        raise ValueError("from_func() has to know what is in the array: give dtype=")
    words = dict(kwargs or {})
    given = name or f"from-func-{tokenize(func, shape, args, words) or nonce()}"
    return new(FromFunction(given, shape_of(shape), np.dtype(dtype), func, tuple(args), words))


class Chunk:
    """One chunk of an array, as `weft.delayed` takes it."""

    def __init__(self, array: Any, key: Any) -> None:
        self.array = array
        self.key = key

    def _weft_node_(self) -> Gathered:
        name, *places = self.key
        return Gathered((f"delayed-{name}", *places), self.array, [self.key], identity)


class DelayedMethods(ArrayBase):
    """Chunks as delayed values."""

    __slots__ = ()

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """A NumPy array of delayed values, one for each chunk.

        Parameters
        ----------
        optimize_graph : bool
            Whether the array is optimised before it is computed.

        Examples
        --------
        >>> import weft.array as da
        >>> parts = da.arange(5, chunks=2).to_delayed()
        >>> parts.shape, parts[1].compute()
        ((3,), array([2, 3]))
        """
        array: Any = self if optimize_graph else self.with_blocks(graph_of([self], optimize_graph=False))  # type: ignore[attr-defined]
        delayed = CONVERSIONS["delayed"]
        parts = np.empty(self.numblocks, object)
        for place, key in zip(product(*map(range, self.numblocks)), array.expr.keys(), strict=True):
            parts[place] = delayed(Chunk(array, key))
        return parts
