"""Functions with a signature, as NumPy's generalised ufuncs have: `apply_gufunc` and what is made of it.

A signature such as ``"(i,j),(j)->(i)"`` names the core axes that a function works on; all other axes are loops. Core axes
stand last in a block, and in one chunk; along loop axes arrays are broadcast and cut alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from weft.array.base import new
from weft.array.chunks import as_tuple, axis_count, is_unknown
from weft.array.expr import ArrayExpr, meta_like
from weft.array.io.from_array import asarray
from weft.array.ops.block_nodes import Mapped
from weft.array.ops.block_types import own_type
from weft.array.ops.blocks import map_blocks, with_keywords
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import normal_axis, transpose
from weft.array.ops.unifying import unified

__all__ = ["apply_along_axis", "apply_gufunc", "apply_over_axes", "as_gufunc", "gufunc"]

#: A core axis: a name, or how long it is.
AXIS = r"(?:[^\W\d]\w*|\d+)"
ARGUMENT = rf"\(\s*(?:{AXIS}(?:\s*,\s*{AXIS})*)?\s*,?\s*\)"
SIGNATURE = re.compile(rf"^\s*(?:{ARGUMENT}(?:\s*,\s*{ARGUMENT})*)?\s*->\s*{ARGUMENT}(?:\s*,\s*{ARGUMENT})*\s*,?\s*$")


class Signature(NamedTuple):
    """Core axes of inputs and outputs."""

    inputs: tuple[tuple[str, ...], ...]
    outputs: tuple[tuple[str, ...], ...]
    several: bool


def parse_signature(text: str) -> Signature:
    """The core axes that a signature names.

    >>> parse_signature("(i,j),(j)->(i),()")
    Signature(inputs=(('i', 'j'), ('j',)), outputs=(('i',), ()), several=True)
    """
    if not isinstance(text, str) or not SIGNATURE.match(text):
        raise ValueError(f"not a valid gufunc signature: {text!r}. Write e.g. '(i,j),(j)->(i)'.")
    left, right = text.split("->")

    def axes(side: str) -> tuple[tuple[str, ...], ...]:
        return tuple([tuple(re.findall(r"\w+", each)) for each in re.findall(ARGUMENT, side)])

    outputs = axes(right)
    return Signature(axes(left), outputs, len(outputs) > 1 or right.strip().endswith(","))


def apply_gufunc(
    func: Callable[..., Any],
    signature: str,
    *args: Any,
    axes: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    output_dtypes: Any = None,
    output_sizes: dict[str, int] | None = None,
    vectorize: bool | None = None,
    allow_rechunk: bool = False,
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """Apply a function with a signature to arrays, looping over all axes that the signature does not name.

    Parameters
    ----------
    func : callable
        Takes blocks whose last axes are the core axes; gives an array, or a tuple of them for several outputs.
    signature : str
        Core axes of inputs and outputs, e.g. ``"(i,j),(j)->(i)"``; a number stands for an axis of that length.
    *args : array-like
    axes : list of tuples, optional
        Where the core axes of each input, and of each output, stand.
    axis : int, optional
        The same where there is one core axis, shared by all.
    keepdims : bool
        Whether core axes stay in the outputs, with length 1; for outputs without core axes only.
    output_dtypes : dtype or sequence of dtype, optional
        Found out by calling ``func`` on small arrays by default.
    output_sizes : dict, optional
        Lengths of core axes that only outputs have.
    vectorize : bool, optional
        Whether ``func`` takes single core arrays only, so that `numpy.vectorize` must loop over the others.
    allow_rechunk : bool
        Whether core axes in several chunks are brought into one; otherwise they are an error.
    meta : array or tuple of arrays, optional
        Empty arrays of the types of the outputs.
    **kwargs
        Further arguments of ``func``.

    Returns
    -------
    Array or tuple of Array

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.ones((4, 3), chunks=(2, 3))
    >>> da.apply_gufunc(lambda block: block.sum(-1), "(i)->()", x).compute()
    array([3., 3., 3., 3.])
    """
    parsed = parse_signature(signature)
    if len(args) != len(parsed.inputs):
        raise ValueError(f"the signature {signature!r} has {len(parsed.inputs)} inputs, and {len(args)} were given")
    if axes is not None and axis is not None:
        raise ValueError("Only one of `axis` or `axes` keyword arguments should be given")
    arrays = [asarray(each) for each in args]
    inner, outer = core_places(parsed, axes, axis, keepdims)
    exprs: list[ArrayExpr] = []
    for array, core, places in zip(arrays, parsed.inputs, inner, strict=True):
        if array.ndim < len(core):
            raise ValueError(f"an input of {array.ndim} axes has not the core axes {core} of signature {signature!r}")
        exprs.append(core_last(array, places).expr)
    sizes = core_sizes(parsed, exprs, output_sizes or {})
    exprs = [in_one_chunk(expr, core, allow_rechunk) for expr, core in zip(exprs, parsed.inputs, strict=True)]
    pairs: list[tuple[Any, Any]] = []
    for expr, core in zip(exprs, parsed.inputs, strict=True):
        loops = expr.ndim - len(core)
        pairs.append((expr, (*range(-loops, 0), *core)))
    pairs, cuts, lengths = unified(pairs)
    depth = max([expr.ndim - len(core) for expr, core in zip(exprs, parsed.inputs, strict=True)], default=0)
    loop = tuple(range(-depth, 0))
    kinds = None
    if output_dtypes is not None:
        listed = list(output_dtypes) if isinstance(output_dtypes, (tuple, list)) else [output_dtypes]
        if len(listed) != len(parsed.outputs):
            raise ValueError(f"output_dtypes has {len(listed)} dtypes, and the signature {len(parsed.outputs)} outputs")
        kinds = [np.dtype(each) for each in listed]
    if vectorize:
        # Without core axes no signature: NumPy then keeps texts as long as they come.
        loops_only = not any((*parsed.inputs, *parsed.outputs))
        func = np.vectorize(func, otypes=kinds, signature=None if loops_only else signature)
    shown = shown_outputs(func, parsed, pairs, sizes, kinds, meta, kwargs)
    function, arguments = with_keywords(func, pairs, kwargs)
    shape, grid = tuple([lengths[each] for each in loop]), tuple([cuts[each] for each in loop])
    made = []
    title = str(getattr(func, "__name__", "gufunc")).strip("<>_")
    several = None
    if parsed.several:
        several = Mapped(function, tuple(arguments), loop, shape, np.dtype(object), grid, None, True, (), title)
    for number, core in enumerate(parsed.outputs):
        wanted = (*shape, *[sizes[each] for each in core])
        cut = (*grid, *[max(1, sizes[each]) for each in core])
        kind, prototype = shown[number]
        if several is None:
            expr = Mapped(function, tuple(arguments), (*loop, *core), wanted, kind, cut, prototype, True, (), title)
        else:
            expr = Mapped(
                itemgetter(number), ((several, loop),), (*loop, *core), wanted, kind, cut, prototype, True, (), title
            )
        result = new(expr)
        made.append(core_placed(result, len(core), outer[number], keepdims))
    return tuple(made) if parsed.several else made[0]


def core_places(
    parsed: Signature, axes: Any, axis: Any, keepdims: bool
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Where the core axes of inputs and outputs stand, as users count them; outputs with kept axes have those of inputs."""
    if keepdims and (any(parsed.outputs) or len({len(core) for core in parsed.inputs}) > 1):
        raise ValueError("keepdims=True needs inputs with equally many core axes, and outputs without any")
    if axis is not None:
        if not hasattr(axis, "__index__"):
            raise ValueError(f"axis is an integer, not {axis!r}")
        if any(len(core) > 1 for core in (*parsed.inputs, *parsed.outputs)):
            raise ValueError("axis= is for a single shared core axis; use axes= for several")
        axes = [(axis,) if core else () for core in (*parsed.inputs, *parsed.outputs)]
        if keepdims:
            axes = axes[: len(parsed.inputs)]
    ins = [tuple(range(-len(core), 0)) for core in parsed.inputs]
    outs = [tuple(range(-len(core), 0)) for core in parsed.outputs]
    if keepdims and ins:
        outs = [ins[0]] * len(outs)
    if axes is None:
        return ins, outs
    if isinstance(axes, tuple):
        axes = list(axes)
    if not isinstance(axes, list):
        raise ValueError("axes is a list with a tuple of axes for each input, and for each output")
    given = list(map(as_tuple, axes))
    wanted = [*ins, *outs]
    if len(given) not in (len(ins), len(wanted)):
        raise ValueError(f"axes has {len(given)} entries: there are {len(ins)} inputs and {len(outs)} outputs")
    if len(given) == len(ins) and any(parsed.outputs):
        raise ValueError("axes must have entries for outputs that have core axes")
    if len(given) == len(ins):
        given += [given[0] if keepdims else ()] * len(outs)
    for places, core in zip(given, wanted, strict=True):
        if len(places) != len(core):
            raise ValueError(f"axes has {places}, where the signature has {len(core)} core axes")
    return given[: len(ins)], given[len(ins) :]


