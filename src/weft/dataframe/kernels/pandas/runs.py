"""Runs: rows on their way from one partition to another, as bare columns.

What an exchange moves is many small pieces of frames. As pandas objects each of them would cost a tenth of a millisecond to
make, to measure and to write down; as a tuple of arrays it costs a hundredth. A run holds the columns in order and the
index, each as a NumPy array, an Arrow array (for text) or one of pandas' own; labels come back from the meta.

A run owns its memory: a view would keep the whole partition that it came from until the last of its runs is merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import union_categoricals

from weft.dataframe.compiled import read_only
from weft.dataframe.kernels.pandas.moving import machine_code
from weft.dataframe.meta import UNKNOWN_CATEGORIES

__all__ = [
    "ROW_BITS",
    "Run",
    "by_target",
    "frame_of",
    "in_target_order",
    "joined",
    "joined_column",
    "joined_index",
    "merged_run",
    "run_of",
    "runs_of",
    "some_rows",
    "taken",
    "united",
]

#: Bytes of the numbers that machine code deals out.
WIDE = 8
#: Bytes of texts from which on they are left where they are, in so many chunks at most.
LARGE_TEXTS, MOST_CHUNKS = 1 << 22, 64
#: How many bits of a row's place count rows; those before them count partitions.
ROW_BITS = 40


class Run(NamedTuple):
    """Rows as bare columns; ``index`` is None where nobody looks at it."""

    length: int
    index: Any
    columns: tuple[Any, ...]


def run_of(frame: Any, keep_index: bool = True) -> Run:
    """The columns of a pandas object, not copied."""
    if isinstance(frame, pd.DataFrame):
        columns = tuple([bare(frame.iloc[:, place].array) for place in range(frame.shape[1])])
    elif isinstance(frame, pd.Series):
        columns = (bare(frame.array),)
    else:
        columns, keep_index = (bare_index(frame),), False
    return Run(len(frame), bare_index(frame.index) if keep_index else None, columns)


def bare(array: Any) -> Any:
    """The memory of a column: NumPy's or Arrow's, or pandas' own array."""
    if type(array) is pd.arrays.NumpyExtensionArray:
        return array.to_numpy()
    if isinstance(array, pd.arrays.ArrowStringArray):
        return whole_text(array)
    if isinstance(array, (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray)) and isinstance(array.dtype, np.dtype):
        return np.asarray(array)
    return array


def whole_text(array: Any) -> Any:
    """Text with its dtype, as one Arrow array where it is the common kind."""
    if array.dtype != "str":
        return array
    chunked = array.__arrow_array__()
    if not isinstance(chunked, pa.ChunkedArray):
        return chunked
    return (
        chunked.chunk(0)
        if chunked.num_chunks == 1
        else pa.concat_arrays(chunked.chunks)
        if chunked.num_chunks
        else pa.array([], chunked.type)
    )


def bare_index(index: pd.Index) -> Any:
    """The memory of an index; one of several levels stays what it is, and so does a range."""
    return index if isinstance(index, (pd.MultiIndex, pd.RangeIndex)) else bare(index.array)


def taken(array: Any, places: Any) -> Any:
    """Some elements, as a copy: those at some places, or a stretch of them."""
    if isinstance(places, slice):
        if isinstance(array, np.ndarray):
            return array[places].copy()
        places = np.arange(places.start, places.stop)
    if isinstance(array, np.ndarray):
        return array.take(places)
    if isinstance(array, pd.RangeIndex):
        return array.start + array.step * places.astype("int64", copy=False)
    if isinstance(array, pa.Array):
        return array.take(pa.array(places))
    return array.take(places)


def runs_of(whole: Run, order: Any, ends: Any) -> list[Run]:
    """Rows in an order (None: as they stand), cut at some places of it: one run between each two."""
    return cut_runs(whole, ends, lambda array: cut(array, order, ends))


