"""Categories: ``series.cat``, and columns made categorical with the categories that the data has."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.meta import UNKNOWN_CATEGORIES
from weft.dataframe.ops.accessors import Accessor
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.projection import check_columns, project
from weft.execution import compute

__all__ = ["CategoricalAccessor", "CategoryMethods", "has_known_categories", "known"]


def has_known_categories(column: Any) -> bool:
    """Whether the categories of a column are known."""
    meta = column.expr.meta if isinstance(column, FrameBase) else column
    return UNKNOWN_CATEGORIES not in meta.dtype.categories


class CategoricalAccessor(Accessor):
    """Methods of categories."""

    __slots__ = ()

    @property
    def known(self) -> bool:
        """Whether the categories are known before the column is computed."""
        return has_known_categories(self._column)

    @property
    def categories(self) -> pd.Index:
        """The categories."""
        if not self.known:
            raise NotImplementedError(
                "the categories are not known before they are computed: series.cat.as_known() first"
            )
        return self._column.expr.meta.cat.categories

    @property
    def ordered(self) -> bool:
        """Whether the categories have an order."""
        return bool(self._column.expr.meta.cat.ordered)

    @property
    def codes(self) -> Any:
        """Numbers of the categories; -1 for missing values."""
        return elementwise("cat.codes", self.as_known())

    def as_known(self, **kwargs: Any) -> Any:
        """The column with its categories known: they are computed now if they are not."""
        if self.known:
            return self._column
        categories = compute_categories(self._column, **kwargs)
        return elementwise("set_known", self._column, categories, self.ordered)

    def as_unknown(self) -> Any:
        """The column as if its categories were not known."""
        return elementwise("set_unknown", self._column)

    def _known(self, operation: str, *args: Any, **keywords: Any) -> Any:
        """A method that names categories: they are computed now if they are not known."""
        return elementwise(f"cat.{operation}", self.as_known(), *args, **keywords)

    def as_ordered(self) -> Any:
        """With an order."""
        return self._call("as_ordered")

    def as_unordered(self) -> Any:
        """Without an order."""
        return self._call("as_unordered")

    def add_categories(self, new_categories: Any) -> Any:
        """With more categories."""
        return self._call("add_categories", new_categories)

    def remove_categories(self, removals: Any) -> Any:
        """Without some categories; their values are missing."""
        return self._known("remove_categories", removals)

    def rename_categories(self, new_categories: Any) -> Any:
        """With other names."""
        return self._known("rename_categories", new_categories)

    def reorder_categories(self, new_categories: Any, ordered: Any = None) -> Any:
        """In another order."""
        return self._known("reorder_categories", new_categories, ordered=ordered)

    def set_categories(self, new_categories: Any, ordered: Any = None, rename: bool = False) -> Any:
        """With exactly these categories."""
        return self._call("set_categories", new_categories, ordered=ordered, rename=rename)

    def remove_unused_categories(self) -> Any:
        """Without the categories that no row has; which those are is computed now."""
        column = self.as_known()
        categories = column.expr.meta.cat.categories
        return column.cat.set_categories(categories[categories.isin(compute_categories(column))])


def known(column: Any) -> Any:
    """A column as it is; one of categories that are not known with those that it has, which are computed now."""
    is_categorical = isinstance(column, FrameBase) and isinstance(
        getattr(column.expr.meta, "dtype", None), pd.CategoricalDtype
    )
    return column if not is_categorical or has_known_categories(column) else column.cat.as_known()


def compute_categories(column: Any, **options: Any) -> pd.Index:
    """The categories that a column's rows have, sorted; of categories that have an order all, in it."""
    if not column.expr.meta.dtype.ordered:
        return sorted_categories(distinct_values(column).compute(**options))
    orders = column.map_partitions(order_of_partition, meta=pd.Series([], dtype=object), token="order").compute(
        **options
    )
    first, *others = [pd.Index(each) for each in dict.fromkeys(orders)] or [pd.Index([])]
    if others:
        raise TypeError("Categorical.ordered must be the same: partitions have their categories in different orders")
    return first


def order_of_partition(column: pd.Series) -> pd.Series:
    """The categories of a partition, as one value; none of a partition without rows, which may not know them."""
    return pd.Series([tuple(column.cat.categories)] if len(column) else [], dtype=object)


def distinct_values(column: Any) -> Any:
    """The distinct values of each partition, without missing ones, as one value."""
    return column.map_partitions(distinct_of_partition, meta=pd.Series([], dtype=object), token="distinct")


def distinct_of_partition(column: pd.Series) -> pd.Series:
    """An index of the distinct values of a partition, of their own type."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Series([column.cat.remove_unused_categories().cat.categories], dtype=object)
    return pd.Series([pd.Index(column.dropna().unique())], dtype=object)


def sorted_categories(there: pd.Series) -> pd.Index:
    """Distinct values of all partitions in order; of partitions without any, which may not know it, the first type."""
    some = [each for each in there if len(each)] or list(there[:1]) or [pd.Index([])]
    return some[0].append(some[1:]).unique().infer_objects().sort_values()


class CategoryMethods(FrameBase):
    """Columns of a frame made categorical."""

    __slots__ = ()

    def categorize(self, columns: Any = None, index: Any = None, split_every: Any = None, **kwargs: Any) -> Any:
        """Text columns, and those whose categories are not known, with the categories that the data has; computes.

        Parameters
        ----------
        columns : label or list of labels, optional
            By default columns of text and of unknown categories.
        index : bool, optional
            Whether a categorical index is made known, too; not supported.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": ["b", "a", "b"]}), npartitions=2)
        >>> df.categorize().k.cat.categories.tolist()
        ['a', 'b']
        """
        if index:
            raise NotImplementedError(
                "categorize(index=True) is not supported: reset_index(), categorize, set_index again"
            )
        meta = self.expr.meta
        if columns is None:
            wanted = [
                label
                for label in meta.columns
                if isinstance(meta[label].dtype, pd.StringDtype)
                or meta[label].dtype == object
                or (isinstance(meta[label].dtype, pd.CategoricalDtype) and not has_known_categories(meta[label]))
            ]
        else:
            wanted = list(columns) if isinstance(columns, (list, tuple, pd.Index)) else [columns]
            check_columns(self.expr, wanted)
        todo = [
            label
            for label in wanted
            if not isinstance(meta[label].dtype, pd.CategoricalDtype) or not has_known_categories(meta[label])
        ]
        if not todo:
            return self
        found = compute(*[distinct_values(project(self, label)) for label in todo], **kwargs)
        frame = self.copy()  # type: ignore[attr-defined]
        for label, there in zip(todo, found):
            ordered = bool(getattr(meta[label].dtype, "ordered", False))
            frame[label] = elementwise("set_known", frame[label], sorted_categories(there), ordered)
        return frame


@function_named("set_known")
def set_known(column: pd.Series, categories: pd.Index, ordered: bool) -> pd.Series:
    """A column with these categories."""
    return column.astype(pd.CategoricalDtype(categories, ordered))


@function_named("set_unknown")
def set_unknown(column: pd.Series) -> pd.Series:
    """A column whose meta says nothing of its categories: rows keep theirs."""
    if len(column):
        return column
    return column.astype(pd.CategoricalDtype([UNKNOWN_CATEGORIES], column.dtype.ordered))