def core_last(array: Any, places: tuple[int, ...]) -> Any:
    """The array with its core axes last."""
    core = [normal_axis(each, array.ndim) for each in places]
    if len(set(core)) != len(core):
        raise ValueError(f"axes {places} name an axis twice")
    return transpose(array, [axis for axis in range(array.ndim) if axis not in core] + core)


def core_placed(result: Any, ncore: int, places: tuple[int, ...], keepdims: bool) -> Any:
    """An output with its core axes, which stand last, where they are wanted."""
    if keepdims:
        result = result[(..., *[None] * len(places))]
        ncore = len(places)
    if not ncore:
        return result
    wanted = [normal_axis(each, result.ndim) for each in places]
    loops = iter(range(result.ndim - ncore))
    order = [
        result.ndim - ncore + wanted.index(place) if place in wanted else next(loops) for place in range(result.ndim)
    ]
    return transpose(result, order)


def core_sizes(parsed: Signature, exprs: Sequence[ArrayExpr], given: dict[str, int]) -> dict[str, Any]:
    """Lengths of the core axes."""
    sizes: dict[str, Any] = {}
    for expr, core in zip(exprs, parsed.inputs, strict=True):
        for place, letter in enumerate(core, expr.ndim - len(core)):
            length = expr.shape[place]
            if sizes.setdefault(letter, length) != length and not is_unknown(length):
                raise ValueError(f"core axis {letter!r} has lengths {sizes[letter]} and {length}: they must be equal")
    for letter, length in sizes.items():
        if letter.isdigit() and int(letter) != length and not is_unknown(length):
            raise ValueError(f"a core axis has length {length}: the signature says {letter}")
    given = given | {letter: int(letter) for core in parsed.outputs for letter in core if letter.isdigit()}
    for letter in {letter for core in parsed.outputs for letter in core} - set(sizes):
        if letter not in given:
            raise ValueError(
                f"core axis {letter!r} is in no input: say how long it is, output_sizes={{{letter!r}: ...}}"
            )
        sizes[letter] = int(given[letter])
    return sizes


