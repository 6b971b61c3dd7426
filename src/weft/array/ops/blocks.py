"""Functions that users bring, applied to blocks: `blockwise` says with index letters which blocks meet, `map_blocks` is the
common case where blocks at one place do.

What such a function does is unknown, so nothing moves across it: the layout that it sees is the one at the call.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from weft.array.base import ArrayBase, new
from weft.array.chunks import UnknownCut, as_tuple, axis_chunks, axis_count, compress, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import from_array
from weft.array.kernels.blocks import Repacked, ShapeChecked, WithKeywords
from weft.array.ops.block_nodes import Mapped, single
from weft.array.ops.block_positions import Position, positions
from weft.array.ops.block_types import result_type
from weft.array.ops.transposing import normal_axis
from weft.array.ops.unifying import Indices, as_they_are, is_by_block, unified
from weft.execution.containers import unpack_collections
from weft.tokenize import tokenize

__all__ = ["blockwise", "map_blocks"]


def map_blocks(
    func: Callable[..., Any],
    *args: Any,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    chunks: Any = None,
    drop_axis: Any = None,
    new_axis: Any = None,
    enforce_ndim: bool = False,
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """Apply a function to blocks at the same place of all arrays.

    Parameters
    ----------
    func : callable
        Takes a block of each array, and other arguments as they are. A parameter ``block_id`` gets the block's place in
        the grid, ``block_info`` a dict with shapes and places of inputs and output.
    *args : arrays and other values
        Arrays are aligned at their last axes, and cut alike; one with a single chunk goes with all chunks of the others.
        Those of different lengths match block by block, if they have equally many.
    name : str, optional
        Name of the result.
    token : str, optional
        First part of the result's name.
    dtype : dtype, optional
        Of the result; found out by calling ``func`` on empty arrays by default.
    chunks : tuple, optional
        Chunks of the result, or the shape of a block, where they are not those of the input.
    drop_axis, new_axis : int or sequence of int, optional
        Axes that the function takes away (their blocks are joined first), and axes that it makes.
    enforce_ndim : bool
        Whether each block is checked to have as many axes as expected.
    meta : array, optional
        Empty array of the type of the result.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=2)
    >>> da.map_blocks(lambda block: block[::-1], x).compute()
    array([1, 0, 3, 2, 5, 4])
    >>> x.map_blocks(lambda block, block_id: block * 0 + block_id[0]).compute()
    array([0, 0, 1, 1, 2, 2])
    """
    return map_aligned(
        func,
        args,
        kwargs,
        name=name,
        token=token,
        dtype=dtype,
        chunks=chunks,
        drop_axis=drop_axis,
        new_axis=new_axis,
        enforce_ndim=enforce_ndim,
        meta=meta,
    )


def map_aligned(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    align_arrays: bool = True,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    chunks: Any = None,
    drop_axis: Any = None,
    new_axis: Any = None,
    enforce_ndim: bool = False,
    meta: Any = None,
) -> Any:
    """What `map_blocks` does; with ``align_arrays=False`` for arrays that match block by block, whatever their lengths."""
    if not callable(func):
        raise TypeError(f"map_blocks() takes a function first, not {func!r} (a {type(func).__name__})")
    arrays = [each for each in args if isinstance(each, ArrayBase)]
    ndim = max((each.ndim for each in arrays), default=0)
    pairs: list[tuple[Any, Indices | None]] = [
        (each.expr, tuple(range(each.ndim))[::-1]) if isinstance(each, ArrayBase) else (each, None) for each in args
    ]
    out = list(range(ndim))[::-1]
    for axis in sorted(axes_of(drop_axis, ndim), reverse=True):
        del out[axis]
    fresh: dict[Hashable, Any] = {}
    for place in sorted(axes_of(new_axis, None)):
        letter = ndim + len(fresh)
        out.insert(place, letter)
        fresh[letter] = 1
    if not arrays and chunks is not None:
        chunks = tuple([each if isinstance(each, tuple) else (each,) for each in chunks])
        fresh = dict(enumerate(chunks))
        out, chunks = list(range(len(fresh))), None
    return mapped(
        func,
        tuple(out),
        pairs,
        kwargs,
        name=name,
        token=token,
        dtype=dtype,
        new_axes=fresh,
        block_chunks=chunks,
        align_arrays=align_arrays and not is_by_block(pairs),
        concatenate=True,
        meta=meta,
        ndim_checked=enforce_ndim,
        positions_offered=True,
    )


def blockwise(
    func: Callable[..., Any],
    out_ind: Iterable[Hashable],
    *args: Any,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    adjust_chunks: dict[Hashable, Any] | None = None,
    new_axes: dict[Hashable, Any] | None = None,
    align_arrays: bool = True,
    concatenate: bool | None = None,
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """Apply a function to the blocks that index letters bring together.

    Parameters
    ----------
    func : callable
    out_ind : iterable
        Letters of the result's axes.
    *args : pairs of value and letters
        Arrays with the letters of their axes; other values with None.
    name, token : str, optional
        Name of the result, or its first part.
    dtype : dtype, optional
        Found out by calling ``func`` on empty arrays by default.
    adjust_chunks : dict, optional
        For a letter, how chunks of the result differ: a function of a length, a length, or all lengths.
    new_axes : dict, optional
        Lengths, or chunks, of letters that no array has.
    align_arrays : bool
        Whether arrays are cut alike first; without it they must have equally many blocks.
    concatenate : bool, optional
        Whether blocks along letters that the result has not are joined for the function, instead of given as a list.
    meta : array, optional
        Empty array of the type of the result.
    **kwargs
        Further arguments of ``func``.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x, y = da.arange(4, chunks=2), da.arange(6, chunks=3)
    >>> da.blockwise(np.multiply.outer, "ij", x, "i", y, "j").compute()[3]
    array([ 0,  3,  6,  9, 12, 15])
    """
    if len(args) % 2:  # programs that say one too many have always been told nothing by Dask
        warnings.warn(f"blockwise() takes pairs of values and letters: {args[-1]!r} is left out", stacklevel=2)
        args = args[:-1]
    out = tuple(out_ind)
    if len(set(out)) != len(out):
        raise ValueError(f"the letters of a result must differ, and they are {out_ind!r}")
    pairs: list[tuple[Any, Indices | None]] = []
    for value, letters in zip(args[::2], args[1::2], strict=True):
        if letters is None:
            pairs.append((value, None))
            continue
        array = operand_of(value)
        indices = tuple(letters)
        if len(indices) != array.ndim:
            raise ValueError(f"the letters {letters!r} are {len(indices)}, and the array has {array.ndim} axes")
        pairs.append((array, indices))
    return mapped(
        func,
        out,
        pairs,
        kwargs,
        name=name,
        token=token,
        dtype=dtype,
        adjust_chunks=adjust_chunks,
        new_axes=new_axes,
        align_arrays=align_arrays,
        concatenate=bool(concatenate),
        meta=meta,
    )


def mapped(
    func: Callable[..., Any],
    out: Indices,
    pairs: list[tuple[Any, Indices | None]],
    kwargs: dict[str, Any],
    *,
    name: str | None = None,
    token: str | None = None,
    dtype: Any = None,
    adjust_chunks: dict[Hashable, Any] | None = None,
    new_axes: dict[Hashable, Any] | None = None,
    align_arrays: bool = True,
    concatenate: bool = False,
    meta: Any = None,
    block_chunks: Any = None,
    ndim_checked: bool = False,
    positions_offered: bool = False,
) -> Any:
    """What `blockwise` and `map_blocks` have in common.

    Beyond what they document, ``block_chunks`` are chunks or shapes of blocks of the result, ``ndim_checked`` has the
    axes of each block checked, and ``positions_offered`` tells functions that ask for it where a block stands.
    """
    pairs, cuts, lengths = unified(pairs, uncounted=True) if align_arrays else as_they_are(pairs)
    shape: list[Any] = []
    grid: list[Any] = []
    symbol = None
    counts = []
    for place, letter in enumerate(out):
        if new_axes and letter in new_axes:
            given = new_axes[letter]
            chunks: Any = tuple(given) if isinstance(given, (tuple, list)) else (given,)
            count = len(chunks)
        elif letter in cuts:
            chunks, count = None, axis_count(lengths[letter], cuts[letter])
        else:
            raise ValueError(f"the letter {letter!r} of the result is in no array and not in new_axes=")
        counts.append(count)
        if adjust_chunks and letter in adjust_chunks:
            before = axis_chunks(lengths[letter], cuts[letter]) if chunks is None else chunks
            chunks = adjusted(adjust_chunks[letter], before, letter)
        if block_chunks is not None:
            if len(block_chunks) != len(out):
                raise ValueError(
                    f"chunks={block_chunks!r} is for {len(block_chunks)} axes, and the result has {len(out)}"
                )
            chunks = block_chunks[place]
            chunks = tuple(chunks) if isinstance(chunks, (tuple, list)) else (chunks,) * count
            if len(chunks) != count:
                raise ValueError(f"chunks={block_chunks!r} has {len(chunks)} chunks along axis {place}, not {count}")
        if chunks is None:
            shape.append(lengths[letter])
            grid.append(cuts[letter])
        elif any(map(is_unknown, chunks)):
            symbol = symbol or tokenize(func, pairs, out, kwargs, repr(block_chunks), repr(adjust_chunks), name)
            cut = UnknownCut(f"{symbol}-{place}", count)
            shape.append(cut.length)
            grid.append(cut)
        else:
            chunks = tuple(map(int, chunks))
            shape.append(sum(chunks))
            grid.append(compress(chunks))
    columns: list[tuple[str, Position]] = []
    if positions_offered:
        columns = positions(func, pairs, out, tuple(shape), tuple(grid), dtype)
    function, literals = with_keywords(func, pairs, kwargs)
    kind, prototype = result_type(func, pairs, dtype, meta, kwargs, columns, len(out))
    if columns and dtype is None:
        columns = positions(func, pairs, out, tuple(shape), tuple(grid), kind)
    if ndim_checked:
        function = ShapeChecked(function, len(out))
    expr = Mapped(
        function,
        tuple(literals),
        out,
        tuple(shape),
        kind,
        tuple(grid),
        prototype,
        concatenate,
        tuple(columns),
        token or str(getattr(func, "__name__", type(func).__name__)).strip("<>_"),
        name,
    )
    return new(expr)


def operand_of(value: Any) -> ArrayExpr:
    """An argument with letters as an array."""
    array: ArrayBase = value if isinstance(value, ArrayBase) else from_array(value, chunks=-1)
    return array.expr


def axes_of(axes: Any, ndim: int | None) -> list[int]:
    """An axis or several as a list; counted from the front where their number is known."""
    if axes is None:
        return []
    return [int(each) if ndim is None else normal_axis(each, ndim) for each in as_tuple(axes)]


def adjusted(how: Any, chunks: Sequence[int], letter: Hashable) -> tuple[Any, ...]:
    """Chunks as ``adjust_chunks`` has them."""
    if callable(how):
        return tuple(map(how, chunks))
    if isinstance(how, (tuple, list)):
        if len(how) != len(chunks):
            raise ValueError(f"adjust_chunks has {len(how)} chunks for {letter!r}, and there are {len(chunks)}")
        return tuple(how)
    return (how,) * len(chunks)


def with_keywords(
    func: Callable[..., Any], pairs: list[tuple[Any, Indices | None]], kwargs: dict[str, Any]
) -> tuple[Callable[..., Any], list[tuple[Any, Indices | None]]]:
    """The function with its keywords, and arguments in which collections stand for what they give.

    Collections among plain arguments and keywords, also within containers, come to the function computed.
    """
    values = tuple([value for value, indices in pairs if indices is None])
    found, repack = unpack_collections(values, kwargs)
    if not found:
        return (WithKeywords(func, tuple(kwargs.items())) if kwargs else func), list(pairs)
    arrays = tuple([indices is not None for _, indices in pairs])
    arguments: list[tuple[Any, Indices | None]] = [pair for pair in pairs if pair[1] is not None]
    arguments += [(single(each), None) for each in found]
    return Repacked(func, arrays, repack), arguments


class BlockMethods(ArrayBase):
    """Users' functions of blocks."""

    __slots__ = ()

    def map_blocks(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Apply a function to each block; see `weft.array.map_blocks`."""
        return map_blocks(func, self, *args, **kwargs)
