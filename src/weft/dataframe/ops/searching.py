"""Where values are: their order, their place among sorted ones; labels by place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.neighbours import call_of, whole_result, whole_rows
from weft.dataframe.ops.placed import Argsort
from weft.dataframe.ops.ranking import may_be_sorted

__all__: list[str] = []


def searchsorted(column: Any, value: Any, side: str, sorter: Any) -> Any:
    """`searchsorted` of series and indexes."""
    if sorter is not None:
        raise NotImplementedError("searchsorted(sorter=) is not supported: sort_values() first")
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'left' or 'right'; it is {side!r}")
    if not pd.api.types.is_scalar(value):
        return whole_result(column, "searchsorted", call_of(value, side=side))
    return (column < value if side == "left" else column <= value).sum()


class SeriesSearchingMethods(FrameBase):
    """Where values of a series are."""

    __slots__ = ()

    def argsort(self, axis: Any = 0, kind: str = "quicksort", order: None = None, stable: bool | None = None) -> Any:
        """Positions of the rows in the order of their values.

        Data that takes more than a small part of the memory budget is sorted over all partitions, rows of equal values as they stand.
        Other data, and columns of pandas' own types but text, are brought to one place.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([3, 1, 2]), npartitions=2).argsort().compute().tolist()
        [1, 2, 0]
        """
        words = {"kind": kind} if stable is None else {"stable": stable}
        if may_be_sorted(self):
            _ = meta_nonempty(self.expr.meta).argsort(
                axis=axis, order=order, **words
            )  # pandas refuses what makes no sense
            return new(Argsort(self.expr))
        return whole_rows(self, "argsort", call_of(axis=axis, order=order, **words))

    def searchsorted(self, value: Any, side: str = "left", sorter: None = None) -> Any:
        """Where values would have to be put into the series, which is sorted, to keep it sorted.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> int(dd.from_pandas(pd.Series([1, 3, 5]), npartitions=2).searchsorted(4).compute())
        2
        """
        return searchsorted(self, value, side, sorter)

    def item(self) -> Any:
        """The only value of a series of one row; computes."""
        found = self.head(2, npartitions=-1)  # type: ignore[attr-defined]
        if len(found) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return found.iloc[0]

    @property
    def hasnans(self) -> Any:
        """Whether a value is missing."""
        return self.isna().any()  # type: ignore[attr-defined]

    @property
    def array(self) -> Any:
        """The values as pandas' array; computes."""
        return self.compute().array


class IndexSearchingMethods(FrameBase):
    """Where labels are."""

    __slots__ = ()

    def argsort(self) -> np.ndarray:
        """Positions of the rows in the order of their labels; computes."""
        return np.asarray(self.compute().argsort())

    def searchsorted(self, value: Any, side: str = "left", sorter: None = None) -> Any:
        """Where values would have to be put to keep the labels sorted."""
        return searchsorted(self.to_series(), value, side, sorter)  # type: ignore[attr-defined]

    def get_loc(self, key: Any) -> Any:
        """The position of a label, a slice or a mask where it is there several times; computes."""
        return self.compute().get_loc(key)

    def get_indexer(self, target: Any, method: Any = None, limit: Any = None, tolerance: Any = None) -> np.ndarray:
        """Positions of labels, -1 for those that are not there; computes."""
        labels = target.compute() if isinstance(target, FrameBase) else target
        return np.asarray(self.compute().get_indexer(labels, method=method, limit=limit, tolerance=tolerance))

    def slice_locs(self, start: Any = None, end: Any = None, step: int | None = None) -> tuple[int, int]:
        """Positions of the first and behind the last label of a slice; computes."""
        return self.compute().slice_locs(start, end, step)  # type: ignore[no-any-return]

    def item(self) -> Any:
        """The only label; computes."""
        return self.compute().item()

    @property
    def hasnans(self) -> Any:
        """Whether a label is missing."""
        return self.isna().any()  # type: ignore[attr-defined]

    @property
    def levels(self) -> Any:
        """The different labels of each level; computes."""
        return self.compute().levels

    @property
    def inferred_type(self) -> str:
        """The kind of the labels, in pandas' words."""
        return (
            str(self.expr.meta.inferred_type) if self.expr.meta.dtype != object else str(self.compute().inferred_type)
        )

    def set_names(self, names: Any, *, level: Any = None, inplace: bool = False) -> Any:
        """Other names of the levels."""
        made = elementwise("set_names", self, tuple(names) if isinstance(names, list) else names, level=level)
        return changed(self, made, inplace)

    def droplevel(self, level: Any = 0) -> Any:
        """The labels without a level."""
        return elementwise("droplevel", self, level)

    def to_flat_index(self) -> Any:
        """Labels of several levels as tuples."""
        return elementwise("to_flat_index", self)
