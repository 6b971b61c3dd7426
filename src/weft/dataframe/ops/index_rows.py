"""Labels moved, left out, added, put in order; what pandas tells of an index as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.categorical import CategoricalAccessor
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.index_sets import index_like
from weft.dataframe.ops.label_nodes import IndexOf, WithIndex
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.repeating import repeated

__all__ = ["IndexRowMethods", "IndexTypeMethods"]


@function_named("rows_of_labels")
def rows_of_labels(labels: pd.Index) -> pd.DataFrame:
    """Rows without columns."""
    return pd.DataFrame(index=labels)


class IndexRowMethods(FrameBase):
    """Labels as rows."""

    __slots__ = ()

    def _as_rows(self) -> Any:
        """A series whose index these labels are."""
        return self.to_series()  # type: ignore[attr-defined]

    def _whole(self, method: str, *args: Any, **keywords: Any) -> Any:
        """What pandas gives for all labels in one place."""
        return whole_result(self, method, call_of(*args, **keywords))

    def sort_values(
        self,
        *,
        return_indexer: bool = False,
        ascending: bool = True,
        na_position: str = "last",
        key: Any = None,
    ) -> Any:
        """The labels in order, over all partitions; with ``return_indexer`` also their positions, which computes."""
        rows = self._as_rows().sort_index(ascending=ascending, na_position=na_position, key=key)
        made = new(IndexOf(rows.expr))
        if not return_indexer:
            return made
        words = {"ascending": ascending, "na_position": na_position, "key": key}
        return made, self.compute().sort_values(return_indexer=True, **words)[1]

    def append(self, other: Any) -> Any:
        """The labels of this index, then those of another, or of several."""
        others = list(other) if isinstance(other, (list, tuple)) else [other]
        rows = [index_like(each, self.expr.meta).to_series() for each in others]
        return new(IndexOf(concat([self._as_rows(), *rows]).expr))

    def insert(self, loc: int, item: Any) -> Any:
        """The labels with another one at a position; they are brought to one place."""
        return self._whole("insert", loc, item)

    def delete(self, loc: Any) -> Any:
        """The labels without those at some positions; they are brought to one place."""
        return whole_result(self, "delete", call_of(loc), meta=self.expr.meta)

    def take(self, indices: Any, axis: Any = 0, **kwargs: Any) -> Any:
        """The labels at some positions, in the order in which these are given.

        With a ``fill_value`` -1 stands for a missing label, as in pandas; the labels are then brought to one place.
        """
        if kwargs.get("fill_value") is not None:
            meta = meta_nonempty(self.expr.meta).take([0, -1], **kwargs)[:0]
            return whole_result(self, "take", call_of(list(indices), **kwargs), meta=meta)
        return new(IndexOf(self._as_rows().iloc[list(indices)].expr))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)):
            return self.take([int(key)]).compute()[0]
        if isinstance(key, slice):
            return new(IndexOf(self._as_rows().iloc[key].expr))
        rows = self._as_rows()
        if isinstance(key, FrameBase) and key.expr.rows == rows.expr.rows:  # which are chosen by place
            key = new(WithIndex(key.expr, IndexOf(rows.expr)))
        return new(IndexOf(rows[key].expr))

    def drop(self, labels: Any, level: Any = None, errors: str = "raise") -> Any:
        """The labels without some, or without those of a level. Labels that are not there cannot be told without computing."""
        return new(IndexOf(self._as_rows().drop(labels, level=level, errors=errors).expr))

    def argmin(self, axis: Any = None, skipna: bool = True) -> Any:
        """Position of the first least label."""
        return self.to_series().argmin(skipna=skipna)  # type: ignore[attr-defined]

    def argmax(self, axis: Any = None, skipna: bool = True) -> Any:
        """Position of the first greatest label."""
        return self.to_series().argmax(skipna=skipna)  # type: ignore[attr-defined]

    def dropna(self, how: str = "any") -> Any:
        """The labels that are not missing."""
        if how not in ("any", "all"):
            raise ValueError(f"invalid how option: {how}")
        if self.expr.meta.nlevels > 1:
            return new(IndexOf(self.to_frame(name=list(range(self.expr.meta.nlevels))).dropna(how=how).expr))  # type: ignore[attr-defined]
        return new(IndexOf(self._as_rows().dropna().expr))

    def repeat(self, repeats: Any, axis: None = None) -> Any:
        """Each label so many times."""
        return repeated(self, repeats)

    def shift(self, periods: int = 1, freq: Any = None) -> Any:
        """Labels of times moved by periods of a frequency."""
        return elementwise("shift", self, periods, freq)

    def diff(self, periods: int = 1) -> Any:
        """Difference to the label so many rows before; the labels are brought to one place."""
        return self._whole("diff", periods)

    def putmask(self, mask: Any, value: Any) -> Any:
        """The labels with another value where a mask holds; they are brought to one place."""
        return self._whole("putmask", mask.compute() if isinstance(mask, FrameBase) else mask, value)

    def sortlevel(self, level: Any = None, ascending: Any = True, sort_remaining: Any = True) -> Any:
        """The labels in the order of a level, and their positions; computes."""
        return self.compute().sortlevel(level, ascending, sort_remaining)

    def reindex(self, target: Any, **options: Any) -> Any:
        """Other labels, and the positions of those that are there; computes."""
        return self.compute().reindex(target.compute() if isinstance(target, FrameBase) else target, **options)

    def get_indexer_for(self, target: Any) -> np.ndarray:
        """Positions of labels, which may be there several times; computes."""
        return np.asarray(self.compute().get_indexer_for(target.compute() if isinstance(target, FrameBase) else target))

    def get_indexer_non_unique(self, target: Any) -> Any:
        """Positions of labels, and which are not there; computes."""
        return self.compute().get_indexer_non_unique(target.compute() if isinstance(target, FrameBase) else target)

    def get_slice_bound(self, label: Any, side: str) -> int:
        """Where a slice that begins or ends with a label begins or ends; computes."""
        return int(self.compute().get_slice_bound(label, side))

    def slice_indexer(self, start: Any = None, end: Any = None, step: int | None = None) -> slice:
        """The positions of a slice of labels; computes."""
        return self.compute().slice_indexer(start, end, step)  # type: ignore[no-any-return]

    def asof(self, label: Any) -> Any:
        """The last label up to another; computes."""
        return self.compute().asof(label)

    def asof_locs(self, where: Any, mask: Any) -> Any:
        """Positions of the last labels up to others; computes."""
        return self.compute().asof_locs(where, mask)

    def indexer_at_time(self, time: Any, asof: bool = False) -> Any:
        """Positions of the labels at a time of the day; computes."""
        return self.compute().indexer_at_time(time, asof)

    def indexer_between_time(self, start_time: Any, end_time: Any, **options: Any) -> Any:
        """Positions of the labels between two times of the day; computes."""
        return self.compute().indexer_between_time(start_time, end_time, **options)

    def identical(self, other: Any) -> bool:
        """Whether another index has the same labels, names and type; computes."""
        return bool(self.compute().identical(other.compute() if isinstance(other, FrameBase) else other))

    @property
    def array(self) -> Any:
        """The labels as pandas' array; computes."""
        return self.compute().array

    @property
    def T(self) -> Any:  # noqa: N802 (pandas' name)
        """The index itself."""
        return self

    def transpose(self, *args: Any, **kwargs: Any) -> Any:
        """The index itself."""
        return self

    def ravel(self, order: str = "C") -> Any:
        """The index itself."""
        return self