def runs_by_target(whole: Run, targets: Any, bounds: Sequence[int]) -> list[Run]:
    """Rows for each range of targets; those of one target in their order."""
    code = machine_code(len(targets))
    if code is None or (targets[1:] >= targets[:-1]).all():
        order, upto = in_target_order(targets, bounds[-1])
        return runs_of(whole, order, upto[np.asarray(bounds)])
    upto = np.zeros(bounds[-1] + 1, np.int64)
    np.cumsum(np.bincount(targets, minlength=bounds[-1]), out=upto[1:])
    ends, asked, order = upto[np.asarray(bounds)], read_only(targets), None
    dealt = np.empty(
        len(targets), np.int64
    )  # one for all columns: memory that is new to the process costs more than the rest

    def pieces(array: Any) -> list[Any]:
        nonlocal order
        if isinstance(array, np.ndarray) and array.dtype.itemsize == WIDE and array.dtype.kind != "O":
            code.dealt_out(read_only(array.view(np.int64)), asked, upto[:-1].copy(), dealt)
            return cut(dealt.view(array.dtype), None, ends)
        order = in_target_order(targets, bounds[-1])[0] if order is None else order
        return cut(array, order, ends)

    return cut_runs(whole, ends, pieces)


def cut_runs(whole: Run, ends: Any, pieces: Callable[[Any], list[Any]]) -> list[Run]:
    """One run between each two ends, of the pieces of each column."""
    lengths = np.diff(ends).tolist()
    index = [None] * len(lengths) if whole.index is None else pieces(whole.index)
    columns = [pieces(each) for each in whole.columns]
    parts = zip(*columns, strict=True) if columns else [()] * len(lengths)
    return [Run(*each) for each in zip(lengths, index, parts, strict=True)]


def cut(array: Any, order: Any, ends: Any) -> list[Any]:
    """Copies of the elements between each two ends, in an order (None: as they stand)."""
    stretches = [slice(start, stop) for start, stop in pairwise(ends)]
    return [taken(array, each if order is None else order[each]) for each in stretches]


def some_rows(whole: Run, rows: Any) -> Run:
    """Some rows, as a copy."""
    index = None if whole.index is None else taken(whole.index, rows)
    return Run(len(rows), index, tuple([taken(each, rows) for each in whole.columns]))


def by_target(targets: Any, bounds: Sequence[int]) -> list[Any]:
    """Numbers of the rows for each range of targets; those of one target in their order.

    >>> [rows.tolist() for rows in by_target(np.array([1, 0, 2, 1]), (0, 1, 3))]
    [[1], [0, 3, 2]]
    """
    order, upto = in_target_order(targets, bounds[-1])
    if order is None:
        order = np.arange(len(targets))
    return [order[start:stop] for start, stop in pairwise(upto[np.asarray(bounds)])]


def in_target_order(targets: Any, count: int) -> tuple[Any, Any]:
    """Rows in the order of their targets (None: as they stand), and where those of each of ``count`` targets begin and end."""
    if (targets[1:] >= targets[:-1]).all():
        return None, np.searchsorted(targets, np.arange(count + 1))
    upto = np.zeros(count + 1, np.int64)
    if (code := machine_code(len(targets))) is not None:
        order = np.empty(len(targets), np.int64)
        code.grouped(read_only(targets), upto, order)
        return order, upto
    np.cumsum(np.bincount(targets, minlength=count), out=upto[1:])
    return np.argsort(targets, kind="stable"), upto


