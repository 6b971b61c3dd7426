"""Sums of groups by short texts: a text of up to twelve bytes is a number of sixteen, and machine code tells these apart.

Polars and Arrow hold such a text as a *view* that has all of it: length, bytes, and zeros behind them. So texts are equal where
their views are, and no text is read to hash or to compare it. A table gives each the number in which it was met, and sums are
made by these numbers (`weft.dataframe.kernels.polars.positions`). Partial results keep the views, and are put together by them:
texts are made of them once, in the end. Of 10^7 rows of 100,000 texts it takes 0.15 s of processor time, where the engine's own
groups take 0.5 (`python -m benchmarks dataframe --only h2o --question g3`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from weft.dataframe.compiled import read_only
from weft.dataframe.kernels.pandas.groupby_parts import Partial, farthest
from weft.dataframe.kernels.polars.positions import NEARER, Sums, can_be_summed, chunks_of, machine_code, parts_of

__all__ = ["ShortTexts", "combined_texts", "texts_added_up"]

#: Texts that there is room for at first; and how many times as many each time there is none.
ROOM, TIMES = 1 << 12, 2
#: Places of the table for each text.
PLACES = 2
#: Bytes of a view.
WIDTH = 16


class Numbering:
    """Texts, numbered as they are met.

    Parameters
    ----------
    code : module
        Machine code that finds them.
    """

    def __init__(self, code: Any) -> None:
        self.code = code
        self.count = 0
        self.keys: Any = np.empty((ROOM, 2), np.uint64)
        self.table: Any = np.zeros(PLACES * ROOM, np.int32)

    def codes(self, views: Any) -> Any:
        """The numbers of texts; None if one is longer than a view holds."""
        codes = np.empty(len(views), np.intp)
        row, views = 0, read_only(views)
        while row < len(views):
            row, count = self.code.find_texts(views, row, self.keys, self.count, self.table, codes)
            if count < 0:
                return None
            self.count = count
            if row < len(views):
                self.grow()
        return codes

    def grow(self) -> None:
        """Make room."""
        keys = np.empty((TIMES * len(self.keys), 2), np.uint64)
        keys[: self.count] = self.keys[: self.count]
        self.keys, self.table = keys, np.zeros(PLACES * len(keys), np.int32)
        self.code.enter_texts(keys, self.count, self.table)

    @property
    def views(self) -> Any:
        """The texts that have a number."""
        return self.keys[: self.count].copy()


class ShortTexts(NamedTuple):
    """Sums of groups of short texts, in the order of their first rows.

    Parameters
    ----------
    names : tuple of labels
        Of the keys: the one key, as often as it is asked for.
    dtype : dtype
        Of the key.
    wanted : tuple of (label, part)
    views : array of two columns of 64 bits
    rows : array
        How many rows each group has; or, where nobody asks for that, True.
    sums : dict
        Sums of each group, by column.
    extremes : dict
        Least and greatest values of each group, by column and part.
    """

    names: tuple[Any, ...]
    dtype: Any
    wanted: tuple[tuple[Any, Any], ...]
    views: Any
    rows: Any
    sums: dict[Any, Any]
    extremes: dict[tuple[Any, Any], Any]

    def listed(self) -> Partial:
        """The groups with their keys as texts."""
        made = pa.Array.from_buffers(pa.string_view(), len(self.views), [None, pa.py_buffer(self.views)])
        texts = self.dtype.construct_array_type()._from_sequence(made.cast(pa.large_string()), dtype=self.dtype)
        keys = [pd.Series(texts, name=name, copy=False) for name in self.names]
        return Partial(keys, parts_of(self.wanted, self.rows, self.sums, self.extremes))


def texts_added_up(
    texts: Any, values: Mapping[Any, Any], wanted: Sequence[tuple[Any, Any]], names: Sequence[Any], dtype: Any
) -> ShortTexts | None:
    """Sums of groups by a text; None where something is missing, a text is longer, or there is no machine code.

    Parameters
    ----------
    texts : Series of Polars
        The key.
    values : dict of Series of Polars
    wanted : sequence of (label, part)
    names : sequence of labels
        Of the keys.
    dtype : dtype
        Of the key.
    """
    code = machine_code(len(texts))
    if code is None or texts.null_count() or any(label in names for label, _ in wanted):
        return None
    if not can_be_summed(values, values, wanted, code):
        return None
    numbering, coded = Numbering(code), []
    read = [values[label] for label in dict.fromkeys([label for label, _ in wanted]) if label is not None]
    for start, length in chunks_of([texts, *read]):
        codes = numbering.codes(views_of(texts.slice(start, length)))
        if codes is None:
            return None
        coded.append((codes, start, length))
    sums = Sums(values, wanted, numbering.count, code)
    for each in coded:
        sums.add(*each)
    if not sums.finish():
        return None
    return ShortTexts(tuple(names), dtype, tuple(wanted), numbering.views, sums.rows, sums.sums, sums.extremes)


def views_of(texts: Any) -> Any:
    """The views of texts, as two columns of 64 bits."""
    held = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    return np.frombuffer(held.buffers()[1], np.uint64, 2 * len(held), WIDTH * held.offset).reshape(-1, 2)


def combined_texts(partials: Sequence[Any]) -> ShortTexts | None:
    """Sums of several partitions by short texts; None of others, or where there is no machine code."""
    code = machine_code()
    if code is None or not all(isinstance(each, ShortTexts) for each in partials):
        return None
    numbering = Numbering(code)
    coded = [numbering.codes(each.views) for each in partials]
    first: ShortTexts = partials[0]
    rows = np.zeros(numbering.count, first.rows.dtype)
    sums = {label: np.zeros(numbering.count, each.dtype) for label, each in first.sums.items()}
    extremes = {
        own: np.full(numbering.count, farthest(each.dtype, own[1]), each.dtype) for own, each in first.extremes.items()
    }
    for codes, each in zip(coded, partials, strict=True):
        rows[codes] += each.rows  # each text is there once
        for label, into in sums.items():
            into[codes] += each.sums[label]
        for own, into in extremes.items():
            into[codes] = NEARER[own[1]](into[codes], each.extremes[own])
    return first._replace(views=numbering.views, rows=rows, sums=sums, extremes=extremes)