class IndexTypeMethods(FrameBase):
    """What is known of labels by their type: times, categories."""

    __slots__ = ()

    def _of_type(self, name: str) -> Any:
        found = getattr(self.expr.meta, name, None)
        if not hasattr(type(self.expr.meta), name):
            raise AttributeError(f"{type(self.expr.meta).__name__!r} object has no attribute {name!r}")
        return found

    @property
    def tz(self) -> Any:
        """Time zone of the labels."""
        return self._of_type("tz")

    @property
    def tzinfo(self) -> Any:
        """Time zone of the labels."""
        return self._of_type("tz")

    @property
    def unit(self) -> Any:
        """Unit of the labels."""
        return self._of_type("unit")

    @property
    def freq(self) -> Any:
        """Frequency of periods; none is known of times in partitions."""
        return self._of_type("freq")

    @property
    def freqstr(self) -> Any:
        """Frequency of periods, as text."""
        return self._of_type("freqstr")

    @property
    def inferred_freq(self) -> Any:
        """The frequency that the labels have; computes."""
        self._of_type("freq")
        return self.compute().inferred_freq

    @property
    def resolution(self) -> Any:
        """The smallest part of times that is not zero; computes."""
        self._of_type("resolution")
        return self.compute().resolution

    @property
    def asi8(self) -> Any:
        """The labels as integers, as a series."""
        self._of_type("asi8")
        return elementwise("asi8", self)

    def to_julian_date(self) -> Any:
        """The labels as Julian dates."""
        self._of_type("to_julian_date")
        return elementwise("to_julian_date", self)

    def snap(self, freq: Any = "S") -> Any:
        """The labels moved to the nearest of a frequency."""
        self._of_type("snap")
        return elementwise("snap", self, freq)

    @property
    def _categories(self) -> CategoricalAccessor:
        self._of_type("categories")
        return CategoricalAccessor.of(self._as_rows(), "cat")  # type: ignore[attr-defined]

    @property
    def categories(self) -> pd.Index:
        """The categories of the labels."""
        return self._categories.categories

    @property
    def ordered(self) -> bool:
        """Whether the categories have an order."""
        return self._categories.ordered

    @property
    def codes(self) -> Any:
        """Numbers of the categories, as a series."""
        return self._categories.codes