def joined(arrays: Sequence[Any]) -> Any:
    """Columns of several runs one after another."""
    first = arrays[0]
    if len(arrays) == 1:
        return first
    if {type(each) for each in arrays} > {pd.RangeIndex}:
        arrays = [each.to_numpy() if isinstance(each, pd.RangeIndex) else each for each in arrays]
        first = arrays[0]
    if all(isinstance(each, np.ndarray) for each in arrays) and all(each.dtype == first.dtype for each in arrays):
        return np.concatenate(arrays)
    if not all(isinstance(each, pa.Array) for each in arrays):
        arrays = told_apart(arrays)
        first = arrays[0]
    if all(isinstance(each, pa.Array) for each in arrays):
        return stretch(arrays) or pa.concat_arrays(arrays)
    kinds = {type(each) for each in arrays}
    if kinds == {pd.RangeIndex} or kinds == {pd.MultiIndex}:
        made = first.append(list(arrays[1:]))
        return made if isinstance(made, (pd.RangeIndex, pd.MultiIndex)) else bare(made.array)
    if pd.MultiIndex in kinds:
        return pd.MultiIndex.from_tuples([value for each in arrays for value in each])
    if kinds == {pd.Categorical} and any(each.dtype != first.dtype for each in arrays):
        kind = united([each.dtype for each in arrays])
        codes = [each.set_categories(kind.categories).codes for each in arrays]
        return pd.Categorical.from_codes(np.concatenate(codes), dtype=kind)
    return bare(pd.concat([series_of(each) for each in arrays], ignore_index=True).array)


def stretch(arrays: Sequence[Any]) -> Any:
    """Texts of Arrow that lie one behind another in the same memory, as partitions of a frame do: all of it, without a copy.

    None for others. Arrow's memory never changes, so that whoever else holds it may.
    """
    first = arrays[0]
    at, end = addresses(first), first.offset
    for each in arrays:
        if each.offset != end or not pa.types.is_large_string(each.type) or addresses(each) != at:
            return None
        end += len(each)
    return pa.Array.from_buffers(first.type, end - first.offset, first.buffers(), offset=first.offset)


def addresses(array: Any) -> list[int]:
    """Where the memory of an array of Arrow's lies; 0 where there is none."""
    return [0 if buffer is None else buffer.address for buffer in array.buffers()]


def united(kinds: Sequence[pd.CategoricalDtype]) -> pd.CategoricalDtype:
    """The categories of several partitions together: in order where those of each are, else as they come.

    Categories in their order are what each partition found among its values.

    >>> united([pd.CategoricalDtype(["b", "c"]), pd.CategoricalDtype(["a"])]).categories.tolist()
    ['a', 'b', 'c']
    """
    is_sorted = all(each.categories.is_monotonic_increasing for each in kinds)
    is_ordered = all(each.ordered for each in kinds)
    telling = [each for each in kinds if len(each.categories) and UNKNOWN_CATEGORIES not in each.categories]
    telling = telling or list(kinds[:1])
    arrays = [pd.Categorical([], dtype=each) for each in telling]
    if is_ordered and not is_sorted:
        return union_categoricals(arrays).dtype
    categories = union_categoricals(arrays, sort_categories=is_sorted, ignore_order=True).categories
    return pd.CategoricalDtype(categories, is_ordered)


def told_apart(arrays: Sequence[Any]) -> Sequence[Any]:
    """Columns of several runs, where values that are all missing are of the type of the others: they say nothing of it."""
    silent = [isinstance(each, np.ndarray) and each.dtype.kind in "Of" and bool(pd.isna(each).all()) for each in arrays]
    if not any(silent) or all(silent):
        return arrays
    telling = [each for each, is_silent in zip(arrays, silent, strict=True) if not is_silent]
    kinds = {series_of(each).dtype for each in telling}
    kind = kinds.pop()
    if kinds or (isinstance(kind, np.dtype) and kind.kind not in "fMm") or isinstance(kind, pd.CategoricalDtype):
        return arrays

    def of_kind(length: int) -> Any:
        return bare(pd.Series([None] * length, dtype=kind).array)

    return [of_kind(len(each)) if is_silent else each for each, is_silent in zip(arrays, silent, strict=True)]


def merged_run(runs: Sequence[Run], in_chunks: bool = False) -> Run:
    """Runs one after another, as one; large texts as chunks of one column, if asked."""
    columns = [joined_column(runs, place, in_chunks) for place in range(len(runs[0].columns))]
    return Run(sum([run.length for run in runs]), joined_index(runs), tuple(columns))