def in_one_chunk(expr: ArrayExpr, core: tuple[str, ...], allow_rechunk: bool) -> ArrayExpr:
    """The array with its last axes in one chunk each."""
    first = expr.ndim - len(core)
    if all(count == 1 for count in expr.numblocks[first:]):
        return expr
    if not allow_rechunk:
        raise ValueError(
            f"the core axes {core} are in {expr.numblocks[first:]} chunks, and must be in one each: "
            "rechunk the array, e.g. x.rechunk({-1: -1}), or say allow_rechunk=True (mind the memory that it takes)"
        )
    expr = sized(expr, tuple(range(first, expr.ndim)))
    whole = tuple([max(1, length) for length in expr.shape[first:]])
    return laid_out(expr, (*expr.grid[:first], *whole))


def shown_outputs(
    func: Callable[..., Any],
    parsed: Signature,
    pairs: list[tuple[Any, Any]],
    sizes: dict[str, Any],
    kinds: list[np.dtype[Any]] | None,
    meta: Any,
    kwargs: dict[str, Any],
) -> list[tuple[np.dtype[Any], Any]]:
    """Dtype of each output, and an array of its type where that is not NumPy's."""
    if meta is not None:
        metas = list(meta) if isinstance(meta, (tuple, list)) else [meta]
        if len(metas) != len(parsed.outputs):
            raise ValueError(f"meta has {len(metas)} arrays, and the signature {len(parsed.outputs)} outputs")
        return [(np.dtype(each.dtype), own_type(each)) for each in metas]
    if kinds is not None and all(expr.prototype is None for expr, _ in pairs):
        return [(kind, None) for kind in kinds]
    small = []
    for (expr, _), core in zip(pairs, parsed.inputs, strict=True):
        lengths = [1] * (expr.ndim - len(core)) + [
            1 if is_unknown(sizes[each]) else min(sizes[each], 4) for each in core
        ]
        like = meta_like(expr.prototype, expr.ndim, expr.dtype) if expr.prototype is not None else expr.meta
        small.append(np.ones_like(like, shape=tuple(lengths)))
    try:
        with np.errstate(all="ignore"):
            shown = func(*small, **kwargs)
    except Exception as error:  # a function made for real blocks may raise anything on these
        if kinds is not None:
            return [(kind, None) for kind in kinds]
        raise ValueError(
            f"cannot find out what {getattr(func, '__name__', func)!r} gives: calling it on small arrays failed with "
            f"{type(error).__name__}: {error}. Say it, e.g. output_dtypes=float."
        ) from error
    outputs = shown if parsed.several else (shown,)
    if parsed.several and (not isinstance(outputs, (tuple, list)) or len(outputs) != len(parsed.outputs)):
        raise ValueError(
            f"the function gave {type(shown).__name__}, and the signature has {len(parsed.outputs)} outputs"
        )
    return [
        (
            kinds[place] if kinds else np.asarray(each).dtype if not hasattr(each, "dtype") else each.dtype,
            own_type(each),
        )
        for place, each in enumerate(outputs)
    ]