def joined_column(runs: Sequence[Run], place: int, in_chunks: bool = False) -> Any:
    """A column of several runs, one after another.

    Runs without rows have the categories of their partition all the same: so wherever rows go, all have categories in the
    order of the partitions that they come from.
    """
    filled = [run.columns[place] for run in runs if run.length]
    if all(isinstance(each, pd.Categorical) for each in filled):
        filled = [run.columns[place] for run in runs if isinstance(run.columns[place], pd.Categorical)]
    if in_chunks and is_chunked_well(filled):
        whole = stretch(filled)
        return pa.chunked_array(filled) if whole is None else whole
    return joined(filled or [runs[0].columns[place]])


def is_chunked_well(arrays: Sequence[Any]) -> bool:
    """Whether arrays are texts of one kind, so long that to copy them takes a while, and so few that chunks are found soon."""
    if not 1 < len(arrays) <= MOST_CHUNKS or not all(isinstance(each, pa.Array) for each in arrays):
        return False
    return len({each.type for each in arrays}) == 1 and sum([each.nbytes for each in arrays]) >= LARGE_TEXTS


def joined_index(runs: Sequence[Run]) -> Any:
    """The labels of several runs, one after another; None where nobody looks at them."""
    filled = [run for run in runs if run.length] or runs[:1]
    return None if filled[0].index is None else joined([run.index for run in filled])


def frame_of(runs: Sequence[Run], meta: Any, in_chunks: bool = False) -> Any:
    """Rows of some runs, one after another, as the pandas object that ``meta`` is an example of.

    Large texts may stay where they are, as chunks of one column (``in_chunks``): it is the user's, and nothing is to be cut of it.
    """
    if not runs:
        return meta
    whole = merged_run(runs, in_chunks)
    if isinstance(meta, pd.Index):
        return index_of(whole.columns[0], meta)
    if whole.index is None:
        index: pd.Index = pd.RangeIndex(whole.length, name=meta.index.name)
    else:
        index = index_of(whole.index, meta.index)
    return assembled(whole.columns, index, meta)


def assembled(columns: Sequence[Any], index: pd.Index, meta: Any) -> Any:
    """A pandas object of bare columns, with the labels of a meta."""
    if isinstance(meta, pd.Series):
        made = series_of(columns[0], index)
        made.name = meta.name
        return made
    made = {place: series_array(each) for place, each in enumerate(columns)}
    for place, each in made.items():
        if type(each) is pd.arrays.NumpyExtensionArray:  # a frame would look whether all objects are text
            made[place] = series_of(columns[place], index)
    frame = pd.DataFrame(made, index=index, copy=False)
    frame.columns = meta.columns
    frame.attrs = meta.attrs
    return frame


def series_array(array: Any) -> Any:
    """A column as pandas takes it without a guess at its type."""
    if isinstance(array, pa.ChunkedArray):
        return pd.arrays.ArrowStringArray(array, dtype=TEXT)
    if isinstance(array, pa.Array):
        return pd.arrays.ArrowStringArray(pa.chunked_array([array]), dtype=TEXT)
    if isinstance(array, np.ndarray) and array.dtype == object:
        return pd.arrays.NumpyExtensionArray(array)
    if isinstance(array, pd.Index):
        return array.array
    return array


def series_of(array: Any, index: pd.Index | None = None) -> pd.Series:
    """A series of a bare column."""
    values = series_array(array)
    dtype = object if type(values) is pd.arrays.NumpyExtensionArray else None
    return pd.Series(values, index=index, dtype=dtype, copy=False)


def index_of(array: Any, like: pd.Index) -> pd.Index:
    """An index of bare values, with the names of another."""
    if isinstance(array, pd.MultiIndex):
        return array.set_names(like.names)
    if isinstance(array, pd.RangeIndex):
        return array.rename(like.name)
    values = series_array(array)
    dtype = object if type(values) is pd.arrays.NumpyExtensionArray else None
    return pd.Index(values, name=like.name, dtype=dtype, copy=False)


#: The dtype of text.
TEXT = pd.StringDtype(na_value=np.nan)