class gufunc:  # noqa: N801 (the name users know)
    """A function with a signature, to be called on arrays; see `apply_gufunc` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> total = da.gufunc(lambda block: block.sum(-1), signature="(i)->()", output_dtypes=float)
    >>> total(da.ones((2, 3), chunks=(1, 3))).compute()
    array([3., 3.])
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any],
        *,
        signature: str | None = None,
        vectorize: bool = False,
        axes: Any = None,
        axis: Any = None,
        keepdims: bool = False,
        output_sizes: dict[str, int] | None = None,
        output_dtypes: Any = None,
        allow_rechunk: bool = False,
        meta: Any = None,
    ) -> None:
        if signature is None:
            raise TypeError("gufunc() needs signature=, e.g. '(i,j),(j)->(i)'")
        parse_signature(signature)
        self.pyfunc = pyfunc
        self.signature = signature
        self.options = {
            "vectorize": vectorize,
            "axes": axes,
            "axis": axis,
            "keepdims": keepdims,
            "output_sizes": output_sizes,
            "output_dtypes": output_dtypes,
            "allow_rechunk": allow_rechunk,
            "meta": meta,
        }
        self.__name__ = getattr(pyfunc, "__name__", "gufunc")
        self.__doc__ = (
            f"``{self.__name__}`` with signature ``{signature}``, on chunked arrays.\n\n{pyfunc.__doc__ or ''}"
        )

    def __call__(self, *args: Any, allow_rechunk: bool | None = None, **kwargs: Any) -> Any:
        options = dict(self.options)
        if allow_rechunk is not None:
            options["allow_rechunk"] = allow_rechunk
        return apply_gufunc(self.pyfunc, self.signature, *args, **options, **kwargs)


def as_gufunc(signature: str | None = None, **kwargs: Any) -> Callable[[Callable[..., Any]], gufunc]:
    """Decorator that makes a function a `gufunc`.

    Examples
    --------
    >>> import weft.array as da
    >>> @da.as_gufunc("(i)->()", output_dtypes=float)
    ... def largest(block):
    ...     return block.max(-1)
    >>> largest(da.ones((2, 3), chunks=(1, 3))).compute()
    array([1., 1.])
    """
    allowed = {"vectorize", "axes", "axis", "keepdims", "output_sizes", "output_dtypes", "allow_rechunk", "meta"}
    if unknown := set(kwargs) - allowed:
        raise TypeError(f"as_gufunc() got unexpected keyword arguments {sorted(unknown)}")

    def decorate(pyfunc: Callable[..., Any]) -> gufunc:
        return gufunc(pyfunc, signature=signature, **kwargs)

    return decorate


def along(
    block: Any,
    func1d: Callable[..., Any],
    axis: int,
    made: tuple[int, ...],
    kind: Any,
    args: tuple[Any, ...],
    keywords: Any,
) -> Any:
    """A function of vectors along an axis of a block; ``made`` and ``kind`` are the shape and dtype of what it gives."""
    loops = (*block.shape[:axis], *block.shape[axis + 1 :])
    if 0 in loops:
        return np.empty((*block.shape[:axis], *made, *block.shape[axis + 1 :]), kind)
    return np.apply_along_axis(func1d, axis, block, *args, **dict(keywords))


def apply_along_axis(
    func1d: Callable[..., Any],
    axis: int,
    arr: Any,
    *args: Any,
    dtype: Any = None,
    shape: tuple[int, ...] | None = None,
    **kwargs: Any,
) -> Any:
    """Apply a function of vectors along an axis.

    Parameters
    ----------
    func1d : callable
        Takes a vector; gives a scalar or an array.
    axis : int
    arr : array-like
    *args, **kwargs
        Further arguments of ``func1d``.
    dtype : dtype, optional
    shape : tuple of int, optional
        What ``func1d`` gives; both are found out by calling it on a vector of ones if they are not given.

    Examples
    --------
    >>> import weft.array as da
    >>> da.apply_along_axis(lambda vector: vector.max() - vector.min(), 0, da.ones((4, 3), chunks=2)).compute()
    array([0., 0., 0.])
    """
    arr = asarray(arr)
    axis = normal_axis(axis, arr.ndim)
    if 0 in [length for place, length in enumerate(arr.shape) if place != axis]:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    whole = arr if axis_count(arr.shape[axis], arr.expr.grid[axis]) == 1 else arr.rechunk({axis: -1})
    if dtype is None or shape is None:
        vector = np.ones((whole.shape[axis],), dtype=arr.dtype)
        shown = np.asarray(func1d(vector, *args, **kwargs))
        dtype = shown.dtype if dtype is None else dtype
        shape = shown.shape if shape is None else shape
    chunks = (*whole.chunks[:axis], *[(length,) for length in shape], *whole.chunks[axis + 1 :])
    places = list(range(axis, axis + len(shape)))
    return map_blocks(
        along,
        whole,
        func1d,
        axis,
        tuple(shape),
        np.dtype(dtype),
        args,
        tuple(kwargs.items()),
        name=None,
        token=getattr(func1d, "__name__", "along").strip("<>_"),
        dtype=dtype,
        chunks=chunks,
        drop_axis=axis if len(shape) != 1 else None,
        new_axis=places if len(shape) > 1 else None,
        meta=np.empty((0,) * (arr.ndim - 1 + len(shape)), dtype),
    )


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """Apply a reducing function ``func(a, axis)`` along several axes, one after the other, which stay with length 1."""
    made = asarray(a)
    for axis in as_tuple(axes):
        result = func(made, normal_axis(axis, a.ndim))
        if result.ndim == made.ndim - 1:
            result = result[(*(slice(None),) * normal_axis(axis, a.ndim), None)]
        if result.ndim != made.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        made = result
    return made
